/* Expected failure as a value. A function that can fail returns `enum error`, and its caller must look at it. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

enum error {
    ERROR_NONE,
#define ERROR(name, text) ERROR_##name,
#include "base/errors.def"
#undef ERROR
    ERROR_COUNT
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* A lower-case phrase for messages; "success" for ERROR_NONE, "unknown error" for a number that is none of ours. */
const char *error_text(enum error error);

#endif
