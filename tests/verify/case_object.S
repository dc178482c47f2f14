/* Cases of the instance, its objects, and tables. See case_macros.inc. */
#include "tests/verify/case_macros.inc"

/* ---- The instance and its objects ---- */

BEGIN instance_globals, safe
    mov eax, [r15 + INSTANCE_OWN_GLOBALS]
    mov [r15 + INSTANCE_OWN_GLOBALS], edi
    mov rcx, [r15 + INSTANCE_OWN_GLOBALS + GLOBAL_BYTES]
    movups xmm0, [r15 + INSTANCE_OWN_GLOBALS + 3 * GLOBAL_BYTES]
    movups [r15 + INSTANCE_OWN_GLOBALS + 3 * GLOBAL_BYTES], xmm0
    mov rcx, [r15 + INSTANCE_GLOBALS]
    mov [rcx], eax
    ret
END
BEGIN instance_memory_size, safe
    mov rax, [r15 + INSTANCE_MEMORIES + 8]
    mov rax, [rax + MEMORY_BYTES]
    shr rax, 16
    ret
END
BEGIN instance_table_size, safe
    mov rax, [r15 + INSTANCE_TABLES + 8]
    mov eax, [rax + TABLE_SIZE]
    ret
END
BEGIN instance_execution, INSTANCE
    mov rax, [r15]
    RETURN
END
BEGIN instance_runtime_read, INSTANCE
    mov rax, [r15 + INSTANCE_RUNTIME]
    RETURN
END
BEGIN instance_indexed, INSTANCE
    mov rax, [r15 + rdi * 8 + INSTANCE_TABLES]
    RETURN
END
BEGIN instance_behind, INSTANCE
    mov eax, [r15 + INSTANCE_OWN_GLOBALS + 4 * GLOBAL_BYTES]
    RETURN
END
BEGIN instance_before, INSTANCE
    mov eax, [r15 - 8]
    RETURN
END
BEGIN instance_misaligned, INSTANCE
    mov rax, [r15 + INSTANCE_TABLES + 4]
    RETURN
END
BEGIN instance_half_pointer, INSTANCE
    mov eax, [r15 + INSTANCE_TABLES]
    RETURN
END
BEGIN instance_pointer_written, INSTANCE
    mov [r15 + INSTANCE_TABLES], rdi
    RETURN
END
BEGIN instance_base_written, INSTANCE
    mov [r15 + INSTANCE_BASES], rdi
    RETURN
END
BEGIN instance_constant_global, INSTANCE
    mov [r15 + INSTANCE_OWN_GLOBALS + GLOBAL_BYTES], rdi
    RETURN
END
BEGIN instance_global_too_wide, INSTANCE
    mov [r15 + INSTANCE_OWN_GLOBALS], rdi
    RETURN
END
BEGIN instance_global_store_field, INSTANCE
    mov rax, [r15 + INSTANCE_OWN_GLOBALS + 16]
    RETURN
END
BEGIN field_global, FIELD
    mov rcx, [r15 + INSTANCE_GLOBALS]
    mov rax, [rcx + 16]
    RETURN
END
BEGIN field_table_capacity, FIELD
    mov rcx, [r15 + INSTANCE_TABLES]
    mov eax, [rcx + TABLE_CALL_SIZE + 4]
    ret
END
BEGIN field_table_size_written, FIELD
    mov rcx, [r15 + INSTANCE_TABLES]
    mov [rcx + TABLE_SIZE], edi
    RETURN
END
BEGIN field_memory_base, FIELD
    mov rcx, [r15 + INSTANCE_MEMORIES]
    mov rax, [rcx + 24]
    RETURN
END
BEGIN field_function, FIELD
    mov rcx, [r15 + INSTANCE_FUNCTIONS]
    mov rax, [rcx + FUNCTION_ENTRY]
    RETURN
END
BEGIN field_function_written, FIELD
    mov rcx, [r15 + INSTANCE_FUNCTIONS]
    mov [rcx + FUNCTION_TYPE], rdi
    RETURN
END
BEGIN field_indexed, FIELD
    mov rcx, [r15 + INSTANCE_TABLES]
    mov eax, [rcx + rdi + TABLE_SIZE]
    ret
END
BEGIN reference_global, safe, 4
    mov [r15 + INSTANCE_OWN_GLOBALS + 2 * GLOBAL_BYTES], rdi
    mov rax, [r15 + INSTANCE_OWN_GLOBALS + 2 * GLOBAL_BYTES]
    ret
END
BEGIN reference_global_wrong, REFERENCE, 4
    mov [r15 + INSTANCE_OWN_GLOBALS + 2 * GLOBAL_BYTES], rsi
    xor eax, eax
    ret
END
BEGIN reference_global_number, REFERENCE, 2
    mov [r15 + INSTANCE_OWN_GLOBALS + 2 * GLOBAL_BYTES], rsi
    xor eax, eax
    ret
END
BEGIN reference_null_or_function, safe, 4
    test rdi, rdi
    jne 1f
    mov rdi, [r15 + INSTANCE_FUNCTIONS + 8]
1:  mov rax, rdi
    ret
END

/* ---- Tables ---- */

BEGIN table_get, safe, 1
    ELEMENT
    test rax, rax
    sete al
    movzx eax, al
    ret
8:  TRAP 4
END
BEGIN table_conditional_move, safe
    mov rcx, [r15 + INSTANCE_TABLES]
    xor edx, edx
    cmp edi, [rcx + TABLE_SIZE]
    cmovb edx, edi
    jae 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdx * 8]
    RETURN
8:  TRAP 3
END
BEGIN table_through_slots, safe, 1, 24
    mov rcx, [r15 + INSTANCE_TABLES]
    mov [rsp], edi
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    mov [rsp + 8], eax
    mov edx, [rsp + 8]
    and edx, [rsp]
    mov eax, [rsp + 8]
    test eax, eax
    je 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdx * 8]
    xor eax, eax
    FINISH 24
8:  TRAP 3
END
BEGIN table_set, safe, 4
    mov rcx, [r15 + INSTANCE_TABLES]
    mov eax, 3
    cmp eax, [rcx + TABLE_SIZE]
    sbb edx, edx
    and eax, edx
    test edx, edx
    je 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov [rcx + rax * 8], rdi
    xor eax, eax
    ret
8:  TRAP 3
END
.macro CALLEE_BOUND
    mov rcx, [r15 + INSTANCE_TABLES]
    mov eax, 3
    cmp eax, [rcx + TABLE_CALL_SIZE]
    sbb edx, edx
    and eax, edx
    test edx, edx
    je 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
.endm
BEGIN table_callee, safe
    CALLEE_BOUND
    SITE 5
    mov rax, [rcx + rax * 8]
    RETURN
8:  TRAP 4
END
BEGIN table_callee_no_site, MEMORY_SITE
    CALLEE_BOUND
    mov rax, [rcx + rax * 8]
    RETURN
8:  TRAP 4
END
BEGIN table_callee_set, FIELD, 4
    CALLEE_BOUND
    SITE 5
    mov [rcx + rax * 8], rdi
    xor eax, eax
    ret
8:  TRAP 4
END
BEGIN table_set_wrong_type, REFERENCE, 4
    mov rcx, [r15 + INSTANCE_TABLES]
    mov eax, 3
    cmp eax, [rcx + TABLE_SIZE]
    sbb edx, edx
    and eax, edx
    test edx, edx
    je 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov [rcx + rax * 8], rsi
    xor eax, eax
    ret
8:  TRAP 3
END
BEGIN table_not_checked, ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES]
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdi * 8]
    RETURN
END
BEGIN table_constant_index, ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES]
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + 8]
    RETURN
END
BEGIN table_not_clamped, ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES]
    cmp edi, [rcx + TABLE_SIZE]
    jae 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdi * 8]
    RETURN
8:  TRAP 3
END
BEGIN table_only_clamped, ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES]
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    and edi, eax
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdi * 8]
    RETURN
END
BEGIN table_wrong_branch, ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES]
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    and edi, eax
    test eax, eax
    jne 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdi * 8]
    RETURN
8:  TRAP 3
END
BEGIN table_other_table, ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES + 8]
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    and edi, eax
    test eax, eax
    je 8f
    mov rcx, [r15 + INSTANCE_TABLES]
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdi * 8]
    RETURN
8:  TRAP 3
END
BEGIN table_other_index, ELEMENT, 3
    mov rcx, [r15 + INSTANCE_TABLES]
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    and esi, eax
    test eax, eax
    je 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rsi * 8]
    RETURN
8:  TRAP 3
END
BEGIN table_index_changed, ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES]
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    add edi, 1
    and edi, eax
    test eax, eax
    je 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdi * 8]
    RETURN
8:  TRAP 3
END
BEGIN table_flags_changed, ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES]
    cmp edi, [rcx + TABLE_SIZE]
    add edx, 1
    sbb eax, eax
    and edi, eax
    test eax, eax
    je 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdi * 8]
    RETURN
8:  TRAP 3
END
BEGIN table_scale, ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES]
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    and edi, eax
    test eax, eax
    je 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdi * 4]
    RETURN
8:  TRAP 3
END
BEGIN table_displaced, ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES]
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    and edi, eax
    test eax, eax
    je 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdi * 8 + 8]
    RETURN
8:  TRAP 3
END
BEGIN table_index_of_last_round, ELEMENT, 3
    mov rcx, [r15 + INSTANCE_TABLES]
    mov rdx, [rcx + TABLE_ELEMENTS]
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    mov r8d, edi
    test eax, eax
    je 8f
1:  and r8d, eax
    mov r9, [rdx + r8 * 8]
    add r8d, 1
    jmp 1b
8:  TRAP 3
END
BEGIN table_mask_of_last_round, ELEMENT, 3
    mov rcx, [r15 + INSTANCE_TABLES]
    mov rdx, [rcx + TABLE_ELEMENTS]
    mov r8d, 1
    xor eax, eax
1:  mov r9d, r8d
    and r9d, eax
    cmp r8d, [rcx + TABLE_SIZE]
    jae 8f
    mov r10, [rdx + r9 * 8]
    cmp r8d, [rcx + TABLE_SIZE]
    sbb eax, eax
    mov r8d, edi
    jmp 1b
8:  TRAP 3
END

    .section .note.GNU-stack, "", @progbits
