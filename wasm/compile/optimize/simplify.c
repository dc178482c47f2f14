/* The simplification: the walk, and what is done to phis and to the ends of blocks. The rules for instructions are in the other
   simplify_*.c files; simplify.h says how they are used. Called by passes_run. */
#include "wasm/compile/optimize/simplify.h"

#include "wasm/compile/optimize/pass.h"

#include "base/assert.h"

/* New values are few: each comes from a rewrite. */
#define REWRITES_PER_VALUE 4u
#define REWRITES_FREE      64u

/* ---- Making and changing ---- */

static void value_insert(struct simplify *simplify, uint32_t value) {
    ir_insert(simplify->function, simplify->block, simplify->last_made, value);
    simplify_at(simplify, value)->source = simplify->source;
    simplify->last_made = value;
    if (value < simplify->mask_count) {
        simplify->masks[value] = UINT64_MAX;
        simplify->uses[value] = 1;
    }
}

uint32_t simplify_make(struct simplify *simplify, uint32_t op, uint8_t type, uint32_t left, uint32_t right) {
    uint32_t value = ir_make(simplify->function, op, type);
    if (value == IR_NONE)
        return IR_NONE;
    simplify_at(simplify, value)->a = left;
    simplify_at(simplify, value)->b = right;
    value_insert(simplify, value);
    return value;
}

uint32_t simplify_make_constant(struct simplify *simplify, uint8_t type, uint64_t bits) {
    uint32_t value = ir_make_constant(simplify->function, type, type == WASM_I32 ? (uint32_t)bits : bits);
    if (value != IR_NONE)
        value_insert(simplify, value);
    return value;
}

bool simplify_to(struct simplify *simplify, uint32_t value, uint32_t op, uint32_t left, uint32_t right) {
    struct ir_value *at = simplify_at(simplify, value);
    at->op = (uint16_t)op;
    at->a = left;
    at->b = right;
    at->c = 0;
    return true;
}

bool simplify_to_copy(struct simplify *simplify, uint32_t value, uint32_t source) {
    ASSERT(source != value);
    return simplify_to(simplify, value, IR_COPY, source, 0);
}

bool simplify_to_constant(struct simplify *simplify, uint32_t value, uint64_t bits) {
    if (simplify_at(simplify, value)->type == WASM_I32)
        bits = (uint32_t)bits;
    return simplify_to(simplify, value, IR_CONSTANT, (uint32_t)bits, (uint32_t)(bits >> 32));
}

bool simplify_constant(const struct simplify *simplify, uint32_t value, uint64_t *bits) {
    const struct ir_value *at = simplify_at(simplify, value);
    if (at->op != IR_CONSTANT)
        return false;
    *bits = at->type == WASM_I32 || at->type == WASM_F32 ? at->a : ir_constant_bits(at);
    return true;
}

void simplify_take_apart(const struct simplify *simplify, uint32_t value, struct simplify_operation *out) {
    const struct ir_value *at = simplify_at(simplify, value);
    bool is_compare = at->op >= OP_I32_EQZ && at->op <= OP_I64_GE_U;
    ASSERT(is_compare || (at->op >= OP_I32_CLZ && at->op <= OP_I64_ROTR));
    bool is_wide = is_compare ? at->op >= OP_I64_EQZ : at->op >= OP_I64_CLZ;
    bool is_binary = ir_shape(at->op).operand_count == 2;
    *out = (struct simplify_operation){
        .value = value,
        .op = !is_wide ? at->op : at->op - (is_compare ? SIMPLIFY_WIDE_COMPARE : SIMPLIFY_WIDE),
        .is_wide = is_wide,
        .bits = is_wide ? 64 : 32,
        .mask = is_wide ? UINT64_MAX : UINT32_MAX,
        .type = is_wide ? WASM_I64 : WASM_I32,
        .left = at->a,
        .right = is_binary ? at->b : IR_NONE,
    };
    out->left_known = simplify_constant(simplify, out->left, &out->left_bits);
    out->right_known = is_binary && simplify_constant(simplify, out->right, &out->right_bits);
}

/* ---- Phis ---- */

static uint32_t copied(const struct ir_function *function, uint32_t value) {
    while (function->values[value].op == IR_COPY)
        value = function->values[value].a;
    return value;
}

bool simplify_edge_is_dead(const struct simplify *simplify, uint32_t number) {
    const struct ir_function *function = simplify->function;
    uint32_t from = function->pool[function->blocks[simplify->block].predecessors + number];
    return from == IR_NO_BLOCK || (from < simplify->block && !simplify->reached[from]);
}

/* A phi of one value is that value. An edge that was taken away in this walk does not count. */
static bool phi_simplify(struct simplify *simplify, uint32_t phi) {
    struct ir_function *function = simplify->function;
    const struct ir_value *at = &function->values[phi];
    uint32_t single = IR_NONE;
    for (uint32_t index = 0; index < at->b; index++) {
        uint32_t operand = copied(function, function->pool[at->a + index]);
        function->pool[at->a + index] = operand;
        if (simplify_edge_is_dead(simplify, index) || operand == phi || operand == single)
            continue;
        if (single != IR_NONE)
            return false;
        single = operand;
    }
    return single != IR_NONE && simplify_to_copy(simplify, phi, single);
}

/* Once more, when the operands of back edges are as simple as the others, and only blocks are left that can be reached. */
static void phis_simplify(struct simplify *simplify) {
    struct ir_function *function = simplify->function;
    for (uint32_t block = 0; block < function->block_count; block++) {
        simplify->block = block;
        for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next)
            if (function->values[value].op == IR_PHI)
                phi_simplify(simplify, value);
            else if (function->values[value].op != IR_COPY)
                break;
    }
}

/* ---- Ends of blocks ---- */

static void branch_simplify(struct simplify *simplify, struct ir_block *at) {
    struct ir_function *function = simplify->function;
    uint32_t *successors = function->pool + at->successors;
    bool invert = false;
    uint64_t bits;
    at->operand = simplify_condition(simplify, copied(function, at->operand), &invert);
    if (invert) {
        uint32_t first = successors[0];
        successors[0] = successors[1];
        successors[1] = first;
    }
    if (successors[0] == successors[1])
        ir_end_fold(function, simplify->block, 0);
    else if (simplify_constant(simplify, at->operand, &bits))
        ir_end_fold(function, simplify->block, bits != 0 ? 0 : 1);
}

static void end_simplify(struct simplify *simplify) {
    struct ir_function *function = simplify->function;
    struct ir_block *at = &function->blocks[simplify->block];
    uint64_t bits;
    if (at->end == IR_END_BRANCH) {
        branch_simplify(simplify, at);
    } else if (at->end == IR_END_TABLE) {
        at->operand = copied(function, at->operand);
        if (simplify_constant(simplify, at->operand, &bits))
            ir_end_fold(function, simplify->block, bits < at->successor_count ? (uint32_t)bits : at->successor_count - 1);
        else if (at->successor_count == 1)
            ir_end_fold(function, simplify->block, 0);
    }
}

/* ---- Uses ---- */

static void words_count(struct simplify *simplify, const uint32_t *words, uint32_t count) {
    for (uint32_t index = 0; index < count; index++)
        simplify->uses[words[index]] += simplify->uses[words[index]] < UINT8_MAX;
}

static void uses_count(struct simplify *simplify) {
    const struct ir_function *function = simplify->function;
    memset(simplify->uses, 0, simplify->mask_count);
    for (uint32_t block = 0; block < function->block_count; block++) {
        const struct ir_block *at = &function->blocks[block];
        for (uint32_t value = at->first; value != IR_NONE; value = function->values[value].next) {
            uint32_t count;
            const uint32_t *operands = ir_operands(function, value, &count);
            words_count(simplify, operands, count);
        }
        words_count(simplify, &at->operand, 1);
        words_count(simplify, function->pool + at->arguments, at->argument_count);
    }
}

/* ---- The walk ---- */

/* Whether the value is a numeric instruction on constants; then its result takes its place. */
static bool value_fold(struct simplify *simplify, uint32_t value) {
    const struct ir_value *at = simplify_at(simplify, value);
    uint64_t first, second = 0, result;
    if (!simplify_constant(simplify, at->a, &first))
        return false;
    if (ir_shape(at->op).operand_count == 2 && !simplify_constant(simplify, at->b, &second))
        return false;
    return simplify_fold(at->op, first, second, &result) && simplify_to_constant(simplify, value, result);
}

static bool value_rewrite(struct simplify *simplify, uint32_t value) {
    uint32_t op = simplify_at(simplify, value)->op;
    if (op >= OP_I32_LOAD && op <= OP_I64_STORE32)
        return simplify_access(simplify, value);
    if (op >= OP_I32_EQZ && op <= OP_I64_TRUNC_SAT_F64_U) {
        if (value_fold(simplify, value))
            return true;
        if (op <= OP_F64_GE)
            return simplify_compare(simplify, value);
        if (op <= OP_I64_ROTR)
            return simplify_integer(simplify, value);
        return op <= OP_F64_COPYSIGN ? simplify_float(simplify, value) : simplify_conversion(simplify, value);
    }
    if (op == IR_PHI)
        return phi_simplify(simplify, value);
    if (op == OP_SELECT)
        return simplify_select(simplify, value);
    if (op >= OPCODE_PAGE_FD && op < OPCODE_COUNT && opcode_table[op].immediate == IMMEDIATE_ACCESS)
        return simplify_access(simplify, value);
    return false;
}

static void operands_replace(struct simplify *simplify, uint32_t value) {
    uint32_t count;
    uint32_t *operands = ir_operands(simplify->function, value, &count);
    for (uint32_t index = 0; index < count; index++)
        operands[index] = copied(simplify->function, operands[index]);
}

static void block_simplify(struct simplify *simplify, uint32_t block) {
    struct ir_function *function = simplify->function;
    simplify->block = block;
    simplify->before = IR_NONE;
    uint32_t value = function->blocks[block].first;
    while (value != IR_NONE && !function->failed) {
        operands_replace(simplify, value);
        simplify->last_made = simplify->before;
        simplify->source = simplify_at(simplify, value)->source;
        if (simplify->rewrites_left > 0 && value_rewrite(simplify, value)) {
            simplify->rewrites_left--;
            value = simplify->before == IR_NONE ? function->blocks[block].first : simplify_at(simplify, simplify->before)->next;
            continue;
        }
        if (value < simplify->mask_count)
            simplify->masks[value] = simplify_bits(simplify, value);
        simplify->before = value;
        value = simplify_at(simplify, value)->next;
    }
    if (function->failed)
        return;
    end_simplify(simplify);
    const struct ir_block *at = &function->blocks[block];
    for (uint32_t index = 0; index < at->successor_count; index++)
        simplify->reached[function->pool[at->successors + index]] = 1;
}

/* All blocks but those that turn out not to be reached; they go away, and what is in them stays as it is till then. */
static void blocks_simplify(struct simplify *simplify) {
    struct ir_function *function = simplify->function;
    memset(simplify->reached, 0, function->block_count);
    simplify->reached[0] = 1;
    for (uint32_t block = 0; block < function->block_count && !function->failed; block++)
        if (simplify->reached[block])
            block_simplify(simplify, block);
    ir_number(function);
    if (function->failed)
        return;
    memset(simplify->reached, 1, function->block_count);
    phis_simplify(simplify);
}

void simplify_run(struct ir_function *function) {
    if (function->failed)
        return;
    struct simplify simplify = {.function = function, .rewrites_left = REWRITES_FREE + REWRITES_PER_VALUE * function->value_count};
    simplify.mask_count = function->value_count + function->value_count / 4 + REWRITES_FREE;
    size_t masks_size = simplify.mask_count * sizeof *simplify.masks, size = masks_size + simplify.mask_count + function->block_count;
    simplify.masks = budget_allocate(function->budget, size);
    if (simplify.masks == NULL) {
        function->failed = true;
        return;
    }
    simplify.uses = (uint8_t *)simplify.masks + masks_size;
    simplify.reached = simplify.uses + simplify.mask_count;
    uses_count(&simplify);
    blocks_simplify(&simplify);
    budget_release(function->budget, simplify.masks, size);
    ir_clean(function);
}
