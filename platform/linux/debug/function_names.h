/* The names of a module's functions, by index. */
#ifndef PLATFORM_LINUX_DEBUG_FUNCTION_NAMES_H
#define PLATFORM_LINUX_DEBUG_FUNCTION_NAMES_H

#include "wasm/wasm.h"

struct function_names {
    struct budget *budget;
    struct bytes *names; /* views of the module's bytes; empty where a function has no name */
    uint32_t count;
};

/* From the name section, or else an export's. ERROR_NO_MEMORY: there are none, and nothing to end. */
enum error function_names_find(struct function_names *names, const struct wasm_module *module, struct budget *budget) MUST_CHECK;
void function_names_end(struct function_names *names);
/* The name made printable, or `wasm-function[N]`, in the caller's array. Returns out. */
const char *function_name_text(const struct function_names *names, uint32_t index, char *out, size_t size);

#endif
