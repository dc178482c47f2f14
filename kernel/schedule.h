/* Who runs next: the ready queue, turns, parking and waking, timers. Private to the kernel. */
#ifndef KERNEL_SCHEDULE_H
#define KERNEL_SCHEDULE_H

#include "kernel/fiber.h"
#include "kernel/state.h"

/* The first turn of an app that is whole now is due. */
void schedule_start(struct app *app);
/* Something came for the app: an idle one gets a turn, one that waits goes on. */
void schedule_wake(struct app *app);
/* A parked app goes on, whatever it waits for; one that a running fiber will return to does by itself. */
void schedule_resume(struct app *app);
/* What a new fiber runs: turns without end, each of which begins when somebody switches to it with an app set. */
void schedule_fiber(void *fiber);
static inline bool app_is_between_turns(const struct app *app) {
    return app->fiber == NULL && (app->status == APP_IDLE || app->status == APP_READY);
}
/* The app of the present fiber stands still, in this status, until somebody resumes it, or until_ns is past. */
void schedule_park(struct app *app, enum app_status status, uint64_t until_ns);

/* ---- Time ---- */

/* Every app has an alarm, at which it is resumed; UINT64_MAX: none. */
static inline void timer_set(struct app *app, uint64_t at_ns) {
    if (UNLIKELY(app->alarm.place != 0 || at_ns != UINT64_MAX)) {
        alarm_set(app->kernel, &app->alarm, at_ns);
    }
}
/* While it runs it has none. */
static inline void timer_begin(struct app *app, uint64_t at_ns) {
    if (UNLIKELY(at_ns != UINT64_MAX)) {
        alarm_set(app->kernel, &app->alarm, at_ns);
    }
}
void schedule_ring(struct alarm *alarm);
/* Rings those whose time has come. */
void alarm_run(struct kernel *kernel, uint64_t now_ns);

/* Brings the clock page up to date; the monotonic time. */
static inline uint64_t clock_update(struct kernel *kernel) {
    const struct machine *machine = kernel->machine;
    uint64_t now_ns = machine->monotonic_ns(machine->context);
    if (now_ns != kernel->clock->monotonic_ns) {
        kernel->clock->monotonic_ns = now_ns;
        kernel->trace_ring.now_ns = now_ns;
        kernel->clock->wall_ns = machine->wall_ns(machine->context);
    }
    return now_ns;
}
/* Whether a moment that somebody waits until is past; UNTIL_EVER never is, and costs no look at the clock. */
static inline bool clock_is_past(struct kernel *kernel, uint64_t until_ns) {
    return until_ns != UNTIL_EVER && clock_update(kernel) >= until_ns;
}

/* ---- Calls ---- */

/* Runs a turn at once of the idle app that this fiber was taken for; under it that of the caller, which runs now. The caller goes on when its call is
   over, or until_ns is past. */
static inline void schedule_nested(struct kernel *kernel, struct app *caller, struct fiber *fiber, uint64_t until_ns) {
    struct fiber *under = caller->fiber;
    caller->status = APP_CALLING;
    timer_begin(caller, until_ns);
    fiber->back = under;
    under->is_under = true;
    fiber_begin(kernel, under, fiber);
    timer_set(caller, UINT64_MAX);
    caller->status = APP_RUNNING;
}

#endif
