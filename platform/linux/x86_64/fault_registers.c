/* x86-64: rip, rsp and rdi of a ucontext. */
#include "platform/linux/fault_registers.h"

#include <ucontext.h>

void fault_registers(const void *machine_state, uintptr_t *instruction, uintptr_t *stack) {
    const ucontext_t *context = machine_state;
    *instruction = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    *stack = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
}

void fault_registers_resume(void *machine_state, const struct wasm_resume *resume) {
    ucontext_t *context = machine_state;
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)resume->instruction;
    context->uc_mcontext.gregs[REG_RSP] = (greg_t)resume->stack;
    context->uc_mcontext.gregs[REG_RDI] = (greg_t)resume->argument;
}
