/* Threads that compile: they do all there is to do, or end soon when they are told to, and leave signals to others. */
#include "platform/linux/workers.h"

#include "platform/linux/host.h"
#include "tests/support/support.h"
#include "tests/support/wat.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define FUNCTION_COUNT 300
#define LARGE_COUNT    60000 /* of stores in the large function: compiling it takes some hundred milliseconds */
#define TEXT_BYTES     (FUNCTION_COUNT * 100 + LARGE_COUNT * 50 + 1000)

struct world {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct bytes bytes;
};

static void world_begin(struct world *world, uint32_t function_count, uint32_t store_count) {
    char *text = malloc(TEXT_BYTES);
    assert_non_null(text);
    size_t at = (size_t)snprintf(text, TEXT_BYTES, "(module (memory 1) (func (param i32) (local i32)");
    for (uint32_t i = 0; i < store_count; i++) {
        at += (size_t)snprintf(text + at, TEXT_BYTES - at, "(i32.store (i32.const %u) (local.get 0))\n", i * 4 % 60000);
    }
    at += (size_t)snprintf(text + at, TEXT_BYTES - at, ")");
    for (uint32_t i = 1; i < function_count; i++) {
        at += (size_t)snprintf(text + at, TEXT_BYTES - at, "(func (param i32) (result i32) (i32.mul (local.get 0) (i32.const %u)))\n", i);
    }
    at += (size_t)snprintf(text + at, TEXT_BYTES - at, ")");
    assert_true(at < TEXT_BYTES);
    *world = (struct world){.bytes = support_wat(text)};
    free(text);
    assert_int_equal(host_create(&world->host), ERROR_NONE);
    budget_init_root(&world->budget, support_memory(), BUDGET_UNLIMITED);
    assert_int_equal(wasm_engine_create(&world->host, &world->budget, &world->engine), ERROR_NONE);
    assert_int_equal(wasm_module_create(world->engine, &world->budget, world->bytes, NULL, &world->module), ERROR_NONE);
}

static void world_end(struct world *world) {
    wasm_module_destroy(world->module);
    wasm_engine_destroy(world->engine);
    budget_end(&world->budget);
    support_wat_release(world->bytes);
    assert_int_equal(support_live_bytes(), 0);
}

static uint32_t compiled_count(const struct world *world) {
    struct wasm_code_summary summary;
    wasm_module_code_summary(world->module, &summary);
    return summary.function_count;
}

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void test_all(void **state) {
    (void)state;
    assert_true(workers_core_count() >= 1 && (long)workers_core_count() <= sysconf(_SC_NPROCESSORS_ONLN));
    const struct workers_options options[] = {
        {.count = 1, .scratch_bytes = 1 << 20},
        {.count = 3, .scratch_bytes = 1 << 20},
        {.count = 2, .scratch_bytes = 1 << 20, .is_idle = true, .delay_ns = 1000000},
        {.count = WORKERS_MAX + 1, .scratch_bytes = 1 << 20},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct world world;
        struct workers workers;
        world_begin(&world, FUNCTION_COUNT, 1);
        workers_start(&workers, world.module, &world.budget, &options[i]);
        assert_int_equal(workers.count, options[i].count < WORKERS_MAX ? options[i].count : WORKERS_MAX);
        workers_end(&workers);
        assert_int_equal(compiled_count(&world), FUNCTION_COUNT);
        world_end(&world);
    }
}

/* Where the budget has no room for a worker there is none, and nothing goes wrong. */
static void test_no_room(void **state) {
    (void)state;
    struct world world;
    struct workers workers;
    const struct workers_options options = {.count = 3, .scratch_bytes = 1 << 20};
    struct budget budget;
    world_begin(&world, FUNCTION_COUNT, 1);
    budget_init(&budget, &world.budget, 5 << 19);
    workers_start(&workers, world.module, &budget, &options);
    assert_int_equal(workers.count, 2);
    workers_end(&workers);
    world_end(&world);
    budget_end(&budget);
}

/* Nothing is compiled before the delay, and who is told to stop does not wait for its end. */
static void test_delay(void **state) {
    (void)state;
    struct world world;
    struct workers workers;
    const struct workers_options options = {.count = 2, .scratch_bytes = 1 << 20, .delay_ns = 3600ull * 1000000000};
    world_begin(&world, FUNCTION_COUNT, 1);
    workers_start(&workers, world.module, &world.budget, &options);
    usleep(10000);
    workers_stop(&workers);
    workers_end(&workers);
    assert_int_equal(compiled_count(&world), 0);
    world_end(&world);
}

/* A function that takes long is given up when the worker is stopped. */
static void test_stop(void **state) {
    (void)state;
    struct world world;
    struct workers workers;
    struct workers_options options = {.count = 1, .scratch_bytes = 1ull << 30};
    world_begin(&world, 1, LARGE_COUNT);
    workers_start(&workers, world.module, &world.budget, &options);
    const uint64_t start_ms = now_ms();
    workers_end(&workers);
    const uint64_t whole_ms = now_ms() - start_ms;
    assert_int_equal(compiled_count(&world), 1);
    world_end(&world);
    world_begin(&world, 1, LARGE_COUNT);
    workers_start(&workers, world.module, &world.budget, &options);
    usleep((useconds_t)(whole_ms * 1000 / 8));
    workers_stop(&workers);
    workers_end(&workers);
    assert_int_equal(compiled_count(&world), 0);
    world_end(&world);
}

static volatile sig_atomic_t signal_count;

static void signal_count_up(int number) {
    (void)number;
    signal_count++;
}

/* A signal to the process waits for the thread of the program, when that one does not want it now. */
static void test_signals(void **state) {
    (void)state;
    struct world world;
    struct workers workers;
    const struct workers_options options = {.count = 4, .scratch_bytes = 1 << 20, .delay_ns = 3600ull * 1000000000};
    struct sigaction action = {.sa_handler = signal_count_up}, before;
    sigset_t alarm, mask;
    world_begin(&world, 1, 1);
    workers_start(&workers, world.module, &world.budget, &options);
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &alarm, &mask), 0);
    kill(getpid(), SIGALRM);
    usleep(20000);
    assert_int_equal(signal_count, 0);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, &mask, NULL), 0);
    assert_int_equal(signal_count, 1);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    workers_stop(&workers);
    workers_end(&workers);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),  cmocka_unit_test(test_no_room), cmocka_unit_test(test_delay),
        cmocka_unit_test(test_stop), cmocka_unit_test(test_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
