/* Vectors, on SSE4.1 or AVX: instructions that compute the same in every lane. */
#include "wasm/compile/x86_64/select.h"

#include "base/assert.h"

/* ---- What the others use, too ---- */

uint32_t vector_temporary(struct select *select) {
    return select_temporary(select, MACHINE_VECTOR, 16);
}

uint32_t vector_binary(struct select *select, enum x86_op op, uint32_t left, uint32_t right) {
    uint32_t out = vector_temporary(select);
    emit_binary(select, op, 16, out, left, right);
    return out;
}

uint32_t vector_unary(struct select *select, enum x86_op op, uint32_t use) {
    uint32_t out = vector_temporary(select);
    emit_unary(select, op, 16, out, use);
    return out;
}

uint32_t vector_shifted(struct select *select, enum x86_op op, uint32_t use, int64_t count) {
    uint32_t out = vector_temporary(select);
    emit_tied_constant(select, op, 16, out, use, count);
    return out;
}

uint32_t vector_shuffled(struct select *select, uint32_t use, uint32_t order) {
    uint32_t out = vector_temporary(select);
    emit_unary(select, X86_PSHUFD, 16, out, use);
    select->machine->instructions[select->machine->instruction_count - 1].immediate = order;
    return out;
}

uint32_t vector_zero(struct select *select) {
    uint32_t out = vector_temporary(select);
    select->machine->registers[out].is_constant = true;
    operand_define(select, emit(select, X86_ZERO_VECTOR, 16, 1), out);
    return out;
}

uint32_t vector_ones(struct select *select) {
    uint32_t out = vector_temporary(select);
    operand_define(select, emit(select, X86_ONES_VECTOR, 16, 1), out);
    return out;
}

struct select_source vector_constant(struct select *select, uint64_t low, uint64_t high) {
    uint8_t bytes[16];
    bytes_store_u64(bytes, low);
    bytes_store_u64(bytes + 8, high);
    return (struct select_source){.is_address = true, .address = address_of_constant(select, bytes)};
}

uint32_t vector_with_constant(struct select *select, enum x86_op op, uint32_t use, uint64_t low, uint64_t high) {
    struct select_source constant = vector_constant(select, low, high);
    uint32_t out = vector_temporary(select);
    emit_tied(select, op, 16, out, use, &constant);
    return out;
}

uint32_t vector_load_constant(struct select *select, uint64_t low, uint64_t high) {
    struct select_source constant = vector_constant(select, low, high);
    uint32_t out = vector_temporary(select);
    emit_rm(select, X86_COPY_VECTOR, 16, out, &constant);
    return out;
}

/* The last instruction gives the value. */
void vector_define(struct select *select, uint32_t value, uint32_t reg) {
    emit_unary(select, X86_COPY_VECTOR, 16, select_define(select, value), reg);
}

void vector_set_immediate(struct select *select, uint64_t immediate) {
    select->machine->instructions[select->machine->instruction_count - 1].immediate = immediate;
}

/* ---- Results of float arithmetic ---- */

void vector_canonical(struct select *select, uint32_t define, uint32_t reg, uint8_t width) {
    uint64_t nan = width == 8 ? 0x7FF8000000000000u : 0x7FC000007FC00000u;
    uint32_t ordered = vector_temporary(select);
    struct machine_instruction *compare = emit(select, X86_COMPARE_PACKED, width, 2);
    operand_tied(select, compare, ordered, reg);
    compare->immediate = 7;
    uint32_t numbers = vector_binary(select, X86_AND_VECTOR, reg, ordered);
    uint32_t nans = vector_with_constant(select, X86_AND_NOT_VECTOR, ordered, nan, nan);
    emit_binary(select, X86_OR_VECTOR, 16, define, numbers, nans);
}

/* A result is made canonical when somebody sees its bits. */
void vector_define_float(struct select *select, uint32_t value, const struct select_rule *rule, uint32_t reg) {
    if ((select->states[value].flags & SELECT_EXPOSED) == 0)
        vector_define(select, value, reg);
    else
        vector_canonical(select, select_define(select, value), reg, (rule->flags & RULE_LANES_8) != 0 ? 8 : 4);
}

/* ---- Direct ones ---- */

void select_vector_binary(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t left = at->a, right = at->b;
    if ((rule->flags & RULE_COMMUTES) != 0 && source_is_memory(select, left, 16)) {
        left = at->b;
        right = at->a;
    }
    uint32_t define = select_define(select, value), first = select_use(select, left);
    struct select_source second = source_of(select, right, 16);
    emit_tied(select, (enum x86_op)rule->op, 16, define, first, &second);
}

/* The processor has it with the operands the other way round. */
void select_vector_swapped(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value), first = select_use(select, at->b);
    struct select_source second = source_of(select, at->a, 16);
    emit_tied(select, (enum x86_op)rule->op, rule->width, define, first, &second);
}

void select_vector_unary(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value);
    emit_unary(select, (enum x86_op)rule->op, rule->width, define, select_use(select, select->values[value].a));
}

void select_vector_float_binary(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t out = vector_temporary(select), first = select_use(select, at->a);
    struct select_source second = source_of(select, at->b, 16);
    emit_tied(select, (enum x86_op)rule->op, rule->width, out, first, &second);
    vector_define_float(select, value, rule, out);
}

/* rule->extra: an immediate, for those that round. */
void select_vector_float_unary(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t out = vector_temporary(select);
    emit_unary(select, (enum x86_op)rule->op, rule->width, out, select_use(select, select->values[value].a));
    vector_set_immediate(select, rule->extra);
    vector_define_float(select, value, rule, out);
}

/* rule->extra = predicate; RULE_SIGNED: the operands the other way round. */
void select_vector_float_compare(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    bool is_swapped = (rule->flags & RULE_SIGNED) != 0;
    uint32_t define = select_define(select, value), first = select_use(select, is_swapped ? at->b : at->a);
    struct select_source second = source_of(select, is_swapped ? at->a : at->b, 16);
    emit_tied(select, X86_COMPARE_PACKED, rule->width, define, first, &second);
    vector_set_immediate(select, rule->extra);
}

/* Either order, combined: a NaN of either is one, and of zeroes the negative is the minimum, the positive the maximum. */
void select_vector_float_minimum(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t left = select_use(select, at->a), right = select_use(select, at->b);
    uint32_t one = vector_temporary(select), other = vector_temporary(select), out = vector_temporary(select);
    emit_binary(select, (enum x86_op)rule->op, rule->width, one, left, right);
    emit_binary(select, (enum x86_op)rule->op, rule->width, other, right, left);
    if (rule->op == X86_MIN_PACKED) {
        emit_binary(select, X86_OR_VECTOR, 16, out, one, other);
    } else {
        uint32_t differ = vector_binary(select, X86_XOR_VECTOR, one, other), both = vector_binary(select, X86_OR_VECTOR, other, differ);
        emit_binary(select, X86_SUB_PACKED, rule->width, out, both, differ);
    }
    vector_define_float(select, value, rule, out);
}

/* ---- Comparisons of integers ---- */

static void define_not(struct select *select, uint32_t value, uint32_t reg) {
    uint32_t ones = vector_ones(select);
    emit_binary(select, X86_PXOR, 16, select_define(select, value), reg, ones);
}

/* rule->op = equality. */
void select_vector_differ(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t left = select_use(select, at->a), right = select_use(select, at->b);
    define_not(select, value, vector_binary(select, (enum x86_op)rule->op, left, right));
}

/* A minimum or maximum (rule->extra) that is the left operand says that it is less or equal, or greater or equal. RULE_SIGNED: or the
   opposite of that. */
void select_vector_compare_by(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t left = select_use(select, at->a), right = select_use(select, at->b);
    uint32_t bound = vector_binary(select, (enum x86_op)rule->extra, left, right);
    if ((rule->flags & RULE_SIGNED) != 0)
        define_not(select, value, vector_binary(select, (enum x86_op)rule->op, bound, left));
    else
        emit_binary(select, (enum x86_op)rule->op, 16, select_define(select, value), bound, left);
}

/* Lanes of 64 bits from comparisons of 32: the high half decides, and when it is equal the borrow of the difference. */
static uint32_t greater_64(struct select *select, uint32_t left, uint32_t right) {
    if ((select->features & X86_HAS_AVX) != 0)
        return vector_binary(select, X86_PCMPGTQ, left, right);
    uint32_t equal = vector_binary(select, X86_PCMPEQD, left, right), difference = vector_binary(select, X86_PSUBQ, right, left);
    uint32_t by_low = vector_binary(select, X86_PAND, equal, difference), by_high = vector_binary(select, X86_PCMPGTD, left, right);
    return vector_shuffled(select, vector_binary(select, X86_POR, by_low, by_high), 0xF5);
}

/* rule->extra: 1 = operands swapped, 2 = the opposite. */
void select_vector_greater_64(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t left = select_use(select, at->a), right = select_use(select, at->b);
    uint32_t greater = (rule->extra & 1) != 0 ? greater_64(select, right, left) : greater_64(select, left, right);
    if ((rule->extra & 2) != 0)
        define_not(select, value, greater);
    else
        vector_define(select, value, greater);
}

/* ---- Bits ---- */

void select_vector_not(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    define_not(select, value, select_use(select, select->values[value].a));
}

/* ((a ^ b) & mask) ^ b */
void select_vector_bitselect(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint32_t left = select_use(select, at->a), right = select_use(select, at->b), mask = select_use(select, at->c);
    uint32_t differ = vector_binary(select, X86_PAND, vector_binary(select, X86_PXOR, left, right), mask);
    emit_binary(select, X86_PXOR, 16, select_define(select, value), differ, right);
}

/* ---- Sign ---- */

void select_vector_negate(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t use = select_use(select, select->values[value].a), zero = vector_zero(select);
    emit_binary(select, (enum x86_op)rule->op, 16, select_define(select, value), zero, use);
}

void select_vector_abs_64(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    uint32_t use = select_use(select, select->values[value].a);
    uint32_t sign = vector_shifted(select, X86_PSRAD_I, vector_shuffled(select, use, 0xF5), 31);
    emit_binary(select, X86_PSUBQ, 16, select_define(select, value), vector_binary(select, X86_PXOR, use, sign), sign);
}

/* ---- Multiplications ---- */

/* low * low + ((high * low + low * high) << 32) */
void select_vector_multiply_64(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint32_t left = select_use(select, at->a), right = select_use(select, at->b);
    uint32_t one = vector_binary(select, X86_PMULUDQ, vector_shifted(select, X86_PSRLQ_I, left, 32), right);
    uint32_t other = vector_binary(select, X86_PMULUDQ, vector_shifted(select, X86_PSRLQ_I, right, 32), left);
    uint32_t high = vector_shifted(select, X86_PSLLQ_I, vector_binary(select, X86_PADDQ, one, other), 32);
    emit_binary(select, X86_PADDQ, 16, select_define(select, value), vector_binary(select, X86_PMULUDQ, left, right), high);
}

/* -1 * -1 is the one product that does not fit; the instruction makes -1 of it. */
void select_vector_q15(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint32_t left = select_use(select, at->a), right = select_use(select, at->b);
    uint32_t product = vector_binary(select, X86_PMULHRSW, left, right);
    uint32_t wrong = vector_with_constant(select, X86_PCMPEQW, product, 0x8000800080008000u, 0x8000800080008000u);
    emit_binary(select, X86_PXOR, 16, select_define(select, value), product, wrong);
}

/* Bytes are multiplied as words that they are extended to: rule->op extends; rule->extra: of the high half. */
void select_vector_multiply_bytes(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t left = select_use(select, at->a), right = select_use(select, at->b);
    if (rule->extra != 0) {
        left = vector_shuffled(select, left, 0xEE);
        right = vector_shuffled(select, right, 0xEE);
    }
    left = vector_unary(select, (enum x86_op)rule->op, left);
    right = vector_unary(select, (enum x86_op)rule->op, right);
    emit_binary(select, X86_PMULLW, 16, select_define(select, value), left, right);
}

/* Low and high words of the products, put together: rule->op = the high ones, rule->extra = which half. */
void select_vector_multiply_words(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t left = select_use(select, at->a), right = select_use(select, at->b);
    uint32_t low = vector_binary(select, X86_PMULLW, left, right), high = vector_binary(select, (enum x86_op)rule->op, left, right);
    emit_binary(select, rule->extra != 0 ? X86_PUNPCKHWD : X86_PUNPCKLWD, 16, select_define(select, value), low, high);
}

/* rule->op multiplies every other lane: rule->extra brings the right ones there. */
void select_vector_multiply_doublewords(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t left = vector_shuffled(select, select_use(select, at->a), rule->extra);
    uint32_t right = vector_shuffled(select, select_use(select, at->b), rule->extra);
    emit_binary(select, (enum x86_op)rule->op, 16, select_define(select, value), left, right);
}

/* The constant of all four lanes, or 0. */
static uint32_t splat_constant(const struct select *select, uint32_t value) {
    const struct ir_value *at = &select->values[value];
    if (at->op != IR_CONSTANT_V128)
        return 0;
    const uint32_t *words = select->ir->pool + at->a;
    return words[0] == words[1] && words[1] == words[2] && words[2] == words[3] ? words[0] : 0;
}

static bool is_power(uint32_t number) {
    return number != 0 && (number & (number - 1)) == 0;
}

/* The instruction for 32 bits is slow: powers of two, and what is next to them, are shifts and sums. */
void select_vector_multiply_32(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t factor = splat_constant(select, at->b), other = at->a;
    if (factor == 0) {
        factor = splat_constant(select, at->a);
        other = at->b;
    }
    if (factor == 0 || (!is_power(factor) && !is_power(factor - 1) && !is_power(factor + 1))) {
        select_vector_binary(select, value, rule);
        return;
    }
    uint32_t use = select_use(select, other), power = is_power(factor) ? factor : is_power(factor - 1) ? factor - 1 : factor + 1;
    uint32_t shift = (uint32_t)__builtin_ctz(power);
    uint32_t product = shift == 1 ? vector_binary(select, X86_PADDD, use, use) : vector_shifted(select, X86_PSLLD_I, use, shift);
    if (power == factor)
        vector_define(select, value, product);
    else
        emit_binary(select, power < factor ? X86_PADDD : X86_PSUBD, 16, select_define(select, value), product, use);
}

/* ---- Sums of neighbours ---- */

/* One operand of the instruction is unsigned bytes, the other signed: RULE_SIGNED says that the value is the second one. */
void select_vector_pairs_of_bytes(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t use = select_use(select, select->values[value].a), define = select_define(select, value);
    struct select_source ones = vector_constant(select, 0x0101010101010101u, 0x0101010101010101u);
    if ((rule->flags & RULE_SIGNED) == 0)
        emit_tied(select, X86_PMADDUBSW, 16, define, use, &ones);
    else
        emit_binary(select, X86_PMADDUBSW, 16, define, vector_load_constant(select, 0x0101010101010101u, 0x0101010101010101u), use);
}

/* Unsigned words are made signed by taking 2^15 away, twice a pair. */
void select_vector_pairs_of_words(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t use = select_use(select, select->values[value].a);
    if ((rule->flags & RULE_SIGNED) != 0) {
        struct select_source ones = vector_constant(select, 0x0001000100010001u, 0x0001000100010001u);
        emit_tied(select, X86_PMADDWD, 16, select_define(select, value), use, &ones);
        return;
    }
    uint32_t moved = vector_with_constant(select, X86_PXOR, use, 0x8000800080008000u, 0x8000800080008000u);
    uint32_t sums = vector_with_constant(select, X86_PMADDWD, moved, 0x0001000100010001u, 0x0001000100010001u);
    struct select_source back = vector_constant(select, 0x0001000000010000u, 0x0001000000010000u);
    emit_tied(select, X86_PADDD, 16, select_define(select, value), sums, &back);
}

/* The bits of each half of a byte from a table. */
void select_vector_count_ones(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const uint64_t half = 0x0F0F0F0F0F0F0F0Fu, table_low = 0x0302020102010100u, table_high = 0x0403030203020201u;
    uint32_t use = select_use(select, select->values[value].a);
    uint32_t low = vector_with_constant(select, X86_PAND, use, half, half);
    uint32_t high = vector_with_constant(select, X86_PAND, vector_shifted(select, X86_PSRLW_I, use, 4), half, half);
    uint32_t table = vector_load_constant(select, table_low, table_high);
    uint32_t of_low = vector_binary(select, X86_PSHUFB, table, low), of_high = vector_binary(select, X86_PSHUFB, table, high);
    emit_binary(select, X86_PADDB, 16, select_define(select, value), of_low, of_high);
}
