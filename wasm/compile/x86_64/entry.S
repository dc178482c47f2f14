/* Into compiled code, out of it, and the stubs between. See ../entry.h and ../code.h for the conventions.
   Compiled code runs on the store's stack; C always runs on the stack of the thread. The execution remembers the other one. */
#include "wasm/compile/x86_64/offsets.h"

    .intel_syntax noprefix
    .text

/* ---- Parameters between registers and memory ---- */

.macro vectors_load base, vectors
    movups xmm0, [\base + \vectors]
    movups xmm1, [\base + \vectors + 16]
    movups xmm2, [\base + \vectors + 32]
    movups xmm3, [\base + \vectors + 48]
    movups xmm4, [\base + \vectors + 64]
    movups xmm5, [\base + \vectors + 80]
    movups xmm6, [\base + \vectors + 96]
    movups xmm7, [\base + \vectors + 112]
.endm

/* The register that they are reached by may be rdi. */
.macro parameters_load base, general, vectors
    vectors_load \base, \vectors
    mov rsi, [\base + \general + 8]
    mov rdx, [\base + \general + 16]
    mov rcx, [\base + \general + 24]
    mov r8, [\base + \general + 32]
    mov r9, [\base + \general + 40]
    mov rdi, [\base + \general]
.endm

/* On C's stack, which stays aligned to 16 bytes. */
.macro parameters_save
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
.endm

/* ---- Into compiled code ---- */

/* For debuggers: the frames of compiled code end here, and those of C are on another stack. */
.macro outermost_frame
    .cfi_startproc
    .cfi_undefined rip
.endm

/* Makes the entry: r8 = thread, r11 = execution. Clobbers r9.
   First the thread is noted, then the flag looked at; who stops does it the other way round. While the thread stays the same its interrupts meet
   it in the order of its own instructions, and nothing needs to be fenced. */
.macro entry_push name
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    push qword ptr [r8 + THREAD_RUNNING]
    push qword ptr [r11 + EXECUTION_CODE_STACK]
    push qword ptr [r11 + EXECUTION_ENTRY]
    mov [r11 + EXECUTION_ENTRY], rsp
    inc dword ptr [r11 + EXECUTION_ENTRY_COUNT]
    mov [r8 + THREAD_RUNNING], r11
    mov r9, [r8 + THREAD_ID]
    cmp r9, [r11 + EXECUTION_THREAD_ID]
    jne \name\()_on_other_thread
\name\()_on_thread:
.endm

.macro entry_other_thread name
\name\()_on_other_thread:
    mov [r11 + EXECUTION_THREAD], r8
    xchg [r11 + EXECUTION_THREAD_ID], r9
    jmp \name\()_on_thread
.endm

/* Back to C's stack and registers: r11 = execution. Clobbers r9. */
.macro entry_pop
    mov rsp, [r11 + EXECUTION_ENTRY]
    mov r9, [r11 + EXECUTION_THREAD]
    pop qword ptr [r11 + EXECUTION_ENTRY]
    pop qword ptr [r11 + EXECUTION_CODE_STACK]
    pop qword ptr [r9 + THREAD_RUNNING]
    dec dword ptr [r11 + EXECUTION_ENTRY_COUNT]
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
.endm

/* The code stack is on. */
.macro entry_look
    cmp qword ptr [r11 + EXECUTION_STOP], 0
    jne entry_left
.endm

/* struct wasm_outcome code_enter_words(uint64_t a, uint64_t b, uint64_t c, const struct wasm_entry *entry, struct wasm_thread *thread) */
    .globl code_enter_words
    .type code_enter_words, @function
    .p2align 5
code_enter_words:
    outermost_frame
    mov r11, [rcx + PREPARED_EXECUTION]
    cmp dword ptr [r11 + EXECUTION_ENTRY_COUNT], HOST_CALLS
    jae runtime_refuse
    entry_push words
    mov rax, [rcx + PREPARED_FUNCTION]
    mov r15, [rcx + PREPARED_INSTANCE]
    mov r14, [rcx + PREPARED_MEMORY_BASE]
    mov rsp, [r11 + EXECUTION_CODE_STACK]
    and rsp, -16
    entry_look
    call [rax + FUNCTION_ENTRY]
    mov r11, [r15 + INSTANCE_EXECUTION]
    entry_pop
    xor edx, edx
    ret
    entry_other_thread words
    .cfi_endproc
    .size code_enter_words, . - code_enter_words

/* enum error code_enter(struct code_entry *entry) */
    .globl code_enter
    .type code_enter, @function
    .p2align 4
code_enter:
    push rdi
    call enter_with_all
    pop rdi
    test r8d, r8d
    jne enter_failed
    mov [rdi + ENTRY_GENERAL], rax
    mov [rdi + ENTRY_GENERAL + 8], rdx
    mov [rdi + ENTRY_GENERAL + 16], rcx
    mov [rdi + ENTRY_GENERAL + 24], rsi
    movups [rdi + ENTRY_VECTOR], xmm0
    movups [rdi + ENTRY_VECTOR + 16], xmm1
    movups [rdi + ENTRY_VECTOR + 32], xmm2
    movups [rdi + ENTRY_VECTOR + 48], xmm3
enter_failed:
    mov eax, r8d
    ret
    .size code_enter, . - code_enter

/* rdi = entry. Results are in registers; r8d = error. */
    .type enter_with_all, @function
enter_with_all:
    outermost_frame
    mov rax, [rdi + ENTRY_FUNCTION]
    mov r8, [rdi + ENTRY_THREAD]
    mov r10, [rax + FUNCTION_INSTANCE]
    mov r11, [r10 + INSTANCE_EXECUTION]
    entry_push all
    mov r15, r10
    mov r14, [r10 + INSTANCE_MEMORY_BASES]
    mov r14, [r14]
    mov rsp, [rdi + ENTRY_STACK]
    entry_look
    parameters_load rdi, ENTRY_GENERAL, ENTRY_VECTOR
    call [rax + FUNCTION_ENTRY]
    mov r11, [r15 + INSTANCE_EXECUTION]
    entry_pop
    xor r8d, r8d
    ret
    entry_other_thread all
    .cfi_endproc
    .size enter_with_all, . - enter_with_all

/* ---- Leaving it without a return ---- */

/* rdi = execution, and C's stack is on. */
    .globl code_landing
    .type code_landing, @function
    .p2align 4
code_landing:
    mov rbx, rdi
    call runtime_fault
    jmp code_leave
    .size code_landing, . - code_landing

/* The stop flag is set, or a native host function failed: r11 = execution. */
entry_left:
    mov rbx, r11
stub_left:
    mov rsp, [rbx + EXECUTION_ENTRY]
    mov rdi, rbx
    call runtime_left

/* Leaves the innermost entry with the outcome, which both ways to enter find: rbx = execution. */
    .type code_leave, @function
code_leave:
    mov r11, rbx
    mov r8d, [r11 + EXECUTION_OUTCOME]
    mov edx, r8d
    xor eax, eax
    entry_pop
    ret
    .size code_leave, . - code_leave

/* ---- Stubs for functions ---- */

/* To C: rbx = execution. The stack pointer is at the address to which compiled code wants to return. */
.macro stub_leave
    mov rbx, [r15 + INSTANCE_EXECUTION]
    mov [rbx + EXECUTION_CODE_STACK], rsp
    mov rsp, [rbx + EXECUTION_ENTRY]
.endm

/* And back. */
.macro stub_return
    mov rsp, [rbx + EXECUTION_CODE_STACK]
    cmp qword ptr [rbx + EXECUTION_STOP], 0
    jne stub_left
.endm

/* A function without code: rax = function. */
    .globl code_stub_compile
    .type code_stub_compile, @function
    .p2align 4
code_stub_compile:
    stub_leave
    parameters_save
    mov r12, rax
    mov rdi, rax
    call runtime_compile
    test rax, rax
    jz code_leave
    mov r11, rax
    mov rax, r12
    parameters_load rsp, SAVED_GENERAL, SAVED_VECTOR
    stub_return
    jmp r11
    .size code_stub_compile, . - code_stub_compile

/* A function that C runs with arrays: rax = function, r15 = the caller's instance. */
    .globl code_stub_host
    .type code_stub_host, @function
    .p2align 4
code_stub_host:
    lea r11, [rsp + 8]
    stub_leave
    parameters_save
    mov rdi, rax
    mov rsi, rsp
    mov rdx, r11
    mov rcx, r15
    call runtime_call_host
    test al, al
    jz code_leave
    mov rax, [rsp + SAVED_GENERAL]
    mov rdx, [rsp + SAVED_GENERAL + 8]
    mov rcx, [rsp + SAVED_GENERAL + 16]
    mov rsi, [rsp + SAVED_GENERAL + 24]
    movups xmm0, [rsp + SAVED_VECTOR]
    movups xmm1, [rsp + SAVED_VECTOR + 16]
    movups xmm2, [rsp + SAVED_VECTOR + 32]
    movups xmm3, [rsp + SAVED_VECTOR + 48]
    stub_return
    ret
    .size code_stub_host, . - code_stub_host

/* One word of those that compiled code passes on its stack, behind the return address. */
.macro native_push number
    push [r11 + 8 * (\number - 6)]
.endm

/* What has no register in C, the last first, on a stack that is aligned to 16 bytes at the call. */
.macro native_push_all integers
    .if \integers > 6
    mov r11, [rbx + EXECUTION_CODE_STACK]
    .endif
    .if \integers % 2 != 0
    sub rsp, 8
    .endif
    .if \integers > 8
    native_push 9
    .endif
    .if \integers > 7
    native_push 8
    .endif
    .if \integers > 6
    native_push 7
    .endif
    .if \integers > 5
    push r9
    .endif
    push r8
.endm

/* A native host function: rax = function, r15 = the caller's instance. Parameters make room for two of C's; floats stand where C has them. */
.macro native_stub integers, is_narrow
    .p2align 4
    .type stub_native_\integers\()_\is_narrow, @function
stub_native_\integers\()_\is_narrow:
    stub_leave
    .if \integers > 4
    native_push_all \integers
    .endif
    .if \integers > 3
    mov r9, rcx
    .endif
    .if \integers > 2
    mov r8, rdx
    .endif
    .if \integers > 1
    mov rcx, rsi
    .endif
    .if \integers > 0
    mov rdx, rdi
    .endif
    mov rdi, [rax + NATIVE_CONTEXT]
    mov rsi, r15
    call [rax + NATIVE_CALL]
    stub_return
    .if \is_narrow
    mov eax, eax
    .endif
    ret
    .size stub_native_\integers\()_\is_narrow, . - stub_native_\integers\()_\is_narrow
.endm

.irp integers, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
    native_stub \integers, 0
    native_stub \integers, 1
.endr

/* void code_call_native(const struct native_function *native, struct wasm_instance *caller, struct code_saved *registers, const uint64_t *stack) */
    .globl code_call_native
    .type code_call_native, @function
    .p2align 4
code_call_native:
    push rbx
    mov rbx, rdx
    sub rsp, 8
    push [rcx + 16]
    push [rcx + 8]
    push [rcx]
    push [rbx + SAVED_GENERAL + 40]
    push [rbx + SAVED_GENERAL + 32]
    mov rax, [rdi + NATIVE_CALL]
    mov rdi, [rdi + NATIVE_CONTEXT]
    mov rdx, [rbx + SAVED_GENERAL]
    mov rcx, [rbx + SAVED_GENERAL + 8]
    mov r8, [rbx + SAVED_GENERAL + 16]
    mov r9, [rbx + SAVED_GENERAL + 24]
    vectors_load rbx, SAVED_VECTOR
    call rax
    add rsp, 48
    mov [rbx + SAVED_GENERAL], rax
    movups [rbx + SAVED_VECTOR], xmm0
    pop rbx
    ret
    .size code_call_native, . - code_call_native

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
    stub_leave
    mov rdi, r15
    call runtime_\name
    stub_return
    ret
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
    .globl code_stub_native
    .type code_stub_native, @object
code_stub_native:
.irp integers, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
    .quad stub_native_\integers\()_0, stub_native_\integers\()_1
.endr
    .size code_stub_native, . - code_stub_native

    .section .note.GNU-stack, "", @progbits
