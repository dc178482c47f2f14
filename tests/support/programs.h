/* Real programs for tests: the modules that tests/programs/fetch.sh has brought. */
#ifndef TESTS_SUPPORT_PROGRAMS_H
#define TESTS_SUPPORT_PROGRAMS_H

#include "wasm/wasm.h"

/* A program, loaded; the budget is for what is made of it. */
struct program_visited {
    const char *name;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct budget *budget; /* without a limit, and quicker than that of support.h */
};

/* Visits all modules of the folder that PROGRAMS names, or that fetch.sh fills; returns how many there were. A file that is none ends the test
   program. */
uint32_t programs_visit(void (*visit)(void *context, const struct program_visited *program), void *context);

#endif
