/* The assertions of the specification's tests that do not hold for this engine as they are written, by file and line,
   with what is checked instead and why (exceptions.def). */
#ifndef TESTS_SPEC_EXCEPTION_H
#define TESTS_SPEC_EXCEPTION_H

#include <stddef.h>
#include <stdint.h>

/* What is checked in place of the assertion. */
enum exception_check {
    CHECK_VALID,          /* the module is valid */
    CHECK_UNKNOWN_MEMORY, /* the module is invalid: it uses a memory that it does not have */
    CHECK_MALFORMED,      /* the module is refused, as malformed instead of invalid */
    CHECK_SHARED_REFUSED, /* the module is refused as unsupported, by the name of shared memories */
    CHECK_SHARED_TRAP,    /* the call traps with "expected shared memory" */
    CHECK_UNKNOWN_IMPORT, /* the module is unlinkable, since there is no such import */
};

struct exception {
    const char *file; /* as in the test suite: "memory.wast" */
    uint32_t line;
    enum exception_check check;
    const char *reason;
};

/* NULL when the assertion is to hold as it stands. */
const struct exception *exception_find(const char *file, uint32_t line);
/* The table, for listing; NULL at its end. */
const struct exception *exception_at(size_t index);
/* What is checked instead, in words. */
const char *exception_check_text(enum exception_check check);

#endif
