/* Control in random code: see maker.h. */
#include "tests/random/maker.h"

#include "base/assert.h"
#include "wasm/opcode.h"

enum { EMPTY_TYPE = 0x40, ROUNDS_MAX = 200 };

static bool nests_too_deep(const struct maker *maker) {
    return maker->label_count > maker->plan->style.nesting || maker->label_count >= LABELS_MAX - 16;
}

static struct label *label_open(struct maker *maker, const uint8_t *types, uint32_t count) {
    ASSERT(maker->label_count < LABELS_MAX);
    struct label *label = &maker->labels[maker->label_count++];
    *label = (struct label){.types = types, .type_count = count};
    return label;
}

static void label_close(struct maker *maker) {
    maker->label_count--;
    put(maker, OP_END);
}

/* ---- Loops ---- */

/* A loop's counter is set before the loop, and moved by every branch to it. */
static void counter_begin(struct maker *maker, struct label *label) {
    label->is_loop = true;
    label->counts_up = chance(maker, 500);
    label->rounds = 1 + choose(maker, chance(maker, 100) ? 20 : 4);
    if (maker->rounds * label->rounds > ROUNDS_MAX) {
        label->rounds = 1;
    }
    label->counter = local_add(maker, WASM_I32);
    put_i32(maker, label->counts_up ? 0 : (int32_t)label->rounds);
    put(maker, OP_LOCAL_SET);
    put_number(maker, label->counter);
}

/* Leaves whether the loop may go on. */
static void counter_step(struct maker *maker, const struct label *label) {
    put(maker, OP_LOCAL_GET);
    put_number(maker, label->counter);
    put_i32(maker, 1);
    put(maker, label->counts_up ? OP_I32_ADD : OP_I32_SUB);
    put(maker, OP_LOCAL_TEE);
    put_number(maker, label->counter);
    put_i32(maker, label->counts_up ? (int32_t)label->rounds : 0);
    put(maker, label->counts_up ? OP_I32_LT_S : OP_I32_GT_S);
    maker->effects++;
}

/* ---- Branches ---- */

static uint32_t distance_to(const struct maker *maker, const struct label *label) {
    return maker->label_count - 1 - (uint32_t)(label - maker->labels);
}

static void branch_put(struct maker *maker, uint32_t opcode, const struct label *label) {
    put(maker, opcode);
    put_number(maker, distance_to(maker, label));
}

/* Conditionally, so that what follows is reached. */
static void branch_if_make(struct maker *maker) {
    const struct label *label = &maker->labels[choose(maker, maker->label_count)];
    values_make(maker, label->types, label->type_count, 1);
    if (label->is_loop) {
        counter_step(maker, label);
        if (chance(maker, 500)) {
            value_make(maker, WASM_I32, 1);
            put(maker, OP_I32_AND);
        }
    } else {
        value_make(maker, WASM_I32, 2);
    }
    branch_put(maker, OP_BR_IF, label);
    take_values(maker, label->types, label->type_count);
}

/* To a label that is no loop; where all are loops, it returns. */
static void branch_make(struct maker *maker) {
    const struct label *label = &maker->labels[choose(maker, maker->label_count)];
    if (label->is_loop) {
        label = &maker->labels[0];
    }
    values_make(maker, label->types, label->type_count, 2);
    if (label == &maker->labels[0] && chance(maker, 500)) {
        put(maker, OP_RETURN);
    } else {
        branch_put(maker, OP_BR, label);
    }
}

/* Behind an unconditional branch the stack gives whatever is asked for. */
static void unreachable_make(struct maker *maker) {
    static const uint16_t free_ones[] = {OP_I32_ADD, OP_F64_MUL, OP_I64_EXTEND_I32_S, OP_SELECT, OP_I32_DIV_S, OP_REF_IS_NULL};
    if (chance(maker, 500)) {
        put(maker, free_ones[choose(maker, sizeof(free_ones) / sizeof(*free_ones))]);
        put(maker, OP_DROP);
    }
    if (chance(maker, 200)) {
        put(maker, OP_DROP);
    }
}

/* What ends a path. */
static void end_make(struct maker *maker) {
    if (chance(maker, maker->hostile * 4)) {
        put(maker, OP_UNREACHABLE);
    } else if (!chance(maker, 200) || !tail_call_make(maker)) {
        branch_make(maker);
    }
    unreachable_make(maker);
}

/* A branch table in nested blocks: some of its labels fall through to others. */
static void switch_make(struct maker *maker) {
    uint32_t blocks = 2 + choose(maker, 6), entries = choose(maker, chance(maker, 50) ? 400 : 10);
    for (uint32_t block = 0; block < blocks; block++) {
        put(maker, OP_BLOCK);
        build_byte(&maker->code, EMPTY_TYPE);
        label_open(maker, NULL, 0);
    }
    value_make(maker, WASM_I32, 2);
    if (chance(maker, 700)) {
        put_i32(maker, (int32_t)(chance(maker, 500) ? entries : 7));
        put(maker, OP_I32_AND);
    }
    put(maker, OP_BR_TABLE);
    put_number(maker, entries);
    for (uint32_t entry = 0; entry <= entries; entry++) {
        put_number(maker, choose(maker, blocks));
    }
    unreachable_make(maker);
    for (uint32_t block = 0; block < blocks; block++) {
        label_close(maker);
        if (block + 1 < blocks && chance(maker, 700)) {
            statements_make(maker, choose(maker, 3));
        }
    }
}

/* ---- Blocks ---- */

/* An arm that leaves what the type says. */
static void arm_make(struct maker *maker, const uint8_t *results, uint32_t count, uint32_t depth) {
    bool is_dead = statements_make(maker, choose(maker, 4));
    if (!is_dead || chance(maker, 400)) {
        values_make(maker, results, count, depth);
    }
}

/* if, else: with parameters and results when there is a type. */
static void if_make(struct maker *maker, const struct signature *type, int32_t index, uint32_t depth) {
    value_make(maker, WASM_I32, depth);
    put(maker, OP_IF);
    put_signed(maker, index);
    label_open(maker, type->results, type->result_count);
    take_values(maker, type->parameters, type->parameter_count);
    arm_make(maker, type->results, type->result_count, depth);
    put(maker, OP_ELSE);
    take_values(maker, type->parameters, type->parameter_count);
    arm_make(maker, type->results, type->result_count, depth);
    label_close(maker);
}

static void block_make(struct maker *maker, const struct signature *type, int32_t index, uint32_t depth) {
    put(maker, OP_BLOCK);
    put_signed(maker, index);
    label_open(maker, type->results, type->result_count);
    take_values(maker, type->parameters, type->parameter_count);
    arm_make(maker, type->results, type->result_count, depth);
    label_close(maker);
}

/* Parameters are on the stack. */
static void loop_make(struct maker *maker, const struct signature *type, int32_t index, uint32_t depth) {
    struct label *label = label_open(maker, type->parameters, type->parameter_count);
    counter_begin(maker, label);
    put(maker, OP_LOOP);
    put_signed(maker, index);
    maker->rounds *= label->rounds;
    uint32_t rounds = label->rounds;
    take_values(maker, type->parameters, type->parameter_count);
    bool is_dead = statements_make(maker, 1 + choose(maker, 5));
    if (!is_dead || chance(maker, 500)) {
        values_make(maker, type->parameters, type->parameter_count, 1);
        counter_step(maker, label);
        branch_put(maker, OP_BR_IF, label);
        take_values(maker, type->parameters, type->parameter_count);
        values_make(maker, type->results, type->result_count, depth);
    }
    maker->rounds /= rounds;
    label_close(maker);
}

static void construct_make(struct maker *maker, const struct signature *type, int32_t index, uint32_t depth) {
    switch (choose(maker, 3)) {
    case 0: if_make(maker, type, index, depth); break;
    case 1: block_make(maker, type, index, depth); break;
    default: loop_make(maker, type, index, depth); break;
    }
}

/* Any type of the module may be a block's. */
static void typed_make(struct maker *maker) {
    uint32_t index = choose(maker, PLAN_TYPES);
    const struct signature *type = &maker->plan->types[index];
    values_make(maker, type->parameters, type->parameter_count, 1);
    construct_make(maker, type, (int32_t)index, 1);
    take_values(maker, type->results, type->result_count);
}

/* A block type that is one value, or nothing, is written as a negative number. */
static int32_t short_type(uint8_t type) {
    return (int32_t)type - 0x80;
}

void control_value_make(struct maker *maker, uint8_t type, uint32_t depth) {
    if (nests_too_deep(maker)) {
        constant_make(maker, type);
        return;
    }
    struct signature simple = {.results = {type}, .result_count = 1};
    construct_make(maker, &simple, short_type(type), depth - 1);
}

static void simple_make(struct maker *maker) {
    static const struct signature nothing;
    if (chance(maker, 300)) {
        value_make(maker, WASM_I32, 2);
        put(maker, OP_IF);
        build_byte(&maker->code, EMPTY_TYPE);
        label_open(maker, NULL, 0);
        if (!statements_make(maker, 1 + choose(maker, 3)) && chance(maker, 300)) {
            end_make(maker);
        }
        label_close(maker);
        return;
    }
    construct_make(maker, &nothing, short_type(EMPTY_TYPE), 2);
}

/* ---- Statements ---- */

static void assignment_make(struct maker *maker, uint32_t depth) {
    const struct plan_global *globals = maker->plan->globals;
    uint32_t global = choose(maker, maker->plan->global_count);
    if (chance(maker, 150) && globals[global].is_mutable && global != maker->plan->fuel) {
        value_make(maker, globals[global].type, depth);
        put(maker, OP_GLOBAL_SET);
        put_number(maker, global);
    } else {
        uint32_t local = choose(maker, maker->pool);
        value_make(maker, maker->locals[local], depth);
        put(maker, OP_LOCAL_SET);
        put_number(maker, local);
    }
    maker->effects++;
}

static void construct_statement_make(struct maker *maker) {
    uint32_t kind = nests_too_deep(maker) ? 0 : choose(maker, 10);
    if (kind == 0) {
        put(maker, OP_NOP);
    } else if (kind == 1) {
        switch_make(maker);
    } else if (kind < 5) {
        typed_make(maker);
    } else {
        simple_make(maker);
    }
}

static void statement_make(struct maker *maker) {
    const struct plan_style *style = &maker->plan->style;
    uint32_t kind = choose(maker, 100);
    if (kind < 35) {
        assignment_make(maker, style->depth);
    } else if (kind < 55) {
        store_make(maker, style->depth);
    } else if (kind < 75) {
        construct_statement_make(maker);
    } else if (kind < 83) {
        branch_if_make(maker);
    } else if (kind < 91) {
        if (!call_make(maker, 0, style->depth)) {
            assignment_make(maker, 1);
        }
    } else if (kind < 95 && style->has_bulk) {
        bulk_make(maker);
    } else if (kind < 97 && style->has_references) {
        table_make(maker);
    } else {
        value_make(maker, WASM_I64, style->depth);
        put(maker, OP_DROP);
    }
}

bool statements_make(struct maker *maker, uint32_t count) {
    maker->effects++;
    for (uint32_t index = 0; index < count && maker->left > 0; index++) {
        statement_make(maker);
    }
    maker->effects++;
    if (maker->label_count > 1 && chance(maker, 60)) {
        end_make(maker);
        return true;
    }
    return false;
}
