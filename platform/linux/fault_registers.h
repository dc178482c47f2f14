/* Registers of interrupted code, from what Linux hands to a signal handler. One leaf for each machine. */
#ifndef PLATFORM_LINUX_FAULT_REGISTERS_H
#define PLATFORM_LINUX_FAULT_REGISTERS_H

#include <stdint.h>

/* machine_state is the third argument of the handler. Async-signal-safe. */
void fault_registers(const void *machine_state, uintptr_t *instruction, uintptr_t *stack);

#endif
