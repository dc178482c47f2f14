/* Turns and who has the next one. An app is in the ready queue once or not at all. Whoever is in a turn and is not running is parked on its fiber;
   a fiber that calls an idle app stands under the fiber of that app's turn for as long as that one runs, and no longer: when anything in such a tower
   parks, all of it falls apart into parked fibers. */
#include "kernel/schedule.h"

#include "base/format.h"
#include "kernel/app.h"
#include "kernel/children.h"
#include "kernel/inbox.h"
#include "kernel/note.h"
#include "kernel/request.h"

static void ready_push(struct app *app) {
    app->status = APP_READY;
    list_push_back(&app->kernel->ready, &app->ready_link);
}

void schedule_start(struct app *app) {
    if (app->status == APP_IDLE) {
        ready_push(app);
    }
}

void schedule_wake(struct app *app) {
    app->is_marked = true;
    if (app->status == APP_IDLE || app->status == APP_WAITING) {
        ready_push(app);
    }
}

void schedule_resume(struct app *app) {
    bool is_parked = app->status == APP_WAITING || app->status == APP_CALLING;
    if (app->status == APP_IDLE || (is_parked && !app->fiber->is_under)) {
        ready_push(app);
    }
}

void schedule_ring(struct alarm *alarm) {
    schedule_resume(LIST_ENTRY(alarm, struct app, alarm));
}

/* ---- Turns ---- */

static void turn_end_last(struct app *app, uint64_t value) {
    if (value == TURN_EXIT) {
        app->end = (struct app_end){.kind = APP_EXITED, .exit_code = app->mine->exit_code};
    } else {
        app->end.kind = APP_TRAPPED;
        format(app->report, sizeof app->report, "start returned %u, which is no turn", (unsigned)value);
    }
    app_end(app);
}

/* What the app said with its return value. */
static void turn_end(struct app *app, uint64_t value) {
    uint64_t wake_at_ns = __atomic_load_n(&app->mine->wake_at_ns, __ATOMIC_RELAXED);
    if (UNLIKELY(value >= TURN_EXIT)) {
        turn_end_last(app, value);
        return;
    }
    app->status = APP_IDLE;
    if (value == TURN_AGAIN) {
        ready_push(app);
    } else if (UNLIKELY(wake_at_ns != 0)) {
        alarm_set(app->kernel, &app->alarm, wake_at_ns);
    }
}

/* What the turn leaves. An app that has not seen all that came gets another turn: what it has said then. */
static uint64_t turn_clear(struct app *app, uint64_t value) {
    inbox_done(app, SHOWN_BY_TURN);
    app->fiber = NULL;
    if (app->pays_fiber) {
        fiber_refund(app);
    }
    app->is_marked = app->is_killed || inbox_has_news(app);
    return app->is_marked && value == TURN_WAIT ? TURN_AGAIN : value;
}

/* A guest is never lent a stack: it has its own. */
static inline struct wasm_outcome turn_run(struct kernel *kernel, struct app *app, struct fiber *fiber) {
    if (UNLIKELY(app->lent != fiber)) {
        if (app->world != NULL) {
            return guest_run(app);
        }
        fiber_lend(app, fiber);
    }
    return wasm_enter(&app->start, kernel->thread, ADDRESS_CONTEXT, 0, 0);
}

/* Runs one turn of the fiber's app, which may be gone afterwards. */
static void schedule_turn(struct kernel *kernel, struct fiber *fiber) {
    struct app *app = fiber->app;
    app->status = APP_RUNNING;
    timer_set(app, UINT64_MAX);
    if (app->serving == NULL) {
        inbox_show(app);
    }
    app->context->turn++;
    app->mine->wake_at_ns = 0;
    trace_note_in(kernel, app, TRACE_TURN_BEGIN, app->context->turn, app->context->inbox_count);
    struct wasm_outcome outcome = turn_run(kernel, app, fiber);
    trace_note_in(kernel, app, TRACE_TURN_END, outcome.value, outcome.error);
    inbox_settle(app);
    if (UNLIKELY(app->is_marked)) {
        outcome.value = turn_clear(app, outcome.value);
        outcome.error = app->is_killed ? ERROR_EXIT : outcome.error;
    }
    app->fiber = NULL;
    if (UNLIKELY(outcome.error != ERROR_NONE)) {
        app_end_of_turn(app, outcome.error);
    } else {
        turn_end(app, outcome.value);
    }
}

/* Whether a caller has what it waits for, or is to wait no longer. */
static bool call_is_over(const struct app *app) {
    return app->calling == NULL || app->calling->state >= REQUEST_ANSWERED || app->is_killed || app->calling->lost != 0;
}

/* The tower of the present fiber falls apart: those below whose calls are done already go on by themselves. */
static void tower_break(struct fiber *fiber) {
    while (fiber->back != NULL) {
        struct fiber *below = fiber->back;
        fiber->back = NULL;
        below->is_under = false;
        if (call_is_over(below->app)) {
            schedule_resume(below->app);
        }
        fiber = below;
    }
}

/* The turn of a fiber is over: the fiber of the caller that it stood on, when that one's call is over, or the scheduler. A callee that went without
   an answer leaves its caller parked, and those below with it. */
static struct fiber *fiber_back(struct fiber *fiber) {
    struct fiber *back = fiber->back;
    if (back == NULL) {
        return &fiber->kernel->scheduler;
    }
    fiber->back = NULL;
    back->is_under = false;
    if (LIKELY(call_is_over(back->app))) {
        return back;
    }
    tower_break(back);
    return &fiber->kernel->scheduler;
}

void schedule_park(struct app *app, enum app_status status, uint64_t until_ns) {
    ASSERT(app->kernel->current == app->fiber && app->pays_fiber);
    app->status = (uint8_t)status;
    timer_begin(app, until_ns);
    tower_break(app->fiber);
    trace_note(app, TRACE_PARK, status, until_ns);
    fiber_switch(app->kernel, app->fiber, &app->kernel->scheduler);
    timer_set(app, UINT64_MAX);
    trace_note(app, TRACE_RESUME, status, app->is_killed);
    app->status = APP_RUNNING;
}

/* ---- The loop ---- */

/* How long apps that are busy may keep the platform from telling what came to it. */
#define POLL_PERIOD_NS 1000000u

static bool is_poll_due(const struct kernel *kernel, uint64_t now_ns) {
    return now_ns >= kernel->poll_at_ns || (kernel->alarm_count > 0 && now_ns >= kernel->alarms[0]->at_ns);
}

/* The turn of a fiber is over, and it stands on none: it takes the app that is ready for longest, when that one needs a fiber and the scheduler has
   nothing to look after. */
static bool ready_take(struct fiber *fiber) {
    struct kernel *kernel = fiber->kernel;
    if (kernel->is_stopping || list_is_empty(&kernel->ready) || is_poll_due(kernel, clock_update(kernel))) {
        return false;
    }
    struct app *app = LIST_ENTRY(kernel->ready.next, struct app, ready_link);
    if (app->fiber != NULL) {
        return false;
    }
    list_remove(&app->ready_link);
    fiber->app = app;
    app->fiber = fiber;
    return true;
}

void schedule_fiber(void *argument) {
    struct fiber *fiber = argument;
    struct kernel *kernel = fiber->kernel;
    for (;;) {
        do {
            schedule_turn(kernel, fiber);
        } while (fiber->back == NULL && ready_take(fiber));
        struct fiber *back = fiber_back(fiber);
        fiber_push(kernel, fiber);
        fiber_end(kernel, fiber, back);
    }
}

/* One step of the app that is ready for longest: a new turn, or on with the one that it is in. */
static void ready_run(struct kernel *kernel) {
    struct app *app = LIST_ENTRY(kernel->ready.next, struct app, ready_link);
    list_remove(&app->ready_link);
    app->status = APP_RUNNING;
    fiber_switch(kernel, &kernel->scheduler, app->fiber != NULL ? app->fiber : fiber_take(kernel, app));
}

void kernel_run(struct kernel *kernel) {
    const struct machine *machine = kernel->machine;
    kernel->thread = machine->host->thread(machine->host->context);
    kernel->is_stopping = false;
    kernel->stop_at_ns = UINT64_MAX;
    while ((kernel->app_count > 0 || kernel->restart_count > 0) && !kernel->is_stopping) {
        uint64_t now_ns = clock_update(kernel);
        if (kernel->stop_at_ns != UINT64_MAX && (list_is_empty(&kernel->ready) || now_ns >= kernel->stop_at_ns)) {
            return;
        }
        alarm_run(kernel, now_ns);
        if (now_ns >= kernel->poll_at_ns) {
            machine->sleep(machine->context, now_ns);
            kernel->poll_at_ns = now_ns + POLL_PERIOD_NS;
        }
        if (!list_is_empty(&kernel->ready)) {
            ready_run(kernel);
            continue;
        }
        if (!machine->sleep(machine->context, kernel->alarm_count > 0 ? kernel->alarms[0]->at_ns : UINT64_MAX)) {
            return;
        }
    }
}

/* Those in a turn leave it on their own fibers. */
void kernel_end_apps(struct kernel *kernel) {
    children_end(kernel);
    LIST_EACH(link, &kernel->apps) {
        enum error error = app_kill(kernel, LIST_ENTRY(link, struct app, link)->number);
        ASSERT(error == ERROR_NONE);
    }
    while (kernel->app_count > 0) {
        ASSERT(!list_is_empty(&kernel->ready));
        ready_run(kernel);
    }
    children_forget(kernel);
    request_end_waiting(kernel);
}

void kernel_stop(struct kernel *kernel) {
    kernel->is_stopping = true;
}

void kernel_stop_when_idle(struct kernel *kernel, uint64_t until_ns) {
    kernel->stop_at_ns = until_ns;
}
