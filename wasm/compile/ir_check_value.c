/* The checker's second half: what values and ends of blocks use is there, dominates them, and has the right type. */
#include "wasm/compile/ir_check.h"

#include "base/assert.h"

#define ANY_TYPE 0u

/* ---- Types ---- */

static uint8_t select_type(const struct ir_function *function, const struct ir_value *at, uint32_t index) {
    return index == 2 ? (uint8_t)WASM_I32 : at->type != 0 ? at->type : function->values[at->a].type;
}

/* Of an operand that does not stand in the pool. */
static uint8_t operand_type(const struct ir_function *function, const struct ir_value *at, uint32_t index) {
    const struct wasm_module *module = function->module;
    bool is_bound = index == 0 && ir_is_access(at->op) && function->values[at->a].op == IR_BOUND;
    switch (at->op) {
    case IR_COPY: return at->type;
    case IR_MULTIPLY_HIGH_S:
    case IR_MULTIPLY_HIGH_U: return WASM_I64;
    case IR_RESULT:
    case IR_HOME_SET:
    case OP_REF_IS_NULL: return ANY_TYPE;
    case OP_SELECT: return select_type(function, at, index);
    case OP_GLOBAL_SET: return module->globals[at->aux].type;
    case OP_TABLE_GET: return WASM_I32;
    case OP_TABLE_SET: return index == 1 ? module->tables[at->aux].element_type : (uint8_t)WASM_I32;
    case OP_TABLE_GROW: return index == 0 ? module->tables[at->aux].element_type : (uint8_t)WASM_I32;
    case OP_TABLE_FILL: return index == 1 ? module->tables[at->aux].element_type : (uint8_t)WASM_I32;
    case IR_BOUND: return WASM_I32;
    default: return is_bound ? (uint8_t)WASM_I64 : opcode_table[at->op].pops[index];
    }
}

static const struct wasm_function_type *call_type(const struct ir_function *function, const struct ir_value *at) {
    return at->op == IR_CALL ? function->module->functions[at->aux].type : function->module->types[at->aux];
}

/* What the value's type must be; ANY_TYPE where something else decides. */
static uint8_t value_type(const struct ir_function *function, const struct ir_value *at) {
    const struct wasm_module *module = function->module;
    switch (at->op) {
    case IR_PHI:
    case IR_COPY:
    case IR_CONSTANT:
    case IR_HOME_GET:
    case OP_SELECT: return at->type;
    case IR_HOME_SET: return 0;
    case IR_CONSTANT_V128: return WASM_V128;
    case IR_MULTIPLY_HIGH_S:
    case IR_MULTIPLY_HIGH_U:
    case IR_BOUND: return WASM_I64;
    case IR_PARAMETER: return function->type->types[at->aux];
    case IR_CALL:
    case IR_CALL_INDIRECT: {
        const struct wasm_function_type *type = call_type(function, at);
        return type->result_count == 1 ? type->types[type->parameter_count] : 0;
    }
    case IR_RESULT: {
        const struct wasm_function_type *type = call_type(function, &function->values[at->a]);
        return type->types[type->parameter_count + at->aux];
    }
    case OP_GLOBAL_GET: return module->globals[at->aux].type;
    case OP_TABLE_GET: return module->tables[at->aux].element_type;
    case OP_REF_IS_NULL:
    case OP_TABLE_GROW: return WASM_I32;
    default: return opcode_table[at->op].push;
    }
}

/* ---- Immediates ---- */

/* What aux, and extra, must be below. */
static enum error check_immediates(struct checker *checker, uint32_t value) {
    const struct ir_function *function = checker->function;
    const struct wasm_module *module = function->module;
    const struct ir_value *at = &function->values[value];
    uint64_t aux = UINT64_MAX, extra = UINT64_MAX;
    switch ((enum immediate)opcode_table[at->op].immediate) {
    case IMMEDIATE_ACCESS:
    case IMMEDIATE_ACCESS_LANE: extra = module->memory_count; break;
    case IMMEDIATE_LANE: aux = opcode_table[at->op].alignment; break;
    case IMMEDIATE_FUNCTION: aux = module->function_count; break;
    case IMMEDIATE_GLOBAL: aux = module->global_count; break;
    case IMMEDIATE_TABLE: aux = module->table_count; break;
    case IMMEDIATE_TABLE_TABLE: aux = extra = module->table_count; break;
    case IMMEDIATE_ELEMENT: aux = module->element_count; break;
    case IMMEDIATE_ELEMENT_TABLE:
        aux = module->element_count;
        extra = module->table_count;
        break;
    case IMMEDIATE_MEMORY: aux = module->memory_count; break;
    case IMMEDIATE_MEMORY_MEMORY: aux = extra = module->memory_count; break;
    case IMMEDIATE_DATA: aux = module->data_count; break;
    case IMMEDIATE_DATA_MEMORY:
        aux = module->data_count;
        extra = module->memory_count;
        break;
    default: break;
    }
    CHECK(at->aux < aux && at->extra < extra, at->source, "v%u: an index is out of range", value);
    if (at->op == OP_I8X16_SHUFFLE)
        return check_words(checker, at->extra, 4, at->source);
    return ERROR_NONE;
}

/* The same for operations of our own. */
static enum error check_own(struct checker *checker, uint32_t value) {
    const struct ir_function *function = checker->function;
    const struct ir_value *at = &function->values[value];
    const struct wasm_module *module = function->module;
    switch (at->op) {
    case IR_PARAMETER:
        CHECK(checker->block_of[value] == 0 && at->aux < function->type->parameter_count, at->source, "v%u is no parameter", value);
        return ERROR_NONE;
    case IR_CONSTANT: CHECK(at->type != WASM_V128 && at->type != 0, at->source, "v%u: a constant of another kind", value); return ERROR_NONE;
    case IR_CONSTANT_V128: return check_words(checker, at->a, 4, at->source);
    case IR_PHI:
        CHECK(!function->in_homes, at->source, "v%u is a phi, where locals have homes", value);
        return check_words(checker, at->a, at->b, at->source);
    case IR_HOME_GET:
    case IR_HOME_SET: {
        uint8_t type = at->op == IR_HOME_SET ? function->values[at->a].type : at->type;
        CHECK(type != 0 && (uint64_t)at->aux + (type == WASM_V128 ? 2 : 1) <= function->home_words, at->source, "v%u is in no home", value);
        return ERROR_NONE;
    }
    case IR_CALL:
        CHECK(at->aux < module->function_count, at->source, "v%u calls no function", value);
        return check_words(checker, at->a, at->b, at->source);
    case IR_BOUND: CHECK(at->extra < module->memory_count, at->source, "v%u is bounded by no memory", value); return ERROR_NONE;
    case IR_CALL_INDIRECT:
        CHECK(at->aux < module->type_count && at->c < module->table_count, at->source, "v%u calls through no table", value);
        return check_words(checker, at->a, at->b, at->source);
    default: return ERROR_NONE;
    }
}

/* ---- Uses ---- */

/* A value that is used in a block at a position (phis: at the end of a predecessor). */
static enum error check_use(struct checker *checker, uint32_t operand, uint32_t block, uint32_t position, uint8_t type) {
    const struct ir_function *function = checker->function;
    uint32_t source = function->blocks[block].source;
    CHECK(operand != IR_NONE && operand < function->value_count, source, "v%u is used in block %u and does not exist", operand, block);
    uint32_t from = checker->block_of[operand];
    CHECK(from != IR_NO_BLOCK, source, "v%u is used in block %u and in no list", operand, block);
    bool before = from == block ? checker->positions[operand] < position : ir_dominates(function, from, block);
    CHECK(before, source, "v%u (block %u) is used in block %u and does not dominate it", operand, from, block);
    CHECK(type == ANY_TYPE || function->values[operand].type == type, source, "v%u is used in block %u with another type", operand, block);
    uint16_t op = function->values[operand].op;
    bool is_near = !function->in_homes || op == IR_CONSTANT || op == IR_CONSTANT_V128 || checker->regions[from] == checker->regions[block];
    CHECK(is_near, source, "v%u (block %u) is used in block %u, which is in another region", operand, from, block);
    return ERROR_NONE;
}

static enum error check_phi(struct checker *checker, uint32_t value, uint32_t block) {
    const struct ir_function *function = checker->function;
    const struct ir_value *at = &function->values[value];
    const struct ir_block *here = &function->blocks[block];
    CHECK(at->b == here->predecessor_count, at->source, "v%u has %u operands, and block %u has %u predecessors", value, at->b, block,
          here->predecessor_count);
    CHECK(at->type != 0, at->source, "v%u is a phi without a type", value);
    enum error error = ERROR_NONE;
    for (uint32_t index = 0; index < at->b && error == ERROR_NONE; index++) {
        uint32_t from = function->pool[here->predecessors + index], operand = function->pool[at->a + index];
        error = check_use(checker, operand, from, UINT32_MAX, at->type);
        /* Edges of one table come in any order; equal neighbours are the common case, and the first of them stands for all. */
        if (index > 0 && function->pool[here->predecessors + index - 1] == from)
            CHECK(function->pool[at->a + index - 1] == operand, at->source, "v%u differs on two edges from one block", value);
    }
    return error;
}

static enum error check_call(struct checker *checker, uint32_t value, uint32_t block) {
    const struct ir_function *function = checker->function;
    const struct ir_value *at = &function->values[value];
    const struct wasm_function_type *type = call_type(function, at);
    uint32_t count = type->parameter_count + (at->op == IR_CALL_INDIRECT ? 1u : 0);
    CHECK(at->b == count, at->source, "v%u calls with %u operands, not %u", value, at->b, count);
    enum error error = ERROR_NONE;
    for (uint32_t index = 0; index < count && error == ERROR_NONE; index++) {
        uint8_t wanted = index < type->parameter_count ? type->types[index] : (uint8_t)WASM_I32;
        error = check_use(checker, function->pool[at->a + index], block, checker->positions[value], wanted);
    }
    return error;
}

/* Results stand behind their call; `previous` is what stands before this one. */
static enum error check_result(struct checker *checker, uint32_t value, uint32_t previous) {
    const struct ir_function *function = checker->function;
    const struct ir_value *at = &function->values[value], *before = &function->values[previous];
    const struct ir_value *call = &function->values[at->a];
    CHECK(call->op == IR_CALL || call->op == IR_CALL_INDIRECT, at->source, "v%u is the result of no call", value);
    uint32_t count = call_type(function, call)->result_count;
    CHECK(count != 1 && at->aux < count, at->source, "v%u is a result that its call does not have", value);
    bool follows = previous == at->a || (before->op == IR_RESULT && before->a == at->a && before->aux < at->aux);
    CHECK(follows, at->source, "v%u does not stand behind its call", value);
    return ERROR_NONE;
}

static enum error check_value(struct checker *checker, uint32_t value, uint32_t previous) {
    const struct ir_function *function = checker->function;
    const struct ir_value *at = &function->values[value];
    uint32_t block = checker->block_of[value];
    CHECK(at->op >= IR_FIRST || (opcode_table[at->op].immediate != IMMEDIATE_INVALID && at->op >= OP_SELECT), at->source,
          "v%u: an opcode that makes no value", value);
    enum error error = at->op >= IR_FIRST ? check_own(checker, value) : check_immediates(checker, value);
    if (error == ERROR_NONE && at->op == IR_PHI)
        return check_phi(checker, value, block);
    if (error == ERROR_NONE && (at->op == IR_CALL || at->op == IR_CALL_INDIRECT))
        error = check_call(checker, value, block);
    uint32_t count = ir_shape(at->op).operand_count;
    const uint32_t *operands = &at->a;
    for (uint32_t index = 0; count != IR_OPERANDS_POOL && index < count && error == ERROR_NONE; index++)
        error = check_use(checker, operands[index], block, checker->positions[value], operand_type(function, at, index));
    if (error == ERROR_NONE && at->op == IR_RESULT)
        error = check_result(checker, value, previous);
    if (error == ERROR_NONE)
        CHECK(at->type == value_type(function, at), at->source, "v%u has another type than its operation", value);
    return error;
}

/* ---- Ends ---- */

static enum error check_tail_call(struct checker *checker, uint32_t block) {
    const struct ir_function *function = checker->function;
    const struct ir_block *at = &function->blocks[block];
    const struct ir_value *call = &function->values[at->operand];
    CHECK(at->operand == at->last && (call->op == IR_CALL || call->op == IR_CALL_INDIRECT), at->source, "block %u does not end in a call", block);
    const struct wasm_function_type *type = call_type(function, call), *own = function->type;
    bool same = type->result_count == own->result_count &&
                memcmp(type->types + type->parameter_count, own->types + own->parameter_count, own->result_count) == 0;
    CHECK(same, at->source, "block %u tail-calls a function with other results", block);
    return ERROR_NONE;
}

static enum error check_block_uses(struct checker *checker, uint32_t block) {
    const struct ir_function *function = checker->function;
    const struct ir_block *at = &function->blocks[block];
    const struct wasm_function_type *type = function->type;
    enum error error = ERROR_NONE;
    bool has_operand = at->end == IR_END_BRANCH || at->end == IR_END_TABLE || at->end == IR_END_TAIL_CALL;
    CHECK(has_operand == (at->operand != IR_NONE), at->source, "block %u and its operand do not fit", block);
    if (has_operand)
        error = check_use(checker, at->operand, block, UINT32_MAX, at->end == IR_END_TAIL_CALL ? ANY_TYPE : (uint8_t)WASM_I32);
    if (error == ERROR_NONE && at->end == IR_END_TAIL_CALL)
        error = check_tail_call(checker, block);
    CHECK(at->end != IR_END_RETURN || at->argument_count == type->result_count, at->source, "block %u returns %u values", block, at->argument_count);
    for (uint32_t index = 0; index < at->argument_count && error == ERROR_NONE; index++)
        error = check_use(checker, function->pool[at->arguments + index], block, UINT32_MAX, type->types[type->parameter_count + index]);
    return error;
}

/* Where locals have homes, no other value than a constant leads from one region to another: blocks that are entered only from the one laid out
   before belong to its region. */
static void regions_find(struct checker *checker) {
    const struct ir_function *function = checker->function;
    checker->regions = checker->scratch;
    for (uint32_t place = 0; place < function->block_count; place++) {
        uint32_t block = function->order[place], before = place > 0 ? function->order[place - 1] : IR_NO_BLOCK;
        const struct ir_block *at = &function->blocks[block];
        bool follows = place > 0 && at->predecessor_count == 1 && function->pool[at->predecessors] == before;
        checker->regions[block] = follows ? checker->regions[before] : block;
    }
}

enum error check_values(struct checker *checker) {
    const struct ir_function *function = checker->function;
    enum error error = ERROR_NONE;
    regions_find(checker);
    for (uint32_t block = 0; block < function->block_count && error == ERROR_NONE; block++) {
        uint32_t previous = IR_NONE;
        for (uint32_t value = function->blocks[block].first; value != IR_NONE && error == ERROR_NONE; value = function->values[value].next) {
            error = check_value(checker, value, previous);
            previous = value;
        }
        if (error == ERROR_NONE)
            error = check_block_uses(checker, block);
    }
    return error;
}
