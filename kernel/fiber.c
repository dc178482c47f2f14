/* Fibers. A fiber runs one turn after another and goes back to the pool between them, so that stacks stay warm. Switching takes the engine's
   record of what runs on the thread along. Charged to the system's budget: a stack that is parked is paid by who can park it, see app.c. */
#include "kernel/fiber.h"

#include "base/bits.h"
#include "kernel/schedule.h"

#define GUARD_BYTES WASM_STACK_GUARD_BYTES

/* Turns without end: each begins when somebody switches here with an app set. */
static void fiber_run(void *argument) {
    struct fiber *fiber = argument;
    struct kernel *kernel = fiber->kernel;
    for (;;) {
        do {
            schedule_turn(fiber->app);
        } while (schedule_next(fiber));
        struct fiber *back = schedule_back(fiber);
        fiber->app = NULL;
        list_push_front(&kernel->fibers, &fiber->link);
        fiber_switch(kernel, back);
    }
}

static void fiber_destroy(struct fiber *fiber) {
    struct kernel *kernel = fiber->kernel;
    const struct wasm_host *host = kernel->machine->host;
    if (fiber->region != NULL) {
        host->unreserve(host->context, fiber->region, fiber->region_bytes);
        budget_refund(kernel->budget, FIBER_STACK_BYTES + STACK_DEFAULT);
    }
    budget_release(kernel->budget, fiber, sizeof *fiber);
}

/* From low to high: guard, code stack, guard, C's stack. */
static enum error fiber_map(struct fiber *fiber) {
    struct kernel *kernel = fiber->kernel;
    const struct wasm_host *host = kernel->machine->host;
    void *region;
    fiber->region_bytes = 2 * GUARD_BYTES + STACK_DEFAULT + FIBER_STACK_BYTES;
    if (budget_charge(kernel->budget, FIBER_STACK_BYTES + STACK_DEFAULT) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    if (host->reserve(host->context, fiber->region_bytes, &region) != ERROR_NONE) {
        budget_refund(kernel->budget, FIBER_STACK_BYTES + STACK_DEFAULT);
        return ERROR_NO_MEMORY;
    }
    fiber->region = region;
    fiber->code_low = fiber->region + GUARD_BYTES;
    fiber->code_end = fiber->code_low + STACK_DEFAULT;
    fiber->stack.low = fiber->code_end + GUARD_BYTES;
    fiber->stack.end = (uint8_t *)fiber->stack.low + FIBER_STACK_BYTES;
    if (host->commit(host->context, fiber->code_low, STACK_DEFAULT) != ERROR_NONE ||
        host->commit(host->context, fiber->stack.low, FIBER_STACK_BYTES) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    kernel->machine->stack_prepare(kernel->machine->context, &fiber->stack, fiber_run, fiber);
    return ERROR_NONE;
}

struct fiber *fiber_take(struct app *app) {
    struct kernel *kernel = app->kernel;
    struct fiber *fiber;
    if (!list_is_empty(&kernel->fibers)) {
        fiber = LIST_ENTRY(kernel->fibers.next, struct fiber, link);
        list_remove(&fiber->link);
    } else {
        fiber = budget_allocate_zeroed(kernel->budget, 1, sizeof *fiber);
        if (fiber == NULL) {
            return NULL;
        }
        list_init(&fiber->link);
        fiber->kernel = kernel;
        if (fiber_map(fiber) != ERROR_NONE) {
            fiber_destroy(fiber);
            return NULL;
        }
    }
    fiber->app = app;
    app->fiber = fiber;
    return fiber;
}

void fiber_lend(struct fiber *fiber) {
    struct app *app = fiber->app;
    if (app->lent != fiber && fiber->kernel->options.compile) {
        wasm_store_lend_stack(app->store, fiber->code_low, fiber->code_end);
        app->lent = fiber;
    }
}

void fiber_give(struct fiber *fiber) {
    fiber->app->fiber = NULL;
    fiber->app = NULL;
    list_push_front(&fiber->kernel->fibers, &fiber->link);
}

void fiber_pool_end(struct kernel *kernel) {
    while (!list_is_empty(&kernel->fibers)) {
        struct fiber *fiber = LIST_ENTRY(kernel->fibers.next, struct fiber, link);
        list_remove(&fiber->link);
        fiber_destroy(fiber);
    }
}
