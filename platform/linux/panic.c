/* How the hosted system ends on a bug of its own: one line that can be reported, and a core dump where the host makes them. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void panic(const char *what, const char *file, int line) {
    fprintf(stderr, "argos: bug: this should hold: %s (%s:%d); please report it\n", what, file, line);
    abort();
}
