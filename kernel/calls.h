/* The functions of the context as functions of the engine. Private to the kernel. */
#ifndef KERNEL_CALLS_H
#define KERNEL_CALLS_H

#include "kernel/state.h"

enum call {
#define CALL(name, parameters, result) CALL_##name,
#include "kernel/calls.def"
#undef CALL
    CALL_COUNT
};

/* Those of one app, while it starts. */
struct calls {
    struct wasm_function *function[CALL_COUNT];
    uint32_t index[CALL_COUNT]; /* in table 0; 0 where the module has no table */
};

/* `call` and `answer` of the context in general: of the app that runs. */
int32_t calls_call(struct app *app, uint32_t message, uint32_t answer, uint64_t until_ns);
int32_t calls_answer(struct app *app, uint64_t id, uint32_t answer);

enum error calls_create(struct app *app, struct calls *out) MUST_CHECK;
/* A wasm_resolve over struct calls: imports from module `argos`. */
enum error calls_resolve(void *calls, const struct wasm_import *import, struct wasm_extern *out);
/* Puts them behind table 0 of the instance, and finds its memory and its function `start`. ERROR_UNLINKABLE when it lacks them. */
enum error calls_bind(struct app *app, struct calls *calls, struct report *report) MUST_CHECK;

#endif
