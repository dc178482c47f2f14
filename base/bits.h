/* Counting and rounding, without a call into the compiler's runtime. No failure, no state. */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdint.h>

/* How many bits are set in each byte: sums in parallel over fields of two, four and eight bits. */
static inline uint64_t count_ones_of_bytes(uint64_t value) {
    value = value - (value >> 1 & 0x5555555555555555u);
    value = (value & 0x3333333333333333u) + (value >> 2 & 0x3333333333333333u);
    return (value + (value >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
}

/* The multiplication adds up all bytes in the highest. */
static inline uint64_t count_ones(uint64_t value) {
    return count_ones_of_bytes(value) * 0x0101010101010101u >> 56;
}

/* The least multiple of a unit that is not below a value; the sum of both must fit. */
static inline uint64_t round_up(uint64_t value, uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

#endif
