/* The formatter. A pattern is read one directive at a time; each directive becomes a piece of text that is padded and
   written. The writer counts what it has no room for, so one pass gives both the text and its length. */
#include "base/format.h"

#include "base/assert.h"
#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

/* 64 bits in decimal have 20 digits. */
#define DIGITS_MAX 20

struct writer {
    char *out;
    size_t size;
    size_t length; /* of the whole text, whether or not it fitted */
};

enum length_modifier {
    LENGTH_INT,
    LENGTH_LONG,
    LENGTH_LONG_LONG,
    LENGTH_SIZE,
};

struct directive {
    bool left;      /* pad at the right end */
    bool zero;      /* pad with zeros */
    bool precision; /* ".*" was given */
    size_t width;
    enum length_modifier length;
    char conversion;
};

/* A va_list may be an array type, which cannot be passed by address from a parameter; in a struct it can. */
struct arguments {
    va_list list;
};

static void write_char(struct writer *writer, char character) {
    if (writer->length + 1 < writer->size) {
        writer->out[writer->length] = character;
    }
    writer->length++;
}

static void write_repeated(struct writer *writer, char character, size_t count) {
    for (size_t i = 0; i < count; i++) {
        write_char(writer, character);
    }
}

static void write_bytes(struct writer *writer, struct bytes text) {
    for (size_t i = 0; i < text.size; i++) {
        write_char(writer, (char)text.data[i]);
    }
}

/* The prefix, a sign or "0x", stays in front of padding zeros. */
static void write_padded(struct writer *writer, const struct directive *directive, struct bytes prefix, struct bytes text) {
    const size_t length = prefix.size + text.size;
    const size_t padding = directive->width > length ? directive->width - length : 0;
    if (!directive->left && !directive->zero) {
        write_repeated(writer, ' ', padding);
    }
    write_bytes(writer, prefix);
    if (directive->zero) {
        write_repeated(writer, '0', padding);
    }
    write_bytes(writer, text);
    if (directive->left) {
        write_repeated(writer, ' ', padding);
    }
}

static void write_number(struct writer *writer, const struct directive *directive, const char *prefix, uint64_t value) {
    const unsigned base = directive->conversion == 'x' || directive->conversion == 'p' ? 16 : 10;
    uint8_t digits[DIGITS_MAX];
    size_t start = DIGITS_MAX;
    do {
        ASSERT(start > 0);
        digits[--start] = (uint8_t) "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    write_padded(writer, directive, bytes_from_text(prefix), (struct bytes){.data = digits + start, .size = DIGITS_MAX - start});
}

static int64_t take_signed(const struct directive *directive, struct arguments *arguments) {
    switch (directive->length) {
    case LENGTH_INT: return va_arg(arguments->list, int);
    case LENGTH_LONG: return va_arg(arguments->list, long);
    case LENGTH_LONG_LONG: return va_arg(arguments->list, long long);
    case LENGTH_SIZE: break;
    }
    return va_arg(arguments->list, ptrdiff_t);
}

static uint64_t take_unsigned(const struct directive *directive, struct arguments *arguments) {
    switch (directive->length) {
    case LENGTH_INT: return va_arg(arguments->list, unsigned);
    case LENGTH_LONG: return va_arg(arguments->list, unsigned long);
    case LENGTH_LONG_LONG: return va_arg(arguments->list, unsigned long long);
    case LENGTH_SIZE: break;
    }
    return va_arg(arguments->list, size_t);
}

/* With a precision the text need not end with a zero, and may be NULL when the precision is 0. */
static void write_string(struct writer *writer, const struct directive *directive, struct arguments *arguments) {
    size_t size_max = SIZE_MAX;
    if (directive->precision) {
        const int precision = va_arg(arguments->list, int);
        ASSERT(precision >= 0);
        size_max = (size_t)precision;
    }
    const char *text = va_arg(arguments->list, const char *);
    ASSERT(text != NULL || size_max == 0);
    size_t size = 0;
    while (size < size_max && text[size] != '\0') {
        size++;
    }
    write_padded(writer, directive, (struct bytes){0}, (struct bytes){.data = (const uint8_t *)text, .size = size});
}

static void write_directive(struct writer *writer, const struct directive *directive, struct arguments *arguments) {
    switch (directive->conversion) {
    case 's': write_string(writer, directive, arguments); break;
    case 'c': {
        const uint8_t character = (uint8_t)va_arg(arguments->list, int);
        write_padded(writer, directive, (struct bytes){0}, (struct bytes){.data = &character, .size = 1});
        break;
    }
    case 'd': {
        const int64_t value = take_signed(directive, arguments);
        write_number(writer, directive, value < 0 ? "-" : "", value < 0 ? -(uint64_t)value : (uint64_t)value);
        break;
    }
    case 'u': write_number(writer, directive, "", take_unsigned(directive, arguments)); break;
    case 'x': write_number(writer, directive, "", take_unsigned(directive, arguments)); break;
    case 'p': write_number(writer, directive, "0x", (uintptr_t)va_arg(arguments->list, void *)); break;
    default: ASSERT(!"a conversion that format knows");
    }
}

static enum length_modifier parse_length(const char **pattern) {
    if (**pattern == 'z') {
        *pattern += 1;
        return LENGTH_SIZE;
    }
    if (**pattern != 'l') {
        return LENGTH_INT;
    }
    *pattern += 1;
    if (**pattern != 'l') {
        return LENGTH_LONG;
    }
    *pattern += 1;
    return LENGTH_LONG_LONG;
}

/* Reads what follows a '%', up to and with the conversion. */
static struct directive parse_directive(const char **pattern) {
    struct directive directive = {0};
    for (; **pattern == '-' || **pattern == '0'; *pattern += 1) {
        directive.left |= **pattern == '-';
        directive.zero |= **pattern == '0';
    }
    for (; **pattern >= '0' && **pattern <= '9'; *pattern += 1) {
        directive.width = directive.width * 10 + (size_t)(**pattern - '0');
    }
    if ((*pattern)[0] == '.' && (*pattern)[1] == '*') {
        directive.precision = true;
        *pattern += 2;
    }
    directive.length = parse_length(pattern);
    directive.conversion = **pattern;
    ASSERT(directive.conversion != '\0');
    *pattern += 1;

    const bool integer = directive.conversion == 'd' || directive.conversion == 'u' || directive.conversion == 'x';
    ASSERT(integer || directive.length == LENGTH_INT);
    ASSERT(!directive.zero || (!directive.left && (integer || directive.conversion == 'p')));
    ASSERT(!directive.precision || directive.conversion == 's');
    return directive;
}

size_t format_list(char *out, size_t size, const char *pattern, va_list list) {
    struct writer writer = {.out = out, .size = size};
    struct arguments arguments;
    va_copy(arguments.list, list);
    while (*pattern != '\0') {
        if (*pattern != '%') {
            write_char(&writer, *pattern++);
        } else if (pattern[1] == '%') {
            write_char(&writer, '%');
            pattern += 2;
        } else {
            pattern++;
            const struct directive directive = parse_directive(&pattern);
            write_directive(&writer, &directive, &arguments);
        }
    }
    va_end(arguments.list);
    if (size > 0) {
        out[writer.length < size ? writer.length : size - 1] = '\0';
    }
    return writer.length;
}

size_t format(char *out, size_t size, const char *pattern, ...) {
    va_list list;
    va_start(list, pattern);
    const size_t length = format_list(out, size, pattern, list);
    va_end(list);
    return length;
}
