/* The rules of the simplification, row by row: what becomes of a body, and that it still computes what the interpreter does.
   Division by constants gets tests of its own, with the dividends at which a reciprocal that is off by a bit would fail. */
#include "tests/support/wat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wasm/compile/ir_compare_test.h"
#include "wasm/compile/optimize/pass.h"

/* ---- Functions as text ---- */

struct text {
    char data[4096];
    size_t size;
};

static void text_add(struct text *text, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
static void text_add(struct text *text, const char *pattern, ...) {
    va_list arguments;
    va_start(arguments, pattern);
    int size = vsnprintf(text->data + text->size, sizeof text->data - text->size, pattern, arguments);
    va_end(arguments);
    text->size += (size_t)size;
    assert_true(text->size < sizeof text->data);
}

/* A value with all that it is made of. */
static void text_value(struct text *text, const struct ir_function *function, uint32_t value) {
    const struct ir_value *at = &function->values[value];
    uint32_t count;
    const uint32_t *operands = ir_operands(function, value, &count);
    if (at->op == IR_PARAMETER)
        text_add(text, "p%u", at->aux);
    else if (at->op == IR_CONSTANT && at->type == WASM_I32)
        text_add(text, "%d", (int32_t)at->a);
    else if (at->op == IR_CONSTANT && at->type == WASM_I64)
        text_add(text, "%lld", (long long)ir_constant_bits(at));
    else if (at->op == IR_CONSTANT)
        text_add(text, "0x%llx", (unsigned long long)ir_constant_bits(at));
    else {
        const char *name = at->op == IR_PHI               ? "phi"
                           : at->op == IR_MULTIPLY_HIGH_S ? "high_s"
                           : at->op == IR_MULTIPLY_HIGH_U ? "high_u"
                           : at->op == IR_CALL            ? "call"
                                                          : opcode_name(at->op);
        text_add(text, "(%s", name);
        if (at->op < OPCODE_COUNT && opcode_table[at->op].immediate == IMMEDIATE_ACCESS && at->aux != 0)
            text_add(text, "+%u", at->aux);
        for (uint32_t index = 0; index < count; index++) {
            text_add(text, " ");
            text_value(text, function, operands[index]);
        }
        text_add(text, ")");
    }
}

/* What has no result but an effect, and how the blocks end. */
static void text_function(struct text *text, const struct ir_function *function) {
    static const char *const ends[] = {"none", "jump", "branch", "table", "", "tail", "unreachable"};
    text->size = 0;
    for (uint32_t block = 0; block < function->block_count; block++) {
        const struct ir_block *at = &function->blocks[block];
        for (uint32_t value = at->first; value != IR_NONE; value = function->values[value].next)
            if (ir_shape(function->values[value].op).effect == IR_ORDERED && function->values[value].type == 0) {
                text_value(text, function, value);
                text_add(text, "; ");
            }
        text_add(text, "%s%s", block == 0 ? "" : " | ", ends[at->end]);
        if (at->operand != IR_NONE) {
            text_add(text, " ");
            text_value(text, function, at->operand);
        }
        for (uint32_t index = 0; index < at->argument_count; index++)
            text_value(text, function, function->pool[at->arguments + index]);
    }
}

/* ---- Rows ---- */

struct row {
    const char *type, *body, *wanted;
};

#define PARAMETERS "(param i32 i32 i64 i64 f32 f64)"
#define P0         "(local.get 0)"
#define P1         "(local.get 1)"
#define P2         "(local.get 2)"
#define P3         "(local.get 3)"
#define P4         "(local.get 4)"
#define P5         "(local.get 5)"

static const struct row rows[] = {
    /* Folding. */
    {"i32", "(i32.add (i32.const 7) (i32.const -9))", "-2"},
    {"i64", "(i64.rotl (i64.const 0x8000000000000001) (i64.const 65))", "3"},
    {"i32", "(i32.div_s (i32.const -7) (i32.const 2))", "-3"},
    {"i32", "(i32.div_s (i32.const 1) (i32.const 0))", "(i32.div_s 1 0)"},
    {"i32", "(i32.div_s (i32.const 0x80000000) (i32.const -1))", "(i32.div_s -2147483648 -1)"},
    {"i32", "(i32.trunc_f64_s (f64.const 3e9))", "(i32.trunc_f64_s 0x41e65a0bc0000000)"},
    {"i32", "(i32.trunc_f64_s (f64.const -3.9))", "-3"},
    {"f64", "(f64.sub (f64.const inf) (f64.const inf))", "0x7ff8000000000000"},
    {"f32", "(f32.mul (f32.const -nan:0x200001) (f32.const 1))", "0x7fc00000"},
    {"f32", "(f32.neg (f32.const nan:0x200001))", "0xffa00001"},
    {"f64", "(f64.add " P5 " (f64.const 0))", "(f64.add p5 0x0)"},
    {"f64", "(f64.promote_f32 (f32.demote_f64 " P5 "))", "(f64.promote_f32 (f32.demote_f64 p5))"},
    {"i64", "(i64.reinterpret_f64 (f64.reinterpret_i64 " P2 "))", "p2"},
    /* Identities. */
    {"i32", "(i32.add " P0 " (i32.const 0))", "p0"},
    {"i32", "(i32.add (i32.const 5) " P0 ")", "(i32.add p0 5)"},
    {"i32", "(i32.sub " P0 " (i32.const 5))", "(i32.add p0 -5)"},
    {"i32", "(i32.sub (i32.add " P0 " (i32.const 5)) (i32.const 5))", "p0"},
    {"i64", "(i64.add (i64.add " P2 " (i64.const 5)) (i64.const -9))", "(i64.add p2 -4)"},
    {"i32", "(i32.add (i32.sub (i32.const 3) " P0 ") (i32.const 4))", "(i32.sub 7 p0)"},
    {"i32", "(i32.sub (i32.const 3) (i32.add " P0 " (i32.const 4)))", "(i32.sub -1 p0)"},
    {"i32", "(i32.add " P0 " (i32.sub (i32.const 0) " P1 "))", "(i32.sub p0 p1)"},
    {"i32", "(i32.sub " P0 " (i32.sub (i32.const 0) " P1 "))", "(i32.add p0 p1)"},
    {"i32", "(i32.sub " P0 " " P0 ")", "0"},
    /* A value with another use stays, and with it what is made of it. */
    {"i32", "(local.set 1 (i32.add " P0 " (i32.const 4))) (i32.store " P1 " " P1 ") (i32.add " P1 " (i32.const 3))",
     "(i32.store (i32.add p0 4) (i32.add p0 4)); (i32.add (i32.add p0 4) 3)"},
    {"i32", "(local.set 1 (i32.add " P0 " (i32.const 4))) (i32.store " P1 " " P1 ") (i32.eq " P1 " (i32.const 3))",
     "(i32.store (i32.add p0 4) (i32.add p0 4)); (i32.eq (i32.add p0 4) 3)"},
    {"i64", "(i64.mul " P2 " (i64.const 1))", "p2"},
    {"i64", "(i64.mul " P2 " (i64.const 0))", "0"},
    {"i64", "(i64.mul " P2 " (i64.const -1))", "(i64.sub 0 p2)"},
    {"i64", "(i64.mul (i64.const 4096) " P2 ")", "(i64.shl p2 12)"},
    {"i32", "(i32.mul (i32.mul " P0 " (i32.const 3)) (i32.const 5))", "(i32.mul p0 15)"},
    {"i32", "(i32.and " P0 " (i32.const -1))", "p0"},
    {"i32", "(i32.and " P0 " (i32.const 0))", "0"},
    {"i32", "(i32.and (i32.and " P0 " (i32.const 12)) (i32.const 10))", "(i32.and p0 8)"},
    {"i32", "(i32.and (i32.shl " P0 " (i32.const 4)) (i32.const 15))", "0"},
    {"i32", "(i32.and (i32.load8_u " P0 ") (i32.const 255))", "(i32.load8_u p0)"},
    {"i32", "(i32.and (i32.load8_u " P0 ") (i32.const 127))", "(i32.and (i32.load8_u p0) 127)"},
    {"i32", "(i32.and (i32.add (i32.and " P0 " (i32.const 3)) (i32.and " P1 " (i32.const 1))) (i32.const 3))",
     "(i32.and (i32.add (i32.and p0 3) (i32.and p1 1)) 3)"},
    {"i32", "(i32.and (i32.add (i32.and " P0 " (i32.const 3)) (i32.and " P1 " (i32.const 1))) (i32.const 7))",
     "(i32.add (i32.and p0 3) (i32.and p1 1))"},
    {"i32", "(i32.and (i32.mul (i32.load8_u " P0 ") (i32.load8_u " P1 ")) (i32.const 0xFFFF))", "(i32.mul (i32.load8_u p0) (i32.load8_u p1))"},
    {"i32", "(i32.and (i32.sub (i32.const 8) (i32.shl " P0 " (i32.const 3))) (i32.const -8))", "(i32.sub 8 (i32.shl p0 3))"},
    {"i32", "(i32.or " P0 " (i32.const -1))", "-1"},
    {"i32", "(i32.or " P0 " " P0 ")", "p0"},
    {"i32", "(i32.xor " P0 " " P0 ")", "0"},
    {"i32", "(i32.xor (i32.xor " P0 " (i32.const 3)) (i32.const 3))", "p0"},
    {"i32", "(i32.xor (i32.lt_s " P0 " " P1 ") (i32.const 1))", "(i32.ge_s p0 p1)"},
    /* Shifts and rotations. */
    {"i32", "(i32.shl " P0 " (i32.const 32))", "p0"},
    {"i32", "(i32.shr_s " P0 " (i32.const 35))", "(i32.shr_s p0 3)"},
    {"i32", "(i32.shl " P0 " (i32.and " P1 " (i32.const 31)))", "(i32.shl p0 p1)"},
    {"i32", "(i32.shl " P0 " (i32.and " P1 " (i32.const 15)))", "(i32.shl p0 (i32.and p1 15))"},
    {"i64", "(i64.shr_u " P2 " (i64.add " P3 " (i64.const 64)))", "(i64.shr_u p2 p3)"},
    {"i32", "(i32.shl (i32.shl " P0 " (i32.const 30)) (i32.const 1))", "(i32.shl p0 31)"},
    {"i32", "(i32.shl (i32.shl " P0 " (i32.const 30)) (i32.const 2))", "0"},
    {"i32", "(i32.shr_s (i32.shr_s " P0 " (i32.const 30)) (i32.const 2))", "(i32.shr_s p0 31)"},
    {"i32", "(i32.shr_u (i32.shl " P0 " (i32.const 24)) (i32.const 24))", "(i32.and p0 255)"},
    {"i32", "(i32.shl (i32.shr_u " P0 " (i32.const 4)) (i32.const 4))", "(i32.and p0 -16)"},
    {"i64", "(i64.shr_u (i64.shl " P2 " (i64.const 8)) (i64.const 8))", "(i64.shr_u (i64.shl p2 8) 8)"},
    {"i32", "(i32.shr_s (i32.shl " P0 " (i32.const 24)) (i32.const 24))", "(i32.extend8_s p0)"},
    {"i32", "(i32.shr_s (i32.shl " P0 " (i32.const 16)) (i32.const 16))", "(i32.extend16_s p0)"},
    {"i64", "(i64.shr_s (i64.shl " P2 " (i64.const 32)) (i64.const 32))", "(i64.extend32_s p2)"},
    {"i32", "(i32.shr_s (i32.load16_u " P0 ") (i32.const 3))", "(i32.shr_u (i32.load16_u p0) 3)"},
    {"i32", "(i32.shr_u (i32.load8_u " P0 ") (i32.const 8))", "0"},
    {"i32", "(i32.or (i32.shl " P0 " (i32.const 5)) (i32.shr_u " P0 " (i32.const 27)))", "(i32.rotl p0 5)"},
    {"i32", "(i32.xor (i32.shr_u " P0 " (i32.const 27)) (i32.shl " P0 " (i32.const 5)))", "(i32.rotl p0 5)"},
    {"i64", "(i64.add (i64.shl " P2 " (i64.const 5)) (i64.shr_u " P2 " (i64.const 59)))", "(i64.rotl p2 5)"},
    {"i32", "(i32.or (i32.shl " P0 " (i32.const 5)) (i32.shr_u " P0 " (i32.const 26)))", "(i32.or (i32.shl p0 5) (i32.shr_u p0 26))"},
    {"i32", "(i32.or (i32.shl " P0 " " P1 ") (i32.shr_u " P0 " (i32.sub (i32.const 32) " P1 ")))", "(i32.rotl p0 p1)"},
    {"i32", "(i32.or (i32.shl " P0 " (i32.and " P1 " (i32.const 31))) (i32.shr_u " P0 " (i32.and (i32.sub (i32.const 0) " P1 ") (i32.const 31))))",
     "(i32.rotl p0 p1)"},
    {"i32", "(i32.or (i32.shr_u " P0 " " P1 ") (i32.shl " P0 " (i32.sub (i32.const 0) " P1 ")))", "(i32.rotr p0 p1)"},
    {"i32", "(i32.add (i32.shl " P0 " " P1 ") (i32.shr_u " P0 " (i32.sub (i32.const 32) " P1 ")))",
     "(i32.add (i32.shl p0 p1) (i32.shr_u p0 (i32.sub 32 p1)))"},
    {"i32", "(i32.rotr " P0 " (i32.const 5))", "(i32.rotl p0 27)"},
    /* Conversions. */
    {"i32", "(i32.wrap_i64 (i64.extend_i32_s " P0 "))", "p0"},
    {"i32", "(i32.wrap_i64 (i64.and " P2 " (i64.const 0xFFFFFFFF)))", "(i32.wrap_i64 p2)"},
    {"i64", "(i64.extend_i32_u (i32.wrap_i64 (i64.load32_u " P0 ")))", "(i64.load32_u p0)"},
    {"i64", "(i64.extend_i32_s (i32.load8_u " P0 "))", "(i64.extend_i32_u (i32.load8_u p0))"},
    {"i64", "(i64.extend_i32_s (i32.wrap_i64 " P2 "))", "(i64.extend32_s p2)"},
    {"i64", "(i64.and (i64.extend_i32_u " P0 ") (i64.const 0xFFFFFFFF))", "(i64.extend_i32_u p0)"},
    {"i32", "(i32.extend8_s (i32.load8_s " P0 "))", "(i32.load8_s p0)"},
    {"i32", "(i32.extend8_s (i32.load8_u " P0 "))", "(i32.extend8_s (i32.load8_u p0))"},
    {"i32", "(i32.extend16_s (i32.load8_u " P0 "))", "(i32.load8_u p0)"},
    {"i32", "(i32.extend8_s (i32.and " P0 " (i32.const 255)))", "(i32.extend8_s p0)"},
    {"i32", "(i32.extend8_s (i32.and " P0 " (i32.const 254)))", "(i32.extend8_s (i32.and p0 254))"},
    {"i64", "(i64.extend32_s (i64.extend_i32_u " P0 "))", "(i64.extend_i32_s p0)"},
    {"f64", "(f64.convert_i64_u (i64.extend_i32_u (i32.load16_u " P0 ")))", "(f64.convert_i32_s (i32.load16_u p0))"},
    {"f32", "(f32.convert_i64_s (i64.extend_i32_s " P0 "))", "(f32.convert_i32_s p0)"},
    {"f64", "(f64.neg (f64.neg " P5 "))", "p5"},
    {"f64", "(f64.abs (f64.neg " P5 "))", "(f64.abs p5)"},
    {"f64", "(f64.div " P5 " (f64.const -8))", "(f64.mul p5 0xbfc0000000000000)"},
    {"f32", "(f32.div " P4 " (f32.const 0x1p127))", "(f32.div p4 0x7f000000)"},
    {"f32", "(f32.div " P4 " (f32.const 0x1p126))", "(f32.mul p4 0x800000)"},
    {"f32", "(f32.div " P4 " (f32.const 3))", "(f32.div p4 0x40400000)"},
    {"f32", "(f32.div " P4 " (f32.const -0x1p127))", "(f32.div p4 0xff000000)"},
    /* Comparisons. */
    {"i32", "(i32.eqz (i32.lt_u " P0 " " P1 "))", "(i32.ge_u p0 p1)"},
    {"i32", "(i32.eqz (f64.lt " P5 " " P5 "))", "(i32.eqz (f64.lt p5 p5))"},
    {"i32", "(i32.eqz (f64.eq " P5 " " P5 "))", "(f64.ne p5 p5)"},
    {"i32", "(i32.eqz (i32.eqz " P0 "))", "(i32.ne p0 0)"},
    {"i32", "(i32.eqz (i64.eqz " P2 "))", "(i64.ne p2 0)"},
    {"i32", "(i32.eqz (i32.eqz (i32.lt_u " P0 " " P1 ")))", "(i32.lt_u p0 p1)"},
    {"i32", "(i32.ne (i32.gt_s " P0 " " P1 ") (i32.const 0))", "(i32.gt_s p0 p1)"},
    {"i32", "(i32.eq (i32.gt_s " P0 " " P1 ") (i32.const 0))", "(i32.le_s p0 p1)"},
    {"i32", "(i32.eq (i32.gt_s " P0 " " P1 ") (i32.const 1))", "(i32.gt_s p0 p1)"},
    {"i32", "(i32.eq (i32.gt_s " P0 " " P1 ") (i32.const 2))", "0"},
    {"i32", "(i32.eq (i32.const 0) " P0 ")", "(i32.eqz p0)"},
    {"i32", "(i32.eqz (i32.sub " P0 " " P1 "))", "(i32.eq p0 p1)"},
    {"i32", "(i64.ne (i64.xor " P2 " " P3 ") (i64.const 0))", "(i64.ne p2 p3)"},
    {"i32", "(i32.eq (i32.add " P0 " (i32.const 5)) (i32.const 3))", "(i32.eq p0 -2)"},
    {"i32", "(i64.eqz (i64.extend_i32_u " P0 "))", "(i32.eqz p0)"},
    {"i32", "(i64.eq (i64.extend_i32_s " P0 ") (i64.const -3))", "(i32.eq p0 -3)"},
    {"i32", "(i32.lt_u " P0 " (i32.const 0))", "0"},
    {"i32", "(i32.lt_u " P0 " (i32.const 1))", "(i32.eqz p0)"},
    {"i32", "(i32.ge_u " P0 " (i32.const 1))", "(i32.ne p0 0)"},
    {"i32", "(i32.gt_u " P0 " (i32.const -1))", "0"},
    {"i32", "(i32.le_u " P0 " (i32.const -1))", "1"},
    {"i32", "(i32.lt_u (i32.const 3) " P0 ")", "(i32.gt_u p0 3)"},
    {"i32", "(i32.lt_u (i32.load8_u " P0 ") (i32.const 256))", "1"},
    {"i32", "(i32.gt_u (i32.load8_u " P0 ") (i32.const 254))", "(i32.gt_u (i32.load8_u p0) 254)"},
    {"i32", "(i32.lt_s (i32.load8_u " P0 ") (i32.const 10))", "(i32.lt_u (i32.load8_u p0) 10)"},
    {"i32", "(i32.lt_s (i32.load8_u " P0 ") (i32.const -1))", "0"},
    {"i32", "(i32.gt_s " P0 " (i32.const 0x7FFFFFFF))", "0"},
    {"i32", "(i64.ge_s " P2 " (i64.const 0x8000000000000000))", "1"},
    {"i32", "(i32.lt_s " P0 " " P0 ")", "0"},
    /* Selections and branches. */
    {"i32", "(select " P0 " " P1 " (i32.const 2))", "p0"},
    {"i32", "(select " P0 " " P0 " (i32.eqz " P1 "))", "p0"},
    {"i32", "(select " P0 " " P1 " (i32.eqz " P1 "))", "(select p1 p0 p1)"},
    {"i32", "(select " P0 " " P1 " (i32.ne " P1 " (i32.const 0)))", "(select p0 p1 p1)"},
    {"i32", "(select (i32.const 1) (i32.const 0) (i32.lt_s " P0 " " P1 "))", "(i32.lt_s p0 p1)"},
    {"i32", "(select (i32.const 0) (i32.const 1) (i32.lt_s " P0 " " P1 "))", "(i32.ge_s p0 p1)"},
    {"i32", "(select (i32.const 1) (i32.const 0) " P0 ")", "(i32.ne p0 0)"},
    {"i32", "(if (result i32) (i32.eqz " P0 ") (then (i32.const 10)) (else (i32.const 20)))", "branch p0 | jump | jump | (phi 10 20)"},
    {"i32", "(if (result i32) (i32.const 3) (then " P0 ") (else " P1 "))", "jump | jump | p0"},
    {"i32", "(block (block (block (br_table 0 1 2 (i32.const 1))) (return (i32.const 7))) (return (i32.const 8))) (i32.const 9)", "jump | 8"},
    {"i32", "(block (block (block (br_table 0 1 2 (i32.const -1))) (return (i32.const 7))) (return (i32.const 8))) (i32.const 9)", "jump | 9"},
    {"i32",
     "(local i32) (local.set 6 " P0 ") (loop (local.set 6 (i32.add (local.get 6) (i32.const 0))) (br_if 0 (i32.lt_u (local.get 6) (i32.const 0)))) "
     "(local.get 6)",
     "jump | jump | p0"},
    /* Accesses. */
    {"i32", "(i32.load offset=4 (i32.const 12))", "(i32.load+16 0)"},
    {"i32", "(i32.load offset=4 (i32.const -4))", "(i32.load+4 -4)"},
    {"i32", "(i32.load offset=4 (i32.add " P0 " (i32.const 8)))", "(i32.load+4 (i32.add p0 8))"},
    {"i32", "(i32.load offset=4 (i32.add (i32.load16_u " P0 ") (i32.const 8)))", "(i32.load+12 (i32.load16_u p0))"},
    {"i32", "(i32.load (i32.add (i32.and " P0 " (i32.const 0xFFFF)) (i32.const 0xFFFF0000)))", "(i32.load+4294901760 (i32.and p0 65535))"},
    {"i32", "(i32.load (i32.add (i32.and " P0 " (i32.const 0xFFFF)) (i32.const 0xFFFF0001)))", "(i32.load (i32.add (i32.and p0 65535) -65535))"},
    {"i32", "(i32.load (i32.add (i32.shr_u " P0 " (i32.const 1)) (i32.const 8)))", "(i32.load+8 (i32.shr_u p0 1))"},
    {"i32", "(i32.store8 " P0 " (i32.and " P1 " (i32.const 255))) (i32.const 0)", "(i32.store8 p0 p1); 0"},
    {"i32", "(i32.store8 " P0 " (i32.and " P1 " (i32.const 127))) (i32.const 0)", "(i32.store8 p0 (i32.and p1 127)); 0"},
    {"i32", "(i32.store16 " P0 " (i32.extend16_s " P1 ")) (i32.const 0)", "(i32.store16 p0 p1); 0"},
    {"i32", "(i32.store16 " P0 " (i32.extend8_s " P1 ")) (i32.const 0)", "(i32.store16 p0 (i32.extend8_s p1)); 0"},
    {"i32", "(i64.store32 " P0 " (i64.extend_i32_s " P1 ")) (i32.const 0)", "(i32.store p0 p1); 0"},
    {"i32", "(i64.store " P0 " (i64.extend_i32_s " P1 ")) (i32.const 0)", "(i64.store p0 (i64.extend_i32_s p1)); 0"},
    /* Division. */
    {"i32", "(i32.div_u " P0 " (i32.const 8))", "(i32.shr_u p0 3)"},
    {"i64", "(i64.rem_u " P2 " (i64.const 8))", "(i64.and p2 7)"},
    {"i32", "(i32.div_s " P0 " (i32.const 1))", "p0"},
    {"i32", "(i32.div_s " P0 " (i32.const -1))", "(i32.div_s p0 -1)"},
    {"i32", "(i32.rem_s " P0 " (i32.const -1))", "0"},
    {"i32", "(i32.div_s " P0 " (i32.const 2))", "(i32.shr_s (i32.add p0 (i32.shr_u p0 31)) 1)"},
    {"i32", "(i32.div_s (i32.load8_u " P0 ") (i32.const 4))", "(i32.shr_u (i32.load8_u p0) 2)"},
    {"i32", "(i32.div_u " P0 " (i32.const 10))", "(i32.wrap_i64 (i64.shr_u (i64.mul (i64.extend_i32_u p0) 3435973837) 35))"},
    {"i64", "(i64.div_u " P2 " (i64.const 10))", "(i64.shr_u (high_u p2 -3689348814741910323) 3)"},
    {"i32", "(i32.div_u " P0 " " P1 ")", "(i32.div_u p0 p1)"},
    {"i32", "(i32.rem_u " P0 " (i32.const 0))", "(i32.rem_u p0 0)"},
};

#define ROW_COUNT (sizeof rows / sizeof *rows)

static char *module_text;

static int rows_begin(void **state) {
    (void)state;
    size_t size = 256 * 1024, used = 0;
    module_text = malloc(size);
    used += (size_t)snprintf(module_text, size, "(module (memory 1)");
    for (size_t row = 0; row < ROW_COUNT; row++)
        used += (size_t)snprintf(module_text + used, size - used, "(func " PARAMETERS "(result %s) %s)\n", rows[row].type, rows[row].body);
    snprintf(module_text + used, size - used, ")");
    return used < size - 2 ? 0 : -1;
}

static int rows_end(void **state) {
    (void)state;
    free(module_text);
    return 0;
}

static void test_rows_become(void **state) {
    (void)state;
    struct bytes bytes = support_wat(module_text);
    struct ir_pair pair;
    struct text text;
    uint32_t wrong = 0;
    assert_true(ir_pair_begin(&pair, bytes, "rows", 1));
    for (uint32_t row = 0; row < ROW_COUNT; row++) {
        struct ir_function function;
        ir_begin(&function, &pair.budget, pair.module, row);
        assert_int_equal(ir_build(&function), ERROR_NONE);
        simplify_run(&function);
        ir_expect_sound(&pair, &function, "simplified");
        text_function(&text, &function);
        const char *found = text.data[0] == ' ' ? text.data + 1 : text.data;
        if (strcmp(found, rows[row].wanted) != 0 && ++wrong > 0)
            print_error("%s\n  becomes %s\n  not     %s\n", rows[row].body, found, rows[row].wanted);
        ir_release(&function);
    }
    ir_pair_end(&pair);
    support_wat_release(bytes);
    assert_int_equal(wrong, 0);
}

static void test_rows_compute_the_same(void **state) {
    (void)state;
    struct bytes bytes = support_wat(module_text);
    struct ir_pair pair;
    assert_true(ir_pair_begin(&pair, bytes, "rows", support_seed()));
    pair.calls = 500;
    ir_pair_compare(&pair, simplify_run);
    ir_pair_end(&pair);
    support_wat_release(bytes);
}

/* ---- Division ---- */

/* Functions of one parameter: all four instructions for each divisor. */
#define DIVISORS_MAX 400u

struct divisions {
    uint64_t divisors[DIVISORS_MAX];
    uint32_t count;
    bool is_wide;
};

static const char *const division_names[] = {"div_s", "div_u", "rem_s", "rem_u"};

static uint64_t divide(const struct divisions *divisions, uint32_t kind, uint64_t dividend, uint64_t divisor) {
    if (!divisions->is_wide) {
        uint32_t left = (uint32_t)dividend, right = (uint32_t)divisor;
        int32_t s_left = (int32_t)left, s_right = (int32_t)right;
        return kind == 0 ? (uint32_t)(s_left / s_right) : kind == 1 ? left / right : kind == 2 ? (uint32_t)(s_left % s_right) : left % right;
    }
    int64_t s_left = (int64_t)dividend, s_right = (int64_t)divisor;
    return kind == 0 ? (uint64_t)(s_left / s_right) : kind == 1 ? dividend / divisor : kind == 2 ? (uint64_t)(s_left % s_right) : dividend % divisor;
}

static void division_try(struct ir_run *run, const struct ir_function *function, const struct divisions *divisions, uint32_t kind,
                         uint64_t dividend) {
    uint64_t divisor = divisions->divisors[function->index / 4], sign = divisions->is_wide ? 1ull << 63 : 1ull << 31;
    uint64_t mask = divisions->is_wide ? UINT64_MAX : UINT32_MAX;
    union wasm_value argument = {.i64 = dividend & mask}, result = {.i64 = 0};
    if ((kind == 0 || kind == 2) && (dividend & mask) == sign && divisor == mask)
        return;
    run->fuel = 1000;
    assert_int_equal(ir_run_function(run, function, &argument, &result).error, ERROR_NONE);
    uint64_t wanted = divide(divisions, kind, dividend & mask, divisor);
    if ((result.i64 & mask) != wanted)
        fail_msg("%s of 0x%llx by 0x%llx is 0x%llx, not 0x%llx", division_names[kind], (unsigned long long)(dividend & mask),
                 (unsigned long long)divisor, (unsigned long long)result.i64, (unsigned long long)wanted);
}

/* Around multiples of the divisor, near the ends and anywhere. */
static void divisor_try(struct ir_run *run, const struct ir_function *function, const struct divisions *divisions, uint64_t *random) {
    uint64_t divisor = divisions->divisors[function->index / 4], mask = divisions->is_wide ? UINT64_MAX : UINT32_MAX;
    uint32_t kind = function->index % 4;
    for (uint64_t distance = 0; distance < 3; distance++) {
        uint64_t ends[] = {0, mask / 2, mask, mask / divisor * divisor, mask / 2 / divisor * divisor, 0 - mask / 2 / divisor * divisor, divisor};
        for (uint32_t end = 0; end < sizeof ends / sizeof *ends; end++)
            division_try(run, function, divisions, kind, ends[end] + distance - 1);
    }
    for (uint32_t round = 0; round < 30; round++) {
        uint64_t any = support_random(random) & mask;
        division_try(run, function, divisions, kind, any >> (any & 31));
        division_try(run, function, divisions, kind, any / divisor * divisor);
        division_try(run, function, divisions, kind, any / divisor * divisor - 1);
    }
}

static void divisions_try(struct divisions *divisions, uint64_t *random) {
    size_t size = 1 << 20, used = 0;
    char *text = malloc(size);
    const char *type = divisions->is_wide ? "i64" : "i32";
    used += (size_t)snprintf(text, size, "(module ");
    for (uint32_t index = 0; index < divisions->count; index++)
        for (uint32_t kind = 0; kind < 4; kind++)
            used += (size_t)snprintf(text + used, size - used, "(func (param %s) (result %s) (%s.%s (local.get 0) (%s.const %lld)))\n", type, type,
                                     type, division_names[kind], type,
                                     divisions->is_wide ? (long long)divisions->divisors[index] : (long long)(int32_t)divisions->divisors[index]);
    snprintf(text + used, size - used, ")");
    struct bytes bytes = support_wat(text);
    struct ir_pair pair;
    assert_true(ir_pair_begin(&pair, bytes, "divisions", 1));
    struct ir_function **functions = ir_pair_build(&pair, simplify_run);
    struct ir_run run = {.instance = pair.worlds[1].instance};
    for (uint32_t index = 0; index < pair.module->function_count; index++) {
        divisor_try(&run, functions[index], divisions, random);
        ir_release(functions[index]);
        free(functions[index]);
    }
    free(functions);
    ir_pair_end(&pair);
    support_wat_release(bytes);
    free(text);
}

static void divisors_choose(struct divisions *divisions, uint64_t *random) {
    uint64_t mask = divisions->is_wide ? UINT64_MAX : UINT32_MAX;
    divisions->count = 0;
    for (uint64_t divisor = 1; divisor <= 130; divisor++)
        divisions->divisors[divisions->count++] = divisor;
    for (uint32_t bit = 3; bit < (divisions->is_wide ? 64u : 32u); bit++)
        for (uint64_t distance = 0; distance < 3; distance++)
            divisions->divisors[divisions->count++] = ((1ull << bit) + distance - 1) & mask;
    while (divisions->count < DIVISORS_MAX) {
        uint64_t any = support_random(random), divisor = (any & mask) >> (any >> 32 & 31);
        if (support_random(random) % 4 == 0)
            divisor = (0 - divisor) & mask;
        if (divisor != 0)
            divisions->divisors[divisions->count++] = divisor;
    }
}

static void test_division_narrow(void **state) {
    (void)state;
    uint64_t random = support_seed();
    struct divisions divisions = {.is_wide = false};
    divisors_choose(&divisions, &random);
    divisions_try(&divisions, &random);
}

static void test_division_wide(void **state) {
    (void)state;
    uint64_t random = support_seed();
    struct divisions divisions = {.is_wide = true};
    divisors_choose(&divisions, &random);
    divisions_try(&divisions, &random);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_become),
        cmocka_unit_test(test_rows_compute_the_same),
        cmocka_unit_test(test_division_narrow),
        cmocka_unit_test(test_division_wide),
    };
    return cmocka_run_group_tests(tests, rows_begin, rows_end);
}
