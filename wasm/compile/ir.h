/* The compiler's intermediate form: static single assignment over basic blocks. Private to wasm/compile.

   Values. A function is an array of values; a value is named by its index, 0 is none. Numeric instructions, accesses and SIMD keep their
   opcode from opcodes.def (below OPCODE_COUNT) with the meaning of the specification; what control flow, locals and constants become
   has an opcode of its own, from IR_FIRST on. Operands stand in a, b, c, in the order of the specification (deepest first). Operations
   with many operands keep them in the function's pool of words: a = first word, b = count.

   Blocks. A block is a list of values (phis first) in program order and one end. Edges are ordered: operand i of a phi
   belongs to predecessor i. Each edge counts, also when several lead from one block to another (IR_END_TABLE): a phi has an
   operand for each, and these are equal. Block 0 is the entry and has no predecessor. Every pass leaves the blocks numbered
   (ir_number): topologically but for back edges, which lead to headers of loops that dominate where they come from; so a
   dominator has a lower number than what it dominates.

   Effects. Loads, stores, calls, traps, global and table accesses, memory.size and grow stay in the order of the list: no pass
   moves one over another, duplicates or drops one, but for what enum ir_effect says. Every load and store of the program happens
   once.

   Immediates of instructions that keep their opcode:
     accesses             aux = offset, extra = memory, a may be an IR_BOUND; lane accesses: c = lane (they have two operands)
     extract, replace     aux = lane
     i8x16.shuffle        extra = first of the 4 pool words of its lanes
     global.*             aux = global               ref.func     aux = function
     table.*, elem.drop   aux = table or segment     table.init   aux = segment, extra = table
     memory.*, data.drop  aux = memory or segment    memory.init  aux = segment, extra = memory
     *.copy               aux = destination, extra = source
   Constants, ref.null, locals, drop, nop and typed select have no value of their own opcode. */
#ifndef WASM_COMPILE_IR_H
#define WASM_COMPILE_IR_H

#include "base/assert.h"
#include "wasm/opcode.h"
#include "wasm/store.h"

#define IR_NONE     0u /* no value */
#define IR_NO_BLOCK UINT32_MAX

enum ir_op {
    IR_FIRST = OPCODE_COUNT,
    IR_DELETED = IR_FIRST, /* not in any list any more */
    IR_PARAMETER,          /* aux = number of the parameter; in block 0 */
    IR_CONSTANT,           /* i32, i64, f32, f64, references (null is 0): bits in a (low) and b (high) */
    IR_CONSTANT_V128,      /* 4 words of the pool from a */
    IR_PHI,                /* pool: an operand for each predecessor */
    IR_COPY,               /* a; made by passes in place of a value, gone after ir_clean; may stand among the phis */
    IR_CALL,               /* aux = function index; pool: arguments */
    IR_CALL_INDIRECT,      /* aux = type index, c = table index; pool: arguments, then the index */
    IR_MULTIPLY_HIGH_S,    /* a, b are i64: the upper 64 bits of their product of 128 bits, signed ... */
    IR_MULTIPLY_HIGH_U,    /* ... and unsigned. Made by passes for divisions by constants */
    IR_BOUND,    /* a = i32 index, aux = distance, extra = memory: index + distance, or the size of the memory when that is less; an i64. See
                    bound_run */
    IR_RESULT,   /* a = call of several results; aux = number of the result. Directly behind its call, in ascending order */
    IR_HOME_GET, /* aux = word of the frame: what was put there last ... */
    IR_HOME_SET, /* ... by this: a. Their types are equal; a v128 takes two words. Instead of phis, where code is compiled fast */
    IR_OP_END
};

/* 32 bytes. */
struct ir_value {
    uint16_t op;   /* enum opcode or enum ir_op */
    uint8_t type;  /* enum wasm_type of the result; 0 = none. A call of one result has its type; of several, 0: see IR_RESULT */
    uint8_t mark;  /* scratch of the pass that runs; 0 between passes */
    uint32_t next; /* in the block's list; IR_NONE at the end */
    uint32_t a, b, c;
    uint32_t aux; /* immediates: see the list above */
    uint32_t extra;
    uint32_t source; /* of the instruction: what a trap or a call is blamed on, see ir_source_offset */
};

enum ir_end {
    IR_END_NONE,        /* under construction */
    IR_END_JUMP,        /* one successor */
    IR_END_BRANCH,      /* operand = i32 condition; successor 0 when it is not zero, else successor 1 */
    IR_END_TABLE,       /* operand = i32 index; the last successor is the default */
    IR_END_RETURN,      /* pool: results */
    IR_END_TAIL_CALL,   /* operand = the IR_CALL or IR_CALL_INDIRECT value, the last of the list, whose results are returned */
    IR_END_UNREACHABLE, /* traps */
};

struct ir_block {
    uint32_t first, last; /* values; IR_NONE when there are none */
    uint8_t end;          /* enum ir_end */
    bool is_loop;         /* header of a loop; made by ir_number */
    bool is_aside;        /* laid out behind all others, so that those around it follow one another; where locals have homes */
    uint8_t mark;         /* scratch of the pass that runs; 0 between passes */
    uint32_t operand;     /* value, see enum ir_end */
    uint32_t arguments;   /* first pool word of the results of IR_END_RETURN */
    uint32_t argument_count;
    uint32_t successors; /* first pool word */
    uint32_t successor_count;
    uint32_t predecessors; /* first pool word; the builder's loops have one entry, which is predecessor 0 */
    uint32_t predecessor_count;
    uint32_t source; /* of the instruction that ends it */
    /* The rest is made by ir_number. */
    uint32_t dominator;               /* immediate; IR_NO_BLOCK for the entry */
    uint32_t tree_number, tree_count; /* place in a preorder of the dominator tree, and the blocks it dominates with itself */
    uint32_t loop;                    /* header of the innermost loop around it (itself when it is one), or IR_NO_BLOCK */
    uint32_t loop_parent;             /* of a header: the header of the next loop around, or IR_NO_BLOCK */
    uint32_t loop_depth;              /* a pass that makes blocks guesses it: what is deeper is placed closer */
};
_Static_assert(sizeof(struct ir_value) == 32, "two values a cache line");

/* A call in whose place the callee's instructions stand. A source below LIMIT_MODULE_BYTES is an offset in the module's bytes; each inlined call
   has a range of sources beyond, as long as the callee's body, that stand for the offsets in it. */
struct ir_inlined {
    uint32_t first, size; /* of the range; they ascend */
    uint32_t offset;      /* that the first one stands for */
    uint32_t call;        /* the source of the call: an offset, or in the range of a call around it */
};

/* A function in the making. Everything is charged to one budget and freed by ir_release; arrays grow by doubling. When there is no
   room, `failed` is set, values stop being made (IR_NONE is returned), and the pass ends at the next look. */
struct ir_function {
    const struct wasm_module *module;
    uint32_t index; /* in the module */
    const struct wasm_function_type *type;
    struct budget *budget;
    struct ir_value *values; /* [0] is unused */
    uint32_t value_count, value_capacity;
    struct ir_block *blocks;
    uint32_t block_count, block_capacity;
    uint32_t *pool;
    uint32_t pool_count, pool_capacity;
    bool in_homes;       /* asks ir_build for the form that compiles fast */
    uint32_t home_words; /* of the frame, 8 bytes each, that IR_HOME_GET and IR_HOME_SET name */
    uint32_t *order;     /* the order in which blocks are laid out; ir_number makes it 0, 1, 2 ... */
    uint32_t order_count, order_capacity;
    struct ir_inlined *inlined;
    uint32_t inlined_count, inlined_capacity;
    bool failed;
};

/* What an operation is, for passes and the checker: from opcodes.def and the list of enum ir_op. */
struct ir_shape {
    uint8_t operand_count; /* in a, b, c; IR_OPERANDS_POOL when they are in the pool */
    uint8_t effect;        /* enum ir_effect */
};
#define IR_OPERANDS_POOL 0xFF

enum ir_effect {
    IR_PURE,   /* the result depends on the operands alone: may be moved, shared, dropped */
    IR_TRAPS,  /* pure, but may trap: may be shared with a dominating one; dropped never; moved not before another effect */
    IR_ORDERED /* stays where it is */
};

extern const struct ir_shape ir_shapes[IR_OP_END];

static inline struct ir_shape ir_shape(uint32_t op) {
    return ir_shapes[op];
}

/* Loads, stores, atomic accesses: aux = offset, extra = memory, a = index. */
static inline bool ir_is_access(uint32_t op) {
    uint8_t immediate = op < OPCODE_COUNT ? opcode_table[op].immediate : (uint8_t)IMMEDIATE_NONE;
    return immediate == IMMEDIATE_ACCESS || immediate == IMMEDIATE_ACCESS_LANE;
}

/* The operands of a value, wherever they stand. The pointer holds until a value or pool words are made. */
static inline uint32_t *ir_operands(const struct ir_function *function, uint32_t value, uint32_t *count) {
    struct ir_value *at = &function->values[value];
    *count = ir_shapes[at->op].operand_count;
    if (*count != IR_OPERANDS_POOL)
        return &at->a;
    *count = at->b;
    return function->pool + at->a;
}

static inline bool ir_dominates(const struct ir_function *function, uint32_t upper, uint32_t lower) {
    const struct ir_block *above = &function->blocks[upper];
    return function->blocks[lower].tree_number - above->tree_number < above->tree_count;
}

/* ---- ir.c ---- */

void ir_begin(struct ir_function *function, struct budget *budget, const struct wasm_module *module, uint32_t index);
/* Empties it for another function of the module, and keeps its memory. */
void ir_restart(struct ir_function *function, uint32_t index);
void ir_release(struct ir_function *function);
/* Room for more values; false, and `failed` is set, when there is none. */
bool ir_values_reserve(struct ir_function *function, uint64_t count);
/* A new value, in no list yet. */
static inline uint32_t ir_make(struct ir_function *function, uint32_t op, uint8_t type) {
    if (UNLIKELY(function->value_count == function->value_capacity) && !ir_values_reserve(function, (uint64_t)function->value_count + 1))
        return IR_NONE;
    uint32_t value = function->value_count++;
    function->values[value] = (struct ir_value){.op = (uint16_t)op, .type = type};
    return value;
}
/* Puts it, which is in no list yet, at the end of a block's list, or behind another value (IR_NONE: at the front). */
static inline void ir_append(struct ir_function *function, uint32_t block, uint32_t value) {
    if (UNLIKELY(value == IR_NONE))
        return;
    struct ir_block *at = &function->blocks[block];
    *(at->last == IR_NONE ? &at->first : &function->values[at->last].next) = value;
    at->last = value;
    function->values[value].next = IR_NONE;
}
void ir_insert(struct ir_function *function, uint32_t block, uint32_t behind, uint32_t value);
uint32_t ir_block_make(struct ir_function *function);
/* Room for count words in the pool; the first. When there is none, 0, and `failed` is set: nothing may be written. */
uint32_t ir_pool(struct ir_function *function, uint32_t count);
uint64_t ir_constant_bits(const struct ir_value *value);
/* An IR_CONSTANT in no list yet. */
uint32_t ir_make_constant(struct ir_function *function, uint8_t type, uint64_t bits);
/* Makes the range of sources of a callee whose call has this one: what to add to its offsets, modulo 2^32. */
uint32_t ir_source_range(struct ir_function *function, uint32_t callee, uint32_t call);
/* The offset in the module's bytes that a source stands for. *call is the source of the call that was inlined there, or 0. */
uint32_t ir_source_offset(const struct ir_function *function, uint32_t source, uint32_t *call);
/* The one end of a block with edges becomes a jump to its successor of this number; phis lose the operands of the other edges. Then the
   function must be numbered before anything looks at edges. */
void ir_end_fold(struct ir_function *function, uint32_t block, uint32_t number);

/* ---- ir_number.c ---- */

/* Orders blocks, drops those that cannot be reached (and their phi operands), finds dominators and loops. */
void ir_number(struct ir_function *function);
/* Lays the blocks out by their numbers; false, and `failed` is set, when there is no room. */
bool ir_order(struct ir_function *function);

/* ---- ir_clean.c ---- */

/* Replaces copies by what they copy, everywhere, and unlinks deleted and unused pure values. */
void ir_clean(struct ir_function *function);
/* Puts a block into each edge from a block with several successors to one with several predecessors that are not all the
   same, so that moves have a place; then numbers. */
void ir_split_edges(struct ir_function *function);

/* ---- ir_check.c: in test builds and under --check between passes ---- */

/* The first broken invariant as a sentence in the report: operands dominate uses, types fit, edges match, lists are sound. */
enum error ir_check(const struct ir_function *function, struct report *report) MUST_CHECK;

/* ---- build.c ---- */

/* SSA from a validated body. ERROR_LIMIT when the work or the memory would go beyond what is in proportion to the body. */
enum error ir_build(struct ir_function *function) MUST_CHECK;

#endif
