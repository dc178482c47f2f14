/* Memory and text for the tool: see memory.h. */
#include "tools/check/memory.h"

#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *memory_need(void *block) {
    if (block == NULL) {
        fputs("check: out of memory\n", stderr);
        exit(2);
    }
    return block;
}

void *memory_room(void *array, size_t count, size_t size) {
    bool is_full = count == 0 || (count >= 8 && (count & (count - 1)) == 0);
    if (!is_full) {
        return array;
    }
    size_t capacity = count < 8 ? 8 : count * 2;
    return memory_need(reallocarray(array, capacity, size));
}

char *text_copy(const char *text, size_t length) {
    return memory_need(strndup(text, length));
}

char *text_format(const char *pattern, ...) {
    char *out = NULL;
    va_list arguments;
    va_start(arguments, pattern);
    int length = vasprintf(&out, pattern, arguments);
    va_end(arguments);
    return memory_need(length < 0 ? NULL : out);
}

bool text_ends(const char *text, const char *end) {
    size_t text_length = strlen(text);
    size_t end_length = strlen(end);
    return text_length >= end_length && strcmp(text + text_length - end_length, end) == 0;
}

void texts_add(struct texts *texts, char *text) {
    texts->items = memory_room(texts->items, texts->count, sizeof *texts->items);
    texts->items[texts->count++] = text;
}

bool texts_have(const struct texts *texts, const char *text) {
    for (size_t i = 0; i < texts->count; i++) {
        if (strcmp(texts->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

bool texts_match(const struct texts *patterns, const char *path) {
    for (size_t i = 0; i < patterns->count; i++) {
        if (fnmatch(patterns->items[i], path, FNM_PATHNAME) == 0) {
            return true;
        }
    }
    return false;
}

void texts_add_words(struct texts *texts, const char *text) {
    static const char blanks[] = " \t\r\n";
    for (;;) {
        text += strspn(text, blanks);
        size_t length = strcspn(text, blanks);
        if (length == 0) {
            return;
        }
        texts_add(texts, text_copy(text, length));
        text += length;
    }
}
