/* Makes the shared memories of a module unshared, so that atomic instructions can be tested on an engine that has no
   shared memory. */
#ifndef TESTS_SPEC_SHARED_H
#define TESTS_SPEC_SHARED_H

#include <stddef.h>
#include <stdint.h>

/* Clears the shared flag of each memory that a well-formed binary module imports or defines. Stops at the first thing
   that is not well-formed, and leaves the rest as it is. */
void shared_clear(uint8_t *data, size_t size);

#endif
