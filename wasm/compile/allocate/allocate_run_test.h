/* Runs a machine function with made-up meaning: a result is a hash of the instruction and what it reads. Before allocation on virtual
   registers, afterwards on locations, where everything that is not promised is garbage. Included by tests only. */
#ifndef WASM_COMPILE_ALLOCATE_RUN_TEST_H
#define WASM_COMPILE_ALLOCATE_RUN_TEST_H

#include "wasm/compile/allocate/allocate_random_test.h"

struct run_value {
    uint64_t low, high;
};

struct run {
    const struct machine_function *function;
    bool on_locations;
    struct run_value *registers; /* virtual */
    struct run_value physical[MACHINE_REGISTERS_MAX];
    uint64_t *slots;
    uint64_t trace, garbage;
    uint64_t instruction_count, load_count, store_count, move_count, constant_count; /* executed */
};

static inline uint64_t mix(uint64_t state, uint64_t value) {
    state = (state ^ value) * 0x9E3779B97F4A7C15u;
    return state ^ state >> 29;
}

static inline struct run_value run_cut(struct run_value value, uint8_t width) {
    if (width <= 8)
        value.high = 0;
    if (width == 4)
        value.low = (uint32_t)value.low;
    return value;
}

static inline uint64_t run_garbage(struct run *run) {
    return run->garbage = mix(run->garbage, 77);
}

static inline struct run_value run_read_location(const struct run *run, uint32_t location, uint8_t width) {
    if (location < MACHINE_SPILL)
        return run_cut(run->physical[location], width);
    const uint64_t *slot = &run->slots[location - MACHINE_SPILL];
    return run_cut((struct run_value){slot[0], width == 16 ? slot[1] : 0}, width);
}

static inline void run_write_location(struct run *run, uint32_t location, struct run_value value, uint8_t width) {
    if (location < MACHINE_SPILL) {
        struct run_value garbage = {run_garbage(run), run_garbage(run)};
        run->physical[location] = width == 16  ? value
                                  : width == 8 ? (struct run_value){value.low, garbage.high}
                                               : (struct run_value){(uint32_t)value.low | garbage.low << 32, garbage.high};
        return;
    }
    uint64_t *slot = &run->slots[location - MACHINE_SPILL];
    if (width == 4)
        slot[0] = (slot[0] & ~(uint64_t)UINT32_MAX) | (uint32_t)value.low;
    else
        slot[0] = value.low;
    if (width == 16)
        slot[1] = value.high;
}

static inline struct run_value run_read(const struct run *run, const struct machine_operand *operand) {
    uint8_t width = run->function->registers[operand->reg].width;
    if (run->on_locations)
        return run_read_location(run, operand->location, width);
    return run_cut(run->registers[operand->reg], width);
}

static inline void run_write(struct run *run, const struct machine_operand *operand, struct run_value value) {
    if (!run->on_locations)
        run->registers[operand->reg] = value;
    else
        run_write_location(run, operand->location, value, run->function->registers[operand->reg].width);
}

static inline void run_moves(struct run *run, uint32_t instruction, uint32_t *move) {
    const struct machine_function *function = run->function;
    for (; *move < function->move_count && function->moves[*move].before == instruction; (*move)++) {
        const struct machine_move *at = &function->moves[*move];
        struct run_value value = {at->constant, 0};
        if (at->from != MACHINE_NONE)
            value = run_read_location(run, at->from, at->width);
        run->constant_count += at->from == MACHINE_NONE;
        run->store_count += at->to >= MACHINE_SPILL;
        run->load_count += at->from != MACHINE_NONE && at->from >= MACHINE_SPILL;
        run->move_count += at->from < MACHINE_SPILL && at->to < MACHINE_SPILL;
        run_write_location(run, at->to, value, at->width);
    }
}

/* Everything that an instruction or a call may destroy. */
static inline void run_destroy(struct run *run, const struct machine_instruction *at, bool late) {
    const struct machine_isa *isa = run->function->isa;
    const struct machine_operand *operands = run->function->operands + at->operands;
    uint64_t lost = 1ull << isa->scratch[0] | 1ull << isa->scratch[1];
    if (late && (at->flags & MACHINE_IS_CALL) != 0)
        lost |= isa->allocatable[0] | isa->allocatable[1];
    for (uint32_t reg = 0; reg < MACHINE_REGISTERS_MAX; reg++)
        if ((lost >> reg & 1) != 0)
            run->physical[reg] = (struct run_value){run_garbage(run), run_garbage(run)};
    for (uint32_t number = 0; number < at->operand_count; number++)
        if (operands[number].role == MACHINE_SCRATCH || operands[number].role == MACHINE_DEFINE)
            run_write(run, &operands[number], (struct run_value){run_garbage(run), run_garbage(run)});
}

/* Returns a hash of what was read. */
static inline uint64_t run_instruction(struct run *run, const struct machine_instruction *at) {
    const struct machine_operand *operands = run->function->operands + at->operands;
    uint64_t early[MACHINE_OPERANDS_MAX], sum = mix(at->op, at->immediate);
    for (uint32_t number = 0; number < at->operand_count; number++)
        if (operands[number].role == MACHINE_USE) {
            struct run_value value = run_read(run, &operands[number]);
            early[number] = mix(value.low, value.high);
        }
    if (run->on_locations)
        run_destroy(run, at, false);
    for (uint32_t number = 0; number < at->operand_count; number++)
        if (operands[number].role == MACHINE_USE_LATE) {
            struct run_value value = run_read(run, &operands[number]);
            early[number] = mix(value.low, value.high);
        }
    bool commutes = (at->flags & MACHINE_COMMUTES) != 0;
    if (commutes)
        sum = mix(sum, early[1] + early[2]);
    for (uint32_t number = 0; number < at->operand_count; number++) {
        bool is_use = operands[number].role == MACHINE_USE || operands[number].role == MACHINE_USE_LATE;
        if (is_use && !(commutes && number <= 2))
            sum = mix(sum, early[number]);
    }
    if (run->on_locations)
        run_destroy(run, at, true);
    for (uint32_t number = 0; number < at->operand_count; number++) {
        if (operands[number].role != MACHINE_DEFINE)
            continue;
        const struct machine_register *reg = &run->function->registers[operands[number].reg];
        struct run_value value = {mix(sum, number), mix(sum, number + 100)};
        if (reg->is_constant)
            value = (struct run_value){reg->constant, 0};
        run_write(run, &operands[number], run_cut(value, reg->width));
    }
    run->instruction_count++;
    return sum;
}

static inline void run_phis(struct run *run, uint32_t from, uint32_t to) {
    const struct machine_function *function = run->function;
    const struct machine_block *target = &function->blocks[to];
    struct run_value values[RANDOM_VARIABLES_MAX];
    uint32_t slot = 0;
    while (function->words[target->predecessors + slot] != from)
        slot++;
    ASSERT(target->phi_count <= RANDOM_VARIABLES_MAX);
    for (uint32_t phi = 0; phi < target->phi_count; phi++)
        values[phi] = run->registers[function->words[function->phis[target->phis + phi].operands + slot]];
    for (uint32_t phi = 0; phi < target->phi_count; phi++)
        run->registers[function->phis[target->phis + phi].reg] = values[phi];
}

static inline void run_blocks(struct run *run, uint32_t fuel) {
    const struct machine_function *function = run->function;
    uint32_t block = 0;
    for (; fuel > 0; fuel--) {
        const struct machine_block *at = &function->blocks[block];
        uint32_t move = 0, high = function->move_count;
        while (move < high) {
            uint32_t middle = move + (high - move) / 2;
            if (function->moves[middle].before < at->first)
                move = middle + 1;
            else
                high = middle;
        }
        uint64_t sum = 0;
        for (uint32_t index = at->first; index < at->end; index++) {
            if (run->on_locations)
                run_moves(run, index, &move);
            sum = run_instruction(run, &function->instructions[index]);
            run->trace = mix(run->trace, sum);
        }
        if (at->successor_count == 0)
            return;
        uint32_t next = function->words[at->successors + (sum >> 7) % at->successor_count];
        if (!run->on_locations)
            run_phis(run, block, next);
        block = next;
    }
}

/* The hash of all that was read in order, over at most so many blocks. */
static inline struct run run_function(const struct machine_function *function, bool on_locations, uint32_t fuel) {
    struct run run = {.function = function, .on_locations = on_locations, .garbage = 12345};
    run.registers = calloc(function->register_count, sizeof *run.registers);
    run.slots = calloc(function->spill_slots + 2, sizeof *run.slots);
    ASSERT(run.registers != NULL && run.slots != NULL);
    run_blocks(&run, fuel);
    free(run.registers);
    free(run.slots);
    return run;
}

#endif
