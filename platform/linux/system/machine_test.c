/* The pages of the machine: zero whenever they are taken, and never used up by who gives back what it takes. */
#include "platform/linux/system/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PAGE 4096u

static struct linux_machine machine;

static void machine_begin(void) {
    struct report report;
    report_init(&report);
    assert_int_equal(linux_machine_create(&machine, &report), ERROR_NONE);
}

static struct machine_pages take(size_t pages) {
    struct machine_pages out;
    assert_int_equal(machine.machine.pages_take(&machine, pages * PAGE, &out), ERROR_NONE);
    return out;
}

static void give(const struct machine_pages *pages) {
    machine.machine.pages_give(&machine, pages);
}

static void test_zero(void **state) {
    (void)state;
    machine_begin();
    for (size_t pages = 1; pages < 40; pages++) {
        for (uint32_t round = 0; round < 3; round++) {
            struct machine_pages first = take(pages), second = take(pages);
            assert_true(first.offset + first.size <= second.offset || second.offset + second.size <= first.offset);
            for (size_t at = 0; at < first.size; at++) {
                assert_int_equal(first.address[at] | second.address[at], 0);
            }
            memset(first.address, 0xA5, first.size);
            memset(second.address, 0x5A, second.size);
            give(&first);
            give(&second);
        }
    }
    linux_machine_destroy(&machine);
}

/* Every size there is, one after the other: an app could do that, again and again. */
static void test_all_sizes(void **state) {
    (void)state;
    machine_begin();
    for (size_t pages = 1; pages < 20000; pages += 1 + pages / 64) {
        struct machine_pages run = take(pages);
        run.address[0] = run.address[run.size - 1] = 1;
        give(&run);
    }
    assert_true(machine.pool_next <= 65536ull * PAGE);
    linux_machine_destroy(&machine);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_zero), cmocka_unit_test(test_all_sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
