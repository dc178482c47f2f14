/* What x86-64 is to the compiler: registers, conditions, machine instructions as a table (ops.def), and how instructions
   hold addresses. Private to this folder, but for isa_machine and isa_names. */
#ifndef WASM_COMPILE_X86_64_ISA_H
#define WASM_COMPILE_X86_64_ISA_H

#include "wasm/compile/isa.h"

enum x86_register { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, XMM0, XMM15 = XMM0 + 15 };
#define X86_MEMORY   R14 /* base of memory 0 */
#define X86_INSTANCE R15
#define X86_SCRATCH  R11 /* of moves, and inside of instructions */

/* In the encoding of the processor; the two of equality of floats, which look at the parity flag too, are ours. */
enum x86_condition {
    CONDITION_O,
    CONDITION_NO,
    CONDITION_B,
    CONDITION_AE,
    CONDITION_E,
    CONDITION_NE,
    CONDITION_BE,
    CONDITION_A,
    CONDITION_S,
    CONDITION_NS,
    CONDITION_P,
    CONDITION_NP,
    CONDITION_L,
    CONDITION_GE,
    CONDITION_LE,
    CONDITION_G,
    CONDITION_EQUAL_ORDERED,      /* E and NP */
    CONDITION_DIFFER_OR_UNORDERED /* NE or P */
};
/* The opposite of a condition is the number with the lowest bit changed. */
#define CONDITION_NOT(condition) ((condition) ^ 1u)

/* Beyond the floor, which is SSE4.1. */
enum x86_feature { X86_HAS_POPCNT = 1, X86_HAS_LZCNT = 2, X86_HAS_BMI1 = 4, X86_HAS_BMI2 = 8, X86_HAS_AVX = 16, X86_FEATURES_ALL = 31 };

enum x86_form {
    FORM_RM,
    FORM_TIED,
    FORM_PAIR,
    FORM_RM_I,
    FORM_TIED_BYTE,
    FORM_STORE,
    FORM_STORE_I,
    FORM_OUT,
    FORM_TIED_I,
    FORM_TIED_ONE,
    FORM_TIED_CL,
    FORM_SELF,
    FORM_THREE,
    FORM_INTO,
    FORM_SPECIAL
};

enum x86_flag {
    FLAG_NONE = 0,
    FLAG_W = 1,
    FLAG_QUAD = 2,
    FLAG_BYTE_REG = 4,
    FLAG_BYTE_RM = 8,
    FLAG_BYTE = 0x10,
    FLAG_SHORT = 0x20,
    FLAG_SCALAR = 0x40,
    FLAG_PACKED = 0x80,
    FLAG_CONDITION = 0x100,
    FLAG_SIZES = 0x200,
    FLAG_LOCK = 0x400,
    FLAG_READS = 0x800,
    FLAG_WRITES = 0x1000,
    FLAG_MERGES = 0x2000,
    FLAG_VEX = 0x4000
};

enum x86_op {
    X86_NONE,
#define X86(name, text, form, prefix, map, opcode, digit, flags) X86_##name,
#include "wasm/compile/x86_64/ops.def"
#undef X86
    X86_OP_COUNT
};

struct x86_op_info {
    const char *text;
    uint8_t form, prefix, map, opcode, digit;
    uint16_t flags;
};
extern const struct x86_op_info x86_ops[X86_OP_COUNT];

/* Whether it works on vector registers: where there is AVX, such an instruction has a VEX prefix and the result in a register of its own. */
static inline bool x86_op_is_vector(uint32_t op) {
    return (op >= X86_MOVE_SCALAR && op < X86_ENTER) || op >= X86_AND_VECTOR;
}

/* Whether it is one that without AVX has the result in the place of the first operand. */
static inline bool x86_op_is_freed(uint32_t op, uint32_t features) {
    uint8_t form = x86_ops[op].form;
    return (features & X86_HAS_AVX) != 0 && x86_op_is_vector(op) && (form == FORM_TIED || form == FORM_TIED_BYTE || form == FORM_TIED_I);
}

/* The `scale` of a machine instruction: the index's shift, and what the address is relative to. Registers of the address
   are the last operands: the base of ADDRESS_BASE, then the index when there is one. */
enum x86_address {
    ADDRESS_NONE,
    ADDRESS_MEMORY,   /* memory 0 */
    ADDRESS_INSTANCE, /* fields and arrays of the instance */
    ADDRESS_BASE,     /* a register */
    ADDRESS_INDEX,    /* nothing: for lea */
    ADDRESS_OUTGOING, /* the frame's room for calls */
    ADDRESS_HOME,     /* the homes of locals in the frame */
    ADDRESS_INCOMING, /* the caller's, above the return address */
    ADDRESS_CONSTANT, /* displacement = number of a constant of the machine function */
};
#define X86_SCALE(kind, shift, has_index) ((uint8_t)((shift) | (kind) << 2 | (has_index) << 6))
#define X86_SCALE_SHIFT(scale)            ((scale)&3u)
#define X86_SCALE_KIND(scale)             ((scale) >> 2 & 15u)
#define X86_SCALE_HAS_INDEX(scale)        (((scale) >> 6 & 1u) != 0)

/* Bits of the immediate of X86_DIVIDE. */
enum x86_divide { DIVIDE_SIGNED = 1, DIVIDE_REMAINDER = 2, DIVIDE_NEVER_ZERO = 4, DIVIDE_NEVER_MINUS_ONE = 8 };
/* Bits of the immediate of X86_TRUNCATE; the width is that of the float. */
enum x86_truncate { TRUNCATE_SIGNED = 1, TRUNCATE_64 = 2, TRUNCATE_SATURATE = 4 };

#endif
