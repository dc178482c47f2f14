/* Instructions on integers: ranges, and the few forms that prove something about an index, an entry of a jump table or a divisor. */
#include "tests/verify/verifier.h"

static struct value unknown_of(uint32_t size) {
    return value_range(0, value_width_max(size));
}

static void flags_set(struct verifier *verifier, enum flags_kind kind, uint32_t width, const struct value *left, const struct value *right) {
    struct flags flags = {.kind = (uint8_t)kind, .width = (uint8_t)width};
    flags.left = values_number(&verifier->values, left);
    flags.right = values_number(&verifier->values, right);
    verifier->now.flags = flags;
}

/* A register's whole value, of which the instruction looks at the lower bytes. */
static struct value whole_get(struct verifier *verifier, const struct operand *operand) {
    if (operand->kind != OPERAND_REGISTER) {
        return operand_get(verifier, operand);
    }
    struct value value = register_get(verifier, operand->reg);
    check_garbage(verifier, &value);
    return value;
}

static bool same_register(const struct operand *left, const struct operand *right) {
    return left->kind == OPERAND_REGISTER && right->kind == OPERAND_REGISTER && left->reg == right->reg;
}

/* ---- Ranges ---- */

static struct value range_add(const struct value *left, const struct value *right, uint32_t size) {
    uint64_t high = left->high + right->high;
    if (high < left->high || high > value_width_max(size)) {
        return unknown_of(size);
    }
    return value_range(left->low + right->low, high);
}

static struct value range_subtract(const struct value *left, const struct value *right, uint32_t size) {
    return left->low >= right->high ? value_range(left->low - right->high, left->high - right->low) : unknown_of(size);
}

/* An immediate that is negative is subtracted. */
static struct value range_add_signed(const struct value *left, int64_t right, uint32_t size) {
    struct value distance = value_constant(right < 0 ? 0 - (uint64_t)right : (uint64_t)right);
    return right < 0 ? range_subtract(left, &distance, size) : range_add(left, &distance, size);
}

static uint64_t bits_up_to(uint64_t value) {
    for (uint32_t shift = 1; shift < 64; shift *= 2) {
        value |= value >> shift;
    }
    return value;
}

static struct value range_or(const struct value *left, const struct value *right) {
    return value_range(0, bits_up_to(left->high | right->high));
}

static struct value range_and(const struct value *left, const struct value *right) {
    return value_range(0, left->high < right->high ? left->high : right->high);
}

/* ---- Arithmetic ---- */

/* mask & index, where the mask says whether the index is below the size of a table. */
static bool is_clamp(const struct value *mask, const struct value *index) {
    return mask->kind == VALUE_BELOW_MASK && index->symbol != 0 && mask->subject == index->symbol && index->high <= VALUE_MAX_32;
}

static struct value clamped_of(const struct value *mask) {
    struct value clamped = value_range(0, VALUE_MAX_32);
    clamped.kind = VALUE_CLAMPED;
    clamped.number = mask->number;
    clamped.subject = mask->subject;
    return clamped;
}

/* A jump table's entry plus the table's address. */
static bool is_jump_sum(const struct value *offset, const struct value *table) {
    return offset->kind == VALUE_JUMP_OFFSET && table->kind == VALUE_CODE && offset->number == table->number;
}

static struct value jump_target(const struct value *offset) {
    struct value target = *offset;
    target.kind = VALUE_JUMP_TARGET;
    target.symbol = 0;
    return target;
}

static struct value arithmetic(uint16_t id, const struct value *left, const struct value *right, uint32_t size) {
    switch (id) {
    case X86_INS_ADD:
        if (size == 8 && (is_jump_sum(left, right) || is_jump_sum(right, left))) {
            return jump_target(left->kind == VALUE_JUMP_OFFSET ? left : right);
        }
        return range_add(left, right, size);
    case X86_INS_SUB: return range_subtract(left, right, size);
    case X86_INS_AND:
        if (is_clamp(left, right) || is_clamp(right, left)) {
            return clamped_of(left->kind == VALUE_BELOW_MASK ? left : right);
        }
        return range_and(left, right);
    default: return range_or(left, right);
    }
}

/* The zero flag is that of a result which stands in a register. */
static void flags_of_result(struct verifier *verifier, const struct operand *to) {
    verifier->now.flags = (struct flags){0};
    if (to->kind == OPERAND_REGISTER && to->reg < LOCATION_VECTOR && to->size >= 4) {
        struct value result = register_get(verifier, to->reg);
        flags_set(verifier, FLAGS_TEST, to->size, &result, &result);
    }
}

static void step_arithmetic(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *to = &at->operands[0], *from = &at->operands[1];
    struct value result, left, right;
    if (!verify_that(verifier, at->operand_count == 2, VERIFY_OPERAND)) {
        return;
    }
    if (same_register(to, from) && (at->id == X86_INS_XOR || at->id == X86_INS_SUB)) {
        operand_set(verifier, to, value_constant(0), 0);
        flags_of_result(verifier, to);
        return;
    }
    left = operand_get(verifier, to);
    right = operand_get(verifier, from);
    if (at->id == X86_INS_ADD && from->kind == OPERAND_IMMEDIATE) {
        result = range_add_signed(&left, from->value, to->size);
    } else {
        result = arithmetic(at->id, &left, &right, to->size);
    }
    operand_set(verifier, to, result, 0);
    flags_of_result(verifier, to);
}

/* sbb of a register from itself is the carry in all its bits: whether a comparison before found the left side below the right one. */
static void step_borrow(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    struct value result = unknown_of(at->operands[0].size);
    if (same_register(&at->operands[0], &at->operands[1]) && at->operands[0].size == 4) {
        const struct flags *flags = &verifier->now.flags;
        const struct value *left = value_of(&verifier->values, flags->left), *right = value_of(&verifier->values, flags->right);
        bool is_index = left->symbol != 0 && left->high <= VALUE_MAX_32 && !left->low_only;
        if (flags->kind == FLAGS_COMPARE && flags->width == 4 && right->kind == VALUE_TABLE_SIZE && is_index) {
            result.kind = VALUE_BELOW_MASK;
            result.number = right->number;
            result.subject = left->symbol;
        }
    } else {
        operand_get(verifier, &at->operands[0]);
        operand_get(verifier, &at->operands[1]);
    }
    operand_set(verifier, &at->operands[0], result, 0);
    flags_of_result(verifier, &at->operands[0]);
}

static void step_shift(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *to = &at->operands[0];
    struct value value = operand_get(verifier, to), result = unknown_of(to->size);
    bool is_constant = at->operand_count == 1 || at->operands[1].kind == OPERAND_IMMEDIATE;
    uint64_t count = (at->operand_count == 1 ? 1 : (uint64_t)at->operands[1].value) & (to->size == 8 ? 63 : 31);
    bool is_positive = value.high <= value_width_max(to->size) / 2;
    if (is_constant && to->size >= 4 && (at->id == X86_INS_SHR || (at->id == X86_INS_SAR && is_positive))) {
        result = value_range(value.low >> count, value.high >> count);
    } else if (is_constant && to->size >= 4 && (at->id == X86_INS_SHL || at->id == X86_INS_SAL) && value.high <= value_width_max(to->size) >> count) {
        result = value_range(value.low << count, value.high << count);
    } else if (at->id == X86_INS_SHR && to->size >= 4) {
        result = value_range(0, value.high);
    }
    verifier->now.flags = (struct flags){0};
    operand_set(verifier, to, result, 0);
}

static void step_address(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *to = &at->operands[0], *from = &at->operands[1];
    struct value sum = value_constant(0);
    if (!verify_that(verifier, from->kind == OPERAND_MEMORY && from->index != R14 && from->index != R15, VERIFY_OPERAND)) {
        return;
    }
    if (from->base == REGISTER_RIP) {
        int64_t offset = (int64_t)at->offset + at->size + from->value;
        bool is_data = offset >= verifier->code->instruction_bytes && offset < verifier->code->size && to->size == 8;
        verify_that(verifier, is_data, VERIFY_CONSTANT);
        sum = is_data ? value_pointer(VALUE_CODE, (uint32_t)offset) : unknown_of(8);
        operand_set(verifier, to, sum, 0);
        return;
    }
    bool is_plain = from->base == REGISTER_NONE || (from->base < R14 && from->base != RSP);
    verify_that(verifier, is_plain, from->base == RSP ? VERIFY_STACK_POINTER : VERIFY_PINNED_VALUE);
    if (is_plain && from->base != REGISTER_NONE) {
        sum = register_get(verifier, from->base);
    } else if (!is_plain) {
        sum = unknown_of(8);
    }
    if (from->index != REGISTER_NONE) {
        struct value index = register_get(verifier, from->index);
        bool is_small = index.high <= UINT64_MAX / 8;
        index = is_small ? value_range(index.low * from->scale, index.high * from->scale) : unknown_of(8);
        sum = range_add(&sum, &index, 8);
    }
    sum = from->value == 0 && sum.kind == VALUE_RANGE ? sum : range_add_signed(&sum, from->value, 8);
    sum.symbol = 0;
    operand_set(verifier, to, value_low(&sum, to->size), 0);
}

/* ---- Multiplication, division ---- */

static void step_multiply(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *to = &at->operands[0];
    struct value result = unknown_of(to->size);
    if (at->operand_count == 1) {
        operand_get(verifier, to);
        if (verify_that(verifier, to->size >= 4, VERIFY_OPERAND)) {
            register_set(verifier, RAX, result, 0);
            register_set(verifier, RDX, result, 1);
        }
    } else {
        struct value left = operand_get(verifier, &at->operands[at->operand_count == 3 ? 1 : 0]);
        struct value right = operand_get(verifier, &at->operands[at->operand_count == 3 ? 2 : 1]);
        if (right.high == 0 || left.high <= value_width_max(to->size) / right.high) {
            result = value_range(left.low * right.low, left.high * right.high);
        }
        operand_set(verifier, to, result, 0);
    }
    verifier->now.flags = (struct flags){0};
}

/* ---- BMI ---- */

/* The flags stay. The result of a shift to the right is not larger than what is shifted. */
static void step_shift_free(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    uint32_t size = at->operands[0].size;
    struct value value = operand_get(verifier, &at->operands[1]), result = unknown_of(size);
    operand_get(verifier, &at->operands[2]);
    if (at->id == X86_INS_SHRX) {
        result = value_range(0, value.high);
    }
    operand_set(verifier, &at->operands[0], result, 0);
}

/* The half that is named second is written first. */
static void step_multiply_free(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    struct value implied = register_get(verifier, RDX), result = unknown_of(at->operands[0].size);
    check_garbage(verifier, &implied);
    operand_get(verifier, &at->operands[2]);
    operand_set(verifier, &at->operands[1], result, 1);
    operand_set(verifier, &at->operands[0], result, 0);
}

/* Not more than the last operand: some of its bits. */
static void step_and_not(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    struct value value = operand_get(verifier, &at->operands[at->operand_count - 1]);
    if (at->operand_count == 3) {
        operand_get(verifier, &at->operands[1]);
    }
    operand_set(verifier, &at->operands[0], value_range(0, value.high), 0);
    flags_of_result(verifier, &at->operands[0]);
}

static bool is_not_zero(const struct verifier *verifier, const struct value *value, uint32_t size) {
    return (value->low != 0 && value->high <= value_width_max(size)) || state_has_fact(&verifier->now, FACT_NOT_ZERO, value->symbol, size);
}

static bool is_not_minus_one(const struct verifier *verifier, const struct value *value, uint32_t size) {
    return value->high < value_width_max(size) || state_has_fact(&verifier->now, FACT_NOT_MINUS_ONE, value->symbol, size);
}

/* The upper half is 0, or for a signed division the sign: then the only quotients that do not fit are those by 0 and by -1. */
static void step_divide(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *operand = &at->operands[0];
    uint32_t size = operand->size;
    struct value divisor = whole_get(verifier, operand), low = register_get(verifier, RAX), upper = register_get(verifier, RDX);
    bool is_signed = at->id == X86_INS_IDIV;
    bool is_right = size >= 4 && is_not_zero(verifier, &divisor, size);
    if (is_signed) {
        is_right &= is_not_minus_one(verifier, &divisor, size);
        is_right &= upper.kind == VALUE_SIGN && upper.number == size && upper.subject == low.symbol;
    } else {
        is_right &= value_is_constant(&upper) && upper.low == 0;
    }
    verify_that(verifier, is_right, VERIFY_DIVIDE);
    register_set(verifier, RAX, unknown_of(size), 0);
    register_set(verifier, RDX, unknown_of(size), 1);
    verifier->now.flags = (struct flags){0};
}

static void step_sign(struct verifier *verifier) {
    uint32_t size = verifier->at->id == X86_INS_CQO ? 8 : 4;
    struct value low = register_get(verifier, RAX), sign = unknown_of(size);
    sign.kind = VALUE_SIGN;
    sign.number = size;
    sign.subject = low.symbol;
    register_set(verifier, RDX, sign, 0);
}

/* ---- Comparisons, and what depends on them ---- */

static void step_compare(struct verifier *verifier, enum flags_kind kind) {
    const struct operand *first = &verifier->at->operands[0], *second = &verifier->at->operands[1];
    struct value left = whole_get(verifier, first), right = whole_get(verifier, second);
    flags_set(verifier, kind, first->size, &left, &right);
}

/* The least upper bound that a condition on the flags gives a value: one side of a comparison is the value, the other a range. */
static uint64_t bound_by(const struct verifier *verifier, const struct value *value, uint32_t condition) {
    const struct flags *flags = &verifier->now.flags;
    const struct value *left = value_of(&verifier->values, flags->left), *right = value_of(&verifier->values, flags->right);
    uint64_t most = value_width_max(flags->width);
    if (flags->kind != FLAGS_COMPARE || flags->width < 4 || value->symbol == 0) {
        return UINT64_MAX;
    }
    if (value->symbol == left->symbol && right->high <= most) {
        if (condition == 2 && right->high != 0) { /* below */
            return right->high - 1;
        }
        if (condition == 6) { /* below or equal */
            return right->high;
        }
    }
    if (value->symbol == right->symbol && left->high <= most) {
        if (condition == 7 && left->high != 0) { /* above */
            return left->high - 1;
        }
        if (condition == 3) { /* above or equal */
            return left->high;
        }
    }
    return UINT64_MAX;
}

/* The value where the condition holds. A bound on 32 bits is one of the value when the instruction looks at no more. A constant stays: the
   default of a jump table is one of its entries, though the index may be known to be less. */
static struct value bounded(const struct verifier *verifier, struct value value, uint32_t condition, uint32_t size) {
    uint64_t bound = bound_by(verifier, &value, condition);
    bool holds = verifier->now.flags.width == size || value.high <= value_width_max(verifier->now.flags.width);
    struct value low = value_low(&value, size);
    if (holds && bound < low.high && low.low != low.high) {
        low = value_range(low.low < bound ? low.low : 0, bound);
    }
    return low;
}

/* Whether the condition cannot hold, whatever the value is of what it may be: a constant beyond its bound. */
static bool never_holds(const struct verifier *verifier, const struct value *value, uint32_t condition, uint32_t size) {
    struct value low = value_low(value, size);
    return verifier->now.flags.width == size && low.low > bound_by(verifier, value, condition);
}

/* index < size ? index : 0, by a conditional move in either direction. */
static bool is_table_clamp(const struct verifier *verifier, const struct value *moved, const struct value *kept, uint32_t condition) {
    const struct flags *flags = &verifier->now.flags;
    const struct value *left = value_of(&verifier->values, flags->left), *right = value_of(&verifier->values, flags->right);
    const struct value *index = condition == 2 ? moved : kept, *other = condition == 2 ? kept : moved;
    return (condition == 2 || condition == 3) && flags->kind == FLAGS_COMPARE && flags->width == 4 && right->kind == VALUE_TABLE_SIZE &&
           index->symbol != 0 && index->symbol == left->symbol && left->high <= VALUE_MAX_32 && value_is_constant(other) && other->low == 0;
}

/* min(index, size of a memory), of which the flags are a comparison: at most the size, since an older size is not larger. NULL, or the size. */
static const struct value *memory_bound(const struct verifier *verifier, const struct value *moved, const struct value *kept, uint32_t condition) {
    const struct flags *flags = &verifier->now.flags;
    const struct value *left = value_of(&verifier->values, flags->left), *right = value_of(&verifier->values, flags->right);
    bool is_below = condition == 2 || condition == 6, is_above = condition == 3 || condition == 7, is_size_left = left->kind == VALUE_MEMORY_SIZE;
    const struct value *size = is_size_left ? left : right, *compared = is_size_left ? right : left;
    const struct value *index = is_below == is_size_left ? kept : moved, *other = index == kept ? moved : kept;
    bool is_size = size->kind == VALUE_MEMORY_SIZE && !size->low_only;
    bool is_right = is_size && other->kind == VALUE_MEMORY_SIZE && other->number == size->number && !other->low_only;
    is_right &= index->symbol != 0 && index->symbol == compared->symbol && !index->low_only && !compared->low_only;
    return (is_below || is_above) && flags->kind == FLAGS_COMPARE && flags->width == 8 && is_right ? size : NULL;
}

static void step_conditional_move(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *to = &at->operands[0], *from = &at->operands[1];
    uint32_t condition = at->opcode & 15, size = to->size;
    struct value moved = whole_get(verifier, from), kept = whole_get(verifier, to), result;
    const struct value *bound = size == 8 ? memory_bound(verifier, &moved, &kept, condition) : NULL;
    if (is_table_clamp(verifier, &moved, &kept, condition)) {
        struct value mask = {.number = value_of(&verifier->values, verifier->now.flags.right)->number};
        mask.subject = value_of(&verifier->values, verifier->now.flags.left)->symbol;
        result = clamped_of(&mask);
    } else if (never_holds(verifier, &moved, condition, size)) {
        result = value_low(&kept, size);
    } else if (bound != NULL) {
        result = value_pointer(VALUE_BOUND, bound->number);
        result.high = 1ull << 32;
    } else {
        moved = bounded(verifier, moved, condition, size);
        kept = bounded(verifier, kept, condition ^ 1, size);
        result = value_hull(&moved, &kept);
    }
    verify_that(verifier, size >= 4 && to->kind == OPERAND_REGISTER, VERIFY_OPERAND);
    operand_set(verifier, to, result, 0);
}

/* ---- Exchanges ---- */

static void step_exchange(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *to = &at->operands[0], *from = &at->operands[1];
    struct value left = operand_get(verifier, to), right = operand_get(verifier, from);
    bool is_plain = at->id == X86_INS_XCHG && to->kind == OPERAND_REGISTER && from->kind == OPERAND_REGISTER;
    operand_set(verifier, to, is_plain ? right : unknown_of(to->size), 0);
    operand_set(verifier, from, is_plain ? left : unknown_of(from->size), 1);
    if (at->id != X86_INS_XCHG) {
        verifier->now.flags = (struct flags){0};
    }
}

/* rax stays as it is, with its upper half, when it was equal. */
static void step_compare_exchange(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *to = &at->operands[0];
    struct value old = register_get(verifier, RAX), found = unknown_of(to->size);
    old = value_plain(&old);
    operand_get(verifier, to);
    operand_get(verifier, &at->operands[1]);
    operand_set(verifier, to, unknown_of(to->size), 1);
    if (to->size >= 4) {
        register_set(verifier, RAX, value_hull(&old, &found), 0);
    } else {
        register_set_part(verifier, RAX, to->size, found, 0);
    }
    verifier->now.flags = (struct flags){0};
}

/* ---- The rest ---- */

/* bsf and bsr leave the register as it is when the operand is 0. */
static void step_count(struct verifier *verifier, bool keeps) {
    const struct operand *to = &verifier->at->operands[0];
    struct value found = value_range(0, 64), from = operand_get(verifier, &verifier->at->operands[1]);
    if (to->kind == OPERAND_REGISTER && to->reg < LOCATION_VECTOR && keeps && from.low == 0) {
        struct value old = register_get(verifier, to->reg);
        old = value_plain(&old);
        register_set(verifier, to->reg, value_hull(&old, &found), 0);
    } else {
        operand_set(verifier, to, found, 0);
    }
    verifier->now.flags = (struct flags){0};
}

static void step_extend(struct verifier *verifier, bool is_signed) {
    const struct operand *to = &verifier->at->operands[0], *from = &verifier->at->operands[1];
    struct value value = operand_get(verifier, from);
    bool is_entry = is_signed && value.kind == VALUE_JUMP_OFFSET && from->size == 4 && to->size == 8;
    if (is_entry) {
        operand_set(verifier, to, value, 0);
        return;
    }
    value = value_low(&value, from->size);
    if (is_signed && value.high > value_width_max(from->size) / 2) {
        value = unknown_of(to->size);
    }
    operand_set(verifier, to, value, 0);
}

static void step_move(struct verifier *verifier) {
    const struct operand *to = &verifier->at->operands[0], *from = &verifier->at->operands[1];
    struct value value = operand_get(verifier, from);
    if (from->kind == OPERAND_IMMEDIATE) {
        value = value_constant((uint64_t)from->value & value_width_max(to->size));
    }
    operand_set(verifier, to, value_low(&value, to->size), 0);
}

void step_integer(struct verifier *verifier, enum instruction_class class) {
    const struct operand *to = &verifier->at->operands[0];
    switch (class) {
    case CLASS_MOVE: step_move(verifier); break;
    case CLASS_EXTEND_ZERO: step_extend(verifier, false); break;
    case CLASS_EXTEND_SIGN: step_extend(verifier, true); break;
    case CLASS_ADDRESS: step_address(verifier); break;
    case CLASS_ARITHMETIC: step_arithmetic(verifier); break;
    case CLASS_BORROW: step_borrow(verifier); break;
    case CLASS_SHIFT: step_shift(verifier); break;
    case CLASS_MULTIPLY: step_multiply(verifier); break;
    case CLASS_SHIFT_FREE: step_shift_free(verifier); break;
    case CLASS_MULTIPLY_FREE: step_multiply_free(verifier); break;
    case CLASS_AND_NOT:
    case CLASS_CLEAR_LOWEST: step_and_not(verifier); break;
    case CLASS_COUNT: step_count(verifier, false); break;
    case CLASS_SCAN: step_count(verifier, true); break;
    case CLASS_COMPARE: step_compare(verifier, FLAGS_COMPARE); break;
    case CLASS_TEST: step_compare(verifier, FLAGS_TEST); break;
    case CLASS_CONDITIONAL_MOVE: step_conditional_move(verifier); break;
    case CLASS_SIGN: step_sign(verifier); break;
    case CLASS_DIVIDE: step_divide(verifier); break;
    case CLASS_EXCHANGE: step_exchange(verifier); break;
    case CLASS_COMPARE_EXCHANGE: step_compare_exchange(verifier); break;
    case CLASS_FENCE: verify_that(verifier, verifier->at->id == X86_INS_MFENCE || verifier->at->size == 1, VERIFY_OPERAND); break;
    case CLASS_SET: operand_set(verifier, to, value_range(0, 1), 0); break;
    default: /* CLASS_UNARY */
        operand_get(verifier, to);
        operand_set(verifier, to, unknown_of(to->size), 0);
        if (verifier->at->id == X86_INS_NEG) {
            verifier->now.flags = (struct flags){0};
        }
        break;
    }
}
