/* Shapes in random code that rules of the compiler look for: see maker.h. */
#include "tests/random/maker.h"

#include "wasm/opcode.h"

enum { CROWD_MAX = 900, CROWD_REACH = 0x2000 };

static void get(struct maker *maker, uint32_t local) {
    put(maker, OP_LOCAL_GET);
    put_number(maker, local);
}

static void put_constant(struct maker *maker, bool is_wide, int64_t value) {
    put(maker, is_wide ? OP_I64_CONST : OP_I32_CONST);
    put_signed(maker, value);
}

/* ---- Integers ---- */

/* Left and right again, or the same way twice. */
static void shifts_make(struct maker *maker, bool is_wide, uint32_t depth) {
    static const uint8_t counts[] = {8, 16, 24, 31, 32, 40, 48, 56, 63, 1};
    static const uint16_t shifts[] = {OP_I32_SHL, OP_I32_SHR_S, OP_I32_SHR_U, OP_I32_ROTL};
    uint32_t distance = is_wide ? OP_I64_SHL - OP_I32_SHL : 0, count = counts[choose(maker, sizeof(counts))];
    value_make(maker, is_wide ? WASM_I64 : WASM_I32, depth - 1);
    put_constant(maker, is_wide, count);
    put(maker, shifts[choose(maker, 4)] + distance);
    put_constant(maker, is_wide, chance(maker, 700) ? count : counts[choose(maker, sizeof(counts))]);
    put(maker, shifts[choose(maker, 4)] + distance);
}

/* Two shifts of one value, whose counts make the width together: a rotation, or nearly one. */
static bool rotation_make(struct maker *maker, bool is_wide) {
    static const uint16_t joins[] = {OP_I32_OR, OP_I32_OR, OP_I32_ADD, OP_I32_XOR};
    uint8_t type = is_wide ? WASM_I64 : WASM_I32;
    uint32_t value = local_choose(maker, type), count = local_choose(maker, type), distance = is_wide ? OP_I64_SHL - OP_I32_SHL : 0;
    int32_t bits = is_wide ? 64 : 32, constant = (int32_t)choose(maker, (uint32_t)bits);
    bool is_constant = chance(maker, 400), left_first = chance(maker, 500);
    if (value == UINT32_MAX || count == UINT32_MAX) {
        return false;
    }
    get(maker, value);
    if (is_constant) {
        put_constant(maker, is_wide, constant);
    } else {
        get(maker, count);
    }
    put(maker, (left_first ? OP_I32_SHL : OP_I32_SHR_U) + distance);
    get(maker, value);
    if (is_constant) {
        put_constant(maker, is_wide, bits - constant + chance(maker, 100));
    } else {
        put_constant(maker, is_wide, chance(maker, 500) ? 0 : bits);
        get(maker, count);
        put(maker, OP_I32_SUB + distance);
    }
    put(maker, (left_first ? OP_I32_SHR_U : OP_I32_SHL) + distance);
    put(maker, joins[choose(maker, 4)] + distance);
    return true;
}

/* ---- Vectors ---- */

/* Whole lanes of 2, 4 or 8 bytes, of one operand or of both. */
static void shuffle_make(struct maker *maker, uint32_t depth) {
    uint32_t width = 2u << choose(maker, 3), limit = chance(maker, 500) ? 16 : 32, same = local_choose(maker, WASM_V128);
    if (same != UINT32_MAX && chance(maker, 400)) {
        get(maker, same);
        get(maker, same);
    } else {
        value_make(maker, WASM_V128, depth - 1);
        value_make(maker, WASM_V128, depth - 1);
    }
    put(maker, OP_I8X16_SHUFFLE);
    bool in_order = chance(maker, 300);
    uint32_t start = choose(maker, limit);
    for (uint32_t lane = 0; lane < 16; lane += width) {
        uint32_t from = in_order ? start + lane : choose(maker, limit / width) * width;
        for (uint32_t byte = 0; byte < width; byte++) {
            build_byte(&maker->code, (uint8_t)((from + byte) % limit));
        }
    }
}

/* A product with equal lanes that are near a power of two. */
static void product_make(struct maker *maker, uint32_t depth) {
    value_make(maker, WASM_V128, depth - 1);
    put_i32(maker, (int32_t)((1u << choose(maker, 32)) + choose(maker, 3) - 1));
    put(maker, OP_I32X4_SPLAT);
    put(maker, OP_I32X4_MUL);
}

bool pattern_make(struct maker *maker, uint8_t type, uint32_t depth) {
    if (type == WASM_V128) {
        if (chance(maker, 600)) {
            shuffle_make(maker, depth);
        } else {
            product_make(maker, depth);
        }
        return true;
    }
    if (type != WASM_I32 && type != WASM_I64) {
        return false;
    }
    if (chance(maker, 400)) {
        return rotation_make(maker, type == WASM_I64);
    }
    shifts_make(maker, type == WASM_I64, depth);
    return true;
}

/* ---- Memory ---- */

static void access_put(struct maker *maker, uint32_t opcode, uint32_t offset) {
    put(maker, opcode);
    put_number(maker, 0);
    put_number(maker, offset);
}

void update_make(struct maker *maker, uint32_t depth) {
    static const uint16_t operators[] = {OP_I32_ADD, OP_I32_SUB, OP_I32_AND, OP_I32_OR, OP_I32_XOR, OP_I32_MUL};
    bool is_wide = chance(maker, 400), reads_first = chance(maker, 800);
    uint32_t address = local_add(maker, WASM_I32), offset = choose(maker, 64), distance = is_wide ? OP_I64_ADD - OP_I32_ADD : 0;
    maker->effects++;
    value_make(maker, WASM_I32, depth > 0 ? depth - 1 : 0);
    put_i32(maker, 0x7F8);
    put(maker, OP_I32_AND);
    put(maker, OP_LOCAL_SET);
    put_number(maker, address);
    get(maker, address);
    if (!reads_first) {
        value_make(maker, is_wide ? WASM_I64 : WASM_I32, 1);
    }
    get(maker, address);
    access_put(maker, is_wide ? OP_I64_LOAD : OP_I32_LOAD, offset);
    if (reads_first) {
        value_make(maker, is_wide ? WASM_I64 : WASM_I32, depth > 0 ? depth - 1 : 0);
    }
    put(maker, operators[choose(maker, 6)] + distance);
    access_put(maker, is_wide ? OP_I64_STORE : OP_I32_STORE, chance(maker, 900) ? offset : offset + 4);
}

/* ---- Crowds ---- */

void crowd_begin(struct maker *maker) {
    static const uint8_t types[] = {WASM_I64, WASM_F64, WASM_V128};
    static const uint16_t loads[] = {OP_I64_LOAD, OP_F64_LOAD, OP_V128_LOAD};
    maker->crowd_count = 20 + choose(maker, chance(maker, 300) ? CROWD_MAX : 60);
    maker->crowd = maker->local_count;
    for (uint32_t index = 0; index < maker->crowd_count; index++) {
        uint32_t kind = choose(maker, maker->plan->style.has_vectors ? 3 : 2), local = local_add(maker, types[kind]);
        put_i32(maker, (int32_t)(index * 8));
        access_put(maker, loads[kind], choose(maker, 8));
        put(maker, OP_LOCAL_SET);
        put_number(maker, local);
    }
}

void crowd_end(struct maker *maker) {
    for (uint32_t index = 0; index < maker->crowd_count; index++) {
        uint32_t local = maker->crowd + index;
        uint8_t type = maker->locals[local];
        put_i32(maker, (int32_t)(CROWD_REACH + (index * 7 % maker->crowd_count) * 8));
        get(maker, local);
        access_put(maker, type == WASM_I64 ? OP_I64_STORE : type == WASM_F64 ? OP_F64_STORE : OP_V128_STORE, 0);
    }
}
