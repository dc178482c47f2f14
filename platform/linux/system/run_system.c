/* A run: a system with this one program, and what it was granted. */
#include "platform/linux/message.h"
#include "platform/linux/system/system.h"

/* The words behind the program as its arguments, behind its own name. A function that is invoked takes them as its own. */
static int app_make(struct system *system) {
    const struct command_line *line = system->run->line;
    const size_t count = line->invoke != NULL ? 1 : line->operand_count;
    struct bytes *arguments = budget_allocate_zeroed(line->budget, count, sizeof *arguments);
    if (arguments == NULL) {
        message_of_file(system->run->path, "there is no memory for its arguments");
        return COMMAND_REFUSED;
    }
    for (size_t index = 0; index < count; index++) {
        arguments[index] = bytes_from_text(index == 0 ? system->app.name : line->operands[index]);
    }
    int code = system_part_make(&system->app, arguments, (uint32_t)count);
    budget_release(line->budget, arguments, count * sizeof *arguments);
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
    run_background_start(system->run);
    kernel_run(system->kernel);
    run_background_stop(system->run);
    if (!system->has_ended) {
        message_of_file(system->run->path, "it waits for a message, and there is nobody who could send one");
        return COMMAND_FAILED;
    }
    return system->code;
}

int run_system(struct run *run) {
    struct system system;
    int code = system_begin(&system, run);
    if (code == COMMAND_DONE) {
        system_tell_refusals(&system, run->program.module, run->path);
        code = app_execute(&system);
    }
    if (system_end(&system)) {
        /* However it ended then: a program may see that something was interrupted, and leave in its own way. */
        message_of_file(run->path, "stopped after %.9g s, as --timeout says", (double)run->line->timeout_ns / 1e9);
        return COMMAND_TIMEOUT;
    }
    if (run->invoke.values != NULL) {
        run_invoke_print(&run->invoke);
    }
    return code;
}
