/* Text on its way to whoever shows it, and text that is kept until it is known how long it is. Private to the engine. */
#ifndef WASM_SHOW_TEXT_H
#define WASM_SHOW_TEXT_H

#include "wasm/wasm.h"

/* Where text goes. */
struct text_out {
    wasm_text_sink *sink;
    void *context;
};

/* At most TEXT_BYTES - 1 bytes at once. */
#define TEXT_BYTES 512u
void text_out_add(const struct text_out *out, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

/* A line in the making. What does not fit is cut, and told of by three dots at the end. */
struct text {
    char data[TEXT_BYTES];
    size_t size;
};

void text_begin(struct text *text);
/* Leaves so many characters. */
void text_cut(struct text *text, size_t size);
void text_add(struct text *text, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
/* A wasm_text_sink into a struct text. */
void text_take(void *text, const char *piece, size_t size);

#endif
