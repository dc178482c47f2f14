/* From the bytes of a body to SSA. Private to the build*.c files.

   Two walks over the body. The first (build_scan.c) notes reads and writes of locals, blocks and branches, and finds from the
   notes, backwards, which locals are live at each label, and which each loop writes. The second (build.c) makes values. It
   knows the value of every local and operand at the point where it is; a branch to the end of a block leaves a row behind:
   the values of what is live there. At the end of the block the rows meet, and where they differ there is a phi. A loop's
   header gets its phis at once, for what is live there and written in the loop.

   Both walks pass over code that cannot be reached in the same way, so the scopes of the first (blocks, loops and ifs, in the
   order of their opening) are those of the second.

   Fast, there is one walk, and neither phis nor sets: build_home.c says what locals and operands are then.

   Work. Everything takes time in proportion to the body but: sets of locals (words of sets are counted), rows, phis,
   and the arguments and results of calls (pool words and values are counted). The sum may reach BUILD_WORK_FACTOR times the
   size of body and locals, then it is ERROR_LIMIT. Real programs stay below 13 times. */
#ifndef WASM_COMPILE_BUILD_H
#define WASM_COMPILE_BUILD_H

#include "wasm/body.h"
#include "wasm/compile/ir.h"

#define BUILD_WORK_FACTOR 64u
#define BUILD_WORK_FREE   65536u
#define BUILD_WORK_VALUE  (sizeof(struct ir_value) / sizeof(uint32_t)) /* of a value that no byte of the body stands for */
#define BUILD_NO_SCOPE    UINT32_MAX

/* A block, loop or if that is reached; number 0 is the function's own. */
struct build_scope {
    uint32_t around;       /* the innermost loop around it, or BUILD_NO_SCOPE */
    uint32_t branch_count; /* edges of branches that lead to its label; those of one br_table count once */
    uint32_t live;         /* first word of the set of locals that are live at its label */
    uint32_t other;        /* a loop: the locals written in it; an if with else: those live where else begins */
    uint8_t opcode;        /* OP_BLOCK, OP_LOOP, OP_IF; OP_END for the function's own */
    bool has_else;
    bool is_left;   /* an arm of an if ends in its label */
    uint32_t table; /* newest br_table that leads here, counted from 1 */
};

enum build_event_kind {
    EVENT_READ,   /* local */
    EVENT_WRITE,  /* local */
    EVENT_OPEN,   /* scope */
    EVENT_ELSE,   /* scope */
    EVENT_CLOSE,  /* scope */
    EVENT_BRANCH, /* scope: may go to its label */
    EVENT_LEAVE,  /* what follows is not reached from here */
};
#define EVENT_KIND_BITS 3u

/* An array that grows; the builder's scratch. */
struct build_array {
    void *items;
    uint32_t count, capacity;
};

/* A label that is open in the second walk. */
struct build_label {
    uint32_t scope;
    uint8_t opcode; /* OP_BLOCK, OP_LOOP with back edges, OP_IF, OP_END for the function's own */
    struct block_type type;
    bool has_else;                                      /* fast: it was reached */
    uint32_t height;                                    /* operands below its parameters */
    uint32_t block;                                     /* of a loop: the header */
    uint32_t columns;                                   /* place in words of the numbers of the locals that rows hold; a loop's phis instead */
    uint32_t column_count;                              /* of these */
    bool has_columns;                                   /* they were made */
    uint32_t row;                                       /* newest row, see below; 0 for none */
    uint32_t arrival_count;                             /* rows, or edges to a loop's header */
    uint32_t else_word;                                 /* an if with else: pool word of the edge to its second arm */
    uint32_t if_block;                                  /* where it is from; fast: of a loop, where its first edge is from */
    uint32_t assigned_count;                            /* fast: locals that were assigned when it was opened */
    uint32_t else_columns, else_column_count, else_row; /* as above: locals and values there */
    uint32_t table;                                     /* newest br_table that leads here ... */
    uint32_t table_edges;                               /* ... and how often */
    uint32_t table_block;                               /* the block between, when more than once */
};

/* A local, where they have homes. Homes are numbers of words, plus 1; 0 for none yet. */
struct build_local {
    uint32_t region; /* in which its value is known */
    uint32_t home;
    bool is_dirty;    /* the value is newer than what is in its home */
    bool is_assigned; /* it was written on every way that leads here */
    bool needs_zero;
};

/* A place of the operand stack, where they have homes; what is there is in builder->operands. */
struct build_place {
    uint32_t region; /* in which the operand is known; elsewhere it is what its home has */
    uint32_t home, wide_home;
    bool is_saved; /* its home has it, or it is a constant */
};
#define HOME_FIRST_REGION 1u

struct builder {
    struct ir_function *function;
    const struct wasm_module *module;
    const struct module_function *declared;
    struct budget *budget;
    struct body body;
    struct instruction instruction;
    uint64_t work, work_max;
    enum error error; /* the first */

    uint8_t *local_types;
    uint32_t local_count;
    struct build_array scopes; /* struct build_scope */
    struct build_array events; /* uint32_t */
    struct build_array sets;   /* uint64_t */
    uint32_t set_words;        /* of a set of locals */
    uint32_t table_count;      /* br_tables so far */
    uint32_t *open;            /* numbers of the open scopes */
    uint32_t open_count;
    uint32_t loop; /* the innermost open loop, or BUILD_NO_SCOPE */

    uint32_t *locals; /* value of each local; IR_NONE: still its zero */
    uint32_t *operands;
    uint32_t operand_count, operand_capacity;
    struct build_label *labels;
    uint32_t label_count, label_capacity;
    uint32_t next_scope;
    struct build_array words; /* uint32_t: columns and rows */
    struct build_local *local_states;
    struct build_place *places;
    uint32_t region; /* the one in hand */
    uint32_t *dirty; /* locals that are */
    uint32_t dirty_count;
    struct build_array assigned; /* uint32_t: locals that are assigned, but for parameters, in the order in which they were */

    uint32_t block;          /* values go to its end */
    uint32_t parameter_last; /* in block 0: zeroes go behind */
    uint32_t zeroes[8];      /* by type, see build_zero */
    bool dead;
    uint32_t dead_depth; /* blocks opened since the code became unreachable */
};

/* Notes the first failure; the walks end at it. */
void build_fail(struct builder *builder, enum error error);
/* Counts work; ERROR_LIMIT is noted beyond work_max. */
void build_work(struct builder *builder, uint64_t amount);
/* Room for count more items at the end; the number of the first. On failure, which is noted, 0. */
uint32_t build_array_add(struct builder *builder, struct build_array *array, uint32_t count, size_t item_size);
static inline struct build_scope *build_scope_at(const struct builder *builder, uint32_t scope) {
    return (struct build_scope *)builder->scopes.items + scope;
}
static inline uint64_t *build_set(const struct builder *builder, uint32_t set) {
    return (uint64_t *)builder->sets.items + set;
}
static inline uint32_t *build_words(const struct builder *builder, uint32_t first) {
    return (uint32_t *)builder->words.items + first;
}

static inline bool build_in_homes(const struct builder *builder) {
    return builder->function->in_homes;
}

/* ---- build_scan.c ---- */

/* The first walk, from the first instruction to the end, and back to the start. */
void build_scan(struct builder *builder);
/* Whether the instruction in hand cannot be reached. Not so for the `else` or `end` that makes code reachable again. */
bool build_passes_over(struct builder *builder);

/* ---- build_live.c ---- */

/* Fills the scopes' sets from the events. */
void build_live(struct builder *builder);

/* ---- build_value.c ---- */

/* A value at the end of the block in hand. */
uint32_t build_value(struct builder *builder, uint32_t op, uint8_t type);
/* The zero of a type: one constant in block 0. */
uint32_t build_zero(struct builder *builder, uint8_t type);
void build_push(struct builder *builder, uint32_t value);
uint32_t build_pop(struct builder *builder);
/* What has a value or an effect but no control flow. */
void build_instruction(struct builder *builder);
/* The call, with its operands taken and, but for a tail call, its results pushed. */
uint32_t build_call(struct builder *builder);

/* ---- build_label.c ---- */

/* Of a row in words, see build_label.c; without values where there are homes. */
enum build_row { ROW_PREVIOUS, ROW_FROM, ROW_SUCCESSOR, ROW_VALUES };

/* The operands that a branch to the label brings. */
static inline uint32_t label_value_count(const struct build_label *label) {
    return label->opcode == OP_LOOP ? label->type.parameter_count : label->type.result_count;
}

/* The block in hand reaches the label by the edge whose end is this pool word, with the top operands. */
void label_arrive(struct builder *builder, struct build_label *label, uint32_t from, uint32_t successor);
/* A loop's header: from here on builder->block. */
void label_loop(struct builder *builder, struct build_label *label);
/* Notes what the second arm of an if begins with, and goes back to it. */
void label_save_else(struct builder *builder, struct build_label *label);
void label_restore_else(struct builder *builder, struct build_label *label);
/* Where the rows of a forward label meet: a new block. */
void label_meet(struct builder *builder, struct build_label *label);

/* ---- build_home.c: the same, and more, where locals and operands have homes ---- */

void home_begin(struct builder *builder);
void home_end(struct builder *builder);
uint32_t home_local_get(struct builder *builder, uint32_t local);
void home_local_set(struct builder *builder, uint32_t local, uint32_t value);
/* The top operands become values of the region in hand. Before they are taken, and before home_flush. */
void home_settle(struct builder *builder, uint32_t count);
/* Homes get what is newer than they are: before control may leave the region. */
void home_flush(struct builder *builder);
/* A new region begins; if it is entered from the one before, that was flushed. */
void home_forget(struct builder *builder);
/* Whether the label's operands are in their places, so that an edge to it needs no block of its own. */
bool home_is_placed(const struct builder *builder, const struct build_label *label);
void home_arrive(struct builder *builder, struct build_label *label, uint32_t from, uint32_t successor);
void home_meet(struct builder *builder, struct build_label *label);
void home_loop(struct builder *builder, struct build_label *label);
void home_loop_end(struct builder *builder, struct build_label *label);
/* Before the branch of an if; at its else; at its end when it has none. */
void home_if(struct builder *builder, struct build_label *label);
void home_else(struct builder *builder, struct build_label *label);
void home_if_end(struct builder *builder, struct build_label *label);
/* Fills a block to which no register leads its content, with what the label's operands are read again for. */
typedef void home_side(struct builder *builder, uint32_t block, struct build_label *label);
void home_aside(struct builder *builder, struct build_label *label, uint32_t block, home_side *side);

static inline void build_settle(struct builder *builder, uint32_t count) {
    if (build_in_homes(builder))
        home_settle(builder, count);
}

/* ---- build_control.c ---- */

/* Ends a block with so many edges; the pool word of the first. */
uint32_t build_end_block(struct builder *builder, uint32_t block, enum ir_end end, uint32_t operand, uint32_t successor_count);
void build_function_label(struct builder *builder);
void build_control(struct builder *builder);

#endif
