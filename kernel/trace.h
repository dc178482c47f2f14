/* The trace: what happened last in a kernel, as events of one size in a ring that is always on. Noting one takes some ten instructions, and no look
   at the clock: its moment is that of the clock page, so that the order of events is exact and their time is as old as that page may be.

   A file of a trace is struct trace_file and, behind it, the events from the oldest to the newest. */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include <stddef.h>
#include <stdint.h>

enum trace_kind {
    TRACE_NOTHING = 0, /* a place in the ring that was never used */
#define TRACE_EVENT(name, text, a, b, phase) TRACE_##name,
#include "kernel/trace.def"
#undef TRACE_EVENT
    TRACE_KIND_COUNT
};

struct trace_event {
    uint64_t at_ns; /* of the monotonic clock */
    uint32_t kind;  /* enum trace_kind */
    uint32_t app;   /* its number */
    uint64_t a, b;  /* what they are stands in trace.def */
};

#define TRACE_EVENTS 2048u
struct trace_ring {
    struct trace_event events[TRACE_EVENTS];
    uint64_t now_ns; /* what the clock page says */
    uint16_t next;   /* in bytes, which are as many as 16 bits count: it goes round by itself */
};
_Static_assert(sizeof(((struct trace_ring *)0)->events) == 1u << 16, "a ring's offset goes round");

#define TRACE_FILE_MAGIC "argos\1tr"
struct trace_file {
    char magic[8];
    uint32_t event_bytes;
    uint32_t event_count;
};

struct kernel;
/* The last events, of all apps (0) or of one, from the oldest to the newest; their number. */
uint32_t kernel_trace(const struct kernel *kernel, uint32_t app, struct trace_event *out, uint32_t count_max);
/* One line of text without its end, for a person; the length as format() has it. Any event, also one that came from a file. */
size_t trace_describe(const struct trace_event *event, char *out, size_t size);

#endif
