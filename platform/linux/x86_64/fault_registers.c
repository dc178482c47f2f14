/* x86-64: rip and rsp of a ucontext. */
#include "platform/linux/fault_registers.h"

#include <ucontext.h>

void fault_registers(const void *machine_state, uintptr_t *instruction, uintptr_t *stack) {
    const ucontext_t *context = machine_state;
    *instruction = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    *stack = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
}
