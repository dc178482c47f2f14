/* The verifier from the command line: build/verify [--cases] [--jobs COUNT] [--mutate COUNT [--percent FUNCTIONS]] [--dump FUNCTION] [--verbose]
   PATH..., where a path is a module or a folder with modules at any depth. Each function of each module is compiled in each way that there is, and
   the code verified. Each module runs in a process of its own, so that a crash costs only that module. A module that is not valid, and functions that
   the compiler refuses, are told but do not count. */
#include "base/assert.h"
#include "platform/linux/host.h"
#include "tests/spec/shared.h"
#include "tests/support/support.h"
#include "tests/verify/decode.h"
#include "tests/verify/program.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MODULE_SECONDS_MAX 1200
#define FINDINGS_PRINTED   20u

struct settings {
    bool verbose;
    uint32_t mutate;  /* bits to change in each function */
    uint32_t percent; /* of functions that are changed */
    long dump;        /* the function whose code is printed; -1: none */
    uint64_t seed;
};

/* What a module's process tells. */
struct outcome {
    struct program_counts counts;
    struct verify_result total;
    struct mutate_counts mutated;
    uint64_t invalid; /* modules that are none: nothing is compiled */
    uint64_t functions, refused, code_bytes;
    uint32_t function; /* that is worked on */
    bool ended;
};

/* Ways to compile. */
static const struct {
    const char *name;
    struct compile_options options;
} ways[] = {
    {"full", {.mode = COMPILE_FULL}},
    {"fast", {.mode = COMPILE_FAST}},
    {"full, all features", {.mode = COMPILE_FULL, .isa_features = UINT32_MAX}},
    {"full, checked bounds", {.mode = COMPILE_FULL, .check_bounds = true}},
};
#define WAY_COUNT (sizeof(ways) / sizeof(*ways))

void program_print_findings(const struct verify_result *result, const char *where) {
    for (uint32_t index = 0; index < result->finding_count && index < VERIFY_FINDINGS_MAX; index++) {
        const struct verify_finding *finding = &result->findings[index];
        printf("%s: offset 0x%x: %s: %s\n", where, finding->offset, finding->instruction, verify_reason_text(finding->reason));
    }
    if (result->finding_count > VERIFY_FINDINGS_MAX) {
        printf("%s: %u findings\n", where, result->finding_count);
    }
}

/* ---- One module ---- */

static void total_add(struct verify_result *total, const struct verify_result *result) {
    total->instructions += result->instructions;
    total->blocks += result->blocks;
    total->visits += result->visits;
    total->linear += result->linear;
    total->stack += result->stack;
    total->instance += result->instance;
    total->constants += result->constants;
    total->fields += result->fields;
    total->elements += result->elements;
    total->calls += result->calls;
    total->indirect_calls += result->indirect_calls;
    total->jump_tables += result->jump_tables;
    total->finding_count += result->finding_count;
}

static void code_dump(const struct code *code, const char *way) {
    struct instructions instructions;
    char text[100];
    (void)instructions_read(&instructions, code);
    printf("%s: frame of %u bytes, prologue of %u\n", way, code->frame_bytes, code->prologue_bytes);
    for (uint32_t index = 0; index < instructions.count; index++) {
        instruction_text(code, instructions.all[index].offset, text, sizeof(text));
        printf("%6x  %s\n", instructions.all[index].offset, text);
    }
    instructions_end(&instructions);
}

/* True when the code is safe, or there is none. */
static bool function_verify(const struct wasm_module *module, uint32_t function, uint32_t way, const struct settings *settings,
                            struct outcome *outcome, const char *path) {
    struct budget budget;
    struct code code;
    struct verify_result result;
    budget_init_root(&budget, support_memory(), BUDGET_UNLIMITED);
    enum error error = compile_function(module, function, &ways[way].options, &budget, &code);
    outcome->functions++;
    if (error != ERROR_NONE) {
        outcome->refused++;
        budget_end(&budget);
        return true;
    }
    const struct verify_subject subject = {module, function, &code, ways[way].options.check_bounds};
    verify_function(&subject, &result);
    outcome->code_bytes += code.instruction_bytes;
    if (settings->dump == (long)function) {
        code_dump(&code, ways[way].name);
    }
    if (result.finding_count != 0 && outcome->total.finding_count < FINDINGS_PRINTED) {
        char where[600];
        snprintf(where, sizeof(where), "%s: function %u (%s)", path, function, ways[way].name);
        program_print_findings(&result, where);
    }
    total_add(&outcome->total, &result);
    uint64_t random = settings->seed ^ function * 0x9E3779B97F4A7C15ull;
    if (result.finding_count == 0 && settings->mutate != 0 && support_random(&random) % 100 < settings->percent) {
        mutate_code(&subject, settings->mutate, &random, &outcome->mutated);
    }
    code_release(&code);
    budget_end(&budget);
    return result.finding_count == 0;
}

static struct bytes file_read(const char *path) {
    FILE *file = fopen(path, "rb");
    long size = file && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    uint8_t *data = size >= 0 ? malloc((size_t)size + 1) : NULL;
    if (!data || fseek(file, 0, SEEK_SET) != 0 || fread(data, 1, (size_t)size, file) != (size_t)size) {
        printf("%s: cannot be read\n", path);
        exit(1);
    }
    fclose(file);
    shared_clear(data, (size_t)size);
    return (struct bytes){data, (size_t)size};
}

static void module_verify(const char *path, const struct settings *settings, struct outcome *outcome) {
    struct bytes bytes = file_read(path);
    struct attempt attempt;
    attempt_begin(&attempt, bytes, BUDGET_UNLIMITED);
    if (attempt.error != ERROR_NONE) {
        outcome->invalid++;
    } else {
        bool all_safe = true;
        for (uint32_t way = 0; way < WAY_COUNT; way++) {
            for (uint32_t function = attempt.module->imported_function_count; function < attempt.module->function_count; function++) {
                outcome->function = function;
                all_safe &= function_verify(attempt.module, function, way, settings, outcome, path);
            }
        }
        program_count(&outcome->counts, all_safe && outcome->mutated.suspicious == 0);
    }
    attempt_end(&attempt);
    free((void *)bytes.data);
    outcome->ended = true;
}

static void outcome_add(struct outcome *total, const struct outcome *one) {
    total->counts.passed += one->counts.passed;
    total->counts.failed += one->counts.failed;
    total->counts.skipped += one->counts.skipped;
    total_add(&total->total, &one->total);
    total->invalid += one->invalid;
    total->functions += one->functions;
    total->refused += one->refused;
    total->code_bytes += one->code_bytes;
    for (uint32_t part = 0; part < MUTATE_PARTS; part++) {
        total->mutated.made[part] += one->mutated.made[part];
        total->mutated.refused[part] += one->mutated.refused[part];
    }
    total->mutated.suspicious += one->mutated.suspicious;
}

/* ---- Processes ---- */

#define JOBS_MAX 16u

/* One module in a process of its own; the outcome is memory that both see. */
struct job {
    pid_t process; /* 0: free */
    const char *path;
    struct outcome *outcome;
};

static void job_start(struct job *job, const char *path, const struct settings *settings) {
    memset(job->outcome, 0, sizeof(*job->outcome));
    job->path = path;
    fflush(stdout);
    job->process = fork();
    ASSERT(job->process >= 0);
    if (job->process == 0) {
        alarm(MODULE_SECONDS_MAX);
        module_verify(path, settings, job->outcome);
        fflush(stdout);
        _exit(0);
    }
}

/* Waits for one of the processes; its job is free then. */
static struct job *job_wait(struct job *jobs, struct outcome *total) {
    int status = 0;
    pid_t process = wait(&status);
    for (uint32_t index = 0; index < JOBS_MAX; index++) {
        struct job *job = &jobs[index];
        if (job->process != process) {
            continue;
        }
        if (!job->outcome->ended) {
            const char *how = WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "exit";
            printf("%s: function %u: the process ended: %s\n", job->path, job->outcome->function, how);
            job->outcome->counts.failed++;
        }
        outcome_add(total, job->outcome);
        job->process = 0;
        return job;
    }
    ASSERT(false);
    return NULL;
}

static void modules_run(char **paths, size_t count, uint32_t job_count, const struct settings *settings, struct outcome *total) {
    struct job jobs[JOBS_MAX] = {0};
    struct outcome *outcomes = mmap(NULL, JOBS_MAX * sizeof(*outcomes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint32_t running = 0;
    ASSERT(outcomes != MAP_FAILED);
    for (uint32_t index = 0; index < JOBS_MAX; index++) {
        jobs[index].outcome = &outcomes[index];
    }
    for (size_t index = 0; index < count; index++) {
        struct job *job = running < job_count ? &jobs[running++] : job_wait(jobs, total);
        job_start(job, paths[index], settings);
    }
    while (running-- != 0) {
        job_wait(jobs, total);
    }
}

/* ---- The command ---- */

/* nftw has no context, so the list that it fills is the only variable of the file. */
static struct {
    char **paths;
    size_t count;
} found;

static int path_visit(const char *path, const struct stat *status, int kind, struct FTW *place) {
    const char *suffix = strrchr(path, '.');
    (void)status, (void)place;
    if (kind == FTW_F && suffix && strcmp(suffix, ".wasm") == 0) {
        found.paths = realloc(found.paths, (found.count + 1) * sizeof(*found.paths));
        ASSERT(found.paths);
        found.paths[found.count] = strdup(path);
        ASSERT(found.paths[found.count++]);
    }
    return 0;
}

static int path_compare(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void total_print(const struct outcome *total, bool verbose) {
    const struct verify_result *result = &total->total;
    printf("%llu functions compiled, %llu of them refused by the compiler; %llu bytes of instructions\n", (unsigned long long)total->functions,
           (unsigned long long)total->refused, (unsigned long long)total->code_bytes);
    if (total->invalid != 0) {
        printf("%llu modules are not valid\n", (unsigned long long)total->invalid);
    }
    if (verbose) {
        printf("%llu instructions, %llu blocks, visited %llu times; %llu calls, %llu of them indirect, %llu jump tables\n",
               (unsigned long long)result->instructions, (unsigned long long)result->blocks, (unsigned long long)result->visits,
               (unsigned long long)result->calls, (unsigned long long)result->indirect_calls, (unsigned long long)result->jump_tables);
        printf("memory operands: %llu linear, %llu stack, %llu instance, %llu its objects, %llu table elements, %llu constants\n",
               (unsigned long long)result->linear, (unsigned long long)result->stack, (unsigned long long)result->instance,
               (unsigned long long)result->fields, (unsigned long long)result->elements, (unsigned long long)result->constants);
    }
    mutate_print(&total->mutated);
    printf("%llu passed, %llu failed, %llu skipped\n", (unsigned long long)total->counts.passed, (unsigned long long)total->counts.failed,
           (unsigned long long)total->counts.skipped);
}

int main(int argc, char **argv) {
    struct settings settings = {.percent = 100, .dump = -1};
    struct outcome total = {0};
    uint32_t jobs = 1;
    for (int index = 1; index < argc; index++) {
        if (strcmp(argv[index], "--cases") == 0) {
            cases_run(&total.counts);
        } else if (strcmp(argv[index], "--verbose") == 0) {
            settings.verbose = true;
        } else if (strcmp(argv[index], "--jobs") == 0 && index + 1 < argc) {
            jobs = (uint32_t)strtoul(argv[++index], NULL, 0);
            jobs = jobs < 1 ? 1 : jobs > JOBS_MAX ? JOBS_MAX : jobs;
        } else if (strcmp(argv[index], "--mutate") == 0 && index + 1 < argc) {
            settings.mutate = (uint32_t)strtoul(argv[++index], NULL, 0);
            settings.seed = support_seed();
        } else if (strcmp(argv[index], "--dump") == 0 && index + 1 < argc) {
            settings.dump = strtol(argv[++index], NULL, 0);
        } else if (strcmp(argv[index], "--percent") == 0 && index + 1 < argc) {
            settings.percent = (uint32_t)strtoul(argv[++index], NULL, 0);
        } else if (nftw(argv[index], path_visit, 16, FTW_PHYS) != 0) {
            printf("%s: cannot be read\n", argv[index]);
            total.counts.failed++;
        }
    }
    if (found.count != 0) {
        qsort(found.paths, found.count, sizeof(*found.paths), path_compare);
        modules_run(found.paths, found.count, jobs, &settings, &total);
    }
    total_print(&total, settings.verbose);
    return total.counts.failed == 0 ? 0 : 1;
}
