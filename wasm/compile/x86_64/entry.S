/* Into compiled code, out of it, and the stubs between. See ../entry.h and ../code.h for the conventions.
   Compiled code runs on the store's stack; C always runs on the stack of the thread. The execution remembers the other one. */
#include "wasm/compile/x86_64/offsets.h"

    .intel_syntax noprefix
    .text

/* bool code_enter(struct code_entry *entry) */
    .globl code_enter
    .type code_enter, @function
    .p2align 4
code_enter:
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    mov r11, [rdi + ENTRY_EXECUTION]
    push qword ptr [r11 + EXECUTION_CODE_STACK]
    push qword ptr [r11 + EXECUTION_HOST_STACK]
    push rdi
    mov [r11 + EXECUTION_HOST_STACK], rsp
enter_begin:
    cmp dword ptr [r11 + EXECUTION_STOP], 0
    jne enter_stopped
    mov rsp, [rdi + ENTRY_STACK]
    mov r15, [rdi + ENTRY_INSTANCE]
    mov r14, [rdi + ENTRY_MEMORY_BASE]
    mov r11, [rdi + ENTRY_CODE]
    mov rax, [rdi + ENTRY_FUNCTION]
    mov rsi, [rdi + ENTRY_GENERAL + 8]
    mov rdx, [rdi + ENTRY_GENERAL + 16]
    mov rcx, [rdi + ENTRY_GENERAL + 24]
    mov r8, [rdi + ENTRY_GENERAL + 32]
    mov r9, [rdi + ENTRY_GENERAL + 40]
    movups xmm0, [rdi + ENTRY_VECTOR]
    movups xmm1, [rdi + ENTRY_VECTOR + 16]
    movups xmm2, [rdi + ENTRY_VECTOR + 32]
    movups xmm3, [rdi + ENTRY_VECTOR + 48]
    movups xmm4, [rdi + ENTRY_VECTOR + 64]
    movups xmm5, [rdi + ENTRY_VECTOR + 80]
    movups xmm6, [rdi + ENTRY_VECTOR + 96]
    movups xmm7, [rdi + ENTRY_VECTOR + 112]
    mov rdi, [rdi + ENTRY_GENERAL]
    call r11
enter_end:
    mov r11, [r15 + INSTANCE_EXECUTION]
    mov rsp, [r11 + EXECUTION_HOST_STACK]
    pop rdi
    mov [rdi + ENTRY_GENERAL], rax
    mov [rdi + ENTRY_GENERAL + 8], rdx
    mov [rdi + ENTRY_GENERAL + 16], rcx
    mov [rdi + ENTRY_GENERAL + 24], rsi
    movups [rdi + ENTRY_VECTOR], xmm0
    movups [rdi + ENTRY_VECTOR + 16], xmm1
    movups [rdi + ENTRY_VECTOR + 32], xmm2
    movups [rdi + ENTRY_VECTOR + 48], xmm3
    mov eax, 1
code_return_to_c:
    pop qword ptr [r11 + EXECUTION_HOST_STACK]
    pop qword ptr [r11 + EXECUTION_CODE_STACK]
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret
    .size code_enter, . - code_enter

/* The stop flag is set. r11 = execution; C's stack is on or will be. */
enter_stopped:
    mov rsp, [r11 + EXECUTION_HOST_STACK]
    mov rbx, r11
    mov rdi, r11
    call runtime_stopped
    mov r11, rbx

/* Leaves the innermost code_enter with false. r11 = execution. */
    .type code_leave, @function
code_leave:
    mov rsp, [r11 + EXECUTION_HOST_STACK]
    pop rdi
    xor eax, eax
    jmp code_return_to_c
    .size code_leave, . - code_leave

/* Saves the registers that hold parameters below the return address; rbx = execution, rbp = what is saved, and the host's stack is on. */
.macro leave_for_c
    sub rsp, SAVED_BYTES
    mov [rsp + SAVED_GENERAL], rdi
    mov [rsp + SAVED_GENERAL + 8], rsi
    mov [rsp + SAVED_GENERAL + 16], rdx
    mov [rsp + SAVED_GENERAL + 24], rcx
    mov [rsp + SAVED_GENERAL + 32], r8
    mov [rsp + SAVED_GENERAL + 40], r9
    movups [rsp + SAVED_VECTOR], xmm0
    movups [rsp + SAVED_VECTOR + 16], xmm1
    movups [rsp + SAVED_VECTOR + 32], xmm2
    movups [rsp + SAVED_VECTOR + 48], xmm3
    movups [rsp + SAVED_VECTOR + 64], xmm4
    movups [rsp + SAVED_VECTOR + 80], xmm5
    movups [rsp + SAVED_VECTOR + 96], xmm6
    movups [rsp + SAVED_VECTOR + 112], xmm7
    mov rbx, [rax + FUNCTION_STORE]
    mov rbx, [rbx + STORE_EXECUTION]
    mov rbp, rsp
    mov [rbx + EXECUTION_CODE_STACK], rsp
    mov rsp, [rbx + EXECUTION_HOST_STACK]
.endm

/* A function without code: rax = function. */
    .globl code_stub_compile
    .type code_stub_compile, @function
    .p2align 4
code_stub_compile:
    leave_for_c
    mov r12, rax
    mov rdi, rax
    call runtime_compile
    test rax, rax
    jz code_leave_now
    mov r11, rax
compile_begin:
    cmp dword ptr [rbx + EXECUTION_STOP], 0
    jne leave_stopped
    mov rax, r12
    mov rsp, rbp
    mov rdi, [rsp + SAVED_GENERAL]
    mov rsi, [rsp + SAVED_GENERAL + 8]
    mov rdx, [rsp + SAVED_GENERAL + 16]
    mov rcx, [rsp + SAVED_GENERAL + 24]
    mov r8, [rsp + SAVED_GENERAL + 32]
    mov r9, [rsp + SAVED_GENERAL + 40]
    movups xmm0, [rsp + SAVED_VECTOR]
    movups xmm1, [rsp + SAVED_VECTOR + 16]
    movups xmm2, [rsp + SAVED_VECTOR + 32]
    movups xmm3, [rsp + SAVED_VECTOR + 48]
    movups xmm4, [rsp + SAVED_VECTOR + 64]
    movups xmm5, [rsp + SAVED_VECTOR + 80]
    movups xmm6, [rsp + SAVED_VECTOR + 96]
    movups xmm7, [rsp + SAVED_VECTOR + 112]
    add rsp, SAVED_BYTES
    jmp r11
compile_end:
    .size code_stub_compile, . - code_stub_compile

/* A function that C runs: rax = function, r15 = the caller's instance. */
    .globl code_stub_host
    .type code_stub_host, @function
    .p2align 4
code_stub_host:
    leave_for_c
    mov rdi, rax
    mov rsi, rbp
    lea rdx, [rbp + SAVED_BYTES + 8]
    mov rcx, r15
    call runtime_call_host
    test al, al
    jz code_leave_now
host_begin:
    cmp dword ptr [rbx + EXECUTION_STOP], 0
    jne leave_stopped
    mov rsp, rbp
    mov rax, [rsp + SAVED_GENERAL]
    mov rdx, [rsp + SAVED_GENERAL + 8]
    mov rcx, [rsp + SAVED_GENERAL + 16]
    mov rsi, [rsp + SAVED_GENERAL + 24]
    movups xmm0, [rsp + SAVED_VECTOR]
    movups xmm1, [rsp + SAVED_VECTOR + 16]
    movups xmm2, [rsp + SAVED_VECTOR + 32]
    movups xmm3, [rsp + SAVED_VECTOR + 48]
    add rsp, SAVED_BYTES
    ret
host_end:
    .size code_stub_host, . - code_stub_host

code_leave_now:
    mov r11, rbx
    jmp code_leave
leave_stopped:
    mov r11, rbx
    jmp enter_stopped

/* A function of another instance: its caller restores r15 and r14. */
    .globl code_stub_external
    .type code_stub_external, @function
    .p2align 4
code_stub_external:
    mov r15, [rax + FUNCTION_INSTANCE]
    mov r11, [r15 + INSTANCE_MEMORY_BASES]
    mov r14, [r11]
    jmp [rax + FUNCTION_ENTRY]
    .size code_stub_external, . - code_stub_external

/* Functions of the engine: rdi = instance, the other parameters are where C has them. */
.macro runtime_stub name
    .p2align 4
code_stub_runtime_\name:
    mov r11, [r15 + INSTANCE_EXECUTION]
    mov [r11 + EXECUTION_CODE_STACK], rsp
    mov rsp, [r11 + EXECUTION_HOST_STACK]
    mov rdi, r15
    call runtime_\name
    mov r11, [r15 + INSTANCE_EXECUTION]
code_stub_runtime_\name\()_begin:
    cmp dword ptr [r11 + EXECUTION_STOP], 0
    jne enter_stopped
    mov rsp, [r11 + EXECUTION_CODE_STACK]
    ret
code_stub_runtime_\name\()_end:
.endm

#define RUNTIME(name, text) runtime_stub name;
#include "wasm/code/runtime.def"
#undef RUNTIME

    .section .data.rel.ro, "aw"
    .p2align 4 /* the ABI aligns arrays to 16 bytes, and C relies on it */
    .globl code_stub_runtime
    .type code_stub_runtime, @object
code_stub_runtime:
#define RUNTIME(name, text) .quad code_stub_runtime_##name;
#include "wasm/code/runtime.def"
#undef RUNTIME
    .size code_stub_runtime, . - code_stub_runtime

    .p2align 4
    .globl code_interruptible
    .type code_interruptible, @object
code_interruptible:
    .quad enter_begin, enter_end, compile_begin, compile_end, host_begin, host_end
#define RUNTIME(name, text) .quad code_stub_runtime_##name##_begin, code_stub_runtime_##name##_end;
#include "wasm/code/runtime.def"
#undef RUNTIME
    .quad 0
    .size code_interruptible, . - code_interruptible

    .section .note.GNU-stack, "", @progbits
