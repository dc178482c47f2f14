/* argos compile: programs become machine code before anybody runs them. */
#include "platform/linux/cache_program.h"
#include "platform/linux/command.h"
#include "platform/linux/message.h"
#include "platform/linux/quantity.h"
#include "platform/linux/workers.h"

#include <time.h>

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What this command compiled: what there is now, less what there was before. */
static void counts_print(const char *path, const struct wasm_code_summary *before, const struct wasm_code_summary *now, double seconds) {
    char code[32], machine[32];
    const uint32_t count = now->function_count - before->function_count;
    const uint64_t bytes = now->function_bytes - before->function_bytes;
    printf("%s: ", message_file_name(path));
    if (count == 0) {
        printf("nothing to compile");
    } else {
        printf("%u function%s compiled, %s of code in %.2f s (%.1f MB/s), %s of machine code", count, count == 1 ? "" : "s",
               quantity_size_text(bytes, code, sizeof code), seconds, (double)bytes / seconds / 1e6,
               quantity_size_text(now->machine_bytes - before->machine_bytes, machine, sizeof machine));
    }
    if (now->refused_count != 0) {
        printf(", %u beyond the compiler's limits", now->refused_count);
    }
    putchar('\n');
}

/* Compiles on this thread until nothing is left that fits into the scratch memory. */
static void compile_here(struct program *program, struct budget *budget, uint64_t scratch_bytes) {
    struct wasm_worker *worker;
    if (wasm_worker_create(program->module, budget, scratch_bytes, &worker) != ERROR_NONE) {
        return;
    }
    enum error error;
    do {
        error = wasm_worker_step(worker);
    } while (error != ERROR_NOT_FOUND);
    wasm_worker_destroy(worker);
}

static bool is_complete(const struct program *program, struct wasm_code_summary *now) {
    struct wasm_module_summary module;
    wasm_module_summary(program->module, &module);
    wasm_module_code_summary(program->module, now);
    return now->function_count + now->refused_count == module.function_count - module.imported_function_count;
}

/* With so many threads, of which this is one. Half of the memory is for what they need while they compile. */
static enum error compile_all(struct program *program, struct budget *budget, uint32_t jobs, struct wasm_code_summary *now) {
    struct workers workers;
    const struct workers_options options = {.count = jobs - 1, .scratch_bytes = budget_left(budget) / 2 / jobs};
    workers_start(&workers, program->module, budget, &options);
    compile_here(program, budget, options.scratch_bytes);
    workers_end(&workers);
    if (!is_complete(program, now) && jobs > 1) {
        /* What did not fit into a part of the memory may fit into half of it. */
        compile_here(program, budget, budget_left(budget) / 2);
    }
    return is_complete(program, now) ? ERROR_NONE : ERROR_NO_MEMORY;
}

static const char *save_error_text(enum error error) {
    switch (error) {
    case ERROR_HOST: return "its file system is full, or cannot be written";
    case ERROR_LIMIT: return "it is larger than all of the cache may be";
    default: return error_text(error);
    }
}

/* Everything after the program is there. */
static enum error compile_and_save(const char *path, struct program *program, const struct command_line *line, const struct cache *cache,
                                   struct report *report) {
    struct wasm_code_summary before, now;
    const double start = seconds_now();
    wasm_module_code_summary(program->module, &before);
    enum error error = compile_all(program, line->budget, line->jobs != 0 ? line->jobs : workers_core_count(), &now);
    counts_print(path, &before, &now, seconds_now() - start);
    if (error != ERROR_NONE) {
        report_fail(report, error, REPORT_NO_OFFSET, "not all of it is compiled: %s", error_text(error));
    }
    enum error saved = program_save(program, cache, PROGRAM_SAVE_ALL);
    if (saved != ERROR_NONE) {
        return report_fail(report, saved, REPORT_NO_OFFSET, "its code cannot be kept in the cache: %s", save_error_text(saved));
    }
    return error;
}

static bool file_compile(const struct command_line *line, const struct cache *cache, const char *path) {
    struct program program = {.path = path, .budget = line->budget, .options = {.check_bounds = line->check_bounds, .compile_fast = line->fast}};
    struct report report;
    report_init(&report);
    enum error error = program_load(&program, cache, &report);
    if (error == ERROR_NONE) {
        error = compile_and_save(path, &program, line, cache, &report);
    }
    if (error != ERROR_NONE) {
        /* In the order in which the files were named, even when both streams end in one place. */
        fflush(stdout);
        message_report(path, &report);
    }
    program_end(&program);
    return error == ERROR_NONE;
}

int command_compile(const struct command_line *line) {
    struct cache cache;
    int code = COMMAND_DONE;
    command_cache_open(line, true, &cache);
    if (cache.folder < 0) {
        message("compile: there is no cache to keep the code in; name a folder with --cache");
        return COMMAND_HOST;
    }
    for (size_t i = 0; i < line->operand_count; i++) {
        if (!file_compile(line, &cache, line->operands[i])) {
            code = COMMAND_FAILED;
        }
    }
    cache_close(&cache);
    return code;
}
