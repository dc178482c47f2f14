/* What a program for wasm32 sends is what native code sends, and both read it: the same values, made by the same source, come to the same
   digest. The program's own build checks the layout of the contract. The Makefile says where argos and the program are. */
#include "tests/interfaces/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t digest_in_wasm(const char *executor, uint32_t seed) {
    char command[1024];
    char line[64] = "";
    snprintf(command, sizeof command, "%s run --no-cache --executor %s --invoke digest %s %u", TEST_ARGOS, executor, TEST_PROGRAM, seed);
    FILE *stream = popen(command, "r");
    assert_non_null(stream);
    assert_non_null(fgets(line, sizeof line, stream));
    assert_int_equal(pclose(stream), 0);
    return strtoll(line, NULL, 10);
}

static void test_same_messages(void **state) {
    (void)state;
    uint64_t last = 0;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        const uint64_t native = digest_of(seed);
        assert_true(native != 0 && native != last);
        last = native;
        const int64_t program = digest_in_wasm(seed % 2 == 0 ? "compile" : "interpret", seed);
        if (program != (int64_t)native) {
            print_message("seed %u: %" PRId64 " in wasm, %" PRId64 " natively\n", seed, program, (int64_t)native);
        }
        assert_true(program == (int64_t)native);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_messages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
