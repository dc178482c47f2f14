/* What passes leave behind: copies, values without a use, edges without a place for moves. */
#include "wasm/compile/ir.h"

#include "base/assert.h"

#define MARK_USED 1u

/* ---- Copies ---- */

/* What a value is in the end. Chains of copies are shortened on the way, so all of them together are walked in linear time. */
static uint32_t copy_source(struct ir_function *function, uint32_t value) {
    struct ir_value *values = function->values;
    uint32_t source = value;
    while (values[source].op == IR_COPY)
        source = values[source].a;
    while (values[value].op == IR_COPY) {
        uint32_t next = values[value].a;
        values[value].a = source;
        value = next;
    }
    return source;
}

/* ---- Unused values ---- */

/* Values that are known to be used, and whose operands are still to be marked. Each value is put here at most once. */
struct marking {
    struct ir_function *function;
    uint32_t *stack;
    uint32_t count;
};

static void value_mark(struct marking *marking, uint32_t value) {
    struct ir_value *at = &marking->function->values[value];
    if (at->mark == MARK_USED)
        return;
    at->mark = MARK_USED;
    marking->stack[marking->count++] = value;
}

/* Names become what they are copies of; so a copy is never used. */
static void words_mark(struct marking *marking, uint32_t *words, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        if (marking->function->values[words[index]].op == IR_COPY)
            words[index] = copy_source(marking->function, words[index]);
        value_mark(marking, words[index]);
    }
}

static void block_mark(struct marking *marking, struct ir_block *at) {
    struct ir_function *function = marking->function;
    for (uint32_t value = at->first; value != IR_NONE; value = function->values[value].next)
        if (ir_shape(function->values[value].op).effect != IR_PURE)
            value_mark(marking, value);
    if (at->operand != IR_NONE)
        words_mark(marking, &at->operand, 1);
    words_mark(marking, function->pool + at->arguments, at->argument_count);
    while (marking->count > 0) {
        uint32_t count, *operands = ir_operands(function, marking->stack[--marking->count], &count);
        words_mark(marking, operands, count);
    }
}

static void block_sweep(struct ir_function *function, struct ir_block *at) {
    uint32_t *link = &at->first;
    at->last = IR_NONE;
    for (uint32_t value = at->first; value != IR_NONE; value = *link) {
        struct ir_value *here = &function->values[value];
        if (here->mark == MARK_USED && here->op != IR_DELETED) {
            here->mark = 0;
            at->last = value;
            link = &here->next;
        } else {
            here->mark = 0;
            here->op = IR_DELETED;
            *link = here->next;
        }
    }
}

void ir_clean(struct ir_function *function) {
    if (function->failed)
        return;
    size_t stack_size = function->value_count * sizeof(uint32_t);
    struct marking marking = {.function = function, .stack = budget_allocate(function->budget, stack_size)};
    if (marking.stack == NULL) {
        function->failed = true;
        return;
    }
    for (uint32_t block = 0; block < function->block_count; block++)
        block_mark(&marking, &function->blocks[block]);
    for (uint32_t block = 0; block < function->block_count; block++)
        block_sweep(function, &function->blocks[block]);
    budget_release(function->budget, marking.stack, stack_size);
}

/* ---- Critical edges ---- */

/* Whether the block is entered from different blocks. */
static bool block_joins(const struct ir_function *function, const struct ir_block *at) {
    const uint32_t *predecessors = function->pool + at->predecessors;
    for (uint32_t index = 1; index < at->predecessor_count; index++)
        if (predecessors[index] != predecessors[0])
            return true;
    return false;
}

/* Makes the block between: *successor, a pool word, is the edge's end. The guess of its loop: a back edge is as deep as its
   header, an edge into a loop as what is before it. */
static uint32_t edge_split(struct ir_function *function, uint32_t from, uint32_t to) {
    uint32_t words = ir_pool(function, 2);
    uint32_t middle = ir_block_make(function);
    if (function->failed)
        return IR_NO_BLOCK;
    uint32_t from_depth = function->blocks[from].loop_depth, to_depth = function->blocks[to].loop_depth;
    struct ir_block *at = &function->blocks[middle];
    at->end = IR_END_JUMP;
    at->source = function->blocks[from].source;
    at->successors = words;
    at->successor_count = 1;
    at->predecessors = words + 1;
    at->predecessor_count = 1;
    at->loop_depth = from_depth < to_depth ? from_depth : to_depth;
    function->pool[words] = to;
    function->pool[words + 1] = from;
    return middle;
}

/* Lists of new blocks: those of each `from`, and while one is at work, those of each `to`. A new block's place in the
   dominator tree is not known yet: its fields hold the links. */
struct splitting {
    struct ir_function *function;
    uint32_t *by_from, *by_to;
    uint32_t count; /* blocks before */
};

static void edges_split(struct splitting *splitting, uint32_t to) {
    struct ir_function *function = splitting->function;
    if (!block_joins(function, &function->blocks[to]))
        return;
    for (uint32_t index = 0; index < function->blocks[to].predecessor_count; index++) {
        uint32_t from = function->pool[function->blocks[to].predecessors + index];
        if (function->blocks[from].successor_count < 2)
            continue;
        uint32_t middle = edge_split(function, from, to);
        if (function->failed)
            return;
        function->pool[function->blocks[to].predecessors + index] = middle;
        function->blocks[middle].tree_number = splitting->by_from[from];
        splitting->by_from[from] = middle;
    }
}

/* Gives each new block behind `from` one of the edges to its successor. */
static void successors_replace(struct splitting *splitting, uint32_t from) {
    struct ir_block *blocks = splitting->function->blocks;
    uint32_t *pool = splitting->function->pool;
    for (uint32_t middle = splitting->by_from[from]; middle != IR_NO_BLOCK; middle = blocks[middle].tree_number) {
        uint32_t to = pool[blocks[middle].successors];
        blocks[middle].tree_count = splitting->by_to[to];
        splitting->by_to[to] = middle;
    }
    if (splitting->by_from[from] == IR_NO_BLOCK)
        return;
    for (uint32_t index = 0; index < blocks[from].successor_count; index++) {
        uint32_t *successor = &pool[blocks[from].successors + index];
        uint32_t to = *successor, middle = splitting->by_to[to];
        if (middle == IR_NO_BLOCK)
            continue;
        *successor = middle;
        splitting->by_to[to] = blocks[middle].tree_count;
    }
}

void ir_split_edges(struct ir_function *function) {
    uint32_t count = function->block_count;
    size_t scratch_size = 2 * (size_t)count * sizeof(uint32_t);
    uint32_t *scratch = function->failed ? NULL : budget_allocate(function->budget, scratch_size);
    if (scratch == NULL) {
        function->failed = true;
        return;
    }
    memset(scratch, 0xFF, scratch_size); /* IR_NO_BLOCK */
    struct splitting splitting = {.function = function, .by_from = scratch, .by_to = scratch + count, .count = count};
    for (uint32_t to = 0; to < count && !function->failed; to++)
        edges_split(&splitting, to);
    for (uint32_t from = 0; from < count && !function->failed; from++)
        successors_replace(&splitting, from);
    budget_release(function->budget, scratch, scratch_size);
    if (function->block_count != count)
        ir_number(function);
}
