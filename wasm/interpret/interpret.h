/* The interpreter as the rest of the engine sees it. */
#ifndef WASM_INTERPRET_INTERPRET_H
#define WASM_INTERPRET_INTERPRET_H

#include "wasm/store.h"

/* The computation of a store: reserves its stack. */
enum error execution_create(struct wasm_store *store) MUST_CHECK;
/* Nothing runs in it. */
void execution_destroy(struct wasm_store *store);
/* Sets or clears the order to stop; from any thread or signal handler. */
void execution_set_stop(struct execution *execution, bool stop);
/* Calls a function of an instance or of the host, as wasm_call. */
enum error execution_call(struct wasm_function *function, const union wasm_value *arguments, union wasm_value *results) MUST_CHECK;
/* Fills in the frames of the store's trap: what runs now, innermost first. */
void execution_backtrace(const struct execution *execution, struct wasm_trap *trap);

#endif
