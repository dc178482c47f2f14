/* The scan: parts in order of their start get a register that is free, or one of a part that can better do without it, or memory. */
#include "wasm/compile/allocate/allocate.h"

#define HINT_COUNT_MAX 5u
#define HINT_DEPTH_MAX 4u

/* The part that is being placed. */
struct candidate {
    uint32_t part, value;
    uint32_t start, end;
    uint32_t must;       /* it needs a register from its start up to this position */
    uint32_t next_use;   /* behind its definition; ALLOCATE_NONE = none in this part */
    uint32_t call_limit; /* the first call that it lives across; ALLOCATE_NONE = none */
    bool must_have;
    bool is_rest; /* not the first part of its value: it may meet parts that have a hole now */
};

/* ---- Registers over time ---- */

/* Brings the list of a register up to the scan's position; the next position at which something changes. */
static uint32_t list_advance(struct allocation *allocation, uint32_t reg) {
    const struct allocate_range *ranges = allocation->ranges;
    uint32_t *link = &allocation->lists[reg], next_event = ALLOCATE_NONE;
    allocation->busy &= ~(1ull << reg);
    while (*link != ALLOCATE_NONE) {
        struct allocate_part *part = &allocation->parts[*link];
        uint32_t range = part->range;
        allocation->work++;
        while (range != 0 && ranges[range].to <= allocation->position)
            range = ranges[range].next;
        part->range = range;
        if (range == 0) {
            *link = part->link;
            continue;
        }
        uint32_t event = ranges[range].from;
        if (event <= allocation->position) {
            allocation->busy |= 1ull << reg;
            allocation->occupants[reg] = *link;
            event = ranges[range].to;
        }
        next_event = event < next_event ? event : next_event;
        link = &part->link;
    }
    if (allocation->lists[reg] == ALLOCATE_NONE)
        allocation->listed &= ~(1ull << reg);
    return next_event;
}

static void scan_advance(struct allocation *allocation, uint32_t position) {
    allocation->position = position;
    while (allocation->call < allocation->call_count && allocation->calls[allocation->call] < position)
        allocation->call++;
    if (position < allocation->next_event)
        return;
    uint32_t next_event = ALLOCATE_NONE;
    for (uint64_t all = allocation->listed; all != 0; all &= all - 1) {
        uint32_t reg = (uint32_t)__builtin_ctzll(all), event = allocation->events[reg];
        if (event <= position)
            allocation->events[reg] = event = list_advance(allocation, reg);
        next_event = event < next_event ? event : next_event;
    }
    allocation->next_event = next_event;
}

/* The first position that is in both lists of ranges, or ALLOCATE_NONE. */
static uint32_t ranges_meet(struct allocation *allocation, uint32_t left, uint32_t right) {
    const struct allocate_range *ranges = allocation->ranges;
    while (left != 0 && right != 0) {
        if (ranges[left].from >= ranges[right].to)
            right = ranges[right].next;
        else if (ranges[right].from >= ranges[left].to)
            left = ranges[left].next;
        else
            return ranges[left].from > ranges[right].from ? ranges[left].from : ranges[right].from;
        allocation->work++;
    }
    return ALLOCATE_NONE;
}

/* The first range, from the scan's position on, in which a fixed operand has the register. */
static inline uint32_t fixed_next(struct allocation *allocation, uint32_t reg) {
    const struct allocate_range *ranges = allocation->ranges;
    uint32_t fixed = allocation->fixed[reg];
    if (fixed == 0 || ranges[fixed].to > allocation->position)
        return fixed;
    while (fixed != 0 && ranges[fixed].to <= allocation->position)
        fixed = ranges[fixed].next;
    allocation->fixed[reg] = fixed;
    return fixed;
}

/* Where a fixed operand, or a call, takes the register from the part. */
static inline uint32_t fixed_limit(struct allocation *allocation, const struct candidate *candidate, uint32_t reg) {
    uint32_t fixed = fixed_next(allocation, reg), limit = candidate->call_limit;
    if (fixed != 0 && allocation->ranges[fixed].from < candidate->end) {
        uint32_t meet = ranges_meet(allocation, allocation->parts[candidate->part].ranges, fixed);
        limit = meet < limit ? meet : limit;
    }
    return limit;
}

/* Where a part that has a hole now takes it. */
static uint32_t list_limit(struct allocation *allocation, const struct candidate *candidate, uint32_t reg, uint32_t limit) {
    for (uint32_t part = allocation->lists[reg]; part != ALLOCATE_NONE; part = allocation->parts[part].link) {
        uint32_t meet = ranges_meet(allocation, allocation->parts[candidate->part].ranges, allocation->parts[part].range);
        allocation->work++;
        limit = meet < limit ? meet : limit;
    }
    return limit;
}

/* Of a register that is not busy: up to where the part may have it. */
static inline uint32_t free_limit(struct allocation *allocation, const struct candidate *candidate, uint32_t reg) {
    uint32_t limit = fixed_limit(allocation, candidate, reg);
    if (candidate->is_rest && allocation->lists[reg] != ALLOCATE_NONE)
        return list_limit(allocation, candidate, reg, limit);
    return limit;
}

/* ---- Hints ---- */

/* The register of the value that this one becomes. */
static uint8_t hint_ahead(const struct allocation *allocation, uint32_t value) {
    for (uint32_t depth = 0; depth < HINT_DEPTH_MAX; depth++) {
        value = allocation->values[value].hint;
        if (value == 0)
            break;
        const struct allocate_value *at = &allocation->values[value];
        if (at->last_place != NO_REGISTER)
            return at->last_place;
        if (at->wish != NO_REGISTER)
            return at->wish;
        if (at->fixed_hint != NO_REGISTER)
            return at->fixed_hint;
    }
    return NO_REGISTER;
}

/* The register in which the last use of a part's value is fixed, when the part ends with it. */
static uint8_t hint_at_end(const struct allocation *allocation, const struct candidate *candidate) {
    const struct allocate_value *value = &allocation->values[candidate->value];
    const struct allocate_use *last = &allocation->uses[value->use_end - 1];
    if (value->fixed_hint == NO_REGISTER || last->kind != USE_COPIES || last->operand == USE_NO_OPERAND || last->position + 1 != candidate->end)
        return NO_REGISTER;
    return value->fixed_hint;
}

/* What a value becomes would like to be where it is. */
static void wish_spread(struct allocation *allocation, uint32_t value, uint8_t reg) {
    for (uint32_t depth = 0; depth < HINT_DEPTH_MAX; depth++) {
        value = allocation->values[value].hint;
        if (value == 0 || allocation->values[value].last_place != NO_REGISTER)
            return;
        bool is_phi = allocation->values[value].start % STEPS == STEP_BETWEEN;
        if (is_phi && allocation->values[value].wish != NO_REGISTER)
            return;
        allocation->values[value].wish = reg;
    }
}

/* ---- A free register ---- */

static void part_place(struct allocation *allocation, const struct candidate *candidate, uint32_t reg, uint32_t limit) {
    struct allocate_part *part = &allocation->parts[candidate->part];
    part->place = (uint8_t)reg;
    part->link = allocation->lists[reg];
    allocation->lists[reg] = candidate->part;
    allocation->busy |= 1ull << reg;
    allocation->listed |= 1ull << reg;
    allocation->occupants[reg] = candidate->part;
    allocation->values[candidate->value].last_place = (uint8_t)reg;
    wish_spread(allocation, candidate->value, (uint8_t)reg);
    bool is_call = limit == candidate->call_limit;
    /* When nobody reads it before the call, the register is free again at once; but there may be ways around a call in another block. */
    if (is_call && candidate->must_have && candidate->next_use > limit && candidate->must + 1 < limit &&
        block_at(allocation, candidate->start) == block_at(allocation, limit))
        limit = candidate->must + 1;
    if (limit < candidate->end)
        part_cut(allocation, candidate->part, limit, is_call);
    uint32_t to = allocation->ranges[allocation->parts[candidate->part].ranges].to;
    if (allocation->parts[candidate->part].link == ALLOCATE_NONE || to < allocation->events[reg])
        allocation->events[reg] = to;
    allocation->next_event = to < allocation->next_event ? to : allocation->next_event;
}

/* Whether a register that is there up to a limit is of use. */
static bool limit_serves(const struct candidate *candidate, uint32_t limit) {
    if (limit <= candidate->must)
        return false;
    return candidate->must_have || limit >= candidate->end || (candidate->next_use != ALLOCATE_NONE && limit > candidate->next_use);
}

static bool place_by_hint(struct allocation *allocation, const struct candidate *candidate, uint64_t registers) {
    const struct allocate_value *value = &allocation->values[candidate->value];
    uint8_t hints[HINT_COUNT_MAX] = {value->last_place, hint_at_end(allocation, candidate), hint_ahead(allocation, candidate->value),
                                     value->fixed_hint, value->wish};
    uint32_t block = block_at(allocation, candidate->start);
    /* At the begin of a block others expect a value where it was; inside of one it comes from memory. */
    if (hints[1] != NO_REGISTER && candidate->start != position_of(allocation->function->blocks[block].first, STEP_BETWEEN))
        hints[0] = hints[1];
    uint32_t goal = candidate->call_limit < candidate->end ? candidate->call_limit : candidate->end;
    for (uint32_t index = 0; index < HINT_COUNT_MAX; index++) {
        if (hints[index] == NO_REGISTER || (registers >> hints[index] & 1) == 0)
            continue;
        registers &= ~(1ull << hints[index]);
        uint32_t limit = free_limit(allocation, candidate, hints[index]);
        if (limit < goal || !limit_serves(candidate, limit))
            continue;
        part_place(allocation, candidate, hints[index], limit);
        return true;
    }
    return false;
}

/* The first register that is there for long enough, in the isa's order; else the one that is there for longest. */
static bool place_free(struct allocation *allocation, const struct candidate *candidate) {
    const struct machine_isa *isa = allocation->function->isa;
    uint32_t class = allocation->values[candidate->value].class;
    uint64_t registers = isa->allocatable[class] & ~allocation->busy;
    if (registers == 0)
        return false;
    if (place_by_hint(allocation, candidate, registers))
        return true;
    uint32_t best = NO_REGISTER, best_limit = 0;
    for (uint32_t index = 0; index < isa->preference_count[class] && best_limit < candidate->end; index++) {
        uint32_t reg = isa->preference[class][index];
        if ((registers >> reg & 1) == 0)
            continue;
        uint32_t limit = free_limit(allocation, candidate, reg);
        if (limit <= best_limit)
            continue;
        best = reg;
        best_limit = limit;
    }
    if (best == NO_REGISTER || !limit_serves(candidate, best_limit))
        return false;
    part_place(allocation, candidate, best, best_limit);
    return true;
}

/* ---- A register of another part ---- */

static bool part_is_bound(struct allocation *allocation, uint32_t part, uint32_t position) {
    uint32_t value = allocation->parts[part].value;
    const struct allocate_value *at = &allocation->values[value];
    for (uint32_t use = use_from(allocation, value, position); use < at->use_end; use++) {
        if (position_between(allocation->uses[use].position) > position)
            break;
        if (allocation->uses[use].kind == USE_REGISTER)
            return true;
    }
    return false;
}

/* How good it would be to take a register from those who have it; 0 = impossible. */
static uint64_t take_score(struct allocation *allocation, const struct candidate *candidate, uint32_t reg) {
    uint64_t best = UINT64_MAX;
    for (uint32_t part = allocation->lists[reg]; part != ALLOCATE_NONE; part = allocation->parts[part].link) {
        bool is_now = (allocation->busy >> reg & 1) != 0 && allocation->occupants[reg] == part;
        uint32_t range = allocation->parts[part].range;
        allocation->work++;
        if (range == 0 ||
            (!is_now && (!candidate->is_rest || ranges_meet(allocation, allocation->parts[candidate->part].ranges, range) == ALLOCATE_NONE)))
            continue;
        if (is_now && part_is_bound(allocation, part, candidate->start))
            return 0;
        uint64_t score = spill_score(allocation, allocation->parts[part].value, candidate->start);
        best = score < best ? score : best;
    }
    return best;
}

/* Takes the register from all parts that have it when the candidate needs it; they leave the list. */
static void take_from(struct allocation *allocation, const struct candidate *candidate, uint32_t reg) {
    uint32_t before = ALLOCATE_NONE;
    for (uint32_t part = allocation->lists[reg], next; part != ALLOCATE_NONE && !allocation->failed; part = next) {
        bool is_now = (allocation->busy >> reg & 1) != 0 && allocation->occupants[reg] == part;
        uint32_t range = allocation->parts[part].range;
        next = allocation->parts[part].link;
        if (range != 0 && !is_now &&
            (!candidate->is_rest || ranges_meet(allocation, allocation->parts[candidate->part].ranges, range) == ALLOCATE_NONE)) {
            before = part;
            continue;
        }
        if (before == ALLOCATE_NONE)
            allocation->lists[reg] = next;
        else
            allocation->parts[before].link = next;
        if (range != 0)
            part_evict(allocation, part, candidate->start);
    }
}

static void place_taken(struct allocation *allocation, const struct candidate *candidate) {
    const struct machine_isa *isa = allocation->function->isa;
    uint32_t class = allocation->values[candidate->value].class, best = NO_REGISTER, best_limit = 0;
    uint64_t best_score = candidate->must_have ? 0 : spill_score(allocation, candidate->value, candidate->start);
    for (uint32_t index = 0; index < isa->preference_count[class]; index++) {
        uint32_t reg = isa->preference[class][index], limit = fixed_limit(allocation, candidate, reg);
        if (!limit_serves(candidate, limit))
            continue;
        uint64_t score = take_score(allocation, candidate, reg);
        if (limit < candidate->end && limit != candidate->call_limit)
            score -= score / 4;
        if (score <= best_score)
            continue;
        best = reg;
        best_score = score;
        best_limit = limit;
    }
    if (best == NO_REGISTER) {
        /* An instruction that needs more registers than there are is the isa's mistake. */
        ASSERT(!candidate->must_have);
        part_spill(allocation, candidate->part, candidate->start);
        return;
    }
    take_from(allocation, candidate, best);
    if (!allocation->failed)
        part_place(allocation, candidate, best, best_limit);
}

/* ---- One part ---- */

/* The first call inside the part's ranges. */
static uint32_t part_call(const struct allocation *allocation, uint32_t part) {
    const struct allocate_range *ranges = allocation->ranges;
    if (allocation->call == allocation->call_count || allocation->calls[allocation->call] >= allocation->parts[part].end)
        return ALLOCATE_NONE;
    for (uint32_t range = allocation->parts[part].ranges; range != 0; range = ranges[range].next) {
        uint32_t call = call_after(allocation, ranges[range].from);
        if (call == ALLOCATE_NONE)
            return call;
        if (call < ranges[range].to)
            return call;
    }
    return ALLOCATE_NONE;
}

static struct candidate candidate_of(struct allocation *allocation, uint32_t part) {
    const struct allocate_part *at = &allocation->parts[part];
    const struct allocate_value *value = &allocation->values[at->value];
    struct candidate candidate = {.part = part, .value = at->value, .start = at->start, .end = at->end, .must = at->start, .next_use = ALLOCATE_NONE};
    candidate.call_limit = part_call(allocation, part);
    candidate.is_rest = part != at->value;
    uint32_t use = use_from(allocation, at->value, at->start);
    bool is_definition = !candidate.is_rest && at->start % STEPS != STEP_BETWEEN;
    for (uint32_t index = use; index < value->use_end; index++) {
        const struct allocate_use *here = &allocation->uses[index];
        if (position_between(here->position) > at->start)
            break;
        if (here->kind != USE_REGISTER)
            continue;
        candidate.must = here->position;
        candidate.must_have = true;
    }
    if (is_definition && use < value->use_end)
        use++;
    if (use < value->use_end && allocation->uses[use].position < at->end)
        candidate.next_use = allocation->uses[use].position;
    return candidate;
}

/* A value that no register would bring anything: across a call before its next use, or a constant that is made where it goes. */
static bool candidate_stays_out(const struct allocation *allocation, const struct candidate *candidate) {
    const struct allocate_value *value = &allocation->values[candidate->value];
    if (candidate->must_have)
        return false;
    if (candidate->call_limit != ALLOCATE_NONE && (candidate->next_use == ALLOCATE_NONE || candidate->next_use > candidate->call_limit))
        return true;
    if (!value->is_constant || candidate->is_rest)
        return false;
    return candidate->next_use == ALLOCATE_NONE || allocation->uses[value->uses + 1].kind <= USE_TIED_TOO;
}

/* Whether a value is in memory at a position that the scan has passed. */
static bool value_is_out(struct allocation *allocation, uint32_t value, uint32_t position) {
    const struct allocate_part *parts = allocation->parts;
    uint32_t part = value;
    if (!allocation->values[value].in_memory)
        return false;
    while (parts[part].next != ALLOCATE_NONE && parts[parts[part].next].start <= position) {
        allocation->work++;
        part = parts[part].next;
    }
    return parts[part].place == IN_MEMORY;
}

/* A phi is better off in memory where most of what comes together there is: one load behind it takes the place of many before. */
static bool phi_stays_out(struct allocation *allocation, const struct candidate *candidate) {
    const struct machine_function *function = allocation->function;
    if (candidate->is_rest || candidate->start % STEPS != STEP_BETWEEN)
        return false;
    const struct machine_phi *phi = &function->phis[allocation->phi++];
    uint32_t block = block_at(allocation, candidate->start);
    const struct machine_block *at = &function->blocks[block];
    ASSERT(phi->reg == candidate->value);
    if (at->loop_end != 0 || candidate->must_have)
        return false;
    uint64_t loads = 0, stores = block_weight(allocation, block);
    for (uint32_t index = 0; index < at->predecessor_count; index++) {
        uint32_t from = function->words[at->predecessors + index], value = function->words[phi->operands + index];
        uint32_t end = position_of(function->blocks[from].end, STEP_BETWEEN) - 1, weight = block_weight(allocation, from);
        if (allocation->values[value].is_constant)
            continue;
        *(value_is_out(allocation, value, end) ? &loads : &stores) += weight;
    }
    return loads > stores;
}

/* Behind its last use but for phis, and a hole, a value that was stored needs no register: it is cut there. */
static void part_end_early(struct allocation *allocation, uint32_t part) {
    const struct allocate_part *at = &allocation->parts[part];
    const struct allocate_value *value = &allocation->values[at->value];
    uint32_t range = at->ranges;
    if (!value->in_memory || value->is_constant || value->last_read < at->start || value->last_read >= at->end)
        return;
    while (range != 0 && allocation->ranges[range].from <= value->last_read)
        range = allocation->ranges[range].next;
    if (range != 0)
        part_split(allocation, part, allocation->ranges[range].from);
}

static void part_scan(struct allocation *allocation, uint32_t part) {
    scan_advance(allocation, allocation->parts[part].start);
    part_end_early(allocation, part);
    struct candidate candidate = candidate_of(allocation, part);
    if (phi_stays_out(allocation, &candidate) || candidate_stays_out(allocation, &candidate))
        part_spill(allocation, part, candidate.start);
    else if (!place_free(allocation, &candidate))
        place_taken(allocation, &candidate);
}

/* ---- All of them ---- */

static uint32_t queue_pop(struct allocation *allocation) {
    uint32_t *queue = allocation->queue, top = queue[0], last = queue[--allocation->queue_count], at = 0;
    const struct allocate_part *parts = allocation->parts;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= allocation->queue_count)
            break;
        if (child + 1 < allocation->queue_count && (parts[queue[child + 1]].start < parts[queue[child]].start ||
                                                    (parts[queue[child + 1]].start == parts[queue[child]].start && queue[child + 1] < queue[child])))
            child++;
        if (parts[queue[child]].start > parts[last].start || (parts[queue[child]].start == parts[last].start && queue[child] > last))
            break;
        queue[at] = queue[child];
        at = child;
    }
    queue[at] = last;
    return top;
}

void allocate_scan(struct allocation *allocation) {
    for (uint32_t reg = 0; reg < MACHINE_REGISTERS_MAX; reg++)
        allocation->lists[reg] = ALLOCATE_NONE;
    allocation->next_event = ALLOCATE_NONE;
    uint32_t next = 0;
    while (!allocate_is_over(allocation)) {
        bool has_first = next<allocation->order_count, has_rest = allocation->queue_count> 0;
        if (!has_first && !has_rest)
            break;
        if (has_rest && (!has_first || allocation->parts[allocation->queue[0]].start <= allocation->values[allocation->order[next]].start))
            part_scan(allocation, queue_pop(allocation));
        else
            part_scan(allocation, allocation->order[next++]);
    }
}
