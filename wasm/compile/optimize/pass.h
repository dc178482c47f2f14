/* The machine-independent passes, from the builder's SSA to the one that an isa selects from. Private to wasm/compile.

   A pass gets a function that is numbered, without copies, and leaves it so (ir_number, ir_clean). It takes time in proportion
   to the function, and memory of its budget; when that is used up it sets function->failed, and what it leaves is not to be looked at.

   What is observable stays: results, bits of NaNs, each load and store at its width and in its order, and of two traps the
   first. A trap or a call is blamed on ir_value.source, which also tells what was inlined there. */
#ifndef WASM_COMPILE_PASS_H
#define WASM_COMPILE_PASS_H

#include "wasm/compile/ir.h"

enum pass {
#define PASS(bit, name, text, function) PASS_##name = (bit),
#include "wasm/compile/optimize/passes.def"
#undef PASS
    PASS_COUNT
};

/* What passes_off is in the mode that compiles fast. */
#define PASSES_OFF_FAST UINT32_MAX

/* Runs them, but for those that are off, splits critical edges and lays the blocks out. With options->check the SSA is checked after
   each; what it finds is a bug of ours and ends in panic(). ERROR_NO_MEMORY. */
enum error passes_run(struct ir_function *function, const struct compile_options *options) MUST_CHECK;

/* Each pass alone. */
#define PASS(bit, name, text, function) void function(struct ir_function *);
#include "wasm/compile/optimize/passes.def"
#undef PASS

/* Before the pass that shares values, and never left out, where accesses are checked (compile_options.check_bounds): bound.c. */
void bound_run(struct ir_function *function);

#endif
