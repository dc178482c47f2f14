/* A program: a file, its bytes, and the module that they make. */
#ifndef PLATFORM_LINUX_PROGRAM_H
#define PLATFORM_LINUX_PROGRAM_H

#include "platform/linux/file.h"
#include "wasm/wasm.h"

struct program {
    const char *path;
    struct budget *budget; /* that the bytes and the module are charged to */
    struct wasm_host host;
    struct file file;
    struct wasm_engine *engine;
    struct wasm_module *module; /* NULL until program_decode */
};

/* Reads the file. On failure the report says why, and there is nothing to end. */
enum error program_read(struct program *program, const char *path, struct budget *budget, struct report *report) MUST_CHECK;
/* Makes the module. On failure the report says why, and where in the file. */
enum error program_decode(struct program *program, struct report *report) MUST_CHECK;
/* Whatever of it is there. Stores of the engine were destroyed before. */
void program_end(struct program *program);

#endif
