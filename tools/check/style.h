/* The rules of STYLE.md that one file can break by itself. */
#ifndef TOOLS_CHECK_STYLE_H
#define TOOLS_CHECK_STYLE_H

#include "tools/check/findings.h"
#include "tools/check/tree.h"

#define STYLE_FILE_LINES_MAX     600
#define STYLE_FUNCTION_LINES_MAX 70
#define STYLE_FOLDER_NOUNS_MAX   40

void style_check(const struct tree *tree, struct findings *findings);

#endif
