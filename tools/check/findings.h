/* What the checks found, and which of it is excused. tools/exceptions lists excuses with the number that stands today:
   an excuse that is larger than needed, or needed no more, is a finding itself, so the numbers only fall. */
#ifndef TOOLS_CHECK_FINDINGS_H
#define TOOLS_CHECK_FINDINGS_H

#include "tools/check/memory.h"

struct finding {
    const char *rule;    /* the word that tools/exceptions uses */
    const char *subject; /* a path, or path:function */
    const char *path;
    size_t line;
    size_t number; /* what was measured; 0 for a finding that is counted by its occurrences */
    char *text;
};

struct findings {
    struct finding *items;
    size_t count;
};

/* Something that may not occur; each occurrence counts as one. The text is kept. */
void findings_add(struct findings *findings, const char *rule, const char *path, size_t line, char *text);
/* Something that is too large, as measured. subject and text are kept. */
void findings_add_measured(struct findings *findings, const char *rule, const struct finding *measured);

/* Takes out what the exceptions file excuses, and adds what is wrong with the excuses. A missing file excuses nothing. */
void findings_excuse(struct findings *findings, const char *path);

/* Prints each as `path:line: sentence`. */
void findings_print(const struct findings *findings);

#endif
