/* What a module has of its own: functions and their bodies, tables, memories, globals, and the start function
   (core spec 5.5.6 to 5.5.9, 5.5.11, 5.5.13, 5.5.15). */
#include "wasm/decode.h"

#define TABLE_SIZE_MIN  3u
#define MEMORY_SIZE_MIN 2u
#define GLOBAL_SIZE_MIN 3u
#define BODY_SIZE_MIN   3u /* its size, no groups of locals, `end` */

enum error decode_function_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    uint32_t count = 0;
    enum error error = decode_count(decoder, 1, LIMIT_NUMBER_FUNCTIONS, module->function_count, &count);
    if (error != ERROR_NONE) {
        return error;
    }
    module->functions = decode_extend(decoder, module->functions, module->function_count, count, sizeof *module->functions);
    if (module->functions == NULL) {
        return ERROR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count && error == ERROR_NONE; i++) {
        error = decode_function_type_index(decoder, &module->functions[module->function_count++].type);
    }
    return error;
}

enum error decode_table_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    uint32_t count = 0;
    enum error error = decode_count(decoder, TABLE_SIZE_MIN, LIMIT_NUMBER_TABLES, module->table_count, &count);
    if (error != ERROR_NONE) {
        return error;
    }
    module->tables = decode_extend(decoder, module->tables, module->table_count, count, sizeof *module->tables);
    if (module->tables == NULL) {
        return ERROR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count && error == ERROR_NONE; i++) {
        const uint64_t offset = reader_offset(&decoder->reader);
        struct module_table *table = &module->tables[module->table_count++];
        error = decode_table_type(decoder, table);
        if (error == ERROR_NONE && table->limits.minimum > LIMIT_TABLE_ELEMENTS) {
            error = limit_fail(decoder->reader.report, offset, LIMIT_NUMBER_TABLE_ELEMENTS, table->limits.minimum);
        }
    }
    return error;
}

enum error decode_memory_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    uint32_t count = 0;
    enum error error = decode_count(decoder, MEMORY_SIZE_MIN, LIMIT_NUMBER_MEMORIES, module->memory_count, &count);
    if (error != ERROR_NONE) {
        return error;
    }
    module->memories = decode_extend(decoder, module->memories, module->memory_count, count, sizeof *module->memories);
    if (module->memories == NULL) {
        return ERROR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count && error == ERROR_NONE; i++) {
        error = decode_memory_type(decoder, &module->memories[module->memory_count++]);
    }
    return error;
}

enum error decode_global_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    uint32_t count = 0;
    enum error error = decode_count(decoder, GLOBAL_SIZE_MIN, LIMIT_NUMBER_GLOBALS, module->global_count, &count);
    if (error != ERROR_NONE) {
        return error;
    }
    module->globals = decode_extend(decoder, module->globals, module->global_count, count, sizeof *module->globals);
    if (module->globals == NULL) {
        return ERROR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count && error == ERROR_NONE; i++) {
        struct module_global *global = &module->globals[module->global_count++];
        error = decode_global_type(decoder, global);
        if (error == ERROR_NONE) {
            error = decode_constant(decoder, global->type, &global->initial);
        }
    }
    return error;
}

enum error decode_start_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    const uint64_t offset = reader_offset(&decoder->reader);
    uint32_t index = 0;
    const enum error error = decode_index(decoder, "function", module->function_count, &index);
    if (error != ERROR_NONE) {
        return error;
    }
    const struct wasm_function_type *type = module->functions[index].type;
    if (type->parameter_count != 0 || type->result_count != 0) {
        return report_fail(decoder->reader.report, ERROR_INVALID, offset, "start function: function %u has parameters or results", index);
    }
    module->start_function = index;
    return ERROR_NONE;
}

enum error decode_data_count_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    const uint64_t offset = reader_offset(&decoder->reader);
    const enum error error = reader_u32(&decoder->reader, &module->data_count);
    if (error == ERROR_NONE && module->data_count > LIMIT_DATA_SEGMENTS) {
        return limit_fail(decoder->reader.report, offset, LIMIT_NUMBER_DATA_SEGMENTS, module->data_count);
    }
    module->has_data_count = true;
    return error;
}

/* The size of a body, and the body. */
static enum error body_decode(struct decoder *decoder, struct validator *validator, uint32_t function_index) {
    struct wasm_module *module = decoder->module;
    struct reader *reader = &decoder->reader;
    const uint64_t offset = reader_offset(reader);
    uint32_t size = 0;
    struct bytes body;
    enum error error = reader_u32(reader, &size);
    if (error == ERROR_NONE) {
        error = reader_bytes(reader, size, &body);
    }
    if (error == ERROR_NONE && size > LIMIT_BODY_BYTES) {
        error = limit_fail(reader->report, offset, LIMIT_NUMBER_BODY_BYTES, size);
    }
    if (error != ERROR_NONE) {
        return error;
    }
    struct module_function *function = &module->functions[function_index];
    function->body_offset = (uint32_t)reader_offset_of(reader, body.data);
    function->body_size = size;
    module->code_bytes += size;
    return validator_body(validator, function_index);
}

enum error decode_code_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    const uint64_t offset = reader_offset(&decoder->reader);
    const uint32_t own_count = module->function_count - module->imported_function_count;
    uint32_t count = 0;
    enum error error = reader_count(&decoder->reader, BODY_SIZE_MIN, LIMIT_NUMBER_FUNCTIONS, &count);
    if (error != ERROR_NONE) {
        return error;
    }
    if (count != own_count) {
        return report_fail(decoder->reader.report, ERROR_MALFORMED, offset,
                           "function and code section have inconsistent lengths: %u functions, %u bodies", own_count, count);
    }
    decoder->body_count = count;
    struct validator *validator = NULL;
    error = validator_create(module, module->arena.budget, decoder->reader.report, &validator);
    if (error != ERROR_NONE) {
        return error;
    }
    for (uint32_t i = 0; i < count && error == ERROR_NONE; i++) {
        error = body_decode(decoder, validator, module->imported_function_count + i);
    }
    decoder->data_use_offset = validator->data_use_offset;
    decoder->data_use_index = validator->data_use_index;
    validator_destroy(validator);
    return error;
}
