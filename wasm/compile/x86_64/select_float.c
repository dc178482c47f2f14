/* Scalar floats. Arithmetic is the processor's; a result whose bits somebody sees is made canonical behind it, one that goes into further
   arithmetic is not (core spec 4.3.3, NaN propagation; wasm/interpret/float.h has the rule). */
#include "wasm/compile/x86_64/select.h"

#include "base/assert.h"

/* Where arithmetic writes to: the value's register, or another one first. */
static uint32_t float_begin(struct select *select, uint32_t value) {
    if ((select->states[value].flags & SELECT_EXPOSED) == 0)
        return select_define(select, value);
    return select_temporary(select, MACHINE_VECTOR, type_width(select->values[value].type));
}

static void float_end(struct select *select, uint32_t value, uint32_t reg) {
    if ((select->states[value].flags & SELECT_EXPOSED) != 0)
        emit_tied_one(select, X86_CANONICAL_SCALAR, type_width(select->values[value].type), select_define(select, value), reg);
}

void select_float_binary(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t left = at->a, right = at->b, out = float_begin(select, value);
    bool better = source_is_memory(select, left, rule->width) && !source_is_memory(select, right, rule->width);
    better |= select->states[left].uses > 1 && select->states[right].uses == 1 && !source_is_memory(select, right, rule->width);
    if ((rule->flags & RULE_COMMUTES) != 0 && better) {
        left = at->b;
        right = at->a;
    }
    uint32_t first = select_use(select, left);
    struct select_source second = source_of(select, right, rule->width);
    emit_tied(select, (enum x86_op)rule->op, rule->width, out, first, &second);
    float_end(select, value, out);
}

void select_float_minimum(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t out = float_begin(select, value), left = select_use(select, at->a), right = select_use(select, at->b);
    if (left == right) {
        /* The minimum of a number and itself; a NaN is made a quiet one. */
        emit_unary(select, X86_COPY_VECTOR, 16, out, left);
    } else {
        struct machine_instruction *instruction = emit(select, (enum x86_op)rule->op, rule->width, 3);
        operand_tied(select, instruction, out, left);
        operand_use(select, instruction, 2, right, MACHINE_USE_LATE);
    }
    float_end(select, value, out);
}

/* Square roots, and conversions between floats; rule->extra = width of the operand. */
void select_float_unary(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t out = float_begin(select, value);
    struct select_source source = source_of(select, select->values[value].a, (uint8_t)rule->extra);
    emit_rm(select, (enum x86_op)rule->op, rule->width, out, &source);
    float_end(select, value, out);
}

/* rule->extra = rounding, in the processor's numbers; 8 keeps it from noting that it rounded. */
void select_float_round(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t out = float_begin(select, value);
    struct select_source source = source_of(select, select->values[value].a, rule->width);
    emit_rm(select, (enum x86_op)rule->op, rule->width, out, &source);
    select->machine->instructions[select->machine->instruction_count - 1].immediate = rule->extra | 8;
    float_end(select, value, out);
}

/* ---- Bits ---- */

/* A mask of the sign bit, or of all others, in every lane. */
static struct select_source sign_mask(struct select *select, uint8_t width, bool others) {
    uint8_t bytes[16];
    memset(bytes, others ? 0xFF : 0, sizeof bytes);
    for (uint32_t lane = width - 1u; lane < 16; lane += width)
        bytes[lane] = others ? 0x7F : 0x80;
    return (struct select_source){.is_address = true, .address = address_of_constant(select, bytes)};
}

/* rule->extra: the mask has the other bits. For vectors the same, with their lanes' width. */
void select_float_sign(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value), use = select_use_bits(select, select->values[value].a);
    struct select_source mask = sign_mask(select, rule->width, rule->extra != 0);
    emit_tied(select, (enum x86_op)rule->op, 16, define, use, &mask);
}

void select_copysign(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value);
    uint32_t left = select_use_bits(select, at->a), right = select_use_bits(select, at->b);
    uint32_t magnitude = select_temporary(select, MACHINE_VECTOR, 16), sign = select_temporary(select, MACHINE_VECTOR, 16);
    struct select_source others = sign_mask(select, rule->width, true), mask = sign_mask(select, rule->width, false);
    emit_tied(select, X86_AND_VECTOR, 16, magnitude, left, &others);
    emit_tied(select, X86_AND_VECTOR, 16, sign, right, &mask);
    emit_binary(select, X86_OR_VECTOR, 16, define, magnitude, sign);
}

/* rule->op: to or from a vector register. */
void select_reinterpret(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value);
    emit_unary(select, (enum x86_op)rule->op, rule->width, define,
               type_is_vector(at->type) ? select_use(select, at->a) : select_use_bits(select, at->a));
}

/* ---- Integers ---- */

/* rule->extra = width of the integer; an unsigned one of 32 bits is a signed one of 64. */
void select_convert(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value), use = select_use(select, select->values[value].a);
    struct machine_instruction *instruction = emit(select, X86_CONVERT_INTEGER, rule->width, 2);
    operand_define(select, instruction, define);
    operand_use(select, instruction, 1, use, MACHINE_USE);
    instruction->immediate = rule->extra;
}

void select_convert_unsigned_64(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value), use = select_use(select, select->values[value].a);
    struct machine_instruction *instruction = emit(select, X86_CONVERT_UNSIGNED_64, rule->width, 3);
    operand_define(select, instruction, define);
    operand_use(select, instruction, 1, use, MACHINE_USE_LATE);
    operand_scratch(select, instruction, 2, MACHINE_GENERAL);
}

/* rule->extra: enum x86_truncate. */
void select_truncate(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value), use = select_use(select, select->values[value].a);
    struct machine_instruction *instruction = emit(select, X86_TRUNCATE, rule->width, 2);
    operand_define(select, instruction, define);
    operand_use(select, instruction, 1, use, MACHINE_USE_LATE);
    instruction->immediate = rule->extra;
}
