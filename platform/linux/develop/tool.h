/* The tools of others that argos build runs: compilers and assemblers. They are started directly, with the words that we choose, and never through a
   shell. */
#ifndef PLATFORM_LINUX_DEVELOP_TOOL_H
#define PLATFORM_LINUX_DEVELOP_TOOL_H

#include "platform/linux/develop/language.h"

#include <limits.h>

struct tool {
    char path[PATH_MAX];
    bool has_needs; /* what it needs as well was seen */
};

/* Finds the language's tool: among the packages that npm installed in the folder or above it, then in PATH. One that has what it needs goes before
   others. False when there is none. */
bool tool_find(const struct language *language, const char *folder, struct tool *out);
/* Runs it with these words, the first of which is its name and the last NULL, and waits for its end. It has our streams. True when it was content; a
   message says so when it did not start, or was ended by a signal. */
bool tool_run(const struct tool *tool, const char *const *words);

#endif
