/* The passes on real programs: every function of every module that tests/programs/fetch.sh has brought goes through all of them, with
   the checker between where CHECK is set; speeds are printed. Skipped where there are none. PROGRAMS names another folder. */
#include "tests/support/programs.h"
#include "wasm/compile/optimize/pass.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The passes one by one, with the splitting of edges as one more. */
static const struct step {
    const char *name;
    void (*run)(struct ir_function *function);
} steps[] = {
    {"clean", ir_clean},
#define PASS(bit, name, text, function) {text, function},
#include "wasm/compile/optimize/passes.def"
#undef PASS
};
#define STEP_COUNT (sizeof steps / sizeof *steps)

struct sums {
    uint64_t bytes, values_before, values_after, blocks_before, blocks_after;
    double build, seconds[STEP_COUNT], split, worst;
    uint32_t worst_function;
};

/* Values in lists. */
static uint64_t values_count(const struct ir_function *function) {
    uint64_t count = 0;
    for (uint32_t block = 0; block < function->block_count; block++)
        for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next)
            count += function->values[value].op != IR_CONSTANT;
    return count;
}

static void function_expect_sound(const struct ir_function *function, const char *when) {
    struct report report;
    report_init(&report);
    assert_false(function->failed);
    if (getenv("CHECK") != NULL && ir_check(function, &report) != ERROR_NONE)
        fail_msg("function %u, %s: %s", function->index, when, report.text);
}

static void function_pass(struct ir_function *function, struct sums *sums) {
    double start = seconds_now(), all = 0;
    assert_int_equal(ir_build(function), ERROR_NONE);
    sums->build += seconds_now() - start;
    sums->bytes += function->module->functions[function->index].body_size;
    ir_clean(function);
    sums->values_before += values_count(function);
    sums->blocks_before += function->block_count;
    for (uint32_t step = 0; step < STEP_COUNT; step++) {
        start = seconds_now();
        if (steps[step].run == layout_run)
            ir_split_edges(function);
        double middle = seconds_now();
        steps[step].run(function);
        double end = seconds_now();
        sums->split += middle - start;
        sums->seconds[step] += end - middle;
        all += end - start;
        function_expect_sound(function, steps[step].name);
        if (steps[step].run == merge_run) {
            sums->values_after += values_count(function);
            sums->blocks_after += function->block_count;
        }
    }
    if (all > sums->worst) {
        sums->worst = all;
        sums->worst_function = function->index;
    }
}

static void sums_print(const char *name, const struct sums *sums) {
    double megabytes = (double)sums->bytes / 1e6, all = sums->split;
    printf("%-12.12s %6.2f MB; build %5.1f MB/s; ns/byte:", name, megabytes, megabytes / sums->build);
    for (uint32_t step = 0; step < STEP_COUNT; step++) {
        all += sums->seconds[step];
        printf(" %s %.1f", steps[step].name, sums->seconds[step] * 1e3 / megabytes);
    }
    printf(" split %.1f; all passes %.1f MB/s; values %.3f, blocks %.3f of before; worst %.1f ms (%u)\n", sums->split * 1e3 / megabytes,
           megabytes / all, (double)sums->values_after / (double)sums->values_before, (double)sums->blocks_after / (double)sums->blocks_before,
           sums->worst * 1e3, sums->worst_function);
}

static void module_pass(void *context, const struct program_visited *program) {
    const struct wasm_module *module = program->module;
    struct sums sums = {0};
    (void)context;
    struct ir_function function;
    for (uint32_t index = module->imported_function_count; index < module->function_count; index++) {
        if (index == module->imported_function_count)
            ir_begin(&function, program->budget, module, index);
        else
            ir_restart(&function, index);
        function_pass(&function, &sums);
    }
    if (module->imported_function_count < module->function_count)
        ir_release(&function);
    sums_print(program->name, &sums);
}

static void test_programs(void **state) {
    (void)state;
    if (programs_visit(module_pass, NULL) == 0)
        skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_programs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
