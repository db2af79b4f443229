// The NEON level of CScan against its scalar twin, as a program without a C library: it is built and run on machines
// that have neither an ARM processor nor its headers. Exit code 0, or the number of the check that failed.
#include "CScan.h"

#include <string.h>

void *memcpy(void *to, const void *from, size_t count) {
    for (size_t i = 0; i < count; i++) ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}
void *memset(void *to, int byte, size_t count) {
    for (size_t i = 0; i < count; i++) ((volatile uint8_t *)to)[i] = (uint8_t)byte;
    return to;
}

enum { LONGEST = 700, ROOM = LONGEST + CSCAN_SLACK };
static uint8_t text[LONGEST + 16];
static uint32_t wanted[ROOM], found[ROOM], wantedEnds[ROOM], foundEnds[ROOM];
static uint64_t wantedFields[ROOM / 64 + 2], foundFields[ROOM / 64 + 2];
static uint64_t state = 17;

static uint64_t draw(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static int check(const uint8_t *bytes, size_t length, const uint8_t *needles) {
    size_t count = cscan_structure_at(CSCAN_SCALAR, bytes, length, needles, wanted, ROOM);
    if (cscan_structure_at(CSCAN_NEON, bytes, length, needles, found, ROOM) != count) return 2;
    for (size_t i = 0; i < count; i++)
        if (wanted[i] != found[i]) return 3;
    if (cscan_sum_at(CSCAN_SCALAR, bytes, length) != cscan_sum_at(CSCAN_NEON, bytes, length)) return 4;
    size_t ends = 0, neonEnds = 0;
    cscan_index_at(CSCAN_SCALAR, bytes, length, needles, wanted, ROOM, wantedFields, wantedEnds, &ends);
    if (cscan_index_at(CSCAN_NEON, bytes, length, needles, found, ROOM, foundFields, foundEnds, &neonEnds) != count)
        return 5;
    if (ends != neonEnds) return 6;
    for (size_t i = 0; i < ends; i++)
        if (wantedEnds[i] != foundEnds[i]) return 7;
    for (size_t i = 0; i < count; i++)
        if ((wantedFields[i / 64] ^ foundFields[i / 64]) >> i % 64 & 1) return 8;
    // Too little room is seen by both.
    if (count > 0) {
        size_t few = CSCAN_SLACK - 1;
        if (cscan_structure_at(CSCAN_NEON, bytes, length, needles, found, few) != SIZE_MAX && length >= 16) return 9;
    }
    return 0;
}

static int run(void) {
    if (!cscan_has_level(CSCAN_NEON) || cscan_best_level() != CSCAN_NEON) return 1;
    const uint8_t usual[CSCAN_NEEDLES] = {'|', '\\', '^', '&', 13, 10};
    for (int round = 0; round < 20000; round++) {
        size_t length = draw() % LONGEST, from = draw() % 16;
        uint64_t density = draw() % 9;
        for (size_t i = 0; i < length; i++)
            text[from + i] = draw() % 8 < density ? usual[draw() % CSCAN_NEEDLES] : (uint8_t)draw();
        uint8_t any[CSCAN_NEEDLES];
        for (int k = 0; k < CSCAN_NEEDLES; k++) any[k] = (uint8_t)draw();
        int wrong = check(text + from, length, round % 2 ? usual : any);
        if (wrong) return wrong;
    }
    return 0;
}

void _start(void) {
    register long code __asm__("x0") = run();
    register long call __asm__("x8") = 94;  // exit_group
    __asm__ volatile("svc 0" : : "r"(code), "r"(call));
    __builtin_unreachable();
}
