/* What programs for tests share: they exit with 0 when all was as it should be, else with the line at which it was not. */
#ifndef PROGRAMS_TESTS_CHECK_H
#define PROGRAMS_TESTS_CHECK_H

#include "programs/api/context.h"

/* For functions that return what `finish` does. */
#define CHECK(condition)                                                                                                                             \
    do {                                                                                                                                             \
        if (!(condition)) {                                                                                                                          \
            return finish(os, __LINE__);                                                                                                             \
        }                                                                                                                                            \
    } while (0)

static inline int32_t finish(struct context *os, int32_t code) {
    os->mine->exit_code = code;
    return TURN_EXIT;
}

static inline int labels_are_equal(const char *left, const char *right) {
    while (*left != 0 && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}

/* The handle of the first grant with this label; 0: there is none. */
static inline uint32_t grant_of(const struct context *os, const char *label) {
    for (uint32_t index = 0; index < os->grant_count; index++) {
        if (labels_are_equal(os->grants[index].label, label)) {
            return os->grants[index].handle;
        }
    }
    return 0;
}

#endif
