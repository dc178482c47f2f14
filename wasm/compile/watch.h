/* Somebody who looks on while a function is compiled, to show what becomes of it. The code is the same as without. Private to the engine. */
#ifndef WASM_COMPILE_WATCH_H
#define WASM_COMPILE_WATCH_H

#include "wasm/compile/code.h"
#include "wasm/compile/machine.h"

/* What is done to a function, in this order. */
enum compile_stage {
    STAGE_BUILD,
#define PASS(bit, name, text, function) STAGE_##name,
#include "wasm/compile/optimize/passes.def"
#undef PASS
    STAGE_SELECT,
    STAGE_ALLOCATE,
    STAGE_ENCODE,
    STAGE_COUNT
};

/* Called behind each stage with what it made. */
struct compile_watch {
    void *context;
    void (*ir)(void *context, enum compile_stage stage, const struct ir_function *function); /* also behind a pass that is off */
    void (*machine)(void *context, enum compile_stage stage, const struct machine_function *function);
    void (*code)(void *context, const struct ir_function *function, const struct code *code); /* function: as the last pass left it */
};

#endif
