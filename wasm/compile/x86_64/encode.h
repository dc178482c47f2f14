/* Machine instructions with locations to bytes. Private to this folder; encode.c has the whole, encode_instruction.c the
   instructions of ops.def, encode_special.c and encode_float.c those that are several, encode_control.c branches and calls.

   Code comes in this order: instructions, blocks in theirs; pieces that are seldom run ("stubs"); constants; jump tables.
   Jumps ahead are short where what is between is so for certain (encode_bound.c); compiled fast, where it is few instructions. When that is too
   much for one of them, all is written again with long ones. */
#ifndef WASM_COMPILE_X86_64_ENCODE_H
#define WASM_COMPILE_X86_64_ENCODE_H

#include "wasm/compile/code.h"
#include "wasm/compile/x86_64/isa.h"

/* No instruction, with all that belongs to it in place, is longer. */
#define ENCODE_BYTES_MAX 192u

/* What a field of the code is a distance to; it has 32 bits, or 8. */
enum encode_patch_kind { PATCH_BLOCK, PATCH_BLOCK_SHORT, PATCH_CONSTANT, PATCH_TABLE, PATCH_TABLE_ENTRY };
struct encode_patch {
    uint32_t at;
    uint32_t from;   /* what the distance counts from */
    uint32_t target; /* block, constant, first word of a table */
    uint8_t kind;
};

enum encode_stub_kind {
    STUB_TRAP,
    STUB_MINUS_ONE,   /* division by -1 */
    STUB_CANONICAL,   /* the canonical NaN */
    STUB_MINIMUM_NAN, /* the others: see encode_float.c and encode_control.c */
    STUB_MINIMUM_EQUAL,
    STUB_TRUNCATE,
    STUB_TRUNCATE_HIGH,
    STUB_CONVERT_HIGH,
    STUB_EXTERNAL,
    STUB_TAIL_EXTERNAL
};

struct encode_stub {
    uint8_t kind;
    uint8_t trap;         /* enum wasm_trap_kind */
    uint32_t at;          /* of the distance of the jump that leads to it */
    uint32_t back;        /* where it goes on */
    uint32_t instruction; /* whose it is */
};

struct encoder {
    const struct machine_function *machine;
    struct code *code;
    struct instance_layout layout;
    uint8_t *p;           /* where the next byte goes; there is room for ENCODE_BYTES_MAX when an instruction starts */
    uint32_t instruction; /* the one being written */
    uint32_t block;
    uint32_t *block_offsets;
    uint32_t *block_forward; /* what a jump to a block leads to: behind blocks that are but a jump */
    uint32_t *block_bounds;  /* see encode_bound.c */
    bool no_short_jumps;     /* ahead */
    struct encode_patch *patches;
    uint32_t patch_count, patch_capacity;
    struct encode_stub *stubs;
    uint32_t stub_count, stub_capacity;
    uint32_t *tables; /* first words of jump tables, and how many: pairs */
    uint32_t table_count, table_capacity;
    /* The result that the processor's flags tell of, as a comparison with 0 would for equality: its location and width, or MACHINE_NONE. */
    uint32_t flags_location;
    uint8_t flags_width;
    uint32_t slots_at; /* spill slots, from rsp */
    uint32_t homes_at;
    uint32_t instance_at; /* where r15 is kept, from rsp */
    bool keeps_instance;
    uint32_t frame_bytes;
    bool has_avx;
    bool failed;
};

enum encode_place_kind { PLACE_REGISTER, PLACE_MEMORY, PLACE_ABSOLUTE, PLACE_CONSTANT };

/* A register or a place in memory, as an instruction names it. Registers are numbered as in the encoding. */
struct encode_place {
    uint8_t kind;  /* enum encode_place_kind */
    uint8_t reg;   /* the register, or the base; ABSOLUTE has none, nor has CONSTANT, which is in the code */
    uint8_t index; /* RSP, which cannot be one, when there is none */
    uint8_t shift;
    int32_t displacement; /* CONSTANT: its number */
};

/* The parts of an instruction's encoding. */
struct encode_parts {
    uint8_t prefix, map, opcode;
    bool quad;      /* REX.W */
    bool needs_rex; /* byte registers without it would be other ones */
    bool lock;
    uint8_t trailing; /* bytes of immediates that follow */
    bool vex;         /* that prefix, instead of all others */
    uint8_t second;   /* the register that it names; 0 is rax, xmm0 or none */
};

/* ---- encode.c ---- */

static inline uint32_t encode_offset(const struct encoder *encoder) {
    return (uint32_t)(encoder->p - encoder->code->bytes);
}
void encode_grow(struct encoder *encoder);
static inline void encode_room(struct encoder *encoder) {
    if (UNLIKELY(encoder->code->capacity - (size_t)(encoder->p - encoder->code->bytes) < ENCODE_BYTES_MAX))
        encode_grow(encoder);
}
/* Notes that what is written next may trap, or (kind 0) that a call was written. */
void encode_site(struct encoder *encoder, uint32_t source, uint8_t kind);
/* What is written next belongs to this source; the frame to 0. */
void encode_line_add(struct encoder *encoder, uint32_t source);
static inline void encode_line(struct encoder *encoder, uint32_t source) {
    if (UNLIKELY(encoder->code->keeps_lines))
        encode_line_add(encoder, source);
}
void encode_patch(struct encoder *encoder, enum encode_patch_kind kind, uint32_t at, uint32_t from, uint32_t target);
/* Whether the processor's flags may be lost before an instruction of the current block. */
bool encode_flags_are_free(const struct encoder *encoder, uint32_t instruction);

/* ---- encode_bound.c ---- */

void encode_bounds(const struct encoder *encoder, uint32_t *bounds);

/* ---- encode_instruction.c ---- */

static inline void encode_byte(struct encoder *encoder, uint32_t value) {
    *encoder->p++ = (uint8_t)value;
}

static inline void encode_word(struct encoder *encoder, uint32_t value) {
    bytes_store_u32(encoder->p, value);
    encoder->p += 4;
}

static inline struct encode_place encode_register(uint32_t reg) {
    return (struct encode_place){.reg = (uint8_t)(reg & 15), .index = RSP};
}

static inline struct encode_place encode_memory(uint32_t base, int32_t displacement) {
    return (struct encode_place){.kind = PLACE_MEMORY, .reg = (uint8_t)base, .index = RSP, .displacement = displacement};
}

static inline struct encode_place encode_constant(uint32_t number) {
    return (struct encode_place){.kind = PLACE_CONSTANT, .index = RSP, .displacement = (int32_t)number};
}

/* A location of the allocator. */
struct encode_place encode_location(const struct encoder *encoder, uint32_t location);
/* The address of an instruction. */
struct encode_place encode_address(const struct encoder *encoder, const struct machine_instruction *instruction);
void encode_parts(struct encoder *encoder, const struct encode_parts *parts, uint32_t reg, struct encode_place place);
/* The instruction of an op with registers or places: for those that are part of a special one. */
void encode_op(struct encoder *encoder, enum x86_op op, uint8_t width, uint32_t reg, struct encode_place place);
/* With an immediate: the TIED_I and STORE_I forms. */
void encode_op_i(struct encoder *encoder, enum x86_op op, uint8_t width, struct encode_place place, int64_t immediate);
void encode_move_constant(struct encoder *encoder, uint32_t reg, uint8_t width, uint64_t value, bool flags_are_free);
void encode_instruction(struct encoder *encoder, const struct machine_instruction *instruction);
void encode_move(struct encoder *encoder, const struct machine_move *move);

static inline uint32_t operand_location(const struct encoder *encoder, const struct machine_instruction *instruction, uint32_t number) {
    return encoder->machine->operands[instruction->operands + number].location;
}

/* ---- encode_special.c, encode_float.c ---- */

/* A jump on a condition to a piece of code that is seldom run; it goes on behind the instruction. */
void encode_stub(struct encoder *encoder, enum x86_condition condition, enum encode_stub_kind kind);
void encode_trap(struct encoder *encoder, enum x86_condition condition, enum wasm_trap_kind kind);
/* ud2 with its site. */
void encode_trap_here(struct encoder *encoder, enum wasm_trap_kind kind, uint32_t source);
void encode_special(struct encoder *encoder, const struct machine_instruction *instruction);
void encode_float(struct encoder *encoder, const struct machine_instruction *instruction);
void encode_float_stub(struct encoder *encoder, const struct encode_stub *stub, const struct machine_instruction *instruction);
/* All stubs, also those that stubs ask for. */
void encode_stubs(struct encoder *encoder);
/* Jumps within an instruction: forward, short; the place of the distance, to be given to encode_here. */
uint8_t *encode_skip(struct encoder *encoder, enum x86_condition condition);
void encode_here(struct encoder *encoder, uint8_t *distance);

/* ---- encode_control.c ---- */

void encode_control(struct encoder *encoder, const struct machine_instruction *instruction);
void encode_control_stub(struct encoder *encoder, const struct encode_stub *stub, const struct machine_instruction *instruction);
void encode_jump_back(struct encoder *encoder, uint32_t to);

#endif
