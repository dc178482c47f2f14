/* What the files of this program share. */
#ifndef PROGRAMS_TESTS_ACTOR_H
#define PROGRAMS_TESTS_ACTOR_H

#include "programs/tests/check/check.h"

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
