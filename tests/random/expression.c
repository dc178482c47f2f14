/* Expressions of random code: see maker.h. Which operators there are is read from the engine's table of instructions. */
#include "tests/random/maker.h"

#include "base/assert.h"
#include "wasm/opcode.h"

#include <string.h>

/* ---- Constants ---- */

static uint64_t number_choose(struct maker *maker) {
    return (uint64_t)choose(maker, 1u << 30) << 34 ^ (uint64_t)choose(maker, 1u << 30) << 15 ^ choose(maker, 1u << 20);
}

static uint64_t bits_choose(struct maker *maker, uint32_t width) {
    static const int64_t usual[] = {0,
                                    1,
                                    -1,
                                    2,
                                    3,
                                    -2,
                                    4,
                                    5,
                                    7,
                                    8,
                                    10,
                                    15,
                                    16,
                                    24,
                                    31,
                                    32,
                                    33,
                                    48,
                                    63,
                                    64,
                                    100,
                                    127,
                                    128,
                                    -128,
                                    -129,
                                    255,
                                    256,
                                    1000,
                                    4095,
                                    4096,
                                    0x7FFF,
                                    0x8000,
                                    -8,
                                    -16,
                                    -32768,
                                    0xFFFF,
                                    0x10000,
                                    0x7FFFFFFF,
                                    -0x80000000ll,
                                    0xFFFFFFFFll,
                                    0x100000000ll,
                                    -0x80000001ll};
    uint64_t bits = (uint64_t)usual[choose(maker, sizeof(usual) / sizeof(*usual))];
    switch (choose(maker, 8)) {
    case 0: bits = number_choose(maker); break;
    case 1: bits = 1ull << choose(maker, width); break;
    case 2: bits = (1ull << choose(maker, width)) - 1; break;
    case 3: bits = ~(1ull << choose(maker, width)); break;
    default: break;
    }
    return bits;
}

static uint64_t float_bits_choose(struct maker *maker) {
    static const double usual[] = {0.0,   -0.0,   1.0,    -1.0,   0.5,    2.0,     -2.0,    3.25,      1e10,
                                   -1e19, 0x1p31, 0x1p32, 0x1p63, 0x1p64, -0x1p31, -0x1p63, 0x1p-1074, 1e308};
    double value = usual[choose(maker, sizeof(usual) / sizeof(*usual))];
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    switch (choose(maker, 12)) {
    case 0: return number_choose(maker);
    case 1: return 0x7FF0000000000000u | choose(maker, 2) << 31;
    case 2: return 0x7FF8000000000000u;
    case 3: return 0xFFF0000000000001u | number_choose(maker) >> 16; /* a NaN, perhaps signalling */
    case 4: return bits + choose(maker, 3) - 1;
    default: return bits;
    }
}

static uint32_t narrow_bits_choose(struct maker *maker) {
    static const float usual[] = {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, 2.0f, -3.25f, 1e10f, 0x1p31f, 0x1p32f, 0x1p63f, -0x1p63f, 0x1p-149f, 3e38f};
    uint32_t bits;
    memcpy(&bits, &usual[choose(maker, sizeof(usual) / sizeof(*usual))], sizeof(bits));
    switch (choose(maker, 12)) {
    case 0: return (uint32_t)number_choose(maker);
    case 1: return 0x7F800000u | choose(maker, 2) << 31;
    case 2: return 0x7FC00000u;
    case 3: return 0xFF800001u | (uint32_t)(number_choose(maker) >> 44);
    case 4: return bits + choose(maker, 3) - 1;
    default: return bits;
    }
}

static void put_bytes(struct maker *maker, uint64_t bits, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        build_byte(&maker->code, (uint8_t)(bits >> 8 * index));
    }
}

/* Lanes that are equal, or those of a mask, are what rules look for. */
static void vector_constant_make(struct maker *maker) {
    put(maker, OP_V128_CONST);
    uint64_t low = chance(maker, 500) ? bits_choose(maker, 64) : float_bits_choose(maker);
    if (chance(maker, 300)) {
        low = (low & 0xFF) * 0x0101010101010101u;
    }
    put_bytes(maker, low, 8);
    put_bytes(maker, chance(maker, 400) ? low : bits_choose(maker, 64), 8);
}

void constant_make(struct maker *maker, uint8_t type) {
    switch (type) {
    case WASM_I32: put_i32(maker, (int32_t)bits_choose(maker, 32)); break;
    case WASM_I64:
        put(maker, OP_I64_CONST);
        put_signed(maker, (int64_t)bits_choose(maker, 64));
        break;
    case WASM_F32:
        put(maker, OP_F32_CONST);
        put_bytes(maker, narrow_bits_choose(maker), 4);
        break;
    case WASM_F64:
        put(maker, OP_F64_CONST);
        put_bytes(maker, float_bits_choose(maker), 8);
        break;
    case WASM_V128: vector_constant_make(maker); break;
    case WASM_FUNCREF:
        if (chance(maker, 700)) {
            put(maker, OP_REF_FUNC);
            put_number(maker, choose(maker, maker->plan->function_count));
            break;
        }
        put_default(maker, type);
        break;
    default: put_default(maker, type); break;
    }
}

/* ---- Leaves ---- */

static bool global_get_make(struct maker *maker, uint8_t type) {
    uint32_t first = choose(maker, maker->plan->global_count);
    for (uint32_t step = 0; step < maker->plan->global_count; step++) {
        uint32_t global = (first + step) % maker->plan->global_count;
        if (maker->plan->globals[global].type == type) {
            put(maker, OP_GLOBAL_GET);
            put_number(maker, global);
            return true;
        }
    }
    return false;
}

/* The counters of loops are behind the pool. */
static bool counter_get_make(struct maker *maker) {
    uint32_t count = maker->local_count - maker->pool;
    uint32_t local = count == 0 ? 0 : maker->pool + choose(maker, count);
    if (count == 0 || maker->locals[local] != WASM_I32) {
        return false;
    }
    put(maker, OP_LOCAL_GET);
    put_number(maker, local);
    return true;
}

static void leaf_make(struct maker *maker, uint8_t type) {
    uint32_t local = local_choose(maker, type);
    if (type == WASM_I32 && chance(maker, 150) && counter_get_make(maker)) {
        return;
    }
    if (local != UINT32_MAX && chance(maker, 600)) {
        put(maker, OP_LOCAL_GET);
        put_number(maker, local);
    } else if (!chance(maker, 150) || !global_get_make(maker, type)) {
        constant_make(maker, type);
    }
}

/* ---- Operators ---- */

static bool is_divide(uint32_t opcode) {
    return (opcode >= OP_I32_DIV_S && opcode <= OP_I32_REM_U) || (opcode >= OP_I64_DIV_S && opcode <= OP_I64_REM_U);
}

static bool is_trapping_truncation(uint32_t opcode) {
    return (opcode >= OP_I32_TRUNC_F32_S && opcode <= OP_I32_TRUNC_F64_U) || (opcode >= OP_I64_TRUNC_F32_S && opcode <= OP_I64_TRUNC_F64_U);
}

/* Whether it computes a value of this type from operands alone. */
static bool is_operator(const struct opcode_info *info, uint8_t type, bool has_vectors) {
    if (info->push != type || info->pop_count == OPCODE_SPECIAL || info->pop_count == 0) {
        return false;
    }
    for (uint32_t index = 0; index < info->pop_count; index++) {
        if (info->pops[index] == WASM_V128 && !has_vectors) {
            return false;
        }
    }
    return info->immediate == IMMEDIATE_NONE || info->immediate == IMMEDIATE_LANE || info->immediate == IMMEDIATE_SHUFFLE;
}

/* 0 when there is none. Those that stay in their type are wanted more often. */
static uint32_t operator_choose(struct maker *maker, uint8_t type) {
    for (uint32_t attempt = 0; attempt < 60; attempt++) {
        uint32_t opcode = choose(maker, type == WASM_V128 || chance(maker, 50) ? OPCODE_PAGE_FE : OPCODE_PAGE_FC);
        const struct opcode_info *info = &opcode_table[opcode];
        if (is_operator(info, type, maker->plan->style.has_vectors) && (info->pops[0] == type || chance(maker, 400))) {
            return opcode;
        }
    }
    return 0;
}

/* A divisor is not 0 or -1 as a rule: a constant, or with a bit set that -1 has and another one cleared. */
static void divisor_make(struct maker *maker, uint8_t type, uint32_t depth) {
    if (chance(maker, 20 + maker->hostile)) {
        value_make(maker, type, depth);
    } else if (chance(maker, 500)) {
        put(maker, type == WASM_I32 ? OP_I32_CONST : OP_I64_CONST);
        int64_t divisor = (int64_t)bits_choose(maker, type == WASM_I32 ? 32 : 64);
        divisor = type == WASM_I32 ? (int32_t)divisor : divisor;
        put_signed(maker, divisor == 0 || divisor == -1 ? 7 : divisor);
    } else {
        value_make(maker, type, depth);
        put(maker, type == WASM_I32 ? OP_I32_CONST : OP_I64_CONST);
        put_signed(maker, 0x7FF5);
        put(maker, type == WASM_I32 ? OP_I32_AND : OP_I64_AND);
        put(maker, type == WASM_I32 ? OP_I32_CONST : OP_I64_CONST);
        put_signed(maker, 5);
        put(maker, type == WASM_I32 ? OP_I32_OR : OP_I64_OR);
    }
}

static void immediate_make(struct maker *maker, const struct opcode_info *info) {
    if (info->immediate == IMMEDIATE_LANE) {
        build_byte(&maker->code, (uint8_t)choose(maker, info->alignment));
    }
    for (uint32_t lane = 0; info->immediate == IMMEDIATE_SHUFFLE && lane < 16; lane++) {
        build_byte(&maker->code, (uint8_t)choose(maker, 32));
    }
}

static bool operator_make(struct maker *maker, uint8_t type, uint32_t depth) {
    uint32_t opcode = operator_choose(maker, type);
    if (opcode == 0) {
        return false;
    }
    const struct opcode_info *info = &opcode_table[opcode];
    uint32_t same = chance(maker, 60) ? local_choose(maker, info->pops[0]) : UINT32_MAX;
    for (uint32_t index = 0; index < info->pop_count; index++) {
        if (same != UINT32_MAX && info->pops[index] == info->pops[0] && !is_divide(opcode)) {
            put(maker, OP_LOCAL_GET);
            put_number(maker, same);
        } else if (index == 1 && is_divide(opcode)) {
            divisor_make(maker, type, depth - 1);
        } else if (is_trapping_truncation(opcode) && !chance(maker, 20 + maker->hostile)) {
            value_make(maker, WASM_I32, depth - 1);
            put(maker, info->pops[0] == WASM_F32 ? OP_F32_CONVERT_I32_U : OP_F64_CONVERT_I32_U);
            put_i32(maker, 0x3FFFFFFF);
            put(maker, info->pops[0] == WASM_F32 ? OP_F32_CONVERT_I32_U : OP_F64_CONVERT_I32_U);
            put(maker, info->pops[0] == WASM_F32 ? OP_F32_MIN : OP_F64_MIN);
        } else if (index == 1 && chance(maker, 350)) {
            constant_make(maker, info->pops[index]);
        } else {
            value_make(maker, info->pops[index], depth - 1);
        }
    }
    put(maker, opcode);
    immediate_make(maker, info);
    return true;
}

/* ---- Others ---- */

static bool tee_make(struct maker *maker, uint8_t type, uint32_t depth) {
    uint32_t local = local_choose(maker, type);
    if (local == UINT32_MAX) {
        return false;
    }
    value_make(maker, type, depth - 1);
    put(maker, OP_LOCAL_TEE);
    put_number(maker, local);
    maker->effects++;
    return true;
}

static void select_make(struct maker *maker, uint8_t type, uint32_t depth) {
    value_make(maker, type, depth - 1);
    value_make(maker, type, depth - 1);
    value_make(maker, WASM_I32, depth - 1);
    if (type == WASM_FUNCREF || type == WASM_EXTERNREF || chance(maker, 200)) {
        put(maker, OP_SELECT_TYPED);
        put_number(maker, 1);
        build_byte(&maker->code, type);
    } else {
        put(maker, OP_SELECT);
    }
}

/* Sizes, and what references are. */
static bool query_make(struct maker *maker, uint8_t type, uint32_t depth) {
    if (type != WASM_I32) {
        return false;
    }
    switch (choose(maker, 4)) {
    case 0:
        put(maker, OP_MEMORY_SIZE);
        put_number(maker, choose(maker, maker->plan->memory_count));
        return true;
    case 1:
        put(maker, OP_TABLE_SIZE);
        put_number(maker, choose(maker, maker->plan->table_count));
        return true;
    case 2:
        put_i32(maker, (int32_t)choose(maker, 8) == 0);
        put(maker, OP_MEMORY_GROW);
        put_number(maker, choose(maker, maker->plan->memory_count));
        maker->effects++;
        return true;
    default:
        value_make(maker, chance(maker, 500) ? WASM_FUNCREF : WASM_EXTERNREF, depth - 1);
        put(maker, OP_REF_IS_NULL);
        return true;
    }
}

/* The same expression again, where it may be a common one. */
static bool piece_make(struct maker *maker, uint8_t type) {
    const struct piece *piece = &maker->pieces[choose(maker, PIECES_MAX)];
    if (piece->size == 0 || piece->type != type) {
        return false;
    }
    for (size_t index = 0; index < piece->size; index++) {
        build_byte(&maker->code, maker->code.data[piece->start + index]);
    }
    maker->left -= (int32_t)piece->size / 2;
    return true;
}

static bool node_make(struct maker *maker, uint8_t type, uint32_t depth) {
    uint32_t kind = choose(maker, 100);
    if (kind < 54) {
        return operator_make(maker, type, depth);
    }
    if (kind < 58) {
        return pattern_make(maker, type, depth);
    }
    if (kind < 70) {
        return load_make(maker, type, depth);
    }
    if (kind < 76) {
        select_make(maker, type, depth);
        return true;
    }
    if (kind < 82) {
        maker->effects++;
        control_value_make(maker, type, depth);
        return true;
    }
    if (kind < 87) {
        maker->effects++;
        return call_make(maker, type, depth);
    }
    return kind < 92 ? tee_make(maker, type, depth) : kind < 95 ? query_make(maker, type, depth) : piece_make(maker, type);
}

void value_make(struct maker *maker, uint8_t type, uint32_t depth) {
    size_t start = maker->code.size;
    uint64_t effects = maker->effects;
    if (depth == 0 || maker->left <= 0 || !node_make(maker, type, depth)) {
        leaf_make(maker, type);
        return;
    }
    size_t size = maker->code.size - start;
    if (maker->effects == effects && size < 60) {
        maker->pieces[maker->piece_next++ % PIECES_MAX] = (struct piece){.start = start, .size = size, .type = type};
    }
}

void values_make(struct maker *maker, const uint8_t *types, uint32_t count, uint32_t depth) {
    for (uint32_t index = 0; index < count; index++) {
        value_make(maker, types[index], depth > 1 ? depth - 1 : depth);
    }
}
