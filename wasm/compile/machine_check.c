/* Checks an allocation by running it on names: what is known of each location is the set of virtual registers whose value it holds. Each
   block is run from what all its predecessors agree on, until nothing changes; then once more, and every operand is looked at. It shares
   nothing with the allocator but the meaning of machine.h.

   A name is a register times 4. A value of 16 bytes that is in slots is two names there: its low half, name + 1, and its high half, name + 2.
   Constants that are equal have one name, behind those of the registers. */
#include "wasm/compile/machine.h"

#include "base/assert.h"
#include "base/report.h"

struct pair {
    uint32_t location, name;
};

struct pairs {
    struct pair *items;
    uint32_t count, capacity;
};

struct check {
    const struct machine_function *function;
    struct report *report;
    struct pairs now, next;
    struct pairs *entries; /* by block: what is known at its begin, sorted */
    uint8_t *is_known;     /* by block */
    uint8_t *is_dirty;     /* by block: to be run again */
    uint32_t *phi_block;   /* by register: the block of which it is a phi, plus 1 */
    uint32_t *constants;   /* registers that are constants, one for each that is different, sorted */
    uint32_t constant_count;
    uint32_t *names;       /* by register: its name */
    uint32_t *block_moves; /* by block: first move */
    bool failed;           /* no room */
};

enum { NAME_WHOLE, NAME_LOW, NAME_HIGH, NAME_STEP = 4 };

/* ---- Sets of pairs ---- */

static void pairs_add(struct check *check, struct pairs *pairs, uint32_t location, uint32_t name) {
    for (uint32_t index = 0; index < pairs->count; index++)
        if (pairs->items[index].location == location && pairs->items[index].name == name)
            return;
    if (pairs->count == pairs->capacity) {
        uint32_t next = pairs->capacity == 0 ? 64 : 2 * pairs->capacity;
        struct pair *moved = budget_reallocate(check->function->budget, pairs->items, pairs->capacity * sizeof *moved, next * sizeof *moved);
        if (moved == NULL) {
            check->failed = true;
            return;
        }
        pairs->items = moved;
        pairs->capacity = next;
    }
    pairs->items[pairs->count++] = (struct pair){.location = location, .name = name};
}

static bool pairs_have(const struct pairs *pairs, uint32_t location, uint32_t name) {
    for (uint32_t index = 0; index < pairs->count; index++)
        if (pairs->items[index].location == location && pairs->items[index].name == name)
            return true;
    return false;
}

static void pairs_kill_location(struct pairs *pairs, uint32_t location) {
    uint32_t kept = 0;
    for (uint32_t index = 0; index < pairs->count; index++)
        if (pairs->items[index].location != location)
            pairs->items[kept++] = pairs->items[index];
    pairs->count = kept;
}

static void pairs_kill_name(struct pairs *pairs, uint32_t name) {
    uint32_t kept = 0;
    for (uint32_t index = 0; index < pairs->count; index++)
        if (pairs->items[index].name / NAME_STEP != name / NAME_STEP)
            pairs->items[kept++] = pairs->items[index];
    pairs->count = kept;
}

static void pairs_kill_registers(struct pairs *pairs, uint64_t registers) {
    uint32_t kept = 0;
    for (uint32_t index = 0; index < pairs->count; index++) {
        uint32_t location = pairs->items[index].location;
        if (location >= MACHINE_SPILL || (registers >> location & 1) == 0)
            pairs->items[kept++] = pairs->items[index];
    }
    pairs->count = kept;
}

static int pair_compare(struct pair left, struct pair right) {
    if (left.location != right.location)
        return left.location < right.location ? -1 : 1;
    return left.name < right.name ? -1 : left.name > right.name;
}

static void pairs_sort(struct pairs *pairs) {
    for (uint32_t gap = pairs->count / 2; gap > 0; gap /= 2)
        for (uint32_t index = gap; index < pairs->count; index++) {
            struct pair moved = pairs->items[index];
            uint32_t at = index;
            for (; at >= gap && pair_compare(moved, pairs->items[at - gap]) < 0; at -= gap)
                pairs->items[at] = pairs->items[at - gap];
            pairs->items[at] = moved;
        }
}

static void pairs_copy(struct check *check, struct pairs *to, const struct pairs *from) {
    if (to->capacity < from->count) {
        struct pair *moved = budget_reallocate(check->function->budget, to->items, to->capacity * sizeof *moved, from->count * sizeof *moved);
        if (moved == NULL) {
            check->failed = true;
            return;
        }
        to->items = moved;
        to->capacity = from->count;
    }
    if (from->count > 0)
        memcpy(to->items, from->items, from->count * sizeof *from->items);
    to->count = from->count;
}

/* Leaves in a sorted set what is in another sorted one too; true when something goes. */
static bool pairs_meet(struct pairs *pairs, const struct pairs *other) {
    uint32_t kept = 0, at = 0, count = pairs->count;
    for (uint32_t index = 0; index < count; index++) {
        while (at < other->count && pair_compare(other->items[at], pairs->items[index]) < 0)
            at++;
        if (at < other->count && pair_compare(other->items[at], pairs->items[index]) == 0)
            pairs->items[kept++] = pairs->items[index];
    }
    pairs->count = kept;
    return kept != count;
}

/* ---- Names ---- */

static int constant_compare(const struct machine_register *left, const struct machine_register *right) {
    if (left->constant != right->constant)
        return left->constant < right->constant ? -1 : 1;
    if (left->class != right->class)
        return left->class < right->class ? -1 : 1;
    return (int)left->width - (int)right->width;
}

/* The number of a constant, or constant_count. */
static uint32_t constant_find(const struct check *check, const struct machine_register *wanted) {
    uint32_t low = 0, high = check->constant_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = constant_compare(&check->function->registers[check->constants[middle]], wanted);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return check->constant_count;
}

static void names_make(struct check *check) {
    const struct machine_register *registers = check->function->registers;
    uint32_t count = 0, kept = 0, *constants = check->constants;
    for (uint32_t reg = 1; reg < check->function->register_count; reg++) {
        check->names[reg] = reg * NAME_STEP;
        if (registers[reg].is_constant)
            constants[count++] = reg;
    }
    for (uint32_t gap = count / 2; gap > 0; gap /= 2)
        for (uint32_t index = gap; index < count; index++) {
            uint32_t moved = constants[index], at = index;
            for (; at >= gap && constant_compare(&registers[moved], &registers[constants[at - gap]]) < 0; at -= gap)
                constants[at] = constants[at - gap];
            constants[at] = moved;
        }
    for (uint32_t index = 0; index < count; index++)
        if (kept == 0 || constant_compare(&registers[constants[kept - 1]], &registers[constants[index]]) != 0)
            constants[kept++] = constants[index];
    check->constant_count = kept;
    for (uint32_t reg = 1; reg < check->function->register_count; reg++)
        if (registers[reg].is_constant)
            check->names[reg] = (check->function->register_count + constant_find(check, &registers[reg])) * NAME_STEP;
}

static uint8_t name_width(const struct check *check, uint32_t name) {
    uint32_t reg = name / NAME_STEP, count = check->function->register_count;
    if (name % NAME_STEP != NAME_WHOLE)
        return 8;
    return check->function->registers[reg < count ? reg : check->constants[reg - count]].width;
}

/* ---- Moves and values ---- */

static void location_write(struct check *check, uint32_t location, uint8_t width) {
    pairs_kill_location(&check->now, location);
    if (location >= MACHINE_SPILL && width == 16)
        pairs_kill_location(&check->now, location + 1);
}

static void value_put(struct check *check, uint32_t location, uint32_t name) {
    if (location >= MACHINE_SPILL && name_width(check, name) == 16) {
        pairs_add(check, &check->now, location, name + NAME_LOW);
        pairs_add(check, &check->now, location + 1, name + NAME_HIGH);
    } else {
        pairs_add(check, &check->now, location, name);
    }
}

static bool value_is_at(const struct check *check, uint32_t location, uint32_t name) {
    if (location >= MACHINE_SPILL && name_width(check, name) == 16)
        return pairs_have(&check->now, location, name + NAME_LOW) && pairs_have(&check->now, location + 1, name + NAME_HIGH);
    return pairs_have(&check->now, location, name);
}

static void move_copy(struct check *check, const struct machine_move *move) {
    struct pairs *found = &check->next;
    found->count = 0;
    for (uint32_t index = 0; index < check->now.count; index++) {
        struct pair pair = check->now.items[index];
        if (pair.location != move->from)
            continue;
        if (move->width == 16 && pair.name % NAME_STEP == NAME_LOW && pairs_have(&check->now, move->from + 1, pair.name - NAME_LOW + NAME_HIGH))
            pairs_add(check, found, move->to, pair.name - NAME_LOW);
        else if (name_width(check, pair.name) <= move->width)
            pairs_add(check, found, move->to, pair.name);
    }
    location_write(check, move->to, move->width);
    for (uint32_t index = 0; index < found->count; index++)
        value_put(check, move->to, found->items[index].name);
}

static void move_run(struct check *check, const struct machine_move *move) {
    if (move->from != MACHINE_NONE) {
        move_copy(check, move);
        return;
    }
    struct machine_register wanted = {.class = move->class, .width = move->width, .constant = move->constant};
    uint32_t constant = constant_find(check, &wanted);
    location_write(check, move->to, move->width);
    if (constant < check->constant_count)
        value_put(check, move->to, (check->function->register_count + constant) * NAME_STEP);
}

static enum error fail(const struct check *check, uint32_t instruction, const char *text, uint32_t operand) {
    return report_fail(check->report, ERROR_INVALID, REPORT_NO_OFFSET, "allocation: instruction %u, operand %u: %s", instruction, operand, text);
}

static bool location_is_sound(const struct machine_function *function, uint32_t location, uint8_t class, uint8_t width) {
    if (location < MACHINE_SPILL)
        return (function->isa->allocatable[class] >> location & 1) != 0 || location == function->isa->scratch[class];
    uint32_t slot = location - MACHINE_SPILL;
    return slot < function->spill_slots && (width < 16 || (slot % 2 == 0 && slot + 1 < function->spill_slots));
}

static enum error moves_check(const struct check *check) {
    const struct machine_function *function = check->function;
    for (uint32_t index = 0; index < function->move_count; index++) {
        const struct machine_move *move = &function->moves[index];
        if (move->before >= function->instruction_count || (index > 0 && move->before < function->moves[index - 1].before))
            return fail(check, move->before, "moves are out of order", index);
        bool is_constant = move->from == MACHINE_NONE;
        if (!is_constant && move->to >= MACHINE_SPILL && move->from >= MACHINE_SPILL)
            return fail(check, move->before, "a move from slot to slot", index);
        if (is_constant && move->to >= MACHINE_SPILL && move->width > 4 && (int64_t)move->constant != (int32_t)move->constant)
            return fail(check, move->before, "a large constant into a slot", index);
        if (!is_constant && move->from < MACHINE_SPILL)
            continue; /* a fixed register may be any */
        if (move->from >= MACHINE_SPILL && !is_constant && !location_is_sound(function, move->from, move->class, move->width))
            return fail(check, move->before, "a move from no place", index);
        if (move->to >= MACHINE_SPILL && !location_is_sound(function, move->to, move->class, move->width))
            return fail(check, move->before, "a move to no place", index);
    }
    return ERROR_NONE;
}

/* ---- Operands ---- */

static enum error operand_check(const struct check *check, uint32_t index, uint32_t number) {
    const struct machine_function *function = check->function;
    const struct machine_instruction *at = &function->instructions[index];
    const struct machine_operand *operands = function->operands + at->operands, *operand = &operands[number];
    const struct machine_register *reg = &function->registers[operand->reg];
    bool is_left_out = operand->role == MACHINE_DEFINE && reg->is_constant && at->operand_count == 1;
    bool is_slot = operand->location >= MACHINE_SPILL;
    bool is_tied = false;
    for (uint32_t other = 0; other < at->operand_count; other++)
        if (operands[other].constraint == MACHINE_SAME && operands[other].fixed == number)
            is_tied = true;
    if (operand->constraint == MACHINE_FIXED) {
        if (operand->location != operand->fixed)
            return fail(check, index, "is not in its fixed register", number);
    } else if (operand->constraint == MACHINE_SAME && operand->location != operands[operand->fixed].location) {
        return fail(check, index, "is not where it must be the same", number);
    } else if (is_slot && operand->constraint != MACHINE_OR_SPILL && !is_tied) {
        return fail(check, index, "is in a slot", number);
    } else if (operand->constraint != MACHINE_SAME && !is_tied &&
               (!location_is_sound(function, operand->location, reg->class, reg->width) ||
                (operand->location == function->isa->scratch[reg->class] && !is_left_out))) {
        return fail(check, index, "is in no place for it", number);
    }
    bool is_use = operand->role == MACHINE_USE || operand->role == MACHINE_USE_LATE;
    if (is_use && !value_is_at(check, operand->location, check->names[operand->reg]))
        return fail(check, index, "reads another value", number);
    return ERROR_NONE;
}

/* Two operands in one place: fine for two uses, and for a use that is over when a definition is made. */
static bool operands_share(const struct machine_operand *left, const struct machine_operand *right) {
    bool left_use = left->role == MACHINE_USE || left->role == MACHINE_USE_LATE,
         right_use = right->role == MACHINE_USE || right->role == MACHINE_USE_LATE;
    if (left_use && right_use)
        return true;
    return (left->role == MACHINE_USE && right->role == MACHINE_DEFINE) || (left->role == MACHINE_DEFINE && right->role == MACHINE_USE);
}

static enum error operands_check(const struct check *check, uint32_t index) {
    const struct machine_instruction *at = &check->function->instructions[index];
    const struct machine_operand *operands = check->function->operands + at->operands;
    for (uint32_t number = 0; number < at->operand_count; number++) {
        enum error error = operand_check(check, index, number);
        if (error != ERROR_NONE)
            return error;
        for (uint32_t other = 0; other < number; other++)
            if (operands[other].location == operands[number].location && !operands_share(&operands[other], &operands[number]))
                return fail(check, index, "shares a place", number);
    }
    return ERROR_NONE;
}

/* What an instruction does to places: clobbers, then results. */
static void instruction_run(struct check *check, uint32_t index) {
    const struct machine_function *function = check->function;
    const struct machine_instruction *at = &function->instructions[index];
    const struct machine_operand *operands = function->operands + at->operands;
    const struct machine_isa *isa = function->isa;
    uint64_t lost = 1ull << isa->scratch[MACHINE_GENERAL] | 1ull << isa->scratch[MACHINE_VECTOR];
    if ((at->flags & MACHINE_IS_CALL) != 0)
        lost |= isa->allocatable[MACHINE_GENERAL] | isa->allocatable[MACHINE_VECTOR];
    pairs_kill_registers(&check->now, lost);
    for (uint32_t number = 0; number < at->operand_count; number++) {
        bool is_written = operands[number].role == MACHINE_DEFINE || operands[number].role == MACHINE_SCRATCH;
        if (!is_written)
            continue;
        location_write(check, operands[number].location, function->registers[operands[number].reg].width);
        if (!function->registers[operands[number].reg].is_constant)
            pairs_kill_name(&check->now, check->names[operands[number].reg]);
    }
    for (uint32_t number = 0; number < at->operand_count; number++)
        if (operands[number].role == MACHINE_DEFINE)
            value_put(check, operands[number].location, check->names[operands[number].reg]);
}

/* ---- Blocks and edges ---- */

/* A constant comes into a phi behind the edge where the edge is the block's only one: then the phi is wherever the constant is. */
static void constant_phis_run(struct check *check, const struct machine_block *at) {
    const struct machine_function *function = check->function;
    if (at->predecessor_count != 1)
        return;
    for (uint32_t phi = at->phis; phi < at->phis + at->phi_count; phi++) {
        uint32_t operand = function->words[function->phis[phi].operands], count = check->now.count;
        if (!function->registers[operand].is_constant)
            continue;
        for (uint32_t index = 0; index < count; index++) {
            struct pair pair = check->now.items[index];
            if (pair.name / NAME_STEP == check->names[operand] / NAME_STEP)
                pairs_add(check, &check->now, pair.location, check->names[function->phis[phi].reg] + pair.name % NAME_STEP);
        }
    }
}

static enum error block_run(struct check *check, uint32_t block, bool is_last_time) {
    const struct machine_function *function = check->function;
    const struct machine_block *at = &function->blocks[block];
    uint32_t move = check->block_moves[block];
    pairs_copy(check, &check->now, &check->entries[block]);
    for (uint32_t index = at->first; index < at->end && !check->failed; index++) {
        for (; move < function->move_count && function->moves[move].before == index; move++)
            move_run(check, &function->moves[move]);
        if (index == at->first)
            constant_phis_run(check, at);
        enum error error = is_last_time ? operands_check(check, index) : ERROR_NONE;
        if (error != ERROR_NONE)
            return error;
        instruction_run(check, index);
    }
    return check->failed ? ERROR_NO_MEMORY : ERROR_NONE;
}

/* What is known behind an edge: phis are the values that came, and not what they were before. */
static void edge_run(struct check *check, uint32_t from, uint32_t to) {
    const struct machine_function *function = check->function;
    const struct machine_block *target = &function->blocks[to];
    uint32_t slot = 0;
    while (function->words[target->predecessors + slot] != from)
        slot++;
    check->next.count = 0;
    for (uint32_t index = 0; index < check->now.count && !check->failed; index++) {
        struct pair pair = check->now.items[index];
        uint32_t reg = pair.name / NAME_STEP;
        if (reg >= function->register_count || check->phi_block[reg] != to + 1)
            pairs_add(check, &check->next, pair.location, pair.name);
        for (uint32_t phi = target->phis; phi < target->phis + target->phi_count; phi++)
            if (check->names[function->words[function->phis[phi].operands + slot]] / NAME_STEP == reg)
                pairs_add(check, &check->next, pair.location, check->names[function->phis[phi].reg] + pair.name % NAME_STEP);
    }
    pairs_sort(&check->next);
    if (!check->is_known[to]) {
        check->is_known[to] = check->is_dirty[to] = 1;
        pairs_copy(check, &check->entries[to], &check->next);
    } else if (pairs_meet(&check->entries[to], &check->next)) {
        check->is_dirty[to] = 1;
    }
}

static enum error blocks_check(struct check *check) {
    const struct machine_function *function = check->function;
    check->is_known[0] = check->is_dirty[0] = 1;
    for (bool is_changed = true; is_changed && !check->failed;) {
        is_changed = false;
        for (uint32_t block = 0; block < function->block_count && !check->failed; block++) {
            if (!check->is_dirty[block])
                continue;
            check->is_dirty[block] = 0;
            is_changed = true;
            if (block_run(check, block, false) != ERROR_NONE)
                return ERROR_NO_MEMORY;
            for (uint32_t index = 0; index < function->blocks[block].successor_count && !check->failed; index++)
                edge_run(check, block, function->words[function->blocks[block].successors + index]);
        }
    }
    for (uint32_t block = 0; block < function->block_count && !check->failed; block++) {
        enum error error = check->is_known[block] ? block_run(check, block, true) : ERROR_NONE;
        if (error != ERROR_NONE)
            return error;
    }
    return check->failed ? ERROR_NO_MEMORY : ERROR_NONE;
}

/* ---- The whole ---- */

static void check_prepare(struct check *check) {
    const struct machine_function *function = check->function;
    uint32_t move = 0;
    names_make(check);
    for (uint32_t block = 0; block < function->block_count; block++) {
        const struct machine_block *at = &function->blocks[block];
        for (uint32_t phi = at->phis; phi < at->phis + at->phi_count; phi++)
            check->phi_block[function->phis[phi].reg] = block + 1;
        while (move < function->move_count && function->moves[move].before < at->first)
            move++;
        check->block_moves[block] = move;
    }
}

static void pairs_release(struct budget *budget, struct pairs *pairs) {
    budget_release(budget, pairs->items, pairs->capacity * sizeof *pairs->items);
}

static void table_release(struct budget *budget, void *table, size_t count, size_t size) {
    if (table != NULL)
        budget_release(budget, table, count * size);
}

enum error machine_check(const struct machine_function *function, struct report *report) {
    struct budget *budget = function->budget;
    uint32_t blocks = function->block_count, registers = function->register_count;
    ASSERT(function->is_allocated);
    struct check check = {
        .function = function,
        .report = report,
        .entries = budget_allocate_zeroed(budget, blocks, sizeof(struct pairs)),
        .is_known = budget_allocate_zeroed(budget, blocks, 1),
        .is_dirty = budget_allocate_zeroed(budget, blocks, 1),
        .phi_block = budget_allocate_zeroed(budget, registers, sizeof(uint32_t)),
        .constants = budget_allocate_zeroed(budget, registers, sizeof(uint32_t)),
        .names = budget_allocate_zeroed(budget, registers, sizeof(uint32_t)),
        .block_moves = budget_allocate_zeroed(budget, blocks, sizeof(uint32_t)),
    };
    enum error error = ERROR_NO_MEMORY;
    if (check.entries != NULL && check.is_known != NULL && check.is_dirty != NULL && check.phi_block != NULL && check.constants != NULL &&
        check.names != NULL && check.block_moves != NULL) {
        check_prepare(&check);
        error = moves_check(&check);
        if (error == ERROR_NONE)
            error = blocks_check(&check);
    }
    for (uint32_t block = 0; check.entries != NULL && block < blocks; block++)
        pairs_release(budget, &check.entries[block]);
    pairs_release(budget, &check.now);
    pairs_release(budget, &check.next);
    table_release(budget, check.entries, blocks, sizeof(struct pairs));
    table_release(budget, check.is_known, blocks, 1);
    table_release(budget, check.is_dirty, blocks, 1);
    table_release(budget, check.phi_block, registers, sizeof(uint32_t));
    table_release(budget, check.constants, registers, sizeof(uint32_t));
    table_release(budget, check.names, registers, sizeof(uint32_t));
    table_release(budget, check.block_moves, blocks, sizeof(uint32_t));
    return error;
}
