/* What is known at one point of a function: values of registers and stack slots, facts that branches proved, what the flags are of, and
   where rsp stands. A state stands for all the machine's states for which some choice of the symbols' values makes it true. */
#ifndef TESTS_VERIFY_STATE_H
#define TESTS_VERIFY_STATE_H

#include "tests/verify/value.h"

/* Locations: 0 to 15 general registers, 16 to 31 the low halves of xmm registers, then slots of 8 bytes: the frame's from rsp up, the
   incoming area's from behind the return address up. */
#define LOCATION_VECTOR 16u
#define LOCATION_FRAME  32u

enum fact_kind {
    FACT_NOT_NULL,      /* the reference is not null */
    FACT_TYPE,          /* the function is of type `number` of the module */
    FACT_SAME_INSTANCE, /* the function is of this instance */
    FACT_BELOW,         /* below the size of table `number` */
    FACT_NOT_ZERO,      /* the lower `number` bytes */
    FACT_NOT_MINUS_ONE, /* the lower `number` bytes */
};

/* Something of the value of a symbol that holds on this path, though maybe not under speculation. */
struct fact {
    uint64_t symbol;
    uint32_t kind; /* enum fact_kind */
    uint32_t number;
};
#define FACTS_MAX 64u

enum flags_kind { FLAGS_UNKNOWN, FLAGS_COMPARE, FLAGS_TEST };

/* The processor's flags are those of left - right, or of left & right, in `width` bytes. */
struct flags {
    uint8_t kind, width;
    uint32_t left, right; /* numbers of values */
};

struct state {
    bool is_reached;
    uint32_t depth; /* bytes that rsp is below where it was at entry */
    struct flags flags;
    uint32_t fact_count;
    struct fact *facts; /* room for FACTS_MAX */
    uint32_t *locations;
};

/* A symbol of an instruction, or of a location at the head of a block; none is 0. */
#define SYMBOL_HEAD (1ull << 63)
static inline uint64_t symbol_of_instruction(uint32_t instruction, uint32_t number) {
    return ((uint64_t)instruction + 1) << 3 | number;
}
static inline uint64_t symbol_of_head(uint32_t block, uint32_t location) {
    return SYMBOL_HEAD | (uint64_t)block << 28 | location;
}

void state_begin(struct state *state, uint32_t location_count);
void state_end(struct state *state);
/* Nothing is known. */
void state_clear(struct state *state, uint32_t location_count);
void state_copy(struct state *to, const struct state *from, uint32_t location_count);

/* Copies; true when something was not the same before. */
bool state_replace(struct state *to, const struct state *from, uint32_t location_count);

bool state_has_fact(const struct state *state, enum fact_kind kind, uint64_t symbol, uint32_t number);
void state_add_fact(struct state *state, const struct values *values, uint32_t location_count, struct fact fact);
/* Symbols of instructions from first to last are about to be given anew: what names them is forgotten. */
void state_forget(struct state *state, struct values *values, uint32_t location_count, uint32_t first, uint32_t last);

/* What state_join needs beside the states. */
struct join {
    struct values *values;
    uint32_t location_count, block;
    struct join_class *classes;
    uint32_t class_capacity, class_count;
};
/* The head of a block is reached in another state: true when that changed what is known there. */
bool state_join(struct join *join, struct state *state, const struct state *other);

#endif
