/* argos run: a program from its file to its exit code.

   What the program uses (its bytes, its module, its memories, tables and stacks) is charged to one budget, so --memory
   limits all of it. The steps are in command_run; each says what is wrong, and the exit code, by itself. */
#include "platform/linux/cache_program.h"
#include "platform/linux/message.h"
#include "platform/linux/run.h"

/* An ArgOS app exports `start`, unless a function is named to be called instead. */
static bool is_app(const struct run *run) {
    struct wasm_export found;
    bool has_start = wasm_module_find_export(run->program.module, bytes_from_text("start"), &found) && found.type.kind == WASM_KIND_FUNCTION;
    bool is_command = wasm_module_find_export(run->program.module, bytes_from_text("_start"), &found);
    return has_start && !is_command && run->line->invoke == NULL;
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
    if (error != ERROR_NONE) {
        return run_fail(run, error, &report);
    }
    run->is_app = is_app(run);
    return COMMAND_DONE;
}

/* What an app cannot have yet is refused, instead of ignored. */
static enum command_exit check_app(const struct run *run) {
    const struct command_line *line = run->line;
    const char *refused = line->check_bounds ? "--bounds" : line->environment_count != 0 ? "--env" : NULL;
    if (refused == NULL) {
        return COMMAND_DONE;
    }
    message_of_file(run->path, "it is an ArgOS app (it exports start), and %s is not for those yet", refused);
    return COMMAND_USAGE;
}

static enum command_exit environment_begin(struct run *run) {
    const struct command_line *line = run->line;
    run->environment = budget_allocate_zeroed(line->budget, line->environment_count, sizeof *run->environment);
    if (run->environment == NULL && line->environment_count != 0) {
        message_of_file(run->path, "there is no memory for its environment");
        return COMMAND_REFUSED;
    }
    for (size_t i = 0; i < line->environment_count; i++) {
        run->environment[i] = bytes_from_text(line->environment[i]);
    }
    run->settings.environment = run->environment;
    run->settings.environment_count = (uint32_t)line->environment_count;
    return COMMAND_DONE;
}

static enum command_exit prepare_guest(struct run *run) {
    enum command_exit code = run_check_start(run);
    if (code == COMMAND_DONE) {
        code = run_check_imports(run);
    }
    if (code == COMMAND_DONE) {
        code = environment_begin(run);
    }
    return code == COMMAND_DONE ? run_invoke_begin(run) : code;
}

/* However the program ended, what was compiled of it is good. That it cannot be kept is no failure. */
static void save(const struct run *run) {
    enum error error = program_save(&run->program, &run->cache, PROGRAM_SAVE_WORTHWHILE);
    (void)error;
}

static void run_end(struct run *run) {
    run_invoke_end(run);
    if (run->environment != NULL) {
        budget_release(run->line->budget, run->environment, run->line->environment_count * sizeof *run->environment);
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
    if (code == COMMAND_DONE) {
        code = run.is_app ? check_app(&run) : prepare_guest(&run);
    }
    if (code == COMMAND_DONE) {
        code = debug_begin(&run.debug, line, &run.program);
    }
    if (code == COMMAND_DONE) {
        code = run_system(&run);
        save(&run);
    }
    run_end(&run);
    return code;
}
