/* A program whose turns do nothing: what is left is the kernel's. */
#include "programs/api/context.h"

int32_t start(struct context *os) {
    (void)os;
    return TURN_AGAIN;
}
