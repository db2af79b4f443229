#pragma once
#include <stddef.h>
#include <stdint.h>

/* What glibc keeps from Swift's importer: pseudo-terminals, and termios with its macros. Every function returns
   a value >= 0, or minus the errno. */

typedef struct {
    uint32_t baud;
    uint8_t data_bits;  /* 5...8 */
    uint8_t parity;     /* 0 none, 1 even, 2 odd */
    uint8_t stop_bits;  /* 1 or 2 */
    uint8_t flow;       /* 0 none, 1 RTS/CTS, 2 XON/XOFF */
} cserial_settings;

enum {
    CSERIAL_BAUD = 1, CSERIAL_DATA_BITS = 2, CSERIAL_PARITY = 4, CSERIAL_STOP_BITS = 8, CSERIAL_FLOW = 16
};

/* Opens a tty device without making it the controlling terminal, non-blocking, locked against a second program
   (EWOULDBLOCK). Returns the descriptor; ENOTTY when the path is no terminal. */
int cserial_open(const char *path);
/* Raw mode with these settings. Returns the mask of the settings that the device did not take (a pseudo-terminal
   takes neither parity nor 7 bits), EINVAL for a speed that termios does not know. */
int cserial_configure(int fd, const cserial_settings *wanted);
/* Reads the settings back. */
int cserial_read(int fd, cserial_settings *found);
/* 1 when the descriptor is the slave of a pseudo-terminal. */
int cserial_is_pseudo(int fd);
/* Makes a pseudo-terminal in raw mode. Returns the master's descriptor, writes the slave's path; *keeper is a
   descriptor of the slave that keeps the line up while nobody else has it open. */
int cserial_open_pty(char *slave_path, size_t capacity, int *keeper);
/* Throws away what was received and not yet read (noise before the line was configured). */
int cserial_flush_input(int fd);
