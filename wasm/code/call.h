/* Calls into compiled code and what can happen there. Private to the engine. */
#ifndef WASM_COMPILE_CALL_H
#define WASM_COMPILE_CALL_H

#include "wasm/interpret/operation.h"

#define CODE_STACK_GUARD_BYTES WASM_STACK_GUARD_BYTES

/* Reserves and commits the stack that compiled code of a store runs on. */
enum error code_stack_create(struct wasm_store *store) MUST_CHECK;
void code_stack_destroy(struct wasm_store *store);
/* As execution_call, for a function of an instance in a store that compiles. */
enum error code_call(struct wasm_function *function, const union wasm_value *arguments, union wasm_value *results) MUST_CHECK;

/* Compiled code at an address, and its stack pointer. */
struct code_place {
    uintptr_t instruction;
    const uint8_t *stack;
    bool is_return; /* the address is behind a call */
};
/* Where compiled code left for C: the address that it goes on at is on top of the stack. */
struct code_place code_place_left(const uint8_t *code_stack);
/* Adds the frames from there up to the entry from C to a trap. */
void code_backtrace(const struct wasm_engine *engine, struct code_place place, struct wasm_trap *trap);

#endif
