/* Checked bounds: each access gets its index through an IR_BOUND, which is the index unless that lies behind the end of the memory, and else the
   memory's size. So no access is far from memory, on no path and under speculation neither, and one that does not fit meets the guard behind
   the memory and faults where it stands. Called by passes_run, between the rules that move sums into offsets and the pass that shares values.

   The offset stays with the access as long as the guard is larger; what is more becomes a part of the bound. So all fields of a
   structure share one bound, and a bound that dominates serves again: memories never shrink, and behind a bound stands its access, so whatever
   comes later has an index that was in memory then. For this to hold, no pass may move one away from its access (they are no candidates of
   loop_run). Of an atomic access, what is left of the offset is a multiple of the width: its address is aligned behind the end of the memory, too,
   for a locked access across cache lines stops the whole machine for a while. An access whose index is constant and below the least size that the
   memory may have needs none. */
#include "wasm/compile/optimize/pass.h"

/* A bound holds for offsets in between. */
#define DISTANCE_STEP (uint32_t)(MEMORY_GUARD_BYTES / 2)

static bool is_always_inside(const struct ir_function *function, const struct ir_value *access) {
    const struct ir_value *index = &function->values[access->a];
    uint64_t end = access->aux + (1ull << opcode_table[access->op].alignment);
    uint64_t size = (uint64_t)function->module->memories[access->extra].limits.minimum * WASM_PAGE_SIZE;
    return index->op == IR_CONSTANT && (uint32_t)ir_constant_bits(index) + end <= size;
}

/* The bound stands before the access, in the list behind `before`. */
static void access_bound(struct ir_function *function, uint32_t block, uint32_t before, uint32_t access) {
    uint32_t bound = ir_make(function, IR_BOUND, WASM_I64);
    if (bound == IR_NONE)
        return;
    struct ir_value *at = &function->values[access], *made = &function->values[bound];
    made->a = at->a;
    made->aux = at->aux / DISTANCE_STEP * DISTANCE_STEP;
    if (at->op >= OPCODE_PAGE_FE)
        made->aux += (at->aux - made->aux) % (1u << opcode_table[at->op].alignment);
    made->extra = at->extra;
    made->source = at->source;
    at->a = bound;
    at->aux -= made->aux;
    ir_insert(function, block, before, bound);
}

void bound_run(struct ir_function *function) {
    for (uint32_t block = 0; block < function->block_count && !function->failed; block++) {
        uint32_t before = IR_NONE;
        for (uint32_t value = function->blocks[block].first; value != IR_NONE && !function->failed; value = function->values[value].next) {
            const struct ir_value *at = &function->values[value];
            if (ir_is_access(at->op) && !is_always_inside(function, at))
                access_bound(function, block, before, value);
            before = value;
        }
    }
}
