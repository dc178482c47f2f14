/* Random modules as bytes. */
#ifndef TESTS_RANDOM_MODULE_H
#define TESTS_RANDOM_MODULE_H

#include "tests/random/plan.h"
#include "tests/support/build.h"

/* Everything is exported: function 3 as "f3", memories as "m", tables as "t", globals as "g". Imports are from "h" (the host, function N of
   the module as "N") and "p" (the provider, by its exports). */
void module_write(const struct plan *plan, struct build *out);

#endif
