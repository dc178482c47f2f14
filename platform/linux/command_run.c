/* argos run: a program from its file to its exit code.

   What the program uses (its bytes, its module, its memories, tables and stacks) is charged to one budget, so --memory
   limits all of it. The steps are in command_run; each says what is wrong, and the exit code, by itself. */
#include "base/assert.h"
#include "platform/linux/cache_program.h"
#include "platform/linux/message.h"
#include "platform/linux/quantity.h"
#include "platform/linux/run.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

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

static enum command_exit run_fail_memory(const struct run *run, const struct report *report) {
    char size[32];
    const char *what = report->error == ERROR_NONE ? "out of memory" : report->text;
    uint64_t limit = run->line->memory_bytes, machine = run->line->budget->limit_bytes;
    if (addresses_are_limited()) {
        const char *advice = run->line->check_bounds ? "" : ", or do without by --bounds check";
        message_of_file(run->path, "%s; this process may not have much address space: see ulimit -v%s", what, advice);
    } else if (limit <= machine) {
        message_of_file(run->path, "%s; it may use %s in all, so raise --memory", what, quantity_size_text(limit, size, sizeof size));
    } else {
        message_of_file(run->path, "%s; it may use %s in all, which is what this machine has free", what,
                        quantity_size_text(machine, size, sizeof size));
    }
    return COMMAND_REFUSED;
}

static enum command_exit run_fail(const struct run *run, enum error error, const struct report *report) {
    if (error == ERROR_NO_MEMORY) {
        return run_fail_memory(run, report);
    }
    message_report(run->path, report);
    return exit_of_error(error);
}

static enum command_exit run_load(struct run *run) {
    struct report report;
    report_init(&report);
    run->program = (struct program){
        .path = run->path,
        .budget = &run->budget,
        .options = {.check_bounds = run->line->check_bounds, .compile_fast = run->line->fast},
    };
    enum error error = program_load(&run->program, &run->cache, &report);
    if (error == ERROR_HOST && run->program.file.bytes.data == NULL) {
        message_report(run->path, &report);
        return COMMAND_REFUSED; /* a folder, or a file that may not be read */
    }
    return error == ERROR_NONE ? COMMAND_DONE : run_fail(run, error, &report);
}

/* The last part of a path, which is all that the program is told of where it lies. */
static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* The arguments and the environment as views; wasi_create copies them. */
static enum error wasi_start(struct run *run) {
    const struct command_line *line = run->line;
    size_t count = line->operand_count + line->environment_count;
    struct bytes *texts = budget_allocate_zeroed(line->budget, count, sizeof *texts);
    if (texts == NULL) {
        return ERROR_NO_MEMORY;
    }
    texts[0] = bytes_from_text(base_name(run->path));
    for (size_t i = 1; i < line->operand_count; i++) {
        texts[i] = bytes_from_text(line->operands[i]);
    }
    for (size_t i = 0; i < line->environment_count; i++) {
        texts[line->operand_count + i] = bytes_from_text(line->environment[i]);
    }
    struct wasi_options options = {
        .arguments = texts,
        /* A function that is invoked takes the words behind the program as its own arguments. */
        .argument_count = line->invoke != NULL ? 1 : (uint32_t)line->operand_count,
        .environment = texts + line->operand_count,
        .environment_count = (uint32_t)line->environment_count,
    };
    enum error error = wasi_create(run->store, &run->budget, &run->outside, &options, &run->wasi);
    budget_release(line->budget, texts, count * sizeof *texts);
    return error;
}

static enum command_exit run_prepare(struct run *run) {
    static const int descriptors[STREAM_COUNT] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
    struct wasm_store_options options = {.stack_bytes = run->line->stack_bytes, .compile = run->line->compile};
    struct report report;
    report_init(&report);
    streams_init(&run->streams, descriptors, &run->outside);
    enum error error = wasm_store_create(run->program.engine, &run->budget, &options, &run->store);
    if (error == ERROR_NONE) {
        error = wasi_start(run);
    }
    if (error == ERROR_NONE) {
        return COMMAND_DONE;
    }
    const char *what = error == ERROR_NO_MEMORY ? "there is no room for its stack, arguments and environment" : error_text(error);
    return run_fail(run, report_fail(&report, error, REPORT_NO_OFFSET, "%s", what), &report);
}

/* Everything that runs code of the program. */
static enum error run_execute(struct run *run, struct report *report, uint32_t *exit_code) {
    enum error error = wasm_instance_create(run->store, run->program.module, wasi_resolve, run->wasi, report, &run->instance);
    if (error == ERROR_NONE) {
        error = run->line->invoke != NULL ? run_invoke(run) : wasi_run(run->wasi, run->instance, exit_code);
    }
    if (error == ERROR_EXIT && wasi_exited(run->wasi, exit_code)) {
        return ERROR_NONE;
    }
    return error;
}

static int run_fail_execution(const struct run *run, enum error error, const struct report *report) {
    if (error == ERROR_TRAP) {
        run_report_trap(run);
        return COMMAND_TRAP;
    }
    if (error == ERROR_ARGUMENT) {
        return COMMAND_USAGE; /* run_invoke has said it */
    }
    if (report->error == ERROR_NONE && error != ERROR_NO_MEMORY) {
        message_of_file(run->path, "it could not be run: %s", error_text(error));
        return COMMAND_HOST;
    }
    return run_fail(run, error, report);
}

static int run_start(struct run *run) {
    struct report report;
    struct timer timer;
    uint32_t exit_code = 0;
    bool is_late = false, has_timer = run->line->timeout_ns != UINT64_MAX;
    report_init(&report);
    if (has_timer && timer_start(&timer, run->line->timeout_ns, run->store, &run->streams) != ERROR_NONE) {
        message_of_file(run->path, "the host has no thread for --timeout; leave it out, or end other processes");
        return COMMAND_HOST;
    }
    run_background_start(run);
    enum error error = run_execute(run, &report, &exit_code);
    run_background_stop(run);
    if (has_timer) {
        is_late = timer_end(&timer);
    }
    if (is_late) {
        /* However it ended then: a program may see that a call was interrupted, and leave in its own way. */
        message_of_file(run->path, "stopped after %.9g s, as --timeout says", (double)run->line->timeout_ns / 1e9);
        return COMMAND_TIMEOUT;
    }
    if (error != ERROR_NONE) {
        return run_fail_execution(run, error, &report);
    }
    return (int)(exit_code & 0xFF); /* all that the host passes on */
}

/* However the program ended, what was compiled of it is good. That it cannot be kept is no failure. */
static void save(const struct run *run) {
    enum error error = program_save(&run->program, &run->cache, PROGRAM_SAVE_WORTHWHILE);
    (void)error;
}

static void run_end(struct run *run) {
    if (run->wasi != NULL) {
        wasi_destroy(run->wasi);
    }
    if (run->store != NULL) {
        wasm_store_destroy(run->store);
    }
    run_background_wait(run);
    program_end(&run->program);
    run_background_end(run);
    debug_end(&run->debug);
    cache_close(&run->cache);
    budget_end(&run->budget);
}

int command_run(const struct command_line *line) {
    struct run run = {.line = line, .path = line->operands[0], .cache = {.folder = -1}};
    budget_init(&run.budget, line->budget, line->memory_bytes);
    if (line->compile && !line->no_cache) {
        command_cache_open(line, true, &run.cache);
    }
    int code = run_load(&run);
    if (code == COMMAND_DONE && run_is_app(&run)) {
        code = run_app(&run);
        save(&run);
        run_end(&run);
        return code;
    }
    if (code == COMMAND_DONE && (line->grant_count + line->wrap_count > 0 || line->trace != NULL)) {
        message_of_file(run.path, "--grant, --wrap and --trace are for ArgOS apps, and this is none: it does not export start");
        code = COMMAND_USAGE;
    }
    if (code == COMMAND_DONE) {
        code = run_check_start(&run);
    }
    if (code == COMMAND_DONE) {
        code = debug_begin(&run.debug, line, &run.program);
    }
    if (code == COMMAND_DONE) {
        code = run_prepare(&run);
    }
    if (code == COMMAND_DONE) {
        code = run_check_imports(&run);
    }
    if (code == COMMAND_DONE) {
        code = run_start(&run);
        save(&run);
    }
    run_end(&run);
    return code;
}
