/* Everything that messages of our interfaces carry, as a table: each decoded, and encoded again. For tests that are not about one interface. */
#ifndef TESTS_SUPPORT_ROUNDS_H
#define TESTS_SUPPORT_ROUNDS_H

#include "interfaces/wire.h"

struct round {
    const char *interface;
    uint32_t operation;
    bool is_result; /* else arguments */
    const char *name;
    /* Decodes and encodes again: false when it was malformed. The block of *out is in the memory, or in the one that came in; *error is what
       encoding said. */
    bool (*run)(const struct wire_content *in, struct wire_memory memory, struct wire_content *out, int32_t *error);
};

extern const struct round rounds[];
extern const size_t round_count;

#endif
