/* Functions whose locals have homes: what is read and written where, that they compute what the interpreter computes (ir_compare_test.h), and that
   the checker sees what would not hold. Random modules are in build_random_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/wat.h"
#include "wasm/compile/ir_compare_test.h"

struct trial {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct bytes bytes;
    struct ir_function function;
};

static void trial_begin(struct trial *trial, const char *text) {
    struct report report;
    report_init(&report);
    *trial = (struct trial){.bytes = support_wat(text)};
    assert_int_equal(host_create(&trial->host), ERROR_NONE);
    budget_init_root(&trial->budget, support_memory(), BUDGET_UNLIMITED);
    assert_int_equal(wasm_engine_create(&trial->host, &trial->budget, &trial->engine), ERROR_NONE);
    assert_int_equal(wasm_module_create(trial->engine, &trial->budget, trial->bytes, &report, &trial->module), ERROR_NONE);
    ir_begin(&trial->function, &trial->budget, trial->module, trial->module->imported_function_count);
    trial->function.in_homes = true;
    assert_int_equal(ir_build(&trial->function), ERROR_NONE);
    ir_number(&trial->function);
    assert_int_equal(ir_check(&trial->function, &report), ERROR_NONE);
}

static void trial_end(struct trial *trial) {
    ir_release(&trial->function);
    wasm_module_destroy(trial->module);
    wasm_engine_destroy(trial->engine);
    budget_end(&trial->budget);
    support_wat_release(trial->bytes);
    assert_int_equal(support_live_bytes(), 0);
}

static uint32_t count_in(const struct ir_function *function, uint32_t block, uint32_t op) {
    uint32_t count = 0;
    for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next)
        count += function->values[value].op == op;
    return count;
}

static uint32_t count_of(const struct ir_function *function, uint32_t op) {
    uint32_t count = 0;
    for (uint32_t block = 0; block < function->block_count; block++)
        count += count_in(function, block, op);
    return count;
}

static void expect_equal(const char *text) {
    struct ir_totals totals = {0};
    struct bytes bytes = support_wat(text);
    for (uint64_t seed = 1; seed < 20; seed++)
        ir_compare(bytes, "homes", seed, seed % 2 == 0, ir_transform_homes, &totals);
    assert_true(totals.calls > 0);
    support_wat_release(bytes);
}

/* Of three locals one is written on every way to where it is read, one is not, and one is read before there is a label. */
static void test_zero(void **state) {
    (void)state;
    static const char text[] = "(module (func (export \"f\") (param i32) (result i32) (local i32 i32 i32)"
                               "(local.set 0 (i32.add (local.get 0) (local.get 3))) (local.set 1 (i32.const 7))"
                               "(block (br_if 0 (local.get 0)) (local.set 2 (i32.const 3)))"
                               "(i32.add (local.get 1) (local.get 2))))";
    struct trial trial;
    trial_begin(&trial, text);
    /* The zero of local 2; then those of locals 0 and 1 before the branch. */
    assert_int_equal(count_in(&trial.function, 0, IR_HOME_SET), 3);
    assert_int_equal(count_of(&trial.function, IR_HOME_SET), 4);
    assert_int_equal(count_of(&trial.function, IR_HOME_GET), 2);
    assert_int_equal(trial.function.home_words, 3);
    trial_end(&trial);
    expect_equal(text);
}

/* Behind a call nothing is known; behind a branch that was not taken all is. */
static void test_regions(void **state) {
    (void)state;
    static const char text[] = "(module (func (export \"f\") (param i32 i32) (result i32) (block (br_if 0 (local.get 0))"
                               "(return (i32.mul (local.get 0) (local.get 1))))"
                               "(local.get 1) (call $g (local.get 0)) (i32.sub) (local.get 0) (i32.xor))"
                               "(func $g (param i32) (result i32) (i32.add (local.get 0) (i32.const 3))))";
    struct trial trial;
    trial_begin(&trial, text);
    /* Behind the block both, behind the call what was below its operand, and local 0. */
    assert_int_equal(count_of(&trial.function, IR_HOME_GET), 4);
    assert_int_equal(count_of(&trial.function, IR_PHI), 0);
    trial_end(&trial);
    expect_equal(text);
}

/* Values of a label that are not in their places are put there aside, where they harm nobody who goes on. */
static void test_aside(void **state) {
    (void)state;
    static const char text[] = "(module (func (export \"f\") (param i32 i32) (result i32)"
                               "(block (result i32) (local.get 0) (i32.const 5) (i32.mul (local.get 1) (i32.const 3)) (br_if 0 (local.get 1))"
                               "(i32.add) (i32.sub)) (i32.const 9) (i32.add))"
                               "(func (export \"g\") (param i32 i64) (result i64) (block (result i64) (block (result i64) (local.get 1) (i64.const 8)"
                               "(local.get 1) (br_table 0 1 0 2 (local.get 0))) (i64.const 1) (i64.add)) (i64.const 77) (i64.mul))"
                               "(func (export \"h\") (param i32) (result i32) (i32.const 1) (i32.const 2) (local.get 0)"
                               "(loop (param i32 i32 i32) (result i32) (i32.add) (i32.const 4) (local.get 0) (i32.const 1) (i32.shr_u) (local.tee 0)"
                               "(local.get 0) (br_if 0) (drop) (i32.mul) (i32.add)))"
                               "(func (export \"i\") (param i32) (result i32) (i32.const 3) (local.get 0)"
                               "(if (param i32) (result i32) (then (local.get 0) (i32.add)) (else (i32.const 2) (i32.shl)))))";
    struct trial trial;
    trial_begin(&trial, text);
    uint32_t last = trial.function.order[trial.function.block_count - 1];
    assert_true(trial.function.blocks[last].is_aside);
    assert_int_equal(count_in(&trial.function, last, IR_HOME_SET), 1);
    trial_end(&trial);
    expect_equal(text);
}

/* ---- The checker ---- */

static struct ir_value *value_of(struct ir_function *function, uint32_t op, uint32_t *block) {
    for (*block = 0; *block < function->block_count; ++*block)
        for (uint32_t value = function->blocks[*block].first; value != IR_NONE; value = function->values[value].next)
            if (function->values[value].op == op)
                return &function->values[value];
    fail_msg("no value of operation %u", op);
    return NULL;
}

static void break_nothing(struct ir_function *function) {
    (void)function;
}

static void break_home(struct ir_function *function) {
    uint32_t block;
    value_of(function, IR_HOME_GET, &block)->aux = function->home_words;
}

static void break_home_type(struct ir_function *function) {
    uint32_t block;
    value_of(function, IR_HOME_SET, &block)->type = WASM_I32;
}

/* A parameter is used behind the label, where no register has it. */
static void break_region(struct ir_function *function) {
    uint32_t block, first;
    struct ir_value *parameter = value_of(function, IR_PARAMETER, &first);
    value_of(function, OP_I32_MUL, &block)->a = (uint32_t)(parameter - function->values);
    assert_true(block > first);
}

/* Another block between the two of a region. */
static void break_layout(struct ir_function *function) {
    uint32_t kept = function->order[1];
    function->order[1] = function->order[2];
    function->order[2] = kept;
}

static void break_phi(struct ir_function *function) {
    uint32_t block;
    value_of(function, IR_HOME_GET, &block)->op = IR_PHI;
}

static void test_check(void **state) {
    (void)state;
    static void (*const breaks[])(struct ir_function *) = {break_home, break_home_type, break_region, break_layout, break_phi, break_nothing};
    for (uint32_t index = 0; index < sizeof breaks / sizeof *breaks; index++) {
        struct trial trial;
        struct report report;
        report_init(&report);
        trial_begin(&trial, "(module (func (param i32) (result i32) (block (br_if 0 (local.get 0)) (return (i32.add (local.get 0) (i32.const 1))))"
                            "(i32.mul (local.get 0) (i32.const 3))))");
        breaks[index](&trial.function);
        enum error error = ir_check(&trial.function, &report);
        if (error != (breaks[index] == break_nothing ? ERROR_NONE : ERROR_INVALID))
            fail_msg("change %u: error %d %s", index, error, report.text);
        trial_end(&trial);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zero),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_aside),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
