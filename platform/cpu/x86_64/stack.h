/* Stacks of C on x86-64, hosted and bare. */
#ifndef PLATFORM_CPU_STACK_H
#define PLATFORM_CPU_STACK_H

/* Leaves the running stack, noting its pointer in *from, and goes on at *to. The context is not looked at: who is given one has it on the way. */
void cpu_stack_switch(void *context, void **from, void *const *to);
/* The pointer at which run(argument) begins on the stack that ends at `end`, an address that is a multiple of 16; run never returns. */
void *cpu_stack_prepare(void *end, void (*run)(void *argument), void *argument);

#endif
