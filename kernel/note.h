/* Noting what happens in the trace. Private to the kernel. */
#ifndef KERNEL_NOTE_H
#define KERNEL_NOTE_H

#include "kernel/state.h"

/* Eleven instructions on x86-64 beside those that find what is noted. Volatile, since gathering values for a wide store takes more than storing each,
   and since the place is then moved on where it stands. */
static inline void trace_note_in(struct kernel *kernel, const struct app *app, enum trace_kind kind, uint64_t a, uint64_t b) {
    struct trace_ring *ring = &kernel->trace_ring;
    uint32_t at = *(const volatile uint16_t *)&ring->next;
    volatile struct trace_event *event = (volatile struct trace_event *)(void *)((uint8_t *)ring->events + at);
    ring->next = (uint16_t)(ring->next + sizeof *event);
    event->at_ns = ring->now_ns;
    event->kind = kind;
    event->app = app->number;
    event->a = a;
    event->b = b;
}

static inline void trace_note(const struct app *app, enum trace_kind kind, uint64_t a, uint64_t b) {
    trace_note_in(app->kernel, app, kind, a, b);
}

#endif
