/* Function types, canonical across an engine: equal types are one object, so types compare as pointers.
   Owned by the engine, counted by their users (modules and stores), freed when the last one leaves. */
#ifndef WASM_TYPE_H
#define WASM_TYPE_H

#include "base/map.h"
#include "wasm/wasm.h"

struct type_pool {
    struct budget *budget;
    struct map types; /* signature bytes to struct wasm_function_type */
    uint32_t next_id;
};

void type_pool_init(struct type_pool *pool, struct budget *budget, uint64_t seed);
/* Every type was released before. */
void type_pool_end(struct type_pool *pool);

/* types: parameters, then results. Takes one reference. */
enum error type_intern(struct type_pool *pool, const uint8_t *types, uint32_t parameter_count, uint32_t result_count,
                       const struct wasm_function_type **out) MUST_CHECK;
void type_release(struct type_pool *pool, const struct wasm_function_type *type);

#endif
