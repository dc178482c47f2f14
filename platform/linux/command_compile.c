/* argos compile: programs become machine code before anybody runs them. */
#include "platform/linux/cache_program.h"
#include "platform/linux/command.h"
#include "platform/linux/message.h"
#include "platform/linux/quantity.h"

#include <time.h>

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void counts_print(const char *path, const struct wasm_compile_counts *counts, double seconds) {
    char code[32], machine[32];
    printf("%s: ", message_file_name(path));
    if (counts->compiled == 0) {
        printf("nothing to compile");
    } else {
        printf("%u function%s compiled, %s of code in %.2f s (%.1f MB/s), %s of machine code", counts->compiled, counts->compiled == 1 ? "" : "s",
               quantity_size_text(counts->function_bytes, code, sizeof code), seconds, (double)counts->function_bytes / seconds / 1e6,
               quantity_size_text(counts->machine_bytes, machine, sizeof machine));
    }
    if (counts->refused != 0) {
        printf(", %u beyond the compiler's limits", counts->refused);
    }
    putchar('\n');
}

static const char *save_error_text(enum error error) {
    switch (error) {
    case ERROR_HOST: return "its file system is full, or cannot be written";
    case ERROR_LIMIT: return "it is larger than all of the cache may be";
    default: return error_text(error);
    }
}

/* Everything after the program is there. */
static enum error compile_and_save(const char *path, struct program *program, const struct cache *cache, struct report *report) {
    struct wasm_compile_counts counts;
    const double start = seconds_now();
    enum error error = wasm_module_compile(program->module, NULL, &counts);
    counts_print(path, &counts, seconds_now() - start);
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
    struct program program;
    struct report report;
    report_init(&report);
    enum error error = program_load(&program, path, line->budget, cache, &report);
    if (error == ERROR_NONE) {
        error = compile_and_save(path, &program, cache, &report);
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
