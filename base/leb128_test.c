/* LEB128 edges from the specification's rules, and what an encoder makes, read back. The fuzzer has the full oracle. */
#include "base/leb128.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

enum width { U32, U64, S32, S33, S64 };

struct outcome {
    size_t used;
    int64_t value; /* the bits of a u64 */
    enum leb128_problem problem;
};

/* In a block of exactly this size, so that the sanitizer sees a read past its end. */
static struct outcome decode(enum width width, const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    const uint8_t *end = copy + size;
    struct outcome outcome = {.value = -77, .problem = (enum leb128_problem)99};
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    int32_t s32 = 0;
    int64_t s64 = 0;
    switch (width) {
    case U32: outcome.used = leb128_decode_u32(copy, end, &u32, &outcome.problem); break;
    case U64: outcome.used = leb128_decode_u64(copy, end, &u64, &outcome.problem); break;
    case S32: outcome.used = leb128_decode_s32(copy, end, &s32, &outcome.problem); break;
    case S33: outcome.used = leb128_decode_s33(copy, end, &s64, &outcome.problem); break;
    case S64: outcome.used = leb128_decode_s64(copy, end, &s64, &outcome.problem); break;
    }
    free(copy);
    if (outcome.used != 0) {
        outcome.value = width == U32 ? (int64_t)u32 : width == U64 ? (int64_t)u64 : width == S32 ? s32 : s64;
    }
    return outcome;
}

static void expect_integer(enum width width, const char *data, size_t size, int64_t value) {
    const struct outcome outcome = decode(width, (const uint8_t *)data, size);
    assert_int_equal(outcome.used, size);
    assert_int_equal(outcome.value, value);
}

static void expect_problem(enum width width, const uint8_t *data, size_t size, enum leb128_problem problem) {
    const struct outcome outcome = decode(width, data, size);
    assert_int_equal(outcome.used, 0);
    assert_int_equal(outcome.problem, problem);
}

static void test_known_values(void **state) {
    (void)state;
    expect_integer(U32, "\x00", 1, 0);
    expect_integer(U32, "\x7f", 1, 127);
    expect_integer(U32, "\x80\x01", 2, 128);
    expect_integer(U32, "\xe5\x8e\x26", 3, 624485);
    expect_integer(U32, "\x83\x80\x80\x80\x00", 5, 3);
    expect_integer(U32, "\xff\xff\xff\xff\x0f", 5, UINT32_MAX);
    expect_integer(U64, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, -1);
    expect_integer(S32, "\x3f", 1, 63);
    expect_integer(S32, "\x40", 1, -64);
    expect_integer(S32, "\x7f", 1, -1);
    expect_integer(S32, "\xc0\x00", 2, 64);
    expect_integer(S32, "\xc0\xbb\x78", 3, -123456);
    expect_integer(S32, "\xff\xff\xff\xff\x07", 5, INT32_MAX);
    expect_integer(S32, "\x80\x80\x80\x80\x78", 5, INT32_MIN);
    expect_integer(S33, "\x40", 1, -64);
    expect_integer(S33, "\xff\xff\xff\xff\x0f", 5, 4294967295);
    expect_integer(S33, "\x80\x80\x80\x80\x70", 5, -4294967296);
    expect_integer(S64, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00", 10, INT64_MAX);
    expect_integer(S64, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", 10, INT64_MIN);
}

/* Every last byte of the longest form: the unused bits must be zero, or copies of the sign. A byte that goes on is
   too large when those bits are wrong, and else too long. */
static void test_last_byte(void **state) {
    (void)state;
    static const struct {
        enum width width;
        size_t size;
        unsigned low_max;  /* the largest group with zeros above */
        unsigned high_min; /* the smallest with ones above, 0x80 for none */
    } rows[] = {
        {U32, 5, 0x0f, 0x80}, {U64, 10, 0x01, 0x80}, {S32, 5, 0x07, 0x78}, {S33, 5, 0x0f, 0x70}, {S64, 10, 0x00, 0x7f},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (unsigned last = 0; last < 0x100; last++) {
            uint8_t data[11];
            memset(data, 0x80, sizeof data);
            data[rows[i].size - 1] = (uint8_t)last;
            const unsigned group = last & 0x7f;
            const bool fits = group <= rows[i].low_max || group >= rows[i].high_min;
            if (!fits) {
                expect_problem(rows[i].width, data, rows[i].size, LEB128_TOO_LARGE);
            } else if (last >= 0x80) {
                expect_problem(rows[i].width, data, rows[i].size, LEB128_TOO_LONG);
                expect_problem(rows[i].width, data, rows[i].size + 1, LEB128_TOO_LONG);
            } else {
                assert_int_equal(decode(rows[i].width, data, rows[i].size).used, rows[i].size);
            }
        }
    }
}

static void test_truncated(void **state) {
    (void)state;
    uint8_t data[10];
    memset(data, 0xff, sizeof data);
    for (enum width width = U32; width <= S64; width++) {
        const size_t size_max = width == U64 || width == S64 ? 10 : 5;
        for (size_t size = 0; size < size_max; size++) {
            expect_problem(width, data, size, LEB128_TRUNCATED);
        }
    }
    /* A view of nothing may be NULL. */
    uint32_t value;
    enum leb128_problem problem = LEB128_TOO_LONG;
    assert_int_equal(leb128_decode_u32(NULL, NULL, &value, &problem), 0);
    assert_int_equal(problem, LEB128_TRUNCATED);
}

/* Groups in wide, from the lowest, at least size_min of them. */
static size_t encode(uint8_t *out, int64_t wide, bool is_signed, size_t size_min) {
    size_t size = 0;
    for (;;) {
        const uint8_t group = wide & 0x7f;
        wide = is_signed ? wide >> 7 : (int64_t)((uint64_t)wide >> 7);
        const bool last = is_signed ? wide == (group & 0x40 ? -1 : 0) : wide == 0;
        if (last && size + 1 >= size_min) {
            out[size++] = group;
            return size;
        }
        out[size++] = group | 0x80;
    }
}

static void round_trip(enum width width, int64_t value, size_t size_min) {
    uint8_t data[10];
    const size_t size = encode(data, value, width >= S32, size_min);
    const struct outcome outcome = decode(width, data, size);
    assert_int_equal(outcome.used, size);
    assert_int_equal(outcome.value, value);
    const uint8_t *at = data;
    switch (width) {
    case U32: assert_int_equal(leb128_read_u32(&at), value); break;
    case S32: assert_int_equal(leb128_read_s32(&at), value); break;
    case S33:
    case S64: assert_int_equal(leb128_read_s64(&at), value); break;
    case U64: return;
    }
    assert_ptr_equal(at, data + size);
}

static void test_round_trips(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (int i = 0; i < 200000; i++) {
        /* Every number of bits is as likely as every other. */
        const uint64_t bits = support_random(&random) >> support_random(&random) % 64;
        const int64_t value = support_random(&random) % 2 == 0 ? (int64_t)bits : (int64_t)~bits;
        const size_t size_min = (size_t)(support_random(&random) % 11);
        const size_t short_min = size_min < 5 ? size_min : 5;
        round_trip(U32, (uint32_t)value, short_min);
        round_trip(U64, value, size_min);
        round_trip(S32, (int32_t)value, short_min);
        round_trip(S33, (int64_t)((uint64_t)value << 31) >> 31, short_min);
        round_trip(S64, value, size_min);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_last_byte),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_round_trips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
