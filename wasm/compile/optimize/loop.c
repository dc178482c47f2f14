/* Loop-invariant code: a pure value whose operands come from outside of a loop is computed before it. Called by passes_run.

   What is worth it takes some cycles and then a register for the whole loop; so the number of values is limited for each loop, and
   what is nearly free stays: constants (made again for each use), comparisons (part of their branch), extensions, and sums with
   a constant (part of an address). Where the value goes is the one block before the loop's header; it is made when there is none. */
#include "wasm/compile/optimize/pass.h"

#define MOVES_OF_LOOP_MAX  8u /* values of some cost */
#define CHEAP_OF_LOOP_MAX  3u /* of these, values that take one cycle */
#define LOOPS_PER_MOVE_MAX 4u /* so many loops are left at once */
#define LOOP_STEPS_MAX     8u /* of a search up the loops */

enum { COST_STAYS, COST_CHEAP, COST_DEAR };

struct motion {
    struct ir_function *function;
    uint32_t *loops;              /* by value: header of the innermost loop that it is in now, or IR_NO_BLOCK */
    uint32_t *doors;              /* by header: the block before the loop; IR_NO_BLOCK while there is none */
    uint8_t *moves, *cheap_moves; /* by header: how many */
    bool made_block;
};

/* ---- Loops ---- */

/* Whether the second loop is the first, or in it. Not being sure counts as yes. */
static bool loop_has(const struct ir_function *function, uint32_t loop, uint32_t inner) {
    for (uint32_t step = 0; step < LOOP_STEPS_MAX; step++) {
        if (inner == loop)
            return true;
        if (inner == IR_NO_BLOCK || function->blocks[inner].loop_depth <= function->blocks[loop].loop_depth)
            return false;
        inner = function->blocks[inner].loop_parent;
    }
    return true;
}

/* The pool word of the only edge that enters the loop, in the header's predecessors; 0 when there are several. */
static uint32_t loop_entry(const struct ir_function *function, uint32_t header) {
    const struct ir_block *at = &function->blocks[header];
    uint32_t entry = 0;
    for (uint32_t index = 0; index < at->predecessor_count; index++) {
        if (function->pool[at->predecessors + index] >= header)
            continue;
        if (entry != 0)
            return 0;
        entry = at->predecessors + index;
    }
    return entry;
}

/* A block between the one before and the header. */
static uint32_t door_make(struct ir_function *function, uint32_t header, uint32_t entry) {
    uint32_t words = ir_pool(function, 2), door = ir_block_make(function);
    if (function->failed)
        return IR_NO_BLOCK;
    uint32_t from = function->pool[entry];
    struct ir_block *at = &function->blocks[door], *before = &function->blocks[from];
    at->end = IR_END_JUMP;
    at->source = before->source;
    at->successors = words;
    at->successor_count = 1;
    at->predecessors = words + 1;
    at->predecessor_count = 1;
    at->loop_depth = function->blocks[header].loop_depth - 1;
    function->pool[words] = header;
    function->pool[words + 1] = from;
    for (uint32_t index = 0; index < before->successor_count; index++)
        if (function->pool[before->successors + index] == header)
            function->pool[before->successors + index] = door;
    function->pool[entry] = door;
    return door;
}

/* Where values go that leave the loop, or IR_NO_BLOCK. */
static uint32_t loop_door(struct motion *motion, uint32_t header) {
    struct ir_function *function = motion->function;
    uint32_t *door = &motion->doors[header];
    uint32_t entry = *door == IR_NO_BLOCK ? loop_entry(function, header) : 0;
    if (entry == 0)
        return *door;
    uint32_t from = function->pool[entry];
    if (function->blocks[from].successor_count == 1) {
        *door = from;
    } else {
        *door = door_make(function, header, entry);
        motion->made_block = true;
    }
    return *door;
}

/* ---- What to move ---- */

static uint8_t cost_of_instruction(const struct ir_function *function, const struct ir_value *at) {
    if (at->op >= OPCODE_PAGE_FD || (at->op >= OP_F32_ABS && at->op <= OP_F64_COPYSIGN))
        return COST_DEAR;
    if (at->op >= OP_I32_TRUNC_F32_S && at->op <= OP_F64_REINTERPRET_I64)
        return at->op == OP_I64_EXTEND_I32_U || at->op == OP_I64_EXTEND_I32_S ? COST_STAYS : COST_DEAR;
    if (at->op >= OP_I32_TRUNC_SAT_F32_S && at->op <= OP_I64_TRUNC_SAT_F64_U)
        return COST_DEAR;
    if (at->op >= OP_I32_CLZ && at->op <= OP_I64_ROTR) {
        uint32_t op = at->op >= OP_I64_CLZ ? at->op - (OP_I64_CLZ - OP_I32_CLZ) : at->op;
        if (op == OP_I32_MUL || op <= OP_I32_POPCNT)
            return COST_DEAR;
        return function->values[at->b].op == IR_CONSTANT ? COST_STAYS : COST_CHEAP;
    }
    return at->op == OP_SELECT ? COST_CHEAP : COST_STAYS;
}

static uint8_t value_cost(const struct ir_function *function, const struct ir_value *at) {
    if (at->op == OP_GLOBAL_GET)
        return function->module->globals[at->aux].is_mutable ? COST_STAYS : COST_DEAR;
    if (ir_shape(at->op).effect != IR_PURE)
        return COST_STAYS;
    if (at->op == IR_MULTIPLY_HIGH_S || at->op == IR_MULTIPLY_HIGH_U)
        return COST_DEAR;
    return at->op < OPCODE_COUNT ? cost_of_instruction(function, at) : COST_STAYS;
}

static bool is_constant(const struct ir_function *function, uint32_t value) {
    return function->values[value].op == IR_CONSTANT || function->values[value].op == IR_CONSTANT_V128;
}

/* Constants do not count: they are made again. */
static bool operands_are_outside(const struct motion *motion, uint32_t value, uint32_t loop) {
    uint32_t count;
    const uint32_t *operands = ir_operands(motion->function, value, &count);
    for (uint32_t index = 0; index < count; index++)
        if (!is_constant(motion->function, operands[index]) && loop_has(motion->function, loop, motion->loops[operands[index]]))
            return false;
    return true;
}

/* The outermost loop that the value can leave, or IR_NO_BLOCK. */
static uint32_t loop_to_leave(struct motion *motion, uint32_t value, uint32_t loop, uint8_t cost) {
    uint32_t found = IR_NO_BLOCK;
    for (uint32_t step = 0; step < LOOPS_PER_MOVE_MAX && loop != IR_NO_BLOCK; step++) {
        bool full = motion->moves[loop] == MOVES_OF_LOOP_MAX || (cost == COST_CHEAP && motion->cheap_moves[loop] == CHEAP_OF_LOOP_MAX);
        if (full || !operands_are_outside(motion, value, loop) || loop_door(motion, loop) == IR_NO_BLOCK)
            break;
        found = loop;
        loop = motion->function->blocks[loop].loop_parent;
    }
    return found;
}

/* ---- The walk ---- */

/* The same constant once more, in no list yet; IR_NONE when there is no room. */
static uint32_t constant_make(struct ir_function *function, uint32_t value) {
    bool has_words = function->values[value].op == IR_CONSTANT_V128;
    uint32_t words = has_words ? ir_pool(function, 4) : 0;
    uint32_t made = ir_make(function, function->values[value].op, function->values[value].type);
    if (made == IR_NONE || function->failed)
        return IR_NONE;
    function->values[made] = function->values[value];
    if (has_words) {
        memcpy(function->pool + words, function->pool + function->values[value].a, 4 * sizeof *function->pool);
        function->values[made].a = words;
    }
    return made;
}

/* Makes the constants again, at the end of a block, that a value uses and that stand in the loop which it leaves. */
static void constants_make(struct motion *motion, uint32_t value, uint32_t left, uint32_t block) {
    struct ir_function *function = motion->function;
    uint32_t count;
    ir_operands(function, value, &count);
    for (uint32_t index = 0; index < count; index++) {
        uint32_t operand = ir_operands(function, value, &count)[index];
        if (!is_constant(function, operand) || !loop_has(function, left, motion->loops[operand]))
            continue;
        uint32_t made = constant_make(function, operand);
        if (made == IR_NONE)
            return;
        ir_append(function, block, made);
        ir_operands(function, value, &count)[index] = made;
    }
}

/* True when the value went away from the list, where it stands behind `before`. */
static bool value_move(struct motion *motion, uint32_t block, uint32_t before, uint32_t value) {
    struct ir_function *function = motion->function;
    uint32_t loop = function->blocks[block].loop;
    motion->loops[value] = loop;
    uint8_t cost = loop == IR_NO_BLOCK ? COST_STAYS : value_cost(function, &function->values[value]);
    uint32_t left = cost == COST_STAYS ? IR_NO_BLOCK : loop_to_leave(motion, value, loop, cost);
    if (left == IR_NO_BLOCK || function->failed)
        return false;
    uint32_t next = function->values[value].next;
    if (before == IR_NONE)
        function->blocks[block].first = next;
    else
        function->values[before].next = next;
    if (next == IR_NONE)
        function->blocks[block].last = before;
    constants_make(motion, value, left, motion->doors[left]);
    ir_append(function, motion->doors[left], value);
    motion->loops[value] = function->blocks[left].loop_parent;
    motion->moves[left]++;
    motion->cheap_moves[left] += cost == COST_CHEAP;
    return true;
}

static void blocks_walk(struct motion *motion, uint32_t count) {
    struct ir_function *function = motion->function;
    for (uint32_t block = 0; block < count && !function->failed; block++) {
        uint32_t before = IR_NONE, next;
        for (uint32_t value = function->blocks[block].first; value != IR_NONE && !function->failed; value = next) {
            next = function->values[value].next;
            if (!value_move(motion, block, before, value))
                before = value;
        }
    }
}

static bool has_loops(const struct ir_function *function) {
    for (uint32_t block = 0; block < function->block_count; block++)
        if (function->blocks[block].is_loop)
            return true;
    return false;
}

void loop_run(struct ir_function *function) {
    if (function->failed || !has_loops(function))
        return;
    struct motion motion = {.function = function};
    uint32_t count = function->block_count;
    size_t loops_size = function->value_count * sizeof *motion.loops, doors_size = count * sizeof *motion.doors;
    size_t size = loops_size + doors_size + 2 * (size_t)count;
    motion.loops = budget_allocate(function->budget, size);
    if (motion.loops == NULL) {
        function->failed = true;
        return;
    }
    motion.doors = motion.loops + function->value_count;
    motion.moves = (uint8_t *)(motion.doors + count);
    motion.cheap_moves = motion.moves + count;
    memset(motion.doors, 0xFF, doors_size); /* IR_NO_BLOCK */
    memset(motion.moves, 0, 2 * (size_t)count);
    blocks_walk(&motion, count);
    budget_release(function->budget, motion.loops, size);
    if (motion.made_block)
        ir_number(function);
}
