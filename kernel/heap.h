/* The allocator behind os->allocate and os->release. Private to the kernel. */
#ifndef KERNEL_HEAP_H
#define KERNEL_HEAP_H

#include "kernel/state.h"

/* An address, or 0 when there is no room or the alignment is none. */
guest_address heap_allocate(struct app *app, uint32_t size, uint32_t alignment);
/* What was not allocated, or released before, is a misuse. */
void heap_release(struct app *app, guest_address memory);

#endif
