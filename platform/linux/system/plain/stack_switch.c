/* Switching stacks, with the boundaries that faults are told by. */
#include "platform/linux/system/stack_switch.h"

#include "platform/cpu/x86_64/stack.h"
#include "platform/linux/fault.h"

void stack_prepare(void *context, struct machine_stack *stack, void (*run)(void *argument), void *argument) {
    (void)context;
    stack->pointer = cpu_stack_prepare(stack->end, run, argument);
}

void stack_switch(void *context, struct machine_stack *from, struct machine_stack *to) {
    from->boundaries = fault_innermost;
    fault_innermost = to->boundaries;
    cpu_stack_switch(context, &from->pointer, &to->pointer);
}

void stack_forget(void *address, size_t size) {
    (void)address, (void)size;
}
