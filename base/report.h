/* What went wrong, for a person: one sentence, and the place in the input. The first report is kept: later ones are
   consequences. The text never contains control characters: bytes that came from outside are escaped. */
#ifndef BASE_REPORT_H
#define BASE_REPORT_H

#include "base/bytes.h"
#include "base/error.h"

#define REPORT_NO_OFFSET UINT64_MAX
#define REPORT_TEXT_SIZE 256

struct report {
    enum error error;            /* ERROR_NONE while empty */
    uint64_t offset;             /* bytes from the start of the input, or REPORT_NO_OFFSET */
    char text[REPORT_TEXT_SIZE]; /* zero-terminated; cut when it is too long */
};

void report_init(struct report *report);
/* Keeps the first message and returns `error` always, so that callers can write `return report_fail(...)`. report may be
   NULL. */
enum error report_fail(struct report *report, enum error error, uint64_t offset, const char *pattern, ...) __attribute__((format(printf, 4, 5)));

/* A printable form of bytes from outside in a caller's array: printable ASCII as it is, the rest as \xNN; "..." at the
   end when it was cut, so size is at least 4. Returns out. */
const char *report_quote(struct bytes text, char *out, size_t size);

#endif
