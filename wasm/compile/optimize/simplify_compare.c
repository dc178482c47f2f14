/* Rules for comparisons and what uses them: equality with constants, comparisons whose end is known, conditions of branches and
   selects. A condition counts as zero or not, so `x != 0` may stand for x there. */
#include "wasm/compile/optimize/simplify.h"

/* ---- Opposites ---- */

/* The comparison that is true when this one is false; 0 for those of floats that order (a NaN makes both false). */
static uint32_t compare_opposite(uint32_t op) {
    switch (op) {
#define OPPOSITE(left, right)                                                                                                                        \
    case OP_##left: return OP_##right;                                                                                                               \
    case OP_##right: return OP_##left;
        OPPOSITE(I32_EQ, I32_NE)
        OPPOSITE(I32_LT_S, I32_GE_S)
        OPPOSITE(I32_LT_U, I32_GE_U)
        OPPOSITE(I32_GT_S, I32_LE_S)
        OPPOSITE(I32_GT_U, I32_LE_U)
        OPPOSITE(I64_EQ, I64_NE)
        OPPOSITE(I64_LT_S, I64_GE_S)
        OPPOSITE(I64_LT_U, I64_GE_U)
        OPPOSITE(I64_GT_S, I64_LE_S)
        OPPOSITE(I64_GT_U, I64_LE_U)
        OPPOSITE(F32_EQ, F32_NE)
        OPPOSITE(F64_EQ, F64_NE)
#undef OPPOSITE
    default: return 0;
    }
}

/* The comparison with its operands exchanged; for i32, as the other rules have it. */
static uint32_t compare_mirror(uint32_t op) {
    switch (op) {
    case OP_I32_LT_S: return OP_I32_GT_S;
    case OP_I32_LT_U: return OP_I32_GT_U;
    case OP_I32_GT_S: return OP_I32_LT_S;
    case OP_I32_GT_U: return OP_I32_LT_U;
    case OP_I32_LE_S: return OP_I32_GE_S;
    case OP_I32_LE_U: return OP_I32_GE_U;
    case OP_I32_GE_S: return OP_I32_LE_S;
    case OP_I32_GE_U: return OP_I32_LE_U;
    default: return op;
    }
}

static uint32_t sized(const struct simplify_operation *operation, uint32_t op) {
    return operation->is_wide ? op + SIMPLIFY_WIDE_COMPARE : op;
}

static uint32_t sized_arithmetic(const struct simplify_operation *operation, uint32_t op) {
    return operation->is_wide ? op + SIMPLIFY_WIDE : op;
}

static bool become(struct simplify *simplify, const struct simplify_operation *operation, uint32_t op, uint32_t left, uint32_t right) {
    return simplify_to(simplify, operation->value, sized(operation, op), left, right);
}

static bool become_constant(struct simplify *simplify, const struct simplify_operation *operation, uint32_t op, uint32_t left, uint64_t right) {
    uint32_t constant = simplify_make_constant(simplify, operation->type, right & operation->mask);
    return constant != IR_NONE && become(simplify, operation, op, left, constant);
}

/* ---- Equality ---- */

/* Whether the left operand is zero when two others are equal: x - y and x ^ y. */
static bool is_difference(const struct simplify *simplify, const struct simplify_operation *operation) {
    uint32_t op = simplify_at(simplify, operation->left)->op;
    return (op == sized_arithmetic(operation, OP_I32_XOR) || op == sized_arithmetic(operation, OP_I32_SUB)) &&
           simplify_is_single(simplify, operation->left);
}

/* x == 0, as `eqz`. */
static bool zero_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    const struct ir_value *left = simplify_at(simplify, operation->left);
    uint32_t opposite = compare_opposite(left->op);
    if (opposite != 0)
        return simplify_to(simplify, operation->value, opposite, left->a, left->b);
    if (left->op == OP_I32_EQZ || left->op == OP_I64_EQZ) {
        uint32_t inner = left->a;
        if (left->op == OP_I32_EQZ && simplify_mask(simplify, inner) <= 1)
            return simplify_to_copy(simplify, operation->value, inner);
        uint8_t type = left->op == OP_I32_EQZ ? WASM_I32 : WASM_I64;
        uint32_t op = left->op == OP_I32_EQZ ? OP_I32_NE : OP_I64_NE;
        uint32_t zero = simplify_make_constant(simplify, type, 0);
        return zero != IR_NONE && simplify_to(simplify, operation->value, op, inner, zero);
    }
    if (is_difference(simplify, operation))
        return become(simplify, operation, OP_I32_EQ, left->a, left->b);
    if (left->op == OP_I64_EXTEND_I32_U || left->op == OP_I64_EXTEND_I32_S)
        return simplify_to(simplify, operation->value, OP_I32_EQZ, left->a, IR_NONE);
    return false;
}

/* x == c or x != c, where x is another value and a constant. */
static bool equal_constant_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    const struct ir_value *left = simplify_at(simplify, operation->left);
    uint64_t constant, right = operation->right_bits;
    if ((right & ~simplify_mask(simplify, operation->left)) != 0)
        return simplify_to_constant(simplify, operation->value, operation->op == OP_I32_NE);
    if (ir_shape(left->op).operand_count == 2 && simplify_is_single(simplify, operation->left) && simplify_constant(simplify, left->b, &constant)) {
        if (left->op == sized_arithmetic(operation, OP_I32_ADD))
            return become_constant(simplify, operation, operation->op, left->a, right - constant);
        if (left->op == sized_arithmetic(operation, OP_I32_XOR))
            return become_constant(simplify, operation, operation->op, left->a, right ^ constant);
    }
    if (operation->op == OP_I32_EQ && right == 0)
        return become(simplify, operation, OP_I32_EQZ, operation->left, IR_NONE);
    bool is_boolean = !operation->is_wide && simplify_mask(simplify, operation->left) == 1;
    if (is_boolean && (operation->op == OP_I32_EQ) == (right == 1))
        return simplify_to_copy(simplify, operation->value, operation->left);
    if (is_boolean && operation->op == OP_I32_NE && right == 1)
        return become(simplify, operation, OP_I32_EQZ, operation->left, IR_NONE);
    if (operation->op == OP_I32_NE && right == 0 && is_difference(simplify, operation))
        return become(simplify, operation, OP_I32_NE, left->a, left->b);
    bool is_extended = left->op == OP_I64_EXTEND_I32_U || (left->op == OP_I64_EXTEND_I32_S && (uint64_t)(int32_t)(uint32_t)right == right);
    if (operation->is_wide && is_extended) {
        uint32_t narrow = simplify_make_constant(simplify, WASM_I32, right), op = operation->op, inner = left->a;
        return narrow != IR_NONE && simplify_to(simplify, operation->value, op, inner, narrow);
    }
    return false;
}

/* ---- Order ---- */

/* Unsigned, by the ends of the range and by what x can be at most. */
static bool order_unsigned_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    uint64_t right = operation->right_bits, mask = simplify_mask(simplify, operation->left);
    bool less = operation->op == OP_I32_LT_U || operation->op == OP_I32_LE_U;
    bool or_equal = operation->op == OP_I32_LE_U || operation->op == OP_I32_GE_U;
    /* As x < limit, or its opposite. */
    bool opposite = !less;
    if (less == or_equal && right == operation->mask)
        return simplify_to_constant(simplify, operation->value, !opposite);
    uint64_t limit = less == or_equal ? right + 1 : right;
    if (limit == 0)
        return simplify_to_constant(simplify, operation->value, opposite);
    if (mask < limit)
        return simplify_to_constant(simplify, operation->value, !opposite);
    if (limit != 1)
        return false;
    if (!opposite)
        return become(simplify, operation, OP_I32_EQZ, operation->left, IR_NONE);
    return become_constant(simplify, operation, OP_I32_NE, operation->left, 0);
}

/* Signed, where x is never negative, or the constant is the least or the greatest there is. */
static bool order_signed_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    uint64_t right = operation->right_bits, sign = 1ull << (operation->bits - 1);
    bool less = operation->op == OP_I32_LT_S || operation->op == OP_I32_LE_S;
    bool or_equal = operation->op == OP_I32_LE_S || operation->op == OP_I32_GE_S;
    bool at_end = less == or_equal ? right == (sign - 1) : right == sign;
    if (at_end)
        return simplify_to_constant(simplify, operation->value, or_equal);
    if ((simplify_mask(simplify, operation->left) & sign) != 0)
        return false;
    if ((right & sign) != 0)
        return simplify_to_constant(simplify, operation->value, !less);
    static const uint32_t unsigned_ops[] = {OP_I32_LT_U, OP_I32_GT_U, OP_I32_LE_U, OP_I32_GE_U};
    return become(simplify, operation, unsigned_ops[less ? (or_equal ? 2 : 0) : (or_equal ? 3 : 1)], operation->left, operation->right);
}

static bool order_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    bool or_equal = operation->op >= OP_I32_LE_S;
    if (operation->left == operation->right)
        return simplify_to_constant(simplify, operation->value, or_equal);
    if (operation->left_known && !operation->right_known)
        return become(simplify, operation, compare_mirror(operation->op), operation->right, operation->left);
    if (!operation->right_known)
        return false;
    bool is_unsigned = operation->op == OP_I32_LT_U || operation->op == OP_I32_GT_U || operation->op == OP_I32_LE_U || operation->op == OP_I32_GE_U;
    return is_unsigned ? order_unsigned_rules(simplify, operation) : order_signed_rules(simplify, operation);
}

bool simplify_compare(struct simplify *simplify, uint32_t value) {
    if (simplify_at(simplify, value)->op > OP_I64_GE_U)
        return false;
    struct simplify_operation operation;
    simplify_take_apart(simplify, value, &operation);
    if (operation.op == OP_I32_EQZ)
        return zero_rules(simplify, &operation);
    if (operation.op > OP_I32_NE)
        return order_rules(simplify, &operation);
    if (operation.left == operation.right)
        return simplify_to_constant(simplify, value, operation.op == OP_I32_EQ);
    if (operation.left_known)
        return become(simplify, &operation, operation.op, operation.right, operation.left);
    return operation.right_known && equal_constant_rules(simplify, &operation);
}

/* ---- Conditions ---- */

#define CONDITION_STEPS_MAX 8u

uint32_t simplify_condition(const struct simplify *simplify, uint32_t condition, bool *invert) {
    for (uint32_t step = 0; step < CONDITION_STEPS_MAX; step++) {
        const struct ir_value *at = simplify_at(simplify, condition);
        uint64_t constant;
        if (at->op == OP_I32_EQZ)
            *invert = !*invert;
        else if (at->op != OP_I32_NE || !simplify_constant(simplify, at->b, &constant) || constant != 0)
            break;
        condition = at->a;
    }
    return condition;
}

/* select of 1 and 0 is the condition, where that is 1 or 0 itself. */
static bool select_boolean(struct simplify *simplify, uint32_t value) {
    const struct ir_value *at = simplify_at(simplify, value);
    uint64_t left, right;
    if (at->type != WASM_I32 || !simplify_constant(simplify, at->a, &left) || !simplify_constant(simplify, at->b, &right) || left + right != 1)
        return false;
    uint32_t condition = at->c;
    if (left == 0)
        return simplify_to(simplify, value, OP_I32_EQZ, condition, IR_NONE);
    if (simplify_mask(simplify, condition) <= 1)
        return simplify_to_copy(simplify, value, condition);
    uint32_t zero = simplify_make_constant(simplify, WASM_I32, 0);
    return zero != IR_NONE && simplify_to(simplify, value, OP_I32_NE, condition, zero);
}

bool simplify_select(struct simplify *simplify, uint32_t value) {
    struct ir_value *at = simplify_at(simplify, value);
    uint64_t left, right;
    if (at->a == at->b)
        return simplify_to_copy(simplify, value, at->a);
    if (simplify_constant(simplify, at->a, &left) && simplify_constant(simplify, at->b, &right) && left == right)
        return simplify_to_copy(simplify, value, at->a);
    if (simplify_constant(simplify, at->c, &left))
        return simplify_to_copy(simplify, value, left != 0 ? at->a : at->b);
    bool invert = false;
    uint32_t condition = simplify_condition(simplify, at->c, &invert);
    if (condition == at->c)
        return select_boolean(simplify, value);
    if (invert) {
        uint32_t first = at->a;
        at->a = at->b;
        at->b = first;
    }
    at->c = condition;
    return true;
}
