/* LEB128 integers of more than one byte. The checks come in the order of the specification's reference decoder, so that
   an integer that is wrong in two ways gets the name that the specification's tests expect. */
#include "base/leb128.h"

#include <stdbool.h>

/* Always inlined with constant bits, so each width is a function of its own. */
static inline __attribute__((always_inline)) size_t decode_unsigned(const uint8_t *at, const uint8_t *end, unsigned bits, uint64_t *value,
                                                                    enum leb128_problem *problem) {
    uint64_t sum = 0;
    const uint8_t *next = at;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        if (next == end) {
            *problem = LEB128_TRUNCATED;
            return 0;
        }
        const uint8_t byte = *next++;
        const uint8_t group = byte & 0x7f;
        if (bits - shift < 7 && group >> (bits - shift) != 0) {
            *problem = LEB128_TOO_LARGE;
            return 0;
        }
        sum |= (uint64_t)group << shift;
        if (byte < 0x80) {
            *value = sum;
            return (size_t)(next - at);
        }
    }
    *problem = LEB128_TOO_LONG;
    return 0;
}

/* The bits of a last group that lie above the integer must all be copies of its sign, which is the bit below them. */
static inline bool group_fits_signed(uint8_t group, unsigned bits_left) {
    if (bits_left >= 7) {
        return true;
    }
    const uint8_t above = group >> (bits_left - 1);
    return above == 0 || above == 0x7f >> (bits_left - 1);
}

static inline __attribute__((always_inline)) size_t decode_signed(const uint8_t *at, const uint8_t *end, unsigned bits, int64_t *value,
                                                                  enum leb128_problem *problem) {
    uint64_t sum = 0;
    const uint8_t *next = at;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        if (next == end) {
            *problem = LEB128_TRUNCATED;
            return 0;
        }
        const uint8_t byte = *next++;
        const uint8_t group = byte & 0x7f;
        if (!group_fits_signed(group, bits - shift)) {
            *problem = LEB128_TOO_LARGE;
            return 0;
        }
        /* Adding the extended group wraps as two's complement does, which extends the sum. */
        sum += (uint64_t)(int64_t)(byte < 0x80 ? leb128_sign_short(byte) : group) << shift;
        if (byte < 0x80) {
            *value = (int64_t)sum;
            return (size_t)(next - at);
        }
    }
    *problem = LEB128_TOO_LONG;
    return 0;
}

size_t leb128_decode_long_u32(const uint8_t *at, const uint8_t *end, uint32_t *value, enum leb128_problem *problem) {
    uint64_t wide = 0;
    const size_t used = decode_unsigned(at, end, 32, &wide, problem);
    if (used != 0) {
        *value = (uint32_t)wide;
    }
    return used;
}

size_t leb128_decode_long_u64(const uint8_t *at, const uint8_t *end, uint64_t *value, enum leb128_problem *problem) {
    return decode_unsigned(at, end, 64, value, problem);
}

size_t leb128_decode_long_s32(const uint8_t *at, const uint8_t *end, int32_t *value, enum leb128_problem *problem) {
    int64_t wide = 0;
    const size_t used = decode_signed(at, end, 32, &wide, problem);
    if (used != 0) {
        *value = (int32_t)wide;
    }
    return used;
}

size_t leb128_decode_long_s33(const uint8_t *at, const uint8_t *end, int64_t *value, enum leb128_problem *problem) {
    return decode_signed(at, end, 33, value, problem);
}

size_t leb128_decode_long_s64(const uint8_t *at, const uint8_t *end, int64_t *value, enum leb128_problem *problem) {
    return decode_signed(at, end, 64, value, problem);
}

uint32_t leb128_read_long_u32(const uint8_t **at) {
    const uint8_t *next = *at;
    uint32_t sum = 0;
    unsigned shift = 0;
    for (; *next >= 0x80; next++, shift += 7) {
        ASSERT(shift < 28);
        sum |= (uint32_t)(*next & 0x7f) << shift;
    }
    *at = next + 1;
    return sum | (uint32_t)*next << shift;
}

int64_t leb128_read_long_s64(const uint8_t **at) {
    const uint8_t *next = *at;
    uint64_t sum = 0;
    unsigned shift = 0;
    for (; *next >= 0x80; next++, shift += 7) {
        ASSERT(shift < 63);
        sum |= (uint64_t)(*next & 0x7f) << shift;
    }
    *at = next + 1;
    return (int64_t)(sum + ((uint64_t)(int64_t)leb128_sign_short(*next) << shift));
}

int32_t leb128_read_long_s32(const uint8_t **at) {
    return (int32_t)leb128_read_long_s64(at);
}
