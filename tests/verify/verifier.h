/* Shared by the parts of the verifier: the analysis of one function, and the instruction where it stands. */
#ifndef TESTS_VERIFY_VERIFIER_H
#define TESTS_VERIFY_VERIFIER_H

#include "tests/verify/decode.h"
#include "tests/verify/state.h"
#include "tests/verify/verify.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R14 = 14, R15 };

struct block {
    uint32_t first, last; /* instructions */
    uint32_t edge;        /* the one by which it is reached; EDGE_NONE, EDGE_MANY */
    uint32_t visits;
    bool is_waiting;
    bool is_dead; /* nothing leads to it from the entry */
    struct state head;
};

struct verifier {
    const struct wasm_module *module;
    const struct wasm_function_type *type;
    const struct code *code;
    bool checks_bounds;
    struct instance_layout layout;
    struct instructions instructions;
    struct block *blocks;
    uint32_t block_count;
    struct values values;
    struct join join;
    uint32_t location_count, frame_bytes, incoming_bytes;

    struct state now;
    const struct instruction *at;
    uint32_t number;   /* of the instruction */
    uint32_t demanded; /* symbols that were given to what it reads */
    bool is_final;     /* states are final: findings count */
    bool has_linear;   /* the instruction has an operand in linear memory */
    bool in_dead;      /* it is in a dead block */
    bool ends;         /* the instruction does not go on to the next one */
    struct verify_result *result;
};

void verify_fail(struct verifier *verifier, enum verify_reason reason);
/* When the condition does not hold. */
static inline bool verify_that(struct verifier *verifier, bool holds, enum verify_reason reason) {
    if (!holds) {
        verify_fail(verifier, reason);
    }
    return holds;
}

/* ---- registers: verify.c ---- */

/* The value of a register, which has a symbol from now on. */
struct value register_get(struct verifier *verifier, uint32_t location);
/* number: 0 to 2, of the instruction's results; gives the value a symbol unless it has one. */
void register_set(struct verifier *verifier, uint32_t location, struct value value, uint32_t number);
/* As an instruction with an operand of this size sets it: 4 bytes clear the upper half, 1 and 2 leave the rest. */
void register_set_part(struct verifier *verifier, uint32_t location, uint32_t size, struct value value, uint32_t number);
/* The block that starts at an offset is reached from the current state, by this edge. */
#define EDGE_NONE  UINT32_MAX
#define EDGE_MANY  (UINT32_MAX - 1)
#define EDGE_ENTRY (UINT32_MAX - 2)
static inline uint32_t edge_of(const struct verifier *verifier, bool is_taken) {
    return verifier->at->block * 2 + is_taken;
}
void block_reach(struct verifier *verifier, uint64_t offset, uint32_t edge, enum verify_reason reason);
/* kind + 1 of a trap, 0 of a call. */
bool site_find(const struct verifier *verifier, uint32_t offset, uint8_t kind);
bool site_is_trap(const struct verifier *verifier, uint32_t offset);
const struct code_relocation *relocation_find(const struct verifier *verifier, uint32_t offset);

/* ---- address.c: operands in memory ---- */

struct value memory_load(struct verifier *verifier, const struct operand *operand, uint32_t size);
/* is_update: it was loaded by the same instruction. */
void memory_store(struct verifier *verifier, const struct operand *operand, uint32_t size, struct value value);
/* The location of 8 bytes on the stack, `offset` from rsp at entry; false when there are none. */
bool stack_location(const struct verifier *verifier, int64_t offset, uint32_t *location);
/* Whether a value may stand where the type is expected. */
bool value_is_of_type(const struct value *value, uint8_t type);
/* What is known of a value of the type. */
struct value value_of_type(uint8_t type);
uint32_t type_bytes(uint8_t type);
/* A reference to a function that is not null on this path. */
bool function_is_there(const struct verifier *verifier, const struct value *value);

/* ---- step.c, step_integer.c, step_vector.c: instructions but those of control ---- */

enum instruction_class {
    CLASS_NONE,
    CLASS_MOVE,
    CLASS_EXTEND_ZERO,
    CLASS_EXTEND_SIGN,
    CLASS_ADDRESS,
    CLASS_ARITHMETIC,
    CLASS_BORROW,
    CLASS_SHIFT,
    CLASS_MULTIPLY,
    CLASS_SHIFT_FREE, /* BMI: another register for the result, and for what else is implied in those of old */
    CLASS_MULTIPLY_FREE,
    CLASS_AND_NOT,
    CLASS_CLEAR_LOWEST,
    CLASS_COUNT,
    CLASS_SCAN,
    CLASS_UNARY,
    CLASS_COMPARE,
    CLASS_TEST,
    CLASS_CONDITIONAL_MOVE,
    CLASS_SET,
    CLASS_SIGN,
    CLASS_DIVIDE,
    CLASS_EXCHANGE,
    CLASS_COMPARE_EXCHANGE,
    CLASS_FENCE,
    CLASS_JUMP,
    CLASS_BRANCH,
    CLASS_CALL,
    CLASS_RETURN,
    CLASS_TRAP,
    CLASS_VECTOR,
    CLASS_VECTOR_MOVE,
    CLASS_VECTOR_COMPARE,
    CLASS_VECTOR_OUT,
};
enum instruction_class instruction_class_of(const struct instruction *instruction);

void step(struct verifier *verifier);
void step_integer(struct verifier *verifier, enum instruction_class class);
void step_vector(struct verifier *verifier, enum instruction_class class);
/* Branches, calls, returns. */
void step_control(struct verifier *verifier, enum instruction_class class);

void check_garbage(struct verifier *verifier, const struct value *value);
/* An operand of a register or in memory, or an immediate: its lower bytes, by the operand's size. */
struct value operand_get(struct verifier *verifier, const struct operand *operand);
void operand_set(struct verifier *verifier, const struct operand *operand, struct value value, uint32_t number);

/* ---- control.c, call.c ---- */

void step_call(struct verifier *verifier);
/* Leaves the frame to another function: jmp. */
void step_tail_call(struct verifier *verifier);
/* r14 and r15 are as at entry. */
bool pinned_are_right(const struct verifier *verifier);
void check_results(struct verifier *verifier);

/* Where parameters and results of a type stand: general and xmm registers by location, others by offset on the stack. */
struct abi_place {
    bool is_stack;
    uint32_t location, offset;
};
struct abi_walk {
    const struct wasm_function_type *type;
    uint32_t index, general, vector, stack_bytes;
};
/* The place of the next parameter, then result; false when there is none left. */
bool abi_next(struct abi_walk *walk, struct abi_place *place, uint8_t *type, bool *is_result);
uint32_t abi_stack_bytes(const struct wasm_function_type *type);

#endif
