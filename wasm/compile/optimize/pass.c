/* The list of passes as calls in one function. */
#include "wasm/compile/optimize/pass.h"

#include "base/assert.h"
#include "wasm/compile/watch.h"

/* A function that breaks the rules of ir.h here was broken by the pass before. */
static void function_check(const struct ir_function *function) {
    struct report report;
    report_init(&report);
    if (!function->failed && ir_check(function, &report) != ERROR_NONE && report.error != ERROR_NO_MEMORY)
        panic(report.text, __FILE__, __LINE__);
}

static void pass_end(const struct ir_function *function, const struct compile_options *options, enum compile_stage stage) {
    if (options->check)
        function_check(function);
    if (options->watch != NULL && !function->failed)
        options->watch->ir(options->watch->context, stage, function);
}

/* Where locals have homes, only who looks at it wants to know of dominators and loops. */
static void passes_begin(struct ir_function *function, const struct compile_options *options) {
    if (function->in_homes && (options->check || options->watch != NULL))
        ir_number(function);
}

enum error passes_run(struct ir_function *function, const struct compile_options *options) {
    uint32_t off = options->passes_off | (function->in_homes ? PASSES_OFF_FAST : 0);
    passes_begin(function, options);
#define PASS(bit, name, text, run)                                                                                                                   \
    if ((bit) == PASS_CSE && options->check_bounds)                                                                                                  \
        bound_run(function);                                                                                                                         \
    if ((bit) == PASS_LAYOUT && !function->in_homes)                                                                                                 \
        ir_split_edges(function);                                                                                                                    \
    if ((off >> (bit)&1) == 0)                                                                                                                       \
        run(function);                                                                                                                               \
    pass_end(function, options, STAGE_##name);
#include "wasm/compile/optimize/passes.def"
#undef PASS
    return function->failed ? ERROR_NO_MEMORY : ERROR_NONE;
}
