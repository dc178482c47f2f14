/* Immediates: they decode, and name things that are there (core spec 5.4 and 3.3). Immediates of instructions whose
   signature depends on them are read where that signature is checked. */
#include "wasm/validate.h"

#define SHUFFLE_LANES    16u
#define SHUFFLE_LANE_END 32u
#define VECTOR_SIZE_LOG2 4u

enum error index_check(const struct validator *validator, const char *what, uint32_t index, uint32_t count) {
    if (LIKELY(index < count)) {
        return ERROR_NONE;
    }
    return report_fail(validator->reader.report, ERROR_INVALID, instruction_offset(validator), "unknown %s %u", what, index);
}

enum error index_read(struct validator *validator, const char *what, uint32_t count, uint32_t *out) {
    const enum error error = reader_u32(&validator->reader, out);
    return error != ERROR_NONE ? error : index_check(validator, what, *out, count);
}

/* Two indices in a row, into spaces of these sizes. */
struct index_pair {
    const char *first_what;
    const char *second_what;
    uint32_t first_count, second_count;
    uint32_t first, second;
};

static enum error index_pair_read(struct validator *validator, struct index_pair *pair) {
    const enum error error = index_read(validator, pair->first_what, pair->first_count, &pair->first);
    return error != ERROR_NONE ? error : index_read(validator, pair->second_what, pair->second_count, &pair->second);
}

static bool is_atomic(const struct validator *validator) {
    return *validator->instruction == 0xFE;
}

static enum error alignment_check(const struct validator *validator, uint32_t alignment, uint32_t natural) {
    if (alignment > natural) {
        return report_fail(validator->reader.report, ERROR_INVALID, instruction_offset(validator),
                           "alignment must not be larger than natural: 2^%u, the access is 2^%u bytes wide", alignment, natural);
    }
    if (is_atomic(validator) && alignment != natural) {
        return report_fail(validator->reader.report, ERROR_INVALID, instruction_offset(validator),
                           "atomic alignment must be natural: 2^%u, the access is 2^%u bytes wide", alignment, natural);
    }
    return ERROR_NONE;
}

static enum error access_read(struct validator *validator, const struct opcode_info *info) {
    struct memory_argument argument;
    enum error error = reader_memory_argument(&validator->reader, &argument);
    if (error == ERROR_NONE) {
        error = index_check(validator, "memory", argument.memory, validator->module->memory_count);
    }
    return error != ERROR_NONE ? error : alignment_check(validator, argument.alignment, info->alignment);
}

static enum error lane_read(struct validator *validator, uint32_t lane_count) {
    const uint8_t *start = validator->reader.at;
    uint8_t lane = 0;
    const enum error error = reader_u8(&validator->reader, &lane);
    if (error == ERROR_NONE && lane >= lane_count) {
        return report_fail(validator->reader.report, ERROR_INVALID, reader_offset_of(&validator->reader, start),
                           "invalid lane index %u: there are %u lanes", lane, lane_count);
    }
    return error;
}

static enum error shuffle_read(struct validator *validator) {
    enum error error = ERROR_NONE;
    for (uint32_t i = 0; error == ERROR_NONE && i < SHUFFLE_LANES; i++) {
        error = lane_read(validator, SHUFFLE_LANE_END);
    }
    return error;
}

/* C.refs: a body may take only a function that occurs elsewhere in the module (3.4.10). */
static enum error reference_function_read(struct validator *validator) {
    uint32_t index = 0;
    const enum error error = index_read(validator, "function", validator->module->function_count, &index);
    if (error == ERROR_NONE && !validator->module->functions[index].is_declared) {
        return report_fail(validator->reader.report, ERROR_INVALID, instruction_offset(validator), "undeclared function reference: function %u",
                           index);
    }
    return error;
}

/* Bodies precede data segments, so a body may name one only when a data count section came before (5.5.16). Without one
   this module is refused in the end; whether it is malformed is known when there was a data section or not. */
static enum error data_read(struct validator *validator) {
    uint32_t index = 0;
    const enum error error = reader_u32(&validator->reader, &index);
    if (error != ERROR_NONE) {
        return error;
    }
    if (validator->module->has_data_count) {
        return index_check(validator, "data segment", index, validator->module->data_count);
    }
    if (validator->data_use_offset == 0) {
        validator->data_use_offset = instruction_offset(validator);
        validator->data_use_index = index;
    }
    return ERROR_NONE;
}

static enum error table_init_read(struct validator *validator) {
    const struct wasm_module *module = validator->module;
    struct index_pair pair = {"elem segment", "table", module->element_count, module->table_count, 0, 0};
    const enum error error = index_pair_read(validator, &pair);
    if (error != ERROR_NONE) {
        return error;
    }
    const uint8_t segment = module->elements[pair.first].element_type;
    const uint8_t table = module->tables[pair.second].element_type;
    return segment == table ? ERROR_NONE : operand_fail(validator, type_name(table), type_name(segment));
}

static enum error table_copy_read(struct validator *validator) {
    const struct wasm_module *module = validator->module;
    struct index_pair pair = {"table", "table", module->table_count, module->table_count, 0, 0};
    const enum error error = index_pair_read(validator, &pair);
    if (error != ERROR_NONE) {
        return error;
    }
    const uint8_t to = module->tables[pair.first].element_type;
    const uint8_t from = module->tables[pair.second].element_type;
    return to == from ? ERROR_NONE : operand_fail(validator, type_name(to), type_name(from));
}

static enum error memory_copy_read(struct validator *validator) {
    const uint32_t count = validator->module->memory_count;
    struct index_pair pair = {"memory", "memory", count, count, 0, 0};
    return index_pair_read(validator, &pair);
}

static enum error fence_read(struct validator *validator) {
    const uint8_t *start = validator->reader.at;
    uint8_t zero = 0;
    const enum error error = reader_u8(&validator->reader, &zero);
    if (error == ERROR_NONE && zero != 0) {
        return report_fail(validator->reader.report, ERROR_MALFORMED, reader_offset_of(&validator->reader, start), "zero byte expected");
    }
    return error;
}

enum error validate_immediate(struct validator *validator, const struct opcode_info *info) {
    const struct wasm_module *module = validator->module;
    uint32_t index = 0;
    int64_t number = 0;
    enum error error = ERROR_NONE;
    switch ((enum immediate)info->immediate) {
    case IMMEDIATE_NONE: return ERROR_NONE;
    case IMMEDIATE_I64: return reader_s64(&validator->reader, &number);
    case IMMEDIATE_F32: return reader_skip(&validator->reader, 4);
    case IMMEDIATE_F64: return reader_skip(&validator->reader, 8);
    case IMMEDIATE_V128: return reader_skip(&validator->reader, 16);
    case IMMEDIATE_MEMORY: return index_read(validator, "memory", module->memory_count, &index);
    case IMMEDIATE_TABLE: return index_read(validator, "table", module->table_count, &index);
    case IMMEDIATE_ELEMENT: return index_read(validator, "elem segment", module->element_count, &index);
    case IMMEDIATE_DATA: return data_read(validator);
    case IMMEDIATE_FUNCTION: return reference_function_read(validator);
    case IMMEDIATE_LANE: return lane_read(validator, info->alignment);
    case IMMEDIATE_SHUFFLE: return shuffle_read(validator);
    case IMMEDIATE_FENCE: return fence_read(validator);
    case IMMEDIATE_TABLE_TABLE: return table_copy_read(validator);
    case IMMEDIATE_ELEMENT_TABLE: return table_init_read(validator);
    case IMMEDIATE_MEMORY_MEMORY: return memory_copy_read(validator);
    case IMMEDIATE_DATA_MEMORY:
        error = data_read(validator);
        return error != ERROR_NONE ? error : index_read(validator, "memory", module->memory_count, &index);
    case IMMEDIATE_ACCESS: return access_read(validator, info);
    case IMMEDIATE_ACCESS_LANE:
        error = access_read(validator, info);
        return error != ERROR_NONE ? error : lane_read(validator, 1u << (VECTOR_SIZE_LOG2 - info->alignment));
    default: break;
    }
    ASSERT(!"an immediate of an instruction with a fixed signature");
    return ERROR_INVALID;
}
