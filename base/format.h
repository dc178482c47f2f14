/* Text from numbers, freestanding: a small subset of printf into a caller's array.
   Knows %s %.*s %c %d %u %x %p %%; %d, %u and %x also with l, ll or z. A width may pad with spaces on the left, with '-'
   on the right, or with '0' for numbers. Anything else asserts, and so does NULL for a %s: formats are ours. */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Writes at most size - 1 characters and a zero; returns the length that the whole text has, as snprintf does.
   With size 0 out may be NULL. */
size_t format(char *out, size_t size, const char *pattern, ...) __attribute__((format(printf, 3, 4)));
size_t format_list(char *out, size_t size, const char *pattern, va_list arguments) __attribute__((format(printf, 3, 0)));

#endif
