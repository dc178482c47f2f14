/* Rules of turns: an app is where its status says, a fiber is in one place, nobody sleeps who has something to do, and alarms are a heap. */
#include "kernel/check/rules.h"

#include "kernel/inbox.h"

/* Whether a fiber stands below the one that runs. */
static bool is_below_current(const struct kernel *kernel, const struct fiber *fiber) {
    for (const struct fiber *at = kernel->current->back; at != NULL; at = at->back) {
        if (at == fiber) {
            return true;
        }
    }
    return false;
}

/* Whether those who wait for each other are a circle: nobody would end that. */
static bool is_in_circle(const struct kernel *kernel, const struct app *app) {
    uint32_t steps = 0;
    for (const struct app *at = app; at != NULL && at->status == APP_CALLING && steps <= kernel->app_count; steps++) {
        at = at->calling != NULL ? at->calling->receiver : at->room_of;
    }
    return steps > kernel->app_count;
}

/* What the app waits for in the middle of a turn will come, or has come and it is ready. */
static bool check_parked(const struct check *check, const struct app *app) {
    const struct request *calling = app->calling;
    if (app->status == APP_WAITING) {
        RULE(check, !inbox_has_news(app), "app %u waits for a message, and has one", app->number);
        return true;
    }
    RULE(check, !is_in_circle(check->kernel, app), "app %u waits for somebody who waits for it", app->number);
    if (calling == NULL) {
        bool is_told = !list_is_empty(&app->room_link) || (app->waits_for_share && app->paid_count > app->paid_count_max);
        RULE(check, is_told, "app %u waits for room, and nobody will tell it", app->number);
        return true;
    }
    RULE(check, calling->state < REQUEST_ANSWERED && calling->lost == 0, "app %u waits for an answer, and has it", app->number);
    RULE(check, calling->sender == app && calling->state != REQUEST_FREE && calling->state != REQUEST_KEPT,
         "app %u waits for an answer that nobody owes", app->number);
    return true;
}

static bool check_fiber(const struct check *check, const struct app *app) {
    const struct kernel *kernel = check->kernel;
    const struct fiber *fiber = app->fiber;
    bool is_current = fiber == kernel->current, is_below = is_below_current(kernel, fiber);
    RULE(check, fiber->app == app, "the fiber of app %u is another one's, or free", app->number);
    RULE(check, !is_current || app->alarm.place == 0, "app %u runs, and its alarm is set", app->number);
    RULE(check, is_current == (app->status == APP_RUNNING), "app %u is in status %u, and %s", app->number, (unsigned)app->status,
         is_current ? "runs" : "does not run");
    RULE(check, is_below == fiber->is_under, "the fiber of app %u stands under another one, or does not know of it", app->number);
    RULE(check, !is_below || app->status == APP_CALLING, "app %u stands under what it called, and is in status %u", app->number,
         (unsigned)app->status);
    RULE(check, is_current || is_below || fiber->back == NULL, "the parked fiber of app %u stands on another one", app->number);
    RULE(check, app->status != APP_IDLE, "app %u is idle in the middle of its turn", app->number);
    RULE(check, is_current || app->pays_fiber, "app %u stands still on a fiber that it does not pay for", app->number);
    bool is_parked = !is_current && !is_below && app->status != APP_READY;
    RULE(check, !is_parked || !app->is_killed, "app %u was ended, and nobody lets it go on", app->number);
    return !is_parked || check_parked(check, app);
}

static bool check_app(const struct check *check, const struct app *app) {
    const struct kernel *kernel = check->kernel;
    RULE(check, app->status != APP_ENDING && app->status <= APP_ENDING, "app %u is in no status", app->number);
    bool has_any = inbox_has_news(app) || !list_is_empty(&app->shown) || app->pays_fiber || app->is_killed;
    RULE(check, app->is_marked || !has_any, "the end of a turn of app %u has something to look at, and would not", app->number);
    RULE(check, check_is_in(&kernel->ready, &app->ready_link) == (app->status == APP_READY),
         "app %u is in status %u, and the ready ones say otherwise", app->number, (unsigned)app->status);
    if (app->fiber != NULL) {
        return check_fiber(check, app);
    }
    RULE(check, app->status == APP_IDLE || app->status == APP_READY, "app %u is in status %u without a turn", app->number, (unsigned)app->status);
    RULE(check, !app->is_killed, "app %u was ended, and is still there", app->number);
    RULE(check, !app->pays_fiber, "app %u pays for a fiber between turns", app->number);
    RULE(check, app->calling == NULL && app->serving == NULL, "app %u is between turns and in a call", app->number);
    RULE(check, app->status != APP_IDLE || !inbox_has_news(app), "app %u is idle, and has something to look at", app->number);
    RULE(check, list_is_empty(&app->shown), "app %u is between turns, and something that it was shown is kept", app->number);
    return true;
}

static bool check_alarms(const struct check *check) {
    const struct kernel *kernel = check->kernel;
    uint32_t reserved = check_length(&kernel->children);
    for (uint32_t index = 0; index < kernel->alarm_count; index++) {
        const struct alarm *alarm = kernel->alarms[index];
        RULE(check, alarm->place == index + 1, "an alarm is set elsewhere, or twice");
        RULE(check, index == 0 || kernel->alarms[(index - 1) / 2]->at_ns <= alarm->at_ns, "an alarm comes before an earlier one");
    }
    LIST_EACH(link, &kernel->apps) {
        const struct app *app = LIST_ENTRY(link, struct app, link);
        uint32_t place = app->alarm.place;
        reserved += app->has_alarm;
        RULE(check, place == 0 || (app->has_alarm && place <= kernel->alarm_count && kernel->alarms[place - 1] == &app->alarm),
             "app %u wants to be woken, and has no alarm", app->number);
    }
    RULE(check,
         kernel->alarm_count <= kernel->alarm_reserved && reserved <= kernel->alarm_reserved && kernel->alarm_reserved <= kernel->alarm_capacity,
         "there is no room for all alarms");
    return true;
}

/* As many as are paid for, and in the pool those that nobody is in a turn on. */
static bool check_fiber_counts(const struct check *check) {
    const struct kernel *kernel = check->kernel;
    uint32_t payers = 0, used = 0, free_count = 0, least;
    bool is_counted = kernel->current == &kernel->scheduler;
    LIST_EACH(link, &kernel->apps) {
        const struct app *app = LIST_ENTRY(link, struct app, link);
        payers += app->pays_fiber;
        used += app->fiber != NULL;
        is_counted |= app->fiber == kernel->current;
        RULE(check, !app->pays_fiber || app->budget.used_bytes >= FIBER_BYTES, "app %u pays for a fiber, and its budget does not", app->number);
    }
    for (const struct fiber *fiber = kernel->fibers; fiber != NULL; fiber = fiber->next) {
        free_count++;
    }
    used += !is_counted; /* its turn has ended, or it is that of an app that is being made */
    least = FIBERS_KEPT + payers;
    RULE(check, kernel->fiber_payer_count == payers, "%u apps pay for a fiber, and %u are counted", payers, kernel->fiber_payer_count);
    RULE(check, kernel->fiber_count == used + free_count, "%u fibers are used and %u free, of %u", used, free_count, kernel->fiber_count);
    RULE(check, kernel->fiber_count >= least && kernel->fiber_count <= least + FIBERS_SPARE, "there are %u fibers, and %u apps pay for one",
         kernel->fiber_count, payers);
    return true;
}

static bool check_fibers(const struct check *check) {
    const struct kernel *kernel = check->kernel;
    for (const struct fiber *fiber = kernel->fibers; fiber != NULL; fiber = fiber->next) {
        RULE(check, fiber->app == NULL && fiber->back == NULL && !fiber->is_under && fiber != kernel->current, "a free fiber is in use");
    }
    for (const struct fiber *at = kernel->current; at != NULL; at = at->back) {
        RULE(check, at->back == NULL || at->back->is_under, "a fiber stands under another one, and does not know of it");
    }
    return true;
}

bool check_schedule(struct check *check) {
    const struct kernel *kernel = check->kernel;
    RULE(check, check_length(&kernel->apps) == kernel->app_count, "there are %u apps, and %u are counted", check_length(&kernel->apps),
         kernel->app_count);
    RULE(check, check_length(&kernel->ready) <= kernel->app_count, "more apps are ready than there are");
    LIST_EACH(link, &kernel->apps) {
        if (!check_app(check, LIST_ENTRY(link, struct app, link))) {
            return false;
        }
    }
    return check_fiber_counts(check) && check_fibers(check) && check_alarms(check);
}
