/* The order in which blocks are laid out: that of their numbers, but loops are in one piece, and what ends in a trap comes last.

   Numbers are topological, and a loop's header has the lowest of its loop. So a loop can stand where its header does, as one unit: what
   leads into the unit leads to the header, and what is left by it comes later. Blocks that are in a loop's text but leave it for
   good move behind the loop by this.

   A block is unlikely when it ends in `unreachable`, or when all its successors are unlikely. No block of a loop is: from each one
   a way leads to the header, which is looked at later. */
#include "wasm/compile/ir.h"

#include "wasm/compile/optimize/pass.h"

#include "base/assert.h"

#define MARK_UNLIKELY 1u

/* Backwards, so that successors come first. */
static void unlikely_mark(struct ir_function *function) {
    for (uint32_t block = function->block_count; block-- > 1;) {
        struct ir_block *at = &function->blocks[block];
        bool unlikely = at->end == IR_END_UNREACHABLE || at->successor_count > 0;
        for (uint32_t index = 0; index < at->successor_count && unlikely; index++) {
            uint32_t to = function->pool[at->successors + index];
            unlikely = to > block && function->blocks[to].mark == MARK_UNLIKELY;
        }
        at->mark = unlikely ? MARK_UNLIKELY : 0;
    }
}

/* The loop that a unit stands in: a block, or a loop when the block is its header. */
static uint32_t unit_around(const struct ir_block *at) {
    return at->is_loop ? at->loop_parent : at->loop;
}

/* Each unit takes the next place of what it stands in; a header takes room for all of its loop. */
static void places_give(struct ir_function *function, uint32_t *sizes, uint32_t *places) {
    uint32_t likely = 0, unlikely = 0;
    for (uint32_t block = 0; block < function->block_count; block++)
        sizes[block] = 1;
    for (uint32_t block = function->block_count; block-- > 0;) {
        uint32_t around = unit_around(&function->blocks[block]);
        if (around != IR_NO_BLOCK)
            sizes[around] += sizes[block];
        unlikely += function->blocks[block].mark == MARK_UNLIKELY;
    }
    unlikely = function->block_count - unlikely;
    for (uint32_t block = 0; block < function->block_count; block++) {
        struct ir_block *at = &function->blocks[block];
        uint32_t around = unit_around(at), place;
        if (around != IR_NO_BLOCK) {
            ASSERT(at->mark == 0 && around < block);
            place = places[around];
            places[around] += sizes[block];
        } else if (at->mark == MARK_UNLIKELY) {
            place = unlikely++;
        } else {
            place = likely;
            likely += sizes[block];
        }
        at->mark = 0;
        function->order[place] = block;
        places[block] = place + 1; /* where the next of its loop stands */
    }
}

void layout_run(struct ir_function *function) {
    if (function->failed)
        return;
    ASSERT(function->order_count == function->block_count);
    size_t size = 2 * (size_t)function->block_count * sizeof(uint32_t);
    uint32_t *scratch = budget_allocate(function->budget, size);
    if (scratch == NULL) {
        function->failed = true;
        return;
    }
    unlikely_mark(function);
    places_give(function, scratch, scratch + function->block_count);
    budget_release(function->budget, scratch, size);
}
