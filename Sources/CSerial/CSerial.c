#define _GNU_SOURCE
#include "CSerial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

static const struct { uint32_t baud; speed_t code; } speeds[] = {
    {50, B50}, {75, B75}, {110, B110}, {134, B134}, {150, B150}, {200, B200}, {300, B300}, {600, B600},
    {1200, B1200}, {1800, B1800}, {2400, B2400}, {4800, B4800}, {9600, B9600}, {19200, B19200}, {38400, B38400},
    {57600, B57600}, {115200, B115200}, {230400, B230400}, {460800, B460800}, {500000, B500000},
    {576000, B576000}, {921600, B921600}, {1000000, B1000000}, {1152000, B1152000}, {1500000, B1500000},
    {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000}, {3500000, B3500000}, {4000000, B4000000},
};
static const size_t speed_count = sizeof speeds / sizeof speeds[0];

int cserial_open(const char *path) {
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return -errno;
    if (!isatty(fd)) {
        close(fd);
        return -ENOTTY;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int cserial_configure(int fd, const cserial_settings *wanted) {
    struct termios tio;
    if (tcgetattr(fd, &tio) != 0) return -errno;
    cfmakeraw(&tio);
    /* CLOCAL: analysers often leave DCD unwired. No ICRNL, no IGNPAR: bytes come as they are. */
    tio.c_cflag |= CREAD | CLOCAL;
    tio.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS | HUPCL);
    tio.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY | INPCK);
    switch (wanted->data_bits) {
    case 5: tio.c_cflag |= CS5; break;
    case 6: tio.c_cflag |= CS6; break;
    case 7: tio.c_cflag |= CS7; break;
    case 8: tio.c_cflag |= CS8; break;
    default: return -EINVAL;
    }
    if (wanted->parity > 2 || wanted->stop_bits < 1 || wanted->stop_bits > 2 || wanted->flow > 2) return -EINVAL;
    if (wanted->parity) {
        tio.c_cflag |= PARENB;
        tio.c_iflag |= INPCK;
    }
    if (wanted->parity == 2) tio.c_cflag |= PARODD;
    if (wanted->stop_bits == 2) tio.c_cflag |= CSTOPB;
    if (wanted->flow == 1) tio.c_cflag |= CRTSCTS;
    if (wanted->flow == 2) tio.c_iflag |= IXON | IXOFF;
    /* VMIN 1: with VMIN 0 an empty line reads as end of file. */
    tio.c_cc[VMIN] = 1;
    tio.c_cc[VTIME] = 0;
    speed_t code = 0;
    for (size_t i = 0; i < speed_count; i++)
        if (speeds[i].baud == wanted->baud) code = speeds[i].code;
    if (code == 0) return -EINVAL;
    if (cfsetispeed(&tio, code) != 0 || cfsetospeed(&tio, code) != 0) return -errno;
    if (tcsetattr(fd, TCSANOW, &tio) != 0) return -errno;

    /* tcsetattr succeeds as soon as one setting was taken (POSIX), so look. */
    cserial_settings found;
    int rc = cserial_read(fd, &found);
    if (rc < 0) return rc;
    return (found.baud != wanted->baud ? CSERIAL_BAUD : 0)
        | (found.data_bits != wanted->data_bits ? CSERIAL_DATA_BITS : 0)
        | (found.parity != wanted->parity ? CSERIAL_PARITY : 0)
        | (found.stop_bits != wanted->stop_bits ? CSERIAL_STOP_BITS : 0)
        | (found.flow != wanted->flow ? CSERIAL_FLOW : 0);
}

int cserial_read(int fd, cserial_settings *found) {
    struct termios tio;
    if (tcgetattr(fd, &tio) != 0) return -errno;
    memset(found, 0, sizeof *found);
    speed_t code = cfgetospeed(&tio);
    for (size_t i = 0; i < speed_count; i++)
        if (speeds[i].code == code) found->baud = speeds[i].baud;
    switch (tio.c_cflag & CSIZE) {
    case CS5: found->data_bits = 5; break;
    case CS6: found->data_bits = 6; break;
    case CS7: found->data_bits = 7; break;
    default: found->data_bits = 8; break;
    }
    found->parity = !(tio.c_cflag & PARENB) ? 0 : (tio.c_cflag & PARODD) ? 2 : 1;
    found->stop_bits = (tio.c_cflag & CSTOPB) ? 2 : 1;
    found->flow = (tio.c_cflag & CRTSCTS) ? 1 : (tio.c_iflag & (IXON | IXOFF)) ? 2 : 0;
    return 0;
}

int cserial_is_pseudo(int fd) {
    struct stat st;
    if (fstat(fd, &st) != 0) return -errno;
    /* UNIX98 pseudo-terminal slaves: majors 136 to 143 (kernel Documentation/admin-guide/devices.txt). */
    return S_ISCHR(st.st_mode) && major(st.st_rdev) >= 136 && major(st.st_rdev) <= 143;
}

int cserial_open_pty(char *slave_path, size_t capacity, int *keeper) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return -errno;
    int error = 0, slave = -1;
    if (grantpt(master) != 0 || unlockpt(master) != 0) error = errno;
    if (!error) error = ptsname_r(master, slave_path, capacity);
    if (!error && (slave = open(slave_path, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0) error = errno;
    if (!error) {
        const cserial_settings plain = {9600, 8, 0, 1, 0};
        int rc = cserial_configure(slave, &plain);
        if (rc < 0) error = -rc;
    }
    if (error) {
        if (slave >= 0) close(slave);
        close(master);
        return -error;
    }
    *keeper = slave;
    return master;
}

int cserial_flush_input(int fd) { return tcflush(fd, TCIFLUSH) == 0 ? 0 : -errno; }
