/* Rules for shifts and rotations. Counts are modulo the width (core spec 4.3.2, ishl and the others). */
#include "wasm/compile/optimize/simplify.h"

static uint32_t sized(const struct simplify_operation *operation, uint32_t op) {
    return operation->is_wide ? op + SIMPLIFY_WIDE : op;
}

static bool become_constant(struct simplify *simplify, const struct simplify_operation *operation, uint32_t op, uint32_t left, uint64_t right) {
    uint32_t constant = simplify_make_constant(simplify, operation->type, right);
    return constant != IR_NONE && simplify_to(simplify, operation->value, sized(operation, op), left, constant);
}

/* The count of a shift of this kind by a constant, from 1 to the width less one; 0 when the value is no such shift. */
static uint32_t shift_count(const struct simplify *simplify, const struct simplify_operation *operation, uint32_t value, uint32_t op) {
    uint64_t count;
    const struct ir_value *at = simplify_at(simplify, value);
    if (at->op != sized(operation, op) || !simplify_constant(simplify, at->b, &count))
        return 0;
    return (uint32_t)count & (operation->bits - 1);
}

/* ---- Shifts ---- */

/* What a count counts by: without a mask that leaves the bits that matter. */
static uint32_t count_source(const struct simplify *simplify, const struct simplify_operation *operation, uint32_t count) {
    uint64_t constant, low = operation->bits - 1;
    const struct ir_value *at = simplify_at(simplify, count);
    if (at->op == sized(operation, OP_I32_AND) && simplify_constant(simplify, at->b, &constant) && (constant & low) == low)
        return at->a;
    return count;
}

/* A count that is masked, or has a multiple of the width added, counts the same without that. */
static bool count_rules(struct simplify *simplify, const struct simplify_operation *operation) {
    uint64_t constant;
    const struct ir_value *at = simplify_at(simplify, operation->right);
    uint32_t op = simplify_at(simplify, operation->value)->op, source = count_source(simplify, operation, operation->right);
    if (source != operation->right)
        return simplify_to(simplify, operation->value, op, operation->left, source);
    if (at->op == sized(operation, OP_I32_ADD) && simplify_constant(simplify, at->b, &constant) && (constant & (operation->bits - 1)) == 0)
        return simplify_to(simplify, operation->value, op, operation->left, at->a);
    return false;
}

/* Two shifts the same way. */
static bool shift_twice(struct simplify *simplify, const struct simplify_operation *operation, uint32_t count) {
    uint32_t inner = shift_count(simplify, operation, operation->left, operation->op);
    if (inner == 0 || !simplify_is_single(simplify, operation->left))
        return false;
    uint32_t from = simplify_at(simplify, operation->left)->a, sum = inner + count;
    if (sum < operation->bits)
        return become_constant(simplify, operation, operation->op, from, sum);
    if (operation->op == OP_I32_SHR_S)
        return become_constant(simplify, operation, operation->op, from, operation->bits - 1);
    return simplify_to_constant(simplify, operation->value, 0);
}

/* Left and back again by the same count. A mask of 64 bits that does not fit an instruction would be worse than two shifts. */
static bool shift_back(struct simplify *simplify, const struct simplify_operation *operation, uint32_t count) {
    uint32_t from = simplify_at(simplify, operation->left)->a;
    uint32_t kept = operation->bits - count;
    if (operation->op == OP_I32_SHR_U && shift_count(simplify, operation, operation->left, OP_I32_SHL) == count && (kept < 32 || !operation->is_wide))
        return become_constant(simplify, operation, OP_I32_AND, from, operation->mask >> count);
    if (operation->op == OP_I32_SHL && shift_count(simplify, operation, operation->left, OP_I32_SHR_U) == count && count < 32)
        return become_constant(simplify, operation, OP_I32_AND, from, operation->mask << count & operation->mask);
    if (operation->op != OP_I32_SHR_S || shift_count(simplify, operation, operation->left, OP_I32_SHL) != count)
        return false;
    switch (kept) {
    case 8: return simplify_to(simplify, operation->value, operation->is_wide ? OP_I64_EXTEND8_S : OP_I32_EXTEND8_S, from, IR_NONE);
    case 16: return simplify_to(simplify, operation->value, operation->is_wide ? OP_I64_EXTEND16_S : OP_I32_EXTEND16_S, from, IR_NONE);
    case 32: return simplify_to(simplify, operation->value, OP_I64_EXTEND32_S, from, IR_NONE);
    default: return false;
    }
}

static bool shift_constant(struct simplify *simplify, const struct simplify_operation *operation) {
    uint32_t count = (uint32_t)operation->right_bits & (operation->bits - 1);
    if (count == 0)
        return simplify_to_copy(simplify, operation->value, operation->left);
    if (count != operation->right_bits)
        return become_constant(simplify, operation, operation->op, operation->left, count);
    if (operation->op == OP_I32_ROTR)
        return become_constant(simplify, operation, OP_I32_ROTL, operation->left, operation->bits - count);
    if (operation->op == OP_I32_ROTL)
        return false;
    uint64_t mask = simplify_mask(simplify, operation->left);
    if (operation->op == OP_I32_SHL ? (mask << count & operation->mask) == 0 : mask >> count == 0)
        return simplify_to_constant(simplify, operation->value, 0);
    if (operation->op == OP_I32_SHR_S && (mask >> (operation->bits - 1)) == 0)
        return become_constant(simplify, operation, OP_I32_SHR_U, operation->left, count);
    return shift_twice(simplify, operation, count) || shift_back(simplify, operation, count);
}

bool simplify_shift(struct simplify *simplify, const struct simplify_operation *operation) {
    if (operation->right_known)
        return shift_constant(simplify, operation);
    if (operation->left_known && operation->left_bits == 0)
        return simplify_to_constant(simplify, operation->value, 0);
    return count_rules(simplify, operation);
}

/* ---- Rotations ---- */

/* Whether a count is the negative of another, modulo the width: (0 - n), (32 - n). */
static bool count_is_negative(const struct simplify *simplify, const struct simplify_operation *operation, uint32_t count, uint32_t of) {
    uint64_t constant;
    const struct ir_value *at = simplify_at(simplify, count);
    return at->op == sized(operation, OP_I32_SUB) && count_source(simplify, operation, at->b) == count_source(simplify, operation, of) &&
           simplify_constant(simplify, at->a, &constant) && (constant & (operation->bits - 1)) == 0;
}

/* Two shifts of one value whose parts fill the width. With constant counts from 1 on, the parts have no bit in common, and it does not
   matter how they are put together; with a count that may be 0 both parts are the value, and only `or` is right. */
bool simplify_rotation(struct simplify *simplify, const struct simplify_operation *operation) {
    uint32_t up = operation->left, down = operation->right;
    if (simplify_at(simplify, up)->op != sized(operation, OP_I32_SHL)) {
        up = operation->right;
        down = operation->left;
    }
    const struct ir_value *left = simplify_at(simplify, up), *right = simplify_at(simplify, down);
    if (left->op != sized(operation, OP_I32_SHL) || right->op != sized(operation, OP_I32_SHR_U) || left->a != right->a)
        return false;
    uint32_t count = shift_count(simplify, operation, up, OP_I32_SHL), other = shift_count(simplify, operation, down, OP_I32_SHR_U);
    uint32_t value = operation->value, from = left->a;
    if (count != 0 && count + other == operation->bits)
        return simplify_to(simplify, value, sized(operation, OP_I32_ROTL), from, left->b);
    if (operation->op != OP_I32_OR)
        return false;
    if (count_is_negative(simplify, operation, right->b, left->b))
        return simplify_to(simplify, value, sized(operation, OP_I32_ROTL), from, left->b);
    if (count_is_negative(simplify, operation, left->b, right->b))
        return simplify_to(simplify, value, sized(operation, OP_I32_ROTR), from, right->b);
    return false;
}
