/* Handlers of integer instructions: edges and random operands against references that compute with whole numbers of 128 bits
   and wrap once, where the handlers shift and mask. Those of floats are tested in float_test.c. */
#include "wasm/interpret/handlers_test.h"

#define ROUNDS 1000

/* Instructions on integers of both widths: a row has both opcodes, and one reference for them. */
struct integer_case {
    uint32_t opcode32, opcode64;
    /* Operands as numbers of the type, signed or not as the instruction has them; the result is wrapped to the type. */
    bool is_signed;
    __int128 (*reference)(__int128 left, __int128 right, int width);
};

static __int128 reference_add(__int128 left, __int128 right, int width) {
    (void)width;
    return left + right;
}

static __int128 reference_sub(__int128 left, __int128 right, int width) {
    (void)width;
    return left - right;
}

static __int128 reference_mul(__int128 left, __int128 right, int width) {
    (void)width;
    return (__int128)((unsigned __int128)left * (unsigned __int128)right);
}

static __int128 reference_and(__int128 left, __int128 right, int width) {
    (void)width;
    return left & right;
}

static __int128 reference_or(__int128 left, __int128 right, int width) {
    (void)width;
    return left | right;
}

/* Bits that are in exactly one. */
static __int128 reference_xor(__int128 left, __int128 right, int width) {
    (void)width;
    return (left | right) - (left & right);
}

static __int128 reference_power(int exponent) {
    return (__int128)1 << exponent;
}

static __int128 reference_modulo(__int128 value, int width) {
    return ((value % width) + width) % width;
}

static __int128 reference_shl(__int128 left, __int128 right, int width) {
    return (__int128)((unsigned __int128)left * (unsigned __int128)reference_power((int)reference_modulo(right, width)));
}

/* Division that rounds down: what shifts do, signed or not. */
static __int128 reference_shr(__int128 left, __int128 right, int width) {
    __int128 divisor = reference_power((int)reference_modulo(right, width));
    return left / divisor - (left % divisor < 0);
}

static __int128 reference_rotl(__int128 left, __int128 right, int width) {
    __int128 modulus = reference_power(width);
    for (int count = (int)reference_modulo(right, width); count > 0; count--) {
        left = left * 2 % modulus + (left * 2 >= modulus);
    }
    return left;
}

static __int128 reference_rotr(__int128 left, __int128 right, int width) {
    for (int count = (int)reference_modulo(right, width); count > 0; count--) {
        left = left / 2 + left % 2 * reference_power(width - 1);
    }
    return left;
}

static __int128 reference_clz(__int128 left, __int128 right, int width) {
    (void)right;
    int count = 0;
    while (count < width && left < reference_power(width - 1 - count)) {
        count++;
    }
    return count;
}

static __int128 reference_ctz(__int128 left, __int128 right, int width) {
    (void)right;
    int count = 0;
    while (count < width && left % reference_power(count + 1) == 0) {
        count++;
    }
    return count;
}

static __int128 reference_popcnt(__int128 left, __int128 right, int width) {
    (void)right;
    (void)width;
    int count = 0;
    for (; left != 0; left /= 2) {
        count += (int)(left % 2);
    }
    return count;
}

static __int128 reference_div(__int128 left, __int128 right, int width) {
    (void)width;
    return left / right;
}

static __int128 reference_rem(__int128 left, __int128 right, int width) {
    (void)width;
    return left % right;
}

#define REFERENCE_COMPARE(name, relation)                                                                                                            \
    static __int128 reference_##name(__int128 left, __int128 right, int width) {                                                                     \
        (void)width;                                                                                                                                 \
        return left relation right;                                                                                                                  \
    }
REFERENCE_COMPARE(eq, ==)
REFERENCE_COMPARE(ne, !=)
REFERENCE_COMPARE(lt, <)
REFERENCE_COMPARE(gt, >)
REFERENCE_COMPARE(le, <=)
REFERENCE_COMPARE(ge, >=)

static __int128 reference_eqz(__int128 left, __int128 right, int width) {
    (void)width;
    (void)right;
    return left == 0;
}

static __int128 reference_extend(__int128 left, int width) {
    __int128 modulus = reference_power(width);
    __int128 value = left % modulus;
    return value >= modulus / 2 ? value - modulus : value;
}

static __int128 reference_extend8(__int128 left, __int128 right, int width) {
    (void)right;
    (void)width;
    return reference_extend(left, 8);
}

static __int128 reference_extend16(__int128 left, __int128 right, int width) {
    (void)right;
    (void)width;
    return reference_extend(left, 16);
}

static const struct integer_case integer_cases[] = {
#define BOTH(name, is_signed, reference) {OP_I32_##name, OP_I64_##name, is_signed, reference_##reference},
    BOTH(ADD, false, add) BOTH(SUB, false, sub) BOTH(MUL, false, mul) BOTH(AND, false, and) BOTH(OR, false, or) BOTH(XOR, false, xor)
        BOTH(SHL, false, shl) BOTH(SHR_S, true, shr) BOTH(SHR_U, false, shr) BOTH(ROTL, false, rotl) BOTH(ROTR, false, rotr) BOTH(CLZ, false, clz)
            BOTH(CTZ, false, ctz) BOTH(POPCNT, false, popcnt) BOTH(DIV_S, true, div) BOTH(DIV_U, false, div) BOTH(REM_S, true, rem)
                BOTH(REM_U, false, rem) BOTH(EQ, false, eq) BOTH(NE, true, ne) BOTH(LT_S, true, lt) BOTH(LT_U, false, lt) BOTH(GT_S, true, gt)
                    BOTH(GT_U, false, gt) BOTH(LE_S, true, le) BOTH(LE_U, false, le) BOTH(GE_S, true, ge) BOTH(GE_U, false, ge) BOTH(EQZ, false, eqz)
                        BOTH(EXTEND8_S, false, extend8) BOTH(EXTEND16_S, false, extend16)
#undef BOTH
};

static bool is_division(uint32_t opcode) {
    return (opcode >= OP_I32_DIV_S && opcode <= OP_I32_REM_U) || (opcode >= OP_I64_DIV_S && opcode <= OP_I64_REM_U);
}

static __int128 number_of(uint64_t bits, int width, bool is_signed) {
    if (width == 32) {
        return is_signed ? (__int128)(int32_t)bits : (__int128)(uint32_t)bits;
    }
    return is_signed ? (__int128)(int64_t)bits : (__int128)bits;
}

static void check_integer(const struct integer_case *row, int width, uint64_t left, uint64_t right) {
    uint32_t opcode = width == 32 ? row->opcode32 : row->opcode64;
    __int128 l = number_of(left, width, row->is_signed), r = number_of(right, width, row->is_signed);
    if (is_division(opcode)) {
        bool is_division_proper = row->reference == reference_div;
        if (r == 0) {
            expect(opcode, left, right, WASM_TRAP_DIVIDE_BY_ZERO, 0);
            return;
        }
        if (is_division_proper && row->is_signed && l / r == reference_power(width - 1)) {
            expect(opcode, left, right, WASM_TRAP_INTEGER_OVERFLOW, 0);
            return;
        }
    }
    uint64_t result = (uint64_t)row->reference(l, r, width);
    expect(opcode, left, right, TRAP_NONE, opcode_table[opcode].push == WASM_I32 ? (uint32_t)result : result);
}

static void test_integers(void **state) {
    (void)state;
    static const uint64_t edges[] = {0,  1,          2,          31,         32,          33,        63,         64,
                                     65, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, INT64_MAX, 1ull << 63, UINT64_MAX};
    uint64_t random = support_seed();
    for (size_t row = 0; row < sizeof integer_cases / sizeof integer_cases[0]; row++) {
        for (int width = 32; width <= 64; width += 32) {
            for (size_t left = 0; left < sizeof edges / sizeof edges[0]; left++) {
                for (size_t right = 0; right < sizeof edges / sizeof edges[0]; right++) {
                    check_integer(&integer_cases[row], width, edges[left], edges[right]);
                }
            }
            for (int round = 0; round < ROUNDS; round++) {
                check_integer(&integer_cases[row], width, random_bits(&random), random_bits(&random));
            }
        }
    }
}

static void test_integer_conversions(void **state) {
    (void)state;
    expect(OP_I32_WRAP_I64, 0x123456789ABCDEF0u, 0, TRAP_NONE, 0x9ABCDEF0);
    expect(OP_I64_EXTEND_I32_S, 0x80000000u, 0, TRAP_NONE, 0xFFFFFFFF80000000u);
    expect(OP_I64_EXTEND_I32_S, 0x7FFFFFFFu, 0, TRAP_NONE, 0x7FFFFFFFu);
    expect(OP_I64_EXTEND_I32_U, 0x80000000u, 0, TRAP_NONE, 0x80000000u);
    expect(OP_I64_EXTEND32_S, 0x1234567880000000u, 0, TRAP_NONE, 0xFFFFFFFF80000000u);
    expect(OP_I64_EXTEND32_S, 0xFFFFFFFF7FFFFFFFu, 0, TRAP_NONE, 0x7FFFFFFFu);
    expect(OP_I32_REINTERPRET_F32, 0x7FA00001u, 0, TRAP_NONE, 0x7FA00001u);
    expect(OP_F32_REINTERPRET_I32, 0xFFA00001u, 0, TRAP_NONE, 0xFFA00001u);
    expect(OP_I64_REINTERPRET_F64, 0x7FF0000000000001u, 0, TRAP_NONE, 0x7FF0000000000001u);
    expect(OP_F64_REINTERPRET_I64, 0xFFF4000000000001u, 0, TRAP_NONE, 0xFFF4000000000001u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_integer_conversions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
