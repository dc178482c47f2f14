/* The life of a process: made in a store, bound to imports, run once, taken apart. Owns the struct wasi and the way from a
   native function into a handler. Called by whoever runs programs: a platform's main, a test. */
#include "wasi/process.h"

#include "base/assert.h"

/* ---- Texts ---- */

static void text_list_end(struct text_list *list, struct budget *budget) {
    budget_release(budget, list->bytes, list->size);
    *list = (struct text_list){0};
}

/* ERROR_ARGUMENT for a zero byte: it would end the text early for the program. ERROR_LIMIT when a 32-bit size is passed. */
static enum error text_list_measure(const struct bytes *texts, uint32_t count, uint32_t *size) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (size_t at = 0; at < texts[i].size; at++) {
            if (texts[i].data[at] == 0) {
                return ERROR_ARGUMENT;
            }
        }
        total += (uint64_t)texts[i].size + 1;
        if (total > UINT32_MAX) {
            return ERROR_LIMIT;
        }
    }
    *size = (uint32_t)total;
    return ERROR_NONE;
}

static enum error text_list_init(struct text_list *list, struct budget *budget, const struct bytes *texts, uint32_t count) {
    uint32_t size = 0;
    enum error error = text_list_measure(texts, count, &size);
    if (error != ERROR_NONE || size == 0) {
        return error;
    }
    uint8_t *next = budget_allocate(budget, size);
    if (next == NULL) {
        return ERROR_NO_MEMORY;
    }
    *list = (struct text_list){.bytes = next, .size = size, .count = count};
    for (uint32_t i = 0; i < count; i++) {
        if (texts[i].size != 0) {
            memcpy(next, texts[i].data, texts[i].size);
        }
        next[texts[i].size] = 0;
        next += texts[i].size + 1;
    }
    ASSERT(next == list->bytes + size);
    return ERROR_NONE;
}

/* ---- Create and destroy ---- */

enum error wasi_create(struct wasm_store *store, struct budget *budget, const struct wasi_outside *outside, const struct wasi_options *options,
                       struct wasi **out) {
    struct wasi *wasi = budget_allocate_zeroed(budget, 1, sizeof(*wasi));
    if (wasi == NULL) {
        return ERROR_NO_MEMORY;
    }
    wasi->store = store;
    wasi->budget = budget;
    wasi->outside = outside;
    for (uint32_t i = 0; i < WASI_STREAM_COUNT; i++) {
        wasi->streams[i] = (struct wasi_stream){.is_open = true, .number = i, .rights = UINT64_MAX};
    }
    enum error error = text_list_init(&wasi->arguments, budget, options->arguments, options->argument_count);
    if (error == ERROR_NONE) {
        error = text_list_init(&wasi->environment, budget, options->environment, options->environment_count);
    }
    if (error != ERROR_NONE) {
        wasi_destroy(wasi);
        return error;
    }
    *out = wasi;
    return ERROR_NONE;
}

void wasi_destroy(struct wasi *wasi) {
    struct budget *budget = wasi->budget;
    text_list_end(&wasi->arguments, budget);
    text_list_end(&wasi->environment, budget);
    budget_release(budget, wasi, sizeof(*wasi));
}

/* ---- From an import to a handler ---- */

/* The memory that the addresses of a call are in: the export `memory`, as preview 1 has it, else memory 0. An instance
   lives as long as its store, so one look-up serves all calls from it. */
static void process_set_caller(struct wasi *wasi, struct wasm_instance *caller) {
    struct wasm_extern found;
    wasi->caller = caller;
    wasi->memory = NULL;
    if (caller == NULL) {
        return;
    }
    if (wasm_instance_find_export(caller, bytes_from_text("memory"), &found) && found.kind == WASM_KIND_MEMORY) {
        wasi->memory = found.memory;
    } else {
        wasi->memory = wasm_instance_memory(caller, 0);
    }
}

static void process_enter(struct wasi *wasi, struct wasm_instance *caller) {
    if (caller != wasi->caller) {
        process_set_caller(wasi, caller);
    }
}

static uint32_t process_leave(const struct wasi *wasi, enum wasi_errno code) {
    if (wasi->has_exited) {
        wasm_store_fail(wasi->store, ERROR_EXIT);
    }
    return (uint32_t)code;
}

/* The native functions: for each list of types, C's parameters. What proc_exit returns, which has no result, nobody looks at. */
#define UNUSED __attribute__((unused))
#define PARAMETERS_
#define PARAMETERS_i         , UNUSED uint32_t a
#define PARAMETERS_ii        PARAMETERS_i, UNUSED uint32_t b
#define PARAMETERS_iii       PARAMETERS_ii, UNUSED uint32_t c
#define PARAMETERS_iiii      PARAMETERS_iii, UNUSED uint32_t d
#define PARAMETERS_iiiii     PARAMETERS_iiii, UNUSED uint32_t e
#define PARAMETERS_iiiiii    PARAMETERS_iiiii, UNUSED uint32_t f
#define PARAMETERS_iiiiiii   PARAMETERS_iiiiii, UNUSED uint32_t g
#define PARAMETERS_iI        PARAMETERS_i, UNUSED uint64_t b
#define PARAMETERS_iII       PARAMETERS_iI, UNUSED uint64_t c
#define PARAMETERS_iIIi      PARAMETERS_iII, UNUSED uint32_t d
#define PARAMETERS_iIi       PARAMETERS_iI, UNUSED uint32_t c
#define PARAMETERS_iIii      PARAMETERS_iIi, UNUSED uint32_t d
#define PARAMETERS_iiiIi     PARAMETERS_iii, UNUSED uint64_t d, UNUSED uint32_t e
#define PARAMETERS_iiiiIIi   PARAMETERS_iiii, UNUSED uint64_t e, UNUSED uint64_t f, UNUSED uint32_t g
#define PARAMETERS_iiiiiIIii PARAMETERS_iiiii, UNUSED uint64_t f, UNUSED uint64_t g, UNUSED uint32_t h, UNUSED uint32_t i
#define LIST(address, count) ((struct guest_list){address, count})

#define WASI_CALL(name, parameters, results, handler)                                                                                                \
    static uint32_t call_##name(struct wasi *wasi, struct wasm_instance *caller PARAMETERS_##parameters) {                                           \
        process_enter(wasi, caller);                                                                                                                 \
        return process_leave(wasi, handler);                                                                                                         \
    }
#include "wasi/calls.def"
#undef WASI_CALL

struct wasi_call {
    const char *name;
    const char *parameters; /* i or I each */
    const char *results;
    wasm_native_function *function;
};

static const struct wasi_call calls[WASI_CALL_COUNT] = {
#define WASI_CALL(name, parameters, results, handler) {#name, #parameters, #results, (wasm_native_function *)call_##name},
#include "wasi/calls.def"
#undef WASI_CALL
};

static uint32_t types_from_letters(const char *letters, uint8_t *out) {
    uint32_t count = 0;
    for (; letters[count] != 0; count++) {
        ASSERT(count < WASM_NATIVE_INTEGERS_MAX);
        out[count] = letters[count] == 'I' ? WASM_I64 : WASM_I32;
    }
    return count;
}

static enum error process_bind(struct wasi *wasi, const struct wasi_call *call, struct wasm_function **out) {
    uint8_t parameters[WASM_NATIVE_INTEGERS_MAX], results[WASM_NATIVE_INTEGERS_MAX];
    const struct wasm_function_type *type = NULL;
    uint32_t parameter_count = types_from_letters(call->parameters, parameters);
    uint32_t result_count = types_from_letters(call->results, results);
    enum error error = wasm_store_function_type(wasi->store, parameters, parameter_count, results, result_count, &type);
    return error == ERROR_NONE ? wasm_function_create_native(wasi->store, type, call->function, wasi, out) : error;
}

/* WASI_CALL_COUNT when it is none of them. */
static uint32_t call_find(const struct wasm_import *import) {
    uint32_t i = 0;
    if (!bytes_equal(import->module, bytes_from_text("wasi_snapshot_preview1"))) {
        return WASI_CALL_COUNT;
    }
    while (i < WASI_CALL_COUNT && !bytes_equal(import->name, bytes_from_text(calls[i].name))) {
        i++;
    }
    return i;
}

bool wasi_has_import(const struct wasm_import *import) {
    return call_find(import) != WASI_CALL_COUNT;
}

enum error wasi_resolve(void *context, const struct wasm_import *import, struct wasm_extern *out) {
    struct wasi *wasi = context;
    uint32_t i = call_find(import);
    if (i == WASI_CALL_COUNT) {
        return ERROR_NOT_FOUND;
    }
    if (wasi->functions[i] == NULL) {
        enum error error = process_bind(wasi, &calls[i], &wasi->functions[i]);
        if (error != ERROR_NONE) {
            return error;
        }
    }
    *out = (struct wasm_extern){.kind = WASM_KIND_FUNCTION, .function = wasi->functions[i]};
    return ERROR_NONE;
}

/* ---- Run ---- */

enum error wasi_run(struct wasi *wasi, struct wasm_instance *instance, uint32_t *exit_code) {
    struct wasm_extern start;
    if (!wasm_instance_find_export(instance, bytes_from_text("_start"), &start) || start.kind != WASM_KIND_FUNCTION) {
        return ERROR_NOT_FOUND;
    }
    const struct wasm_function_type *type = wasm_function_type(start.function);
    if (type->parameter_count != 0 || type->result_count != 0) {
        return ERROR_NOT_FOUND;
    }
    wasi->has_exited = false;
    wasi->exit_code = 0;
    enum error error = wasm_call(start.function, NULL, NULL);
    /* An exit that another host function asked for is not ours to explain. */
    if (error == ERROR_EXIT && wasi->has_exited) {
        error = ERROR_NONE;
    }
    if (error == ERROR_NONE) {
        *exit_code = wasi->exit_code;
    }
    return error;
}

bool wasi_exited(const struct wasi *wasi, uint32_t *exit_code) {
    if (wasi->has_exited) {
        *exit_code = wasi->exit_code;
    }
    return wasi->has_exited;
}
