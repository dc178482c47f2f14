/* Vector instructions but for loads and stores. Integer lanes are cut out of the bytes and computed with 64 bits, which none
   of them needs; lanes of floats must equal the scalar instruction on each (float_test.c checks those). */
#include "wasm/interpret/handlers_test.h"

#define ROUNDS 400

/* ---- Lanes of a value ---- */

static uint64_t lane_get(const struct value *value, int width, int lane) {
    uint64_t half = lane * width < 64 ? value->low : value->high;
    uint64_t bits = half >> lane * width % 64;
    return width == 64 ? bits : bits & ((1ull << width) - 1);
}

static int64_t lane_get_signed(const struct value *value, int width, int lane) {
    uint64_t bits = lane_get(value, width, lane);
    return width < 64 && bits >= 1ull << (width - 1) ? (int64_t)bits - (int64_t)(1ull << width) : (int64_t)bits;
}

/* Of a value that was zero. */
static void lane_put(struct value *value, int width, int lane, uint64_t bits) {
    if (width < 64) {
        bits &= (1ull << width) - 1;
    }
    *(lane * width < 64 ? &value->low : &value->high) |= bits << lane * width % 64;
}

static struct value random_value(uint64_t *random) {
    return (struct value){random_bits(random), random_bits(random)};
}

static void check(uint32_t opcode, struct value left, struct value right, struct value third, uint32_t lane, struct value expected) {
    struct value out = {0};
    assert_int_equal(handler_run(opcode, (struct value[]){left, right, third}, lane, &out), TRAP_NONE);
    if (out.low != expected.low || out.high != expected.high) {
        fail_msg("%s of %016llx%016llx, %016llx%016llx: %016llx%016llx, not %016llx%016llx", opcode_name(opcode), (unsigned long long)left.high,
                 (unsigned long long)left.low, (unsigned long long)right.high, (unsigned long long)right.low, (unsigned long long)out.high,
                 (unsigned long long)out.low, (unsigned long long)expected.high, (unsigned long long)expected.low);
    }
}

static void check2(uint32_t opcode, struct value left, struct value right, struct value expected) {
    check(opcode, left, right, value_of(0), 0, expected);
}

/* ---- Integer lanes, one by one ---- */

/* What a lane of the result is; operands are extended by sign or by zeroes, as the row says; the result is wrapped. */
typedef int64_t lane_reference(int64_t left, int64_t right, int width);

/* Saturation to the numbers of the width: signed and unsigned. */
static int64_t clamp_signed(int64_t value, int width) {
    int64_t limit = (int64_t)1 << (width - 1);
    return value >= limit ? limit - 1 : value < -limit ? -limit : value;
}

static int64_t clamp_unsigned(int64_t value, int width) {
    int64_t limit = (int64_t)1 << width;
    return value >= limit ? limit - 1 : value < 0 ? 0 : value;
}

#define LANE(name, expression)                                                                                                                       \
    static int64_t lane_##name(int64_t left, int64_t right, int width) {                                                                             \
        (void)right;                                                                                                                                 \
        (void)width;                                                                                                                                 \
        return (int64_t)(expression);                                                                                                                \
    }
LANE(add, (uint64_t)left + (uint64_t)right)
LANE(sub, (uint64_t)left - (uint64_t)right)
LANE(mul, (uint64_t)left *(uint64_t)right)
LANE(neg, 0 - (uint64_t)left)
LANE(abs, left < 0 ? 0 - (uint64_t)left : (uint64_t)left)
LANE(eq, left == right ? -1 : 0)
LANE(ne, left == right ? 0 : -1)
LANE(lt, left < right ? -1 : 0)
LANE(gt, left > right ? -1 : 0)
LANE(le, left > right ? 0 : -1)
LANE(ge, left < right ? 0 : -1)
LANE(min, left < right ? left : right)
LANE(max, left < right ? right : left)
LANE(avgr, (left + right) / 2 + (left + right) % 2)
LANE(add_sat_s, clamp_signed(left + right, width))
LANE(add_sat_u, clamp_unsigned(left + right, width))
LANE(sub_sat_s, clamp_signed(left - right, width))
LANE(sub_sat_u, clamp_unsigned(left - right, width))
LANE(q15, clamp_signed((left * right + 0x4000) / 0x8000 - ((left * right + 0x4000) % 0x8000 < 0), width))
LANE(not, -1 - left)
LANE(and, left &right)
LANE(andnot, left - (left & right))
LANE(or, (left & ~right) + right)
LANE(xor, (left & ~right) + (right & ~left))

static int64_t lane_popcnt(int64_t left, int64_t right, int width) {
    (void)right;
    int count = 0;
    for (int bit = 0; bit < width; bit++) {
        count += left >> bit & 1;
    }
    return count;
}

static const struct {
    uint32_t opcode;
    uint8_t width;
    bool is_signed;
    lane_reference *reference;
} lane_cases[] = {
#define ALL(name, is_signed, reference)                                                                                                              \
    {OP_I8X16_##name, 8, is_signed, lane_##reference}, {OP_I16X8_##name, 16, is_signed, lane_##reference},                                           \
        {OP_I32X4_##name, 32, is_signed, lane_##reference}, {OP_I64X2_##name, 64, is_signed, lane_##reference},
#define UP_TO_32(name, is_signed, reference)                                                                                                         \
    {OP_I8X16_##name, 8, is_signed, lane_##reference}, {OP_I16X8_##name, 16, is_signed, lane_##reference},                                           \
        {OP_I32X4_##name, 32, is_signed, lane_##reference},
#define UP_TO_16(name, is_signed, reference) {OP_I8X16_##name, 8, is_signed, lane_##reference}, {OP_I16X8_##name, 16, is_signed, lane_##reference},
    ALL(ADD, false, add) ALL(SUB, true, sub) ALL(NEG, false, neg) ALL(ABS, true, abs) ALL(EQ, true, eq) ALL(NE, true, ne) ALL(LT_S, true, lt)
        ALL(GT_S, true, gt) ALL(LE_S, true, le) ALL(GE_S, true, ge) UP_TO_32(LT_U, false, lt) UP_TO_32(GT_U, false, gt) UP_TO_32(LE_U, false, le)
            UP_TO_32(GE_U, false, ge) UP_TO_32(MIN_S, true, min) UP_TO_32(MIN_U, false, min) UP_TO_32(MAX_S, true, max) UP_TO_32(MAX_U, false, max)
                UP_TO_16(ADD_SAT_S, true, add_sat_s) UP_TO_16(ADD_SAT_U, false, add_sat_u) UP_TO_16(SUB_SAT_S, true, sub_sat_s)
                    UP_TO_16(SUB_SAT_U, false, sub_sat_u) UP_TO_16(AVGR_U, false, avgr){OP_I16X8_MUL, 16, false, lane_mul},
    {OP_I32X4_MUL, 32, true, lane_mul},
    {OP_I64X2_MUL, 64, false, lane_mul},
    {OP_I16X8_Q15MULR_SAT_S, 16, true, lane_q15},
    {OP_I8X16_POPCNT, 8, false, lane_popcnt},
    {OP_V128_NOT, 64, false, lane_not},
    {OP_V128_AND, 32, false, lane_and},
    {OP_V128_ANDNOT, 32, false, lane_andnot},
    {OP_V128_OR, 32, false, lane_or},
    {OP_V128_XOR, 32, false, lane_xor},
#undef ALL
#undef UP_TO_32
#undef UP_TO_16
};

static int64_t lane_number(const struct value *value, int width, int lane, bool is_signed) {
    return is_signed ? lane_get_signed(value, width, lane) : (int64_t)lane_get(value, width, lane);
}

static void test_integer_lanes(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (size_t row = 0; row < sizeof lane_cases / sizeof lane_cases[0]; row++) {
        int width = lane_cases[row].width;
        bool is_signed = lane_cases[row].is_signed;
        for (int round = 0; round < ROUNDS; round++) {
            struct value left = random_value(&random), right = random_value(&random), expected = {0};
            if (round % 4 == 0) {
                right.low = left.low;
            }
            for (int lane = 0; lane < 128 / width; lane++) {
                lane_put(&expected, width, lane,
                         (uint64_t)lane_cases[row].reference(lane_number(&left, width, lane, is_signed), lane_number(&right, width, lane, is_signed),
                                                             width));
            }
            check2(lane_cases[row].opcode, left, right, expected);
        }
    }
}

/* All pairs of bytes: saturation, averages and comparisons have their edges among them. */
static void test_all_pairs_of_bytes(void **state) {
    (void)state;
    for (size_t row = 0; row < sizeof lane_cases / sizeof lane_cases[0]; row++) {
        for (int pair = 0; pair < 65536 && lane_cases[row].width == 8; pair += 16) {
            bool is_signed = lane_cases[row].is_signed;
            struct value left = {0}, right = {0}, expected = {0};
            for (int lane = 0; lane < 16; lane++) {
                lane_put(&left, 8, lane, (uint64_t)(pair + lane) >> 8);
                lane_put(&right, 8, lane, (uint64_t)(pair + lane) & 0xFF);
                lane_put(&expected, 8, lane,
                         (uint64_t)lane_cases[row].reference(lane_number(&left, 8, lane, is_signed), lane_number(&right, 8, lane, is_signed), 8));
            }
            struct value out = {0};
            handler_run_at(lane_cases[row].opcode, (struct value[]){left, right, left}, 0, PLACE_RESULT, &out);
            assert_memory_equal(&out, &expected, sizeof out);
        }
    }
}

/* ---- Shifts ---- */

static void test_shifts(void **state) {
    (void)state;
    static const struct {
        uint32_t shl, shr_s, shr_u;
        int width;
    } rows[] = {
        {OP_I8X16_SHL, OP_I8X16_SHR_S, OP_I8X16_SHR_U, 8},
        {OP_I16X8_SHL, OP_I16X8_SHR_S, OP_I16X8_SHR_U, 16},
        {OP_I32X4_SHL, OP_I32X4_SHR_S, OP_I32X4_SHR_U, 32},
        {OP_I64X2_SHL, OP_I64X2_SHR_S, OP_I64X2_SHR_U, 64},
    };
    uint64_t random = support_seed();
    for (size_t row = 0; row < 4; row++) {
        int width = rows[row].width;
        for (uint64_t count = 0; count < 140; count++) {
            struct value in = random_value(&random), shl = {0}, shr_s = {0}, shr_u = {0};
            /* Bit by bit, so that no shift checks a shift. */
            for (int bit = 0; bit < 128; bit++) {
                int at = bit % width, by = (int)count % width;
                uint64_t top = lane_get(&in, 1, bit - at + width - 1);
                lane_put(&shl, 1, bit, at < by ? 0 : lane_get(&in, 1, bit - by));
                lane_put(&shr_u, 1, bit, at + by >= width ? 0 : lane_get(&in, 1, bit + by));
                lane_put(&shr_s, 1, bit, at + by >= width ? top : lane_get(&in, 1, bit + by));
            }
            check2(rows[row].shl, in, value_of(count), shl);
            check2(rows[row].shr_s, in, value_of(count), shr_s);
            check2(rows[row].shr_u, in, value_of(count), shr_u);
        }
    }
}

/* ---- Lanes that change width ---- */

/* Half as many lanes, twice as wide. */
static const struct {
    uint32_t extend_low, extend_high, multiply_low, multiply_high, pairwise;
    int width;
    bool is_signed;
} widenings[] = {
#define WIDEN(wide, narrow, sign, pairwise, width, is_signed)                                                                                        \
    {OP_##wide##_EXTEND_LOW_##narrow##_##sign,                                                                                                       \
     OP_##wide##_EXTEND_HIGH_##narrow##_##sign,                                                                                                      \
     OP_##wide##_EXTMUL_LOW_##narrow##_##sign,                                                                                                       \
     OP_##wide##_EXTMUL_HIGH_##narrow##_##sign,                                                                                                      \
     pairwise,                                                                                                                                       \
     width,                                                                                                                                          \
     is_signed},
    WIDEN(I16X8, I8X16, S, OP_I16X8_EXTADD_PAIRWISE_I8X16_S, 8, true) WIDEN(I16X8, I8X16, U, OP_I16X8_EXTADD_PAIRWISE_I8X16_U, 8, false)
        WIDEN(I32X4, I16X8, S, OP_I32X4_EXTADD_PAIRWISE_I16X8_S, 16, true) WIDEN(I32X4, I16X8, U, OP_I32X4_EXTADD_PAIRWISE_I16X8_U, 16, false)
            WIDEN(I64X2, I32X4, S, 0, 32, true) WIDEN(I64X2, I32X4, U, 0, 32, false)
#undef WIDEN
};

static void check_widening(size_t row, struct value left, struct value right) {
    struct value extended[2] = {{0}}, multiplied[2] = {{0}}, sums = {0};
    int width = widenings[row].width, half = 64 / width;
    bool is_signed = widenings[row].is_signed;
    for (int lane = 0; lane < 2 * half; lane++) {
        int64_t l = lane_number(&left, width, lane, is_signed), r = lane_number(&right, width, lane, is_signed);
        lane_put(&extended[lane / half], 2 * width, lane % half, (uint64_t)l);
        lane_put(&multiplied[lane / half], 2 * width, lane % half, (uint64_t)l * (uint64_t)r);
        if (lane % 2 == 0) {
            lane_put(&sums, 2 * width, lane / 2, (uint64_t)(l + lane_number(&left, width, lane + 1, is_signed)));
        }
    }
    check2(widenings[row].extend_low, left, right, extended[0]);
    check2(widenings[row].extend_high, left, right, extended[1]);
    check2(widenings[row].multiply_low, left, right, multiplied[0]);
    check2(widenings[row].multiply_high, left, right, multiplied[1]);
    if (widenings[row].pairwise != 0) {
        check2(widenings[row].pairwise, left, right, sums);
    }
}

static void check_narrowing(uint32_t to_signed, uint32_t to_unsigned, int width, struct value left, struct value right) {
    struct value as_signed = {0}, as_unsigned = {0};
    int count = 128 / width;
    for (int lane = 0; lane < 2 * count; lane++) {
        int64_t number = lane_get_signed(lane < count ? &left : &right, width, lane % count);
        lane_put(&as_signed, width / 2, lane, (uint64_t)clamp_signed(number, width / 2));
        lane_put(&as_unsigned, width / 2, lane, (uint64_t)clamp_unsigned(number, width / 2));
    }
    check2(to_signed, left, right, as_signed);
    check2(to_unsigned, left, right, as_unsigned);
}

static void check_dot(struct value left, struct value right) {
    struct value expected = {0};
    for (int lane = 0; lane < 4; lane++) {
        int64_t sum = 0;
        for (int part = 2 * lane; part < 2 * lane + 2; part++) {
            sum += lane_get_signed(&left, 16, part) * lane_get_signed(&right, 16, part);
        }
        lane_put(&expected, 32, lane, (uint64_t)sum);
    }
    check2(OP_I32X4_DOT_I16X8_S, left, right, expected);
}

static void test_width_changes(void **state) {
    (void)state;
    uint64_t random = support_seed();
    const struct value lowest = {0x8000800080008000u, 0x8000800080008000u}, ones = {UINT64_MAX, UINT64_MAX};
    check_dot(lowest, lowest);
    for (size_t row = 0; row < sizeof widenings / sizeof widenings[0]; row++) {
        check_widening(row, ones, ones);
    }
    for (int round = 0; round < ROUNDS; round++) {
        struct value left = random_value(&random), right = random_value(&random);
        for (size_t row = 0; row < sizeof widenings / sizeof widenings[0]; row++) {
            check_widening(row, left, right);
        }
        check_narrowing(OP_I8X16_NARROW_I16X8_S, OP_I8X16_NARROW_I16X8_U, 16, left, right);
        check_narrowing(OP_I16X8_NARROW_I32X4_S, OP_I16X8_NARROW_I32X4_U, 32, left, right);
        check_dot(left, right);
    }
}

/* ---- Single lanes, selections, tests ---- */

static const struct {
    uint32_t splat, extract, extract_signed, replace;
    int width;
} lane_rows[] = {
    {OP_I8X16_SPLAT, OP_I8X16_EXTRACT_LANE_U, OP_I8X16_EXTRACT_LANE_S, OP_I8X16_REPLACE_LANE, 8},
    {OP_I16X8_SPLAT, OP_I16X8_EXTRACT_LANE_U, OP_I16X8_EXTRACT_LANE_S, OP_I16X8_REPLACE_LANE, 16},
    {OP_I32X4_SPLAT, OP_I32X4_EXTRACT_LANE, 0, OP_I32X4_REPLACE_LANE, 32},
    {OP_I64X2_SPLAT, OP_I64X2_EXTRACT_LANE, 0, OP_I64X2_REPLACE_LANE, 64},
    {OP_F32X4_SPLAT, OP_F32X4_EXTRACT_LANE, 0, OP_F32X4_REPLACE_LANE, 32},
    {OP_F64X2_SPLAT, OP_F64X2_EXTRACT_LANE, 0, OP_F64X2_REPLACE_LANE, 64},
};

static void check_single_lanes(size_t row, struct value in, uint64_t scalar) {
    int width = lane_rows[row].width;
    struct value splat = {0};
    for (int lane = 0; lane < 128 / width; lane++) {
        struct value replaced = {0};
        for (int other = 0; other < 128 / width; other++) {
            lane_put(&replaced, width, other, other == lane ? scalar : lane_get(&in, width, other));
        }
        check(lane_rows[row].replace, in, value_of(scalar), value_of(0), (uint32_t)lane, replaced);
        check(lane_rows[row].extract, in, value_of(0), value_of(0), (uint32_t)lane, value_of(lane_get(&in, width, lane)));
        if (lane_rows[row].extract_signed != 0) {
            check(lane_rows[row].extract_signed, in, value_of(0), value_of(0), (uint32_t)lane, value_of((uint32_t)lane_get_signed(&in, width, lane)));
        }
        lane_put(&splat, width, lane, scalar);
    }
    check2(lane_rows[row].splat, value_of(scalar), value_of(0), splat);
}

static void test_single_lanes(void **state) {
    (void)state;
    uint64_t random = support_seed();
    const struct value signalling = {0x7FA000017F800001u, 0xFFF0000000000001u};
    for (size_t row = 0; row < sizeof lane_rows / sizeof lane_rows[0]; row++) {
        check_single_lanes(row, signalling, 0xFFF00001FFA00001u);
        for (int round = 0; round < 40; round++) {
            check_single_lanes(row, random_value(&random), random_bits(&random));
        }
    }
}

static void test_swizzle_and_bitselect(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (int round = 0; round < ROUNDS; round++) {
        struct value left = random_value(&random), right = random_value(&random), third = random_value(&random), swizzled = {0}, selected = {0};
        if (round % 2 == 0) {
            right = (struct value){right.low & 0x1F1F1F1F1F1F1F1Fu, right.high & 0x0F0F0F0F0F0F0F0Fu};
        }
        for (int lane = 0; lane < 16; lane++) {
            uint64_t index = lane_get(&right, 8, lane);
            lane_put(&swizzled, 8, lane, index > 15 ? 0 : lane_get(&left, 8, (int)index));
        }
        for (int bit = 0; bit < 128; bit++) {
            lane_put(&selected, 1, bit, lane_get(lane_get(&third, 1, bit) != 0 ? &left : &right, 1, bit));
        }
        check2(OP_I8X16_SWIZZLE, left, right, swizzled);
        check(OP_V128_BITSELECT, left, right, third, 0, selected);
    }
}

static void check_truth(struct value in) {
    static const uint32_t all_true[] = {OP_I8X16_ALL_TRUE, OP_I16X8_ALL_TRUE, OP_I32X4_ALL_TRUE, OP_I64X2_ALL_TRUE};
    static const uint32_t bitmask[] = {OP_I8X16_BITMASK, OP_I16X8_BITMASK, OP_I32X4_BITMASK, OP_I64X2_BITMASK};
    for (int row = 0; row < 4; row++) {
        int width = 8 << row;
        uint64_t mask = 0, all = 1;
        for (int lane = 0; lane < 128 / width; lane++) {
            mask += (uint64_t)(lane_get_signed(&in, width, lane) < 0) << lane;
            all &= lane_get(&in, width, lane) != 0;
        }
        check2(all_true[row], in, value_of(0), value_of(all));
        check2(bitmask[row], in, value_of(0), value_of(mask));
    }
    check2(OP_V128_ANY_TRUE, in, value_of(0), value_of(in.low != 0 || in.high != 0));
}

static void test_truth(void **state) {
    (void)state;
    uint64_t random = support_seed();
    check_truth((struct value){0, 0});
    check_truth((struct value){UINT64_MAX, UINT64_MAX});
    for (int bit = 0; bit < 64; bit++) {
        check_truth((struct value){1ull << bit, 0});
        check_truth((struct value){0, 1ull << bit});
        check_truth((struct value){0x0101010101010101u << bit % 8, ~(0xFFull << bit / 8 * 8)});
    }
    for (int round = 0; round < ROUNDS; round++) {
        check_truth(random_value(&random));
    }
}

/* Their 16 bytes stand in the place of the next operation. */
static void test_constant_and_shuffle(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (int round = 0; round < ROUNDS; round++) {
        union slot frame[PLACE_COUNT];
        struct value operands[2] = {random_value(&random), random_value(&random)}, expected = {0}, out = {0};
        struct operation operations[3] = {{.a = round % 2 == 0 ? PLACE_RESULT : PLACE_FIRST + 1, .b = PLACE_FIRST, .c = PLACE_SECOND}};
        uint8_t bytes[16];
        for (int lane = 0; lane < 16; lane++) {
            bytes[lane] = support_random(&random) % 32;
            lane_put(&expected, 8, lane, lane_get(&operands[bytes[lane] / 16], 8, bytes[lane] % 16));
        }
        memcpy((uint8_t *)operation_bytes(operations), bytes, sizeof bytes);
        value_put(&frame[PLACE_FIRST], WASM_V128, operands[0]);
        value_put(&frame[PLACE_SECOND], WASM_V128, operands[1]);
        struct execution execution = {0};
        assert_ptr_equal(operation_handlers[OP_I8X16_SHUFFLE](operations, frame, &execution), &operations[2]);
        memcpy(&out, &frame[operations[0].a], sizeof out);
        assert_memory_equal(&out, &expected, sizeof out);
        assert_ptr_equal(operation_handlers[OP_V128_CONST](operations, frame, &execution), &operations[2]);
        assert_memory_equal(&frame[operations[0].a], bytes, sizeof bytes);
    }
}

/* ---- Lanes of floats ---- */

/* The vector instruction is the scalar one on every lane; a comparison's truth becomes all ones. */
static const struct {
    uint32_t vector, scalar;
    int width, result_width;
    bool is_comparison;
} float_rows[] = {
#define BOTH(name)        {OP_F32X4_##name, OP_F32_##name, 32, 32, false}, {OP_F64X2_##name, OP_F64_##name, 64, 64, false},
#define COMPARISONS(name) {OP_F32X4_##name, OP_F32_##name, 32, 32, true}, {OP_F64X2_##name, OP_F64_##name, 64, 64, true},
    BOTH(ABS) BOTH(NEG) BOTH(CEIL) BOTH(FLOOR) BOTH(TRUNC) BOTH(NEAREST) BOTH(SQRT) BOTH(ADD) BOTH(SUB) BOTH(MUL) BOTH(DIV) BOTH(MIN) BOTH(MAX)
        COMPARISONS(EQ) COMPARISONS(NE) COMPARISONS(LT) COMPARISONS(GT) COMPARISONS(LE)
            COMPARISONS(GE){OP_I32X4_TRUNC_SAT_F32X4_S, OP_I32_TRUNC_SAT_F32_S, 32, 32, false},
    {OP_I32X4_TRUNC_SAT_F32X4_U, OP_I32_TRUNC_SAT_F32_U, 32, 32, false},
    {OP_F32X4_CONVERT_I32X4_S, OP_F32_CONVERT_I32_S, 32, 32, false},
    {OP_F32X4_CONVERT_I32X4_U, OP_F32_CONVERT_I32_U, 32, 32, false},
    {OP_I32X4_TRUNC_SAT_F64X2_S_ZERO, OP_I32_TRUNC_SAT_F64_S, 64, 32, false},
    {OP_I32X4_TRUNC_SAT_F64X2_U_ZERO, OP_I32_TRUNC_SAT_F64_U, 64, 32, false},
    {OP_F64X2_CONVERT_LOW_I32X4_S, OP_F64_CONVERT_I32_S, 32, 64, false},
    {OP_F64X2_CONVERT_LOW_I32X4_U, OP_F64_CONVERT_I32_U, 32, 64, false},
    {OP_F32X4_DEMOTE_F64X2_ZERO, OP_F32_DEMOTE_F64, 64, 32, false},
    {OP_F64X2_PROMOTE_LOW_F32X4, OP_F64_PROMOTE_F32, 32, 64, false},
#undef BOTH
#undef COMPARISONS
};

static void test_float_lanes(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (size_t row = 0; row < sizeof float_rows / sizeof float_rows[0]; row++) {
        int width = float_rows[row].width, result_width = float_rows[row].result_width;
        for (int round = 0; round < ROUNDS; round++) {
            struct value left = random_value(&random), right = random_value(&random), expected = {0};
            if (round % 4 == 0) {
                right = (struct value){left.low ^ 0x8000000080000000u, left.high};
            }
            for (int lane = 0; lane < 128 / width && lane < 128 / result_width; lane++) {
                struct value operands[] = {value_of(lane_get(&left, width, lane)), value_of(lane_get(&right, width, lane))}, scalar = {0};
                handler_run_at(float_rows[row].scalar, operands, 0, PLACE_RESULT, &scalar);
                lane_put(&expected, result_width, lane, float_rows[row].is_comparison ? 0 - scalar.low : scalar.low);
            }
            check2(float_rows[row].vector, left, right, expected);
        }
    }
}

/* One operand or the other, with all its bits: the left one unless the comparison holds, which it never does for NaN. */
static void test_pseudo_minimum(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (int round = 0; round < ROUNDS; round++) {
        struct value left = random_value(&random), right = random_value(&random), least[2] = {{0}}, most[2] = {{0}};
        if (round % 8 == 0) {
            right.low = left.low ^ 0x8000000080000000u;
        }
        for (int lane = 0; lane < 4; lane++) {
            union slot l = {.u64 = lane_get(&left, 32, lane)}, r = {.u64 = lane_get(&right, 32, lane)};
            lane_put(&least[0], 32, lane, r.f32 < l.f32 ? r.u32 : l.u32);
            lane_put(&most[0], 32, lane, l.f32 < r.f32 ? r.u32 : l.u32);
        }
        for (int lane = 0; lane < 2; lane++) {
            union slot l = {.u64 = lane_get(&left, 64, lane)}, r = {.u64 = lane_get(&right, 64, lane)};
            lane_put(&least[1], 64, lane, r.f64 < l.f64 ? r.u64 : l.u64);
            lane_put(&most[1], 64, lane, l.f64 < r.f64 ? r.u64 : l.u64);
        }
        check2(OP_F32X4_PMIN, left, right, least[0]);
        check2(OP_F32X4_PMAX, left, right, most[0]);
        check2(OP_F64X2_PMIN, left, right, least[1]);
        check2(OP_F64X2_PMAX, left, right, most[1]);
    }
    const struct value signalling = {0xFF8000017F800001u, 0x7F812345FF812345u}, one = {0x3F8000003F800000u, 0x3F8000003F800000u};
    const struct value signalling_wide = {0x7FF0000000000001u, 0xFFF0000000012345u};
    check2(OP_F32X4_PMIN, signalling, one, signalling);
    check2(OP_F32X4_PMAX, one, signalling, one);
    check2(OP_F64X2_PMAX, signalling_wide, one, signalling_wide);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integer_lanes),  cmocka_unit_test(test_all_pairs_of_bytes),   cmocka_unit_test(test_shifts),
        cmocka_unit_test(test_width_changes),  cmocka_unit_test(test_single_lanes),         cmocka_unit_test(test_swizzle_and_bitselect),
        cmocka_unit_test(test_truth),          cmocka_unit_test(test_constant_and_shuffle), cmocka_unit_test(test_float_lanes),
        cmocka_unit_test(test_pseudo_minimum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
