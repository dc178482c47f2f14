/* Machine code as text: what the compiler makes of functions by hand and of real programs, against objdump. Every instruction of ops.def with every
   register is compared in encode_test.c. */
#include "tests/support/programs.h"
#include "tests/support/build.h"
#include "tests/support/wat.h"
#include "wasm/compile/watch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "wasm/show/x86_64/machine_text_test.h"

/* What the encoder writes by hand: conversions, minimum, divisions, atomic updates, calls, jumps of all kinds, constants, conditions of floats. */
static const char *const special =
    "(module (import \"a\" \"b\" (func $b (param i64) (result f64))) (memory 1) (table 10 funcref)"
    "(func (export \"1\") (param f32 f64) (result i32) (i32.add (i32.trunc_f32_s (local.get 0)) (i32.add (i32.trunc_f64_u (local.get 1))"
    " (i32.wrap_i64 (i64.add (i64.trunc_sat_f32_u (local.get 0)) (i64.add (i64.trunc_f64_u (local.get 1)) (i64.trunc_sat_f64_s (local.get 1))))))))"
    "(func (param i64 i32) (result f64) (f64.max (f64.convert_i64_u (local.get 0)) (f64.min (f64.convert_i32_u (local.get 1))"
    " (f64.promote_f32 (f32.max (f32.convert_i64_u (local.get 0)) (f32.convert_i64_s (local.get 0)))))))"
    "(func (param i32 i32) (result i32) (i32.xor (i32.div_s (local.get 0) (local.get 1)) (i32.xor (i32.rem_u (local.get 0) (local.get 1))"
    " (i32.rem_s (local.get 1) (i32.div_u (local.get 0) (i32.const 77))))))"
    "(func (param i64 i64) (result i64) (i64.xor (i64.div_s (local.get 0) (local.get 1)) (i64.xor (i64.rem_s (local.get 0) (local.get 1))"
    " (i64.add (i64.div_s (local.get 0) (i64.const 1000)) (i64.const 0x123456789abcdef)))))"
    "(func (param i32 i64) (result i64) (drop (i32.atomic.rmw8.or_u (local.get 0) (i32.const 3))) (drop (i32.atomic.rmw16.xor_u (local.get 0)"
    " (local.get 0))) (drop (i64.atomic.rmw.and (local.get 0) (local.get 1))) (drop (i32.atomic.rmw.xchg (local.get 0) (i32.const 1)))"
    " (atomic.fence) (i64.atomic.store (local.get 0) (local.get 1)) (i64.atomic.rmw.cmpxchg (local.get 0) (local.get 1) (i64.const 4)))"
    "(func (param f64 f64 i32) (result f64) (select (local.get 0) (local.get 1) (f64.eq (local.get 0) (local.get 1)))"
    " (select (local.get 1) (f64.ne (local.get 1) (f64.const 2))) (f64.add (f64.convert_i32_u (f64.ge (local.get 0) (local.get 1)))))"
    "(func (param i32) (result i32) (block (block (block (block (block (block (br_table 0 1 2 3 1 4 0 0 3 2 1 5 (local.get 0)))"
    " (return (i32.const 1))) (return (i32.const 2))) (return (call_indirect (result i32) (local.get 0)))) (return_call_indirect (result i32)"
    " (local.get 0))) (drop (call $b (i64.const -5)))) (call_indirect (param i32) (result i32) (local.get 0) (i32.const 4)))"
    "(func (param v128 v128) (result v128) (f32x4.min (f64x2.lt (local.get 0) (local.get 1)) (i16x8.replace_lane 3 (i64x2.replace_lane 1"
    " (i8x16.shuffle 0 1 2 3 4 5 6 7 31 30 29 28 3 2 1 0 (local.get 0) (local.get 1)) (i64x2.extract_lane 0 (local.get 1)))"
    " (i8x16.bitmask (f32x4.ne (local.get 0) (local.get 1))))))"
    "(func (param i32 i64) (result i32) (i32.store8 offset=3 (local.get 0) (i32.load16_s (local.get 0))) (i64.store32 (local.get 0)"
    " (i64.load8_s offset=0x7fffffff (local.get 0))) (i32.store16 (i32.const 8) (i32.const -2)) (i64.store (i32.const 16) (i64.const -1))"
    " (i32.popcnt (i32.add (i32.clz (local.get 0)) (i32.wrap_i64 (i64.ctz (i64.rotl (local.get 1) (i64.extend_i32_u (local.get 0)))))))))";

/* Instructions of functions that follow each other, and how many functions there are. */
struct sample {
    uint8_t *bytes;
    size_t size, capacity;
    uint32_t functions;
};

static void sample_add(void *context, const struct ir_function *function, const struct code *code) {
    struct sample *sample = context;
    (void)function;
    if (sample->size + code->instruction_bytes > sample->capacity) {
        sample->capacity = 2 * (sample->size + code->instruction_bytes);
        sample->bytes = realloc(sample->bytes, sample->capacity);
        assert_non_null(sample->bytes);
    }
    memcpy(sample->bytes + sample->size, code->bytes, code->instruction_bytes);
    sample->size += code->instruction_bytes;
    sample->functions++;
}

static void ir_ignore(void *context, enum compile_stage stage, const struct ir_function *function) {
    (void)context, (void)stage, (void)function;
}

static void machine_ignore(void *context, enum compile_stage stage, const struct machine_function *function) {
    (void)context, (void)stage, (void)function;
}

/* Every function of so many, in each way of compiling. */
static void module_sample(const struct wasm_module *module, struct budget *budget, uint32_t step, struct sample *sample) {
    const struct compile_watch watch = {.context = sample, .ir = ir_ignore, .machine = machine_ignore, .code = sample_add};
    const struct compile_options ways[] = {
        {.watch = &watch},
        {.watch = &watch, .mode = COMPILE_FAST},
        {.watch = &watch, .isa_features = UINT32_MAX},
        {.watch = &watch, .check_bounds = true},
    };
    for (uint32_t index = module->imported_function_count; index < module->function_count; index += step) {
        for (uint32_t way = 0; way < sizeof ways / sizeof *ways; way++) {
            struct code code;
            const enum error error = compile_function(module, index, &ways[way], budget, &code);
            assert_true(error == ERROR_NONE || error == ERROR_LIMIT);
            code_release(&code);
        }
    }
}

static void sample_compare(struct sample *sample, const char *name) {
    const uint32_t count = machine_text_compare((struct bytes){sample->bytes, sample->size});
    free(sample->bytes);
    if (count == 0) {
        print_message("there is no objdump\n");
        skip();
    }
    print_message("%s: %u functions, %u instructions\n", name, sample->functions, count);
}

static void test_special(void **state) {
    (void)state;
    struct attempt attempt;
    struct sample sample = {0};
    struct bytes bytes = support_wat(special);
    attempt_begin(&attempt, bytes, BUDGET_UNLIMITED);
    assert_int_equal(attempt.error, ERROR_NONE);
    module_sample(attempt.module, &attempt.budget, 1, &sample);
    sample_compare(&sample, "by hand");
    attempt_end(&attempt);
    support_wat_release(bytes);
}

#define SAMPLE_FUNCTIONS 100u

static void program_compare(void *context, const struct program_visited *program) {
    struct sample sample = {0};
    (void)context;
    module_sample(program->module, program->budget, program->module->function_count / SAMPLE_FUNCTIONS + 1, &sample);
    sample_compare(&sample, program->name);
}

static void test_programs(void **state) {
    (void)state;
    if (programs_visit(program_compare, NULL) == 0) {
        skip();
    }
}

/* What is none of ours is told so, wherever it ends. */
static void test_unknown(void **state) {
    (void)state;
    static const uint8_t pieces[][4] = {{0xCC},       {0x0F, 0x05},      {0x48}, {0x66, 0x0F}, {0x8B, 0x84, 0x24, 1}, {0xE8, 1, 2},
                                        {0xFF, 0xF8}, {0x81, 0xC0, 1, 2}};
    static const uint32_t sizes[] = {1, 2, 1, 2, 4, 3, 2, 4};
    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct text text;
        text_begin(&text);
        assert_int_equal(machine_text((struct bytes){pieces[i], sizes[i]}, 0, &text), 0);
        assert_int_equal(text.size, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_special), cmocka_unit_test(test_programs), cmocka_unit_test(test_unknown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
