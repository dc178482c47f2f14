/* Memory of one compilation after the other: a source of memory that hands out pieces of one chunk, and begins anew when all have come back.
   What does not fit into the chunk comes from the source behind it. Of one thread. */
#ifndef WASM_CODE_SCRATCH_H
#define WASM_CODE_SCRATCH_H

#include "base/budget.h"

struct scratch {
    struct memory_source source; /* what it is to others */
    const struct memory_source *behind;
    uint8_t *chunk; /* NULL with size 0 when there is none */
    size_t size, used;
    uint32_t live; /* pieces that are out */
};

/* Takes a chunk of this size, 0 for none, from the source behind, which nobody is charged for here. The size that it got: 0 when there is none. It
   must not be moved from then on. */
size_t scratch_begin(struct scratch *scratch, const struct memory_source *behind, size_t size);
/* All pieces have come back. */
void scratch_end(struct scratch *scratch);

#endif
