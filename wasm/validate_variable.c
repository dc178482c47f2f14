/* Locals, globals, tables, select and references (core spec 3.3.2, 3.3.4 to 3.3.6).

   Locals are declared in runs of one type. A body of a few bytes can declare 50,000 of them, so runs are never expanded
   beyond the first LOCALS_DIRECT: the rest is found by binary search. */
#include "wasm/validate.h"

#define GROUPS_FIRST 16u

_Static_assert(LIMIT_PARAMETERS <= LOCALS_DIRECT, "all parameters are in the array");

static enum error group_add(struct validator *validator, uint32_t end, uint8_t type) {
    if (validator->group_count == validator->group_capacity) {
        const uint32_t capacity = validator->group_capacity == 0 ? GROUPS_FIRST : validator->group_capacity * 2;
        struct local_group *grown =
            budget_reallocate(validator->budget, validator->groups, validator->group_capacity * sizeof *grown, capacity * sizeof *grown);
        if (grown == NULL) {
            return ERROR_NO_MEMORY;
        }
        validator->groups = grown;
        validator->group_capacity = capacity;
    }
    validator->groups[validator->group_count++] = (struct local_group){end, type};
    return ERROR_NONE;
}

/* Locals from `start` up to `end` have this type. */
static enum error group_apply(struct validator *validator, uint32_t start, uint32_t end, uint8_t type) {
    if (start < LOCALS_DIRECT) {
        const uint32_t direct_end = end < LOCALS_DIRECT ? end : LOCALS_DIRECT;
        memset(validator->local_types + start, type, direct_end - start);
    }
    return end > LOCALS_DIRECT && end > start ? group_add(validator, end, type) : ERROR_NONE;
}

enum error validate_locals(struct validator *validator) {
    const struct wasm_function_type *type = validator->type;
    memcpy(validator->local_types, type->types, type->parameter_count);
    struct reader *reader = &validator->reader;
    uint64_t total = type->parameter_count;
    uint32_t run_count = 0;
    enum error error = reader_length(reader, 2, "groups of locals", &run_count);
    for (uint32_t i = 0; error == ERROR_NONE && i < run_count; i++) {
        const uint8_t *start = reader->at;
        uint32_t count = 0;
        uint8_t local = 0;
        error = reader_u32(reader, &count);
        if (error == ERROR_NONE) {
            error = reader_value_type(reader, &local);
        }
        total += count;
        if (error == ERROR_NONE && total > UINT32_MAX) {
            return report_fail(reader->report, ERROR_MALFORMED, reader_offset_of(reader, start), "too many locals");
        }
        /* Beyond our limit the rest is still read: whether it is malformed is said first. */
        if (error == ERROR_NONE && total <= LIMIT_LOCALS) {
            error = group_apply(validator, (uint32_t)total - count, (uint32_t)total, local);
        }
    }
    if (error == ERROR_NONE && total > LIMIT_LOCALS) {
        error = limit_fail(reader->report, instruction_offset(validator), LIMIT_NUMBER_LOCALS, total);
    }
    validator->local_count = (uint32_t)total;
    return error;
}

uint8_t local_type_search(const struct validator *validator, uint32_t index) {
    /* The first group whose end is above the index. */
    uint32_t low = 0;
    uint32_t high = validator->group_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (validator->groups[middle].end > index) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    ASSERT(low < validator->group_count);
    return validator->groups[low].type;
}

enum error local_fail(const struct validator *validator, uint32_t index) {
    return index_check(validator, "local", index, validator->local_count);
}

static enum error global_read(struct validator *validator, uint32_t *index, const struct module_global **out) {
    const enum error error = index_read(validator, "global", validator->module->global_count, index);
    if (error == ERROR_NONE) {
        *out = &validator->module->globals[*index];
    }
    return error;
}

enum error validate_global_get(struct validator *validator) {
    uint32_t index = 0;
    const struct module_global *global = NULL;
    const enum error error = global_read(validator, &index, &global);
    if (error == ERROR_NONE) {
        operand_push(validator, global->type);
    }
    return error;
}

enum error validate_global_set(struct validator *validator) {
    uint32_t index = 0;
    const struct module_global *global = NULL;
    const enum error error = global_read(validator, &index, &global);
    if (error != ERROR_NONE) {
        return error;
    }
    if (!global->is_mutable) {
        return report_fail(validator->reader.report, ERROR_INVALID, instruction_offset(validator), "global is immutable: global.set of global %u",
                           index);
    }
    return operand_pop(validator, global->type);
}

enum error validate_table_access(struct validator *validator, uint32_t opcode) {
    uint32_t index = 0;
    enum error error = index_read(validator, "table", validator->module->table_count, &index);
    if (error != ERROR_NONE) {
        return error;
    }
    const uint8_t element = validator->module->tables[index].element_type;
    /* What table.get, set, grow and fill pop are parts of this: [i32], [i32 t], [t i32], [i32 t i32]. */
    const uint8_t operands[] = {WASM_I32, element, WASM_I32};
    switch (opcode) {
    case OP_TABLE_GET: error = operands_pop(validator, operands, 1); break;
    case OP_TABLE_SET: error = operands_pop(validator, operands, 2); break;
    case OP_TABLE_GROW: error = operands_pop(validator, operands + 1, 2); break;
    default:
        ASSERT(opcode == OP_TABLE_FILL);
        error = operands_pop(validator, operands, 3);
        break;
    }
    if (error == ERROR_NONE && opcode == OP_TABLE_GET) {
        operand_push(validator, element);
    }
    if (error == ERROR_NONE && opcode == OP_TABLE_GROW) {
        operand_push(validator, WASM_I32);
    }
    return error;
}

static bool is_reference(uint8_t type) {
    return type == WASM_FUNCREF || type == WASM_EXTERNREF;
}

/* Without a type, select takes numbers and vectors only (3.3.4.2). */
enum error validate_select(struct validator *validator) {
    uint8_t second = 0;
    uint8_t first = 0;
    enum error error = operand_pop(validator, WASM_I32);
    if (error == ERROR_NONE) {
        error = operand_pop_any(validator, &second);
    }
    if (error == ERROR_NONE) {
        error = operand_pop_any(validator, &first);
    }
    if (error != ERROR_NONE) {
        return error;
    }
    if (is_reference(first) || is_reference(second)) {
        return operand_fail(validator, "numbers or vectors", type_name(is_reference(first) ? first : second));
    }
    if (first != second && first != TYPE_UNKNOWN && second != TYPE_UNKNOWN) {
        return operand_fail(validator, type_name(first), type_name(second));
    }
    operand_push(validator, first == TYPE_UNKNOWN ? second : first);
    return ERROR_NONE;
}

enum error validate_select_typed(struct validator *validator) {
    uint32_t count = 0;
    enum error error = reader_length(&validator->reader, 1, "types", &count);
    if (error != ERROR_NONE) {
        return error;
    }
    if (count != 1) {
        return report_fail(validator->reader.report, ERROR_INVALID, instruction_offset(validator), "invalid result arity: select with %u types",
                           count);
    }
    uint8_t type = 0;
    error = reader_value_type(&validator->reader, &type);
    if (error != ERROR_NONE) {
        return error;
    }
    const uint8_t operands[] = {type, type, WASM_I32};
    error = operands_pop(validator, operands, sizeof operands);
    return error != ERROR_NONE ? error : operands_push(validator, &type, 1);
}

enum error validate_ref_null(struct validator *validator) {
    uint8_t type = 0;
    const enum error error = reader_reference_type(&validator->reader, &type);
    if (error == ERROR_NONE) {
        operand_push(validator, type);
    }
    return error;
}

enum error validate_ref_is_null(struct validator *validator) {
    uint8_t type = 0;
    const enum error error = operand_pop_any(validator, &type);
    if (error != ERROR_NONE) {
        return error;
    }
    if (!is_reference(type) && type != TYPE_UNKNOWN) {
        return operand_fail(validator, "a reference", type_name(type));
    }
    operand_push(validator, WASM_I32);
    return ERROR_NONE;
}
