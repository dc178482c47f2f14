/* What the two halves of the checker share: ir_check.c looks at blocks and edges, ir_check_value.c at values. */
#ifndef WASM_COMPILE_IR_CHECK_H
#define WASM_COMPILE_IR_CHECK_H

#include "wasm/compile/ir.h"

struct checker {
    const struct ir_function *function;
    struct report *report;
    uint32_t *block_of;  /* of each value: the block it is in; IR_NO_BLOCK when it is in no list */
    uint32_t *positions; /* and its place in the list, from 0 */
    uint8_t *taken;      /* of each pool word: whether somebody owns it */
    uint32_t *scratch;   /* three words for each block, and three for each edge */
    uint32_t *regions;   /* of each block: the first of its region; in the scratch */
    uint32_t edge_count;
    enum error error;
};

/* Ends a function that returns an error when the condition does not hold. */
#define CHECK(condition, source, ...)                                                                                                                \
    do {                                                                                                                                             \
        if (!(condition))                                                                                                                            \
            return report_fail(checker->report, ERROR_INVALID, source, __VA_ARGS__);                                                                 \
    } while (0)

/* Pool words that belong to one owner. */
enum error check_words(struct checker *checker, uint32_t first, uint32_t count, uint32_t source) MUST_CHECK;
/* All values and what ends of blocks use; homes and positions are filled in, and the blocks are known to be sound. */
enum error check_values(struct checker *checker) MUST_CHECK;

#endif
