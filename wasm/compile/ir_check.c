/* The checker's first half: lists, edges, numbers, dominators, loops. Everything that ir_number makes is found again here in
   another, simpler way. For tests and for --check: time is not always linear. */
#include "wasm/compile/ir_check.h"

#include "base/assert.h"

enum error check_words(struct checker *checker, uint32_t first, uint32_t count, uint32_t source) {
    const struct ir_function *function = checker->function;
    CHECK(count <= function->pool_count && first <= function->pool_count - count, source, "pool words %u and %u more are not there", first, count);
    for (uint32_t word = first; word < first + count; word++) {
        CHECK(checker->taken[word] == 0, source, "pool word %u has two owners", word);
        checker->taken[word] = 1;
    }
    return ERROR_NONE;
}

/* ---- Lists ---- */

static enum error check_list(struct checker *checker, uint32_t block) {
    const struct ir_function *function = checker->function;
    const struct ir_block *at = &function->blocks[block];
    uint32_t position = 0, last = IR_NONE;
    bool phis = true;
    for (uint32_t value = at->first; value != IR_NONE; value = function->values[value].next) {
        CHECK(value < function->value_count, at->source, "block %u: v%u does not exist", block, value);
        const struct ir_value *here = &function->values[value];
        CHECK(checker->block_of[value] == IR_NO_BLOCK, here->source, "v%u is in two lists", value);
        CHECK(here->op < IR_OP_END && here->op != IR_DELETED, here->source, "v%u is in a list and has no operation", value);
        CHECK(here->mark == 0, here->source, "v%u is still marked", value);
        CHECK(here->op != IR_PHI || phis, here->source, "v%u is a phi behind other values", value);
        phis = phis && (here->op == IR_PHI || here->op == IR_COPY);
        checker->block_of[value] = block;
        checker->positions[value] = position++;
        last = value;
    }
    CHECK(at->last == last, at->source, "block %u: v%u is not the last value", block, at->last);
    CHECK(at->mark == 0, at->source, "block %u is still marked", block);
    return ERROR_NONE;
}

/* ---- Edges ---- */

static enum error check_end(struct checker *checker, uint32_t block) {
    static const uint8_t least[] = {[IR_END_JUMP] = 1, [IR_END_BRANCH] = 2, [IR_END_TABLE] = 1, [IR_END_UNREACHABLE] = 0};
    const struct ir_function *function = checker->function;
    const struct ir_block *at = &function->blocks[block];
    CHECK(at->end > IR_END_NONE && at->end <= IR_END_UNREACHABLE, at->source, "block %u has no end", block);
    bool enough = at->end == IR_END_TABLE ? at->successor_count >= 1 : at->successor_count == least[at->end];
    CHECK(enough, at->source, "block %u has %u successors", block, at->successor_count);
    CHECK(at->argument_count == 0 || at->end == IR_END_RETURN, at->source, "block %u returns something and is no return", block);
    enum error error = check_words(checker, at->successors, at->successor_count, at->source);
    if (error == ERROR_NONE)
        error = check_words(checker, at->predecessors, at->predecessor_count, at->source);
    if (error == ERROR_NONE)
        error = check_words(checker, at->arguments, at->argument_count, at->source);
    for (uint32_t index = 0; index < at->successor_count && error == ERROR_NONE; index++)
        CHECK(function->pool[at->successors + index] < function->block_count, at->source, "block %u leads nowhere", block);
    for (uint32_t index = 0; index < at->predecessor_count && error == ERROR_NONE; index++)
        CHECK(function->pool[at->predecessors + index] < function->block_count, at->source, "block %u is entered from nowhere", block);
    return error;
}

/* Edges sorted by their targets, and for each target by where they are from: starts[block] is the first of a target, from[] says
   where each is from. Filled from the successors. */
static void edges_by_target(const struct ir_function *function, const uint32_t *starts, uint32_t *next, uint32_t *from) {
    memcpy(next, starts, function->block_count * sizeof *next);
    for (uint32_t block = 0; block < function->block_count; block++)
        for (uint32_t index = 0; index < function->blocks[block].successor_count; index++)
            from[next[function->pool[function->blocks[block].successors + index]]++] = block;
}

/* The same from the predecessors: first by where they are from, so that the second step finds them in that order. False when
   the counts do not fit. */
static bool edges_by_predecessors(const struct checker *checker, const uint32_t *starts, uint32_t *next, uint32_t *from) {
    const struct ir_function *function = checker->function;
    uint32_t *targets = from + checker->edge_count, *ends = next + function->block_count, first = 0;
    for (uint32_t block = 0; block < function->block_count; block++) {
        next[block] = first;
        first += function->blocks[block].successor_count;
        ends[block] = first;
    }
    for (uint32_t block = 0; block < function->block_count; block++) {
        const struct ir_block *at = &function->blocks[block];
        for (uint32_t index = 0; index < at->predecessor_count; index++) {
            uint32_t predecessor = function->pool[at->predecessors + index];
            if (next[predecessor] == ends[predecessor])
                return false;
            targets[next[predecessor]++] = block;
        }
    }
    uint32_t edge = 0;
    uint32_t *place = next;
    memcpy(place, starts, function->block_count * sizeof *place);
    for (uint32_t block = 0; block < function->block_count; block++)
        for (uint32_t index = 0; index < function->blocks[block].successor_count; index++)
            from[place[targets[edge++]]++] = block;
    return true;
}

static enum error check_edges(struct checker *checker) {
    const struct ir_function *function = checker->function;
    uint32_t *starts = checker->scratch, *next = starts + function->block_count;
    uint32_t *left = starts + 3 * (size_t)function->block_count, *right = left + checker->edge_count;
    uint32_t total = 0;
    for (uint32_t block = 0; block < function->block_count; block++) {
        starts[block] = total;
        total += function->blocks[block].predecessor_count;
    }
    CHECK(total == checker->edge_count, REPORT_NO_OFFSET, "%u edges lead out of blocks and %u into blocks", checker->edge_count, total);
    CHECK(function->blocks[0].predecessor_count == 0, REPORT_NO_OFFSET, "block 0 has a predecessor");
    uint32_t *counts = next;
    memset(counts, 0, function->block_count * sizeof *counts);
    for (uint32_t block = 0; block < function->block_count; block++)
        for (uint32_t index = 0; index < function->blocks[block].successor_count; index++)
            counts[function->pool[function->blocks[block].successors + index]]++;
    for (uint32_t block = 0; block < function->block_count; block++)
        CHECK(counts[block] == function->blocks[block].predecessor_count, function->blocks[block].source,
              "block %u has %u predecessors, and %u edges lead to it", block, function->blocks[block].predecessor_count, counts[block]);
    edges_by_target(function, starts, next, left);
    bool fits = edges_by_predecessors(checker, starts, next, right);
    CHECK(fits && memcmp(left, right, checker->edge_count * sizeof *left) == 0, REPORT_NO_OFFSET, "predecessors are not those of the edges");
    return ERROR_NONE;
}

/* ---- Numbers and dominators ---- */

static enum error check_order(struct checker *checker) {
    const struct ir_function *function = checker->function;
    uint32_t *seen = checker->scratch;
    CHECK(function->order_count == function->block_count, REPORT_NO_OFFSET, "the blocks are not numbered");
    memset(seen, 0, function->block_count * sizeof *seen);
    for (uint32_t index = 0; index < function->order_count; index++) {
        uint32_t block = function->order[index];
        CHECK(block < function->block_count && seen[block] == 0, REPORT_NO_OFFSET, "the layout has a block twice");
        seen[block] = 1;
    }
    CHECK(function->order[0] == 0, REPORT_NO_OFFSET, "the layout does not begin with the entry");
    return ERROR_NONE;
}

static uint32_t dominator_common(const uint32_t *dominators, uint32_t left, uint32_t right) {
    while (left != right) {
        if (left > right)
            left = dominators[left];
        else
            right = dominators[right];
    }
    return left;
}

/* Rounds until nothing changes, with all edges. */
static enum error check_dominators(struct checker *checker) {
    const struct ir_function *function = checker->function;
    uint32_t *dominators = checker->scratch;
    memset(dominators, 0xFF, function->block_count * sizeof *dominators);
    dominators[0] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t block = 1; block < function->block_count; block++) {
            const struct ir_block *at = &function->blocks[block];
            uint32_t dominator = IR_NO_BLOCK;
            for (uint32_t index = 0; index < at->predecessor_count; index++) {
                uint32_t from = function->pool[at->predecessors + index];
                if (dominators[from] != IR_NO_BLOCK)
                    dominator = dominator == IR_NO_BLOCK ? from : dominator_common(dominators, dominator, from);
            }
            CHECK(dominator != IR_NO_BLOCK && dominator < block, at->source, "block %u is not in order", block);
            changed |= dominators[block] != dominator;
            dominators[block] = dominator;
        }
    }
    CHECK(function->blocks[0].dominator == IR_NO_BLOCK, REPORT_NO_OFFSET, "block 0 has a dominator");
    for (uint32_t block = 1; block < function->block_count; block++)
        CHECK(function->blocks[block].dominator == dominators[block], function->blocks[block].source, "block %u is dominated by %u, not by %u", block,
              dominators[block], function->blocks[block].dominator);
    return ERROR_NONE;
}

/* Each place once, each range in its dominator's, and as large as what is in it. */
static enum error check_tree(struct checker *checker) {
    const struct ir_function *function = checker->function;
    uint32_t *counts = checker->scratch, *seen = counts + function->block_count;
    memset(counts, 0, 2 * (size_t)function->block_count * sizeof *counts);
    for (uint32_t block = function->block_count; block-- > 0;) {
        const struct ir_block *at = &function->blocks[block];
        counts[block]++;
        CHECK(at->tree_count == counts[block], at->source, "block %u dominates %u blocks, not %u", block, counts[block], at->tree_count);
        CHECK(at->tree_number < function->block_count && seen[at->tree_number] == 0, at->source, "block %u has no place in the tree", block);
        seen[at->tree_number] = 1;
        if (block == 0)
            continue;
        counts[at->dominator] += counts[block];
        const struct ir_block *above = &function->blocks[at->dominator];
        bool within = at->tree_number > above->tree_number && at->tree_number - above->tree_number + at->tree_count <= above->tree_count;
        CHECK(within, at->source, "block %u is not below its dominator", block);
    }
    return ERROR_NONE;
}

/* ---- Loops ---- */

/* Marks all that reaches the header from inside its loop: loops[] of these is the header, parents[] of the header what it was. */
static void loop_flood(const struct checker *checker, uint32_t header, uint32_t *loops, uint32_t *stack) {
    const struct ir_function *function = checker->function;
    uint32_t depth = 0, block = header;
    loops[header] = header;
    for (;;) {
        const struct ir_block *at = &function->blocks[block];
        for (uint32_t index = 0; index < at->predecessor_count; index++) {
            uint32_t from = function->pool[at->predecessors + index];
            if ((block == header && from < header) || loops[from] == header)
                continue;
            loops[from] = header;
            stack[depth++] = from;
        }
        if (depth == 0)
            return;
        block = stack[--depth];
    }
}

static enum error check_loops(struct checker *checker) {
    const struct ir_function *function = checker->function;
    uint32_t *loops = checker->scratch, *stack = loops + function->block_count;
    memset(loops, 0xFF, function->block_count * sizeof *loops);
    for (uint32_t block = 0; block < function->block_count; block++) {
        const struct ir_block *at = &function->blocks[block];
        bool is_loop = false;
        for (uint32_t index = 0; index < at->predecessor_count; index++) {
            uint32_t from = function->pool[at->predecessors + index];
            CHECK(from < block || ir_dominates(function, block, from), at->source, "a back edge enters block %u from outside of its loop", block);
            is_loop |= from >= block;
        }
        CHECK(is_loop == at->is_loop, at->source, "block %u is %sthe header of a loop", block, is_loop ? "" : "not ");
        if (!is_loop)
            continue;
        uint32_t around = loops[block], depth = around == IR_NO_BLOCK ? 0 : function->blocks[around].loop_depth;
        CHECK(at->loop_parent == around, at->source, "loop %u has the wrong loop around it", block);
        CHECK(at->loop_depth == depth + 1, at->source, "loop %u has the wrong depth", block);
        loop_flood(checker, block, loops, stack);
    }
    for (uint32_t block = 0; block < function->block_count; block++) {
        const struct ir_block *at = &function->blocks[block];
        CHECK(at->loop == loops[block], at->source, "block %u is in another loop", block);
        uint32_t depth = loops[block] == IR_NO_BLOCK ? 0 : function->blocks[loops[block]].loop_depth;
        CHECK(at->loop_depth == depth, at->source, "block %u has the wrong depth", block);
    }
    return ERROR_NONE;
}

/* ---- All of it ---- */

static enum error check_blocks(struct checker *checker) {
    static enum error (*const checks[])(struct checker *) = {check_edges, check_order, check_dominators, check_tree, check_loops, check_values};
    const struct ir_function *function = checker->function;
    enum error error = ERROR_NONE;
    for (uint32_t block = 0; block < function->block_count && error == ERROR_NONE; block++) {
        error = check_list(checker, block);
        if (error == ERROR_NONE)
            error = check_end(checker, block);
    }
    for (uint32_t index = 0; index < sizeof checks / sizeof *checks && error == ERROR_NONE; index++)
        error = checks[index](checker);
    return error;
}

enum error ir_check(const struct ir_function *function, struct report *report) {
    struct checker state = {.function = function, .report = report}, *checker = &state;
    CHECK(!function->failed && function->block_count > 0, REPORT_NO_OFFSET, "the function is not there");
    uint64_t edge_count = 0;
    for (uint32_t block = 0; block < function->block_count; block++)
        edge_count += function->blocks[block].successor_count;
    CHECK(edge_count <= function->pool_count, REPORT_NO_OFFSET, "there are more edges than pool words");
    checker->edge_count = (uint32_t)edge_count;
    size_t values_size = 2 * (size_t)function->value_count * sizeof(uint32_t);
    size_t scratch_size = (3 * (size_t)function->block_count + 3 * (size_t)edge_count) * sizeof(uint32_t);
    size_t size = values_size + scratch_size + function->pool_count;
    uint8_t *memory = budget_allocate(function->budget, size);
    if (memory == NULL)
        return report_fail(report, ERROR_NO_MEMORY, REPORT_NO_OFFSET, "out of memory for the checker");
    checker->block_of = (uint32_t *)(void *)memory;
    checker->positions = checker->block_of + function->value_count;
    checker->scratch = checker->positions + function->value_count;
    checker->taken = memory + values_size + scratch_size;
    memset(checker->block_of, 0xFF, function->value_count * sizeof(uint32_t));
    memset(checker->taken, 0, function->pool_count);
    enum error error = check_blocks(checker);
    budget_release(function->budget, memory, size);
    return error;
}
