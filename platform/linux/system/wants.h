/* What a program says that it would like to have: its custom section `argos.wants`, a line for each interface. */
#ifndef PLATFORM_LINUX_WANTS_H
#define PLATFORM_LINUX_WANTS_H

#include "wasm/wasm.h"

struct want {
    struct bytes interface; /* its name or its hash, as the program has it */
    struct bytes reason;    /* for a person; may be empty */
};

/* The next one from a place that starts as 0; false behind the last. At most 64 of a program are told. */
bool want_next(const struct wasm_module *module, uint64_t *place, struct want *out);

#endif
