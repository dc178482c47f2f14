/* Compiling in the background of a run: on cores that have nothing else to do, what the program has not called yet. */
#include "platform/linux/run.h"

/* Less than this is compiled in the time that it takes to start a thread a few hundred times: a small program has no workers. */
#define CODE_BYTES_MIN ((uint64_t)32 << 10)
/* A program that was run before has what it needs. If it runs on, the rest is compiled for whoever runs it in another way. */
#define LOADED_DELAY_NS 250000000u
/* Of what the program may use, so much again is for the workers: half of that for compiling, where more than some size would be for
   functions that nobody has seen yet, half for the code. */
#define BUDGET_PART       4u
#define SCRATCH_BYTES_MAX ((uint64_t)64 << 20)
#define COUNT_MAX         8u

static uint64_t code_bytes_left(const struct run *run, bool *is_loaded) {
    struct wasm_module_summary module;
    struct wasm_code_summary code;
    wasm_module_summary(run->program.module, &module);
    wasm_module_code_summary(run->program.module, &code);
    *is_loaded = code.loaded_count != 0;
    return module.code_bytes - code.function_bytes;
}

static uint64_t least(uint64_t left, uint64_t right) {
    return left < right ? left : right;
}

void run_background_start(struct run *run) {
    bool is_loaded;
    if (!run->line->compile || code_bytes_left(run, &is_loaded) < CODE_BYTES_MIN) {
        return;
    }
    /* Not the program's own budget: its allocations must not fail because of what it did not ask for. */
    const uint64_t limit = least(run->line->memory_bytes, budget_left(run->line->budget)) / BUDGET_PART;
    const uint32_t cores = workers_core_count();
    const uint32_t count = cores <= 2 ? 1 : (uint32_t)least(cores - 1, COUNT_MAX);
    const struct workers_options options = {
        .count = count,
        .scratch_bytes = least(limit / 2 / count, SCRATCH_BYTES_MAX),
        .delay_ns = is_loaded ? LOADED_DELAY_NS : 0,
        .is_idle = true,
    };
    budget_init(&run->background, run->line->budget, limit);
    workers_start(&run->workers, run->program.module, &run->background, &options);
    run->has_workers = true;
}

void run_background_stop(struct run *run) {
    if (run->has_workers) {
        workers_stop(&run->workers);
    }
}

void run_background_wait(struct run *run) {
    if (run->has_workers) {
        workers_end(&run->workers);
    }
}

void run_background_end(struct run *run) {
    if (run->has_workers) {
        budget_end(&run->background);
    }
}
