/* Arenas: things are aligned, disjoint and all given back, at whatever point memory ends. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/support/support.h"

#define KIBIBYTE ((size_t)1024)

static struct budget budget;

static int set_up(void **state) {
    (void)state;
    support_fail_after(-1);
    budget_init_root(&budget, support_memory(), BUDGET_UNLIMITED);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    support_fail_after(-1);
    budget_end(&budget);
    return support_live_blocks() == 0 ? 0 : -1;
}

static void test_alignment(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, &budget);
    for (size_t size = 0; size < 600; size++) {
        uint8_t *thing = arena_allocate(&arena, size);
        assert_non_null(thing);
        assert_int_equal((uintptr_t)thing % (size >= 16 ? 16 : 8), 0);
        memset(thing, 0xff, size);
    }
    arena_end(&arena);
    assert_int_equal(budget.used_bytes, 0);
}

/* Every thing is filled with a byte of its own, and all are looked at again when all are made. */
static void test_things_are_disjoint(void **state) {
    (void)state;
    enum { COUNT = 2000 };
    static struct {
        uint8_t *data;
        size_t size;
    } things[COUNT];
    uint64_t random = support_seed();
    struct arena arena;
    arena_init(&arena, &budget);
    for (size_t i = 0; i < COUNT; i++) {
        const uint64_t bits = support_random(&random);
        things[i].size = (size_t)(bits >> 32) % (bits % 50 == 0 ? 100000 : 200);
        things[i].data = arena_allocate(&arena, things[i].size);
        assert_non_null(things[i].data);
        memset(things[i].data, (int)(i % 251), things[i].size);
    }
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < things[i].size; j++) {
            assert_int_equal(things[i].data[j], i % 251);
        }
    }
    arena_end(&arena);
}

static void test_blocks_double(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, &budget);
    assert_int_equal(budget.used_bytes, 0);
    uint64_t used = 0;
    size_t next_size = KIBIBYTE;
    while (used < 6 * KIBIBYTE * KIBIBYTE) {
        assert_non_null(arena_allocate(&arena, 200));
        if (budget.used_bytes != used) {
            assert_int_equal(budget.used_bytes - used, next_size);
            used = budget.used_bytes;
            next_size = next_size < KIBIBYTE * KIBIBYTE ? next_size * 2 : next_size;
        }
    }
    assert_int_equal(next_size, KIBIBYTE * KIBIBYTE);
    arena_end(&arena);
}

static void test_big_thing_stands_alone(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, &budget);
    /* Before there is a block of small things too. */
    assert_non_null(arena_allocate(&arena, 5000));
    assert_int_equal(support_live_blocks(), 1);
    uint8_t *first = arena_allocate(&arena, 8);
    assert_non_null(arena_allocate(&arena, 100000));
    uint8_t *second = arena_allocate(&arena, 8);
    assert_ptr_equal(second, first + 8);
    assert_int_equal(support_live_blocks(), 3);
    assert_true(budget.used_bytes <= 5000 + KIBIBYTE + 100000 + 2 * 16);
    arena_end(&arena);
}

static void test_zeroed(void **state) {
    (void)state;
    static const uint8_t zeros[4000];
    struct arena arena;
    arena_init(&arena, &budget);
    for (size_t count = 0; count < 100; count++) {
        uint8_t *thing = arena_allocate_zeroed(&arena, count, 40);
        assert_non_null(thing);
        assert_memory_equal(thing, zeros, count * 40);
        memset(thing, 0xff, count * 40);
    }
    assert_null(arena_allocate_zeroed(&arena, SIZE_MAX / 2 + 1, 2));
    assert_null(arena_allocate_zeroed(&arena, 3, SIZE_MAX / 2));
    arena_end(&arena);
}

static void test_huge_sizes(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, &budget);
    uint8_t *first = arena_allocate(&arena, 8);
    for (size_t under = 0; under < 64; under++) {
        assert_null(arena_allocate(&arena, SIZE_MAX - under));
    }
    assert_null(arena_allocate(&arena, SIZE_MAX / 2 + 1));
    assert_ptr_equal(arena_allocate(&arena, 8), first + 8);
    arena_end(&arena);
}

static void test_use_after_end(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena, &budget);
    assert_non_null(arena_allocate(&arena, 10));
    arena_end(&arena);
    arena_end(&arena);
    assert_int_equal(budget.used_bytes, 0);
    assert_non_null(arena_allocate(&arena, 10));
    assert_int_equal(budget.used_bytes, KIBIBYTE);
    arena_end(&arena);
}

/* The number of things that could be made before the first refusal; later ones must still work. */
static size_t fill(struct arena *arena, size_t count) {
    size_t made = count;
    for (size_t i = 0; i < count; i++) {
        const size_t size = i % 7 == 6 ? 3000 : 100;
        uint8_t *thing = arena_allocate(arena, size);
        if (thing != NULL) {
            memset(thing, 0xff, size);
        } else if (made == count) {
            made = i;
        }
    }
    return made;
}

static void test_memory_ends_anywhere(void **state) {
    (void)state;
    enum { COUNT = 100 };
    long point = 0;
    for (size_t made = 0; made < COUNT; point++) {
        struct arena arena;
        arena_init(&arena, &budget);
        support_fail_after(point);
        made = fill(&arena, COUNT);
        arena_end(&arena);
        assert_int_equal(budget.used_bytes, 0);
        assert_int_equal(support_live_bytes(), 0);
    }
    assert_true(point > 8);
}

static void test_budget_ends_anywhere(void **state) {
    (void)state;
    enum { COUNT = 100 };
    size_t made = 0;
    for (uint64_t limit = 0; made < COUNT; limit += 500) {
        struct budget small;
        budget_init(&small, &budget, limit);
        struct arena arena;
        arena_init(&arena, &small);
        made = fill(&arena, COUNT);
        assert_true(small.peak_bytes <= limit);
        arena_end(&arena);
        budget_end(&small);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_alignment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_things_are_disjoint, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_blocks_double, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_big_thing_stands_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_zeroed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_huge_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_use_after_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory_ends_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_budget_ends_anywhere, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
