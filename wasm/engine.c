/* An engine: a host, a budget and the pool of function types that makes types comparable as pointers. */
#include "base/assert.h"
#include "wasm/compile/isa.h"
#include "wasm/store.h"

/* The engine has no source of randomness, so its maps are seeded with its own address, which hosts with address space
   randomisation keep from whoever writes modules. Nothing visible depends on the seed. */
static uint64_t seed_of(const void *object) {
    return (uint64_t)(uintptr_t)object * 0x9E3779B97F4A7C15u;
}

enum error wasm_engine_create(const struct wasm_host *host, struct budget *budget, struct wasm_engine **out) {
    struct wasm_engine *engine = budget_allocate(budget, sizeof *engine);
    if (engine == NULL) {
        return ERROR_NO_MEMORY;
    }
    engine->host = host;
    engine->budget = budget;
    list_init(&engine->codes);
    engine->code_watch = NULL;
    engine->can_compile = isa_is_supported();
    engine->compile_options = (struct compile_options){.isa_features = engine->can_compile ? isa_features() : 0};
    type_pool_init(&engine->types, budget, seed_of(engine));
    *out = engine;
    return ERROR_NONE;
}

void wasm_engine_set_options(struct wasm_engine *engine, const struct wasm_engine_options *options) {
    ASSERT(list_is_empty(&engine->codes));
    engine->compile_options.check_bounds = options->check_bounds;
    engine->compile_options.mode = options->compile_fast ? COMPILE_FAST : COMPILE_FULL;
}

void wasm_engine_destroy(struct wasm_engine *engine) {
    struct budget *budget = engine->budget;
    type_pool_end(&engine->types);
    budget_release(budget, engine, sizeof *engine);
}
