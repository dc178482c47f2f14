/* Arena blocks: small things share blocks that double in size; a thing that would waste much of such a block gets one of
   its own. Invariant: next <= end, and both point into one block or are NULL. */
#include "base/arena.h"

#include "base/assert.h"
#include "base/bytes.h"

#include <stdalign.h>

#define BLOCK_SIZE_MIN ((size_t)1024)
#define BLOCK_SIZE_MAX ((size_t)1024 * 1024)

/* Precedes the content, and keeps it aligned as the block is. */
struct arena_block {
    alignas(16) struct arena_block *older;
    size_t size; /* with this header */
};

void arena_init(struct arena *arena, struct budget *budget) {
    *arena = (struct arena){.budget = budget, .block_size = BLOCK_SIZE_MIN};
}

void arena_end(struct arena *arena) {
    struct arena_block *block = arena->blocks;
    while (block != NULL) {
        struct arena_block *older = block->older;
        budget_release(arena->budget, block, block->size);
        block = older;
    }
    arena_init(arena, arena->budget);
}

static struct arena_block *block_add(struct arena *arena, size_t size) {
    struct arena_block *block = budget_allocate(arena->budget, size);
    if (block == NULL) {
        return NULL;
    }
    *block = (struct arena_block){.older = arena->blocks, .size = size};
    arena->blocks = block;
    return block;
}

/* Leaves the current block as it is, so its free part still serves small things. */
static void *allocate_alone(struct arena *arena, size_t size) {
    struct arena_block *block = block_add(arena, sizeof *block + size);
    return block == NULL ? NULL : block + 1;
}

static void *allocate_from_new_block(struct arena *arena, size_t size) {
    struct arena_block *block = block_add(arena, arena->block_size);
    if (block == NULL) {
        return NULL;
    }
    uint8_t *thing = (uint8_t *)(block + 1);
    arena->next = thing + size;
    arena->end = (uint8_t *)block + block->size;
    ASSERT(arena->next <= arena->end);
    if (arena->block_size < BLOCK_SIZE_MAX) {
        arena->block_size *= 2;
    }
    return thing;
}

void *arena_allocate(struct arena *arena, size_t size) {
    if (size > SIZE_MAX - sizeof(struct arena_block)) {
        return NULL;
    }
    const size_t taken = size == 0 ? 1 : size;
    const size_t alignment = size >= 16 ? 16 : 8;
    const size_t padding = (size_t)(-(uintptr_t)arena->next & (alignment - 1));
    const size_t left = (size_t)((uintptr_t)arena->end - (uintptr_t)arena->next);
    if (left >= padding && left - padding >= taken) {
        uint8_t *thing = arena->next + padding;
        arena->next = thing + taken;
        return thing;
    }
    /* At most a quarter of a block is left behind unused. */
    if (taken > arena->block_size / 4) {
        return allocate_alone(arena, taken);
    }
    return allocate_from_new_block(arena, taken);
}

void *arena_allocate_zeroed(struct arena *arena, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        return NULL;
    }
    void *thing = arena_allocate(arena, total);
    if (thing != NULL) {
        memset(thing, 0, total);
    }
    return thing;
}
