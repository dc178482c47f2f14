/* Areas: where the blocks of messages are copied to for a receiver. Private to the kernel. */
#ifndef KERNEL_AREA_H
#define KERNEL_AREA_H

#include "kernel/state.h"

/* Room for so many bytes, which are not 0, or false. */
bool area_take(struct area *area, uint32_t size, struct block *out) MUST_CHECK;
/* The size of the largest that there is room for. */
uint32_t area_room(const struct area *area);
/* The block becomes empty. */
void area_release(struct area *area, struct block *block);
/* Where the app sees it. */
static inline guest_address area_address(const struct area *area, const struct block *block) {
    return area->address + block->offset;
}
static inline void message_clear_block(struct message *message) {
    message->block = 0;
    message->block_size = 0;
    message->block_mode = BLOCK_NONE;
}
/* A message whose block was copied to this place of its receiver's. */
static inline void message_set_block(struct message *message, guest_address address, uint32_t size) {
    message->block = address;
    message->block_size = size;
    message->block_mode = BLOCK_COPY;
}

#endif
