/* Control flow of the interpreter: entering functions, and the handlers that translate.c names. */
#ifndef WASM_INTERPRET_CONTROL_H
#define WASM_INTERPRET_CONTROL_H

#include "base/assert.h"
#include "wasm/interpret/operation.h"

#define ACCESS_IS_ATOMIC 0x80000000u /* see handle_memory_check */

#define HANDLER(name) operation_handler handle_##name;
#include "wasm/interpret/control.def"
#undef HANDLER

static inline struct frame_link *frame_link_at(union slot *frame, uint32_t local_slots) {
    return (struct frame_link *)(void *)(frame + local_slots);
}

/* Somebody outside wants the computation to end. */
static inline bool execution_stop_wanted(const struct execution *execution) {
    return UNLIKELY(__atomic_load_n(&execution->stop, __ATOMIC_RELAXED) != 0);
}

/* Whether so many slots from `from`, which is within the committed stack, are committed. */
static inline bool execution_has_room(const struct execution *execution, const union slot *from, uint64_t slots) {
    return slots <= (uint64_t)(execution->committed_end - from);
}

/* ---- control.c ---- */

/* Makes `frame`, which holds the parameters, the running frame of a function: translates it when it was never called,
   clears its locals, puts the link. Returns its first operation, or NULL after a trap, blamed on execution->at. */
const struct operation *function_enter(struct wasm_function *function, union slot *frame, const struct frame_link *link, struct execution *execution);

/* ---- execution.c ---- */

/* Whether a call of the function leaves the interpreter: for the host, or for compiled code. */
static inline bool function_leaves(const struct wasm_function *function) {
    return function->host_call != NULL || function->entry != NULL;
}

/* Commits so many slots from `from` where they are not. ERROR_LIMIT when the stack ends, ERROR_NO_MEMORY when the budget does. */
enum error execution_make_room(struct execution *execution, const union slot *from, uint64_t slots) MUST_CHECK;
/* The trap for an error of execution_make_room. */
static inline enum wasm_trap_kind room_trap_kind(enum error error) {
    return error == ERROR_LIMIT ? WASM_TRAP_STACK_EXHAUSTED : WASM_TRAP_NO_MEMORY;
}
/* Calls a host function whose parameters stand in slots; its results take their place. On failure the outcome is noted. */
enum error execution_call_host(struct wasm_function *function, union slot *slots, const struct operation *op, struct execution *execution) MUST_CHECK;

/* ---- translate.c ---- */

/* Makes function->code: ERROR_NO_MEMORY when the store's budget has no room for it, ERROR_TRAP when the computation is to stop. */
enum error translate_function(struct wasm_function *function) MUST_CHECK;

#endif
