/* The engine through its public header: calls, traps, budgets, re-entry, stopping, lifetimes. What single
   instructions do is the business of the specification's tests. */
#include "wasm/engine_test.h"

#include <pthread.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void test_call_values(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED, NULL);
    assert_int_equal(world_load(&world, "(module (func (export \"swap\") (param i32 i64 f32 f64 v128 externref)"
                                        " (result externref v128 f64 f32 i64 i32)"
                                        " local.get 5 local.get 4 local.get 3 local.get 2 local.get 1 local.get 0))"),
                     ERROR_NONE);
    int thing;
    union wasm_value in[6] = {{.i32 = 1}, {.i64 = 1ull << 40}, {.f32 = 0.5f}, {.f64 = -2.0}, {.v128 = {1, 2, 3, [15] = 9}}, {.reference = &thing}};
    union wasm_value out[6];
    assert_int_equal(wasm_call(world_export(&world, "swap").function, in, out), ERROR_NONE);
    assert_ptr_equal(out[0].reference, &thing);
    assert_memory_equal(out[1].v128, in[4].v128, 16);
    assert_true(out[2].f64 == -2.0 && out[3].f32 == 0.5f);
    assert_true(out[4].i64 == 1ull << 40 && out[5].i32 == 1);
    world_end(&world);
}

static void test_trap_place(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED, NULL);
    assert_int_equal(world_load(&world, "(module (memory 1)"
                                        " (func $inner (param i32) (result i32) (i32.load offset=4 (local.get 0)))"
                                        " (func (param i32) (result i32) (i32.add (i32.const 1) (call $inner (local.get 0))))"
                                        " (func $outer (export \"outer\") (param i32) (result i32) (call 1 (local.get 0))))"),
                     ERROR_NONE);
    uint32_t result;
    assert_int_equal(world_call(&world, "outer", 65528, &result), ERROR_NONE);
    expect_trap(&world, "outer", 65529, WASM_TRAP_MEMORY_BOUNDS);
    expect_trap(&world, "outer", 0xFFFFFFFF, WASM_TRAP_MEMORY_BOUNDS);
    const struct wasm_trap *trap = wasm_store_trap(world.store);
    /* Compiled code that checks does not tell. */
    bool is_told = !(compile && check_bounds);
    assert_int_equal(trap->address, is_told ? 0x100000003ull : UINT64_MAX);
    assert_int_equal(world.bytes.data[trap->frames[0].offset], 0x28);
    uint32_t last = trap->frame_count - 1;
    assert_int_equal(world.bytes.data[trap->frames[last].offset], 0x10);
    char text[256];
    wasm_trap_describe(trap, text, sizeof text);
    assert_non_null(strstr(text, is_told ? "out of bounds memory access (address 0x100000003) in function inner at offset 0x"
                                         : "out of bounds memory access in function inner at offset 0x"));
    wasm_frame_describe(&trap->frames[last], last, text, sizeof text);
    assert_non_null(strstr(text, " function outer at offset 0x"));
    assert_int_equal(trap->frame_count, 3);
    wasm_frame_describe(&trap->frames[1], 1, text, sizeof text);
    assert_non_null(strstr(text, "#1 function 1 at offset 0x"));
    world_end(&world);
}

/* Small functions are inlined where code is compiled; nobody sees that. */
static void test_trap_place_inlined(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED, NULL);
    assert_int_equal(world_load(&world, "(module (memory 1)"
                                        " (func $word (param i32) (result i32) (i32.load offset=4 (local.get 0)))"
                                        " (func $check (param i32) (if (i32.eq (local.get 0) (i32.const 8)) (then unreachable)))"
                                        " (func $both (export \"both\") (param i32) (result i32) (call $check (local.get 0))"
                                        "  (call $check (i32.add (local.get 0) (i32.const 1))) (i32.div_u (call $word (i32.const 0))"
                                        "   (i32.add (call $word (local.get 0)) (call $word (i32.const 8))))))"),
                     ERROR_NONE);
    /* In the order of the calls in the body. */
    static const struct {
        uint32_t argument, kind, function;
    } cases[] = {{8, WASM_TRAP_UNREACHABLE, 1}, {7, WASM_TRAP_UNREACHABLE, 1}, {65529, WASM_TRAP_MEMORY_BOUNDS, 0}};
    const struct wasm_trap *trap = wasm_store_trap(world.store);
    uint64_t call = 0;
    for (uint32_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_trap(&world, "both", cases[i].argument, cases[i].kind);
        assert_int_equal(trap->frame_count, 2);
        assert_int_equal(trap->frames[0].function_index, cases[i].function);
        assert_int_equal(trap->frames[1].function_index, 2);
        assert_int_equal(world.bytes.data[trap->frames[1].offset], 0x10);
        assert_int_equal(world.bytes.data[trap->frames[1].offset + 1], cases[i].function);
        assert_true(trap->frames[1].offset > call);
        call = trap->frames[1].offset;
    }
    expect_trap(&world, "both", 0, WASM_TRAP_DIVIDE_BY_ZERO);
    assert_int_equal(trap->frame_count, 1);
    assert_int_equal(world.bytes.data[trap->frames[0].offset], 0x6E);
    world_end(&world);
}

static void test_deep_backtrace(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED, NULL);
    assert_int_equal(world_load(&world, "(module (func $down (export \"down\") (param i32) (result i32)"
                                        " (if (i32.eqz (local.get 0)) (then unreachable))"
                                        " (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))"
                                        " (func $ever (export \"ever\") (call $ever) (call $ever)))"),
                     ERROR_NONE);
    expect_trap(&world, "down", 1000, WASM_TRAP_UNREACHABLE);
    assert_int_equal(wasm_store_trap(world.store)->frame_count, 1001);
    assert_ptr_equal(wasm_store_trap(world.store)->frames[63].module, world.module);
    expect_trap(&world, "ever", 0, WASM_TRAP_STACK_EXHAUSTED);
    assert_true(wasm_store_trap(world.store)->frame_count > 10000);
    world_end(&world);
}

/* ---- Budgets ---- */

static void test_memory_budget(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, 8u << 20, NULL);
    assert_int_equal(world_load(&world, "(module (memory (export \"m\") 1 1000)"
                                        " (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))"
                                        " (func (export \"read\") (param i32) (result i32) (i32.load8_u (local.get 0))))"),
                     ERROR_NONE);
    uint32_t result;
    assert_int_equal(world_call(&world, "grow", 16, &result), ERROR_NONE);
    assert_int_equal(result, 1);
    assert_int_equal(world_call(&world, "grow", 200, &result), ERROR_NONE);
    assert_int_equal(result, UINT32_MAX);
    assert_int_equal(wasm_memory_pages(world_export(&world, "m").memory), 17);
    assert_int_equal(world_call(&world, "read", 17 * 65536 - 1, &result), ERROR_NONE);
    expect_trap(&world, "read", 17 * 65536, WASM_TRAP_MEMORY_BOUNDS);
    world_end(&world);

    world_begin(&world, 8u << 20, NULL);
    assert_int_equal(world_load(&world, "(module (memory 200))"), ERROR_NO_MEMORY);
    assert_non_null(strstr(world.report.text, "200 pages"));
    world_end(&world);
}

/* A stack that the budget has no room for is another trap than a stack that is at its end. */
static void test_stack_budget(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, 4u << 20, NULL);
    assert_int_equal(world_load(&world, "(module (func $ever (export \"ever\") (call $ever) (call $ever)))"), ERROR_NONE);
    /* Compiled code has its whole stack from the start. */
    expect_trap(&world, "ever", 0, compile ? WASM_TRAP_STACK_EXHAUSTED : WASM_TRAP_NO_MEMORY);
    world_end(&world);
}

/* Every allocation fails in turn: an error each time, and nothing is left. */
static void test_each_allocation_fails(void **state) {
    (void)state;
    static const char text[] = "(module (import \"a\" \"b\" (func $b (param i32))) (memory 1) (table 3 funcref) (global (mut i32) (i32.const 7))"
                               " (elem (i32.const 0) $f $b) (data (i32.const 5) \"hello\") (export \"f\" (func $f)) (export \"m\" (memory 0))"
                               " (func $f (param i32) (result i32) (local v128) (block (br_if 0 (local.get 0)) (call $b (i32.const 1)))"
                               " (global.get 0)))";
    struct bytes bytes = support_wat(text);
    struct wasm_host host;
    assert_int_equal(host_create(&host), ERROR_NONE);
    for (long failing = 0;; failing++) {
        struct world world = {0};
        budget_init_root(&world.budget, support_memory(), BUDGET_UNLIMITED);
        support_fail_after(failing);
        enum error error = wasm_engine_create(&host, &world.budget, &world.engine);
        if (error == ERROR_NONE) {
            error = wasm_module_create(world.engine, &world.budget, bytes, NULL, &world.module);
        }
        if (error == ERROR_NONE) {
            error = wasm_store_create(world.engine, &world.budget, NULL, &world.store);
        }
        if (error == ERROR_NONE) {
            error = wasm_instance_create(world.store, world.module, NULL, NULL, NULL, &world.instance);
        }
        bool all_done = error == ERROR_UNLINKABLE;
        assert_true(all_done || error == ERROR_NO_MEMORY);
        support_fail_after(-1);
        if (world.store != NULL) {
            wasm_store_destroy(world.store);
        }
        if (world.module != NULL) {
            wasm_module_destroy(world.module);
        }
        if (world.engine != NULL) {
            wasm_engine_destroy(world.engine);
        }
        budget_end(&world.budget);
        assert_int_equal(support_live_bytes(), 0);
        if (all_done) {
            break;
        }
    }
    support_wat_release(bytes);
}

/* The code of a function has no room when it is first called: that is a trap, and the next call may succeed. */
static void test_no_room_for_code(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED, NULL);
    assert_int_equal(world_load(&world, "(module (func (export \"f\") (param i32) (result i32) (local.get 0) (i32.const 2) (i32.mul)))"), ERROR_NONE);
    uint32_t result;
    for (long failing = 0; failing < 6; failing++) {
        support_fail_after(failing);
        expect_trap(&world, "f", 4, WASM_TRAP_NO_MEMORY);
    }
    support_fail_after(-1);
    assert_int_equal(world_call(&world, "f", 4, &result), ERROR_NONE);
    assert_int_equal(result, 8);
    world_end(&world);
}

/* ---- Functions past the end of a table ---- */

static enum error twice(void *context, struct wasm_instance *caller, const union wasm_value *arguments, union wasm_value *results) {
    (void)context, (void)caller;
    results[0].i32 = 2 * arguments[0].i32;
    return ERROR_NONE;
}

static const char table_program[] =
    "(module (table (export \"t\") 1 %s funcref) (type $f (func (param i32) (result i32))) (elem (i32.const 0) $call)"
    " (func $call (export \"call\") (param i32) (result i32) (call_indirect (type $f) (i32.const 21) (local.get 0)))"
    " (func (export \"null\") (param i32) (result i32) (ref.is_null (table.get 0 (local.get 0))))"
    " (func (export \"set\") (param i32) (result i32) (table.set 0 (local.get 0) (ref.null func)) (i32.const 0))"
    " (func (export \"wrong\") (param i32) (result i32) (call_indirect (local.get 0)) (i32.const 0))"
    " (func (export \"grow\") (param i32) (result i32) (drop (table.grow 0 (ref.null func) (local.get 0))) (table.size 0)))";

static void appended_check(const char *limit, uint32_t capacity) {
    struct world world;
    char text[2000];
    const uint8_t i32 = WASM_I32;
    const struct wasm_function_type *type;
    struct wasm_function *functions[2];
    uint32_t first, result;
    world_begin(&world, BUDGET_UNLIMITED, NULL);
    snprintf(text, sizeof text, table_program, limit);
    assert_int_equal(world_load(&world, text), ERROR_NONE);
    assert_int_equal(wasm_store_function_type(world.store, &i32, 1, &i32, 1, &type), ERROR_NONE);
    assert_int_equal(wasm_function_create(world.store, type, twice, NULL, &functions[0]), ERROR_NONE);
    functions[1] = functions[0];
    struct wasm_table *table = wasm_instance_table(world.instance, 0);
    expect_trap(&world, "call", capacity, WASM_TRAP_UNDEFINED_ELEMENT);
    assert_int_equal(wasm_table_append(table, functions, WASM_TABLE_APPENDED_MAX + 1, &first), ERROR_ARGUMENT);
    assert_int_equal(wasm_table_append(table, functions, 2, &first), ERROR_NONE);
    assert_int_equal(wasm_table_append(table, functions, 1, &first), ERROR_ARGUMENT);
    assert_int_equal(first, capacity);
    for (uint32_t index = first; index < first + 2; index++) {
        assert_int_equal(world_call(&world, "call", index, &result), ERROR_NONE);
        assert_int_equal(result, 42);
        expect_trap(&world, "null", index, WASM_TRAP_TABLE_BOUNDS);
        expect_trap(&world, "set", index, WASM_TRAP_TABLE_BOUNDS);
        expect_trap(&world, "wrong", index, WASM_TRAP_INDIRECT_CALL_TYPE);
    }
    expect_trap(&world, "call", first + 2, WASM_TRAP_UNDEFINED_ELEMENT);
    expect_trap(&world, "call", UINT32_MAX, WASM_TRAP_UNDEFINED_ELEMENT);
    if (capacity > 1) {
        expect_trap(&world, "call", 1, WASM_TRAP_UNINITIALIZED_ELEMENT);
        expect_trap(&world, "call", capacity / 2, WASM_TRAP_UNINITIALIZED_ELEMENT);
        expect_trap(&world, "call", capacity - 1, WASM_TRAP_UNINITIALIZED_ELEMENT);
    }
    assert_int_equal(world_call(&world, "grow", capacity - 1, &result), ERROR_NONE);
    assert_int_equal(result, capacity);
    assert_int_equal(world_call(&world, "call", first, &result), ERROR_NONE);
    assert_int_equal(world_call(&world, "grow", 1, &result), ERROR_NONE);
    assert_int_equal(result, capacity);
    world_end(&world);
}

/* They can be called, and nothing else; what is between the table and them is empty. */
static void test_appended_functions(void **state) {
    (void)state;
    appended_check("1", 1);
    appended_check("600", 600);
    appended_check("", 10000000);
}

/* ---- Host functions ---- */

struct bouncer {
    struct world *world;
    struct wasm_function *function;
    uint32_t calls;
};

/* Calls `again` of the program, which calls us: until 0. */
static enum error bounce(void *context, struct wasm_instance *caller, const union wasm_value *arguments, union wasm_value *results) {
    struct bouncer *bouncer = context;
    bouncer->calls++;
    assert_ptr_equal(caller, bouncer->world->instance);
    if (arguments[0].i32 == 1000) {
        return ERROR_EXIT;
    }
    if (arguments[0].i32 == 2000) {
        return ERROR_HOST;
    }
    uint32_t result;
    enum error error = world_call(bouncer->world, "again", arguments[0].i32 - 1, &result);
    results[0].i32 = result + 1;
    return error;
}

static enum error find_bouncer(void *context, const struct wasm_import *import, struct wasm_extern *out) {
    struct bouncer *bouncer = context;
    if (!bytes_equal(import->name, bytes_from_text("bounce"))) {
        return ERROR_NOT_FOUND;
    }
    enum error error = wasm_function_create(bouncer->world->store, import->type.function, bounce, bouncer, &bouncer->function);
    *out = (struct wasm_extern){.kind = WASM_KIND_FUNCTION, .function = bouncer->function};
    return error;
}

static void test_host_function(void **state) {
    (void)state;
    struct world world;
    struct bouncer bouncer = {.world = &world};
    world_begin(&world, BUDGET_UNLIMITED, NULL);
    world.resolve = find_bouncer;
    world.resolve_context = &bouncer;
    assert_int_equal(world_load(&world, "(module (import \"host\" \"bounce\" (func $bounce (param i32) (result i32)))"
                                        " (func $again (export \"again\") (param i32) (result i32)"
                                        "  (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 5))"
                                        "   (else (if (i32.eq (local.get 0) (i32.const 500)) (then unreachable)) (call $bounce (local.get 0))))))"),
                     ERROR_NONE);
    uint32_t result;
    assert_int_equal(world_call(&world, "again", 50, &result), ERROR_NONE);
    assert_int_equal(result, 55);
    assert_int_equal(bouncer.calls, 50);
    assert_int_equal(world_call(&world, "again", 1000, &result), ERROR_EXIT);
    expect_trap(&world, "again", 2000, WASM_TRAP_HOST);
    assert_int_equal(wasm_store_trap(world.store)->host_error, ERROR_HOST);
    expect_trap(&world, "again", 520, WASM_TRAP_UNREACHABLE);
    assert_int_equal(wasm_store_trap(world.store)->frame_count, 21);
    expect_trap(&world, "again", 400, WASM_TRAP_STACK_EXHAUSTED);
    assert_int_equal(world_call(&world, "again", 3, &result), ERROR_NONE);
    world_end(&world);
}

static void test_unlinkable(void **state) {
    (void)state;
    struct world world;
    struct bouncer bouncer = {.world = &world};
    world_begin(&world, BUDGET_UNLIMITED, NULL);
    world.resolve = find_bouncer;
    world.resolve_context = &bouncer;
    assert_int_equal(world_load(&world, "(module (import \"host\" \"bounce\" (func (param i32) (result i32))) (import \"ho\\ns\" \"x\" (func)))"),
                     ERROR_UNLINKABLE);
    assert_string_equal(world.report.text, "unknown import: ho\\x0as.x");
    world_end(&world);
}

/* ---- Stop ---- */

static void *stopper(void *argument) {
    struct timespec pause = {.tv_nsec = 20000000};
    nanosleep(&pause, NULL);
    wasm_store_stop(argument);
    return NULL;
}

static void test_stop(void **state) {
    (void)state;
    static const char *const names[] = {"loop", "table", "tail", "recurse"};
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED, NULL);
    assert_int_equal(world_load(&world, "(module (type $t (func (param i32) (result i32)))"
                                        " (func (export \"loop\") (type $t) (loop (br 0)) (i32.const 0))"
                                        " (func (export \"table\") (type $t) (loop (br_table 0 0 0 (i32.const 1))) (i32.const 0))"
                                        " (func $tail (export \"tail\") (type $t) (return_call $tail (local.get 0)))"
                                        " (func $rec (export \"recurse\") (type $t) (if (i32.lt_u (local.get 0) (i32.const 60))"
                                        "  (then (drop (call $rec (i32.add (local.get 0) (i32.const 1))))"
                                        "   (drop (call $rec (i32.add (local.get 0) (i32.const 1)))))) (i32.const 0)))"),
                     ERROR_NONE);
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, stopper, world.store), 0);
        expect_trap(&world, names[index], 0, WASM_TRAP_STOPPED);
        pthread_join(thread, NULL);
        expect_trap(&world, names[index], 0, WASM_TRAP_STOPPED);
        wasm_store_resume(world.store);
    }
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call_values),           cmocka_unit_test(test_trap_place),       cmocka_unit_test(test_trap_place_inlined),
        cmocka_unit_test(test_deep_backtrace),        cmocka_unit_test(test_memory_budget),    cmocka_unit_test(test_stack_budget),
        cmocka_unit_test(test_each_allocation_fails), cmocka_unit_test(test_no_room_for_code), cmocka_unit_test(test_appended_functions),
        cmocka_unit_test(test_host_function),         cmocka_unit_test(test_unlinkable),       cmocka_unit_test(test_stop),
    };
    int failures = 0;
    for (int way = 0; way < 4; way++) {
        failures += cmocka_run_group_tests_name(way_set(way), tests, NULL, NULL);
    }
    return failures;
}
