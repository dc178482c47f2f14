/* Rules for conversions between types, and for floats: only what keeps every bit, NaNs included. So nothing is done about x + 0 or
   x * 1, which make a canonical NaN of another one. */
#include "wasm/compile/optimize/simplify.h"

static uint32_t op_of(const struct simplify *simplify, uint32_t value) {
    return simplify_at(simplify, value)->op;
}

/* ---- Between 32 and 64 bits ---- */

static bool wrap_rules(struct simplify *simplify, uint32_t value) {
    uint64_t constant;
    uint32_t operand = simplify_at(simplify, value)->a;
    const struct ir_value *inner = simplify_at(simplify, operand);
    if (inner->op == OP_I64_EXTEND_I32_S || inner->op == OP_I64_EXTEND_I32_U)
        return simplify_to_copy(simplify, value, inner->a);
    bool is_masked = inner->op == OP_I64_AND && simplify_constant(simplify, inner->b, &constant) && (uint32_t)constant == UINT32_MAX;
    if (is_masked || inner->op == OP_I64_EXTEND32_S)
        return simplify_to(simplify, value, OP_I32_WRAP_I64, inner->a, IR_NONE);
    return false;
}

static bool extend_unsigned_rules(struct simplify *simplify, uint32_t value) {
    uint32_t operand = simplify_at(simplify, value)->a;
    const struct ir_value *inner = simplify_at(simplify, operand);
    if (inner->op == OP_I32_WRAP_I64 && simplify_mask(simplify, inner->a) <= UINT32_MAX)
        return simplify_to_copy(simplify, value, inner->a);
    return false;
}

static bool extend_signed_rules(struct simplify *simplify, uint32_t value) {
    uint32_t operand = simplify_at(simplify, value)->a;
    const struct ir_value *inner = simplify_at(simplify, operand);
    if (simplify_mask(simplify, operand) <= INT32_MAX)
        return simplify_to(simplify, value, OP_I64_EXTEND_I32_U, operand, IR_NONE);
    if (inner->op == OP_I32_WRAP_I64)
        return simplify_to(simplify, value, OP_I64_EXTEND32_S, inner->a, IR_NONE);
    return false;
}

/* ---- Sign extension in place ---- */

/* The number of low bits that a value is the sign extension of; 64 when it is not known to be one. */
static uint32_t extended_from(uint32_t op) {
    switch (op) {
    case OP_I32_EXTEND8_S:
    case OP_I64_EXTEND8_S:
    case OP_I32_LOAD8_S:
    case OP_I64_LOAD8_S: return 8;
    case OP_I32_EXTEND16_S:
    case OP_I64_EXTEND16_S:
    case OP_I32_LOAD16_S:
    case OP_I64_LOAD16_S: return 16;
    case OP_I64_EXTEND32_S:
    case OP_I64_EXTEND_I32_S:
    case OP_I64_LOAD32_S: return 32;
    default: return 64;
    }
}

/* Of an extension from so many bits. */
static bool extend_in_place_rules(struct simplify *simplify, uint32_t value, uint32_t width) {
    uint64_t constant, low = (1ull << width) - 1;
    uint32_t operand = simplify_at(simplify, value)->a, op = op_of(simplify, value);
    const struct ir_value *inner = simplify_at(simplify, operand);
    if (simplify_mask(simplify, operand) <= low >> 1 || extended_from(inner->op) <= width)
        return simplify_to_copy(simplify, value, operand);
    bool is_masked = (inner->op == OP_I32_AND || inner->op == OP_I64_AND) && simplify_constant(simplify, inner->b, &constant);
    if (is_masked && (constant & low) == low)
        return simplify_to(simplify, value, op, inner->a, IR_NONE);
    if (op == OP_I64_EXTEND32_S && inner->op == OP_I64_EXTEND_I32_U)
        return simplify_to(simplify, value, OP_I64_EXTEND_I32_S, inner->a, IR_NONE);
    return false;
}

/* ---- To floats ---- */

/* Of an i32 that was extended, the i32 itself; and a signed conversion, which processors have, where the sign is clear. */
static bool convert_rules(struct simplify *simplify, uint32_t value) {
    uint32_t op = op_of(simplify, value), operand = simplify_at(simplify, value)->a;
    const struct ir_value *inner = simplify_at(simplify, operand);
    bool is_f32 = op <= OP_F32_CONVERT_I64_U;
    uint32_t first = is_f32 ? OP_F32_CONVERT_I32_S : OP_F64_CONVERT_I32_S;
    bool is_wide = op - first >= 2, is_unsigned = (op - first) % 2 != 0;
    if (is_unsigned && simplify_mask(simplify, operand) <= (is_wide ? (uint64_t)INT64_MAX : (uint64_t)INT32_MAX))
        return simplify_to(simplify, value, op - 1, operand, IR_NONE);
    if (!is_wide || is_unsigned)
        return false;
    if (inner->op == OP_I64_EXTEND_I32_S)
        return simplify_to(simplify, value, first, inner->a, IR_NONE);
    if (inner->op == OP_I64_EXTEND_I32_U && simplify_mask(simplify, inner->a) <= INT32_MAX)
        return simplify_to(simplify, value, first, inner->a, IR_NONE);
    return false;
}

static bool reinterpret_rules(struct simplify *simplify, uint32_t value, uint32_t inverse) {
    const struct ir_value *inner = simplify_at(simplify, simplify_at(simplify, value)->a);
    return inner->op == inverse && simplify_to_copy(simplify, value, inner->a);
}

bool simplify_conversion(struct simplify *simplify, uint32_t value) {
    uint32_t op = op_of(simplify, value);
    if (op >= OP_F32_CONVERT_I32_S && op <= OP_F64_CONVERT_I64_U && op != OP_F32_DEMOTE_F64)
        return convert_rules(simplify, value);
    switch (op) {
    case OP_I32_WRAP_I64: return wrap_rules(simplify, value);
    case OP_I64_EXTEND_I32_U: return extend_unsigned_rules(simplify, value);
    case OP_I64_EXTEND_I32_S: return extend_signed_rules(simplify, value);
    case OP_I32_EXTEND8_S:
    case OP_I64_EXTEND8_S: return extend_in_place_rules(simplify, value, 8);
    case OP_I32_EXTEND16_S:
    case OP_I64_EXTEND16_S: return extend_in_place_rules(simplify, value, 16);
    case OP_I64_EXTEND32_S: return extend_in_place_rules(simplify, value, 32);
    case OP_I32_REINTERPRET_F32: return reinterpret_rules(simplify, value, OP_F32_REINTERPRET_I32);
    case OP_F32_REINTERPRET_I32: return reinterpret_rules(simplify, value, OP_I32_REINTERPRET_F32);
    case OP_I64_REINTERPRET_F64: return reinterpret_rules(simplify, value, OP_F64_REINTERPRET_I64);
    case OP_F64_REINTERPRET_I64: return reinterpret_rules(simplify, value, OP_I64_REINTERPRET_F64);
    default: return false;
    }
}

/* ---- Floats ---- */

/* The bits of 1 / x where x is a power of two and so is that, neither of them denormal; else 0. */
static uint64_t reciprocal_bits(uint64_t bits, uint32_t mantissa, uint32_t exponent_max) {
    uint64_t exponent = bits >> mantissa & exponent_max;
    if ((bits & ((1ull << mantissa) - 1)) != 0 || exponent == 0 || exponent >= exponent_max - 1)
        return 0;
    uint64_t sign = bits & ((uint64_t)(exponent_max + 1) << mantissa);
    return sign | (uint64_t)(exponent_max - 1 - exponent) << mantissa;
}

/* Dividing by a power of two is multiplying by its reciprocal: both round the same number. */
static bool divide_rules(struct simplify *simplify, uint32_t value) {
    uint64_t bits;
    const struct ir_value *at = simplify_at(simplify, value);
    uint8_t type = at->type;
    uint32_t left = at->a, op = at->op == OP_F32_DIV ? OP_F32_MUL : OP_F64_MUL;
    if (!simplify_constant(simplify, at->b, &bits))
        return false;
    uint64_t reciprocal = type == WASM_F32 ? reciprocal_bits(bits, 23, 0xFF) : reciprocal_bits(bits, 52, 0x7FF);
    if (reciprocal == 0)
        return false;
    uint32_t constant = simplify_make_constant(simplify, type, reciprocal);
    return constant != IR_NONE && simplify_to(simplify, value, op, left, constant);
}

/* Negations and magnitudes of each other: they touch the sign alone. */
static bool sign_rules(struct simplify *simplify, uint32_t value, uint32_t abs, uint32_t neg) {
    const struct ir_value *inner = simplify_at(simplify, simplify_at(simplify, value)->a);
    uint32_t op = op_of(simplify, value);
    if (op == neg)
        return inner->op == neg && simplify_to_copy(simplify, value, inner->a);
    return (inner->op == neg || inner->op == abs) && simplify_to(simplify, value, abs, inner->a, IR_NONE);
}

bool simplify_float(struct simplify *simplify, uint32_t value) {
    switch (op_of(simplify, value)) {
    case OP_F32_ABS:
    case OP_F32_NEG: return sign_rules(simplify, value, OP_F32_ABS, OP_F32_NEG);
    case OP_F64_ABS:
    case OP_F64_NEG: return sign_rules(simplify, value, OP_F64_ABS, OP_F64_NEG);
    case OP_F32_DIV:
    case OP_F64_DIV: return divide_rules(simplify, value);
    default: return false;
    }
}
