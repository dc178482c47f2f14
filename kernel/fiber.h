/* Fibers: the stacks that turns run on. Private to the kernel. */
#ifndef KERNEL_FIBER_H
#define KERNEL_FIBER_H

#include "kernel/state.h"

/* A fiber for a turn of this app, from the pool or new; NULL when there is no memory for one. Where it goes on after the turn is for the caller to
 * set. */
struct fiber *fiber_take(struct app *app) MUST_CHECK;
/* Its app's compiled code runs on its code stack from now on. */
void fiber_lend(struct fiber *fiber);
/* Back into the pool, of one that has not run since it was taken. */
void fiber_give(struct fiber *fiber);
/* Runs a fiber in place of the present one, which goes on when somebody switches to it. */
static inline void fiber_switch(struct kernel *kernel, struct fiber *to) {
    struct fiber *from = kernel->current;
    ASSERT(from != to);
    from->running = kernel->thread->running;
    kernel->thread->running = to->running;
    kernel->current = to;
    kernel->machine->stack_switch(kernel->machine->context, &from->stack, &to->stack);
}
void fiber_pool_end(struct kernel *kernel);

#endif
