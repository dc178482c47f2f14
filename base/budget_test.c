/* Budgets: charges reach every budget above or none, from whatever thread, and allocation gives back all that it charged. */
#include "base/budget.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/support/support.h"

struct family {
    struct budget root;
    struct budget middle;
    struct budget leaf;
};

static void family_init(struct family *family, uint64_t root_limit, uint64_t middle_limit, uint64_t leaf_limit) {
    budget_init_root(&family->root, support_memory(), root_limit);
    budget_init(&family->middle, &family->root, middle_limit);
    budget_init(&family->leaf, &family->middle, leaf_limit);
}

static void expect_used(const struct family *family, uint64_t root, uint64_t middle, uint64_t leaf) {
    assert_int_equal(family->root.used_bytes, root);
    assert_int_equal(family->middle.used_bytes, middle);
    assert_int_equal(family->leaf.used_bytes, leaf);
}

static void test_charge_walks_up(void **state) {
    (void)state;
    struct family family;
    family_init(&family, 100, 80, 60);
    assert_int_equal(budget_left(&family.leaf), 60);
    assert_int_equal(budget_charge(&family.leaf, 50), ERROR_NONE);
    assert_int_equal(budget_charge(&family.middle, 20), ERROR_NONE);
    expect_used(&family, 70, 70, 50);
    /* Each of the three in turn is the one that has too little left. */
    assert_int_equal(budget_left(&family.leaf), 10);
    assert_int_equal(budget_charge(&family.leaf, 11), ERROR_NO_MEMORY);
    assert_int_equal(budget_charge(&family.middle, 11), ERROR_NO_MEMORY);
    assert_int_equal(budget_charge(&family.root, 25), ERROR_NONE);
    assert_int_equal(budget_left(&family.leaf), 5);
    assert_int_equal(budget_charge(&family.leaf, 6), ERROR_NO_MEMORY);
    expect_used(&family, 95, 70, 50);
    assert_int_equal(budget_charge(&family.leaf, 5), ERROR_NONE);
    expect_used(&family, 100, 75, 55);
    assert_int_equal(budget_left(&family.leaf), 0);
    assert_int_equal(budget_charge(&family.leaf, 0), ERROR_NONE);
    assert_int_equal(budget_charge(&family.leaf, 1), ERROR_NO_MEMORY);
    budget_refund(&family.leaf, 55);
    expect_used(&family, 45, 20, 0);
    assert_int_equal(family.root.peak_bytes, 100);
    assert_int_equal(family.middle.peak_bytes, 75);
    assert_int_equal(family.leaf.peak_bytes, 55);
}

static void test_transfer(void **state) {
    (void)state;
    struct family family;
    struct budget other;
    family_init(&family, 100, 100, 60);
    budget_init(&other, &family.root, 50);
    assert_int_equal(budget_charge(&family.leaf, 40), ERROR_NONE);
    assert_int_equal(budget_charge(&family.root, 60), ERROR_NONE);
    /* What is above both is full, and that does not matter. */
    assert_int_equal(budget_transfer(&family.leaf, &other, 40), ERROR_NONE);
    expect_used(&family, 100, 0, 0);
    assert_int_equal(other.used_bytes, 40);
    assert_int_equal(budget_transfer(&other, &family.leaf, 40), ERROR_NONE);
    expect_used(&family, 100, 40, 40);
    budget_refund(&family.root, 60);
    assert_int_equal(budget_charge(&other, 20), ERROR_NONE);
    assert_int_equal(budget_transfer(&family.leaf, &other, 31), ERROR_NO_MEMORY);
    expect_used(&family, 60, 40, 40);
    assert_int_equal(other.used_bytes, 20);
    /* A level in between that is full: nothing stays charged below it. */
    family.middle.limit_bytes = 45;
    assert_int_equal(budget_transfer(&other, &family.leaf, 6), ERROR_NO_MEMORY);
    expect_used(&family, 60, 40, 40);
    assert_int_equal(budget_transfer(&family.leaf, &family.root, 40), ERROR_NONE);
    expect_used(&family, 60, 0, 0);
    assert_int_equal(budget_transfer(&other, &other, 20), ERROR_NONE);
    assert_int_equal(other.used_bytes, 20);
    assert_int_equal(other.peak_bytes, 40);
}

static void test_no_overflow(void **state) {
    (void)state;
    struct family family;
    family_init(&family, BUDGET_UNLIMITED, BUDGET_UNLIMITED, BUDGET_UNLIMITED);
    assert_int_equal(budget_charge(&family.middle, UINT64_MAX - 1), ERROR_NONE);
    assert_int_equal(budget_left(&family.leaf), 1);
    assert_int_equal(budget_charge(&family.leaf, UINT64_MAX), ERROR_NO_MEMORY);
    assert_int_equal(budget_charge(&family.leaf, 2), ERROR_NO_MEMORY);
    assert_int_equal(budget_charge(&family.leaf, 1), ERROR_NONE);
    expect_used(&family, UINT64_MAX, UINT64_MAX, 1);
    assert_null(budget_allocate(&family.leaf, 1));
    expect_used(&family, UINT64_MAX, UINT64_MAX, 1);
}

static void refund_two(void *context) {
    budget_refund(context, 2);
}

static void end(void *context) {
    budget_end(context);
}

static void release_null(void *context) {
    budget_release(context, NULL, 1);
}

static void test_misuse_asserts(void **state) {
    (void)state;
    struct family family;
    family_init(&family, 10, 10, 10);
    assert_int_equal(budget_charge(&family.leaf, 1), ERROR_NONE);
    assert_true(support_panics(end, &family.root));
    assert_true(support_panics(end, &family.leaf));
    assert_true(support_panics(refund_two, &family.leaf));
    assert_true(support_panics(release_null, &family.leaf));
    budget_refund(&family.leaf, 1);
    assert_false(support_panics(end, &family.leaf));
    assert_false(support_panics(end, &family.middle));
    assert_false(support_panics(end, &family.root));
}

static void test_allocate(void **state) {
    (void)state;
    struct family family;
    family_init(&family, 1000, 500, 100);
    uint8_t *block = budget_allocate(&family.leaf, 99);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 16, 0);
    expect_used(&family, 99, 99, 99);
    assert_int_equal(support_live_bytes(), 99);
    assert_null(budget_allocate(&family.leaf, 2));
    expect_used(&family, 99, 99, 99);
    budget_release(&family.leaf, block, 99);
    budget_release(&family.leaf, NULL, 0);
    expect_used(&family, 0, 0, 0);
    assert_int_equal(support_live_bytes(), 0);
    assert_int_equal(family.root.peak_bytes, 99);
}

static void test_allocate_nothing(void **state) {
    (void)state;
    struct family family;
    family_init(&family, 1000, 500, 2 * BUDGET_EMPTY_BLOCK_SIZE);
    void *first = budget_allocate(&family.leaf, 0);
    void *second = budget_allocate_zeroed(&family.leaf, 0, 8);
    assert_non_null(first);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
    assert_null(budget_allocate(&family.leaf, 0));
    budget_release(&family.leaf, first, 0);
    budget_release(&family.leaf, second, 0);
    expect_used(&family, 0, 0, 0);
    assert_int_equal(support_live_blocks(), 0);
}

static void test_allocate_zeroed(void **state) {
    (void)state;
    struct family family;
    family_init(&family, BUDGET_UNLIMITED, BUDGET_UNLIMITED, BUDGET_UNLIMITED);
    static const uint8_t zeros[60];
    uint8_t *block = budget_allocate_zeroed(&family.leaf, 5, 12);
    assert_non_null(block);
    assert_memory_equal(block, zeros, 60);
    budget_release(&family.leaf, block, 60);
    assert_null(budget_allocate_zeroed(&family.leaf, SIZE_MAX / 2 + 1, 2));
    assert_null(budget_allocate_zeroed(&family.leaf, SIZE_MAX / 2 + 2, 2));
    assert_null(budget_allocate_zeroed(&family.leaf, 2, SIZE_MAX));
    expect_used(&family, 0, 0, 0);
}

static void test_reallocate(void **state) {
    (void)state;
    struct family family;
    family_init(&family, 1000, 1000, 300);
    uint8_t *block = budget_reallocate(&family.leaf, NULL, 0, 4);
    assert_non_null(block);
    memcpy(block, "abcd", 4);
    block = budget_reallocate(&family.leaf, block, 4, 100);
    assert_non_null(block);
    assert_memory_equal(block, "abcd", 4);
    memset(block, 'z', 100);
    expect_used(&family, 100, 100, 100);
    /* Both blocks are there for a moment: 100 + 201 is too much. */
    assert_null(budget_reallocate(&family.leaf, block, 100, 201));
    assert_int_equal(block[99], 'z');
    expect_used(&family, 100, 100, 100);
    block = budget_reallocate(&family.leaf, block, 100, 3);
    assert_non_null(block);
    assert_memory_equal(block, "zzz", 3);
    block = budget_reallocate(&family.leaf, block, 3, 0);
    assert_non_null(block);
    budget_release(&family.leaf, block, 0);
    expect_used(&family, 0, 0, 0);
    assert_int_equal(support_live_blocks(), 0);
}

static void test_source_fails(void **state) {
    (void)state;
    struct family family;
    family_init(&family, 1000, 1000, 1000);
    support_fail_after(0);
    assert_null(budget_allocate(&family.leaf, 10));
    expect_used(&family, 0, 0, 0);
    support_fail_after(1);
    uint8_t *block = budget_allocate(&family.leaf, 10);
    assert_non_null(block);
    block[9] = 9;
    assert_null(budget_reallocate(&family.leaf, block, 10, 20));
    assert_int_equal(block[9], 9);
    expect_used(&family, 10, 10, 10);
    budget_release(&family.leaf, block, 10);
    expect_used(&family, 0, 0, 0);
}

static void test_close(void **state) {
    (void)state;
    struct family family;
    family_init(&family, 100, 100, 100);
    void *block = budget_allocate(&family.leaf, 40);
    assert_non_null(block);
    budget_set_closed(&family.middle, true);
    assert_true(budget_is_closed(&family.middle) && !budget_is_closed(&family.leaf));
    assert_int_equal(budget_left(&family.leaf), 0);
    assert_int_equal(budget_charge(&family.leaf, 1), ERROR_NO_MEMORY);
    assert_null(budget_allocate(&family.middle, 1));
    expect_used(&family, 40, 40, 40);
    assert_int_equal(budget_charge(&family.root, 60), ERROR_NONE);
    budget_refund(&family.root, 60);
    budget_release(&family.leaf, block, 40);
    expect_used(&family, 0, 0, 0);
    budget_set_closed(&family.middle, false);
    assert_int_equal(budget_left(&family.leaf), 100);
    budget_end(&family.leaf);
    budget_end(&family.middle);
}

/* ---- Several threads ---- */

#define THREAD_COUNT  4
#define THREAD_ROUNDS 50000

/* Leaves of their own below one middle, which has room for three of the four charges at a time. */
struct crowd {
    pthread_barrier_t start;
    struct budget root;
    struct budget middle;
    uint64_t granted[THREAD_COUNT], refused[THREAD_COUNT];
};

struct member {
    struct crowd *crowd;
    uint32_t number;
};

static void *member_run(void *argument) {
    const struct member *member = argument;
    struct crowd *crowd = member->crowd;
    struct budget leaf;
    budget_init(&leaf, &crowd->middle, BUDGET_UNLIMITED);
    pthread_barrier_wait(&crowd->start);
    for (uint32_t round = 0; round < THREAD_ROUNDS; round++) {
        void *block = budget_allocate(&leaf, 30);
        if (block == NULL) {
            crowd->refused[member->number]++;
            sched_yield(); /* those who have it are perhaps not running */
            continue;
        }
        crowd->granted[member->number]++;
        if (round % 64 == 0) {
            sched_yield();
        }
        budget_release(&leaf, block, 30);
    }
    budget_end(&leaf);
    return NULL;
}

static void test_threads(void **state) {
    (void)state;
    struct crowd crowd = {.granted = {0}};
    struct member members[THREAD_COUNT];
    pthread_t threads[THREAD_COUNT];
    budget_init_root(&crowd.root, support_memory(), 1000);
    budget_init(&crowd.middle, &crowd.root, 100);
    assert_int_equal(pthread_barrier_init(&crowd.start, NULL, THREAD_COUNT), 0);
    for (uint32_t i = 0; i < THREAD_COUNT; i++) {
        members[i] = (struct member){.crowd = &crowd, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, member_run, &members[i]), 0);
    }
    for (uint32_t i = 0; i < THREAD_COUNT; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(crowd.granted[i] > 0);
        assert_int_equal(crowd.granted[i] + crowd.refused[i], THREAD_ROUNDS);
    }
    pthread_barrier_destroy(&crowd.start);
    /* No charge was lost, and none was made twice. */
    assert_int_equal(crowd.middle.used_bytes, 0);
    assert_int_equal(crowd.root.used_bytes, 0);
    assert_true(crowd.middle.peak_bytes >= 30 && crowd.middle.peak_bytes <= 100);
    budget_end(&crowd.middle);
    budget_end(&crowd.root);
    assert_int_equal(support_live_blocks(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_charge_walks_up), cmocka_unit_test(test_transfer),   cmocka_unit_test(test_no_overflow),
        cmocka_unit_test(test_misuse_asserts),  cmocka_unit_test(test_allocate),   cmocka_unit_test(test_allocate_nothing),
        cmocka_unit_test(test_allocate_zeroed), cmocka_unit_test(test_reallocate), cmocka_unit_test(test_source_fails),
        cmocka_unit_test(test_close),           cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
