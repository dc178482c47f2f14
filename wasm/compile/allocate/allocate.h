/* The register allocator's own structures: linear scan over live intervals with holes, which are split where that is cheap. Private to
   allocate*.c; the contract is machine.h.

   Positions. Instruction i has four: 4i between it and the one before, 4i + 1 when it reads, 4i + 2 when it writes, 4i + 3 when its fixed
   results go to their places. A block begins at 4 * first and ends at 4 * end. Ranges are half open.

   A value is a virtual register with all that is known of it. Its lifetime is cut into parts, in order of position; a part is in one
   register or in memory all the time. Memory is the value's slot, or nothing for a constant, which is made again. A value is written to
   its slot once, behind its definition, or where it goes from a register to memory when that happens less often.
   Parts change places only at positions 4i, but for one case: a part may go to memory, which costs nothing there, at any.

   A fixed operand does not bind its value: the physical register is blocked for the instruction, and a move is made before or behind
   it, which vanishes when the value was there anyway. The same holds for a use that is tied to a definition. */
#ifndef WASM_COMPILE_ALLOCATE_H
#define WASM_COMPILE_ALLOCATE_H

#include "base/arena.h"
#include "base/assert.h"
#include "wasm/compile/machine.h"

#define ALLOCATE_NONE UINT32_MAX
#define IN_MEMORY     0xFFu /* place of a part */
#define NO_REGISTER   0xFFu

enum allocate_step { STEP_BETWEEN, STEP_INPUT, STEP_OUTPUT, STEP_AFTER, STEPS };

static inline uint32_t position_of(uint32_t instruction, enum allocate_step step) {
    return instruction * STEPS + step;
}

/* The last place before or at a position where moves can stand. */
static inline uint32_t position_between(uint32_t position) {
    return position & ~3u;
}

struct allocate_range {
    uint32_t from, to;
    uint32_t next; /* 0 = none */
};

enum allocate_use_kind {
    USE_COPIES,   /* fixed or a phi's: any place will do, it is moved */
    USE_TIED,     /* the same, to the register of a definition */
    USE_TIED_TOO, /* the same register as a tied operand: found where that one is */
    USE_MAKES,    /* definition of a constant: left out when the first part is in memory */
    USE_ANYWHERE, /* register or slot: a register is better */
    USE_REGISTER,
};

/* Position: the last one at which the value must be in the register. */
struct allocate_use {
    uint32_t position;
    uint32_t kind : 3, operand : 29; /* in the operand pool; USE_NO_OPERAND for a phi's */
};
#define USE_NO_OPERAND 0x1FFFFFFFu

struct allocate_value {
    uint32_t start;         /* position of the definition, ALLOCATE_NONE when there is none */
    uint32_t ranges;        /* while lifetimes are made: the head of the list */
    uint32_t open_to;       /* ... and the end of the range that is being made */
    uint32_t uses, use_end; /* in order of position; a definition is one. While lifetimes are made: use_end counts */
    uint32_t use;           /* cursor: the first use that is not before the scan's position */
    uint32_t part_count;
    uint32_t places; /* first in the table of parts by value, see allocate_resolve.c */
    uint32_t place;  /* cursor in that table: what was found last */
    uint32_t hint;   /* the value that wants this one in its register: a tied definition, a phi. 0 = none */
    uint32_t slot;
    uint32_t store_cost; /* of stores where it goes to memory */
    uint8_t fixed_hint;  /* of fixed uses */
    uint8_t wish;        /* register of a value that this one is made of */
    uint8_t last_place;  /* register of the last part that had one */
    uint8_t class;
    bool is_constant, is_fixed_result, is_split, in_memory, stores_late;
    uint8_t reserved[3];
    uint32_t last_read; /* position of the last use that is not a phi's */
};
_Static_assert(sizeof(struct allocate_value) == 64, "found by a shift");

struct allocate_part {
    uint32_t value;
    uint32_t start, end;
    uint32_t ranges; /* first range */
    uint32_t range;  /* cursor of the scan */
    uint32_t next;   /* part of the value */
    uint32_t link;   /* in the list of its register; later in that of its block */
    uint8_t place;   /* physical register or IN_MEMORY */
};

struct allocate_block {
    uint32_t live, live_count; /* values live at its begin, in `live_pool`: without those that are live throughout a loop around it */
    uint32_t loop;             /* header of the innermost loop around it, itself when it is one; ALLOCATE_NONE */
    uint32_t parent;           /* of a header: the next loop around */
    uint32_t depth;
    uint32_t slot; /* of a block with one successor: which of its predecessors it is */
};

/* A move to be made, before moves of one place and time are put in order. A location is a register, IN_MEMORY (of its value), or the
   constant of the value. */
enum allocate_phase { PHASE_ENTER, PHASE_RESULTS, PHASE_SPLITS, PHASE_USES, PHASE_LEAVE, PHASES };

struct allocate_move {
    uint32_t next; /* at the same instruction; ALLOCATE_NONE = last */
    uint32_t to_value, from_value;
    uint8_t to, from;
    uint8_t phase;
    bool is_late_store; /* to be made only when the value stores late */
};

struct allocate_array {
    void *items;
    uint32_t count, capacity, item_size;
};

struct allocation {
    struct machine_function *function;
    struct budget *budget;
    struct arena arena;
    bool failed;  /* no room */
    bool refused; /* beyond a limit */
    bool has_splits, has_memory;
    uint64_t work, work_max; /* steps of loops that are not bounded by the size of the function otherwise */
    struct allocate_value *values;
    struct allocate_block *blocks;
    uint32_t *block_of; /* by instruction */
    struct allocate_use *uses;
    uint32_t *order; /* values by start */
    uint32_t order_count;
    uint32_t *calls;           /* positions at which calls write */
    uint32_t call_count, call; /* cursor: the first that is not before the scan's position */
    struct allocate_range *ranges;
    struct allocate_part *parts;
    uint32_t *live_pool;
    struct allocate_move *moves;
    struct allocate_array range_array, part_array, live_array, move_array; /* who owns the four above */
    uint32_t fixed[MACHINE_REGISTERS_MAX];                                 /* ranges in which a register is taken */
    /* The live set while lifetimes are made. */
    uint32_t *live, *live_at, *live_mark;
    uint32_t live_count;
    /* The scan. */
    uint32_t position;
    uint32_t next_event;                    /* the position at which a busy register becomes free, or the other way round */
    uint32_t events[MACHINE_REGISTERS_MAX]; /* the same of each register */
    uint64_t listed;                        /* registers that have a list */
    uint64_t busy;
    uint32_t occupants[MACHINE_REGISTERS_MAX]; /* part that is in a busy register */
    uint32_t lists[MACHINE_REGISTERS_MAX];     /* parts that are in the register now or later */
    uint32_t phi;                              /* cursor: the next one that gets a place */
    uint32_t *queue;                           /* heap of parts made by splitting */
    uint32_t queue_count;
    struct allocate_array queue_array;
    uint32_t *part_table;  /* parts by value and position */
    uint32_t *block_parts; /* by block: parts that begin with it and are not the first of their value, by their `link` */
    uint32_t *move_heads;  /* by instruction */
};

/* ---- allocate.c ---- */

/* Room for one more item; false, and `failed` is set, when there is none. */
bool allocate_grow(struct allocation *allocation, struct allocate_array *array, void *items);
/* An array for the time of the allocation, zeroed or of any content, or NULL, and `failed` is set. */
void *allocate_table(struct allocation *allocation, size_t count, size_t size);
void *allocate_room(struct allocation *allocation, size_t count, size_t size);

/* ---- allocate_live.c: blocks, lifetimes, blocked registers, hints ---- */

void allocate_live(struct allocation *allocation);
/* The physical register to which an operand is bound, also by way of the operand that it is the same as, or NO_REGISTER. */
uint8_t operand_fixed_to(const struct machine_operand *operands, const struct machine_operand *operand);
/* The first position of a value that an operand defines. */
uint32_t operand_start(const struct machine_operand *operands, const struct machine_operand *operand, uint32_t instruction);
/* Which operand of a block's phis belongs to an edge. */
uint32_t edge_slot(const struct allocation *allocation, uint32_t from, uint32_t to);
/* From here on operand.mark is the enum allocate_use_kind, and operand.location of a fixed one its register, of a tied one (also tied too) the
   operand in the pool that it is tied to. */

/* ---- allocate_use.c: uses in order, the first parts, calls ---- */

void allocate_uses(struct allocation *allocation);

/* ---- allocate_split.c ---- */

/* The loop's first position, and the one behind its last, by its header. */
uint32_t loop_from(const struct allocation *allocation, uint32_t header);
uint32_t loop_to(const struct allocation *allocation, uint32_t header);
uint32_t block_at(const struct allocation *allocation, uint32_t position);
/* The first call that is not before a position. */
uint32_t call_after(const struct allocation *allocation, uint32_t position);
/* Index of the first use of a value that is not before a position; positions must not go back behind the scan's. */
uint32_t use_from(struct allocation *allocation, uint32_t value, uint32_t position);
/* Cuts a part; the new one is not queued. The position must be inside it. */
uint32_t part_split(struct allocation *allocation, uint32_t part, uint32_t position);
/* A part goes to memory from its start, up to where its value is wanted in a register again: from there on, a new part is queued. */
void part_spill(struct allocation *allocation, uint32_t part, uint32_t from);
/* A part loses its register at a position, and goes to memory from there or earlier. */
void part_evict(struct allocation *allocation, uint32_t part, uint32_t position);
/* A part has its register up to a position only; the rest gets a place of its own. */
void part_cut(struct allocation *allocation, uint32_t part, uint32_t limit, bool is_call);
/* How good it is to have a value in memory from the scan's position on: far next uses, outside of the loop. */
uint64_t spill_score(struct allocation *allocation, uint32_t value, uint32_t position);
void queue_push(struct allocation *allocation, uint32_t part);

/* How often a block is thought to run, compared with others: a loop 8 times. */
static inline uint32_t block_weight(const struct allocation *allocation, uint32_t block) {
    uint32_t depth = allocation->blocks[block].depth;
    return 1u << 3 * (depth < 8 ? depth : 8);
}

/* ---- allocate_scan.c ---- */

void allocate_scan(struct allocation *allocation);

/* ---- allocate_resolve.c: moves between parts, on edges and behind definitions; which values store late ---- */

void allocate_resolve(struct allocation *allocation);
/* A register, a slot, or MACHINE_NONE for a constant that is in memory. */
uint32_t location_of(const struct allocation *allocation, uint32_t value, uint8_t place);
/* Adds a move between two places of two values; nothing when they are one. */
void move_add(struct allocation *allocation, uint32_t instruction, struct allocate_move move);

/* ---- allocate_slot.c ---- */

void allocate_slots(struct allocation *allocation);

/* ---- allocate_operand.c: locations of operands, and the moves to those that are fixed or tied ---- */

void allocate_operands(struct allocation *allocation);

/* ---- allocate_move.c: moves in order ---- */

void allocate_moves(struct allocation *allocation);

static inline bool allocate_is_over(const struct allocation *allocation) {
    return allocation->failed || allocation->refused || allocation->work > allocation->work_max;
}

#endif
