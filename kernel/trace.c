/* Reading the ring. It is written by kernel/note.h. */
#include "kernel/trace.h"

#include "base/format.h"
#include "kernel/state.h"

/* The event that many before the newest, which is 0 before. */
static const struct trace_event *event_before(const struct trace_ring *ring, uint32_t before) {
    uint32_t newest = ring->next / (uint32_t)sizeof(struct trace_event) + TRACE_EVENTS - 1;
    return &ring->events[(newest - before) % TRACE_EVENTS];
}

static bool is_wanted(const struct trace_event *event, uint32_t app) {
    return event->kind != TRACE_NOTHING && (app == 0 || event->app == app);
}

uint32_t kernel_trace(const struct kernel *kernel, uint32_t app, struct trace_event *out, uint32_t count_max) {
    uint32_t count = 0, before = 0;
    for (; before < TRACE_EVENTS && count < count_max; before++) {
        count += is_wanted(event_before(&kernel->trace_ring, before), app);
    }
    uint32_t filled = 0;
    while (before > 0) {
        const struct trace_event *event = event_before(&kernel->trace_ring, --before);
        if (is_wanted(event, app)) {
            out[filled++] = *event;
        }
    }
    return filled;
}

size_t trace_describe(const struct trace_event *event, char *out, size_t size) {
    static const struct {
        const char *name, *a, *b;
    } rows[TRACE_KIND_COUNT] = {
#define TRACE_EVENT(name_, text, a_, b_, phase) [TRACE_##name_] = {(phase) == 'E' ? text " over" : text, a_, b_},
#include "kernel/trace.def"
#undef TRACE_EVENT
    };
    unsigned long long a = event->a, b = event->b, at_us = event->at_ns / 1000;
    if (event->kind == TRACE_NOTHING || event->kind >= TRACE_KIND_COUNT) {
        return format(out, size, "%12llu us app %u event %u 0x%llx 0x%llx", at_us, event->app, event->kind, a, b);
    }
    bool is_signed = event->kind == TRACE_ANSWER || event->kind == TRACE_APP_END;
    return format(out, size, is_signed ? "%12llu us app %u %s %s=0x%llx %s=%lld" : "%12llu us app %u %s %s=0x%llx %s=0x%llx", at_us, event->app,
                  rows[event->kind].name, rows[event->kind].a, a, rows[event->kind].b, b);
}
