/* Names of functions from name sections that are well-formed, broken, cut, and hostile. */
#include "tests/support/build.h"
#include "tests/support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The name in a module whose name section has this content. */
static void expect_name(const char *digits, uint32_t index, const char *name) {
    struct build build = {0};
    build_preamble(&build);
    build_custom(&build, "name", digits);
    struct attempt attempt;
    attempt_begin(&attempt, build_bytes(&build), BUDGET_UNLIMITED);
    assert_int_equal(attempt.error, ERROR_NONE);
    const struct bytes found = wasm_module_function_name(attempt.module, index);
    assert_true(bytes_equal(found, bytes_from_text(name)));
    attempt_end(&attempt);
    build_end(&build);
}

/* Functions 1 "ab" and 130 "c", behind the name of the module. */
#define TWO_NAMES "00 02 01 6d  01 09 02 01 02 61 62 82 01 01 63"

static void names_that_are_there(void **state) {
    (void)state;
    expect_name(TWO_NAMES, 1, "ab");
    expect_name(TWO_NAMES, 130, "c");
    expect_name(TWO_NAMES, 0, "");
    expect_name(TWO_NAMES, 2, "");
    expect_name(TWO_NAMES, UINT32_MAX, "");
    /* The subsection of locals comes behind. */
    expect_name("01 04 01 00 01 61  02 01 00", 0, "a");
    expect_name("01 04 01 00 01 61  02", 0, "a");
}

static void names_that_are_not(void **state) {
    (void)state;
    expect_name("", 0, "");
    expect_name("00 02 01 6d", 0, "");
    expect_name("01 00", 0, "");
    /* Not UTF-8. */
    expect_name("01 04 01 00 01 80", 0, "");
    /* Sizes and counts that lie. */
    expect_name("01 ff ff ff ff 0f 01 00 01 61", 0, "");
    expect_name("01 04 ff ff ff ff", 0, "");
    expect_name("01 08 ff ff ff ff 0f 05 01 61", 0, "");
    expect_name("01 08 ff ff ff ff 0f 05 01 61", 5, "a");
    expect_name("01 04 01 00 02 61", 0, "");
    expect_name("01 08 01 00 ff ff ff ff 0f 61", 0, "");
    /* Out of order: what comes behind a larger index is not looked for. */
    expect_name("01 07 02 05 01 61 03 01 62", 3, "");
    expect_name("01 07 02 05 01 61 03 01 62", 5, "a");
    /* Before the subsection, one whose size lies. */
    expect_name("00 7f 01 6d 01 04 01 00 01 61", 0, "");
}

static void no_name_section(void **state) {
    (void)state;
    struct build build = {0};
    build_preamble(&build);
    build_custom(&build, "names", TWO_NAMES);
    struct attempt attempt;
    attempt_begin(&attempt, build_bytes(&build), BUDGET_UNLIMITED);
    assert_int_equal(attempt.error, ERROR_NONE);
    assert_int_equal(wasm_module_function_name(attempt.module, 1).size, 0);
    attempt_end(&attempt);
    build_end(&build);
}

static void the_first_section_counts(void **state) {
    (void)state;
    struct build build = {0};
    build_preamble(&build);
    build_custom(&build, "name", "");
    build_custom(&build, "name", TWO_NAMES);
    struct attempt attempt;
    attempt_begin(&attempt, build_bytes(&build), BUDGET_UNLIMITED);
    assert_int_equal(attempt.error, ERROR_NONE);
    assert_int_equal(wasm_module_function_name(attempt.module, 1).size, 0);
    attempt_end(&attempt);
    build_end(&build);
}

/* The section ends the module, in a block of its exact size, so that the sanitizer sees a read past it; each byte is
   changed in turn. */
static void cuts_and_changes(void **state) {
    (void)state;
    struct build content = {0};
    build_hex(&content, TWO_NAMES);
    for (size_t size = 0; size <= content.size; size++) {
        struct build build = {0};
        build_preamble(&build);
        const size_t mark = build_section_open(&build, 0);
        build_name(&build, "name");
        for (size_t i = 0; i < size; i++) {
            build_byte(&build, content.data[i]);
        }
        build_close(&build, mark);
        uint8_t *copy = malloc(build.size);
        memcpy(copy, build.data, build.size);
        for (unsigned value = 0; value < 256; value++) {
            copy[build.size - 1] = size == 0 ? copy[build.size - 1] : (uint8_t)value;
            struct attempt attempt;
            attempt_begin(&attempt, (struct bytes){copy, build.size}, BUDGET_UNLIMITED);
            assert_int_equal(attempt.error, ERROR_NONE);
            for (uint32_t index = 0; index < 4; index++) {
                const struct bytes name = wasm_module_function_name(attempt.module, index);
                assert_true(name.size == 0 || (name.data > copy && name.data + name.size <= copy + build.size));
            }
            attempt_end(&attempt);
        }
        free(copy);
        build_end(&build);
    }
    build_end(&content);
    assert_int_equal(support_live_bytes(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_there),     cmocka_unit_test(names_that_are_not), cmocka_unit_test(no_name_section),
        cmocka_unit_test(the_first_section_counts), cmocka_unit_test(cuts_and_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
