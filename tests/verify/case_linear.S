/* Cases of addresses in linear memory, in registers and of constants. See case_macros.inc. */
#include "tests/verify/case_macros.inc"

/* ---- Linear memory ---- */

BEGIN linear_plain, safe
    ACCESS mov eax, [r14 + rdi]
    ACCESS mov dword ptr [r14 + rdi + 0x7FFFFFFF], eax
    ACCESS movups xmm0, [r14 + rdi + 16]
    ACCESS add dword ptr [r14 + 64], 1
    ret
END
BEGIN linear_byte_index, safe, 2
    movzx ecx, dil
    ACCESS movzx eax, byte ptr [r14 + rcx]
    mov esi, esi
    ACCESS mov rax, [r14 + rsi]
    ret
END
BEGIN linear_sum, safe
    mov eax, 0x90000000
    lea rcx, [rax + rdi]
    ACCESS mov rax, [r14 + rcx]
    xor eax, eax
    ret
END
BEGIN linear_other_memory, safe
    mov rcx, [r15 + INSTANCE_BASES + 8]
    ACCESS mov eax, [rcx + rdi + 4]
    ret
END
BEGIN linear_through_slot, safe, 1, 24
    mov [rsp + 8], edi
    mov [rsp + 16], rdi
    mov ecx, [rsp + 8]
    ACCESS mov eax, [r14 + rcx]
    movsd xmm15, [rsp + 16]
    movsd [rsp], xmm15
    mov rdx, [rsp]
    ACCESS mov eax, [r14 + rdx]
    FINISH 24
END
BEGIN linear_loop, safe
    xor ecx, ecx
1:  ACCESS mov eax, [r14 + rcx]
    add ecx, 4
    cmp ecx, edi
    jb 1b
    RETURN
END
BEGIN linear_join, safe, 2
    test rsi, rsi
    je 1f
    mov ecx, esi
    jmp 2f
1:  mov ecx, 5
2:  ACCESS mov rax, [r14 + rcx]
    ret
END
BEGIN linear_constant_negative, LINEAR
    mov rax, -1
    ACCESS mov eax, [r14 + rax]
    ret
END
BEGIN linear_slot_negative, LINEAR, 1, 24
    mov qword ptr [rsp], -1
    mov rax, [rsp]
    ACCESS mov eax, [r14 + rax]
    FINISH 24
END
BEGIN linear_masked_negative, LINEAR, 2
    and rdi, -16
    ACCESS mov rax, [r14 + rdi]
    ret
END
BEGIN linear_masked, safe, 2
    and rdi, 0x7FFFFFF0
    ACCESS mov rax, [r14 + rdi]
    ret
END
BEGIN linear_or_negative, LINEAR
    or rdi, -2
    ACCESS mov eax, [r14 + rdi]
    ret
END
BEGIN linear_product_negative, LINEAR
    imul rdi, rdi, -1
    ACCESS mov eax, [r14 + rdi]
    ret
END
BEGIN linear_less_negative, LINEAR
    sub rdi, -0x7FFFFFFF
    sub rdi, -0x7FFFFFFF
    sub rdi, -0x7FFFFFFF
    ACCESS mov eax, [r14 + rdi]
    ret
END
BEGIN linear_rotated_loop, LINEAR, 2
    xor ecx, ecx
    mov rdx, rdi
    mov esi, edi
1:  ACCESS mov eax, [r14 + rcx]
    mov rcx, rsi
    mov rsi, rdx
    test eax, eax
    jne 1b
    RETURN
END
BEGIN linear_bmi, safe, 2
    shlx ecx, edi, esi
    ACCESS mov eax, [r14 + rcx]
    shrx rdx, rcx, rsi
    ACCESS mov eax, [r14 + rdx]
    andn rdx, rsi, rcx
    ACCESS mov eax, [r14 + rdx]
    blsr rdx, rdx
    ACCESS mov eax, [r14 + rdx]
    rorx edx, edi, 3
    ACCESS mov rax, [r14 + rdx]
    mov rdx, rdi
    mulx rcx, rcx, rsi
    mov ecx, ecx
    ACCESS mov rax, [r14 + rcx]
    ret
END
BEGIN linear_shifted_free, LINEAR, 2
    mov ecx, edi
    shlx rcx, rcx, rsi
    ACCESS mov rax, [r14 + rcx]
    ret
END
BEGIN linear_rotated_free, LINEAR
    rorx rcx, rdi, 1
    ACCESS mov eax, [r14 + rcx]
    ret
END
BEGIN linear_product_free, LINEAR, 2
    mov rdx, rdi
    mulx rcx, rax, rsi
    ACCESS mov rax, [r14 + rax]
    ret
END
BEGIN linear_and_not, LINEAR
    xor ecx, ecx
    not rcx
    andn rcx, rdi, rcx
    ACCESS mov eax, [r14 + rcx]
    ret
END
BEGIN linear_avx, safe, 1, 24
    vxorps xmm0, xmm0, xmm0
    ACCESS vaddsd xmm1, xmm0, qword ptr [r14 + rdi]
    vcvtsi2sd xmm2, xmm0, rdi
    ACCESS vmovups [r14 + rdi + 16], xmm2
    ACCESS vpinsrb xmm9, xmm1, byte ptr [r14 + rdi + 1], 7
    ACCESS vpextrw [r14 + rdi], xmm9, 1
    vmovsd xmm3, xmm1, xmm2
    vmovq [rsp], xmm3
    vmovd ecx, xmm3
    ACCESS mov eax, [r14 + rcx]
    FINISH 24
END
BEGIN linear_from_vector, LINEAR
    vmovq xmm0, rdi
    vpsllq xmm0, xmm0, 3
    vmovq rcx, xmm0
    ACCESS mov eax, [r14 + rcx]
    ret
END
BEGIN vector_wide, OPERAND
    ACCESS vmovups ymm0, [r14 + rdi]
    RETURN
END
BEGIN vector_too_near_the_end, CONSTANT
    vaddps xmm0, xmm0, [rip + 5f + 8]
    RETURN
    DATA
5:  .quad 1, 2
END
BEGIN secret_vector_avx, SECRET
    ACCESS vmovups [r14 + rdi], xmm3
    RETURN
END
BEGIN secret_stored, SECRET
    mov rcx, [r15 + INSTANCE_TABLES]
    ACCESS mov [r14 + rdi], rcx
    RETURN
END
BEGIN secret_in_global, SECRET, 4
    mov dword ptr [r15 + INSTANCE_OWN_GLOBALS], edx
    xor eax, eax
    ret
END
BEGIN secret_after_call, SECRET, 1, 8
    CALL_DIRECT 1
    xor edi, edi
    ACCESS mov [r14 + rdi], rbx
    FINISH 8
END
BEGIN secret_vector, SECRET
    ACCESS movups [r14 + rdi], xmm3
    RETURN
END
BEGIN linear_wide_index, LINEAR, 2
    ACCESS mov rax, [r14 + rdi]
    ret
END
BEGIN linear_scaled, LINEAR
    ACCESS mov eax, [r14 + rdi * 2]
    ret
END
BEGIN linear_negative, LINEAR
    ACCESS mov eax, [r14 + rdi - 8]
    ret
END
BEGIN linear_absolute_negative, LINEAR
    ACCESS mov eax, [r14 - 8]
    ret
END
BEGIN linear_added_64, LINEAR, 2
    mov ecx, edi
    add rcx, rsi
    ACCESS mov rax, [r14 + rcx]
    ret
END
BEGIN linear_sum_and_offset, LINEAR
    mov eax, 0xFFFFFFFF
    lea rcx, [rax + rdi]
    ACCESS mov eax, [r14 + rcx + 0x7FFFFFFF]
    ret
END
BEGIN linear_decremented, LINEAR
    sub rdi, 1
    ACCESS mov eax, [r14 + rdi]
    ret
END
BEGIN linear_sign_extended, LINEAR
    movsxd rdi, edi
    ACCESS mov eax, [r14 + rdi]
    ret
END
BEGIN linear_shifted, LINEAR
    shl rdi, 2
    ACCESS mov eax, [r14 + rdi]
    ret
END
BEGIN linear_half_slot, LINEAR, 2, 24
    mov [rsp], edi
    mov rcx, [rsp]
    ACCESS mov rax, [r14 + rcx]
    FINISH 24
END
BEGIN linear_slot_overwritten, LINEAR, 2, 24
    mov ecx, edi
    mov [rsp], rcx
    mov [rsp + 4], esi
    mov rcx, [rsp]
    ACCESS mov rax, [r14 + rcx]
    FINISH 24
END
BEGIN linear_one_path, LINEAR, 2
    test rsi, rsi
    je 1f
    mov edi, edi
1:  ACCESS mov rax, [r14 + rdi]
    ret
END
BEGIN linear_branch_is_no_proof, LINEAR, 2
    mov eax, 0xFFFFFFFF
    cmp rdi, rax
    ja 1f
    ACCESS mov rax, [r14 + rdi]
1:  xor eax, eax
    ret
END
BEGIN linear_loop_64, LINEAR
    xor ecx, ecx
1:  ACCESS mov eax, [r14 + rcx]
    add rcx, 4
    cmp ecx, edi
    jb 1b
    RETURN
END
BEGIN linear_byte_set, LINEAR, 2
    sete dil
    ACCESS mov rax, [r14 + rdi]
    ret
END
BEGIN linear_bit_scan, LINEAR, 2
    bsf edi, esi
    ACCESS mov rax, [r14 + rdi]
    ret
END
BEGIN linear_after_call, LINEAR, 2, 24
    mov ebx, edi
    mov rdi, rsi
    CALL_DIRECT 2
    ACCESS mov rax, [r14 + rbx]
    FINISH 24
END
BEGIN linear_compare_exchange, LINEAR, 2
    mov rax, rdi
    ACCESS lock cmpxchg [r14 + 8], esi
    ACCESS mov rax, [r14 + rax]
    ret
END
BEGIN linear_no_site, MEMORY_SITE
    mov eax, [r14 + rdi]
    ret
END
BEGIN linear_wrong_site, MEMORY_SITE
    SITE 0
    mov eax, [r14 + rdi]
    ret
END
BEGIN pointer_unknown, POINTER
    mov eax, [rdi]
    ret
END
BEGIN pointer_absolute, POINTER
    mov eax, [0x1000]
    ret
END
BEGIN pointer_loaded, POINTER
    ACCESS mov rax, [r14 + rdi]
    ACCESS mov eax, [rax]
    ret
END
BEGIN pointer_swapped, POINTER
    ACCESS mov eax, [rdi + r14]
    ret
END
BEGIN pointer_plus_one, POINTER
    mov rcx, [r15 + INSTANCE_BASES + 8]
    add rcx, 1
    ACCESS mov eax, [rcx + rdi]
    ret
END
BEGIN pointer_memory_struct, POINTER
    mov rcx, [r15 + INSTANCE_TYPES]
    mov eax, [rcx]
    ret
END

/* ---- Constants ---- */

BEGIN constant_read, safe
    movups xmm0, [rip + 5f]
    addsd xmm0, [rip + 5f + 8]
    RETURN
    DATA
5:  .quad 1, 2
END
BEGIN constant_beyond, CONSTANT
    movups xmm0, [rip + 5f + 8]
    RETURN
    DATA
5:  .quad 1, 2
END
BEGIN constant_instructions, CONSTANT
    mov eax, [rip + case_start]
    ret
END
BEGIN constant_written, CONSTANT
    movups [rip + 5f], xmm0
    RETURN
    DATA
5:  .quad 1, 2
END
BEGIN constant_instruction_address, CONSTANT
    lea rax, [rip + case_start]
    RETURN
END

    .section .note.GNU-stack, "", @progbits
