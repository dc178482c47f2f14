/* What each pass does to functions written by hand, and that these still compute what the interpreter does. The rules of the
   simplification are in simplify_test.c. */
#include "tests/support/wat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wasm/compile/optimize/pass_test.h"

/* ---- What each pass does ---- */

/* Values of an operation in a function; with in_loop, only those in loops. */
static uint32_t op_count(const struct ir_function *function, uint32_t op, bool in_loop) {
    uint32_t count = 0;
    for (uint32_t block = 0; block < function->block_count; block++)
        for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next)
            count += function->values[value].op == op && (!in_loop || function->blocks[block].loop != IR_NO_BLOCK);
    return count;
}

/* The first function of a module after one pass (and the builder), and that the pass changes nothing but that. */
struct trial {
    struct ir_pair pair;
    struct bytes bytes;
    struct ir_function function;
};

static void trial_begin(struct trial *trial, const char *text, ir_transform *run) {
    trial->bytes = support_wat(text);
    assert_true(ir_pair_begin(&trial->pair, trial->bytes, "trial", 1));
    trial->pair.deep = true;
    trial->pair.calls = 20;
    ir_pair_compare(&trial->pair, run);
    ir_begin(&trial->function, &trial->pair.budget, trial->pair.module, trial->pair.module->imported_function_count);
    assert_int_equal(ir_build(&trial->function), ERROR_NONE);
    ir_clean(&trial->function);
    run(&trial->function);
    ir_expect_sound(&trial->pair, &trial->function, "after the pass");
}

static void trial_end(struct trial *trial) {
    ir_release(&trial->function);
    ir_pair_end(&trial->pair);
    support_wat_release(trial->bytes);
}

static void test_cse(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (func (param i32 i32) (result i32) (local i32) (local.set 2 (i32.mul (local.get 0) (local.get 1)))"
                "(if (local.get 0) (then (local.set 2 (i32.add (local.get 2) (i32.mul (local.get 0) (local.get 1)))))"
                "(else (local.set 2 (i32.xor (local.get 2) (i32.div_u (local.get 0) (local.get 1))))))"
                "(i32.add (local.get 2) (i32.div_u (local.get 0) (local.get 1)))))",
                cse_run);
    assert_int_equal(op_count(&trial.function, OP_I32_MUL, false), 1);
    assert_int_equal(op_count(&trial.function, OP_I32_DIV_U, false), 2); /* one does not dominate the other */
    trial_end(&trial);
    trial_begin(&trial,
                "(module (func (param v128) (result v128) (v128.and (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (local.get 0) (local.get 0))"
                "(v128.or (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (local.get 0) (local.get 0))"
                "(i8x16.shuffle 1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (local.get 0) (local.get 0))))))",
                cse_run);
    assert_int_equal(op_count(&trial.function, OP_I8X16_SHUFFLE, false), 2);
    trial_end(&trial);
}

static void test_globals(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (global $g (mut i32) (i32.const 5)) (global $c i32 (i32.const 9))"
                "(func (param i32) (result i32) (global.set $g (i32.sub (global.get $g) (i32.const 16)))"
                "(if (local.get 0) (then (call $f))) (i32.add (global.get $g) (i32.add (global.get $c) (global.get $c))))"
                "(func $f (global.set $g (i32.const 3))))",
                cse_run);
    assert_int_equal(op_count(&trial.function, OP_GLOBAL_GET, false), 3); /* the second $g is read behind a call */
    trial_end(&trial);
    trial_begin(&trial,
                "(module (global $g (mut i32) (i32.const 5))"
                "(func (param i32) (result i32) (global.set $g (i32.sub (global.get $g) (i32.const 16)))"
                "(if (local.get 0) (then (nop)) (else (drop (global.get $g)))) (i32.add (global.get $g) (global.get $g))))",
                cse_run);
    assert_int_equal(op_count(&trial.function, OP_GLOBAL_GET, false), 1);
    trial_end(&trial);
}

/* What a loop writes to a global may have been written when its header is reached. */
static void test_globals_loop(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (global $g (mut i32) (i32.const 5)) (func (param i32) (result i32) (local i32) (global.set $g (i32.const 1))"
                "(loop (local.set 1 (i32.add (local.get 1) (global.get $g))) (global.set $g (i32.add (local.get 1) (local.get 0)))"
                "(br_if 0 (i32.lt_u (local.get 1) (i32.const 1000)))) (i32.add (local.get 1) (global.get $g))))",
                cse_run);
    assert_int_equal(op_count(&trial.function, OP_GLOBAL_GET, false), 1);
    trial_end(&trial);
}

/* One cell under two names. */
static void test_globals_alias(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (import \"e\" \"a\" (global $a (mut i32))) (import \"e\" \"b\" (global $b (mut i32))) (global $own (mut i32) (i32.const 1))"
                "(func (param i32) (result i32) (global.set $a (local.get 0)) (global.set $own (local.get 0)) (global.set $b (i32.const 1))"
                "(i32.add (global.get $own) (i32.add (global.get $a) (global.get $b)))))",
                cse_run);
    assert_int_equal(op_count(&trial.function, OP_GLOBAL_GET, false), 1);
    trial_end(&trial);
}

/* A constant that is made again before the loop is one of its own, with bytes of its own. */
static void test_loop_constant(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (func (param v128 i32) (result v128) (local v128 v128) (loop (local.set 2 (v128.const i32x4 1 2 3 4))"
                "(local.set 3 (i32x4.add (v128.xor (local.get 3) (local.get 2)) (i32x4.mul (local.get 0) (local.get 2))))"
                "(br_if 0 (i32.gt_s (local.tee 1 (i32.sub (local.get 1) (i32.const 1))) (i32.const 0)))) (local.get 3)))",
                loop_run);
    assert_int_equal(op_count(&trial.function, OP_I32X4_MUL, true), 0);
    assert_int_equal(op_count(&trial.function, IR_CONSTANT_V128, true), 1);
    trial_end(&trial);
}

static void test_loop(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (func (param f64 i32) (result f64) (local i32 f64) (if (local.get 1) (then (loop"
                "(local.set 3 (f64.add (local.get 3) (f64.mul (local.get 0) (f64.const 3))))"
                "(loop (local.set 3 (f64.add (local.get 3) (f64.div (local.get 0) (f64.const 7))))"
                "(br_if 0 (i32.and (local.tee 2 (i32.add (local.get 2) (i32.const 1))) (i32.const 3))))"
                "(br_if 0 (i32.lt_u (local.get 2) (i32.const 20)))))) (local.get 3)))",
                loop_run);
    assert_int_equal(op_count(&trial.function, OP_F64_MUL, true), 0);
    assert_int_equal(op_count(&trial.function, OP_F64_DIV, true), 0);
    assert_int_equal(op_count(&trial.function, OP_F64_ADD, true), 2);
    assert_int_equal(op_count(&trial.function, OP_I32_ADD, true), 1);
    trial_end(&trial);
}

static void test_inline(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (memory 1) (func (param i32) (result i32) (local i32) (call $two (i32.add (call $pick (local.get 0)) (i32.const 1)))"
                "(i32.sub) (call $stop (local.get 0)) (if (call $pick (local.get 0)) (then (local.set 1 (call $pick (i32.const 3)))))"
                "(i32.add (local.get 1)))"
                "(func $pick (param i32) (result i32) (if (result i32) (i32.gt_u (local.get 0) (i32.const 9)) (then (i32.load (local.get 0))) (else "
                "(i32.const 7))))"
                "(func $two (param i32) (result i32 i32) (i32.mul (local.get 0) (i32.const 3)) (i32.xor (local.get 0) (i32.const 3)))"
                "(func $stop (param i32) (if (i32.eq (local.get 0) (i32.const 31)) (then (unreachable)))))",
                inline_run);
    assert_int_equal(op_count(&trial.function, IR_CALL, false), 0);
    assert_int_equal(op_count(&trial.function, OP_I32_LOAD, false), 3);
    trial_end(&trial);
    trial_begin(
        &trial,
        "(module (func $self (param i32) (result i32) (if (result i32) (local.get 0) (then (call $self (i32.shr_u (local.get 0) (i32.const 1))))"
        "(else (call $calls (local.get 0))))) (func $calls (param i32) (result i32) (i32.add (call $leaf (local.get 0)) (i32.const 1)))"
        "(func $leaf (param i32) (result i32) (i32.mul (local.get 0) (i32.const 5))))",
        inline_run);
    assert_int_equal(op_count(&trial.function, IR_CALL, false), 2);
    trial_end(&trial);
    trial_begin(&trial, "(module (func (result i32) (call $never) (i32.const 4)) (func $never (unreachable)))", inline_run);
    assert_int_equal(trial.function.block_count, 2);
    trial_end(&trial);
}

/* What a caller may gain has a limit. */
static void test_inline_growth(void **state) {
    (void)state;
    char text[20000] = "(module (memory 1) (func (param i32)";
    for (uint32_t call = 0; call < 400; call++)
        strcat(text, "(call $leaf (local.get 0))");
    strcat(text, ") (func $leaf (param i32) (i32.store (i32.const 8) (i32.mul (i32.add (local.get 0) (i32.const 77)) (i32.load (i32.const 4))))"
                 "(i32.store (i32.const 4) (i32.xor (i32.load (i32.const 8)) (i32.load (i32.const 12))))))");
    struct trial trial;
    trial_begin(&trial, text, inline_run);
    uint32_t calls = op_count(&trial.function, IR_CALL, false);
    assert_in_range(calls, 300, 399);
    trial_end(&trial);
}

static void transform_merge(struct ir_function *function) {
    simplify_run(function);
    merge_run(function);
}

static void test_merge(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (func (param i32) (result i32) (block (block (br_if 0 (i32.const 1)) (local.set 0 (i32.const 5))) (br 0)) (local.get 0)))",
                transform_merge);
    assert_int_equal(trial.function.block_count, 1);
    trial_end(&trial);
    /* The inner end is only passed through. */
    trial_begin(&trial,
                "(module (memory 1) (func (param i32 i32) (block (block (br_if 0 (local.get 0)) (i32.store (i32.const 0) (local.get 1)) (br_if 1 "
                "(local.get 1))"
                "(i32.store (i32.const 8) (local.get 1)) (br_if 0 (i32.eqz (local.get 1))) (i32.store (i32.const 16) (local.get 1)))) (i32.store "
                "(i32.const 4) (local.get 0))))",
                transform_merge);
    for (uint32_t block = 1; block < trial.function.block_count; block++)
        assert_true(trial.function.blocks[block].first != IR_NONE);
    trial_end(&trial);
}

/* A block that is passed through stays where one of its predecessors goes to the same place with another value. */
static void test_merge_keeps(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (func (param i32 i32) (result i32) (block (result i32) (block (br_if 0 (i32.and (local.get 1) (i32.const 1)))"
                "(br_if 1 (local.get 0) (i32.eqz (local.get 0))) (drop)) (local.get 1))))",
                transform_merge);
    trial_end(&trial);
}

static void transform_layout(struct ir_function *function) {
    ir_split_edges(function);
    layout_run(function);
    layout_expect_sound(function);
}

static void test_layout(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (func (param i32) (result i32) (local i32) (loop (if (i32.eq (local.get 1) (local.get 0)) (then (return (i32.mul (local.get "
                "1) (i32.const 3)))))"
                "(if (i32.eq (local.get 1) (i32.const 77)) (then (unreachable)))"
                "(br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 100)))) (i32.const 1)))",
                transform_layout);
    uint32_t last = trial.function.order[trial.function.order_count - 1];
    assert_int_equal(trial.function.blocks[last].end, IR_END_UNREACHABLE);
    trial_end(&trial);
}

static void transform_bound(struct ir_function *function) {
    bound_run(function);
    cse_run(function);
}

/* One bound for an index and what lies close behind it; none for what is always inside; in loops as elsewhere. */
static void test_bound(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (memory 1) (func (param i32 i32) (result i32)"
                "(i32.store offset=8 (local.get 0) (i32.load offset=4 (local.get 0)))"
                "(if (local.get 1) (then (i32.store offset=0x7fffc (local.get 0) (local.get 1))))"
                "(i32.store8 offset=0xffff (i32.const 0) (local.get 1))"
                "(loop (br_if 0 (i32.load (local.get 0)))) (i32.load offset=12 (local.get 0))))",
                transform_bound);
    assert_int_equal(op_count(&trial.function, IR_BOUND, false), 1);
    trial_end(&trial);
    trial_begin(&trial,
                "(module (memory 1) (memory 1) (func (param i32 i32) (result i32)"
                "(if (local.get 0) (then (i32.store (local.get 0) (local.get 1))))" /* does not dominate */
                "(i32.store offset=0x80000 (local.get 0) (local.get 1))"            /* too far */
                "(i32.store offset=0xfffffff0 (local.get 0) (local.get 1))"         /* farther */
                "(i32.store 1 (local.get 0) (local.get 1))"                         /* of another memory */
                "(i32.store8 offset=0x10000 (i32.const 0) (local.get 1))"           /* outside */
                "(i32.load (local.get 0))))",
                transform_bound);
    assert_int_equal(op_count(&trial.function, IR_BOUND, false), 6);
    trial_end(&trial);
}

/* Where an atomic access is out of bounds, it is aligned all the same: no part of the offset is left that is not a multiple of the width. */
static void test_bound_of_atomic(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial,
                "(module (memory 1) (func (param i32 i64) (result i64) (i64.atomic.store offset=12 (local.get 0) (local.get 1))"
                "(i64.atomic.rmw16.and_u offset=0xffff (local.get 0) (local.get 1))))",
                ir_clean);
    bound_run(&trial.function);
    uint32_t found = 0;
    for (uint32_t value = 1; value < trial.function.value_count; value++) {
        const struct ir_value *at = &trial.function.values[value];
        if (at->op < OPCODE_PAGE_FE || at->op >= OPCODE_COUNT)
            continue;
        const struct ir_value *bound = &trial.function.values[at->a];
        assert_int_equal(bound->op, IR_BOUND);
        assert_int_equal(at->aux % (at->op == OP_I64_ATOMIC_STORE ? 8 : 2), 0);
        assert_int_equal(bound->aux + at->aux, at->op == OP_I64_ATOMIC_STORE ? 12 : 0xFFFF);
        found++;
    }
    assert_int_equal(found, 2);
    trial_end(&trial);
}

/* Off means off, and the fast mode has nothing on. */
static void test_passes_off(void **state) {
    (void)state;
    struct trial trial;
    trial_begin(&trial, "(module (func (param i32) (result i32) (i32.add (local.get 0) (i32.const 0))))", ir_clean);
    struct compile_options options = {.passes_off = 1u << PASS_SIMPLIFY, .check = true};
    assert_int_equal(passes_run(&trial.function, &options), ERROR_NONE);
    assert_int_equal(op_count(&trial.function, OP_I32_ADD, false), 1);
    options = (struct compile_options){.mode = COMPILE_FAST};
    trial.function.in_homes = true;
    assert_int_equal(passes_run(&trial.function, &options), ERROR_NONE);
    assert_int_equal(op_count(&trial.function, OP_I32_ADD, false), 1);
    trial.function.in_homes = false;
    options = (struct compile_options){.passes_off = ~(1u << PASS_SIMPLIFY)};
    assert_int_equal(passes_run(&trial.function, &options), ERROR_NONE);
    assert_int_equal(op_count(&trial.function, OP_I32_ADD, false), 0);
    trial_end(&trial);
    trial_begin(&trial, "(module (memory 1) (func (param i32) (result i32) (i32.load (local.get 0))))", ir_clean);
    options = (struct compile_options){.mode = COMPILE_FAST, .check_bounds = true, .check = true};
    assert_int_equal(passes_run(&trial.function, &options), ERROR_NONE);
    assert_int_equal(op_count(&trial.function, IR_BOUND, false), 1);
    trial_end(&trial);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cse),
        cmocka_unit_test(test_globals),
        cmocka_unit_test(test_globals_loop),
        cmocka_unit_test(test_globals_alias),
        cmocka_unit_test(test_loop),
        cmocka_unit_test(test_loop_constant),
        cmocka_unit_test(test_inline),
        cmocka_unit_test(test_inline_growth),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_merge_keeps),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_bound_of_atomic),
        cmocka_unit_test(test_passes_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
