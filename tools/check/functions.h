/* Finds function bodies in C by its brackets alone, without a preprocessor. */
#ifndef TOOLS_CHECK_FUNCTIONS_H
#define TOOLS_CHECK_FUNCTIONS_H

#include "tools/check/tree.h"

#include <stddef.h>

struct function {
    char *name; /* of a function; of a macro, or of the macro that a .def file calls, with it */
    size_t first_line;
    size_t last_line;
};

/* Calls visit for each function definition, each #define, and each parenthesis outside functions that holds a body.
   Unbalanced brackets end the search early; the compiler says more about them. */
void functions_each(const struct file *file, void (*visit)(void *context, const struct function *function), void *context);

#endif
