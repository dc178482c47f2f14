/* What the rules of the simplification share. Private to the simplify*.c files and their tests.

   One walk forward over the blocks: when a value is looked at, its operands are as simple as they get (but those that a phi gets
   by a back edge). A rule either leaves the value as it is and returns false, or makes something else of it in place and
   returns true; then the value, and what the rule put in front of it, is looked at again. Rules that may follow one another
   without an end would be a mistake; a count of rewrites keeps the time in proportion all the same.

   A value changes in place into another operation with the same result, into a constant, or into a copy, which is taken out by
   ir_clean. So whoever holds its number is none the wiser. */
#ifndef WASM_COMPILE_SIMPLIFY_H
#define WASM_COMPILE_SIMPLIFY_H

#include "wasm/compile/ir.h"

struct simplify {
    struct ir_function *function;
    uint64_t *masks;     /* by value: bits of an integer that may be one. Values from mask_count on: not known */
    uint32_t mask_count; /* of the values that were there at first, and some more */
    uint8_t *uses;       /* by value, as long as masks: operands that named it before anything was changed, at most 255 */
    uint8_t *reached;    /* by block: whether a way leads there, as far as the walk has come */
    uint32_t block;
    uint32_t before;        /* the value in front of the one in hand; IR_NONE at the start of the block */
    uint32_t last_made;     /* new values go behind this one */
    uint32_t rewrites_left; /* then no rule is tried any more */
    uint32_t source;        /* of the value in hand: what new ones are blamed on */
};

/* Integer arithmetic and comparisons come for both widths in the same order: rules are written for the narrow opcodes. */
#define SIMPLIFY_WIDE         (OP_I64_CLZ - OP_I32_CLZ)
#define SIMPLIFY_WIDE_COMPARE (OP_I64_EQZ - OP_I32_EQZ)
_Static_assert(OP_I64_ROTR - OP_I32_ROTR == SIMPLIFY_WIDE, "the same order");
_Static_assert(OP_I64_GE_U - OP_I32_GE_U == SIMPLIFY_WIDE_COMPARE, "the same order");

/* An integer operation of one or two operands, taken apart. */
struct simplify_operation {
    uint32_t value;
    uint32_t op; /* for i32, whatever the width */
    bool is_wide;
    uint32_t bits; /* 32 or 64 */
    uint64_t mask; /* of all bits */
    uint8_t type;  /* of the operands */
    uint32_t left, right;
    bool left_known, right_known; /* they are constants ... */
    uint64_t left_bits, right_bits;
};

static inline struct ir_value *simplify_at(const struct simplify *simplify, uint32_t value) {
    return &simplify->function->values[value];
}

/* ---- simplify.c: making and changing ---- */

/* A new value in front of the one in hand, with as many operands as the operation has. */
uint32_t simplify_make(struct simplify *simplify, uint32_t op, uint8_t type, uint32_t left, uint32_t right);
uint32_t simplify_make_constant(struct simplify *simplify, uint8_t type, uint64_t bits);
/* These change a value in place and return true, as the rules do. */
bool simplify_to(struct simplify *simplify, uint32_t value, uint32_t op, uint32_t left, uint32_t right);
bool simplify_to_copy(struct simplify *simplify, uint32_t value, uint32_t source);
bool simplify_to_constant(struct simplify *simplify, uint32_t value, uint64_t bits);
/* Whether a value is an IR_CONSTANT, and its bits (of an i32: the upper half is zero). */
bool simplify_constant(const struct simplify *simplify, uint32_t value, uint64_t *bits);
void simplify_take_apart(const struct simplify *simplify, uint32_t value, struct simplify_operation *out);

/* Whether the block in hand is not entered by its predecessor of this number. Of a back edge that is not known yet. */
bool simplify_edge_is_dead(const struct simplify *simplify, uint32_t number);

/* ---- simplify_fold.c ---- */

/* The result of a numeric instruction on constants, bit for bit that of the interpreter; false where it traps, and for
   instructions that have no entry in numbers.def. A second operand is ignored where there is none. */
bool simplify_fold(uint32_t op, uint64_t first, uint64_t second, uint64_t *out);

/* ---- simplify_bits.c ---- */

/* The bits of an integer value that may be one, from the masks of its operands. */
uint64_t simplify_bits(const struct simplify *simplify, uint32_t value);
static inline uint64_t simplify_mask(const struct simplify *simplify, uint32_t value) {
    if (value < simplify->mask_count)
        return simplify->masks[value];
    return simplify_at(simplify, value)->type == WASM_I32 ? UINT32_MAX : UINT64_MAX;
}

/* Whether nobody but the value in hand uses this one. Where a rule takes the operand of an operand, the inner value must go away, or
   both are kept in registers: a loop's counter beside the next one. */
static inline bool simplify_is_single(const struct simplify *simplify, uint32_t value) {
    return value >= simplify->mask_count || simplify->uses[value] <= 1;
}

/* ---- The rules, by what they are about ---- */

bool simplify_integer(struct simplify *simplify, uint32_t value);                               /* simplify_integer.c: i32.clz to i64.rotr */
bool simplify_shift(struct simplify *simplify, const struct simplify_operation *operation);     /* simplify_shift.c */
bool simplify_rotation(struct simplify *simplify, const struct simplify_operation *operation);  /* simplify_shift.c: of add, or and xor */
bool simplify_division(struct simplify *simplify, const struct simplify_operation *operation);  /* simplify_divide.c */
bool simplify_compare(struct simplify *simplify, uint32_t value);                               /* simplify_compare.c: i32.eqz to f64.ge */
bool simplify_select(struct simplify *simplify, uint32_t value);                                /* simplify_compare.c */
uint32_t simplify_condition(const struct simplify *simplify, uint32_t condition, bool *invert); /* simplify_compare.c: what decides it */
bool simplify_conversion(struct simplify *simplify, uint32_t value);                            /* simplify_convert.c: i32.wrap_i64 and on */
bool simplify_float(struct simplify *simplify, uint32_t value);                                 /* simplify_convert.c: f32.abs to f64.copysign */
bool simplify_access(struct simplify *simplify, uint32_t value);                                /* simplify_access.c */

/* ---- The pass ---- */

void simplify_run(struct ir_function *function);

#endif
