/* Rules for integer arithmetic: identities, constants that meet, and what a power of two makes of a multiplication. Constants go to
   the right, and subtracting one becomes adding its negative, so that the rules have one form to look for. */
#include "wasm/compile/optimize/simplify.h"

/* For i32 or i64. */
static uint32_t sized(const struct simplify_operation *operation, uint32_t op) {
    return operation->is_wide ? op + SIMPLIFY_WIDE : op;
}

static bool become(struct simplify *simplify, const struct simplify_operation *operation, uint32_t op, uint32_t left, uint32_t right) {
    return simplify_to(simplify, operation->value, sized(operation, op), left, right);
}

/* The operation with a constant on the right. */
static bool become_constant(struct simplify *simplify, const struct simplify_operation *operation, uint32_t op, uint32_t left, uint64_t right) {
    uint32_t constant = simplify_make_constant(simplify, operation->type, right & operation->mask);
    return constant != IR_NONE && become(simplify, operation, op, left, constant);
}

/* Whether a value is this operation of the same width, with a constant on the right, and used here alone. */
static bool inner_constant(const struct simplify *simplify, const struct simplify_operation *operation, uint32_t value, uint32_t op,
                           uint64_t *constant) {
    const struct ir_value *at = simplify_at(simplify, value);
    return at->op == sized(operation, op) && simplify_is_single(simplify, value) && simplify_constant(simplify, at->b, constant);
}

static bool is_commutative(uint32_t op) {
    return op == OP_I32_ADD || op == OP_I32_MUL || op == OP_I32_AND || op == OP_I32_OR || op == OP_I32_XOR;
}

/* (x op c) op d is x op (c op d). */
static bool combine(struct simplify *simplify, const struct simplify_operation *operation) {
    uint64_t constant, both;
    if (!operation->right_known || !inner_constant(simplify, operation, operation->left, operation->op, &constant))
        return false;
    if (!simplify_fold(sized(operation, operation->op), constant, operation->right_bits, &both))
        return false;
    return become_constant(simplify, operation, operation->op, simplify_at(simplify, operation->left)->a, both);
}

static bool add_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    uint64_t constant;
    const struct ir_value *left = simplify_at(simplify, operation->left);
    if (operation->right_known && operation->right_bits == 0)
        return simplify_to_copy(simplify, operation->value, operation->left);
    if (combine(simplify, operation))
        return true;
    /* (c - x) + d is (c + d) - x. */
    bool is_difference = left->op == sized(operation, OP_I32_SUB) && simplify_is_single(simplify, operation->left);
    if (operation->right_known && is_difference && simplify_constant(simplify, left->a, &constant)) {
        uint32_t other = left->b;
        uint32_t sum = simplify_make_constant(simplify, operation->type, (constant + operation->right_bits) & operation->mask);
        return sum != IR_NONE && become(simplify, operation, OP_I32_SUB, sum, other);
    }
    /* x + (0 - y) is x - y. */
    const struct ir_value *right = simplify_at(simplify, operation->right);
    if (right->op == sized(operation, OP_I32_SUB) && simplify_constant(simplify, right->a, &constant) && constant == 0)
        return become(simplify, operation, OP_I32_SUB, operation->left, right->b);
    return simplify_rotation(simplify, operation);
}

static bool subtract_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    uint64_t constant;
    if (operation->left == operation->right)
        return simplify_to_constant(simplify, operation->value, 0);
    if (operation->right_known)
        return become_constant(simplify, operation, OP_I32_ADD, operation->left, 0 - operation->right_bits);
    const struct ir_value *right = simplify_at(simplify, operation->right);
    /* c - (x + d) is (c - d) - x. */
    if (operation->left_known && inner_constant(simplify, operation, operation->right, OP_I32_ADD, &constant)) {
        uint32_t other = right->a;
        uint32_t difference = simplify_make_constant(simplify, operation->type, (operation->left_bits - constant) & operation->mask);
        return difference != IR_NONE && become(simplify, operation, OP_I32_SUB, difference, other);
    }
    /* x - (0 - y) is x + y. */
    if (right->op == sized(operation, OP_I32_SUB) && simplify_constant(simplify, right->a, &constant) && constant == 0)
        return become(simplify, operation, OP_I32_ADD, operation->left, right->b);
    return false;
}

static bool multiply_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    uint64_t factor = operation->right_bits;
    if (!operation->right_known)
        return false;
    if (factor == 0)
        return simplify_to_constant(simplify, operation->value, 0);
    if (factor == 1)
        return simplify_to_copy(simplify, operation->value, operation->left);
    if (factor == operation->mask) {
        uint32_t zero = simplify_make_constant(simplify, operation->type, 0);
        return zero != IR_NONE && become(simplify, operation, OP_I32_SUB, zero, operation->left);
    }
    if (combine(simplify, operation))
        return true;
    if ((factor & (factor - 1)) == 0)
        return become_constant(simplify, operation, OP_I32_SHL, operation->left, (uint32_t)__builtin_ctzll(factor));
    return false;
}

static bool and_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    uint64_t left = simplify_mask(simplify, operation->left), right = operation->right_bits;
    if (operation->left == operation->right)
        return simplify_to_copy(simplify, operation->value, operation->left);
    if ((left & simplify_mask(simplify, operation->right)) == 0)
        return simplify_to_constant(simplify, operation->value, 0);
    if (!operation->right_known)
        return false;
    if ((left & ~right) == 0)
        return simplify_to_copy(simplify, operation->value, operation->left);
    return combine(simplify, operation);
}

static bool or_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    if (operation->left == operation->right || (operation->right_known && operation->right_bits == 0))
        return simplify_to_copy(simplify, operation->value, operation->left);
    if (operation->right_known && operation->right_bits == operation->mask)
        return simplify_to_constant(simplify, operation->value, operation->mask);
    return combine(simplify, operation) || simplify_rotation(simplify, operation);
}

static bool xor_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    if (operation->left == operation->right)
        return simplify_to_constant(simplify, operation->value, 0);
    if (operation->right_known && operation->right_bits == 0)
        return simplify_to_copy(simplify, operation->value, operation->left);
    /* The opposite of a comparison. */
    if (operation->right_known && operation->right_bits == 1 && !operation->is_wide && simplify_mask(simplify, operation->left) == 1)
        return simplify_to(simplify, operation->value, OP_I32_EQZ, operation->left, IR_NONE);
    return combine(simplify, operation) || simplify_rotation(simplify, operation);
}

bool simplify_integer(struct simplify *simplify, uint32_t value) {
    struct simplify_operation operation;
    simplify_take_apart(simplify, value, &operation);
    if (is_commutative(operation.op) && operation.left_known && !operation.right_known)
        return simplify_to(simplify, value, simplify_at(simplify, value)->op, operation.right, operation.left);
    switch (operation.op) {
    case OP_I32_ADD: return add_rules(simplify, &operation);
    case OP_I32_SUB: return subtract_rules(simplify, &operation);
    case OP_I32_MUL: return multiply_rules(simplify, &operation);
    case OP_I32_DIV_S:
    case OP_I32_DIV_U:
    case OP_I32_REM_S:
    case OP_I32_REM_U: return simplify_division(simplify, &operation);
    case OP_I32_AND: return and_rules(simplify, &operation);
    case OP_I32_OR: return or_rules(simplify, &operation);
    case OP_I32_XOR: return xor_rules(simplify, &operation);
    case OP_I32_SHL:
    case OP_I32_SHR_S:
    case OP_I32_SHR_U:
    case OP_I32_ROTL:
    case OP_I32_ROTR: return simplify_shift(simplify, &operation);
    default: return false;
    }
}
