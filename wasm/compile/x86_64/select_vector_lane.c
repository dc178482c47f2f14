/* Vectors, on SSE4.1 or AVX: lanes in and out, shuffles, shifts, truths, and accesses of memory. */
#include "wasm/compile/x86_64/select.h"

#include "base/assert.h"

/* ---- In ---- */

static void splat_general(struct select *select, uint32_t define, uint32_t general, uint8_t lane) {
    uint32_t first = vector_temporary(select);
    emit_unary(select, X86_MOVE_TO_VECTOR, lane == 8 ? 8 : 4, first, general);
    if (lane == 1) {
        emit_binary(select, X86_PSHUFB, 16, define, first, vector_zero(select));
        return;
    }
    if (lane == 2) {
        first = vector_unary(select, X86_PSHUFLW, first);
        vector_set_immediate(select, 0);
    }
    emit_unary(select, X86_PSHUFD, 16, define, first);
    vector_set_immediate(select, lane == 8 ? 0x44 : 0);
}

/* rule->extra = bytes of a lane. */
void select_splat(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value);
    splat_general(select, define, select_use(select, select->values[value].a), (uint8_t)rule->extra);
}

void select_splat_float(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value);
    emit_unary(select, X86_PSHUFD, 16, define, select_use_bits(select, select->values[value].a));
    vector_set_immediate(select, rule->extra == 8 ? 0x44 : 0);
}

void select_lane_replace(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value), vector = select_use(select, at->a), lane = select_use(select, at->b);
    struct machine_instruction *instruction = emit(select, (enum x86_op)rule->op, rule->width, 3);
    operand_tied(select, instruction, define, vector);
    operand_use(select, instruction, 2, lane, MACHINE_USE_LATE);
    instruction->immediate = at->aux;
}

void select_lane_replace_float(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value), vector = select_use(select, at->a), lane = select_use_bits(select, at->b);
    enum x86_op op = rule->extra == 4 ? X86_INSERTPS : at->aux == 0 ? X86_MERGE_DOUBLE : X86_PUNPCKLQDQ;
    struct machine_instruction *instruction = emit(select, op, 16, 3);
    operand_tied(select, instruction, define, vector);
    operand_use(select, instruction, 2, lane, MACHINE_USE_LATE);
    instruction->immediate = at->aux << 4;
}

/* ---- Out ---- */

/* rule->extra: the extension of the sign that follows, or 0. */
void select_lane_extract(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value), vector = select_use(select, at->a);
    uint32_t out = rule->extra != 0 ? select_temporary(select, MACHINE_GENERAL, 4) : define;
    if (rule->op == X86_PEXTRD && at->aux == 0) {
        emit_unary(select, X86_MOVE_FROM_VECTOR, rule->width, out, vector);
        return;
    }
    emit_unary(select, (enum x86_op)rule->op, rule->width, out, vector);
    vector_set_immediate(select, at->aux);
    if (rule->extra != 0)
        emit_unary(select, (enum x86_op)rule->extra, 4, define, out);
}

void select_lane_extract_float(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value), vector = select_use(select, at->a);
    if (at->aux == 0) {
        emit_unary(select, X86_COPY_VECTOR, 16, define, vector);
        return;
    }
    emit_unary(select, X86_PSHUFD, 16, define, vector);
    vector_set_immediate(select, rule->extra == 8 ? 0xEE : at->aux);
}

void select_vector_any_true(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    uint32_t define = select_define(select, value), vector = select_use(select, select->values[value].a);
    struct select_source self = source_register(vector);
    emit_pair(select, X86_PTEST, 16, vector, &self);
    emit_set(select, define, CONDITION_NE);
}

/* rule->op = equality of lanes. */
void select_vector_all_true(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value), vector = select_use(select, select->values[value].a);
    uint32_t zeroes = vector_binary(select, (enum x86_op)rule->op, vector, vector_zero(select));
    struct select_source self = source_register(zeroes);
    emit_pair(select, X86_PTEST, 16, zeroes, &self);
    emit_set(select, define, CONDITION_E);
}

void select_vector_bitmask(struct select *select, uint32_t value, const struct select_rule *rule) {
    emit_unary(select, (enum x86_op)rule->op, rule->width, select_define(select, value), select_use(select, select->values[value].a));
}

/* Words become bytes of the same sign. */
void select_vector_bitmask_words(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    uint32_t vector = select_use(select, select->values[value].a), mask = select_temporary(select, MACHINE_GENERAL, 4);
    emit_unary(select, X86_PMOVMSKB, 16, mask, vector_binary(select, X86_PACKSSWB, vector, vector));
    emit_unary(select, X86_ZERO_EXTEND_8, 4, select_define(select, value), mask);
}

/* ---- Shuffles ---- */

static void shuffle_lanes(const struct select *select, const struct ir_value *at, uint8_t lanes[16]) {
    for (uint32_t word = 0; word < 4; word++)
        bytes_store_u32(lanes + 4 * word, select->ir->pool[at->extra + word]);
}

/* Whether lanes are whole doublewords of one operand; which of them, as pshufd has it. */
static bool shuffle_is_of_doublewords(const uint8_t lanes[16], uint32_t *order) {
    *order = 0;
    for (uint32_t word = 0; word < 4; word++) {
        uint32_t first = lanes[4 * word];
        if (first % 4 != 0 || first / 16 != lanes[0] / 16u)
            return false;
        for (uint32_t byte = 1; byte < 4; byte++)
            if (lanes[4 * word + byte] != first + byte)
                return false;
        *order |= first / 4 % 4 << 2 * word;
    }
    return true;
}

/* The bytes of one operand where they go; zeroes elsewhere. */
static uint32_t shuffle_half(struct select *select, uint32_t use, const uint8_t lanes[16], uint32_t operand, bool either) {
    uint8_t order[16];
    for (uint32_t lane = 0; lane < 16; lane++)
        order[lane] = either || lanes[lane] / 16u == operand ? lanes[lane] & 15 : 0x80;
    return vector_with_constant(select, X86_PSHUFB, use, bytes_load_u64(order), bytes_load_u64(order + 8));
}

void select_shuffle(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint8_t lanes[16];
    uint32_t order, used = 0;
    shuffle_lanes(select, at, lanes);
    for (uint32_t lane = 0; lane < 16; lane++)
        used |= 1u << lanes[lane] / 16;
    bool is_one = at->a == at->b || used != 3;
    uint32_t only = used == 2 ? at->b : at->a;
    if (is_one && shuffle_is_of_doublewords(lanes, &order)) {
        emit_unary(select, X86_PSHUFD, 16, select_define(select, value), select_use(select, only));
        vector_set_immediate(select, order);
    } else if (is_one) {
        vector_define(select, value, shuffle_half(select, select_use(select, only), lanes, 0, true));
    } else {
        uint32_t left = shuffle_half(select, select_use(select, at->a), lanes, 0, false);
        uint32_t right = shuffle_half(select, select_use(select, at->b), lanes, 1, false);
        emit_binary(select, X86_POR, 16, select_define(select, value), left, right);
    }
}

/* An index of 16 or more gets its high bit, which makes the byte 0. */
void select_swizzle(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint32_t vector = select_use(select, at->a), indices = select_use(select, at->b);
    uint32_t limited = vector_with_constant(select, X86_PADDUSB, indices, 0x7070707070707070u, 0x7070707070707070u);
    emit_binary(select, X86_PSHUFB, 16, select_define(select, value), vector, limited);
}

/* rule->op extends the low half; rule->extra: the high one is brought there first. */
void select_vector_extend(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t use = select_use(select, select->values[value].a);
    if (rule->extra != 0)
        use = vector_shuffled(select, use, 0xEE);
    emit_unary(select, (enum x86_op)rule->op, 16, select_define(select, value), use);
}

/* ---- Shifts ---- */

/* The count, which is taken modulo the width of the lane, in a vector register. */
static uint32_t shift_count(struct select *select, uint32_t value, uint32_t bits, uint32_t more) {
    uint32_t masked = select_temporary(select, MACHINE_GENERAL, 4), out = vector_temporary(select);
    emit_tied_constant(select, X86_AND_I, 4, masked, select_use_low(select, value), bits - 1);
    if (more != 0) {
        uint32_t sum = select_temporary(select, MACHINE_GENERAL, 4);
        emit_tied_constant(select, X86_ADD_I, 4, sum, masked, more);
        masked = sum;
    }
    emit_unary(select, X86_MOVE_TO_VECTOR, 4, out, masked);
    return out;
}

/* rule->op = by a register, rule->extra = by a constant, rule->width = bytes of a lane. */
void select_vector_shift(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint64_t constant;
    uint32_t use = select_use(select, at->a);
    if (select_constant(select, at->b, &constant)) {
        emit_tied_constant(select, (enum x86_op)rule->extra, 16, select_define(select, value), use, (int64_t)(constant & (8u * rule->width - 1)));
        return;
    }
    uint32_t count = shift_count(select, at->b, 8u * rule->width, 0);
    emit_binary(select, (enum x86_op)rule->op, 16, select_define(select, value), use, count);
}

/* Bytes to the right as the high bytes of words, with 8 more: rule->op shifts, rule->extra packs. */
void select_vector_shift_bytes_right(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t use = select_use(select, at->a), count = shift_count(select, at->b, 8, 8);
    uint32_t low = vector_binary(select, X86_PUNPCKLBW, use, use), high = vector_binary(select, X86_PUNPCKHBW, use, use);
    low = vector_binary(select, (enum x86_op)rule->op, low, count);
    high = vector_binary(select, (enum x86_op)rule->op, high, count);
    emit_binary(select, (enum x86_op)rule->extra, 16, select_define(select, value), low, high);
}

/* To the left as the low bytes of words, of which what grew over is taken away. */
void select_vector_shift_bytes_left(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    const uint64_t low_bytes = 0x00FF00FF00FF00FFu;
    uint32_t use = select_use(select, at->a), count = shift_count(select, at->b, 8, 0);
    uint32_t low = vector_binary(select, X86_PUNPCKLBW, use, use), high = vector_binary(select, X86_PUNPCKHBW, use, use);
    low = vector_with_constant(select, X86_PAND, vector_binary(select, X86_PSLLW, low, count), low_bytes, low_bytes);
    high = vector_with_constant(select, X86_PAND, vector_binary(select, X86_PSLLW, high, count), low_bytes, low_bytes);
    emit_binary(select, X86_PACKUSWB, 16, select_define(select, value), low, high);
}

/* (x >>> n ^ m) - m, where m is the sign bit as far to the right. */
void select_vector_shift_signed_64(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint32_t use = select_use(select, at->a), count = shift_count(select, at->b, 64, 0);
    uint32_t sign = vector_binary(select, X86_PSRLQ, vector_load_constant(select, 1ull << 63, 1ull << 63), count);
    uint32_t moved = vector_binary(select, X86_PXOR, vector_binary(select, X86_PSRLQ, use, count), sign);
    emit_binary(select, X86_PSUBQ, 16, select_define(select, value), moved, sign);
}

/* ---- Memory ---- */

/* rule->extra: the load that comes before the splat. */
void select_load_splat(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value);
    struct select_address address = address_of_access(select, at);
    if (rule->width == 8) {
        emit_load(select, X86_MOVDDUP, 16, define, &address);
    } else if (rule->width == 4) {
        uint32_t first = vector_temporary(select);
        emit_load(select, X86_MOVE_SCALAR, 4, first, &address);
        emit_unary(select, X86_PSHUFD, 16, define, first);
    } else {
        uint32_t first = select_temporary(select, MACHINE_GENERAL, 4);
        emit_load(select, rule->width == 1 ? X86_ZERO_EXTEND_8 : X86_ZERO_EXTEND_16, 4, first, &address);
        splat_general(select, define, first, rule->width);
    }
}

void select_load_lane(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value), vector = select_use(select, at->b);
    struct select_address address = address_of_access(select, at);
    struct machine_instruction *instruction = emit_at(select, (enum x86_op)rule->op, rule->width, 2, &address);
    operand_tied(select, instruction, define, vector);
    instruction->immediate = at->c;
}

void select_store_lane(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t vector = select_use(select, at->b);
    struct select_address address = address_of_access(select, at);
    emit_store(select, (enum x86_op)rule->op, rule->width, vector, &address);
    vector_set_immediate(select, at->c);
}

void select_store_vector(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t vector = select_use(select, at->b);
    struct select_address address = address_of_access(select, at);
    emit_store(select, (enum x86_op)rule->op, 16, vector, &address);
}

/* ---- Conversions ---- */

/* Halves of 16 bits are exact, and so is the high one times 2^16; only the sum is rounded. */
void select_vector_convert_unsigned(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    uint32_t use = select_use(select, select->values[value].a);
    uint32_t low = vector_with_constant(select, X86_PAND, use, 0x0000FFFF0000FFFFu, 0x0000FFFF0000FFFFu);
    uint32_t high = vector_unary(select, X86_CVTDQ2PS, vector_shifted(select, X86_PSRLD_I, use, 16));
    struct select_source factor = vector_constant(select, 0x4780000047800000u, 0x4780000047800000u); /* 65536 */
    uint32_t scaled = vector_temporary(select), of_low = vector_unary(select, X86_CVTDQ2PS, low);
    emit_tied(select, X86_MUL_PACKED, 4, scaled, high, &factor);
    emit_binary(select, X86_ADD_PACKED, 4, select_define(select, value), scaled, of_low);
}

/* With the exponent of 2^52 above them, integers are the low bits of doubles. */
void select_vector_convert_low_unsigned(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const uint64_t limit = 0x4330000000000000u; /* 2^52 */
    uint32_t use = select_use(select, select->values[value].a);
    uint32_t wide = vector_with_constant(select, X86_PUNPCKLDQ, use, 0x4330000043300000u, 0x4330000043300000u);
    struct select_source back = vector_constant(select, limit, limit);
    emit_tied(select, X86_SUB_PACKED, 8, select_define(select, value), wide, &back);
}

/* NaN to 0 before; what is too large comes out as the least number, whose opposite bits are the greatest. */
void select_vector_truncate_signed(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    uint32_t use = select_use(select, select->values[value].a), ordered = vector_temporary(select), large = vector_temporary(select);
    struct machine_instruction *compare = emit(select, X86_COMPARE_PACKED, 4, 2);
    operand_tied(select, compare, ordered, use);
    compare->immediate = 7;
    uint32_t numbers = vector_binary(select, X86_AND_VECTOR, use, ordered);
    uint32_t limit = vector_load_constant(select, 0x4F0000004F000000u, 0x4F0000004F000000u); /* 2^31 */
    emit_binary(select, X86_COMPARE_PACKED, 4, large, limit, numbers);
    vector_set_immediate(select, 2);
    emit_binary(select, X86_PXOR, 16, select_define(select, value), vector_unary(select, X86_CVTTPS2DQ, numbers), large);
}

/* NaN and negative numbers to 0 before. From 2^31 up, the conversion gives just that; what is above it is converted by itself, limited, and
   added. */
void select_vector_truncate_unsigned(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const uint64_t limit = 0x4F0000004F000000u; /* 2^31 */
    uint32_t use = select_use(select, select->values[value].a), positive = vector_temporary(select), above = vector_temporary(select);
    uint32_t large = vector_temporary(select);
    emit_binary(select, X86_MAX_PACKED, 4, positive, use, vector_zero(select));
    struct select_source of_limit = vector_constant(select, limit, limit);
    emit_tied(select, X86_SUB_PACKED, 4, above, positive, &of_limit);
    emit_binary(select, X86_COMPARE_PACKED, 4, large, vector_load_constant(select, limit, limit), above);
    vector_set_immediate(select, 2);
    uint32_t rest = vector_binary(select, X86_PXOR, vector_unary(select, X86_CVTTPS2DQ, above), large);
    rest = vector_binary(select, X86_PMAXSD, rest, vector_zero(select));
    emit_binary(select, X86_PADDD, 16, select_define(select, value), vector_unary(select, X86_CVTTPS2DQ, positive), rest);
}

/* The minimum with the greatest number where there is a number, and with 0 where there is none. */
void select_vector_truncate_double_signed(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const uint64_t greatest = 0x41DFFFFFFFC00000u; /* 2^31 - 1 */
    uint32_t use = select_use(select, select->values[value].a), ordered = vector_temporary(select), limited = vector_temporary(select);
    struct machine_instruction *compare = emit(select, X86_COMPARE_PACKED, 8, 2);
    operand_tied(select, compare, ordered, use);
    compare->immediate = 7;
    uint32_t limit = vector_with_constant(select, X86_AND_VECTOR, ordered, greatest, greatest);
    emit_binary(select, X86_MIN_PACKED, 8, limited, use, limit);
    emit_unary(select, X86_CVTTPD2DQ, 16, select_define(select, value), limited);
}

/* Limited and rounded, they are the low bits of what 2^52 is added to. */
void select_vector_truncate_double_unsigned(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const uint64_t greatest = 0x41EFFFFFFFE00000u, shift = 0x4330000000000000u; /* 2^32 - 1, 2^52 */
    uint32_t use = select_use(select, select->values[value].a), zero = vector_zero(select);
    uint32_t positive = vector_temporary(select), limited = vector_temporary(select), sum = vector_temporary(select);
    emit_binary(select, X86_MAX_PACKED, 8, positive, use, zero);
    struct select_source limit = vector_constant(select, greatest, greatest);
    emit_tied(select, X86_MIN_PACKED, 8, limited, positive, &limit);
    uint32_t whole = vector_unary(select, X86_ROUNDPD, limited);
    vector_set_immediate(select, 11);
    struct select_source up = vector_constant(select, shift, shift);
    emit_tied(select, X86_ADD_PACKED, 8, sum, whole, &up);
    emit_binary(select, X86_SHUFPS, 16, select_define(select, value), sum, zero);
    vector_set_immediate(select, 0x88);
}
