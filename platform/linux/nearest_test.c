/* Suggestions for mistyped names. */
#include "platform/linux/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *suggestion(const char *wanted) {
    static const char *const names[] = {"run", "validate", "inspect", "hash", "help", "--timeout", "--memory"};
    struct nearest nearest;
    nearest_init(&nearest, wanted);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        nearest_offer(&nearest, names[i]);
    }
    return nearest.name;
}

static void test_near_names_are_found(void **state) {
    (void)state;
    assert_string_equal(suggestion("run"), "run");
    assert_string_equal(suggestion("rnu"), "run");
    assert_string_equal(suggestion("rn"), "run");
    assert_string_equal(suggestion("valdiate"), "validate");
    assert_string_equal(suggestion("valid"), "validate");
    assert_string_equal(suggestion("inpsect"), "inspect");
    assert_string_equal(suggestion("hsah"), "hash");
    assert_string_equal(suggestion("--tiemout"), "--timeout");
    assert_string_equal(suggestion("--mem"), "--memory");
}

static void test_others_are_not(void **state) {
    (void)state;
    assert_null(suggestion("compile"));
    assert_null(suggestion("x"));
    assert_null(suggestion("serve"));
    char long_name[200];
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    assert_null(suggestion(long_name));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_near_names_are_found),
        cmocka_unit_test(test_others_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
