#include "CScan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#endif

// ---- scalar twin: the definition that the other levels are tested against ----

static size_t scalar_from(const uint8_t *bytes, size_t from, size_t length, const uint8_t *needles, uint32_t *offsets,
                          size_t count, size_t capacity) {
    for (size_t i = from; i < length; i++) {
        uint8_t b = bytes[i];
        int hit = 0;
        for (int n = 0; n < CSCAN_NEEDLES; n++) hit |= b == needles[n];
        if (!hit) continue;
        if (capacity - count < CSCAN_SLACK) return SIZE_MAX;
        offsets[count++] = (uint32_t)i;
    }
    return count;
}

static uint64_t scalar_sum(const uint8_t *bytes, size_t length) {
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++) sum += bytes[i];
    return sum;
}

#if defined(__x86_64__)

static size_t sse2_structure(const uint8_t *bytes, size_t length, const uint8_t *needles, uint32_t *offsets,
                             size_t capacity) {
    __m128i n[CSCAN_NEEDLES];
    for (int k = 0; k < CSCAN_NEEDLES; k++) n[k] = _mm_set1_epi8((char)needles[k]);
    size_t count = 0, i = 0;
    for (; i + 64 <= length; i += 64) {
        if (capacity - count < CSCAN_SLACK) return SIZE_MAX;
        uint64_t mask = 0;
        for (int part = 0; part < 4; part++) {
            __m128i v = _mm_loadu_si128((const __m128i *)(bytes + i + 16 * part));
            __m128i hit = _mm_cmpeq_epi8(v, n[0]);
            for (int k = 1; k < CSCAN_NEEDLES; k++) hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, n[k]));
            mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * part);
        }
        while (mask) {
            offsets[count++] = (uint32_t)(i + (size_t)__builtin_ctzll(mask));
            mask &= mask - 1;
        }
    }
    return scalar_from(bytes, i, length, needles, offsets, count, capacity);
}

static uint64_t sse2_sum(const uint8_t *bytes, size_t length) {
    __m128i total = _mm_setzero_si128(), zero = _mm_setzero_si128();
    size_t i = 0;
    for (; i + 16 <= length; i += 16)
        total = _mm_add_epi64(total, _mm_sad_epu8(_mm_loadu_si128((const __m128i *)(bytes + i)), zero));
    uint64_t lanes[2];
    _mm_storeu_si128((__m128i *)lanes, total);
    return lanes[0] + lanes[1] + scalar_sum(bytes + i, length - i);
}

__attribute__((target("avx2,bmi"))) static size_t avx2_structure(const uint8_t *bytes, size_t length,
                                                                 const uint8_t *needles, uint32_t *offsets,
                                                                 size_t capacity) {
    __m256i n[CSCAN_NEEDLES];
    for (int k = 0; k < CSCAN_NEEDLES; k++) n[k] = _mm256_set1_epi8((char)needles[k]);
    size_t count = 0, i = 0;
    for (; i + 64 <= length; i += 64) {
        if (capacity - count < CSCAN_SLACK) return SIZE_MAX;
        __m256i a = _mm256_loadu_si256((const __m256i *)(bytes + i));
        __m256i b = _mm256_loadu_si256((const __m256i *)(bytes + i + 32));
        __m256i hitA = _mm256_cmpeq_epi8(a, n[0]), hitB = _mm256_cmpeq_epi8(b, n[0]);
        for (int k = 1; k < CSCAN_NEEDLES; k++) {
            hitA = _mm256_or_si256(hitA, _mm256_cmpeq_epi8(a, n[k]));
            hitB = _mm256_or_si256(hitB, _mm256_cmpeq_epi8(b, n[k]));
        }
        uint64_t mask = (uint64_t)(uint32_t)_mm256_movemask_epi8(hitA) |
                        (uint64_t)(uint32_t)_mm256_movemask_epi8(hitB) << 32;
        size_t hits = (size_t)__builtin_popcountll(mask);
        uint32_t *out = offsets + count;
        // Eight at a time without a branch each: a dense block is the rule in laboratory messages, and what is
        // written beyond the last hit is overwritten by the next block.
        while (mask) {
            for (int k = 0; k < 8; k++) {
                out[k] = (uint32_t)(i + (size_t)_tzcnt_u64(mask));
                mask &= mask - 1;
            }
            out += 8;
        }
        count += hits;
    }
    return scalar_from(bytes, i, length, needles, offsets, count, capacity);
}

__attribute__((target("avx2"))) static uint64_t avx2_sum(const uint8_t *bytes, size_t length) {
    __m256i total = _mm256_setzero_si256(), zero = _mm256_setzero_si256();
    size_t i = 0;
    for (; i + 32 <= length; i += 32)
        total = _mm256_add_epi64(total, _mm256_sad_epu8(_mm256_loadu_si256((const __m256i *)(bytes + i)), zero));
    uint64_t lanes[4];
    _mm256_storeu_si256((__m256i *)lanes, total);
    return lanes[0] + lanes[1] + lanes[2] + lanes[3] + scalar_sum(bytes + i, length - i);
}

#elif defined(__aarch64__) && defined(__ARM_NEON)

// Compiled for ARM, and run against the scalar twin where an emulator is at hand, by Tests/NEON/run.
static size_t neon_structure(const uint8_t *bytes, size_t length, const uint8_t *needles, uint32_t *offsets,
                             size_t capacity) {
    uint8x16_t n[CSCAN_NEEDLES];
    for (int k = 0; k < CSCAN_NEEDLES; k++) n[k] = vdupq_n_u8(needles[k]);
    size_t count = 0, i = 0;
    for (; i + 16 <= length; i += 16) {
        if (capacity - count < CSCAN_SLACK) return SIZE_MAX;
        uint8x16_t v = vld1q_u8(bytes + i);
        uint8x16_t hit = vceqq_u8(v, n[0]);
        for (int k = 1; k < CSCAN_NEEDLES; k++) hit = vorrq_u8(hit, vceqq_u8(v, n[k]));
        // Narrowing by four leaves four bits a byte: NEON has no movemask.
        uint64_t mask = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(hit), 4)), 0);
        while (mask) {
            int bit = __builtin_ctzll(mask);
            offsets[count++] = (uint32_t)(i + (size_t)(bit >> 2));
            mask &= ~(UINT64_C(0xF) << (bit & ~3));
        }
    }
    return scalar_from(bytes, i, length, needles, offsets, count, capacity);
}

static uint64_t neon_sum(const uint8_t *bytes, size_t length) {
    uint64_t sum = 0;
    size_t i = 0;
    for (; i + 16 <= length; i += 16) sum += vaddlvq_u8(vld1q_u8(bytes + i));
    return sum + scalar_sum(bytes + i, length - i);
}

#endif

int cscan_has_level(int level) {
    if (level == CSCAN_SCALAR) return 1;
#if defined(__x86_64__)
    if (level == CSCAN_SSE2) return 1;
    if (level == CSCAN_AVX2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
#elif defined(__aarch64__) && defined(__ARM_NEON)
    if (level == CSCAN_NEON) return 1;
#endif
    return 0;
}

int cscan_best_level(void) {
    for (int level = CSCAN_NEON; level > CSCAN_SCALAR; level--)
        if (cscan_has_level(level)) return level;
    return CSCAN_SCALAR;
}

size_t cscan_structure_at(int level, const uint8_t *bytes, size_t length, const uint8_t *needles, uint32_t *offsets,
                          size_t capacity) {
#if defined(__x86_64__)
    if (level >= CSCAN_AVX2 && cscan_has_level(CSCAN_AVX2))
        return avx2_structure(bytes, length, needles, offsets, capacity);
    if (level >= CSCAN_SSE2) return sse2_structure(bytes, length, needles, offsets, capacity);
#elif defined(__aarch64__) && defined(__ARM_NEON)
    if (level >= CSCAN_NEON) return neon_structure(bytes, length, needles, offsets, capacity);
#endif
    return scalar_from(bytes, 0, length, needles, offsets, 0, capacity);
}

size_t cscan_structure(const uint8_t *bytes, size_t length, const uint8_t *needles, uint32_t *offsets,
                       size_t capacity) {
    return cscan_structure_at(CSCAN_NEON, bytes, length, needles, offsets, capacity);
}

uint64_t cscan_sum_at(int level, const uint8_t *bytes, size_t length) {
#if defined(__x86_64__)
    if (level >= CSCAN_AVX2 && cscan_has_level(CSCAN_AVX2)) return avx2_sum(bytes, length);
    if (level >= CSCAN_SSE2) return sse2_sum(bytes, length);
#elif defined(__aarch64__) && defined(__ARM_NEON)
    if (level >= CSCAN_NEON) return neon_sum(bytes, length);
#endif
    return scalar_sum(bytes, length);
}

uint64_t cscan_sum(const uint8_t *bytes, size_t length) { return cscan_sum_at(CSCAN_NEON, bytes, length); }

size_t cscan_find2(const uint8_t *bytes, size_t length, size_t from, uint8_t a, uint8_t b) {
    size_t i = from;
#if defined(__x86_64__)
    __m128i va = _mm_set1_epi8((char)a), vb = _mm_set1_epi8((char)b);
    for (; i + 16 <= length; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(bytes + i));
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, va), _mm_cmpeq_epi8(v, vb)));
        if (mask) return i + (size_t)__builtin_ctz((unsigned)mask);
    }
#endif
    while (i < length && bytes[i] != a && bytes[i] != b) i++;
    return i;
}

// ---- the index of a message: the scan, which hits are field delimiters, and where records end ----

/// From the offsets that a scan found; what the fused level below must give too.
static size_t index_from_offsets(const uint8_t *bytes, const uint8_t *needles, const uint32_t *offsets, size_t count,
                                 uint64_t *fields, uint32_t *ends) {
    size_t found = 0;
    memset(fields, 0, (count / 64 + 1) * sizeof *fields);
    for (size_t i = 0; i < count; i++) {
        uint8_t b = bytes[offsets[i]];
        if (b == needles[0]) fields[i / 64] |= UINT64_C(1) << (i % 64);
        if (b == needles[4] || b == needles[5]) ends[found++] = (uint32_t)i;
    }
    return found;
}

#if defined(__x86_64__)

__attribute__((target("avx2,bmi,bmi2,popcnt"))) static size_t avx2_index(const uint8_t *bytes, size_t length,
                                                                         const uint8_t *needles, uint32_t *offsets,
                                                                         size_t capacity, uint64_t *fields,
                                                                         uint32_t *ends, size_t *endCount) {
    __m256i n[CSCAN_NEEDLES];
    for (int k = 0; k < CSCAN_NEEDLES; k++) n[k] = _mm256_set1_epi8((char)needles[k]);
    uint8_t last[64] = {0};
    size_t count = 0, found = 0;
    fields[0] = 0;
    for (size_t i = 0; i < length; i += 64) {
        if (capacity - count < CSCAN_SLACK) return SIZE_MAX;
        const uint8_t *block = bytes + i;
        uint64_t valid = ~UINT64_C(0);
        if (length - i < 64) {
            memcpy(last, block, length - i);
            block = last;
            valid = (UINT64_C(1) << (length - i)) - 1;
        }
        __m256i a = _mm256_loadu_si256((const __m256i *)block), b = _mm256_loadu_si256((const __m256i *)(block + 32));
        __m256i fieldA = _mm256_cmpeq_epi8(a, n[0]), fieldB = _mm256_cmpeq_epi8(b, n[0]);
        __m256i endA = _mm256_or_si256(_mm256_cmpeq_epi8(a, n[4]), _mm256_cmpeq_epi8(a, n[5]));
        __m256i endB = _mm256_or_si256(_mm256_cmpeq_epi8(b, n[4]), _mm256_cmpeq_epi8(b, n[5]));
        __m256i hitA = _mm256_or_si256(fieldA, endA), hitB = _mm256_or_si256(fieldB, endB);
        for (int k = 1; k < 4; k++) {
            hitA = _mm256_or_si256(hitA, _mm256_cmpeq_epi8(a, n[k]));
            hitB = _mm256_or_si256(hitB, _mm256_cmpeq_epi8(b, n[k]));
        }
#define MASK(x, y) \
    ((uint64_t)(uint32_t)_mm256_movemask_epi8(x) | (uint64_t)(uint32_t)_mm256_movemask_epi8(y) << 32)
        uint64_t mask = MASK(hitA, hitB) & valid, field = MASK(fieldA, fieldB) & valid, end = MASK(endA, endB) & valid;
#undef MASK
        size_t hits = (size_t)__builtin_popcountll(mask), at = count % 64;
        uint64_t bits = _pext_u64(field, mask);
        fields[count / 64] |= bits << at;
        if (at + hits >= 64) fields[count / 64 + 1] = at ? bits >> (64 - at) : 0;
        for (; end; end &= end - 1)
            ends[found++] = (uint32_t)(count + (size_t)__builtin_popcountll(mask & ((end & -end) - 1)));
        uint32_t *out = offsets + count;
        while (mask) {
            for (int k = 0; k < 8; k++) {
                out[k] = (uint32_t)(i + (size_t)_tzcnt_u64(mask));
                mask &= mask - 1;
            }
            out += 8;
        }
        count += hits;
    }
    *endCount = found;
    return count;
}

#endif

size_t cscan_index_at(int level, const uint8_t *bytes, size_t length, const uint8_t *needles, uint32_t *offsets,
                      size_t capacity, uint64_t *fields, uint32_t *ends, size_t *endCount) {
#if defined(__x86_64__)
    if (level >= CSCAN_AVX2 && cscan_has_level(CSCAN_AVX2) && __builtin_cpu_supports("bmi2"))
        return avx2_index(bytes, length, needles, offsets, capacity, fields, ends, endCount);
#endif
    size_t count = cscan_structure_at(level, bytes, length, needles, offsets, capacity);
    if (count != SIZE_MAX) *endCount = index_from_offsets(bytes, needles, offsets, count, fields, ends);
    return count;
}

size_t cscan_index(const uint8_t *bytes, size_t length, const uint8_t *needles, uint32_t *offsets, size_t capacity,
                   uint64_t *fields, uint32_t *ends, size_t *endCount) {
    return cscan_index_at(CSCAN_NEON, bytes, length, needles, offsets, capacity, fields, ends, endCount);
}

// ---- frames ----

/// LIS01-A2 section 6.6: these and LF, STX, ETX, ETB mean something in the text of a frame.
static int is_special(uint8_t b) { return (uint8_t)(b - 1) < 6 || b == 0x0A || (uint8_t)(b - 0x10) < 8; }

size_t cscan_plain(const uint8_t *bytes, size_t length, uint8_t *sum) {
    size_t i = 0;
    uint64_t total = *sum;
#if defined(__x86_64__)
    const __m128i one = _mm_set1_epi8(1), five = _mm_set1_epi8(5), ten = _mm_set1_epi8(0x10), seven = _mm_set1_epi8(7);
    const __m128i lf = _mm_set1_epi8(0x0A), zero = _mm_setzero_si128();
    const __m128i place = _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m128i lanes = zero;
    int hit = 0;
    for (; i + 16 <= length; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(bytes + i));
        __m128i low = _mm_sub_epi8(v, one), high = _mm_sub_epi8(v, ten);
        __m128i special = _mm_or_si128(
            _mm_cmpeq_epi8(v, lf),
            _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(low, five), low), _mm_cmpeq_epi8(_mm_min_epu8(high, seven), high)));
        hit = _mm_movemask_epi8(special);
        if (hit) {
            int plain = __builtin_ctz((unsigned)hit);
            // Of this block, only what stands before the hit.
            v = _mm_and_si128(v, _mm_cmplt_epi8(place, _mm_set1_epi8((char)plain)));
            lanes = _mm_add_epi64(lanes, _mm_sad_epu8(v, zero));
            i += (size_t)plain;
            break;
        }
        lanes = _mm_add_epi64(lanes, _mm_sad_epu8(v, zero));
    }
    uint64_t halves[2];
    _mm_storeu_si128((__m128i *)halves, lanes);
    total += halves[0] + halves[1];
    if (!hit)
#endif
        for (; i < length && !is_special(bytes[i]); i++) total += bytes[i];
    *sum = (uint8_t)total;
    return i;
}

size_t cscan_after_last2(const uint8_t *bytes, size_t length, uint8_t a, uint8_t b) {
    size_t i = length;
#if defined(__x86_64__)
    __m128i va = _mm_set1_epi8((char)a), vb = _mm_set1_epi8((char)b);
    for (; i >= 16; i -= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(bytes + i - 16));
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, va), _mm_cmpeq_epi8(v, vb)));
        if (mask) return i - 16 + (size_t)(32 - __builtin_clz((unsigned)mask));
    }
    if (i > 0 && length >= 16) {
        // The beginning, once more with what was looked at already left out.
        __m128i v = _mm_loadu_si128((const __m128i *)bytes);
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, va), _mm_cmpeq_epi8(v, vb)));
        unsigned fresh = (unsigned)mask & ((1u << i) - 1);
        return fresh ? (size_t)(32 - __builtin_clz(fresh)) : 0;
    }
#endif
    while (i > 0 && bytes[i - 1] != a && bytes[i - 1] != b) i--;
    return i;
}

// ---- base 64 ----

/// From byte `from` (a multiple of three) on; the definition of the levels below.
static void scalar_base64(const uint8_t *bytes, size_t from, size_t length, uint8_t *letters) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t *out = letters + from / 3 * 4;
    for (size_t i = from; i < length; i += 3, out += 4) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (i + 1 < length) group |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < length) group |= bytes[i + 2];
        out[0] = (uint8_t)alphabet[group >> 18];
        out[1] = (uint8_t)alphabet[group >> 12 & 63];
        out[2] = i + 1 < length ? (uint8_t)alphabet[group >> 6 & 63] : '=';
        out[3] = i + 2 < length ? (uint8_t)alphabet[group & 63] : '=';
    }
}

#if defined(__x86_64__)

/// 24 bytes a step. Each lane of 16 takes 12 bytes; a shuffle lays bytes 1 0 2 1 of each three in a double word, two
/// multiplications move the four sextets to the low bits of its bytes, and the distance from sextet to letter has six
/// values only, looked up by the sextet's range (W. Muła and D. Lemire, "Faster Base64 Encoding and Decoding Using
/// AVX2 Instructions", ACM TWEB 12 (3), 2018, section 3).
__attribute__((target("avx2"))) static size_t avx2_base64(const uint8_t *bytes, size_t length, uint8_t *letters) {
    const __m256i spread = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 1, 0, 2, 1, 4, 3, 5, 4,
                                            7, 6, 8, 7, 10, 9, 11, 10);
    // Ranges: 0 is a-z, 1 to 10 are 0-9, 11 is +, 12 is /, 13 is A-Z.
    const __m256i distance = _mm256_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                              '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0,
                                              'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                              '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
    size_t i = 0;
    // The second load reads 4 bytes past its 12.
    for (; i + 28 <= length; i += 24, letters += 32) {
        __m256i in = _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(bytes + i + 12)),
                                      _mm_loadu_si128((const __m128i *)(bytes + i)));
        in = _mm256_shuffle_epi8(in, spread);
        __m256i first = _mm256_mulhi_epu16(_mm256_and_si256(in, _mm256_set1_epi32(0x0FC0FC00)),
                                           _mm256_set1_epi32(0x04000040));
        __m256i second = _mm256_mullo_epi16(_mm256_and_si256(in, _mm256_set1_epi32(0x003F03F0)),
                                            _mm256_set1_epi32(0x01000010));
        __m256i sextets = _mm256_or_si256(first, second);
        __m256i range = _mm256_subs_epu8(sextets, _mm256_set1_epi8(51));
        __m256i isCapital = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), sextets);
        range = _mm256_or_si256(range, _mm256_and_si256(isCapital, _mm256_set1_epi8(13)));
        _mm256_storeu_si256((__m256i *)letters, _mm256_add_epi8(sextets, _mm256_shuffle_epi8(distance, range)));
    }
    return i;
}

#endif

void cscan_base64_at(int level, const uint8_t *bytes, size_t length, uint8_t *letters) {
    size_t from = 0;
#if defined(__x86_64__)
    if (level >= CSCAN_AVX2 && cscan_has_level(CSCAN_AVX2)) from = avx2_base64(bytes, length, letters);
#else
    (void)level;
#endif
    scalar_base64(bytes, from, length, letters);
}

void cscan_base64(const uint8_t *bytes, size_t length, uint8_t *letters) {
    cscan_base64_at(CSCAN_NEON, bytes, length, letters);
}
