/* Switching between stacks that C runs on: see stack.h. */

    .intel_syntax noprefix
    .text

/* void cpu_stack_switch(void *context, void **from, void *const *to): what C's calling convention keeps lies on the stack that is left. */
    .globl cpu_stack_switch
    .type cpu_stack_switch, @function
    .p2align 4
cpu_stack_switch:
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    mov [rsi], rsp
    mov rsp, [rdx]
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret
    .size cpu_stack_switch, . - cpu_stack_switch

/* Where a new stack begins: r12 = what to run, r13 = its argument, and on top of the stack the zero that ends what debuggers walk. */
    .globl cpu_stack_begin
    .type cpu_stack_begin, @function
cpu_stack_begin:
    mov rdi, r13
    jmp r12
    .size cpu_stack_begin, . - cpu_stack_begin

    .section .note.GNU-stack, "", @progbits
