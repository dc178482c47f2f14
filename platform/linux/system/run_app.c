/* argos run of an ArgOS app: a system with this one app, and what it was granted. */
#include "platform/linux/message.h"
#include "platform/linux/system/system.h"

bool run_is_app(const struct run *run) {
    struct wasm_export found;
    bool has_start = wasm_module_find_export(run->program.module, bytes_from_text("start"), &found) && found.type.kind == WASM_KIND_FUNCTION;
    bool is_command = wasm_module_find_export(run->program.module, bytes_from_text("_start"), &found);
    return has_start && !is_command && run->line->invoke == NULL;
}

/* The words behind the program as its arguments, behind its own name. */
static int app_make(struct system *system) {
    const struct command_line *line = system->run->line;
    struct bytes *arguments = budget_allocate_zeroed(line->budget, line->operand_count, sizeof *arguments);
    if (arguments == NULL) {
        message_of_file(system->run->path, "there is no memory for its arguments");
        return COMMAND_REFUSED;
    }
    for (size_t index = 0; index < line->operand_count; index++) {
        arguments[index] = bytes_from_text(index == 0 ? system->app.name : line->operands[index]);
    }
    int code = system_part_make(&system->app, arguments, (uint32_t)line->operand_count);
    budget_release(line->budget, arguments, line->operand_count * sizeof *arguments);
    return code;
}

static int app_execute(struct system *system) {
    int code = app_make(system);
    for (uint32_t index = 0; code == COMMAND_DONE && index < system->route_count; index++) {
        if (system_part_give(&system->app, &system->routes[index].interface, system->routes[index].grant) != ERROR_NONE) {
            message_of_file(system->run->path, "there is no room for so many grants");
            code = COMMAND_REFUSED;
        }
    }
    code = code == COMMAND_DONE ? system_part_run(&system->app) : code;
    if (code != COMMAND_DONE) {
        return code;
    }
    kernel_run(system->kernel);
    if (!system->has_ended) {
        message_of_file(system->run->path, "it waits for a message, and there is nobody who could send one");
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
