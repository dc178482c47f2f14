/* Rules for loads and stores: constants go into the offset, and what a narrow store does not write need not be computed. The address
   stays the same number of 33 bits, so what is out of bounds stays so, and each access is still there, at its width. */
#include "wasm/compile/optimize/simplify.h"

/* A constant address becomes 0 and an offset, so that all of these share the one base. */
static bool base_constant(struct simplify *simplify, uint32_t value) {
    uint64_t base;
    struct ir_value *at = simplify_at(simplify, value);
    if (!simplify_constant(simplify, at->a, &base) || base == 0 || base + at->aux > UINT32_MAX)
        return false;
    at->aux += (uint32_t)base;
    uint32_t zero = simplify_make_constant(simplify, WASM_I32, 0);
    simplify_at(simplify, value)->a = zero;
    return true;
}

/* x + c goes into the offset where it cannot wrap: an address that wraps is a low one, and an offset does not wrap. */
static bool base_sum(struct simplify *simplify, uint32_t value) {
    uint64_t constant;
    struct ir_value *at = simplify_at(simplify, value);
    const struct ir_value *base = simplify_at(simplify, at->a);
    if (base->op != OP_I32_ADD || !simplify_constant(simplify, base->b, &constant))
        return false;
    if (simplify_mask(simplify, base->a) + constant > UINT32_MAX || constant + at->aux > UINT32_MAX)
        return false;
    at->aux += (uint32_t)constant;
    at->a = base->a;
    return true;
}

/* ---- Narrow stores ---- */

/* Bits that a store writes, where that is fewer than its operand has; else 0. */
static uint32_t store_width(uint32_t op) {
    switch (op) {
    case OP_I32_STORE8:
    case OP_I64_STORE8: return 8;
    case OP_I32_STORE16:
    case OP_I64_STORE16: return 16;
    case OP_I64_STORE32: return 32;
    default: return 0;
    }
}

/* The store of the same width from a 32-bit operand. */
static uint32_t store_narrow(uint32_t op) {
    return op == OP_I64_STORE8 ? OP_I32_STORE8 : op == OP_I64_STORE16 ? OP_I32_STORE16 : OP_I32_STORE;
}

/* Whether the value is another with other high bits, above what is stored. */
static bool low_bits_same(const struct simplify *simplify, const struct ir_value *stored, uint32_t width) {
    uint64_t constant, low = (1ull << width) - 1;
    switch (stored->op) {
    case OP_I32_AND:
    case OP_I64_AND: return simplify_constant(simplify, stored->b, &constant) && (constant & low) == low;
    case OP_I32_EXTEND8_S:
    case OP_I64_EXTEND8_S: return width <= 8;
    case OP_I32_EXTEND16_S:
    case OP_I64_EXTEND16_S: return width <= 16;
    case OP_I64_EXTEND32_S: return width <= 32;
    default: return false;
    }
}

static bool store_rules(struct simplify *simplify, uint32_t value) {
    struct ir_value *at = simplify_at(simplify, value);
    uint32_t width = store_width(at->op);
    if (width == 0)
        return false;
    const struct ir_value *stored = simplify_at(simplify, at->b);
    bool is_extended = stored->op == OP_I64_EXTEND_I32_S || stored->op == OP_I64_EXTEND_I32_U;
    if (!is_extended && !low_bits_same(simplify, stored, width))
        return false;
    if (is_extended)
        at->op = (uint16_t)store_narrow(at->op);
    at->b = stored->a;
    return true;
}

bool simplify_access(struct simplify *simplify, uint32_t value) {
    return base_constant(simplify, value) || base_sum(simplify, value) || store_rules(simplify, value);
}
