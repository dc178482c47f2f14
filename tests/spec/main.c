/* The runner of the specification's tests, from the command line: build/spec PATH..., where a path is a JSON file that
   wast2json made, or a folder with such files at any depth. Each script runs in a process of its own, so that a crash
   costs only the rest of its script, and is reported with its file and line. */
#include "tests/spec/exception.h"
#include "tests/spec/script.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRIPT_SECONDS_MAX 120

/* nftw has no context, so the list that it fills is the only variable of the file. */
static struct {
    char **paths;
    size_t count;
} found;

static void path_add(const char *path) {
    found.paths = realloc(found.paths, (found.count + 1) * sizeof(*found.paths));
    char *copy = strdup(path);
    if (!found.paths || !copy) {
        fprintf(stderr, "spec: no memory\n");
        exit(1);
    }
    found.paths[found.count++] = copy;
}

static int path_visit(const char *path, const struct stat *status, int kind, struct FTW *place) {
    const char *suffix = strrchr(path, '.');
    (void)status, (void)place;
    if (kind == FTW_F && suffix && strcmp(suffix, ".json") == 0) {
        path_add(path);
    }
    return 0;
}

static int path_compare(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void child_run(const char *path, const struct script_options *options, struct script_progress *progress) {
    alarm(SCRIPT_SECONDS_MAX);
    script_run(path, options, progress);
    fflush(NULL);
    _exit(0);
}

/* The progress is memory that both processes see. */
static void script_fork(const char *path, const struct script_options *options, struct script_progress *progress) {
    int status = 0;
    memset(progress, 0, sizeof(*progress));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        child_run(path, options, progress);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        printf("%s: cannot be run\n", path);
        progress->failed++;
        return;
    }
    const char *name = progress->file[0] ? progress->file : path;
    if (WIFSIGNALED(status)) {
        printf("%s:%u: the runner ended by signal %d (%s) in this command\n", name, progress->line, WTERMSIG(status), strsignal(WTERMSIG(status)));
        progress->failed++;
    } else if (WEXITSTATUS(status) != 0 || !progress->ended) {
        printf("%s:%u: the runner ended in this command\n", name, progress->line);
        progress->failed++;
    }
}

static void total_add(struct script_progress *total, const struct script_progress *one) {
    total->passed += one->passed;
    total->failed += one->failed;
    total->skipped += one->skipped;
    total->exceptions += one->exceptions;
    total->refusals += one->refusals;
    total->phrases += one->phrases;
}

static void exceptions_print(void) {
    const struct exception *exception;
    for (size_t i = 0; (exception = exception_at(i)); i++) {
        printf("%s:%u: %s; checked instead: %s\n", exception->file, exception->line, exception->reason, exception_check_text(exception->check));
    }
}

static int help_print(FILE *out, int code) {
    fputs("Usage: spec [OPTION]... PATH...\n"
          "Runs WebAssembly test scripts that wast2json made: JSON files, or folders with JSON files.\n\n"
          "  --executor NAME       interpret (unless told) or compile\n"
          "  --without PASS        leave a pass of the compiler out, by its name; may be said again\n"
          "  --only PASS           leave all passes out but this one\n"
          "  --fast                compile fast\n"
          "  --features none       use nothing beyond the floor of the instruction set\n"
          "  --check               check the compiler's work between its passes\n"
          "  --bounds check        check each access instead of relying on faults\n"
          "  --list                print the assertions that are replaced by others, and why\n"
          "  --traps FILE          write a line for each trap: place, kind, and its frames\n"
          "  --messages            print refusals whose message lacks the suite's phrase, and count them\n"
          "  --verbose             print every refusal, and the counts of each file\n",
          out);
    return code;
}

static bool executor_parse(const char *name, struct script_options *options) {
    options->compile = strcmp(name, "compile") == 0;
    return options->compile || strcmp(name, "interpret") == 0;
}

static bool traps_open(const char *path, struct script_options *options) {
    options->traps = fopen(path, "a");
    return options->traps != NULL;
}

/* The bit of a pass, or 0. */
static uint32_t pass_find(const char *wanted) {
#define PASS(bit, name, text, run)                                                                                                                   \
    if (strcmp(wanted, text) == 0) {                                                                                                                 \
        return 1u << (bit);                                                                                                                          \
    }
#include "wasm/compile/optimize/passes.def"
#undef PASS
    return 0;
}

/* How many arguments are an option about compiled code: 0 when it is none. */
static int code_option_parse(int left, char **arguments, struct script_options *options) {
    uint32_t pass = left > 1 ? pass_find(arguments[1]) : 0;
    if (strcmp(arguments[0], "--fast") == 0) {
        options->fast = true;
        return 1;
    }
    if (strcmp(arguments[0], "--check") == 0) {
        options->check_passes = true;
        return 1;
    }
    if (strcmp(arguments[0], "--features") == 0 && left > 1 && strcmp(arguments[1], "none") == 0) {
        options->no_features = true;
        return 2;
    }
    if (strcmp(arguments[0], "--without") == 0 && pass != 0) {
        options->passes_off |= pass;
        return 2;
    }
    if (strcmp(arguments[0], "--only") == 0 && pass != 0) {
        options->passes_off = ~pass;
        return 2;
    }
    return 0;
}

/* Negative to go on; else the exit code. */
static int options_parse(int count, char **arguments, struct script_options *options) {
    for (int i = 1; i < count; i++) {
        int taken = code_option_parse(count - i, arguments + i, options);
        if (taken != 0) {
            i += taken - 1;
        } else if (strcmp(arguments[i], "--help") == 0) {
            return help_print(stdout, 0);
        } else if (strcmp(arguments[i], "--list") == 0) {
            exceptions_print();
            return 0;
        } else if (strcmp(arguments[i], "--verbose") == 0) {
            options->verbose = true;
        } else if (strcmp(arguments[i], "--messages") == 0) {
            options->messages = true;
        } else if (strcmp(arguments[i], "--executor") == 0 && i + 1 < count && executor_parse(arguments[i + 1], options)) {
            i++;
        } else if (strcmp(arguments[i], "--bounds") == 0 && i + 1 < count && strcmp(arguments[i + 1], "check") == 0) {
            options->check_bounds = true;
            i++;
        } else if (strcmp(arguments[i], "--traps") == 0 && i + 1 < count && traps_open(arguments[i + 1], options)) {
            i++;
        } else if (arguments[i][0] == '-' || nftw(arguments[i], path_visit, 16, FTW_PHYS) != 0) {
            fprintf(stderr, "spec: %s: no such option or file, or a value is missing\n", arguments[i]);
            return help_print(stderr, 2);
        }
    }
    return -1;
}

static void total_print(const struct script_progress *total, const struct script_options *options) {
    if (options->messages) {
        printf("%u of %u refusals have the phrase of the suite in their message\n", total->phrases, total->refusals);
    }
    if (total->exceptions) {
        printf("%u of the passed do not hold as written; another check stands for each (spec --list)\n", total->exceptions);
    }
    if (total->skipped) {
        printf("%u skipped: they need a parser of the text format\n", total->skipped);
    }
    printf("%u passed, %u failed, %u skipped\n", total->passed, total->failed, total->skipped);
}

int main(int count, char **arguments) {
    struct script_options options = {0};
    struct script_progress total = {0};
    int code = options_parse(count, arguments, &options);
    if (code >= 0) {
        return code;
    }
    struct script_progress *progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (progress == MAP_FAILED) {
        fprintf(stderr, "spec: no memory\n");
        return 1;
    }
    qsort(found.paths, found.count, sizeof(*found.paths), path_compare);
    for (size_t i = 0; i < found.count; i++) {
        script_fork(found.paths[i], &options, progress);
        total_add(&total, progress);
        if (options.verbose) {
            printf("%s: %u passed, %u failed, %u skipped\n", progress->file, progress->passed, progress->failed, progress->skipped);
        }
        free(found.paths[i]);
    }
    free(found.paths);
    munmap(progress, sizeof(*progress));
    total_print(&total, &options);
    return total.failed == 0 ? 0 : 1;
}
