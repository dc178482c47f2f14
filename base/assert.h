/* Assertions are always on: a broken invariant of our own is a bug, never an answer to bad input. */
#ifndef BASE_ASSERT_H
#define BASE_ASSERT_H

/* Supplied by whoever links base (a platform, a test): say where, and stop. */
_Noreturn void panic(const char *what, const char *file, int line);

#define ASSERT(condition) ((condition) ? (void)0 : panic(#condition, __FILE__, __LINE__))

#define LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

#endif
