/* The rules that hold for every module, and those for the outcome that a case foresees. */
#include "tests/adversarial/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECONDS_MAX 10
#define MIB         (1ull << 20)

#define RUN_BUDGET       "256MiB"
#define RUN_BUDGET_BYTES (256 * MIB)
/* What the process has beside the program's budget: its own code and data, buffers, page tables; and the file. */
#define OWN_BYTES (32 * MIB)
/* What a module may cost while it is checked: the structures of a million of something, and a multiple of its size. */
#define CHECK_BYTES    (192 * MIB)
#define CHECK_MULTIPLE 4

enum { EXIT_STOPPED = 124, EXIT_OURS = 125, EXIT_UNABLE = 126, EXIT_TRAP = 134 };

static uint64_t file_size(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

void trial_end(struct trials *trials, const char *what, const char *name, struct process *process, const char *sentence) {
    if (sentence || trials->verbose) {
        printf("%s %s %s%s%s: exit %d, signal %d, %.2f s, %llu MiB; says: %.300s\n", sentence ? "FAILED" : "passed", what, name, sentence ? ": " : "",
               sentence ? sentence : "", process->exit_code, process->signal, process->seconds, (unsigned long long)(process->peak_bytes / MIB),
               process->message.size ? (const char *)process->message.data : "nothing");
    }
    *(sentence ? &trials->failed : &trials->passed) += 1;
    process_end(process);
}

/* What no program may bring about, whatever its own exit code is; NULL when all is well. */
static const char *harm_done(const struct process *process, uint64_t peak_bytes_max) {
    if (process->too_long) {
        return "it does not end";
    }
    if (process->signal) {
        return "it crashed";
    }
    return process->peak_bytes > peak_bytes_max ? "it used too much memory" : NULL;
}

/* The same, and what holds when all that is printed, and the exit code, are argos's own. */
static const char *rule_broken(const struct process *process, uint64_t peak_bytes_max) {
    const char *sentence = harm_done(process, peak_bytes_max);
    if (sentence) {
        return sentence;
    }
    if (process->exit_code == 99 || (process->exit_code >= 128 && process->exit_code != EXIT_TRAP)) {
        return "it ended as no program does";
    }
    if (!text_is_clean(&process->message) || !text_is_clean(&process->output)) {
        return "it printed what is not printable";
    }
    if (process->exit_code != 0 && strncmp((const char *)process->message.data, "argos: ", 7) != 0) {
        return "it failed without a message of its own";
    }
    return NULL;
}

static void command_run(const struct trials *trials, const char *const *command, struct process *process) {
    process_run(command, SECONDS_MAX, trials->folder, process);
}

void trial_validate(struct trials *trials, const char *name, const char *path, enum verdict verdict) {
    struct process process;
    command_run(trials, (const char *[]){trials->argos, "validate", path, NULL}, &process);
    const char *sentence = rule_broken(&process, CHECK_BYTES + CHECK_MULTIPLE * file_size(path));
    if (!sentence && process.exit_code > 1) {
        sentence = "validation has only two results";
    } else if (!sentence && process.exit_code == 1 && text_line_count(&process.message) != 1) {
        sentence = "a refusal is one line";
    } else if (!sentence && verdict != VERDICT_ANY && (verdict == VERDICT_REFUSED) != (process.exit_code == 1)) {
        sentence = verdict == VERDICT_REFUSED ? "it was accepted" : "it was refused";
    }
    trial_end(trials, "validate", name, &process, sentence);
}

void trial_inspect(struct trials *trials, const char *name, const char *path) {
    struct process process;
    command_run(trials, (const char *[]){trials->argos, "inspect", path, NULL}, &process);
    const char *sentence = rule_broken(&process, CHECK_BYTES + CHECK_MULTIPLE * file_size(path));
    trial_end(trials, "inspect", name, &process, sentence);
}

static const char *outcome_differs(const struct process *process, enum outcome outcome) {
    int code = process->exit_code;
    switch (outcome) {
    case OUTCOME_ENDS: return code == 0 ? NULL : "it should end by itself";
    case OUTCOME_TRAPS: return code == EXIT_TRAP ? NULL : "it should trap";
    case OUTCOME_STOPPED: return code == EXIT_STOPPED ? NULL : "the timeout should stop it";
    case OUTCOME_REFUSED:
        if (code != EXIT_OURS && code != EXIT_UNABLE) {
            return "it should not be started";
        }
        return text_line_count(&process->message) == 1 ? NULL : "a refusal is one line";
    default: return code == 0 || code >= EXIT_STOPPED ? NULL : "a program of ours has no such exit code";
    }
}

void trial_run(struct trials *trials, const char *name, const char *path, enum outcome outcome) {
    struct process process;
    command_run(trials, (const char *[]){trials->argos, "run", "--timeout", "500ms", "--memory", RUN_BUDGET, "--invoke", "run", path, NULL},
                &process);
    const char *sentence = rule_broken(&process, RUN_BUDGET_BYTES + OWN_BYTES + file_size(path));
    trial_end(trials, "run", name, &process, sentence ? sentence : outcome_differs(&process, outcome));
}

void trial_start(struct trials *trials, const char *name, const char *path) {
    struct process process;
    command_run(trials, (const char *[]){trials->argos, "run", "--timeout", "100ms", "--memory", "64MiB", path, NULL}, &process);
    /* A changed program may print what it likes, and end with any code. */
    const char *sentence = harm_done(&process, 64 * MIB + OWN_BYTES);
    trial_end(trials, "run", name, &process, sentence);
}

/* Lines of the output that are "FOLDER/I.wasm: valid", for each of the files. */
static size_t valid_find(const struct process *process, bool *is_valid, size_t count) {
    size_t found = 0;
    const char *line = (const char *)process->output.data, *end;
    for (; (end = strchr(line, '\n')); line = end + 1) {
        const char *slash = memrchr(line, '/', (size_t)(end - line));
        char *rest;
        size_t index = strtoul(slash ? slash + 1 : line, &rest, 10);
        if (index < count && strncmp(rest, ".wasm: valid\n", 13) == 0) {
            is_valid[index] = true;
            found++;
        }
    }
    return found;
}

void trial_validate_many(struct trials *trials, const char *name, size_t count, bool *is_valid) {
    struct process process;
    const char **command = calloc(count + 3, sizeof(*command));
    char *paths = calloc(count, 512);
    if (!command || !paths) {
        fprintf(stderr, "adversarial: no memory\n");
        exit(1);
    }
    command[0] = trials->argos;
    command[1] = "validate";
    for (size_t i = 0; i < count; i++) {
        snprintf(paths + 512 * i, 512, "%s/%zu.wasm", trials->folder, i);
        command[i + 2] = paths + 512 * i;
    }
    command_run(trials, command, &process);
    const char *sentence = rule_broken(&process, CHECK_BYTES);
    size_t valid_count = sentence ? 0 : valid_find(&process, is_valid, count);
    if (!sentence && valid_count + text_line_count(&process.message) != count) {
        sentence = "each file is either valid or refused with one line";
    }
    /* As many passed as there are files. */
    trials->passed += sentence ? 0 : (uint32_t)count - 1;
    trial_end(trials, "validate", name, &process, sentence);
    free(command);
    free(paths);
}
