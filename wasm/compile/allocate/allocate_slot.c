/* Spill slots: values that are in memory at some time, by their start, each in a slot that is free from its start to the end of its life.
   The slot of a value that it becomes, or that became it, is preferred: then a move between them vanishes. Wide values have slots of their own,
   behind the others. */
#include "wasm/compile/allocate/allocate.h"

struct slots {
    uint32_t *free_at; /* by slot: the end of its last value */
    uint32_t *heap;    /* slots by free_at, of those that nobody took early */
    uint32_t *heap_at; /* the free_at that a slot had when it was put there; another now means it was taken */
    uint32_t *hints;   /* by value: the slot of one that becomes it */
    uint32_t count, heap_count;
};

static bool heap_before(const struct slots *slots, uint32_t left, uint32_t right) {
    return slots->heap_at[left] != slots->heap_at[right] ? slots->heap_at[left] < slots->heap_at[right] : left < right;
}

static void heap_push(struct slots *slots, uint32_t slot) {
    uint32_t at = slots->heap_count++;
    slots->heap_at[slot] = slots->free_at[slot];
    for (; at > 0 && heap_before(slots, slot, slots->heap[(at - 1) / 2]); at = (at - 1) / 2)
        slots->heap[at] = slots->heap[(at - 1) / 2];
    slots->heap[at] = slot;
}

static uint32_t heap_pop(struct slots *slots) {
    uint32_t top = slots->heap[0], last = slots->heap[--slots->heap_count], at = 0;
    for (uint32_t child; (child = 2 * at + 1) < slots->heap_count; at = child) {
        if (child + 1 < slots->heap_count && heap_before(slots, slots->heap[child + 1], slots->heap[child]))
            child++;
        if (heap_before(slots, last, slots->heap[child]))
            break;
        slots->heap[at] = slots->heap[child];
    }
    slots->heap[at] = last;
    return top;
}

/* A slot whose last value has ended; each slot is in the heap once, so one that was taken by preference goes back with its new end. */
static uint32_t slot_find(struct slots *slots, uint32_t start) {
    while (slots->heap_count > 0 && slots->heap_at[slots->heap[0]] <= start) {
        uint32_t slot = heap_pop(slots);
        if (slots->free_at[slot] <= start)
            return slot;
        heap_push(slots, slot);
    }
    slots->free_at[slots->count] = 0;
    return slots->count++;
}

/* The slot is the value's from its start to here. What is stored once must be there at the next turn of a loop too; what is stored where
   it goes to memory is stored anew when it comes back from a register. */
static uint32_t value_memory_end(const struct allocation *allocation, uint32_t value) {
    uint32_t end = 0;
    for (uint32_t part = value; part != ALLOCATE_NONE; part = allocation->parts[part].next)
        if (allocation->parts[part].place == IN_MEMORY || !allocation->values[value].stores_late)
            end = allocation->parts[part].end;
    return end;
}

static bool value_wants_slot(const struct allocation *allocation, uint32_t value, bool is_wide) {
    const struct allocate_value *at = &allocation->values[value];
    return at->in_memory && !at->is_constant && (allocation->function->registers[value].width == 16) == is_wide;
}

static void slot_take(struct allocation *allocation, struct slots *slots, uint32_t value, bool is_wide) {
    struct allocate_value *at = &allocation->values[value];
    uint32_t ahead = at->hint, slot = slots->hints[value];
    bool has_ahead = ahead != 0 && value_wants_slot(allocation, ahead, is_wide);
    if (slot == ALLOCATE_NONE && has_ahead)
        slot = allocation->values[ahead].slot;
    if (slot == ALLOCATE_NONE || slots->free_at[slot] > at->start) {
        slot = slot_find(slots, at->start);
        slots->free_at[slot] = value_memory_end(allocation, value);
        heap_push(slots, slot);
    }
    slots->free_at[slot] = value_memory_end(allocation, value);
    at->slot = slot;
    if (has_ahead && allocation->values[ahead].slot == ALLOCATE_NONE)
        slots->hints[ahead] = slot;
}

/* Returns the number of slots of one width. */
static uint32_t slots_of_width(struct allocation *allocation, bool is_wide) {
    uint32_t count = 0;
    for (uint32_t index = 0; index < allocation->order_count; index++)
        count += value_wants_slot(allocation, allocation->order[index], is_wide);
    if (count == 0)
        return 0;
    struct slots slots = {
        .free_at = allocate_room(allocation, count, sizeof(uint32_t)),
        .heap = allocate_room(allocation, count, sizeof(uint32_t)),
        .heap_at = allocate_room(allocation, count, sizeof(uint32_t)),
        .hints = allocation->live_mark,
    };
    if (allocation->failed)
        return 0;
    memset(slots.hints, 0xFF, allocation->function->register_count * sizeof *slots.hints);
    for (uint32_t index = 0; index < allocation->order_count; index++)
        if (value_wants_slot(allocation, allocation->order[index], is_wide))
            slot_take(allocation, &slots, allocation->order[index], is_wide);
    return slots.count;
}

void allocate_slots(struct allocation *allocation) {
    struct machine_function *function = allocation->function;
    if (!allocation->has_memory)
        return;
    uint32_t narrow = slots_of_width(allocation, false), wide = slots_of_width(allocation, true);
    uint32_t wide_first = wide == 0 ? narrow : (narrow + 1) / 2 * 2;
    function->spill_slots = wide_first + 2 * wide;
    allocation->refused |= function->spill_slots > MACHINE_SLOTS_MAX;
    for (uint32_t value = 0; value < function->register_count && wide > 0; value++) {
        struct allocate_value *at = &allocation->values[value];
        if (function->registers[value].width == 16 && at->slot != ALLOCATE_NONE)
            at->slot = wide_first + 2 * at->slot;
    }
}
