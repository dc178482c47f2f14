/* LEB128 decoders against an oracle that adds groups as whole numbers of 128 bits and then asks whether the sum is in range.
   The input is copied to a block of its exact size, so that the sanitizer sees every read past its end. */
#include "base/leb128.h"

#include "base/assert.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef __int128 wide;

struct outcome {
    size_t used;
    enum leb128_problem problem; /* when used is 0 */
    wide value;
};

static bool is_in_range(wide value, unsigned bits, bool is_signed) {
    const wide modulus = (wide)1 << bits;
    return is_signed ? value >= -modulus / 2 && value < modulus / 2 : value >= 0 && value < modulus;
}

static struct outcome oracle(const uint8_t *data, size_t size, unsigned bits, bool is_signed) {
    const size_t size_max = (bits + 6) / 7;
    wide sum = 0;
    wide factor = 1;
    for (size_t i = 0; i < size_max; i++) {
        if (i == size) {
            return (struct outcome){.problem = LEB128_TRUNCATED};
        }
        sum += (data[i] % 128) * factor;
        factor *= 128;
        const wide value = is_signed && data[i] / 64 % 2 == 1 ? sum - factor : sum;
        if (i == size_max - 1 && !is_in_range(value, bits, is_signed)) {
            return (struct outcome){.problem = LEB128_TOO_LARGE};
        }
        if (data[i] < 128) {
            return (struct outcome){.used = i + 1, .value = value};
        }
    }
    return (struct outcome){.problem = LEB128_TOO_LONG};
}

static void compare(struct outcome expected, struct outcome found) {
    ASSERT(found.used == expected.used);
    if (expected.used == 0) {
        ASSERT(found.problem == expected.problem);
    } else {
        ASSERT(found.value == expected.value);
    }
}

static void check_unsigned(const uint8_t *data, size_t size) {
    struct outcome found = {.used = 0};
    uint32_t u32 = 0;
    found.used = leb128_decode_u32(data, data + size, &u32, &found.problem);
    found.value = u32;
    compare(oracle(data, size, 32, false), found);
    if (found.used != 0) {
        const uint8_t *at = data;
        ASSERT(leb128_read_u32(&at) == u32 && at == data + found.used);
    }
    uint64_t u64 = 0;
    found.used = leb128_decode_u64(data, data + size, &u64, &found.problem);
    found.value = u64;
    compare(oracle(data, size, 64, false), found);
}

static void check_signed(const uint8_t *data, size_t size) {
    struct outcome found = {.used = 0};
    int32_t s32 = 0;
    found.used = leb128_decode_s32(data, data + size, &s32, &found.problem);
    found.value = s32;
    compare(oracle(data, size, 32, true), found);
    if (found.used != 0) {
        const uint8_t *at = data;
        ASSERT(leb128_read_s32(&at) == s32 && at == data + found.used);
    }
    int64_t s64 = 0;
    found.used = leb128_decode_s33(data, data + size, &s64, &found.problem);
    found.value = s64;
    compare(oracle(data, size, 33, true), found);
    found.used = leb128_decode_s64(data, data + size, &s64, &found.problem);
    found.value = s64;
    compare(oracle(data, size, 64, true), found);
    if (found.used != 0) {
        const uint8_t *at = data;
        ASSERT(leb128_read_s64(&at) == s64 && at == data + found.used);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size);
    ASSERT(size == 0 || copy != NULL);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    check_unsigned(copy, size);
    check_signed(copy, size);
    free(copy);
    return 0;
}
