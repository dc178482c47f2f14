/* Imports and exports (core spec 5.5.5, 5.5.10, 3.4.8, 3.4.9). */
#include "wasm/decode.h"

#define IMPORT_SIZE_MIN 4u
#define EXPORT_SIZE_MIN 3u
#define KIND_TAG        4u
#define TAG_SIZE_MIN    2u
#define QUOTE_SIZE      80u

static enum error kind_read(struct reader *reader, const char *what, uint8_t *out) {
    const uint8_t *at = reader->at;
    const enum error error = reader_u8(reader, out);
    if (error != ERROR_NONE || *out <= WASM_KIND_GLOBAL) {
        return error;
    }
    /* Behind its kind a tag has an attribute and a type, so that what is cut off is just malformed. */
    if (*out == KIND_TAG && reader_left(reader) >= TAG_SIZE_MIN) {
        return report_fail(reader->report, ERROR_UNSUPPORTED, reader_offset_of(reader, at),
                           "%s of a tag: the exception handling proposal is not supported", what);
    }
    return report_fail(reader->report, ERROR_MALFORMED, reader_offset_of(reader, at), "malformed %s kind 0x%02x", what, *out);
}

/* One import, whatever its kind. */
struct import {
    struct module_import head;
    const struct wasm_function_type *function;
    struct module_table table;
    struct module_memory memory;
    struct module_global global;
};

static enum error import_read(struct decoder *decoder, struct import *out) {
    *out = (struct import){.function = NULL};
    enum error error = reader_name(&decoder->reader, &out->head.module);
    if (error == ERROR_NONE) {
        error = reader_name(&decoder->reader, &out->head.name);
    }
    if (error == ERROR_NONE) {
        error = kind_read(&decoder->reader, "import", &out->head.kind);
    }
    if (error != ERROR_NONE) {
        return error;
    }
    switch ((enum wasm_kind)out->head.kind) {
    case WASM_KIND_FUNCTION: return decode_function_type_index(decoder, &out->function);
    case WASM_KIND_TABLE: return decode_table_type(decoder, &out->table);
    case WASM_KIND_MEMORY: return decode_memory_type(decoder, &out->memory);
    case WASM_KIND_GLOBAL: return decode_global_type(decoder, &out->global);
    }
    ASSERT(!"a kind");
    return ERROR_INVALID;
}

/* Puts an import at the end of its index space. */
static void import_add(struct wasm_module *module, const struct import *import, uint32_t number) {
    module->imports[number] = import->head;
    uint32_t *index = &module->imports[number].index;
    switch ((enum wasm_kind)import->head.kind) {
    case WASM_KIND_FUNCTION:
        *index = module->function_count++;
        module->functions[*index].type = import->function;
        return;
    case WASM_KIND_TABLE:
        *index = module->table_count++;
        module->tables[*index] = import->table;
        return;
    case WASM_KIND_MEMORY:
        *index = module->memory_count++;
        module->memories[*index] = import->memory;
        return;
    case WASM_KIND_GLOBAL:
        *index = module->global_count++;
        module->globals[*index] = import->global;
        return;
    }
}

/* How many there are of each kind: a first walk over the section, so that each index space is allocated once. */
static enum error imports_count(struct decoder *decoder, uint32_t count, uint32_t by_kind[WASM_KIND_GLOBAL + 1]) {
    const uint8_t *start = decoder->reader.at;
    enum error error = ERROR_NONE;
    for (uint32_t i = 0; i < count && error == ERROR_NONE; i++) {
        struct import import;
        error = import_read(decoder, &import);
        if (error == ERROR_NONE) {
            by_kind[import.head.kind]++;
        }
    }
    decoder->reader.at = start;
    return error;
}

static enum error imports_allocate(struct decoder *decoder, uint32_t count, const uint32_t by_kind[WASM_KIND_GLOBAL + 1]) {
    struct wasm_module *module = decoder->module;
    const uint32_t table_count = by_kind[WASM_KIND_TABLE];
    const uint32_t memory_count = by_kind[WASM_KIND_MEMORY];
    if (table_count > LIMIT_TABLES) {
        return limit_fail(decoder->reader.report, reader_offset(&decoder->reader), LIMIT_NUMBER_TABLES, table_count);
    }
    if (memory_count > LIMIT_MEMORIES) {
        return limit_fail(decoder->reader.report, reader_offset(&decoder->reader), LIMIT_NUMBER_MEMORIES, memory_count);
    }
    module->imports = decode_extend(decoder, NULL, 0, count, sizeof *module->imports);
    module->functions = decode_extend(decoder, NULL, 0, by_kind[WASM_KIND_FUNCTION], sizeof *module->functions);
    module->tables = decode_extend(decoder, NULL, 0, table_count, sizeof *module->tables);
    module->memories = decode_extend(decoder, NULL, 0, memory_count, sizeof *module->memories);
    module->globals = decode_extend(decoder, NULL, 0, by_kind[WASM_KIND_GLOBAL], sizeof *module->globals);
    const bool is_complete =
        module->imports != NULL && module->functions != NULL && module->tables != NULL && module->memories != NULL && module->globals != NULL;
    return is_complete ? ERROR_NONE : ERROR_NO_MEMORY;
}

_Static_assert(LIMIT_IMPORTS <= LIMIT_FUNCTIONS && LIMIT_IMPORTS <= LIMIT_GLOBALS, "imports of one kind are within its limit");

enum error decode_import_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    uint32_t count = 0;
    uint32_t by_kind[WASM_KIND_GLOBAL + 1] = {0};
    enum error error = reader_count(&decoder->reader, IMPORT_SIZE_MIN, LIMIT_NUMBER_IMPORTS, &count);
    if (error == ERROR_NONE) {
        error = imports_count(decoder, count, by_kind);
    }
    if (error == ERROR_NONE) {
        error = imports_allocate(decoder, count, by_kind);
    }
    for (uint32_t i = 0; i < count && error == ERROR_NONE; i++) {
        struct import import;
        error = import_read(decoder, &import);
        if (error == ERROR_NONE) {
            import_add(module, &import, i);
        }
    }
    if (error != ERROR_NONE) {
        return error;
    }
    module->import_count = count;
    module->imported_function_count = module->function_count;
    module->imported_table_count = module->table_count;
    module->imported_memory_count = module->memory_count;
    module->imported_global_count = module->global_count;
    return ERROR_NONE;
}

static enum error export_index_read(struct decoder *decoder, uint8_t kind, uint32_t *out) {
    const struct wasm_module *module = decoder->module;
    switch ((enum wasm_kind)kind) {
    case WASM_KIND_FUNCTION: return decode_index(decoder, "function", module->function_count, out);
    case WASM_KIND_TABLE: return decode_index(decoder, "table", module->table_count, out);
    case WASM_KIND_MEMORY: return decode_index(decoder, "memory", module->memory_count, out);
    case WASM_KIND_GLOBAL: return decode_index(decoder, "global", module->global_count, out);
    }
    ASSERT(!"a kind");
    return ERROR_INVALID;
}

static enum error export_read(struct decoder *decoder, uint32_t number) {
    struct wasm_module *module = decoder->module;
    struct reader *reader = &decoder->reader;
    struct module_export *export = &module->exports[number];
    const uint8_t *start = reader->at;
    enum error error = reader_name(reader, &export->name);
    if (error == ERROR_NONE) {
        error = kind_read(reader, "export", &export->kind);
    }
    if (error == ERROR_NONE) {
        error = export_index_read(decoder, export->kind, &export->index);
    }
    if (error != ERROR_NONE) {
        return error;
    }
    if (export->kind == WASM_KIND_FUNCTION) {
        module->functions[export->index].is_declared = true;
    }
    error = map_put(&module->export_map, export->name, number);
    if (error != ERROR_ARGUMENT) {
        return error;
    }
    char name[QUOTE_SIZE];
    return report_fail(reader->report, ERROR_INVALID, reader_offset_of(reader, start), "duplicate export name \"%s\"",
                       report_quote(export->name, name, sizeof name));
}

enum error decode_export_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    uint32_t count = 0;
    enum error error = reader_count(&decoder->reader, EXPORT_SIZE_MIN, LIMIT_NUMBER_EXPORTS, &count);
    if (error != ERROR_NONE) {
        return error;
    }
    module->exports = decode_extend(decoder, NULL, 0, count, sizeof *module->exports);
    if (module->exports == NULL) {
        return ERROR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < count && error == ERROR_NONE; i++) {
        error = export_read(decoder, i);
    }
    module->export_count = count;
    return error;
}
