/* Sizes and durations. */
#include "platform/linux/quantity.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void test_sizes(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"17", 17},
        {"17B", 17},
        {"64MiB", 64ull << 20},
        {"64M", 64ull << 20},
        {"1GiB", 1ull << 30},
        {"3KiB", 3072},
        {"2kB", 2000},
        {"5GB", 5000000000},
        {"18446744073709551615", UINT64_MAX},
        {"16777215TiB", 16777215ull << 40},
    };
    static const char *const bad[] = {"", "MiB", "-1", "+1", " 1", "1 MiB", "1.5GiB", "1mib", "0x10", "1MiBs", "18446744073709551616", "16777216TiB"};
    for (size_t i = 0; i < COUNT(good); i++) {
        uint64_t bytes;
        assert_true(quantity_parse_size(good[i].text, &bytes));
        assert_int_equal(bytes, good[i].bytes);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint64_t bytes;
        assert_false(quantity_parse_size(bad[i], &bytes));
    }
}

static void test_durations(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t nanoseconds;
    } good[] = {
        {"2", 2000000000},
        {"0", 0},
        {"0.5s", 500000000},
        {".25", 250000000},
        {"500ms", 500000000},
        {"1.5us", 1500},
        {"7ns", 7},
        {"7.9ns", 7},
        {"0.0000000019s", 1},
        {"1m", 60000000000},
        {"1.5h", 5400000000000},
        {"0.123456789999h", 444444440400},
        {"18446744073.709551615", UINT64_MAX},
    };
    static const char *const bad[] = {"", ".", "1.", "s", "-1", "1 s", "1e3", "1.5.2", "2sec", "18446744073.709551616", "99999999999999999999"};
    for (size_t i = 0; i < COUNT(good); i++) {
        uint64_t nanoseconds;
        assert_true(quantity_parse_duration(good[i].text, &nanoseconds));
        assert_int_equal(nanoseconds, good[i].nanoseconds);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint64_t nanoseconds;
        assert_false(quantity_parse_duration(bad[i], &nanoseconds));
    }
}

static void test_size_texts(void **state) {
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 bytes"},
        {1, "1 byte"},
        {1023, "1023 bytes"},
        {1024, "1 KiB"},
        {1536, "1.5 KiB"},
        {64ull << 20, "64 MiB"},
        {(1ull << 30) + (1ull << 29), "1.5 GiB"},
        {4ull << 30, "4 GiB"},
        {3ull << 40, "3 TiB"},
        {1ull << 50, "1024 TiB"},
    };
    char text[32];
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(quantity_size_text(cases[i].bytes, text, sizeof text), cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_size_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
