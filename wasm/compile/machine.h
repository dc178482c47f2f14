/* Machine code before its registers are known: made by <isa>/select, finished by allocate, read by <isa>/encode.
   Private to wasm/compile. Nothing in it knows a particular machine: opcodes, registers and addressing are numbers that an isa's
   tables explain.

   A function is a list of instructions in the order in which they will be encoded, cut into blocks. Instructions name virtual
   registers in operands. The allocator gives each operand a location and adds moves between instructions. */
#ifndef WASM_COMPILE_MACHINE_H
#define WASM_COMPILE_MACHINE_H

#include "base/assert.h"
#include "wasm/compile/ir.h"

#define MACHINE_REGISTERS_MAX 64u /* physical registers of all classes are numbered 0 to 63 */
#define MACHINE_NONE          UINT32_MAX

enum machine_class { MACHINE_GENERAL, MACHINE_VECTOR, MACHINE_CLASSES };

/* A virtual register. In SSA form: one definition (an instruction's, or a phi's). */
struct machine_register {
    uint8_t class;    /* enum machine_class */
    uint8_t width;    /* bytes that are meaningful: 4, 8 or 16; a spill slot has 8 or 16 */
    bool is_constant; /* may be made again by a constant move of `constant` instead of being kept (class general, or zero); has no other bits */
    uint8_t wish;     /* the physical register of a fixed definition, plus 1; 0 = none */
    uint64_t constant;
};

enum machine_role {
    MACHINE_USE,      /* read before results are written: may share a register with a result */
    MACHINE_USE_LATE, /* read while results are written: shares with none */
    MACHINE_DEFINE,   /* written at the end */
    MACHINE_SCRATCH,  /* a virtual register of its own, used inside the instruction only; shares with nothing */
};

enum machine_constraint {
    MACHINE_ANY,      /* any register of its class */
    MACHINE_FIXED,    /* the physical register `fixed` */
    MACHINE_SAME,     /* DEFINE only: the location of operand number `fixed`, which is a USE: a move is made before when needed */
    MACHINE_OR_SPILL, /* USE or DEFINE: a register or a spill slot, as the allocator likes */
};

struct machine_operand {
    uint32_t reg;       /* virtual register */
    uint8_t role;       /* enum machine_role */
    uint8_t constraint; /* enum machine_constraint */
    uint8_t fixed;
    uint8_t mark;      /* scratch of allocate */
    uint32_t location; /* MACHINE_NONE until allocate sets it: a physical register, or MACHINE_SPILL + slot. The scratch register of moves at the only
                          operand of an instruction: it defines a constant that nobody wants there, and encode may leave it out */
};
#define MACHINE_SPILL        64u  /* locations from here on are spill slots of 8 bytes; a v128 takes two, the first even */
#define MACHINE_OPERANDS_MAX 256u /* of one instruction */

enum machine_flag {
    MACHINE_IS_CALL = 1,  /* every allocatable register is lost: nothing stays in one across it. Its fixed operands are arguments and results */
    MACHINE_IS_END = 2,   /* ends its block: moves for the edge go before it. Each block has at least one, the last, and they define nothing; with
                             one successor they use nothing */
    MACHINE_COMMUTES = 4, /* operand 0 is SAME as operand 1, and operand 2 may stand in its place: allocate exchanges them when that saves a move */
};

struct machine_instruction {
    uint16_t op;       /* of the isa */
    uint8_t flags;     /* enum machine_flag */
    uint8_t width;     /* the isa's: operand size and the like */
    uint8_t condition; /* the isa's */
    uint8_t scale;     /* the isa's: of an index register, as a shift */
    uint16_t operand_count;
    uint32_t operands;    /* first in the operand pool */
    int32_t displacement; /* the isa's: of an address */
    uint64_t immediate;   /* the isa's: an immediate operand, a block, a constant's index, a function's index ... */
    uint32_t source;      /* as of a value, for traps and calls */
    uint8_t trap;         /* when the instruction can trap: enum wasm_trap_kind + 1, else 0 */
    uint8_t reserved[3];
};

/* A phi: defined at the head of its block, from one virtual register for each predecessor, in their order. */
struct machine_phi {
    uint32_t reg;
    uint32_t operands; /* first word in the pool `words` */
};

struct machine_block {
    uint32_t first, end; /* instructions [first, end) */
    uint32_t phis, phi_count;
    uint32_t predecessors, predecessor_count; /* pool `words`: machine block numbers */
    uint32_t successors, successor_count;
    uint32_t loop_depth;
    uint32_t loop_end; /* of a loop header: the block behind the last one of the loop in this order, else 0. Loops are contiguous */
};

/* A move that the allocator adds before an instruction; in the order in which they are to be done. Class and width as of the value. Moves may
   stand between an instruction that sets condition flags and the one that reads them: they must keep the flags. Never from slot to
   slot: that is two moves through a scratch register, maybe of the other class. */
struct machine_move {
    uint32_t before;   /* instruction number */
    uint32_t to, from; /* locations; from = MACHINE_NONE: the constant. Into a slot only when it fits a sign-extended word */
    uint8_t class, width;
    uint8_t reserved[2];
    uint64_t constant;
};

/* What allocate must know of an isa. */
struct machine_isa {
    uint64_t allocatable[MACHINE_CLASSES];      /* bit per physical register; scratch registers of moves are not among them */
    uint8_t scratch[MACHINE_CLASSES];           /* physical register that moves may use: slot to slot, and cycles */
    const uint8_t *preference[MACHINE_CLASSES]; /* allocatable registers in the order to try */
    uint8_t preference_count[MACHINE_CLASSES];
};

struct machine_function {
    const struct ir_function *source;
    struct budget *budget;
    const struct machine_isa *isa;
    struct machine_register *registers; /* [0] is unused */
    uint32_t register_count, register_capacity;
    struct machine_instruction *instructions;
    uint32_t instruction_count, instruction_capacity;
    struct machine_operand *operands;
    uint32_t operand_count, operand_capacity;
    struct machine_block *blocks; /* in the order of encoding; block 0 is the entry */
    uint32_t block_count, block_capacity;
    struct machine_phi *phis;
    uint32_t phi_count, phi_capacity;
    uint32_t *words;
    uint32_t word_count, word_capacity;
    /* Made by select for encode: constants of 16 bytes that code loads, and targets of jump tables (block numbers, pool `words`). */
    uint8_t (*constants)[16];
    uint32_t constant_count, constant_capacity;
    uint32_t outgoing_bytes; /* room at the bottom of the frame for arguments and results on the stack of calls */
    uint32_t home_words;     /* of 8 bytes, in the frame, that instructions address by themselves */
    bool calls;              /* anything */
    bool leaves;             /* calls what may be of another instance */
    uint32_t incoming_bytes; /* above the return address: parameters and results on the stack */
    /* Made by allocate. */
    struct machine_move *moves; /* sorted by `before` */
    uint32_t move_count, move_capacity;
    uint32_t spill_slots;
    uint32_t features; /* compile_options.isa_features: made by select for encode */
    bool is_allocated;
    bool fast;   /* without phis, and without values that lead from one region to another: see allocate_fast.c */
    bool failed; /* no room */
};

/* ---- machine.c ---- */

/* Everything is charged to the budget; arrays grow by doubling. When there is no room, `failed` is set, and the calls below give things that may
   be written but mean nothing; machine_blocks_make is the one to look at before the others are used. */
void machine_begin(struct machine_function *function, struct budget *budget, const struct machine_isa *isa, const struct ir_function *source);
void machine_release(struct machine_function *function);
/* All blocks at once, zeroed. False, and `failed` is set, when there is no room or was none before. */
bool machine_blocks_make(struct machine_function *function, uint32_t count);
bool machine_registers_reserve(struct machine_function *function, uint64_t count);
/* 0 when there is no room. */
static inline uint32_t machine_register_make(struct machine_function *function, enum machine_class class, uint8_t width) {
    if (UNLIKELY(function->register_count == function->register_capacity) &&
        !machine_registers_reserve(function, (uint64_t)function->register_count + 1))
        return 0;
    uint32_t reg = function->register_count++;
    function->registers[reg] = (struct machine_register){.class = (uint8_t) class, .width = width};
    return reg;
}
/* Phis of a block stand together, in the order in which they are added; the caller counts them. */
void machine_phi_add(struct machine_function *function, uint32_t reg, uint32_t operands);
/* Room for an instruction and its operands. Once something has failed, the first places are written over again: there are always as many as one
   instruction needs. */
void machine_reserve(struct machine_function *function, uint32_t operand_count);
/* Appends an instruction with room for its operands, which are zeroed but for their locations; the pointer holds until the next one. */
static inline struct machine_instruction *machine_append(struct machine_function *function, uint16_t op, uint32_t operand_count) {
    if (UNLIKELY(function->operand_capacity - function->operand_count < operand_count ||
                 function->instruction_count == function->instruction_capacity))
        machine_reserve(function, operand_count);
    uint32_t operands = function->operand_count;
    for (uint32_t index = 0; index < operand_count; index++)
        function->operands[operands + index] = (struct machine_operand){.location = MACHINE_NONE};
    function->operand_count += operand_count;
    struct machine_instruction *instruction = &function->instructions[function->instruction_count++];
    *instruction = (struct machine_instruction){.op = op, .operand_count = (uint16_t)operand_count, .operands = operands};
    return instruction;
}
/* Room for count words, zeroed; the first. 0, and `failed` is set, when there is none: nothing may be written. */
uint32_t machine_words(struct machine_function *function, uint32_t count);
/* Room for more moves; false, and `failed` is set, when there is none. */
bool machine_moves_reserve(struct machine_function *function);
/* The number of a constant, which is made once. */
uint32_t machine_constant(struct machine_function *function, const uint8_t bytes[16]);
/* The most slots an allocation has; a function that needs more is refused. */
#define MACHINE_SLOTS_MAX 100000u
/* For dumps: an isa's names of its opcodes and registers. */
struct machine_names {
    const char *(*op)(uint16_t op);
    const char *(*reg)(uint32_t physical, uint8_t width);
};

/* ---- allocate.c ---- */

/* Gives every operand its location. ERROR_NO_MEMORY or ERROR_LIMIT (work) without harm. */
enum error machine_allocate(struct machine_function *function) MUST_CHECK;
/* An independent check of the result by symbolic execution: each use reads the value it should on every path. For tests and --check. */
enum error machine_check(const struct machine_function *function, struct report *report) MUST_CHECK;

#endif
