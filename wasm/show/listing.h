/* A compiled function side by side: its instructions, the SSA values that were made of each, and the machine code of these. Private to the engine. */
#ifndef WASM_SHOW_LISTING_H
#define WASM_SHOW_LISTING_H

#include "wasm/show/dump.h"

/* function and code as a compile_watch gets them. ERROR_NO_MEMORY of the function's budget. */
enum error listing_show(const struct ir_function *function, const struct code *code, const struct text_out *out) MUST_CHECK;
/* The instructions alone, of a function that is not compiled. */
void listing_show_body(const struct wasm_module *module, uint32_t function, const struct text_out *out);
/* The machine code in the order of its addresses, and what stands behind the instructions. */
void listing_show_code(const struct ir_function *function, const struct code *code, const struct text_out *out);

#endif
