/* What the files of this program share. */
#ifndef PROGRAMS_TESTS_ACTOR_H
#define PROGRAMS_TESTS_ACTOR_H

#include "programs/api/context.h"

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

static inline int texts_are_equal(const char *left, const char *right) {
    while (*left != 0 && *left == *right) {
        left++;
        right++;
    }
    return *left == *right;
}

static inline uint32_t grant_of(const struct context *os, const char *label) {
    for (uint32_t index = 0; index < os->grant_count; index++) {
        if (texts_are_equal(os->grants[index].label, label)) {
            return os->grants[index].handle;
        }
    }
    return 0;
}

static inline int32_t call(struct context *os, uint32_t grant, uint32_t operation, struct message *answer) {
    struct message out = {.grant = grant, .operation = operation};
    *answer = (struct message){0};
    return os->call(&out, answer, UNTIL_EVER);
}

/* ---- control.c: clients of kernel/child_test.c, whose `control` does things to them ---- */

int32_t client_of_control(struct context *os, char role);
/* Ends when it is asked to. */
int32_t until_asked(struct context *os);

#endif
