/* Memories and tables in random code: see maker.h. Addresses are in the first kilobytes or at the end of a page as a rule, so that what is
   written is read again; they are made in ways that an address mode could swallow, and in ways where it must not. */
#include "tests/random/maker.h"

#include "wasm/opcode.h"

enum { REACH = 0x7F8 };

/* ---- Addresses ---- */

static void masked_make(struct maker *maker, uint32_t depth, int32_t mask) {
    value_make(maker, WASM_I32, depth);
    put_i32(maker, mask);
    put(maker, OP_I32_AND);
}

/* A sum with a constant that wraps around: the index is small again. */
static void wrapped_make(struct maker *maker, uint32_t depth) {
    int32_t distance = (int32_t)choose(maker, 0x100) * 8;
    masked_make(maker, depth, 0xF8);
    put_i32(maker, distance);
    put(maker, OP_I32_OR);
    put_i32(maker, -(distance & 0xF8));
    put(maker, chance(maker, 500) ? OP_I32_ADD : OP_I32_XOR);
    put_i32(maker, 0xFF8);
    put(maker, OP_I32_AND);
    if (chance(maker, 500)) {
        put_i32(maker, -distance);
        put(maker, OP_I32_ADD);
        put_i32(maker, distance);
        put(maker, OP_I32_ADD);
    }
}

/* base + (index << scale), and the like. */
static void scaled_make(struct maker *maker, uint32_t depth) {
    uint32_t scale = choose(maker, 5);
    if (chance(maker, 500)) {
        masked_make(maker, depth, 0x3F8);
        masked_make(maker, depth, 0x1F);
    } else {
        put_i32(maker, (int32_t)choose(maker, 0x80) * 8);
        masked_make(maker, depth, 0x18);
    }
    put_i32(maker, (int32_t)scale);
    put(maker, OP_I32_SHL);
    put_i32(maker, 0x1F8);
    put(maker, OP_I32_AND);
    put(maker, OP_I32_ADD);
}

static void address_make(struct maker *maker, uint32_t depth) {
    depth = depth > 0 ? depth - 1 : 0;
    switch (choose(maker, 6)) {
    case 0: put_i32(maker, (int32_t)choose(maker, REACH / 8) * 8); break;
    case 1: wrapped_make(maker, depth); break;
    case 2: scaled_make(maker, depth); break;
    default: masked_make(maker, depth, REACH); break;
    }
    if (chance(maker, 200)) {
        put_i32(maker, (int32_t)choose(maker, 8) * 8);
        put(maker, OP_I32_ADD);
    }
}

static uint32_t far_offset_choose(struct maker *maker) {
    static const uint32_t offsets[] = {0x7FFFFFF8, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFF8, 0xFFFFFFFF, 0x10000, 0xFFF8, 0xFFFF, 0x20000};
    return offsets[choose(maker, sizeof(offsets) / sizeof(*offsets))];
}

/* The address, and what follows the opcode. Everything is aligned where it must be. */
struct memory_argument {
    uint32_t memory, offset, alignment;
};

static struct memory_argument argument_make(struct maker *maker, const struct opcode_info *info, bool is_atomic, uint32_t depth) {
    struct memory_argument argument = {.memory = choose(maker, maker->plan->memory_count), .alignment = info->alignment};
    uint32_t step = is_atomic ? 8 : 1;
    /* Memory 0 has a page at least; the others may be empty. */
    if (argument.memory != 0 && maker->plan->memories[argument.memory].minimum == 0 && !chance(maker, maker->hostile)) {
        argument.memory = 0;
    }
    if (chance(maker, maker->hostile)) {
        value_make(maker, WASM_I32, depth > 0 ? depth - 1 : 0);
        argument.offset = chance(maker, 500) ? 0 : far_offset_choose(maker);
    } else if (chance(maker, 60)) {
        put_i32(maker, 0xFE00 + (int32_t)choose(maker, 28) * 16);
        argument.offset = choose(maker, 32 / step) * step;
    } else {
        address_make(maker, depth);
        argument.offset = chance(maker, 500) ? 0 : choose(maker, chance(maker, 800) ? 64 / step : 0xE000 / step) * step;
    }
    if (!is_atomic) {
        argument.alignment = choose(maker, info->alignment + 1u);
    }
    return argument;
}

static void argument_put(struct maker *maker, struct memory_argument argument) {
    if (argument.memory == 0) {
        put_number(maker, argument.alignment);
    } else {
        put_number(maker, argument.alignment | 0x40);
        put_number(maker, argument.memory);
    }
    put_number(maker, argument.offset);
}

/* ---- Loads and stores ---- */

/* An access that leaves this type (0: nothing); 0 when there is none. */
static uint32_t access_choose(struct maker *maker, uint8_t type) {
    const struct plan_style *style = &maker->plan->style;
    for (uint32_t attempt = 0; attempt < 200; attempt++) {
        uint32_t opcode = choose(maker, 4) == 0 ? choose(maker, OPCODE_COUNT) : OP_I32_LOAD + choose(maker, OP_I64_STORE32 - OP_I32_LOAD + 1);
        if (type == WASM_V128) {
            opcode = OPCODE_PAGE_FD + choose(maker, 0x60);
        }
        const struct opcode_info *info = &opcode_table[opcode];
        bool is_access = info->immediate == IMMEDIATE_ACCESS || info->immediate == IMMEDIATE_ACCESS_LANE;
        bool is_vector = opcode >= OPCODE_PAGE_FD && opcode < OPCODE_PAGE_FE;
        bool is_atomic = opcode >= OPCODE_PAGE_FE;
        bool waits = opcode == OP_MEMORY_ATOMIC_WAIT32 || opcode == OP_MEMORY_ATOMIC_WAIT64;
        if (is_access && info->push == type && (!is_vector || style->has_vectors) && (!is_atomic || style->has_atomics) &&
            (!waits || chance(maker, maker->hostile))) {
            return opcode;
        }
    }
    return 0;
}

static void access_make(struct maker *maker, uint32_t opcode, uint32_t depth) {
    const struct opcode_info *info = &opcode_table[opcode];
    bool is_atomic = opcode >= OPCODE_PAGE_FE;
    struct memory_argument argument = argument_make(maker, info, is_atomic, depth);
    if (is_atomic || info->push == 0) {
        maker->effects++;
    }
    for (uint32_t index = 1; index < info->pop_count; index++) {
        value_make(maker, info->pops[index], depth > 0 ? depth - 1 : 0);
    }
    put(maker, opcode);
    argument_put(maker, argument);
    if (info->immediate == IMMEDIATE_ACCESS_LANE) {
        build_byte(&maker->code, (uint8_t)choose(maker, 16u >> info->alignment));
    }
}

static bool table_get_make(struct maker *maker, uint8_t type) {
    for (uint32_t table = 0; table < maker->plan->table_count; table++) {
        if (maker->plan->tables[table].type == type) {
            put_i32(maker, (int32_t)choose(maker, maker->plan->tables[table].minimum + chance(maker, maker->hostile)));
            put(maker, OP_TABLE_GET);
            put_number(maker, table);
            return true;
        }
    }
    return false;
}

bool load_make(struct maker *maker, uint8_t type, uint32_t depth) {
    if (type == WASM_FUNCREF || type == WASM_EXTERNREF) {
        return table_get_make(maker, type);
    }
    uint32_t opcode = access_choose(maker, type);
    if (opcode != 0) {
        access_make(maker, opcode, depth);
    }
    return opcode != 0;
}

void store_make(struct maker *maker, uint32_t depth) {
    if (chance(maker, 100)) {
        update_make(maker, depth);
        return;
    }
    uint32_t opcode = access_choose(maker, 0);
    if (opcode == 0 || (maker->plan->style.has_atomics && chance(maker, 20))) {
        put(maker, OP_ATOMIC_FENCE);
        build_byte(&maker->code, 0);
        return;
    }
    access_make(maker, opcode, depth);
}

/* ---- Bulk operations ---- */

/* A place and a length that fit as a rule. */
static void range_make(struct maker *maker, uint32_t room) {
    put_i32(maker, chance(maker, maker->hostile) ? (int32_t)(room * 40) : (int32_t)choose(maker, room));
}

void bulk_make(struct maker *maker) {
    uint32_t kind = choose(maker, 4), memory = 0, other = chance(maker, maker->hostile) ? choose(maker, maker->plan->memory_count) : 0;
    maker->effects++;
    if (kind == 3) {
        put(maker, OP_DATA_DROP);
        put_number(maker, choose(maker, PLAN_PASSIVE_DATA));
        return;
    }
    masked_make(maker, 1, REACH);
    if (kind == 0) {
        value_make(maker, WASM_I32, 1);
        range_make(maker, 300);
        put(maker, OP_MEMORY_FILL);
        put_number(maker, memory);
    } else if (kind == 1) {
        masked_make(maker, 1, REACH);
        range_make(maker, 300);
        put(maker, OP_MEMORY_COPY);
        put_number(maker, memory);
        put_number(maker, other);
    } else {
        /* A segment that was dropped is empty: then any length but 0 traps. */
        range_make(maker, PLAN_DATA_BYTES / 2);
        put_i32(maker, chance(maker, maker->hostile) ? (int32_t)choose(maker, PLAN_DATA_BYTES) : 0);
        put(maker, OP_MEMORY_INIT);
        put_number(maker, choose(maker, PLAN_PASSIVE_DATA));
        put_number(maker, memory);
    }
}

void table_make(struct maker *maker) {
    uint32_t table = choose(maker, maker->plan->table_count);
    const struct plan_table *plan = &maker->plan->tables[table];
    uint32_t kind = choose(maker, 6), place = choose(maker, plan->minimum + chance(maker, maker->hostile));
    maker->effects++;
    if (kind == 0) {
        put(maker, OP_ELEM_DROP);
        put_number(maker, choose(maker, PLAN_PASSIVE_ELEMENTS));
        return;
    }
    if (kind == 1) {
        value_make(maker, plan->type, 1);
        put_i32(maker, (int32_t)choose(maker, 2));
        put(maker, OP_TABLE_GROW);
        put_number(maker, table);
        put(maker, OP_DROP);
        return;
    }
    put_i32(maker, (int32_t)place);
    if (kind == 2 || kind == 3) {
        value_make(maker, plan->type, 1);
        if (kind == 3) {
            put_i32(maker, chance(maker, maker->hostile) ? 50 : (int32_t)(place < plan->minimum));
        }
        put(maker, kind == 2 ? OP_TABLE_SET : OP_TABLE_FILL);
        put_number(maker, table);
        return;
    }
    put_i32(maker, chance(maker, maker->hostile) ? 50 : 0);
    put_i32(maker, chance(maker, 500) && place < plan->minimum && kind == 4);
    bool copies = kind == 4 || plan->type != WASM_FUNCREF;
    put(maker, copies ? OP_TABLE_COPY : OP_TABLE_INIT);
    put_number(maker, copies ? table : choose(maker, PLAN_PASSIVE_ELEMENTS));
    put_number(maker, table);
}
