/* A view of bytes that somebody else owns, and the few things done with raw memory. No allocation, no failure. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The four functions that a freestanding C compiler may call by itself; a platform or libc supplies them. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *left, const void *right, size_t size);

struct bytes {
    const uint8_t *data; /* may be NULL when size is 0 */
    size_t size;
};

/* A view of a zero-terminated string without its zero. */
struct bytes bytes_from_text(const char *text);
bool bytes_equal(struct bytes left, struct bytes right);
/* Negative, zero or positive as left sorts before, with or after right; a prefix sorts first. */
int bytes_compare(struct bytes left, struct bytes right);
/* True for well-formed UTF-8 as Unicode 15, table 3-7 has it: no surrogates, no overlong forms, at most U+10FFFF. */
bool bytes_are_utf8(struct bytes text);

/* Little-endian on every machine, unaligned. Compilers make one load or store of each. */
static inline uint32_t bytes_load_u32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t bytes_load_u64(const uint8_t *at) {
    return (uint64_t)bytes_load_u32(at) | (uint64_t)bytes_load_u32(at + 4) << 32;
}

static inline void bytes_store_u32(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
}

static inline void bytes_store_u64(uint8_t *at, uint64_t value) {
    bytes_store_u32(at, (uint32_t)value);
    bytes_store_u32(at + 4, (uint32_t)(value >> 32));
}

#endif
