/* Cases of the stack, and of r14 and r15. See case_macros.inc. */
#include "tests/verify/case_macros.inc"

/* ---- The stack ---- */

BEGIN stack_frame, safe, 3, 24
    mov [rsp], rdi
    mov [rsp + 16], rsi
    movups [rsp + 8], xmm1
    mov eax, [rsp + 24 + 8]
    mov ecx, [rsp + 24 + 16]
    FINISH 24
END
BEGIN stack_garbage, GARBAGE, 1, 24
    mov rcx, [rsp + 8]
    add rcx, 1
    xor eax, eax
    FINISH 24
END
BEGIN stack_garbage_moved, safe, 1, 24
    mov rcx, [rsp + 8]
    mov [rsp], rcx
    xor eax, eax
    FINISH 24
END
BEGIN stack_garbage_result, RESULT, 1, 24
    mov eax, [rsp + 8]
    FINISH 24
END
BEGIN stack_garbage_stored, SECRET, 1, 24
    mov eax, [rsp + 8]
    ACCESS mov [r14 + rdi], eax
    xor eax, eax
    FINISH 24
END
BEGIN stack_garbage_compared, GARBAGE, 1, 24
    cmp edi, ecx
    xor eax, eax
    FINISH 24
END
BEGIN stack_garbage_one_path, GARBAGE, 1, 24
    test edi, edi
    je 1f
    mov [rsp + 8], rdi
1:  mov rcx, [rsp + 8]
    test rcx, rcx
    xor eax, eax
    FINISH 24
END
BEGIN stack_garbage_outgoing, GARBAGE, 3, 24
    mov [rsp], rdi
    mov [rsp + 8], rdi
    CALL_DIRECT 3
    mov rcx, [rsp + 8]
    shl ecx, 2
    FINISH 24
END
BEGIN stack_below, STACK, 1, 24
    mov [rsp - 8], rdi
    xor eax, eax
    FINISH 24
END
BEGIN stack_return_address, STACK, 1, 24
    mov [rsp + 24], rdi
    xor eax, eax
    FINISH 24
END
BEGIN stack_return_address_read, STACK, 1, 24
    mov rcx, [rsp + 24]
    xor eax, eax
    FINISH 24
END
BEGIN stack_over_the_end, STACK, 1, 24
    movups [rsp + 16], xmm0
    xor eax, eax
    FINISH 24
END
BEGIN stack_beyond_incoming, STACK, 3, 24
    mov rax, [rsp + 24 + 24]
    xor eax, eax
    FINISH 24
END
BEGIN stack_no_incoming, STACK
    mov rax, [rsp + 8]
    RETURN
END
BEGIN stack_indexed, STACK, 1, 24
    mov rax, [rsp + rdi]
    xor eax, eax
    FINISH 24
END
BEGIN stack_address_taken, STACK_POINTER, 1, 24
    lea rax, [rsp + 8]
    xor eax, eax
    FINISH 24
END
BEGIN stack_pointer_moved, STACK_POINTER, 1, 24
    mov rcx, rsp
    xor eax, eax
    FINISH 24
END
BEGIN stack_pointer_down, STACK_POINTER, 1, 24
    sub rsp, 16
    add rsp, 16
    xor eax, eax
    FINISH 24
END
BEGIN stack_pointer_up, STACK_POINTER, 1, 24
    add rsp, 16
    xor eax, eax
    FINISH 24
END
BEGIN stack_no_prologue, STACK_POINTER
    .set case_frame, 24
    nop
    xor eax, eax
    ret
END
BEGIN stack_other_prologue, STACK_POINTER
    sub rsp, 40
    PROLOGUE 24
    xor eax, eax
    FINISH 24
END
BEGIN stack_masked_pointer, STACK_POINTER, 1, 24
    and rsp, -16
    xor eax, eax
    FINISH 24
END
BEGIN stack_push, INSTRUCTION, 1, 24
    push rdi
    pop rdi
    xor eax, eax
    FINISH 24
END
BEGIN stack_large, safe
    test [rsp - 4096], eax
    test [rsp - 8192], eax
    sub rsp, 8200
    PROLOGUE 8200
    xor eax, eax
    FINISH 8200
END
BEGIN stack_no_probe, PROBE
    sub rsp, 8200
    PROLOGUE 8200
    xor eax, eax
    FINISH 8200
END
BEGIN stack_few_probes, PROBE
    test [rsp - 4096], eax
    sub rsp, 8200
    PROLOGUE 8200
    xor eax, eax
    FINISH 8200
END
BEGIN stack_probe_left_out, PROBE
    test [rsp - 8192], eax
    sub rsp, 8200
    PROLOGUE 8200
    xor eax, eax
    FINISH 8200
END
BEGIN stack_probe_upwards, PROBE
    test [rsp - 8192], eax
    test [rsp - 4096], eax
    sub rsp, 8200
    PROLOGUE 8200
    xor eax, eax
    FINISH 8200
END
BEGIN return_with_frame, RETURN, 1, 24
    xor eax, eax
    ret
END
BEGIN return_one_path, RETURN, 1, 24
    xor eax, eax
    test edi, edi
    je 1f
    add rsp, 24
1:  ret
END
BEGIN return_pops, OPERAND
    xor eax, eax
    ret 8
END
BEGIN return_repeated, PREFIX
    xor eax, eax
    .byte 0xF3
    ret
END
BEGIN return_far, INSTRUCTION
    retfq
END
BEGIN epilogue_goes_on, EPILOGUE, 1, 24
    add rsp, 24
    xor eax, eax
    ret
END
BEGIN epilogue_jumps, EPILOGUE, 1, 24
    xor eax, eax
    add rsp, 24
    jmp 1f
1:  ret
END
BEGIN result_wide, RESULT
    ACCESS mov rax, [r14 + rdi]
    ret
END
BEGIN result_missing, RESULT
    ret
END
BEGIN result_not_function, RESULT, 4
    mov rax, rsi
    ret
END
BEGIN result_on_stack, safe, 5
    xor eax, eax
    mov edx, eax
    mov ecx, 3
    mov esi, 4
    mov qword ptr [rsp + 8], 5
    ret
END
BEGIN result_on_stack_missing, RESULT, 5
    xor eax, eax
    mov edx, eax
    mov ecx, 3
    mov esi, 4
    ret
END

/* ---- r14 and r15 ---- */

BEGIN pinned_instance_written, PINNED
    mov r15, rdi
    RETURN
END
BEGIN pinned_base_written, PINNED
    add r14, 16
    RETURN
END
BEGIN pinned_base_half, PINNED
    mov r14d, r14d
    RETURN
END
BEGIN pinned_exchanged, PINNED
    xchg r14, rax
    RETURN
END
BEGIN pinned_base_again, PINNED
    mov r14, [r15 + INSTANCE_BASES]
    RETURN
END
BEGIN pinned_base_other, PINNED
    mov r14, [r15 + INSTANCE_BASES + 8]
    RETURN
END
BEGIN pinned_instance_again, PINNED, 1, 24
    mov [rsp + 8], r15
    mov r15, [rsp + 8]
    xor eax, eax
    FINISH 24
END
BEGIN pinned_instance_wrong_slot, PINNED, 1, 24
    mov [rsp + 8], r15
    mov rax, [r15 + INSTANCE_FUNCTIONS]
    CALLS [rax + FUNCTION_EXTERNAL]
    mov r15, [rsp + 16]
    mov r14, [r15 + INSTANCE_BASES]
    FINISH 24
END
BEGIN pinned_value_read, PINNED_VALUE
    mov rax, r14
    RETURN
END
BEGIN pinned_value_added, PINNED_VALUE
    lea rax, [r14 + rdi]
    RETURN
END
BEGIN pinned_value_stored, PINNED_VALUE
    ACCESS mov [r14 + rdi], r14
    RETURN
END
BEGIN pinned_value_compared, PINNED_VALUE
    cmp rdi, r15
    RETURN
END
BEGIN saved_late, SAVED_INSTANCE, 1, 24
    xor eax, eax
    mov [rsp + 8], r15
    FINISH 24
END
BEGIN saved_elsewhere, SAVED_INSTANCE
    ACCESS mov [r14 + rdi], r15
    RETURN
END
BEGIN saved_overwritten, SAVED_INSTANCE, 1, 24
    mov [rsp + 8], r15
    mov [rsp + 8], rdi
    xor eax, eax
    FINISH 24
END
BEGIN saved_overwritten_part, SAVED_INSTANCE, 1, 24
    mov [rsp + 8], r15
    mov byte ptr [rsp + 12], 1
    xor eax, eax
    FINISH 24
END
BEGIN saved_in_outgoing, SAVED_INSTANCE, 1, 24
    mov [rsp + 8], r15
    mov esi, edi
    mov edx, edi
    mov ecx, edi
    mov r8d, edi
    mov r9d, edi
    mov [rsp], rdi
    CALL_DIRECT 3
    FINISH 24
END

    .section .note.GNU-stack, "", @progbits
