/* Memory and text for a host tool that ends within a second: what is taken is never given back, and a machine without
   memory ends the tool with a sentence. For tools/check only. */
#ifndef TOOLS_CHECK_MEMORY_H
#define TOOLS_CHECK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Grows an array of things of a size to hold one more than count, in steps that keep the whole work linear. */
void *memory_room(void *array, size_t count, size_t size);

/* A copy of length characters, with a zero behind them. */
char *text_copy(const char *text, size_t length);
/* A text made as printf does. */
char *text_format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));
bool text_ends(const char *text, const char *end);

/* Texts, in the order in which they came. */
struct texts {
    char **items;
    size_t count;
};

void texts_add(struct texts *texts, char *text);
bool texts_have(const struct texts *texts, const char *text);
/* True when one of the texts is a pattern (fnmatch, where '*' stops at '/') of this path. */
bool texts_match(const struct texts *patterns, const char *path);
/* The words of a text, separated by blanks and newlines, are added. */
void texts_add_words(struct texts *texts, const char *text);

#endif
