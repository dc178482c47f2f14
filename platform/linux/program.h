/* A program: a file, its bytes, and the module that they make. */
#ifndef PLATFORM_LINUX_PROGRAM_H
#define PLATFORM_LINUX_PROGRAM_H

#include "platform/linux/cache.h"
#include "platform/linux/file.h"
#include "wasm/wasm.h"

struct program {
    const char *path;
    struct budget *budget; /* that the bytes and the module are charged to */
    struct wasm_engine_options options;
    struct wasm_host host;
    struct file file; /* empty when the program came from the cache */
    struct wasm_engine *engine;
    struct wasm_module *module; /* NULL until program_decode */
    /* See cache_program.c. */
    struct cache_entry copy, image;
    uint64_t copy_charge; /* to the budget, for the copy */
    uint8_t hash[CACHE_HASH_SIZE];
    struct stat status; /* of the file, before it was read */
    bool has_status;
};

/* Reads the file. On failure the report says why, and there is nothing to end. */
enum error program_read(struct program *program, const char *path, struct budget *budget, struct report *report) MUST_CHECK;
/* The same for a program whose path and budget are set; program_end is still needed on failure. */
enum error program_read_file(struct program *program, struct report *report) MUST_CHECK;
/* Makes the engine, unless it is there. */
enum error program_start_engine(struct program *program, struct report *report) MUST_CHECK;
/* Makes the module. On failure the report says why, and where in the file. */
enum error program_decode(struct program *program, struct report *report) MUST_CHECK;
/* Whatever of it is there. Stores of the engine were destroyed before. */
void program_end(struct program *program);

#endif
