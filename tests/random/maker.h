/* The making of one function's code: the state that its parts share, and their functions. The code is valid by construction: each function
   below leaves the operand stack as it says. Private to tests/random.

   Everything ends: a loop counts in a local of its own, and a function that calls takes from a global, the fuel. Most code does not trap, since
   nothing is seen of what comes behind a trap; functions that are `hostile` do more often. */
#ifndef TESTS_RANDOM_MAKER_H
#define TESTS_RANDOM_MAKER_H

#include "tests/random/plan.h"
#include "tests/support/build.h"

enum { LABELS_MAX = 128, PIECES_MAX = 8 };

/* What a branch to it must leave on the stack. */
struct label {
    const uint8_t *types;
    uint32_t type_count;
    bool is_loop;
    uint32_t counter; /* the loop's local, and where it ends */
    bool counts_up;
    uint32_t rounds;
};

/* An expression without effects that was made before, to be made again. */
struct piece {
    size_t start, size;
    uint8_t type;
};

struct maker {
    const struct plan *plan;
    const struct plan_function *function;
    struct build code; /* instructions, without the locals' declarations */
    uint64_t random;
    uint8_t *locals; /* types, parameters first; counters of loops are behind `pool` and only loops write to them */
    uint32_t local_count, local_capacity, pool;
    struct label labels[LABELS_MAX]; /* outermost, the function's own, first */
    uint32_t label_count;
    struct piece pieces[PIECES_MAX];
    uint32_t piece_next;
    uint64_t effects;            /* counts what is not to be made twice */
    int32_t left;                /* nodes that may still be made */
    uint32_t rounds;             /* product of the rounds of open loops */
    uint32_t crowd, crowd_count; /* first local of the crowd */
    uint32_t hostile;            /* of a thousand accesses, that may trap */
};

/* ---- maker.c: bytes ---- */

uint32_t choose(struct maker *maker, uint32_t count);
bool chance(struct maker *maker, uint32_t of_thousand);
void put(struct maker *maker, uint32_t opcode);
void put_number(struct maker *maker, uint32_t number);
void put_signed(struct maker *maker, int64_t number);
void put_i32(struct maker *maker, int32_t value);
/* A local of the pool: UINT32_MAX when none has the type. */
uint32_t local_choose(struct maker *maker, uint8_t type);
/* A new counter. */
uint32_t local_add(struct maker *maker, uint8_t type);
void put_default(struct maker *maker, uint8_t type);
/* Takes values from the stack, the last of the types first. */
void take_values(struct maker *maker, const uint8_t *types, uint32_t count);
/* A whole body, with locals. */
void function_make(const struct plan *plan, uint32_t function, struct build *out);

/* ---- expression.c: code that leaves one value ---- */

void value_make(struct maker *maker, uint8_t type, uint32_t depth);
void values_make(struct maker *maker, const uint8_t *types, uint32_t count, uint32_t depth);
void constant_make(struct maker *maker, uint8_t type);

/* ---- pattern.c: what a rule of the compiler looks for ---- */

/* A value of a shape that seldom arises by chance; false when there is none for the type. */
bool pattern_make(struct maker *maker, uint8_t type, uint32_t depth);
/* memory = memory op value. Leaves nothing. */
void update_make(struct maker *maker, uint32_t depth);
/* More values than there are registers, read at the begin and written at the end of a function. */
void crowd_begin(struct maker *maker);
void crowd_end(struct maker *maker);

/* ---- access.c: memories and tables ---- */

/* An access that leaves a value of the type; false when there is none. */
bool load_make(struct maker *maker, uint8_t type, uint32_t depth);
/* Code that leaves nothing. */
void store_make(struct maker *maker, uint32_t depth);
void bulk_make(struct maker *maker);
void table_make(struct maker *maker);

/* ---- call.c ---- */

/* Calls a function that has a result of this type (0: any function), and leaves that result alone. False when there is none. */
bool call_make(struct maker *maker, uint8_t type, uint32_t depth);
/* Behind it nothing is reached. */
bool tail_call_make(struct maker *maker);

/* ---- statement.c: control ---- */

/* Code that leaves nothing. True: its end is not reached. */
bool statements_make(struct maker *maker, uint32_t count);
/* A block, loop or if that leaves one value. */
void control_value_make(struct maker *maker, uint8_t type, uint32_t depth);

#endif
