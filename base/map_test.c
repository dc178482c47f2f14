/* The hash map against an array that is searched from end to end, with memory ending at every point, and its hash against
   values of another implementation of SipHash-1-3 (that of CPython 3.11, whose key is 0 with PYTHONHASHSEED=0). */
#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"

#define KEY_COUNT 300

static struct budget budget;
static char key_texts[KEY_COUNT][32];

static int set_up(void **state) {
    (void)state;
    support_fail_after(-1);
    budget_init_root(&budget, support_memory(), BUDGET_UNLIMITED);
    for (int i = 0; i < KEY_COUNT; i++) {
        snprintf(key_texts[i], sizeof key_texts[i], "%.*s%d", i % 17, "key of some length", i);
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    support_fail_after(-1);
    budget_end(&budget);
    return support_live_blocks() == 0 ? 0 : -1;
}

static struct bytes key_at(size_t index) {
    return bytes_from_text(key_texts[index]);
}

static void expect_hash(struct bytes key, uint64_t hash) {
    struct map map;
    map_init(&map, &budget, 0);
    assert_int_equal(map_put(&map, key, 1), ERROR_NONE);
    bool found = false;
    for (size_t i = 0; i < map.capacity; i++) {
        found |= map.entries[i].hash == hash;
    }
    assert_true(found);
    map_end(&map);
}

static void test_hash(void **state) {
    (void)state;
    uint8_t counting[63];
    for (size_t i = 0; i < sizeof counting; i++) {
        counting[i] = (uint8_t)i;
    }
    expect_hash(bytes_from_text("a"), 0x407448d2b89b1813);
    expect_hash(bytes_from_text("memory"), 0x827b61424e8f52d2);
    expect_hash(bytes_from_text("12345678"), 0x3489982430560a87);
    expect_hash(bytes_from_text("the quick brown fox"), 0x5a17575ad3449cba);
    expect_hash((struct bytes){.data = counting, .size = 16}, 0x8972188433a5c5b7);
    expect_hash((struct bytes){.data = counting, .size = 63}, 0x385d3e39e5f37359);
}

static void test_seed_matters(void **state) {
    (void)state;
    uint64_t hashes[2] = {0};
    for (uint64_t seed = 0; seed < 2; seed++) {
        struct map map;
        map_init(&map, &budget, seed);
        assert_int_equal(map_put(&map, bytes_from_text("x"), 1), ERROR_NONE);
        for (size_t i = 0; i < map.capacity; i++) {
            hashes[seed] |= map.entries[i].hash;
        }
        map_end(&map);
    }
    assert_true(hashes[0] != hashes[1]);
}

static void test_empty(void **state) {
    (void)state;
    struct map map;
    map_init(&map, &budget, 7);
    assert_null(map_find(&map, bytes_from_text("x")));
    assert_false(map_remove(&map, bytes_from_text("x")));
    assert_int_equal(budget.used_bytes, 0);
    map_end(&map);
}

static void test_put_find_remove(void **state) {
    (void)state;
    struct map map;
    map_init(&map, &budget, 7);
    const struct bytes empty = {0};
    assert_int_equal(map_put(&map, empty, 10), ERROR_NONE);
    assert_int_equal(map_put(&map, bytes_from_text("a"), 11), ERROR_NONE);
    assert_int_equal(map_put(&map, bytes_from_text("a"), 12), ERROR_ARGUMENT);
    assert_int_equal(map_put(&map, bytes_from_text(""), 12), ERROR_ARGUMENT);
    assert_int_equal(map.count, 2);
    assert_int_equal(*map_find(&map, empty), 10);
    assert_int_equal(*map_find(&map, bytes_from_text("a")), 11);
    assert_null(map_find(&map, bytes_from_text("b")));
    *map_find(&map, bytes_from_text("a")) = 13;
    assert_int_equal(*map_find(&map, bytes_from_text("a")), 13);
    assert_true(map_remove(&map, empty));
    assert_false(map_remove(&map, empty));
    assert_null(map_find(&map, empty));
    assert_int_equal(map.count, 1);
    map_end(&map);
}

/* What the map must be, by a slower way. */
struct model {
    bool present[KEY_COUNT];
    uint64_t values[KEY_COUNT];
    size_t count;
};

static void expect_model(const struct map *map, const struct model *model) {
    assert_int_equal(map->count, model->count);
    assert_true(map->count <= map->capacity / 4 * 3);
    size_t occupied = 0;
    for (size_t i = 0; i < map->capacity; i++) {
        occupied += map->entries[i].hash != 0;
    }
    assert_int_equal(occupied, model->count);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const uint64_t *value = map_find(map, key_at(i));
        assert_int_equal(value != NULL, model->present[i]);
        assert_true(value == NULL || *value == model->values[i]);
    }
}

static void model_step(struct map *map, struct model *model, uint64_t bits, size_t keys) {
    const size_t key = (size_t)(bits >> 40) % keys;
    if (bits & 1) {
        assert_int_equal(map_put(map, key_at(key), bits), model->present[key] ? ERROR_ARGUMENT : ERROR_NONE);
        if (!model->present[key]) {
            model->present[key] = true;
            model->values[key] = bits;
            model->count++;
        }
    } else {
        assert_int_equal(map_remove(map, key_at(key)), model->present[key]);
        model->count -= model->present[key];
        model->present[key] = false;
    }
}

static void test_against_model(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (size_t keys = 6; keys <= KEY_COUNT; keys *= 7) {
        for (int round = 0; round < 30; round++) {
            struct model model = {.count = 0};
            struct map map;
            map_init(&map, &budget, support_random(&random));
            for (int step = 0; step < 400; step++) {
                model_step(&map, &model, support_random(&random), keys);
                if (step % 8 == 0 || keys < 10) {
                    expect_model(&map, &model);
                }
            }
            map_end(&map);
        }
    }
}

static void test_reserve(void **state) {
    (void)state;
    for (size_t count = 0; count < 50; count++) {
        struct map map;
        map_init(&map, &budget, count);
        assert_int_equal(map_reserve(&map, count), ERROR_NONE);
        support_fail_after(0);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(map_put(&map, key_at(i), i), ERROR_NONE);
        }
        assert_int_equal(map_reserve(&map, count), ERROR_NONE);
        support_fail_after(-1);
        map_end(&map);
    }
    struct map map;
    map_init(&map, &budget, 1);
    assert_int_equal(map_reserve(&map, SIZE_MAX), ERROR_NO_MEMORY);
    assert_int_equal(map_reserve(&map, SIZE_MAX / 2), ERROR_NO_MEMORY);
    assert_int_equal(map_reserve(&map, SIZE_MAX / 128), ERROR_NO_MEMORY);
    assert_int_equal(map.capacity, 0);
    map_end(&map);
}

/* A refused put leaves the map as it was, and works when it is tried again. */
static void test_memory_ends_anywhere(void **state) {
    (void)state;
    enum { COUNT = 100 };
    size_t refusals = 0;
    bool refused = true;
    for (long point = 0; refused; point++) {
        struct map map;
        map_init(&map, &budget, 3);
        struct model model = {.count = 0};
        refused = false;
        support_fail_after(point);
        for (size_t i = 0; i < COUNT; i++) {
            if (map_put(&map, key_at(i), i) != ERROR_NONE) {
                assert_false(refused);
                refused = true;
                expect_model(&map, &model);
                assert_int_equal(map_put(&map, key_at(i), i), ERROR_NONE);
            }
            model.present[i] = true;
            model.values[i] = i;
            model.count++;
        }
        expect_model(&map, &model);
        refusals += refused;
        support_fail_after(-1);
        map_end(&map);
        assert_int_equal(budget.used_bytes, 0);
    }
    assert_int_equal(refusals, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hash, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_seed_matters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_put_find_remove, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_against_model, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reserve, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory_ends_anywhere, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
