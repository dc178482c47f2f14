/* The validator's life, one body at a time, and the loop over its instructions: those with a fixed signature go by the
   table of opcode.c, the others by hand. */
#include "wasm/validate.h"

enum error validator_create(struct wasm_module *module, struct budget *budget, struct report *report, struct validator **out) {
    struct validator *validator = budget_allocate_zeroed(budget, 1, sizeof *validator);
    if (validator == NULL) {
        return ERROR_NO_MEMORY;
    }
    validator->module = module;
    validator->budget = budget;
    validator->reader.file = module->bytes.data;
    validator->reader.report = report;
    *out = validator;
    return ERROR_NONE;
}

void validator_destroy(struct validator *validator) {
    struct budget *budget = validator->budget;
    budget_release(budget, validator->operands, validator->operand_capacity);
    budget_release(budget, validator->controls, validator->control_capacity * sizeof *validator->controls);
    budget_release(budget, validator->groups, validator->group_capacity * sizeof *validator->groups);
    budget_release(budget, validator, sizeof *validator);
}

/* Shared by the three instructions on locals. */
static inline enum error local_read(struct validator *validator, uint8_t *type) {
    uint32_t index = 0;
    const enum error error = reader_u32(&validator->reader, &index);
    if (UNLIKELY(error != ERROR_NONE)) {
        return error;
    }
    if (UNLIKELY(index >= validator->local_count)) {
        return local_fail(validator, index);
    }
    *type = LIKELY(index < LOCALS_DIRECT) ? validator->local_types[index] : local_type_search(validator, index);
    return ERROR_NONE;
}

static inline enum error validate_local(struct validator *validator, uint32_t opcode) {
    uint8_t type = 0;
    enum error error = local_read(validator, &type);
    if (error == ERROR_NONE && opcode != OP_LOCAL_GET) {
        error = operand_pop(validator, type);
    }
    if (error == ERROR_NONE && opcode != OP_LOCAL_SET) {
        operand_push(validator, type);
    }
    return error;
}

static enum error validate_drop(struct validator *validator) {
    uint8_t type = 0;
    return operand_pop_any(validator, &type);
}

static enum error validate_special(struct validator *validator, uint32_t opcode) {
    switch (opcode) {
    case OP_LOCAL_GET: return validate_local(validator, OP_LOCAL_GET);
    case OP_LOCAL_SET: return validate_local(validator, OP_LOCAL_SET);
    case OP_LOCAL_TEE: return validate_local(validator, OP_LOCAL_TEE);
    case OP_GLOBAL_GET: return validate_global_get(validator);
    case OP_GLOBAL_SET: return validate_global_set(validator);
    case OP_UNREACHABLE: return validate_unreachable(validator);
    case OP_BLOCK:
    case OP_LOOP:
    case OP_IF: return validate_block(validator, (uint8_t)opcode);
    case OP_ELSE: return validate_else(validator);
    case OP_END: return validate_end(validator);
    case OP_BR: return validate_br(validator);
    case OP_BR_IF: return validate_br_if(validator);
    case OP_BR_TABLE: return validate_br_table(validator);
    case OP_RETURN: return validate_return(validator);
    case OP_CALL: return validate_call(validator);
    case OP_CALL_INDIRECT: return validate_call_indirect(validator);
    case OP_RETURN_CALL: return validate_return_call(validator);
    case OP_RETURN_CALL_INDIRECT: return validate_return_call_indirect(validator);
    case OP_DROP: return validate_drop(validator);
    case OP_SELECT: return validate_select(validator);
    case OP_SELECT_TYPED: return validate_select_typed(validator);
    case OP_TABLE_GET:
    case OP_TABLE_SET:
    case OP_TABLE_GROW:
    case OP_TABLE_FILL: return validate_table_access(validator, opcode);
    case OP_REF_NULL: return validate_ref_null(validator);
    case OP_REF_IS_NULL: return validate_ref_is_null(validator);
    default: break;
    }
    ASSERT(!"an instruction that is validated by hand");
    return ERROR_INVALID;
}

static inline enum error validate_fixed(struct validator *validator, const struct opcode_info *info) {
    enum error error = ERROR_NONE;
    if (info->immediate != IMMEDIATE_NONE) {
        int32_t number = 0;
        error = info->immediate == IMMEDIATE_I32 ? reader_s32(&validator->reader, &number) : validate_immediate(validator, info);
    }
    for (uint32_t i = info->pop_count; i > 0 && error == ERROR_NONE; i--) {
        error = operand_pop(validator, info->pops[i - 1]);
    }
    if (error == ERROR_NONE && info->push != 0) {
        operand_push(validator, info->push);
    }
    return error;
}

static enum error validate_instruction(struct validator *validator) {
    struct reader *reader = &validator->reader;
    if (UNLIKELY(reader->at == reader->end)) {
        return reader_fail_end(reader, "the end of a body");
    }
    uint32_t opcode = *reader->at;
    if (LIKELY(opcode_table[opcode].immediate != IMMEDIATE_INVALID)) {
        reader->at++;
    } else {
        const enum error error = reader_opcode(reader, &opcode);
        if (error != ERROR_NONE) {
            return error;
        }
    }
    const struct opcode_info *info = &opcode_table[opcode];
    return info->pop_count == OPCODE_SPECIAL ? validate_special(validator, opcode) : validate_fixed(validator, info);
}

/* Up to the `end` of the body, which must be its last byte. */
static enum error validate_instructions(struct validator *validator) {
    do {
        validator->instruction = validator->reader.at;
        enum error error = ERROR_NONE;
        if (UNLIKELY(validator->operand_count == validator->operand_capacity)) {
            error = operands_reserve(validator, 1);
        }
        if (LIKELY(error == ERROR_NONE)) {
            error = validate_instruction(validator);
        }
        if (UNLIKELY(error != ERROR_NONE)) {
            return error;
        }
    } while (validator->control_count > 0);
    if (validator->reader.at != validator->reader.end) {
        return report_fail(validator->reader.report, ERROR_MALFORMED, reader_offset(&validator->reader),
                           "END opcode expected: %zu bytes follow the end of a body", reader_left(&validator->reader));
    }
    return ERROR_NONE;
}

/* Decoding comes before validation in the specification: what is invalid at one instruction is malformed when a later one
   does not decode. So the rest of an invalid body is still decoded, and the report says what is wrong there. */
static enum error invalid_body_skim(const struct validator *validator) {
    struct report skim_report;
    report_init(&skim_report);
    struct reader rest = validator->reader;
    rest.at = validator->instruction;
    rest.report = &skim_report;
    const enum error error = skim_instructions(&rest, validator->control_count);
    if (error == ERROR_NONE) {
        return ERROR_INVALID;
    }
    if (validator->reader.report != NULL) {
        *validator->reader.report = skim_report;
    }
    return error;
}

enum error validator_body(struct validator *validator, uint32_t function_index) {
    ASSERT(function_index < validator->module->function_count);
    struct module_function *function = &validator->module->functions[function_index];
    const uint8_t *start = validator->module->bytes.data + function->body_offset;
    validator->reader.at = start;
    validator->reader.end = start + function->body_size;
    validator->instruction = start;
    validator->type = function->type;
    validator->operand_count = 0;
    validator->operand_max = 0;
    validator->height = 0;
    validator->control_count = 0;
    validator->nesting_max = 0;
    validator->group_count = 0;
    enum error error = validate_locals(validator);
    if (error == ERROR_NONE) {
        error = control_push(validator, OP_BLOCK,
                             (struct block_type){function->type->types, function->type->parameter_count, function->type->result_count});
    }
    if (error == ERROR_NONE) {
        error = validate_instructions(validator);
    }
    if (error == ERROR_INVALID) {
        error = invalid_body_skim(validator);
    }
    function->operand_max = validator->operand_max;
    function->local_count = validator->local_count;
    function->nesting_max = validator->nesting_max;
    return error;
}
