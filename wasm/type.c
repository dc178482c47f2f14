/* The pool of function types of an engine. A type and its key in the map are one block: two counts, then the types. */
#include "wasm/type.h"
#include "base/assert.h"
#include "wasm/module.h"

#define TYPE_KEY_HEADER 4u
#define TYPE_KEY_MAX    (TYPE_KEY_HEADER + LIMIT_PARAMETERS + LIMIT_RESULTS)

struct pooled_type {
    struct wasm_function_type type;
    uint64_t references;
    uint32_t key_size;
    uint8_t key[]; /* parameter count, result count (16 bits each), parameters, results */
};

_Static_assert(LIMIT_PARAMETERS <= UINT16_MAX && LIMIT_RESULTS <= UINT16_MAX, "counts fit in the key and in the type");

static size_t type_size(uint32_t key_size) {
    return sizeof(struct pooled_type) + key_size;
}

void type_pool_init(struct type_pool *pool, struct budget *budget, uint64_t seed) {
    pool->budget = budget;
    map_init(&pool->types, budget, seed);
    pool->next_id = 0;
}

void type_pool_end(struct type_pool *pool) {
    ASSERT(pool->types.count == 0);
    map_end(&pool->types);
}

static enum error type_add(struct type_pool *pool, struct bytes key, struct pooled_type **out) {
    /* An id is never used again, so that a stale one cannot name another type. */
    if (pool->next_id == UINT32_MAX) {
        return ERROR_LIMIT;
    }
    struct pooled_type *made = budget_allocate(pool->budget, type_size((uint32_t)key.size));
    if (made == NULL) {
        return ERROR_NO_MEMORY;
    }
    memcpy(made->key, key.data, key.size);
    const enum error error = map_put(&pool->types, (struct bytes){made->key, key.size}, (uint64_t)(uintptr_t)made);
    if (error != ERROR_NONE) {
        budget_release(pool->budget, made, type_size((uint32_t)key.size));
        return error;
    }
    made->key_size = (uint32_t)key.size;
    made->references = 0;
    made->type.id = pool->next_id++;
    made->type.parameter_count = (uint16_t)(key.data[0] | key.data[1] << 8);
    made->type.result_count = (uint16_t)(key.data[2] | key.data[3] << 8);
    made->type.types = made->key + TYPE_KEY_HEADER;
    *out = made;
    return ERROR_NONE;
}

enum error type_intern(struct type_pool *pool, const uint8_t *types, uint32_t parameter_count, uint32_t result_count,
                       const struct wasm_function_type **out) {
    if (parameter_count > LIMIT_PARAMETERS || result_count > LIMIT_RESULTS) {
        return ERROR_LIMIT;
    }
    uint8_t key[TYPE_KEY_MAX];
    key[0] = (uint8_t)parameter_count;
    key[1] = (uint8_t)(parameter_count >> 8);
    key[2] = (uint8_t)result_count;
    key[3] = (uint8_t)(result_count >> 8);
    const uint32_t count = parameter_count + result_count;
    if (count != 0) {
        memcpy(key + TYPE_KEY_HEADER, types, count);
    }
    const struct bytes wanted = {key, TYPE_KEY_HEADER + count};
    const uint64_t *found = map_find(&pool->types, wanted);
    struct pooled_type *pooled = NULL;
    if (found != NULL) {
        pooled = (struct pooled_type *)(uintptr_t)*found;
    } else {
        const enum error error = type_add(pool, wanted, &pooled);
        if (error != ERROR_NONE) {
            return error;
        }
    }
    pooled->references++;
    *out = &pooled->type;
    return ERROR_NONE;
}

void type_release(struct type_pool *pool, const struct wasm_function_type *type) {
    struct pooled_type *pooled = (struct pooled_type *)(uintptr_t)type;
    ASSERT(pooled->references > 0);
    if (--pooled->references > 0) {
        return;
    }
    const bool was_there = map_remove(&pool->types, (struct bytes){pooled->key, pooled->key_size});
    ASSERT(was_there);
    budget_release(pool->budget, pooled, type_size(pooled->key_size));
}
