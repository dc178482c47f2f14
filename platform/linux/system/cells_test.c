/* Cells: what was written to one is never seen by the next who has it, and what was made of one is undone. */
#include "platform/linux/system/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PAGE ((size_t)4096)

static struct linux_machine machine;
static const struct wasm_host *host;

/* Within a test: cmocka has its own handlers of faults before that. */
static void machine_begin(void) {
    struct report report;
    report_init(&report);
    assert_int_equal(linux_machine_create(&machine, &report), ERROR_NONE);
    host = &machine.host;
}

static uint8_t *reserve(size_t pages) {
    void *address;
    assert_int_equal(host->reserve(host->context, pages * PAGE, &address), ERROR_NONE);
    return address;
}

static void commit(uint8_t *address, size_t pages) {
    assert_int_equal(host->commit(host->context, address, pages * PAGE), ERROR_NONE);
}

static void expect_zero(const uint8_t *address, size_t pages) {
    for (size_t at = 0; at < pages * PAGE; at++) {
        assert_int_equal(address[at], 0);
    }
}

static void touch(void *argument) {
    (void)*(volatile uint8_t *)argument;
}

static void write_to(void *argument) {
    *(volatile uint8_t *)argument = 1;
}

static bool faults(void (*run)(void *argument), uint8_t *address) {
    struct wasm_fault fault;
    return !host->guard(host->context, run, address, &fault);
}

/* All sizes, committed at once or in parts, with and without a hole. */
static void zero_run(void) {
    for (uint32_t round = 0; round < 200; round++) {
        size_t pages = 1 + round % 70, part = 1 + round / 3 % pages, rest = pages - part;
        uint8_t *first = reserve(pages), *second = reserve(pages);
        assert_true(first + pages * PAGE <= second || second + pages * PAGE <= first);
        commit(first, part);
        commit(first + part * PAGE, rest);
        commit(second + rest * PAGE, part);
        expect_zero(first, pages);
        expect_zero(second + rest * PAGE, part);
        memset(first, 0xA5, pages * PAGE);
        memset(second + rest * PAGE, 0x5A, part * PAGE);
        host->unreserve(host->context, first, pages * PAGE);
        host->unreserve(host->context, second, pages * PAGE);
    }
}

static void test_zero(void **state) {
    (void)state;
    machine_begin();
    zero_run();
    linux_machine_destroy(&machine);
}

/* Beyond what is kept nothing can be read before it is committed. */
static void test_reserved(void **state) {
    (void)state;
    machine_begin();
    for (uint32_t round = 0; round < 3; round++) {
        const size_t pages = CELL_KEPT_BYTES / PAGE + 1;
        uint8_t *address = reserve(pages);
        for (size_t page = 0; page < pages; page++) {
            assert_true(faults(touch, address + page * PAGE));
        }
        commit(address, pages);
        memset(address, 1, pages * PAGE);
        host->unreserve(host->context, address, pages * PAGE);
    }
    linux_machine_destroy(&machine);
}

/* What was sealed, given up or mapped is memory like any other again. */
static void test_changed(void **state) {
    (void)state;
    machine_begin();
    for (uint32_t round = 0; round < 12; round++) {
        uint8_t *address = reserve(2);
        commit(address, 2);
        expect_zero(address, 2);
        memset(address, 0xC3, 2 * PAGE);
        if (round % 4 == 0) {
            assert_int_equal(host->seal_code(host->context, address, 2 * PAGE), ERROR_NONE);
            assert_true(faults(write_to, address));
        } else if (round % 4 == 1) {
            host->decommit(host->context, address + PAGE, PAGE);
            assert_true(faults(touch, address + PAGE));
        } else if (round % 4 == 2) {
            assert_int_equal(host->map_copy(host->context, address, PAGE, (uint64_t)machine.pool, 0), ERROR_NONE);
            address[0] = 1;
        }
        host->unreserve(host->context, address, 2 * PAGE);
    }
    linux_machine_destroy(&machine);
}

/* When there are no more, a reservation is one of its own. */
static void test_many(void **state) {
    (void)state;
    machine_begin();
    static uint8_t *addresses[CELL_COUNT + 100];
    uint32_t cells = 0;
    for (uint32_t index = 0; index < CELL_COUNT + 100; index++) {
        addresses[index] = reserve(1);
        commit(addresses[index], 1);
        expect_zero(addresses[index], 1);
        memset(addresses[index], 7, PAGE);
        cells += cells_have(&machine.cells, addresses[index]);
    }
    assert_int_equal(cells, CELL_COUNT);
    for (uint32_t index = 0; index < CELL_COUNT + 100; index++) {
        assert_int_equal(addresses[index][PAGE - 1], 7);
        host->unreserve(host->context, addresses[index], PAGE);
    }
    assert_true(machine.cells.kept_bytes <= 4u << 20);
    zero_run();
    linux_machine_destroy(&machine);
}

/* A slot that was given back empty has nothing in it for the next one, and neither has one that was given back as it was. */
static void test_slots(void **state) {
    (void)state;
    machine_begin();
    const size_t slot_pages = ((size_t)8 << 30) / PAGE;
    for (uint32_t round = 0; round < 4; round++) {
        uint8_t *slot = reserve(slot_pages);
        assert_true(faults(touch, slot));
        commit(slot, 16);
        expect_zero(slot, 16);
        memset(slot, 1, 16 * PAGE);
        if (round % 2 == 0) {
            host->decommit(host->context, slot, 16 * PAGE);
            host->unreserve_empty(host->context, slot, slot_pages * PAGE);
        } else {
            host->unreserve(host->context, slot, slot_pages * PAGE);
        }
        assert_int_equal(machine.slot_count, 1);
    }
    linux_machine_destroy(&machine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zero), cmocka_unit_test(test_reserved), cmocka_unit_test(test_changed),
        cmocka_unit_test(test_many), cmocka_unit_test(test_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
