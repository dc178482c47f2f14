/* LEB128 integers as WebAssembly has them (core spec 5.2.2): at most ceil(bits / 7) bytes, unused bits of the last byte
   zero (or copies of the sign). Decoders take [at, end), return the number of bytes used, or 0 and set *problem. */
#ifndef BASE_LEB128_H
#define BASE_LEB128_H

#include <stddef.h>
#include <stdint.h>

enum leb128_problem {
    LEB128_TRUNCATED, /* the bytes end inside the integer */
    LEB128_TOO_LONG,  /* "integer representation too long" */
    LEB128_TOO_LARGE, /* "integer too large" */
};

size_t leb128_decode_u32(const uint8_t *at, const uint8_t *end, uint32_t *value, enum leb128_problem *problem);
size_t leb128_decode_u64(const uint8_t *at, const uint8_t *end, uint64_t *value, enum leb128_problem *problem);
size_t leb128_decode_s32(const uint8_t *at, const uint8_t *end, int32_t *value, enum leb128_problem *problem);
size_t leb128_decode_s33(const uint8_t *at, const uint8_t *end, int64_t *value, enum leb128_problem *problem);
size_t leb128_decode_s64(const uint8_t *at, const uint8_t *end, int64_t *value, enum leb128_problem *problem);

/* For bytes that were validated before: no checks; moves *at on. */
uint32_t leb128_read_u32(const uint8_t **at);
int32_t leb128_read_s32(const uint8_t **at);
int64_t leb128_read_s64(const uint8_t **at);

#endif
