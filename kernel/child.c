/* Children: their making, their runs and their end. What one was given is in child_grants.c. */
#include "kernel/child.h"

#include "base/bytes.h"
#include "base/format.h"
#include "kernel/app.h"
#include "kernel/capability.h"
#include "kernel/child_grants.h"
#include "kernel/children.h"
#include "kernel/group.h"
#include "kernel/inbox.h"
#include "kernel/schedule.h"
#include "kernel/trace.h"

#define MILLISECOND_NS       1000000ull
#define STEADY_NS            (60000 * MILLISECOND_NS) /* who runs for so long has not failed at its start */
#define RESTART_DELAY_NS_MAX (60000 * MILLISECOND_NS)

static void child_ring(struct alarm *alarm);

/* ---- Making ---- */

static enum error program_take(struct child *child, const struct child_options *options, struct report *report) {
    if (options->module != NULL) {
        child->module = options->module; /* the platform's: nobody asks for its hash, which may take long to make */
        return ERROR_NONE;
    }
    child->program = budget_allocate(&child->group->budget, options->program.size);
    if (child->program == NULL) {
        return ERROR_NO_MEMORY;
    }
    child->program_size = options->program.size;
    memcpy(child->program, options->program.data, options->program.size);
    const struct bytes bytes = {child->program, child->program_size};
    sha256(bytes, child->hash);
    enum error error = wasm_module_create(child->kernel->engine, &child->group->budget, bytes, report, &child->module);
    child->owns_module = error == ERROR_NONE;
    return error;
}

static enum error arguments_take(struct child *child, const struct child_options *options) {
    for (uint32_t index = 0; index < options->argument_count; index++) {
        child->text_bytes += options->arguments[index].size;
    }
    if (child->text_bytes > CHILD_ARGUMENTS_MAX) {
        child->text_bytes = 0;
        return ERROR_LIMIT;
    }
    child->arguments = budget_allocate_zeroed(&child->group->budget, options->argument_count, sizeof *child->arguments);
    child->argument_count = child->arguments != NULL ? options->argument_count : 0;
    child->texts = budget_allocate(&child->group->budget, child->text_bytes);
    if (child->arguments == NULL || child->texts == NULL) {
        return ERROR_NO_MEMORY;
    }
    uint8_t *text = child->texts;
    for (uint32_t index = 0; index < options->argument_count; index++) {
        const struct bytes argument = options->arguments[index];
        if (argument.size != 0) {
            memcpy(text, argument.data, argument.size);
        }
        child->arguments[index] = (struct bytes){text, argument.size};
        text += argument.size;
    }
    return ERROR_NONE;
}

/* All that it has while it may run, and what is charged to its group. */
static void child_drop_all(struct child *child) {
    struct kernel *kernel = child->kernel;
    child_grants_end(child);
    if (child->owns_module) {
        wasm_module_destroy(child->module);
    }
    if (child->group != NULL) {
        struct budget *budget = &child->group->budget;
        budget_release(budget, child->program, child->program != NULL ? child->program_size : 0);
        budget_release(budget, child->texts, child->texts != NULL ? child->text_bytes : 0);
        budget_release(budget, child->arguments, child->argument_count * sizeof *child->arguments);
        group_drop(kernel, child->group);
    }
    child->owns_module = false;
    child->module = NULL;
    child->program = child->texts = NULL;
    child->arguments = NULL;
    child->argument_count = 0;
    child->group = NULL;
}

/* Nobody holds it, and it has ended. */
static void child_forget(struct child *child) {
    struct kernel *kernel = child->kernel;
    ASSERT(child->state == CHILD_ENDED && child->hold_count == 0);
    LIST_EACH(link, &kernel->children) {
        struct child *other = LIST_ENTRY(link, struct child, link);
        other->maker = other->maker == child ? child->maker : other->maker;
    }
    list_remove(&child->link);
    alarm_set(kernel, &child->alarm, UINT64_MAX);
    alarm_unreserve(kernel);
    budget_release(kernel->budget, child->fault, child->fault != NULL ? sizeof *child->fault : 0);
    budget_release(kernel->budget, child, sizeof *child);
}

static enum error child_fill(struct child *child, const struct child_options *options, struct report *report) {
    struct group *parent = options->maker != NULL ? options->maker->group : NULL;
    struct budget *above = options->budget != NULL ? options->budget : child->kernel->budget;
    child->group = group_make(child->kernel, parent, above, options->limits.memory_bytes, options->buffer_count_max);
    if (child->group == NULL) {
        return ERROR_NO_MEMORY;
    }
    enum error error = arguments_take(child, options);
    return error == ERROR_NONE ? program_take(child, options, report) : error;
}

enum error child_make(struct kernel *kernel, const struct child_options *options, struct report *report, struct child **out) {
    if (bytes_from_text(options->name).size > CHILD_NAME_MAX) {
        return ERROR_LIMIT;
    }
    struct child *child = budget_allocate_zeroed(kernel->budget, 1, sizeof *child);
    if (child == NULL || alarm_reserve(kernel) != ERROR_NONE) {
        budget_release(kernel->budget, child, child != NULL ? sizeof *child : 0);
        return ERROR_NO_MEMORY;
    }
    child->kernel = kernel;
    child->maker = options->maker;
    child->hold_count = 1;
    child->alarm.ring = child_ring;
    child->limits = options->limits;
    child->limits.memory_bytes = 0; /* its group has it */
    child->world = options->world;
    child->world_settings = options->world_settings;
    child->restart_count_max = options->restart_count_max;
    child->restart_delay_ms = options->restart_delay_ms;
    child->ended = options->ended;
    child->context = options->context;
    format(child->name, sizeof child->name, "%s", options->name);
    child->number = ++kernel->next_number;
    list_push_back(&kernel->children, &child->link);
    enum error error = child_fill(child, options, report);
    if (error != ERROR_NONE) {
        child_drop_all(child);
        child->state = CHILD_ENDED;
        child->hold_count = 0;
        child_forget(child);
        return error;
    }
    *out = child;
    return ERROR_NONE;
}

/* ---- The end ---- */

static void events_note(struct child *child) {
    struct trace_event events[CHILD_EVENTS_MAX];
    struct child_fault *fault = child->fault;
    fault->event_count = kernel_trace(child->kernel, child->number, events, CHILD_EVENTS_MAX);
    for (uint32_t index = 0; index < fault->event_count; index++) {
        trace_describe(&events[index], fault->events[index], sizeof fault->events[index]);
    }
}

static void fault_note(struct child *child, const struct app_end *end) {
    if (child->fault == NULL) {
        child->fault = budget_allocate(child->kernel->budget, sizeof *child->fault);
    }
    if (child->fault == NULL) {
        return;
    }
    struct child_fault *fault = child->fault;
    format(fault->report, sizeof fault->report, "%s", end->report);
    events_note(child);
    fault->frame_count = end->trap == NULL ? 0 : end->trap->frame_count < WASM_TRAP_FRAMES_MAX ? end->trap->frame_count : WASM_TRAP_FRAMES_MAX;
    for (uint32_t index = 0; index < fault->frame_count; index++) {
        const struct wasm_frame *from = &end->trap->frames[index];
        struct child_frame *to = &fault->frames[index];
        const struct bytes name = from->module != NULL ? wasm_module_function_name(from->module, from->function_index) : (struct bytes){0};
        *to = (struct child_frame){.index = from->function_index, .offset = from->offset};
        to->function_size = (uint32_t)(name.size <= sizeof to->function ? name.size : 0);
        if (to->function_size != 0) {
            memcpy(to->function, name.data, name.size);
        }
    }
}

static void child_end(struct child *child, enum child_reason reason, const struct app_end *end) {
    child->state = CHILD_ENDED;
    child->reason = (uint8_t)reason;
    alarm_set(child->kernel, &child->alarm, UINT64_MAX);
    child->hold_count++;
    if (child->ended != NULL) {
        child->ended(child->context, child, end, true);
    }
    child_drop_all(child);
    child_release(child);
}

/* How long it waits before it is restarted this time. */
static uint64_t restart_delay_ns(const struct child *child) {
    uint64_t delay_ns = child->restart_delay_ms * MILLISECOND_NS;
    for (uint32_t count = 1; count < child->restart_count && delay_ns < RESTART_DELAY_NS_MAX; count++) {
        delay_ns *= 2;
    }
    return delay_ns < RESTART_DELAY_NS_MAX ? delay_ns : RESTART_DELAY_NS_MAX;
}

static uint64_t now_ns(const struct child *child) {
    const struct machine *machine = child->kernel->machine;
    return machine->monotonic_ns(machine->context);
}

static bool restart_set(struct child *child) {
    if (child->is_stopping) {
        return false;
    }
    uint64_t at_ns = now_ns(child);
    if (at_ns - child->started_at_ns >= STEADY_NS) {
        child->restart_count = 0;
    }
    if (child->restart_count == child->restart_count_max) {
        return false;
    }
    child->restart_count++;
    child->restarts++;
    alarm_set(child->kernel, &child->alarm, at_ns + restart_delay_ns(child));
    child->state = CHILD_RESTARTING;
    child->kernel->restart_count++;
    return true;
}

/* Its app is gone, with all that it had. */
static void child_app_ended(void *context, uint32_t number, const struct app_end *end) {
    struct child *child = context;
    ASSERT(child->state == CHILD_RUNNING && number == child->number);
    child->app = NULL;
    child->state = CHILD_PREPARED; /* until it is said what comes next */
    child->turns += end->turns;
    child->exit_code = end->exit_code;
    if (end->kind == APP_TRAPPED) {
        fault_note(child, end);
    }
    if (end->kind == APP_EXITED) {
        child_end(child, child->is_stopping ? CHILD_STOPPED : CHILD_EXITED, end);
    } else if (end->kind == APP_KILLED) {
        child_end(child, CHILD_KILLED, end);
    } else if (!restart_set(child)) {
        child_end(child, CHILD_FAULTED, end);
    } else if (child->ended != NULL) {
        child->ended(child->context, child, end, false);
    }
}

/* ---- Running ---- */

static enum error app_of_child(struct child *child, struct report *report) {
    struct app_grant grants[CHILD_GRANTS_MAX];
    child_grants_list(child, grants);
    const struct app_options options = {.group = child->group,
                                        .module = child->module,
                                        .budget = &child->group->budget,
                                        .number = child->number,
                                        .name = child->name,
                                        .arguments = child->arguments,
                                        .argument_count = child->argument_count,
                                        .grants = grants,
                                        .grant_count = child->grant_count,
                                        .limits = child->limits,
                                        .world = child->world,
                                        .world_settings = child->world_settings,
                                        .has_clock = child_grants_show_clock(child),
                                        .ended = child_app_ended,
                                        .context = child};
    enum error error = app_make(child->kernel, &options, report, &child->app);
    if (error == ERROR_NONE) {
        child->state = CHILD_RUNNING;
        child->started_at_ns = now_ns(child);
    }
    return error;
}

enum error child_run(struct child *child, struct report *report) {
    return child->state == CHILD_PREPARED ? app_of_child(child, report) : ERROR_ARGUMENT;
}

static void child_restart(struct child *child) {
    struct report report;
    report_init(&report);
    child->kernel->restart_count--;
    enum error error = app_of_child(child, &report);
    if (error != ERROR_NONE) {
        struct app_end end = {.kind = APP_TRAPPED, .report = report.error != ERROR_NONE ? report.text : error_text(error)};
        child_end(child, CHILD_UNABLE, &end);
    }
}

static void child_ring(struct alarm *alarm) {
    struct child *child = LIST_ENTRY(alarm, struct child, alarm);
    if (child->state == CHILD_RESTARTING) {
        child_restart(child);
    } else if (child->state == CHILD_RUNNING) {
        app_kill_it(child->app);
    }
}

void child_stop(struct child *child, uint64_t patience_ms) {
    static const struct app_end never = {.kind = APP_KILLED, .report = ""};
    child->is_stopping = true;
    if (child->state == CHILD_RESTARTING) {
        child->kernel->restart_count--;
    }
    if (child->state == CHILD_RESTARTING || child->state == CHILD_PREPARED) {
        child_end(child, CHILD_STOPPED, &never);
    } else if (child->state == CHILD_RUNNING && patience_ms == 0) {
        app_kill_it(child->app);
    } else if (child->state == CHILD_RUNNING) {
        inbox_notify(child->app, NOTICE_STOP);
        alarm_set(child->kernel, &child->alarm, now_ns(child) + patience_ms * MILLISECOND_NS);
    }
}

void child_hold(struct child *child) {
    child->hold_count++;
}

void child_release(struct child *child) {
    ASSERT(child->hold_count > 0);
    child->hold_count--;
    if (child->hold_count == 0 && child->state == CHILD_ENDED) {
        child_forget(child);
    }
}

void children_end(struct kernel *kernel) {
    /* First all are held: the end of one may release another. */
    LIST_EACH(link, &kernel->children) {
        LIST_ENTRY(link, struct child, link)->hold_count++;
    }
    LIST_EACH(link, &kernel->children) {
        child_stop(LIST_ENTRY(link, struct child, link), 0);
    }
}

void children_forget(struct kernel *kernel) {
    while (!list_is_empty(&kernel->children)) {
        struct child *child = LIST_ENTRY(kernel->children.next, struct child, link);
        child->hold_count = 0;
        child_forget(child);
    }
}
