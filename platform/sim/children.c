/* Children: made by the platform or by each other, given grants that are derived of the maker's or the platform's, routed elsewhere, robbed, stopped
   with more patience or less, restarted when they fail, let go, and outliving who made them. What is expected of each is kept beside it. */
#include "platform/sim/sim.h"

#include "base/format.h"
#include "kernel/child_grants.h"
#include "kernel/state.h"
#include "tests/support/support.h"

#include <string.h>

#define MILLISECOND_NS 1000000ull
#define DELAY_NS_MAX   (60000 * MILLISECOND_NS)
#define LOOK_NS_MAX    (10 * MILLISECOND_NS) /* that pass while the kernel looks at its clock a few times */

/* ---- What is expected ---- */

/* The back-off: twice as long each time, up to a minute. */
static uint64_t delay_ns(const struct kin *kin) {
    uint64_t delay_ns = kin->restart_delay_ms * MILLISECOND_NS;
    for (uint32_t count = 1; count < kin->failure_count && delay_ns < DELAY_NS_MAX; count++) {
        delay_ns *= 2;
    }
    return delay_ns < DELAY_NS_MAX ? delay_ns : DELAY_NS_MAX;
}

static void kin_fails(struct sim *sim, struct kin *kin) {
    if (kin->is_stopped) {
        sim_fail(sim, "child %u was stopped, and is to be restarted", kin->number);
    }
    if (sim->now_ns - kin->started_at_ns >= DELAY_NS_MAX + LOOK_NS_MAX) {
        kin->failure_count = 0;
    }
    kin->failure_count = kin->child->restart_count == 1 ? 1 : kin->failure_count + 1;
    if (kin->failure_count > kin->restart_count_max) {
        sim_fail(sim, "child %u is restarted once more than %u times", kin->number, kin->restart_count_max);
    }
    kin->restart_at_ns = kin->child->alarm.at_ns;
    uint64_t expected_ns = sim->now_ns + delay_ns(kin);
    if (kin->restart_at_ns > expected_ns || kin->restart_at_ns + LOOK_NS_MAX < expected_ns) {
        sim_fail(sim, "child %u is restarted at %llu instead of %llu", kin->number, (unsigned long long)kin->restart_at_ns,
                 (unsigned long long)expected_ns);
    }
}

/* Whether it may have no memory, nothing to handle, no room for all that it was given, or no place among the apps. */
static bool may_lack(const struct sim *sim, const struct kin *kin) {
    const struct child *child = kin->child;
    return kin->is_limited || kin->may_lack || child->grant_count > child->limits.grant_count_max || kernel_app_count(sim->kernel) == APPS_MAX;
}

static void kin_clear(struct kin *kin) {
    *kin = (struct kin){0};
}

static void kin_release(struct kin *kin) {
    struct child *child = kin->child;
    kin->is_held = false;
    if (kin->has_ended) {
        kin_clear(kin);
    }
    child_release(child);
}

static void kin_ended(void *context, struct child *child, const struct app_end *end, bool is_final) {
    struct sim *sim = context;
    struct kin *kin = sim->kin;
    while (kin->child != child && kin < sim->kin + KIN_MAX - 1) {
        kin++;
    }
    if (kin->child != child || kin->has_ended) {
        sim_fail(sim, "a child ended twice");
    }
    sim_event(sim, "child %u ended in way %d with %d, %s: %s", kin->number, (int)end->kind, (int)end->exit_code, is_final ? "for good" : "this time",
              end->report);
    sim->ended_count++;
    sim->trapped_count += end->kind == APP_TRAPPED;
    bool may_be_unable = end->app == 0 && (sim->failure_count != 0 || may_lack(sim, kin));
    if (end->kind == APP_TRAPPED && !may_be_unable && !sim_report_is_expected(sim, kin->is_limited, end->report)) {
        sim_fail(sim, "child %u: %s (an address 0x9... is a line of programs/tests/chaos)", kin->number, end->report);
    }
    if (end->kind == APP_EXITED && end->exit_code != 0) {
        sim_fail(sim, "child %u exited with %d", kin->number, (int)end->exit_code);
    }
    if (!is_final) {
        kin_fails(sim, kin);
        return;
    }
    kin->has_ended = true;
    kin->restart_at_ns = 0;
    if (!kin->is_held) {
        kin_clear(kin);
    } else if (!sim->is_draining && sim_chance(sim, 30)) {
        kin_release(kin);
    }
}

static void kin_check(struct sim *sim, const struct kin *kin) {
    const struct child *child = kin->child;
    /* In the middle of its end, and of that of all, the kernel holds it, too. */
    bool is_ending = sim->is_ending || (child->state == CHILD_ENDED && child->group != NULL);
    if (!is_ending && child->hold_count != kin->is_held + kin->more_count) {
        sim_fail(sim, "child %u is held %u times", kin->number, child->hold_count);
    }
    if (kin->memory_bytes != 0 && child->group != NULL && child->group->budget.used_bytes > kin->memory_bytes) {
        sim_fail(sim, "child %u uses %llu bytes, and may use %llu", kin->number, (unsigned long long)child->group->budget.used_bytes,
                 (unsigned long long)kin->memory_bytes);
    }
}

/* Those that run were due, and those whose time is over are told so: alarms up to the kernel's clock have rung. */
void sim_children_check(struct sim *sim, bool has_rung) {
    for (uint32_t index = 0; index < KIN_MAX; index++) {
        struct kin *kin = &sim->kin[index];
        if (kin->child == NULL) {
            continue;
        }
        kin_check(sim, kin);
        if (kin->child->state != CHILD_RUNNING) {
            continue;
        }
        if (kin->restart_at_ns > sim->now_ns) {
            sim_fail(sim, "child %u is restarted before its time", kin->number);
        }
        kin->started_at_ns = kin->restart_at_ns != 0 ? sim->now_ns : kin->started_at_ns;
        kin->restart_at_ns = 0;
        bool is_late = kin->is_stopped && kin->dead_at_ns <= sim->kernel->clock->monotonic_ns;
        if (has_rung && is_late && !kin->child->app->is_killed) {
            sim_fail(sim, "child %u was to be ended by now", kin->number);
        }
    }
}

/* ---- Making ---- */

static struct kin *kin_any(struct sim *sim) {
    uint32_t first = sim_below(sim, KIN_MAX);
    for (uint32_t index = 0; index < KIN_MAX; index++) {
        struct kin *kin = &sim->kin[(first + index) % KIN_MAX];
        if (kin->child != NULL && !kin->has_ended) {
            return kin;
        }
    }
    return NULL;
}

/* What can be handed on to lead to this service, or to another one of its interface: the giver's, or a new one of the platform's, which is to be
   dropped afterwards. NULL: there is no memory. */
static struct capability *source_take(struct sim *sim, const struct child *giver, struct service *service, bool *is_new) {
    for (uint32_t index = 0; giver != NULL && index < giver->grant_count; index++) {
        struct capability *capability = giver->grants[index].capability;
        if (capability != NULL && memcmp(capability->service->interface, service->interface, INTERFACE_HASH_BYTES) == 0 && sim_chance(sim, 70)) {
            *is_new = false;
            return capability;
        }
    }
    *is_new = true;
    return service_grant(sim->kernel, service, 0);
}

static void source_drop(struct sim *sim, struct capability *source, bool is_new) {
    if (is_new && source != NULL) {
        service_grant_drop(sim->kernel, source);
    }
}

static bool kin_give(struct sim *sim, struct kin *kin, const struct child *giver, const char *label, struct service *service) {
    bool is_new;
    uint32_t failures = sim->failure_count, handle;
    struct capability *source = source_take(sim, giver, service, &is_new);
    if (source == NULL) {
        return false;
    }
    enum error error = child_give(kin->child, label, source, &handle);
    sim_event(sim, "child %u is given %s, %s: %s", kin->number, label, is_new ? "new" : "derived", error == ERROR_NONE ? "ok" : error_text(error));
    source_drop(sim, source, is_new);
    bool may_fail = error == ERROR_LIMIT || (error == ERROR_NO_MEMORY && sim->failure_count != failures);
    if (error != ERROR_NONE && !may_fail) {
        sim_fail(sim, "child %u cannot be given a grant: %s", kin->number, error_text(error));
    }
    return error == ERROR_NONE;
}

static bool kin_serves(const struct kin *kin) {
    for (uint32_t index = 0; index < kin->child->grant_count; index++) {
        if (kin->child->grants[index].service != NULL) {
            return true;
        }
    }
    return false;
}

/* One service at most, since the program expects no more. */
static void kin_serve(struct sim *sim, struct kin *kin) {
    uint32_t index = sim_below(sim, SERVICES);
    struct service *service = sim->passing != NULL && sim_chance(sim, 30) ? sim->passing : sim->services[index];
    if (kin_serves(kin)) {
        return;
    }
    bool is_served = service->app != NULL;
    enum error error = child_serve(kin->child, "serve", service);
    sim_event(sim, "child %u is to handle service %u: %s", kin->number, index, error == ERROR_NONE ? "ok" : error_text(error));
    kin->may_lack |= error == ERROR_NONE;
    if (is_served ? error != ERROR_ARGUMENT : error != ERROR_NONE && error != ERROR_LIMIT) {
        sim_fail(sim, "child %u cannot handle what nobody handles, or can handle what somebody does", kin->number);
    }
}

static void kin_run(struct sim *sim, struct kin *kin) {
    struct report report;
    report_init(&report);
    bool may_run = kin->child->state == CHILD_PREPARED;
    uint32_t failures = sim->failure_count;
    enum error error = child_run(kin->child, &report);
    sim_event(sim, "child %u runs: %s %s", kin->number, error == ERROR_NONE ? "ok" : error_text(error), report.text);
    kin->started_at_ns = may_run ? sim->now_ns : kin->started_at_ns;
    sim->started_count += error == ERROR_NONE;
    bool may_fail = sim->failure_count != failures || may_lack(sim, kin);
    if (may_run ? error != ERROR_NONE && !may_fail : error != ERROR_ARGUMENT) {
        sim_fail(sim, "child %u runs and should not, or the other way round: %s %s", kin->number, error_text(error), report.text);
    }
}

/* All that the program needs, and some of what it can use. */
static void kin_equip(struct sim *sim, struct kin *kin, const struct child *maker) {
    if (!kin_give(sim, kin, NULL, "observer", sim->observer)) {
        child_stop(kin->child, 0);
        return;
    }
    if (sim_chance(sim, 90)) {
        (void)kin_give(sim, kin, NULL, "clock", sim->clock);
    }
    for (uint32_t index = 0; index < SERVICES; index++) {
        if (sim_chance(sim, 70)) {
            (void)kin_give(sim, kin, maker, "service", sim->services[index]);
        }
    }
    if (sim_chance(sim, 40)) {
        kin_serve(sim, kin);
    }
    if (sim_chance(sim, 85)) {
        kin_run(sim, kin);
    }
}

static void kin_make(struct sim *sim) {
    struct kin *kin = sim->kin, *maker = sim_chance(sim, 60) ? kin_any(sim) : NULL;
    char seed[24];
    struct report report;
    report_init(&report);
    while (kin->child != NULL && kin < sim->kin + KIN_MAX - 1) {
        kin++;
    }
    if (kin->child != NULL) {
        return;
    }
    format(seed, sizeof seed, "%llu", (unsigned long long)(support_random(&sim->random) >> 1));
    const struct bytes arguments[] = {bytes_from_text("chaos"), bytes_from_text(seed), bytes_from_text("fragile")};
    bool owns_module = sim_chance(sim, 10);
    const struct child_options options = {.maker = maker != NULL ? maker->child : NULL,
                                          .module = owns_module ? NULL : sim->module,
                                          .program = owns_module ? sim->settings.program : (struct bytes){0},
                                          .name = "child",
                                          .arguments = arguments,
                                          .argument_count = sim_chance(sim, 50) ? 2 : 3,
                                          .limits = sim_limits_choose(sim),
                                          .restart_count_max = sim_below(sim, 4),
                                          .restart_delay_ms = sim_chance(sim, 80) ? sim_below(sim, 40) : sim_below(sim, 50000),
                                          .ended = kin_ended,
                                          .context = sim};
    uint32_t failures = sim->failure_count;
    bool is_limited = options.limits.memory_bytes != 0 || (maker != NULL && maker->is_limited);
    enum error error = child_make(sim->kernel, &options, &report, &kin->child);
    sim_event(sim, "a child of %u is made: %s %s", maker != NULL ? maker->number : 0, error == ERROR_NONE ? "ok" : error_text(error), report.text);
    if (error != ERROR_NONE) {
        kin_clear(kin);
        if (sim->failure_count == failures && !is_limited) {
            sim_fail(sim, "a child cannot be made: %s %s", error_text(error), report.text);
        }
        return;
    }
    kin->number = kin->child->number;
    kin->is_held = true;
    kin->memory_bytes = options.limits.memory_bytes;
    kin->is_limited = is_limited;
    kin->restart_count_max = options.restart_count_max;
    kin->restart_delay_ms = options.restart_delay_ms;
    kin_equip(sim, kin, maker != NULL ? maker->child : NULL);
}

/* ---- What happens to them ---- */

static void kin_revoke(struct sim *sim, const struct kin *kin) {
    struct child *child = kin->child;
    uint32_t index = child->grant_count != 0 ? sim_below(sim, child->grant_count) : 0;
    bool is_wrong = child->grant_count == 0 || child->grants[index].capability == NULL || sim_chance(sim, 5);
    bool is_place = child->grant_count != 0 && child->grants[index].capability == NULL;
    uint32_t handle = is_wrong && !is_place ? 0 : child_grant_handle(child, index);
    enum error error = child_revoke(child, handle);
    sim_event(sim, "child %u is robbed of %u: %s", kin->number, index, error == ERROR_NONE ? "ok" : error_text(error));
    if (is_wrong ? error != ERROR_NOT_FOUND : error != ERROR_NONE || !child->grants[index].capability->is_revoked) {
        sim_fail(sim, "child %u has what was revoked, or was robbed of nothing", kin->number);
    }
}

/* Whoever waits for its handler learns that there will be none. */
static void passing_release(struct sim *sim) {
    struct service *passing = sim->passing;
    sim->passing = NULL;
    service_release(sim->kernel, passing);
    LIST_EACH(link, &sim->kernel->services) {
        const struct service *service = LIST_ENTRY(link, struct service, link);
        if (service == passing && !list_is_empty(&service->waiting)) {
            sim_fail(sim, "requests wait for the handler of a service that was let go");
        }
    }
}

/* A service that somebody makes, hands out and lets go while others wait for its handler, or are it. */
static void passing_change(struct sim *sim, struct kin *kin) {
    static const uint8_t interface[INTERFACE_HASH_BYTES] = {30};
    uint32_t failures = sim->failure_count;
    if (sim->passing != NULL && sim_chance(sim, 30)) {
        sim_event(sim, "a service is let go");
        passing_release(sim);
    } else if (sim->passing != NULL) {
        (void)kin_give(sim, kin, NULL, "service", sim->passing);
    } else if (service_create(sim->kernel, interface, NULL, NULL, &sim->passing) != ERROR_NONE) {
        sim->passing = NULL;
        if (sim->failure_count == failures) {
            sim_fail(sim, "a service cannot be made");
        }
    }
}

static bool kin_has(const struct kin *kin, const struct service *service) {
    for (uint32_t index = 0; index < kin->child->grant_count; index++) {
        const struct capability *capability = kin->child->grants[index].capability;
        if (capability != NULL && memcmp(capability->service->interface, service->interface, INTERFACE_HASH_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/* Where it leads afterwards is looked up. */
static void route_look(struct sim *sim, const struct kin *kin, const struct service *to, const uint8_t *interface) {
    struct capability *now = child_route_now(kin->child, interface);
    if (now == NULL || now->service != to) {
        sim_fail(sim, "child %u was routed, and goes elsewhere", kin->number);
    }
    service_grant_drop(sim->kernel, now);
}

static void kin_route(struct sim *sim, const struct kin *kin) {
    struct service *service = sim->services[sim_below(sim, SERVICES)];
    const struct kin *giver = kin_any(sim);
    const uint8_t *interface = sim_chance(sim, 95) ? service->interface : sim->nobody->interface;
    bool is_new, has = kin_has(kin, service), is_wrong = interface != service->interface;
    uint32_t failures = sim->failure_count;
    struct capability *to = source_take(sim, giver != kin ? giver->child : NULL, service, &is_new);
    if (to == NULL) {
        return;
    }
    const struct service *led = to->service;
    enum error error = child_route(kin->child, interface, to), expected = is_wrong ? ERROR_ARGUMENT : has ? ERROR_NONE : ERROR_NOT_FOUND;
    sim_event(sim, "child %u is routed: %s", kin->number, error == ERROR_NONE ? "ok" : error_text(error));
    source_drop(sim, to, is_new);
    bool may_fail = error == ERROR_NO_MEMORY && sim->failure_count != failures;
    if (error != expected && !may_fail) {
        sim_fail(sim, "child %u is routed with %s instead of %s", kin->number, error_text(error), error_text(expected));
    }
    if (error == ERROR_NONE) {
        route_look(sim, kin, led, interface);
    }
}

static void kin_stop(struct sim *sim, struct kin *kin) {
    uint64_t patience_ms = sim_chance(sim, 30) ? 0 : 1 + sim_below(sim, sim_chance(sim, 80) ? 20 : 2000);
    struct child *child = kin->child;
    sim_event(sim, "child %u is to stop in %llu ms", kin->number, (unsigned long long)patience_ms);
    kin->is_stopped = true;
    kin->dead_at_ns = 0;
    child_hold(child); /* it may be forgotten */
    kin->more_count++;
    child_stop(child, patience_ms);
    if (kin->child == child) {
        kin->dead_at_ns = patience_ms != 0 ? sim->now_ns + patience_ms * MILLISECOND_NS : 0;
        kin->more_count--;
    }
    child_release(child);
}

static void kin_let_go(struct sim *sim, struct kin *kin) {
    if (kin->is_held) {
        sim_event(sim, "child %u is let go", kin->number);
        kin_release(kin);
    }
}

static void kin_kill(struct sim *sim, const struct kin *kin) {
    bool is_there = kin->child->state == CHILD_RUNNING;
    uint32_t number = kin->number;
    sim_event(sim, "child %u is to end", number);
    enum error error = app_kill(sim->kernel, number);
    if ((error == ERROR_NONE) != is_there) {
        sim_fail(sim, "child %u is ended: %s", number, error_text(error));
    }
}

/* One that has ended and is still remembered is asked for nothing, and let go. */
static void kin_forget_any(struct sim *sim) {
    for (uint32_t index = 0; index < KIN_MAX; index++) {
        struct kin *kin = &sim->kin[index];
        if (kin->child != NULL && kin->has_ended && kin->is_held) {
            uint32_t handle;
            struct capability *source = service_grant(sim->kernel, sim->observer, 0);
            child_stop(kin->child, 0);
            if (source != NULL && child_give(kin->child, "late", source, &handle) == ERROR_NONE) {
                sim_fail(sim, "child %u has ended and is given a grant", kin->number);
            }
            source_drop(sim, source, true);
            kin_let_go(sim, kin);
            return;
        }
    }
}

void sim_children_disturb(struct sim *sim) {
    struct kin *kin = kin_any(sim);
    uint32_t what = sim_below(sim, 100);
    if (kin == NULL || what < 35) {
        kin_forget_any(sim);
        kin_make(sim);
    } else if (what < 45) {
        kin_run(sim, kin);
    } else if (what < 55) {
        const struct kin *giver = kin_any(sim);
        (void)kin_give(sim, kin, giver != kin ? giver->child : NULL, "service", sim->services[sim_below(sim, SERVICES)]);
    } else if (what < 62) {
        kin_serve(sim, kin);
    } else if (what < 72) {
        kin_revoke(sim, kin);
    } else if (what < 84) {
        kin_route(sim, kin);
    } else if (what < 91) {
        kin_stop(sim, kin);
    } else if (what < 93) {
        kin_let_go(sim, kin);
    } else if (what < 97) {
        passing_change(sim, kin);
    } else {
        kin_kill(sim, kin);
    }
}

/* ---- The end ---- */

/* Those that never ran will not come to an end by themselves. */
void sim_children_drain(struct sim *sim) {
    for (uint32_t index = 0; index < KIN_MAX; index++) {
        struct kin *kin = &sim->kin[index];
        if (kin->child != NULL && !kin->has_ended && kin->child->state == CHILD_PREPARED) {
            kin->is_stopped = true;
            child_stop(kin->child, 0);
        }
    }
}

/* The kernel has forgotten all of them. */
void sim_children_end(struct sim *sim) {
    for (uint32_t index = 0; index < KIN_MAX; index++) {
        if (sim->kin[index].child != NULL && !sim->kin[index].has_ended) {
            sim_fail(sim, "nobody was told that child %u ended", sim->kin[index].number);
        }
        kin_clear(&sim->kin[index]);
    }
}
