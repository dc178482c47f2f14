/* Known bits: which bits of an integer may be one. What is asked of it: whether a mask changes anything, whether an address plus a
   constant can wrap, how a comparison with a constant ends. A bit that is not in the mask is zero for certain. */
#include "wasm/compile/optimize/simplify.h"

/* The bit and all below the highest. */
static uint64_t bits_fill(uint64_t bits) {
    return bits == 0 ? 0 : UINT64_MAX >> __builtin_clzll(bits);
}

/* Zeros at the low end of all that a mask allows. */
static uint64_t bits_above_zeros(uint64_t bits) {
    return bits == 0 ? 0 : UINT64_MAX << __builtin_ctzll(bits);
}

static uint64_t bits_sign_extend(uint64_t mask, uint32_t width, uint64_t all) {
    uint64_t sign = 1ull << (width - 1), low = mask & ((sign << 1) - 1);
    return (low & sign) != 0 ? (low | ~((sign << 1) - 1)) & all : low;
}

static uint64_t bits_add(uint64_t left, uint64_t right, uint64_t all) {
    if ((left & right) == 0)
        return left | right;
    uint64_t zeros = bits_above_zeros(left | right), sum;
    bool wraps = __builtin_add_overflow(left, right, &sum) || sum > all;
    return (wraps ? all : bits_fill(sum)) & zeros;
}

static uint64_t bits_multiply(uint64_t left, uint64_t right, uint64_t all) {
    if (left == 0 || right == 0)
        return 0;
    uint32_t zeros = (uint32_t)(__builtin_ctzll(left) + __builtin_ctzll(right));
    uint64_t product, above = zeros > 63 ? 0 : UINT64_MAX << zeros;
    bool wraps = __builtin_mul_overflow(left, right, &product) || product > all;
    return (wraps ? all : bits_fill(product)) & above;
}

static uint64_t bits_shift(const struct simplify_operation *operation, uint64_t left) {
    if (!operation->right_known)
        return operation->op == OP_I32_SHR_U ? bits_fill(left) : operation->mask;
    uint32_t count = (uint32_t)operation->right_bits & (operation->bits - 1);
    uint64_t sign = 1ull << (operation->bits - 1);
    if (operation->op == OP_I32_SHL)
        return left << count & operation->mask;
    if (operation->op == OP_I32_SHR_U || (left & sign) == 0)
        return left >> count;
    return (left >> count | ~(operation->mask >> count)) & operation->mask;
}

static uint64_t bits_arithmetic(const struct simplify *simplify, uint32_t value) {
    struct simplify_operation operation;
    simplify_take_apart(simplify, value, &operation);
    if (operation.op <= OP_I32_POPCNT)
        return operation.is_wide ? 127 : 63;
    uint64_t left = simplify_mask(simplify, operation.left), right = simplify_mask(simplify, operation.right);
    switch (operation.op) {
    case OP_I32_ADD: return bits_add(left, right, operation.mask);
    case OP_I32_SUB: return bits_above_zeros(left | right) & operation.mask;
    case OP_I32_MUL: return bits_multiply(left, right, operation.mask);
    case OP_I32_DIV_U: return bits_fill(operation.right_known && operation.right_bits != 0 ? bits_fill(left) / operation.right_bits : left);
    case OP_I32_REM_U: return bits_fill(left) & bits_fill(right);
    case OP_I32_AND: return left & right;
    case OP_I32_OR:
    case OP_I32_XOR: return left | right;
    case OP_I32_SHL:
    case OP_I32_SHR_S:
    case OP_I32_SHR_U: return bits_shift(&operation, left);
    default: return operation.mask;
    }
}

/* Of all operands that can come in; one that is not seen yet can be anything. */
static uint64_t bits_phi(const struct simplify *simplify, const struct ir_value *at, uint64_t all) {
    uint64_t mask = 0;
    if (simplify->function->blocks[simplify->block].is_loop)
        return all;
    for (uint32_t index = 0; index < at->b && mask != all; index++)
        if (!simplify_edge_is_dead(simplify, index))
            mask |= simplify_mask(simplify, simplify->function->pool[at->a + index]);
    return mask;
}

uint64_t simplify_bits(const struct simplify *simplify, uint32_t value) {
    const struct ir_value *at = simplify_at(simplify, value);
    uint64_t all = at->type == WASM_I32 ? UINT32_MAX : UINT64_MAX;
    if ((at->op >= OP_I32_EQZ && at->op <= OP_F64_GE) || at->op == OP_REF_IS_NULL)
        return 1;
    if (at->op >= OP_I32_CLZ && at->op <= OP_I64_ROTR)
        return bits_arithmetic(simplify, value);
    switch (at->op) {
    case IR_CONSTANT: return ir_constant_bits(at) & all;
    case IR_COPY: return simplify_mask(simplify, at->a);
    case IR_PHI: return bits_phi(simplify, at, all);
    case OP_SELECT: return simplify_mask(simplify, at->a) | simplify_mask(simplify, at->b);
    case OP_I64_EXTEND_I32_U:
    case OP_I32_WRAP_I64: return simplify_mask(simplify, at->a) & UINT32_MAX;
    case OP_I64_EXTEND_I32_S:
    case OP_I64_EXTEND32_S: return bits_sign_extend(simplify_mask(simplify, at->a), 32, all);
    case OP_I32_EXTEND8_S:
    case OP_I64_EXTEND8_S: return bits_sign_extend(simplify_mask(simplify, at->a), 8, all);
    case OP_I32_EXTEND16_S:
    case OP_I64_EXTEND16_S: return bits_sign_extend(simplify_mask(simplify, at->a), 16, all);
    case OP_V128_ANY_TRUE:
    case OP_I8X16_ALL_TRUE:
    case OP_I16X8_ALL_TRUE:
    case OP_I32X4_ALL_TRUE:
    case OP_I64X2_ALL_TRUE: return 1;
    case OP_I32_LOAD8_U:
    case OP_I64_LOAD8_U:
    case OP_I32_ATOMIC_LOAD8_U:
    case OP_I64_ATOMIC_LOAD8_U:
    case OP_I8X16_EXTRACT_LANE_U: return UINT8_MAX;
    case OP_I32_LOAD16_U:
    case OP_I64_LOAD16_U:
    case OP_I32_ATOMIC_LOAD16_U:
    case OP_I64_ATOMIC_LOAD16_U:
    case OP_I16X8_EXTRACT_LANE_U:
    case OP_I8X16_BITMASK: return UINT16_MAX;
    case OP_I64_LOAD32_U:
    case OP_I64_ATOMIC_LOAD32_U: return UINT32_MAX;
    default: return all;
    }
}
