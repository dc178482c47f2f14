/* The compiler's forms as text, for people. Private to the engine. */
#ifndef WASM_SHOW_DUMP_H
#define WASM_SHOW_DUMP_H

#include "wasm/compile/isa.h"
#include "wasm/show/text.h"

/* A line for each value, a header for each block. */
void ir_dump(const struct ir_function *function, wasm_text_sink *sink, void *context);
/* One value, or the end of a block, without what it stems from and without the end of the line. */
void ir_dump_value(const struct ir_function *function, uint32_t value, wasm_text_sink *sink, void *context);
void ir_dump_end(const struct ir_function *function, uint32_t block, wasm_text_sink *sink, void *context);
/* To the end of the line: the offset in the module's bytes, and those of the calls around it that were inlined. */
void ir_dump_source(const struct ir_function *function, uint32_t source, wasm_text_sink *sink, void *context);

/* A line for each instruction, and for each move of the allocator where it stands. */
void machine_dump(const struct machine_function *function, const struct machine_names *names, wasm_text_sink *sink, void *context);

/* The instruction at the start of the bytes; `address` is what distances count from. Returns its size, or 0 when it is none that the compiler
   makes. <isa>/machine_text.c */
uint32_t machine_text(struct bytes bytes, uint32_t address, struct text *out);

#endif
