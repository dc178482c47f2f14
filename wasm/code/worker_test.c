/* Workers: what they compile is what a call would have compiled, on whatever thread, and the program never notices them but in time. */
#include "platform/linux/host.h"
#include "tests/support/wat.h"
#include "wasm/code/module_code.h"
#include "wasm/image_test.h"

#include <pthread.h>
#include <sched.h>

/* Each function adds its number, and calls the next one and one far away: so the program's calls go through all of them, some early, some late. */
#define FUNCTION_COUNT 400
#define THREAD_COUNT   4
#define SCRATCH_BYTES  (16u << 20)
#define LIMIT_BYTES    (1u << 30)

static char program_text[FUNCTION_COUNT * 512];

static void program_write(void) {
    size_t at = (size_t)snprintf(program_text, sizeof program_text, "(module (memory 1) (func (export \"run\") (param i32) (result i32)");
    at += (size_t)snprintf(program_text + at, sizeof program_text - at, " (call 1 (local.get 0)))");
    for (int i = 1; i < FUNCTION_COUNT; i++) {
        at += (size_t)snprintf(program_text + at, sizeof program_text - at,
                               "(func (param i32) (result i32) (local i32)"
                               " (loop (local.set 1 (i32.add (local.get 1) (i32.or (local.get 0) (i32.const %d))))"
                               "  (i32.store (i32.and (local.get 1) (i32.const 0xFFFC)) (local.get 0))"
                               "  (br_if 0 (i32.lt_u (local.get 1) (i32.const %d))))"
                               " (if (i32.rem_u (local.get 0) (i32.const 3)) (then",
                               2 * i + 1, 4 * i);
        if (i + 1 < FUNCTION_COUNT) {
            at += (size_t)snprintf(program_text + at, sizeof program_text - at, " (local.set 1 (call %d (i32.add (local.get 0) (i32.const %d))))",
                                   i + 1, i);
        }
        if (i * 2 + 5 < FUNCTION_COUNT) {
            at += (size_t)snprintf(program_text + at, sizeof program_text - at,
                                   ") (else (local.set 1 (call %d (i32.sub (local.get 0) (i32.const 1))))", i * 2 + 5);
        }
        at += (size_t)snprintf(program_text + at, sizeof program_text - at, ")) (i32.add (local.get 0) (local.get 1)))");
    }
    at += (size_t)snprintf(program_text + at, sizeof program_text - at, ")");
    assert_true(at < sizeof program_text);
}

/* What the program gives, interpreted: runs 0 to RUN_COUNT - 1. */
#define RUN_COUNT 8
static uint32_t expected[RUN_COUNT];

struct world {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct wasm_store *store;
    struct wasm_function *run;
    struct bytes bytes;
};

static void world_begin(struct world *world, const char *text, bool compile) {
    const struct wasm_store_options options = {.compile = compile};
    struct wasm_instance *instance;
    struct wasm_extern found;
    *world = (struct world){.bytes = support_wat(text)};
    assert_int_equal(host_create(&world->host), ERROR_NONE);
    budget_init_root(&world->budget, support_memory(), LIMIT_BYTES);
    assert_int_equal(wasm_engine_create(&world->host, &world->budget, &world->engine), ERROR_NONE);
    assert_int_equal(wasm_module_create(world->engine, &world->budget, world->bytes, NULL, &world->module), ERROR_NONE);
    assert_int_equal(wasm_store_create(world->engine, &world->budget, &options, &world->store), ERROR_NONE);
    assert_int_equal(wasm_instance_create(world->store, world->module, NULL, NULL, NULL, &instance), ERROR_NONE);
    assert_true(wasm_instance_find_export(instance, bytes_from_text("run"), &found));
    world->run = found.function;
}

static void world_end(struct world *world) {
    wasm_store_destroy(world->store);
    wasm_module_destroy(world->module);
    wasm_engine_destroy(world->engine);
    budget_end(&world->budget);
    support_wat_release(world->bytes);
    assert_int_equal(support_live_bytes(), 0);
}

static uint32_t world_run(struct world *world, uint32_t number) {
    const union wasm_value argument = {.i32 = number};
    union wasm_value result = {.i32 = 0};
    assert_int_equal(wasm_call(world->run, &argument, &result), ERROR_NONE);
    return result.i32;
}

static void world_check(struct world *world) {
    for (uint32_t i = 0; i < RUN_COUNT; i++) {
        assert_int_equal(world_run(world, i), expected[i]);
    }
}

static struct wasm_worker *worker_make(struct world *world) {
    struct wasm_worker *worker;
    assert_int_equal(wasm_worker_create(world->module, &world->budget, SCRATCH_BYTES, &worker), ERROR_NONE);
    return worker;
}

static struct wasm_code_summary world_summary(const struct world *world) {
    struct wasm_code_summary summary;
    wasm_module_code_summary(world->module, &summary);
    return summary;
}

/* ---- Threads ---- */

static void *worker_run(void *worker) {
    while (wasm_worker_step(worker) == ERROR_NONE) {
    }
    return NULL;
}

struct crew {
    struct wasm_worker *workers[THREAD_COUNT];
    pthread_t threads[THREAD_COUNT];
    uint32_t count;
};

static void crew_begin(struct crew *crew, struct world *world, uint32_t count) {
    crew->count = count;
    for (uint32_t i = 0; i < count; i++) {
        crew->workers[i] = worker_make(world);
        assert_int_equal(pthread_create(&crew->threads[i], NULL, worker_run, crew->workers[i]), 0);
    }
}

static void crew_end(struct crew *crew) {
    for (uint32_t i = 0; i < crew->count; i++) {
        assert_int_equal(pthread_join(crew->threads[i], NULL), 0);
    }
    for (uint32_t i = 0; i < crew->count; i++) {
        wasm_worker_destroy(crew->workers[i]);
    }
}

static void image_save(const struct world *world, struct image_memory *out) {
    const struct wasm_image_identity identity = image_identity();
    *out = (struct image_memory){0};
    const struct wasm_image_sink sink = image_memory_sink(out);
    assert_int_equal(wasm_image_write(world->module, &identity, &sink), ERROR_NONE);
}

/* Compiles everything with so many threads. */
static void image_of_threads(uint32_t count, struct image_memory *out) {
    struct world world;
    struct crew crew;
    world_begin(&world, program_text, true);
    crew_begin(&crew, &world, count);
    crew_end(&crew);
    assert_int_equal(world_summary(&world).function_count, FUNCTION_COUNT);
    assert_int_equal(world_summary(&world).called_count, 0);
    image_save(&world, out);
    world_check(&world);
    world_end(&world);
}

/* Compares two images and frees them. */
static void images_expect_same(struct image_memory *one, struct image_memory *other) {
    assert_int_equal(one->size, other->size);
    assert_memory_equal(one->data, other->data, one->size);
    free(one->data);
    free(other->data);
}

static void test_same_image(void **state) {
    (void)state;
    struct image_memory one, many;
    image_of_threads(1, &one);
    image_of_threads(THREAD_COUNT, &many);
    images_expect_same(&one, &many);
}

/* Functions that were called come first, whoever compiled them, and then nothing of the image tells that there were workers. */
static void image_of_calls(uint32_t count, struct image_memory *out) {
    struct world world;
    struct crew crew;
    world_begin(&world, program_text, true);
    crew_begin(&crew, &world, count);
    world_run(&world, 2);
    const uint32_t called_count = world_summary(&world).called_count;
    assert_true(called_count > 10 && called_count < FUNCTION_COUNT);
    crew_end(&crew);
    struct wasm_worker *rest = worker_make(&world);
    worker_run(rest);
    wasm_worker_destroy(rest);
    image_save(&world, out);
    world_end(&world);
}

static void test_same_image_of_calls(void **state) {
    (void)state;
    struct image_memory none, many;
    image_of_calls(0, &none);
    image_of_calls(THREAD_COUNT, &many);
    images_expect_same(&none, &many);
}

/* The program runs from its first function to its last while all of them are compiled, again and again, and images are written. */
static void test_calls_meanwhile(void **state) {
    (void)state;
    for (int round = 0; round < 10; round++) {
        struct world world;
        struct crew crew;
        struct image_memory image;
        world_begin(&world, program_text, true);
        crew_begin(&crew, &world, THREAD_COUNT);
        for (int i = 0; i < round; i++) {
            sched_yield();
        }
        world_check(&world);
        image_save(&world, &image);
        free(image.data);
        crew_end(&crew);
        world_check(&world);
        world_end(&world);
    }
}

/* ---- One thread that plays all parts, so that each order of events can be had ---- */

/* A memory source that lets something happen at the n-th allocation. */
struct trigger {
    struct memory_source source;
    struct budget budget;
    long countdown; /* negative: never */
    long taken;
    void (*act)(struct trigger *trigger);
    struct world *world;
    struct wasm_worker *worker;
};

static void *trigger_take(void *context, size_t size) {
    struct trigger *trigger = context;
    trigger->taken++;
    if (trigger->countdown >= 0 && trigger->countdown-- == 0) {
        trigger->act(trigger);
    }
    return support_memory()->take(NULL, size);
}

static void trigger_give(void *context, void *block, size_t size) {
    (void)context;
    support_memory()->give(NULL, block, size);
}

static void trigger_begin(struct trigger *trigger, struct world *world, void (*act)(struct trigger *trigger)) {
    *trigger = (struct trigger){.countdown = -1, .act = act, .world = world};
    trigger->source = (struct memory_source){.context = trigger, .take = trigger_take, .give = trigger_give};
    budget_init_root(&trigger->budget, &trigger->source, LIMIT_BYTES);
    assert_int_equal(wasm_worker_create(world->module, &trigger->budget, SCRATCH_BYTES, &trigger->worker), ERROR_NONE);
}

/* With the world, which may still have what the worker made. */
static void trigger_end(struct trigger *trigger) {
    wasm_worker_destroy(trigger->worker);
    world_end(trigger->world);
    budget_end(&trigger->budget);
}

static const char counting[] = "(module (func (export \"run\") (param i32) (result i32) (local i32)"
                               " (loop (local.set 1 (i32.add (local.get 1) (i32.const 3))) (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))"
                               " (local.get 1)))";

/* The worker's one step, in which something happens at each of its allocations in turn. Says how it ended, and with it the last time. */
static bool step_with(void (*act)(struct trigger *trigger), long countdown, enum error *error) {
    struct world world;
    struct trigger trigger;
    world_begin(&world, counting, true);
    trigger_begin(&trigger, &world, act);
    trigger.countdown = countdown;
    *error = wasm_worker_step(trigger.worker);
    const bool has_happened = trigger.countdown < 0;
    assert_int_equal(world_run(&world, 8), 9);
    assert_int_equal(world_summary(&world).function_count, 1);
    trigger_end(&trigger);
    return has_happened;
}

static void act_stop(struct trigger *trigger) {
    wasm_worker_stop(trigger->worker);
}

static void test_stop(void **state) {
    (void)state;
    enum error error;
    long count = 0, finished = 0;
    while (step_with(act_stop, count, &error)) {
        assert_true(error == ERROR_NOT_FOUND || error == ERROR_NONE);
        finished += error == ERROR_NONE;
        count++;
    }
    /* Only the copy that is kept is outside of what the stop closes. */
    assert_true(count > 20 && finished <= 2);
}

static void act_call(struct trigger *trigger) {
    assert_int_equal(world_run(trigger->world, 8), 9);
}

/* The program compiles the function itself, and the worker's result is one too many. */
static void test_call_while_worker_compiles(void **state) {
    (void)state;
    enum error error;
    long count = 0;
    while (step_with(act_call, count, &error)) {
        assert_int_equal(error, ERROR_NONE);
        count++;
    }
    assert_true(count > 20);
}

static struct code_record *published;

/* Another thread is through with the function. */
static void act_publish(struct trigger *trigger) {
    const struct wasm_module *module = trigger->world->module;
    struct code compiled;
    assert_int_equal(compile_function(module, 0, &module->engine->compile_options, &trigger->world->budget, &compiled), ERROR_NONE);
    published = code_record_make(&trigger->world->budget, 0, &compiled, true);
    assert_non_null(published);
    module_code_publish(module->code, published);
    code_release(&compiled);
}

/* The program's own compilation is given up, and the worker's result is called. */
static void test_worker_is_faster(void **state) {
    (void)state;
    struct world world;
    struct trigger trigger;
    long count = 0;
    for (bool has_happened = true; has_happened; count++) {
        const uint8_t *entry;
        world_begin(&world, counting, true);
        trigger_begin(&trigger, &world, act_publish);
        /* What the call's compilation takes comes from the trigger, too. */
        world.module->code->call_budget.source = &trigger.source;
        trigger.countdown = count;
        trigger.taken = 0;
        published = NULL;
        assert_int_equal(module_code_call(world.module->code, 0, &entry), ERROR_NONE);
        has_happened = trigger.countdown < 0;
        assert_int_equal(has_happened, published != NULL);
        /* Nothing was allocated any more. */
        assert_true(published == NULL || (module_code_record(world.module->code, 0) == published && trigger.taken == count + 1));
        assert_int_equal(world_run(&world, 8), 9);
        trigger_end(&trigger);
    }
    assert_true(count > 20);
}

/* ---- What is next ---- */

/* A step compiles this function, and does not map it. */
static void step_expect(const struct world *world, struct wasm_worker *worker, uint32_t function) {
    assert_null(module_code_record(world->module->code, function));
    assert_int_equal(wasm_worker_step(worker), ERROR_NONE);
    assert_non_null(module_code_record(world->module->code, function));
    assert_null(module_code_find(world->module->code, function));
}

/* What the program's functions call, what the worker's own call, and the rest. */
static void test_order(void **state) {
    (void)state;
    struct world world;
    world_begin(&world,
                "(module (global (mut i32) (i32.const 0)) (func (loop (br 0))) (func (loop (br 0)))"
                " (func (export \"run\") (param i32) (result i32) (if (i32.eqz (local.get 0)) (then (call 4)))"
                "  (if (i32.eq (local.get 0) (i32.const 2)) (then (call 6))) (i32.const 9))"
                " (func (loop (br 0))) (func (loop (call 3) (call 5) (br 0))) (func (loop (br 0))) (func (if (global.get 0) (then (call 0)))))",
                true);
    struct wasm_worker *worker = worker_make(&world);
    assert_int_equal(world_run(&world, 1), 9);
    step_expect(&world, worker, 4);
    assert_int_equal(world_run(&world, 2), 9);
    step_expect(&world, worker, 0);
    step_expect(&world, worker, 3);
    step_expect(&world, worker, 5);
    step_expect(&world, worker, 1);
    assert_int_equal(wasm_worker_step(worker), ERROR_NOT_FOUND);
    wasm_worker_destroy(worker);
    world_end(&world);
}

/* A function that compiled code cannot be made of is tried once, by anybody, and interpreted. */
static void test_refused(void **state) {
    (void)state;
    struct world world;
    world_begin(&world,
                "(module (func (export \"run\") (param i32) (result i32) (return_call 1 (i64.const 0) (i64.const 1) (i64.const 2) (i64.const 3)"
                " (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7))) (func (param i64 i64 i64 i64 i64 i64 i64 i64) (result i32)"
                " (i32.wrap_i64 (local.get 7))))",
                true);
    struct wasm_worker *worker = worker_make(&world);
    worker_run(worker);
    wasm_worker_destroy(worker);
    assert_int_equal(world_summary(&world).refused_count, 1);
    assert_int_equal(world_summary(&world).function_count, 1);
    assert_int_equal(world_run(&world, 0), 7);
    const size_t allocations = support_allocation_count();
    worker = worker_make(&world);
    assert_int_equal(wasm_worker_step(worker), ERROR_NOT_FOUND);
    wasm_worker_destroy(worker);
    assert_int_equal(support_allocation_count(), allocations + 1);
    world_end(&world);
}

/* ---- Memory ---- */

/* Each allocation of a worker in turn is refused. */
static void test_no_memory(void **state) {
    (void)state;
    enum error error = ERROR_NO_MEMORY;
    for (long i = 0; error != ERROR_NONE; i++) {
        struct world world;
        world_begin(&world, counting, true);
        struct wasm_worker *worker = worker_make(&world);
        support_fail_after(i);
        error = wasm_worker_step(worker);
        support_fail_after(-1);
        assert_true(i < 1000 && (error == ERROR_NONE || error == ERROR_NO_MEMORY));
        assert_int_equal(world_summary(&world).function_count, error == ERROR_NONE);
        wasm_worker_destroy(worker);
        assert_int_equal(world_run(&world, 8), 9);
        world_end(&world);
    }
}

/* What one worker has no room for is done by another that has. */
static void test_scratch(void **state) {
    (void)state;
    struct world world;
    struct wasm_worker *worker;
    world_begin(&world, program_text, true);
    assert_int_equal(wasm_worker_create(world.module, &world.budget, 8192, &worker), ERROR_NONE);
    enum error error;
    uint32_t refused = 0;
    while ((error = wasm_worker_step(worker)) != ERROR_NOT_FOUND) {
        refused += error == ERROR_NO_MEMORY;
    }
    wasm_worker_destroy(worker);
    assert_true(refused > 0);
    assert_int_equal(world_summary(&world).function_count, FUNCTION_COUNT - refused);
    worker = worker_make(&world);
    worker_run(worker);
    assert_int_equal(world_summary(&world).function_count, FUNCTION_COUNT);
    wasm_worker_destroy(worker);
    world_check(&world);
    world_end(&world);
}

/* A worker's budget that ends is nothing to the program. */
static void test_budget(void **state) {
    (void)state;
    struct world world;
    struct wasm_worker *worker;
    struct budget budget;
    world_begin(&world, program_text, true);
    budget_init(&budget, &world.budget, SCRATCH_BYTES + 20000);
    assert_int_equal(wasm_worker_create(world.module, &budget, SCRATCH_BYTES + 20001, &worker), ERROR_NO_MEMORY);
    assert_int_equal(wasm_worker_create(world.module, &budget, SCRATCH_BYTES, &worker), ERROR_NONE);
    worker_run(worker);
    assert_int_equal(wasm_worker_step(worker), ERROR_NO_MEMORY);
    assert_true(world_summary(&world).function_count > 10 && world_summary(&world).function_count < FUNCTION_COUNT);
    world_check(&world);
    wasm_worker_destroy(worker);
    world_end(&world);
    budget_end(&budget);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_image),
        cmocka_unit_test(test_same_image_of_calls),
        cmocka_unit_test(test_calls_meanwhile),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_call_while_worker_compiles),
        cmocka_unit_test(test_worker_is_faster),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_scratch),
        cmocka_unit_test(test_budget),
    };
    struct world world;
    program_write();
    world_begin(&world, program_text, false);
    for (uint32_t i = 0; i < RUN_COUNT; i++) {
        expected[i] = world_run(&world, i);
    }
    world_end(&world);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
