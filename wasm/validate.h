/* Validation of function bodies (core spec 3.3 and appendix 7.3), one pass over the bytes. Private: decode.c makes one
   validator for a module and feeds it the bodies; validate_*.c share its state.

   The operand stack is an array of types, the control stack an array of frames; both are scratch that is kept from body to
   body and grows by doubling. Invariants between two instructions: `height` is the height of the innermost frame, and
   operand_count >= height. */
#ifndef WASM_VALIDATE_H
#define WASM_VALIDATE_H

#include "wasm/module.h"
#include "wasm/opcode.h"
#include "wasm/reader.h"

/* A type that any other matches: what unreachable code pops (7.3, "Unknown"). */
#define TYPE_UNKNOWN 0u

/* Types of this many first locals are an array, so that most accesses need no search and no function costs more than
   this to set up. All parameters are among them. */
#define LOCALS_DIRECT 1024u

struct block_type {
    const uint8_t *types; /* parameters, then results */
    uint16_t parameter_count;
    uint16_t result_count;
};

struct control {
    struct block_type type;
    uint32_t height; /* of the operand stack at entry, without the parameters */
    uint32_t stamp;  /* the last br_table that checked this label: each checks a label once */
    uint8_t opcode;  /* OP_BLOCK, OP_LOOP, OP_IF or OP_ELSE; OP_BLOCK for the body */
    bool is_unreachable;
};

/* Locals beyond LOCALS_DIRECT: a run of one type up to, not including, `end`. */
struct local_group {
    uint32_t end;
    uint8_t type;
};

struct validator {
    struct wasm_module *module;
    struct budget *budget;
    struct reader reader;       /* of the body */
    const uint8_t *instruction; /* the one in hand, for messages */
    const struct wasm_function_type *type;

    uint8_t *operands;
    uint32_t operand_count, operand_capacity, operand_max;
    uint32_t height;

    struct control *controls;
    uint32_t control_count, control_capacity, nesting_max;
    uint32_t stamp; /* of the newest br_table */

    uint64_t data_use_offset; /* of the first instruction that names a data segment with no data count section; 0: none */
    uint32_t data_use_index;

    uint32_t local_count;
    struct local_group *groups;
    uint32_t group_count, group_capacity;
    uint8_t local_types[LOCALS_DIRECT];
};

/* ---- validate.c ---- */

enum error validator_create(struct wasm_module *module, struct budget *budget, struct report *report, struct validator **out) MUST_CHECK;
void validator_destroy(struct validator *validator);
/* One body: checks it and fills in the function's operand_max, local_count and nesting_max. */
enum error validator_body(struct validator *validator, uint32_t function_index) MUST_CHECK;

/* ---- validate_operand.c ---- */

/* ERROR_INVALID at the instruction in hand, with "type mismatch" and its name in front. */
enum error operand_fail(const struct validator *validator, const char *expected, const char *found);
/* Whatever the short cut below does not cover. */
enum error operand_pop_slow(struct validator *validator, uint8_t expected) MUST_CHECK;
/* Makes room for more values. */
enum error operands_reserve(struct validator *validator, uint32_t count) MUST_CHECK;
/* The values on top match these types, the last one on top. */
enum error operands_match(const struct validator *validator, const uint8_t *types, uint32_t count) MUST_CHECK;
enum error operands_pop(struct validator *validator, const uint8_t *types, uint32_t count) MUST_CHECK;
enum error operands_push(struct validator *validator, const uint8_t *types, uint32_t count) MUST_CHECK;

static inline MUST_CHECK enum error operand_pop(struct validator *validator, uint8_t expected) {
    if (LIKELY(validator->operand_count > validator->height && validator->operands[validator->operand_count - 1] == expected)) {
        validator->operand_count--;
        return ERROR_NONE;
    }
    return operand_pop_slow(validator, expected);
}

/* TYPE_UNKNOWN when unreachable code pops what is not there. */
enum error operand_pop_any(struct validator *validator, uint8_t *out) MUST_CHECK;

/* There is room for one value when an instruction begins. */
static inline void operand_push(struct validator *validator, uint8_t type) {
    validator->operands[validator->operand_count++] = type;
    if (validator->operand_count > validator->operand_max) {
        validator->operand_max = validator->operand_count;
    }
}

/* ---- validate_control.c ---- */

enum error control_push(struct validator *validator, uint8_t opcode, struct block_type type) MUST_CHECK;
enum error validate_block(struct validator *validator, uint8_t opcode) MUST_CHECK;
enum error validate_else(struct validator *validator) MUST_CHECK;
enum error validate_end(struct validator *validator) MUST_CHECK;
enum error validate_unreachable(struct validator *validator) MUST_CHECK;

/* ---- validate_branch.c ---- */

enum error validate_br(struct validator *validator) MUST_CHECK;
enum error validate_br_if(struct validator *validator) MUST_CHECK;
enum error validate_br_table(struct validator *validator) MUST_CHECK;
enum error validate_return(struct validator *validator) MUST_CHECK;
enum error validate_call(struct validator *validator) MUST_CHECK;
enum error validate_call_indirect(struct validator *validator) MUST_CHECK;
enum error validate_return_call(struct validator *validator) MUST_CHECK;
enum error validate_return_call_indirect(struct validator *validator) MUST_CHECK;

/* ---- validate_variable.c ---- */

/* Fills in local_types, groups and local_count from the declarations at the start of a body. */
enum error validate_locals(struct validator *validator) MUST_CHECK;
/* A local beyond LOCALS_DIRECT. */
uint8_t local_type_search(const struct validator *validator, uint32_t index);
enum error local_fail(const struct validator *validator, uint32_t index);
enum error validate_global_get(struct validator *validator) MUST_CHECK;
enum error validate_global_set(struct validator *validator) MUST_CHECK;
enum error validate_table_access(struct validator *validator, uint32_t opcode) MUST_CHECK;
enum error validate_select(struct validator *validator) MUST_CHECK;
enum error validate_select_typed(struct validator *validator) MUST_CHECK;
enum error validate_ref_null(struct validator *validator) MUST_CHECK;
enum error validate_ref_is_null(struct validator *validator) MUST_CHECK;

/* ---- validate_immediate.c ---- */

/* Immediates of instructions with a fixed signature, opcode behind us. */
enum error validate_immediate(struct validator *validator, const struct opcode_info *info) MUST_CHECK;
/* ERROR_INVALID "unknown WHAT index" when index is not below the count; the offset is that of the instruction. */
enum error index_check(const struct validator *validator, const char *what, uint32_t index, uint32_t count) MUST_CHECK;
/* Reads an index and checks it. */
enum error index_read(struct validator *validator, const char *what, uint32_t count, uint32_t *out) MUST_CHECK;

/* ---- validate_skim.c ---- */

/* Whether the instructions up to the end of a body decode, from any place in it: ERROR_MALFORMED or ERROR_UNSUPPORTED when
   they do not. depth is the number of `end`s that are to come. */
enum error skim_instructions(struct reader *reader, uint32_t depth) MUST_CHECK;

static inline uint64_t instruction_offset(const struct validator *validator) {
    return reader_offset_of(&validator->reader, validator->instruction);
}

#endif
