/* What messages, turns and starts of the kernel cost: `message MODULE call|turn|start ROUNDS [APPS]` prints nanoseconds of CPU time a round; turns
   go round that many apps. Under valgrind the same program gives instructions; bench/entry.sh does both. The module is programs/tests/round, or, of
   turns, programs/tests/empty or touch. The clock of the kernel is one that counts how often it is looked at, which is once a turn: so a run of turns
   can be ended, and instructions repeat. */
#include "kernel/kernel.h"
#include "platform/linux/system/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *block_take(void *context, size_t size) {
    (void)context;
    return malloc(size);
}

static void block_give(void *context, void *block, size_t size) {
    (void)context;
    (void)size;
    free(block);
}

static const struct memory_source source = {.take = block_take, .give = block_give};

struct bench {
    struct linux_machine machine;
    struct budget budget;
    struct kernel *kernel;
    struct wasm_module *module;
    struct service *service;
    const char *rounds, *bytes, *mode;
    uint64_t looks, looks_max; /* at the clock */
};

static void expect(enum error error, const char *what) {
    if (error != ERROR_NONE) {
        fprintf(stderr, "message: %s: %s\n", what, error_text(error));
        exit(1);
    }
}

static struct bytes file_read_all(const char *path) {
    static uint8_t content[1 << 20];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "message: %s cannot be read\n", path);
        exit(1);
    }
    size_t size = fread(content, 1, sizeof content, file);
    fclose(file);
    return (struct bytes){content, size};
}

static void client_ended(void *context, uint32_t number, const struct app_end *end) {
    const struct bench *bench = context;
    (void)number;
    if (end->kind == APP_TRAPPED || end->exit_code != 0) {
        fprintf(stderr, "message: the client failed: %s\n", end->report);
        exit(1);
    }
    kernel_stop(bench->kernel);
}

static void app_begin(struct bench *bench, const char *role, bool serves) {
    const struct bytes arguments[] = {bytes_from_text("round"), bytes_from_text(role), bytes_from_text(bench->rounds), bytes_from_text(bench->bytes),
                                      bytes_from_text(bench->mode)};
    const struct app_grant grant = {.service = bench->service, .label = "handler", .serves = serves};
    const struct app_options options = {.module = bench->module,
                                        .name = role,
                                        .arguments = arguments,
                                        .argument_count = 5,
                                        .grants = &grant,
                                        .grant_count = 1,
                                        .limits = {.inbox_bytes = bench->mode[0] != 0 ? 1 << 20 : 0},
                                        .ended = serves ? NULL : client_ended,
                                        .context = bench};
    uint32_t number;
    expect(app_start(bench->kernel, &options, NULL, &number), role);
}

static double seconds_used(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t looks_ns(void *context) {
    struct bench *bench = (struct bench *)((char *)context - offsetof(struct bench, machine));
    bench->looks++;
    if (bench->looks == bench->looks_max) {
        kernel_stop(bench->kernel);
    }
    return bench->looks * 100;
}

static uint64_t wall_ns(void *context) {
    (void)context;
    return 0;
}

static double calls_run(struct bench *bench, const char *role) {
    app_begin(bench, "answer", true);
    app_begin(bench, role, false);
    double started = seconds_used();
    kernel_run(bench->kernel);
    return seconds_used() - started;
}

/* After a turn of each, which finds nothing in any cache and all pages to be mapped. */
static double turns_run(struct bench *bench, uint64_t rounds, uint64_t apps) {
    for (uint64_t app = 0; app < apps; app++) {
        app_begin(bench, "turn", false);
    }
    bench->looks_max = bench->looks + 2 * apps;
    kernel_run(bench->kernel);
    bench->looks_max = bench->looks + rounds;
    double started = seconds_used();
    kernel_run(bench->kernel);
    return seconds_used() - started;
}

/* One app after the other: each begins when the one before has ended, with what that one left behind. */
static double starts_run(struct bench *bench, uint64_t rounds) {
    double started = seconds_used();
    for (uint64_t round = 0; round < rounds; round++) {
        app_begin(bench, "exit", false);
        kernel_run(bench->kernel);
    }
    return seconds_used() - started;
}

int main(int count, char **words) {
    if (count < 4 || count > 6) {
        fprintf(stderr, "usage: message MODULE call|turn|start ROUNDS [APPS]; message MODULE pass ROUNDS BYTES MODE\n");
        return 2;
    }
    static struct bench bench;
    static const uint8_t interface[INTERFACE_HASH_BYTES] = {1};
    const struct kernel_options options = {.compile = true};
    uint64_t rounds = strtoull(words[3], NULL, 10), apps = count == 5 ? strtoull(words[4], NULL, 10) : 1;
    bench.rounds = words[3];
    bench.bytes = count == 6 ? words[4] : "";
    bench.mode = count == 6 ? words[5] : "";
    budget_init_root(&bench.budget, &source, BUDGET_UNLIMITED);
    expect(linux_machine_create(&bench.machine, NULL), "machine");
    bench.machine.machine.monotonic_ns = looks_ns;
    bench.machine.machine.wall_ns = wall_ns;
    expect(kernel_create(&bench.machine.machine, &bench.budget, &options, &bench.kernel), "kernel");
    expect(wasm_module_create(kernel_engine(bench.kernel), &bench.budget, file_read_all(words[1]), NULL, &bench.module), "module");
    expect(service_create(bench.kernel, interface, NULL, NULL, &bench.service), "service");
    double seconds = words[2][0] == 's'   ? starts_run(&bench, rounds)
                     : words[2][0] == 't' ? turns_run(&bench, rounds, apps)
                                          : calls_run(&bench, words[2]);
    printf("%.1f\n", seconds * 1e9 / (double)rounds);
    kernel_end_apps(bench.kernel);
    wasm_module_destroy(bench.module);
    kernel_destroy(bench.kernel);
    linux_machine_destroy(&bench.machine);
    return 0;
}
