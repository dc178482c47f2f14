/* The interpreter as the rest of the engine sees it. */
#ifndef WASM_INTERPRET_INTERPRET_H
#define WASM_INTERPRET_INTERPRET_H

#include "wasm/code/call.h"

/* The computation of a store: reserves its stack. */
enum error execution_create(struct wasm_store *store) MUST_CHECK;
/* Nothing runs in it. */
void execution_destroy(struct wasm_store *store);
/* Sets or clears the order to stop; from any thread or signal handler. */
void execution_set_stop(struct execution *execution, bool stop);
/* Calls a function of an instance or of the host, as wasm_call. */
enum error execution_call(struct wasm_function *function, const union wasm_value *arguments, union wasm_value *results) MUST_CHECK;
/* The same, but interpreted whatever the store's options. */
enum error execution_call_interpreted(struct wasm_function *function, const union wasm_value *arguments, union wasm_value *results) MUST_CHECK;
/* Fills in the frames of the store's trap: what runs now, innermost first. `place` is where compiled code is, or NULL when C runs. */
void execution_backtrace(const struct execution *execution, const struct code_place *place, struct wasm_trap *trap);

#endif
