/* Random modules, interpreted and compiled in many ways: build/random [--seconds COUNT | --count MODULES] [--seed NUMBER] [--first NUMBER]
   [--verbose]
   [--write FOLDER]. Pair N of a seed is always the same. All that can be seen of a pair must be the same in all ways: results, traps and their
   places, memories, globals, tables, and what the host was called with. Pairs run in a process of their own, some hundred in one, so that a crash
   costs one. With
   --write nothing is run: the modules are written as files. The last line counts pairs. */
#include "base/assert.h"
#include "tests/random/run.h"
#include "tests/support/support.h"
#include "wasm/compile/isa.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 400, WAY_SECONDS_MAX = 300, RANDOM_WAYS = 2, FAILURES_MAX = 20, CHECKED_BYTES_MAX = 30000 };

struct settings {
    uint64_t seed, first, count;
    uint32_t seconds;
    const char *folder; /* where modules are written, or NULL */
};

/* Both processes see it. */
struct progress {
    uint64_t number, passed, failed, compiled, refused, traps, calls, bytes, exhausted, watched;
    struct way way;
};

static uint64_t pair_seed(uint64_t seed, uint64_t number) {
    uint64_t state = seed * 0x9E3779B97F4A7C15u + number * 0xD1B54A32D192ED03u;
    support_random(&state);
    return support_random(&state);
}

static void way_print(const struct way *way) {
    const struct compile_options *options = &way->options;
    printf("%s", options->check_bounds ? "bounds checked, " : "");
    if (!way->compile) {
        printf("interpreted\n");
        return;
    }
    printf("compiled: %s, passes off 0x%x, features 0x%x%s\n", options->mode == COMPILE_FAST ? "fast" : "full", options->passes_off,
           options->isa_features, way->lazily ? ", lazily" : "");
}

static void file_write(const char *folder, const char *name, const struct build *bytes) {
    char path[600];
    snprintf(path, sizeof(path), "%s/%s.wasm", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes->data, 1, bytes->size, file) != bytes->size || fclose(file) != 0) {
        panic("a module cannot be written", __FILE__, __LINE__);
    }
}

static void pair_write(const struct pair *pair, const struct settings *settings, uint64_t number) {
    char name[80];
    snprintf(name, sizeof(name), "%llu-%llu-provider", (unsigned long long)settings->seed, (unsigned long long)number);
    file_write(settings->folder, name, &pair->provider_bytes);
    snprintf(name, sizeof(name), "%llu-%llu-user", (unsigned long long)settings->seed, (unsigned long long)number);
    file_write(settings->folder, name, &pair->user_bytes);
}

/* ---- One pair ---- */

enum {
#define PASS(bit, name, text, run) PASS_##name = (bit),
#include "wasm/compile/optimize/passes.def"
#undef PASS
    PASS_COUNT
};

/* The ways that each pair goes, and some that chance chooses. */
static uint32_t ways_choose(uint64_t *random, struct way ways[RANDOM_WAYS + 2]) {
    uint32_t all = isa_features(), count = 0;
    ways[count++] = (struct way){.compile = true, .options = {.mode = COMPILE_FULL, .isa_features = all, .check = true}};
    ways[count++] =
        (struct way){.compile = true, .options = {.mode = COMPILE_FAST, .isa_features = plan_chance(random, 500) ? all : 0, .check = true}};
    for (uint32_t index = 0; index < RANDOM_WAYS; index++) {
        uint32_t passes = (1u << PASS_COUNT) - 1, off = 1u << plan_choose(random, PASS_COUNT);
        off = plan_chance(random, 300) ? off : plan_chance(random, 400) ? passes & ~off : passes & (uint32_t)support_random(random);
        struct way way = {.compile = true, .lazily = plan_chance(random, 500), .options = {.mode = COMPILE_FULL, .passes_off = off}};
        way.options.check = plan_chance(random, 300);
        way.options.isa_features = plan_chance(random, 300) ? 0 : plan_chance(random, 500) ? all : all & (uint32_t)support_random(random);
        way.options.check_bounds = plan_chance(random, 300);
        ways[count++] = way;
    }
    if (plan_chance(random, 100)) {
        ways[count - 1] = (struct way){.options.check_bounds = true};
    }
    return count;
}

/* With the options that make it again. */
static void failure_print(const char *what, const struct settings *settings, const struct progress *progress) {
    printf("--seed %llu --first %llu --count 1: %s, ", (unsigned long long)settings->seed, (unsigned long long)progress->number, what);
    way_print(&progress->way);
}

static bool way_run(const struct pair *pair, const struct trace *expected, struct trace *actual, const struct settings *settings,
                    struct progress *progress) {
    alarm(WAY_SECONDS_MAX);
    /* The checkers take time in proportion to the square of a function's size. */
    progress->way.options.check &= pair->provider_bytes.size + pair->user_bytes.size < CHECKED_BYTES_MAX;
    pair_run(pair, &progress->way, actual);
    uint32_t place = trace_compare(expected, actual);
    if (place != UINT32_MAX) {
        failure_print("differs from the interpreter", settings, progress);
        printf("  interpreted:\n");
        trace_print(expected, place);
        printf("  here:\n");
        trace_print(actual, place);
    }
    return place == UINT32_MAX;
}

/* Bulk operations access memory in C, and some atomic ones more than once. */
static bool pair_is_watchable(const struct pair *pair) {
    const struct plan_style *left = &pair->provider.style, *right = &pair->user.style;
    return !left->has_bulk && !right->has_bulk && !left->has_atomics && !right->has_atomics;
}

static void pair_try(uint64_t number, const struct settings *settings, struct progress *progress) {
    static struct trace expected, actual; /* too large for a stack */
    struct pair pair;
    struct way ways[RANDOM_WAYS + 2];
    uint64_t random = pair_seed(settings->seed, number);
    progress->number = number;
    alarm(WAY_SECONDS_MAX);
    pair_make(random, &pair);
    progress->bytes += pair.provider_bytes.size + pair.user_bytes.size;
    progress->way = (struct way){0};
    progress->way.watches = pair_is_watchable(&pair) && plan_chance(&random, 200);
    progress->watched += progress->way.watches;
    bool watches = progress->way.watches;
    pair_run(&pair, &progress->way, &expected);
    progress->exhausted += expected.is_exhausted;
    progress->traps += expected.traps;
    progress->calls += expected.calls;
    expected.traps = expected.calls = 0;
    bool passed = true;
    uint32_t count = ways_choose(&random, ways);
    for (uint32_t index = 0; index < count && passed; index++) {
        progress->way = ways[index];
        progress->way.watches = watches;
        /* An access that the interpreter checks first is not made when only its end is out of bounds. */
        if (watches && ways[index].options.check_bounds && !ways[index].compile) {
            continue;
        }
        passed = way_run(&pair, &expected, &actual, settings, progress);
    }
    progress->compiled += actual.compiled;
    progress->refused += actual.refused;
    actual.compiled = actual.refused = 0;
    progress->passed += passed;
    progress->failed += !passed;
    pair_end(&pair);
}

/* ---- Processes ---- */

static void batch_run(uint64_t end, const struct settings *settings, struct progress *progress) {
    fflush(stdout);
    pid_t child = fork();
    ASSERT(child >= 0);
    if (child == 0) {
        for (uint64_t number = progress->number; number < end; number++) {
            pair_try(number, settings, progress);
        }
        fflush(stdout);
        _exit(0);
    }
    int status = 0;
    ASSERT(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status) || WEXITSTATUS(status) != 0) {
        failure_print(WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "the process ended", settings, progress);
        progress->failed++;
    }
    progress->number++;
}

static void write_all(const struct settings *settings) {
    struct pair pair;
    for (uint64_t number = settings->first; number < settings->first + settings->count; number++) {
        pair_make(pair_seed(settings->seed, number), &pair);
        pair_write(&pair, settings, number);
        pair_end(&pair);
    }
}

static void run_all(const struct settings *settings, struct progress *progress) {
    time_t end = time(NULL) + settings->seconds;
    progress->number = settings->first;
    while (progress->failed < FAILURES_MAX && (settings->seconds != 0 ? time(NULL) < end : progress->number < settings->first + settings->count)) {
        uint64_t batch_end = progress->number + BATCH;
        if (settings->seconds == 0 && batch_end > settings->first + settings->count) {
            batch_end = settings->first + settings->count;
        }
        batch_run(batch_end, settings, progress);
    }
    printf("%llu bytes of modules, %llu calls, %llu of them trapped; %llu functions compiled, %llu refused; %llu pairs exhausted a stack, %llu were "
           "watched\n",
           (unsigned long long)progress->bytes, (unsigned long long)progress->calls, (unsigned long long)progress->traps,
           (unsigned long long)progress->compiled, (unsigned long long)progress->refused, (unsigned long long)progress->exhausted,
           (unsigned long long)progress->watched);
}

static bool option_read(const char *name, const char *value, struct settings *settings) {
    uint64_t number = strtoull(value, NULL, 0);
    if (strcmp(name, "--seconds") == 0) {
        settings->seconds = (uint32_t)number;
    } else if (strcmp(name, "--count") == 0) {
        settings->count = number;
    } else if (strcmp(name, "--seed") == 0) {
        settings->seed = number;
    } else if (strcmp(name, "--first") == 0) {
        settings->first = number;
    } else if (strcmp(name, "--write") == 0) {
        settings->folder = value;
    } else {
        return false;
    }
    return true;
}

int main(int argc, char **argv) {
    struct settings settings = {.count = 1000};
    struct progress *progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT(progress != MAP_FAILED);
    for (int index = 1; index < argc; index += 2) {
        if (index + 1 >= argc || !option_read(argv[index], argv[index + 1], &settings)) {
            fprintf(stderr, "random: %s: no such option, or its value is missing\n", argv[index]);
            return 2;
        }
    }
    if (settings.seed == 0) {
        settings.seed = support_seed();
    }
    if (settings.folder != NULL) {
        write_all(&settings);
        return 0;
    }
    run_all(&settings, progress);
    printf("%llu passed, %llu failed, 0 skipped\n", (unsigned long long)progress->passed, (unsigned long long)progress->failed);
    return progress->failed == 0 ? 0 : 1;
}
