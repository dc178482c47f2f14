/* The bytes of one function: see maker.h. */
#include "tests/random/maker.h"

#include "base/assert.h"
#include "wasm/opcode.h"

#include <stdlib.h>

uint32_t choose(struct maker *maker, uint32_t count) {
    return plan_choose(&maker->random, count);
}

bool chance(struct maker *maker, uint32_t of_thousand) {
    return plan_chance(&maker->random, of_thousand);
}

void put(struct maker *maker, uint32_t opcode) {
    static const uint8_t prefixes[] = {0, 0xFC, 0xFD, 0xFE};
    uint32_t page = opcode / OPCODE_PAGE_FC;
    maker->left--;
    if (page == 0) {
        build_byte(&maker->code, (uint8_t)opcode);
        return;
    }
    build_byte(&maker->code, prefixes[page]);
    build_u32(&maker->code, opcode % OPCODE_PAGE_FC);
}

void put_number(struct maker *maker, uint32_t number) {
    build_u32(&maker->code, number);
}

void put_signed(struct maker *maker, int64_t number) {
    bool more = true;
    while (more) {
        uint8_t byte = (uint8_t)(number & 0x7F);
        number >>= 7;
        more = !((number == 0 && (byte & 0x40) == 0) || (number == -1 && (byte & 0x40) != 0));
        build_byte(&maker->code, (uint8_t)(byte | (more ? 0x80 : 0)));
    }
}

void put_i32(struct maker *maker, int32_t value) {
    put(maker, OP_I32_CONST);
    put_signed(maker, value);
}

uint32_t local_choose(struct maker *maker, uint8_t type) {
    uint32_t first = choose(maker, maker->pool);
    for (uint32_t step = 0; step < maker->pool; step++) {
        uint32_t local = (first + step) % maker->pool;
        if (maker->locals[local] == type) {
            return local;
        }
    }
    return UINT32_MAX;
}

uint32_t local_add(struct maker *maker, uint8_t type) {
    if (maker->local_count == maker->local_capacity) {
        maker->local_capacity = maker->local_capacity * 2 + 16;
        maker->locals = realloc(maker->locals, maker->local_capacity);
        ASSERT(maker->locals != NULL);
    }
    maker->locals[maker->local_count] = type;
    return maker->local_count++;
}

void put_default(struct maker *maker, uint8_t type) {
    switch (type) {
    case WASM_I32: put_i32(maker, 0); break;
    case WASM_I64:
        put(maker, OP_I64_CONST);
        put_signed(maker, 0);
        break;
    case WASM_FUNCREF:
    case WASM_EXTERNREF:
        put(maker, OP_REF_NULL);
        build_byte(&maker->code, type);
        break;
    default: constant_make(maker, type); break;
    }
}

void take_values(struct maker *maker, const uint8_t *types, uint32_t count) {
    for (uint32_t index = count; index-- > 0;) {
        uint32_t local = chance(maker, 800) ? local_choose(maker, types[index]) : UINT32_MAX;
        if (local == UINT32_MAX) {
            put(maker, OP_DROP);
        } else {
            put(maker, OP_LOCAL_SET);
            put_number(maker, local);
        }
    }
}

/* What bounds calls: at the end of the fuel a function returns at once, or traps. */
static void fuel_make(struct maker *maker, const struct signature *type) {
    put(maker, OP_GLOBAL_GET);
    put_number(maker, maker->plan->fuel);
    put(maker, OP_I32_EQZ);
    put(maker, OP_IF);
    build_byte(&maker->code, 0x40);
    if (chance(maker, 100)) {
        put(maker, OP_UNREACHABLE);
    } else {
        for (uint32_t index = 0; index < type->result_count; index++) {
            put_default(maker, type->results[index]);
        }
        put(maker, OP_RETURN);
    }
    put(maker, OP_END);
    put(maker, OP_GLOBAL_GET);
    put_number(maker, maker->plan->fuel);
    put_i32(maker, 1);
    put(maker, OP_I32_SUB);
    put(maker, OP_GLOBAL_SET);
    put_number(maker, maker->plan->fuel);
}

static void locals_make(struct maker *maker, const struct signature *type) {
    static const uint8_t all[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F64, WASM_I32, WASM_V128, WASM_FUNCREF, WASM_EXTERNREF};
    const struct plan_style *style = &maker->plan->style;
    uint32_t kinds = style->has_references ? 8 : style->has_vectors ? 6 : 5;
    for (uint32_t index = 0; index < type->parameter_count; index++) {
        local_add(maker, type->parameters[index]);
    }
    for (uint32_t index = 0; index < style->locals; index++) {
        uint8_t local = all[choose(maker, kinds)];
        local_add(maker, local == WASM_V128 && !style->has_vectors ? WASM_I64 : local);
    }
    maker->pool = maker->local_count;
}

static void body_write(const struct maker *maker, uint32_t parameter_count, struct build *out) {
    size_t mark = build_open(out);
    build_u32(out, maker->local_count - parameter_count);
    for (uint32_t index = parameter_count; index < maker->local_count; index++) {
        build_u32(out, 1);
        build_byte(out, maker->locals[index]);
    }
    for (size_t index = 0; index < maker->code.size; index++) {
        build_byte(out, maker->code.data[index]);
    }
    build_close(out, mark);
}

void function_make(const struct plan *plan, uint32_t function, struct build *out) {
    const struct signature *type = &plan->types[plan->functions[function].type];
    struct maker maker = {.plan = plan, .function = &plan->functions[function], .random = plan->seed + function * 0x9E3779B97F4A7C15ull, .rounds = 1};
    bool is_leaf = maker.function->is_leaf;
    maker.left = is_leaf ? 5 + (int32_t)choose(&maker, 40) : (int32_t)(plan->style.statements * 60);
    maker.hostile = chance(&maker, 200) ? 60 : 2;
    locals_make(&maker, type);
    maker.labels[maker.label_count++] = (struct label){.types = type->results, .type_count = type->result_count};
    if (!is_leaf) {
        fuel_make(&maker, type);
    }
    if (!is_leaf && chance(&maker, 60)) {
        crowd_begin(&maker);
    }
    bool is_dead = statements_make(&maker, is_leaf ? choose(&maker, 3) : plan->style.statements);
    if (!is_dead) {
        crowd_end(&maker);
    }
    if (!is_dead || chance(&maker, 500)) {
        values_make(&maker, type->results, type->result_count, plan->style.depth);
    }
    put(&maker, OP_END);
    body_write(&maker, type->parameter_count, out);
    build_end(&maker.code);
    free(maker.locals);
}
