/* What the scan goes through, in order of position: the uses of each value, the values by their start, the calls. One walk forward. */
#include "wasm/compile/allocate/allocate.h"

/* Counts become places: uses of a value stand together. */
static bool uses_place(struct allocation *allocation) {
    uint32_t count = 0;
    for (uint32_t value = 0; value < allocation->function->register_count; value++) {
        struct allocate_value *at = &allocation->values[value];
        uint32_t own = at->use_end;
        at->uses = at->use = at->use_end = count;
        count += own;
    }
    allocation->uses = allocate_room(allocation, count, sizeof *allocation->uses);
    return allocation->uses != NULL;
}

static void use_add(struct allocation *allocation, uint32_t value, struct allocate_use use) {
    allocation->uses[allocation->values[value].use_end++] = use;
}

/* The position that decides: where the value has to be in the register for the last time. */
static uint32_t use_position(const struct machine_operand *operand, enum allocate_use_kind kind, uint32_t instruction) {
    if (kind <= USE_TIED_TOO)
        return position_of(instruction, STEP_BETWEEN);
    return position_of(instruction, operand->role == MACHINE_USE ? STEP_INPUT : STEP_OUTPUT);
}

static void order_add(struct allocation *allocation, uint32_t value, uint32_t first) {
    uint32_t *order = allocation->order, at = allocation->order_count++;
    uint32_t start = allocation->values[value].start;
    for (; at > first && allocation->values[order[at - 1]].start > start; at--)
        order[at] = order[at - 1];
    order[at] = value;
}

static void uses_of_instruction(struct allocation *allocation, uint32_t index) {
    const struct machine_function *function = allocation->function;
    const struct machine_instruction *instruction = &function->instructions[index];
    const struct machine_operand *operands = function->operands + instruction->operands;
    uint32_t first = allocation->order_count;
    for (uint32_t number = 0; number < instruction->operand_count; number++) {
        const struct machine_operand *operand = &operands[number];
        enum allocate_use_kind kind = (enum allocate_use_kind)operand->mark;
        uint32_t position = use_position(operand, kind, index);
        if (operand->role == MACHINE_DEFINE || operand->role == MACHINE_SCRATCH) {
            if (kind == USE_COPIES) {
                position = position_of(index, STEP_AFTER);
                if (operand->role == MACHINE_SCRATCH)
                    continue;
            }
            order_add(allocation, operand->reg, first);
        }
        use_add(allocation, operand->reg, (struct allocate_use){.position = position, .kind = kind, .operand = instruction->operands + number});
        allocation->values[operand->reg].last_read = position;
    }
    if ((instruction->flags & MACHINE_IS_CALL) != 0)
        allocation->calls[allocation->call_count++] = position_of(index, STEP_OUTPUT);
}

static void uses_of_phis(struct allocation *allocation, uint32_t block) {
    const struct machine_function *function = allocation->function;
    const struct machine_block *at = &function->blocks[block];
    for (uint32_t index = 0; index < at->successor_count; index++) {
        uint32_t to = function->words[at->successors + index];
        const struct machine_block *target = &function->blocks[to];
        for (uint32_t phi = target->phis; phi < target->phis + target->phi_count; phi++) {
            uint32_t value = function->words[function->phis[phi].operands + edge_slot(allocation, block, to)];
            uint32_t position = position_of(at->end, STEP_BETWEEN) - 1;
            use_add(allocation, value, (struct allocate_use){.position = position, .kind = USE_COPIES, .operand = USE_NO_OPERAND});
        }
    }
}

/* The first part of each value is all of it, and has the value's number. */
static void parts_make(struct allocation *allocation) {
    uint32_t count = allocation->function->register_count;
    for (uint32_t value = 0; value < count; value++) {
        const struct allocate_value *at = &allocation->values[value];
        struct allocate_part part = {.value = value, .start = at->start, .ranges = at->ranges, .range = at->ranges, .place = IN_MEMORY};
        uint32_t last = at->ranges;
        while (last != 0 && allocation->ranges[last].next != 0)
            last = allocation->ranges[last].next;
        part.end = last == 0 ? 0 : allocation->ranges[last].to;
        part.next = ALLOCATE_NONE;
        ASSERT(last == 0 || allocation->ranges[at->ranges].from == at->start);
        allocation->parts[value] = part;
        allocation->values[value].part_count = 1;
    }
    allocation->part_array.count = count;
}

void allocate_uses(struct allocation *allocation) {
    const struct machine_function *function = allocation->function;
    uint32_t call_count = 0;
    for (uint32_t index = 0; index < function->instruction_count; index++)
        call_count += (function->instructions[index].flags & MACHINE_IS_CALL) != 0;
    allocation->order = allocate_room(allocation, function->register_count, sizeof *allocation->order);
    allocation->calls = allocate_room(allocation, call_count, sizeof *allocation->calls);
    if (!uses_place(allocation) || allocation->failed)
        return;
    for (uint32_t block = 0; block < function->block_count; block++) {
        const struct machine_block *at = &function->blocks[block];
        for (uint32_t phi = at->phis; phi < at->phis + at->phi_count; phi++)
            allocation->order[allocation->order_count++] = function->phis[phi].reg;
        for (uint32_t index = at->first; index < at->end; index++)
            uses_of_instruction(allocation, index);
        uses_of_phis(allocation, block);
    }
    parts_make(allocation);
}
