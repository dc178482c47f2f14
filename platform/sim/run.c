/* A run from its beginning to its end, and what it tells. */
#include "platform/sim/sim.h"

#include "kernel/check/check.h"
#include "tests/support/support.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DRAIN_STEPS_MAX 200000u /* until everybody has ended */

/* ---- Chance, and what is told ---- */

uint32_t sim_below(struct sim *sim, uint32_t count) {
    return (uint32_t)(support_random(&sim->random) >> 32) % count;
}

bool sim_chance(struct sim *sim, uint32_t percent) {
    return sim_below(sim, 100) < percent;
}

bool sim_fails(struct sim *sim, uint32_t rate, const char *what) {
    if (sim->is_quiet || rate == 0 || sim_below(sim, rate) != 0) {
        return false;
    }
    sim->failure_count++;
    sim_event(sim, "no %s", what);
    return true;
}

void sim_event(struct sim *sim, const char *pattern, ...) {
    char text[900];
    va_list arguments;
    va_start(arguments, pattern);
    vsnprintf(text, sizeof text, pattern, arguments);
    va_end(arguments);
    for (const char *at = text; *at != 0; at++) {
        sim->hash = (sim->hash ^ (uint8_t)*at) * 0x100000001B3u;
    }
    sim->hash = (sim->hash ^ sim->now_ns ^ (uint64_t)sim->step << 40) * 0x100000001B3u;
    sim->event_count++;
    if (sim->settings.is_verbose) {
        printf("%6u %12llu %s\n", sim->step, (unsigned long long)sim->now_ns, text);
    }
}

_Noreturn void sim_fail(struct sim *sim, const char *pattern, ...) {
    char text[900];
    va_list arguments;
    va_start(arguments, pattern);
    vsnprintf(text, sizeof text, pattern, arguments);
    va_end(arguments);
    printf("seed %llu, step %u%s: %s\n  again: build/sim --seed %llu --steps %u --verbose\n", (unsigned long long)sim->settings.seed, sim->step,
           sim->is_draining ? " (at the end)" : "", text, (unsigned long long)sim->settings.seed, sim->settings.steps);
    fflush(stdout);
    _exit(1);
}

void sim_check(struct sim *sim, const char *where) {
    struct report report;
    report_init(&report);
    if (sim->is_draining && sim->step > sim->step_last) {
        sim_fail(sim, "apps come to no end");
    }
    if (kernel_check(sim->kernel, &report) != ERROR_NONE) {
        sim_fail(sim, "at %s: %s", where, report.text);
    }
    sim_children_check(sim, false);
}

/* ---- The beginning ---- */

static uint32_t rate_choose(struct sim *sim) {
    static const uint32_t rates[] = {0, 0, 0, 3000, 500, 100, 20};
    return rates[sim_below(sim, sizeof rates / sizeof rates[0])];
}

static void sim_begin(struct sim *sim, const struct sim_settings *settings, struct linux_machine *ground) {
    *sim = (struct sim){.settings = *settings, .ground = ground, .hash = 0xCBF29CE484222325u, .is_quiet = true};
    sim->random = settings->seed * 0x9E3779B97F4A7C15u + 1;
    for (uint32_t count = 0; count < 4; count++) {
        (void)support_random(&sim->random);
    }
    sim->now_ns = 1000 + sim_below(sim, 1000000);
    sim->compile = sim_chance(sim, 50);
    sim->disturbance = 1 + sim_below(sim, 20);
    sim->kinship = sim_chance(sim, 20) ? 0 : 1 + sim_below(sim, 40);
    sim->failures = (struct failures){rate_choose(sim), rate_choose(sim), rate_choose(sim), rate_choose(sim), rate_choose(sim)};
    sim_machine_begin(sim);
    budget_init_root(&sim->root, &sim->memory, BUDGET_UNLIMITED);
    budget_init(&sim->engine_budget, &sim->root, BUDGET_UNLIMITED);
    budget_init(&sim->budget, &sim->root, BUDGET_UNLIMITED);
}

/* The system, which is there before anything fails. */
static void system_begin(struct sim *sim) {
    struct report report;
    report_init(&report);
    enum error error = wasm_engine_create(&sim->host, &sim->engine_budget, &sim->engine);
    if (error == ERROR_NONE) {
        error = wasm_module_create(sim->engine, &sim->engine_budget, sim->settings.program, &report, &sim->module);
    }
    const struct kernel_options options = {.compile = sim->compile, .engine = sim->engine, .app_count_max = APPS_MAX};
    if (error == ERROR_NONE) {
        error = kernel_create(&sim->machine, &sim->budget, &options, &sim->kernel);
    }
    if (error != ERROR_NONE) {
        sim_fail(sim, "the system cannot be started: %s %s", error_text(error), report.text);
    }
    sim_services_begin(sim);
    sim->is_checking = true;
    sim->is_quiet = false;
}

/* ---- The end ---- */

/* Everybody is told to come to an end: who then still waits for something will never get it. */
static void system_drain(struct sim *sim) {
    sim_event(sim, "the end begins");
    sim->is_quiet = true;
    sim->is_draining = true;
    sim->step_last = sim->step + DRAIN_STEPS_MAX;
    sim_answer_all(sim);
    sim_children_drain(sim);
    kernel_run(sim->kernel);
    if (kernel_app_count(sim->kernel) != 0) {
        sim_fail(sim, "%u apps wait for what never comes", kernel_app_count(sim->kernel));
    }
}

static void system_end(struct sim *sim) {
    sim->is_quiet = true;
    sim->is_draining = true;
    sim->is_ending = true;
    sim->step_last = UINT32_MAX;
    kernel_end_apps(sim->kernel);
    sim_children_end(sim);
    sim_check(sim, "the end");
    for (uint32_t slot = 0; slot < sim->slot_count; slot++) {
        if (sim->slots[slot].app != 0) {
            sim_fail(sim, "nobody was told that app %u ended", sim->slots[slot].app);
        }
    }
    sim_services_end(sim);
    sim->is_checking = false;
    kernel_destroy(sim->kernel);
    if (sim->budget.used_bytes != 0) {
        sim_fail(sim, "the kernel left %llu bytes", (unsigned long long)sim->budget.used_bytes);
    }
    wasm_module_destroy(sim->module);
    wasm_engine_destroy(sim->engine);
    if (sim->root.used_bytes != 0 || sim->reserved_bytes != 0 || sim->page_bytes != 0 || support_live_blocks() != 0) {
        sim_fail(sim, "left: %llu bytes charged, %llu reserved, %llu in pages, %llu blocks", (unsigned long long)sim->root.used_bytes,
                 (unsigned long long)sim->reserved_bytes, (unsigned long long)sim->page_bytes, (unsigned long long)support_live_blocks());
    }
    sim_event(sim, "the end");
}

void sim_run(struct sim *sim, const struct sim_settings *settings, struct linux_machine *ground) {
    sim_begin(sim, settings, ground);
    system_begin(sim);
    while (sim->step < settings->steps) {
        sim_disturb(sim);
        if (!sim_go_on(sim)) {
            sim->step++;
        }
        kernel_run(sim->kernel);
        sim_check(sim, "a run's end");
        sim->step++;
    }
    if (sim_chance(sim, 75)) {
        system_drain(sim);
    }
    system_end(sim);
}
