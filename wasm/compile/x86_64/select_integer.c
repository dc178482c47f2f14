/* Integer arithmetic. */
#include "wasm/compile/x86_64/select.h"

#include "base/assert.h"

static bool fits_immediate(uint64_t constant, uint8_t width, int64_t *out) {
    *out = (int32_t)constant;
    return width == 4 || (int64_t)constant == (int32_t)constant;
}

static bool immediate_of(const struct select *select, uint32_t value, uint8_t width, int64_t *out) {
    uint64_t constant;
    return select_constant(select, value, &constant) && fits_immediate(constant, width, out);
}

static uint32_t use_of_width(struct select *select, uint32_t value, uint8_t width) {
    return width == 4 ? select_use_low(select, value) : select_use(select, value);
}

static bool dies_here(const struct select *select, uint32_t value) {
    return select->states[value].uses == 1;
}

static struct machine_instruction *last_instruction(const struct select *select) {
    return &select->machine->instructions[select->machine->instruction_count - 1];
}

/* rule->op = register form, rule->extra = form with an immediate (0: none). */
void select_binary(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t left = at->a, right = at->b, define = select_define(select, value);
    uint64_t constant;
    int64_t immediate;
    bool commutes = (rule->flags & RULE_COMMUTES) != 0;
    if (commutes && select_constant(select, left, &constant)) {
        left = at->b;
        right = at->a;
    }
    if (rule->extra != 0 && immediate_of(select, right, rule->width, &immediate)) {
        emit_tied_constant(select, (enum x86_op)rule->extra, rule->width, define, use_of_width(select, left, rule->width), immediate);
        return;
    }
    if (commutes && !source_is_memory(select, right, rule->width) &&
        (source_is_memory(select, left, rule->width) || (!dies_here(select, left) && dies_here(select, right)))) {
        uint32_t swap = left;
        left = right;
        right = swap;
    }
    uint32_t first = use_of_width(select, left, rule->width);
    struct select_source second = source_of(select, right, rule->width);
    emit_tied(select, (enum x86_op)rule->op, rule->width, define, first, &second);
}

/* A shift by 1 to 3 whose only user scales an index instead. */
static bool scaled_index(const struct select *select, uint32_t value, uint8_t width, uint32_t *index, uint8_t *shift) {
    const struct ir_value *at = &select->values[value];
    uint64_t count;
    if (at->op != (width == 4 ? OP_I32_SHL : OP_I64_SHL) || !select_is_single(select, value) || !select_constant(select, at->b, &count))
        return false;
    count &= 8u * width - 1;
    *index = at->a;
    *shift = (uint8_t)count;
    return count >= 1 && count <= 3;
}

static bool add_scaled(struct select *select, uint32_t define, uint32_t base, uint32_t scaled, uint8_t width) {
    uint32_t index;
    uint8_t shift;
    int64_t immediate;
    if (!scaled_index(select, scaled, width, &index, &shift))
        return false;
    struct select_address sum = {.kind = ADDRESS_INDEX, .shift = shift};
    if (immediate_of(select, base, width, &immediate)) {
        sum.displacement = (int32_t)immediate;
    } else {
        sum.kind = ADDRESS_BASE;
        sum.base = use_of_width(select, base, width);
    }
    sum.index = use_of_width(select, index, width);
    emit_load(select, X86_LEA, width, define, &sum);
    return true;
}

/* base + index + constant, where the inner sum is only for this. */
static bool add_three(struct select *select, uint32_t define, uint32_t inner, int64_t immediate, uint8_t width) {
    const struct ir_value *at = &select->values[inner];
    uint64_t constant;
    if (at->op != (width == 4 ? OP_I32_ADD : OP_I64_ADD) || !select_is_single(select, inner) || select_constant(select, at->a, &constant) ||
        select_constant(select, at->b, &constant))
        return false;
    if (source_is_memory(select, at->a, width) || source_is_memory(select, at->b, width))
        return false;
    struct select_address sum = address_of_field(use_of_width(select, at->a, width), (int32_t)immediate);
    sum.index = use_of_width(select, at->b, width);
    emit_load(select, X86_LEA, width, define, &sum);
    return true;
}

/* Additions become lea where a register would have to be copied, or where it does more. */
void select_add(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint8_t width = rule->width;
    uint32_t left = at->a, right = at->b, define = select_define(select, value);
    int64_t immediate;
    if (immediate_of(select, left, width, &immediate)) {
        left = at->b;
        right = at->a;
    }
    if (add_scaled(select, define, left, right, width) || add_scaled(select, define, right, left, width))
        return;
    if (immediate_of(select, right, width, &immediate)) {
        if (add_three(select, define, left, immediate, width))
            return;
        if (dies_here(select, left)) {
            emit_tied_constant(select, X86_ADD_I, width, define, use_of_width(select, left, width), immediate);
            return;
        }
        struct select_address sum = address_of_field(use_of_width(select, left, width), (int32_t)immediate);
        emit_load(select, X86_LEA, width, define, &sum);
        return;
    }
    if (dies_here(select, left) || dies_here(select, right) || source_is_memory(select, left, width) || source_is_memory(select, right, width)) {
        select_binary(select, value, rule);
        return;
    }
    struct select_address sum = address_of_field(use_of_width(select, left, width), 0);
    sum.index = use_of_width(select, right, width);
    emit_load(select, X86_LEA, width, define, &sum);
}

/* 0 - x; x - constant is an addition. */
void select_subtract(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint64_t constant;
    int64_t immediate;
    if (select_constant(select, at->a, &constant) && constant == 0) {
        emit_tied_one(select, X86_NEG, rule->width, select_define(select, value), use_of_width(select, at->b, rule->width));
        return;
    }
    if (immediate_of(select, at->b, rule->width, &immediate) && immediate != INT32_MIN && !dies_here(select, at->a)) {
        struct select_address sum = address_of_field(use_of_width(select, at->a, rule->width), (int32_t)-immediate);
        emit_load(select, X86_LEA, rule->width, select_define(select, value), &sum);
        return;
    }
    select_binary(select, value, rule);
}

void select_multiply(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    int64_t immediate;
    uint32_t left = at->a, right = at->b;
    if (immediate_of(select, left, rule->width, &immediate)) {
        left = at->b;
        right = at->a;
    }
    if (!immediate_of(select, right, rule->width, &immediate)) {
        select_binary(select, value, rule);
        return;
    }
    uint32_t define = select_define(select, value);
    if (immediate == 3 || immediate == 5 || immediate == 9) {
        uint32_t reg = use_of_width(select, left, rule->width);
        struct select_address sum = address_of_field(reg, 0);
        sum.index = reg;
        sum.shift = immediate == 3 ? 1 : immediate == 5 ? 2 : 3;
        emit_load(select, X86_LEA, rule->width, define, &sum);
        return;
    }
    struct select_source source = source_of(select, left, rule->width);
    emit_rm(select, X86_IMUL_I, rule->width, define, &source);
    last_instruction(select)->immediate = (uint64_t)immediate;
}

/* x ^ -1 is not x. */
void select_xor(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    int64_t immediate;
    if (immediate_of(select, at->b, rule->width, &immediate) && immediate == -1)
        emit_tied_one(select, X86_NOT, rule->width, select_define(select, value), use_of_width(select, at->a, rule->width));
    else
        select_binary(select, value, rule);
}

/* x & ~y, and x & (x - 1). */
static bool and_by_bmi(struct select *select, uint32_t value, uint32_t left, uint32_t right, uint8_t width) {
    const struct ir_value *at = &select->values[right];
    int64_t immediate;
    bool is_not = at->op == (width == 4 ? OP_I32_XOR : OP_I64_XOR), is_less = at->op == (width == 4 ? OP_I32_ADD : OP_I64_ADD) && at->a == left;
    if ((select->features & X86_HAS_BMI1) == 0 || !(is_not || is_less) || !select_is_single(select, right) ||
        !immediate_of(select, at->b, width, &immediate) || immediate != -1)
        return false;
    uint32_t define = select_define(select, value);
    if (is_less) {
        emit_unary(select, X86_CLEAR_LOWEST, width, define, use_of_width(select, left, width));
        return true;
    }
    uint32_t inverted = use_of_width(select, at->a, width);
    struct select_source other = source_of(select, left, width);
    emit_three(select, X86_AND_NOT, width, define, inverted, &other);
    return true;
}

/* Masks of 8 and 16 bits are extensions; of 32 bits, a move. */
void select_and(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint64_t mask;
    if (and_by_bmi(select, value, at->a, at->b, rule->width) || and_by_bmi(select, value, at->b, at->a, rule->width))
        return;
    if (!select_constant(select, at->b, &mask) || (mask != 0xFF && mask != 0xFFFF && (mask != UINT32_MAX || rule->width == 4))) {
        select_binary(select, value, rule);
        return;
    }
    enum x86_op op = mask == 0xFF ? X86_ZERO_EXTEND_8 : mask == 0xFFFF ? X86_ZERO_EXTEND_16 : X86_MOV;
    emit_unary(select, op, 4, select_define(select, value), use_of_width(select, at->a, rule->width));
}

/* rule->op = by rcx, or any register where there is BMI2; rule->extra = by a constant. The processor looks at the low 5 or 6 bits of the count, as
 * the program means it. */
void select_shift(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value);
    uint64_t constant;
    if (select_constant(select, at->b, &constant)) {
        int64_t count = (int64_t)(constant & (8u * rule->width - 1));
        if ((rule->op == X86_ROL || rule->op == X86_ROR) && (select->features & X86_HAS_BMI2) != 0 && !dies_here(select, at->a)) {
            emit_unary(select, X86_ROR_3, rule->width, define, use_of_width(select, at->a, rule->width));
            last_instruction(select)->immediate = (uint64_t)(rule->op == X86_ROR ? count : -count) & (8u * rule->width - 1);
            return;
        }
        emit_tied_constant(select, (enum x86_op)rule->extra, rule->width, define, use_of_width(select, at->a, rule->width), count);
        return;
    }
    enum x86_op free = rule->op == X86_SHL ? X86_SHL_3 : rule->op == X86_SHR ? X86_SHR_3 : rule->op == X86_SAR ? X86_SAR_3 : X86_NONE;
    if (free != X86_NONE && (select->features & X86_HAS_BMI2) != 0) {
        uint32_t by = select_use_low(select, at->b);
        struct select_source moved = source_of(select, at->a, rule->width);
        emit_three(select, free, rule->width, define, by, &moved);
        return;
    }
    uint32_t left = use_of_width(select, at->a, rule->width), count = select_use_low(select, at->b);
    struct machine_instruction *instruction = emit(select, (enum x86_op)rule->op, rule->width, 3);
    operand_tied(select, instruction, define, left);
    operand_fixed(select, instruction, 2, count, MACHINE_USE_LATE, RCX);
}

/* rule->extra: enum x86_divide. */
void select_divide(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t extra = rule->extra, define = select_define(select, value);
    uint64_t constant;
    if (select_constant(select, at->b, &constant)) {
        if (constant != 0)
            extra |= DIVIDE_NEVER_ZERO;
        if (rule->width == 4 ? (uint32_t)constant != UINT32_MAX : constant != UINT64_MAX)
            extra |= DIVIDE_NEVER_MINUS_ONE;
    }
    uint32_t left = use_of_width(select, at->a, rule->width), right = use_of_width(select, at->b, rule->width);
    uint32_t other = select_temporary(select, MACHINE_GENERAL, rule->width);
    bool remainder = (extra & DIVIDE_REMAINDER) != 0;
    struct machine_instruction *instruction = emit(select, X86_DIVIDE, rule->width, 4);
    operand_fixed(select, instruction, 0, remainder ? other : define, MACHINE_DEFINE, RAX);
    operand_fixed(select, instruction, 1, remainder ? define : other, MACHINE_DEFINE, RDX);
    operand_fixed(select, instruction, 2, left, MACHINE_USE, RAX);
    operand_use(select, instruction, 3, right, MACHINE_USE_LATE);
    instruction->immediate = extra;
}

/* Both halves of the product are made; the low one is not needed. */
void select_multiply_high(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value), left = select_use(select, at->a), right = select_use(select, at->b);
    if (rule->op == X86_MULTIPLY_HIGH && (select->features & X86_HAS_BMI2) != 0) {
        struct machine_instruction *instruction = emit(select, X86_MULTIPLY_HIGH_3, rule->width, 3);
        operand_define(select, instruction, define);
        operand_fixed(select, instruction, 1, left, MACHINE_USE, RDX);
        operand_any(select, instruction, 2, right);
        return;
    }
    uint32_t low = select_temporary(select, MACHINE_GENERAL, rule->width);
    struct machine_instruction *instruction = emit(select, (enum x86_op)rule->op, rule->width, 4);
    operand_fixed(select, instruction, 0, low, MACHINE_DEFINE, RAX);
    operand_fixed(select, instruction, 1, define, MACHINE_DEFINE, RDX);
    operand_fixed(select, instruction, 2, left, MACHINE_USE, RAX);
    operand_use(select, instruction, 3, right, MACHINE_USE_LATE);
}

/* ---- One operand ---- */

/* rule->extra != 0: the width of the operand, where it is another one. */
void select_unary(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint8_t source_width = rule->extra != 0 ? (uint8_t)rule->extra : rule->width;
    emit_unary(select, (enum x86_op)rule->op, rule->width, select_define(select, value), use_of_width(select, at->a, source_width));
}

void select_wrap(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    emit_unary(select, X86_MOV, 4, select_define(select, value), select_use(select, select->values[value].a));
}

/* Without LZCNT: bsr leaves the result alone for 0, where 2 * width - 1 makes the width of it. */
void select_count_leading(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value), use = use_of_width(select, select->values[value].a, rule->width);
    if ((select->features & X86_HAS_LZCNT) != 0) {
        emit_unary(select, X86_LZCNT, rule->width, define, use);
        return;
    }
    uint32_t bits = 8u * rule->width;
    uint32_t none = select_temporary(select, MACHINE_GENERAL, rule->width), found = select_temporary(select, MACHINE_GENERAL, rule->width);
    uint32_t highest = select_temporary(select, MACHINE_GENERAL, rule->width);
    emit_constant(select, none, rule->width, 2 * bits - 1);
    emit_unary(select, X86_BSR, rule->width, found, use);
    emit_binary(select, X86_CMOV, rule->width, highest, found, none);
    last_instruction(select)->condition = CONDITION_E;
    emit_tied_constant(select, X86_XOR_I, rule->width, define, highest, bits - 1);
}

void select_count_trailing(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value), use = use_of_width(select, select->values[value].a, rule->width);
    if ((select->features & X86_HAS_BMI1) != 0) {
        emit_unary(select, X86_TZCNT, rule->width, define, use);
        return;
    }
    uint32_t none = select_temporary(select, MACHINE_GENERAL, rule->width), found = select_temporary(select, MACHINE_GENERAL, rule->width);
    emit_constant(select, none, rule->width, 8u * rule->width);
    emit_unary(select, X86_BSF, rule->width, found, use);
    emit_binary(select, X86_CMOV, rule->width, define, found, none);
    last_instruction(select)->condition = CONDITION_E;
}

/* A mask that repeats, in a register: and, or with an immediate, do not take 64 bits of it. */
static uint32_t with_mask(struct select *select, uint32_t use, uint8_t width, uint64_t mask) {
    uint32_t constant = select_temporary(select, MACHINE_GENERAL, width), out = select_temporary(select, MACHINE_GENERAL, width);
    emit_constant(select, constant, width, mask);
    emit_binary(select, X86_AND, width, out, use, constant);
    return out;
}

static uint32_t shifted_right(struct select *select, uint32_t use, uint8_t width, int64_t count) {
    uint32_t out = select_temporary(select, MACHINE_GENERAL, width);
    emit_tied_constant(select, X86_SHR_I, width, out, use, count);
    return out;
}

static uint32_t combined(struct select *select, enum x86_op op, uint32_t left, uint32_t right, uint8_t width) {
    uint32_t out = select_temporary(select, MACHINE_GENERAL, width);
    emit_binary(select, op, width, out, left, right);
    return out;
}

/* Without POPCNT: sums of 2, 4 and 8 bits, then all bytes by a multiplication. */
void select_count_ones(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value), use = use_of_width(select, select->values[value].a, rule->width);
    uint8_t width = rule->width;
    if ((select->features & X86_HAS_POPCNT) != 0) {
        emit_unary(select, X86_POPCNT, width, define, use);
        return;
    }
    uint32_t pairs = combined(select, X86_SUB, use, with_mask(select, shifted_right(select, use, width, 1), width, 0x5555555555555555u), width);
    uint32_t high = with_mask(select, shifted_right(select, pairs, width, 2), width, 0x3333333333333333u);
    uint32_t fours = combined(select, X86_ADD, with_mask(select, pairs, width, 0x3333333333333333u), high, width);
    uint32_t eights = with_mask(select, combined(select, X86_ADD, fours, shifted_right(select, fours, width, 4), width), width, 0x0F0F0F0F0F0F0F0Fu);
    uint32_t ones = select_temporary(select, MACHINE_GENERAL, width);
    emit_constant(select, ones, width, 0x0101010101010101u);
    emit_tied_constant(select, X86_SHR_I, width, define, combined(select, X86_IMUL, eights, ones, width), 8 * (width - 1));
}
