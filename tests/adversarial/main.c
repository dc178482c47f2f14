/* Tries hostile modules on argos: adversarial ARGOS FOLDER [--verbose] [--only NAME] [MODULE.wasm]... Modules are made
   in the folder; those of failing cases stay there. The real modules behind are spoiled in many ways. Ends with
   `N passed, M failed, K skipped`, counted in commands. */
#include "tests/adversarial/mutants.h"
#include "tests/support/support.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void case_try(struct trials *trials, const struct hostile *hostile, uint32_t parameter) {
    char name[128], path[512];
    struct buffer module = {0};
    uint32_t failed = trials->failed;
    snprintf(name, sizeof(name), "%s-%" PRIu32, hostile->name, parameter);
    snprintf(path, sizeof(path), "%s/%s.wasm", trials->folder, name);
    hostile->make(&module, parameter);
    buffer_write(&module, path);
    /* Given back before the command starts: a child inherits our memory's peak for a moment. */
    buffer_end(&module);
    trial_validate(trials, name, path, hostile->verdict);
    trial_inspect(trials, name, path);
    if (hostile->outcome != OUTCOME_NOT_RUN) {
        trial_run(trials, name, path, hostile->outcome);
    }
    if (trials->failed == failed) {
        remove(path);
    }
}

static void cases_try(struct trials *trials, const struct hostile *list, const char *only) {
    for (const struct hostile *hostile = list; hostile->name; hostile++) {
        if (only && strncmp(hostile->name, only, strlen(only)) != 0) {
            continue;
        }
        for (uint64_t parameter = hostile->first; parameter <= hostile->last; parameter++) {
            case_try(trials, hostile, (uint32_t)parameter);
        }
    }
}

int main(int count, char **arguments) {
    static const struct hostile *const lists[] = {cases_claims, cases_names, cases_nesting, cases_endless, cases_many};
    const char *only = NULL;
    if (count < 3) {
        fprintf(stderr, "Usage: adversarial ARGOS FOLDER [--verbose] [--only NAME] [MODULE.wasm]...\n");
        return 2;
    }
    struct trials trials = {.argos = arguments[1], .folder = arguments[2]};
    uint64_t seed = support_seed();
    for (int i = 3; i < count; i++) {
        if (strcmp(arguments[i], "--verbose") == 0) {
            trials.verbose = true;
        } else if (strcmp(arguments[i], "--only") == 0 && i + 1 < count) {
            only = arguments[++i];
        } else if (!only) {
            mutants_try(&trials, arguments[i], seed);
        }
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        cases_try(&trials, lists[i], only);
    }
    printf("%" PRIu32 " passed, %" PRIu32 " failed, 0 skipped\n", trials.passed, trials.failed);
    return trials.failed == 0 ? 0 : 1;
}
