/* Globals: a typed cell in the store's arena. */
#include "wasm/store.h"

static bool type_is_value(uint8_t type) {
    return (type >= WASM_V128 && type <= WASM_I32) || type == WASM_FUNCREF || type == WASM_EXTERNREF;
}

enum error wasm_global_create(struct wasm_store *store, uint8_t type, bool is_mutable, const union wasm_value *value, struct wasm_global **out) {
    if (!type_is_value(type)) {
        return ERROR_ARGUMENT;
    }
    struct wasm_global *global = arena_allocate_zeroed(&store->arena, 1, sizeof *global);
    if (global == NULL) {
        return ERROR_NO_MEMORY;
    }
    global->value = *value;
    global->store = store;
    global->type = type;
    global->is_mutable = is_mutable;
    *out = global;
    return ERROR_NONE;
}

void wasm_global_get(const struct wasm_global *global, union wasm_value *out) {
    *out = global->value;
}

enum error wasm_global_set(struct wasm_global *global, const union wasm_value *value) {
    if (!global->is_mutable) {
        return ERROR_ARGUMENT;
    }
    global->value = *value;
    return ERROR_NONE;
}
