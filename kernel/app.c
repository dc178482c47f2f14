/* Apps. Each is a store, an instance and the pages of its context, and one budget pays for all of it. */
#include "kernel/app.h"

#include "base/bits.h"
#include "base/format.h"
#include "interfaces/log.h"
#include "kernel/buffer.h"
#include "kernel/calls.h"
#include "kernel/capability.h"
#include "kernel/complete.h"
#include "kernel/context.h"
#include "kernel/fiber.h"
#include "kernel/inbox.h"
#include "kernel/note.h"
#include "kernel/request.h"
#include "kernel/schedule.h"

/* ---- The end ---- */

/* Nobody handles what it handled; what it made ends with it. */
static void app_end_services(struct app *app) {
    LIST_EACH(link, &app->kernel->services) {
        struct service *service = LIST_ENTRY(link, struct service, link);
        if (service->app != app) {
            continue;
        }
        service->app = NULL;
        LIST_EACH(made, &service->capabilities) {
            struct capability *capability = LIST_ENTRY(made, struct capability, link);
            /* It may outlive who paid for it, and never fails: the system's budget is above all. */
            enum error error = budget_transfer(&app->budget, app->kernel->budget, sizeof *capability);
            ASSERT(error == ERROR_NONE);
            capability->payer = app->kernel->budget;
            list_remove(&capability->link);
            capability_end(capability);
        }
    }
    LIST_EACH(link, &app->gone) {
        capability_free(app->kernel, LIST_ENTRY(link, struct capability, gone_link));
    }
}

/* What came to it, and what it sent. */
static void app_end_requests(struct app *app) {
    struct kernel *kernel = app->kernel;
    LIST_EACH(link, &app->inbox) {
        struct request *request = LIST_ENTRY(link, struct request, link);
        if (request->state == REQUEST_QUEUED) {
            request_fail(kernel, request, ARGOS_HANDLER_GONE);
        } else {
            request_free(kernel, request);
        }
    }
    LIST_EACH(link, &app->owed) {
        request_fail(kernel, LIST_ENTRY(link, struct request, link), ARGOS_HANDLER_GONE);
    }
    LIST_EACH(link, &app->shown) {
        request_done(kernel, LIST_ENTRY(link, struct request, link));
    }
    request_drop_spare(app);
    LIST_EACH(link, &app->paid) {
        struct request *request = LIST_ENTRY(link, struct request, paid_link);
        if (request->sender == app) {
            request_cancel(kernel, request);
        } else if (request->state == REQUEST_WAITING && request->block.data != NULL) {
            request_free(kernel, request); /* nobody would pay for its block */
        }
    }
    inbox_room(app);
}

static void app_end_store(struct app *app) {
    const struct store_watch *watch = app->kernel->options.store_watch;
    if (app->store == NULL) {
        return;
    }
    if (watch != NULL) {
        watch->ends(watch->context, app->store);
    }
    wasm_store_destroy(app->store);
    app->store = NULL;
}

/* Everything that needs no other app; also of one that was never whole. */
static void app_free(struct app *app) {
    struct kernel *kernel = app->kernel;
    buffer_end_all(app);
    if (app->log_capability != NULL) {
        capability_drop(kernel, app->log_capability);
    }
    grant_table_end(app);
    if (app->paid_count_max != 0) {
        request_payer_ends(app);
        budget_refund(&app->budget, ((uint64_t)app->paid_count_max + REQUESTS_APART) * sizeof(struct request));
    }
    guest_end(app);
    app_end_store(app);
    context_end(app);
    budget_end(&app->budget);
    if (app->has_alarm) {
        alarm_unreserve(kernel);
    }
    kernel->app_count--;
    list_remove(&app->link);
    budget_release(kernel->budget, app, sizeof *app);
}

void app_end(struct app *app) {
    struct kernel *kernel = app->kernel;
    ASSERT(app->fiber == NULL && app->calling == NULL);
    app->status = APP_ENDING;
    trace_note(app, TRACE_APP_END, app->end.kind, (uint64_t)(int64_t)app->end.exit_code);
    timer_set(app, UINT64_MAX);
    list_remove(&app->ready_link);
    list_remove(&app->room_link);
    guest_end(app);
    app_end_services(app);
    app_end_requests(app);
    if (app->end.kind == APP_TRAPPED) {
        char line[sizeof app->report + 64];
        size_t length = format(line, sizeof line, "%s (app %u) ended: %s", app->name, app->number, app->report);
        kernel->machine->log(kernel->machine->context, line, length < sizeof line ? length : sizeof line - 1);
    }
    void (*ended)(void *, uint32_t, const struct app_end *) = app->ended;
    void *context = app->ended_context;
    uint32_t number = app->number;
    struct app_end end = app->end;
    end.turns = app->context->turn;
    end.app = number;
    char report[sizeof app->report];
    memcpy(report, app->report, sizeof report);
    end.report = report;
    app_free(app);
    if (ended != NULL) {
        ended(context, number, &end);
    }
}

/* Why the app trapped, as its report: what it did wrong itself says so already, and the trap says where. */
static void report_trap(struct app *app) {
    const struct wasm_trap *trap = wasm_store_trap(app->store);
    size_t length = format(NULL, 0, "%s", app->report);
    char place[sizeof app->report];
    const char *buffer = trap->kind == WASM_TRAP_MEMORY_BOUNDS ? buffer_fault(app, trap->address) : NULL;
    if (length == 0) {
        length = buffer != NULL ? format(app->report, sizeof app->report, "it touched %s: ", buffer) : 0;
        wasm_trap_describe(trap, app->report + length, sizeof app->report - length);
    } else if (trap->frame_count > 0) {
        wasm_frame_describe(&trap->frames[0], 0, place, sizeof place);
        format(app->report + length, sizeof app->report - length, ", called from %s", place);
    }
}

void app_end_of_turn(struct app *app, enum error error) {
    if (app->is_killed) {
        app->end = (struct app_end){.kind = APP_KILLED, .report = app->report};
        app_end(app);
        return;
    }
    struct kernel *kernel = app->kernel;
    kernel->trap = *wasm_store_trap(app->store);
    trace_note(app, TRACE_APP_TRAP, kernel->trap.kind, kernel->trap.frame_count != 0 ? kernel->trap.frames[0].offset : 0);
    if (error == ERROR_TRAP) {
        report_trap(app);
    } else if (app->report[0] == 0) {
        format(app->report, sizeof app->report, "its turn could not be run: %s", error_text(error));
    }
    app->end = (struct app_end){.kind = APP_TRAPPED, .error = error, .trap = error == ERROR_TRAP ? &kernel->trap : NULL};
    app_end(app);
}

void app_fail(struct app *app, const char *pattern, ...) {
    va_list arguments;
    va_start(arguments, pattern);
    format_list(app->report, sizeof app->report, pattern, arguments);
    va_end(arguments);
    wasm_store_fail(app->store, ERROR_ARGUMENT);
}

void app_misuse(struct app *app, const char *function, guest_address address) {
    app_fail(app, "%s was given the address 0x%x, where the app has no such memory", function, address);
}

void app_kill_it(struct app *app) {
    app->is_killed = app->is_marked = true;
    if (app->fiber != NULL) {
        schedule_resume(app);
        return;
    }
    app->end = (struct app_end){.kind = APP_KILLED};
    app_end(app);
}

enum error app_kill(struct kernel *kernel, uint32_t number) {
    LIST_EACH(link, &kernel->apps) {
        struct app *app = LIST_ENTRY(link, struct app, link);
        if (app->number == number) {
            app_kill_it(app);
            return ERROR_NONE;
        }
    }
    return ERROR_NOT_FOUND;
}

/* ---- The start ---- */

static uint32_t limit_or(uint32_t limit, uint32_t otherwise) {
    return limit == 0 ? otherwise : limit < COUNT_MAX ? limit : COUNT_MAX;
}

static struct app *app_create(struct kernel *kernel, const struct app_options *options) {
    struct app *app = budget_allocate_zeroed(kernel->budget, 1, sizeof *app);
    if (app == NULL) {
        return NULL;
    }
    struct list *lists[] = {&app->ready_link,   &app->inbox,     &app->owed,    &app->shown,          &app->paid, &app->gone,        &app->cancelled,
                            &app->room_waiters, &app->room_link, &app->windows, &app->window_notices, &app->lost, &app->paid_buffers};
    for (size_t index = 0; index < sizeof lists / sizeof lists[0]; index++) {
        list_init(lists[index]);
    }
    app->kernel = kernel;
    app->number = options->number != 0 ? options->number : ++kernel->next_number;
    app->group = options->group;
    app->alarm.ring = schedule_ring;
    app->ended = options->ended;
    app->ended_context = options->context;
    app->window_last = &app->windows;
    app->window_next = ADDRESS_BUFFERS;
    app->window_count_max = limit_or(options->limits.buffer_count_max, BUFFER_DEFAULT);
    app->window_count_max = app->window_count_max < BUFFER_MAX ? app->window_count_max : BUFFER_MAX;
    app->inbox_count_max = limit_or(options->limits.inbox_count_max, INBOX_DEFAULT);
    format(app->name, sizeof app->name, "%s", options->name);
    budget_init(&app->budget, options->budget != NULL ? options->budget : kernel->budget,
                options->limits.memory_bytes == 0 ? BUDGET_UNLIMITED : options->limits.memory_bytes);
    list_push_back(&kernel->apps, &app->link);
    kernel->app_count++;
    return app;
}

/* Its share of the pool of requests. */
static enum error app_reserve_requests(struct app *app, uint32_t count) {
    uint64_t bytes = ((uint64_t)count + REQUESTS_APART) * sizeof(struct request);
    if (budget_charge(&app->budget, bytes) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    if (request_reserve(app->kernel, count + REQUESTS_APART) != ERROR_NONE) {
        budget_refund(&app->budget, bytes);
        return ERROR_NO_MEMORY;
    }
    app->paid_count_max = count;
    return ERROR_NONE;
}

enum error app_make_store(struct app *app, const struct wasm_store_options *options) {
    const struct store_watch *watch = app->kernel->options.store_watch;
    struct wasm_store *store;
    enum error error = wasm_store_create(app->kernel->engine, &app->budget, options, &store);
    if (error != ERROR_NONE) {
        return error;
    }
    error = watch != NULL ? watch->begins(watch->context, store) : ERROR_NONE;
    if (error != ERROR_NONE) {
        wasm_store_destroy(store);
        return error;
    }
    app->store = store;
    return ERROR_NONE;
}

static enum error app_instantiate(struct app *app, const struct app_options *options, struct report *report) {
    struct kernel *kernel = app->kernel;
    const struct app_world *world = guest_world(kernel, options);
    if (world != NULL) {
        /* Its arguments are its world's affair: nobody sees its context. */
        struct app_options bare = *options;
        bare.argument_count = 0;
        enum error error = guest_begin(app, options, world, report);
        return error == ERROR_NONE ? context_begin(app, &bare, &(struct calls){0}, report) : error;
    }
    const struct wasm_store_options store_options = {
        .stack_bytes = STACK_DEFAULT, .compile = kernel->options.compile, .is_lent_stack = kernel->options.compile, .windows = true};
    enum error error = app_make_store(app, &store_options);
    if (error != ERROR_NONE) {
        return error;
    }
    struct calls calls;
    error = calls_create(app, &calls);
    if (error != ERROR_NONE) {
        return error;
    }
    /* The module's own start function may run. */
    struct fiber *fiber = fiber_take(kernel, app);
    fiber_lend(app, fiber);
    fiber_give(fiber);
    error = wasm_instance_create(app->store, options->module, calls_resolve, &calls, report, &app->instance);
    if (error == ERROR_NONE) {
        error = calls_bind(app, &calls, report);
    }
    return error == ERROR_NONE ? context_begin(app, options, &calls, report) : error;
}

/* The grants that it starts with, in the order of the context's array. */
static enum error app_take_grants(struct app *app, const struct app_options *options) {
    for (uint32_t index = 0; index < options->grant_count; index++) {
        const struct app_grant *grant = &options->grants[index];
        struct grant_entry *entry;
        uint32_t handle = grant_add(app, &entry);
        if (handle == 0) {
            return ERROR_LIMIT;
        }
        if (grant->serves && (grant->service->app != NULL || grant->service->receive != NULL)) {
            return ERROR_ARGUMENT;
        }
        if (grant->serves) {
            entry->service = grant->service;
            grant->service->reference_count++;
            grant->service->app = app;
            grant->service->serve_handle = handle;
        } else if (grant->capability != NULL) {
            entry->capability = capability_copy(grant->capability);
        } else {
            entry->capability = capability_make(app->kernel, grant->service, 0, false);
            if (entry->capability == NULL) {
                return ERROR_NO_MEMORY;
            }
        }
        context_put_grant(app, app->context->grant_count, entry, grant->label, handle);
    }
    return ERROR_NONE;
}

static void app_take_waiting(struct app *app, const struct app_options *options) {
    for (uint32_t index = 0; index < options->grant_count; index++) {
        if (options->grants[index].serves) {
            inbox_take_waiting(app, options->grants[index].service);
        }
    }
}

/* What its `log` goes to. */
static enum error app_take_log(struct app *app, const struct app_options *options) {
    static const uint8_t log[] = LOG_HASH;
    struct service *service = options->log;
    for (uint32_t index = 0; index < options->grant_count && service == NULL; index++) {
        const struct app_grant *grant = &options->grants[index];
        bool is_usable = !grant->serves && (grant->capability == NULL || !grant->capability->is_revoked);
        if (!is_usable || memcmp(grant->service->interface, log, sizeof log) != 0) {
            continue;
        }
        if (grant->capability != NULL) {
            app->log_capability = capability_copy(grant->capability);
            return ERROR_NONE;
        }
        service = grant->service;
    }
    if (service == NULL) {
        return ERROR_NONE;
    }
    app->log_capability = capability_make(app->kernel, service, 0, false);
    return app->log_capability != NULL ? ERROR_NONE : ERROR_NO_MEMORY;
}

static enum error app_build(struct app *app, const struct app_options *options, struct report *report) {
    struct kernel *kernel = app->kernel;
    enum error error = alarm_reserve(kernel);
    app->has_alarm = error == ERROR_NONE;
    if (error == ERROR_NONE) {
        error = app_reserve_requests(app, limit_or(options->limits.sent_count_max, SENT_DEFAULT));
    }
    if (error == ERROR_NONE) {
        error = grant_table_begin(app, limit_or(options->limits.grant_count_max, GRANT_COUNT_DEFAULT));
    }
    if (error == ERROR_NONE) {
        error = app_take_log(app, options);
    }
    if (error == ERROR_NONE) {
        error = app_instantiate(app, options, report);
    }
    return error == ERROR_NONE ? app_take_grants(app, options) : error;
}

enum error app_make(struct kernel *kernel, const struct app_options *options, struct report *report, struct app **out) {
    uint32_t count_max = kernel->options.app_count_max == 0 ? APP_COUNT_DEFAULT : kernel->options.app_count_max;
    if (kernel->app_count >= count_max) {
        return report_fail(report, ERROR_LIMIT, REPORT_NO_OFFSET, "there are %u apps, which is the most", kernel->app_count);
    }
    struct app *app = app_create(kernel, options);
    if (app == NULL) {
        return ERROR_NO_MEMORY;
    }
    enum error error = app_build(app, options, report);
    if (error == ERROR_TRAP) {
        report_trap(app);
        report_fail(report, error, REPORT_NO_OFFSET, "%s", app->report);
    }
    if (error != ERROR_NONE) {
        app_end_services(app);
        app_free(app);
        return error;
    }
    app_take_waiting(app, options);
    *out = app;
    trace_note(app, TRACE_APP_START, app->budget.used_bytes, options->grant_count);
    schedule_start(app);
    return ERROR_NONE;
}

enum error app_start(struct kernel *kernel, const struct app_options *options, struct report *report, uint32_t *number) {
    struct app *app;
    enum error error = app_make(kernel, options, report, &app);
    *number = error == ERROR_NONE ? app->number : 0;
    return error;
}

uint32_t kernel_app_count(const struct kernel *kernel) {
    return kernel->app_count;
}
