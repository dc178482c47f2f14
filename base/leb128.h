/* LEB128 integers as WebAssembly has them (core spec 5.2.2): at most ceil(bits / 7) bytes, unused bits of the last byte
   zero (or copies of the sign). Decoders take [at, end), return the number of bytes used, or 0 and set *problem. */
#ifndef BASE_LEB128_H
#define BASE_LEB128_H

#include "base/assert.h"

#include <stddef.h>
#include <stdint.h>

enum leb128_problem {
    LEB128_TRUNCATED, /* the bytes end inside the integer */
    LEB128_TOO_LONG,  /* "integer representation too long" */
    LEB128_TOO_LARGE, /* "integer too large" */
};

/* Integers of any length; the functions below take those of one byte, which most are, without a call. */
size_t leb128_decode_long_u32(const uint8_t *at, const uint8_t *end, uint32_t *value, enum leb128_problem *problem);
size_t leb128_decode_long_u64(const uint8_t *at, const uint8_t *end, uint64_t *value, enum leb128_problem *problem);
size_t leb128_decode_long_s32(const uint8_t *at, const uint8_t *end, int32_t *value, enum leb128_problem *problem);
size_t leb128_decode_long_s33(const uint8_t *at, const uint8_t *end, int64_t *value, enum leb128_problem *problem);
size_t leb128_decode_long_s64(const uint8_t *at, const uint8_t *end, int64_t *value, enum leb128_problem *problem);
uint32_t leb128_read_long_u32(const uint8_t **at);
int32_t leb128_read_long_s32(const uint8_t **at);
int64_t leb128_read_long_s64(const uint8_t **at);

/* The value of a whole integer of one byte: bit 6 is the sign. */
static inline int32_t leb128_sign_short(uint8_t byte) {
    return (int32_t)(byte ^ 0x40) - 0x40;
}

static inline size_t leb128_decode_u32(const uint8_t *at, const uint8_t *end, uint32_t *value, enum leb128_problem *problem) {
    if (LIKELY(at < end && *at < 0x80)) {
        *value = *at;
        return 1;
    }
    return leb128_decode_long_u32(at, end, value, problem);
}

static inline size_t leb128_decode_u64(const uint8_t *at, const uint8_t *end, uint64_t *value, enum leb128_problem *problem) {
    if (LIKELY(at < end && *at < 0x80)) {
        *value = *at;
        return 1;
    }
    return leb128_decode_long_u64(at, end, value, problem);
}

static inline size_t leb128_decode_s32(const uint8_t *at, const uint8_t *end, int32_t *value, enum leb128_problem *problem) {
    if (LIKELY(at < end && *at < 0x80)) {
        *value = leb128_sign_short(*at);
        return 1;
    }
    return leb128_decode_long_s32(at, end, value, problem);
}

static inline size_t leb128_decode_s33(const uint8_t *at, const uint8_t *end, int64_t *value, enum leb128_problem *problem) {
    if (LIKELY(at < end && *at < 0x80)) {
        *value = leb128_sign_short(*at);
        return 1;
    }
    return leb128_decode_long_s33(at, end, value, problem);
}

static inline size_t leb128_decode_s64(const uint8_t *at, const uint8_t *end, int64_t *value, enum leb128_problem *problem) {
    if (LIKELY(at < end && *at < 0x80)) {
        *value = leb128_sign_short(*at);
        return 1;
    }
    return leb128_decode_long_s64(at, end, value, problem);
}

/* For bytes that were validated before: no bounds; moves *at on. The s64 one reads s33 too. */
static inline uint32_t leb128_read_u32(const uint8_t **at) {
    const uint8_t byte = **at;
    if (LIKELY(byte < 0x80)) {
        *at += 1;
        return byte;
    }
    return leb128_read_long_u32(at);
}

static inline int32_t leb128_read_s32(const uint8_t **at) {
    const uint8_t byte = **at;
    if (LIKELY(byte < 0x80)) {
        *at += 1;
        return leb128_sign_short(byte);
    }
    return leb128_read_long_s32(at);
}

static inline int64_t leb128_read_s64(const uint8_t **at) {
    const uint8_t byte = **at;
    if (LIKELY(byte < 0x80)) {
        *at += 1;
        return leb128_sign_short(byte);
    }
    return leb128_read_long_s64(at);
}

#endif
