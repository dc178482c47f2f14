/* Canonical function types: one object for equal types, counted, gone with the last reference. */
#include "wasm/type.h"

#include "tests/support/support.h"
#include "wasm/module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct pool {
    struct budget budget;
    struct type_pool types;
};

static void pool_begin(struct pool *pool) {
    budget_init_root(&pool->budget, support_memory(), BUDGET_UNLIMITED);
    type_pool_init(&pool->types, &pool->budget, 17);
}

static void pool_end(struct pool *pool) {
    type_pool_end(&pool->types);
    budget_end(&pool->budget);
    assert_int_equal(support_live_bytes(), 0);
}

static const struct wasm_function_type *intern(struct pool *pool, const uint8_t *types, uint32_t parameter_count, uint32_t result_count) {
    const struct wasm_function_type *type = NULL;
    assert_int_equal(type_intern(&pool->types, types, parameter_count, result_count, &type), ERROR_NONE);
    assert_int_equal(type->parameter_count, parameter_count);
    assert_int_equal(type->result_count, result_count);
    assert_memory_equal(type->types, types, parameter_count + result_count);
    return type;
}

static void equal_types_are_one(void **state) {
    (void)state;
    struct pool pool;
    pool_begin(&pool);
    uint8_t first[] = {WASM_I32, WASM_F64};
    const uint8_t second[] = {WASM_I32, WASM_F64};
    const struct wasm_function_type *type = intern(&pool, first, 1, 1);
    assert_ptr_equal(intern(&pool, second, 1, 1), type);
    /* The pool has its own copy. */
    memset(first, 0, sizeof first);
    assert_ptr_equal(intern(&pool, second, 1, 1), type);
    for (int i = 0; i < 3; i++) {
        type_release(&pool.types, type);
    }
    pool_end(&pool);
}

static void different_types_differ(void **state) {
    (void)state;
    struct pool pool;
    pool_begin(&pool);
    const uint8_t types[] = {WASM_I32, WASM_I32, WASM_I64};
    const struct wasm_function_type *made[] = {
        intern(&pool, types, 0, 0), intern(&pool, types, 1, 0), intern(&pool, types, 0, 1), intern(&pool, types, 2, 0),
        intern(&pool, types, 1, 1), intern(&pool, types, 0, 2), intern(&pool, types, 3, 0), intern(&pool, types + 1, 1, 1),
    };
    const size_t count = sizeof made / sizeof made[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_ptr_not_equal(made[i], made[j]);
            assert_int_not_equal(made[i]->id, made[j]->id);
        }
    }
    for (size_t i = 0; i < count; i++) {
        type_release(&pool.types, made[i]);
    }
    pool_end(&pool);
}

static void the_last_release_frees(void **state) {
    (void)state;
    struct pool pool;
    pool_begin(&pool);
    const uint8_t types[] = {WASM_FUNCREF};
    const struct wasm_function_type *type = intern(&pool, types, 1, 0);
    const uint32_t old_id = type->id;
    const size_t blocks = support_live_blocks();
    assert_ptr_equal(intern(&pool, types, 1, 0), type);
    type_release(&pool.types, type);
    assert_int_equal(support_live_blocks(), blocks);
    type_release(&pool.types, type);
    assert_int_equal(support_live_blocks(), blocks - 1);
    type = intern(&pool, types, 1, 0);
    assert_int_not_equal(type->id, old_id);
    type_release(&pool.types, type);
    pool_end(&pool);
}

static void long_types(void **state) {
    (void)state;
    struct pool pool;
    pool_begin(&pool);
    uint8_t types[LIMIT_PARAMETERS + LIMIT_RESULTS + 1];
    memset(types, WASM_V128, sizeof types);
    const struct wasm_function_type *type = intern(&pool, types, LIMIT_PARAMETERS, LIMIT_RESULTS);
    const struct wasm_function_type *none = NULL;
    assert_int_equal(type_intern(&pool.types, types, LIMIT_PARAMETERS + 1, 0, &none), ERROR_LIMIT);
    assert_int_equal(type_intern(&pool.types, types, 0, LIMIT_RESULTS + 1, &none), ERROR_LIMIT);
    type_release(&pool.types, type);
    pool_end(&pool);
}

/* Many types, each allocation failing once; what was there stays usable. */
static void allocations_that_fail(void **state) {
    (void)state;
    enum { COUNT = 64 };
    struct pool pool;
    pool_begin(&pool);
    const struct wasm_function_type *made[COUNT];
    uint8_t types[8];
    for (uint32_t i = 0; i < COUNT; i++) {
        for (uint32_t bit = 0; bit < 6; bit++) {
            types[bit] = (i >> bit & 1) != 0 ? WASM_I64 : WASM_I32;
        }
        enum error error = ERROR_NO_MEMORY;
        for (long failing = 0; error != ERROR_NONE; failing++) {
            support_fail_after(failing);
            error = type_intern(&pool.types, types, 6, 0, &made[i]);
            support_fail_after(-1);
            assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
        }
        assert_int_equal(pool.types.types.count, i + 1);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        type_release(&pool.types, made[i]);
    }
    pool_end(&pool);
}

static void ids_are_never_used_again(void **state) {
    (void)state;
    struct pool pool;
    pool_begin(&pool);
    pool.types.next_id = UINT32_MAX - 1;
    const uint8_t types[] = {WASM_I32};
    const struct wasm_function_type *type = intern(&pool, types, 1, 0);
    const struct wasm_function_type *none = NULL;
    assert_int_equal(type_intern(&pool.types, types, 0, 1, &none), ERROR_LIMIT);
    type_release(&pool.types, type);
    pool_end(&pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_types_are_one), cmocka_unit_test(different_types_differ), cmocka_unit_test(the_last_release_frees),
        cmocka_unit_test(long_types),          cmocka_unit_test(allocations_that_fail),  cmocka_unit_test(ids_are_never_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
