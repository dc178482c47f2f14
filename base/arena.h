/* An arena: many small things with one end of life. Blocks come from a budget, double in size up to a limit,
   and all go back at once. Things in an arena are never moved and never freed alone. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/budget.h"

struct arena_block;

struct arena {
    struct budget *budget;
    struct arena_block *blocks; /* all of them, in no order that matters */
    uint8_t *next;              /* free part of the block that small things come from; NULL before the first */
    uint8_t *end;
    size_t block_size; /* of the next block for small things */
};

void arena_init(struct arena *arena, struct budget *budget);
void arena_end(struct arena *arena);

/* Aligned to 16 bytes when size is 16 or more, else to 8; content undefined. NULL when the budget ends. Size 0 gives a
   pointer that is not NULL and must not be used. */
void *arena_allocate(struct arena *arena, size_t size) MUST_CHECK;
/* The same, zeroed, for count things; NULL too when count * size overflows. */
void *arena_allocate_zeroed(struct arena *arena, size_t count, size_t size) MUST_CHECK;

#endif
