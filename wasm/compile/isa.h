/* What an instruction set supplies to the compiler: files of the same names in each isa's folder. Private to wasm/compile. */
#ifndef WASM_COMPILE_ISA_H
#define WASM_COMPILE_ISA_H

#include "wasm/compile/code.h"
#include "wasm/compile/machine.h"

/* Whether this processor has what code needs at least; when it does, the bits of compile_options.isa_features that it has beyond. */
bool isa_is_supported(void);
uint32_t isa_features(void);

/* Registers, and names for dumps. */
extern const struct machine_isa isa_machine;
extern const struct machine_names isa_names;

/* From SSA, whose edges are split, to machine instructions. ERROR_LIMIT: there is an instruction that is not compiled. */
enum error isa_select(struct machine_function *machine, const struct ir_function *ir, const struct instance_layout *layout,
                      const struct compile_options *options) MUST_CHECK;
/* From allocated machine instructions to bytes. ERROR_LIMIT: the frame is too large. */
enum error isa_encode(const struct machine_function *machine, const struct instance_layout *layout, struct code *code) MUST_CHECK;

#endif
