/* Allocation for code that is compiled fast, of functions without phis whose values are used in the region that they are defined in: see
   allocate_fast.c. Private to wasm/compile/allocate; machine_allocate calls it. */
#ifndef WASM_COMPILE_ALLOCATE_FAST_H
#define WASM_COMPILE_ALLOCATE_FAST_H

#include "wasm/compile/machine.h"

/* ERROR_NO_MEMORY, or ERROR_LIMIT when there would be too many slots. */
enum error allocate_fast(struct machine_function *function) MUST_CHECK;

#endif
