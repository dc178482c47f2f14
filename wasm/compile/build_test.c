/* The builder on modules written by hand: what SSA computes is what the interpreter computes; where there are phis and where
   there are none; hostile bodies end with ERROR_LIMIT; every failed allocation ends well. */
#include "tests/support/wat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "wasm/compile/ir_compare_test.h"

/* ---- The same as the interpreter ---- */

static void transform_tidy(struct ir_function *function) {
    ir_clean(function);
    ir_split_edges(function);
}

static void compare_text(const char *name, const char *text) {
    struct bytes bytes = support_wat(text);
    struct ir_totals totals = {0};
    assert_true(ir_compare(bytes, name, 1, false, NULL, &totals));
    assert_true(ir_compare(bytes, name, 2, false, transform_tidy, &totals));
    assert_true(ir_compare(bytes, name, 3, true, transform_tidy, &totals));
    support_wat_release(bytes);
    assert_int_equal(support_live_bytes(), 0);
}

static void test_straight(void **state) {
    (void)state;
    compare_text("straight",
                 "(module (memory (export \"m\") 1 3) (memory 1) (global $g (mut i64) (i64.const 5)) (global (mut v128) (v128.const i64x2 1 2))"
                 "(func (param i32 i32) (result i32) (i32.add (local.get 0) (i32.div_s (local.get 1) (local.get 0))))"
                 "(func (param i64 f64) (result f64) (f64.mul (f64.convert_i64_s (local.get 0)) (local.get 1)))"
                 "(func (param i32) (result i64) (i64.load offset=4 (i32.and (local.get 0) (i32.const 0x1FFFF))))"
                 "(func (param i32 i64) (i64.store16 1 offset=9 (i32.and (local.get 0) (i32.const 0x1FFFF)) (local.get 1)))"
                 "(func (param i32) (result i64) (local i64) (local.get 1) (local.set 1 (i64.const 7)) (i64.add (local.get 1)))"
                 "(func (param i32) (result i32) (memory.grow (i32.and (local.get 0) (i32.const 1))) (drop) (memory.size))"
                 "(func (param i64) (result i64) (global.get $g) (global.set $g (local.get 0)))"
                 "(func (param v128) (result v128) (global.get 1) (global.set 1 (local.get 0)))"
                 "(func (param i32 f32 f32) (result f32) (select (local.get 1) (local.get 2) (local.get 0)))"
                 "(func (param i32 i32) (memory.fill (i32.and (local.get 0) (i32.const 0xFFF)) (local.get 1) (i32.const 99)))"
                 "(func (param i32) (memory.copy 1 0 (i32.const 40) (i32.and (local.get 0) (i32.const 0xFFF)) (i32.const 64)))"
                 "(func (result f32 f64 v128 funcref externref) (local f32 f64 v128 funcref externref) (local.get 0) (local.get 1)"
                 "  (local.get 2) (local.get 3) (local.get 4)) (func (drop (i32.const 1))) (func (nop) (unreachable)))");
}

static void test_vectors(void **state) {
    (void)state;
    compare_text("vectors",
                 "(module (memory 1)"
                 "(func (param v128 v128) (result v128) (i8x16.shuffle 0 31 1 30 2 29 3 28 4 27 5 26 6 25 7 24 (local.get 0) (local.get 1)))"
                 "(func (param v128) (result i32) (i16x8.extract_lane_s 5 (local.get 0)))"
                 "(func (param v128 i64) (result v128) (i64x2.replace_lane 1 (local.get 0) (local.get 1)))"
                 "(func (param i32 v128) (result v128) (v128.load16_lane offset=2 3 (i32.and (local.get 0) (i32.const 0xFF)) (local.get 1)))"
                 "(func (param i32 v128) (v128.store32_lane offset=7 2 (i32.and (local.get 0) (i32.const 0xFF)) (local.get 1)))"
                 "(func (param i32) (result v128) (v128.load8x8_u (local.get 0)))"
                 "(func (param i32 v128) (v128.store (i32.and (local.get 0) (i32.const 0xFF)) (local.get 1)))"
                 "(func (param i32 v128) (result v128) (local v128) (if (local.get 0) (then (local.set 2 (local.get 1)))) (local.get 2))"
                 "(func (param i32 v128) (result v128) (select (local.get 1) (v128.const i32x4 1 2 3 4) (local.get 0)))"
                 "(func (param v128 v128 v128) (result v128) (v128.bitselect (local.get 0) (local.get 1) (local.get 2))))");
}

static void test_atomics(void **state) {
    (void)state;
    compare_text(
        "atomics",
        "(module (memory 1) (func (param i32 i64) (result i64) (i64.atomic.rmw16.add_u (i32.and (local.get 0) (i32.const 0xFF)) (local.get 1)))"
        "(func (param i32 i32 i32) (result i32) (i32.atomic.rmw.cmpxchg offset=8 (i32.and (local.get 0) (i32.const 0xFC)) (local.get 1) (local.get "
        "2)))"
        "(func (param i32) (i32.atomic.store (local.get 0) (i32.const 5)) (atomic.fence))"
        "(func (param i32) (result i32) (memory.atomic.notify (i32.and (local.get 0) (i32.const 0xFC)) (i32.const 1)))"
        "(func (param i32) (result i32) (memory.atomic.wait32 (i32.and (local.get 0) (i32.const 0xFC)) (i32.const 1) (i64.const 0))))");
}

static void test_branches(void **state) {
    (void)state;
    compare_text(
        "branches",
        "(module (type $swap (func (param i32 i64) (result i64 i32)))"
        /* Phis for locals and for a block's results. */
        "(func (param i32 i32) (result i32) (local i32) (block $b (result i32) (local.set 2 (i32.const 3)) (br_if $b (local.get 1) (local.get 0))"
        "  (drop) (local.set 2 (i32.const 4)) (i32.const 9)) (i32.add (local.get 2)))"
        /* An if with both arms, with one, with parameters. */
        "(func (param i32 i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 1)) (else (local.get 1))))"
        "(func (param i32 i32) (result i32) (if (local.get 0) (then (local.set 1 (i32.const 77)))) (local.get 1))"
        "(func (param i32 i64) (result i64 i32) (local.get 0) (local.get 1) (local.get 0) (if (type $swap) (then (i64.add (local.get 1)) (i32.const "
        "2)"
        "  (drop) (drop) (drop) (local.get 1) (local.get 0)) (else (drop) (drop) (i64.const 1) (i32.const 2))))"
        "(func (param i32) (result i32) (i32.const 6) (local.get 0) (if (param i32) (result i32) (then (i32.const 1) (i32.add))))"
        /* Arms that leave. */
        "(func (param i32 i32) (result i32) (block $b (if (local.get 0) (then (br $b)) (else (local.set 1 (i32.const 5)) (br $b)))"
        "  (return (i32.const 1))) (local.get 1))"
        "(func (param i32) (result i32) (if (local.get 0) (then (return (i32.const 8)))) (i32.const 9))"
        "(func (param i32) (if (local.get 0) (then (unreachable)) (else (unreachable))))"
        "(func (param i32) (result i32) (br_if 0 (i32.const 4) (local.get 0)) (drop) (i32.const 5))"
        "(func (param i32) (result i32 i32) (i32.const 1) (i32.const 2) (local.get 0) (br_if 0) (i32.add) (i32.const 7))"
        /* Code that is not reached, with everything in it. */
        "(func (param i32) (result i32) (return (i32.const 3)) (block (loop (if (i32.const 1) (then (br 2)) (else (br 1))))) (br_table 0 0 "
        "(i32.const 1)))"
        "(func (result i32) (block (br 0) (if (then (nop)) (else (unreachable)))) (loop (result i32) (i32.const 4) (br 1) (unreachable) (drop)))"
        "(func (result i32) (block $a (block $b (br $a) (drop)) (unreachable)) (i32.const 12)))");
}

static void test_loops(void **state) {
    (void)state;
    compare_text(
        "loops",
        "(module (memory 1)"
        "(func (param i32) (result i32) (local i32) (local.set 0 (i32.and (local.get 0) (i32.const 255))) (block $end (loop $top"
        "  (br_if $end (i32.eqz (local.get 0))) (local.set 1 (i32.add (local.get 1) (local.get 0))) (local.set 0 (i32.sub (local.get 0) (i32.const "
        "1)))"
        "  (br $top))) (local.get 1))"
        /* Nested; the inner one writes what only the outer one reads. */
        "(func (param i32) (result i32) (local i32 i32 i32) (local.set 1 (i32.and (local.get 0) (i32.const 31)))"
        "  (loop $out (local.set 2 (i32.and (local.get 1) (i32.const 7))) (local.set 3 (i32.add (local.get 3) (i32.const 1)))"
        "    (loop $in (if (i32.eqz (i32.rem_u (local.get 2) (i32.const 3))) (then (local.set 3 (i32.add (local.get 2) (local.get 3)))))"
        "      (local.set 2 (i32.sub (local.get 2) (i32.const 1))) (br_if $in (i32.gt_s (local.get 2) (i32.const 0))))"
        "    (local.set 1 (i32.sub (local.get 1) (i32.const 1))) (br_if $out (i32.gt_s (local.get 1) (i32.const 0)))) (local.get 3))"
        /* Parameters, several back edges, a table back. */
        "(func (param i32) (result i64) (i64.const 1) (local.set 0 (i32.and (local.get 0) (i32.const 63))) (loop (param i64) (result i64)"
        "  (i64.mul (i64.const 3)) (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if 0 (i32.gt_s (local.get 0) (i32.const 20)))"
        "  (i64.const 5) (i64.xor) (block (param i64) (result i64) (br_table 1 0 0 1 0 (i32.and (local.get 0) (i32.const 7)))) (i64.const 7) "
        "(i64.add)"
        "  (br_if 0 (i32.gt_s (local.get 0) (i32.const 3)))))"
        /* A swap, which reads phis together. */
        "(func (param i32 i32 i32) (result i32) (local i32) (local.set 0 (i32.and (local.get 0) (i32.const 15))) (loop (local.set 3 (local.get 1))"
        "  (local.set 1 (local.get 2)) (local.set 2 (local.get 3)) (local.set 0 (i32.sub (local.get 0) (i32.const 1)))"
        "  (br_if 0 (i32.gt_s (local.get 0) (i32.const 0)))) (i32.sub (local.get 1) (local.get 2)))"
        /* Loops that do not come back, and one that never ends its body. */
        "(func (param i32) (result i32) (loop (result i32) (local.set 0 (i32.add (local.get 0) (i32.const 1))) (local.get 0)))"
        "(func (param i32) (result i32) (loop (local.set 0 (i32.shr_u (local.get 0) (i32.const 1))) (br_if 0 (local.get 0)) (return (local.get 0)))"
        "  (unreachable)))");
}

static void test_tables(void **state) {
    (void)state;
    compare_text(
        "tables",
        "(module (table $t 6 funcref) (table $u 3 externref) (type $unary (func (param i32) (result i32)))"
        "(elem (table $t) (i32.const 0) func $double $triple $none) (elem $more func $triple $double) (elem declare func $double)"
        "(func $double (param i32) (result i32) (i32.add (local.get 0) (local.get 0)))"
        "(func $triple (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3))) (func $none)"
        "(func (param i32 i32) (result i32) (call_indirect (type $unary) (local.get 0) (i32.and (local.get 1) (i32.const 7))))"
        "(func (param i32) (result i32) (block $c (block $b (block $a (br_table $a $b $a $c $a $b (local.get 0))) (return (i32.const 10)))"
        "  (return (i32.const 20))) (i32.const 30))"
        "(func (param i32 i32) (result i32) (block $b (result i32) (i32.add (i32.const 5) (block $a (result i32) (local.get 1) (local.get 0)"
        "  (br_table 0 1 2 2 1 0 1)))))"
        "(func (param i32) (result i32) (br_table 0 0 0 (i32.const 8) (local.get 0)))"
        "(func (param i32) (br_table 0 (local.get 0)))"
        "(func (param i32 funcref) (table.set $t (i32.and (local.get 0) (i32.const 7)) (local.get 1)))"
        "(func (param i32) (result funcref) (table.get $t (i32.and (local.get 0) (i32.const 7))))"
        "(func (param i32) (result i32) (table.grow $t (ref.null func) (i32.and (local.get 0) (i32.const 1))))"
        "(func (param i32) (table.fill $u (i32.and (local.get 0) (i32.const 1)) (ref.null extern) (i32.const 2)) (table.copy $t $t (i32.const 1) "
        "(i32.const 0)"
        "  (i32.const 3))) (func (result i32) (table.size $u)) (func (param i32) (table.init $t $more (i32.const 3) (i32.const 0)"
        "  (i32.and (local.get 0) (i32.const 1)))) (func (elem.drop $more)) (func (param externref) (result i32) (ref.is_null (local.get 0)))"
        "(func (result funcref) (ref.null func)))");
}

static void test_calls(void **state) {
    (void)state;
    compare_text(
        "calls",
        "(module (import \"e\" \"f\" (func $host (param i32 f64) (result i64))) (import \"e\" \"g\" (func $host_two (param i32) (result i32 f32)))"
        "(memory 1) (data $d \"abcdef\")"
        "(func $two (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))"
        "(func (param i32 i64) (result i32) (call $two (local.get 0) (local.get 1)) (local.set 0) (i32.wrap_i64) (i32.add (local.get 0)))"
        "(func (param i32 i64) (drop (drop (call $two (local.get 0) (local.get 1)))))"
        "(func (param i32 f64) (result i64) (call $host (local.get 0) (local.get 1)))"
        "(func (param i32) (result f32) (call $host_two (local.get 0)) (f32.sqrt) (drop) (local.set 0) (f32.convert_i32_s (local.get 0)))"
        "(func $down (param i32 i64) (result i64) (if (i32.eqz (local.get 0)) (then (return (local.get 1))))"
        "  (return_call $down (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 3))))"
        "(func (param i32 i64) (result i64) (call $down (i32.and (local.get 0) (i32.const 0xFF)) (local.get 1)))"
        "(func (param i32 i64) (result i64 i32) (return_call $two (local.get 0) (local.get 1)))"
        "(func (param i32) (result i32 f32) (return_call $host_two (local.get 0)))"
        "(func (param i32) (memory.init $d (i32.const 3) (i32.and (local.get 0) (i32.const 3)) (i32.const 4))) (func (data.drop $d))"
        "(func $fibonacci (param i32) (result i32) (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0)) (else"
        "  (i32.add (call $fibonacci (i32.sub (local.get 0) (i32.const 1))) (call $fibonacci (i32.sub (local.get 0) (i32.const 2)))))))"
        "(func (param i32) (result i32) (call $fibonacci (i32.and (local.get 0) (i32.const 7))))"
        "(func $trap (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0))) (func (param i32) (result i32)"
        "  (i32.add (i32.const 1) (call $trap (i32.and (local.get 0) (i32.const 1))))))");
}

/* ---- The form ---- */

/* A module of which function 0 is built. */
struct single {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct bytes bytes;
    struct ir_function function;
};

static void single_load(struct single *single, struct bytes bytes) {
    struct report report;
    report_init(&report);
    *single = (struct single){.bytes = bytes};
    assert_int_equal(host_create(&single->host), ERROR_NONE);
    budget_init_root(&single->budget, support_memory(), BUDGET_UNLIMITED);
    assert_int_equal(wasm_engine_create(&single->host, &single->budget, &single->engine), ERROR_NONE);
    if (wasm_module_create(single->engine, &single->budget, bytes, &report, &single->module) != ERROR_NONE)
        fail_msg("%s", report.text);
    ir_begin(&single->function, &single->budget, single->module, 0);
}

static void single_end(struct single *single) {
    ir_release(&single->function);
    wasm_module_destroy(single->module);
    wasm_engine_destroy(single->engine);
    budget_end(&single->budget);
    assert_int_equal(support_live_bytes(), 0);
}

/* Loads, builds and checks. */
static void single_begin(struct single *single, const char *text) {
    struct report report;
    report_init(&report);
    single_load(single, support_wat(text));
    assert_int_equal(ir_build(&single->function), ERROR_NONE);
    if (ir_check(&single->function, &report) != ERROR_NONE)
        fail_msg("%s", report.text);
}

static uint32_t count_of(const struct ir_function *function, uint32_t op) {
    uint32_t count = 0;
    for (uint32_t block = 0; block < function->block_count; block++)
        for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next)
            count += function->values[value].op == op;
    return count;
}

static void expect_form(const char *text, uint32_t phis, uint32_t blocks, uint32_t depth) {
    struct single single;
    single_begin(&single, text);
    assert_int_equal(count_of(&single.function, IR_PHI), phis);
    assert_int_equal(single.function.block_count, blocks);
    uint32_t deepest = 0;
    for (uint32_t block = 0; block < single.function.block_count; block++)
        deepest = single.function.blocks[block].loop_depth > deepest ? single.function.blocks[block].loop_depth : deepest;
    assert_int_equal(deepest, depth);
    struct bytes bytes = single.bytes;
    single_end(&single);
    support_wat_release(bytes);
}

static void test_form(void **state) {
    (void)state;
    /* No control flow: one block. */
    expect_form("(module (func (param i32) (result i32) (block (loop (local.set 0 (i32.const 1)))) (local.get 0)))", 0, 1, 0);
    /* One local changes in one arm. */
    expect_form("(module (func (param i32 i32) (result i32) (if (local.get 0) (then (local.set 1 (i32.const 1)))) (local.get 1)))", 1, 3, 0);
    /* The same, but it is not read any more. */
    expect_form("(module (func (param i32 i32) (if (local.get 0) (then (local.set 1 (i32.const 1))))))", 0, 3, 0);
    /* ... or written before it is. */
    expect_form("(module (func (param i32 i32) (result i32) (if (local.get 0) (then (local.set 1 (i32.const 1)))) (local.set 1 (i32.const 2)) "
                "(local.get 1)))",
                0, 3, 0);
    /* A loop: what it only reads has no phi. */
    expect_form("(module (func (param i32 i32) (loop (local.set 0 (i32.sub (local.get 0) (local.get 1))) (br_if 0 (local.get 0)))))", 1, 3, 1);
    /* Written in the loop with its own value: the phi turns out to be trivial. */
    expect_form("(module (func (param i32 i32) (loop (local.set 1 (local.get 1)) (br_if 0 (local.get 1)))))", 0, 3, 1);
    /* Temporaries of a loop's body are not live at its header. */
    expect_form(
        "(module (func (param i32) (local i32) (loop (local.set 1 (i32.clz (local.get 0))) (local.set 0 (local.get 1)) (br_if 0 (local.get 1)))))", 1,
        3, 1);
    /* Zeroes that meet are one constant, without a phi. */
    expect_form("(module (func (param i32) (result i64) (local i64) (if (local.get 0) (then (call 0 (i32.const 0)) (drop))) (local.get 1)))", 0, 3,
                0);
    /* A table with one label many times: one block between. */
    expect_form("(module (func (param i32) (block $a (block $b (br_table $a $a $b $a $a (local.get 0))))))", 0, 4, 0);
    expect_form("(module (func (param i32) (loop (loop (br_if 1 (local.get 0)) (br_if 0 (local.get 0))))))", 0, 5, 2);
}

/* ---- Hostile bodies ---- */

/* A writer of modules with one function without parameters and results. */
struct writer {
    uint8_t *bytes;
    size_t count, capacity;
};

static void put(struct writer *writer, uint8_t byte) {
    if (writer->count == writer->capacity) {
        writer->capacity = writer->capacity * 2 + 64;
        writer->bytes = realloc(writer->bytes, writer->capacity);
        assert_non_null(writer->bytes);
    }
    writer->bytes[writer->count++] = byte;
}

static void put_bytes(struct writer *writer, const void *bytes, size_t size) {
    for (size_t index = 0; index < size; index++)
        put(writer, ((const uint8_t *)bytes)[index]);
}

static void put_u32(struct writer *writer, uint32_t value) {
    for (; value >= 0x80; value >>= 7)
        put(writer, (uint8_t)(value | 0x80));
    put(writer, (uint8_t)value);
}

/* A section with so many items. */
static void put_section(struct writer *writer, uint8_t id, uint32_t items, const struct writer *content) {
    struct writer count = {0};
    put_u32(&count, items);
    put(writer, id);
    put_u32(writer, (uint32_t)(count.count + content->count));
    put_bytes(writer, count.bytes, count.count);
    put_bytes(writer, content->bytes, content->count);
    free(count.bytes);
}

/* The module of a body, whose end is added, with so many i32 locals; type 1 takes and gives `wide` i32. */
static struct bytes module_of(struct writer *body, uint32_t locals, uint32_t wide) {
    struct writer module = {0}, types = {0}, code = {0}, sized = {0};
    put_bytes(&module, "\0asm\1\0\0\0", 8);
    put_bytes(&types, "\x60\0\0\x60", 4);
    for (uint32_t side = 0; side < 2; side++) {
        put_u32(&types, wide);
        for (uint32_t index = 0; index < wide; index++)
            put(&types, WASM_I32);
    }
    put_section(&module, 1, 2, &types);
    put_section(&module, 3, 2, &(struct writer){.bytes = (uint8_t[]){0, 1}, .count = 2});
    put(&code, locals > 0);
    if (locals > 0) {
        put_u32(&code, locals);
        put(&code, WASM_I32);
    }
    put(body, OP_END);
    put_bytes(&code, body->bytes, body->count);
    put_u32(&sized, (uint32_t)code.count);
    put_bytes(&sized, code.bytes, code.count);
    put_bytes(&sized, "\3\0\0\x0B", 4);
    put_section(&module, 10, 2, &sized);
    free(types.bytes);
    free(code.bytes);
    free(sized.bytes);
    free(body->bytes);
    return (struct bytes){.data = module.bytes, .size = module.count};
}

/* Builds function 0: in so many bytes for each byte of body and local, and with this end. */
static void expect_bounded(const char *name, struct writer *body, uint32_t locals, uint32_t wide, enum error expected) {
    struct single single;
    single_load(&single, module_of(body, locals, wide));
    uint64_t before = single.budget.used_bytes, size = single.module->functions[0].body_size + locals;
    single.budget.peak_bytes = before;
    clock_t start = clock();
    enum error error = ir_build(&single.function);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    uint64_t peak = single.budget.peak_bytes - before;
    if (error != expected)
        fail_msg("%s: error %d", name, error);
    if (peak > 1000000 + 600 * size)
        fail_msg("%s: %llu bytes for a body of %llu", name, (unsigned long long)peak, (unsigned long long)size);
    printf("%-20s %8llu bytes, %7.1f ms, %6.1f times the memory\n", name, (unsigned long long)size, seconds * 1e3, (double)peak / (double)size);
    struct report report;
    report_init(&report);
    if (error == ERROR_NONE && ir_check(&single.function, &report) != ERROR_NONE)
        fail_msg("%s: %s", name, report.text);
    void *bytes = (void *)(uintptr_t)single.bytes.data;
    single_end(&single);
    free(bytes);
}

static void put_constant(struct writer *body, uint8_t value) {
    put(body, OP_I32_CONST);
    put(body, value);
}

static void test_hostile_locals(void **state) {
    (void)state;
    /* 50,000 locals that are all written and live at the end of 100,000 branches. */
    struct writer body = {0};
    put_bytes(&body, "\x02\x40", 2);
    for (uint32_t branch = 0; branch < 100000; branch++) {
        put_constant(&body, 1);
        put(&body, OP_LOCAL_SET);
        put_u32(&body, branch % 50000);
        put_constant(&body, 0);
        put_bytes(&body, "\x0D\0", 2);
    }
    put(&body, OP_END);
    for (uint32_t local = 0; local < 50000; local++) {
        put(&body, OP_LOCAL_GET);
        put_u32(&body, local);
        put(&body, OP_DROP);
    }
    expect_bounded("locals and branches", &body, 50000, 0, ERROR_LIMIT);
    /* The same in loops, each of which has its phis. */
    body = (struct writer){0};
    for (uint32_t loop = 0; loop < 1000; loop++) {
        put_bytes(&body, "\x03\x40", 2);
        put_constant(&body, 1);
        put(&body, OP_LOCAL_TEE);
        put_u32(&body, loop * 5);
        put(&body, OP_LOCAL_SET);
        put_u32(&body, loop * 5 + 1);
    }
    for (uint32_t loop = 0; loop < 1000; loop++) {
        put(&body, OP_LOCAL_GET);
        put_u32(&body, loop * 5);
        put_bytes(&body, "\x0D\0\x0B", 3);
    }
    expect_bounded("nested loops", &body, 5000, 0, ERROR_NONE);
}

static void test_hostile_nests(void **state) {
    (void)state;
    static const uint8_t openings[] = {OP_BLOCK, OP_LOOP, OP_IF};
    for (uint32_t kind = 0; kind < 3; kind++) {
        struct writer body = {0};
        for (uint32_t depth = 0; depth < 99000; depth++) {
            if (openings[kind] == OP_IF)
                put_constant(&body, 1);
            put(&body, openings[kind]);
            put(&body, 0x40);
        }
        /* From the innermost to every one. */
        for (uint32_t depth = 0; depth < 99000; depth += 9) {
            put_constant(&body, 1);
            put(&body, OP_BR_IF);
            put_u32(&body, depth);
        }
        for (uint32_t depth = 0; depth < 99000; depth++)
            put(&body, OP_END);
        expect_bounded("deep nest", &body, 3, 0, ERROR_NONE);
    }
}

static void test_hostile_tables(void **state) {
    (void)state;
    /* A million times the same label, then a million times some. */
    for (uint32_t labels = 1; labels <= 2; labels++) {
        struct writer body = {0};
        for (uint32_t depth = 0; depth < 5000; depth++)
            put_bytes(&body, "\x02\x40", 2);
        put_constant(&body, 1);
        put(&body, OP_BR_TABLE);
        put_u32(&body, 999999);
        for (uint32_t index = 0; index < 1000000; index++)
            put_u32(&body, labels == 1 ? 0 : index % 5000);
        for (uint32_t depth = 0; depth < 5000; depth++)
            put(&body, OP_END);
        expect_bounded("table", &body, 40, 0, ERROR_NONE);
    }
    /* Five hundred tables of five hundred labels at whose ends a hundred locals are live. */
    struct writer body = {0};
    for (uint32_t depth = 0; depth < 500; depth++)
        put_bytes(&body, "\x02\x40", 2);
    for (uint32_t table = 0; table < 500; table++) {
        put_bytes(&body, "\x02\x40", 2);
        put_constant(&body, 1);
        put(&body, OP_LOCAL_SET);
        put(&body, (uint8_t)(table % 100));
        put_constant(&body, 1);
        put_bytes(&body, "\x04\x40", 2);
        put_constant(&body, 1);
        put(&body, OP_BR_TABLE);
        put_u32(&body, 499);
        for (uint32_t index = 0; index < 500; index++)
            put_u32(&body, index + 2);
        put_bytes(&body, "\x0B\x0B", 2);
    }
    for (uint32_t depth = 0; depth < 500; depth++)
        put(&body, OP_END);
    for (uint32_t local = 0; local < 100; local++) {
        put(&body, OP_LOCAL_GET);
        put(&body, (uint8_t)local);
        put(&body, OP_DROP);
    }
    expect_bounded("tables and locals", &body, 100, 0, ERROR_LIMIT);
}

static void test_hostile_widths(void **state) {
    (void)state;
    struct writer body = {0};
    for (uint32_t index = 0; index < 1000; index++)
        put_constant(&body, 1);
    for (uint32_t call = 0; call < 200000; call++)
        put_bytes(&body, "\x10\1", 2);
    for (uint32_t index = 0; index < 1000; index++)
        put(&body, OP_DROP);
    expect_bounded("wide calls", &body, 0, 1000, ERROR_LIMIT);
    /* Blocks of a thousand values cost nothing as long as nobody branches. */
    body = (struct writer){0};
    for (uint32_t index = 0; index < 1000; index++)
        put_constant(&body, 1);
    for (uint32_t block = 0; block < 100000; block++)
        put_bytes(&body, "\x02\1\x0B", 3);
    for (uint32_t index = 0; index < 1000; index++)
        put(&body, OP_DROP);
    expect_bounded("wide blocks", &body, 0, 1000, ERROR_NONE);
    body = (struct writer){0};
    for (uint32_t index = 0; index < 1000; index++)
        put_constant(&body, 1);
    for (uint32_t block = 0; block < 100000; block++)
        put_bytes(&body, "\x02\1\x41\1\x0D\0\x0B", 7);
    for (uint32_t index = 0; index < 1000; index++)
        put(&body, OP_DROP);
    expect_bounded("wide branches", &body, 0, 1000, ERROR_LIMIT);
    /* Dominators of a long chain whose end leads to many labels. */
    body = (struct writer){0};
    for (uint32_t depth = 0; depth < 4000; depth++) {
        put_bytes(&body, "\x02\x40", 2);
        put_constant(&body, 1);
        put_bytes(&body, "\x0D\0", 2);
    }
    for (uint32_t link = 0; link < 40000; link++) {
        put_constant(&body, 1);
        put_bytes(&body, "\x04\x40\x0B", 3);
    }
    put_constant(&body, 1);
    put(&body, OP_BR_TABLE);
    put_u32(&body, 3999);
    for (uint32_t index = 0; index < 4000; index++)
        put_u32(&body, index);
    for (uint32_t depth = 0; depth < 4000; depth++)
        put_bytes(&body, "\x0B\x0F", depth + 1 < 4000 ? 2 : 1);
    expect_bounded("long chain", &body, 0, 0, ERROR_NONE);
}

/* ---- Failing allocations ---- */

static void test_memory_fails(void **state) {
    (void)state;
    struct bytes bytes = support_wat("(module (func (param i32 i64) (result i64) (local i64 v128) (block $b (loop $l (br_if $b (local.get 0))"
                                     " (local.set 2 (i64.add (local.get 1) (local.get 2))) (if (i32.const 1) (then (local.set 1 (i64.const 4))) (else"
                                     " (br_table $b $l $b (local.get 0)))) (br $l))) (call 0 (i32.const 1) (i64.add (local.get 1) (local.get 2)))))");
    for (long allocation = 0;; allocation++) {
        struct single single;
        struct report report;
        report_init(&report);
        single_load(&single, bytes);
        ir_release(&single.function);
        support_fail_after(allocation);
        ir_begin(&single.function, &single.budget, single.module, 0);
        enum error error = ir_build(&single.function);
        if (error == ERROR_NONE)
            ir_split_edges(&single.function);
        if (error == ERROR_NONE)
            ir_clean(&single.function);
        bool complete = error == ERROR_NONE && !single.function.failed;
        assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
        support_fail_after(-1);
        if (complete)
            assert_int_equal(ir_check(&single.function, &report), ERROR_NONE);
        single_end(&single);
        if (complete) {
            assert_true(allocation > 10);
            break;
        }
    }
    support_wat_release(bytes);
}

/* Small budgets fail at every place, the growth of arrays included. */
static void test_budget_ends(void **state) {
    (void)state;
    struct writer body = {0};
    for (uint32_t block = 0; block < 300; block++)
        put_bytes(&body, "\x03\x40\x20\1\x21\2\x20\2\x21\1\x41\1\x0D\0\x0B\x02\x40\x41\1\x0D\0\x20\1\x21\2\x0B", 26);
    struct single single;
    single_load(&single, module_of(&body, 3, 0));
    ir_release(&single.function);
    uint64_t before = single.budget.used_bytes;
    enum error error = ERROR_NO_MEMORY;
    uint32_t failures = 0;
    for (uint64_t limit = 100; error != ERROR_NONE; limit += limit / 50) {
        single.budget.limit_bytes = before + limit;
        ir_begin(&single.function, &single.budget, single.module, 0);
        error = ir_build(&single.function);
        assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
        failures += error != ERROR_NONE;
        ir_release(&single.function);
    }
    assert_true(failures > 50);
    void *bytes = (void *)(uintptr_t)single.bytes.data;
    single.function = (struct ir_function){.budget = &single.budget};
    single_end(&single);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_straight),      cmocka_unit_test(test_vectors),        cmocka_unit_test(test_atomics),
        cmocka_unit_test(test_branches),      cmocka_unit_test(test_loops),          cmocka_unit_test(test_tables),
        cmocka_unit_test(test_calls),         cmocka_unit_test(test_form),           cmocka_unit_test(test_hostile_locals),
        cmocka_unit_test(test_hostile_nests), cmocka_unit_test(test_hostile_tables), cmocka_unit_test(test_hostile_widths),
        cmocka_unit_test(test_memory_fails),  cmocka_unit_test(test_budget_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
