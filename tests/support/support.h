/* What unit tests and fuzz targets share: a panic() that tests can expect, and a counted memory source whose failures
   can be chosen. Needs libc and nothing else, so that programs without cmocka can link it too. Any thread may take memory and give it back; all else
   is for one thread, while no other one runs. */
#ifndef TESTS_SUPPORT_SUPPORT_H
#define TESTS_SUPPORT_SUPPORT_H

#include "base/budget.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* malloc with the contents set to a pattern. It stops the program when a block comes back with another size than it was
   taken with, comes back twice, or was written past its end. */
const struct memory_source *support_memory(void);
/* The bytes, and the blocks, that are taken and not given back. */
size_t support_live_bytes(void);
size_t support_live_blocks(void);
/* The number of blocks that were asked for since the program started, given or refused. */
size_t support_allocation_count(void);
/* The allocation after this many more fails, once: 0 is the next one, -1 is never (as at the start). */
void support_fail_after(long allocations);

/* Runs body(context) and says whether it panicked. Without this, panic() prints the place and aborts. */
bool support_panics(void (*body)(void *context), void *context);

/* Seed of a random test: from the environment variable SEED, or else new from the clock. Printed, so that it can be repeated. */
uint64_t support_seed(void);
/* The next number of a simple generator; state starts as the seed. */
uint64_t support_random(uint64_t *state);

#endif
