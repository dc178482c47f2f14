/* Calls of small leaf functions of the same module are replaced by what these do. Called by passes_run, first of all, so that the other
   passes see the arguments.

   A callee is small when its body is, and a leaf when it calls nothing and has no loop: then there is no recursion, and what
   it costs is known. It is built and simplified by itself when it is first met; the last few are kept. What a caller may gain in
   values is limited in proportion to its own.

   A callee of one block is spliced in where the call stands. Else the caller's block is cut behind the call: its first half leads to a copy
   of the callee's first block, and all its returns lead to the second half, where phis are the results.

   What is copied gets sources of its own, which tell the callee's offsets and the call (struct ir_inlined), so that a backtrace shows both. */
#include "wasm/compile/optimize/pass.h"

#include "wasm/body.h"

#include "base/assert.h"

#define CALLEE_BYTES_MAX  64u
#define CALLEE_LOCALS_MAX 32u
#define CALLEE_VALUES_MAX 32u /* without constants and parameters */
#define CALLEE_BLOCKS_MAX 12u
#define CALLEES_KEPT      16u
#define GROWTH_FREE       64u /* values, and ... */
#define GROWTH_PART       2u  /* ... one for each so many of the caller's */

/* A function that was looked at. */
struct callee {
    uint32_t index; /* in the module; 0 with no function made: none yet */
    bool is_used, is_good;
    struct ir_function function;
};

struct inlining {
    struct ir_function *function;
    struct callee callees[CALLEES_KEPT];
    uint32_t *map; /* values and then blocks of the callee in hand: where they went */
    uint32_t map_capacity;
    uint32_t *names; /* by block that was there before: the part of it that ends it now */
    uint32_t block_count;
    uint32_t growth_left;
    uint32_t source_distance; /* from the callee's sources to those of the copy in hand */
    bool made_blocks, changed;
};

/* ---- Callees ---- */

static bool instruction_is_allowed(uint32_t opcode) {
    switch (opcode) {
    case OP_LOOP:
    case OP_CALL:
    case OP_CALL_INDIRECT:
    case OP_RETURN_CALL:
    case OP_RETURN_CALL_INDIRECT:
    case OP_BR_TABLE: return false;
    default: return true;
    }
}

/* By its bytes, before it is built. */
static bool body_is_small_leaf(const struct wasm_module *module, uint32_t index) {
    const struct module_function *declared = &module->functions[index];
    uint8_t types[CALLEE_LOCALS_MAX];
    struct body body;
    struct instruction instruction;
    if (declared->body_size > CALLEE_BYTES_MAX || declared->local_count > CALLEE_LOCALS_MAX)
        return false;
    body_begin(&body, module, index);
    body_read_locals(&body, declared, types);
    while (body.at < body.end) {
        body_next(&body, &instruction);
        if (!instruction_is_allowed(instruction.opcode))
            return false;
    }
    return true;
}

static uint32_t values_count(const struct ir_function *function) {
    uint32_t count = 0;
    for (uint32_t block = 0; block < function->block_count; block++)
        for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next) {
            uint32_t op = function->values[value].op;
            count += op != IR_CONSTANT && op != IR_PARAMETER;
        }
    return count;
}

static bool callee_make(struct inlining *inlining, struct callee *callee, uint32_t index) {
    struct ir_function *function = inlining->function;
    if (!body_is_small_leaf(function->module, index))
        return false;
    if (callee->function.budget == NULL)
        ir_begin(&callee->function, function->budget, function->module, index);
    else
        ir_restart(&callee->function, index);
    enum error error = ir_build(&callee->function);
    function->failed |= error == ERROR_NO_MEMORY;
    if (error != ERROR_NONE)
        return false;
    simplify_run(&callee->function);
    merge_run(&callee->function);
    function->failed |= callee->function.failed;
    return !function->failed && values_count(&callee->function) <= CALLEE_VALUES_MAX && callee->function.block_count <= CALLEE_BLOCKS_MAX;
}

/* The function to put in place of a call, or NULL. */
static const struct ir_function *callee_find(struct inlining *inlining, const struct ir_value *call) {
    struct ir_function *function = inlining->function;
    uint32_t index = call->aux;
    if (call->op != IR_CALL || index < function->module->imported_function_count || index == function->index)
        return NULL;
    if (function->module->functions[index].body_size > CALLEE_BYTES_MAX)
        return NULL;
    struct callee *callee = &inlining->callees[index % CALLEES_KEPT];
    if (!callee->is_used || callee->index != index) {
        callee->is_used = true;
        callee->index = index;
        callee->is_good = callee_make(inlining, callee, index);
    }
    return callee->is_good && !function->failed ? &callee->function : NULL;
}

/* ---- Cloning ---- */

static bool places_reserve(struct inlining *inlining, const struct ir_function *callee) {
    uint32_t wanted = callee->value_count + callee->block_count;
    if (wanted <= inlining->map_capacity)
        return true;
    uint32_t *map = budget_reallocate(inlining->function->budget, inlining->map, inlining->map_capacity * sizeof *map, wanted * sizeof *map);
    if (map == NULL) {
        inlining->function->failed = true;
        return false;
    }
    inlining->map = map;
    inlining->map_capacity = wanted;
    return true;
}

/* Words of the callee's pool in the caller's. */
static uint32_t words_copy(struct ir_function *function, const struct ir_function *callee, uint32_t first, uint32_t count) {
    uint32_t words = ir_pool(function, count);
    if (!function->failed)
        memcpy(function->pool + words, callee->pool + first, count * sizeof *callee->pool);
    return words;
}

/* Operands still name the callee's values: those of a phi may not be there yet. */
static uint32_t value_copy(struct inlining *inlining, const struct ir_function *callee, uint32_t value) {
    struct ir_function *function = inlining->function;
    const struct ir_value *from = &callee->values[value];
    uint32_t made = ir_make(function, from->op, from->type);
    if (made == IR_NONE)
        return IR_NONE;
    function->values[made] = *from;
    function->values[made].next = IR_NONE;
    function->values[made].source += inlining->source_distance;
    if (from->op == IR_PHI)
        function->values[made].a = words_copy(function, callee, from->a, from->b);
    else if (from->op == IR_CONSTANT_V128)
        function->values[made].a = words_copy(function, callee, from->a, 4);
    else if (from->op == OP_I8X16_SHUFFLE)
        function->values[made].extra = words_copy(function, callee, from->extra, 4);
    inlining->map[value] = made;
    return made;
}

static void operands_map(struct inlining *inlining, uint32_t value) {
    uint32_t count;
    uint32_t *operands = ir_operands(inlining->function, value, &count);
    for (uint32_t index = 0; index < count; index++)
        operands[index] = inlining->map[operands[index]];
}

/* Copies a block's values behind a value of the caller's block (IR_NONE: at its front); the last of them, or that one. */
static uint32_t values_copy(struct inlining *inlining, const struct ir_function *callee, uint32_t from, uint32_t to, uint32_t behind) {
    struct ir_function *function = inlining->function;
    for (uint32_t value = callee->blocks[from].first; value != IR_NONE && !function->failed; value = callee->values[value].next) {
        if (callee->values[value].op == IR_PARAMETER)
            continue;
        uint32_t made = value_copy(inlining, callee, value);
        if (made == IR_NONE)
            break;
        ir_insert(function, to, behind, made);
        behind = made;
        if (function->values[made].op != IR_PHI)
            operands_map(inlining, made);
    }
    return behind;
}

static void parameters_map(struct inlining *inlining, const struct ir_function *callee, uint32_t call) {
    const struct ir_function *function = inlining->function;
    for (uint32_t value = callee->blocks[0].first; value != IR_NONE; value = callee->values[value].next)
        if (callee->values[value].op == IR_PARAMETER)
            inlining->map[value] = function->pool[function->values[call].a + callee->values[value].aux];
}

/* ---- One block ---- */

/* What the call's results become when there is one return. */
static void results_copy(struct inlining *inlining, uint32_t call, const struct ir_function *callee, const struct ir_block *returns) {
    struct ir_function *function = inlining->function;
    struct ir_value *at = &function->values[call];
    for (uint32_t value = at->next; value != IR_NONE && function->values[value].op == IR_RESULT; value = function->values[value].next) {
        function->values[value].op = IR_COPY;
        function->values[value].a = inlining->map[callee->pool[returns->arguments + function->values[value].aux]];
    }
    at->op = at->type != 0 ? IR_COPY : IR_DELETED;
    if (at->type != 0)
        at->a = inlining->map[callee->pool[returns->arguments]];
}

/* The call stands behind `before`. */
static void inline_one_block(struct inlining *inlining, const struct ir_function *callee, uint32_t block, uint32_t before, uint32_t call) {
    values_copy(inlining, callee, 0, block, before);
    if (!inlining->function->failed)
        results_copy(inlining, call, callee, &callee->blocks[0]);
}

/* ---- Several blocks ---- */

/* Cuts a block behind a value (IR_NONE: before the first); the new one has the rest of the list, and the end. */
static uint32_t block_cut(struct ir_function *function, uint32_t block, uint32_t behind) {
    uint32_t rest = ir_block_make(function);
    if (function->failed)
        return IR_NO_BLOCK;
    struct ir_block *at = &function->blocks[block], *next = &function->blocks[rest];
    *next = *at;
    next->is_loop = false;
    next->predecessor_count = 0;
    next->first = behind == IR_NONE ? at->first : function->values[behind].next;
    if (next->first == IR_NONE)
        next->last = IR_NONE;
    if (behind == IR_NONE)
        at->first = IR_NONE;
    else
        function->values[behind].next = IR_NONE;
    at->last = behind;
    at->operand = IR_NONE;
    at->argument_count = 0;
    at->end = IR_END_JUMP;
    return rest;
}

/* The call, and its results, become phis of the block that the returns lead to. */
static void results_join(struct inlining *inlining, uint32_t call, const struct ir_function *callee, uint32_t count) {
    struct ir_function *function = inlining->function;
    bool single = function->values[call].type != 0;
    for (uint32_t value = call; value != IR_NONE; value = function->values[value].next) {
        if (value != call && function->values[value].op != IR_RESULT)
            break;
        if (value == call && !single) {
            function->values[call].op = IR_DELETED;
            continue;
        }
        uint32_t words = ir_pool(function, count), number = value == call ? 0 : function->values[value].aux, edge = 0;
        if (function->failed)
            return;
        for (uint32_t block = 0; block < callee->block_count; block++)
            if (callee->blocks[block].end == IR_END_RETURN)
                function->pool[words + edge++] = inlining->map[callee->pool[callee->blocks[block].arguments + number]];
        function->values[value].op = IR_PHI;
        function->values[value].a = words;
        function->values[value].b = count;
        function->values[value].c = 0;
        function->values[value].aux = 0;
    }
}

/* Sets up a copy of a callee's block: its edges, and its end. Blocks of the callee went to `first` and on. */
static void block_copy(struct inlining *inlining, const struct ir_function *callee, uint32_t from, uint32_t first, uint32_t rest) {
    struct ir_function *function = inlining->function;
    const struct ir_block *old = &callee->blocks[from];
    uint32_t predecessors = words_copy(function, callee, old->predecessors, old->predecessor_count);
    uint32_t successors = words_copy(function, callee, old->successors, old->successor_count);
    uint32_t way_out = ir_pool(function, 1);
    if (function->failed)
        return;
    struct ir_block *at = &function->blocks[first + from];
    at->end = old->end;
    at->source = old->source + inlining->source_distance;
    at->operand = old->operand == IR_NONE ? IR_NONE : inlining->map[old->operand];
    at->loop_depth = function->blocks[rest].loop_depth;
    at->predecessors = predecessors;
    at->predecessor_count = old->predecessor_count;
    at->successors = successors;
    at->successor_count = old->successor_count;
    for (uint32_t index = 0; index < old->predecessor_count; index++)
        function->pool[predecessors + index] += first;
    for (uint32_t index = 0; index < old->successor_count; index++)
        function->pool[successors + index] += first;
    if (old->end != IR_END_RETURN)
        return;
    at->end = IR_END_JUMP;
    at->successors = way_out;
    at->successor_count = 1;
    function->pool[way_out] = rest;
}

static void phis_map(struct inlining *inlining, uint32_t block) {
    struct ir_function *function = inlining->function;
    for (uint32_t value = function->blocks[block].first; value != IR_NONE && function->values[value].op == IR_PHI;
         value = function->values[value].next)
        operands_map(inlining, value);
}

/* The edges into the second half, in the order of the callee's blocks, and the one into the copy. */
static void edges_join(struct inlining *inlining, const struct ir_function *callee, uint32_t block, uint32_t first, uint32_t rest) {
    struct ir_function *function = inlining->function;
    uint32_t count = 0, words = ir_pool(function, callee->block_count + 2);
    if (function->failed)
        return;
    for (uint32_t from = 0; from < callee->block_count; from++)
        if (callee->blocks[from].end == IR_END_RETURN)
            function->pool[words + count++] = first + from;
    function->blocks[rest].predecessors = words;
    function->blocks[rest].predecessor_count = count;
    function->pool[words + callee->block_count] = first;
    function->blocks[block].successors = words + callee->block_count;
    function->blocks[block].successor_count = 1;
    function->pool[words + callee->block_count + 1] = block;
    function->blocks[first].predecessors = words + callee->block_count + 1;
    function->blocks[first].predecessor_count = 1;
}

/* The block that has what was behind the call. */
static uint32_t inline_blocks(struct inlining *inlining, const struct ir_function *callee, uint32_t block, uint32_t before, uint32_t call) {
    struct ir_function *function = inlining->function;
    uint32_t rest = block_cut(function, block, before), first = function->block_count, count = 0;
    for (uint32_t from = 0; from < callee->block_count; from++)
        ir_block_make(function);
    if (function->failed)
        return IR_NO_BLOCK;
    for (uint32_t from = 0; from < callee->block_count && !function->failed; from++) {
        count += callee->blocks[from].end == IR_END_RETURN;
        values_copy(inlining, callee, from, first + from, IR_NONE);
    }
    for (uint32_t from = 0; from < callee->block_count && !function->failed; from++) {
        block_copy(inlining, callee, from, first, rest);
        phis_map(inlining, first + from);
    }
    edges_join(inlining, callee, block, first, rest);
    if (!function->failed)
        results_join(inlining, call, callee, count);
    return rest;
}

/* ---- The walk ---- */

/* Puts the callee in; the block in which the walk goes on, behind the call. */
static uint32_t call_inline(struct inlining *inlining, const struct ir_function *callee, uint32_t block, uint32_t before, uint32_t call) {
    ASSERT(callee->inlined_count == 0);
    inlining->changed = true;
    inlining->growth_left -= callee->value_count;
    inlining->source_distance = ir_source_range(inlining->function, callee->index, inlining->function->values[call].source);
    parameters_map(inlining, callee, call);
    if (callee->block_count == 1 && callee->blocks[0].end == IR_END_RETURN) {
        inline_one_block(inlining, callee, block, before, call);
        return block;
    }
    inlining->made_blocks = true;
    return inline_blocks(inlining, callee, block, before, call);
}

static void block_inline(struct inlining *inlining, uint32_t whole) {
    struct ir_function *function = inlining->function;
    uint32_t block = whole, before = IR_NONE, next;
    for (uint32_t value = function->blocks[whole].first; value != IR_NONE && !function->failed; value = next) {
        bool is_end = function->blocks[block].end == IR_END_TAIL_CALL && function->blocks[block].operand == value;
        const struct ir_function *callee = is_end ? NULL : callee_find(inlining, &function->values[value]);
        if (callee != NULL && callee->value_count <= inlining->growth_left && places_reserve(inlining, callee))
            block = call_inline(inlining, callee, block, before, value);
        before = value;
        next = function->values[value].next;
    }
    inlining->names[whole] = block;
}

/* Blocks that come behind one that was cut are entered from its last part. */
static void predecessors_rename(const struct inlining *inlining) {
    struct ir_function *function = inlining->function;
    for (uint32_t block = 0; block < inlining->block_count; block++) {
        const struct ir_block *at = &function->blocks[block];
        for (uint32_t index = 0; index < at->predecessor_count; index++) {
            uint32_t *from = &function->pool[at->predecessors + index];
            *from = inlining->names[*from];
        }
    }
}

static bool has_candidates(const struct ir_function *function) {
    const struct wasm_module *module = function->module;
    for (uint32_t block = 0; block < function->block_count; block++)
        for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next) {
            const struct ir_value *at = &function->values[value];
            if (at->op == IR_CALL && at->aux >= module->imported_function_count && module->functions[at->aux].body_size <= CALLEE_BYTES_MAX)
                return true;
        }
    return false;
}

static void inlining_end(struct inlining *inlining, size_t names_size) {
    struct budget *budget = inlining->function->budget;
    for (uint32_t index = 0; index < CALLEES_KEPT; index++)
        if (inlining->callees[index].function.budget != NULL)
            ir_release(&inlining->callees[index].function);
    if (inlining->map != NULL)
        budget_release(budget, inlining->map, inlining->map_capacity * sizeof *inlining->map);
    budget_release(budget, inlining->names, names_size);
}

void inline_run(struct ir_function *function) {
    if (function->failed || !has_candidates(function))
        return;
    struct inlining inlining = {.function = function, .block_count = function->block_count};
    size_t names_size = function->block_count * sizeof *inlining.names;
    inlining.growth_left = GROWTH_FREE + function->value_count / GROWTH_PART;
    inlining.names = budget_allocate(function->budget, names_size);
    if (inlining.names == NULL) {
        function->failed = true;
        return;
    }
    for (uint32_t block = 0; block < inlining.block_count && !function->failed; block++)
        block_inline(&inlining, block);
    if (inlining.made_blocks && !function->failed)
        predecessors_rename(&inlining);
    inlining_end(&inlining, names_size);
    if (inlining.made_blocks)
        ir_number(function);
    if (inlining.changed)
        ir_clean(function);
}
