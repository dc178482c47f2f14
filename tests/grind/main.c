/* Hostile apps against a kernel: build/grind [--seconds COUNT | --count WORLDS] [--seed NUMBER] [--first NUMBER] [--verbose]. World N of a seed is
   always the same. Each is a kernel with apps that do all that a program can (programs/tests/grind), beside some that behave, and must get right
   answers whatever happens: see docs/testing.md. Worlds run in a process of their own, some in one, so that a crash or a hang costs one. The last
   line counts worlds. */
#include "tests/grind/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 100, WORLD_SECONDS_MAX = 60, FAILURES_MAX = 5 };

struct settings {
    uint64_t seed, first, count;
    uint32_t seconds;
    bool is_verbose;
    const char *self;
};

static uint64_t world_seed(uint64_t seed, uint64_t number) {
    uint64_t state = seed * 0x9E3779B97F4A7C15u + number * 0xD1B54A32D192ED03u;
    support_random(&state);
    return support_random(&state);
}

static void program_read(const char *name, struct program *program) {
    const char *build = getenv("BUILD");
    char path[500];
    snprintf(path, sizeof path, "%s/programs/%s.wasm", build != NULL ? build : "build", name);
    FILE *file = fopen(path, "rb");
    program->bytes = malloc(1 << 20);
    if (file == NULL || program->bytes == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(2);
    }
    program->size = fread(program->bytes, 1, 1 << 20, file);
    fclose(file);
}

static void programs_free(const struct program *programs) {
    for (uint32_t index = 0; index < PROGRAM_COUNT; index++) {
        free(programs[index].bytes);
    }
}

static void failure_print(const struct settings *settings, uint64_t number, const char *what) {
    printf("world %llu: %s\n  again: %s --seed %llu --first %llu --count 1\n", (unsigned long long)number, what, settings->self,
           (unsigned long long)settings->seed, (unsigned long long)number);
    fflush(stdout);
}

/* In a process of its own: 0 when all of these worlds were as they should be, 1 when one was not and that is told. */
static int batch_run(const struct settings *settings, const struct program *programs, uint64_t end, struct counts *counts) {
    char failure[600];
    for (; counts->number < end; counts->number++) {
        alarm(WORLD_SECONDS_MAX);
        if (!world_run(programs, world_seed(settings->seed, counts->number), counts, failure, sizeof failure)) {
            failure_print(settings, counts->number, failure);
            return 1;
        }
        if (settings->is_verbose) {
            printf("world %llu: %llu started\n", (unsigned long long)counts->number, (unsigned long long)counts->started);
        }
    }
    return 0;
}

/* The number of failures, at most one. */
static uint32_t batch_watch(const struct settings *settings, const struct program *programs, uint64_t end, struct counts *counts) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGPIPE, SIG_IGN);
        /* Apps read from it. */
        if (freopen("/dev/null", "r", stdin) == NULL) {
            exit(2);
        }
        int code = batch_run(settings, programs, end, counts);
        fflush(stdout);
        programs_free(programs);
        exit(code);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        fprintf(stderr, "no process can be made\n");
        exit(2);
    }
    if (status == 0) {
        return 0;
    }
    if (WIFSIGNALED(status)) {
        char what[100];
        snprintf(what, sizeof what, WTERMSIG(status) == SIGALRM ? "it did not end in %d seconds" : "it died of signal %d",
                 WTERMSIG(status) == SIGALRM ? WORLD_SECONDS_MAX : WTERMSIG(status));
        failure_print(settings, counts->number, what);
    } else if (WEXITSTATUS(status) != 1) {
        failure_print(settings, counts->number, "the process ended, as a sanitizer ends one");
    }
    counts->number++;
    return 1;
}

static uint64_t option_number(const char *name, const char *text) {
    char *end;
    uint64_t number = text != NULL ? strtoull(text, &end, 10) : 0;
    if (text == NULL || *text == 0 || *end != 0) {
        fprintf(stderr, "%s wants a number\n", name);
        exit(2);
    }
    return number;
}

static struct settings settings_read(int count, char **arguments) {
    struct settings settings = {.count = UINT64_MAX, .seconds = UINT32_MAX, .self = arguments[0]};
    bool has_seed = false;
    for (int index = 1; index < count; index++) {
        const char *name = arguments[index], *value = index + 1 < count ? arguments[index + 1] : NULL;
        if (strcmp(name, "--verbose") == 0) {
            settings.is_verbose = true;
            continue;
        }
        uint64_t number = option_number(name, value);
        index++;
        if (strcmp(name, "--seed") == 0) {
            settings.seed = number;
            has_seed = true;
        } else if (strcmp(name, "--first") == 0) {
            settings.first = number;
        } else if (strcmp(name, "--count") == 0) {
            settings.count = number;
        } else if (strcmp(name, "--seconds") == 0) {
            settings.seconds = (uint32_t)number;
        } else {
            fprintf(stderr, "%s is no option of grind\n", name);
            exit(2);
        }
    }
    settings.seed = has_seed ? settings.seed : support_seed() % 1000000000u;
    return settings;
}

int main(int count, char **arguments) {
    struct settings settings = settings_read(count, arguments);
    struct program programs[PROGRAM_COUNT];
    program_read("tests/grind", &programs[PROGRAM_GRIND]);
    program_read("servers/names", &programs[PROGRAM_NAMES]);
    struct counts *counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED) {
        return 2;
    }
    time_t end = time(NULL) + (time_t)settings.seconds;
    uint32_t failed = 0;
    uint64_t last = settings.count < UINT64_MAX - settings.first ? settings.first + settings.count : UINT64_MAX;
    printf("grind: SEED=%llu\n", (unsigned long long)settings.seed);
    for (counts->number = settings.first; counts->number < last && (settings.seconds == UINT32_MAX || time(NULL) < end) && failed < FAILURES_MAX;) {
        uint64_t until = last - counts->number < BATCH ? last : counts->number + BATCH;
        failed += batch_watch(&settings, programs, until, counts);
    }
    printf(
        "%llu apps started: %llu trapped, %llu exited, %llu were killed, %llu did not start; %llu clients were content, %llu messages to the host\n",
        (unsigned long long)counts->started, (unsigned long long)counts->trapped, (unsigned long long)counts->exited,
        (unsigned long long)counts->killed, (unsigned long long)counts->refused, (unsigned long long)counts->done,
        (unsigned long long)counts->messages);
    printf("%llu passed, %u failed, 0 skipped\n", (unsigned long long)(counts->number - settings.first - failed), failed);
    munmap(counts, sizeof *counts);
    programs_free(programs);
    return failed != 0;
}
