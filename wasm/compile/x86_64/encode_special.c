/* Machine instructions on integers that are several of the processor, and the pieces of code that they keep out of the way. */
#include "base/assert.h"
#include "wasm/compile/x86_64/encode.h"

/* ---- Jumps within, and out of, an instruction ---- */

uint8_t *encode_skip(struct encoder *encoder, enum x86_condition condition) {
    encode_byte(encoder, 0x70 | condition);
    encode_byte(encoder, 0);
    return encoder->p - 1;
}

void encode_here(struct encoder *encoder, uint8_t *distance) {
    *distance = (uint8_t)(encoder->p - distance - 1);
}

static void stub_add(struct encoder *encoder, enum x86_condition condition, enum encode_stub_kind kind, uint8_t trap) {
    encode_byte(encoder, 0x0F);
    encode_byte(encoder, 0x80 | condition);
    if (!code_grow(encoder->machine->budget, (void **)&encoder->stubs, &encoder->stub_capacity, encoder->stub_count + 1u, sizeof *encoder->stubs))
        encoder->failed = true;
    else
        encoder->stubs[encoder->stub_count++] =
            (struct encode_stub){.kind = (uint8_t)kind, .trap = trap, .at = encode_offset(encoder), .instruction = encoder->instruction};
    encode_word(encoder, 0);
}

void encode_stub(struct encoder *encoder, enum x86_condition condition, enum encode_stub_kind kind) {
    stub_add(encoder, condition, kind, 0);
}

void encode_trap(struct encoder *encoder, enum x86_condition condition, enum wasm_trap_kind kind) {
    stub_add(encoder, condition, STUB_TRAP, (uint8_t)kind);
}

void encode_trap_here(struct encoder *encoder, enum wasm_trap_kind kind, uint32_t source) {
    encode_site(encoder, source, (uint8_t)kind + 1u);
    encode_byte(encoder, 0x0F);
    encode_byte(encoder, 0x0B);
}

/* Those that begin with the instruction go on behind it. */
static void stubs_set_back(struct encoder *encoder, uint32_t first) {
    for (uint32_t stub = first; stub < encoder->stub_count; stub++)
        encoder->stubs[stub].back = encode_offset(encoder);
}

/* ---- Integers ---- */

static void encode_divide(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint8_t width = instruction->width;
    uint32_t divisor = operand_location(encoder, instruction, 3);
    bool is_signed = (instruction->immediate & DIVIDE_SIGNED) != 0;
    if ((instruction->immediate & DIVIDE_NEVER_ZERO) == 0) {
        encode_op(encoder, X86_TEST, width, divisor, encode_register(divisor));
        encode_trap(encoder, CONDITION_E, WASM_TRAP_DIVIDE_BY_ZERO);
    }
    if (is_signed && (instruction->immediate & DIVIDE_NEVER_MINUS_ONE) == 0) {
        encode_op_i(encoder, X86_CMP_I, width, encode_register(divisor), -1);
        encode_stub(encoder, CONDITION_E, STUB_MINUS_ONE);
    }
    struct encode_place place = encode_register(divisor);
    struct encode_parts parts = {.opcode = 0xF7, .quad = width == 8};
    if (is_signed) {
        if (width == 8)
            encode_byte(encoder, 0x48);
        encode_byte(encoder, 0x99); /* cdq, cqo */
        encode_parts(encoder, &parts, 7, place);
    } else {
        encode_op(encoder, X86_XOR, 4, RDX, encode_register(RDX));
        encode_parts(encoder, &parts, 6, place);
    }
}

/* x / -1 = -x, which overflows for the least number only, as the instruction would; the remainder is 0. */
static void stub_minus_one(struct encoder *encoder, const struct machine_instruction *instruction) {
    if ((instruction->immediate & DIVIDE_REMAINDER) != 0) {
        encode_op(encoder, X86_XOR, 4, RDX, encode_register(RDX));
        return;
    }
    encode_op(encoder, X86_NEG, instruction->width, x86_ops[X86_NEG].digit, encode_register(RAX));
    encode_trap(encoder, CONDITION_O, WASM_TRAP_INTEGER_OVERFLOW);
}

static void encode_set_byte(struct encoder *encoder, enum x86_condition condition, uint32_t reg) {
    struct encode_place place = encode_register(reg);
    struct encode_parts parts = {.map = 1, .opcode = (uint8_t)(0x90 | condition), .needs_rex = reg >= 4};
    encode_parts(encoder, &parts, 0, place);
}

static void encode_set(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t reg = operand_location(encoder, instruction, 0);
    if (instruction->condition <= CONDITION_G) {
        encode_set_byte(encoder, instruction->condition, reg);
    } else {
        bool equal = instruction->condition == CONDITION_EQUAL_ORDERED;
        encode_set_byte(encoder, equal ? CONDITION_NP : CONDITION_P, reg);
        encode_set_byte(encoder, equal ? CONDITION_E : CONDITION_NE, X86_SCRATCH);
        encode_op(encoder, equal ? X86_AND : X86_OR, 4, reg, encode_register(X86_SCRATCH));
    }
    encode_op(encoder, X86_ZERO_EXTEND_8, 4, reg, encode_register(reg));
}

/* The register that is exchanged: the operand of the result, but for compare and exchange, where that is rax. */
static void encode_atomic(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t reg = operand_location(encoder, instruction, instruction->op == X86_COMPARE_EXCHANGE_M ? 2 : 0);
    encode_site(encoder, instruction->source, instruction->trap);
    encode_op(encoder, instruction->op, instruction->width, reg, encode_address(encoder, instruction));
}

/* Loads, then tries to exchange what it makes of that until nobody came between. */
static void encode_update(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t use = operand_location(encoder, instruction, 1), made = operand_location(encoder, instruction, 2);
    uint8_t width = instruction->width, whole = width == 8 ? 8 : 4;
    struct encode_place address = encode_address(encoder, instruction);
    encode_site(encoder, instruction->source, instruction->trap);
    encode_op(encoder, width == 1 ? X86_ZERO_EXTEND_8 : width == 2 ? X86_ZERO_EXTEND_16 : X86_MOV, whole, RAX, address);
    const uint8_t *again = encoder->p;
    encode_op(encoder, X86_MOV, whole, made, encode_register(RAX));
    encode_op(encoder, (enum x86_op)instruction->immediate, whole, made, encode_register(use));
    encode_site(encoder, instruction->source, instruction->trap);
    encode_op(encoder, X86_UPDATE_M, width, made, address);
    encode_byte(encoder, 0x70 | CONDITION_NE);
    encode_byte(encoder, (uint32_t)(again - encoder->p - 1));
}

/* Both halves have one register, where the upper one stays. */
static void encode_multiply_high(struct encoder *encoder, const struct machine_instruction *instruction) {
    const struct x86_op_info *info = &x86_ops[instruction->op];
    uint32_t to = operand_location(encoder, instruction, 0);
    struct encode_place place = encode_location(encoder, operand_location(encoder, instruction, 2));
    struct encode_parts parts = {.prefix = info->prefix, .map = info->map, .opcode = info->opcode, .quad = instruction->width == 8, .vex = true};
    parts.second = (uint8_t)to;
    encode_parts(encoder, &parts, to, place);
}

void encode_special(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t first_stub = encoder->stub_count;
    switch (instruction->op) {
    case X86_MOVE_CONSTANT:
        encode_move_constant(encoder, operand_location(encoder, instruction, 0), instruction->width, instruction->immediate,
                             encode_flags_are_free(encoder, encoder->instruction + 1));
        break;
    case X86_ENTER: break;
    case X86_SET: encode_set(encoder, instruction); break;
    case X86_MULTIPLY_HIGH:
    case X86_MULTIPLY_HIGH_S:
        encode_op(encoder, instruction->op, instruction->width, x86_ops[instruction->op].digit,
                  encode_location(encoder, operand_location(encoder, instruction, 3)));
        break;
    case X86_MULTIPLY_HIGH_3: encode_multiply_high(encoder, instruction); break;
    case X86_DIVIDE: encode_divide(encoder, instruction); break;
    case X86_EXCHANGE_M:
    case X86_EXCHANGE_ADD_M:
    case X86_COMPARE_EXCHANGE_M: encode_atomic(encoder, instruction); break;
    case X86_UPDATE_M: encode_update(encoder, instruction); break;
    case X86_FENCE:
        encode_byte(encoder, 0x0F);
        encode_byte(encoder, 0xAE);
        encode_byte(encoder, 0xF0);
        break;
    case X86_CONVERT_INTEGER:
    case X86_CONVERT_UNSIGNED_64:
    case X86_TRUNCATE:
    case X86_MINIMUM:
    case X86_MAXIMUM:
    case X86_CANONICAL_SCALAR:
    case X86_CMOV_VECTOR: encode_float(encoder, instruction); break;
    default: encode_control(encoder, instruction); break;
    }
    stubs_set_back(encoder, first_stub);
}

/* ---- Stubs ---- */

void encode_stubs(struct encoder *encoder) {
    for (uint32_t index = 0; index < encoder->stub_count && !encoder->failed; index++) {
        encode_room(encoder);
        struct encode_stub stub = encoder->stubs[index];
        const struct machine_instruction *instruction = &encoder->machine->instructions[stub.instruction];
        bytes_store_u32(encoder->code->bytes + stub.at, encode_offset(encoder) - stub.at - 4);
        encode_line(encoder, instruction->source);
        if (stub.kind == STUB_TRAP) {
            encode_trap_here(encoder, stub.trap, instruction->source);
            continue;
        }
        encoder->instruction = stub.instruction;
        uint32_t first = encoder->stub_count;
        if (stub.kind == STUB_MINUS_ONE)
            stub_minus_one(encoder, instruction);
        else if (stub.kind == STUB_EXTERNAL || stub.kind == STUB_TAIL_EXTERNAL)
            encode_control_stub(encoder, &stub, instruction);
        else
            encode_float_stub(encoder, &stub, instruction);
        for (uint32_t nested = first; nested < encoder->stub_count; nested++)
            encoder->stubs[nested].back = stub.back;
        if (stub.kind != STUB_TAIL_EXTERNAL)
            encode_jump_back(encoder, stub.back);
    }
}
