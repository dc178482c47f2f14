/* Ends of blocks, traps and calls. */
#include "base/assert.h"
#include "wasm/compile/x86_64/encode.h"

/* ---- Jumps ---- */

static uint32_t successor(const struct encoder *encoder, uint32_t number) {
    const struct machine_function *machine = encoder->machine;
    return encoder->block_forward[machine->words[machine->blocks[encoder->block].successors + number]];
}

/* Whether nothing is written between here and a block. */
static bool block_is_next(const struct encoder *encoder, uint32_t block) {
    uint32_t next = encoder->block + 1;
    while (next < encoder->machine->block_count && encoder->block_forward[next] != next)
        next++;
    return next == block;
}

void encode_jump_back(struct encoder *encoder, uint32_t to) {
    int32_t distance = (int32_t)(to - encode_offset(encoder) - 2);
    if (distance >= -128) {
        encode_byte(encoder, 0xEB);
        encode_byte(encoder, (uint32_t)distance);
    } else {
        encode_byte(encoder, 0xE9);
        encode_word(encoder, (uint32_t)distance - 3);
    }
}

static void distance_to_block(struct encoder *encoder, uint32_t block) {
    uint32_t at = encode_offset(encoder);
    encode_patch(encoder, PATCH_BLOCK, at, at + 4, block);
    encode_word(encoder, 0);
}

/* Bytes of this instruction that may still follow a jump. */
#define JUMP_REST_MAX 11u

/* So many instructions are hardly ever more than a short jump reaches: fast, nothing else is known of what is between. */
#define FAST_SHORT_INSTRUCTIONS 8u

static bool jump_ahead_is_short(const struct encoder *encoder, uint32_t block) {
    const struct machine_block *blocks = encoder->machine->blocks;
    if (encoder->no_short_jumps)
        return false;
    if (encoder->machine->fast)
        return blocks[block].first - blocks[encoder->block].end <= FAST_SHORT_INSTRUCTIONS;
    return encoder->block_bounds[block] - encoder->block_bounds[encoder->block + 1] + JUMP_REST_MAX <= 127;
}

static void short_distance_to_block(struct encoder *encoder, uint32_t block) {
    uint32_t at = encode_offset(encoder);
    encode_patch(encoder, PATCH_BLOCK_SHORT, at, at + 1, block);
    encode_byte(encoder, 0);
}

static void encode_jump(struct encoder *encoder, uint32_t block) {
    if (block <= encoder->block) {
        encode_jump_back(encoder, encoder->block_offsets[block]);
    } else if (jump_ahead_is_short(encoder, block)) {
        encode_byte(encoder, 0xEB);
        short_distance_to_block(encoder, block);
    } else {
        encode_byte(encoder, 0xE9);
        distance_to_block(encoder, block);
    }
}

static void encode_jump_if_back(struct encoder *encoder, uint32_t condition, uint32_t to) {
    int32_t distance = (int32_t)(to - encode_offset(encoder) - 2);
    if (distance >= -128) {
        encode_byte(encoder, 0x70 | condition);
        encode_byte(encoder, (uint32_t)distance);
        return;
    }
    encode_byte(encoder, 0x0F);
    encode_byte(encoder, 0x80 | condition);
    encode_word(encoder, (uint32_t)distance - 4);
}

static void encode_jump_if(struct encoder *encoder, uint32_t condition, uint32_t block) {
    if (block <= encoder->block) {
        encode_jump_if_back(encoder, condition, encoder->block_offsets[block]);
    } else if (jump_ahead_is_short(encoder, block)) {
        encode_byte(encoder, 0x70 | condition);
        short_distance_to_block(encoder, block);
    } else {
        encode_byte(encoder, 0x0F);
        encode_byte(encoder, 0x80 | condition);
        distance_to_block(encoder, block);
    }
}

/* Jumps there on a condition that may be one of ours, and goes on otherwise. */
static void encode_jump_on(struct encoder *encoder, uint32_t condition, uint32_t block) {
    if (condition == CONDITION_EQUAL_ORDERED) {
        uint8_t *differ = encode_skip(encoder, CONDITION_NE);
        encode_jump_if(encoder, CONDITION_NP, block);
        encode_here(encoder, differ);
    } else if (condition == CONDITION_DIFFER_OR_UNORDERED) {
        encode_jump_if(encoder, CONDITION_NE, block);
        encode_jump_if(encoder, CONDITION_P, block);
    } else {
        encode_jump_if(encoder, condition, block);
    }
}

static void encode_branch(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t yes = successor(encoder, 0), no = successor(encoder, 1);
    if (yes == no) {
        if (!block_is_next(encoder, yes))
            encode_jump(encoder, yes);
        return;
    }
    if (block_is_next(encoder, yes)) {
        encode_jump_on(encoder, CONDITION_NOT(instruction->condition), no);
        return;
    }
    encode_jump_on(encoder, instruction->condition, yes);
    if (!block_is_next(encoder, no))
        encode_jump(encoder, no);
}

/* operand 0 = index; immediate = first word of the targets, displacement = how many, the last one the default. */
static void encode_branch_chain(struct encoder *encoder, const struct machine_instruction *instruction) {
    const struct machine_function *machine = encoder->machine;
    const uint32_t *targets = machine->words + instruction->immediate;
    uint32_t count = (uint32_t)instruction->displacement, index = operand_location(encoder, instruction, 0);
    for (uint32_t target = 0; target + 1 < count; target++) {
        if (target == 0)
            encode_op(encoder, X86_TEST, 4, index, encode_register(index));
        else
            encode_op_i(encoder, X86_CMP_I, 4, encode_register(index), target);
        encode_jump_if(encoder, CONDITION_E, encoder->block_forward[targets[target]]);
    }
    uint32_t otherwise = encoder->block_forward[targets[count - 1]];
    if (!block_is_next(encoder, otherwise))
        encode_jump(encoder, otherwise);
}

/* As above; operand 1 = scratch. The index is clamped to that of the default, which holds under speculation, too. */
static void encode_branch_table(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t count = (uint32_t)instruction->displacement, index = operand_location(encoder, instruction, 0);
    uint32_t table = operand_location(encoder, instruction, 1);
    struct encode_place place = encode_register(index);
    if (!code_grow(encoder->machine->budget, (void **)&encoder->tables, &encoder->table_capacity, 2 * (encoder->table_count + 1),
                   sizeof *encoder->tables)) {
        encoder->failed = true;
        return;
    }
    encoder->tables[2 * encoder->table_count] = (uint32_t)instruction->immediate;
    encoder->tables[2 * encoder->table_count + 1] = count;
    encode_move_constant(encoder, X86_SCRATCH, 4, count - 1, true);
    encode_op(encoder, X86_CMP, 4, index, encode_register(X86_SCRATCH));
    encode_parts(encoder, &(struct encode_parts){.map = 1, .opcode = 0x40 | CONDITION_B}, X86_SCRATCH, place);
    /* lea, with a distance to what comes later. */
    encode_byte(encoder, 0x48 | (table & 8) >> 1);
    encode_byte(encoder, 0x8D);
    encode_byte(encoder, (table & 7) << 3 | 5);
    uint32_t at = encode_offset(encoder);
    encode_patch(encoder, PATCH_TABLE, at, at + 4, encoder->table_count++);
    encode_word(encoder, 0);
    place = (struct encode_place){.kind = PLACE_MEMORY, .reg = (uint8_t)table, .index = X86_SCRATCH, .shift = 2};
    encode_op(encoder, X86_SIGN_EXTEND_32, 8, X86_SCRATCH, place);
    encode_op(encoder, X86_ADD, 8, X86_SCRATCH, encode_register(table));
    place = encode_register(X86_SCRATCH);
    encode_parts(encoder, &(struct encode_parts){.opcode = 0xFF}, 4, place);
}

/* ---- Calls ---- */

static void encode_leave_frame(struct encoder *encoder) {
    if (encoder->frame_bytes != 0)
        encode_op_i(encoder, X86_ADD_I, 8, encode_register(RSP), encoder->frame_bytes);
}

/* opcode: E8 call, E9 jump. */
static void encode_direct(struct encoder *encoder, uint32_t opcode, const struct machine_instruction *instruction) {
    encode_byte(encoder, opcode);
    struct code_relocation relocation = {.offset = encode_offset(encoder), .function = (uint32_t)instruction->immediate};
    if (!code_add_relocation(encoder->code, relocation))
        encoder->failed = true;
    encode_word(encoder, 0);
}

/* digit: 2 call, 4 jump. */
static void encode_through(struct encoder *encoder, uint32_t digit, uint32_t base, int32_t displacement) {
    struct encode_place place = encode_memory(base, displacement);
    encode_parts(encoder, &(struct encode_parts){.opcode = 0xFF}, digit, place);
}

static void encode_call_site(struct encoder *encoder, const struct machine_instruction *instruction) {
    encode_site(encoder, instruction->source, 0);
}

static void encode_call_external(struct encoder *encoder, const struct machine_instruction *instruction) {
    encode_through(encoder, 2, RAX, offsetof(struct wasm_function, external));
    encode_call_site(encoder, instruction);
    encode_op(encoder, X86_MOV, 8, X86_INSTANCE, encode_memory(RSP, (int32_t)encoder->instance_at));
    encode_op(encoder, X86_MOV, 8, X86_MEMORY, encode_memory(X86_INSTANCE, (int32_t)encoder->layout.memory_bases));
}

/* rax = function; when it is of another instance, elsewhere. */
static void encode_instance_check(struct encoder *encoder, enum encode_stub_kind kind) {
    encode_op(encoder, X86_CMP, 8, X86_INSTANCE, encode_memory(RAX, offsetof(struct wasm_function, instance)));
    encode_stub(encoder, CONDITION_NE, kind);
}

void encode_control_stub(struct encoder *encoder, const struct encode_stub *stub, const struct machine_instruction *instruction) {
    encode_call_external(encoder, instruction);
    if (stub->kind == STUB_TAIL_EXTERNAL) {
        encode_leave_frame(encoder);
        encode_byte(encoder, 0xC3);
    }
}

void encode_control(struct encoder *encoder, const struct machine_instruction *instruction) {
    switch (instruction->op) {
    case X86_JUMP:
        if (!block_is_next(encoder, successor(encoder, 0)))
            encode_jump(encoder, successor(encoder, 0));
        break;
    case X86_BRANCH: encode_branch(encoder, instruction); break;
    case X86_BRANCH_CHAIN: encode_branch_chain(encoder, instruction); break;
    case X86_BRANCH_TABLE: encode_branch_table(encoder, instruction); break;
    case X86_RETURN:
        encode_leave_frame(encoder);
        encode_byte(encoder, 0xC3);
        break;
    case X86_TRAP: encode_trap_here(encoder, (enum wasm_trap_kind)(instruction->trap - 1), instruction->source); break;
    case X86_TRAP_IF: encode_trap(encoder, (enum x86_condition)instruction->condition, (enum wasm_trap_kind)(instruction->trap - 1)); break;
    case X86_CALL:
        encode_direct(encoder, 0xE8, instruction);
        encode_call_site(encoder, instruction);
        break;
    case X86_CALL_FUNCTION:
        encode_instance_check(encoder, STUB_EXTERNAL);
        encode_through(encoder, 2, RAX, offsetof(struct wasm_function, entry));
        encode_call_site(encoder, instruction);
        break;
    case X86_CALL_EXTERNAL: encode_call_external(encoder, instruction); break;
    case X86_CALL_RUNTIME:
        encode_through(encoder, 2, X86_INSTANCE, instruction->displacement);
        encode_call_site(encoder, instruction);
        break;
    case X86_TAIL_CALL:
        encode_leave_frame(encoder);
        encode_direct(encoder, 0xE9, instruction);
        break;
    default:
        ASSERT(instruction->op == X86_TAIL_CALL_FUNCTION);
        encode_instance_check(encoder, STUB_TAIL_EXTERNAL);
        encode_leave_frame(encoder);
        encode_through(encoder, 4, RAX, offsetof(struct wasm_function, entry));
        break;
    }
}
