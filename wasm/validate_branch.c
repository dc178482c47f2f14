/* Branches and calls (core spec 3.3.8.6 to 3.3.8.11; tail calls as in the proposal). */
#include "wasm/validate.h"

static enum error control_at_depth(const struct validator *validator, uint32_t depth, struct control **out) {
    if (depth >= validator->control_count) {
        return index_check(validator, "label", depth, validator->control_count);
    }
    *out = &validator->controls[validator->control_count - 1 - depth];
    return ERROR_NONE;
}

/* What a branch to a block carries: its parameters for a loop, else its results. */
static const uint8_t *label_types(const struct control *control, uint32_t *count) {
    const struct block_type *type = &control->type;
    if (control->opcode == OP_LOOP) {
        *count = type->parameter_count;
        return type->types;
    }
    *count = type->result_count;
    return type->types + type->parameter_count;
}

static enum error label_read(struct validator *validator, struct control **out) {
    uint32_t depth = 0;
    const enum error error = reader_u32(&validator->reader, &depth);
    return error != ERROR_NONE ? error : control_at_depth(validator, depth, out);
}

enum error validate_br(struct validator *validator) {
    struct control *control = NULL;
    enum error error = label_read(validator, &control);
    if (error == ERROR_NONE) {
        uint32_t count = 0;
        const uint8_t *types = label_types(control, &count);
        error = operands_pop(validator, types, count);
    }
    return error != ERROR_NONE ? error : validate_unreachable(validator);
}

enum error validate_br_if(struct validator *validator) {
    struct control *control = NULL;
    enum error error = label_read(validator, &control);
    if (error == ERROR_NONE) {
        error = operand_pop(validator, WASM_I32);
    }
    if (error != ERROR_NONE) {
        return error;
    }
    uint32_t count = 0;
    const uint8_t *types = label_types(control, &count);
    error = operands_pop(validator, types, count);
    return error != ERROR_NONE ? error : operands_push(validator, types, count);
}

/* Checks one label of a br_table, unless this br_table checked it before: otherwise a long table of labels with many types
   would take time in proportion to their product. The first label sets the arity of all. */
static enum error table_label_check(struct validator *validator, struct control *control, uint32_t *arity, bool is_first) {
    if (control->stamp == validator->stamp) {
        return ERROR_NONE;
    }
    control->stamp = validator->stamp;
    uint32_t count = 0;
    const uint8_t *types = label_types(control, &count);
    if (is_first) {
        *arity = count;
    }
    if (count != *arity) {
        return report_fail(validator->reader.report, ERROR_INVALID, instruction_offset(validator),
                           "type mismatch: labels of a br_table take %u and %u values", *arity, count);
    }
    return operands_match(validator, types, count);
}

enum error validate_br_table(struct validator *validator) {
    uint32_t count = 0;
    enum error error = reader_count(&validator->reader, 1, LIMIT_NUMBER_BRANCH_TARGETS, &count);
    if (error == ERROR_NONE) {
        error = operand_pop(validator, WASM_I32);
    }
    validator->stamp++;
    uint32_t arity = 0;
    /* The default label is one more. */
    for (uint64_t i = 0; error == ERROR_NONE && i <= count; i++) {
        struct control *control = NULL;
        error = label_read(validator, &control);
        if (error == ERROR_NONE) {
            error = table_label_check(validator, control, &arity, i == 0);
        }
    }
    return error != ERROR_NONE ? error : validate_unreachable(validator);
}

enum error validate_return(struct validator *validator) {
    const struct wasm_function_type *type = validator->type;
    const enum error error = operands_pop(validator, type->types + type->parameter_count, type->result_count);
    return error != ERROR_NONE ? error : validate_unreachable(validator);
}

static enum error callee_read(struct validator *validator, const struct wasm_function_type **out) {
    uint32_t index = 0;
    const enum error error = index_read(validator, "function", validator->module->function_count, &index);
    if (error == ERROR_NONE) {
        *out = validator->module->functions[index].type;
    }
    return error;
}

/* Type and table of an indirect call, and the operand that selects in the table. */
static enum error callee_indirect_read(struct validator *validator, const struct wasm_function_type **out) {
    const struct wasm_module *module = validator->module;
    uint32_t type = 0;
    uint32_t table = 0;
    enum error error = index_read(validator, "type", module->type_count, &type);
    if (error == ERROR_NONE) {
        error = index_read(validator, "table", module->table_count, &table);
    }
    if (error != ERROR_NONE) {
        return error;
    }
    if (module->tables[table].element_type != WASM_FUNCREF) {
        return operand_fail(validator, "a table of funcref", type_name(module->tables[table].element_type));
    }
    *out = module->types[type];
    return operand_pop(validator, WASM_I32);
}

static enum error call_check(struct validator *validator, const struct wasm_function_type *callee) {
    const enum error error = operands_pop(validator, callee->types, callee->parameter_count);
    return error != ERROR_NONE ? error : operands_push(validator, callee->types + callee->parameter_count, callee->result_count);
}

enum error validate_call(struct validator *validator) {
    const struct wasm_function_type *callee = NULL;
    const enum error error = callee_read(validator, &callee);
    return error != ERROR_NONE ? error : call_check(validator, callee);
}

enum error validate_call_indirect(struct validator *validator) {
    const struct wasm_function_type *callee = NULL;
    const enum error error = callee_indirect_read(validator, &callee);
    return error != ERROR_NONE ? error : call_check(validator, callee);
}

/* The results of a tail call are the results of the caller. */
static enum error tail_call_check(struct validator *validator, const struct wasm_function_type *callee) {
    const struct wasm_function_type *caller = validator->type;
    if (callee->result_count != caller->result_count ||
        memcmp(callee->types + callee->parameter_count, caller->types + caller->parameter_count, callee->result_count) != 0) {
        return operand_fail(validator, "a function with the results of its caller", "others");
    }
    const enum error error = operands_pop(validator, callee->types, callee->parameter_count);
    return error != ERROR_NONE ? error : validate_unreachable(validator);
}

enum error validate_return_call(struct validator *validator) {
    const struct wasm_function_type *callee = NULL;
    const enum error error = callee_read(validator, &callee);
    return error != ERROR_NONE ? error : tail_call_check(validator, callee);
}

enum error validate_return_call_indirect(struct validator *validator) {
    const struct wasm_function_type *callee = NULL;
    const enum error error = callee_indirect_read(validator, &callee);
    return error != ERROR_NONE ? error : tail_call_check(validator, callee);
}
