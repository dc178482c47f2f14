/* Cases of calls. See case_macros.inc. */
#include "tests/verify/case_macros.inc"

/* ---- Calls ---- */

BEGIN call_direct, safe, 1, 8
    CALL_DIRECT 1
    FINISH 8
END
BEGIN call_import, safe, 1, 24
    mov [rsp + 8], r15
    mov rax, [r15 + INSTANCE_FUNCTIONS]
    CALLS [rax + FUNCTION_EXTERNAL]
    RESTORE
    ACCESS mov eax, [r14 + rax]
    FINISH 24
END
BEGIN call_indirect, safe, 1, 24
    mov [rsp + 8], r15
    mov [rsp], edi
    ELEMENT
    CHECK_NULL
    CHECK_TYPE
    mov edi, [rsp]
    cmp r15, [rax + FUNCTION_INSTANCE]
    jne 1f
    CALLS [rax + FUNCTION_ENTRY]
2:  nop
    ACCESS mov eax, [r14 + rax]
    FINISH 24
1:  CALLS [rax + FUNCTION_EXTERNAL]
    RESTORE
    jmp 2b
    ELEMENT_TRAPS
END
BEGIN call_stack_arguments, safe, 3, 24
    mov [rsp], rdi
    mov qword ptr [rsp + 8], 7
    CALL_DIRECT 3
    FINISH 24
END
BEGIN call_stack_results, safe, 1, 8
    CALL_DIRECT 5
    mov rcx, [rsp]
    ACCESS mov eax, [r14 + rcx]
    FINISH 8
END
BEGIN call_runtime, safe, 1, 8
    xor esi, esi
    mov edx, edi
    CALLS [r15 + INSTANCE_RUNTIME]
    mov eax, eax
    FINISH 8
END
BEGIN call_runtime_table, safe, 4, 8
    mov rdx, rdi
    mov ecx, 1
    xor esi, esi
    CALLS [r15 + INSTANCE_RUNTIME + 5 * 8]
    xor eax, eax
    FINISH 8
END
BEGIN call_no_relocation, RELOCATION, 1, 8
    .byte 0xE8
    .long 0
    SITE 0
    FINISH 8
END
BEGIN call_import_directly, RELOCATION, 1, 8
    CALL_DIRECT 0
    FINISH 8
END
BEGIN call_relocation_beyond, RELOCATION, 1, 8
    CALL_DIRECT 99
    FINISH 8
END
BEGIN call_relocation_of_constant, RELOCATION
    .byte 0xB8
    RELOCATION 1
    .long 0
    ret
END
BEGIN call_no_site, CALL_SITE, 1, 8
    DIRECT 0xE8, 1
    FINISH 8
END
BEGIN call_argument_wide, ARGUMENT, 2, 8
    CALL_DIRECT 1
    FINISH 8
END
BEGIN call_argument_lost, ARGUMENT, 1, 8
    CALL_DIRECT 1
    CALL_DIRECT 1
    FINISH 8
END
BEGIN call_argument_reference, ARGUMENT, 4, 8
    mov rdi, rsi
    CALL_DIRECT 4
    FINISH 8
END
BEGIN call_stack_argument_half, ARGUMENT, 3, 24
    mov [rsp], rdi
    mov [rsp + 8], edi
    CALL_DIRECT 3
    FINISH 24
END
BEGIN call_no_frame, CALL_FRAME
    CALL_DIRECT 1
    ret
END
BEGIN call_not_aligned, CALL_FRAME, 1, 16
    CALL_DIRECT 1
    FINISH 16
END
BEGIN call_no_room, CALL_FRAME, 3, 8
    mov [rsp], rdi
    CALL_DIRECT 3
    FINISH 8
END
BEGIN call_not_restored, CALL_STATE, 1, 24
    mov [rsp + 8], r15
    mov rax, [r15 + INSTANCE_FUNCTIONS]
    CALLS [rax + FUNCTION_EXTERNAL]
    mov edi, eax
    CALL_DIRECT 1
    RESTORE
    FINISH 24
END
BEGIN call_return_not_restored, RETURN, 1, 24
    mov [rsp + 8], r15
    mov rax, [r15 + INSTANCE_FUNCTIONS]
    CALLS [rax + FUNCTION_EXTERNAL]
    FINISH 24
END
BEGIN call_base_not_restored, POINTER, 1, 24
    mov [rsp + 8], r15
    mov rax, [r15 + INSTANCE_FUNCTIONS]
    CALLS [rax + FUNCTION_EXTERNAL]
    mov r15, [rsp + 8]
    ACCESS mov eax, [r14 + rax]
    mov r14, [r15 + INSTANCE_BASES]
    FINISH 24
END
BEGIN call_import_entry, OTHER_INSTANCE, 1, 24
    mov rax, [r15 + INSTANCE_FUNCTIONS]
    CALLS [rax + FUNCTION_ENTRY]
    FINISH 24
END
BEGIN call_other_instance, OTHER_INSTANCE, 1, 24
    mov [rsp], edi
    ELEMENT
    CHECK_NULL
    CHECK_TYPE
    mov edi, [rsp]
    CALLS [rax + FUNCTION_ENTRY]
    FINISH 24
    ELEMENT_TRAPS
END
BEGIN call_instance_check_turned, OTHER_INSTANCE, 1, 24
    mov [rsp], edi
    ELEMENT
    CHECK_NULL
    CHECK_TYPE
    mov edi, [rsp]
    cmp r15, [rax + FUNCTION_INSTANCE]
    je 8f
    CALLS [rax + FUNCTION_ENTRY]
    FINISH 24
    ELEMENT_TRAPS
END
BEGIN call_null, FUNCTION, 1, 24
    mov [rsp], edi
    ELEMENT
    CHECK_TYPE
    mov edi, [rsp]
    cmp r15, [rax + FUNCTION_INSTANCE]
    jne 8f
    CALLS [rax + FUNCTION_ENTRY]
    FINISH 24
    ELEMENT_TRAPS
END
BEGIN call_no_type, INDIRECT_CALL, 1, 24
    mov [rsp], edi
    ELEMENT
    CHECK_NULL
    mov edi, [rsp]
    cmp r15, [rax + FUNCTION_INSTANCE]
    jne 8f
    CALLS [rax + FUNCTION_ENTRY]
    FINISH 24
8:  TRAP 4
END
BEGIN call_other_type, ARGUMENT, 2, 24
    mov edi, edi
    mov [rsp], rsi
    ELEMENT
    CHECK_NULL
    CHECK_TYPE 0
    mov rdi, [rsp]
    cmp r15, [rax + FUNCTION_INSTANCE]
    jne 8f
    CALLS [rax + FUNCTION_ENTRY]
    FINISH 24
    ELEMENT_TRAPS
END
BEGIN call_type_half, INDIRECT_CALL, 1, 24
    mov [rsp], edi
    ELEMENT
    CHECK_NULL
    mov rcx, [r15 + INSTANCE_TYPES]
    mov rdx, [rax + FUNCTION_TYPE]
    cmp ecx, edx
    jne 9f
    mov edi, [rsp]
    cmp r15, [rax + FUNCTION_INSTANCE]
    jne 8f
    CALLS [rax + FUNCTION_ENTRY]
    FINISH 24
    ELEMENT_TRAPS
END
BEGIN call_type_below, INDIRECT_CALL, 1, 24
    mov [rsp], edi
    ELEMENT
    CHECK_NULL
    mov rcx, [r15 + INSTANCE_TYPES]
    cmp rcx, [rax + FUNCTION_TYPE]
    jb 9f
    mov edi, [rsp]
    cmp r15, [rax + FUNCTION_INSTANCE]
    jne 8f
    CALLS [rax + FUNCTION_ENTRY]
    FINISH 24
    ELEMENT_TRAPS
END
BEGIN call_other_function, FUNCTION, 1, 24
    mov [rsp], edi
    ELEMENT
    CHECK_NULL
    CHECK_TYPE
    mov rcx, [r15 + INSTANCE_TABLES]
    mov edi, [rsp]
    cmp edi, [rcx + TABLE_SIZE]
    sbb edx, edx
    and edi, edx
    test edx, edx
    je 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdi * 8]
    mov edi, [rsp]
    CALLS [rax + FUNCTION_EXTERNAL]
    FINISH 24
    ELEMENT_TRAPS
END
BEGIN call_number, INDIRECT_CALL, 2, 24
    mov rax, rdi
    CALLS [rax + FUNCTION_ENTRY]
    FINISH 24
END
BEGIN call_register, INDIRECT_CALL, 2, 24
    call rdi
    SITE 0
    xor eax, eax
    FINISH 24
END
BEGIN call_other_field, INDIRECT_CALL, 1, 24
    mov rax, [r15 + INSTANCE_FUNCTIONS + 8]
    CALLS [rax + FUNCTION_EXTERNAL + 8]
    FINISH 24
END
BEGIN call_other_register, INDIRECT_CALL, 1, 24
    mov rcx, [r15 + INSTANCE_FUNCTIONS + 8]
    CALLS [rcx + FUNCTION_ENTRY]
    FINISH 24
END
BEGIN call_linear, INDIRECT_CALL, 1, 24
    SITE 2
    CALLS [r14 + rdi]
    FINISH 24
END
BEGIN call_runtime_beyond, INDIRECT_CALL, 1, 8
    xor esi, esi
    CALLS [r15 + INSTANCE_RUNTIME + 10 * 8]
    xor eax, eax
    FINISH 8
END
BEGIN call_runtime_indexed, INDIRECT_CALL, 1, 8
    xor esi, esi
    CALLS [r15 + rdi * 8 + INSTANCE_RUNTIME]
    xor eax, eax
    FINISH 8
END
BEGIN call_runtime_unknown_index, RUNTIME, 1, 8
    mov esi, edi
    CALLS [r15 + INSTANCE_RUNTIME]
    xor eax, eax
    FINISH 8
END
BEGIN call_runtime_no_memory, RUNTIME, 1, 8
    mov esi, 2
    CALLS [r15 + INSTANCE_RUNTIME]
    xor eax, eax
    FINISH 8
END
BEGIN call_runtime_high_index, RUNTIME, 1, 8
    movabs rsi, 0x500000000
    CALLS [r15 + INSTANCE_RUNTIME + 2 * 8]
    xor eax, eax
    FINISH 8
END
BEGIN call_runtime_reference, REFERENCE, 4, 8
    mov rdx, rsi
    mov ecx, 1
    xor esi, esi
    CALLS [r15 + INSTANCE_RUNTIME + 5 * 8]
    xor eax, eax
    FINISH 8
END
BEGIN call_runtime_copy_types, REFERENCE, 4, 8
    mov esi, 1
    CALLS [r15 + INSTANCE_RUNTIME + 7 * 8]
    xor eax, eax
    FINISH 8
END
BEGIN tail_direct, safe
    DIRECT 0xE9, 1
END
BEGIN tail_direct_frame, safe, 1, 24
    mov [rsp], edi
    add rsp, 24
    DIRECT 0xE9, 1
END
BEGIN tail_indirect, safe, 1, 8
    ELEMENT
    CHECK_NULL
    CHECK_TYPE
    cmp r15, [rax + FUNCTION_INSTANCE]
    jne 8f
    mov edi, 1
    add rsp, 8
    jmp [rax + FUNCTION_ENTRY]
    ELEMENT_TRAPS
END
BEGIN tail_with_frame, RETURN, 1, 24
    DIRECT 0xE9, 1
END
BEGIN tail_room, TAIL_ROOM, 1
    mov esi, edi
    mov edx, edi
    mov ecx, edi
    mov r8d, edi
    mov r9d, edi
    DIRECT 0xE9, 3
END
BEGIN tail_results, TAIL_ROOM, 1
    mov rsi, rdi
    DIRECT 0xE9, 2
END
BEGIN tail_argument, ARGUMENT, 1
    xor ecx, ecx
    ACCESS mov rdi, [r14 + rcx]
    DIRECT 0xE9, 1
END
BEGIN tail_external, INDIRECT_CALL, 1
    mov rax, [r15 + INSTANCE_FUNCTIONS + 8]
    jmp [rax + FUNCTION_EXTERNAL]
END
BEGIN tail_unchecked, FUNCTION, 1, 24
    mov [rsp], edi
    ELEMENT
    mov edi, [rsp]
    add rsp, 24
    jmp [rax + FUNCTION_ENTRY]
8:  TRAP 4
END

    .section .note.GNU-stack, "", @progbits
