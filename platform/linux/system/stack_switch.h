/* Stacks of C as the machine of Linux gives them to the kernel. Two folders have it, of which the Makefile takes one: plain/, and annotated/ for
   builds with AddressSanitizer, which wants to know of each stack. */
#ifndef PLATFORM_LINUX_STACK_SWITCH_H
#define PLATFORM_LINUX_STACK_SWITCH_H

#include "kernel/machine.h"

/* stack_prepare and stack_switch of struct machine. */
void stack_prepare(void *context, struct machine_stack *stack, void (*run)(void *argument), void *argument);
void stack_switch(void *context, struct machine_stack *from, struct machine_stack *to);
/* This memory, which may have held stacks, is given back. */
void stack_forget(void *address, size_t size);

#endif
