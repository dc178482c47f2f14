/* New stacks: a frame as cpu_stack_switch leaves one. */
#include "platform/cpu/x86_64/stack.h"

#include <stdint.h>

void cpu_stack_begin(void);

void *cpu_stack_prepare(void *end, void (*run)(void *argument), void *argument) {
    uint64_t *top = (uint64_t *)end - 8;
    top[0] = 0;                             /* r15 */
    top[1] = 0;                             /* r14 */
    top[2] = (uint64_t)(uintptr_t)argument; /* r13 */
    top[3] = (uint64_t)(uintptr_t)run;      /* r12 */
    top[4] = 0;                             /* rbx */
    top[5] = 0;                             /* rbp */
    top[6] = (uint64_t)(uintptr_t)cpu_stack_begin;
    top[7] = 0;
    return top;
}
