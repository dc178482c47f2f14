/* Cases of jumps, of division, and of instructions and prefixes that are refused. See case_macros.inc. */
#include "tests/verify/case_macros.inc"

/* ---- Jumps ---- */

BEGIN jump_table, safe
    mov r11d, 2
    cmp edi, r11d
    cmovb r11d, edi
    lea rax, [rip + 5f]
    movsxd r11, dword ptr [rax + r11 * 4]
    add r11, rax
    jmp r11
1:  mov eax, 1
    ret
2:  mov eax, 2
    ret
3:  mov eax, 3
    ret
    DATA
5:  .long 1b - 5b, 2b - 5b, 3b - 5b
END
BEGIN jump_table_constant, safe
    mov edi, 7
    mov r11d, 1
    cmp edi, r11d
    cmovb r11d, edi
    lea rax, [rip + 5f]
    movsxd r11, dword ptr [rax + r11 * 4]
    add r11, rax
    jmp r11
1:  mov eax, 1
    ret
2:  mov eax, 2
    ret
    DATA
5:  .long 1b - 5b, 2b - 5b
END
BEGIN jump_table_constant_moved, CONSTANT
    mov edi, 7
    mov r11d, 9
    cmp edi, r11d
    cmovb r11d, edi
    lea rax, [rip + 5f]
    movsxd r11, dword ptr [rax + r11 * 4]
    add r11, rax
    jmp r11
1:  mov eax, 1
    ret
2:  mov eax, 2
    ret
    DATA
5:  .long 1b - 5b, 2b - 5b
END
BEGIN jump_table_masked, safe
    mov r11d, edi
    and r11d, 1
    lea rax, [rip + 5f]
    movsxd r11, dword ptr [rax + r11 * 4]
    add r11, rax
    jmp r11
1:  mov eax, 1
    ret
2:  mov eax, 2
    ret
    DATA
5:  .long 1b - 5b, 2b - 5b
END
BEGIN jump_table_short, CONSTANT
    mov r11d, 2
    cmp edi, r11d
    cmovb r11d, edi
    lea rax, [rip + 5f]
    movsxd r11, dword ptr [rax + r11 * 4]
    add r11, rax
    jmp r11
1:  mov eax, 1
    ret
2:  mov eax, 2
    ret
    DATA
5:  .long 1b - 5b, 2b - 5b
END
BEGIN jump_table_branch, CONSTANT
    cmp edi, 2
    jae 2f
    lea rax, [rip + 5f]
    movsxd r11, dword ptr [rax + rdi * 4]
    add r11, rax
    jmp r11
1:  mov eax, 1
    ret
2:  mov eax, 2
    ret
    DATA
5:  .long 1b - 5b, 2b - 5b
END
BEGIN jump_table_wrong_condition, CONSTANT
    mov r11d, 1
    cmp edi, r11d
    cmova r11d, edi
    lea rax, [rip + 5f]
    movsxd r11, dword ptr [rax + r11 * 4]
    add r11, rax
    jmp r11
1:  mov eax, 1
    ret
2:  mov eax, 2
    ret
    DATA
5:  .long 1b - 5b, 2b - 5b
END
BEGIN jump_table_signed, CONSTANT
    mov r11d, 1
    cmp edi, r11d
    cmovl r11d, edi
    lea rax, [rip + 5f]
    movsxd r11, dword ptr [rax + r11 * 4]
    add r11, rax
    jmp r11
1:  mov eax, 1
    ret
2:  mov eax, 2
    ret
    DATA
5:  .long 1b - 5b, 2b - 5b
END
BEGIN jump_table_inside, JUMP_TABLE
    mov r11d, edi
    and r11d, 1
    lea rax, [rip + 5f]
    movsxd r11, dword ptr [rax + r11 * 4]
    add r11, rax
    jmp r11
1:  mov eax, 1
    ret
    DATA
5:  .long 1b - 5b, 1b - 5b + 1
END
BEGIN jump_table_outside, JUMP_TABLE
    mov r11d, edi
    and r11d, 1
    lea rax, [rip + 5f]
    movsxd r11, dword ptr [rax + r11 * 4]
    add r11, rax
    jmp r11
1:  mov eax, 1
    ret
    DATA
5:  .long 1b - 5b, 4096
END
BEGIN jump_offset_not_added, INDIRECT_JUMP
    mov r11d, edi
    and r11d, 1
    lea rax, [rip + 5f]
    movsxd r11, dword ptr [rax + r11 * 4]
    jmp r11
1:  mov eax, 1
    ret
    DATA
5:  .long 1b - 5b, 1b - 5b
END
BEGIN jump_offset_zero_extended, INDIRECT_JUMP
    mov r11d, edi
    and r11d, 1
    lea rax, [rip + 5f]
    mov r11d, dword ptr [rax + r11 * 4]
    add r11, rax
    jmp r11
1:  mov eax, 1
    ret
    DATA
5:  .long 1b - 5b, 1b - 5b
END
BEGIN jump_register, INDIRECT_JUMP, 2
    jmp rdi
END
BEGIN jump_data, INDIRECT_JUMP
    lea rax, [rip + 5f]
    jmp rax
    DATA
5:  .long 0
END
BEGIN jump_into, TARGET
    jmp . + 4
    mov eax, 1
    ret
END
BEGIN jump_outside, TARGET
    test edi, edi
    je . + 0x1000
    RETURN
END
BEGIN jump_before, TARGET
    test edi, edi
    je . - 0x100
    RETURN
END
BEGIN jump_prologue, TARGET, 1, 24
    jmp case_start
END
BEGIN jump_data_direct, TARGET
    jmp 5f
    DATA
5:  .long 0
END
BEGIN jump_size_prefix, PREFIX
    .byte 0x66
    jmp 1f
1:  RETURN
END
BEGIN fall_off, FALL
    xor eax, eax
END
BEGIN fall_branch, FALL
1:  test edi, edi
    je 1b
END
BEGIN unreached, safe
    RETURN
    RETURN
END
BEGIN unreached_goes_on, safe
    jmp 2f
1:  mov rdi, rax
    jmp 2f
2:  ACCESS mov eax, [r14 + rdi]
    ret
END
BEGIN unreached_wrong, LINEAR
    RETURN
    ACCESS mov eax, [r14 + rdi]
    RETURN
END
BEGIN table_borrow_branch, safe
    mov rcx, [r15 + INSTANCE_TABLES]
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    je 8f
    and eax, edi
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rax * 8]
    RETURN
8:  TRAP 3
END
BEGIN table_shift_branch, ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES]
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    mov edx, 5
    shr edx, 1
    je 8f
    and eax, edi
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rax * 8]
    RETURN
8:  TRAP 3
END
BEGIN trap, safe
    test edi, edi
    je 1f
    RETURN
1:  TRAP 1
END
BEGIN trap_no_site, TRAP_SITE
    ud2
END
BEGIN trap_behind_call, safe, 1, 8
    CALL_DIRECT 1
    nop
    TRAP 1
END
BEGIN site_twice, SITES, 1, 8
    CALL_DIRECT 1
    TRAP 1
END
BEGIN site_inlined, safe
    SITE 1
    SITE 255
    SITE 255
    ud2
END
BEGIN site_inlined_nowhere, SITES
    TRAP 1
    SITE 255
    ud2
END
BEGIN site_inlined_first, SITES
    SITE 255
    TRAP 1
END
BEGIN bad_long_nop, OPERAND
    nop dword ptr [rax]
    RETURN
END
BEGIN trap_call_site, TRAP_SITE, 1, 8
    CALL_DIRECT 1
    ud2
END
BEGIN site_of_nothing, SITES
    SITE 3
    RETURN
END
BEGIN site_inside, SITES
    mov eax, 1
    ret
    .section verify_sites, "a"
    .long 2, 0
    .byte 2, 0, 0, 0
    .section verify_text, "a"
END
BEGIN site_order, SITES
    .section verify_sites, "a"
    .long 4, 0
    .byte 2, 0, 0, 0
    .section verify_text, "a"
    ACCESS mov eax, [r14 + rdi]
    ACCESS mov eax, [r14 + rdi]
    ret
END

/* ---- Division ---- */

BEGIN divide, safe, 3
    mov eax, edi
    test esi, esi
    je 1f
    xor edx, edx
    div esi
    cmp esi, -1
    je 2f
    mov eax, edi
    cdq
    idiv esi
2:  mov eax, eax
    ret
1:  TRAP 7
END
BEGIN divide_zero, DIVIDE, 3
    mov eax, edi
    xor edx, edx
    div esi
    ret
END
BEGIN divide_minus_one, DIVIDE, 3
    mov eax, edi
    test esi, esi
    je 1f
    cdq
    idiv esi
    ret
1:  TRAP 7
END
BEGIN divide_half_checked, DIVIDE, 2
    mov rax, rdi
    test esi, esi
    je 1f
    xor edx, edx
    div rsi
    ret
1:  TRAP 7
END
BEGIN divide_wide, DIVIDE, 3
    mov eax, edi
    mov ecx, 3
    div ecx
    ret
END
BEGIN divide_wrong_sign, DIVIDE, 3
    mov eax, edi
    cdq
    mov eax, esi
    mov ecx, 3
    idiv ecx
    ret
END

/* ---- Instructions that are not on the list ---- */

BEGIN bad_syscall, INSTRUCTION
    syscall
END
BEGIN bad_interrupt, INSTRUCTION
    int 0x80
END
BEGIN bad_breakpoint, INSTRUCTION
    int3
END
BEGIN bad_input, INSTRUCTION
    in al, dx
END
BEGIN bad_output, INSTRUCTION
    out dx, al
END
BEGIN bad_halt, INSTRUCTION
    hlt
END
BEGIN bad_base, INSTRUCTION
    wrfsbase rdi
END
BEGIN bad_direction, INSTRUCTION
    std
END
BEGIN bad_direction_clear, INSTRUCTION
    cld
END
BEGIN bad_string, INSTRUCTION
    rep movsb
END
BEGIN bad_string_d, OPERAND
    movsd
END
BEGIN bad_string_compare, OPERAND
    cmpsd
END
BEGIN bad_mxcsr, INSTRUCTION
    ldmxcsr [rip + 5f]
    RETURN
    DATA
5:  .long 0
END
BEGIN bad_masked_store, INSTRUCTION
    maskmovdqu xmm0, xmm1
END
BEGIN bad_x87, INSTRUCTION
    fld st(0)
END
BEGIN bad_mmx, OPERAND
    paddb mm0, mm1
    RETURN
END
BEGIN bad_time, INSTRUCTION
    rdtsc
END
BEGIN bad_leave, INSTRUCTION
    leave
END
BEGIN bad_enter, INSTRUCTION
    enter 8, 0
END
BEGIN bad_flags, INSTRUCTION
    popfq
END
BEGIN bad_flush, INSTRUCTION
    clflush [r14 + rdi]
END
BEGIN bad_high_byte, OPERAND
    mov al, ah
    RETURN
END
BEGIN bad_segment_register, OPERAND
    mov ds, eax
    RETURN
END
BEGIN bad_control_register, OPERAND
    mov rax, cr0
    RETURN
END
BEGIN prefix_segment_fs, PREFIX
    ACCESS mov eax, fs:[r14 + rdi]
    ret
END
BEGIN prefix_segment_gs, PREFIX
    ACCESS mov eax, gs:[r14 + rdi]
    ret
END
BEGIN prefix_segment_old, PREFIX
    SITE 2
    .byte 0x2E
    mov eax, [r14 + rdi]
    ret
END
BEGIN prefix_address, PREFIX
    ACCESS mov eax, [r14d + edi]
    ret
END
BEGIN prefix_repeat, PREFIX
    SITE 2
    .byte 0xF3
    mov eax, [r14 + rdi]
    ret
END
BEGIN prefix_size, PREFIX
    SITE 2
    .byte 0x66
    movzx eax, byte ptr [r14 + rdi]
    movzx eax, al
    .byte 0x66, 0x66
    mov ecx, eax
    ret
END
BEGIN prefix_rex_before, PREFIX
    SITE 2
    .byte 0x48, 0x66
    mov eax, [r14 + rdi]
    movzx eax, al
    ret
END
BEGIN lock_linear, safe
    mov eax, edi
    mov ecx, edi
    mov edx, edi
    ACCESS lock xadd [r14 + rdi], eax
    ACCESS xchg [r14 + rdi + 8], ecx
    xor eax, eax
    ACCESS lock cmpxchg [r14 + rdi], edx
    mov eax, eax
    mfence
    ret
END
BEGIN lock_stack, PREFIX, 1, 24
    lock xadd [rsp], edi
    xor eax, eax
    FINISH 24
END
BEGIN lock_global, PREFIX
    xchg [r15 + INSTANCE_OWN_GLOBALS], edi
    xor eax, eax
    ret
END
BEGIN decode_cut, DECODE
    xor eax, eax
    .byte 0x48, 0x8B
END
BEGIN decode_undefined, DECODE
    .byte 0x06
    ret
END
BEGIN sizes_frame, SIZES, 1
    .set case_frame, 20
    RETURN
END
BEGIN sizes_prologue, SIZES
    RETURN
    .set case_prologue, 100
END

    .section .note.GNU-stack, "", @progbits
