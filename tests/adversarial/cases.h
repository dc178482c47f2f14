/* What a hostile module is, and what argos must make of it. */
#ifndef TESTS_ADVERSARIAL_CASES_H
#define TESTS_ADVERSARIAL_CASES_H

#include "tests/adversarial/buffer.h"

/* Of validation. */
enum verdict { VERDICT_ANY, VERDICT_VALID, VERDICT_REFUSED };

/* Of a run. Whatever it is, it may not be a crash, a hang, or memory beyond the budget. */
enum outcome {
    OUTCOME_NOT_RUN,
    OUTCOME_ANY,
    OUTCOME_ENDS,    /* by itself, with exit code 0 */
    OUTCOME_TRAPS,   /* exit code 134 */
    OUTCOME_STOPPED, /* by the timeout: exit code 124 */
    OUTCOME_REFUSED, /* exit code 125 or 126: it is not started */
};

struct hostile {
    const char *name;
    /* Writes a module; the parameter is one of [first, last]. */
    void (*make)(struct buffer *out, uint32_t parameter);
    uint32_t first, last;
    enum verdict verdict;
    enum outcome outcome; /* of the exported function "run" */
};

/* Each list ends with a case that has no name. */
extern const struct hostile cases_claims[];  /* counts and sizes that lie */
extern const struct hostile cases_nesting[]; /* depth, locals, operands, and work that grows faster than the module */
extern const struct hostile cases_endless[]; /* loops, recursion, growth */
extern const struct hostile cases_many[];    /* up to the limits and past them */
extern const struct hostile cases_names[];   /* names that attack whoever prints them */

#endif
