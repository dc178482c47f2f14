/* Its print functions swallow what they are given: the suite checks nothing that is printed. */
#include "tests/spec/spectest.h"

static const struct {
    const char *name;
    uint8_t types[2];
    uint8_t count;
} prints[] = {
    {"print", {0}, 0},
    {"print_i32", {WASM_I32}, 1},
    {"print_i64", {WASM_I64}, 1},
    {"print_f32", {WASM_F32}, 1},
    {"print_f64", {WASM_F64}, 1},
    {"print_i32_f32", {WASM_I32, WASM_F32}, 2},
    {"print_f64_f64", {WASM_F64, WASM_F64}, 2},
};

static const struct {
    const char *name;
    uint8_t type;
    union wasm_value value;
} globals[] = {
    {"global_i32", WASM_I32, {.i32 = 666}},
    {"global_i64", WASM_I64, {.i64 = 666}},
    {"global_f32", WASM_F32, {.f32 = 666.6f}},
    {"global_f64", WASM_F64, {.f64 = 666.6}},
};

static enum error print(void *context, struct wasm_instance *caller, const union wasm_value *arguments, union wasm_value *results) {
    (void)context, (void)caller, (void)arguments, (void)results;
    return ERROR_NONE;
}

static void add(struct spectest *spectest, const char *name, struct wasm_extern value) {
    spectest->exports[spectest->count].name = bytes_from_text(name);
    spectest->exports[spectest->count++].value = value;
}

static enum error add_functions(struct wasm_store *store, struct spectest *spectest) {
    for (size_t i = 0; i < sizeof(prints) / sizeof(prints[0]); i++) {
        const struct wasm_function_type *type;
        struct wasm_extern value = {.kind = WASM_KIND_FUNCTION};
        enum error error = wasm_store_function_type(store, prints[i].types, prints[i].count, NULL, 0, &type);
        if (!error) {
            error = wasm_function_create(store, type, print, NULL, &value.function);
        }
        if (error) {
            return error;
        }
        add(spectest, prints[i].name, value);
    }
    return ERROR_NONE;
}

static enum error add_globals(struct wasm_store *store, struct spectest *spectest) {
    for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
        struct wasm_extern value = {.kind = WASM_KIND_GLOBAL};
        enum error error = wasm_global_create(store, globals[i].type, false, &globals[i].value, &value.global);
        if (error) {
            return error;
        }
        add(spectest, globals[i].name, value);
    }
    return ERROR_NONE;
}

enum error spectest_create(struct wasm_store *store, struct spectest *out) {
    static const struct wasm_limits pages = {1, 2, true}, elements = {10, 20, true};
    struct wasm_extern memory = {.kind = WASM_KIND_MEMORY}, table = {.kind = WASM_KIND_TABLE};
    enum error error;
    *out = (struct spectest){0};
    if ((error = wasm_memory_create(store, &pages, &memory.memory)) ||
        (error = wasm_table_create(store, WASM_FUNCREF, &elements, NULL, &table.table))) {
        return error;
    }
    add(out, "memory", memory);
    add(out, "table", table);
    error = add_functions(store, out);
    return error ? error : add_globals(store, out);
}

bool spectest_find(const struct spectest *spectest, struct bytes name, struct wasm_extern *out) {
    for (size_t i = 0; i < spectest->count; i++) {
        if (bytes_equal(spectest->exports[i].name, name)) {
            *out = spectest->exports[i].value;
            return true;
        }
    }
    return false;
}
