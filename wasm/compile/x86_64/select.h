/* From SSA to machine instructions with virtual registers. Private to this folder; select.c has the whole and the state, the other select_*.c
   the instructions of one kind each, select.def says which.

   Blocks are done from the last to the first, and their values from the last to the first: what a value is needed for is known when it
   is reached. A value without effect for which nobody asked a register is skipped: its users have made it part of theirs. What is
   emitted for one value is one group, in the order of execution; select.c puts the groups in order.

   A register of 32 bits is zero-extended, always: instructions of 32 bits make it so, moves and spills keep it, and parameters and
   results come and go that way (code.h). So it is an index as it is. */
#ifndef WASM_COMPILE_X86_64_SELECT_H
#define WASM_COMPILE_X86_64_SELECT_H

#include "wasm/compile/code.h"
#include "wasm/compile/x86_64/isa.h"

#define SELECT_FOLDED UINT32_MAX /* in place of a register: the user does it */

enum select_value_flag {
    SELECT_EXPOSED = 1, /* of a float or vector: bits of its NaNs are seen */
    SELECT_WIDE = 2,    /* of an i32: it is used as an i64 as it is */
};

/* Bits RULE_LANES_4 and RULE_LANES_8 among the flags of a phi or select: in lanes of this shape (a scalar: both) it hands on no NaN but those
   of arithmetic, which may not be canonical yet. */
#define SELECT_MADE (RULE_LANES_4 | RULE_LANES_8)

struct select_value {
    uint32_t reg;  /* virtual register; 0 while nobody asked */
    uint32_t uses; /* operands that name it */
    uint32_t block;
    uint32_t epoch; /* values with an effect before it in the block */
    uint8_t flags;
};

struct select_block {
    uint32_t place;             /* number of the machine block */
    uint32_t slot;              /* which predecessor it is of its one successor */
    uint32_t edge_operand;      /* which operand of that one's phis is for it */
    uint32_t first, end;        /* its groups, which are numbered downwards */
    uint32_t values, value_end; /* in the list */
    uint32_t effects;           /* values with one */
};

struct select {
    struct machine_function *machine;
    const struct ir_function *ir;
    const struct ir_value *values;
    struct instance_layout layout;
    uint32_t features;
    struct select_value *states; /* by IR value */
    uint32_t state_count;
    struct select_block *blocks; /* by IR block */
    uint32_t *list;              /* all values, block by block, in the order of execution */
    uint32_t hands_on_count;     /* phis and selects of floats and vectors */
    uint32_t block_count;
    uint32_t *groups; /* first instruction of each */
    uint32_t group_count;
    uint32_t block;
    uint32_t epoch; /* of the value that is emitted, or the end of the block */
    uint32_t source;
    bool is_at_end;    /* what is emitted comes behind all values of the block */
    uint8_t tolerates; /* shapes of lanes whose NaNs may be any for what is emitted */
    bool unsupported;
};

/* ---- select.def: what an instruction is ---- */

struct select_rule;
typedef void select_handler(struct select *select, uint32_t value, const struct select_rule *rule);

enum select_rule_flag {
    RULE_ANY_NAN = 1,   /* operands: which NaN one is does not matter */
    RULE_MAKES_NAN = 2, /* the result may be a NaN that is not canonical */
    RULE_COMMUTES = 4,
    RULE_LANES_4 = 8, /* MAKES_NAN: of vectors of f32, or ... */
    RULE_LANES_8 = 16,
    RULE_SIGNED = 32,
};

struct select_rule {
    select_handler *handler;
    uint16_t op;
    uint8_t width;
    uint8_t flags;
    uint32_t extra;
};
extern const struct select_rule select_rules[IR_OP_END];

/* ---- Addresses ---- */

struct select_address {
    uint8_t kind; /* enum x86_address */
    uint8_t shift;
    uint8_t trap;         /* enum wasm_trap_kind + 1, or 0 */
    uint32_t base, index; /* virtual registers */
    int32_t displacement;
    uint32_t source;
};

/* A register, or an address where an instruction takes both. */
struct select_source {
    bool is_address;
    uint32_t reg;
    struct select_address address;
};

/* ---- select.c ---- */

/* The register of a value; asks for it to be made. Constants are made anew for each use, before it. */
uint32_t select_use(struct select *select, uint32_t value);
/* The same for a user that sees bits. Arithmetic makes its NaNs canonical when somebody sees them; a phi or select of nothing else does not,
   so that a sum in a loop costs nothing there: then it is done for this user. */
uint32_t select_use_bits(struct select *select, uint32_t value);
/* For a phi or select, which sees bits when its own are seen. */
uint32_t select_use_for(struct select *select, uint32_t user, uint32_t value);
/* For a user that looks at the low 32 bits only. */
uint32_t select_use_low(struct select *select, uint32_t value);
/* The register to write a value to. */
uint32_t select_define(struct select *select, uint32_t value);
uint32_t select_temporary(struct select *select, enum machine_class class, uint8_t width);
bool select_constant(const struct select *select, uint32_t value, uint64_t *bits);
/* Whether the value may become part of its only user, which is being emitted: it is pure and not asked for. */
bool select_is_single(const struct select *select, uint32_t value);
/* The same for a value with an effect: nothing with an effect stands between. */
bool select_is_foldable_load(const struct select *select, uint32_t value);
void select_mark_folded(struct select *select, uint32_t value);

static inline uint8_t type_width(uint8_t type) {
    return type == WASM_I32 || type == WASM_F32 ? 4 : type == WASM_V128 ? 16 : 8;
}

static inline bool type_is_vector(uint8_t type) {
    return type == WASM_F32 || type == WASM_F64 || type == WASM_V128;
}

/* ---- select_emit.c ---- */

struct machine_instruction *emit(struct select *select, enum x86_op op, uint8_t width, uint32_t operand_count);
/* With the registers of an address behind the operands. */
struct machine_instruction *emit_at(struct select *select, enum x86_op op, uint8_t width, uint32_t operand_count,
                                    const struct select_address *address);
void operand_use(struct select *select, const struct machine_instruction *instruction, uint32_t number, uint32_t reg, enum machine_role role);
/* A register or a spill slot. */
void operand_any(struct select *select, const struct machine_instruction *instruction, uint32_t number, uint32_t reg);
void operand_define(struct select *select, const struct machine_instruction *instruction, uint32_t reg);
/* The first operand is defined in the place of the second, unless AVX has a form that does not want that. */
void operand_tied(struct select *select, const struct machine_instruction *instruction, uint32_t define, uint32_t use);
void operand_fixed(struct select *select, const struct machine_instruction *instruction, uint32_t number, uint32_t reg, enum machine_role role,
                   uint32_t physical);
void operand_scratch(struct select *select, const struct machine_instruction *instruction, uint32_t number, enum machine_class class);

/* Instructions by form: see ops.def. */
void emit_rm(struct select *select, enum x86_op op, uint8_t width, uint32_t define, const struct select_source *source);
void emit_unary(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t use);
void emit_load(struct select *select, enum x86_op op, uint8_t width, uint32_t define, const struct select_address *address);
void emit_store(struct select *select, enum x86_op op, uint8_t width, uint32_t use, const struct select_address *address);
void emit_store_constant(struct select *select, enum x86_op op, uint8_t width, uint64_t constant, const struct select_address *address);
void emit_tied(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t left, const struct select_source *right);
void emit_three(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t second, const struct select_source *right);
void emit_binary(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t left, uint32_t right);
void emit_tied_constant(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t use, int64_t constant);
void emit_tied_one(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t use);
void emit_pair(struct select *select, enum x86_op op, uint8_t width, uint32_t left, const struct select_source *right);
void emit_constant(struct select *select, uint32_t define, uint8_t width, uint64_t constant);
void emit_trap_if(struct select *select, enum x86_condition condition, enum wasm_trap_kind kind);
void emit_set(struct select *select, uint32_t define, enum x86_condition condition);

/* ---- select_memory.c ---- */

struct select_address address_of_access(struct select *select, const struct ir_value *access);
struct select_address address_of_instance(int32_t offset);
struct select_address address_of_field(uint32_t base, int32_t offset);
struct select_address address_of_constant(struct select *select, const uint8_t bytes[16]);
/* An operand of a width in any of its places: a load or float constant may become part of the instruction. */
struct select_source source_of(struct select *select, uint32_t value, uint8_t width);
struct select_source source_register(uint32_t reg);
/* Whether source_of would make an address of it. */
bool source_is_memory(const struct select *select, uint32_t value, uint8_t width);
/* Loads a field of 32 or 64 bits into a new register. */
uint32_t load_field(struct select *select, struct select_address address, uint8_t width);

/* ---- select_vector.c: steps that give a new register ---- */

uint32_t vector_temporary(struct select *select);
uint32_t vector_unary(struct select *select, enum x86_op op, uint32_t use);
uint32_t vector_binary(struct select *select, enum x86_op op, uint32_t left, uint32_t right);
uint32_t vector_shifted(struct select *select, enum x86_op op, uint32_t use, int64_t count);
uint32_t vector_shuffled(struct select *select, uint32_t use, uint32_t order);
uint32_t vector_zero(struct select *select);
uint32_t vector_ones(struct select *select);
struct select_source vector_constant(struct select *select, uint64_t low, uint64_t high);
uint32_t vector_with_constant(struct select *select, enum x86_op op, uint32_t use, uint64_t low, uint64_t high);
uint32_t vector_load_constant(struct select *select, uint64_t low, uint64_t high);
void vector_define(struct select *select, uint32_t value, uint32_t reg);
void vector_define_float(struct select *select, uint32_t value, const struct select_rule *rule, uint32_t reg);
/* Lanes that are NaNs become the canonical one. */
void vector_canonical(struct select *select, uint32_t define, uint32_t reg, uint8_t width);
/* Of the instruction that was emitted last. */
void vector_set_immediate(struct select *select, uint64_t immediate);

/* ---- select_compare.c ---- */

/* Sets the flags for an i32 condition; the condition under which it is not zero. */
enum x86_condition select_condition(struct select *select, uint32_t value);

/* ---- select_control.c ---- */

void select_end(struct select *select, const struct ir_block *block);
void select_enter(struct select *select);

/* ---- select_table.c ---- */

/* The size of a memory in a new register. */
uint32_t select_memory_bytes(struct select *select, uint32_t memory);
/* What an indirect call finds at an index in a register, maybe NULL; traps when it is out of bounds. */
uint32_t select_table_callee(struct select *select, uint32_t table, uint32_t index);

#define SELECT_HANDLER(name) void select_##name(struct select *select, uint32_t value, const struct select_rule *rule);
#include "wasm/compile/x86_64/select_handlers.def"
#undef SELECT_HANDLER

#endif
