/* libcapstone's answers as small structs, and what it does not say: which prefixes there are, and that they stand in order. */
#include "tests/verify/decode.h"

#include "tests/verify/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One handle, opened at the first use: it holds no state between instructions. */
static csh capstone_handle(void) {
    static csh handle;
    if (handle == 0) {
        if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK || cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON) != CS_ERR_OK) {
            fprintf(stderr, "verify: libcapstone does not work\n");
            exit(1);
        }
    }
    return handle;
}

/* ---- Registers ---- */

static const uint16_t registers_64[16] = {X86_REG_RAX, X86_REG_RCX, X86_REG_RDX, X86_REG_RBX, X86_REG_RSP, X86_REG_RBP, X86_REG_RSI, X86_REG_RDI,
                                          X86_REG_R8,  X86_REG_R9,  X86_REG_R10, X86_REG_R11, X86_REG_R12, X86_REG_R13, X86_REG_R14, X86_REG_R15};
static const uint16_t registers_32[16] = {X86_REG_EAX,  X86_REG_ECX,  X86_REG_EDX,  X86_REG_EBX, X86_REG_ESP,  X86_REG_EBP,
                                          X86_REG_ESI,  X86_REG_EDI,  X86_REG_R8D,  X86_REG_R9D, X86_REG_R10D, X86_REG_R11D,
                                          X86_REG_R12D, X86_REG_R13D, X86_REG_R14D, X86_REG_R15D};
static const uint16_t registers_16[16] = {X86_REG_AX,   X86_REG_CX,   X86_REG_DX,   X86_REG_BX,  X86_REG_SP,   X86_REG_BP,
                                          X86_REG_SI,   X86_REG_DI,   X86_REG_R8W,  X86_REG_R9W, X86_REG_R10W, X86_REG_R11W,
                                          X86_REG_R12W, X86_REG_R13W, X86_REG_R14W, X86_REG_R15W};
static const uint16_t registers_8[16] = {X86_REG_AL,   X86_REG_CL,   X86_REG_DL,   X86_REG_BL,  X86_REG_SPL,  X86_REG_BPL,
                                         X86_REG_SIL,  X86_REG_DIL,  X86_REG_R8B,  X86_REG_R9B, X86_REG_R10B, X86_REG_R11B,
                                         X86_REG_R12B, X86_REG_R13B, X86_REG_R14B, X86_REG_R15B};

/* The second bytes of registers, segments, and all else are none of ours. */
static uint8_t register_number(unsigned reg) {
    static uint8_t numbers[X86_REG_ENDING];
    if (numbers[X86_REG_RIP] == 0) {
        memset(numbers, REGISTER_BAD, sizeof(numbers));
        for (uint8_t index = 0; index < 16; index++) {
            numbers[registers_64[index]] = index;
            numbers[registers_32[index]] = index;
            numbers[registers_16[index]] = index;
            numbers[registers_8[index]] = index;
            numbers[X86_REG_XMM0 + index] = (uint8_t)(16 + index);
        }
        numbers[X86_REG_INVALID] = REGISTER_NONE;
        numbers[X86_REG_RIP] = REGISTER_RIP;
    }
    return reg < X86_REG_ENDING ? numbers[reg] : REGISTER_BAD;
}

/* Registers of addresses are whole ones: an address of 32 bits has a prefix that is refused anyway. */
static uint8_t address_register(unsigned reg) {
    uint8_t number = register_number(reg);
    return number < 16 && registers_64[number] != reg ? REGISTER_BAD : number;
}

/* ---- Instructions ---- */

static struct operand operand_read(const cs_x86_op *from) {
    struct operand operand = {.size = from->size, .reg = REGISTER_NONE, .base = REGISTER_NONE, .index = REGISTER_NONE};
    switch (from->type) {
    case X86_OP_REG:
        operand.kind = OPERAND_REGISTER;
        operand.reg = register_number(from->reg);
        break;
    case X86_OP_IMM:
        operand.kind = OPERAND_IMMEDIATE;
        operand.value = from->imm;
        break;
    case X86_OP_MEM:
        operand.kind = OPERAND_MEMORY;
        operand.base = from->mem.segment != X86_REG_INVALID ? REGISTER_BAD : address_register(from->mem.base);
        operand.index = address_register(from->mem.index);
        operand.scale = (uint8_t)from->mem.scale;
        operand.value = from->mem.disp;
        break;
    default: break;
    }
    return operand;
}

/* Prefixes come once each, then REX, then the opcode; none changes segments or the size of addresses. */
static void prefixes_read(struct instruction *instruction, const uint8_t *bytes) {
    for (uint32_t at = 0; at < instruction->size; at++) {
        bool *seen;
        switch (bytes[at]) {
        case 0x66: seen = &instruction->has_size; break;
        case 0xF0: seen = &instruction->has_lock; break;
        case 0xF2:
        case 0xF3: seen = &instruction->has_repeat; break;
        case 0x26:
        case 0x2E:
        case 0x36:
        case 0x3E:
        case 0x64:
        case 0x65:
        case 0x67: instruction->bad_prefix = true; return;
        case 0xC4: /* VEX: what it says of registers and maps is seen in the operands */
        case 0xC5:
            instruction->bad_prefix |= at != 0;
            instruction->has_wide = bytes[at] == 0xC4 && (bytes[at + 2] & 0x80) != 0;
            return;
        default:
            if ((bytes[at] & 0xF0) == 0x40) {
                uint8_t next = at + 1 < instruction->size ? bytes[at + 1] : 0;
                bool is_prefix = next == 0x66 || (next & 0xFC) == 0x64 || (next & 0xF0) == 0x40 || next == 0xF0 || next == 0xF2 || next == 0xF3 ||
                                 (next & 0xE7) == 0x26;
                instruction->has_wide = (bytes[at] & 8) != 0;
                instruction->bad_prefix |= is_prefix;
            }
            return;
        }
        instruction->bad_prefix |= *seen;
        *seen = true;
    }
}

static uint8_t last_opcode(const cs_x86 *detail) {
    uint8_t last = detail->opcode[0];
    for (uint32_t index = 1; index < 4 && detail->opcode[index] != 0; index++) {
        last = detail->opcode[index];
    }
    return last;
}

static void instruction_add(struct instructions *instructions, const cs_insn *from, const uint8_t *bytes) {
    if (instructions->count == instructions->capacity) {
        instructions->capacity = instructions->capacity ? instructions->capacity * 2 : 256;
        instructions->all = verify_allocate(instructions->all, instructions->capacity, sizeof(*instructions->all));
    }
    struct instruction *instruction = &instructions->all[instructions->count++];
    const cs_x86 *detail = &from->detail->x86;
    *instruction = (struct instruction){.offset = instructions->end, .id = (uint16_t)from->id, .size = (uint8_t)from->size};
    instruction->opcode = last_opcode(detail);
    instruction->operand_count = detail->op_count;
    for (uint32_t index = 0; index < detail->op_count && index < 4; index++) {
        instruction->operands[index] = operand_read(&detail->operands[index]);
    }
    prefixes_read(instruction, bytes);
    instructions->at[instructions->end] = instructions->count;
    instructions->end += instruction->size;
}

bool instructions_read(struct instructions *instructions, const struct code *code) {
    const uint8_t *bytes = code->bytes;
    size_t left = code->instruction_bytes;
    uint64_t address = 0;
    cs_insn *insn = cs_malloc(capstone_handle());
    *instructions = (struct instructions){0};
    instructions->at = verify_allocate(NULL, code->instruction_bytes + 1ull, sizeof(*instructions->at));
    memset(instructions->at, 0, (code->instruction_bytes + 1ull) * sizeof(*instructions->at));
    while (left != 0) {
        const uint8_t *start = bytes;
        if (!cs_disasm_iter(capstone_handle(), &bytes, &left, &address, insn)) {
            break;
        }
        instruction_add(instructions, insn, start);
    }
    cs_free(insn, 1);
    return left == 0;
}

void instructions_end(struct instructions *instructions) {
    free(instructions->all);
    free(instructions->at);
}

struct instruction *instruction_at(const struct instructions *instructions, uint64_t offset) {
    if (offset >= instructions->end || instructions->at[offset] == 0) {
        return NULL;
    }
    return &instructions->all[instructions->at[offset] - 1];
}

void instruction_text(const struct code *code, uint32_t offset, char *out, size_t size) {
    cs_insn *insn;
    size_t count = cs_disasm(capstone_handle(), code->bytes + offset, code->instruction_bytes - offset, offset, 1, &insn);
    snprintf(out, size, "(no instruction)");
    if (count != 0) {
        snprintf(out, size, "%s %s", insn->mnemonic, insn->op_str);
        cs_free(insn, count);
    }
}
