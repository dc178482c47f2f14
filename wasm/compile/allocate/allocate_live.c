/* Lifetimes: one walk backwards over blocks and instructions. A value that is live at the header of a loop, and not made there, is live
   in all of the loop: it gets one range over it, and stands in the header's live set only.

   While the walk goes on, a value in the live set has a range that is open at its begin: only when the value is defined, or is not
   live in the next block of the walk, the range is written down. */
#include "wasm/compile/allocate/allocate.h"

/* ---- Operands ---- */

uint8_t operand_fixed_to(const struct machine_operand *operands, const struct machine_operand *operand) {
    if (operand->constraint == MACHINE_SAME)
        operand = &operands[operand->fixed];
    return operand->constraint == MACHINE_FIXED ? operand->fixed : NO_REGISTER;
}

static bool operand_is_use(const struct machine_operand *operand) {
    return operand->role == MACHINE_USE || operand->role == MACHINE_USE_LATE;
}

/* What a definition is to its value. */
static enum allocate_use_kind result_kind(const struct machine_operand *operand, uint32_t operand_count, bool is_constant) {
    if (is_constant && operand_count == 1 && operand->constraint == MACHINE_ANY)
        return USE_MAKES;
    return operand->constraint == MACHINE_OR_SPILL && !is_constant ? USE_ANYWHERE : USE_REGISTER;
}

/* What a use that is neither fixed nor tied is to its value. */
static enum allocate_use_kind use_kind(const struct machine_operand *operand, bool is_constant) {
    return operand->constraint == MACHINE_OR_SPILL && !is_constant ? USE_ANYWHERE : USE_REGISTER;
}

uint32_t operand_start(const struct machine_operand *operands, const struct machine_operand *operand, uint32_t instruction) {
    if (operand_fixed_to(operands, operand) != NO_REGISTER)
        return position_of(instruction, STEP_AFTER);
    bool is_early = operand->role == MACHINE_SCRATCH || operand->constraint == MACHINE_SAME;
    return position_of(instruction, is_early ? STEP_INPUT : STEP_OUTPUT);
}

/* ---- Blocks and loops ---- */

uint32_t edge_slot(const struct allocation *allocation, uint32_t from, uint32_t to) {
    return allocation->function->blocks[to].predecessor_count == 1 ? 0 : allocation->blocks[from].slot;
}

static void block_describe(struct allocation *allocation, uint32_t block, uint32_t *loop) {
    const struct machine_function *function = allocation->function;
    const struct machine_block *at = &function->blocks[block];
    struct allocate_block *described = allocation->blocks;
    ASSERT(at->end > at->first && (function->instructions[at->end - 1].flags & MACHINE_IS_END) != 0);
    while (*loop != ALLOCATE_NONE && block >= function->blocks[*loop].loop_end)
        *loop = described[*loop].parent;
    described[block].depth = *loop == ALLOCATE_NONE ? 0 : described[*loop].depth;
    described[block].parent = ALLOCATE_NONE;
    if (at->loop_end != 0) {
        ASSERT(at->loop_end > block && (*loop == ALLOCATE_NONE || at->loop_end <= function->blocks[*loop].loop_end));
        described[block].parent = *loop;
        described[block].depth++;
        *loop = block;
    }
    described[block].loop = *loop;
    for (uint32_t index = at->first; index < at->end; index++)
        allocation->block_of[index] = block;
    for (uint32_t index = 0; index < at->predecessor_count; index++) {
        uint32_t from = function->words[at->predecessors + index];
        if (function->blocks[from].successor_count == 1)
            described[from].slot = index;
        else
            ASSERT(at->predecessor_count == 1);
    }
}

static void blocks_describe(struct allocation *allocation) {
    uint32_t loop = ALLOCATE_NONE;
    for (uint32_t block = 0; block < allocation->function->block_count; block++)
        block_describe(allocation, block, &loop);
}

/* ---- Ranges ---- */

/* Ranges come from the last to the first; one may swallow what was made for a part of it. */
static void range_add(struct allocation *allocation, uint32_t *head, uint32_t from, uint32_t to) {
    struct allocate_range *ranges = allocation->ranges;
    uint32_t first = *head;
    if (first != 0 && ranges[first].from <= to) {
        struct allocate_range *at = &ranges[first];
        at->from = from < at->from ? from : at->from;
        at->to = to > at->to ? to : at->to;
        while (at->next != 0 && ranges[at->next].from <= at->to) {
            if (ranges[at->next].to > at->to)
                at->to = ranges[at->next].to;
            at->next = ranges[at->next].next;
        }
        return;
    }
    struct allocate_array *array = &allocation->range_array;
    if (array->count == array->capacity && !allocate_grow(allocation, array, &allocation->ranges))
        return;
    allocation->ranges[array->count] = (struct allocate_range){.from = from, .to = to, .next = first};
    *head = array->count++;
}

/* ---- The live set ---- */

static inline bool live_has(const struct allocation *allocation, uint32_t value) {
    return allocation->live_at[value] != 0;
}

static inline void live_add(struct allocation *allocation, uint32_t value, uint32_t to) {
    struct allocate_value *at = &allocation->values[value];
    if (live_has(allocation, value)) {
        at->open_to = at->open_to > to ? at->open_to : to;
        return;
    }
    at->open_to = to;
    allocation->live[allocation->live_count++] = value;
    allocation->live_at[value] = allocation->live_count;
}

static inline void live_remove(struct allocation *allocation, uint32_t value, uint32_t from) {
    uint32_t index = allocation->live_at[value] - 1, last = allocation->live[--allocation->live_count];
    allocation->live[index] = last;
    allocation->live_at[last] = index + 1;
    allocation->live_at[value] = 0;
    range_add(allocation, &allocation->values[value].ranges, from, allocation->values[value].open_to);
}

/* The definition of a value; `dead_to` is the end of its life when nobody uses it. */
static void live_define(struct allocation *allocation, uint32_t value, uint32_t start, uint32_t dead_to) {
    ASSERT(allocation->values[value].start == ALLOCATE_NONE);
    allocation->values[value].start = start;
    if (live_has(allocation, value))
        live_remove(allocation, value, start);
    else
        range_add(allocation, &allocation->values[value].ranges, start, dead_to);
}

/* From what is live at the begin of the next block to what is live at the end of this one, but for operands of phis. */
static void live_cross(struct allocation *allocation, uint32_t block) {
    const struct machine_function *function = allocation->function;
    const struct machine_block *at = &function->blocks[block];
    const uint32_t *successors = function->words + at->successors;
    if (at->successor_count == 1 && successors[0] == block + 1)
        return;
    uint32_t end = position_of(at->end, STEP_BETWEEN), *mark = allocation->live_mark;
    for (uint32_t index = 0; index < at->successor_count; index++) {
        const struct allocate_block *to = &allocation->blocks[successors[index]];
        if (successors[index] <= block)
            continue;
        allocation->work += to->live_count;
        for (uint32_t item = to->live; item < to->live + to->live_count; item++) {
            uint32_t value = allocation->live_pool[item];
            mark[value] = block + 1;
            if (!live_has(allocation, value))
                live_add(allocation, value, end);
        }
    }
    for (uint32_t index = allocation->live_count; index-- > 0;)
        if (mark[allocation->live[index]] != block + 1)
            live_remove(allocation, allocation->live[index], end);
}

/* The operands of the successors' phis live up to the end of the block. */
static void live_phi_operands(struct allocation *allocation, uint32_t block) {
    const struct machine_function *function = allocation->function;
    const struct machine_block *at = &function->blocks[block];
    for (uint32_t index = 0; index < at->successor_count; index++) {
        uint32_t to = function->words[at->successors + index];
        const struct machine_block *target = &function->blocks[to];
        for (uint32_t phi = target->phis; phi < target->phis + target->phi_count; phi++) {
            uint32_t value = function->words[function->phis[phi].operands + edge_slot(allocation, block, to)];
            live_add(allocation, value, position_of(at->end, STEP_BETWEEN));
            allocation->values[value].use_end++;
            if (allocation->values[value].hint == 0)
                allocation->values[value].hint = function->phis[phi].reg;
        }
    }
}

static void live_save(struct allocation *allocation, uint32_t block) {
    struct allocate_array *array = &allocation->live_array;
    uint32_t count = allocation->live_count;
    while (array->capacity - array->count < count)
        if (!allocate_grow(allocation, array, &allocation->live_pool))
            return;
    allocation->work += count;
    allocation->blocks[block].live = array->count;
    allocation->blocks[block].live_count = count;
    if (count > 0)
        memcpy(allocation->live_pool + array->count, allocation->live, count * sizeof *allocation->live);
    array->count += count;
    uint32_t loop_end = allocation->function->blocks[block].loop_end;
    if (loop_end == 0)
        return;
    uint32_t to = position_of(allocation->function->blocks[loop_end - 1].end, STEP_BETWEEN);
    for (uint32_t index = 0; index < count; index++)
        live_add(allocation, allocation->live[index], to);
}

/* ---- Instructions ---- */

/* Exchanges the operands when that makes the first one die here, or the one that its successor is to replace come first. */
static void operands_exchange(struct allocation *allocation, struct machine_operand *operands) {
    uint32_t first = operands[1].reg, second = operands[2].reg;
    const struct machine_register *registers = allocation->function->registers;
    ASSERT(operands[0].constraint == MACHINE_SAME && operands[0].fixed == 1);
    if (registers[first].width != registers[second].width || allocation->values[second].is_constant)
        return;
    bool first_lives = live_has(allocation, first), second_lives = live_has(allocation, second);
    uint32_t wanted = allocation->values[operands[0].reg].hint;
    if ((first_lives && !second_lives) || (first_lives == second_lives && wanted == second && wanted != first)) {
        operands[1].reg = second;
        operands[2].reg = first;
    }
}

/* A definition that is the same as a use: the use, and others of its value that are over by then, are found where the definition is. */
static void live_tie(struct allocation *allocation, const struct machine_instruction *at, struct machine_operand *operands, uint32_t number) {
    struct machine_operand *tied = &operands[operands[number].fixed];
    ASSERT(operands[number].role == MACHINE_DEFINE && operands[number].fixed < at->operand_count && operand_is_use(tied));
    tied->mark = tied->constraint == MACHINE_FIXED ? USE_COPIES : USE_TIED;
    tied->location = at->operands + number;
    if (allocation->values[tied->reg].hint == 0)
        allocation->values[tied->reg].hint = operands[number].reg;
    for (uint32_t other = 0; other < at->operand_count && tied->constraint != MACHINE_FIXED; other++) {
        struct machine_operand *follower = &operands[other];
        if (follower->reg != tied->reg || follower->role != MACHINE_USE || follower->constraint == MACHINE_FIXED || follower == tied)
            continue;
        follower->mark = USE_TIED_TOO;
        follower->location = at->operands + number;
    }
}

static void live_result(struct allocation *allocation, const struct machine_instruction *at, struct machine_operand *operands, uint32_t number,
                        uint32_t instruction) {
    struct machine_operand *operand = &operands[number];
    uint8_t fixed = operand_fixed_to(operands, operand);
    uint32_t end = position_of(instruction, STEP_AFTER);
    operand->mark = (uint8_t)result_kind(operand, at->operand_count, allocation->values[operand->reg].is_constant);
    if (fixed != NO_REGISTER) {
        uint32_t from = position_of(instruction, operand->role == MACHINE_SCRATCH ? STEP_INPUT : STEP_OUTPUT);
        range_add(allocation, &allocation->fixed[fixed], from, end);
        operand->location = fixed;
        operand->mark = USE_COPIES;
        if (operand->role == MACHINE_SCRATCH)
            return;
        allocation->values[operand->reg].wish = fixed;
        allocation->values[operand->reg].is_fixed_result = true;
        end++;
    }
    allocation->values[operand->reg].use_end++;
    live_define(allocation, operand->reg, operand_start(operands, operand, instruction), end);
}

static void live_use(struct allocation *allocation, struct machine_operand *operand, uint32_t instruction) {
    struct allocate_value *value = &allocation->values[operand->reg];
    uint32_t end = position_of(instruction, operand->role == MACHINE_USE ? STEP_OUTPUT : STEP_AFTER);
    if (operand->constraint == MACHINE_FIXED) {
        range_add(allocation, &allocation->fixed[operand->fixed], position_of(instruction, STEP_INPUT), end);
        if (value->fixed_hint == NO_REGISTER)
            value->fixed_hint = operand->fixed;
        operand->location = operand->fixed;
        operand->mark = USE_COPIES;
    } else if (operand->mark != USE_TIED && operand->mark != USE_TIED_TOO) {
        operand->mark = (uint8_t)use_kind(operand, value->is_constant);
    }
    if (operand->mark <= USE_TIED_TOO)
        end = position_of(instruction, STEP_INPUT);
    value->use_end++;
    live_add(allocation, operand->reg, end);
}

static void live_instruction(struct allocation *allocation, const struct machine_instruction *at, uint32_t index) {
    struct machine_operand *operands = allocation->function->operands + at->operands;
    bool has_uses = false;
    if ((at->flags & MACHINE_COMMUTES) != 0)
        operands_exchange(allocation, operands);
    for (uint32_t number = 0; number < at->operand_count; number++) {
        has_uses |= operand_is_use(&operands[number]);
        operands[number].mark = USE_REGISTER;
    }
    for (uint32_t number = 0; number < at->operand_count; number++) {
        if (operand_is_use(&operands[number]))
            continue;
        live_result(allocation, at, operands, number, index);
        if (operands[number].constraint == MACHINE_SAME)
            live_tie(allocation, at, operands, number);
    }
    for (uint32_t number = 0; has_uses && number < at->operand_count; number++)
        if (operand_is_use(&operands[number]))
            live_use(allocation, &operands[number], index);
}

static void live_block(struct allocation *allocation, uint32_t block) {
    const struct machine_function *function = allocation->function;
    const struct machine_block *at = &function->blocks[block];
    live_cross(allocation, block);
    live_phi_operands(allocation, block);
    for (uint32_t index = at->end; index-- > at->first;)
        live_instruction(allocation, &function->instructions[index], index);
    uint32_t start = position_of(at->first, STEP_BETWEEN);
    for (uint32_t phi = at->phis; phi < at->phis + at->phi_count; phi++)
        live_define(allocation, function->phis[phi].reg, start, start + 1);
    live_save(allocation, block);
}

void allocate_live(struct allocation *allocation) {
    uint32_t registers = allocation->function->register_count;
    allocation->live = allocate_table(allocation, registers, sizeof *allocation->live);
    allocation->live_at = allocate_table(allocation, registers, sizeof *allocation->live_at);
    allocation->live_mark = allocate_table(allocation, registers, sizeof *allocation->live_mark);
    if (allocation->failed)
        return;
    blocks_describe(allocation);
    for (uint32_t block = allocation->function->block_count; block-- > 0 && !allocate_is_over(allocation);)
        live_block(allocation, block);
    ASSERT(allocate_is_over(allocation) || allocation->live_count == 0);
}
