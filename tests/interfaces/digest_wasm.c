/* The digest as a program for wasm32, without any library: layout_test.c calls it and compares. */
#include "tests/interfaces/digest.h"

#define CONTEXT_OFFSET(type, field, offset) _Static_assert(offsetof(struct type, field) == (offset), #type "." #field);
#define CONTEXT_SIZE(type, bytes)           _Static_assert(sizeof(struct type) == (bytes), #type);
#include "interfaces/context.def"
#undef CONTEXT_OFFSET
#undef CONTEXT_SIZE

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);
int64_t digest(uint32_t seed);

/* Kept by the compiler from being made of themselves. */
__attribute__((no_builtin("memcpy"))) void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    }
    return to;
}

__attribute__((no_builtin("memset"))) void *memset(void *to, int value, size_t size) {
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)to)[i] = (uint8_t)value;
    }
    return to;
}

int64_t digest(uint32_t seed) {
    return (int64_t)digest_of(seed);
}
