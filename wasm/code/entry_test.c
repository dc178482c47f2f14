/* Entering: values, boundaries that nest in one store and in several, and stopping; with both executors. */
#include "wasm/code/pair_test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static bool compile;

static struct wasm_store_options options(void) {
    return (struct wasm_store_options){.compile = compile, .stack_bytes = 256u << 10};
}

static const char values_program[] =
    "(module (memory 1) (data (i32.const 7) \"\\99\")"
    " (func (export \"none\"))"
    " (func (export \"load\") (param i32) (result i32) (i32.load8_u (local.get 0)))"
    " (func (export \"sum\") (param i64 i32 i64) (result i64)"
    "  (i64.add (i64.sub (local.get 0) (i64.extend_i32_u (local.get 1))) (local.get 2)))"
    " (func (export \"negative\") (result i32) (i32.const -1))"
    " (func (export \"same\") (param externref) (result externref) (local.get 0))"
    " (func (export \"trap\") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))"
    " (func $ever (export \"ever\") (result i32) (i32.add (i32.const 1) (call $ever)))"
    " (func (export \"four\") (param i32 i32 i32 i32)) (func (export \"two\") (result i32 i32) (i32.const 1) (i32.const 2))"
    " (func (export \"float\") (param f32)) (func (export \"vector\") (result v128) (v128.const i64x2 0 0)))";

static void test_values(void **state) {
    (void)state;
    static const char *const unsupported[] = {"four", "two", "float", "vector"};
    struct world world;
    struct app app;
    world_begin(&world);
    struct wasm_store_options how = options();
    app_begin(&app, &world, &how, NULL, values_program);
    struct wasm_entry load = app_entry(&app, "load"), sum = app_entry(&app, "sum"), trap = app_entry(&app, "trap");
    struct wasm_entry none = app_entry(&app, "none"), negative = app_entry(&app, "negative"), same = app_entry(&app, "same");
    for (int round = 0; round < 3; round++) {
        assert_int_equal(wasm_enter(&none, world.thread, 1, 2, 3).error, ERROR_NONE);
        /* The upper half of an i32 does not reach the program: it would be an address. */
        struct wasm_outcome outcome = wasm_enter(&load, world.thread, 0xFFFFFFFF00000007, UINT64_MAX, UINT64_MAX);
        assert_int_equal(outcome.error, ERROR_NONE);
        assert_int_equal(outcome.value, 0x99);
        outcome = wasm_enter(&sum, world.thread, 1ull << 40, 0xFFFFFFFF00000003, 4ull << 60);
        assert_true(outcome.error == ERROR_NONE && outcome.value == (1ull << 40) - 3 + (4ull << 60));
        assert_int_equal(wasm_enter(&negative, world.thread, 0, 0, 0).value, UINT32_MAX);
        assert_int_equal(wasm_enter(&same, world.thread, (uintptr_t)&world, 0, 0).value, (uintptr_t)&world);
        assert_int_equal(wasm_enter(&trap, world.thread, 0, 0, 0).error, ERROR_TRAP);
        assert_int_equal(wasm_store_trap(app.store)->kind, WASM_TRAP_DIVIDE_BY_ZERO);
        assert_int_equal(wasm_enter(&load, world.thread, 0x10000, 0, 0).error, ERROR_TRAP);
        assert_int_equal(wasm_store_trap(app.store)->kind, WASM_TRAP_MEMORY_BOUNDS);
        assert_int_equal(wasm_store_trap(app.store)->address, 0x10000);
        struct wasm_entry ever = app_entry(&app, "ever");
        assert_int_equal(wasm_enter(&ever, world.thread, 0, 0, 0).error, ERROR_TRAP);
        assert_int_equal(wasm_store_trap(app.store)->kind, WASM_TRAP_STACK_EXHAUSTED);
    }
    for (size_t index = 0; index < sizeof unsupported / sizeof *unsupported; index++) {
        struct wasm_entry entry;
        assert_int_equal(wasm_entry_prepare(app_function(&app, unsupported[index]), &entry), ERROR_UNSUPPORTED);
    }
    app_end(&app);
    world_end(&world);
}

/* ---- Nesting: every mixture of executors ---- */

static void expect_frames(const struct pair *pair, uint32_t number, uint32_t count) {
    const struct wasm_trap *trap = pair_trap(pair, number);
    assert_int_equal(trap->frame_count, count);
    for (uint32_t frame = 0; frame < count; frame++) {
        const struct app *app = &pair->apps[number];
        uint8_t opcode = app->bytes.data[trap->frames[frame].offset];
        assert_ptr_equal(trap->frames[frame].module, app->module);
        assert_true(frame == 0 || opcode == 0x10 || opcode == 0x11);
    }
}

/* The innermost call traps: its trap has the frames of all entries into its store, and the others go on. */
static void expect_inner_trap(struct pair *pair, uint32_t depth) {
    uint32_t inner = depth % 2;
    struct wasm_outcome outcome = pair_enter(pair, depth, STEP_TRAP);
    assert_int_equal(outcome.error, depth == 0 ? ERROR_TRAP : ERROR_NONE);
    assert_true(depth == 0 || outcome.value == depth);
    assert_int_equal(pair_trap(pair, inner)->kind, WASM_TRAP_UNREACHABLE);
    expect_frames(pair, inner, depth / 2 + 1);
}

/* ... or each fails on account of the next. */
static void expect_all_trap(struct pair *pair, uint32_t depth) {
    pair->sides[0].passes_on = pair->sides[1].passes_on = true;
    assert_int_equal(pair_enter(pair, depth, STEP_TRAP).error, ERROR_TRAP);
    pair->sides[0].passes_on = pair->sides[1].passes_on = false;
    assert_int_equal(pair_trap(pair, 0)->kind, WASM_TRAP_HOST);
    assert_int_equal(pair_trap(pair, 0)->host_error, ERROR_HOST);
    expect_frames(pair, 0, 1);
}

static void test_nesting(void **state) {
    (void)state;
    for (int how = 0; how < 4; how++) {
        struct pair pair;
        pair_begin(&pair, (how & 1) != 0, (how & 2) != 0);
        for (uint32_t depth = 0; depth < 20; depth++) {
            struct wasm_outcome outcome = pair_enter(&pair, depth, STEP_RETURN);
            assert_int_equal(outcome.error, ERROR_NONE);
            assert_int_equal(outcome.value, depth + 1);
            expect_inner_trap(&pair, depth);
            if (depth > 0) {
                expect_all_trap(&pair, depth);
            }
            assert_null(pair.world.thread->running);
        }
        pair_end(&pair);
    }
}

/* In one store, functions beyond the compiler's limits are interpreted: here one whose tail call has results on the stack. Frames come in the
   order of the calls, and what ends the innermost ends all. */
static const char mixed_program[] = "(module (type $five (func (result i32 i32 i32 i32 i32))) (import \"h\" \"end\" (func $end (param i32)))"
                                    " (func $inner (param i32) (if (i32.eqz (local.get 0)) (then unreachable)) (call $end (local.get 0)))"
                                    " (func $values (type $five) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5))"
                                    " (func $middle (param i32) (result i32 i32 i32 i32 i32) (call $inner (local.get 0)) (return_call $values))"
                                    " (func $outer (param i32) (result i32) (call $middle (local.get 0)) i32.add i32.add i32.add i32.add)"
                                    " (func (export \"run\") (param i32) (result i32) (i32.mul (i32.const 2) (call $outer (local.get 0)))))";

static void end_run(void *context, struct wasm_instance *caller, uint32_t error) {
    const struct app *app = context;
    (void)caller;
    if (error != UINT32_MAX) {
        wasm_store_fail(app->store, (enum error)error);
    }
}

static void test_mixed_in_one_store(void **state) {
    (void)state;
    static const uint32_t functions[] = {1, 3, 4, 5};
    struct world world;
    struct app app;
    const struct import imports[] = {{.name = "end", .native = (wasm_native_function *)end_run, .context = &app}, {0}};
    struct wasm_store_options how = options();
    world_begin(&world);
    app_begin(&app, &world, &how, imports, mixed_program);
    struct wasm_entry run = app_entry(&app, "run");
    const struct wasm_trap *trap = wasm_store_trap(app.store);
    for (int round = 0; round < 3; round++) {
        struct wasm_outcome outcome = wasm_enter(&run, world.thread, UINT32_MAX, 0, 0);
        assert_true(outcome.error == ERROR_NONE && outcome.value == 30);
        for (uint32_t error = 0; error <= ERROR_HOST; error += ERROR_HOST) {
            assert_int_equal(wasm_enter(&run, world.thread, error, 0, 0).error, ERROR_TRAP);
            assert_int_equal(trap->kind, error == 0 ? WASM_TRAP_UNREACHABLE : WASM_TRAP_HOST);
            assert_int_equal(trap->frame_count, 4);
            for (uint32_t frame = 0; frame < 4; frame++) {
                assert_int_equal(trap->frames[frame].function_index, functions[frame]);
            }
        }
        assert_int_equal(wasm_enter(&run, world.thread, ERROR_EXIT, 0, 0).error, ERROR_EXIT);
    }
    app_end(&app);
    world_end(&world);
}

/* As many entries into one store as there may be: the next one is refused, and those below it go on. */
static void test_depth(void **state) {
    (void)state;
    struct pair pair;
    pair_begin(&pair, compile, compile);
    assert_int_equal(pair_enter(&pair, 199, STEP_RETURN).value, 200);
    struct wasm_outcome outcome = pair_enter(&pair, 205, STEP_RETURN);
    assert_int_equal(outcome.error, ERROR_NONE);
    assert_int_equal(outcome.value, 200);
    assert_int_equal(pair_trap(&pair, 0)->kind, WASM_TRAP_STACK_EXHAUSTED);
    assert_int_equal(pair_enter(&pair, 199, STEP_RETURN).value, 200);
    pair_end(&pair);
}

/* ---- Stopping ---- */

struct stopper {
    struct wasm_store *store, *then; /* then may be NULL */
    uint64_t delay;
    pthread_t thread;
};

static void spin(uint64_t delay) {
    for (volatile uint64_t count = 0; count < delay; count++) {
    }
}

static void *stopper_run(void *argument) {
    struct stopper *stopper = argument;
    if (stopper->then != NULL) {
        wasm_store_stop(stopper->store);
        spin(stopper->delay);
        wasm_store_stop(stopper->then);
    } else {
        spin(stopper->delay);
        wasm_store_stop(stopper->store);
    }
    return NULL;
}

static void stopper_begin(struct stopper *stopper, struct wasm_store *store, struct wasm_store *then, uint64_t delay) {
    *stopper = (struct stopper){.store = store, .then = then, .delay = delay};
    assert_int_equal(pthread_create(&stopper->thread, NULL, stopper_run, stopper), 0);
}

static void stopper_end(struct stopper *stopper) {
    pthread_join(stopper->thread, NULL);
    wasm_store_resume(stopper->store);
    if (stopper->then != NULL) {
        wasm_store_resume(stopper->then);
    }
}

/* Whatever a stop meets, it ends the store that it is for. Both stores call each other some times, and the last call never ends. */
static void expect_stop(struct pair *pair, uint32_t depth, uint64_t delay) {
    struct stopper stopper;
    uint32_t inner = depth % 2;
    stopper_begin(&stopper, pair->apps[inner].store, NULL, delay);
    struct wasm_outcome outcome = pair_enter(pair, depth, STEP_FOR_EVER);
    stopper_end(&stopper);
    assert_int_equal(pair_trap(pair, inner)->kind, WASM_TRAP_STOPPED);
    /* All entries of that store are ended; the first store is never the other one's victim. */
    assert_int_equal(outcome.error, inner == 0 ? ERROR_TRAP : ERROR_NONE);
    assert_true(inner == 0 || outcome.value == 1);
}

static void test_stop_nested(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (int how = 0; how < 4; how++) {
        struct pair pair;
        pair_begin(&pair, (how & 1) != 0, (how & 2) != 0);
        for (uint32_t round = 0; round < 60; round++) {
            expect_stop(&pair, round % 6, support_random(&random) % 20000);
            assert_int_equal(pair_enter(&pair, 7, STEP_RETURN).value, 8);
        }
        pair_end(&pair);
    }
}

/* A store that has called another one is stopped when that one has come back. */
static void test_stop_outer(void **state) {
    (void)state;
    struct pair pair;
    pair_begin(&pair, compile, compile);
    for (uint32_t round = 0; round < 20; round++) {
        struct stopper stopper;
        stopper_begin(&stopper, pair.apps[0].store, pair.apps[1].store, 10000 * round);
        assert_int_equal(pair_enter(&pair, 1, STEP_FOR_EVER).error, ERROR_TRAP);
        stopper_end(&stopper);
        assert_int_equal(pair_trap(&pair, 0)->kind, WASM_TRAP_STOPPED);
    }
    pair_end(&pair);
}

/* A store goes from thread to thread, and to threads that stand where others stood. */
static void *enter_for_ever(void *argument) {
    struct pair *pair = argument;
    struct wasm_thread *before = pair->world.thread;
    pair->world.thread = pair->world.host.thread(pair->world.host.context);
    struct wasm_outcome outcome = pair_enter(pair, 2, STEP_FOR_EVER);
    pair->world.thread = before;
    return outcome.error == ERROR_TRAP ? pair : NULL;
}

static void test_stop_on_threads(void **state) {
    (void)state;
    struct pair pair;
    pair_begin(&pair, compile, compile);
    uint64_t random = support_seed();
    for (uint32_t round = 0; round < 40; round++) {
        pthread_t thread;
        void *result;
        assert_int_equal(pthread_create(&thread, NULL, enter_for_ever, &pair), 0);
        spin(support_random(&random) % 100000);
        wasm_store_stop(pair.apps[0].store);
        pthread_join(thread, &result);
        assert_ptr_equal(result, &pair);
        wasm_store_stop(pair.apps[0].store); /* nobody is there to be interrupted */
        wasm_store_resume(pair.apps[0].store);
        expect_stop(&pair, 2, 1000);
    }
    pair_end(&pair);
}

/* ---- In a process of its own ---- */

static int child_status(void (*run)(struct pair *pair), struct pair *pair) {
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        close(STDERR_FILENO);
        signal(SIGSEGV, SIG_DFL);
        assert_int_equal(host_create(&pair->world.host), ERROR_NONE);
        run(pair);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void stop_in_child(struct pair *pair) {
    for (uint32_t round = 0; round < 10; round++) {
        expect_stop(pair, 2, 100000);
    }
}

/* The thread of a forked process has another number. */
static void test_stop_forked(void **state) {
    (void)state;
    struct pair pair;
    pair_begin(&pair, compile, compile);
    expect_stop(&pair, 2, 1000);
    assert_int_equal(child_status(stop_in_child, &pair), 0);
    pair_end(&pair);
}

static void crash_in_host(struct pair *pair) {
    pair_enter(pair, 3, STEP_CRASH);
}

/* A fault of C is nobody's trap, even when an outer store is interpreted and so has a boundary for faults. */
static void test_host_crash(void **state) {
    (void)state;
    struct pair pair;
    for (int how = 0; how < 2; how++) {
        pair_begin(&pair, how == 1, true);
        int status = child_status(crash_in_host, &pair);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSEGV);
        pair_end(&pair);
    }
}

int main(void) {
    alarm(100); /* A stop that was lost would be waited for for ever. */
    const struct CMUnitTest each[] = {
        cmocka_unit_test(test_mixed_in_one_store), cmocka_unit_test(test_values),          cmocka_unit_test(test_depth),
        cmocka_unit_test(test_stop_outer),         cmocka_unit_test(test_stop_on_threads), cmocka_unit_test(test_stop_forked),
    };
    const struct CMUnitTest mixed[] = {cmocka_unit_test(test_nesting), cmocka_unit_test(test_stop_nested), cmocka_unit_test(test_host_crash)};
    int failures = cmocka_run_group_tests_name("interpreted", each, NULL, NULL);
    compile = true;
    failures += cmocka_run_group_tests_name("compiled", each, NULL, NULL);
    return failures + cmocka_run_group_tests_name("mixed", mixed, NULL, NULL);
}
