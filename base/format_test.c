/* The formatter against snprintf, at every size of the array, and its assertions. */
#include "base/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

/* Both get each array size from 0 to more than enough, in blocks of exactly that size. */
#define EXPECT_LIKE_LIBC(...)                                                                                                                        \
    do {                                                                                                                                             \
        char whole[512];                                                                                                                             \
        const size_t length = (size_t)snprintf(whole, sizeof whole, __VA_ARGS__);                                                                    \
        assert_true(length < sizeof whole);                                                                                                          \
        assert_int_equal(format(NULL, 0, __VA_ARGS__), length);                                                                                      \
        for (size_t size = 1; size < length + 3; size++) {                                                                                           \
            char *out = malloc(size);                                                                                                                \
            assert_int_equal(format(out, size, __VA_ARGS__), length);                                                                                \
            const size_t kept = length < size ? length : size - 1;                                                                                   \
            assert_int_equal(strlen(out), kept);                                                                                                     \
            assert_memory_equal(out, whole, kept);                                                                                                   \
            free(out);                                                                                                                               \
        }                                                                                                                                            \
    } while (0)

static void test_strings(void **state) {
    (void)state;
    char unended[3] = {'x', 'y', 'z'};
    const char *ended = "ab";
    EXPECT_LIKE_LIBC("plain");
    EXPECT_LIKE_LIBC("%s", "");
    EXPECT_LIKE_LIBC("<%s|%8s|%-8s|%2s>", "abc", "abc", "abc", "abc");
    EXPECT_LIKE_LIBC("<%.*s|%.*s|%.*s>", 3, unended, 0, unended, 9, ended);
    EXPECT_LIKE_LIBC("<%6.*s|%-6.*s>", 3, unended, 2, unended);
    EXPECT_LIKE_LIBC("<%c%c|%4c|%-4c>", 'a', 'b', 'c', 'd');
    EXPECT_LIKE_LIBC("100%% %d%%", 5);
    char out[8];
    const char *volatile missing = NULL;
    assert_int_equal(format(out, sizeof out, "<%.*s>", 0, missing), 2);
    assert_string_equal(out, "<>");
}

static void test_numbers(void **state) {
    (void)state;
    EXPECT_LIKE_LIBC("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
    EXPECT_LIKE_LIBC("%ld %ld %lld %lld", LONG_MAX, LONG_MIN, LLONG_MAX, LLONG_MIN);
    EXPECT_LIKE_LIBC("%u %lu %llu %zu", UINT_MAX, ULONG_MAX, ULLONG_MAX, SIZE_MAX);
    EXPECT_LIKE_LIBC("%x %x %lx %llx %zx", 0u, UINT_MAX, ULONG_MAX, 0x123456789abcdefull, SIZE_MAX);
    EXPECT_LIKE_LIBC("%5d|%-5d|%05d|%05d|%2d", 42, 42, 42, -42, 12345);
    EXPECT_LIKE_LIBC("%08x|%8x|%-8x|%016llx", 0xbeefu, 0xbeefu, 0xbeefu, 0xbeefull);
    EXPECT_LIKE_LIBC("%020lu|%30lu", 7ul, 7ul);
    EXPECT_LIKE_LIBC("%p|%20p", (void *)0x7f1234, (void *)0x7f1234);
    char out[8];
    assert_int_equal(format(out, sizeof out, "%p", NULL), 3);
    assert_string_equal(out, "0x0");
}

static void test_random_numbers(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (int i = 0; i < 1000; i++) {
        const uint64_t bits = support_random(&random) >> support_random(&random) % 64;
        EXPECT_LIKE_LIBC("%d,%u,%x", (int)bits, (unsigned)bits, (unsigned)bits);
        EXPECT_LIKE_LIBC("%lld,%llu,%018llx", (long long)bits, (unsigned long long)bits, (unsigned long long)bits);
    }
}

/* Through a variable, because compilers know that these patterns are wrong. */
static void format_one(void *context) {
    char out[64];
    const char *pattern = context;
    (void)format(out, sizeof out, pattern, 1, 2, 3);
}

static void format_null(void *context) {
    char out[64];
    (void)format(out, sizeof out, "%s", (const char *)context);
}

static void format_negative(void *context) {
    char out[64];
    (void)format(out, sizeof out, "%.*s", -1, (const char *)context);
}

static void test_assertions(void **state) {
    (void)state;
    static const char *const wrong[] = {"%",   "%5",   "%l",   "%f",  "%n",  "%i",  "%o",    "%X",  "%hd",  "%+d", "% d",
                                        "%#x", "%.3d", "%.*d", "%*d", "%ls", "%lc", "%-05d", "%5%", "%05c", "%lp"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char pattern[8];
        strcpy(pattern, wrong[i]);
        if (!support_panics(format_one, pattern)) {
            fail_msg("%s", wrong[i]);
        }
    }
    char right[] = "%d %-3u %03x";
    assert_false(support_panics(format_one, right));
    char text[] = "text";
    assert_true(support_panics(format_null, NULL));
    assert_true(support_panics(format_negative, text));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_random_numbers),
        cmocka_unit_test(test_assertions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
