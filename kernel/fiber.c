/* Fibers. A fiber runs one turn after another and goes back to the pool between them, so that stacks stay warm. Switching takes the engine's
   record of what runs on the thread along.

   Nobody's turn fails for want of a stack that others hold. An app that stands still in the middle of a turn, parked or under the turn of an app that
   it called, has been charged for a fiber before. So there are as many fibers as apps that pay for one, and FIBERS_KEPT beyond, which the system pays
   for: on one of them an app that pays for none runs, or a turn begins; the other one is there when that app has another app made, whose start
   function needs a stack. FIBERS_SPARE more are paid for by the system, whether they are there or not, so that those who pay now and then find a
   warm one. */
#include "kernel/fiber.h"

#include "base/bits.h"
#include "kernel/schedule.h"

#define GUARD_BYTES  WASM_STACK_GUARD_BYTES
#define REGION_BYTES (2 * GUARD_BYTES + FIBER_BYTES)
#define POOL_BYTES   ((uint64_t)(FIBERS_KEPT + FIBERS_SPARE) * FIBER_BYTES)

/* ---- The pool ---- */

static void fiber_destroy(struct kernel *kernel) {
    const struct wasm_host *host = kernel->machine->host;
    struct fiber *fiber = kernel->fibers;
    kernel->fibers = fiber->next;
    kernel->fiber_count--;
    host->unreserve(host->context, fiber->region, REGION_BYTES);
}

/* From low to high: guard, code stack, guard, C's stack, the struct. So two fibers that are known by one address, one after the other, have their
   stacks at the same place, which is what app->lent says. */
static enum error fiber_create(struct kernel *kernel) {
    const struct wasm_host *host = kernel->machine->host;
    void *region;
    if (host->reserve(host->context, REGION_BYTES, &region) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    uint8_t *code_low = (uint8_t *)region + GUARD_BYTES, *code_end = code_low + STACK_DEFAULT, *low = code_end + GUARD_BYTES;
    if (host->commit(host->context, code_low, STACK_DEFAULT) != ERROR_NONE || host->commit(host->context, low, FIBER_STACK_BYTES) != ERROR_NONE) {
        host->unreserve(host->context, region, REGION_BYTES);
        return ERROR_NO_MEMORY;
    }
    uint8_t *end = low + FIBER_STACK_BYTES - round_up(sizeof(struct fiber), 64);
    struct fiber *fiber = (struct fiber *)(void *)end, **last = &kernel->fibers;
    *fiber = (struct fiber){.kernel = kernel, .region = region, .code_low = code_low, .code_end = code_end, .stack = {.low = low, .end = end}};
    kernel->machine->stack_prepare(kernel->machine->context, &fiber->stack, schedule_fiber, fiber);
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = fiber;
    kernel->fiber_count++;
    return ERROR_NONE;
}

enum error fiber_pool_begin(struct kernel *kernel) {
    enum error error = budget_charge(kernel->budget, POOL_BYTES);
    kernel->has_fibers = error == ERROR_NONE;
    while (error == ERROR_NONE && kernel->fiber_count < FIBERS_KEPT) {
        error = fiber_create(kernel);
    }
    return error;
}

void fiber_pool_end(struct kernel *kernel) {
    while (kernel->fibers != NULL) {
        fiber_destroy(kernel);
    }
    ASSERT(kernel->fiber_count == 0 && kernel->fiber_payer_count == 0);
    if (kernel->has_fibers) {
        budget_refund(kernel->budget, POOL_BYTES);
    }
}

/* ---- Who pays ---- */

bool fiber_charge(struct app *app) {
    struct kernel *kernel = app->kernel;
    if (app->pays_fiber || app->fiber == NULL) {
        return app->pays_fiber;
    }
    if (budget_charge(&app->budget, FIBER_BYTES) != ERROR_NONE) {
        return false;
    }
    if (kernel->fiber_count <= FIBERS_KEPT + kernel->fiber_payer_count && fiber_create(kernel) != ERROR_NONE) {
        budget_refund(&app->budget, FIBER_BYTES);
        return false;
    }
    kernel->fiber_payer_count++;
    app->pays_fiber = app->is_marked = true;
    return true;
}

void fiber_refund(struct app *app) {
    struct kernel *kernel = app->kernel;
    ASSERT(app->pays_fiber && app->fiber == NULL);
    app->pays_fiber = false;
    kernel->fiber_payer_count--;
    budget_refund(&app->budget, FIBER_BYTES);
    if (kernel->fiber_count > FIBERS_KEPT + FIBERS_SPARE + kernel->fiber_payer_count) {
        fiber_destroy(kernel);
    }
}

/* ---- Turns ---- */

void fiber_set_stack(struct fiber *fiber) {
    struct app *app = fiber->app;
    if (fiber->kernel->options.compile) {
        wasm_store_lend_stack(app->store, fiber->code_low, fiber->code_end);
        app->lent = fiber;
    }
}

void fiber_give(struct fiber *fiber) {
    fiber->app->fiber = NULL;
    fiber_push(fiber->kernel, fiber);
}
