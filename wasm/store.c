/* Stores and their functions. Owns the life of everything that runs together: making is spread over instance.c, memory.c,
   table.c and global.c; the end is here. */
#include "base/assert.h"
#include "wasm/compile/isa.h"
#include "wasm/code/entry.h"
#include "wasm/interpret/interpret.h"
#include "wasm/store.h"

/* A type that the store keeps alive; made by wasm_store_function_type. */
struct store_type {
    struct list link;
    const struct wasm_function_type *type;
};

enum error wasm_store_create(struct wasm_engine *engine, struct budget *budget, const struct wasm_store_options *options, struct wasm_store **out) {
    struct wasm_store *store = budget_allocate_zeroed(budget, 1, sizeof *store);
    if (store == NULL) {
        return ERROR_NO_MEMORY;
    }
    store->engine = engine;
    store->budget = budget;
    arena_init(&store->arena, budget);
    list_init(&store->memories);
    list_init(&store->tables);
    list_init(&store->types);
    if (options != NULL) {
        store->options = *options;
    }
    store->options.compile = store->options.compile && engine->can_compile;
    enum error error = execution_create(store);
    if (error != ERROR_NONE) {
        wasm_store_destroy(store);
        return error;
    }
    *out = store;
    return ERROR_NONE;
}

void wasm_store_destroy(struct wasm_store *store) {
    if (store->execution != NULL) {
        execution_destroy(store);
    }
    LIST_EACH(link, &store->memories)
    memory_destroy(LIST_ENTRY(link, struct wasm_memory, link));
    LIST_EACH(link, &store->tables)
    table_destroy(LIST_ENTRY(link, struct wasm_table, link));
    LIST_EACH(link, &store->types)
    type_release(&store->engine->types, LIST_ENTRY(link, struct store_type, link)->type);
    arena_end(&store->arena);
    budget_release(store->budget, store, sizeof *store);
}

void wasm_store_stop(struct wasm_store *store) {
    execution_set_stop(store->execution, true);
}

void wasm_store_resume(struct wasm_store *store) {
    execution_set_stop(store->execution, false);
}

const struct wasm_trap *wasm_store_trap(const struct wasm_store *store) {
    return &store->trap;
}

enum error wasm_store_function_type(struct wasm_store *store, const uint8_t *parameters, uint32_t parameter_count, const uint8_t *results,
                                    uint32_t result_count, const struct wasm_function_type **out) {
    if (parameter_count > LIMIT_PARAMETERS || result_count > LIMIT_RESULTS) {
        return ERROR_LIMIT;
    }
    uint8_t types[LIMIT_PARAMETERS + LIMIT_RESULTS];
    for (uint32_t index = 0; index < parameter_count; index++) {
        types[index] = parameters[index];
    }
    for (uint32_t index = 0; index < result_count; index++) {
        types[parameter_count + index] = results[index];
    }
    struct store_type *entry = arena_allocate(&store->arena, sizeof *entry);
    if (entry == NULL) {
        return ERROR_NO_MEMORY;
    }
    enum error error = type_intern(&store->engine->types, types, parameter_count, result_count, &entry->type);
    if (error != ERROR_NONE) {
        return error;
    }
    list_push_back(&store->types, &entry->link);
    *out = entry->type;
    return ERROR_NONE;
}

enum error wasm_function_create(struct wasm_store *store, const struct wasm_function_type *type, wasm_host_function *call, void *context,
                                struct wasm_function **out) {
    ASSERT(call != NULL);
    struct wasm_function *function = arena_allocate_zeroed(&store->arena, 1, sizeof *function);
    if (function == NULL) {
        return ERROR_NO_MEMORY;
    }
    function->type = type;
    function->store = store;
    function->host_call = call;
    function->host_context = context;
    if (store->options.compile) {
        function->entry = (const void *)(uintptr_t)code_stub_host;
        function->external = function->entry;
    }
    *out = function;
    return ERROR_NONE;
}

const struct wasm_function_type *wasm_function_type(const struct wasm_function *function) {
    return function->type;
}

enum error wasm_call(struct wasm_function *function, const union wasm_value *arguments, union wasm_value *results) {
    return execution_call(function, arguments, results);
}
