/* Instances (core spec 4.5.4). Owns the making of one: index spaces, own definitions, segments, start function. All of it
   lies in the store's arena, and stays there when instantiation fails half-way, because what it wrote into imported
   tables may be called. */
#include "base/assert.h"
#include "wasm/code/entry.h"
#include "wasm/link.h"
#include "wasm/store.h"

static const struct bytes start_name = {(const uint8_t *)"start", 5};

static void *instance_array(struct wasm_instance *instance, uint32_t count, size_t size) {
    return arena_allocate_zeroed(&instance->store->arena, count, size);
}

/* The offset of an array behind those before it; moves the end on. */
static uint32_t layout_add(uint64_t *end, uint32_t count, size_t size) {
    uint64_t offset = (*end + 15) / 16 * 16;
    *end = offset + (uint64_t)count * size;
    return (uint32_t)offset;
}

void instance_layout(const struct wasm_module *module, struct instance_layout *out) {
    uint64_t end = sizeof(struct wasm_instance);
    out->memory_bases = layout_add(&end, module->memory_count, sizeof(uint8_t *));
    out->memories = layout_add(&end, module->memory_count, sizeof(struct wasm_memory *));
    out->tables = layout_add(&end, module->table_count, sizeof(struct wasm_table *));
    out->types = layout_add(&end, module->type_count, sizeof(struct wasm_function_type *));
    out->functions = layout_add(&end, module->function_count, sizeof(struct wasm_function *));
    out->globals = layout_add(&end, module->global_count, sizeof(struct wasm_global *));
    out->own_globals = layout_add(&end, module->global_count - module->imported_global_count, sizeof(struct wasm_global));
    out->own_memories = layout_add(&end, module->memory_count - module->imported_memory_count, sizeof(struct wasm_memory));
    /* The first memory base is read in a module without memories, too. At most some million small things: see limits.def. */
    end += sizeof(uint8_t *);
    ASSERT(end < INT32_MAX);
    out->size = (uint32_t)end;
}

static enum error instance_allocate(struct wasm_store *store, const struct wasm_module *module, struct wasm_instance **out) {
    struct instance_layout layout;
    instance_layout(module, &layout);
    uint8_t *block = arena_allocate_zeroed(&store->arena, 1, layout.size);
    if (block == NULL) {
        return ERROR_NO_MEMORY;
    }
    struct wasm_instance *instance = (struct wasm_instance *)(void *)block;
    instance->execution = store->execution;
    instance->module = module;
    instance->store = store;
    instance->memory_bases = (uint8_t **)(void *)(block + layout.memory_bases);
    instance->memories = (struct wasm_memory **)(void *)(block + layout.memories);
    instance->tables = (struct wasm_table **)(void *)(block + layout.tables);
    instance->types = (const struct wasm_function_type **)(void *)(block + layout.types);
    instance->functions = (struct wasm_function **)(void *)(block + layout.functions);
    instance->globals = (struct wasm_global **)(void *)(block + layout.globals);
    memcpy(instance->runtime, code_stub_runtime, sizeof instance->runtime);
    for (uint32_t index = 0; index < module->type_count; index++) {
        instance->types[index] = module->types[index];
    }
    struct wasm_global *own_globals = (struct wasm_global *)(void *)(block + layout.own_globals);
    for (uint32_t index = module->imported_global_count; index < module->global_count; index++) {
        instance->globals[index] = &own_globals[index - module->imported_global_count];
    }
    struct wasm_memory *own_memories = (struct wasm_memory *)(void *)(block + layout.own_memories);
    for (uint32_t index = module->imported_memory_count; index < module->memory_count; index++) {
        instance->memories[index] = &own_memories[index - module->imported_memory_count];
    }
    instance->data_dropped = instance_array(instance, module->data_count, sizeof *instance->data_dropped);
    instance->element_dropped = instance_array(instance, module->element_count, sizeof *instance->element_dropped);
    if (instance->data_dropped == NULL || instance->element_dropped == NULL) {
        return ERROR_NO_MEMORY;
    }
    *out = instance;
    return ERROR_NONE;
}

static enum error instance_make_functions(struct wasm_instance *instance) {
    const struct wasm_module *module = instance->module;
    uint32_t own_count = module->function_count - module->imported_function_count;
    struct wasm_function *own = instance_array(instance, own_count, sizeof *own);
    if (own == NULL) {
        return ERROR_NO_MEMORY;
    }
    for (uint32_t number = 0; number < own_count; number++) {
        uint32_t index = module->imported_function_count + number;
        own[number].type = module->functions[index].type;
        own[number].store = instance->store;
        own[number].instance = instance;
        own[number].index = index;
        if (instance->store->options.compile) {
            own[number].entry = (const void *)(uintptr_t)code_stub_compile;
            own[number].external = (const void *)(uintptr_t)code_stub_external;
        }
        instance->functions[index] = &own[number];
    }
    return ERROR_NONE;
}

static enum error instance_make_memories(struct wasm_instance *instance, struct report *report) {
    const struct wasm_module *module = instance->module;
    struct wasm_export export;
    bool is_start_app = wasm_module_find_export(module, start_name, &export) && export.type.kind == WASM_KIND_FUNCTION;
    for (uint32_t index = module->imported_memory_count; index < module->memory_count; index++) {
        const struct wasm_limits *limits = &module->memories[index].limits;
        bool windows = index == 0 && is_start_app && instance->store->options.windows;
        enum error error = memory_create(instance->store, limits, windows, instance->memories[index]);
        if (error == ERROR_LIMIT) {
            return report_fail(report, error, REPORT_NO_OFFSET, "memory %u starts with %u pages of 64 KiB; a program with windows may have 49152",
                               index, limits->minimum);
        }
        if (error != ERROR_NONE) {
            return report_fail(report, error, REPORT_NO_OFFSET, "no room for the %u pages of 64 KiB that memory %u starts with", limits->minimum,
                               index);
        }
    }
    for (uint32_t index = 0; index < module->memory_count; index++) {
        instance->memory_bases[index] = instance->memories[index]->base;
    }
    return ERROR_NONE;
}

static enum error instance_make_tables(struct wasm_instance *instance, struct report *report) {
    const struct wasm_module *module = instance->module;
    for (uint32_t index = module->imported_table_count; index < module->table_count; index++) {
        const struct module_table *table = &module->tables[index];
        enum error error = table_create(instance->store, table->element_type, &table->limits, NULL, &instance->tables[index]);
        if (error == ERROR_LIMIT) {
            return report_fail(report, error, REPORT_NO_OFFSET, "table %u starts with %u elements; at most %u are supported", index,
                               table->limits.minimum, (unsigned)LIMIT_TABLE_ELEMENTS);
        }
        if (error != ERROR_NONE) {
            return report_fail(report, error, REPORT_NO_OFFSET, "no room for the %u elements that table %u starts with", table->limits.minimum,
                               index);
        }
    }
    return ERROR_NONE;
}

static void instance_make_globals(struct wasm_instance *instance) {
    const struct wasm_module *module = instance->module;
    for (uint32_t index = module->imported_global_count; index < module->global_count; index++) {
        struct wasm_global *global = instance->globals[index];
        global->store = instance->store;
        global->type = module->globals[index].type;
        global->is_mutable = module->globals[index].is_mutable;
        constant_evaluate(instance, module->globals[index].initial.offset, &global->value, NULL);
    }
}

/* Active segments are written in order; the first that does not fit traps and ends the instantiation. */
static enum error instance_run_elements(struct wasm_instance *instance) {
    const struct wasm_module *module = instance->module;
    union wasm_value offset;
    for (uint32_t index = 0; index < module->element_count; index++) {
        const struct module_element *element = &module->elements[index];
        if (element->mode == SEGMENT_PASSIVE) {
            continue;
        }
        if (element->mode == SEGMENT_ACTIVE) {
            constant_evaluate(instance, element->offset.offset, &offset, NULL);
            struct segment_range range = {.to = offset.i32, .from = 0, .count = element->count};
            if (!instance_table_init(instance, element->table, index, range)) {
                return store_trap(instance->store, WASM_TRAP_TABLE_BOUNDS);
            }
        }
        instance->element_dropped[index] = true;
    }
    return ERROR_NONE;
}

/* Pages of an image are what all active segments leave together. */
static enum error instance_run_data(struct wasm_instance *instance) {
    const struct wasm_module *module = instance->module;
    const bool has_pages = module->pages.content.size != 0;
    if (has_pages) {
        enum error error = memory_take_pages(instance->memories[0], &module->pages);
        if (error != ERROR_NONE) {
            return error;
        }
    }
    for (uint32_t index = 0; index < module->data_count; index++) {
        const struct module_data *data = &module->data[index];
        if (data->mode != SEGMENT_ACTIVE) {
            continue;
        }
        instance->data_dropped[index] = true;
        if (has_pages) {
            continue;
        }
        union wasm_value offset;
        constant_evaluate(instance, data->offset.offset, &offset, NULL);
        struct segment_range range = {.to = offset.i32, .from = 0, .count = (uint32_t)data->content.size};
        if (!memory_init(instance->memories[data->memory], range.to, data->content, range.from, range.count)) {
            return store_trap(instance->store, WASM_TRAP_MEMORY_BOUNDS);
        }
    }
    return ERROR_NONE;
}

enum error wasm_instance_create(struct wasm_store *store, const struct wasm_module *module, wasm_resolve *resolve, void *resolve_context,
                                struct report *report, struct wasm_instance **out) {
    ASSERT(module->engine == store->engine);
    struct wasm_instance *instance;
    enum error error = instance_allocate(store, module, &instance);
    if (error == ERROR_NONE) {
        error = link_imports(instance, resolve, resolve_context, report);
    }
    if (error == ERROR_NONE) {
        error = instance_make_functions(instance);
    }
    if (error == ERROR_NONE) {
        error = instance_make_tables(instance, report);
    }
    if (error == ERROR_NONE) {
        error = instance_make_memories(instance, report);
    }
    if (error == ERROR_NONE) {
        instance_make_globals(instance);
        error = instance_run_elements(instance);
    }
    if (error == ERROR_NONE) {
        error = instance_run_data(instance);
    }
    if (error == ERROR_NONE && module->start_function != UINT32_MAX) {
        error = wasm_call(instance->functions[module->start_function], NULL, NULL);
    }
    if (error == ERROR_NO_MEMORY) {
        return report_fail(report, error, REPORT_NO_OFFSET, "the budget has no room for an instance of this module");
    }
    if (error != ERROR_NONE) {
        return error;
    }
    *out = instance;
    return ERROR_NONE;
}

bool wasm_instance_find_export(const struct wasm_instance *instance, struct bytes name, struct wasm_extern *out) {
    struct wasm_export export;
    if (!wasm_module_find_export(instance->module, name, &export)) {
        return false;
    }
    out->kind = export.type.kind;
    switch (export.type.kind) {
    case WASM_KIND_FUNCTION: out->function = instance->functions[export.index]; break;
    case WASM_KIND_TABLE: out->table = instance->tables[export.index]; break;
    case WASM_KIND_MEMORY: out->memory = instance->memories[export.index]; break;
    case WASM_KIND_GLOBAL: out->global = instance->globals[export.index]; break;
    }
    return true;
}

struct wasm_memory *wasm_instance_memory(const struct wasm_instance *instance, uint32_t index) {
    return index < instance->module->memory_count ? instance->memories[index] : NULL;
}

struct wasm_table *wasm_instance_table(const struct wasm_instance *instance, uint32_t index) {
    return index < instance->module->table_count ? instance->tables[index] : NULL;
}

const struct wasm_module *wasm_instance_module(const struct wasm_instance *instance) {
    return instance->module;
}
