/* The intermediate form's arrays, and what each operation is. */
#include "wasm/compile/ir.h"

#include "base/assert.h"

/* ---- Shapes ---- */

#define SHAPE_COUNT_MAX 3u

/* Effects by kind of immediate: what touches memory, tables, globals or segments stays in place. */
enum {
    EFFECT_NONE = IR_PURE,
    EFFECT_LANE = IR_PURE,
    EFFECT_V128 = IR_PURE,
    EFFECT_SHUFFLE = IR_PURE,
    EFFECT_TYPES = IR_PURE,
    EFFECT_REFERENCE = IR_PURE,
    EFFECT_I32 = IR_PURE,
    EFFECT_I64 = IR_PURE,
    EFFECT_F32 = IR_PURE,
    EFFECT_F64 = IR_PURE,
    EFFECT_FUNCTION = IR_PURE, /* ref.func */
    EFFECT_BLOCK = IR_ORDERED,
    EFFECT_LABEL = IR_ORDERED,
    EFFECT_LABELS = IR_ORDERED,
    EFFECT_INDIRECT = IR_ORDERED,
    EFFECT_LOCAL = IR_ORDERED,
    EFFECT_GLOBAL = IR_ORDERED,
    EFFECT_TABLE = IR_ORDERED,
    EFFECT_TABLE_TABLE = IR_ORDERED,
    EFFECT_ELEMENT_TABLE = IR_ORDERED,
    EFFECT_ELEMENT = IR_ORDERED,
    EFFECT_DATA = IR_ORDERED,
    EFFECT_DATA_MEMORY = IR_ORDERED,
    EFFECT_MEMORY = IR_ORDERED,
    EFFECT_MEMORY_MEMORY = IR_ORDERED,
    EFFECT_ACCESS = IR_ORDERED,
    EFFECT_ACCESS_LANE = IR_ORDERED,
    EFFECT_FENCE = IR_ORDERED,
};

/* Integer divisions and remainders, and truncations that do not saturate (core spec 4.3.2, 4.3.4). */
#define IS_DIVISION(number) (((number) >= OP_I32_DIV_S && (number) <= OP_I32_REM_U) || ((number) >= OP_I64_DIV_S && (number) <= OP_I64_REM_U))
#define IS_TRUNCATION(number)                                                                                                                        \
    (((number) >= OP_I32_TRUNC_F32_S && (number) <= OP_I32_TRUNC_F64_U) || ((number) >= OP_I64_TRUNC_F32_S && (number) <= OP_I64_TRUNC_F64_U))

/* Operands of instructions whose signature depends on more than the opcode; those that have no value have none. */
enum {
    SPECIAL_SELECT = 3,
    SPECIAL_GLOBAL_SET = 1,
    SPECIAL_TABLE_GET = 1,
    SPECIAL_TABLE_SET = 2,
    SPECIAL_REF_IS_NULL = 1,
    SPECIAL_TABLE_GROW = 2,
    SPECIAL_TABLE_FILL = 3,
};
#define SPECIAL_COUNT(number)                                                                                                                        \
    ((number) == OP_SELECT        ? SPECIAL_SELECT                                                                                                   \
     : (number) == OP_GLOBAL_SET  ? SPECIAL_GLOBAL_SET                                                                                               \
     : (number) == OP_TABLE_GET   ? SPECIAL_TABLE_GET                                                                                                \
     : (number) == OP_TABLE_SET   ? SPECIAL_TABLE_SET                                                                                                \
     : (number) == OP_REF_IS_NULL ? SPECIAL_REF_IS_NULL                                                                                              \
     : (number) == OP_TABLE_GROW  ? SPECIAL_TABLE_GROW                                                                                               \
     : (number) == OP_TABLE_FILL  ? SPECIAL_TABLE_FILL                                                                                               \
                                  : 0)

#define POP0                0
#define POP1(a)             1
#define POP2(a, b)          2
#define POP3(a, b, c)       3
#define SPECIAL             OPCODE_SPECIAL
#define COUNT(number, pops) ((pops) == OPCODE_SPECIAL ? SPECIAL_COUNT(number) : (pops))

const struct ir_shape ir_shapes[IR_OP_END] = {
#define OPCODE(number, name, text, immediate, alignment, pops, push)                                                                                 \
    [number] = {COUNT(number, pops), IS_DIVISION(number) || IS_TRUNCATION(number) ? (uint8_t)IR_TRAPS : (uint8_t)EFFECT_##immediate},
#include "wasm/opcodes.def"
#undef OPCODE
    [IR_DELETED] = {0, IR_PURE},
    [IR_PARAMETER] = {0, IR_PURE},
    [IR_CONSTANT] = {0, IR_PURE},
    [IR_CONSTANT_V128] = {0, IR_PURE},
    [IR_PHI] = {IR_OPERANDS_POOL, IR_PURE},
    [IR_COPY] = {1, IR_PURE},
    [IR_MULTIPLY_HIGH_S] = {2, IR_PURE},
    [IR_MULTIPLY_HIGH_U] = {2, IR_PURE},
    [IR_BOUND] = {1, IR_PURE},
    [IR_CALL] = {IR_OPERANDS_POOL, IR_ORDERED},
    [IR_CALL_INDIRECT] = {IR_OPERANDS_POOL, IR_ORDERED},
    [IR_RESULT] = {1, IR_PURE},
    [IR_HOME_GET] = {0, IR_ORDERED},
    [IR_HOME_SET] = {1, IR_ORDERED},
};

/* ---- Arrays ---- */

#define VALUE_COUNT_MIN 64u
#define BLOCK_COUNT_MIN 16u
#define POOL_COUNT_MIN  64u

/* Makes room for `wanted` items; false, and `failed` is set, when there is none. */
static bool array_enlarge(struct ir_function *function, void **array, uint32_t *capacity, uint64_t wanted, size_t item_size) {
    uint64_t next = (uint64_t)*capacity * 2 > wanted ? (uint64_t)*capacity * 2 : wanted;
    void *moved = NULL;
    if (next < UINT32_MAX && !function->failed)
        moved = budget_reallocate(function->budget, *array, *capacity * item_size, (size_t)next * item_size);
    if (moved == NULL) {
        function->failed = true;
        return false;
    }
    *array = moved;
    *capacity = (uint32_t)next;
    return true;
}

static inline bool array_grow(struct ir_function *function, void **array, uint32_t *capacity, uint64_t wanted, size_t item_size) {
    return LIKELY(wanted <= *capacity) || array_enlarge(function, array, capacity, wanted, item_size);
}

bool ir_values_reserve(struct ir_function *function, uint64_t count) {
    return array_grow(function, (void **)&function->values, &function->value_capacity, count, sizeof *function->values);
}

static bool blocks_reserve(struct ir_function *function, uint64_t count) {
    return array_grow(function, (void **)&function->blocks, &function->block_capacity, count, sizeof *function->blocks);
}

static bool pool_reserve(struct ir_function *function, uint64_t count) {
    return array_grow(function, (void **)&function->pool, &function->pool_capacity, count, sizeof *function->pool);
}

/* About what a body of this size becomes, so that few arrays ever move. */
static void arrays_reserve(struct ir_function *function) {
    const struct module_function *declared = &function->module->functions[function->index];
    uint32_t size = declared->body_size;
    if (!ir_values_reserve(function, VALUE_COUNT_MIN + size / 2 + declared->type->parameter_count) ||
        !blocks_reserve(function, BLOCK_COUNT_MIN + size / 16) || !pool_reserve(function, POOL_COUNT_MIN + size / 4))
        return;
    function->values[IR_NONE] = (struct ir_value){.op = IR_DELETED};
    function->value_count = 1;
}

void ir_restart(struct ir_function *function, uint32_t index) {
    ASSERT(index >= function->module->imported_function_count && index < function->module->function_count);
    function->index = index;
    function->type = function->module->functions[index].type;
    function->value_count = 0;
    function->block_count = 0;
    function->pool_count = 0;
    function->order_count = 0;
    function->home_words = 0;
    function->inlined_count = 0;
    function->failed = false;
    arrays_reserve(function);
}

void ir_begin(struct ir_function *function, struct budget *budget, const struct wasm_module *module, uint32_t index) {
    *function = (struct ir_function){.module = module, .budget = budget};
    ir_restart(function, index);
}

void ir_release(struct ir_function *function) {
    struct budget *budget = function->budget;
    if (function->values != NULL)
        budget_release(budget, function->values, function->value_capacity * sizeof *function->values);
    if (function->blocks != NULL)
        budget_release(budget, function->blocks, function->block_capacity * sizeof *function->blocks);
    if (function->pool != NULL)
        budget_release(budget, function->pool, function->pool_capacity * sizeof *function->pool);
    if (function->order != NULL)
        budget_release(budget, function->order, function->order_capacity * sizeof *function->order);
    if (function->inlined != NULL)
        budget_release(budget, function->inlined, function->inlined_capacity * sizeof *function->inlined);
    *function = (struct ir_function){0};
}

uint32_t ir_pool(struct ir_function *function, uint32_t count) {
    if (!pool_reserve(function, (uint64_t)function->pool_count + count))
        return 0;
    uint32_t first = function->pool_count;
    function->pool_count += count;
    return first;
}

/* ---- Values ---- */

uint64_t ir_constant_bits(const struct ir_value *value) {
    ASSERT(value->op == IR_CONSTANT);
    return (uint64_t)value->b << 32 | value->a;
}

uint32_t ir_make_constant(struct ir_function *function, uint8_t type, uint64_t bits) {
    uint32_t value = ir_make(function, IR_CONSTANT, type);
    function->values[value].a = (uint32_t)bits;
    function->values[value].b = (uint32_t)(bits >> 32);
    return value;
}

void ir_insert(struct ir_function *function, uint32_t block, uint32_t behind, uint32_t value) {
    if (UNLIKELY(value == IR_NONE))
        return;
    struct ir_block *at = &function->blocks[block];
    uint32_t *link = behind == IR_NONE ? &at->first : &function->values[behind].next;
    function->values[value].next = *link;
    *link = value;
    if (at->last == behind)
        at->last = value;
}

/* ---- Sources ---- */

uint32_t ir_source_range(struct ir_function *function, uint32_t callee, uint32_t call) {
    const struct module_function *declared = &function->module->functions[callee];
    uint32_t count = function->inlined_count;
    uint64_t first = LIMIT_MODULE_BYTES;
    if (count > 0)
        first = function->inlined[count - 1].first + (uint64_t)function->inlined[count - 1].size;
    if (first + declared->body_size > UINT32_MAX)
        function->failed = true;
    if (!array_grow(function, (void **)&function->inlined, &function->inlined_capacity, count + 1ull, sizeof *function->inlined))
        return 0;
    function->inlined[function->inlined_count++] =
        (struct ir_inlined){.first = (uint32_t)first, .size = declared->body_size, .offset = declared->body_offset, .call = call};
    return (uint32_t)first - declared->body_offset;
}

uint32_t ir_source_offset(const struct ir_function *function, uint32_t source, uint32_t *call) {
    *call = 0;
    if (LIKELY(source < LIMIT_MODULE_BYTES))
        return source;
    uint32_t low = 0, high = function->inlined_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (function->inlined[middle].first <= source)
            low = middle;
        else
            high = middle;
    }
    ASSERT(low < high && source - function->inlined[low].first < function->inlined[low].size);
    *call = function->inlined[low].call;
    return source - function->inlined[low].first + function->inlined[low].offset;
}

/* ---- Blocks ---- */

uint32_t ir_block_make(struct ir_function *function) {
    if (UNLIKELY(function->block_count == function->block_capacity) && !blocks_reserve(function, (uint64_t)function->block_count + 1))
        return 0;
    uint32_t block = function->block_count++;
    function->blocks[block] = (struct ir_block){.dominator = IR_NO_BLOCK, .loop = IR_NO_BLOCK, .loop_parent = IR_NO_BLOCK};
    return block;
}

/* Marks the edges from a block in its successor's predecessors as gone, all but `keep` of them. */
static void edges_drop(struct ir_function *function, uint32_t from, uint32_t to, uint32_t keep) {
    struct ir_block *target = &function->blocks[to];
    for (uint32_t index = 0; index < target->predecessor_count; index++) {
        uint32_t *predecessor = &function->pool[target->predecessors + index];
        if (*predecessor != from)
            continue;
        if (keep > 0)
            keep--;
        else
            *predecessor = IR_NO_BLOCK;
    }
}

/* ir_number takes the edges out that are marked here, so that a table with many edges to few blocks costs no more than these
   have predecessors. */
void ir_end_fold(struct ir_function *function, uint32_t block, uint32_t number) {
    struct ir_block *at = &function->blocks[block];
    ASSERT(number < at->successor_count);
    const uint32_t *successors = function->pool + at->successors;
    uint32_t kept = successors[number];
    for (uint32_t index = 0; index < at->successor_count; index++) {
        uint32_t to = successors[index];
        if (function->blocks[to].mark == 0)
            edges_drop(function, block, to, to == kept ? 1 : 0);
        function->blocks[to].mark = 1;
    }
    for (uint32_t index = 0; index < at->successor_count; index++)
        function->blocks[successors[index]].mark = 0;
    at->end = IR_END_JUMP;
    at->operand = IR_NONE;
    at->successors += number;
    at->successor_count = 1;
}
