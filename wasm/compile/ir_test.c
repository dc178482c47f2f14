/* The intermediate form itself: the checker finds what is wrong, folding and splitting of edges keep it sound, order and loops are what
   they should be, the text is complete. */
#include "tests/support/wat.h"
#include "wasm/show/dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wasm/compile/ir_compare_test.h"

/* A module of which one function is built. */
struct single {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct bytes bytes;
    struct ir_function function;
};

static void single_begin(struct single *single, const char *text, uint32_t index) {
    struct report report;
    report_init(&report);
    *single = (struct single){.bytes = support_wat(text)};
    assert_int_equal(host_create(&single->host), ERROR_NONE);
    budget_init_root(&single->budget, support_memory(), BUDGET_UNLIMITED);
    assert_int_equal(wasm_engine_create(&single->host, &single->budget, &single->engine), ERROR_NONE);
    assert_int_equal(wasm_module_create(single->engine, &single->budget, single->bytes, &report, &single->module), ERROR_NONE);
    ir_begin(&single->function, &single->budget, single->module, index);
    assert_int_equal(ir_build(&single->function), ERROR_NONE);
    assert_int_equal(ir_check(&single->function, &report), ERROR_NONE);
}

static void single_end(struct single *single) {
    ir_release(&single->function);
    wasm_module_destroy(single->module);
    wasm_engine_destroy(single->engine);
    budget_end(&single->budget);
    support_wat_release(single->bytes);
    assert_int_equal(support_live_bytes(), 0);
}

static void expect_sound(const struct ir_function *function) {
    struct report report;
    report_init(&report);
    if (ir_check(function, &report) != ERROR_NONE)
        fail_msg("%s", report.text);
}

/* The first value of an operation, and the block it is in. */
static uint32_t value_find(const struct ir_function *function, uint32_t op, uint32_t *block) {
    for (*block = 0; *block < function->block_count; ++*block)
        for (uint32_t value = function->blocks[*block].first; value != IR_NONE; value = function->values[value].next)
            if (function->values[value].op == op)
                return value;
    fail_msg("no value of operation %u", op);
    return IR_NONE;
}

static struct ir_value *value_of(struct ir_function *function, uint32_t op) {
    uint32_t block;
    return &function->values[value_find(function, op, &block)];
}

static struct ir_block *block_ending(struct ir_function *function, enum ir_end end) {
    for (uint32_t block = 0; block < function->block_count; block++)
        if (function->blocks[block].end == end)
            return &function->blocks[block];
    fail_msg("no block ends so");
    return NULL;
}

/* ---- The checker ---- */

static const char subject[] =
    "(module (memory 1) (global $g (mut i32) (i32.const 1)) (table 3 funcref) (type $two (func (param i32) (result i32 f64)))"
    "(func $two (type $two) (local.get 0) (f64.const 1))"
    "(func (param i32 i64) (result i64) (local i64) (global.set $g (i32.load offset=8 (local.get 0)))"
    "  (call $two (local.get 0)) (drop) (local.set 0) (call_indirect (type $two) (local.get 0) (i32.const 1)) (drop) (drop)"
    "  (loop $l (loop $m (local.set 2 (i64.add (local.get 2) (local.get 1))) (br_if $m (i64.eqz (local.get 2))))"
    "    (block $a (block $b (br_table $a $b $l (local.get 0))) (return (i64.const 3)))"
    "    (if (i32.eqz (local.get 0)) (then (local.set 2 (i64.const 9)) (local.set 1 (i64.const 4))))"
    "    (global.set $g (v128.any_true (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (v128.const i64x2 1 2) (v128.const i64x2 3 4))))"
    "    (br_if $l (i32.wrap_i64 (i64.sub (local.get 2) (local.get 1)))))"
    "  (select (local.get 2) (local.get 1) (local.get 0))))";

static void break_nothing(struct ir_function *function) {
    (void)function;
}

static void break_order_of_values(struct ir_function *function) {
    value_of(function, OP_I64_EQZ)->a = (uint32_t)(value_of(function, OP_I64_SUB) - function->values);
}

static void break_self_use(struct ir_function *function) {
    struct ir_value *value = value_of(function, OP_I64_ADD);
    value->b = (uint32_t)(value - function->values);
}

static void break_operand_type(struct ir_function *function) {
    value_of(function, OP_I64_EQZ)->a = (uint32_t)(value_of(function, IR_PARAMETER) - function->values);
}

static void break_missing_operand(struct ir_function *function) {
    value_of(function, OP_I64_ADD)->b = IR_NONE;
}

static void break_unlisted_operand(struct ir_function *function) {
    value_of(function, OP_I64_ADD)->b = ir_make_constant(function, WASM_I64, 1);
}

static void break_result_type(struct ir_function *function) {
    value_of(function, OP_I32_WRAP_I64)->type = WASM_I64;
}

static void break_phi_count(struct ir_function *function) {
    value_of(function, IR_PHI)->b--;
}

static void break_phi_type(struct ir_function *function) {
    value_of(function, IR_PHI)->type = WASM_F32;
}

static void break_phi_place(struct ir_function *function) {
    uint32_t block;
    value_find(function, OP_I64_ADD, &block);
    uint32_t phi = function->blocks[block].first;
    function->blocks[block].first = function->values[phi].next;
    ir_append(function, block, phi);
}

static void break_list_end(struct ir_function *function) {
    function->blocks[0].last = function->blocks[0].first;
}

static void break_list_twice(struct ir_function *function) {
    uint32_t last = function->blocks[function->block_count - 1].last;
    function->values[last].next = function->blocks[0].first;
}

static void break_mark(struct ir_function *function) {
    value_of(function, OP_SELECT)->mark = 1;
}

static void break_block_mark(struct ir_function *function) {
    function->blocks[1].mark = 1;
}

static void break_deleted(struct ir_function *function) {
    value_of(function, OP_SELECT)->op = IR_DELETED;
}

static void break_end(struct ir_function *function) {
    block_ending(function, IR_END_RETURN)->end = IR_END_NONE;
}

static void break_condition(struct ir_function *function) {
    block_ending(function, IR_END_BRANCH)->operand = (uint32_t)(value_of(function, OP_I64_ADD) - function->values);
}

static void break_no_condition(struct ir_function *function) {
    block_ending(function, IR_END_BRANCH)->operand = IR_NONE;
}

static void break_return_count(struct ir_function *function) {
    block_ending(function, IR_END_RETURN)->argument_count = 0;
}

static void break_return_type(struct ir_function *function) {
    function->pool[block_ending(function, IR_END_RETURN)->arguments] = (uint32_t)(value_of(function, IR_PARAMETER) - function->values);
}

static void break_successor(struct ir_function *function) {
    function->pool[block_ending(function, IR_END_BRANCH)->successors] = function->block_count;
}

static void break_edge_swap(struct ir_function *function) {
    /* Two edges exchange their targets, and nobody tells the predecessors. */
    uint32_t *branch = &function->pool[block_ending(function, IR_END_BRANCH)->successors];
    uint32_t *table = &function->pool[block_ending(function, IR_END_TABLE)->successors];
    uint32_t kept = *branch;
    *branch = *table;
    *table = kept;
}

static void break_edge_count(struct ir_function *function) {
    uint32_t *table = &function->pool[block_ending(function, IR_END_TABLE)->successors];
    table[0] = table[1];
}

static void break_words(struct ir_function *function) {
    value_of(function, IR_CALL_INDIRECT)->a = value_of(function, IR_PHI)->a;
}

static void break_words_end(struct ir_function *function) {
    value_of(function, IR_PHI)->a = function->pool_count;
}

static void break_index(struct ir_function *function) {
    value_of(function, OP_GLOBAL_SET)->aux = 1;
}

static void break_memory(struct ir_function *function) {
    value_of(function, OP_I32_LOAD)->extra = 1;
}

static void break_table(struct ir_function *function) {
    value_of(function, IR_CALL_INDIRECT)->c = 1;
}

static void break_call_count(struct ir_function *function) {
    value_of(function, IR_CALL)->b = 0;
}

static void break_result_place(struct ir_function *function) {
    uint32_t block, result = value_find(function, IR_RESULT, &block), call = function->values[result].a;
    function->values[call].next = function->values[result].next;
    ir_append(function, block, result);
}

static void break_result_number(struct ir_function *function) {
    value_of(function, IR_RESULT)->aux = 2;
}

static void break_parameter(struct ir_function *function) {
    value_of(function, IR_PARAMETER)->aux = 2;
}

static void break_dominator(struct ir_function *function) {
    function->blocks[function->block_count - 1].dominator--;
}

static void break_tree(struct ir_function *function) {
    function->blocks[2].tree_number = function->blocks[1].tree_number;
}

static void break_tree_count(struct ir_function *function) {
    function->blocks[1].tree_count++;
}

static void break_loop(struct ir_function *function) {
    function->blocks[2].loop = IR_NO_BLOCK;
}

static void break_loop_header(struct ir_function *function) {
    function->blocks[1].is_loop = false;
}

static void break_loop_parent(struct ir_function *function) {
    function->blocks[2].loop_parent = IR_NO_BLOCK;
}

static void break_loop_depth(struct ir_function *function) {
    function->blocks[2].loop_depth++;
}

static void break_layout(struct ir_function *function) {
    function->order[1] = function->order[2];
}

static void break_numbers(struct ir_function *function) {
    ir_block_make(function);
}

static void break_opcode(struct ir_function *function) {
    value_of(function, OP_SELECT)->op = OP_LOCAL_GET;
}

static void test_check(void **state) {
    (void)state;
    static void (*const breaks[])(struct ir_function *) = {
        break_order_of_values, break_self_use,     break_operand_type, break_missing_operand, break_unlisted_operand,
        break_result_type,     break_phi_count,    break_phi_type,     break_phi_place,       break_list_end,
        break_list_twice,      break_mark,         break_block_mark,   break_deleted,         break_end,
        break_condition,       break_no_condition, break_return_count, break_return_type,     break_successor,
        break_edge_swap,       break_edge_count,   break_words,        break_words_end,       break_index,
        break_memory,          break_table,        break_call_count,   break_result_place,    break_result_number,
        break_parameter,       break_dominator,    break_tree,         break_tree_count,      break_loop,
        break_loop_header,     break_loop_parent,  break_loop_depth,   break_layout,          break_numbers,
        break_opcode,          break_nothing,
    };
    uint32_t count = sizeof breaks / sizeof *breaks;
    for (uint32_t index = 0; index < count; index++) {
        struct single single;
        struct report report;
        report_init(&report);
        single_begin(&single, subject, 1);
        breaks[index](&single.function);
        enum error error = ir_check(&single.function, &report);
        if (error != (breaks[index] == break_nothing ? ERROR_NONE : ERROR_INVALID))
            fail_msg("change %u: error %d %s", index, error, report.text);
        single_end(&single);
    }
}

/* ---- Order and loops ---- */

static void test_numbers(void **state) {
    (void)state;
    struct single single;
    single_begin(
        &single,
        "(module (func (param i32) (loop $a (loop $b (br_if $b (local.get 0)) (br_if $a (local.get 0)))) (loop $c (br_if $c (local.get 0)))))", 0);
    struct ir_function *function = &single.function;
    /* 0 | 1 $a | 2 $b | 3 between | 4 after $a | 5 $c | 6 */
    assert_int_equal(function->block_count, 7);
    static const uint32_t loops[] = {IR_NO_BLOCK, 1, 2, 1, IR_NO_BLOCK, 5, IR_NO_BLOCK}, depths[] = {0, 1, 2, 1, 0, 1, 0};
    for (uint32_t block = 0; block < 7; block++) {
        assert_int_equal(function->blocks[block].loop, loops[block]);
        assert_int_equal(function->blocks[block].loop_depth, depths[block]);
        assert_int_equal(function->blocks[block].dominator, block - 1);
    }
    assert_int_equal(function->blocks[2].loop_parent, 1);
    assert_int_equal(function->blocks[1].loop_parent, IR_NO_BLOCK);
    /* A back edge has a block of its own after splitting, in its loop and before what follows. */
    ir_split_edges(function);
    expect_sound(function);
    assert_int_equal(function->block_count, 10);
    static const uint32_t split_depths[] = {0, 1, 2, 2, 1, 1, 0, 1, 1, 0};
    for (uint32_t block = 0; block < 10; block++)
        assert_int_equal(function->blocks[block].loop_depth, split_depths[block]);
    single_end(&single);
}

static uint32_t edges_critical(const struct ir_function *function) {
    uint32_t count = 0;
    for (uint32_t block = 0; block < function->block_count; block++) {
        const struct ir_block *at = &function->blocks[block];
        bool joins = false;
        for (uint32_t index = 1; index < at->predecessor_count; index++)
            joins |= function->pool[at->predecessors + index] != function->pool[at->predecessors];
        for (uint32_t index = 0; index < at->predecessor_count; index++)
            count += joins && function->blocks[function->pool[at->predecessors + index]].successor_count > 1;
    }
    return count;
}

static void test_split(void **state) {
    (void)state;
    struct single single;
    single_begin(&single, subject, 1);
    assert_true(edges_critical(&single.function) > 0);
    ir_split_edges(&single.function);
    expect_sound(&single.function);
    assert_int_equal(edges_critical(&single.function), 0);
    uint32_t count = single.function.block_count;
    ir_split_edges(&single.function);
    assert_int_equal(single.function.block_count, count);
    single_end(&single);
}

/* ---- Folding ---- */

static const char folded[] =
    "(module (func (param i32 i32) (result i32) (local.set 1 (i32.const 5)) (loop $l (block $a (block $b (block $c"
    " (br_table $a $b $a $c $a $l (local.get 0))) (local.set 1 (i32.const 6))) (br_if $l (local.get 1))) (return (local.get 1)))"
    " (i32.const 1)))";

/* Folds one end to one of its edges. */
static void fold_one(uint32_t block, uint32_t number) {
    struct single single;
    single_begin(&single, folded, 0);
    struct ir_function *function = &single.function;
    ir_end_fold(function, block, number);
    ir_number(function);
    expect_sound(function);
    ir_clean(function);
    expect_sound(function);
    single_end(&single);
}

/* Every end with several edges is folded to each of these. */
static void test_fold(void **state) {
    (void)state;
    struct single single;
    single_begin(&single, folded, 0);
    uint32_t counts[32] = {0}, count = single.function.block_count, tried = 0;
    assert_true(count <= 32);
    for (uint32_t block = 0; block < count; block++)
        counts[block] = single.function.blocks[block].successor_count;
    single_end(&single);
    for (uint32_t block = 0; block < count; block++)
        for (uint32_t number = 0; counts[block] > 1 && number < counts[block]; number++, tried++)
            fold_one(block, number);
    assert_int_equal(tried, 6 + 2);
}

/* A loop that is no longer entered goes away, and with it the operands that came from it. */
static void test_unreachable(void **state) {
    (void)state;
    struct single single;
    single_begin(
        &single,
        "(module (func (param i32) (result i32) (local i32) (if (i32.const 0) (then (loop $l (local.set 1 (i32.add (local.get 1) (local.get 0)))"
        " (br_if $l (local.get 1))))) (local.get 1)))",
        0);
    struct ir_function *function = &single.function;
    ir_end_fold(function, 0, 1);
    ir_number(function);
    expect_sound(function);
    assert_int_equal(function->block_count, 2);
    assert_int_equal(value_of(function, IR_PHI)->b, 1);
    single_end(&single);
}

/* ---- Text ---- */

static void text_append(void *context, const char *text, size_t size) {
    char *out = context;
    size_t length = strlen(out);
    assert_true(length + size < 8192);
    memcpy(out + length, text, size);
    out[length + size] = 0;
}

static void test_dump(void **state) {
    (void)state;
    char text[8192] = "";
    struct single single;
    single_begin(&single, subject, 1);
    ir_dump(&single.function, text_append, text);
    assert_non_null(strstr(text, "function 1 (i32, i64) to (i64)\n"));
    assert_non_null(strstr(text, "block 2: from 1, "));
    assert_non_null(strstr(text, "; under 1; loop 2, depth 2\n"));
    assert_non_null(strstr(text, "= i32 i32.load v1 offset=0x8"));
    assert_non_null(strstr(text, "= call v1 function=0"));
    assert_non_null(strstr(text, "lanes=0x0f0e0d0c0b0a09080706050403020100"));
    assert_non_null(strstr(text, "    table v"));
    assert_non_null(strstr(text, " phi v"));
    single_end(&single);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check), cmocka_unit_test(test_numbers),     cmocka_unit_test(test_split),
        cmocka_unit_test(test_fold),  cmocka_unit_test(test_unreachable), cmocka_unit_test(test_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
