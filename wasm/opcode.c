/* The tables of the instruction set, made from opcodes.def. */
#include "wasm/opcode.h"
#include "base/leb128.h"

#define POP0                                                                                                                                         \
    0, {                                                                                                                                             \
        0, 0, 0                                                                                                                                      \
    }
#define POP1(a)                                                                                                                                      \
    1, {                                                                                                                                             \
        WASM_##a, 0, 0                                                                                                                               \
    }
#define POP2(a, b)                                                                                                                                   \
    2, {                                                                                                                                             \
        WASM_##a, WASM_##b, 0                                                                                                                        \
    }
#define POP3(a, b, c)                                                                                                                                \
    3, {                                                                                                                                             \
        WASM_##a, WASM_##b, WASM_##c                                                                                                                 \
    }
#define SPECIAL                                                                                                                                      \
    OPCODE_SPECIAL, {                                                                                                                                \
        0, 0, 0                                                                                                                                      \
    }

enum push {
    PUSH_NONE = 0,
    PUSH_I32 = WASM_I32,
    PUSH_I64 = WASM_I64,
    PUSH_F32 = WASM_F32,
    PUSH_F64 = WASM_F64,
    PUSH_V128 = WASM_V128,
    PUSH_FUNCREF = WASM_FUNCREF,
};

const struct opcode_info opcode_table[OPCODE_COUNT] = {
#define OPCODE(number, name, text, immediate, alignment, pops, push) [number] = {IMMEDIATE_##immediate, alignment, pops, PUSH_##push},
#include "wasm/opcodes.def"
#undef OPCODE
};

const char *opcode_name(uint32_t opcode) {
    switch (opcode) {
#define OPCODE(number, name, text, immediate, alignment, pops, push)                                                                                 \
    case OP_##name:                                                                                                                                  \
        return text;
#include "wasm/opcodes.def"
#undef OPCODE
    default: return "unknown instruction";
    }
}

uint32_t opcode_read(const uint8_t **at) {
    const uint8_t byte = *(*at)++;
    switch (byte) {
    case 0xFC: return OPCODE_PAGE_FC + leb128_read_u32(at);
    case 0xFD: return OPCODE_PAGE_FD + leb128_read_u32(at);
    case 0xFE: return OPCODE_PAGE_FE + leb128_read_u32(at);
    default: return byte;
    }
}
