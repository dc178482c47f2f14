/* Budgets: every byte that is allocated, and every page that is committed, is charged to one. Budgets nest; a charge goes
   to a budget and to all above it, or to none. A budget does not own what was charged to it.

   Threads. Any thread may charge, refund, allocate and release, at the same time as others do with the same budget or with others of its
   tree; the source is then called by all of them. Of two that charge the last bytes at the same time, both may be refused. A budget begins and
   ends while nobody else uses it. */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where bytes come from: malloc hosted, a page allocator bare, a failing one in tests. Blocks are aligned to 16 bytes. */
struct memory_source {
    void *context;
    void *(*take)(void *context, size_t size); /* NULL when there is none; the content is undefined */
    void (*give)(void *context, void *block, size_t size);
};

struct budget {
    struct budget *parent;              /* NULL at the root */
    const struct memory_source *source; /* inherited from the parent */
    uint64_t limit_bytes;
    uint64_t used_bytes; /* this and the two below change under other threads */
    uint64_t peak_bytes;
    bool is_closed;
};

#define BUDGET_UNLIMITED UINT64_MAX

void budget_init_root(struct budget *budget, const struct memory_source *source, uint64_t limit_bytes);
void budget_init(struct budget *budget, struct budget *parent, uint64_t limit_bytes);
/* The budget must be empty: everything charged to it was refunded. */
void budget_end(struct budget *budget);
/* Nothing is charged to a closed budget or to those below it; what was charged can be refunded. From any thread: so work that allocates as it goes is
   made to fail soon. */
void budget_set_closed(struct budget *budget, bool is_closed);
bool budget_is_closed(const struct budget *budget);
/* ERROR_NO_MEMORY when this budget or one above it would pass its limit; then nothing is charged anywhere. */
enum error budget_charge(struct budget *budget, uint64_t bytes) MUST_CHECK;
void budget_refund(struct budget *budget, uint64_t bytes);
/* What was charged to one is charged to the other instead. Budgets above both do not notice, so that it never fails where `to` is above `from`;
   else ERROR_NO_MEMORY, and nothing has changed. */
enum error budget_transfer(struct budget *from, struct budget *to, uint64_t bytes) MUST_CHECK;
/* What could still be charged here: the least of what this one and those above it have left. */
uint64_t budget_left(const struct budget *budget);

/* What a block of size 0 is charged, and its true size. */
#define BUDGET_EMPTY_BLOCK_SIZE 16

/* Charge exactly `size` and take; NULL when either fails. Aligned to 16 bytes, content undefined. Size 0 gives a block
   like any other, to be released with size 0. */
void *budget_allocate(struct budget *budget, size_t size) MUST_CHECK;
/* The same, zeroed, for count things of a size; NULL too when count * size overflows. */
void *budget_allocate_zeroed(struct budget *budget, size_t count, size_t size) MUST_CHECK;
/* Grow or shrink a block by moving it; NULL (and the old block unharmed) when there is no room for both. A block of NULL
   with old_size 0 is allowed. */
void *budget_reallocate(struct budget *budget, void *block, size_t old_size, size_t new_size) MUST_CHECK;
/* Give back a block of exactly this size; NULL is allowed with size 0. */
void budget_release(struct budget *budget, void *block, size_t size);

#endif
