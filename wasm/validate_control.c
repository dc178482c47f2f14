/* Structured control instructions (core spec 3.3.8.1 to 3.3.8.5): blocks and their ends. */
#include "wasm/validate.h"

#define CONTROLS_FIRST 64u

static enum error controls_grow(struct validator *validator) {
    if (validator->control_count > LIMIT_NESTING) {
        return limit_fail(validator->reader.report, instruction_offset(validator), LIMIT_NUMBER_NESTING, validator->control_count);
    }
    const uint32_t capacity = validator->control_capacity == 0 ? CONTROLS_FIRST : validator->control_capacity * 2;
    struct control *grown =
        budget_reallocate(validator->budget, validator->controls, validator->control_capacity * sizeof *grown, capacity * sizeof *grown);
    if (grown == NULL) {
        return ERROR_NO_MEMORY;
    }
    validator->controls = grown;
    validator->control_capacity = capacity;
    return ERROR_NONE;
}

enum error control_push(struct validator *validator, uint8_t opcode, struct block_type type) {
    if (UNLIKELY(validator->control_count == validator->control_capacity || validator->control_count > LIMIT_NESTING)) {
        const enum error error = controls_grow(validator);
        if (error != ERROR_NONE) {
            return error;
        }
    }
    validator->controls[validator->control_count++] = (struct control){.type = type, .height = validator->operand_count, .opcode = opcode};
    validator->height = validator->operand_count;
    if (validator->control_count > validator->nesting_max) {
        validator->nesting_max = validator->control_count;
    }
    return ERROR_NONE;
}

/* A block type of one value is its own list of types. */
static enum error block_type_read(struct validator *validator, struct block_type *out) {
    const uint8_t *start = validator->reader.at;
    int64_t index = 0;
    const enum error error = reader_block_type(&validator->reader, &index);
    if (error != ERROR_NONE) {
        return error;
    }
    if (index < 0) {
        *out = (struct block_type){start, 0, *start == BLOCK_TYPE_EMPTY ? 0 : 1};
        return ERROR_NONE;
    }
    if (index >= validator->module->type_count) {
        return index_check(validator, "type", (uint32_t)index, validator->module->type_count);
    }
    const struct wasm_function_type *type = validator->module->types[index];
    *out = (struct block_type){type->types, type->parameter_count, type->result_count};
    return ERROR_NONE;
}

enum error validate_block(struct validator *validator, uint8_t opcode) {
    struct block_type type;
    enum error error = block_type_read(validator, &type);
    if (error == ERROR_NONE && opcode == OP_IF) {
        error = operand_pop(validator, WASM_I32);
    }
    if (error == ERROR_NONE) {
        error = operands_pop(validator, type.types, type.parameter_count);
    }
    if (error == ERROR_NONE) {
        error = control_push(validator, opcode, type);
    }
    if (error == ERROR_NONE) {
        error = operands_push(validator, type.types, type.parameter_count);
    }
    return error;
}

/* The results are on the stack, and nothing else. */
static enum error block_results_check(struct validator *validator, const struct block_type *type) {
    const enum error error = operands_pop(validator, type->types + type->parameter_count, type->result_count);
    if (error == ERROR_NONE && validator->operand_count != validator->height) {
        return report_fail(validator->reader.report, ERROR_INVALID, instruction_offset(validator),
                           "type mismatch: the block has %u results, and %u more values remain on the stack", type->result_count,
                           validator->operand_count - validator->height);
    }
    return error;
}

enum error validate_else(struct validator *validator) {
    struct control *control = &validator->controls[validator->control_count - 1];
    if (control->opcode != OP_IF) {
        return report_fail(validator->reader.report, ERROR_MALFORMED, instruction_offset(validator), "unexpected else: the innermost block is no if");
    }
    const enum error error = block_results_check(validator, &control->type);
    if (error != ERROR_NONE) {
        return error;
    }
    control->opcode = OP_ELSE;
    control->is_unreachable = false;
    return operands_push(validator, control->type.types, control->type.parameter_count);
}

/* An `if` without `else` passes its parameters on as its results. */
static bool if_is_complete(const struct block_type *type) {
    return type->parameter_count == type->result_count && memcmp(type->types, type->types + type->parameter_count, type->result_count) == 0;
}

enum error validate_end(struct validator *validator) {
    const struct control *control = &validator->controls[validator->control_count - 1];
    const struct block_type type = control->type;
    const enum error error = block_results_check(validator, &type);
    if (error != ERROR_NONE) {
        return error;
    }
    if (control->opcode == OP_IF && !if_is_complete(&type)) {
        return report_fail(validator->reader.report, ERROR_INVALID, instruction_offset(validator),
                           "type mismatch: an if without else must have results equal to its parameters");
    }
    validator->control_count--;
    validator->height = validator->control_count == 0 ? 0 : validator->controls[validator->control_count - 1].height;
    return operands_push(validator, type.types + type.parameter_count, type.result_count);
}

enum error validate_unreachable(struct validator *validator) {
    validator->controls[validator->control_count - 1].is_unreachable = true;
    validator->operand_count = validator->height;
    return ERROR_NONE;
}
