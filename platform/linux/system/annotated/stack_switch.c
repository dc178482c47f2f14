/* Switching stacks, told to AddressSanitizer: else it takes what one stack holds for an overflow of another. */
#include "platform/linux/system/stack_switch.h"

#include "platform/cpu/x86_64/stack.h"
#include "platform/linux/fault.h"

#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

/* Room at the end of a new stack for what it begins with; stacks stay aligned. */
#define BEGINNING_BYTES 64u

struct beginning {
    void (*run)(void *argument);
    void *argument;
};

static _Thread_local struct machine_stack *left;

/* On the stack that was switched to. The bounds of the one that was left are told here: of the kernel's own nobody else knows them. */
static void switch_finish(void *fake) {
    const void *low;
    size_t size;
    __sanitizer_finish_switch_fiber(fake, &low, &size);
    if (left->end == NULL) {
        left->low = (void *)(uintptr_t)low;
        left->end = (uint8_t *)left->low + size;
    }
}

static void stack_begin(void *argument) {
    const struct beginning *beginning = argument;
    switch_finish(NULL);
    beginning->run(beginning->argument);
}

void stack_prepare(void *context, struct machine_stack *stack, void (*run)(void *argument), void *argument) {
    (void)context;
    struct beginning *beginning = (struct beginning *)(void *)((uint8_t *)stack->end - BEGINNING_BYTES);
    *beginning = (struct beginning){.run = run, .argument = argument};
    stack->pointer = cpu_stack_prepare(beginning, stack_begin, beginning);
}

void stack_switch(void *context, struct machine_stack *from, struct machine_stack *to) {
    void *fake;
    from->boundaries = fault_innermost;
    fault_innermost = to->boundaries;
    left = from;
    __sanitizer_start_switch_fiber(&fake, to->low, (size_t)((uint8_t *)to->end - (uint8_t *)to->low));
    cpu_stack_switch(context, &from->pointer, &to->pointer);
    switch_finish(fake);
}

/* Else what comes to be there next is taken for the ends of arrays that were on those stacks. */
void stack_forget(void *address, size_t size) {
    ASAN_UNPOISON_MEMORY_REGION(address, size);
}
