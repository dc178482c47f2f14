/* Division and remainder by a constant: shifts for powers of two, else a multiplication by the reciprocal, rounded up to as many bits
   as are needed for every dividend to come out exact.

   For a divisor d of a dividend below 2^n let m = floor(2^(w+s) / d) + 1 and e = m d - 2^(w+s), so that 0 < e <= d. Then
   x m / 2^(w+s) = x/d + x e / (d 2^(w+s)); as long as x e < 2^(w+s) the second part is less than 1/d, and the floor is that of
   x/d. So e <= 2^(w+s-n) suffices. Signed division is the same for the magnitude (n = w = bits - 1, e <= 2^s), with 1 added for negative
   dividends, where the floor is one below what truncation gives.

   A division that can trap (by 0, or by -1, where the quotient may overflow) is left alone. */
#include "wasm/compile/optimize/simplify.h"

#include "base/assert.h"

/* A multiplier, and by how much the product's part above its low `bits` is shifted. */
struct reciprocal {
    uint64_t multiplier;
    uint32_t shift;
    bool is_long; /* one more bit, 2^bits, belongs to the multiplier */
};

static uint32_t sized(const struct simplify_operation *operation, uint32_t op) {
    return operation->is_wide ? op + SIMPLIFY_WIDE : op;
}

static bool is_power_of_two(uint64_t bits) {
    return (bits & (bits - 1)) == 0;
}

/* ---- Making values ---- */

static uint32_t make(struct simplify *simplify, const struct simplify_operation *operation, uint32_t op, uint32_t left, uint32_t right) {
    return simplify_make(simplify, sized(operation, op), operation->type, left, right);
}

static uint32_t make_constant(struct simplify *simplify, const struct simplify_operation *operation, uint32_t op, uint32_t left, uint64_t right) {
    uint32_t constant = simplify_make_constant(simplify, operation->type, right & operation->mask);
    return make(simplify, operation, op, left, constant);
}

/* The same in 64 bits, whatever the width. */
static uint32_t make_wide(struct simplify *simplify, uint32_t op, uint32_t left, uint64_t right) {
    uint32_t constant = simplify_make_constant(simplify, WASM_I64, right);
    return simplify_make(simplify, op, WASM_I64, left, constant);
}

static bool become(struct simplify *simplify, const struct simplify_operation *operation, uint32_t op, uint32_t left, uint32_t right) {
    return simplify_to(simplify, operation->value, sized(operation, op), left, right);
}

static bool become_constant(struct simplify *simplify, const struct simplify_operation *operation, uint32_t op, uint32_t left, uint64_t right) {
    return become(simplify, operation, op, left, simplify_make_constant(simplify, operation->type, right & operation->mask));
}

/* ---- Reciprocals ---- */

/* A power of two divided by the divisor: the low 64 bits of the quotient, and the rest. */
struct division {
    uint64_t divisor, quotient, rest;
};

/* From one power to the next: a step of long division. */
static void division_step(struct division *division) {
    bool carry = division->rest >> 63 != 0;
    division->rest <<= 1;
    division->quotient <<= 1;
    if (carry || division->rest >= division->divisor) {
        division->rest -= division->divisor;
        division->quotient |= 1;
    }
}

/* The smallest shift that is exact for dividends below 2^(width - zeros), or magnitudes up to 2^width. Not for powers of two. */
static struct reciprocal reciprocal_find(uint64_t divisor, uint32_t width, uint32_t zeros, uint32_t least) {
    uint32_t ceiling = 64 - (uint32_t)__builtin_clzll(divisor), shift = least;
    struct division division = {.divisor = divisor, .rest = 1};
    for (uint32_t bit = 0; bit < width + least; bit++)
        division_step(&division);
    for (; shift < ceiling; shift++) {
        uint64_t limit = shift + zeros > 63 ? UINT64_MAX : 1ull << (shift + zeros);
        if (divisor - division.rest <= limit)
            break;
        division_step(&division);
    }
    return (struct reciprocal){.multiplier = division.quotient + 1, .shift = shift, .is_long = shift == ceiling};
}

/* ---- Unsigned ---- */

/* The quotient in 32 bits: products have room in 64. */
static uint32_t quotient_narrow(struct simplify *simplify, uint32_t dividend, uint32_t zeros, const struct reciprocal *by) {
    uint32_t wide = simplify_make(simplify, OP_I64_EXTEND_I32_U, WASM_I64, dividend, IR_NONE);
    if (zeros != 0)
        wide = make_wide(simplify, OP_I64_SHR_U, wide, zeros);
    uint32_t product = make_wide(simplify, OP_I64_MUL, wide, (uint32_t)by->multiplier);
    if (by->is_long) {
        product = make_wide(simplify, OP_I64_SHR_U, product, 32);
        product = simplify_make(simplify, OP_I64_ADD, WASM_I64, product, wide);
        product = make_wide(simplify, OP_I64_SHR_U, product, by->shift);
    } else {
        product = make_wide(simplify, OP_I64_SHR_U, product, 32 + by->shift);
    }
    return simplify_make(simplify, OP_I32_WRAP_I64, WASM_I32, product, IR_NONE);
}

/* The quotient in 64 bits. The long form's sum would need 65: half of the difference is added instead. */
static uint32_t quotient_wide(struct simplify *simplify, uint32_t dividend, uint32_t zeros, const struct reciprocal *by) {
    if (zeros != 0)
        dividend = make_wide(simplify, OP_I64_SHR_U, dividend, zeros);
    uint32_t high = make_wide(simplify, IR_MULTIPLY_HIGH_U, dividend, by->multiplier);
    if (!by->is_long)
        return by->shift == 0 ? high : make_wide(simplify, OP_I64_SHR_U, high, by->shift);
    uint32_t half = simplify_make(simplify, OP_I64_SUB, WASM_I64, dividend, high);
    half = make_wide(simplify, OP_I64_SHR_U, half, 1);
    half = simplify_make(simplify, OP_I64_ADD, WASM_I64, half, high);
    return by->shift == 1 ? half : make_wide(simplify, OP_I64_SHR_U, half, by->shift - 1);
}

static uint32_t quotient_unsigned(struct simplify *simplify, const struct simplify_operation *operation) {
    uint64_t divisor = operation->right_bits;
    uint32_t zeros = 0;
    struct reciprocal by = reciprocal_find(divisor, operation->bits, 0, 0);
    if (by.is_long && (divisor & 1) == 0) {
        zeros = (uint32_t)__builtin_ctzll(divisor);
        by = reciprocal_find(divisor >> zeros, operation->bits, zeros, 0);
        ASSERT(!by.is_long);
    }
    return operation->is_wide ? quotient_wide(simplify, operation->left, zeros, &by) : quotient_narrow(simplify, operation->left, zeros, &by);
}

static bool unsigned_rules(struct simplify *simplify, const struct simplify_operation *operation, bool remainder) {
    uint64_t divisor = operation->right_bits;
    if (divisor == 1)
        return remainder ? simplify_to_constant(simplify, operation->value, 0) : simplify_to_copy(simplify, operation->value, operation->left);
    if (is_power_of_two(divisor)) {
        if (remainder)
            return become_constant(simplify, operation, OP_I32_AND, operation->left, divisor - 1);
        return become_constant(simplify, operation, OP_I32_SHR_U, operation->left, (uint32_t)__builtin_ctzll(divisor));
    }
    uint32_t quotient = quotient_unsigned(simplify, operation);
    if (!remainder)
        return simplify_to_copy(simplify, operation->value, quotient);
    uint32_t multiple = make(simplify, operation, OP_I32_MUL, quotient, operation->right);
    return become(simplify, operation, OP_I32_SUB, operation->left, multiple);
}

/* ---- Signed ---- */

/* The dividend with 2^power - 1 added when it is negative: then a shift truncates. */
static uint32_t make_biased(struct simplify *simplify, const struct simplify_operation *operation, uint32_t power) {
    uint32_t bias = operation->left;
    if (power > 1)
        bias = make_constant(simplify, operation, OP_I32_SHR_S, bias, operation->bits - 1);
    bias = make_constant(simplify, operation, OP_I32_SHR_U, bias, operation->bits - power);
    return make(simplify, operation, OP_I32_ADD, operation->left, bias);
}

static bool signed_power_rules(struct simplify *simplify, const struct simplify_operation *operation, uint64_t magnitude, bool remainder) {
    uint32_t power = (uint32_t)__builtin_ctzll(magnitude);
    bool negative = operation->right_bits >> (operation->bits - 1) != 0;
    uint32_t biased = make_biased(simplify, operation, power);
    if (remainder) {
        uint32_t multiple = make_constant(simplify, operation, OP_I32_AND, biased, 0 - magnitude);
        return become(simplify, operation, OP_I32_SUB, operation->left, multiple);
    }
    if (!negative)
        return become_constant(simplify, operation, OP_I32_SHR_S, biased, power);
    uint32_t quotient = make_constant(simplify, operation, OP_I32_SHR_S, biased, power);
    uint32_t zero = simplify_make_constant(simplify, operation->type, 0);
    return become(simplify, operation, OP_I32_SUB, zero, quotient);
}

/* The floor of the dividend divided by the magnitude, one less than the quotient where the dividend is negative. */
static uint32_t make_floor(struct simplify *simplify, const struct simplify_operation *operation, const struct reciprocal *by) {
    if (!operation->is_wide) {
        uint32_t wide = simplify_make(simplify, OP_I64_EXTEND_I32_S, WASM_I64, operation->left, IR_NONE);
        uint32_t product = make_wide(simplify, OP_I64_MUL, wide, by->multiplier);
        product = make_wide(simplify, OP_I64_SHR_S, product, 31 + by->shift);
        return simplify_make(simplify, OP_I32_WRAP_I64, WASM_I32, product, IR_NONE);
    }
    /* A multiplier of 2^63 and more is taken for one that is 2^64 less: the dividend makes up for it. */
    uint32_t high = make_wide(simplify, IR_MULTIPLY_HIGH_S, operation->left, by->multiplier);
    if (by->multiplier >> 63 != 0)
        high = simplify_make(simplify, OP_I64_ADD, WASM_I64, high, operation->left);
    return by->shift == 1 ? high : make_wide(simplify, OP_I64_SHR_S, high, by->shift - 1);
}

static uint32_t quotient_signed(struct simplify *simplify, const struct simplify_operation *operation, uint64_t magnitude) {
    bool negative = operation->right_bits >> (operation->bits - 1) != 0;
    struct reciprocal by = reciprocal_find(magnitude, operation->bits - 1, 0, 1);
    uint32_t floor = make_floor(simplify, operation, &by);
    uint32_t sign = make_constant(simplify, operation, OP_I32_SHR_S, operation->left, operation->bits - 1);
    return negative ? make(simplify, operation, OP_I32_SUB, sign, floor) : make(simplify, operation, OP_I32_SUB, floor, sign);
}

static bool signed_rules(struct simplify *simplify, const struct simplify_operation *operation, bool remainder) {
    uint64_t divisor = operation->right_bits, sign = 1ull << (operation->bits - 1);
    bool negative = (divisor & sign) != 0;
    uint64_t magnitude = negative ? (0 - divisor) & operation->mask : divisor;
    if (magnitude == 1) {
        if (remainder)
            return simplify_to_constant(simplify, operation->value, 0);
        return !negative && simplify_to_copy(simplify, operation->value, operation->left);
    }
    if (!negative && (simplify_mask(simplify, operation->left) & sign) == 0)
        return become(simplify, operation, remainder ? OP_I32_REM_U : OP_I32_DIV_U, operation->left, operation->right);
    if (is_power_of_two(magnitude))
        return signed_power_rules(simplify, operation, magnitude, remainder);
    uint32_t quotient = quotient_signed(simplify, operation, magnitude);
    if (!remainder)
        return simplify_to_copy(simplify, operation->value, quotient);
    uint32_t multiple = make(simplify, operation, OP_I32_MUL, quotient, operation->right);
    return become(simplify, operation, OP_I32_SUB, operation->left, multiple);
}

bool simplify_division(struct simplify *simplify, const struct simplify_operation *operation) {
    if (!operation->right_known || operation->right_bits == 0)
        return false;
    bool is_signed = operation->op == OP_I32_DIV_S || operation->op == OP_I32_REM_S;
    bool remainder = operation->op == OP_I32_REM_S || operation->op == OP_I32_REM_U;
    return is_signed ? signed_rules(simplify, operation, remainder) : unsigned_rules(simplify, operation, remainder);
}
