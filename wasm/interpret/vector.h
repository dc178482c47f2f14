/* A v128 as its lanes, and its place in a frame: two consecutive slots that hold the 16 bytes in memory order, lane 0
   first (core spec 4.3.4, little-endian). Private to the interpreter's handlers. */
#ifndef WASM_INTERPRET_VECTOR_H
#define WASM_INTERPRET_VECTOR_H

#include "wasm/interpret/memory_access.h"

union vector {
    uint8_t u8[16];
    int8_t s8[16];
    uint16_t u16[8];
    int16_t s16[8];
    uint32_t u32[4];
    int32_t s32[4];
    uint64_t u64[2];
    int64_t s64[2];
    float f32[4];
    double f64[2];
    vector_bytes bytes;
};
_Static_assert(sizeof(union vector) == 2 * sizeof(union slot), "a v128 takes two slots");

/* How many lanes of this kind there are. */
#define VECTOR_LANES(lane) (sizeof(union vector) / sizeof(((union vector *)NULL)->lane[0]))

static inline union vector vector_get(const union slot *slot) {
    union vector value;
    __builtin_memcpy(&value, slot, sizeof value);
    return value;
}

static inline void vector_set(union slot *slot, union vector value) {
    __builtin_memcpy(slot, &value, sizeof value);
}

#endif
