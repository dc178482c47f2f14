/* What it costs to go from C to compiled code and back, and from compiled code to C and back: `entry MODULE SCENARIO ROUNDS [interpret]` prints
   nanoseconds a round. Under valgrind the same program gives instructions; bench/entry.sh does both. The module is bench/entry.wat. */
#include "platform/linux/host.h"
#include "wasi/wasi.h"
#include "wasm/wasm.h"

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

/* Two apps, each in a store of its own, and what the functions of the host need to know. */
struct bench {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_thread *thread;
    struct wasm_module *module;
    struct app {
        struct bench *bench;
        struct wasm_store *store;
        struct wasm_instance *instance;
        struct wasi *wasi;
        uint64_t answers;
    } apps[2];
    struct wasm_entry other; /* what `call` enters; without a function it enters nothing */
};

static void expect(enum error error, const char *what) {
    if (error != ERROR_NONE) {
        fprintf(stderr, "entry: %s: %s\n", what, error_text(error));
        exit(1);
    }
}

/* ---- Functions of the host: the least that a kernel would do ---- */

static uint32_t host_call(void *context, struct wasm_instance *caller, uint32_t message, uint32_t answer, uint64_t until_ns) {
    struct app *app = context;
    struct bench *bench = app->bench;
    (void)caller;
    (void)answer;
    (void)until_ns;
    if (bench->other.function == NULL) {
        return 0;
    }
    struct wasm_outcome outcome = wasm_enter(&bench->other, bench->thread, message, 0, 0);
    if (outcome.error != ERROR_NONE) {
        wasm_store_fail(app->store, ERROR_HOST);
    }
    return (uint32_t)outcome.value;
}

static uint32_t host_answer(void *context, struct wasm_instance *caller, uint64_t id, uint32_t answer) {
    struct app *app = context;
    (void)caller;
    (void)answer;
    app->answers += id;
    return 0;
}

/* A clock that takes no time to read. */
static enum wasi_errno host_clock_time(void *context, enum wasi_clock clock, uint64_t *time_ns) {
    (void)context;
    (void)clock;
    *time_ns = 1;
    return WASI_SUCCESS;
}

static enum error host_call_by_array(void *context, struct wasm_instance *caller, const union wasm_value *arguments, union wasm_value *results) {
    results[0].i32 = host_call(context, caller, arguments[0].i32, arguments[1].i32, arguments[2].i64);
    return ERROR_NONE;
}

static enum error resolve(void *context, const struct wasm_import *import, struct wasm_extern *out) {
    struct app *app = context;
    const struct wasm_function_type *type = import->type.function;
    if (!bytes_equal(import->module, bytes_from_text("host"))) {
        return wasi_resolve(app->wasi, import, out);
    }
    out->kind = WASM_KIND_FUNCTION;
    if (bytes_equal(import->name, bytes_from_text("call"))) {
        return wasm_function_create_native(app->store, type, (wasm_native_function *)host_call, app, &out->function);
    }
    if (bytes_equal(import->name, bytes_from_text("answer"))) {
        return wasm_function_create_native(app->store, type, (wasm_native_function *)host_answer, app, &out->function);
    }
    return wasm_function_create(app->store, type, host_call_by_array, app, &out->function);
}

/* ---- Beginning ---- */

static struct bytes file_read(const char *path) {
    static uint8_t content[1 << 16];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    size_t size = fread(content, 1, sizeof content, file);
    fclose(file);
    return (struct bytes){.data = content, .size = size};
}

static void bench_begin(struct bench *bench, const char *path, bool compile) {
    static const struct wasi_outside outside = {.clock_time = host_clock_time};
    const struct wasm_store_options options = {.compile = compile};
    expect(host_create(&bench->host), "host");
    budget_init_root(&bench->budget, &source, BUDGET_UNLIMITED);
    expect(wasm_engine_create(&bench->host, &bench->budget, &bench->engine), "engine");
    expect(wasm_module_create(bench->engine, &bench->budget, file_read(path), NULL, &bench->module), "module");
    for (int number = 0; number < 2; number++) {
        struct app *app = &bench->apps[number];
        app->bench = bench;
        expect(wasm_store_create(bench->engine, &bench->budget, &options, &app->store), "store");
        expect(wasi_create(app->store, &bench->budget, &outside, &(struct wasi_options){0}, &app->wasi), "WASI");
        expect(wasm_instance_create(app->store, bench->module, resolve, app, NULL, &app->instance), "instance");
    }
    bench->thread = bench->host.thread(bench->host.context);
}

static struct wasm_entry bench_entry(const struct bench *bench, int app, const char *name) {
    struct wasm_extern found;
    struct wasm_entry entry;
    if (!wasm_instance_find_export(bench->apps[app].instance, bytes_from_text(name), &found)) {
        expect(ERROR_NOT_FOUND, name);
    }
    expect(wasm_entry_prepare(found.function, &entry), name);
    return entry;
}

/* ---- Scenarios ---- */

/* From C: as many entries as rounds. */
static void run_enter(struct bench *bench, const struct wasm_entry *entry, uint64_t rounds) {
    for (uint64_t round = 0; round < rounds; round++) {
        struct wasm_outcome outcome = wasm_enter(entry, bench->thread, 16, 0, 0);
        if (outcome.error != ERROR_NONE || outcome.value != 1) {
            expect(ERROR_HOST, "an entry");
        }
    }
}

static void run_call(struct bench *bench, const struct wasm_entry *entry, uint64_t rounds) {
    (void)bench;
    for (uint64_t round = 0; round < rounds; round++) {
        union wasm_value argument = {.i32 = 16}, result;
        expect(wasm_call(entry->function, &argument, &result), "a call");
    }
}

static void run_trap(struct bench *bench, const struct wasm_entry *entry, uint64_t rounds) {
    for (uint64_t round = 0; round < rounds; round++) {
        if (wasm_enter(entry, bench->thread, 16, 0, 0).error != ERROR_TRAP) {
            expect(ERROR_HOST, "a trap");
        }
    }
}

/* From compiled code: the rounds are a loop there. */
static void run_loop(struct bench *bench, const struct wasm_entry *entry, uint64_t rounds) {
    expect(wasm_enter(entry, bench->thread, rounds, 0, 0).error, "a loop");
}

static const struct scenario {
    const char *name;
    void (*run)(struct bench *bench, const struct wasm_entry *entry, uint64_t rounds);
    const char *function; /* that is entered in the first app */
    const char *other;    /* that `call` enters in the second one */
} scenarios[] = {
    {"enter", run_enter, "empty", NULL},    {"call", run_call, "empty", NULL},       {"trap", run_trap, "trapping", NULL},
    {"nothing", run_loop, "nothing", NULL}, {"import", run_loop, "import", NULL},    {"native", run_loop, "native", NULL},
    {"array", run_loop, "array", NULL},     {"nested", run_loop, "native", "empty"}, {"round-trip", run_loop, "native", "answering"},
    {"wasi", run_loop, "wasi", NULL},
};

static double now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void scenario_run(struct bench *bench, const struct scenario *scenario, uint64_t rounds) {
    struct wasm_entry entry = bench_entry(bench, 0, scenario->function);
    if (scenario->other != NULL) {
        bench->other = bench_entry(bench, 1, scenario->other);
    }
    scenario->run(bench, &entry, 1); /* compiles */
    double best_ns = 0;
    for (int run = 0; run < 5; run++) {
        double start_ns = now_ns();
        scenario->run(bench, &entry, rounds / 5);
        double each_ns = (now_ns() - start_ns) / (double)(rounds / 5);
        best_ns = run == 0 || each_ns < best_ns ? each_ns : best_ns;
    }
    printf("%.2f\n", best_ns);
}

int main(int argc, char **argv) {
    static struct bench bench;
    uint64_t rounds = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    for (size_t index = 0; argc > 3 && rounds >= 5 && index < sizeof scenarios / sizeof *scenarios; index++) {
        if (strcmp(argv[2], scenarios[index].name) == 0) {
            bench_begin(&bench, argv[1], argc < 5 || strcmp(argv[4], "interpret") != 0);
            scenario_run(&bench, &scenarios[index], rounds);
            return 0;
        }
    }
    fprintf(stderr, "usage: entry MODULE SCENARIO ROUNDS [interpret]\n");
    return 2;
}
