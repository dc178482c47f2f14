/* The border between C and compiled code. Private to the engine; <isa>/entry.S implements it, code.h says what compiled code expects. */
#ifndef WASM_COMPILE_ENTRY_H
#define WASM_COMPILE_ENTRY_H

#include "wasm/store.h"

#define ENTRY_GENERAL_PARAMETERS 6
#define ENTRY_VECTOR_PARAMETERS  8
#define ENTRY_GENERAL_RESULTS    4
#define ENTRY_VECTOR_RESULTS     4

/* Registers that hold parameters, or results, when they are in memory. */
struct code_saved {
    uint64_t general[ENTRY_GENERAL_PARAMETERS];
    uint8_t vector[ENTRY_VECTOR_PARAMETERS][16];
};

/* ---- Into compiled code ----

   Entering leaves a struct execution_entry on the stack of C, and above it the record that the thread had before and the registers that C wants
   back. It is the boundary that traps, stops and failing host functions end at: leaving takes the stack pointer from execution->entry. Compiled code
   never runs on a stack of C and C never on a code stack, so where the stack pointer is tells which of them runs; in this part of the machine,
   the stop flag is looked at when the code stack is on already, and from then on an interrupt may leave. */

/* A call into compiled code: parameters in registers, later results. */
struct code_entry {
    struct wasm_function *function;
    struct wasm_thread *thread;
    uint8_t *stack; /* 16-byte aligned; parameters and results that have no register stand from here on */
    struct code_saved registers;
};

/* Runs compiled code on its own stack until it returns (ERROR_NONE: results are in the entry), or is left. The execution has less than
   LIMIT_HOST_CALLS entries. */
enum error code_enter(struct code_entry *entry);
/* The same for wasm_enter: parameters and result are integers or references. */
wasm_enter_function code_enter_words;

/* Where a thread goes on when compiled code was left for the reason in execution->fault: the execution is its argument, its stack is
   execution->entry. Not to be called. */
void code_landing(void);

/* ---- Out of it ---- */

/* Stubs, called by compiled code with rax = struct wasm_function *. Not to be called from C. */
void code_stub_compile(void);  /* entry of a function without code: compiles it and goes on there */
void code_stub_external(void); /* external of a function of another instance */
void code_stub_host(void);     /* external, and entry, of a function that C runs: the host's, or an interpreted one */
/* Stubs of runtime functions, by enum runtime_function. */
extern const void *const code_stub_runtime[RUNTIME_COUNT];
/* external, and entry, of a struct native_function: by the number of its integer parameters, and by whether its result is an i32, of which C leaves
   the upper half undefined. */
extern const void *const code_stub_native[WASM_NATIVE_INTEGERS_MAX + 1][2];

/* A host function that is called in C's calling convention. */
struct native_function {
    struct wasm_function function; /* its host_call serves the callers that have arrays */
    wasm_native_function *call;
    void *context;
};

/* Of a native function's integers, those that compiled code passes on its stack. */
#define NATIVE_STACK_WORDS (WASM_NATIVE_INTEGERS_MAX - ENTRY_GENERAL_PARAMETERS)
/* Calls it from C with these parameters in registers and on the stack; the results take the place of the registers. */
void code_call_native(const struct native_function *native, struct wasm_instance *caller, struct code_saved *registers,
                      const uint64_t stack[NATIVE_STACK_WORDS]);

/* ---- runtime.c: called by the stubs on the host's stack ---- */

/* The code of a function, or NULL when it cannot be had: then the outcome is noted in the execution. */
const void *runtime_compile(struct wasm_function *function);
/* The stop flag, or the failure of a native host function, was seen: notes the outcome. */
void runtime_left(struct execution *execution);
/* Compiled code was left for execution->fault: notes the outcome. */
void runtime_fault(struct execution *execution);
/* In place of code_enter_words, when the execution has too many entries. */
wasm_enter_function runtime_refuse;
/* Runs a function of the host or of the interpreter. False: the outcome is noted, and compiled code is left. */
bool runtime_call_host(struct wasm_function *function, struct code_saved *saved, uint8_t *stack, struct wasm_instance *caller);

#define RUNTIME(name, text) uint64_t runtime_##name(struct wasm_instance *, uint64_t, uint64_t, uint64_t, uint64_t);
#include "wasm/code/runtime.def"
#undef RUNTIME

#endif
