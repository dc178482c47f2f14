/* A program whose turns touch one word of its memory. */
#include "programs/api/context.h"

static volatile uint32_t turns;

int32_t start(struct context *os) {
    (void)os;
    turns = turns + 1;
    return TURN_AGAIN;
}
