/* Instructions of WebAssembly in the text format (core spec 6.5). Private to the engine. */
#ifndef WASM_SHOW_INSTRUCTION_TEXT_H
#define WASM_SHOW_INSTRUCTION_TEXT_H

#include "wasm/body.h"
#include "wasm/show/text.h"

/* Adds an instruction with its immediates; indices are numbers. Of a br_table with very many targets only the first are shown. */
void instruction_text(const struct wasm_module *module, const struct instruction *instruction, struct text *out);

#endif
