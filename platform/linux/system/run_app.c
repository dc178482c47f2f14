/* argos run of an ArgOS app: a system with this one app, and what it was granted. */
#include "platform/linux/message.h"
#include "platform/linux/system/system.h"

#include "base/assert.h"
#include "base/report.h"
#include "interfaces/log.h"

#define FINISH_NS 1000000000u

bool run_is_app(const struct run *run) {
    struct wasm_export found;
    bool has_start = wasm_module_find_export(run->program.module, bytes_from_text("start"), &found) && found.type.kind == WASM_KIND_FUNCTION;
    bool is_command = wasm_module_find_export(run->program.module, bytes_from_text("_start"), &found);
    return has_start && !is_command && run->line->invoke == NULL;
}

static void app_ended(void *context, uint32_t number, const struct app_end *end) {
    struct system *system = context;
    (void)number;
    system->has_ended = true;
    system->code = end->exit_code & 0xFF;
    if (end->kind == APP_TRAPPED) {
        system->code = COMMAND_TRAP;
        message_of_file(system->run->path, "%s", end->report);
        if (end->trap != NULL) {
            run_report_frames(end->trap);
        }
    }
    /* Those that serve it finish what it left them: the last lines of its log, say. */
    const struct machine *machine = &system->machine.machine;
    kernel_stop_when_idle(system->kernel, machine->monotonic_ns(machine->context) + FINISH_NS);
}

/* The words behind the program as its arguments, behind its own name. */
static struct bytes *arguments_make(const struct system *system) {
    const struct command_line *line = system->run->line;
    struct bytes *arguments = budget_allocate_zeroed(line->budget, line->operand_count, sizeof *arguments);
    for (size_t index = 0; arguments != NULL && index < line->operand_count; index++) {
        arguments[index] = bytes_from_text(index == 0 ? system->name : line->operands[index]);
    }
    return arguments;
}

static enum error app_begin(struct system *system, struct report *report) {
    static const uint8_t log[] = LOG_HASH;
    const struct command_line *line = system->run->line;
    struct app_grant grants[SYSTEM_ROUTES_MAX];
    struct bytes *arguments = arguments_make(system);
    if (arguments == NULL) {
        return ERROR_NO_MEMORY;
    }
    for (uint32_t index = 0; index < system->route_count; index++) {
        grants[index] = (struct app_grant){.service = system->routes[index].service, .label = system->routes[index].interface.name};
    }
    const struct app_options options = {
        .module = system->run->program.module,
        .name = system->name,
        .arguments = arguments,
        .argument_count = (uint32_t)line->operand_count,
        .grants = grants,
        .grant_count = system->route_count,
        .log = system_route_find(system, log)->service,
        .has_clock = system_shows_clock(system),
        .ended = app_ended,
        .context = system,
    };
    uint32_t number;
    enum error error = app_start(system->kernel, &options, report, &number);
    budget_release(line->budget, arguments, line->operand_count * sizeof *arguments);
    return error;
}

static int app_execute(struct system *system) {
    const struct run *run = system->run;
    struct report report;
    report_init(&report);
    enum error error = app_begin(system, &report);
    if (error != ERROR_NONE) {
        message_of_file(run->path, "%s",
                        report.error != ERROR_NONE ? report.text
                        : error == ERROR_NO_MEMORY ? "there is no room for it; raise --memory"
                                                   : error_text(error));
        return error == ERROR_TRAP ? COMMAND_TRAP : COMMAND_REFUSED;
    }
    kernel_run(system->kernel);
    if (!system->has_ended) {
        message_of_file(run->path, "it waits for a message, and there is nobody who could send one");
        return COMMAND_FAILED;
    }
    return system->code;
}

/* What an app cannot have yet is refused, instead of ignored. */
static const char *refused_option(const struct command_line *line) {
    return line->timeout_ns != UINT64_MAX ? "--timeout" : line->check_bounds ? "--bounds" : line->environment_count != 0 ? "--env" : NULL;
}

int run_app(struct run *run) {
    const char *refused = refused_option(run->line);
    if (refused != NULL) {
        message_of_file(run->path, "it is an ArgOS app (it exports start), and %s is not for those yet", refused);
        return COMMAND_USAGE;
    }
    struct system system;
    int code = system_begin(&system, run);
    if (code == COMMAND_DONE) {
        system_tell_refusals(&system, run->program.module, run->path);
        code = app_execute(&system);
    }
    system_end(&system);
    return code;
}
