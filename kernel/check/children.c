/* Rules of children: each is in one state and has what that says, its app has what it was given, and the budgets of groups add up. */
#include "kernel/check/rules.h"

#include "interfaces/log.h"
#include "kernel/child_grants.h"
#include "kernel/context.h"

/* ---- Groups ---- */

static bool group_is_above(const struct group *group, const struct child *child) {
    const struct group *at = child->group;
    while (at != NULL && at != group) {
        at = at->parent;
    }
    return at != NULL;
}

/* The first child in the list that is part of a group stands for it where each group is to be looked at once. */
static bool is_first_in(const struct check *check, const struct group *group, const struct child *child) {
    LIST_EACH(link, &check->kernel->children) {
        const struct child *other = LIST_ENTRY(link, struct child, link);
        if (group_is_above(group, other)) {
            return other == child;
        }
    }
    return false;
}

static uint64_t block_bytes(const void *block, uint64_t size) {
    return block == NULL ? 0 : size == 0 ? BUDGET_EMPTY_BLOCK_SIZE : size;
}

/* What a child itself is charged for to its group; *is_whole: that can be told. */
static uint64_t own_bytes(const struct child *child, bool *is_whole) {
    *is_whole &= !child->owns_module;
    return block_bytes(child->arguments, child->argument_count * sizeof *child->arguments) + block_bytes(child->program, child->program_size) +
           block_bytes(child->texts, child->text_bytes) + (child->app != NULL ? child->app->budget.used_bytes : 0);
}

/* Whether the kernel waits for answers of its own: a program that is being loaded belongs to a group, too. */
static bool has_asks(const struct check *check) {
    for (uint32_t index = 0; index < check->kernel->requests.chunk_count * REQUEST_CHUNK; index++) {
        if (check_request_at(check, index)->ask != NULL) {
            return true;
        }
    }
    return false;
}

static bool check_group(const struct check *check, const struct group *group, bool has_others) {
    uint32_t references = 0, windows = 0;
    uint64_t bytes = 0;
    bool is_whole = !has_others;
    LIST_EACH(link, &check->kernel->children) {
        const struct child *child = LIST_ENTRY(link, struct child, link);
        if (child->group == group) {
            references++;
            bytes += own_bytes(child, &is_whole);
            windows += child->app != NULL ? child->app->window_count : 0;
        }
        for (const struct group *below = child->group; below != NULL; below = below->parent) {
            if (below->parent == group && is_first_in(check, below, child)) {
                references++;
                bytes += below->budget.used_bytes;
                windows += below->window_count;
            }
        }
    }
    RULE(check, has_others ? group->reference_count >= references : group->reference_count == references,
         "a group is referred to %u times, and counts %u", references, group->reference_count);
    const struct budget *above = group->parent != NULL ? &group->parent->budget : check->kernel->budget;
    RULE(check, group->budget.parent == above, "the budget of a group is no part of that of the group above");
    RULE(check, group->window_count == windows && windows <= group->window_count_max, "the apps of a group see %u buffers, of %u, and %u are counted",
         windows, group->window_count_max, group->window_count);
    RULE(check, group->budget.used_bytes <= group->budget.limit_bytes, "a group uses more than its budget");
    RULE(check, is_whole ? group->budget.used_bytes == bytes : group->budget.used_bytes >= bytes,
         "a group has used %llu bytes, and %llu are accounted for", (unsigned long long)group->budget.used_bytes, (unsigned long long)bytes);
    return true;
}

/* Each group once, and what the system pays for it, or through it. */
static bool check_groups(struct check *check) {
    bool has_others = has_asks(check);
    LIST_EACH(link, &check->kernel->children) {
        const struct child *child = LIST_ENTRY(link, struct child, link);
        check->system_bytes += sizeof *child + (child->fault != NULL ? sizeof *child->fault : 0);
        for (const struct group *group = child->group; group != NULL; group = group->parent) {
            if (!is_first_in(check, group, child)) {
                continue;
            }
            if (!check_group(check, group, has_others)) {
                return false;
            }
            check->system_bytes += sizeof *group + (group->parent == NULL ? group->budget.used_bytes : 0);
        }
    }
    return true;
}

/* ---- What each was given ---- */

/* Who ended took the grants that it had made along: those are not said to be revoked. */
static bool check_given(const struct check *check, const struct child *child) {
    static const uint8_t log[] = LOG_HASH;
    const struct app *app = child->app;
    const struct capability *first_log = NULL;
    for (uint32_t index = 0; index < child->grant_count; index++) {
        const struct child_grant *given = &child->grants[index];
        const struct grant *shown = app != NULL ? &context_grants(app)[index] : NULL;
        RULE(check, (given->capability != NULL) != (given->service != NULL), "a grant of child %u is nothing, or two things", child->number);
        if (given->service != NULL) {
            RULE(check, app == NULL || (given->service->app == app && shown->flags == GRANT_SERVE),
                 "child %u does not handle what it was given to handle", child->number);
            continue;
        }
        bool is_log = memcmp(given->capability->service->interface, log, sizeof log) == 0;
        first_log = first_log == NULL && is_log && !given->capability->is_revoked ? given->capability : first_log;
        bool is_shown_revoked = shown != NULL && (shown->flags & GRANT_REVOKED) != 0;
        RULE(check, !is_shown_revoked || given->capability->is_revoked, "child %u is told that a grant was revoked that was not", child->number);
        RULE(check, shown == NULL || is_shown_revoked || !given->capability->is_revoked || given->capability->is_made,
             "child %u is not told that a grant was revoked", child->number);
    }
    RULE(check, app == NULL || app->context->grant_count == child->grant_count, "child %u is shown %u grants, and has %u", child->number,
         app == NULL ? 0 : app->context->grant_count, child->grant_count);
    RULE(check, app == NULL || first_log == NULL || app->log_capability == first_log, "the log of child %u goes elsewhere", child->number);
    RULE(check, app == NULL || app->context->clock == 0 || child_grants_show_clock(child), "child %u has a clock that it was not given",
         child->number);
    return true;
}

/* ---- States ---- */

static bool check_state(const struct check *check, const struct child *child) {
    bool is_running = child->state == CHILD_RUNNING, has_ended = child->state == CHILD_ENDED, is_due = child->alarm.place != 0;
    RULE(check, child->state <= CHILD_ENDED, "child %u is in no state", child->number);
    RULE(check, is_running == (child->app != NULL), "child %u is in state %u, and its app says otherwise", child->number, (unsigned)child->state);
    /* Who is told of its end may look while it still has all that the report is about. */
    bool has_nothing = child->group == NULL;
    RULE(check, has_ended || !has_nothing, "child %u has not ended, and has no group", child->number);
    RULE(check, !has_ended || child->hold_count > 0, "child %u has ended, and is remembered for nobody", child->number);
    RULE(check, !has_nothing || (child->grant_count == 0 && child->program == NULL && child->module == NULL), "child %u has ended, and has something",
         child->number);
    RULE(check, child->state == CHILD_RESTARTING ? is_due && !child->is_stopping : !is_due || (is_running && child->is_stopping),
         "child %u is in state %u, and its alarm says otherwise", child->number, (unsigned)child->state);
    RULE(check, child->restart_count <= child->restart_count_max, "child %u was restarted more often than it may be", child->number);
    RULE(check, !is_running || (check_app_lives(check, child->app) && child->app->number == child->number), "child %u runs as another app",
         child->number);
    RULE(check, !is_running || child->app->budget.parent == &child->group->budget, "the budget of child %u is no part of its group's", child->number);
    return true;
}

static bool check_maker(const struct check *check, const struct child *child) {
    uint32_t steps = 0, count = check_length(&check->kernel->children);
    for (const struct child *at = child; at != NULL && steps <= count; at = at->maker, steps++) {
        RULE(check, check_is_in(&check->kernel->children, &at->link), "child %u was made by one that is forgotten", child->number);
    }
    RULE(check, steps <= count, "child %u made itself", child->number);
    return true;
}

bool check_children(struct check *check) {
    const struct kernel *kernel = check->kernel;
    uint32_t restarting = 0;
    RULE(check, check_length(&kernel->children) != CHECK_LIST_MAX, "the list of children is broken");
    LIST_EACH(link, &kernel->children) {
        const struct child *child = LIST_ENTRY(link, struct child, link);
        restarting += child->state == CHILD_RESTARTING;
        if (!check_state(check, child) || !check_maker(check, child) || !check_given(check, child)) {
            return false;
        }
    }
    RULE(check, kernel->restart_count == restarting, "%u children wait for their restart, and %u are counted", restarting, kernel->restart_count);
    return check_groups(check);
}
