/* The instruction set as data: opcodes.def lists every instruction once, and this header makes numbers of it.
   A prefixed instruction (0xFC, 0xFD, 0xFE and a LEB128 number) gets an internal opcode: prefix page + number. */
#ifndef WASM_OPCODE_H
#define WASM_OPCODE_H

#include "wasm/wasm.h"

#define OPCODE_PAGE_FC 0x100u
#define OPCODE_PAGE_FD 0x200u
#define OPCODE_PAGE_FE 0x300u
#define OPCODE_COUNT   0x400u

enum opcode {
#define OPCODE(number, name, text, immediate, alignment, pops, push) OP_##name = (number),
#include "wasm/opcodes.def"
#undef OPCODE
};

/* What follows the opcode in the bytes. */
enum immediate {
    IMMEDIATE_INVALID, /* no such instruction */
    IMMEDIATE_NONE,
    IMMEDIATE_BLOCK,         /* block type */
    IMMEDIATE_LABEL,         /* u32 */
    IMMEDIATE_LABELS,        /* vector of u32, u32 */
    IMMEDIATE_FUNCTION,      /* u32 */
    IMMEDIATE_INDIRECT,      /* u32 type, u32 table */
    IMMEDIATE_TYPES,         /* vector of value types */
    IMMEDIATE_LOCAL,         /* u32 */
    IMMEDIATE_GLOBAL,        /* u32 */
    IMMEDIATE_TABLE,         /* u32 */
    IMMEDIATE_TABLE_TABLE,   /* u32 destination, u32 source */
    IMMEDIATE_ELEMENT_TABLE, /* u32 element segment, u32 table */
    IMMEDIATE_ELEMENT,       /* u32 */
    IMMEDIATE_DATA,          /* u32 */
    IMMEDIATE_DATA_MEMORY,   /* u32 data segment, u32 memory */
    IMMEDIATE_MEMORY,        /* u32 */
    IMMEDIATE_MEMORY_MEMORY, /* u32 destination, u32 source */
    IMMEDIATE_ACCESS,        /* memarg */
    IMMEDIATE_ACCESS_LANE,   /* memarg, lane byte */
    IMMEDIATE_I32,           /* s32 */
    IMMEDIATE_I64,           /* s64 */
    IMMEDIATE_F32,           /* 4 bytes */
    IMMEDIATE_F64,           /* 8 bytes */
    IMMEDIATE_V128,          /* 16 bytes */
    IMMEDIATE_SHUFFLE,       /* 16 lane bytes, each below 32 */
    IMMEDIATE_LANE,          /* lane byte */
    IMMEDIATE_REFERENCE,     /* reference type byte */
    IMMEDIATE_FENCE,         /* a zero byte */
};

/* Operand types of instructions with a fixed signature; the others (control, variables, select, drop, calls, references,
   tables) have SIGNATURE_SPECIAL and are validated by hand. */
#define OPCODE_SPECIAL 0xFF
struct opcode_info {
    uint8_t immediate; /* enum immediate */
    uint8_t alignment; /* log2 of the access width, for accesses; the number of lanes, for lane immediates without access */
    uint8_t pop_count; /* OPCODE_SPECIAL: not a fixed signature */
    uint8_t pops[3];   /* enum wasm_type, deepest first */
    uint8_t push;      /* enum wasm_type, or 0 */
};

/* Indexed by enum opcode; entries that are no instruction have IMMEDIATE_INVALID. */
extern const struct opcode_info opcode_table[OPCODE_COUNT];
/* The text-format name ("i32.add"), or "unknown instruction". */
const char *opcode_name(uint32_t opcode);

/* The opcode at *at, prefix and number read; for validated bytes. */
uint32_t opcode_read(const uint8_t **at);

#endif
