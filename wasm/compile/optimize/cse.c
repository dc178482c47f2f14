/* Common subexpressions: a value that a dominating block has computed already is not computed again. And globals: what was written to
   one, or read from it, is what it holds until the next call.

   The first is a walk over the dominator tree, in preorder, with a hash table of the values that dominate where the walk is. A list of
   the table is ordered by the walk, newest first; values whose block does not dominate any more are all at its head and
   are taken off when a search passes by. So nothing need be undone on the way up.

   The second is a walk over the blocks in their order, with the contents of a few globals at the end of each. Globals are written by
   instructions and by calls; nothing else can see them, and nothing runs between. Writes stay: a caller, or whoever
   looks after a trap, reads what was written last. An immutable global always holds the same, so it is a subexpression like any. */
#include "wasm/compile/optimize/pass.h"

#include "base/assert.h"

struct cse {
    struct ir_function *function;
    uint32_t *preorder; /* blocks by their number in the dominator tree */
    uint32_t *heads;    /* by hash: a value, or IR_NONE */
    uint32_t *links;    /* by value: the next of its list */
    uint32_t *homes;    /* by value in a list: its block */
    uint32_t head_count;
};

/* ---- Which values, and when two are equal ---- */

static bool is_constant_global(const struct ir_function *function, const struct ir_value *at) {
    return at->op == OP_GLOBAL_GET && !function->module->globals[at->aux].is_mutable;
}

static bool value_is_shared(const struct ir_function *function, const struct ir_value *at) {
    switch (at->op) {
    case IR_PARAMETER:
    case IR_PHI:
    case IR_COPY:
    case IR_RESULT:
    case IR_DELETED: return false;
    default: return ir_shape(at->op).effect != IR_ORDERED || is_constant_global(function, at);
    }
}

/* Whether a value is shared only inside a block. Comparisons become part of the branch that they stand before, and what is nearly
   free is better done again than kept in a register. */
static bool value_is_local(const struct ir_function *function, const struct ir_value *at) {
    switch (at->op) {
    case OP_I32_WRAP_I64:
    case OP_I64_EXTEND_I32_U: return true;
    case OP_I32_ADD:
    case OP_I64_ADD: return function->values[at->b].op == IR_CONSTANT;
    default: return at->op >= OP_I32_EQZ && at->op <= OP_F64_GE;
    }
}

/* What a value says in the pool, for the two operations that have words there. */
static const uint32_t *value_words(const struct ir_function *function, const struct ir_value *at) {
    return at->op == IR_CONSTANT_V128 ? function->pool + at->a : at->op == OP_I8X16_SHUFFLE ? function->pool + at->extra : NULL;
}

static uint32_t hash_add(uint32_t hash, uint32_t word) {
    hash = (hash ^ word) * 0x9E3779B1u;
    return hash ^ hash >> 15;
}

static uint32_t value_hash(const struct ir_function *function, const struct ir_value *at) {
    uint32_t hash = hash_add((uint32_t)at->op << 8 | at->type, at->aux);
    const uint32_t *words = value_words(function, at);
    if (words != NULL) {
        for (uint32_t index = 0; index < 4; index++)
            hash = hash_add(hash, words[index]);
        if (at->op == IR_CONSTANT_V128)
            return hash;
    }
    return hash_add(hash_add(hash_add(hash, at->a), at->b), at->c);
}

static bool values_equal(const struct ir_function *function, const struct ir_value *left, const struct ir_value *right) {
    if (left->op != right->op || left->type != right->type || left->aux != right->aux)
        return false;
    const uint32_t *left_words = value_words(function, left), *right_words = value_words(function, right);
    if (left_words != NULL && memcmp(left_words, right_words, 4 * sizeof *left_words) != 0)
        return false;
    if (left->op == IR_CONSTANT_V128)
        return true;
    return left->a == right->a && left->b == right->b && left->c == right->c && (left_words != NULL || left->extra == right->extra);
}

/* ---- The walk ---- */

static void operands_replace(struct ir_function *function, uint32_t value) {
    uint32_t count;
    uint32_t *operands = ir_operands(function, value, &count);
    for (uint32_t index = 0; index < count; index++)
        while (function->values[operands[index]].op == IR_COPY)
            operands[index] = function->values[operands[index]].a;
}

/* Searching a list that long means that the hash is bad for this function: then it is not worth it. */
#define SEARCH_STEPS_MAX 32u

static void value_share(struct cse *cse, uint32_t block, uint32_t value) {
    struct ir_function *function = cse->function;
    struct ir_value *at = &function->values[value];
    uint32_t *head = &cse->heads[value_hash(function, at) & (cse->head_count - 1)];
    while (*head != IR_NONE && !ir_dominates(function, cse->homes[*head], block))
        *head = cse->links[*head];
    uint32_t steps = 0;
    bool is_local = value_is_local(function, at);
    for (uint32_t other = *head; other != IR_NONE && steps < SEARCH_STEPS_MAX; other = cse->links[other], steps++)
        if ((!is_local || cse->homes[other] == block) && values_equal(function, &function->values[other], at)) {
            at->op = IR_COPY;
            at->a = other;
            at->b = 0;
            at->c = 0;
            return;
        }
    cse->homes[value] = block;
    cse->links[value] = *head;
    *head = value;
}

static void blocks_share(struct cse *cse) {
    struct ir_function *function = cse->function;
    for (uint32_t block = 0; block < function->block_count; block++)
        cse->preorder[function->blocks[block].tree_number] = block;
    for (uint32_t index = 0; index < cse->head_count; index++)
        cse->heads[index] = IR_NONE;
    for (uint32_t number = 0; number < function->block_count; number++) {
        uint32_t block = cse->preorder[number];
        for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next) {
            operands_replace(function, value);
            if (value_is_shared(function, &function->values[value]))
                value_share(cse, block, value);
        }
    }
}

static void values_share(struct ir_function *function) {
    struct cse cse = {.function = function, .head_count = 64};
    while (cse.head_count < function->value_count)
        cse.head_count *= 2;
    size_t words = (size_t)function->block_count + cse.head_count + 2 * (size_t)function->value_count;
    uint32_t *memory = budget_allocate(function->budget, words * sizeof *memory);
    if (memory == NULL) {
        function->failed = true;
        return;
    }
    cse.preorder = memory;
    cse.heads = cse.preorder + function->block_count;
    cse.links = cse.heads + cse.head_count;
    cse.homes = cse.links + function->value_count;
    blocks_share(&cse);
    budget_release(function->budget, memory, words * sizeof *memory);
}

/* ---- Globals ---- */

/* Globals with low numbers are looked after: the stack pointer of C programs is the first. */
#define GLOBALS_MAX 4u

/* What the globals hold at the end of a block; IR_NONE where it is not known. */
struct contents {
    uint32_t values[GLOBALS_MAX];
};

/* What is the same at the end of all predecessors. A loop's header has some that were not seen yet. */
static struct contents contents_at(const struct ir_function *function, const struct contents *ends, uint32_t block) {
    struct contents contents = {{IR_NONE}};
    const struct ir_block *at = &function->blocks[block];
    if (at->predecessor_count == 0 || at->is_loop)
        return contents;
    contents = ends[function->pool[at->predecessors]];
    for (uint32_t index = 1; index < at->predecessor_count; index++) {
        const struct contents *other = &ends[function->pool[at->predecessors + index]];
        for (uint32_t global = 0; global < GLOBALS_MAX; global++)
            if (contents.values[global] != other->values[global])
                contents.values[global] = IR_NONE;
    }
    return contents;
}

/* Two imports may be bound to one global. */
static void globals_forget_aliases(const struct ir_function *function, uint32_t written, struct contents *contents) {
    uint32_t imported = function->module->imported_global_count;
    for (uint32_t global = 0; global < GLOBALS_MAX && global < imported && written < imported; global++)
        contents->values[global] = IR_NONE;
}

static void global_forward(struct ir_function *function, uint32_t value, struct contents *contents) {
    struct ir_value *at = &function->values[value];
    if (at->op == IR_CALL || at->op == IR_CALL_INDIRECT) {
        *contents = (struct contents){{IR_NONE}};
        return;
    }
    if ((at->op != OP_GLOBAL_GET && at->op != OP_GLOBAL_SET) || at->aux >= GLOBALS_MAX)
        return;
    uint32_t *known = &contents->values[at->aux];
    if (at->op == OP_GLOBAL_SET) {
        globals_forget_aliases(function, at->aux, contents);
        *known = at->a;
    } else if (*known == IR_NONE) {
        *known = value;
    } else {
        at->op = IR_COPY;
        at->a = *known;
    }
}

static void globals_forward(struct ir_function *function) {
    size_t size = function->block_count * sizeof(struct contents);
    struct contents *ends = budget_allocate(function->budget, size);
    if (ends == NULL) {
        function->failed = true;
        return;
    }
    for (uint32_t block = 0; block < function->block_count; block++) {
        struct contents contents = contents_at(function, ends, block);
        for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next)
            global_forward(function, value, &contents);
        ends[block] = contents;
    }
    budget_release(function->budget, ends, size);
}

void cse_run(struct ir_function *function) {
    if (!function->failed && function->module->global_count > 0)
        globals_forward(function);
    if (!function->failed)
        values_share(function);
    ir_clean(function);
}
