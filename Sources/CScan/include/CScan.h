#pragma once
#include <stddef.h>
#include <stdint.h>

/// How the scan is done. A level the processor lacks falls back to the best one below it.
enum cscan_level { CSCAN_SCALAR = 0, CSCAN_SSE2 = 1, CSCAN_AVX2 = 2, CSCAN_NEON = 3 };

/// How many bytes the scan looks for: the four delimiters of a message, CR and LF.
#define CSCAN_NEEDLES 6
/// Free places the array of offsets must have beyond the last offset: blocks are written whole.
#define CSCAN_SLACK 72

/// The best level of this processor.
int cscan_best_level(void);
/// Whether this processor has a level.
int cscan_has_level(int level);

/// Stores the offset of every byte equal to one of the six needles, ascending, and returns how many there are.
/// It stops early, and returns SIZE_MAX, when fewer than CSCAN_SLACK places are left: give a longer array
/// (length + CSCAN_SLACK always suffices). `length` must be below 2^32.
size_t cscan_structure(const uint8_t *bytes, size_t length, const uint8_t *needles, uint32_t *offsets, size_t capacity);
/// The same at a given level, for tests and measurements.
size_t cscan_structure_at(int level, const uint8_t *bytes, size_t length, const uint8_t *needles, uint32_t *offsets,
                          size_t capacity);

/// The sum of the bytes (LIS01-A2 checksums are its last eight bits).
uint64_t cscan_sum(const uint8_t *bytes, size_t length);
uint64_t cscan_sum_at(int level, const uint8_t *bytes, size_t length);

/// The offset of the first byte equal to `a` or `b` at or after `from`, or `length`.
size_t cscan_find2(const uint8_t *bytes, size_t length, size_t from, uint8_t a, uint8_t b);

/// The scan of ``cscan_structure`` and, in the same pass, what an index is made of. The first needle delimits fields,
/// the fifth and sixth end records. Bit `i` of `fields` is set when hit `i` is a field delimiter; `ends` holds the
/// number (not the offset) of each hit that ends a record. `fields` must have capacity / 64 + 2 places, `ends` as many
/// as `offsets`. Returns the number of hits, or SIZE_MAX as ``cscan_structure`` does.
size_t cscan_index(const uint8_t *bytes, size_t length, const uint8_t *needles, uint32_t *offsets, size_t capacity,
                   uint64_t *fields, uint32_t *ends, size_t *endCount);
size_t cscan_index_at(int level, const uint8_t *bytes, size_t length, const uint8_t *needles, uint32_t *offsets,
                      size_t capacity, uint64_t *fields, uint32_t *ends, size_t *endCount);

/// How many bytes from the first on are plain text of a LIS01-A2 frame (none that section 6.6 restricts, no LF, STX,
/// ETX, ETB); their sum is added to `sum`, modulo 256.
size_t cscan_plain(const uint8_t *bytes, size_t length, uint8_t *sum);

/// Writes `length` bytes in base 64 (RFC 4648 section 4), padded: (length + 2) / 3 * 4 letters.
void cscan_base64(const uint8_t *bytes, size_t length, uint8_t *letters);
/// The same at a given level, for tests and measurements.
void cscan_base64_at(int level, const uint8_t *bytes, size_t length, uint8_t *letters);

/// The offset behind the last byte equal to `a` or `b`, or 0.
size_t cscan_after_last2(const uint8_t *bytes, size_t length, uint8_t a, uint8_t b);
