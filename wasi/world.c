/* Guests that are WASI programs. */
#include "wasi/world.h"

#include "wasi/outside.h"
#include "wasi/process.h"

struct guest {
    struct outside outside;
    struct budget *budget;
    struct wasm_store *store;
    const struct wasm_module *module;
    const struct wasi_settings *settings;
    struct wasi *wasi;
};

static bool world_has(const struct wasm_module *module) {
    struct wasm_export found;
    return wasm_module_find_export(module, bytes_from_text("_start"), &found) && found.type.kind == WASM_KIND_FUNCTION;
}

static void world_end(void *program) {
    struct guest *guest = program;
    outside_end(&guest->outside);
    if (guest->wasi != NULL) {
        wasi_destroy(guest->wasi);
    }
    budget_release(guest->budget, guest, sizeof *guest);
}

static enum error world_begin(const struct app_world_start *start, void **program) {
    static const struct wasi_settings none = {.environment_count = 0};
    struct guest *guest = budget_allocate_zeroed(start->budget, 1, sizeof *guest);
    if (guest == NULL) {
        return ERROR_NO_MEMORY;
    }
    guest->budget = start->budget;
    guest->store = start->store;
    guest->module = start->options->module;
    guest->settings = start->options->world_settings != NULL ? start->options->world_settings : &none;
    outside_begin(&guest->outside, start->app);
    const struct wasi_options options = {
        .arguments = start->options->arguments,
        .argument_count = start->options->argument_count,
        .environment = guest->settings->environment,
        .environment_count = guest->settings->environment_count,
    };
    enum error error = wasi_create(guest->store, guest->budget, &guest->outside.functions, &options, &guest->wasi);
    if (error != ERROR_NONE) {
        world_end(guest);
        return error;
    }
    *program = guest;
    return ERROR_NONE;
}

static enum error world_run(void *program, uint32_t *exit_code, struct report *report) {
    struct guest *guest = program;
    struct wasm_instance *instance;
    enum error error = wasm_instance_create(guest->store, guest->module, wasi_resolve, guest->wasi, report, &instance);
    if (error == ERROR_NONE && guest->settings->call != NULL) {
        error = guest->settings->call(guest->settings->context, instance);
    } else if (error == ERROR_NONE) {
        error = wasi_run(guest->wasi, instance, exit_code);
    }
    return error == ERROR_EXIT && wasi_exited(guest->wasi, exit_code) ? ERROR_NONE : error;
}

const struct app_world wasi_world = {.has = world_has, .begin = world_begin, .run = world_run, .end = world_end};
