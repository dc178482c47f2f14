/* Reports: the first is kept, and whatever bytes come in, only printable ASCII comes out. */
#include "base/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static void test_first_is_kept(void **state) {
    (void)state;
    struct report report;
    report_init(&report);
    assert_int_equal(report.error, ERROR_NONE);
    assert_int_equal(report.offset, REPORT_NO_OFFSET);
    assert_string_equal(report.text, "");
    assert_int_equal(report_fail(&report, ERROR_INVALID, 12, "type %d of %s", 3, "x"), ERROR_INVALID);
    assert_int_equal(report_fail(&report, ERROR_LIMIT, 99, "later"), ERROR_LIMIT);
    assert_int_equal(report.error, ERROR_INVALID);
    assert_int_equal(report.offset, 12);
    assert_string_equal(report.text, "type 3 of x");
}

static void test_no_report(void **state) {
    (void)state;
    assert_int_equal(report_fail(NULL, ERROR_TRAP, 1, "%s", "nobody listens"), ERROR_TRAP);
}

static void fail_with_success(void *context) {
    (void)report_fail(context, ERROR_NONE, 0, "nothing is wrong");
}

static void test_success_is_no_failure(void **state) {
    (void)state;
    struct report report;
    report_init(&report);
    assert_true(support_panics(fail_with_success, &report));
}

static void test_text_is_escaped(void **state) {
    (void)state;
    struct report report;
    report_init(&report);
    assert_int_equal(report_fail(&report, ERROR_NOT_FOUND, REPORT_NO_OFFSET, "no \"%s\"", "a\n\x1b[31m\x7f\xc2\x9b\xff"), ERROR_NOT_FOUND);
    assert_string_equal(report.text, "no \"a\\x0a\\x1b[31m\\x7f\\xc2\\x9b\\xff\"");
}

static void test_long_text_is_cut(void **state) {
    (void)state;
    char text[2 * REPORT_TEXT_SIZE];
    for (size_t length = REPORT_TEXT_SIZE - 5; length < sizeof text; length++) {
        memset(text, 'x', length);
        text[length] = '\0';
        struct report report;
        report_init(&report);
        assert_int_equal(report_fail(&report, ERROR_LIMIT, 0, "%s", text), ERROR_LIMIT);
        if (length < REPORT_TEXT_SIZE) {
            assert_string_equal(report.text, text);
        } else {
            assert_int_equal(strlen(report.text), REPORT_TEXT_SIZE - 1);
            assert_string_equal(report.text + REPORT_TEXT_SIZE - 5, "x...");
        }
    }
}

static void expect_quote(const char *text, size_t text_size, size_t size, const char *expected) {
    char *out = malloc(size);
    assert_ptr_equal(report_quote((struct bytes){.data = (const uint8_t *)text, .size = text_size}, out, size), out);
    assert_string_equal(out, expected);
    free(out);
}

static void test_quote(void **state) {
    (void)state;
    expect_quote(NULL, 0, 4, "");
    expect_quote("abc", 3, 4, "abc");
    expect_quote("abcd", 4, 4, "...");
    expect_quote("abcd", 4, 5, "abcd");
    expect_quote("abcdef", 6, 6, "ab...");
    expect_quote("a\0z", 3, 7, "a\\x00z");
    /* An escape is written whole or not at all. */
    expect_quote("a\0z", 3, 6, "a...");
    expect_quote("\0\0", 2, 8, "\\x00...");
    expect_quote("\0\0", 2, 7, "...");
    expect_quote("ab\0", 3, 7, "ab\\x00");
}

static void quote_small(void *context) {
    char out[3];
    (void)report_quote(bytes_from_text(context), out, sizeof out);
}

static void test_quote_needs_room_for_the_mark(void **state) {
    (void)state;
    char text[] = "a";
    assert_true(support_panics(quote_small, text));
}

static void test_any_bytes_become_printable(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (int round = 0; round < 20000; round++) {
        uint8_t data[40];
        for (size_t i = 0; i < sizeof data; i++) {
            data[i] = (uint8_t)(support_random(&random) >> 20);
        }
        const size_t size = 4 + (size_t)(support_random(&random) % 60);
        const size_t text_size = (size_t)(support_random(&random) % sizeof data);
        char *out = malloc(size);
        (void)report_quote((struct bytes){.data = data, .size = text_size}, out, size);
        assert_true(memchr(out, '\0', size) != NULL);
        for (size_t i = 0; out[i] != '\0'; i++) {
            assert_true(out[i] >= ' ' && out[i] <= '~');
        }
        free(out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_is_kept),
        cmocka_unit_test(test_no_report),
        cmocka_unit_test(test_success_is_no_failure),
        cmocka_unit_test(test_text_is_escaped),
        cmocka_unit_test(test_long_text_is_cut),
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_quote_needs_room_for_the_mark),
        cmocka_unit_test(test_any_bytes_become_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
