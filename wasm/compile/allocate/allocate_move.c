/* Moves in order. Those of one place and phase happen at once; here they become a sequence: first what nobody has yet to read is
   overwritten, then each cycle is opened through the scratch register of its class. A move between two slots goes through a scratch
   register, of the other class while a cycle is open. Constants come last. */
#include "wasm/compile/allocate/allocate.h"

struct item {
    uint32_t to, from; /* locations; from = MACHINE_NONE: a constant */
    uint32_t value;    /* that is moved: class, width, constant */
    bool is_done;
};

struct mover {
    struct allocation *allocation;
    struct item *items; /* of one phase */
    uint32_t count, capacity;
    uint32_t *readers; /* by location: items that have yet to read it */
    uint32_t *writer;  /* by location: the item that writes it, plus 1 */
    uint32_t *reader;  /* by location: one item that reads it, plus 1 */
    uint32_t *ready;   /* stack of items whose target nobody has yet to read */
    uint32_t instruction;
    uint8_t open_class; /* of the scratch register that holds a value, or MACHINE_CLASSES */
};

/* ---- Output ---- */

static void emit(struct mover *mover, struct machine_move move) {
    struct machine_function *function = mover->allocation->function;
    struct allocate_array array = {function->moves, function->move_count, function->move_capacity, sizeof *function->moves};
    if (array.count == array.capacity && !allocate_grow(mover->allocation, &array, &function->moves))
        return;
    function->move_capacity = array.capacity;
    move.before = mover->instruction;
    function->moves[function->move_count++] = move;
}

static void emit_copy(struct mover *mover, uint32_t to, uint32_t from, uint8_t class, uint8_t width) {
    emit(mover, (struct machine_move){.to = to, .from = from, .class = class, .width = width});
}

static void emit_constant(struct mover *mover, const struct item *item) {
    const struct machine_register *reg = &mover->allocation->function->registers[item->value];
    bool fits = reg->class != MACHINE_GENERAL || reg->width <= 4 || (int64_t)reg->constant == (int32_t)reg->constant;
    struct machine_move move = {.to = item->to, .from = MACHINE_NONE, .class = reg->class, .width = reg->width, .constant = reg->constant};
    if (item->to < MACHINE_SPILL || fits) {
        emit(mover, move);
        return;
    }
    move.to = mover->allocation->function->isa->scratch[MACHINE_GENERAL];
    emit(mover, move);
    emit_copy(mover, item->to, move.to, reg->class, reg->width);
}

static void emit_item(struct mover *mover, const struct item *item) {
    const struct machine_register *reg = &mover->allocation->function->registers[item->value];
    const uint8_t *scratch = mover->allocation->function->isa->scratch;
    if (item->to < MACHINE_SPILL || item->from < MACHINE_SPILL) {
        emit_copy(mover, item->to, item->from, reg->class, reg->width);
        return;
    }
    uint8_t class =
        mover->open_class == MACHINE_GENERAL || (mover->open_class == MACHINE_CLASSES && reg->width == 16) ? MACHINE_VECTOR : MACHINE_GENERAL;
    uint8_t width = class == MACHINE_VECTOR || reg->width < 16 ? reg->width : 8;
    for (uint32_t done = 0; done < reg->width; done += width) {
        emit_copy(mover, scratch[class], item->from + done / 8, class, width);
        emit_copy(mover, item->to + done / 8, scratch[class], class, width);
    }
}

/* ---- One phase ---- */

static void item_done(struct mover *mover, uint32_t index, uint32_t *ready_count) {
    struct item *item = &mover->items[index];
    emit_item(mover, item);
    item->is_done = true;
    mover->writer[item->to] = 0;
    uint32_t writer = mover->writer[item->from];
    if (--mover->readers[item->from] == 0 && writer != 0)
        mover->ready[(*ready_count)++] = writer - 1;
}

/* What is left are cycles, in which each location is read once: the target's content is set aside, and its reader reads it there. */
static void cycle_open(struct mover *mover, uint32_t index) {
    struct item *item = &mover->items[index], *reader = &mover->items[mover->reader[item->to] - 1];
    const struct machine_function *function = mover->allocation->function;
    const struct machine_register *reg = &function->registers[reader->value];
    uint32_t scratch = function->isa->scratch[reg->class];
    emit_copy(mover, scratch, item->to, reg->class, reg->width);
    mover->open_class = reg->class;
    mover->readers[item->to] = 0;
    mover->readers[scratch] = 1;
    reader->from = scratch;
}

static void items_order(struct mover *mover) {
    uint32_t ready_count = 0;
    for (uint32_t index = 0; index < mover->count; index++)
        if (!mover->items[index].is_done && mover->readers[mover->items[index].to] == 0)
            mover->ready[ready_count++] = index;
    while (ready_count > 0)
        item_done(mover, mover->ready[--ready_count], &ready_count);
    for (uint32_t index = 0; index < mover->count; index++)
        if (!mover->items[index].is_done)
            mover->reader[mover->items[index].from] = index + 1;
    for (uint32_t index = 0; index < mover->count; index++) {
        if (mover->items[index].is_done)
            continue;
        cycle_open(mover, index);
        mover->ready[ready_count++] = index;
        while (ready_count > 0)
            item_done(mover, mover->ready[--ready_count], &ready_count);
        mover->open_class = MACHINE_CLASSES;
    }
}

static void items_flush(struct mover *mover) {
    if (mover->count == 1) {
        if (mover->items[0].from == MACHINE_NONE)
            emit_constant(mover, &mover->items[0]);
        else
            emit_item(mover, &mover->items[0]);
        mover->count = 0;
        return;
    }
    for (uint32_t index = 0; index < mover->count; index++) {
        struct item *item = &mover->items[index];
        item->is_done = item->from == MACHINE_NONE;
        if (item->is_done)
            continue;
        mover->readers[item->from]++;
        ASSERT(mover->writer[item->to] == 0);
        mover->writer[item->to] = index + 1;
    }
    items_order(mover);
    for (uint32_t index = 0; index < mover->count; index++)
        if (mover->items[index].from == MACHINE_NONE)
            emit_constant(mover, &mover->items[index]);
    mover->count = 0;
}

/* ---- All of them ---- */

/* The same move may have been asked for twice: a value that is two operands fixed to one register. */
static bool item_is_known(const struct mover *mover, uint32_t to, uint32_t from) {
    for (uint32_t index = mover->count; index-- > 0 && index + 8 > mover->count;)
        if (mover->items[index].to == to && mover->items[index].from == from)
            return true;
    return false;
}

/* A store of what was stored into this slot once already, behind its definition. */
static bool item_is_stored(const struct allocation *allocation, const struct allocate_move *move) {
    const struct allocate_value *from = &allocation->values[move->from_value];
    if (move->is_late_store)
        return !from->stores_late;
    return move->to == IN_MEMORY && move->to_value != move->from_value && from->in_memory && !from->stores_late && !from->is_constant &&
           from->slot == allocation->values[move->to_value].slot;
}

static void item_add(struct mover *mover, const struct allocate_move *move) {
    const struct allocation *allocation = mover->allocation;
    if (item_is_stored(allocation, move))
        return;
    uint32_t to = location_of(allocation, move->to_value, move->to), from = location_of(allocation, move->from_value, move->from);
    if (to == from || item_is_known(mover, to, from))
        return;
    ASSERT(mover->count < mover->capacity);
    mover->items[mover->count++] = (struct item){.to = to, .from = from, .value = move->from_value};
}

static void instruction_moves(struct mover *mover, uint32_t instruction) {
    const struct allocation *allocation = mover->allocation;
    uint32_t head = allocation->move_heads[instruction], phases = 0;
    mover->instruction = instruction;
    for (uint32_t at = head; at != ALLOCATE_NONE; at = allocation->moves[at].next)
        phases |= 1u << allocation->moves[at].phase;
    for (; phases != 0; phases &= phases - 1) {
        uint32_t phase = (uint32_t)__builtin_ctz(phases);
        for (uint32_t at = head; at != ALLOCATE_NONE; at = allocation->moves[at].next)
            if (allocation->moves[at].phase == phase)
                item_add(mover, &allocation->moves[at]);
        if (mover->count > 0)
            items_flush(mover);
    }
}

/* The most moves at one instruction. */
static uint32_t moves_most(const struct allocation *allocation) {
    uint32_t most = 0;
    for (uint32_t instruction = 0; instruction < allocation->function->instruction_count; instruction++) {
        uint32_t count = 0;
        for (uint32_t at = allocation->move_heads[instruction]; at != ALLOCATE_NONE; at = allocation->moves[at].next)
            count++;
        most = count > most ? count : most;
    }
    return most;
}

void allocate_moves(struct allocation *allocation) {
    const struct machine_function *function = allocation->function;
    if (allocation->move_array.count == 0)
        return;
    uint32_t locations = MACHINE_SPILL + function->spill_slots, most = moves_most(allocation);
    struct mover mover = {
        .allocation = allocation,
        .items = allocate_room(allocation, most, sizeof(struct item)),
        .capacity = most,
        .readers = allocate_table(allocation, locations, sizeof(uint32_t)),
        .writer = allocate_table(allocation, locations, sizeof(uint32_t)),
        .reader = allocate_room(allocation, locations, sizeof(uint32_t)),
        .ready = allocate_room(allocation, most, sizeof(uint32_t)),
        .open_class = MACHINE_CLASSES,
    };
    if (allocation->failed)
        return;
    for (uint32_t instruction = 0; instruction < function->instruction_count && !allocation->failed; instruction++)
        if (allocation->move_heads[instruction] != ALLOCATE_NONE)
            instruction_moves(&mover, instruction);
}
