/* Registers of interrupted code, in what Linux hands to a signal handler. One leaf for each machine. */
#ifndef PLATFORM_LINUX_FAULT_REGISTERS_H
#define PLATFORM_LINUX_FAULT_REGISTERS_H

#include "wasm/wasm.h"

/* machine_state is the third argument of the handler. Async-signal-safe. */
void fault_registers(const void *machine_state, uintptr_t *instruction, uintptr_t *stack);
/* The thread goes on so when the handler returns. */
void fault_registers_resume(void *machine_state, const struct wasm_resume *resume);

#endif
