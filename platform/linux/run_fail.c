/* What went wrong, for a person: the cause and its place on one line, and for a trap the calls that led there, innermost first. */
#include "platform/linux/message.h"
#include "platform/linux/quantity.h"
#include "platform/linux/run.h"

#include <sys/resource.h>

#define FRAMES_SHOWN_MAX 20
#define LINE_SIZE        512

/* The exit code for a program that could not be made to run. */
static enum command_exit exit_of_error(enum error error) {
    switch (error) {
    case ERROR_NOT_FOUND: return COMMAND_NOT_FOUND;
    case ERROR_MALFORMED:
    case ERROR_INVALID:
    case ERROR_UNLINKABLE:
    case ERROR_UNSUPPORTED:
    case ERROR_LIMIT:
    case ERROR_NO_MEMORY: return COMMAND_REFUSED;
    default: return COMMAND_HOST;
    }
}

/* A memory takes 8 GiB of addresses, whatever its size, unless bounds are checked: where those are rationed, that is what was missing. */
static bool addresses_are_limited(void) {
    struct rlimit limit;
    return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

static enum command_exit fail_memory(const struct run *run, const char *path, const char *what) {
    char size[32];
    uint64_t limit = run->line->memory_bytes, machine = run->line->budget->limit_bytes;
    if (addresses_are_limited()) {
        const char *advice = run->line->check_bounds ? "" : ", or do without by --bounds check";
        message_of_file(path, "%s; this process may not have much address space: see ulimit -v%s", what, advice);
    } else if (limit <= machine) {
        message_of_file(path, "%s; it may use %s in all, so raise --memory", what, quantity_size_text(limit, size, sizeof size));
    } else {
        message_of_file(path, "%s; it may use %s in all, which is what this machine has free", what, quantity_size_text(machine, size, sizeof size));
    }
    return COMMAND_REFUSED;
}

enum command_exit run_fail(const struct run *run, enum error error, const struct report *report) {
    if (error == ERROR_NO_MEMORY) {
        return fail_memory(run, run->path, report->error == ERROR_NONE ? "out of memory" : report->text);
    }
    message_report(run->path, report);
    return exit_of_error(error);
}

/* What can be done about it, where argos has a say in it. */
static const char *advice_for(const struct run *run, enum wasm_trap_kind kind) {
    switch (kind) {
    case WASM_TRAP_STACK_EXHAUSTED: return run->is_app ? "" : "; if its recursion has an end, raise --stack";
    case WASM_TRAP_NO_MEMORY: return "; raise --memory";
    default: return "";
    }
}

static void frames_show(const struct wasm_trap *trap) {
    char line[LINE_SIZE];
    for (uint32_t i = 0; i < trap->frame_count && i < FRAMES_SHOWN_MAX; i++) {
        wasm_frame_describe(&trap->frames[i], i, line, sizeof line);
        fprintf(stderr, "    %s\n", line);
    }
    if (trap->frame_count > FRAMES_SHOWN_MAX) {
        fprintf(stderr, "    ... and %u more\n", trap->frame_count - FRAMES_SHOWN_MAX);
    }
}

enum command_exit run_fail_end(const struct run *run, const char *path, const struct app_end *end) {
    if (end->error != ERROR_NONE && end->error != ERROR_TRAP) {
        if (end->error == ERROR_NO_MEMORY) {
            return fail_memory(run, path, end->report);
        }
        message_of_file(path, "%s", end->report);
        return exit_of_error(end->error);
    }
    message_of_file(path, "%s%s", end->report, end->trap != NULL ? advice_for(run, end->trap->kind) : "");
    if (end->trap != NULL) {
        frames_show(end->trap);
    }
    return COMMAND_TRAP;
}
