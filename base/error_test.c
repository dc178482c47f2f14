/* Every error has a text of its own, and numbers that are stored stay what they are. */
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void test_texts_differ(void **state) {
    (void)state;
    for (int i = 0; i < ERROR_COUNT; i++) {
        const char *text = error_text((enum error)i);
        assert_true(strlen(text) > 0);
        assert_string_not_equal(text, "unknown error");
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(text, error_text((enum error)j));
        }
    }
}

static void test_known_texts(void **state) {
    (void)state;
    assert_int_equal(ERROR_NONE, 0);
    assert_int_equal(ERROR_MALFORMED, 1);
    assert_string_equal(error_text(ERROR_NONE), "success");
    assert_string_equal(error_text(ERROR_NO_MEMORY), "out of memory");
}

static void test_foreign_numbers(void **state) {
    (void)state;
    assert_string_equal(error_text(ERROR_COUNT), "unknown error");
    const int foreign[] = {ERROR_COUNT + 1, 9999, -1};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        enum error error;
        memcpy(&error, &foreign[i], sizeof error);
        assert_string_equal(error_text(error), "unknown error");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_differ),
        cmocka_unit_test(test_known_texts),
        cmocka_unit_test(test_foreign_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
