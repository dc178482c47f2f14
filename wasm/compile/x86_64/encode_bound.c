/* How long instructions are at most: what tells, before they are written, that a jump over them is a short one. A bound that were too small
   would be noticed when distances are filled in, and cost a second time of encoding, not more. */
#include "wasm/compile/x86_64/encode.h"

/* Registers and slots, or the address: prefix for registers, mod, base and displacement. */
static uint32_t bound_of_place(const struct encoder *encoder, const struct machine_instruction *instruction) {
    if (X86_SCALE_KIND(instruction->scale) != ADDRESS_NONE) {
        if (X86_SCALE_KIND(instruction->scale) == ADDRESS_MEMORY || X86_SCALE_KIND(instruction->scale) == ADDRESS_BASE)
            return instruction->displacement >= -128 && instruction->displacement <= 127 ? 4 : 7;
        return 7;
    }
    for (uint32_t number = 0; number < instruction->operand_count; number++)
        if (operand_location(encoder, instruction, number) >= MACHINE_SPILL)
            return 7;
    return 2;
}

static uint32_t bound_of_special(const struct machine_instruction *instruction) {
    switch (instruction->op) {
    case X86_ENTER: return 0;
    case X86_MOVE_CONSTANT: return instruction->immediate <= UINT32_MAX ? 6 : 10;
    case X86_SET: return 16;
    case X86_JUMP: return 5;
    case X86_BRANCH: return 17;
    case X86_TRAP: return 3;
    case X86_TRAP_IF: return 6;
    case X86_CALL: return 5;
    case X86_CALL_FUNCTION: return 14;
    case X86_RETURN: return 8;
    case X86_CANONICAL_SCALAR: return 11;
    case X86_CMOV_VECTOR: return 8;
    default: return ENCODE_BYTES_MAX;
    }
}

/* The byte more is for what may be put before an instruction that traps. */
static uint32_t bound_of(const struct encoder *encoder, const struct machine_instruction *instruction) {
    const struct x86_op_info *info = &x86_ops[instruction->op];
    if (info->form == FORM_SPECIAL)
        return bound_of_special(instruction);
    uint32_t bytes = 1u + (info->map >= 1) + (info->map >= 2) + 1u + bound_of_place(encoder, instruction) + (instruction->trap != 0);
    if ((info->flags & FLAG_MERGES) != 0)
        bytes += 4;
    if (info->form == FORM_RM_I || info->form == FORM_STORE_I || info->form == FORM_TIED_I)
        bytes += 4;
    else if ((info->flags & FLAG_BYTE) != 0)
        bytes += 1;
    else if ((info->flags & FLAG_CONDITION) != 0)
        bytes *= 2;
    return bytes;
}

static uint32_t bound_of_move(const struct machine_move *move) {
    if (move->from == MACHINE_NONE)
        return 24;
    return move->from >= MACHINE_SPILL || move->to >= MACHINE_SPILL ? 10 : 5;
}

/* Sums up to each block: bounds[b + 1] - bounds[a] holds blocks a to b. */
void encode_bounds(const struct encoder *encoder, uint32_t *bounds) {
    const struct machine_function *machine = encoder->machine;
    uint32_t move = 0, sum = 0;
    for (uint32_t block = 0; block < machine->block_count; block++) {
        bounds[block] = sum;
        if (encoder->block_forward[block] != block)
            continue;
        for (uint32_t index = machine->blocks[block].first; index < machine->blocks[block].end; index++)
            sum += bound_of(encoder, &machine->instructions[index]);
        for (; move < machine->move_count && machine->moves[move].before < machine->blocks[block].end; move++)
            sum += bound_of_move(&machine->moves[move]);
    }
    bounds[machine->block_count] = sum;
}
