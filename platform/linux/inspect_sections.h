/* What inspect reads from the sections of a module by itself: those that the engine does not tell of, or does not know. */
#ifndef PLATFORM_LINUX_INSPECT_SECTIONS_H
#define PLATFORM_LINUX_INSPECT_SECTIONS_H

#include "wasm/wasm.h"

#include <stdio.h>

/* Each prints nothing when the module has no such section. */

/* The tables, imported ones first, one a line. */
void inspect_tables(FILE *out, const struct wasm_module *module);
/* The function that is called at instantiation. */
void inspect_start(FILE *out, const struct wasm_module *module);
/* All sections with their places. */
void inspect_sections(FILE *out, const struct wasm_module *module);
/* The custom section `producers` (tool conventions): which languages and tools made the module. */
void inspect_producers(FILE *out, const struct wasm_module *module);
/* The custom section `argos.wants`: what the program would like to be granted, and why. */
void inspect_wants(FILE *out, const struct wasm_module *module);

#endif
