/* Instructions that make values, and calls. */
#include "wasm/compile/build.h"

#include "base/assert.h"

/* ---- Operands ---- */

void build_push(struct builder *builder, uint32_t value) {
    ASSERT(builder->operand_count < builder->operand_capacity);
    if (build_in_homes(builder)) {
        builder->places[builder->operand_count].region = builder->region;
        builder->places[builder->operand_count].is_saved = false;
    }
    builder->operands[builder->operand_count++] = value;
}

uint32_t build_pop(struct builder *builder) {
    ASSERT(builder->operand_count > 0);
    return builder->operands[--builder->operand_count];
}

/* ---- Values ---- */

uint32_t build_value(struct builder *builder, uint32_t op, uint8_t type) {
    struct ir_function *function = builder->function;
    uint32_t value = ir_make(function, op, type);
    function->values[value].source = builder->instruction.source;
    ir_append(function, builder->block, value);
    return value;
}

static void build_constant(struct builder *builder, uint8_t type, uint64_t bits) {
    uint32_t value = ir_make_constant(builder->function, type, bits);
    builder->function->values[value].source = builder->instruction.source;
    ir_append(builder->function, builder->block, value);
    build_push(builder, value);
}

/* Four words from 16 bytes in the pool. */
static uint32_t pool_bytes(struct ir_function *function, const uint8_t *bytes) {
    uint32_t words = ir_pool(function, 4);
    for (uint32_t index = 0; index < 4 && !function->failed; index++)
        function->pool[words + index] = bytes_load_u32(bytes + 4 * index);
    return words;
}

static void build_vector_constant(struct builder *builder) {
    uint32_t words = pool_bytes(builder->function, builder->instruction.bytes);
    uint32_t value = build_value(builder, IR_CONSTANT_V128, WASM_V128);
    builder->function->values[value].a = words;
    build_push(builder, value);
}

/* Places in builder->zeroes: both kinds of references have the number 0 as their null. */
static uint32_t zero_place(uint8_t type) {
    switch (type) {
    case WASM_I32: return 0;
    case WASM_I64: return 1;
    case WASM_F32: return 2;
    case WASM_F64: return 3;
    case WASM_V128: return 4;
    case WASM_FUNCREF: return 5;
    default: return 6;
    }
}

uint32_t build_zero(struct builder *builder, uint8_t type) {
    static const uint8_t no_bytes[16] = {0};
    struct ir_function *function = builder->function;
    uint32_t *zero = &builder->zeroes[zero_place(type)];
    if (*zero != IR_NONE)
        return *zero;
    if (type == WASM_V128) {
        uint32_t words = pool_bytes(function, no_bytes);
        *zero = ir_make(function, IR_CONSTANT_V128, WASM_V128);
        function->values[*zero].a = words;
    } else {
        *zero = ir_make_constant(function, type, 0);
    }
    function->values[*zero].source = builder->declared->body_offset;
    ir_insert(function, 0, builder->parameter_last, *zero);
    return *zero;
}

/* Takes the operands of a value, at most three, off the stack. */
static void value_take(struct builder *builder, uint32_t value, uint32_t count) {
    struct ir_value *at = &builder->function->values[value];
    ASSERT(count <= 3 && count <= builder->operand_count);
    const uint32_t *operands = builder->operands + builder->operand_count - count;
    if (count > 0)
        at->a = operands[0];
    if (count > 1)
        at->b = operands[1];
    if (count > 2)
        at->c = operands[2];
    builder->operand_count -= count;
}

static void value_immediates(struct builder *builder, uint32_t value) {
    const struct instruction *instruction = &builder->instruction;
    struct ir_value *at = &builder->function->values[value];
    switch ((enum immediate)opcode_table[instruction->opcode].immediate) {
    case IMMEDIATE_NONE:
    case IMMEDIATE_TYPES:
    case IMMEDIATE_FENCE: break;
    case IMMEDIATE_LANE: at->aux = instruction->lane; break;
    case IMMEDIATE_ACCESS_LANE: at->c = instruction->lane; /* fall through */
    case IMMEDIATE_ACCESS:
        at->aux = instruction->offset;
        at->extra = instruction->index;
        break;
    case IMMEDIATE_SHUFFLE: at->extra = pool_bytes(builder->function, instruction->bytes); break;
    case IMMEDIATE_FUNCTION:
    case IMMEDIATE_GLOBAL:
    case IMMEDIATE_TABLE:
    case IMMEDIATE_MEMORY:
    case IMMEDIATE_ELEMENT:
    case IMMEDIATE_DATA: at->aux = instruction->index; break;
    default:
        at->aux = instruction->index;
        at->extra = instruction->second;
        break;
    }
}

/* The type of the result, or 0. */
static uint8_t result_type(const struct builder *builder) {
    const struct instruction *instruction = &builder->instruction;
    const struct wasm_module *module = builder->module;
    switch (instruction->opcode) {
    case OP_SELECT:
    case OP_SELECT_TYPED: return builder->function->values[builder->operands[builder->operand_count - 2]].type;
    case OP_GLOBAL_GET: return module->globals[instruction->index].type;
    case OP_TABLE_GET: return module->tables[instruction->index].element_type;
    case OP_REF_IS_NULL:
    case OP_TABLE_GROW: return WASM_I32;
    default: return opcode_table[instruction->opcode].push;
    }
}

static void build_operation(struct builder *builder, uint32_t op) {
    build_settle(builder, ir_shape(op).operand_count);
    uint8_t type = result_type(builder);
    uint32_t value = build_value(builder, op, type);
    value_take(builder, value, ir_shape(op).operand_count);
    value_immediates(builder, value);
    if (type != 0)
        build_push(builder, value);
}

/* What opcodes.def says all about: most instructions. */
static void build_plain(struct builder *builder, const struct opcode_info *info) {
    build_settle(builder, info->pop_count);
    uint32_t value = build_value(builder, builder->instruction.opcode, info->push);
    value_take(builder, value, info->pop_count);
    if (info->push != 0)
        build_push(builder, value);
}

static void build_local_get(struct builder *builder) {
    uint32_t local = builder->instruction.index;
    if (build_in_homes(builder)) {
        build_push(builder, home_local_get(builder, local));
        return;
    }
    if (builder->locals[local] == IR_NONE)
        builder->locals[local] = build_zero(builder, builder->local_types[local]);
    build_push(builder, builder->locals[local]);
}

/* Leaves the operand on the stack. */
static void build_local_tee(struct builder *builder) {
    uint32_t local = builder->instruction.index;
    build_settle(builder, 1);
    uint32_t value = builder->operands[builder->operand_count - 1];
    if (build_in_homes(builder))
        home_local_set(builder, local, value);
    else
        builder->locals[local] = value;
}

void build_instruction(struct builder *builder) {
    const struct instruction *instruction = &builder->instruction;
    const struct opcode_info *info = &opcode_table[instruction->opcode];
    if (info->immediate == IMMEDIATE_NONE && info->pop_count != OPCODE_SPECIAL) {
        build_plain(builder, info);
        return;
    }
    switch (instruction->opcode) {
    case OP_DROP: build_pop(builder); break;
    case OP_SELECT_TYPED: build_operation(builder, OP_SELECT); break;
    case OP_LOCAL_GET: build_local_get(builder); break;
    case OP_LOCAL_SET:
        build_local_tee(builder);
        build_pop(builder);
        break;
    case OP_LOCAL_TEE: build_local_tee(builder); break;
    case OP_I32_CONST: build_constant(builder, WASM_I32, instruction->number); break;
    case OP_I64_CONST: build_constant(builder, WASM_I64, instruction->number); break;
    case OP_F32_CONST: build_constant(builder, WASM_F32, instruction->number); break;
    case OP_F64_CONST: build_constant(builder, WASM_F64, instruction->number); break;
    case OP_REF_NULL: build_constant(builder, *instruction->bytes, 0); break;
    case OP_V128_CONST: build_vector_constant(builder); break;
    default: build_operation(builder, instruction->opcode); break;
    }
}

/* ---- Calls ---- */

/* Several results are values of their own behind the call. */
static void call_results(struct builder *builder, uint32_t call, const struct wasm_function_type *type) {
    const uint8_t *types = type->types + type->parameter_count;
    build_work(builder, type->result_count * BUILD_WORK_VALUE);
    if (type->result_count == 1) {
        build_push(builder, call);
        return;
    }
    for (uint32_t index = 0; index < type->result_count; index++) {
        uint32_t result = build_value(builder, IR_RESULT, types[index]);
        builder->function->values[result].a = call;
        builder->function->values[result].aux = index;
        build_push(builder, result);
    }
}

uint32_t build_call(struct builder *builder) {
    struct ir_function *function = builder->function;
    const struct instruction *instruction = &builder->instruction;
    bool indirect = instruction->opcode == OP_CALL_INDIRECT || instruction->opcode == OP_RETURN_CALL_INDIRECT;
    bool tail = instruction->opcode == OP_RETURN_CALL || instruction->opcode == OP_RETURN_CALL_INDIRECT;
    const struct wasm_function_type *type =
        indirect ? builder->module->types[instruction->index] : builder->module->functions[instruction->index].type;
    uint32_t count = type->parameter_count + (indirect ? 1u : 0);
    ASSERT(count <= builder->operand_count);
    build_settle(builder, count);
    uint32_t words = ir_pool(function, count);
    build_work(builder, count);
    if (function->failed)
        return IR_NONE;
    builder->operand_count -= count;
    for (uint32_t index = 0; index < count; index++)
        function->pool[words + index] = builder->operands[builder->operand_count + index];
    if (build_in_homes(builder) && !tail) {
        home_flush(builder);
        home_forget(builder);
    }
    uint8_t result = type->result_count == 1 ? type->types[type->parameter_count] : 0;
    uint32_t call = build_value(builder, indirect ? IR_CALL_INDIRECT : IR_CALL, result);
    struct ir_value *at = &function->values[call];
    at->a = words;
    at->b = count;
    at->c = indirect ? instruction->second : 0;
    at->aux = instruction->index;
    if (!tail)
        call_results(builder, call, type);
    return call;
}
