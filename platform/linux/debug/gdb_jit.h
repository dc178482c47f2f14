/* Compiled code for gdb, by its JIT interface (gdb manual, 30.1): each batch of functions is an ELF file in memory, with their names and what it
   takes to unwind them. A process has one list of these, which gdb finds by its name. */
#ifndef PLATFORM_LINUX_DEBUG_GDB_JIT_H
#define PLATFORM_LINUX_DEBUG_GDB_JIT_H

#include "platform/linux/debug/function_names.h"

/* Batches that gdb knows. {0} to begin with. */
struct gdb_jit {
    struct gdb_object *objects;
};

/* Tells gdb of so many functions of the module, from this number on (wasm_module_code). Without memory it is not told. */
void gdb_jit_add(struct gdb_jit *jit, const struct function_names *names, const struct wasm_module *module, uint32_t number, uint32_t count);
/* All of them are gone. */
void gdb_jit_clear(struct gdb_jit *jit);

#endif
