/* The moves that follow from parts in different places: inside of blocks where one part ends and the next begins, on edges where a value is
   elsewhere at the two ends, into phis, and behind definitions. Decides where a value that is ever in memory is stored: once behind its
   definition, or wherever it goes to memory; what happens less often, by loops. */
#include "wasm/compile/allocate/allocate.h"

/* ---- Places ---- */

/* Parts of values that have several, by position. */
static bool table_make(struct allocation *allocation) {
    uint32_t used = 0;
    allocation->part_table = allocate_room(allocation, allocation->part_array.count, sizeof *allocation->part_table);
    if (allocation->part_table == NULL)
        return false;
    for (uint32_t index = 0; index < allocation->order_count; index++) {
        uint32_t value = allocation->order[index];
        if (!allocation->values[value].is_split)
            continue;
        allocation->values[value].places = used;
        for (uint32_t part = value; part != ALLOCATE_NONE; part = allocation->parts[part].next)
            allocation->part_table[used++] = part;
    }
    return true;
}

/* The part of a split value at a position, as a number in its table: mostly the one that was found last, or the next. */
static uint32_t table_find(const struct allocation *allocation, const struct allocate_value *at, uint32_t position) {
    const struct allocate_part *parts = allocation->parts;
    const uint32_t *table = allocation->part_table + at->places;
    uint32_t low = 0, high = at->part_count, near = at->place;
    if (parts[table[near]].start <= position) {
        if (near + 1 == high || parts[table[near + 1]].start > position)
            return near;
        low = near + 1;
        if (low + 1 == high || parts[table[low + 1]].start > position)
            return low;
    }
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (parts[table[middle]].start <= position)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint8_t place_at(struct allocation *allocation, uint32_t value, uint32_t position) {
    struct allocate_value *at = &allocation->values[value];
    if (!at->is_split)
        return allocation->parts[value].place;
    at->place = table_find(allocation, at, position);
    return allocation->parts[allocation->part_table[at->places + at->place]].place;
}

uint32_t location_of(const struct allocation *allocation, uint32_t value, uint8_t place) {
    if (place != IN_MEMORY)
        return place;
    const struct allocate_value *at = &allocation->values[value];
    if (at->is_constant)
        return MACHINE_NONE;
    ASSERT(at->slot != ALLOCATE_NONE);
    return MACHINE_SPILL + at->slot;
}

/* ---- Moves ---- */

void move_add(struct allocation *allocation, uint32_t instruction, struct allocate_move move) {
    if (move.to == move.from && move.to != IN_MEMORY)
        return;
    if (move.to == IN_MEMORY && (move.to_value == move.from_value ? move.from == IN_MEMORY : false))
        return;
    struct allocate_array *array = &allocation->move_array;
    if (array->count == array->capacity && !allocate_grow(allocation, array, &allocation->moves))
        return;
    move.next = allocation->move_heads[instruction];
    allocation->move_heads[instruction] = array->count;
    allocation->moves[array->count++] = move;
}

/* A value goes to another place. Into memory it is a store that may turn out to be made already. */
static void value_move(struct allocation *allocation, uint32_t instruction, uint32_t value, struct allocate_move move, uint32_t weight) {
    move.to_value = move.from_value = value;
    if (move.to == IN_MEMORY) {
        struct allocate_value *at = &allocation->values[value];
        if (at->is_constant || move.from == IN_MEMORY)
            return;
        move.is_late_store = true;
        at->store_cost = at->store_cost + weight < at->store_cost ? UINT32_MAX : at->store_cost + weight;
    }
    move_add(allocation, instruction, move);
}

/* ---- Inside of blocks ---- */

/* From one part to the next. At the begin of a block the edges see to it. */
static void part_moves(struct allocation *allocation, uint32_t value, uint32_t part) {
    const struct allocate_part *at = &allocation->parts[part];
    struct allocate_part *rest = &allocation->parts[at->next];
    uint32_t position = rest->start, instruction = position / STEPS, block = block_at(allocation, position);
    if (position == position_of(allocation->function->blocks[block].first, STEP_BETWEEN)) {
        rest->link = allocation->block_parts[block];
        allocation->block_parts[block] = at->next;
        return;
    }
    if (at->place == rest->place)
        return;
    static const uint8_t phases[STEPS] = {PHASE_SPLITS, PHASE_USES, PHASE_USES, PHASE_RESULTS};
    ASSERT(at->end == position && (rest->place == IN_MEMORY || position % STEPS == STEP_BETWEEN));
    struct allocate_move move = {.to = rest->place, .from = at->place, .phase = phases[position % STEPS]};
    value_move(allocation, instruction + (position % STEPS == STEP_AFTER), value, move, block_weight(allocation, block));
}

static void values_move(struct allocation *allocation) {
    for (uint32_t index = 0; index < allocation->order_count; index++) {
        uint32_t value = allocation->order[index];
        if (!allocation->values[value].is_split)
            continue;
        for (uint32_t part = value; allocation->parts[part].next != ALLOCATE_NONE; part = allocation->parts[part].next)
            part_moves(allocation, value, part);
    }
}

/* ---- Edges ---- */

struct edge {
    uint32_t from, to;
    uint32_t from_position, to_position; /* where values are before and behind it */
    uint32_t instruction;                /* where its moves stand */
    uint32_t weight;
    uint32_t number; /* of the edge, plus 1 */
    uint8_t phase;
};

static void edge_value(struct allocation *allocation, const struct edge *edge, uint32_t value, uint8_t from, uint8_t to) {
    if (from != to)
        value_move(allocation, edge->instruction, value, (struct allocate_move){.to = to, .from = from, .phase = edge->phase}, edge->weight);
}

/* The values of one live set. */
static void edge_live(struct allocation *allocation, const struct edge *edge, uint32_t block) {
    const struct allocate_block *at = &allocation->blocks[block];
    uint32_t *mark = allocation->live_mark;
    allocation->work += at->live_count;
    for (uint32_t item = at->live; item < at->live + at->live_count; item++) {
        uint32_t value = allocation->live_pool[item];
        if (!allocation->values[value].is_split || mark[value] == edge->number)
            continue;
        mark[value] = edge->number;
        uint8_t from = place_at(allocation, value, edge->from_position), to = place_at(allocation, value, edge->to_position);
        edge_value(allocation, edge, value, from, to);
    }
}

/* To the next block: only what begins with it can be elsewhere than before. */
static void edge_next(struct allocation *allocation, const struct edge *edge) {
    for (uint32_t part = allocation->block_parts[edge->to]; part != ALLOCATE_NONE; part = allocation->parts[part].link) {
        uint32_t value = allocation->parts[part].value;
        edge_value(allocation, edge, value, place_at(allocation, value, edge->from_position), allocation->parts[part].place);
    }
}

/* All values that are live at the begin of a block: those of its own, and of the loops around it. */
static void edge_far(struct allocation *allocation, const struct edge *edge) {
    edge_live(allocation, edge, edge->to);
    for (uint32_t loop = allocation->blocks[edge->to].loop; loop != ALLOCATE_NONE; loop = allocation->blocks[loop].parent)
        if (loop != edge->to)
            edge_live(allocation, edge, loop);
}

static void edge_phis(struct allocation *allocation, const struct edge *edge) {
    const struct machine_function *function = allocation->function;
    const struct machine_block *target = &function->blocks[edge->to];
    for (uint32_t phi = target->phis; phi < target->phis + target->phi_count; phi++) {
        uint32_t to = function->phis[phi].reg, from = function->words[function->phis[phi].operands + edge_slot(allocation, edge->from, edge->to)];
        if (allocation->values[to].uses == allocation->values[to].use_end)
            continue;
        struct allocate_move move = {
            .to_value = to,
            .from_value = from,
            .to = place_at(allocation, to, edge->to_position),
            .from = place_at(allocation, from, edge->from_position),
            .phase = edge->phase,
        };
        move_add(allocation, edge->instruction, move);
    }
}

static void edge_moves(struct allocation *allocation, uint32_t from, uint32_t to, uint32_t number) {
    const struct machine_function *function = allocation->function;
    const struct machine_block *source = &function->blocks[from], *target = &function->blocks[to];
    uint32_t from_weight = block_weight(allocation, from), to_weight = block_weight(allocation, to);
    struct edge edge = {
        .from = from,
        .to = to,
        .from_position = position_of(source->end, STEP_BETWEEN) - 1,
        .to_position = position_of(target->first, STEP_BETWEEN),
        .weight = from_weight < to_weight ? from_weight : to_weight,
        .number = number,
        .instruction = target->first,
        .phase = PHASE_ENTER,
    };
    if (target->predecessor_count > 1) {
        edge.instruction = source->end - 1;
        edge.phase = PHASE_LEAVE;
        while (edge.instruction > source->first && (function->instructions[edge.instruction - 1].flags & MACHINE_IS_END) != 0)
            edge.instruction--;
    }
    if (to == from + 1)
        edge_next(allocation, &edge);
    else if (allocation->has_splits)
        edge_far(allocation, &edge);
    edge_phis(allocation, &edge);
}

static void edges_move(struct allocation *allocation) {
    const struct machine_function *function = allocation->function;
    uint32_t number = 0;
    memset(allocation->live_mark, 0, function->register_count * sizeof *allocation->live_mark);
    for (uint32_t block = 0; block < function->block_count && !allocate_is_over(allocation); block++) {
        const struct machine_block *at = &function->blocks[block];
        for (uint32_t index = 0; index < at->successor_count; index++)
            edge_moves(allocation, block, function->words[at->successors + index], ++number);
    }
}

/* ---- Behind definitions ---- */

/* The store of a value that is in a register at first: where fixed results go to their places, or before the block's first instruction. */
static void definition_store(struct allocation *allocation, uint32_t value) {
    struct allocate_value *at = &allocation->values[value];
    if (at->is_constant || !at->in_memory || allocation->parts[value].place == IN_MEMORY)
        return;
    uint32_t block = block_at(allocation, at->start);
    if (at->store_cost <= block_weight(allocation, block)) {
        at->stores_late = true;
        return;
    }
    bool is_phi = at->start % STEPS == STEP_BETWEEN;
    struct allocate_move move = {
        .to_value = value, .from_value = value, .to = IN_MEMORY, .from = allocation->parts[value].place, .phase = PHASE_RESULTS};
    if (at->start % STEPS == STEP_AFTER) {
        const struct allocate_use *made = &allocation->uses[at->uses];
        move.from = operand_fixed_to(allocation->function->operands + allocation->function->instructions[at->start / STEPS].operands,
                                     &allocation->function->operands[made->operand]);
    }
    move_add(allocation, at->start / STEPS + !is_phi, move);
}

/* A fixed result goes from its register to the place of the value. */
static void definition_move(struct allocation *allocation, uint32_t value) {
    const struct allocate_value *at = &allocation->values[value];
    if (at->start % STEPS != STEP_AFTER)
        return;
    const struct machine_function *function = allocation->function;
    const struct machine_operand *operands = function->operands + function->instructions[at->start / STEPS].operands;
    uint8_t fixed = operand_fixed_to(operands, &function->operands[allocation->uses[at->uses].operand]);
    /* A place that it loses at once, or that nobody reads. */
    if (at->use_end - at->uses == 1)
        return;
    struct allocate_move move = {.to_value = value, .from_value = value, .to = allocation->parts[value].place, .from = fixed, .phase = PHASE_RESULTS};
    if (move.to != IN_MEMORY || !at->is_constant)
        move_add(allocation, at->start / STEPS + 1, move);
}

void allocate_resolve(struct allocation *allocation) {
    const struct machine_function *function = allocation->function;
    allocation->move_heads = allocate_room(allocation, function->instruction_count, sizeof *allocation->move_heads);
    allocation->block_parts = allocate_room(allocation, function->block_count, sizeof *allocation->block_parts);
    if (allocation->failed || !table_make(allocation))
        return;
    memset(allocation->move_heads, 0xFF, ((size_t)function->instruction_count + 1) * sizeof *allocation->move_heads);
    memset(allocation->block_parts, 0xFF, function->block_count * sizeof *allocation->block_parts);
    values_move(allocation);
    edges_move(allocation);
    for (uint32_t index = 0; index < allocation->order_count; index++) {
        definition_move(allocation, allocation->order[index]);
        definition_store(allocation, allocation->order[index]);
    }
}
