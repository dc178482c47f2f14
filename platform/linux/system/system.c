/* Systems. The routes are those of --grant in their order, with the log before them, which every app has; then each --wrap puts a program before what
   was there. Programs of a system get the log, and what they are between. */
#include "platform/linux/system/system.h"

#include "base/assert.h"
#include "base/report.h"
#include "interfaces/log.h"
#include "platform/linux/message.h"
#include "platform/linux/system/trace.h"
#include "platform/linux/system/wants.h"

#include <signal.h>
#include <string.h>

#define FINISH_NS        1000000000u
#define RESTART_DELAY_MS 100u
#define APP_BUFFERS_MAX  8192u /* half of all that a kernel has; and as many for the others */
#define PART_BUFFERS_MAX (APP_BUFFERS_MAX / SYSTEM_PARTS_MAX)

static const uint8_t log_hash[] = LOG_HASH;

/* ---- Routes ---- */

static struct system_route *route_find(struct system *system, const uint8_t interface[INTERFACE_HASH_BYTES]) {
    for (uint32_t index = 0; index < system->route_count; index++) {
        if (memcmp(system->routes[index].interface.hash, interface, INTERFACE_HASH_BYTES) == 0) {
            return &system->routes[index];
        }
    }
    return NULL;
}

const struct system_route *system_route_find(const struct system *system, const uint8_t interface[INTERFACE_HASH_BYTES]) {
    return route_find((struct system *)(uintptr_t)system, interface);
}

static struct system_route *route_add(struct system *system, const struct interface_name *interface) {
    struct system_route *route = &system->routes[system->route_count++];
    *route = (struct system_route){.interface = *interface, .row = service_row_find(interface->hash)};
    return route;
}

/* ---- Programs ---- */

/* NAME or NAME=ARGUMENT. */
static struct bytes option_name(const char *word) {
    return (struct bytes){(const uint8_t *)word, strcspn(word, "=")};
}

static const char *option_argument(const char *word) {
    const char *equals = strchr(word, '=');
    return equals != NULL ? equals + 1 : NULL;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void part_begin(struct system_part *part, struct system *system, const char *path) {
    *part = (struct system_part){.system = system, .path = path, .name = base_name(path)};
}

/* Reads the program, and keeps it until the system ends. */
static struct system_part *part_load(struct system *system, const char *path) {
    struct budget *budget = &system->run->budget;
    struct system_part *part = budget_allocate_zeroed(budget, 1, sizeof *part);
    struct report report;
    report_init(&report);
    if (part == NULL) {
        message_of_file(path, "there is no memory for it");
        return NULL;
    }
    part_begin(part, system, path);
    system->parts[system->part_count++] = part;
    enum error error = program_read(&part->program, path, budget, &report);
    if (error == ERROR_NONE) {
        part->program.engine = system->run->program.engine;
        error = program_decode(&part->program, &report);
    }
    if (error != ERROR_NONE) {
        message_report(path, &report);
        return NULL;
    }
    part->module = part->program.module;
    return part;
}

static void part_end(struct system_part *part) {
    part->program.engine = NULL;
    program_end(&part->program);
    budget_release(&part->system->run->budget, part, sizeof *part);
}

static int part_fail(const struct system_part *part, enum error error, const struct report *report) {
    const struct run *run = part->system->run;
    const char *what = report->error != ERROR_NONE                  ? report->text
                       : error != ERROR_NO_MEMORY                   ? error_text(error)
                       : part == &part->system->app && !run->is_app ? "there is no room for its stack, arguments and environment"
                                                                    : "there is no room for it";
    const struct app_end end = {.kind = APP_TRAPPED, .error = error, .report = what};
    return run_fail_end(run, part->path, &end);
}

/* By --timeout, which says so itself. */
static bool is_stopped(const struct app_end *end) {
    return end->trap != NULL && end->trap->kind == WASM_TRAP_STOPPED;
}

/* Says how it ended, and whether it comes again; the end of the app is the end of all. */
static void part_ended(void *context, struct child *child, const struct app_end *end, bool is_final) {
    struct system_part *part = context;
    struct system *system = part->system;
    (void)child;
    int code = end->exit_code & 0xFF; /* all that the host passes on */
    if (end->kind == APP_TRAPPED && !is_stopped(end)) {
        code = run_fail_end(system->run, part->path, end);
        if (end->app != 0 && system->run->is_app) {
            trace_tell(system->kernel, end->app);
        }
        if (!is_final) {
            message_of_file(part->path, "it is started again");
        }
    }
    if (part == &system->app && is_final) {
        system->has_ended = true;
        system->code = code;
        /* Those that serve it finish what it left them: the last lines of its log, say. */
        const struct machine *machine = &system->machine.machine;
        kernel_stop_when_idle(system->kernel, machine->monotonic_ns(machine->context) + FINISH_NS);
    }
}

int system_part_make(struct system_part *part, const struct bytes *arguments, uint32_t argument_count) {
    char name[CHILD_NAME_MAX + 1];
    struct report report;
    report_init(&report);
    snprintf(name, sizeof name, "%s", part->name);
    const struct run *run = part->system->run;
    bool is_guest = part == &part->system->app && !run->is_app;
    const struct child_options options = {.budget = &part->system->run->budget,
                                          .module = part->module,
                                          .world = is_guest ? &wasi_world : NULL,
                                          .world_settings = is_guest ? &run->settings : NULL,
                                          .limits = {.stack_bytes = is_guest ? run->line->stack_bytes : 0},
                                          .buffer_count_max = part == &part->system->app ? APP_BUFFERS_MAX : PART_BUFFERS_MAX,
                                          .name = name,
                                          .arguments = arguments,
                                          .argument_count = argument_count,
                                          .restart_count_max = run->line->restart_count,
                                          .restart_delay_ms = RESTART_DELAY_MS,
                                          .ended = part_ended,
                                          .context = part};
    enum error error = child_make(part->system->kernel, &options, &report, &part->child);
    return error == ERROR_NONE ? COMMAND_DONE : part_fail(part, error, &report);
}

enum error system_part_give(struct system_part *part, const struct interface_name *interface, struct capability *grant) {
    uint32_t handle;
    return child_give(part->child, interface->name, grant, &handle);
}

int system_part_run(struct system_part *part) {
    struct report report;
    report_init(&report);
    enum error error = child_run(part->child, &report);
    return error == ERROR_NONE ? COMMAND_DONE : part_fail(part, error, &report);
}

/* Starts a program that serves an interface; `before` is what handled it until now, or NULL. */
static int part_start(struct system *system, const char *path, const struct system_route *route, struct service *serves) {
    struct system_part *part = part_load(system, path);
    if (part == NULL) {
        return COMMAND_REFUSED;
    }
    const struct system_route *log = system_route_find(system, log_hash);
    const struct bytes arguments[] = {bytes_from_text(part->name)};
    int code = system_part_make(part, arguments, 1);
    if (code != COMMAND_DONE) {
        return code;
    }
    struct report report;
    report_init(&report);
    enum error error = child_serve(part->child, route->interface.name, serves);
    if (error == ERROR_NONE && route->grant != NULL) {
        error = system_part_give(part, &route->interface, route->grant);
    }
    if (error == ERROR_NONE && route != log) {
        error = system_part_give(part, &log->interface, log->grant);
    }
    return error == ERROR_NONE ? system_part_run(part) : part_fail(part, error, &report);
}

static int host_fail(enum error error) {
    message("the system could not be made: %s", error_text(error));
    return COMMAND_HOST;
}

/* ---- Options ---- */

/* Who is granted the interface from now on is led to this service. */
static int route_lead(struct system *system, struct system_route *route, struct service *service) {
    struct capability *grant = service_grant(system->kernel, service, 0);
    if (grant == NULL) {
        return host_fail(ERROR_NO_MEMORY);
    }
    if (route->grant != NULL) {
        service_grant_drop(system->kernel, route->grant);
    }
    route->grant = grant;
    return COMMAND_DONE;
}

/* Starts a program that serves the interface for the app, with what handled it before as its own. */
static int route_put_between(struct system *system, struct system_route *route, const char *path) {
    struct service *service;
    enum error error = service_create(system->kernel, route->interface.hash, NULL, NULL, &service);
    int code = error == ERROR_NONE ? part_start(system, path, route, service) : host_fail(error);
    return code == COMMAND_DONE ? route_lead(system, route, service) : code;
}

static int route_begin_own(struct system *system, struct system_route *route) {
    if (route->row == NULL) {
        message("nobody here handles %s; write --grant %s=PROGRAM.wasm for a program that does", route->interface.name, route->interface.name);
        return COMMAND_USAGE;
    }
    struct service *service;
    enum error error = route->row->create(&system->services, &service, &route->handler);
    return error == ERROR_NONE ? route_lead(system, route, service) : host_fail(error);
}

static bool has_room(const struct system *system, const char *word) {
    if (system->route_count < SYSTEM_ROUTES_MAX && system->part_count < SYSTEM_PARTS_MAX) {
        return true;
    }
    message("%s is one too many: at most %d interfaces can be granted, and %d programs be put between", word, SYSTEM_ROUTES_MAX, SYSTEM_PARTS_MAX);
    return false;
}

/* `loader` is handled from a folder, or by a program as everything else is. */
static bool is_program(const char *argument) {
    size_t length = argument != NULL ? strlen(argument) : 0;
    return length > 5 && strcmp(argument + length - 5, ".wasm") == 0;
}

static int grant_begin(struct system *system, const char *word) {
    struct interface_name interface;
    const char *argument = option_argument(word);
    if (!has_room(system, word) || !interface_name_find(system->run->line->budget, option_name(word), true, &interface)) {
        return COMMAND_USAGE;
    }
    struct system_route *route = route_find(system, interface.hash);
    if (route != NULL && route->is_granted) {
        message("--grant %s: somebody handles %s already; to put a program between, write --wrap", word, interface.name);
        return COMMAND_USAGE;
    }
    route = route != NULL ? route : route_add(system, &interface);
    route->is_granted = true;
    if (route->row != NULL && strcmp(route->row->name, "loader") == 0 && !is_program(argument)) {
        system->services.loader_folder = argument != NULL ? argument : ".";
        argument = NULL;
    }
    if (argument != NULL) {
        return route_put_between(system, route, argument);
    }
    return route->grant != NULL ? COMMAND_DONE : route_begin_own(system, route);
}

static int wrap_begin(struct system *system, const char *word) {
    struct interface_name interface;
    const char *argument = option_argument(word);
    if (!has_room(system, word) || !interface_name_find(system->run->line->budget, option_name(word), true, &interface)) {
        return COMMAND_USAGE;
    }
    struct system_route *route = route_find(system, interface.hash);
    if (route == NULL || argument == NULL) {
        message(argument == NULL ? "--wrap %s: which program is to be put between? Write --wrap %s=PROGRAM.wasm"
                                 : "--wrap %s: there is nothing to put it before; write --grant %s, too",
                word, interface.name);
        return COMMAND_USAGE;
    }
    return route_put_between(system, route, argument);
}

/* ---- The whole ---- */

/* What the kernel says of an app is said of it here, when it has ended. */
static void kernel_log(void *context, const char *text, size_t length) {
    (void)context, (void)text, (void)length;
}

static int log_begin(struct system *system) {
    struct interface_name log = {.name = "log"};
    memcpy(log.hash, log_hash, sizeof log_hash);
    return route_begin_own(system, route_add(system, &log));
}

/* What every WASI program has, unless an option gives it another. */
static int wasi_grants_begin(struct system *system) {
    static const char *const names[] = {"console", "clock", "random"};
    int code = COMMAND_DONE;
    for (size_t index = 0; code == COMMAND_DONE && index < sizeof names / sizeof *names; index++) {
        struct interface_name interface;
        bool is_known = interface_name_find(system->run->line->budget, bytes_from_text(names[index]), true, &interface);
        ASSERT(is_known);
        code = route_find(system, interface.hash) == NULL ? route_begin_own(system, route_add(system, &interface)) : COMMAND_DONE;
    }
    return code;
}

/* The app ends; those whose turns do not end are stopped by the timer. */
static void deadline_ring(struct alarm *alarm) {
    struct system *system = LIST_ENTRY(alarm, struct system, deadline);
    system->is_late = true;
    if (system->app.child != NULL && !system->has_ended) {
        child_stop(system->app.child, 0);
    }
}

static int deadline_begin(struct system *system) {
    const struct machine *machine = &system->machine.machine;
    uint64_t now_ns = machine->monotonic_ns(machine->context), timeout_ns = system->run->line->timeout_ns;
    if (!system->has_timer) {
        return COMMAND_DONE;
    }
    system->has_deadline = alarm_reserve(system->kernel) == ERROR_NONE;
    if (!system->has_deadline) {
        return host_fail(ERROR_NO_MEMORY);
    }
    system->deadline.ring = deadline_ring;
    alarm_set(system->kernel, &system->deadline, timeout_ns < UINT64_MAX - now_ns ? now_ns + timeout_ns : UINT64_MAX);
    return COMMAND_DONE;
}

static int timer_begin(struct system *system) {
    const struct run *run = system->run;
    if (run->line->timeout_ns == UINT64_MAX) {
        return COMMAND_DONE;
    }
    if (timer_start(&system->timer, run->line->timeout_ns, &system->machine.machine, run->line->budget) != ERROR_NONE) {
        message_of_file(run->path, "the host has no thread for --timeout; leave it out, or end other processes");
        return COMMAND_HOST;
    }
    system->has_timer = true;
    return COMMAND_DONE;
}

static int kernel_begin(struct system *system) {
    struct run *run = system->run;
    struct report report;
    report_init(&report);
    if (linux_machine_create(&system->machine, &report) != ERROR_NONE) {
        message_report(run->path, &report);
        return COMMAND_HOST;
    }
    int code = timer_begin(system);
    if (code != COMMAND_DONE) {
        return code;
    }
    system->machine.machine.log = kernel_log;
    const struct kernel_options options = {.compile = run->line->compile,
                                           .engine = run->program.engine,
                                           .world = &wasi_world,
                                           .store_watch = system->has_timer ? &system->timer.watch : NULL};
    /* The system is not what --memory limits, but the apps in it. */
    if (kernel_create(&system->machine.machine, run->line->budget, &options, &system->kernel) != ERROR_NONE) {
        message_of_file(run->path, "this machine has no room for a kernel");
        return COMMAND_HOST;
    }
    services_begin(&system->services, system->kernel, &system->machine, run->line->budget);
    return deadline_begin(system);
}

int system_begin(struct system *system, struct run *run) {
    const struct command_line *line = run->line;
    *system = (struct system){.run = run};
    part_begin(&system->app, system, run->path);
    system->app.module = run->program.module;
    /* Who reads what apps write may go away: they are told, and argos goes on. A program of Unix's world that is alone ends as it would there. */
    if (run->is_app || line->wrap_count != 0) {
        signal(SIGPIPE, SIG_IGN);
    }
    int code = kernel_begin(system);
    if (code == COMMAND_DONE) {
        code = log_begin(system);
    }
    for (size_t index = 0; code == COMMAND_DONE && index < line->grant_count; index++) {
        code = grant_begin(system, line->grants[index]);
    }
    if (code == COMMAND_DONE && !run->is_app) {
        code = wasi_grants_begin(system);
    }
    for (size_t index = 0; code == COMMAND_DONE && index < line->wrap_count; index++) {
        code = wrap_begin(system, line->wraps[index]);
    }
    return code;
}

bool system_end(struct system *system) {
    system->is_late = system->is_late || (system->has_timer && timer_has_fired(&system->timer));
    if (system->kernel != NULL) {
        if (system->run->line->trace != NULL) {
            (void)trace_write(system->kernel, system->run->line->trace);
        }
        kernel_end_apps(system->kernel);
        for (uint32_t index = 0; index < system->route_count; index++) {
            if (system->routes[index].grant != NULL) {
                service_grant_drop(system->kernel, system->routes[index].grant);
            }
            if (system->routes[index].handler != NULL) {
                system->routes[index].row->destroy(system->routes[index].handler);
            }
        }
        if (system->has_deadline) {
            alarm_set(system->kernel, &system->deadline, UINT64_MAX);
            alarm_unreserve(system->kernel);
        }
        services_end(&system->services, system->is_late);
        for (uint32_t index = 0; index < system->part_count; index++) {
            part_end(system->parts[index]);
        }
        kernel_destroy(system->kernel);
    }
    bool has_fired = system->has_timer && timer_end(&system->timer);
    linux_machine_destroy(&system->machine);
    return has_fired || system->is_late;
}

void system_tell_refusals(const struct system *system, const struct wasm_module *module, const char *path) {
    uint64_t place = 0;
    struct want want;
    while (want_next(module, &place, &want)) {
        struct interface_name interface;
        char name[INTERFACE_NAME_SIZE + 4], reason[256];
        report_quote(want.reason, reason, sizeof reason);
        if (!interface_name_find(system->run->line->budget, want.interface, false, &interface)) {
            message_of_file(path, "it wants %s, which is no interface that is known here", report_quote(want.interface, name, sizeof name));
        } else if (system_route_find(system, interface.hash) == NULL) {
            const char *program = service_row_find(interface.hash) != NULL ? "" : "=PROGRAM.wasm";
            report_quote(want.interface, name, sizeof name);
            message_of_file(path, "it wants %s%s%s and was not granted it; to allow it: --grant %s%s", name, want.reason.size > 0 ? " " : "", reason,
                            name, program);
        }
    }
}
