/* Instructions, one by one: which operation each becomes. Control flow is in translate_control.c. */
#include "base/assert.h"
#include "wasm/interpret/translate.h"

/* ---- Instructions with a fixed signature ---- */

/* Pops the operands, deepest into slots[0]. */
static void pop_slots(struct translator *translator, uint32_t count, uint32_t slots[3]) {
    ASSERT(count <= 3 && count <= translator->operand_count);
    for (uint32_t index = 0; index < count; index++) {
        const struct operand operand = translator->operands[translator->operand_count - count + index];
        slots[index] = operand_read_slot(translator, &operand);
    }
    operands_truncate(translator, translator->operand_count - count);
}

static void push_result(struct translator *translator, const struct opcode_info *info, uint32_t data_count) {
    if (info->push != 0) {
        operand_push_result(translator, info->push == WASM_V128, data_count);
    }
}

/* A binary operation whose right operand is a constant, when there is a handler for that. */
static bool translate_with_constant(struct translator *translator, uint32_t opcode, const struct opcode_info *info) {
    operation_handler *run = operation_immediate_handlers[opcode];
    if (run == NULL || translator->operands[translator->operand_count - 1].kind != OPERAND_CONSTANT) {
        return false;
    }
    struct operand right = operand_pop(translator);
    uint32_t left = operand_pop_slot(translator);
    struct operation *op = translator_emit(translator, run);
    op->b = left;
    op->immediate = right.value;
    push_result(translator, info, 0);
    return true;
}

static void translate_plain(struct translator *translator, uint32_t opcode, const struct opcode_info *info) {
    uint32_t slots[3] = {0};
    if (info->pop_count == 2 && translate_with_constant(translator, opcode, info)) {
        return;
    }
    pop_slots(translator, info->pop_count, slots);
    struct operation *op = translator_emit(translator, operation_handlers[opcode]);
    op->b = slots[0];
    op->c = slots[1];
    op->d = slots[2];
    push_result(translator, info, 0);
}

/* Loads, stores, atomics and lane accesses; operation.h says which operand stands where. */
static void translate_access(struct translator *translator, uint32_t opcode, const struct opcode_info *info) {
    uint32_t slots[3] = {0};
    const struct instruction *instruction = &translator->instruction;
    bool has_lane = info->immediate == IMMEDIATE_ACCESS_LANE;
    bool is_store = info->pop_count == 2 && info->push == 0 && !has_lane;
    bool has_data = has_lane || (info->pop_count > 1 && !is_store);
    pop_slots(translator, info->pop_count, slots);
    if (translator->function->store->engine->compile_options.check_bounds) {
        struct operation *check = translator_emit(translator, handle_memory_check);
        check->a = (1u << info->alignment) | (opcode >= OPCODE_PAGE_FE ? ACCESS_IS_ATOMIC : 0);
        check->b = slots[0];
        check->c = instruction->offset;
        check->d = instruction->index;
    }
    struct operation *op = translator_emit(translator, operation_handlers[opcode]);
    op->a = is_store ? slots[1] : 0;
    op->b = slots[0];
    op->c = instruction->offset;
    op->d = instruction->index;
    if (has_data) {
        struct operation *data = translator_emit(translator, NULL);
        data->b = has_lane ? instruction->lane : slots[1];
        data->c = has_lane ? slots[1] : slots[2];
    }
    push_result(translator, info, has_data ? 1 : 0);
}

static void translate_lane(struct translator *translator, uint32_t opcode, const struct opcode_info *info) {
    uint32_t slots[3] = {0};
    pop_slots(translator, info->pop_count, slots);
    struct operation *op = translator_emit(translator, operation_handlers[opcode]);
    op->b = slots[0];
    op->c = slots[1];
    op->d = translator->instruction.lane;
    push_result(translator, info, 0);
}

/* v128.const and i8x16.shuffle. */
static void translate_bytes(struct translator *translator, uint32_t opcode, const struct opcode_info *info) {
    uint32_t slots[3] = {0};
    pop_slots(translator, info->pop_count, slots);
    struct operation *op = translator_emit(translator, operation_handlers[opcode]);
    op->b = slots[0];
    op->c = slots[1];
    struct operation *data = translator_emit(translator, NULL);
    memcpy(&data->a, translator->instruction.bytes, 16);
    push_result(translator, info, 1);
}

/* ---- Variables, references, tables, memories ---- */

static void translate_global(struct translator *translator, uint32_t opcode) {
    struct wasm_global *global = translator->function->instance->globals[translator->instruction.index];
    bool wide = global->type == WASM_V128;
    if (opcode == OP_GLOBAL_GET) {
        struct operation *op = translator_emit(translator, wide ? handle_global_get_wide : handle_global_get);
        op->pointer = &global->value;
        operand_push_result(translator, wide, 0);
        return;
    }
    uint32_t slot = operand_pop_slot(translator);
    struct operation *op = translator_emit(translator, wide ? handle_global_set_wide : handle_global_set);
    op->b = slot;
    op->pointer = &global->value;
}

static void translate_select(struct translator *translator) {
    uint32_t slots[3];
    bool wide = translator->operands[translator->operand_count - 2].wide;
    pop_slots(translator, 3, slots);
    struct operation *op = translator_emit(translator, wide ? handle_select_wide : handle_select);
    op->b = slots[0];
    op->c = slots[1];
    op->d = slots[2];
    operand_push_result(translator, wide, 0);
}

/* An operation on one table or memory: operands in b and c, the index in d. */
static void translate_one(struct translator *translator, operation_handler *run, uint32_t pops, bool pushes) {
    uint32_t slots[3] = {0};
    pop_slots(translator, pops, slots);
    struct operation *op = translator_emit(translator, run);
    op->b = slots[0];
    op->c = slots[1];
    op->d = translator->instruction.index;
    if (pushes) {
        operand_push_result(translator, false, 0);
    }
}

/* An operation on a range: three operands, and one or two indices in the data operation. */
static void translate_range(struct translator *translator, operation_handler *run, uint32_t indices) {
    uint32_t slots[3];
    const struct instruction *instruction = &translator->instruction;
    pop_slots(translator, 3, slots);
    struct operation *op = translator_emit(translator, run);
    op->b = slots[0];
    op->c = slots[1];
    op->d = slots[2];
    struct operation *data = translator_emit(translator, NULL);
    data->b = instruction->index;
    data->c = indices == 2 ? instruction->second : 0;
}

static void translate_drop_segment(struct translator *translator, operation_handler *run) {
    translator_emit(translator, run)->b = translator->instruction.index;
}

/* Constants are kept on the model of the stack. */
static void translate_function_reference(struct translator *translator) {
    operand_push_constant(translator, (uintptr_t)translator->function->instance->functions[translator->instruction.index]);
}

/* ---- The body ---- */

static void translate_fixed(struct translator *translator, uint32_t opcode) {
    const struct opcode_info *info = &opcode_table[opcode];
    ASSERT(info->pop_count != OPCODE_SPECIAL && operation_handlers[opcode] != NULL);
    switch (info->immediate) {
    case IMMEDIATE_ACCESS:
    case IMMEDIATE_ACCESS_LANE: translate_access(translator, opcode, info); break;
    case IMMEDIATE_LANE: translate_lane(translator, opcode, info); break;
    case IMMEDIATE_V128:
    case IMMEDIATE_SHUFFLE: translate_bytes(translator, opcode, info); break;
    default: translate_plain(translator, opcode, info); break;
    }
}

static void translate_reference(struct translator *translator) {
    uint32_t slot = operand_pop_slot(translator);
    translator_emit(translator, handle_reference_is_null)->b = slot;
    operand_push_result(translator, false, 0);
}

static void translate_table_or_memory(struct translator *translator, uint32_t opcode) {
    switch (opcode) {
    case OP_TABLE_GET: translate_one(translator, handle_table_get, 1, true); break;
    case OP_TABLE_SET: translate_one(translator, handle_table_set, 2, false); break;
    case OP_TABLE_SIZE: translate_one(translator, handle_table_size, 0, true); break;
    case OP_TABLE_GROW: translate_one(translator, handle_table_grow, 2, true); break;
    case OP_TABLE_FILL: translate_range(translator, handle_table_fill, 1); break;
    case OP_TABLE_COPY: translate_range(translator, handle_table_copy, 2); break;
    case OP_TABLE_INIT: translate_range(translator, handle_table_init, 2); break;
    case OP_ELEM_DROP: translate_drop_segment(translator, handle_element_drop); break;
    case OP_MEMORY_SIZE: translate_one(translator, handle_memory_size, 0, true); break;
    case OP_MEMORY_GROW: translate_one(translator, handle_memory_grow, 1, true); break;
    case OP_MEMORY_FILL: translate_range(translator, handle_memory_fill, 1); break;
    case OP_MEMORY_COPY: translate_range(translator, handle_memory_copy, 2); break;
    case OP_MEMORY_INIT: translate_range(translator, handle_memory_init, 2); break;
    case OP_DATA_DROP: translate_drop_segment(translator, handle_data_drop); break;
    default: translate_fixed(translator, opcode); break;
    }
}

static void translate_unreachable(struct translator *translator) {
    translator_emit(translator, handle_unreachable);
    translator->dead = true;
    translator->dead_depth = 0;
}

static void translate_instruction(struct translator *translator, uint32_t opcode) {
    switch (opcode) {
    case OP_UNREACHABLE: translate_unreachable(translator); break;
    case OP_NOP: break;
    case OP_BLOCK:
    case OP_LOOP:
    case OP_IF: translate_label_open(translator, opcode); break;
    case OP_ELSE: translate_else(translator); break;
    case OP_END: translate_end(translator); break;
    case OP_BR: translate_branch(translator); break;
    case OP_BR_IF: translate_branch_if(translator); break;
    case OP_BR_TABLE: translate_branch_table(translator); break;
    case OP_RETURN: translate_return(translator); break;
    case OP_CALL: translate_call(translator, false); break;
    case OP_CALL_INDIRECT: translate_call_indirect(translator, false); break;
    case OP_RETURN_CALL: translate_call(translator, true); break;
    case OP_RETURN_CALL_INDIRECT: translate_call_indirect(translator, true); break;
    case OP_DROP: operand_pop(translator); break;
    case OP_SELECT:
    case OP_SELECT_TYPED: translate_select(translator); break;
    case OP_LOCAL_GET: operand_push_local(translator, translator->instruction.index); break;
    case OP_LOCAL_SET: local_write(translator, translator->instruction.index, false); break;
    case OP_LOCAL_TEE: local_write(translator, translator->instruction.index, true); break;
    case OP_GLOBAL_GET:
    case OP_GLOBAL_SET: translate_global(translator, opcode); break;
    case OP_I32_CONST:
    case OP_I64_CONST:
    case OP_F32_CONST:
    case OP_F64_CONST:
    case OP_REF_NULL: operand_push_constant(translator, translator->instruction.number); break;
    case OP_REF_FUNC: translate_function_reference(translator); break;
    case OP_REF_IS_NULL: translate_reference(translator); break;
    default: translate_table_or_memory(translator, opcode); break;
    }
}

/* Reads over unreachable code; true when the instruction is the `else` or `end` that makes code reachable again. */
static bool translate_dead(struct translator *translator, uint32_t opcode) {
    if (translator->dead_depth == 0 && (opcode == OP_ELSE || opcode == OP_END)) {
        return true;
    }
    if (opcode == OP_BLOCK || opcode == OP_LOOP || opcode == OP_IF) {
        translator->dead_depth++;
    }
    if (opcode == OP_END) {
        translator->dead_depth--;
    }
    return false;
}

enum error translate_body(struct translator *translator) {
    const struct execution *execution = translator->function->store->execution;
    while (translator->body.at < translator->body.end && !translator->failed) {
        if (execution_stop_wanted(execution)) {
            return ERROR_TRAP;
        }
        body_next(&translator->body, &translator->instruction);
        uint32_t opcode = translator->instruction.opcode;
        if (!translator->dead || translate_dead(translator, opcode)) {
            translate_instruction(translator, opcode);
        }
    }
    ASSERT(translator->failed || translator->label_count == 0);
    return translator->failed ? ERROR_NO_MEMORY : ERROR_NONE;
}
