/* The decoded module in an image. One function describes each thing for both ways; what is read is then checked against the limits of
   the format and of limits.def, and against what was read before, so that whoever uses the module may index without a look. */
#include "wasm/image.h"

#define PREAMBLE_SIZE    8u
#define BODY_SIZE_MIN    2u /* no groups of locals, `end` */
#define MEMORY_PAGES_MAX 65536u

struct image_counts {
    uint32_t types, imports, functions, tables, memories, globals, exports, elements, data;
};

/* ---- What there is of each thing ---- */

static void port_limits(struct port *port, struct wasm_limits *limits) {
    port_u32(port, &limits->minimum);
    port_u32(port, &limits->maximum);
    port_bool(port, &limits->has_maximum);
}

static void port_function(struct port *port, struct module_function *function, uint32_t *type) {
    port_u32(port, type);
    port_u32(port, &function->body_offset);
    port_u32(port, &function->body_size);
    port_u32(port, &function->operand_max);
    port_u32(port, &function->local_count);
    port_u32(port, &function->nesting_max);
    port_bool(port, &function->is_declared);
}

static void port_table(struct port *port, struct module_table *table) {
    port_limits(port, &table->limits);
    port_u8(port, &table->element_type);
}

static void port_global(struct port *port, struct module_global *global) {
    port_u8(port, &global->type);
    port_bool(port, &global->is_mutable);
    port_u32(port, &global->initial.offset);
}

/* Indices of imports are the order in which they come. */
static void port_import(struct port *port, struct module_import *import) {
    port_view(port, &import->module);
    port_view(port, &import->name);
    port_u8(port, &import->kind);
}

static void port_export(struct port *port, struct module_export *export) {
    port_view(port, &export->name);
    port_u8(port, &export->kind);
    port_u32(port, &export->index);
}

static void port_element(struct port *port, struct module_element *element) {
    port_u8(port, &element->mode);
    port_u8(port, &element->element_type);
    port_bool(port, &element->uses_expressions);
    port_u32(port, &element->table);
    port_u32(port, &element->offset.offset);
    port_u32(port, &element->count);
    port_u32(port, &element->items_offset);
}

static void port_data(struct port *port, struct module_data *data) {
    port_u8(port, &data->mode);
    port_u32(port, &data->memory);
    port_u32(port, &data->offset.offset);
    port_view(port, &data->content);
}

static void port_counts(struct port *port, struct image_counts *counts) {
    port_u32(port, &counts->types);
    port_u32(port, &counts->imports);
    port_u32(port, &counts->functions);
    port_u32(port, &counts->tables);
    port_u32(port, &counts->memories);
    port_u32(port, &counts->globals);
    port_u32(port, &counts->exports);
    port_u32(port, &counts->elements);
    port_u32(port, &counts->data);
}

/* What a module has once. */
static void port_single(struct port *port, struct wasm_module *module) {
    port_u32(port, &module->start_function);
    port_bool(port, &module->has_data_count);
    port_view(port, &module->name_section);
}

/* ---- Writing ---- */

static void type_write(struct port *port, const struct wasm_function_type *type) {
    static const uint8_t zeros[3];
    uint32_t parameters = type->parameter_count, results = type->result_count, count = parameters + results;
    port_u32(port, &parameters);
    port_u32(port, &results);
    image_writer_add(port->writer, type->types, count);
    image_writer_add(port->writer, zeros, (4 - count % 4) % 4);
}

/* Types have pointers for names; `numbers` knows the index of each: its first, where the module has it twice. */
static enum error functions_write(struct port *port, const struct wasm_module *module, struct map *numbers) {
    for (uint32_t i = 0; i < module->type_count; i++) {
        enum error error = map_put(numbers, (struct bytes){(const uint8_t *)&module->types[i], sizeof module->types[i]}, i);
        if (error == ERROR_NO_MEMORY) {
            return error;
        }
    }
    for (uint32_t i = 0; i < module->function_count; i++) {
        struct module_function function = module->functions[i];
        uint32_t type = (uint32_t)*map_find(numbers, (struct bytes){(const uint8_t *)&function.type, sizeof function.type});
        port_function(port, &function, &type);
    }
    return ERROR_NONE;
}

static void segments_write(struct port *port, const struct wasm_module *module) {
    for (uint32_t i = 0; i < module->element_count; i++) {
        struct module_element element = module->elements[i];
        port_element(port, &element);
    }
    for (uint32_t i = 0; i < module->data_count; i++) {
        struct module_data data = module->data[i];
        port_data(port, &data);
    }
}

static void spaces_write(struct port *port, const struct wasm_module *module) {
    for (uint32_t i = 0; i < module->table_count; i++) {
        struct module_table table = module->tables[i];
        port_table(port, &table);
    }
    for (uint32_t i = 0; i < module->memory_count; i++) {
        struct module_memory memory = module->memories[i];
        port_limits(port, &memory.limits);
    }
    for (uint32_t i = 0; i < module->global_count; i++) {
        struct module_global global = module->globals[i];
        port_global(port, &global);
    }
    for (uint32_t i = 0; i < module->import_count; i++) {
        struct module_import import = module->imports[i];
        port_import(port, &import);
    }
    for (uint32_t i = 0; i < module->export_count; i++) {
        struct module_export export = module->exports[i];
        port_export(port, &export);
    }
}

enum error image_module_write(struct port *port, const struct wasm_module *module) {
    struct image_counts counts = {module->type_count,   module->import_count, module->function_count, module->table_count, module->memory_count,
                                  module->global_count, module->export_count, module->element_count,  module->data_count};
    struct wasm_module single = *module;
    struct map numbers;
    port_counts(port, &counts);
    for (uint32_t i = 0; i < module->type_count; i++) {
        type_write(port, module->types[i]);
    }
    map_init(&numbers, module->arena.budget, module->engine->types.types.seed);
    enum error error = functions_write(port, module, &numbers);
    map_end(&numbers);
    spaces_write(port, module);
    segments_write(port, module);
    port_single(port, &single);
    return error;
}

/* ---- Checks ---- */

static bool type_is_reference(uint8_t type) {
    return type == WASM_FUNCREF || type == WASM_EXTERNREF;
}

static bool type_is_value(uint8_t type) {
    return (type >= WASM_V128 && type <= WASM_I32) || type_is_reference(type);
}

static bool limits_are_right(const struct wasm_limits *limits, uint32_t minimum_max) {
    return limits->minimum <= limits->maximum && limits->minimum <= minimum_max && (limits->has_maximum || limits->maximum == UINT32_MAX);
}

static bool offset_is_right(const struct port *port, uint32_t offset) {
    return offset >= PREAMBLE_SIZE && offset < port->program.size;
}

/* Bodies stand in the order of their functions; *end is the end of the one before. */
static bool function_is_right(const struct port *port, const struct module_function *function, uint32_t *end) {
    uint32_t offset = function->body_offset, size = function->body_size;
    if (offset < *end || offset > port->program.size || size > port->program.size - offset) {
        return false;
    }
    *end = offset + size;
    return size >= BODY_SIZE_MIN && size <= LIMIT_BODY_BYTES && function->operand_max <= LIMIT_OPERANDS && function->local_count <= LIMIT_LOCALS &&
           function->local_count >= function->type->parameter_count && function->nesting_max >= 1 && function->nesting_max <= LIMIT_NESTING + 1;
}

static uint32_t space_count(const struct wasm_module *module, uint8_t kind) {
    switch ((enum wasm_kind)kind) {
    case WASM_KIND_FUNCTION: return module->function_count;
    case WASM_KIND_TABLE: return module->table_count;
    case WASM_KIND_MEMORY: return module->memory_count;
    case WASM_KIND_GLOBAL: return module->global_count;
    }
    return 0;
}

static bool element_is_right(const struct port *port, const struct wasm_module *module, const struct module_element *element) {
    if (element->mode > SEGMENT_DECLARATIVE || !type_is_reference(element->element_type)) {
        return false;
    }
    if (element->mode == SEGMENT_ACTIVE &&
        (element->table >= module->table_count || module->tables[element->table].element_type != element->element_type ||
         !offset_is_right(port, element->offset.offset))) {
        return false;
    }
    return element->items_offset <= port->program.size && element->count <= port->program.size - element->items_offset;
}

static bool data_is_right(const struct port *port, const struct wasm_module *module, const struct module_data *data) {
    return data->mode == SEGMENT_PASSIVE ||
           (data->mode == SEGMENT_ACTIVE && data->memory < module->memory_count && offset_is_right(port, data->offset.offset));
}

/* ---- Reading ---- */

static void *things_allocate(struct wasm_module *module, uint32_t count, size_t size) {
    return arena_allocate_zeroed(&module->arena, count, size);
}

/* Within the limits, and not more than can follow: each of them takes a word at least. */
static bool counts_are_right(const struct port *port, const struct image_counts *counts) {
    uint64_t all = (uint64_t)counts->types + counts->imports + counts->functions + counts->tables + counts->memories + counts->globals +
                   counts->exports + counts->elements + counts->data;
    return counts->types <= LIMIT_TYPES && counts->imports <= LIMIT_IMPORTS && counts->functions <= LIMIT_FUNCTIONS &&
           counts->tables <= LIMIT_TABLES && counts->memories <= LIMIT_MEMORIES && counts->globals <= LIMIT_GLOBALS &&
           counts->exports <= LIMIT_EXPORTS && counts->elements <= LIMIT_ELEMENT_SEGMENTS && counts->data <= LIMIT_DATA_SEGMENTS &&
           port_has(port, all, 4);
}

static enum error things_make(struct wasm_module *module, const struct image_counts *counts) {
    module->types = things_allocate(module, counts->types, sizeof(const struct wasm_function_type *));
    module->functions = things_allocate(module, counts->functions, sizeof *module->functions);
    module->tables = things_allocate(module, counts->tables, sizeof *module->tables);
    module->memories = things_allocate(module, counts->memories, sizeof *module->memories);
    module->globals = things_allocate(module, counts->globals, sizeof *module->globals);
    module->imports = things_allocate(module, counts->imports, sizeof *module->imports);
    module->exports = things_allocate(module, counts->exports, sizeof *module->exports);
    module->elements = things_allocate(module, counts->elements, sizeof *module->elements);
    module->data = things_allocate(module, counts->data, sizeof *module->data);
    const bool is_complete = module->types != NULL && module->functions != NULL && module->tables != NULL && module->memories != NULL &&
                             module->globals != NULL && module->imports != NULL && module->exports != NULL && module->elements != NULL &&
                             module->data != NULL;
    return is_complete ? map_reserve(&module->export_map, counts->exports) : ERROR_NO_MEMORY;
}

static enum error type_read(struct port *port, struct wasm_module *module) {
    uint32_t parameters = 0, results = 0;
    port_u32(port, &parameters);
    port_u32(port, &results);
    if (parameters > LIMIT_PARAMETERS || results > LIMIT_RESULTS) {
        return ERROR_MALFORMED;
    }
    uint32_t count = parameters + results, padded = (count + 3) / 4 * 4;
    if (!port_has(port, padded, 1)) {
        return ERROR_MALFORMED;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!type_is_value(port->at[i])) {
            return ERROR_MALFORMED;
        }
    }
    enum error error = type_intern(&module->engine->types, port->at, parameters, results, &module->types[module->type_count]);
    if (error == ERROR_NONE) {
        module->type_count++; /* as many as are held, so that a failure releases as many */
        port->at += padded;
    }
    return error;
}

static bool tables_read(struct port *port, struct wasm_module *module, const struct image_counts *counts) {
    for (uint32_t i = 0; i < counts->tables; i++) {
        struct module_table *table = &module->tables[module->table_count++];
        port_table(port, table);
        if (!type_is_reference(table->element_type) || !limits_are_right(&table->limits, UINT32_MAX)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < counts->memories; i++) {
        struct wasm_limits *limits = &module->memories[module->memory_count++].limits;
        port_limits(port, limits);
        if (!limits_are_right(limits, MEMORY_PAGES_MAX) || (limits->has_maximum && limits->maximum > MEMORY_PAGES_MAX)) {
            return false;
        }
    }
    return true;
}

static bool imports_read(struct port *port, struct wasm_module *module, const struct image_counts *counts) {
    uint32_t *const imported[] = {&module->imported_function_count, &module->imported_table_count, &module->imported_memory_count,
                                  &module->imported_global_count};
    for (uint32_t i = 0; i < counts->imports; i++) {
        struct module_import *import = &module->imports[module->import_count++];
        port_import(port, import);
        if (port->is_bad || import->kind > WASM_KIND_GLOBAL || *imported[import->kind] >= space_count(module, import->kind)) {
            return false;
        }
        import->index = (*imported[import->kind])++;
    }
    return true;
}

/* Globals come before the imports, which say which of them have no initial value. */
static bool globals_are_right(const struct port *port, const struct wasm_module *module) {
    for (uint32_t i = 0; i < module->global_count; i++) {
        const struct module_global *global = &module->globals[i];
        if (!type_is_value(global->type) || (i >= module->imported_global_count && !offset_is_right(port, global->initial.offset))) {
            return false;
        }
    }
    return true;
}

static bool bodies_are_right(const struct port *port, struct wasm_module *module) {
    uint32_t end = PREAMBLE_SIZE;
    for (uint32_t i = 0; i < module->imported_function_count; i++) {
        if (module->functions[i].body_offset != 0 || module->functions[i].body_size != 0) {
            return false;
        }
    }
    for (uint32_t i = module->imported_function_count; i < module->function_count; i++) {
        if (!function_is_right(port, &module->functions[i], &end)) {
            return false;
        }
        module->code_bytes += module->functions[i].body_size;
    }
    return true;
}

static bool functions_read(struct port *port, struct wasm_module *module, const struct image_counts *counts) {
    for (uint32_t i = 0; i < counts->functions; i++) {
        struct module_function *function = &module->functions[module->function_count++];
        uint32_t type = 0;
        port_function(port, function, &type);
        if (port->is_bad || type >= module->type_count) {
            return false;
        }
        function->type = module->types[type];
    }
    return true;
}

static bool exports_read(struct port *port, struct wasm_module *module, const struct image_counts *counts) {
    for (uint32_t i = 0; i < counts->exports; i++) {
        struct module_export *export = &module->exports[module->export_count++];
        port_export(port, export);
        if (port->is_bad || export->kind > WASM_KIND_GLOBAL || export->index >= space_count(module, export->kind)) {
            return false;
        }
        /* There is room for it: only a name that is there already fails. */
        if (map_put(&module->export_map, export->name, i) != ERROR_NONE) {
            return false;
        }
    }
    return true;
}

static bool segments_read(struct port *port, struct wasm_module *module, const struct image_counts *counts) {
    for (uint32_t i = 0; i < counts->elements; i++) {
        struct module_element *element = &module->elements[module->element_count++];
        port_element(port, element);
        if (!element_is_right(port, module, element)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < counts->data; i++) {
        struct module_data *data = &module->data[module->data_count++];
        port_data(port, data);
        if (!data_is_right(port, module, data)) {
            return false;
        }
    }
    return true;
}

static bool single_read(struct port *port, struct wasm_module *module) {
    port_single(port, module);
    uint32_t start = module->start_function;
    return start == UINT32_MAX || (start < module->function_count && module->functions[start].type->parameter_count == 0 &&
                                   module->functions[start].type->result_count == 0);
}

static bool spaces_read(struct port *port, struct wasm_module *module, const struct image_counts *counts) {
    if (!functions_read(port, module, counts) || !tables_read(port, module, counts)) {
        return false;
    }
    for (uint32_t i = 0; i < counts->globals; i++) {
        port_global(port, &module->globals[module->global_count++]);
    }
    return imports_read(port, module, counts) && globals_are_right(port, module) && bodies_are_right(port, module) &&
           exports_read(port, module, counts);
}

enum error image_module_read(struct port *port, struct wasm_module *module) {
    struct image_counts counts = {0};
    port_counts(port, &counts);
    if (port->is_bad || !counts_are_right(port, &counts)) {
        return ERROR_MALFORMED;
    }
    enum error error = things_make(module, &counts);
    for (uint32_t i = 0; i < counts.types && error == ERROR_NONE; i++) {
        error = port->is_bad ? ERROR_MALFORMED : type_read(port, module);
    }
    if (error != ERROR_NONE) {
        return error;
    }
    const bool is_right = spaces_read(port, module, &counts) && segments_read(port, module, &counts) && single_read(port, module);
    return is_right && !port->is_bad ? ERROR_NONE : ERROR_MALFORMED;
}
