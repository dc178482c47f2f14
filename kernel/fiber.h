/* Fibers: the stacks that turns run on, and who pays for them. Private to the kernel. */
#ifndef KERNEL_FIBER_H
#define KERNEL_FIBER_H

#include "kernel/state.h"

enum error fiber_pool_begin(struct kernel *kernel) MUST_CHECK;
void fiber_pool_end(struct kernel *kernel);
/* The app's budget pays for a fiber, as it must before the app parks or calls another one, until the app's turn ends. False: it has no room for that,
   or the app is in no turn; nothing has changed. */
bool fiber_charge(struct app *app) MUST_CHECK;
/* Its turn has ended. */
void fiber_refund(struct app *app);
static inline bool fiber_is_paid(struct app *app) {
    return LIKELY(app->pays_fiber) || fiber_charge(app);
}
/* A fiber for a turn of this app, from the pool, which is never empty when somebody may ask. Where it goes on after the turn is for the caller to
   set. */
static inline struct fiber *fiber_take(struct kernel *kernel, struct app *app) {
    struct fiber *fiber = kernel->fibers;
    ASSERT(fiber != NULL);
    kernel->fibers = fiber->next;
    fiber->app = app;
    app->fiber = fiber;
    return fiber;
}
/* Into the pool, of one whose turn is over. */
static inline void fiber_push(struct kernel *kernel, struct fiber *fiber) {
    fiber->app = NULL;
    fiber->running = NULL;
    fiber->next = kernel->fibers;
    kernel->fibers = fiber;
}
/* Back into the pool, of one that has not run since it was taken. */
void fiber_give(struct fiber *fiber);
/* Its app's compiled code runs on its code stack from now on. */
void fiber_set_stack(struct fiber *fiber);
static inline void fiber_lend(const struct app *app, struct fiber *fiber) {
    if (UNLIKELY(app->lent != fiber)) {
        fiber_set_stack(fiber);
    }
}
/* The stacks are changed; what runs on the thread has been noted. */
static inline void fiber_go(struct kernel *kernel, struct fiber *from, struct fiber *to) {
    kernel->current = to;
    kernel->machine->stack_switch(kernel->machine->context, &from->stack, &to->stack);
}
/* Runs a fiber in place of the present one, `from`, which goes on when somebody switches to it. */
static inline void fiber_switch(struct kernel *kernel, struct fiber *from, struct fiber *to) {
    from->running = kernel->thread->running;
    kernel->thread->running = to->running;
    fiber_go(kernel, from, to);
}
/* The same of one from the pool, which nothing runs on. */
static inline void fiber_begin(struct kernel *kernel, struct fiber *from, struct fiber *to) {
    from->running = kernel->thread->running;
    kernel->thread->running = NULL;
    fiber_go(kernel, from, to);
}
/* The same to leave one for the pool. */
static inline void fiber_end(struct kernel *kernel, struct fiber *from, struct fiber *to) {
    kernel->thread->running = to->running;
    fiber_go(kernel, from, to);
}

#endif
