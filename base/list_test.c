/* The intrusive list: order, removal at each place, and removal while it is walked. */
#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct item {
    int number;
    struct list link;
};

#define ITEM_COUNT 5

struct fixture {
    struct list list;
    struct item items[ITEM_COUNT];
};

static void fixture_init(struct fixture *fixture) {
    list_init(&fixture->list);
    for (int i = 0; i < ITEM_COUNT; i++) {
        fixture->items[i].number = i;
        list_push_back(&fixture->list, &fixture->items[i].link);
    }
}

/* Walks both ways, so that a broken back link shows. */
static void expect_numbers(struct list *list, const int *numbers, size_t count) {
    size_t seen = 0;
    LIST_EACH(at, list) {
        assert_true(seen < count);
        assert_int_equal(LIST_ENTRY(at, struct item, link)->number, numbers[seen]);
        seen++;
    }
    assert_int_equal(seen, count);
    for (struct list *at = list->previous; at != list; at = at->previous) {
        assert_true(seen > 0);
        seen--;
        assert_int_equal(LIST_ENTRY(at, struct item, link)->number, numbers[seen]);
    }
    assert_int_equal(seen, 0);
}

static void test_empty(void **state) {
    (void)state;
    struct list list;
    list_init(&list);
    assert_true(list_is_empty(&list));
    expect_numbers(&list, NULL, 0);
}

static void test_order(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    assert_false(list_is_empty(&fixture.list));
    expect_numbers(&fixture.list, (const int[]){0, 1, 2, 3, 4}, 5);
    list_remove(&fixture.items[3].link);
    list_push_front(&fixture.list, &fixture.items[3].link);
    expect_numbers(&fixture.list, (const int[]){3, 0, 1, 2, 4}, 5);
    list_remove(&fixture.items[4].link);
    list_insert_before(&fixture.items[1].link, &fixture.items[4].link);
    expect_numbers(&fixture.list, (const int[]){3, 0, 4, 1, 2}, 5);
}

static void test_remove_everywhere(void **state) {
    (void)state;
    for (int removed = 0; removed < ITEM_COUNT; removed++) {
        struct fixture fixture;
        fixture_init(&fixture);
        list_remove(&fixture.items[removed].link);
        assert_true(list_is_empty(&fixture.items[removed].link));
        int expected[ITEM_COUNT];
        size_t count = 0;
        for (int i = 0; i < ITEM_COUNT; i++) {
            if (i != removed) {
                expected[count++] = i;
            }
        }
        expect_numbers(&fixture.list, expected, count);
        /* A link that is in no list may be removed again. */
        list_remove(&fixture.items[removed].link);
        expect_numbers(&fixture.list, expected, count);
    }
}

static void test_remove_while_walking(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    LIST_EACH(at, &fixture.list) {
        if (LIST_ENTRY(at, struct item, link)->number % 2 == 0) {
            list_remove(at);
        }
    }
    expect_numbers(&fixture.list, (const int[]){1, 3}, 2);
    LIST_EACH(at, &fixture.list) {
        list_remove(at);
    }
    assert_true(list_is_empty(&fixture.list));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_remove_everywhere),
        cmocka_unit_test(test_remove_while_walking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
