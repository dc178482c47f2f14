/* Cases of linear memory where bounds are checked. See case_macros.inc. */
#include "tests/verify/case_macros.inc"

/* What a function of that engine is. */
.macro BOUNDED name, expected, function=1, frame=0
    BEGIN \name, \expected, \function, \frame, 1
.endm

#define SIZE_0 INSTANCE_OWN_MEMORIES + MEMORY_BYTES
#define SIZE_1 INSTANCE_OWN_MEMORIES + MEMORY_STRUCT_BYTES + MEMORY_BYTES

BOUNDED bounds_plain, safe
    mov rax, [r15 + SIZE_0]
    cmp rdi, rax
    cmovb rax, rdi
    ACCESS mov ecx, [r14 + rax]
    ACCESS mov [r14 + rax + 0xFFFFC], ecx
    RETURN
END
BOUNDED bounds_other_forms, safe, 2
    mov rax, [r15 + SIZE_0]
    mov rcx, rax
    mov rdx, rdi
    cmp rdi, rax
    cmovbe rax, rdi
    ACCESS mov r8d, [r14 + rax]
    mov rax, rcx
    cmp rax, rdi
    cmova rax, rdi
    ACCESS mov r8d, [r14 + rax]
    cmp rdx, rcx
    cmovae rdx, rcx
    ACCESS mov r8d, [r14 + rdx]
    RETURN
END
BOUNDED bounds_size_as_index, safe
    mov rax, [r15 + SIZE_0]
    ACCESS mov ecx, [r14 + rax]
    RETURN
END
BOUNDED bounds_wide_index, safe, 2
    mov rax, [r15 + SIZE_0]
    add rdi, rsi
    cmp rdi, rax
    cmovb rax, rdi
    ACCESS mov rax, [r14 + rax]
    ret
END
BOUNDED bounds_other_memory, safe
    mov rcx, [r15 + INSTANCE_BASES + 8]
    mov rax, [r15 + SIZE_1]
    cmp rdi, rax
    cmovb rax, rdi
    ACCESS mov ecx, [rcx + rax]
    RETURN
END
BOUNDED bounds_by_pointer, safe
    mov rcx, [r15 + INSTANCE_MEMORIES]
    mov rax, [rcx + MEMORY_BYTES]
    cmp rdi, rax
    cmovb rax, rdi
    ACCESS mov ecx, [r14 + rax]
    RETURN
END
BOUNDED bounds_through_slot, safe, 1, 24
    mov rax, [r15 + SIZE_0]
    cmp rdi, rax
    cmovb rax, rdi
    mov [rsp + 8], rax
    xor eax, eax
    mov rax, [rsp + 8]
    ACCESS mov ecx, [r14 + rax]
    xor eax, eax
    FINISH 24
END
BOUNDED bounds_joined, safe, 2
    mov rcx, [r15 + SIZE_0]
    test edi, edi
    je 1f
    mov rax, rcx
    cmp rdi, rcx
    cmovb rax, rdi
    jmp 2f
1:  mov rax, rcx
    cmp rsi, rcx
    cmovb rax, rsi
2:  ACCESS mov ecx, [r14 + rax]
    RETURN
END
BOUNDED bounds_constant_inside, safe
    ACCESS mov eax, [r14 + 0xFFFC]
    movzx ecx, dil
    ACCESS mov eax, [r14 + rcx + 0xFEFD]
    ret
END
BOUNDED bounds_none, LINEAR
    ACCESS mov eax, [r14 + rdi]
    ret
END
BOUNDED bounds_constant_outside, LINEAR
    ACCESS mov eax, [r14 + 0xFFFD]
    ret
END
BOUNDED bounds_range_outside, LINEAR
    movzx ecx, dil
    ACCESS mov eax, [r14 + rcx + 0xFEFE]
    ret
END
BOUNDED bounds_beyond_guard, LINEAR
    mov rax, [r15 + SIZE_0]
    cmp rdi, rax
    cmovb rax, rdi
    ACCESS mov eax, [r14 + rax + 0xFFFFD]
    ret
END
BOUNDED bounds_branch_is_no_proof, LINEAR
    mov rax, [r15 + SIZE_0]
    cmp rdi, rax
    jae 1f
    ACCESS mov ecx, [r14 + rdi]
1:  RETURN
END
BOUNDED bounds_of_other_memory, LINEAR
    mov rax, [r15 + SIZE_1]
    cmp rdi, rax
    cmovb rax, rdi
    ACCESS mov ecx, [r14 + rax]
    RETURN
END
BOUNDED bounds_mixed_sizes, LINEAR
    mov rax, [r15 + SIZE_0]
    mov rcx, [r15 + SIZE_1]
    cmp rdi, rcx
    cmovb rax, rdi
    ACCESS mov ecx, [r14 + rax]
    RETURN
END
BOUNDED bounds_wrong_way, LINEAR
    mov rax, [r15 + SIZE_0]
    cmp rdi, rax
    cmova rax, rdi
    ACCESS mov ecx, [r14 + rax]
    RETURN
END
BOUNDED bounds_half_compared, LINEAR, 2
    mov rax, [r15 + SIZE_0]
    cmp edi, eax
    cmovb rax, rdi
    ACCESS mov ecx, [r14 + rax]
    RETURN
END
BOUNDED bounds_of_another_index, LINEAR, 2
    mov rax, [r15 + SIZE_0]
    cmp rdi, rax
    cmovb rax, rsi
    ACCESS mov ecx, [r14 + rax]
    RETURN
END
BOUNDED bounds_flags_lost, LINEAR
    mov rax, [r15 + SIZE_0]
    cmp rdi, rax
    add ecx, 1
    cmovb rax, rdi
    ACCESS mov ecx, [r14 + rax]
    RETURN
END
BOUNDED bounds_changed_afterwards, LINEAR
    mov rax, [r15 + SIZE_0]
    cmp rdi, rax
    cmovb rax, rdi
    add rax, 4
    ACCESS mov ecx, [r14 + rax]
    RETURN
END
BOUNDED bounds_scaled, LINEAR
    mov rax, [r15 + SIZE_0]
    cmp rdi, rax
    cmovb rax, rdi
    ACCESS mov ecx, [r14 + rax * 2]
    RETURN
END
BOUNDED bounds_one_path, LINEAR, 2
    test esi, esi
    je 1f
    mov rax, [r15 + SIZE_0]
    cmp rdi, rax
    cmovb rax, rdi
    mov rdi, rax
1:  mov edi, edi
    ACCESS mov rax, [r14 + rdi]
    ret
END
BEGIN bounds_memory_field, INSTANCE
    mov rax, [r15 + INSTANCE_OWN_MEMORIES]
    ret
END
BEGIN bounds_size_written, INSTANCE
    mov qword ptr [r15 + SIZE_0], 0
    RETURN
END

    .section .note.GNU-stack, "", @progbits
