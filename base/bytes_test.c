/* Byte views. The UTF-8 check is compared with an oracle that decodes a sequence and asks whether its value is allowed. */
#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* In a block of exactly this size, so that the sanitizer sees a read past its end. */
static bool check_exactly(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size);
    assert_true(size == 0 || copy != NULL);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    const bool valid = bytes_are_utf8((struct bytes){.data = copy, .size = size});
    free(copy);
    return valid;
}

static size_t encode(uint32_t point, uint8_t *out) {
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    const size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    out[0] = (uint8_t)((0xf00u >> length) | point);
    return length;
}

/* For one sequence of at least two bytes, whole and alone. */
static bool oracle_sequence(const uint8_t *data, size_t size) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned first_mark = (0xf00u >> size) & 0xff;
    const unsigned first_mask = (0xf80u >> size) & 0xff;
    if ((data[0] & first_mask) != first_mark) {
        return false;
    }
    uint32_t point = data[0] & ~first_mask & 0xff;
    for (size_t i = 1; i < size; i++) {
        if (data[i] >> 6 != 2) {
            return false;
        }
        point = point << 6 | (data[i] & 0x3f);
    }
    return point >= least[size] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

static void test_views(void **state) {
    (void)state;
    const struct bytes empty = {0};
    const struct bytes abc = bytes_from_text("abc");
    assert_int_equal(abc.size, 3);
    assert_int_equal(bytes_from_text("").size, 0);
    assert_true(bytes_equal(abc, bytes_from_text("abc")));
    assert_false(bytes_equal(abc, bytes_from_text("abd")));
    assert_false(bytes_equal(abc, bytes_from_text("ab")));
    assert_true(bytes_equal(empty, bytes_from_text("")));
    assert_false(bytes_equal(empty, abc));
}

static void test_compare(void **state) {
    (void)state;
    const struct bytes sorted[] = {
        {0}, bytes_from_text("a"), bytes_from_text("ab"), bytes_from_text("abc"), bytes_from_text("b"), bytes_from_text("\x80"),
    };
    const int count = sizeof sorted / sizeof *sorted;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            const int order = bytes_compare(sorted[i], sorted[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

static void test_little_endian(void **state) {
    (void)state;
    uint8_t data[10] = {0xee, 0x11, 0x22, 0x33, 0x84, 0x55, 0x66, 0x77, 0x98, 0xee};
    assert_int_equal(bytes_load_u32(data + 1), 0x84332211u);
    assert_int_equal(bytes_load_u64(data + 1), 0x9877665584332211u);
    bytes_store_u32(data + 1, 0xa1b2c3d4u);
    assert_memory_equal(data, "\xee\xd4\xc3\xb2\xa1\x55\x66\x77\x98\xee", 10);
    bytes_store_u64(data + 1, 0xf102030405060708u);
    assert_memory_equal(data, "\xee\x08\x07\x06\x05\x04\x03\x02\xf1\xee", 10);
}

static void test_utf8_every_code_point(void **state) {
    (void)state;
    for (uint32_t point = 0; point < 0x110000; point++) {
        uint8_t data[4];
        const size_t length = encode(point, data);
        const bool surrogate = point >= 0xd800 && point <= 0xdfff;
        if (bytes_are_utf8((struct bytes){.data = data, .size = length}) == surrogate) {
            fail_msg("U+%04X", point);
        }
    }
}

static void test_utf8_every_short_sequence(void **state) {
    (void)state;
    for (uint32_t bits = 0x8000; bits < 0x1000000; bits++) {
        const uint8_t data[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
        const size_t size = bits < 0x10000 ? 2 : 3;
        const uint8_t *start = data + 3 - size;
        /* With an ASCII byte in it, it is more than one sequence. */
        if (start[0] < 0x80 || start[1] < 0x80 || data[2] < 0x80) {
            continue;
        }
        bool expected = oracle_sequence(start, size);
        if (bytes_are_utf8((struct bytes){.data = start, .size = size}) != expected) {
            fail_msg("%06x", bits);
        }
    }
}

static void test_utf8_four_bytes(void **state) {
    (void)state;
    static const uint8_t tails[] = {0x00, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xe1, 0xff};
    for (unsigned first = 0xe0; first < 0x100; first++) {
        for (unsigned second = 0; second < 0x100; second++) {
            for (unsigned i = 0; i < 64; i++) {
                const uint8_t data[4] = {(uint8_t)first, (uint8_t)second, tails[i / 8], tails[i % 8]};
                const bool three = oracle_sequence(data, 3) && data[3] < 0x80;
                const bool expected = three || oracle_sequence(data, 4);
                if (bytes_are_utf8((struct bytes){.data = data, .size = 4}) != expected) {
                    fail_msg("%02x%02x%02x%02x", data[0], data[1], data[2], data[3]);
                }
            }
        }
    }
}

static void test_utf8_cut(void **state) {
    (void)state;
    static const uint32_t points[] = {0x80, 0x7ff, 0x800, 0xfffd, 0x10000, 0x10ffff};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        uint8_t data[4];
        const size_t length = encode(points[i], data);
        for (size_t size = 1; size < length; size++) {
            assert_false(check_exactly(data, size));
        }
        assert_true(check_exactly(data, length));
    }
}

/* Every length and every place around the words that are checked at once. */
static void test_utf8_in_long_text(void **state) {
    (void)state;
    assert_true(bytes_are_utf8((struct bytes){0}));
    for (size_t size = 1; size < 40; size++) {
        uint8_t data[40];
        memset(data, 'x', sizeof data);
        assert_true(check_exactly(data, size));
        for (size_t place = 0; place < size; place++) {
            data[place] = 0x80;
            assert_false(check_exactly(data, size));
            data[place] = 0xc3;
            data[place + 1 < size ? place + 1 : place] = 0xa9;
            assert_int_equal(check_exactly(data, size), place + 1 < size);
            memset(data, 'x', sizeof data);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_little_endian),
        cmocka_unit_test(test_utf8_every_code_point),
        cmocka_unit_test(test_utf8_every_short_sequence),
        cmocka_unit_test(test_utf8_four_bytes),
        cmocka_unit_test(test_utf8_cut),
        cmocka_unit_test(test_utf8_in_long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
