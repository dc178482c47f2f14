/* What messages and turns of the kernel cost: `message MODULE call|turn ROUNDS` prints nanoseconds of CPU time a round. Under valgrind the same
   program gives instructions; bench/message.sh does both. The module is programs/tests/round. */
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
    const char *rounds;
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
    if (end->kind != APP_EXITED || end->exit_code != 0) {
        fprintf(stderr, "message: the client failed: %s\n", end->report);
        exit(1);
    }
    kernel_stop(bench->kernel);
}

static void app_begin(struct bench *bench, const char *role, bool serves) {
    const struct bytes arguments[] = {bytes_from_text("round"), bytes_from_text(role), bytes_from_text(bench->rounds)};
    const struct app_grant grant = {.service = bench->service, .label = "handler", .serves = serves};
    const struct app_options options = {.module = bench->module,
                                        .name = role,
                                        .arguments = arguments,
                                        .argument_count = 3,
                                        .grants = &grant,
                                        .grant_count = 1,
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

int main(int count, char **words) {
    if (count != 4) {
        fprintf(stderr, "usage: message MODULE call|turn ROUNDS\n");
        return 2;
    }
    static struct bench bench;
    static const uint8_t interface[INTERFACE_HASH_BYTES] = {1};
    const struct kernel_options options = {.compile = true};
    bench.rounds = words[3];
    budget_init_root(&bench.budget, &source, BUDGET_UNLIMITED);
    expect(linux_machine_create(&bench.machine, NULL), "machine");
    expect(kernel_create(&bench.machine.machine, &bench.budget, &options, &bench.kernel), "kernel");
    expect(wasm_module_create(kernel_engine(bench.kernel), &bench.budget, file_read_all(words[1]), NULL, &bench.module), "module");
    expect(service_create(bench.kernel, interface, NULL, NULL, &bench.service), "service");
    if (strcmp(words[2], "call") == 0) {
        app_begin(&bench, "answer", true);
    }
    app_begin(&bench, words[2], false);
    double started = seconds_used();
    kernel_run(bench.kernel);
    printf("%.1f\n", (seconds_used() - started) * 1e9 / (double)strtoull(words[3], NULL, 10));
    kernel_end_apps(bench.kernel);
    wasm_module_destroy(bench.module);
    kernel_destroy(bench.kernel);
    linux_machine_destroy(&bench.machine);
    return 0;
}
