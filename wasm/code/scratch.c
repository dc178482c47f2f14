/* A chunk that is cut from front to back. The last piece that was cut goes back to the rest at once; the others when none is out any more. */
#include "wasm/code/scratch.h"

#include "base/assert.h"

#define PIECE_ALIGNMENT 16u

static void *scratch_take(void *context, size_t size) {
    struct scratch *scratch = context;
    size_t rounded = (size + PIECE_ALIGNMENT - 1) / PIECE_ALIGNMENT * PIECE_ALIGNMENT;
    if (rounded < size || rounded > scratch->size - scratch->used)
        return scratch->behind->take(scratch->behind->context, size);
    uint8_t *piece = scratch->chunk + scratch->used;
    scratch->used += rounded;
    scratch->live++;
    return piece;
}

static void scratch_give(void *context, void *block, size_t size) {
    struct scratch *scratch = context;
    size_t at = (size_t)((uintptr_t)block - (uintptr_t)scratch->chunk);
    if (at >= scratch->size) {
        scratch->behind->give(scratch->behind->context, block, size);
        return;
    }
    ASSERT(scratch->live > 0 && at + size <= scratch->used);
    scratch->live--;
    if (scratch->live == 0)
        scratch->used = 0;
    else if (scratch->used - at - size < PIECE_ALIGNMENT)
        scratch->used = at;
}

size_t scratch_begin(struct scratch *scratch, const struct memory_source *behind, size_t size) {
    uint8_t *chunk = size > 0 ? behind->take(behind->context, size) : NULL;
    *scratch = (struct scratch){.behind = behind, .chunk = chunk, .size = chunk != NULL ? size : 0};
    scratch->source = (struct memory_source){.context = scratch, .take = scratch_take, .give = scratch_give};
    return scratch->size;
}

void scratch_end(struct scratch *scratch) {
    ASSERT(scratch->live == 0);
    if (scratch->chunk != NULL)
        scratch->behind->give(scratch->behind->context, scratch->chunk, scratch->size);
}
