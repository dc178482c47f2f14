/* Real modules, spoiled in small ways: cut off, sections exchanged, sizes that lie by one, bits flipped. */
#ifndef TESTS_ADVERSARIAL_MUTANTS_H
#define TESTS_ADVERSARIAL_MUTANTS_H

#include "tests/adversarial/trial.h"

/* All mutants of the module in a file, which must have a `_start` for WASI. The random ones come from the seed. */
void mutants_try(struct trials *trials, const char *path, uint64_t seed);

#endif
