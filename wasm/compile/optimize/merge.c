/* Blocks that follow one another without a choice become one: what is in one block can be selected together. Passes that take
   branches away, and inlining, leave such blocks. And a block that is only passed through, where several ways meet, is left out: its
   predecessors lead on at once. Called by passes_run. */
#include "wasm/compile/optimize/pass.h"

#include "base/assert.h"

/* ---- Blocks that follow one another ---- */

/* Phis of one predecessor. */
static void phis_copy(struct ir_function *function, uint32_t block) {
    for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next) {
        struct ir_value *at = &function->values[value];
        if (at->op != IR_PHI)
            continue;
        ASSERT(at->b == 1);
        at->op = IR_COPY;
        at->a = function->pool[at->a];
        at->b = 0;
    }
}

/* The block that only this one leads to, and that this one always leads to, or IR_NO_BLOCK. */
static uint32_t block_follower(const struct ir_function *function, uint32_t block) {
    const struct ir_block *at = &function->blocks[block];
    if (at->end != IR_END_JUMP)
        return IR_NO_BLOCK;
    uint32_t next = function->pool[at->successors];
    return next != block && function->blocks[next].predecessor_count == 1 ? next : IR_NO_BLOCK;
}

/* The second is empty then, and nothing leads to it. */
static void blocks_join(struct ir_function *function, uint32_t first, uint32_t second) {
    struct ir_block *at = &function->blocks[first], *next = &function->blocks[second];
    phis_copy(function, second);
    if (at->first == IR_NONE)
        at->first = next->first;
    else
        function->values[at->last].next = next->first;
    if (next->last != IR_NONE)
        at->last = next->last;
    at->end = next->end;
    at->operand = next->operand;
    at->arguments = next->arguments;
    at->argument_count = next->argument_count;
    at->successors = next->successors;
    at->successor_count = next->successor_count;
    at->source = next->source;
    *next = (struct ir_block){.end = IR_END_UNREACHABLE, .dominator = IR_NO_BLOCK, .loop = IR_NO_BLOCK, .loop_parent = IR_NO_BLOCK};
}

/* Successors of blocks that were joined get the names of what these are part of now. */
static void predecessors_rename(struct ir_function *function, const uint32_t *names) {
    for (uint32_t block = 0; block < function->block_count; block++) {
        const struct ir_block *at = &function->blocks[block];
        for (uint32_t index = 0; index < at->predecessor_count; index++) {
            uint32_t *from = &function->pool[at->predecessors + index];
            *from = names[*from];
        }
    }
}

/* ---- Blocks that are passed through ---- */

#define THREAD_PREDECESSORS_MAX 64u
#define THREAD_PHIS_MAX         16u

/* Whether the two have a predecessor in common. Then a phi of the second might need two values for one block. */
static bool predecessors_meet(struct ir_function *function, const struct ir_block *left, const struct ir_block *right) {
    bool found = false;
    for (uint32_t index = 0; index < left->predecessor_count; index++)
        function->blocks[function->pool[left->predecessors + index]].mark = 1;
    for (uint32_t index = 0; index < right->predecessor_count; index++)
        found |= function->blocks[function->pool[right->predecessors + index]].mark != 0;
    for (uint32_t index = 0; index < left->predecessor_count; index++)
        function->blocks[function->pool[left->predecessors + index]].mark = 0;
    return found;
}

static uint32_t phis_count(const struct ir_function *function, const struct ir_block *at) {
    uint32_t count = 0;
    for (uint32_t value = at->first; value != IR_NONE && function->values[value].op == IR_PHI; value = function->values[value].next)
        count++;
    return count;
}

/* The block that an empty one passes on to, or IR_NO_BLOCK. A loop keeps its one way in. */
static uint32_t block_passed_to(struct ir_function *function, uint32_t block) {
    const struct ir_block *at = &function->blocks[block];
    if (block == 0 || at->end != IR_END_JUMP || at->first != IR_NONE || at->is_loop || at->predecessor_count < 2)
        return IR_NO_BLOCK;
    uint32_t next = function->pool[at->successors];
    const struct ir_block *to = &function->blocks[next];
    if (to->is_loop || at->predecessor_count + to->predecessor_count > THREAD_PREDECESSORS_MAX || phis_count(function, to) > THREAD_PHIS_MAX)
        return IR_NO_BLOCK;
    return predecessors_meet(function, at, to) ? IR_NO_BLOCK : next;
}

/* Words in which the one of a number is replaced by some others, or stands so many times where there are none; the first. */
static uint32_t words_spread(struct ir_function *function, uint32_t words, uint32_t count, uint32_t number, uint32_t others, uint32_t other_count) {
    uint32_t made = ir_pool(function, count - 1 + other_count), *pool = function->pool, next = made;
    for (uint32_t index = 0; index < count && !function->failed; index++)
        if (index != number)
            pool[next++] = pool[words + index];
    for (uint32_t index = 0; index < other_count && !function->failed; index++)
        pool[next++] = others != 0 ? pool[others + index] : pool[words + number];
    return made;
}

/* Edges to the block lead to the next one; nothing leads to the block then. */
static void block_leave_out(struct ir_function *function, uint32_t block, uint32_t next) {
    struct ir_block *at = &function->blocks[block], *to = &function->blocks[next];
    uint32_t number = 0;
    while (function->pool[to->predecessors + number] != block)
        number++;
    for (uint32_t value = to->first; value != IR_NONE && function->values[value].op == IR_PHI; value = function->values[value].next) {
        struct ir_value *phi = &function->values[value];
        phi->a = words_spread(function, phi->a, phi->b, number, 0, at->predecessor_count);
        phi->b += at->predecessor_count - 1;
    }
    to->predecessors = words_spread(function, to->predecessors, to->predecessor_count, number, at->predecessors, at->predecessor_count);
    to->predecessor_count += at->predecessor_count - 1;
    for (uint32_t index = 0; index < at->predecessor_count && !function->failed; index++) {
        const struct ir_block *from = &function->blocks[function->pool[at->predecessors + index]];
        for (uint32_t successor = 0; successor < from->successor_count; successor++)
            if (function->pool[from->successors + successor] == block)
                function->pool[from->successors + successor] = next;
    }
    at->predecessor_count = 0;
    at->successor_count = 0;
    at->end = IR_END_UNREACHABLE;
}

/* Backwards, so that a chain of them is one way at last. Tables are left alone: looking through their edges would take long. */
static bool blocks_leave_out(struct ir_function *function) {
    bool changed = false;
    for (uint32_t block = function->block_count; block-- > 1 && !function->failed;) {
        uint32_t next = block_passed_to(function, block);
        bool has_table = false;
        const struct ir_block *at = &function->blocks[block];
        for (uint32_t index = 0; next != IR_NO_BLOCK && index < at->predecessor_count; index++)
            has_table |= function->blocks[function->pool[at->predecessors + index]].end == IR_END_TABLE;
        if (next == IR_NO_BLOCK || has_table)
            continue;
        block_leave_out(function, block, next);
        changed = true;
    }
    return changed;
}

/* ---- The pass ---- */

static bool blocks_merge(struct ir_function *function) {
    size_t size = function->block_count * sizeof(uint32_t);
    uint32_t *names = budget_allocate(function->budget, size);
    if (names == NULL) {
        function->failed = true;
        return false;
    }
    bool changed = false;
    for (uint32_t block = 0; block < function->block_count; block++)
        names[block] = block;
    for (uint32_t block = 0; block < function->block_count; block++)
        for (uint32_t next = block_follower(function, block); next != IR_NO_BLOCK; next = block_follower(function, block)) {
            blocks_join(function, block, next);
            names[next] = block;
            changed = true;
        }
    if (changed)
        predecessors_rename(function, names);
    budget_release(function->budget, names, size);
    return changed;
}

void merge_run(struct ir_function *function) {
    if (function->failed)
        return;
    bool changed = blocks_leave_out(function);
    if (!function->failed)
        changed |= blocks_merge(function);
    if (changed && !function->failed) {
        ir_number(function);
        ir_clean(function);
    }
}
