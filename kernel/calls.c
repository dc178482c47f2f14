/* The functions of the context. Each is a native function of the engine: an app's call arrives here on the app's fiber, and when it returns to an app
   that was killed meanwhile, the turn ends. */
#include "kernel/calls.h"

#include "base/bytes.h"
#include "kernel/app.h"
#include "kernel/buffer.h"
#include "kernel/direct.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/message.h"

/* Before the first turn there is no context: a module's own start function may not call. */
static bool call_may_run(struct app *app, const char *name) {
    if (LIKELY(app->fiber != NULL)) {
        return true;
    }
    app_fail(app, "%s was called before the first turn", name);
    return false;
}

static void call_end(struct app *app) {
    if (UNLIKELY(app->is_killed)) {
        wasm_store_fail(app->store, ERROR_EXIT);
    }
}

static void call_log(struct app *app, struct wasm_instance *caller, uint32_t text, uint32_t length) {
    (void)caller;
    if (call_may_run(app, "log") && app->log_capability != NULL) {
        log_write(app, text, length);
        call_end(app);
    }
}

static uint32_t call_allocate(struct app *app, struct wasm_instance *caller, uint32_t size, uint32_t alignment) {
    (void)caller;
    return call_may_run(app, "allocate") ? heap_allocate(app, size, alignment) : 0;
}

static void call_release(struct app *app, struct wasm_instance *caller, uint32_t memory) {
    (void)caller;
    if (call_may_run(app, "release")) {
        heap_release(app, memory);
    }
}

static int64_t call_send(struct app *app, struct wasm_instance *caller, uint32_t message) {
    (void)caller;
    int64_t result = call_may_run(app, "send") ? message_send(app, message) : 0;
    call_end(app);
    return result;
}

int32_t calls_answer(struct app *app, uint64_t id, uint32_t answer) {
    int32_t result = call_may_run(app, "answer") ? message_answer(app, id, answer) : 0;
    call_end(app);
    return result;
}

static int32_t call_answer(struct app *app, struct wasm_instance *caller, uint64_t id, uint32_t answer) {
    return direct_answer(app, caller, id, answer);
}

static int32_t call_wait(struct app *app, struct wasm_instance *caller, uint32_t out, uint32_t count, uint64_t until_ns) {
    (void)caller;
    int32_t result = call_may_run(app, "wait") ? message_wait(app, out, count, until_ns) : 0;
    call_end(app);
    return result;
}

int32_t calls_call(struct app *app, uint32_t message, uint32_t answer, uint64_t until_ns) {
    int32_t result = call_may_run(app, "call") ? message_call(app, message, answer, until_ns) : 0;
    call_end(app);
    return result;
}

static int32_t call_call(struct app *app, struct wasm_instance *caller, uint32_t message, uint32_t answer, uint64_t until_ns) {
    return direct_call(app, caller, message, answer, until_ns);
}

static int32_t call_buffer(struct app *app, struct wasm_instance *caller, uint32_t request) {
    (void)caller;
    return call_may_run(app, "buffer") ? buffer_call(app, request) : 0;
}

/* ---- Binding ---- */

struct call_row {
    const char *name, *parameters, *result;
    wasm_native_function *function;
};

static const struct call_row rows[CALL_COUNT] = {
#define CALL(name_, parameters_, result_)                                                                                                            \
    [CALL_##name_] = {.name = #name_, .parameters = parameters_, .result = result_, .function = (wasm_native_function *)call_##name_},
#include "kernel/calls.def"
#undef CALL
};

/* Types from letters; their number. */
static uint32_t types_of(const char *letters, uint8_t *out) {
    uint32_t count = 0;
    for (; letters[count] != 0; count++) {
        out[count] = letters[count] == 'l' ? WASM_I64 : WASM_I32;
    }
    return count;
}

enum error calls_create(struct app *app, struct calls *out) {
    enum error error = ERROR_NONE;
    *out = (struct calls){0};
    for (uint32_t call = 0; error == ERROR_NONE && call < CALL_COUNT; call++) {
        const struct wasm_function_type *type;
        uint8_t parameters[WASM_NATIVE_INTEGERS_MAX], results[1];
        uint32_t parameter_count = types_of(rows[call].parameters, parameters), result_count = types_of(rows[call].result, results);
        error = wasm_store_function_type(app->store, parameters, parameter_count, results, result_count, &type);
        if (error == ERROR_NONE) {
            error = wasm_function_create_native(app->store, type, rows[call].function, app, &out->function[call]);
        }
    }
    return error;
}

enum error calls_resolve(void *context, const struct wasm_import *import, struct wasm_extern *out) {
    const struct calls *calls = context;
    if (!bytes_equal(import->module, bytes_from_text("argos"))) {
        return ERROR_NOT_FOUND;
    }
    for (uint32_t call = 0; call < CALL_COUNT; call++) {
        if (bytes_equal(import->name, bytes_from_text(rows[call].name))) {
            *out = (struct wasm_extern){.kind = WASM_KIND_FUNCTION, .function = calls->function[call]};
            return ERROR_NONE;
        }
    }
    return ERROR_NOT_FOUND;
}

static bool is_start_type(const struct wasm_function_type *type) {
    return type->parameter_count == 1 && type->result_count == 1 && type->types[0] == WASM_I32 && type->types[1] == WASM_I32;
}

enum error calls_bind(struct app *app, struct calls *calls, struct report *report) {
    struct wasm_extern start;
    app->memory = wasm_instance_memory(app->instance, 0);
    if (app->memory == NULL) {
        return report_fail(report, ERROR_UNLINKABLE, REPORT_NO_OFFSET, "it has no memory, where its context would be");
    }
    bool has_start = wasm_instance_find_export(app->instance, bytes_from_text("start"), &start) && start.kind == WASM_KIND_FUNCTION;
    if (!has_start || !is_start_type(wasm_function_type(start.function))) {
        return report_fail(report, ERROR_UNLINKABLE, REPORT_NO_OFFSET, "it exports no function start that takes one i32 and returns one");
    }
    app->view = wasm_memory_view(app->memory);
    enum error error = wasm_entry_prepare(start.function, &app->start);
    struct wasm_table *table = wasm_instance_table(app->instance, 0);
    if (error != ERROR_NONE || table == NULL) {
        return error;
    }
    uint32_t first;
    error = wasm_table_append(table, calls->function, CALL_COUNT, &first);
    if (error == ERROR_ARGUMENT) {
        return report_fail(report, ERROR_UNLINKABLE, REPORT_NO_OFFSET, "its table 0 does not hold functions");
    }
    for (uint32_t call = 0; error == ERROR_NONE && call < CALL_COUNT; call++) {
        calls->index[call] = first + call;
    }
    return error;
}
