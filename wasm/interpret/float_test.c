/* Handlers of floating-point instructions, conversions included: edges by hand, and random operands against references.
   A reference computes in a type wide enough that its own rounding cannot show (twice the precision and two bits more,
   for + - * / and square roots), and then rounds once; or it works on the bits. */
#include "wasm/interpret/handlers_test.h"

#define F32_NAN      0x7FC00000u
#define F64_NAN      0x7FF8000000000000u
#define F32_INF      0x7F800000u
#define F64_INF      0x7FF0000000000000u
#define F32_SIGN_BIT 0x80000000u
#define F64_SIGN_BIT 0x8000000000000000u
#define ROUNDS       10000

static void expect_f32(uint32_t opcode, float left, float right, float expected) {
    union slot l = {.f32 = left}, r = {.f32 = right}, e = {.f32 = expected};
    expect(opcode, l.u32, r.u32, TRAP_NONE, expected != expected ? F32_NAN : e.u32);
}

static void expect_f64(uint32_t opcode, double left, double right, double expected) {
    union slot l = {.f64 = left}, r = {.f64 = right}, e = {.f64 = expected};
    expect(opcode, l.u64, r.u64, TRAP_NONE, expected != expected ? F64_NAN : e.u64);
}

static float f32_of(uint64_t bits) {
    union slot slot = {.u64 = bits};
    return slot.f32;
}

static double f64_of(uint64_t bits) {
    union slot slot = {.u64 = bits};
    return slot.f64;
}

/* ---- Arithmetic ---- */

static void check_arithmetic(uint64_t left, uint64_t right) {
    float l = f32_of(left), r = f32_of(right);
    expect_f32(OP_F32_ADD, l, r, (float)((double)l + (double)r));
    expect_f32(OP_F32_SUB, l, r, (float)((double)l - (double)r));
    expect_f32(OP_F32_MUL, l, r, (float)((double)l * (double)r));
    expect_f32(OP_F32_DIV, l, r, (float)((double)l / (double)r));
    expect_f32(OP_F32_SQRT, l, 0, (float)__builtin_sqrt(l));
    double x = f64_of(left), y = f64_of(right);
    expect_f64(OP_F64_ADD, x, y, (double)((__float128)x + (__float128)y));
    expect_f64(OP_F64_SUB, x, y, (double)((__float128)x - (__float128)y));
    expect_f64(OP_F64_MUL, x, y, (double)((__float128)x * (__float128)y));
    expect_f64(OP_F64_DIV, x, y, (double)((__float128)x / (__float128)y));
}

/* The root is the nearest double: the exact one lies between the middles to its neighbours. */
static void check_square_root(uint64_t bits) {
    uint64_t result = 0;
    assert_int_equal(number_run(OP_F64_SQRT, bits, 0, &result), TRAP_NONE);
    double value = f64_of(bits);
    if (value != value || value < 0) {
        assert_true(result == F64_NAN);
    } else if (value == 0 || bits == F64_INF) {
        assert_true(result == bits);
    } else {
        __float128 below = ((__float128)f64_of(result - 1) + f64_of(result)) / 2;
        __float128 above = ((__float128)f64_of(result + 1) + f64_of(result)) / 2;
        assert_true(below * below <= value && value <= above * above);
    }
}

static void test_arithmetic(void **state) {
    (void)state;
    static const uint64_t edges[] = {0,
                                     F64_SIGN_BIT | F32_SIGN_BIT,
                                     F64_INF | F32_INF,
                                     F64_NAN | F32_NAN,
                                     0xFFF0000000000001u,
                                     0x7FF0000000000001u,
                                     0x7F800001u,
                                     0xFFC00001u,
                                     1,
                                     0x7FFFFF,
                                     0x800000,
                                     0x000FFFFFFFFFFFFFu,
                                     0x3F800000,
                                     0x3FF0000000000000u,
                                     0xBF800000,
                                     0x7F7FFFFF,
                                     0x7FEFFFFFFFFFFFFFu,
                                     0xFF7FFFFFu,
                                     0xFFEFFFFFFFFFFFFFu,
                                     0xFF800000u,
                                     0xFFF0000000000000u};
    const size_t count = sizeof edges / sizeof edges[0];
    for (size_t left = 0; left < count; left++) {
        for (size_t right = 0; right < count; right++) {
            check_arithmetic(edges[left], edges[right]);
        }
        check_square_root(edges[left]);
    }
    uint64_t random = support_seed();
    for (int round = 0; round < ROUNDS; round++) {
        check_arithmetic(random_bits(&random), random_bits(&random));
        check_square_root(random_bits(&random));
    }
}

/* ---- Sign bits: payloads stay ---- */

static void test_sign_bits(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t left = random_bits(&random), right = random_bits(&random);
        uint32_t narrow = (uint32_t)left, negative = (uint32_t)right >= F32_SIGN_BIT ? F32_SIGN_BIT : 0;
        expect(OP_F32_ABS, left, 0, TRAP_NONE, narrow % F32_SIGN_BIT);
        expect(OP_F32_NEG, left, 0, TRAP_NONE, (uint32_t)(narrow + F32_SIGN_BIT));
        expect(OP_F32_COPYSIGN, left, right, TRAP_NONE, narrow % F32_SIGN_BIT + negative);
        expect(OP_F64_ABS, left, 0, TRAP_NONE, left % F64_SIGN_BIT);
        expect(OP_F64_NEG, left, 0, TRAP_NONE, left + F64_SIGN_BIT);
        expect(OP_F64_COPYSIGN, left, right, TRAP_NONE, left % F64_SIGN_BIT + (right >= F64_SIGN_BIT ? F64_SIGN_BIT : 0));
    }
    expect(OP_F32_NEG, 0x7F800001u, 0, TRAP_NONE, 0xFF800001u);
    expect(OP_F32_ABS, 0xFFA12345u, 0, TRAP_NONE, 0x7FA12345u);
    expect(OP_F64_NEG, 0xFFF0000000000001u, 0, TRAP_NONE, 0x7FF0000000000001u);
}

/* ---- Comparison, minimum and maximum ---- */

static void check_order(uint64_t left, uint64_t right) {
    float l = f32_of(left), r = f32_of(right);
    bool has_nan = l != l || r != r;
    /* Order of floats is the order of their bits as sign and magnitude; zeroes are equal. */
    int64_t left_key = (int32_t)left < 0 ? -(int64_t)(left & 0x7FFFFFFF) : (int64_t)(left & 0x7FFFFFFF);
    int64_t right_key = (int32_t)right < 0 ? -(int64_t)(right & 0x7FFFFFFF) : (int64_t)(right & 0x7FFFFFFF);
    expect(OP_F32_EQ, left, right, TRAP_NONE, !has_nan && left_key == right_key);
    expect(OP_F32_NE, left, right, TRAP_NONE, has_nan || left_key != right_key);
    expect(OP_F32_LT, left, right, TRAP_NONE, !has_nan && left_key < right_key);
    expect(OP_F32_GT, left, right, TRAP_NONE, !has_nan && left_key > right_key);
    expect(OP_F32_LE, left, right, TRAP_NONE, !has_nan && left_key <= right_key);
    expect(OP_F32_GE, left, right, TRAP_NONE, !has_nan && left_key >= right_key);
    /* Of two zeroes the negative one is less. */
    bool left_is_less = left_key != right_key ? left_key < right_key : (int32_t)left < 0;
    expect(OP_F32_MIN, left, right, TRAP_NONE, has_nan ? F32_NAN : (uint32_t)(left_is_less ? left : right));
    expect(OP_F32_MAX, left, right, TRAP_NONE, has_nan ? F32_NAN : (uint32_t)(left_is_less ? right : left));
}

static void check_order_wide(uint64_t left, uint64_t right) {
    double l = f64_of(left), r = f64_of(right);
    bool has_nan = l != l || r != r;
    int64_t left_key = (int64_t)left < 0 ? -(int64_t)(left & INT64_MAX) : (int64_t)left;
    int64_t right_key = (int64_t)right < 0 ? -(int64_t)(right & INT64_MAX) : (int64_t)right;
    expect(OP_F64_EQ, left, right, TRAP_NONE, !has_nan && left_key == right_key);
    expect(OP_F64_NE, left, right, TRAP_NONE, has_nan || left_key != right_key);
    expect(OP_F64_LT, left, right, TRAP_NONE, !has_nan && left_key < right_key);
    expect(OP_F64_GT, left, right, TRAP_NONE, !has_nan && left_key > right_key);
    expect(OP_F64_LE, left, right, TRAP_NONE, !has_nan && left_key <= right_key);
    expect(OP_F64_GE, left, right, TRAP_NONE, !has_nan && left_key >= right_key);
    bool left_is_less = left_key != right_key ? left_key < right_key : (int64_t)left < 0;
    expect(OP_F64_MIN, left, right, TRAP_NONE, has_nan ? F64_NAN : left_is_less ? left : right);
    expect(OP_F64_MAX, left, right, TRAP_NONE, has_nan ? F64_NAN : left_is_less ? right : left);
}

static void test_order(void **state) {
    (void)state;
    static const uint64_t narrow[] = {0,       F32_SIGN_BIT, 1,       0x80000001u, 0x3F800000u, 0xBF800000u,
                                      F32_INF, 0xFF800000u,  F32_NAN, 0x7F800001u, 0xFFFFFFFFu};
    static const uint64_t wide[] = {0,       F64_SIGN_BIT,        1,       0x3FF0000000000000u, 0xBFF0000000000000u,
                                    F64_INF, 0xFFF0000000000000u, F64_NAN, 0x7FF0000000000001u, UINT64_MAX};
    for (size_t left = 0; left < sizeof narrow / sizeof narrow[0]; left++) {
        for (size_t right = 0; right < sizeof narrow / sizeof narrow[0]; right++) {
            check_order(narrow[left], narrow[right]);
        }
    }
    for (size_t left = 0; left < sizeof wide / sizeof wide[0]; left++) {
        for (size_t right = 0; right < sizeof wide / sizeof wide[0]; right++) {
            check_order_wide(wide[left], wide[right]);
        }
    }
    uint64_t random = support_seed();
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t left = random_bits(&random), right = random_bits(&random);
        check_order(left, right);
        check_order_wide(left, right);
        check_order_wide(left, left ^ F64_SIGN_BIT);
    }
}

/* ---- Rounding to integers ---- */

enum direction { TOWARDS_ZERO, UPWARDS, DOWNWARDS, TO_NEAREST };

/* Works on the bits: clears those of the fraction, and adds one unit of the integer part where the direction says so. A
   carry out of the significand goes into the exponent, which is right. */
static uint64_t reference_round(uint64_t bits, int significand_bits, int exponent_bias, enum direction direction) {
    uint64_t sign = bits >> (significand_bits == 52 ? 63 : 31) << (significand_bits == 52 ? 63 : 31);
    uint64_t magnitude = bits - sign;
    int exponent = (int)(magnitude >> significand_bits) - exponent_bias;
    uint64_t one = (uint64_t)exponent_bias << significand_bits;
    if (exponent >= significand_bits) {
        return bits;
    }
    bool away = direction == UPWARDS ? sign == 0 : direction == DOWNWARDS ? sign != 0 : false;
    if (exponent < 0) {
        bool is_more_than_half = magnitude > one - (1ull << significand_bits);
        if (direction == TO_NEAREST) {
            away = is_more_than_half;
        }
        return sign | (away && magnitude != 0 ? one : 0);
    }
    uint64_t unit = 1ull << (significand_bits - exponent), fraction = magnitude % unit;
    bool is_odd = exponent == 0 || magnitude / unit % 2 != 0;
    if (direction == TO_NEAREST) {
        away = fraction > unit / 2 || (fraction == unit / 2 && is_odd);
    }
    return sign | (magnitude - fraction + (away && fraction != 0 ? unit : 0));
}

static void check_rounding(uint64_t bits) {
    static const uint32_t narrow[] = {OP_F32_TRUNC, OP_F32_CEIL, OP_F32_FLOOR, OP_F32_NEAREST};
    static const uint32_t wide[] = {OP_F64_TRUNC, OP_F64_CEIL, OP_F64_FLOOR, OP_F64_NEAREST};
    for (int direction = TOWARDS_ZERO; direction <= TO_NEAREST; direction++) {
        bool is_nan = f32_of(bits) != f32_of(bits), is_nan_wide = f64_of(bits) != f64_of(bits);
        expect(narrow[direction], bits, 0, TRAP_NONE, is_nan ? F32_NAN : reference_round((uint32_t)bits, 23, 127, direction));
        expect(wide[direction], bits, 0, TRAP_NONE, is_nan_wide ? F64_NAN : reference_round(bits, 52, 1023, direction));
    }
}

static void test_rounding(void **state) {
    (void)state;
    static const struct {
        double value, trunc, ceil, floor, nearest;
    } rows[] = {
        {0.0, 0.0, 0.0, 0.0, 0.0},
        {-0.0, -0.0, -0.0, -0.0, -0.0},
        {0.5, 0.0, 1.0, 0.0, 0.0},
        {-0.5, -0.0, -0.0, -1.0, -0.0},
        {1.5, 1.0, 2.0, 1.0, 2.0},
        {-1.5, -1.0, -1.0, -2.0, -2.0},
        {2.5, 2.0, 3.0, 2.0, 2.0},
        {-2.5, -2.0, -2.0, -3.0, -2.0},
        {0.75, 0.0, 1.0, 0.0, 1.0},
        {-0.75, -0.0, -0.0, -1.0, -1.0},
        {0.25, 0.0, 1.0, 0.0, 0.0},
        {-0.25, -0.0, -0.0, -1.0, -0.0},
        {4194303.5, 4194303, 4194304, 4194303, 4194304},
        {8388607.5, 8388607, 8388608, 8388607, 8388608},
        {-8388607.5, -8388607, -8388607, -8388608, -8388608},
        {16777216, 16777216, 16777216, 16777216, 16777216},
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        expect_f64(OP_F64_TRUNC, rows[row].value, 0, rows[row].trunc);
        expect_f64(OP_F64_CEIL, rows[row].value, 0, rows[row].ceil);
        expect_f64(OP_F64_FLOOR, rows[row].value, 0, rows[row].floor);
        expect_f64(OP_F64_NEAREST, rows[row].value, 0, rows[row].nearest);
        expect_f32(OP_F32_TRUNC, (float)rows[row].value, 0, (float)rows[row].trunc);
        expect_f32(OP_F32_CEIL, (float)rows[row].value, 0, (float)rows[row].ceil);
        expect_f32(OP_F32_FLOOR, (float)rows[row].value, 0, (float)rows[row].floor);
        expect_f32(OP_F32_NEAREST, (float)rows[row].value, 0, (float)rows[row].nearest);
    }
    expect_f64(OP_F64_NEAREST, 0x1p52 - 0.5, 0, 0x1p52);
    expect_f64(OP_F64_NEAREST, 0x1.fffffffffffffp-2, 0, 0);
    expect_f64(OP_F64_CEIL, 0x1p-1074, 0, 1);
    expect_f64(OP_F64_FLOOR, -0x1p-1074, 0, -1);
    uint64_t random = support_seed();
    for (int round = 0; round < ROUNDS; round++) {
        check_rounding(random_bits(&random));
    }
}

/* ---- Conversions ---- */

struct integer_type {
    __float128 low, high; /* the numbers of the type */
    uint32_t trunc32, trunc64, saturate32, saturate64;
};

static const struct integer_type integer_types[] = {
    {-0x1p31, 0x1p31 - 1, OP_I32_TRUNC_F32_S, OP_I32_TRUNC_F64_S, OP_I32_TRUNC_SAT_F32_S, OP_I32_TRUNC_SAT_F64_S},
    {0, 0x1p32 - 1, OP_I32_TRUNC_F32_U, OP_I32_TRUNC_F64_U, OP_I32_TRUNC_SAT_F32_U, OP_I32_TRUNC_SAT_F64_U},
    {-0x1p63, (__float128)0x1p63 - 1, OP_I64_TRUNC_F32_S, OP_I64_TRUNC_F64_S, OP_I64_TRUNC_SAT_F32_S, OP_I64_TRUNC_SAT_F64_S},
    {0, (__float128)0x1p64 - 1, OP_I64_TRUNC_F32_U, OP_I64_TRUNC_F64_U, OP_I64_TRUNC_SAT_F32_U, OP_I64_TRUNC_SAT_F64_U},
};

static uint64_t integer_bits(__float128 value, uint32_t opcode) {
    uint64_t bits = value < 0 ? (uint64_t)(__int128)value : (uint64_t)value;
    return opcode_table[opcode].push == WASM_I32 ? (uint32_t)bits : bits;
}

static void check_truncation(uint32_t trunc, uint32_t saturate, const struct integer_type *type, uint64_t bits, double value) {
    if (value != value) {
        expect(trunc, bits, 0, WASM_TRAP_INVALID_CONVERSION, 0);
        expect(saturate, bits, 0, TRAP_NONE, 0);
    } else if (value <= type->low - 1) {
        expect(trunc, bits, 0, WASM_TRAP_INTEGER_OVERFLOW, 0);
        expect(saturate, bits, 0, TRAP_NONE, integer_bits(type->low, trunc));
    } else if (value >= type->high + 1) {
        expect(trunc, bits, 0, WASM_TRAP_INTEGER_OVERFLOW, 0);
        expect(saturate, bits, 0, TRAP_NONE, integer_bits(type->high, trunc));
    } else {
        expect(trunc, bits, 0, TRAP_NONE, integer_bits(value, trunc));
        expect(saturate, bits, 0, TRAP_NONE, integer_bits(value, trunc));
    }
}

static void check_truncations(uint64_t bits) {
    for (size_t row = 0; row < sizeof integer_types / sizeof integer_types[0]; row++) {
        const struct integer_type *type = &integer_types[row];
        check_truncation(type->trunc32, type->saturate32, type, bits, f32_of(bits));
        check_truncation(type->trunc64, type->saturate64, type, bits, f64_of(bits));
    }
}

static void test_truncation(void **state) {
    (void)state;
    static const double edges[] = {0x1p31, 0x1p32, 0x1p63, 0x1p64, 1.0, 0.0, 0x1p31 + 1, 0x1p52};
    for (size_t edge = 0; edge < sizeof edges / sizeof edges[0]; edge++) {
        for (int step = -3; step <= 3; step++) {
            union slot wide = {.f64 = edges[edge]}, narrow = {.f32 = (float)edges[edge]};
            wide.u64 += (uint64_t)step;
            narrow.u32 += (uint32_t)step;
            check_truncations(wide.u64);
            check_truncations(wide.u64 ^ F64_SIGN_BIT);
            check_truncations(narrow.u32);
            check_truncations(narrow.u32 ^ F32_SIGN_BIT);
        }
    }
    expect(OP_I32_TRUNC_F64_S, 0xC1E0000000100000u, 0, TRAP_NONE, 0x80000000u);        /* -2147483648.5 */
    expect(OP_I32_TRUNC_F64_S, 0xC1E0000000200000u, 0, WASM_TRAP_INTEGER_OVERFLOW, 0); /* -2147483649 */
    expect(OP_I32_TRUNC_F32_U, 0xBF7FFFFFu, 0, TRAP_NONE, 0);                          /* just above -1 */
    expect(OP_I32_TRUNC_F32_U, 0xBF800000u, 0, WASM_TRAP_INTEGER_OVERFLOW, 0);
    expect(OP_I64_TRUNC_F64_U, 0xBFEFFFFFFFFFFFFFu, 0, TRAP_NONE, 0);
    expect(OP_I64_TRUNC_SAT_F32_S, F32_INF, 0, TRAP_NONE, INT64_MAX);
    expect(OP_I64_TRUNC_SAT_F32_S, 0xFF800000u, 0, TRAP_NONE, 1ull << 63);
    uint64_t random = support_seed();
    for (int round = 0; round < ROUNDS; round++) {
        check_truncations(random_bits(&random));
    }
}

static void check_conversion(uint64_t bits) {
    const __float128 values[] = {(int32_t)bits, (uint32_t)bits, (int64_t)bits, bits};
    static const uint32_t narrow[] = {OP_F32_CONVERT_I32_S, OP_F32_CONVERT_I32_U, OP_F32_CONVERT_I64_S, OP_F32_CONVERT_I64_U};
    static const uint32_t wide[] = {OP_F64_CONVERT_I32_S, OP_F64_CONVERT_I32_U, OP_F64_CONVERT_I64_S, OP_F64_CONVERT_I64_U};
    for (int type = 0; type < 4; type++) {
        union slot f32 = {.f32 = (float)values[type]}, f64 = {.f64 = (double)values[type]};
        expect(narrow[type], bits, 0, TRAP_NONE, f32.u32);
        expect(wide[type], bits, 0, TRAP_NONE, f64.u64);
    }
}

static void test_conversion(void **state) {
    (void)state;
    /* Ties, and what is rounded twice by way of double. */
    static const uint64_t edges[] = {0,
                                     16777217,
                                     16777219,
                                     0xFFFFFF7F,
                                     0xFFFFFF80,
                                     0x8000004000000001u,
                                     0x8000008000000001u,
                                     0x7FFFFFBFFFFFFFFFu,
                                     0x0020000020000001u,
                                     0xFFFFFFFFFFFFFBFFu,
                                     0xFFFFFFFFFFFFFC00u,
                                     UINT64_MAX,
                                     1ull << 63};
    for (size_t edge = 0; edge < sizeof edges / sizeof edges[0]; edge++) {
        check_conversion(edges[edge]);
    }
    expect(OP_F32_CONVERT_I64_U, 0x8000008000000001u, 0, TRAP_NONE, 0x5F000001u);
    uint64_t random = support_seed();
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t bits = random_bits(&random);
        check_conversion(bits);
        union slot demoted = {.f32 = (float)((__float128)f64_of(bits))}, promoted = {.f64 = (double)(__float128)f32_of(bits)};
        expect(OP_F32_DEMOTE_F64, bits, 0, TRAP_NONE, f64_of(bits) != f64_of(bits) ? F32_NAN : demoted.u32);
        expect(OP_F64_PROMOTE_F32, bits, 0, TRAP_NONE, f32_of(bits) != f32_of(bits) ? F64_NAN : promoted.u64);
    }
    expect(OP_F32_DEMOTE_F64, 0x7FF0000000000001u, 0, TRAP_NONE, F32_NAN);
    expect(OP_F32_DEMOTE_F64, 0xFFFFFFFFFFFFFFFFu, 0, TRAP_NONE, F32_NAN);
    expect(OP_F32_DEMOTE_F64, 0x47EFFFFFF0000000u, 0, TRAP_NONE, F32_INF); /* halfway from the largest float */
    expect(OP_F32_DEMOTE_F64, 0x47EFFFFFEFFFFFFFu, 0, TRAP_NONE, 0x7F7FFFFFu);
    expect(OP_F64_PROMOTE_F32, 0xFFC12345u, 0, TRAP_NONE, F64_NAN);
    expect(OP_F64_PROMOTE_F32, 1, 0, TRAP_NONE, 0x36A0000000000000u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic), cmocka_unit_test(test_sign_bits),  cmocka_unit_test(test_order),
        cmocka_unit_test(test_rounding),   cmocka_unit_test(test_truncation), cmocka_unit_test(test_conversion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
