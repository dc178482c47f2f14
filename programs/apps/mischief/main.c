/* mischief: says what it is about to do, and then reads where it has no memory. */
#include "programs/api/context.h"

/* Behind all memory that the app has, and no window of its own. */
static volatile uint32_t *const others = (volatile uint32_t *)0xB0000000u;

__attribute__((noinline)) static uint32_t read_what_is_not_mine(void) {
    return *others;
}

int32_t start(struct context *os) {
    static const char text[] = "I read what is not mine";
    if (os->log != NULL) {
        os->log(text, sizeof text - 1);
    }
    os->mine->exit_code = (int32_t)read_what_is_not_mine();
    return TURN_EXIT;
}
