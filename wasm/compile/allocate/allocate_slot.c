/* Spill slots: values that are in memory at some time, by their start. A value prefers the slot of one that it becomes, or that became it,
   where the two are not alive at the same time: then moves between them vanish. So all that is one variable of the program mostly is in one slot.
   Else it gets a slot whose values have all ended. Wide values have slots of their own, behind the others. */
#include "wasm/compile/allocate/allocate.h"

/* Ranges that are looked at to find out whether a value fits into a slot that it prefers. */
#define FIT_STEPS_MAX 256u

struct slots {
    uint32_t *free_at; /* by slot: the end of its last value */
    uint32_t *ranges;  /* by slot: where it is taken, from the last value's start on */
    uint32_t *heap;    /* slots by free_at, of those that nobody took early */
    uint32_t *heap_at; /* the free_at that a slot had when it was put there; another now means it was taken */
    uint32_t *webs;    /* by value: one that it becomes in the end */
    uint32_t *wanted;  /* by such a value: the slot that one before was given */
    uint32_t count, heap_count;
    uint32_t phi; /* cursor: the first phi whose value was not looked at */
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

static bool value_wants_slot(const struct allocation *allocation, uint32_t value, bool is_wide) {
    const struct allocate_value *at = &allocation->values[value];
    return at->in_memory && !at->is_constant && (allocation->function->registers[value].width == 16) == is_wide;
}

/* ---- Ranges in which a slot is taken ---- */

/* The slot is the value's while it lives: what is stored once must be there at the next turn of a loop, too. */
static bool value_fits(struct allocation *allocation, const struct slots *slots, uint32_t value, uint32_t slot) {
    const struct allocate_range *ranges = allocation->ranges;
    uint32_t taken = slots->ranges[slot], step = 0;
    for (uint32_t part = value; part != ALLOCATE_NONE; part = allocation->parts[part].next)
        for (uint32_t range = allocation->parts[part].ranges; range != 0; range = ranges[range].next) {
            while (taken != 0 && ranges[taken].to <= ranges[range].from && step++ < FIT_STEPS_MAX)
                taken = ranges[taken].next;
            if (step++ >= FIT_STEPS_MAX || (taken != 0 && ranges[taken].from < ranges[range].to))
                return false;
        }
    return true;
}

/* Puts the value's ranges between those of the slot, which they do not meet; what touches becomes one. The value's lists are used up. */
static void value_take(struct allocation *allocation, struct slots *slots, uint32_t value, uint32_t slot) {
    struct allocate_range *ranges = allocation->ranges;
    uint32_t before = 0, after = slots->ranges[slot], next;
    while (after != 0 && ranges[after].to <= allocation->values[value].start)
        after = ranges[after].next;
    slots->ranges[slot] = after;
    for (uint32_t part = value; part != ALLOCATE_NONE; part = allocation->parts[part].next)
        for (uint32_t range = allocation->parts[part].ranges; range != 0; range = next) {
            next = ranges[range].next;
            for (; after != 0 && ranges[after].from < ranges[range].from; after = ranges[after].next)
                before = after;
            if (before != 0 && ranges[before].to == ranges[range].from) {
                ranges[before].to = ranges[range].to;
            } else {
                *(before == 0 ? &slots->ranges[slot] : &ranges[before].next) = range;
                before = range;
            }
            if (after != 0 && ranges[after].from == ranges[before].to) {
                ranges[before].to = ranges[after].to;
                after = ranges[after].next;
            }
            ranges[before].next = after;
        }
    uint32_t end = before == 0 ? 0 : ranges[before].to;
    slots->free_at[slot] = slots->free_at[slot] > end ? slots->free_at[slot] : end;
}

/* ---- Slots of values ---- */

/* What each value becomes in the end, as far as that comes later: a value's last successor is found before the value is. */
static void webs_find(struct allocation *allocation, struct slots *slots) {
    const struct allocate_value *values = allocation->values;
    for (uint32_t index = allocation->order_count; index-- > 0;) {
        uint32_t value = allocation->order[index], hint = values[value].hint;
        if (hint == 0 || values[hint].start == ALLOCATE_NONE)
            slots->webs[value] = value;
        else
            slots->webs[value] = values[hint].start > values[value].start ? slots->webs[hint] : hint;
    }
}

/* The slot in which most of a phi's operands are, if there is one; otherwise any that they have, or none. */
static uint32_t phi_slot(const struct allocation *allocation, const struct machine_phi *phi) {
    const struct machine_function *function = allocation->function;
    const struct machine_block *at = &function->blocks[block_at(allocation, allocation->values[phi->reg].start)];
    uint32_t slot = ALLOCATE_NONE, votes = 0;
    for (uint32_t index = 0; index < at->predecessor_count; index++) {
        uint32_t other = allocation->values[function->words[phi->operands + index]].slot;
        if (other == ALLOCATE_NONE)
            continue;
        if (votes == 0)
            slot = other;
        votes = other == slot ? votes + 1 : votes - 1;
    }
    return slot;
}

static void slot_give(struct allocation *allocation, struct slots *slots, uint32_t value, uint32_t wanted) {
    uint32_t web = slots->webs[slots->webs[value]], slot = wanted;
    if (slot == ALLOCATE_NONE || !value_fits(allocation, slots, value, slot))
        slot = slots->wanted[web];
    if (slot == ALLOCATE_NONE || !value_fits(allocation, slots, value, slot)) {
        slot = slot_find(slots, allocation->values[value].start);
        value_take(allocation, slots, value, slot);
        heap_push(slots, slot);
    } else {
        value_take(allocation, slots, value, slot);
    }
    allocation->values[value].slot = slot;
    slots->wanted[web] = slot;
}

static void slots_give(struct allocation *allocation, struct slots *slots, bool is_wide) {
    for (uint32_t index = 0; index < allocation->order_count; index++) {
        uint32_t value = allocation->order[index];
        const struct machine_phi *phi = NULL;
        if (allocation->values[value].start % STEPS == STEP_BETWEEN)
            phi = &allocation->function->phis[slots->phi++];
        ASSERT(phi == NULL || phi->reg == value);
        if (value_wants_slot(allocation, value, is_wide))
            slot_give(allocation, slots, value, phi == NULL ? ALLOCATE_NONE : phi_slot(allocation, phi));
    }
}

/* Returns the number of slots of one width. */
static uint32_t slots_of_width(struct allocation *allocation, bool is_wide) {
    uint32_t count = 0, registers = allocation->function->register_count;
    for (uint32_t index = 0; index < allocation->order_count; index++)
        count += value_wants_slot(allocation, allocation->order[index], is_wide);
    if (count == 0)
        return 0;
    struct slots slots = {
        .free_at = allocate_room(allocation, count, sizeof(uint32_t)),
        .ranges = allocate_table(allocation, count, sizeof(uint32_t)),
        .heap = allocate_room(allocation, count, sizeof(uint32_t)),
        .heap_at = allocate_room(allocation, count, sizeof(uint32_t)),
        .webs = allocate_room(allocation, registers, sizeof(uint32_t)),
        .wanted = allocation->live_mark,
    };
    if (allocation->failed)
        return 0;
    memset(slots.wanted, 0xFF, registers * sizeof *slots.wanted);
    webs_find(allocation, &slots);
    slots_give(allocation, &slots, is_wide);
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
