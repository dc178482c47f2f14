/* Names of compiled functions for `perf report`: a file in /tmp with a line for each, start, size and name
   (tools/perf/Documentation/jit-interface.txt of Linux). It stays when the process ends, since that is when it is read. */
#ifndef PLATFORM_LINUX_DEBUG_PERF_MAP_H
#define PLATFORM_LINUX_DEBUG_PERF_MAP_H

#include "platform/linux/debug/function_names.h"

#include <stdio.h>

/* Makes the file: a new one, that only its owner may read, and never where others have put something. NULL after a message. */
FILE *perf_map_open(void);
/* A line for each of so many functions of the module, from this number on (wasm_module_code); in the file when it returns. */
void perf_map_add(FILE *map, const struct function_names *names, const struct wasm_module *module, uint32_t number, uint32_t count);

#endif
