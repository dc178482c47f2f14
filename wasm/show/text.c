/* Text that goes to a sink, or into a line. */
#include "wasm/show/text.h"

#include "base/format.h"

#define DOTS "..."

void text_out_add(const struct text_out *out, const char *pattern, ...) {
    char piece[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, pattern);
    const size_t size = format_list(piece, sizeof piece, pattern, arguments);
    va_end(arguments);
    out->sink(out->context, piece, size < sizeof piece ? size : sizeof piece - 1);
}

void text_cut(struct text *text, size_t size) {
    text->size = size;
    text->data[size] = 0;
}

void text_begin(struct text *text) {
    text_cut(text, 0);
}

void text_take(void *context, const char *piece, size_t size) {
    struct text *text = context;
    const size_t room = sizeof text->data - 1 - text->size;
    const size_t taken = size < room ? size : room;
    memcpy(text->data + text->size, piece, taken);
    text->size += taken;
    if (size > room) {
        memcpy(text->data + text->size - (sizeof DOTS - 1), DOTS, sizeof DOTS - 1);
    }
    text->data[text->size] = 0;
}

void text_add(struct text *text, const char *pattern, ...) {
    char piece[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, pattern);
    const size_t size = format_list(piece, sizeof piece, pattern, arguments);
    va_end(arguments);
    text_take(text, piece, size < sizeof piece ? size : sizeof piece - 1);
}
