/* The order of blocks, their dominators and their loops. Everything here is linear, or nearly, in blocks and edges, whatever
   the graph; it needs every loop to have one header (what structured code gives, and passes keep). */
#include "wasm/compile/ir.h"

#include "base/assert.h"

/* Scratch: words for each block, three times. */
struct numbering {
    struct ir_function *function;
    uint32_t *words;
    uint32_t *first, *second, *third;
    uint32_t count;
};

static bool numbering_begin(struct numbering *numbering, struct ir_function *function) {
    uint32_t count = function->block_count;
    *numbering = (struct numbering){.function = function, .count = count};
    numbering->words = budget_allocate(function->budget, 3 * (size_t)count * sizeof *numbering->words);
    if (numbering->words == NULL) {
        function->failed = true;
        return false;
    }
    numbering->first = numbering->words;
    numbering->second = numbering->words + count;
    numbering->third = numbering->words + 2 * (size_t)count;
    return true;
}

static void numbering_end(struct numbering *numbering) {
    budget_release(numbering->function->budget, numbering->words, 3 * (size_t)numbering->count * sizeof *numbering->words);
}

/* ---- Order ---- */

/* Whether the present numbers will do: each block is entered from a lower one, and from a higher one only if it was the
   header of a loop. Then each can be reached. The builder's blocks are like that: they stand as in the program. A block
   that was added to numbered ones can have its place anywhere. */
static bool order_holds(const struct ir_function *function) {
    if (function->order_count != 0 && function->order_count != function->block_count)
        return false;
    for (uint32_t block = 0; block < function->block_count; block++) {
        const struct ir_block *at = &function->blocks[block];
        const uint32_t *predecessors = function->pool + at->predecessors;
        bool entered = block == 0;
        for (uint32_t index = 0; index < at->predecessor_count; index++) {
            if (predecessors[index] < block)
                entered = true;
            else if (predecessors[index] == IR_NO_BLOCK || !at->is_loop)
                return false;
        }
        if (!entered)
            return false;
    }
    return true;
}

/* What comes later in reverse postorder is visited first: blocks of outer loops, and of these the higher numbers. */
static bool visits_before(const struct ir_function *function, uint32_t left, uint32_t right) {
    uint32_t left_depth = function->blocks[left].loop_depth, right_depth = function->blocks[right].loop_depth;
    return left_depth != right_depth ? left_depth < right_depth : left > right;
}

/* The next successor to visit from a block: of two, the better one first; of more, in order from the last. IR_NO_BLOCK
   after the last. */
static uint32_t successor_take(const struct ir_function *function, uint32_t block, uint32_t *taken) {
    const struct ir_block *at = &function->blocks[block];
    const uint32_t *successors = function->pool + at->successors;
    if (*taken == at->successor_count)
        return IR_NO_BLOCK;
    uint32_t number = at->successor_count - 1 - (*taken)++;
    if (at->successor_count == 2 && visits_before(function, successors[0], successors[1]))
        number = 1 - number;
    return successors[number];
}

#define NUMBER_UNSEEN UINT32_MAX
#define NUMBER_OPEN   (UINT32_MAX - 1)

/* Depth first: fills numbers[] with each block's place in reverse postorder, NUMBER_UNSEEN where unreachable; returns how
   many can be reached. */
static uint32_t order_depth_first(struct numbering *numbering, uint32_t *numbers) {
    struct ir_function *function = numbering->function;
    uint32_t *stack = numbering->second, *taken = numbering->third;
    uint32_t depth = 0, next = numbering->count, reached = 0;
    for (uint32_t block = 0; block < numbering->count; block++)
        numbers[block] = NUMBER_UNSEEN;
    stack[depth] = 0;
    taken[depth++] = 0;
    numbers[0] = NUMBER_OPEN;
    while (depth > 0) {
        uint32_t block = stack[depth - 1];
        uint32_t to = successor_take(function, block, &taken[depth - 1]);
        if (to == IR_NO_BLOCK) {
            numbers[block] = --next;
            reached++;
            depth--;
        } else if (numbers[to] == NUMBER_UNSEEN) {
            numbers[to] = NUMBER_OPEN;
            stack[depth] = to;
            taken[depth++] = 0;
        }
    }
    for (uint32_t block = 0; block < numbering->count; block++)
        numbers[block] = numbers[block] == NUMBER_UNSEEN ? NUMBER_UNSEEN : numbers[block] - next;
    return reached;
}

/* Takes the predecessors out that are gone or cannot be reached, and the phis' operands with them. */
static void predecessors_prune(struct ir_function *function, struct ir_block *at, const uint32_t *numbers) {
    uint32_t *predecessors = function->pool + at->predecessors;
    uint32_t kept = 0;
    for (uint32_t index = 0; index < at->predecessor_count; index++)
        kept += predecessors[index] != IR_NO_BLOCK && numbers[predecessors[index]] != NUMBER_UNSEEN;
    if (kept == at->predecessor_count)
        return;
    for (uint32_t value = at->first; value != IR_NONE; value = function->values[value].next) {
        struct ir_value *phi = &function->values[value];
        if (phi->op != IR_PHI)
            continue;
        ASSERT(phi->b == at->predecessor_count);
        phi->b = 0;
        for (uint32_t index = 0; index < at->predecessor_count; index++)
            if (predecessors[index] != IR_NO_BLOCK && numbers[predecessors[index]] != NUMBER_UNSEEN)
                function->pool[phi->a + phi->b++] = function->pool[phi->a + index];
    }
    kept = 0;
    for (uint32_t index = 0; index < at->predecessor_count; index++)
        if (predecessors[index] != IR_NO_BLOCK && numbers[predecessors[index]] != NUMBER_UNSEEN)
            predecessors[kept++] = predecessors[index];
    at->predecessor_count = kept;
}

static void edges_rename(struct ir_function *function, uint32_t first, uint32_t count, const uint32_t *numbers) {
    for (uint32_t index = 0; index < count; index++)
        function->pool[first + index] = numbers[function->pool[first + index]];
}

/* What is in a block that goes away is in no list any more. */
static void block_empty(struct ir_function *function, const struct ir_block *at) {
    for (uint32_t value = at->first; value != IR_NONE; value = function->values[value].next)
        function->values[value].op = IR_DELETED;
}

/* Puts the blocks where their new numbers say. */
static void blocks_permute(struct ir_function *function, const uint32_t *numbers, uint32_t reached) {
    struct ir_block *blocks = budget_allocate(function->budget, function->block_capacity * sizeof *blocks);
    if (blocks == NULL) {
        function->failed = true;
        return;
    }
    for (uint32_t block = 0; block < function->block_count; block++) {
        struct ir_block *at = &function->blocks[block];
        if (numbers[block] == NUMBER_UNSEEN) {
            block_empty(function, at);
            continue;
        }
        predecessors_prune(function, at, numbers);
        edges_rename(function, at->predecessors, at->predecessor_count, numbers);
        edges_rename(function, at->successors, at->successor_count, numbers);
        blocks[numbers[block]] = *at;
    }
    budget_release(function->budget, function->blocks, function->block_capacity * sizeof *blocks);
    function->blocks = blocks;
    function->block_count = reached;
}

/* ---- Dominators ---- */

/* The tree is built from the root down, so each block finds its ancestors in logarithmic time: beside its parent it knows a
   jump to one farther up, in the manner of skew binary numbers. */
struct tree {
    const struct ir_block *blocks;
    uint32_t *depths, *jumps;
};

static uint32_t tree_common(const struct tree *tree, uint32_t left, uint32_t right) {
    while (tree->depths[left] != tree->depths[right]) {
        uint32_t *deeper = tree->depths[left] > tree->depths[right] ? &left : &right;
        uint32_t least = tree->depths[deeper == &left ? right : left];
        *deeper = tree->depths[tree->jumps[*deeper]] >= least ? tree->jumps[*deeper] : tree->blocks[*deeper].dominator;
    }
    while (left != right) {
        bool jump = tree->jumps[left] != tree->jumps[right];
        left = jump ? tree->jumps[left] : tree->blocks[left].dominator;
        right = jump ? tree->jumps[right] : tree->blocks[right].dominator;
    }
    return left;
}

static void tree_add(struct tree *tree, uint32_t block, uint32_t parent) {
    uint32_t jump = tree->jumps[parent];
    bool equal = tree->depths[parent] - tree->depths[jump] == tree->depths[jump] - tree->depths[tree->jumps[jump]];
    tree->depths[block] = tree->depths[parent] + 1;
    tree->jumps[block] = equal ? tree->jumps[jump] : parent;
}

/* In topological order one round is enough: a back edge comes from what its target dominates, and changes nothing. */
static void dominators_find(struct numbering *numbering) {
    struct ir_function *function = numbering->function;
    struct tree tree = {.blocks = function->blocks, .depths = numbering->first, .jumps = numbering->second};
    tree.depths[0] = 0;
    tree.jumps[0] = 0;
    function->blocks[0].dominator = IR_NO_BLOCK;
    for (uint32_t block = 1; block < function->block_count; block++) {
        struct ir_block *at = &function->blocks[block];
        const uint32_t *predecessors = function->pool + at->predecessors;
        uint32_t dominator = IR_NO_BLOCK;
        for (uint32_t index = 0; index < at->predecessor_count; index++) {
            uint32_t from = predecessors[index];
            if (from < block)
                dominator = dominator == IR_NO_BLOCK ? from : from == dominator ? dominator : tree_common(&tree, dominator, from);
        }
        ASSERT(dominator != IR_NO_BLOCK);
        at->dominator = dominator;
        tree_add(&tree, block, dominator);
    }
}

/* Preorder numbers without a walk: a block comes after its dominator in the array, so sizes add up backwards, and each
   block then takes the next free part of its dominator's range. */
static void dominators_number(struct numbering *numbering) {
    struct ir_function *function = numbering->function;
    uint32_t *free = numbering->first;
    for (uint32_t block = 0; block < function->block_count; block++)
        function->blocks[block].tree_count = 1;
    for (uint32_t block = function->block_count - 1; block > 0; block--)
        function->blocks[function->blocks[block].dominator].tree_count += function->blocks[block].tree_count;
    function->blocks[0].tree_number = 0;
    free[0] = 1;
    for (uint32_t block = 1; block < function->block_count; block++) {
        struct ir_block *at = &function->blocks[block];
        at->tree_number = free[at->dominator];
        free[at->dominator] += at->tree_count;
        free[block] = at->tree_number + 1;
    }
}

/* ---- Loops ---- */

/* The outermost loop found so far that the block is in, or the block itself. tops[] leads there, and is shortened. */
static uint32_t loop_top(uint32_t *tops, uint32_t block) {
    uint32_t top = block;
    while (tops[top] != top)
        top = tops[top];
    while (tops[block] != top) {
        uint32_t next = tops[block];
        tops[block] = top;
        block = next;
    }
    return top;
}

/* Puts the predecessors of a block, or the loops they are in, into the loop of the header when they are not yet. Inner loops
   come first, so what belongs to one already moves as a whole. */
static uint32_t loop_add_predecessors(struct numbering *numbering, uint32_t header, uint32_t block, uint32_t *stack, uint32_t depth) {
    struct ir_function *function = numbering->function;
    const struct ir_block *at = &function->blocks[block];
    uint32_t *tops = numbering->first;
    for (uint32_t index = 0; index < at->predecessor_count; index++) {
        uint32_t from = function->pool[at->predecessors + index];
        if (block == header && from < header)
            continue;
        uint32_t top = loop_top(tops, from);
        if (top == header)
            continue;
        ASSERT(top > header); /* else the loop has another way in */
        tops[top] = header;
        if (function->blocks[top].is_loop)
            function->blocks[top].loop_parent = header;
        else
            function->blocks[top].loop = header;
        stack[depth++] = top;
    }
    return depth;
}

static void loops_find(struct numbering *numbering) {
    struct ir_function *function = numbering->function;
    uint32_t *tops = numbering->first, *stack = numbering->second;
    for (uint32_t block = 0; block < function->block_count; block++) {
        struct ir_block *at = &function->blocks[block];
        tops[block] = block;
        at->loop_parent = IR_NO_BLOCK;
        at->is_loop = false;
        for (uint32_t index = 0; index < at->predecessor_count; index++)
            at->is_loop |= function->pool[at->predecessors + index] >= block;
        at->loop = at->is_loop ? block : IR_NO_BLOCK;
    }
    for (uint32_t header = function->block_count; header-- > 0;) {
        if (!function->blocks[header].is_loop)
            continue;
        uint32_t depth = loop_add_predecessors(numbering, header, header, stack, 0);
        while (depth > 0) {
            depth--;
            depth = loop_add_predecessors(numbering, header, stack[depth], stack, depth);
        }
    }
    for (uint32_t block = 0; block < function->block_count; block++) {
        struct ir_block *at = &function->blocks[block];
        uint32_t around = at->is_loop ? at->loop_parent : at->loop;
        at->loop_depth = (around == IR_NO_BLOCK ? 0 : function->blocks[around].loop_depth) + at->is_loop;
    }
}

/* ---- All of it ---- */

bool ir_order(struct ir_function *function) {
    if (function->order_capacity < function->block_count) {
        uint32_t *order = budget_allocate(function->budget, function->block_capacity * sizeof *order);
        if (order == NULL) {
            function->failed = true;
            return false;
        }
        if (function->order != NULL)
            budget_release(function->budget, function->order, function->order_capacity * sizeof *order);
        function->order = order;
        function->order_capacity = function->block_capacity;
    }
    uint32_t place = 0;
    for (uint32_t block = 0; block < function->block_count; block++)
        if (!function->blocks[block].is_aside)
            function->order[place++] = block;
    for (uint32_t block = 0; place < function->block_count; block++)
        if (function->blocks[block].is_aside)
            function->order[place++] = block;
    function->order_count = function->block_count;
    return true;
}

void ir_number(struct ir_function *function) {
    struct numbering numbering;
    if (function->failed || !numbering_begin(&numbering, function))
        return;
    if (!order_holds(function)) {
        uint32_t reached = order_depth_first(&numbering, numbering.first);
        blocks_permute(function, numbering.first, reached);
    }
    if (!function->failed && ir_order(function)) {
        dominators_find(&numbering);
        dominators_number(&numbering);
        loops_find(&numbering);
    }
    numbering_end(&numbering);
}
