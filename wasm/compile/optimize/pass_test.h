/* For tests: what must hold of a layout. Include it once in a program that has cmocka. */
#ifndef WASM_COMPILE_PASS_TEST_H
#define WASM_COMPILE_PASS_TEST_H

#include "wasm/compile/ir_compare_test.h"
#include "wasm/compile/optimize/pass.h"

/* Whether a block is in a loop, however deep. */
static inline bool loop_contains(const struct ir_function *function, uint32_t header, uint32_t block) {
    uint32_t loop = function->blocks[block].loop;
    while (loop != IR_NO_BLOCK && loop != header)
        loop = function->blocks[loop].loop_parent;
    return loop == header;
}

/* Every block has one place, the entry the first; a loop is in one piece, its header first; and no way leads from behind
   the first block that only traps to one that does more. */
static inline void layout_expect_sound(const struct ir_function *function) {
    uint32_t *places = calloc(function->block_count, sizeof *places);
    assert_int_equal(function->order_count, function->block_count);
    for (uint32_t place = 0; place < function->order_count; place++)
        places[function->order[place]] += place + 1;
    assert_int_equal(places[0], 1);
    for (uint32_t block = 0; block < function->block_count; block++) {
        assert_in_range(places[block], 1, function->block_count);
        assert_int_equal(function->order[places[block] - 1], block);
    }
    for (uint32_t header = 0; header < function->block_count; header++) {
        uint32_t size = 0, last = 0;
        for (uint32_t block = 0; function->blocks[header].is_loop && block < function->block_count; block++)
            if (loop_contains(function, header, block)) {
                assert_true(places[block] >= places[header]);
                last = places[block] > last ? places[block] : last;
                size++;
            }
        if (size > 0)
            assert_int_equal(last - places[header] + 1, size);
    }
    free(places);
}

#endif
