/* Stores that run programs of their own in one engine, with host functions that tests write: for tests of the border between C and WASM. */
#ifndef WASM_CODE_CALL_TEST_H
#define WASM_CODE_CALL_TEST_H

#include "platform/linux/host.h"
#include "tests/support/support.h"
#include "tests/support/wat.h"
#include "wasm/wasm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What all stores of a test share. */
struct world {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_thread *thread; /* of the test */
};

static inline void world_begin(struct world *world) {
    *world = (struct world){0};
    assert_int_equal(host_create(&world->host), ERROR_NONE);
    budget_init_root(&world->budget, support_memory(), BUDGET_UNLIMITED);
    assert_int_equal(wasm_engine_create(&world->host, &world->budget, &world->engine), ERROR_NONE);
    world->thread = world->host.thread(world->host.context);
}

static inline void world_end(struct world *world) {
    assert_null(world->thread->running);
    wasm_engine_destroy(world->engine);
    budget_end(&world->budget);
    assert_int_equal(support_live_bytes(), 0);
}

/* A function that a program may import, by its name from whatever module. It is native when `native` is there. */
struct import {
    const char *name;
    wasm_native_function *native;
    wasm_host_function *call;
    void *context;
};

struct app {
    struct world *world;
    struct wasm_store *store;
    struct wasm_module *module;
    struct wasm_instance *instance;
    struct bytes bytes;
    const struct import *imports; /* ended by one without name */
};

static inline enum error app_resolve(void *context, const struct wasm_import *import, struct wasm_extern *out) {
    const struct app *app = context;
    out->kind = WASM_KIND_FUNCTION;
    for (const struct import *at = app->imports; at != NULL && at->name != NULL; at++) {
        if (!bytes_equal(import->name, bytes_from_text(at->name))) {
            continue;
        }
        return at->native != NULL ? wasm_function_create_native(app->store, import->type.function, at->native, at->context, &out->function)
                                  : wasm_function_create(app->store, import->type.function, at->call, at->context, &out->function);
    }
    return ERROR_NOT_FOUND;
}

/* A store with a program; options may be NULL. */
static inline void app_begin(struct app *app, struct world *world, const struct wasm_store_options *options, const struct import *imports,
                             const char *text) {
    struct report report;
    report_init(&report);
    *app = (struct app){.world = world, .imports = imports, .bytes = support_wat(text)};
    assert_int_equal(wasm_store_create(world->engine, &world->budget, options, &app->store), ERROR_NONE);
    assert_int_equal(wasm_module_create(world->engine, &world->budget, app->bytes, &report, &app->module), ERROR_NONE);
    assert_int_equal(wasm_instance_create(app->store, app->module, app_resolve, app, &report, &app->instance), ERROR_NONE);
}

static inline void app_end(struct app *app) {
    wasm_store_destroy(app->store);
    wasm_module_destroy(app->module);
    support_wat_release(app->bytes);
}

static inline struct wasm_function *app_function(const struct app *app, const char *name) {
    struct wasm_extern found;
    assert_true(wasm_instance_find_export(app->instance, bytes_from_text(name), &found));
    return found.function;
}

static inline struct wasm_entry app_entry(const struct app *app, const char *name) {
    struct wasm_entry entry;
    assert_int_equal(wasm_entry_prepare(app_function(app, name), &entry), ERROR_NONE);
    return entry;
}

#endif
