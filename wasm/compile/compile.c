/* The compiler as a list of passes. One call compiles one function; nothing is kept between calls. */
#include "wasm/compile/code.h"
#include "wasm/compile/isa.h"
#include "wasm/compile/optimize/pass.h"
#include "wasm/compile/watch.h"

#include "base/assert.h"

/* A wrong allocation is a bug of ours. */
static void allocation_check(const struct machine_function *machine) {
    struct report report;
    report_init(&report);
    if (machine_check(machine, &report) != ERROR_NONE && report.error != ERROR_NO_MEMORY)
        panic(report.text, __FILE__, __LINE__);
}

static void machine_watch(const struct compile_options *options, enum compile_stage stage, const struct machine_function *machine) {
    if (options->watch != NULL)
        options->watch->machine(options->watch->context, stage, machine);
}

static enum error machine_passes(struct machine_function *machine, const struct ir_function *ir, const struct compile_options *options,
                                 struct code *out) {
    struct instance_layout layout;
    instance_layout(ir->module, &layout);
    machine->fast = options->mode == COMPILE_FAST;
    enum error error = isa_select(machine, ir, &layout, options);
    if (error == ERROR_NONE) {
        machine_watch(options, STAGE_SELECT, machine);
        error = machine_allocate(machine);
    }
    if (error == ERROR_NONE && options->check)
        allocation_check(machine);
    if (error == ERROR_NONE) {
        machine_watch(options, STAGE_ALLOCATE, machine);
        error = isa_encode(machine, &layout, out);
    }
    if (error == ERROR_NONE && options->watch != NULL)
        options->watch->code(options->watch->context, ir, out);
    return error;
}

enum error compile_function(const struct wasm_module *module, uint32_t function, const struct compile_options *options, struct budget *budget,
                            struct code *out) {
    *out = (struct code){.budget = budget, .keeps_lines = options->watch != NULL};
    struct ir_function ir;
    ir_begin(&ir, budget, module, function);
    ir.in_homes = options->mode == COMPILE_FAST;
    enum error error = ir_build(&ir);
    if (error == ERROR_NONE && options->watch != NULL)
        options->watch->ir(options->watch->context, STAGE_BUILD, &ir);
    if (error == ERROR_NONE)
        error = passes_run(&ir, options);
    if (error == ERROR_NONE) {
        struct machine_function machine;
        machine_begin(&machine, budget, &isa_machine, &ir);
        error = machine.failed ? ERROR_NO_MEMORY : machine_passes(&machine, &ir, options, out);
        machine_release(&machine);
    }
    ir_release(&ir);
    if (error != ERROR_NONE)
        code_release(out);
    return error;
}
