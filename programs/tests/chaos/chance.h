/* Chance, what must hold, and the content of blocks, for a program of one file: which follows from a seed, and some bytes of it are looked at. */
#ifndef PROGRAMS_TESTS_CHAOS_CHANCE_H
#define PROGRAMS_TESTS_CHAOS_CHANCE_H

#include <stdint.h>

#define VIOLATIONS 0x90000000u
#define SAMPLE     61u

static uint64_t random_state;

static void require(int condition, uint32_t line) {
    if (!condition) {
        *(volatile uint8_t *)(uintptr_t)(VIOLATIONS + line); /* the engine makes each load that is written */
        __builtin_trap();
    }
}
#define REQUIRE(condition) require(condition, __LINE__)

static uint32_t random_below(uint32_t count) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 20) % count;
}

static int chance(uint32_t percent) {
    return random_below(100) < percent;
}

/* ---- Content of blocks: what it is follows from a seed, and some bytes of it are looked at ---- */

static uint8_t content_at(uint32_t seed, uint32_t index) {
    return (uint8_t)(seed * 31 + index * 7 + (index >> 8));
}

static void content_fill(uint8_t *out, uint32_t seed, uint32_t size) {
    for (uint32_t index = 0; index < size; index += SAMPLE) {
        out[index] = content_at(seed, index);
    }
    out[size - 1] = content_at(seed, size - 1);
}

static int content_is_right(const uint8_t *in, uint32_t seed, uint32_t size) {
    for (uint32_t index = 0; index < size; index += SAMPLE) {
        if (in[index] != content_at(seed, index)) {
            return 0;
        }
    }
    return in[size - 1] == content_at(seed, size - 1);
}

static uint64_t number_of(const char *text) {
    uint64_t number = 0;
    for (; *text != 0; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
    }
    return number;
}

#endif
