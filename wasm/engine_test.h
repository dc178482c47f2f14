/* A world for tests of the engine as its users see it: an engine, a store, and one module in them. Every test runs with both executors. */
#ifndef WASM_ENGINE_TEST_H
#define WASM_ENGINE_TEST_H

#include "platform/linux/host.h"
#include "tests/support/support.h"
#include "tests/support/wat.h"
#include "wasm/opcode.h"
#include "wasm/wasm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Whether the worlds that are begun compile, and check bounds. */
static bool compile;
static bool check_bounds;

/* An engine with one store, and what was loaded into it. */
struct world {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_store *store;
    struct wasm_module *module;
    struct wasm_instance *instance;
    struct bytes bytes;
    struct report report;
    wasm_resolve *resolve;
    void *resolve_context;
};

static inline void world_begin(struct world *world, uint64_t limit_bytes, const struct wasm_store_options *options) {
    *world = (struct world){0};
    assert_int_equal(host_create(&world->host), ERROR_NONE);
    budget_init_root(&world->budget, support_memory(), limit_bytes);
    assert_int_equal(wasm_engine_create(&world->host, &world->budget, &world->engine), ERROR_NONE);
    wasm_engine_set_options(world->engine, &(struct wasm_engine_options){.check_bounds = check_bounds});
    struct wasm_store_options executed = options != NULL ? *options : (struct wasm_store_options){0};
    executed.compile = compile;
    assert_int_equal(wasm_store_create(world->engine, &world->budget, &executed, &world->store), ERROR_NONE);
}

static inline enum error world_load(struct world *world, const char *text) {
    world->bytes = support_wat(text);
    report_init(&world->report);
    enum error error = wasm_module_create(world->engine, &world->budget, world->bytes, &world->report, &world->module);
    if (error != ERROR_NONE) {
        return error;
    }
    return wasm_instance_create(world->store, world->module, world->resolve, world->resolve_context, &world->report, &world->instance);
}

static inline void world_end(struct world *world) {
    wasm_store_destroy(world->store);
    if (world->module != NULL) {
        wasm_module_destroy(world->module);
    }
    wasm_engine_destroy(world->engine);
    budget_end(&world->budget);
    if (world->bytes.data != NULL) {
        support_wat_release(world->bytes);
    }
    assert_int_equal(support_live_bytes(), 0);
}

static inline struct wasm_extern world_export(const struct world *world, const char *name) {
    struct wasm_extern found;
    assert_true(wasm_instance_find_export(world->instance, bytes_from_text(name), &found));
    return found;
}

/* Calls an export with one i32 and expects one i32, or none of either where the function has none. */
static inline enum error world_call(const struct world *world, const char *name, uint32_t argument, uint32_t *result) {
    union wasm_value in = {.i32 = argument}, out = {.i32 = 0};
    enum error error = wasm_call(world_export(world, name).function, &in, &out);
    *result = out.i32;
    return error;
}

static inline void expect_trap(const struct world *world, const char *name, uint32_t argument, enum wasm_trap_kind kind) {
    uint32_t result;
    assert_int_equal(world_call(world, name, argument, &result), ERROR_TRAP);
    assert_int_equal(wasm_store_trap(world->store)->kind, kind);
}

/* Sets one of four ways to run, numbered from 0; its name. */
static inline const char *way_set(int way) {
    static const char *const names[] = {"interpreted", "compiled", "interpreted, checked bounds", "compiled, checked bounds"};
    compile = way % 2 != 0;
    check_bounds = way / 2 != 0;
    return names[way];
}

#endif
