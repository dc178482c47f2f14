/* SSA of real programs: every function of every module that tests/programs/fetch.sh has brought is built and checked, and the
   builder's speed is printed. Skipped where there are none. PROGRAMS names another folder. */
#include "tests/support/programs.h"
#include "wasm/compile/ir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What the functions of a module came to. */
struct sums {
    uint64_t bytes, values, blocks, words, phis, phi_operands, limits;
    double seconds, clean_seconds, worst_seconds;
    uint32_t worst;
};

static void phis_count(const struct ir_function *function, struct sums *sums) {
    for (uint32_t block = 0; block < function->block_count; block++)
        for (uint32_t value = function->blocks[block].first; value != IR_NONE; value = function->values[value].next)
            if (function->values[value].op == IR_PHI) {
                sums->phis++;
                sums->phi_operands += function->values[value].b;
            }
}

static void function_build(struct ir_function *function, struct sums *sums) {
    struct report report;
    report_init(&report);
    double start = seconds_now();
    enum error error = ir_build(function);
    double seconds = seconds_now() - start;
    sums->seconds += seconds;
    if (seconds > sums->worst_seconds) {
        sums->worst_seconds = seconds;
        sums->worst = function->index;
    }
    if (error == ERROR_LIMIT) {
        sums->limits++;
        return;
    }
    assert_int_equal(error, ERROR_NONE);
    sums->bytes += function->module->functions[function->index].body_size;
    sums->values += function->value_count;
    sums->blocks += function->block_count;
    sums->words += function->pool_count;
    if (getenv("NO_CHECK") != NULL)
        return;
    phis_count(function, sums);
    if (ir_check(function, &report) != ERROR_NONE)
        fail_msg("function %u: %s", function->index, report.text);
    start = seconds_now();
    ir_clean(function);
    sums->clean_seconds += seconds_now() - start;
    ir_split_edges(function);
    if (ir_check(function, &report) != ERROR_NONE)
        fail_msg("function %u, cleaned and split: %s", function->index, report.text);
}

static void module_build(void *context, const struct program_visited *program) {
    const struct wasm_module *module = program->module;
    struct sums sums = {0};
    (void)context;
    struct ir_function function;
    for (uint32_t index = module->imported_function_count; index < module->function_count; index++) {
        if (index == module->imported_function_count)
            ir_begin(&function, program->budget, module, index);
        else
            ir_restart(&function, index);
        function_build(&function, &sums);
    }
    if (module->imported_function_count < module->function_count)
        ir_release(&function);
    printf("%-20.20s %6.2f MB %6.1f MB/s, clean %5.1f; per byte %.2f values, %.2f words, %.3f blocks, %.3f phis, %.3f operands; "
           "%llu limits; worst %.1f ms (%u)\n",
           program->name, (double)sums.bytes / 1e6, (double)sums.bytes / sums.seconds / 1e6, (double)sums.bytes / sums.clean_seconds / 1e6,
           (double)sums.values / (double)sums.bytes, (double)sums.words / (double)sums.bytes, (double)sums.blocks / (double)sums.bytes,
           (double)sums.phis / (double)sums.bytes, (double)sums.phi_operands / (double)sums.bytes, (unsigned long long)sums.limits,
           sums.worst_seconds * 1e3, sums.worst);
    assert_int_equal(sums.limits, 0);
}

static void test_programs(void **state) {
    (void)state;
    if (programs_visit(module_build, NULL) == 0)
        skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_programs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
