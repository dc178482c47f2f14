/* The interpreter's own form of code, and what its handlers share.

   A function is translated on its first call (translate.c) into an array of operations. Every value of the operand stack
   has a fixed slot in the function's frame, because validated code has a known stack height everywhere; so an operation
   names the slots it reads and writes, there is no stack pointer, and `local.get` mostly disappears.

   A frame is an array of 8-byte slots: parameters and locals, then the link to the caller, then the operands. A v128 takes
   two slots. A handler is one small function: it does its work and returns the next operation, or NULL to leave. */
#ifndef WASM_INTERPRET_OPERATION_H
#define WASM_INTERPRET_OPERATION_H

#include "wasm/opcode.h"
#include "wasm/store.h"

union slot {
    uint32_t u32;
    int32_t s32;
    uint64_t u64;
    int64_t s64;
    float f32;
    double f64;
    void *reference;
};

typedef const struct operation *operation_handler(const struct operation *op, union slot *frame, struct execution *execution);

struct operation {
    operation_handler *run;
    uint32_t a; /* the slot of the result, by convention */
    uint32_t b; /* first operand */
    union {
        struct {
            uint32_t c; /* second operand */
            uint32_t d; /* third operand, or a small immediate */
        };
        uint64_t immediate;
        const void *pointer;
    };
};

/* Slots that so many values of these types take. */
static inline uint32_t types_slots(const uint8_t *types, uint32_t count) {
    uint32_t slots = count;
    for (uint32_t index = 0; index < count; index++)
        slots += types[index] == WASM_V128;
    return slots;
}

/* Code of one function. */
struct function_code {
    const struct operation *operations;
    const uint32_t *sources; /* per operation: offset of its instruction in the module's bytes */
    uint32_t operation_count;
    uint32_t local_slots; /* parameters and locals; the link stands behind them */
    uint32_t parameter_slots;
    uint32_t frame_slots; /* locals, link, operands, and room for the results */
};

/* Where a function returns to: stands behind the locals of its frame. */
struct frame_link {
    const struct operation *operation; /* the next one of the caller; NULL when wasm_call is the caller */
    union slot *frame;
    struct wasm_function *function;
};
#define FRAME_LINK_SLOTS 3
_Static_assert(sizeof(struct frame_link) == FRAME_LINK_SLOTS * sizeof(union slot), "a link is three slots");

/* A call from C in progress, on the stack of its caller; they nest through host functions. What it started is compiled code, and this is the lower
   end of what <isa>/entry.S keeps there; or it is the interpreter, and this is the first field of a struct interpreted_entry. */
struct execution_entry {
    struct execution_entry *outer;
    const uint8_t *code_stack; /* the execution's before; NULL when the interpreter was started */
};

/* What the outer computation of the interpreter was at: the three fields of the execution. */
struct interpreted_entry {
    struct execution_entry entry;
    const struct operation *at;
    union slot *frame;
    struct wasm_function *function; /* NULL when nothing ran */
};

/* State of the computation that a store runs. One per store; nested calls from host functions share it. */
struct execution {
    uint8_t *code_stack;           /* compiled code's stack pointer while C runs: at the address that it goes on at, when it left for C */
    struct execution_entry *entry; /* innermost call from C; while compiled code runs, C's stack pointer */
    int stop;                      /* atomic; set from any thread */
    int failed;                    /* enum error, of a native host function that is about to return; compiled code's stubs read both at once */
    uint64_t thread_id;            /* atomic: of the thread that last ran compiled code, or 0 */
    struct wasm_thread *thread;    /* of the same thread: only valid while it runs this */
    uint32_t entry_count;
    enum error outcome;                       /* when a handler has returned NULL, or compiled code was left: ERROR_NONE, ERROR_TRAP or ERROR_EXIT */
    uint8_t *code_stack_low, *code_stack_end; /* committed in [low, end); a guard of CODE_STACK_GUARD_BYTES is below; NULL without compiled code */
    uintptr_t landing;                        /* where a thread goes on that leaves compiled code, see entry.h ... */
    struct wasm_fault fault;                  /* ... and why it did */
    struct wasm_store *store;
    const struct operation *volatile at; /* the operation to blame: set before anything that can trap */
    union slot *frame;
    struct wasm_function *function; /* that runs in frame; NULL when nothing does */
    uint8_t **memory_bases;         /* of the function's instance */
    union slot *stack;              /* reserved for options.stack_bytes */
    union slot *top;                /* free above here while a host function or nobody runs */
    union slot *committed_end;      /* usable up to here; grows */
    union slot *stack_end;
};

/* Ends the computation: notes the trap, returns NULL for the handler to return. */
const struct operation *operation_trap(const struct operation *op, struct execution *execution, enum wasm_trap_kind kind);

/* Handlers of instructions with a fixed signature, by opcode: NULL for those that translate.c makes otherwise.
   Simple handlers read slots b, c, d (deepest operand first) and write slot a. Accesses have these conventions:
     load            a = result, b = address slot, c = offset, d = memory index
     store           a = value slot, b = address slot, c = offset, d = memory index
     lane accesses   as load and store, and the next operation is data: its b = lane, its c = slot of the vector operand;
                     the handler returns op + 2
     atomics         load and store as above; rmw, notify, wait: as load, and the next operation is data: its b = slot of
                     the first value operand, its c = slot of the second (cmpxchg: replacement; wait: timeout), op + 2
     extract_lane    d = lane        replace_lane   b = vector, c = scalar, d = lane
     v128.const and i8x16.shuffle: the next operation's place holds the 16 immediate bytes (operation_bytes), so that
                     the handler returns op + 2; shuffle reads b and c */
extern operation_handler *const operation_handlers[OPCODE_COUNT];
/* The same instruction with its last operand in `immediate` (binary operations on i32 and i64, f32 and f64), or NULL. */
extern operation_handler *const operation_immediate_handlers[OPCODE_COUNT];

/* 16 immediate bytes in the data operation behind op; the next operation is op + 2. The `run` of a data operation is NULL. */
static inline const uint8_t *operation_bytes(const struct operation *op) {
    return (const uint8_t *)&op[1].a;
}
_Static_assert(sizeof(struct operation) - offsetof(struct operation, a) == 16, "a data operation holds 16 bytes");

#endif
