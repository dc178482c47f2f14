/* Files that nothing reaches. A header is reached by an include; a .c file by the build; anything else by its name. */
#ifndef TOOLS_CHECK_DEAD_H
#define TOOLS_CHECK_DEAD_H

#include "tools/check/findings.h"
#include "tools/check/tree.h"

struct reached {
    struct texts included; /* paths that an include names */
    struct texts compiled; /* paths that the Makefile compiles */
    struct texts roots;    /* paths that are found from outside */
};

void dead_check(const struct tree *tree, const struct reached *reached, struct findings *findings);

#endif
