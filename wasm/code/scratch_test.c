/* Scratch memory: pieces are aligned and disjoint, come back in any order, and are handed out again; what does not fit comes from behind. */
#include "wasm/code/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/support/support.h"

#define CHUNK_BYTES 4096u
#define PIECE_COUNT 64u

static void *take(struct scratch *scratch, size_t size) {
    return scratch->source.take(scratch->source.context, size);
}

static void give(struct scratch *scratch, void *piece, size_t size) {
    scratch->source.give(scratch->source.context, piece, size);
}

static bool is_in_chunk(const struct scratch *scratch, const void *piece) {
    return (uintptr_t)piece - (uintptr_t)scratch->chunk < scratch->size;
}

static void test_pieces(void **state) {
    (void)state;
    struct scratch scratch;
    assert_int_equal(scratch_begin(&scratch, support_memory(), CHUNK_BYTES), CHUNK_BYTES);
    void *first = take(&scratch, 1), *second = take(&scratch, 17), *third = take(&scratch, 16);
    assert_true(is_in_chunk(&scratch, first) && is_in_chunk(&scratch, second) && is_in_chunk(&scratch, third));
    assert_ptr_equal(second, (uint8_t *)first + 16);
    assert_ptr_equal(third, (uint8_t *)second + 32);
    /* The last one is free at once, one before it when all are. */
    give(&scratch, third, 16);
    assert_ptr_equal(take(&scratch, 40), third);
    give(&scratch, second, 17);
    void *other = take(&scratch, 17);
    assert_ptr_not_equal(other, second);
    give(&scratch, other, 17);
    give(&scratch, third, 40);
    give(&scratch, first, 1);
    assert_ptr_equal(take(&scratch, CHUNK_BYTES), first);
    give(&scratch, first, CHUNK_BYTES);
    scratch_end(&scratch);
    assert_int_equal(support_live_bytes(), 0);
}

static void test_behind(void **state) {
    (void)state;
    struct scratch scratch;
    assert_int_equal(scratch_begin(&scratch, support_memory(), CHUNK_BYTES), CHUNK_BYTES);
    void *large = take(&scratch, CHUNK_BYTES + 1), *piece = take(&scratch, CHUNK_BYTES - 8), *next = take(&scratch, 16);
    assert_true(!is_in_chunk(&scratch, large) && is_in_chunk(&scratch, piece) && !is_in_chunk(&scratch, next));
    support_fail_after(0);
    assert_null(take(&scratch, 16));
    assert_null(take(&scratch, SIZE_MAX));
    support_fail_after(-1);
    give(&scratch, large, CHUNK_BYTES + 1);
    give(&scratch, piece, CHUNK_BYTES - 8);
    give(&scratch, next, 16);
    scratch_end(&scratch);
    assert_int_equal(support_live_bytes(), 0);
}

/* Without a chunk it is the source behind. */
static void test_none(void **state) {
    (void)state;
    struct scratch scratch;
    support_fail_after(0);
    assert_int_equal(scratch_begin(&scratch, support_memory(), CHUNK_BYTES), 0);
    support_fail_after(-1);
    void *piece = take(&scratch, 8);
    assert_non_null(piece);
    give(&scratch, piece, 8);
    scratch_end(&scratch);
    assert_int_equal(scratch_begin(&scratch, support_memory(), 0), 0);
    scratch_end(&scratch);
    assert_int_equal(support_live_bytes(), 0);
}

/* Pieces keep what was written to them while others come and go. */
static void test_content(void **state) {
    (void)state;
    struct scratch scratch;
    uint8_t *pieces[PIECE_COUNT] = {NULL};
    uint32_t sizes[PIECE_COUNT];
    uint32_t random = 17;
    assert_int_equal(scratch_begin(&scratch, support_memory(), CHUNK_BYTES), CHUNK_BYTES);
    for (uint32_t round = 0; round < 20000; round++) {
        random = random * 1664525 + 1013904223;
        const uint32_t number = (random >> 24) % PIECE_COUNT;
        if (pieces[number] == NULL) {
            sizes[number] = 1 + (random >> 12) % 200;
            pieces[number] = take(&scratch, sizes[number]);
            assert_non_null(pieces[number]);
            memset(pieces[number], (int)number, sizes[number]);
            continue;
        }
        for (uint32_t at = 0; at < sizes[number]; at++) {
            assert_int_equal(pieces[number][at], number);
        }
        give(&scratch, pieces[number], sizes[number]);
        pieces[number] = NULL;
    }
    for (uint32_t number = 0; number < PIECE_COUNT; number++) {
        if (pieces[number] != NULL) {
            give(&scratch, pieces[number], sizes[number]);
        }
    }
    scratch_end(&scratch);
    assert_int_equal(support_live_bytes(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_behind),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
