/* Pieces of code by hand that the verifier must find safe, or wrong for one reason. They are data: none of them runs.
   BEGIN name, expected, function of the module in cases.c, bytes of the frame. expected: a name of reasons.def, or safe.
   The functions: 0 imported and 1: i32 -> i32. 2: i64 i64 -> i64. 3: eight i32 -> i32. 4: funcref externref -> funcref.
   5: -> five i32. 6: ->. Their types have the numbers 0 0 1 2 3 4 5. */
#include "tests/verify/cases.h"

    .intel_syntax noprefix

.macro BEGIN name, expected, function=1, frame=0
    .section verify_text, "a"
    .balign 16
    .set case_start, .
    .set case_frame, \frame
    .set case_function, \function
    .set case_has_data, 0
    .section verify_sites, "a"
    .set case_sites, .
    .section verify_relocations, "a"
    .set case_relocations, .
    .section verify_names, "a"
    .set case_name, .
    .asciz "\name"
    .set case_expected, .
    .asciz "\expected"
    .section verify_text, "a"
    .if \frame
    sub rsp, \frame
    .endif
    .set case_prologue, . - case_start
.endm

/* The prologue ends here: for those whose frame is not as BEGIN makes it. */
.macro PROLOGUE frame
    .set case_frame, \frame
    .set case_prologue, . - case_start
.endm

.macro SITE kind
    .set case_here, .
    .section verify_sites, "a"
    .long case_here - case_start, 0
    .byte \kind, 0, 0, 0
    .section verify_text, "a"
.endm

.macro RELOCATION function
    .set case_here, .
    .section verify_relocations, "a"
    .long case_here - case_start, \function
    .section verify_text, "a"
.endm

.macro DIRECT opcode, function
    .byte \opcode
    RELOCATION \function
    .long 0
.endm

/* An access to linear memory. */
.macro ACCESS instruction:vararg
    SITE 2
    \instruction
.endm

.macro CALLS target:vararg
    call \target
    SITE 0
.endm

.macro CALL_DIRECT function
    DIRECT 0xE8, \function
    SITE 0
.endm

.macro TRAP kind
    SITE \kind
    ud2
.endm

/* What stands behind the instructions. */
.macro DATA
    .set case_data, .
    .set case_has_data, 1
.endm

.macro END
    .if case_has_data == 0
    .set case_data, .
    .endif
    .set case_end, .
    .section verify_sites, "a"
    .set case_sites_end, .
    .section verify_relocations, "a"
    .set case_relocations_end, .
    .section verify_cases, "aw"
    .quad case_name, case_expected, case_start, case_data, case_end, case_sites, case_sites_end, case_relocations, case_relocations_end
    .long case_function, case_frame, case_prologue, 0
    .section verify_text, "a"
.endm

.macro RETURN
    xor eax, eax
    ret
.endm

/* rax = the function of table 0 at edi, checked; traps at 8, 9. */
.macro ELEMENT
    mov rcx, [r15 + INSTANCE_TABLES]
    cmp edi, [rcx + TABLE_SIZE]
    sbb eax, eax
    and edi, eax
    test eax, eax
    je 8f
    mov rcx, [rcx + TABLE_ELEMENTS]
    mov rax, [rcx + rdi * 8]
.endm
.macro CHECK_NULL
    test rax, rax
    je 8f
.endm
.macro CHECK_TYPE type=0
    mov rcx, [r15 + INSTANCE_TYPES + 8 * \type]
    cmp rcx, [rax + FUNCTION_TYPE]
    jne 9f
.endm
.macro ELEMENT_TRAPS
8:  TRAP 4
9:  TRAP 6
.endm
/* Behind an external call, with r15 saved at 8. */
.macro RESTORE
    mov r15, [rsp + 8]
    mov r14, [r15 + INSTANCE_BASES]
.endm
.macro FINISH frame
    add rsp, \frame
    ret
.endm

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
    mov eax, [rcx + TABLE_SIZE + 4]
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

/* ---- The stack ---- */

BEGIN stack_frame, safe, 3, 24
    mov [rsp], rdi
    mov [rsp + 16], rsi
    movups [rsp + 8], xmm1
    mov eax, [rsp + 24 + 8]
    mov ecx, [rsp + 24 + 16]
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
