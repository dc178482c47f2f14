/* Heaps. Blocks of 2^n bytes, each in front of its content a header; free ones of a size are a list through their contents. All but the heads of the
   lists is in memory that the app can write: whatever is read from there is looked at before it is used, so that an app can spoil its own heap and
   nothing else. Fresh memory comes from memory.grow; where the app grows its memory itself, the heap goes on behind that. */
#include "kernel/heap.h"

#include "base/bytes.h"
#include "kernel/app.h"

#define HEADER_BYTES  16u
#define CLASS_LEAST   5u /* blocks of 32 bytes, header included */
#define MARK_USED     0x41726755u
#define MARK_FREE     0x41726746u
#define MARK_ALIGNED  0x41726741u /* the header of an aligned address inside of a block: its class is the distance to the block's own */
#define ALIGNMENT_MAX 65536u
#define GROW_LEAST    1u /* pages of 64 KiB */

/* In front of a content. */
struct header {
    uint32_t mark;
    uint32_t class;
    guest_address next; /* free blocks */
    uint32_t reserved;
};

static struct header *header_at(const struct app *app, guest_address content) {
    if (content < HEADER_BYTES || content % 16 != 0) {
        return NULL;
    }
    return (struct header *)(void *)wasm_memory_range(app->memory, content - HEADER_BYTES, HEADER_BYTES, WASM_ACCESS_READ_WRITE);
}

/* The class whose blocks hold so many bytes, header included; HEAP_CLASSES when none does. */
static uint32_t class_of(uint64_t bytes) {
    uint32_t class = CLASS_LEAST;
    while (class < HEAP_CLASSES && (1ull << class) < bytes) {
        class ++;
    }
    return class;
}

/* Fresh memory for a block: from what is left of the last growth, or a new one. */
static guest_address fresh_take(struct app *app, uint32_t class) {
    struct heap *heap = &app->heap;
    uint32_t bytes = 1u << class;
    if (heap->end - heap->next < bytes) {
        uint32_t pages = (bytes + WASM_PAGE_SIZE - 1) / WASM_PAGE_SIZE;
        uint32_t old_pages = wasm_memory_grow(app->memory, pages < GROW_LEAST ? GROW_LEAST : pages);
        if (old_pages == UINT32_MAX) {
            return 0;
        }
        guest_address begin = old_pages * WASM_PAGE_SIZE;
        if (begin != heap->end) {
            heap->next = begin;
        }
        heap->end = begin + (pages < GROW_LEAST ? GROW_LEAST : pages) * WASM_PAGE_SIZE;
    }
    guest_address content = heap->next + HEADER_BYTES;
    heap->next += bytes;
    return content;
}

static guest_address block_take(struct app *app, uint32_t class) {
    guest_address content = app->heap.free[class];
    struct header *header = content != 0 ? header_at(app, content) : NULL;
    if (header != NULL && header->mark == MARK_FREE && header->class == class) {
        app->heap.free[class] = header->next;
    } else {
        /* A list that the app has written to is forgotten. */
        app->heap.free[class] = 0;
        content = fresh_take(app, class);
        header = content != 0 ? header_at(app, content) : NULL;
        if (header == NULL) {
            return 0;
        }
    }
    *header = (struct header){.mark = MARK_USED, .class = class};
    return content;
}

guest_address heap_allocate(struct app *app, uint32_t size, uint32_t alignment) {
    if (alignment > ALIGNMENT_MAX || (alignment & (alignment - 1)) != 0) {
        return 0;
    }
    uint64_t extra = alignment > 16 ? alignment : 0;
    uint32_t class = class_of((uint64_t)size + HEADER_BYTES + extra);
    guest_address content = class < HEAP_CLASSES ? block_take(app, class) : 0;
    if (content == 0 || alignment <= 16 || content % alignment == 0) {
        return content;
    }
    guest_address aligned = (content + alignment) & ~(alignment - 1);
    struct header *header = header_at(app, aligned);
    if (header != NULL) {
        *header = (struct header){.mark = MARK_ALIGNED, .class = aligned - content};
    }
    return aligned;
}

void heap_release(struct app *app, guest_address memory) {
    if (memory == 0) {
        return;
    }
    struct header *header = header_at(app, memory);
    guest_address content = memory;
    if (header != NULL && header->mark == MARK_ALIGNED && header->class <= ALIGNMENT_MAX && header->class < memory) {
        content = memory - header->class;
        header = header_at(app, content);
    }
    if (header == NULL || header->mark != MARK_USED || header->class < CLASS_LEAST || header->class >= HEAP_CLASSES) {
        app_misuse(app, "release", memory);
        return;
    }
    *header = (struct header){.mark = MARK_FREE, .class = header->class, .next = app->heap.free[header->class]};
    app->heap.free[header->class] = content;
}
