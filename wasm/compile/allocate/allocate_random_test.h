/* Random machine functions for the tests of the allocator: structured control flow over a few variables, in SSA form, for a made-up
   machine with few registers. Included by tests only. */
#ifndef WASM_COMPILE_ALLOCATE_RANDOM_TEST_H
#define WASM_COMPILE_ALLOCATE_RANDOM_TEST_H

#include "base/assert.h"
#include "tests/support/support.h"
#include "wasm/compile/machine.h"

#include <stdlib.h>
#include <string.h>

#define RANDOM_VARIABLES_MAX 64
#define RANDOM_VECTOR_FIRST  32 /* registers of class vector start here */
#define RANDOM_EXITS_MAX     40

enum random_op { MADE_ENTER, MADE_PLAIN, MADE_CALL, MADE_CONSTANT, MADE_JUMP, MADE_BRANCH, MADE_RETURN };

struct random_shape {
    uint32_t general_count, vector_count; /* allocatable registers, at least 3 */
    uint32_t variable_count;
    uint32_t statement_count; /* about how many instructions */
    uint32_t depth_max;
    uint32_t call_percent, constant_percent, commute_percent;
    uint32_t exit_percent; /* of calls, behind which a way leads to the function's end */
    bool is_local;         /* no value leads from one region to another: see allocate_fast.c */
};

struct random_block {
    uint32_t first, end, depth, loop_end;
    uint32_t predecessors[64], predecessor_count;
    uint32_t successors[16], successor_count;
    uint32_t phis[RANDOM_VARIABLES_MAX], phi_count; /* registers */
    uint32_t operands[RANDOM_VARIABLES_MAX][64];    /* by phi and predecessor */
};

struct random_function {
    struct machine_function machine;
    struct machine_isa isa;
    uint8_t preference[MACHINE_CLASSES][32];
    struct random_shape shape;
    uint64_t state;
    struct random_block *blocks;
    uint32_t block_count, block_capacity;
    uint32_t block; /* that is being filled */
    uint32_t depth;
    uint32_t statements_left;
    uint8_t classes[RANDOM_VARIABLES_MAX], widths[RANDOM_VARIABLES_MAX];
    uint32_t now[RANDOM_VARIABLES_MAX]; /* register of each variable */
    struct {
        uint32_t from, now[RANDOM_VARIABLES_MAX];
    } exits[RANDOM_EXITS_MAX]; /* blocks from which ways lead to the function's end, and what variables are there */
    uint32_t exit_count;
};

static inline uint32_t pick(struct random_function *random, uint32_t count) {
    return (uint32_t)(support_random(&random->state) % count);
}

static inline bool chance(struct random_function *random, uint32_t percent) {
    return pick(random, 100) < percent;
}

static inline void random_isa(struct random_function *random) {
    const uint32_t counts[MACHINE_CLASSES] = {random->shape.general_count, random->shape.vector_count};
    for (uint32_t class = 0; class < MACHINE_CLASSES; class ++) {
        for (uint32_t index = 0; index < counts[class]; index++) {
            uint32_t reg = index + (class == MACHINE_VECTOR ? RANDOM_VECTOR_FIRST : 0);
            random->preference[class][index] = (uint8_t)reg;
            random->isa.allocatable[class] |= 1ull << reg;
        }
        random->isa.preference[class] = random->preference[class];
        random->isa.preference_count[class] = (uint8_t)counts[class];
    }
    random->isa.scratch[MACHINE_GENERAL] = 30;
    random->isa.scratch[MACHINE_VECTOR] = 63;
}

/* ---- Blocks ---- */

static inline uint32_t block_open(struct random_function *random) {
    if (random->block_count == random->block_capacity) {
        random->block_capacity = random->block_capacity == 0 ? 16 : 2 * random->block_capacity;
        random->blocks = realloc(random->blocks, random->block_capacity * sizeof *random->blocks);
        ASSERT(random->blocks != NULL);
    }
    uint32_t block = random->block_count++;
    memset(&random->blocks[block], 0, sizeof *random->blocks);
    random->blocks[block].first = random->machine.instruction_count;
    random->blocks[block].depth = random->depth;
    random->block = block;
    return block;
}

static inline void edge(struct random_function *random, uint32_t from, uint32_t to) {
    struct random_block *source = &random->blocks[from], *target = &random->blocks[to];
    ASSERT(source->successor_count < 16 && target->predecessor_count < 64);
    source->successors[source->successor_count++] = to;
    target->predecessors[target->predecessor_count++] = from;
}

static inline struct machine_operand *operand_at(struct random_function *random, const struct machine_instruction *instruction, uint32_t number) {
    return &random->machine.operands[instruction->operands + number];
}

static inline void set(struct random_function *random, const struct machine_instruction *instruction, uint32_t number, uint32_t reg, uint32_t role,
                       uint32_t constraint) {
    struct machine_operand *operand = operand_at(random, instruction, number);
    operand->reg = reg;
    operand->role = (uint8_t)role;
    operand->constraint = (uint8_t)constraint;
}

static inline void set_fixed(struct random_function *random, const struct machine_instruction *instruction, uint32_t number, uint32_t reg,
                             uint32_t role, uint32_t fixed) {
    set(random, instruction, number, reg, role, MACHINE_FIXED);
    operand_at(random, instruction, number)->fixed = (uint8_t)fixed;
}

static inline uint32_t any_variable(struct random_function *random, uint32_t class) {
    for (;;) {
        uint32_t variable = pick(random, random->shape.variable_count);
        if (random->classes[variable] == class)
            return variable;
    }
}

static inline struct machine_instruction *end_block(struct random_function *random, uint32_t op, uint32_t operand_count) {
    struct machine_instruction *end = machine_append(&random->machine, (uint16_t)op, operand_count);
    end->flags = MACHINE_IS_END;
    end->immediate = support_random(&random->state);
    if (operand_count > 0) {
        uint32_t class = chance(random, 80) ? MACHINE_GENERAL : MACHINE_VECTOR;
        set(random, end, 0, random->now[any_variable(random, class)], MACHINE_USE, chance(random, 30) ? MACHINE_OR_SPILL : MACHINE_ANY);
    }
    random->blocks[random->block].end = random->machine.instruction_count;
    return end;
}

/* ---- Instructions ---- */

static inline uint32_t new_value(struct random_function *random, uint32_t variable) {
    return machine_register_make(&random->machine, (enum machine_class)random->classes[variable], random->widths[variable]);
}

static inline uint32_t physical(struct random_function *random, uint32_t class, uint32_t number) {
    (void)random;
    return number + (class == MACHINE_VECTOR ? RANDOM_VECTOR_FIRST : 0);
}

static inline void random_constant(struct random_function *random, uint32_t variable) {
    struct machine_register *reg;
    uint32_t made = new_value(random, variable);
    reg = &random->machine.registers[made];
    reg->is_constant = true;
    if (reg->class == MACHINE_GENERAL)
        reg->constant = chance(random, 50) ? pick(random, 1000) : support_random(&random->state);
    if (reg->width == 4)
        reg->constant = (uint32_t)reg->constant;
    struct machine_instruction *instruction = machine_append(&random->machine, MADE_CONSTANT, 1);
    instruction->immediate = random->machine.registers[made].constant;
    set(random, instruction, 0, made, MACHINE_DEFINE, MACHINE_ANY);
    random->now[variable] = made;
}

static inline void random_call(struct random_function *random) {
    uint32_t target = any_variable(random, MACHINE_GENERAL), first = any_variable(random, MACHINE_GENERAL),
             second = any_variable(random, MACHINE_GENERAL), vector = any_variable(random, MACHINE_VECTOR),
             result = any_variable(random, MACHINE_GENERAL), more = any_variable(random, chance(random, 50) ? MACHINE_GENERAL : MACHINE_VECTOR);
    uint32_t made = new_value(random, result), also = new_value(random, more);
    bool has_more = chance(random, 30) && more != result;
    struct machine_instruction *call = machine_append(&random->machine, MADE_CALL, has_more ? 6 : 5);
    call->flags = MACHINE_IS_CALL;
    call->immediate = support_random(&random->state);
    set(random, call, 0, random->now[target], MACHINE_USE, chance(random, 50) ? MACHINE_ANY : MACHINE_OR_SPILL);
    set_fixed(random, call, 1, random->now[first], MACHINE_USE, physical(random, MACHINE_GENERAL, 0));
    set_fixed(random, call, 2, random->now[second], MACHINE_USE, physical(random, MACHINE_GENERAL, 1));
    set_fixed(random, call, 3, random->now[vector], MACHINE_USE, physical(random, MACHINE_VECTOR, 0));
    set_fixed(random, call, 4, made, MACHINE_DEFINE, physical(random, MACHINE_GENERAL, 0));
    if (has_more) {
        set_fixed(random, call, 5, also, MACHINE_DEFINE, physical(random, random->classes[more], 1));
        random->now[more] = also;
    }
    random->now[result] = made;
}

/* A division: dividend and result in one fixed register, another is lost. */
static inline void random_divide(struct random_function *random, uint32_t class, uint32_t variable, uint32_t made) {
    struct machine_instruction *at = machine_append(&random->machine, MADE_PLAIN, 4);
    at->immediate = support_random(&random->state);
    set_fixed(random, at, 1, random->now[any_variable(random, class)], MACHINE_USE, physical(random, class, 0));
    if (chance(random, 50)) {
        set_fixed(random, at, 0, made, MACHINE_DEFINE, physical(random, class, 0));
    } else {
        set(random, at, 0, made, MACHINE_DEFINE, MACHINE_SAME);
        operand_at(random, at, 0)->fixed = 1;
    }
    set(random, at, 2, random->now[any_variable(random, class)], chance(random, 50) ? MACHINE_USE_LATE : MACHINE_USE, MACHINE_ANY);
    uint32_t lost = machine_register_make(&random->machine, (enum machine_class) class, 8);
    set_fixed(random, at, 3, lost, MACHINE_SCRATCH, physical(random, class, 1 + pick(random, 2)));
    random->now[variable] = made;
}

static inline void random_tied(struct random_function *random, uint32_t class, uint32_t variable, uint32_t made) {
    uint32_t count = 2 + pick(random, 2);
    struct machine_instruction *at = machine_append(&random->machine, MADE_PLAIN, count);
    at->immediate = support_random(&random->state);
    set(random, at, 0, made, MACHINE_DEFINE, MACHINE_SAME);
    operand_at(random, at, 0)->fixed = 1;
    set(random, at, 1, random->now[chance(random, 60) ? variable : any_variable(random, class)], MACHINE_USE, MACHINE_ANY);
    if (count == 3 && chance(random, 70)) {
        set(random, at, 2, random->now[any_variable(random, class)], chance(random, 30) ? MACHINE_USE_LATE : MACHINE_USE,
            chance(random, 50) ? MACHINE_OR_SPILL : MACHINE_ANY);
        if (operand_at(random, at, 2)->role == MACHINE_USE && chance(random, random->shape.commute_percent))
            at->flags |= MACHINE_COMMUTES;
    } else if (count == 3) {
        set_fixed(random, at, 2, random->now[any_variable(random, class)], MACHINE_USE, physical(random, class, 1));
    }
    random->now[variable] = made;
}

static inline void random_free(struct random_function *random, uint32_t class, uint32_t variable, uint32_t made) {
    uint32_t kind = pick(random, 4), count = kind == 0 ? 3 : kind == 1 ? 2 : 3;
    struct machine_instruction *at = machine_append(&random->machine, MADE_PLAIN, count);
    at->immediate = support_random(&random->state);
    if (kind == 0) { /* a store: three uses */
        for (uint32_t number = 0; number < 3; number++)
            set(random, at, number, random->now[any_variable(random, class)], MACHINE_USE, MACHINE_ANY);
        return;
    }
    set(random, at, 0, made, MACHINE_DEFINE, chance(random, 20) ? MACHINE_OR_SPILL : MACHINE_ANY);
    set(random, at, 1, random->now[any_variable(random, class)], chance(random, 30) ? MACHINE_USE_LATE : MACHINE_USE,
        chance(random, 30) ? MACHINE_OR_SPILL : MACHINE_ANY);
    if (kind == 2)
        set(random, at, 2, random->now[any_variable(random, 1 - class)], chance(random, 30) ? MACHINE_USE_LATE : MACHINE_USE, MACHINE_ANY);
    if (kind == 3)
        set(random, at, 2, machine_register_make(&random->machine, (enum machine_class) class, 8), MACHINE_SCRATCH, MACHINE_ANY);
    random->now[variable] = made;
}

static inline void random_exit(struct random_function *random) {
    uint32_t exit = random->exit_count++;
    random->exits[exit].from = random->block;
    memcpy(random->exits[exit].now, random->now, sizeof random->now);
    end_block(random, MADE_BRANCH, 1);
    edge(random, random->exits[exit].from, block_open(random));
}

static inline void random_instruction(struct random_function *random) {
    uint32_t variable = pick(random, random->shape.variable_count), class = random->classes[variable];
    random->statements_left -= random->statements_left > 0;
    if (chance(random, random->shape.call_percent)) {
        random_call(random);
        if (random->exit_count < RANDOM_EXITS_MAX && chance(random, random->shape.exit_percent))
            random_exit(random);
        return;
    }
    if (chance(random, random->shape.constant_percent) && (class == MACHINE_GENERAL || chance(random, 20))) {
        random_constant(random, variable);
        return;
    }
    uint32_t made = new_value(random, variable), kind = pick(random, 10);
    if (kind == 0)
        random_divide(random, class, variable, made);
    else if (kind < 6)
        random_tied(random, class, variable, made);
    else
        random_free(random, class, variable, made);
}

/* ---- Control flow ---- */

static inline void random_body(struct random_function *random, uint32_t depth);

/* A block that is not only entered from the one before begins: where no value leads there, all variables get new ones. */
static inline void random_begin(struct random_function *random) {
    for (uint32_t variable = 0; random->shape.is_local && variable < random->shape.variable_count; variable++) {
        struct machine_instruction *at = machine_append(&random->machine, MADE_PLAIN, 1);
        at->immediate = support_random(&random->state);
        random->now[variable] = new_value(random, variable);
        set(random, at, 0, random->now[variable], MACHINE_DEFINE, chance(random, 20) ? MACHINE_OR_SPILL : MACHINE_ANY);
    }
}

/* Phis for what differs between the ways that meet in the block that is open. */
static inline void merge(struct random_function *random, uint32_t block, uint32_t ways, uint32_t values[][RANDOM_VARIABLES_MAX]) {
    if (random->shape.is_local) {
        random_begin(random);
        return;
    }
    for (uint32_t variable = 0; variable < random->shape.variable_count; variable++) {
        bool differs = false;
        for (uint32_t way = 1; way < ways; way++)
            differs |= values[way][variable] != values[0][variable];
        random->now[variable] = values[0][variable];
        if (!differs)
            continue;
        uint32_t made = new_value(random, variable);
        struct random_block *at = &random->blocks[block];
        for (uint32_t way = 0; way < ways; way++)
            at->operands[at->phi_count][way] = values[way][variable];
        at->phis[at->phi_count++] = made;
        random->now[variable] = made;
    }
}

static inline void random_switch(struct random_function *random, uint32_t depth) {
    uint32_t ways = 2 + pick(random, chance(random, 20) ? 5 : 1), values[8][RANDOM_VARIABLES_MAX], before[RANDOM_VARIABLES_MAX], ends[8];
    uint32_t from = random->block;
    end_block(random, MADE_BRANCH, 1);
    memcpy(before, random->now, sizeof before);
    for (uint32_t way = 0; way < ways; way++) {
        memcpy(random->now, before, sizeof before);
        edge(random, from, block_open(random));
        if (way > 0)
            random_begin(random);
        if (way > 0 || chance(random, 70))
            random_body(random, depth + 1);
        ends[way] = random->block;
        end_block(random, MADE_JUMP, 0);
        memcpy(values[way], random->now, sizeof before);
    }
    uint32_t to = block_open(random);
    for (uint32_t way = 0; way < ways; way++)
        edge(random, ends[way], to);
    merge(random, to, ways, values);
}

/* A loop whose end decides, with one way out from its middle now and then. */
static inline void random_loop(struct random_function *random, uint32_t depth) {
    uint32_t from = random->block, values[2][RANDOM_VARIABLES_MAX], phi_of[RANDOM_VARIABLES_MAX];
    end_block(random, MADE_JUMP, 0);
    random->depth++;
    uint32_t header = block_open(random);
    edge(random, from, header);
    random_begin(random);
    for (uint32_t variable = 0; variable < random->shape.variable_count; variable++) {
        phi_of[variable] = UINT32_MAX;
        if (random->shape.is_local || !chance(random, 70))
            continue;
        uint32_t made = new_value(random, variable);
        struct random_block *at = &random->blocks[header];
        phi_of[variable] = at->phi_count;
        at->operands[at->phi_count][0] = random->now[variable];
        at->phis[at->phi_count++] = made;
        random->now[variable] = made;
    }
    uint32_t start[RANDOM_VARIABLES_MAX];
    memcpy(start, random->now, sizeof start);
    random_body(random, depth + 1);
    uint32_t middle = UINT32_MAX;
    if (chance(random, 40)) {
        uint32_t decides = random->block;
        end_block(random, MADE_BRANCH, 1);
        middle = block_open(random);
        edge(random, decides, middle);
        end_block(random, MADE_JUMP, 0);
        memcpy(values[1], random->now, sizeof start);
        edge(random, decides, block_open(random));
        random_begin(random);
        random_body(random, depth + 1);
    }
    /* Variables without a phi keep their value through the loop. */
    for (uint32_t variable = 0; variable < random->shape.variable_count; variable++)
        if (phi_of[variable] == UINT32_MAX && !random->shape.is_local)
            random->now[variable] = values[1][variable] = start[variable];
    uint32_t decides = random->block;
    end_block(random, MADE_BRANCH, 1);
    uint32_t latch = block_open(random);
    edge(random, decides, latch);
    end_block(random, MADE_JUMP, 0);
    edge(random, latch, header);
    for (uint32_t variable = 0; variable < random->shape.variable_count; variable++)
        if (phi_of[variable] != UINT32_MAX)
            random->blocks[header].operands[phi_of[variable]][1] = random->now[variable];
    random->blocks[header].loop_end = random->block_count;
    random->depth--;
    uint32_t out = block_open(random);
    edge(random, decides, out);
    random_begin(random);
    if (middle == UINT32_MAX)
        return;
    end_block(random, MADE_JUMP, 0);
    memcpy(values[0], random->now, sizeof start);
    uint32_t to = block_open(random);
    edge(random, out, to);
    edge(random, middle, to);
    merge(random, to, 2, values);
}

static inline void random_body(struct random_function *random, uint32_t depth) {
    uint32_t count = 1 + pick(random, 6);
    for (uint32_t index = 0; index < count; index++) {
        uint32_t kind = pick(random, 10);
        if (kind == 0 && depth < random->shape.depth_max && random->statements_left > 0)
            random_loop(random, depth);
        else if (kind < 3 && depth < random->shape.depth_max && random->statements_left > 0)
            random_switch(random, depth);
        else
            for (uint32_t statement = 0; statement < 4; statement++)
                random_instruction(random);
    }
}

/* Where all ways out meet, behind a block each that stands far from where it is entered. */
static inline void random_exits_meet(struct random_function *random) {
    uint32_t values[RANDOM_EXITS_MAX + 1][RANDOM_VARIABLES_MAX], ends[RANDOM_EXITS_MAX + 1], ways = random->exit_count + 1;
    for (uint32_t way = 0; way < ways; way++) {
        if (way > 0) {
            edge(random, random->exits[way - 1].from, block_open(random));
            memcpy(random->now, random->exits[way - 1].now, sizeof random->now);
            random_begin(random);
        }
        ends[way] = random->block;
        memcpy(values[way], random->now, sizeof random->now);
        end_block(random, MADE_JUMP, 0);
    }
    uint32_t to = block_open(random);
    for (uint32_t way = 0; way < ways; way++)
        edge(random, ends[way], to);
    merge(random, to, ways, values);
    random_body(random, random->shape.depth_max);
}

/* ---- The whole ---- */

static inline void random_enter(struct random_function *random) {
    struct machine_instruction *enter = machine_append(&random->machine, MADE_ENTER, 3);
    enter->immediate = 1;
    for (uint32_t number = 0; number < 3; number++) {
        uint32_t reg = new_value(random, number), class = random->classes[number];
        set_fixed(random, enter, number, reg, MACHINE_DEFINE, physical(random, class, number == 2 ? 1 : 0));
        random->now[number] = reg;
    }
    for (uint32_t variable = 3; variable < random->shape.variable_count; variable++) {
        uint32_t made = new_value(random, variable);
        struct machine_instruction *at = machine_append(&random->machine, MADE_PLAIN, 1);
        at->immediate = support_random(&random->state);
        set(random, at, 0, made, MACHINE_DEFINE, MACHINE_ANY);
        random->now[variable] = made;
    }
}

static inline uint32_t words_of(struct random_function *random, const uint32_t *words, uint32_t count) {
    uint32_t first = machine_words(&random->machine, count);
    for (uint32_t index = 0; index < count; index++)
        random->machine.words[first + index] = words[index];
    return first;
}

static inline void random_finish(struct random_function *random) {
    struct machine_function *machine = &random->machine;
    ASSERT(machine_blocks_make(machine, random->block_count));
    for (uint32_t block = 0; block < random->block_count; block++) {
        const struct random_block *from = &random->blocks[block];
        struct machine_block *to = &machine->blocks[block];
        *to = (struct machine_block){.first = from->first, .end = from->end, .loop_depth = from->depth, .loop_end = from->loop_end};
        to->predecessors = words_of(random, from->predecessors, from->predecessor_count);
        to->predecessor_count = from->predecessor_count;
        to->successors = words_of(random, from->successors, from->successor_count);
        to->successor_count = from->successor_count;
        to->phis = machine->phi_count;
        to->phi_count = from->phi_count;
        for (uint32_t phi = 0; phi < from->phi_count; phi++)
            machine_phi_add(machine, from->phis[phi], words_of(random, from->operands[phi], from->predecessor_count));
    }
    free(random->blocks);
    random->blocks = NULL;
}

/* The memory of `random` must stay where it is: the machine function points to its isa. */
static inline void random_make(struct random_function *random, struct budget *budget, uint64_t seed, const struct random_shape *shape) {
    memset(random, 0, sizeof *random);
    random->shape = *shape;
    random->state = seed;
    random->statements_left = shape->statement_count;
    random_isa(random);
    machine_begin(&random->machine, budget, &random->isa, NULL);
    ASSERT(!random->machine.failed && shape->variable_count >= 6 && shape->variable_count <= RANDOM_VARIABLES_MAX);
    for (uint32_t variable = 0; variable < shape->variable_count; variable++) {
        bool is_vector = variable == 1 || (variable > 2 && chance(random, 40));
        random->classes[variable] = is_vector ? MACHINE_VECTOR : MACHINE_GENERAL;
        random->widths[variable] = (uint8_t)(is_vector && chance(random, 40) ? 16 : chance(random, 50) ? 4 : 8);
    }
    block_open(random);
    random_enter(random);
    do
        random_body(random, 0);
    while (random->statements_left > 0);
    if (random->exit_count > 0)
        random_exits_meet(random);
    end_block(random, MADE_RETURN, 1);
    random_finish(random);
}

#endif
