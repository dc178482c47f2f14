/* Where lifetimes are cut: out of loops that do not use the value, before calls, and where a register is free again after them. */
#include "wasm/compile/allocate/allocate.h"

/* Blocks behind a loss of a register that are looked at for a way that did not lose it. */
#define RESUME_BLOCK_COUNT 12u
/* A use in a loop counts as this many shifts more than one outside. */
#define LOOP_WEIGHT_SHIFT 3u
#define LOOP_WEIGHT_MAX   30u

/* ---- Looking around ---- */

uint32_t loop_from(const struct allocation *allocation, uint32_t header) {
    return position_of(allocation->function->blocks[header].first, STEP_BETWEEN);
}

uint32_t loop_to(const struct allocation *allocation, uint32_t header) {
    const struct machine_block *blocks = allocation->function->blocks;
    return position_of(blocks[blocks[header].loop_end - 1].end, STEP_BETWEEN);
}

uint32_t block_at(const struct allocation *allocation, uint32_t position) {
    return allocation->block_of[position / STEPS];
}

static uint32_t loop_at(const struct allocation *allocation, uint32_t position) {
    return allocation->blocks[block_at(allocation, position)].loop;
}

uint32_t call_after(const struct allocation *allocation, uint32_t position) {
    const uint32_t *calls = allocation->calls;
    uint32_t low = allocation->call, step = 1, high = low;
    while (high < allocation->call_count && calls[high] < position) {
        low = high + 1;
        high += step;
        step *= 2;
    }
    high = high < allocation->call_count ? high : allocation->call_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (calls[middle] < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low < allocation->call_count ? calls[low] : ALLOCATE_NONE;
}

uint32_t use_from(struct allocation *allocation, uint32_t value, uint32_t position) {
    struct allocate_value *at = &allocation->values[value];
    const struct allocate_use *uses = allocation->uses;
    while (at->use < at->use_end && uses[at->use].position < allocation->position)
        at->use++;
    uint32_t use = at->use;
    while (use < at->use_end && uses[use].position < position)
        use++;
    allocation->work += use - at->use;
    return use;
}

/* The position of the last use before a use, or 0. */
static uint32_t use_before(const struct allocation *allocation, uint32_t value, uint32_t use) {
    return use > allocation->values[value].uses ? allocation->uses[use - 1].position : 0;
}

/* ---- Scores ---- */

/* The next use seen from a position, and how many loops around the position do not go on to it. What was used in a loop before, and comes from
   outside, is used again at the loop's end. */
static uint32_t use_seen(const struct allocation *allocation, uint32_t value, uint32_t use, uint32_t position, uint32_t *left) {
    const struct allocate_value *at = &allocation->values[value];
    uint32_t next = use < at->use_end ? allocation->uses[use].position : ALLOCATE_NONE;
    uint32_t last = use_before(allocation, value, use), loop = loop_at(allocation, position);
    *left = 0;
    for (; loop != ALLOCATE_NONE; loop = allocation->blocks[loop].parent) {
        uint32_t to = loop_to(allocation, loop), from = loop_from(allocation, loop);
        if (next < to)
            break;
        if (at->start < from && last >= from)
            return to - 1;
        ++*left;
    }
    return next == ALLOCATE_NONE ? position_of(allocation->function->instruction_count, STEP_BETWEEN) : next;
}

uint64_t spill_score(struct allocation *allocation, uint32_t value, uint32_t position) {
    uint32_t use = use_from(allocation, value, position), left;
    uint32_t next = use_seen(allocation, value, use, position, &left);
    const struct allocate_value *at = &allocation->values[value];
    uint64_t score = 4ull * ((next - position) / STEPS + 1);
    if (at->is_constant)
        score *= 2;
    else if (at->in_memory)
        score += score / 2;
    if (use < at->use_end && allocation->uses[use].position == next && allocation->uses[use].kind != USE_REGISTER)
        score += score / 2;
    uint32_t shift = left * LOOP_WEIGHT_SHIFT;
    return score << (shift < LOOP_WEIGHT_MAX ? shift : LOOP_WEIGHT_MAX);
}

/* ---- Cutting ---- */

/* Cuts the list of ranges: those from the position on are the result. */
static uint32_t ranges_split(struct allocation *allocation, uint32_t part, uint32_t position) {
    struct allocate_part *at = &allocation->parts[part];
    struct allocate_range *ranges = allocation->ranges;
    uint32_t range = at->range != 0 && ranges[at->range].from < position ? at->range : at->ranges;
    ASSERT(ranges[range].from < position);
    while (ranges[range].next != 0 && ranges[ranges[range].next].from < position) {
        range = ranges[range].next;
        allocation->work++;
    }
    uint32_t rest = ranges[range].next;
    if (ranges[range].to > position) {
        struct allocate_array *array = &allocation->range_array;
        if (array->count == array->capacity && !allocate_grow(allocation, array, &allocation->ranges))
            return 0;
        ranges = allocation->ranges;
        rest = array->count++;
        ranges[rest] = (struct allocate_range){.from = position, .to = ranges[range].to, .next = ranges[range].next};
        ranges[range].to = position;
    }
    ranges[range].next = 0;
    at->end = ranges[range].to;
    if (at->range != 0 && ranges[at->range].from >= position)
        at->range = 0;
    return rest;
}

uint32_t part_split(struct allocation *allocation, uint32_t part, uint32_t position) {
    struct allocate_array *array = &allocation->part_array;
    ASSERT(position > allocation->parts[part].start && position < allocation->parts[part].end);
    if (array->count == array->capacity && !allocate_grow(allocation, array, &allocation->parts))
        return part;
    struct allocate_part *at = &allocation->parts[part];
    struct allocate_part made = {.value = at->value, .end = at->end, .next = at->next, .place = IN_MEMORY};
    made.ranges = made.range = ranges_split(allocation, part, position);
    if (allocation->failed)
        return part;
    made.start = allocation->ranges[made.ranges].from;
    uint32_t index = array->count++;
    at->next = index;
    allocation->parts[index] = made;
    allocation->values[made.value].is_split = true;
    allocation->has_splits = true;
    allocation->values[made.value].part_count++;
    return index;
}

/* ---- Queue: a heap by start, then by number ---- */

static bool queue_before(const struct allocation *allocation, uint32_t left, uint32_t right) {
    const struct allocate_part *parts = allocation->parts;
    return parts[left].start != parts[right].start ? parts[left].start < parts[right].start : left < right;
}

void queue_push(struct allocation *allocation, uint32_t part) {
    struct allocate_array *array = &allocation->queue_array;
    if (allocation->failed || (allocation->queue_count == array->capacity && !allocate_grow(allocation, array, &allocation->queue)))
        return;
    ASSERT(allocation->parts[part].start > allocation->position);
    uint32_t *queue = allocation->queue, at = allocation->queue_count++;
    for (; at > 0 && queue_before(allocation, part, queue[(at - 1) / 2]); at = (at - 1) / 2)
        queue[at] = queue[(at - 1) / 2];
    queue[at] = part;
}

/* ---- Back into a register ---- */

static bool range_covers(const struct allocation *allocation, uint32_t part, uint32_t position) {
    const struct allocate_range *ranges = allocation->ranges;
    for (uint32_t range = allocation->parts[part].ranges; range != 0 && ranges[range].from <= position; range = ranges[range].next)
        if (position < ranges[range].to)
            return true;
    return false;
}

/* The first block behind `from`, and before `to`, that is reached from a place where `before`, the part in front, has its register: when
   the loss was on a side way (a call, mostly), the other way pays nothing. ALLOCATE_NONE when there is none. */
static uint32_t resume_position(struct allocation *allocation, uint32_t before, uint32_t from, uint32_t to) {
    const struct machine_function *function = allocation->function;
    const struct allocate_part *front = &allocation->parts[before];
    uint32_t first = block_at(allocation, from) + 1, last = block_at(allocation, to), depth = allocation->blocks[last].depth;
    for (uint32_t block = first; block <= last && block < first + RESUME_BLOCK_COUNT; block++) {
        const struct machine_block *at = &function->blocks[block];
        uint32_t start = position_of(at->first, STEP_BETWEEN);
        if (allocation->blocks[block].depth > depth || call_after(allocation, start) < to)
            continue;
        for (uint32_t index = 0; index < at->predecessor_count && index < RESUME_BLOCK_COUNT; index++) {
            uint32_t end = position_of(function->blocks[function->words[at->predecessors + index]].end, STEP_BETWEEN);
            if (end - 1 < front->end && end - 1 >= front->start && range_covers(allocation, before, end - 1))
                return start;
        }
    }
    return ALLOCATE_NONE;
}

/* Where the value comes back for a use: before the outermost loop that is not around `from`, when no call takes it away again. */
static uint32_t reload_position(struct allocation *allocation, uint32_t before, uint32_t from, uint32_t use) {
    uint32_t best = ALLOCATE_NONE;
    for (uint32_t loop = loop_at(allocation, use); loop != ALLOCATE_NONE; loop = allocation->blocks[loop].parent) {
        uint32_t start = loop_from(allocation, loop);
        if (start <= from || call_after(allocation, start) < use)
            break;
        best = start;
    }
    if (best == ALLOCATE_NONE && before != ALLOCATE_NONE && block_at(allocation, from) != block_at(allocation, use))
        best = resume_position(allocation, before, from, use);
    return best == ALLOCATE_NONE || best > position_between(use) ? position_between(use) : best;
}

/* Whether a use is worth a register: when it needs one, when others follow, or when it is in a loop that the position is not in. */
static bool use_wants_register(const struct allocation *allocation, uint32_t use, uint32_t use_end, uint32_t from) {
    const struct allocate_use *at = &allocation->uses[use];
    if (at->kind == USE_REGISTER)
        return true;
    if (at->kind == USE_MAKES || position_between(at->position) <= from)
        return false;
    uint32_t loop = loop_at(allocation, at->position);
    if (loop != ALLOCATE_NONE && loop_from(allocation, loop) > from &&
        call_after(allocation, loop_from(allocation, loop)) >= loop_to(allocation, loop))
        return true;
    return at->kind == USE_ANYWHERE && use + 1 < use_end && at[1].position < call_after(allocation, at->position);
}

/* `before`: the part in front, when it has a register; else ALLOCATE_NONE. */
static void part_to_memory(struct allocation *allocation, uint32_t part, uint32_t from, uint32_t before) {
    struct allocate_part *at = &allocation->parts[part];
    uint32_t value = at->value, end = at->end, start = at->start;
    from = from > start ? from : start;
    uint32_t use = use_from(allocation, value, from), use_end = allocation->values[value].use_end;
    while (use < use_end && allocation->uses[use].position < end && !use_wants_register(allocation, use, use_end, from)) {
        allocation->work++;
        use++;
    }
    if (use < use_end && allocation->uses[use].position < end) {
        uint32_t position = reload_position(allocation, before, from, allocation->uses[use].position);
        /* Behind a hole in the lifetime it may be wanted at once. */
        queue_push(allocation, position > start ? part_split(allocation, part, position) : part);
        if (position <= start)
            return;
    }
    allocation->parts[part].place = IN_MEMORY;
    allocation->parts[part].range = 0;
    allocation->values[value].in_memory = allocation->has_memory = true;
}

void part_spill(struct allocation *allocation, uint32_t part, uint32_t from) {
    part_to_memory(allocation, part, from, ALLOCATE_NONE);
}

/* ---- Out of a register ---- */

/* Where a part that has no use between `last` and a position gives up its register: before the loops that are around the position only. */
static uint32_t memory_position(const struct allocation *allocation, uint32_t start, uint32_t last, uint32_t position) {
    uint32_t from = position, loop = loop_at(allocation, position);
    for (; loop != ALLOCATE_NONE; loop = allocation->blocks[loop].parent) {
        uint32_t before = loop_from(allocation, loop);
        if (before <= last || before <= start)
            break;
        from = before;
    }
    return from;
}

void part_evict(struct allocation *allocation, uint32_t part, uint32_t position) {
    const struct allocate_part *at = &allocation->parts[part];
    uint32_t start = at->start, value = at->value;
    uint32_t use = use_from(allocation, value, position), last = use_before(allocation, value, use);
    bool is_unused = last < start || allocation->uses[use - 1].kind == USE_MAKES;
    if (is_unused || position <= start) {
        part_to_memory(allocation, part, position, ALLOCATE_NONE);
        return;
    }
    uint32_t from = memory_position(allocation, start, last, position);
    uint32_t rest = part_split(allocation, part, from);
    if (!allocation->failed)
        part_to_memory(allocation, rest, position, part);
}

void part_cut(struct allocation *allocation, uint32_t part, uint32_t limit, bool is_call) {
    uint32_t start = allocation->parts[part].start, value = allocation->parts[part].value;
    uint32_t last = use_before(allocation, value, use_from(allocation, value, limit));
    uint32_t at = is_call ? limit : position_between(limit);
    bool is_lost = is_call || at <= start;
    at = memory_position(allocation, start, last, is_lost ? limit : at);
    uint32_t rest = part_split(allocation, part, at);
    if (allocation->failed)
        return;
    if (is_lost)
        part_to_memory(allocation, rest, limit, part);
    else
        queue_push(allocation, rest);
}
