/* What somebody may have meant who mistyped a name. */
#ifndef PLATFORM_LINUX_NEAREST_H
#define PLATFORM_LINUX_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *wanted;
    const char *name; /* the best so far, NULL while none is near enough */
    size_t distance;
};

void nearest_init(struct nearest *nearest, const char *wanted);
/* Looks at one name that exists; the caller keeps it. */
void nearest_offer(struct nearest *nearest, const char *name);

#endif
