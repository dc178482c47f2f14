/* The border between C and compiled code. Private to the engine; <isa>/entry.S implements it, code.h says what compiled code expects. */
#ifndef WASM_COMPILE_ENTRY_H
#define WASM_COMPILE_ENTRY_H

#include "wasm/store.h"

#define ENTRY_GENERAL_PARAMETERS 6
#define ENTRY_VECTOR_PARAMETERS  8
#define ENTRY_GENERAL_RESULTS    4
#define ENTRY_VECTOR_RESULTS     4

/* A call into compiled code: parameters in registers, later results. */
struct code_entry {
    const void *code;
    struct wasm_instance *instance;
    uint8_t *memory_base;
    uint8_t *stack; /* 16-byte aligned; parameters and results that have no register stand from here on */
    struct execution *execution;
    uint64_t general[ENTRY_GENERAL_PARAMETERS];
    uint8_t vector[ENTRY_VECTOR_PARAMETERS][16];
    struct wasm_function *function; /* where stubs want it */
};

/* What a stub saved when compiled code left for C: parameters in registers, and C puts the results there. */
struct code_saved {
    uint64_t general[ENTRY_GENERAL_PARAMETERS];
    uint8_t vector[ENTRY_VECTOR_PARAMETERS][16];
};

/* Runs compiled code on its own stack until it returns (true: results are in the entry), or until a stub leaves (false). */
bool code_enter(struct code_entry *entry);

/* Stubs, called by compiled code with rax = struct wasm_function *. Not to be called from C. */
void code_stub_compile(void);  /* entry of a function without code: compiles it and goes on there */
void code_stub_external(void); /* external of a function of another instance */
void code_stub_host(void);     /* external, and entry, of a function that C runs: the host's, or an interpreted one */
/* Stubs of runtime functions, by enum runtime_function. */
extern const void *const code_stub_runtime[RUNTIME_COUNT];

/* Pairs of addresses, ended by 0: where stubs may be left like compiled code. */
extern const uintptr_t code_interruptible[];

/* ---- runtime.c: called by the stubs on the host's stack ---- */

/* The code of a function, or NULL when it cannot be had: then the outcome is noted in the execution. */
const void *runtime_compile(struct wasm_function *function);
/* The stop flag was seen: notes the trap. */
void runtime_stopped(struct execution *execution);
/* Runs a function of the host or of the interpreter. False: the outcome is noted, and compiled code is left. */
bool runtime_call_host(struct wasm_function *function, struct code_saved *saved, uint8_t *stack, struct wasm_instance *caller);

#define RUNTIME(name, text) uint64_t runtime_##name(struct wasm_instance *, uint64_t, uint64_t, uint64_t, uint64_t);
#include "wasm/code/runtime.def"
#undef RUNTIME

#endif
