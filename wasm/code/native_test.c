/* Native host functions: what they get, what they give back, how they fail; with both executors. */
#include "wasm/code/call_test.h"

static bool compile;

static struct wasm_store_options options(void) {
    return (struct wasm_store_options){.compile = compile};
}

/* ---- Values ---- */

/* What a native function was called with last. */
struct seen {
    struct wasm_instance *caller;
    uint64_t integers[WASM_NATIVE_INTEGERS_MAX];
    double floats[WASM_NATIVE_FLOATS_MAX];
    void *reference;
};

/* An i32 for WASM. */
static uint64_t take_none(void *context, struct wasm_instance *caller) {
    ((struct seen *)context)->caller = caller;
    return 0xFFFFFFFF0000FFFC;
}

static double take_mixed(void *context, struct wasm_instance *caller, uint32_t a, float x, uint64_t b, double y, int32_t c, void *reference) {
    *(struct seen *)context = (struct seen){.caller = caller, .integers = {a, b, (uint64_t)c}, .floats = {(double)x, y}, .reference = reference};
    return y / 2;
}

static float take_floats(void *context, struct wasm_instance *caller, float a, double b, float c, double d, double e, double f, double g, float h) {
    *(struct seen *)context = (struct seen){.caller = caller, .floats = {(double)a, b, (double)c, d, e, f, g, (double)h}};
    return h * 2;
}

static void *take_reference(void *context, struct wasm_instance *caller, void *reference, uint64_t a, uint64_t b, uint64_t c) {
    *(struct seen *)context = (struct seen){.caller = caller, .integers = {a, b, c}, .reference = reference};
    return reference;
}

static void take_and_give_nothing(void *context, struct wasm_instance *caller, uint64_t a) {
    *(struct seen *)context = (struct seen){.caller = caller, .integers = {a}};
}

static const char values_program[] =
    "(module (import \"h\" \"none\" (func $none (result i32)))"
    " (import \"h\" \"mixed\" (func $mixed (param i32 f32 i64 f64 i32 externref) (result f64)))"
    " (import \"h\" \"floats\" (func $floats (param f32 f64 f32 f64 f64 f64 f64 f32) (result f32)))"
    " (import \"h\" \"reference\" (func $reference (param externref i64 i64 i64) (result externref)))"
    " (import \"h\" \"nothing\" (func $nothing (param i64)))"
    " (memory 1) (table 5 funcref) (elem (i32.const 0) $none $mixed $floats $reference $nothing)"
    " (data (i32.const 65532) \"\\11\\22\\33\\44\")"
    " (type $t_none (func (result i32)))"
    /* The upper half of an i32 is nobody's: the address is in bounds. */
    " (func (export \"none\") (result i32) (i32.load (call $none)))"
    " (func (export \"none through table\") (result i32) (call_indirect (type $t_none) (i32.const 0)))"
    " (func (export \"mixed\") (param i32 f32 i64 f64 i32 externref) (result f64)"
    "  (f64.add (f64.const 1) (call $mixed (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5))))"
    " (func (export \"floats\") (param f32 f64 f32 f64 f64 f64 f64 f32) (result f32) (f32.add (f32.const 1)"
    "  (call $floats (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7))))"
    " (func (export \"reference\") (param externref i64 i64 i64) (result externref)"
    "  (return_call $reference (local.get 0) (local.get 1) (local.get 2) (local.get 3)))"
    " (func (export \"nothing\") (param i64) (result i64) (call $nothing (local.get 0)) (i64.add (local.get 0) (i64.const 1)))"
    " (export \"host mixed\" (func $mixed)) (export \"host none\" (func $none)) (export \"host floats\" (func $floats)))";

static void expect_mixed(const struct app *app, const struct seen *seen, const char *name, double expected) {
    int thing;
    union wasm_value in[6] = {{.i32 = 0xFFFFFFFE}, {.f32 = 0.5f}, {.i64 = 1ull << 63}, {.f64 = -8.25}, {.i32 = 0x80000001}, {.reference = &thing}};
    union wasm_value out;
    assert_int_equal(wasm_call(app_function(app, name), in, &out), ERROR_NONE);
    assert_true(out.f64 == expected);
    assert_int_equal(seen->integers[0], 0xFFFFFFFE);
    assert_int_equal(seen->integers[1], 1ull << 63);
    assert_int_equal(seen->integers[2], 0xFFFFFFFF80000001ull);
    assert_true(seen->floats[0] == 0.5 && seen->floats[1] == -8.25);
    assert_ptr_equal(seen->reference, &thing);
}

static void expect_floats(const struct app *app, const struct seen *seen, const char *name, float expected) {
    union wasm_value in[8] = {{.f32 = 1}, {.f64 = 2}, {.f32 = 3}, {.f64 = 4}, {.f64 = 5}, {.f64 = 6}, {.f64 = 7}, {.f32 = 8}}, out;
    assert_int_equal(wasm_call(app_function(app, name), in, &out), ERROR_NONE);
    assert_true(out.f32 == expected);
    for (int index = 0; index < 8; index++) {
        assert_true(seen->floats[index] == index + 1);
    }
}

static void test_values(void **state) {
    (void)state;
    struct world world;
    struct app app;
    struct seen seen = {0};
    const struct import imports[] = {
        {.name = "none", .native = (wasm_native_function *)take_none, .context = &seen},
        {.name = "mixed", .native = (wasm_native_function *)take_mixed, .context = &seen},
        {.name = "floats", .native = (wasm_native_function *)take_floats, .context = &seen},
        {.name = "reference", .native = (wasm_native_function *)take_reference, .context = &seen},
        {.name = "nothing", .native = (wasm_native_function *)take_and_give_nothing, .context = &seen},
        {0},
    };
    world_begin(&world);
    struct wasm_store_options how = options();
    app_begin(&app, &world, &how, imports, values_program);
    int thing;
    union wasm_value out;
    assert_int_equal(wasm_call(app_function(&app, "none"), NULL, &out), ERROR_NONE);
    assert_int_equal(out.i32, 0x44332211);
    assert_ptr_equal(seen.caller, app.instance);
    assert_int_equal(wasm_call(app_function(&app, "none through table"), NULL, &out), ERROR_NONE);
    assert_int_equal(out.i32, 0xFFFC);
    expect_mixed(&app, &seen, "mixed", -3.125);
    assert_ptr_equal(seen.caller, app.instance);
    expect_floats(&app, &seen, "floats", 17);
    union wasm_value four[4] = {{.reference = &thing}, {.i64 = 1}, {.i64 = 2}, {.i64 = UINT64_MAX}};
    assert_int_equal(wasm_call(app_function(&app, "reference"), four, &out), ERROR_NONE);
    assert_ptr_equal(out.reference, &thing);
    assert_true(seen.integers[0] == 1 && seen.integers[1] == 2 && seen.integers[2] == UINT64_MAX);
    assert_int_equal(wasm_call(app_function(&app, "nothing"), &(union wasm_value){.i64 = 41}, &out), ERROR_NONE);
    assert_true(out.i64 == 42 && seen.integers[0] == 41);
    /* Called by the host itself, nobody's code is the caller. */
    expect_mixed(&app, &seen, "host mixed", -4.125);
    assert_null(seen.caller);
    expect_floats(&app, &seen, "host floats", 16);
    assert_int_equal(wasm_call(app_function(&app, "host none"), NULL, &out), ERROR_NONE);
    assert_int_equal(out.i32, 0xFFFC);
    app_end(&app);
    world_end(&world);
}

/* ---- More than C has registers for ---- */

/* Notes them, and that the stack is aligned as C wants it. */
#define TAKE(...)                                                                                                                                    \
    do {                                                                                                                                             \
        assert_int_equal((uintptr_t)__builtin_frame_address(0) % 16, 0);                                                                             \
        *(struct seen *)context = (struct seen){.caller = caller, .integers = {__VA_ARGS__}};                                                        \
    } while (0)

static uint32_t take_5(void *context, struct wasm_instance *caller, uint32_t a, uint64_t b, uint32_t c, uint64_t d, uint32_t e) {
    TAKE(a, b, c, d, e);
    return e;
}

static uint64_t take_6(void *context, struct wasm_instance *caller, uint64_t a, uint32_t b, uint64_t c, uint32_t d, uint64_t e, uint32_t f) {
    TAKE(a, b, c, d, e, f);
    return f;
}

static uint32_t take_7(void *context, struct wasm_instance *caller, uint32_t a, uint64_t b, uint32_t c, uint64_t d, uint32_t e, uint64_t f,
                       uint32_t g) {
    TAKE(a, b, c, d, e, f, g);
    return g;
}

static uint64_t take_8(void *context, struct wasm_instance *caller, uint64_t a, uint32_t b, uint64_t c, uint32_t d, uint64_t e, uint32_t f,
                       uint64_t g, uint32_t h) {
    TAKE(a, b, c, d, e, f, g, h);
    return h;
}

static uint32_t take_9(void *context, struct wasm_instance *caller, uint32_t a, double x, uint64_t b, uint32_t c, uint64_t d, uint32_t e, uint64_t f,
                       uint32_t g, float y, uint64_t h, uint32_t i) {
    TAKE(a, b, c, d, e, f, g, h, i);
    ((struct seen *)context)->floats[0] = x;
    ((struct seen *)context)->floats[1] = (double)y;
    return i;
}

static const char many_program[] =
    "(module (type $5 (func (param i32 i64 i32 i64 i32) (result i32))) (type $6 (func (param i64 i32 i64 i32 i64 i32) (result i64)))"
    " (type $7 (func (param i32 i64 i32 i64 i32 i64 i32) (result i32))) (type $8 (func (param i64 i32 i64 i32 i64 i32 i64 i32) (result i64)))"
    " (type $9 (func (param i32 f64 i64 i32 i64 i32 i64 i32 f32 i64 i32) (result i32)))"
    " (import \"h\" \"5\" (func $5 (type $5))) (import \"h\" \"6\" (func $6 (type $6))) (import \"h\" \"7\" (func $7 (type $7)))"
    " (import \"h\" \"8\" (func $8 (type $8))) (import \"h\" \"9\" (func $9 (type $9)))"
    " (table funcref (elem $5 $6 $7 $8 $9))"
    " (export \"host 5\" (func $5)) (export \"host 6\" (func $6)) (export \"host 7\" (func $7)) (export \"host 8\" (func $8))"
    " (export \"host 9\" (func $9))"
    " (func (export \"5\") (type $5) (call $5 (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))"
    " (func (export \"6\") (type $6) (call_indirect (type $6) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)"
    "  (i32.const 1)))"
    " (func (export \"7\") (type $7) (return_call $7 (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)"
    "  (local.get 6)))"
    " (func (export \"8\") (type $8) (call_indirect (type $8) (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5)"
    "  (local.get 6) (local.get 7) (i32.const 3)))"
    " (func (export \"9\") (type $9) (call $9 (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6)"
    "  (local.get 7) (local.get 8) (local.get 9) (local.get 10))))";

/* All of them differ, and have a bit in their upper half where they have one. */
static void expect_many(const struct app *app, const struct seen *seen, const char *name, uint32_t count) {
    union wasm_value in[11], out;
    uint64_t expected[9];
    const struct wasm_function_type *type = wasm_function_type(app_function(app, name));
    uint32_t integers = 0;
    for (uint32_t index = 0; index < type->parameter_count; index++) {
        if (type->types[index] == WASM_F64) {
            in[index] = (union wasm_value){.f64 = 0.5};
        } else if (type->types[index] == WASM_F32) {
            in[index] = (union wasm_value){.f32 = -2.5f};
        } else {
            expected[integers] = type->types[index] == WASM_I32 ? 0x80000010u + integers : 0x8000000100000000u + integers;
            in[index] = (union wasm_value){.i64 = expected[integers++]};
        }
    }
    assert_int_equal(integers, count);
    assert_int_equal(wasm_call(app_function(app, name), in, &out), ERROR_NONE);
    assert_memory_equal(seen->integers, expected, count * sizeof *expected);
    assert_int_equal(out.i32, (uint32_t)expected[count - 1]);
    assert_true(count != 9 || (seen->floats[0] == 0.5 && seen->floats[1] == -2.5));
}

static void test_many(void **state) {
    (void)state;
    struct world world;
    struct app app;
    struct seen seen = {0};
    char name[16];
    const struct import imports[] = {
        {.name = "5", .native = (wasm_native_function *)take_5, .context = &seen},
        {.name = "6", .native = (wasm_native_function *)take_6, .context = &seen},
        {.name = "7", .native = (wasm_native_function *)take_7, .context = &seen},
        {.name = "8", .native = (wasm_native_function *)take_8, .context = &seen},
        {.name = "9", .native = (wasm_native_function *)take_9, .context = &seen},
        {0},
    };
    world_begin(&world);
    struct wasm_store_options how = options();
    app_begin(&app, &world, &how, imports, many_program);
    for (uint32_t count = 5; count <= 9; count++) {
        snprintf(name, sizeof name, "%u", count);
        expect_many(&app, &seen, name, count);
        assert_ptr_equal(seen.caller, app.instance);
        snprintf(name, sizeof name, "host %u", count);
        expect_many(&app, &seen, name, count);
        assert_null(seen.caller);
    }
    app_end(&app);
    world_end(&world);
}

/* ---- What is none ---- */

static enum error create(struct app *app, const char *parameters, const char *results) {
    static const char letters[] = "iIfFvr";
    static const uint8_t types[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_V128, WASM_FUNCREF};
    uint8_t in[20], out[2];
    for (size_t index = 0; parameters[index] != 0; index++) {
        in[index] = types[strchr(letters, parameters[index]) - letters];
    }
    for (size_t index = 0; results[index] != 0; index++) {
        out[index] = types[strchr(letters, results[index]) - letters];
    }
    const struct wasm_function_type *type;
    struct wasm_function *function;
    uint32_t in_count = (uint32_t)strlen(parameters), out_count = (uint32_t)strlen(results);
    enum error error = wasm_store_function_type(app->store, in, in_count, out, out_count, &type);
    if (error != ERROR_NONE) {
        return error;
    }
    return wasm_function_create_native(app->store, type, (wasm_native_function *)take_none, NULL, &function);
}

static void test_unsupported(void **state) {
    (void)state;
    struct world world;
    struct app app;
    world_begin(&world);
    struct wasm_store_options how = options();
    app_begin(&app, &world, &how, NULL, "(module)");
    assert_int_equal(create(&app, "", ""), ERROR_NONE);
    assert_int_equal(create(&app, "iIrIIIIIiffffFFFF", "r"), ERROR_NONE);
    assert_int_equal(create(&app, "iiiiiiiiii", ""), ERROR_UNSUPPORTED);
    assert_int_equal(create(&app, "fffffffff", ""), ERROR_UNSUPPORTED);
    assert_int_equal(create(&app, "v", ""), ERROR_UNSUPPORTED);
    assert_int_equal(create(&app, "", "v"), ERROR_UNSUPPORTED);
    assert_int_equal(create(&app, "", "ii"), ERROR_UNSUPPORTED);
    support_fail_after(0);
    enum error error = ERROR_NONE;
    for (int tries = 0; tries < 1000 && error == ERROR_NONE; tries++) {
        error = create(&app, "i", "");
    }
    support_fail_after(-1);
    assert_int_equal(error, ERROR_NO_MEMORY);
    app_end(&app);
    world_end(&world);
}

/* ---- Failing ---- */

struct failing {
    struct app app;
    enum error error;
    uint32_t calls;
};

static uint32_t try_again(void *context, struct wasm_instance *caller, uint32_t again) {
    struct failing *failing = context;
    (void)caller;
    failing->calls++;
    if (again != 0) {
        union wasm_value out;
        enum error error = wasm_call(app_function(&failing->app, "call"), &(union wasm_value){.i32 = again - 1}, &out);
        if (error != ERROR_NONE) {
            wasm_store_fail(failing->app.store, error);
        }
        return out.i32 + 1;
    }
    if (failing->error != ERROR_NONE) {
        wasm_store_fail(failing->app.store, failing->error);
    }
    return 100;
}

static enum error fail_call(const struct failing *failing, const char *name, uint32_t again, uint32_t *result) {
    union wasm_value out = {0};
    enum error error = wasm_call(app_function(&failing->app, name), &(union wasm_value){.i32 = again}, &out);
    *result = out.i32;
    return error;
}

static void test_failing(void **state) {
    (void)state;
    struct world world;
    struct failing failing = {0};
    const struct import imports[] = {{.name = "fail", .native = (wasm_native_function *)try_again, .context = &failing}, {0}};
    world_begin(&world);
    struct wasm_store_options how = options();
    app_begin(&failing.app, &world, &how, imports,
              "(module (import \"h\" \"fail\" (func $fail (param i32) (result i32))) (export \"host\" (func $fail))"
              " (func $call (export \"call\") (param i32) (result i32) (i32.add (call $fail (local.get 0)) (i32.const 1000))))");
    const struct wasm_trap *trap = wasm_store_trap(failing.app.store);
    uint32_t result;
    for (uint32_t depth = 0; depth < 3; depth++) {
        failing.error = ERROR_NONE;
        assert_int_equal(fail_call(&failing, "call", depth, &result), ERROR_NONE);
        assert_int_equal(result, 1100 + depth * 1001);
        failing.error = ERROR_EXIT;
        assert_int_equal(fail_call(&failing, "call", depth, &result), ERROR_EXIT);
        failing.error = ERROR_NOT_FOUND;
        assert_int_equal(fail_call(&failing, "call", depth, &result), ERROR_TRAP);
        assert_int_equal(trap->kind, WASM_TRAP_HOST);
        assert_int_equal(trap->host_error, ERROR_NOT_FOUND);
        assert_int_equal(trap->frame_count, depth + 1);
        assert_int_equal(failing.app.bytes.data[trap->frames[depth].offset], 0x10);
    }
    failing.calls = 0;
    failing.error = ERROR_NONE;
    assert_int_equal(fail_call(&failing, "call", 1000, &result), ERROR_TRAP);
    assert_int_equal(trap->kind, WASM_TRAP_STACK_EXHAUSTED);
    assert_int_equal(failing.calls, 100); /* LIMIT_HOST_CALLS */
    failing.error = ERROR_HOST;
    assert_int_equal(fail_call(&failing, "host", 0, &result), ERROR_TRAP);
    assert_int_equal(trap->host_error, ERROR_HOST);
    failing.error = ERROR_EXIT;
    assert_int_equal(fail_call(&failing, "host", 0, &result), ERROR_EXIT);
    failing.error = ERROR_NONE;
    assert_int_equal(fail_call(&failing, "host", 0, &result), ERROR_NONE);
    assert_int_equal(result, 100);
    app_end(&failing.app);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_unsupported),
        cmocka_unit_test(test_failing),
    };
    int failures = cmocka_run_group_tests_name("interpreted", tests, NULL, NULL);
    compile = true;
    return failures + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
