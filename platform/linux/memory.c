/* The heap as a memory source. It keeps nothing of its own. */
#include "platform/linux/memory.h"

#include "base/assert.h"

#include <stdalign.h>
#include <assert.h>
#include <stdlib.h>

/* malloc aligns to this, which is what budgets promise. */
static_assert(alignof(max_align_t) >= 16, "the heap aligns blocks to 16 bytes");

static void *heap_take(void *context, size_t size) {
    (void)context;
    return malloc(size == 0 ? 1 : size);
}

static void heap_give(void *context, void *block, size_t size) {
    (void)context;
    (void)size;
    free(block);
}

const struct memory_source *linux_memory(void) {
    static const struct memory_source source = {.take = heap_take, .give = heap_give};
    return &source;
}
