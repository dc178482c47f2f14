/* The heap as a memory source. It keeps nothing of its own. */
#include "platform/linux/memory.h"

#include "base/assert.h"

#include <stdalign.h>
#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

/* malloc aligns to this, which is what budgets promise. */
static_assert(alignof(max_align_t) >= 16, "the heap aligns blocks to 16 bytes");

/* Large blocks, which are files for the most part, are asked to be in huge pages: reading a program of 24 MiB into memory takes half the time. */
#define HUGE_BLOCK_BYTES ((size_t)4 << 20)
#define HUGE_PAGE_BYTES  ((size_t)2 << 20)

static void *heap_take(void *context, size_t size) {
    (void)context;
    uint8_t *block = malloc(size == 0 ? 1 : size);
    if (block != NULL && size >= HUGE_BLOCK_BYTES) {
        const size_t before = (size_t)(-(uintptr_t)block % HUGE_PAGE_BYTES);
        (void)madvise(block + before, (size - before) / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES, MADV_HUGEPAGE);
    }
    return block;
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
