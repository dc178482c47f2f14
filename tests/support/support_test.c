/* The tests' own tools: what they promise to notice, they notice. */
#include "tests/support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/assert.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void panic_or_not(void *context) {
    ASSERT(context == NULL);
}

static void panic_inside(void *context) {
    ASSERT(support_panics(panic_or_not, context));
}

static void test_panics(void **state) {
    (void)state;
    int thing = 0;
    assert_false(support_panics(panic_or_not, NULL));
    assert_true(support_panics(panic_or_not, &thing));
    assert_false(support_panics(panic_inside, &thing));
    assert_true(support_panics(panic_inside, NULL));
}

static void test_failures(void **state) {
    (void)state;
    const struct memory_source *source = support_memory();
    for (long point = 0; point < 3; point++) {
        support_fail_after(point);
        const size_t count = support_allocation_count();
        for (long i = 0; i < 5; i++) {
            void *block = source->take(source->context, 10);
            assert_int_equal(block == NULL, i == point);
            assert_int_equal(support_live_bytes(), block == NULL ? 0 : 10);
            assert_int_equal(support_live_blocks(), block != NULL);
            if (block != NULL) {
                source->give(source->context, block, 10);
            }
        }
        assert_int_equal(support_allocation_count(), count + 5);
    }
    assert_int_equal(support_live_bytes(), 0);
}

static void give_another_size(void) {
    const struct memory_source *source = support_memory();
    source->give(source->context, source->take(source->context, 10), 11);
}

static void write_past_the_end(void) {
    const struct memory_source *source = support_memory();
    volatile uint8_t *block = source->take(source->context, 10);
    block[10] = 1;
    source->give(source->context, (void *)block, 10);
}

static void panic_unexpected(void) {
    panic_or_not("unexpected");
}

/* In a process of its own, because it ends in abort. */
static bool aborts(void (*body)(void)) {
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        body();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void do_nothing(void) {
}

static void test_misuse_stops(void **state) {
    (void)state;
    assert_false(aborts(do_nothing));
    assert_true(aborts(give_another_size));
    assert_true(aborts(write_past_the_end));
    assert_true(aborts(panic_unexpected));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_panics),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_misuse_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
