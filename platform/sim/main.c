/* build/sim [--seed NUMBER] [--steps COUNT] [--verbose]: one run, and its hash.
   build/sim --seconds COUNT | --count RUNS [--first NUMBER] [--steps COUNT] [--jobs COUNT]: runs of one seed after another, from a random one. A run
   that fails costs its process and no other run; a shorter run of the seed that fails too is looked for. The last line counts runs. */
#include "platform/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STEPS_DEFAULT = 3000, JOBS_MAX = 16, FAILURES_MAX = 5, RUN_SECONDS_MAX = 60 };

struct command {
    struct sim_settings settings;
    uint64_t seconds, count, jobs;
    bool is_single;
};

/* What a worker says of itself; the parent reads it when the worker has died. */
struct progress {
    uint64_t seed, passed, steps, started, trapped, failures, events;
};

static uint64_t seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec;
}

static struct bytes program_read(void) {
    const char *build = getenv("BUILD");
    char path[600];
    snprintf(path, sizeof path, "%s/programs/tests/chaos.wasm", build != NULL ? build : "build");
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(1 << 20);
    size_t size = file != NULL && bytes != NULL ? fread(bytes, 1, 1 << 20, file) : 0;
    if (size == 0) {
        fprintf(stderr, "%s cannot be read: make %s\n", path, path);
        exit(2);
    }
    fclose(file);
    return (struct bytes){bytes, size};
}

static void ground_begin(struct linux_machine *ground) {
    struct report report;
    report_init(&report);
    if (linux_machine_create(ground, &report) != ERROR_NONE) {
        fprintf(stderr, "%s\n", report.text);
        exit(2);
    }
}

/* ---- One run ---- */

static int run_single(const struct command *command) {
    static struct sim sim;
    struct linux_machine ground;
    ground_begin(&ground);
    sim_run(&sim, &command->settings, &ground);
    printf("seed %llu: %s, %u steps, %u apps, %u ended, %u trapped, %u failures, hash %016llx\n", (unsigned long long)command->settings.seed,
           sim.compile ? "compiled" : "interpreted", sim.step, sim.started_count, sim.ended_count, sim.trapped_count, sim.failure_count,
           (unsigned long long)sim.hash);
    linux_machine_destroy(&ground);
    return 0;
}

/* ---- Many ---- */

/* Seeds from its own on, each job-th one; until the time is over or there are no more. */
static void worker_run(const struct command *command, struct progress *progress, uint64_t end_seconds) {
    static struct sim sim;
    struct linux_machine ground;
    struct sim_settings settings = command->settings;
    ground_begin(&ground);
    while (progress->seed - command->settings.seed < command->count && seconds_now() < end_seconds) {
        settings.seed = progress->seed;
        alarm(RUN_SECONDS_MAX);
        sim_run(&sim, &settings, &ground);
        progress->passed++;
        progress->steps += sim.step;
        progress->started += sim.started_count;
        progress->trapped += sim.trapped_count;
        progress->failures += sim.failure_count;
        progress->events += sim.event_count;
        progress->seed += command->jobs;
    }
    _exit(0);
}

static pid_t worker_start(const struct command *command, struct progress *progress, uint64_t end_seconds) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        worker_run(command, progress, end_seconds);
    }
    if (child < 0) {
        perror("fork");
        exit(2);
    }
    return child;
}

/* Whether a run fails; what it says is not shown. */
static bool run_fails(const struct command *command, uint64_t seed, uint32_t steps) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        struct command single = *command;
        single.settings.seed = seed;
        single.settings.steps = steps;
        alarm(RUN_SECONDS_MAX);
        if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL) {
            _exit(2);
        }
        _exit(run_single(&single));
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && status != 0;
}

/* Half as long, as often as it still fails. */
static void run_shorten(const struct command *command, uint64_t seed) {
    uint32_t steps = command->settings.steps;
    while (steps > 8 && run_fails(command, seed, steps / 2)) {
        steps /= 2;
    }
    if (steps < command->settings.steps) {
        printf("  also: build/sim --seed %llu --steps %u --verbose\n", (unsigned long long)seed, steps);
    }
}

static uint64_t worker_failed(const struct command *command, struct progress *progress, int status) {
    if (WIFSIGNALED(status)) {
        printf("seed %llu: ended by signal %d (%s)\n  again: build/sim --seed %llu --steps %u --verbose\n", (unsigned long long)progress->seed,
               WTERMSIG(status), strsignal(WTERMSIG(status)), (unsigned long long)progress->seed, command->settings.steps);
    }
    run_shorten(command, progress->seed);
    progress->seed += command->jobs;
    return 1;
}

static int run_many(const struct command *command) {
    struct progress *all = mmap(NULL, JOBS_MAX * sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), sum = {0};
    uint64_t end_seconds = command->seconds == UINT64_MAX ? UINT64_MAX : seconds_now() + command->seconds, failed = 0, running = 0;
    pid_t children[JOBS_MAX];
    if (all == MAP_FAILED) {
        perror("mmap");
        return 2;
    }
    printf("SEED=%llu\n", (unsigned long long)command->settings.seed);
    for (uint64_t job = 0; job < command->jobs; job++, running++) {
        all[job].seed = command->settings.seed + job;
        children[job] = worker_start(command, &all[job], end_seconds);
    }
    while (running > 0) {
        int status;
        pid_t child = wait(&status);
        uint64_t job = 0;
        while (job < command->jobs && children[job] != child) {
            job++;
        }
        running -= job < command->jobs;
        if (job == command->jobs || status == 0) {
            continue;
        }
        failed += worker_failed(command, &all[job], status);
        if (failed < FAILURES_MAX) {
            children[job] = worker_start(command, &all[job], end_seconds);
            running++;
        }
    }
    for (uint64_t job = 0; job < command->jobs; job++) {
        sum.passed += all[job].passed;
        sum.steps += all[job].steps;
        sum.started += all[job].started;
        sum.trapped += all[job].trapped;
        sum.failures += all[job].failures;
        sum.events += all[job].events;
    }
    printf("%llu steps, each checked; %llu events, %llu apps started, %llu trapped, %llu allocations refused\n", (unsigned long long)sum.steps,
           (unsigned long long)sum.events, (unsigned long long)sum.started, (unsigned long long)sum.trapped, (unsigned long long)sum.failures);
    printf("%llu passed, %llu failed, 0 skipped\n", (unsigned long long)sum.passed, (unsigned long long)failed);
    return failed != 0 || sum.passed == 0;
}

/* ---- The command line ---- */

static bool number_of(const char *text, uint64_t *out) {
    char *end;
    *out = text != NULL ? strtoull(text, &end, 10) : 0;
    return text != NULL && end != text && *end == 0;
}

static bool option_read(struct command *command, const char *name, const char *value, uint64_t *number) {
    if (!number_of(value, number)) {
        return false;
    }
    if (strcmp(name, "--seed") == 0) {
        command->settings.seed = *number;
        command->is_single = true;
    } else if (strcmp(name, "--first") == 0) {
        command->settings.seed = *number;
    } else if (strcmp(name, "--steps") == 0) {
        command->settings.steps = (uint32_t)*number;
    } else if (strcmp(name, "--seconds") == 0) {
        command->seconds = *number;
    } else if (strcmp(name, "--count") == 0) {
        command->count = *number;
    } else if (strcmp(name, "--jobs") == 0 && *number >= 1 && *number <= JOBS_MAX) {
        command->jobs = *number;
    } else {
        return false;
    }
    return true;
}

int main(int argument_count, char **arguments) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct command command = {.settings = {.seed = ((uint64_t)now.tv_sec * 1000003 + (uint64_t)now.tv_nsec) % 1000000000, .steps = STEPS_DEFAULT},
                              .seconds = UINT64_MAX,
                              .count = UINT64_MAX,
                              .jobs = 1};
    uint64_t number;
    for (int at = 1; at < argument_count; at++) {
        if (strcmp(arguments[at], "--verbose") == 0) {
            command.settings.is_verbose = true;
        } else if (option_read(&command, arguments[at], arguments[at + 1], &number)) {
            at++;
        } else {
            fprintf(stderr, "sim [--seed NUMBER | --first NUMBER] [--steps COUNT] [--seconds COUNT] [--count RUNS] [--jobs COUNT] [--verbose]\n");
            return 2;
        }
    }
    command.settings.program = program_read();
    bool is_single = command.is_single || (command.seconds == UINT64_MAX && command.count == UINT64_MAX);
    int code = is_single ? run_single(&command) : run_many(&command);
    free((void *)(uintptr_t)command.settings.program.data);
    return code;
}
