/* argos run of an ArgOS app: a kernel with this one app. What it logs goes to standard error, a line each, with the program's name in front and
   control characters made harmless. */
#include "platform/linux/message.h"
#include "platform/linux/run.h"
#include "platform/linux/system/machine.h"

#include "base/assert.h"
#include "base/report.h"
#include "kernel/kernel.h"

#include <string.h>

#define LOG_LINE_MAX 1024

struct app_run {
    struct run *run;
    struct linux_machine machine;
    struct kernel *kernel;
    const char *name;
    int code;
    bool has_ended;
};

bool run_is_app(const struct run *run) {
    struct wasm_export found;
    bool has_start = wasm_module_find_export(run->program.module, bytes_from_text("start"), &found) && found.type.kind == WASM_KIND_FUNCTION;
    bool is_command = wasm_module_find_export(run->program.module, bytes_from_text("_start"), &found);
    return has_start && !is_command && run->line->invoke == NULL;
}

/* What the app says, line by line. */
static void log_receive(void *context, const struct native_request *request) {
    const struct app_run *app = context;
    struct bytes rest = request->block;
    while (rest.size > 0) {
        const uint8_t *end = memchr(rest.data, '\n', rest.size);
        struct bytes line = {rest.data, end != NULL ? (size_t)(end - rest.data) : rest.size};
        char text[4 * LOG_LINE_MAX + 4];
        fprintf(stderr, "%s: %s\n", app->name, report_quote(line, text, sizeof text));
        size_t used = line.size + (end != NULL);
        rest = (struct bytes){rest.data + used, rest.size - used};
    }
    if (request->id != 0) {
        enum error error = service_answer(app->kernel, request->id, &(struct native_answer){0});
        ASSERT(error == ERROR_NONE);
    }
}

static void app_ended(void *context, uint32_t number, const struct app_end *end) {
    struct app_run *app = context;
    (void)number;
    app->has_ended = true;
    app->code = end->exit_code & 0xFF;
    if (end->kind == APP_TRAPPED) {
        app->code = COMMAND_TRAP;
        message_of_file(app->run->path, "%s", end->report);
        if (end->trap != NULL) {
            run_report_frames(end->trap);
        }
    }
}

/* The app itself says how it ended. */
static void kernel_log(void *context, const char *text, size_t length) {
    (void)context, (void)text, (void)length;
}

static enum error app_begin(struct app_run *app, struct service *log, struct report *report) {
    const struct command_line *line = app->run->line;
    struct bytes *arguments = budget_allocate_zeroed(line->budget, line->operand_count, sizeof *arguments);
    if (arguments == NULL) {
        return ERROR_NO_MEMORY;
    }
    arguments[0] = bytes_from_text(app->name);
    for (size_t index = 1; index < line->operand_count; index++) {
        arguments[index] = bytes_from_text(line->operands[index]);
    }
    const struct app_options options = {
        .module = app->run->program.module,
        .name = app->name,
        .arguments = arguments,
        .argument_count = (uint32_t)line->operand_count,
        .log = log,
        .has_clock = true,
        .ended = app_ended,
        .context = app,
    };
    uint32_t number;
    enum error error = app_start(app->kernel, &options, report, &number);
    budget_release(line->budget, arguments, line->operand_count * sizeof *arguments);
    return error;
}

static enum error app_run_all(struct app_run *app, struct report *report) {
    static const uint8_t no_interface[INTERFACE_HASH_BYTES] = {0};
    struct run *run = app->run;
    const struct kernel_options options = {.compile = run->line->compile && !run->line->check_bounds, .engine = run->program.engine};
    struct service *log;
    enum error error = kernel_create(&app->machine.machine, &run->budget, &options, &app->kernel);
    if (error != ERROR_NONE) {
        return error;
    }
    error = service_create(app->kernel, no_interface, log_receive, app, &log);
    if (error == ERROR_NONE) {
        error = app_begin(app, log, report);
    }
    if (error == ERROR_NONE) {
        kernel_run(app->kernel);
    }
    bool is_stuck = error == ERROR_NONE && !app->has_ended;
    kernel_end_apps(app->kernel);
    if (is_stuck) {
        message_of_file(run->path, "it waits for a message, and there is nobody who could send one");
        app->code = COMMAND_FAILED;
    }
    kernel_destroy(app->kernel);
    return error;
}

/* What an app cannot have yet is refused, instead of ignored. */
static const char *refused_option(const struct command_line *line) {
    return line->timeout_ns != UINT64_MAX ? "--timeout" : line->check_bounds ? "--bounds" : line->environment_count != 0 ? "--env" : NULL;
}

int run_app(struct run *run) {
    struct app_run app = {.run = run};
    struct report report;
    const char *slash = strrchr(run->path, '/'), *refused = refused_option(run->line);
    app.name = slash != NULL ? slash + 1 : run->path;
    report_init(&report);
    if (refused != NULL) {
        message_of_file(run->path, "it is an ArgOS app (it exports start), and %s is not for those yet", refused);
        return COMMAND_USAGE;
    }
    enum error error = linux_machine_create(&app.machine, &report);
    if (error == ERROR_NONE) {
        app.machine.machine.log = kernel_log;
        error = app_run_all(&app, &report);
        linux_machine_destroy(&app.machine);
    }
    if (error == ERROR_NONE) {
        return app.code;
    }
    if (report.error == ERROR_NONE) {
        report_fail(&report, error, REPORT_NO_OFFSET, "it could not be started: %s", error_text(error));
    }
    message_report(run->path, &report);
    return error == ERROR_TRAP ? COMMAND_TRAP : COMMAND_REFUSED;
}
