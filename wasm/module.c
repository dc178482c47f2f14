/* The public view of a module: its making and end, and what it says about itself. */
#include "wasm/code/module_code.h"
#include "wasm/module.h"
#include "base/assert.h"
#include "wasm/decode_names.h"
#include "wasm/reader.h"
#include "wasm/store.h"

#define PREAMBLE_SIZE 8u

struct wasm_module *module_allocate(struct wasm_engine *engine, struct budget *budget, struct bytes bytes) {
    struct wasm_module *module = budget_allocate_zeroed(budget, 1, sizeof *module);
    if (module != NULL) {
        module->engine = engine;
        module->bytes = bytes;
        module->start_function = UINT32_MAX;
        arena_init(&module->arena, budget);
        map_init(&module->export_map, budget, engine->types.types.seed);
    }
    return module;
}

enum error wasm_module_create(struct wasm_engine *engine, struct budget *budget, struct bytes bytes, struct report *report,
                              struct wasm_module **out) {
    if (bytes.size > LIMIT_MODULE_BYTES) {
        return limit_fail(report, REPORT_NO_OFFSET, LIMIT_NUMBER_MODULE_BYTES, bytes.size);
    }
    struct wasm_module *module = module_allocate(engine, budget, bytes);
    if (module == NULL) {
        return report_fail(report, ERROR_NO_MEMORY, REPORT_NO_OFFSET, "out of memory for the module");
    }
    enum error error = module_decode(module, report);
    if (error != ERROR_NONE) {
        /* Failures that say more were reported where they were found. */
        error = report_fail(report, error, REPORT_NO_OFFSET, "%s", error_text(error));
        wasm_module_destroy(module);
        return error;
    }
    *out = module;
    return ERROR_NONE;
}

void wasm_module_destroy(struct wasm_module *module) {
    struct budget *budget = module->arena.budget;
    if (module->code != NULL) {
        module_code_destroy(module->code);
    }
    for (uint32_t i = 0; i < module->type_count; i++) {
        type_release(&module->engine->types, module->types[i]);
    }
    map_end(&module->export_map);
    arena_end(&module->arena);
    budget_release(budget, module, sizeof *module);
}

struct bytes wasm_module_bytes(const struct wasm_module *module) {
    return module->bytes;
}

uint32_t wasm_module_import_count(const struct wasm_module *module) {
    return module->import_count;
}

uint32_t wasm_module_export_count(const struct wasm_module *module) {
    return module->export_count;
}

static struct wasm_extern_type extern_type(const struct wasm_module *module, uint8_t kind, uint32_t index) {
    struct wasm_extern_type type = {.kind = (enum wasm_kind)kind};
    switch (type.kind) {
    case WASM_KIND_FUNCTION: type.function = module->functions[index].type; break;
    case WASM_KIND_TABLE:
        type.limits = module->tables[index].limits;
        type.value_type = module->tables[index].element_type;
        break;
    case WASM_KIND_MEMORY: type.limits = module->memories[index].limits; break;
    case WASM_KIND_GLOBAL:
        type.value_type = module->globals[index].type;
        type.is_mutable = module->globals[index].is_mutable;
        break;
    }
    return type;
}

void wasm_module_import(const struct wasm_module *module, uint32_t index, struct wasm_import *out) {
    ASSERT(index < module->import_count);
    const struct module_import *import = &module->imports[index];
    *out = (struct wasm_import){import->module, import->name, extern_type(module, import->kind, import->index)};
}

void wasm_module_export(const struct wasm_module *module, uint32_t index, struct wasm_export *out) {
    ASSERT(index < module->export_count);
    const struct module_export *export = &module->exports[index];
    *out = (struct wasm_export){export->name, extern_type(module, export->kind, export->index), export->index};
}

bool wasm_module_find_export(const struct wasm_module *module, struct bytes name, struct wasm_export *out) {
    const uint64_t *found = map_find(&module->export_map, name);
    if (found == NULL) {
        return false;
    }
    wasm_module_export(module, (uint32_t)*found, out);
    return true;
}

struct bytes wasm_module_function_body(const struct wasm_module *module, uint32_t function_index) {
    ASSERT(function_index < module->function_count);
    const struct module_function *function = &module->functions[function_index];
    return function->body_offset == 0 ? (struct bytes){0} : (struct bytes){module->bytes.data + function->body_offset, function->body_size};
}

void wasm_module_summary(const struct wasm_module *module, struct wasm_module_summary *out) {
    *out = (struct wasm_module_summary){
        .type_count = module->type_count,
        .function_count = module->function_count,
        .table_count = module->table_count,
        .memory_count = module->memory_count,
        .global_count = module->global_count,
        .element_count = module->element_count,
        .data_count = module->data_count,
        .imported_function_count = module->imported_function_count,
        .code_bytes = module->code_bytes,
        .has_start = module->start_function != UINT32_MAX,
    };
}

void wasm_module_memory_type(const struct wasm_module *module, uint32_t index, struct wasm_limits *out) {
    ASSERT(index < module->memory_count);
    *out = module->memories[index].limits;
}

/* The bytes were validated: none of these reads can fail. */
bool wasm_module_next_section(const struct wasm_module *module, uint64_t *cursor, struct wasm_section *out) {
    const struct bytes bytes = module->bytes;
    const uint64_t start = *cursor == 0 ? PREAMBLE_SIZE : *cursor;
    ASSERT(start <= bytes.size);
    if (start == bytes.size) {
        return false;
    }
    const uint8_t *at = bytes.data + start;
    const uint8_t id = *at++;
    const uint32_t size = leb128_read_u32(&at);
    const uint8_t *end = at + size;
    ASSERT(size <= bytes.size - (uint64_t)(at - bytes.data));
    *out = (struct wasm_section){.id = id, .name = bytes_from_text(section_name(id))};
    if (id == 0) {
        const uint32_t name_size = leb128_read_u32(&at);
        out->name = (struct bytes){at, name_size};
        at += name_size;
        ASSERT(at <= end);
    }
    out->offset = (uint64_t)(at - bytes.data);
    out->size = (uint64_t)(end - at);
    *cursor = (uint64_t)(end - bytes.data);
    return true;
}
