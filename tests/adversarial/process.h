/* Runs argos as a stranger would, and looks at how it ended, how long it took, how much memory it had, what it said. */
#ifndef TESTS_ADVERSARIAL_PROCESS_H
#define TESTS_ADVERSARIAL_PROCESS_H

#include "tests/adversarial/buffer.h"

#include <stdbool.h>

struct process {
    int exit_code;         /* -1 when a signal ended it */
    int signal;            /* 0 when none did */
    bool too_long;         /* it was killed by us */
    double seconds;        /* of wall time */
    uint64_t peak_bytes;   /* resident set at its highest */
    struct buffer output;  /* standard output, zero-terminated beyond its size */
    struct buffer message; /* standard error, in the same way */
};

/* Runs a command (its last word is NULL) and waits for it, at most so long. Its output goes through files in a folder. */
void process_run(const char *const *command, unsigned seconds_max, const char *folder, struct process *out);
void process_end(struct process *process);

/* True when the text is lines of printable ASCII. */
bool text_is_clean(const struct buffer *text);
size_t text_line_count(const struct buffer *text);

#endif
