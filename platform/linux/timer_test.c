/* The time limit: it ends what runs in any store, wakes who waits, and does nothing else. */
#include "platform/linux/timer.h"

#include "platform/linux/host.h"
#include "tests/support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include <cmocka.h>

/* (module (func (export "f") (loop (br 0)))) */
static const uint8_t loop_bytes[] = {0, 'a', 's', 'm', 1,   0, 0, 0,    1, 4, 1, 0x60, 0,    0,    3,    2, 1,    0,
                                     7, 5,   1,   1,   'f', 0, 0, 0x0A, 9, 1, 7, 0,    0x03, 0x40, 0x0C, 0, 0x0B, 0x0B};

#define STORE_COUNT 20 /* more than the timer has room for at first */

struct fixture {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct wasm_store *stores[STORE_COUNT];
    struct wasm_function *loops[STORE_COUNT];
    struct machine machine;
    atomic_uint wakes;
};

static void fixture_wake(void *context) {
    struct fixture *fixture = context;
    atomic_fetch_add(&fixture->wakes, 1);
}

static void fixture_open(struct fixture *fixture) {
    assert_int_equal(host_create(&fixture->host), ERROR_NONE);
    budget_init_root(&fixture->budget, support_memory(), BUDGET_UNLIMITED);
    assert_int_equal(wasm_engine_create(&fixture->host, &fixture->budget, &fixture->engine), ERROR_NONE);
    assert_int_equal(wasm_module_create(fixture->engine, &fixture->budget, (struct bytes){loop_bytes, sizeof loop_bytes}, NULL, &fixture->module),
                     ERROR_NONE);
    for (size_t index = 0; index < STORE_COUNT; index++) {
        struct wasm_instance *instance;
        struct wasm_extern found;
        assert_int_equal(wasm_store_create(fixture->engine, &fixture->budget, NULL, &fixture->stores[index]), ERROR_NONE);
        assert_int_equal(wasm_instance_create(fixture->stores[index], fixture->module, NULL, NULL, NULL, &instance), ERROR_NONE);
        assert_true(wasm_instance_find_export(instance, bytes_from_text("f"), &found));
        fixture->loops[index] = found.function;
    }
    fixture->machine = (struct machine){.context = fixture, .wake = fixture_wake};
    atomic_init(&fixture->wakes, 0);
}

static void fixture_close(struct fixture *fixture) {
    for (size_t index = 0; index < STORE_COUNT; index++) {
        wasm_store_destroy(fixture->stores[index]);
    }
    wasm_module_destroy(fixture->module);
    wasm_engine_destroy(fixture->engine);
    budget_end(&fixture->budget);
}

static void stores_tell(struct timer *timer, const struct fixture *fixture, bool begin) {
    for (size_t index = 0; index < STORE_COUNT; index++) {
        if (begin) {
            assert_int_equal(timer->watch.begins(timer->watch.context, fixture->stores[index]), ERROR_NONE);
        } else {
            timer->watch.ends(timer->watch.context, fixture->stores[index]);
        }
    }
}

static void test_ends_what_runs(void **state) {
    (void)state;
    struct fixture fixture;
    struct timer timer;
    fixture_open(&fixture);
    assert_int_equal(timer_start(&timer, 30000000, &fixture.machine, &fixture.budget), ERROR_NONE);
    stores_tell(&timer, &fixture, true);
    for (size_t index = 0; index < STORE_COUNT; index++) {
        assert_int_equal(wasm_call(fixture.loops[index], NULL, NULL), ERROR_TRAP);
        assert_int_equal(wasm_store_trap(fixture.stores[index])->kind, WASM_TRAP_STOPPED);
    }
    assert_true(timer_has_fired(&timer));
    stores_tell(&timer, &fixture, false);
    assert_true(timer_end(&timer));
    fixture_close(&fixture);
}

static void test_wakes_who_waits(void **state) {
    (void)state;
    struct fixture fixture;
    struct timer timer;
    fixture_open(&fixture);
    assert_int_equal(timer_start(&timer, 0, &fixture.machine, &fixture.budget), ERROR_NONE);
    while (atomic_load(&fixture.wakes) < 3) {
        usleep(1000);
    }
    assert_true(timer_end(&timer));
    fixture_close(&fixture);
}

static void test_is_ended_before(void **state) {
    (void)state;
    struct fixture fixture;
    struct timer timer;
    fixture_open(&fixture);
    /* Six hundred years: it must not come round to the past. */
    static const uint64_t times[] = {3600000000000, UINT64_MAX - 1};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        assert_int_equal(timer_start(&timer, times[i], &fixture.machine, &fixture.budget), ERROR_NONE);
        usleep(1000);
        assert_false(timer_end(&timer));
    }
    assert_int_equal(atomic_load(&fixture.wakes), 0);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_what_runs),
        cmocka_unit_test(test_wakes_who_waits),
        cmocka_unit_test(test_is_ended_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
