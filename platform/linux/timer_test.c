/* The time limit: it ends what runs, what waits, and nothing else. */
#include "platform/linux/timer.h"

#include "platform/linux/host.h"
#include "tests/support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

/* (module (func (export "f") (loop (br 0)))) */
static const uint8_t loop_bytes[] = {0, 'a', 's', 'm', 1,   0, 0, 0,    1, 4, 1, 0x60, 0,    0,    3,    2, 1,    0,
                                     7, 5,   1,   1,   'f', 0, 0, 0x0A, 9, 1, 7, 0,    0x03, 0x40, 0x0C, 0, 0x0B, 0x0B};

struct fixture {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct wasm_store *store;
    struct wasm_function *loop;
    struct streams streams;
    struct wasi_outside outside;
    int pipe_ends[2];
};

static void fixture_open(struct fixture *fixture) {
    struct wasm_instance *instance;
    struct wasm_extern found;
    assert_int_equal(host_create(&fixture->host), ERROR_NONE);
    budget_init_root(&fixture->budget, support_memory(), BUDGET_UNLIMITED);
    assert_int_equal(wasm_engine_create(&fixture->host, &fixture->budget, &fixture->engine), ERROR_NONE);
    assert_int_equal(wasm_module_create(fixture->engine, &fixture->budget, (struct bytes){loop_bytes, sizeof loop_bytes}, NULL, &fixture->module),
                     ERROR_NONE);
    assert_int_equal(wasm_store_create(fixture->engine, &fixture->budget, NULL, &fixture->store), ERROR_NONE);
    assert_int_equal(wasm_instance_create(fixture->store, fixture->module, NULL, NULL, NULL, &instance), ERROR_NONE);
    assert_true(wasm_instance_find_export(instance, bytes_from_text("f"), &found));
    fixture->loop = found.function;
    assert_int_equal(pipe(fixture->pipe_ends), 0);
    const int descriptors[STREAM_COUNT] = {fixture->pipe_ends[0], fixture->pipe_ends[1], fixture->pipe_ends[1]};
    streams_init(&fixture->streams, descriptors, &fixture->outside);
}

static void fixture_close(struct fixture *fixture) {
    wasm_store_destroy(fixture->store);
    wasm_module_destroy(fixture->module);
    wasm_engine_destroy(fixture->engine);
    budget_end(&fixture->budget);
    close(fixture->pipe_ends[0]);
    close(fixture->pipe_ends[1]);
}

static void test_ends_what_runs(void **state) {
    (void)state;
    struct fixture fixture;
    struct timer timer;
    fixture_open(&fixture);
    assert_int_equal(timer_start(&timer, 30000000, fixture.store, &fixture.streams), ERROR_NONE);
    assert_int_equal(wasm_call(fixture.loop, NULL, NULL), ERROR_TRAP);
    assert_int_equal(wasm_store_trap(fixture.store)->kind, WASM_TRAP_STOPPED);
    assert_true(timer_end(&timer));
    fixture_close(&fixture);
}

static void test_ends_what_waits(void **state) {
    (void)state;
    struct fixture fixture;
    struct timer timer;
    uint8_t byte;
    size_t done;
    fixture_open(&fixture);
    assert_int_equal(timer_start(&timer, 0, fixture.store, &fixture.streams), ERROR_NONE);
    assert_int_equal(fixture.outside.stream_read(&fixture.streams, 0, &byte, 1, &done), WASI_INTR);
    assert_int_equal(fixture.outside.poll(&fixture.streams, NULL, 0, UINT64_MAX), WASI_INTR);
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
        assert_int_equal(timer_start(&timer, times[i], fixture.store, &fixture.streams), ERROR_NONE);
        usleep(1000);
        assert_false(timer_end(&timer));
    }
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends_what_runs),
        cmocka_unit_test(test_ends_what_waits),
        cmocka_unit_test(test_is_ended_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
