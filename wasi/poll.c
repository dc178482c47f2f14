/* Waiting for streams and clocks (witx: poll_oneoff).

   A program may subscribe as often as its memory has room, but there are only so many streams: the subscriptions are
   walked in place, twice, and what is asked of the outside is one entry for each stream and direction, and one deadline.
   So nothing is allocated. The program's input and output may overlap: an event that is written over a subscription
   changes what the second walk sees, which is checked like the first.

   A subscription that cannot be waited for is an event with an error at once (an unknown clock, a closed descriptor); a
   call that makes no sense is an error of the call (no subscriptions, an unknown type). Deadlines on the wall clock are
   turned into monotonic ones when the call begins, so a step of the wall clock does not move them. */
#include "wasi/layout.h"
#include "wasi/process.h"

#define POLL_ENTRY_COUNT_MAX (WASI_STREAM_COUNT * 2)

struct poll_set {
    struct wasi *wasi;
    const uint8_t *subscriptions; /* in memory of the program */
    uint8_t *events;              /* in memory of the program */
    uint32_t count;               /* of subscriptions, and room for events */

    uint64_t monotonic_ns; /* when the call began */
    uint64_t realtime_ns;

    uint64_t deadline_ns; /* the first, monotonic */
    struct wasi_poll entries[POLL_ENTRY_COUNT_MAX];
    uint32_t entry_count;
};

static void poll_set_subscription(const struct poll_set *set, uint32_t index, struct layout_subscription *out) {
    layout_load_subscription(set->subscriptions + (size_t)index * LAYOUT_SUBSCRIPTION_SIZE, out);
}

/* ---- Clocks ---- */

static uint64_t add_saturating(uint64_t left, uint64_t right) {
    return right > UINT64_MAX - left ? UINT64_MAX : left + right;
}

/* The deadline on the monotonic clock. UINT64_MAX is never reached. */
static enum wasi_errno poll_set_deadline(const struct poll_set *set, const struct layout_subscription *subscription, uint64_t *deadline_ns) {
    bool is_absolute = (subscription->clock_flags & LAYOUT_CLOCK_ABSOLUTE) != 0;
    uint64_t timeout_ns = subscription->timeout_ns;
    if (subscription->clock > WASI_CLOCK_THREAD_CPUTIME || (subscription->clock_flags & ~LAYOUT_CLOCK_ABSOLUTE) != 0) {
        return WASI_INVAL;
    }
    if (subscription->clock != WASI_CLOCK_REALTIME && subscription->clock != WASI_CLOCK_MONOTONIC) {
        return WASI_NOTSUP; /* A process that waits uses no time of the CPU. */
    }
    if (is_absolute && subscription->clock == WASI_CLOCK_MONOTONIC) {
        *deadline_ns = timeout_ns;
        return WASI_SUCCESS;
    }
    if (is_absolute) {
        timeout_ns = timeout_ns > set->realtime_ns ? timeout_ns - set->realtime_ns : 0;
    }
    *deadline_ns = add_saturating(set->monotonic_ns, timeout_ns);
    return WASI_SUCCESS;
}

static enum wasi_errno poll_set_time(const struct poll_set *set, enum wasi_clock clock, uint64_t *time_ns) {
    return set->wasi->outside->clock_time(set->wasi->outside->context, clock, time_ns);
}

/* ---- Streams ---- */

static enum wasi_errno poll_set_stream(const struct poll_set *set, const struct layout_subscription *subscription, uint32_t *number) {
    struct wasi_stream *stream;
    uint64_t rights = WASI_RIGHT_POLL | (subscription->type == LAYOUT_EVENT_READ ? WASI_RIGHT_READ : WASI_RIGHT_WRITE);
    enum wasi_errno code = stream_find(set->wasi, subscription->descriptor, rights, &stream);
    if (code == WASI_SUCCESS) {
        *number = stream->number;
    }
    return code;
}

/* NULL when the set has no such entry. */
static struct wasi_poll *poll_set_entry(struct poll_set *set, uint32_t stream, bool for_write) {
    for (uint32_t i = 0; i < set->entry_count; i++) {
        if (set->entries[i].stream == stream && set->entries[i].for_write == for_write) {
            return &set->entries[i];
        }
    }
    return NULL;
}

/* ---- The first walk: what to wait for ---- */

static void poll_set_add(struct poll_set *set, const struct layout_subscription *subscription) {
    bool for_write = subscription->type == LAYOUT_EVENT_WRITE;
    uint64_t deadline_ns = UINT64_MAX;
    uint32_t stream = 0;
    enum wasi_errno code =
        subscription->type == LAYOUT_EVENT_CLOCK ? poll_set_deadline(set, subscription, &deadline_ns) : poll_set_stream(set, subscription, &stream);
    if (code != WASI_SUCCESS) {
        deadline_ns = 0; /* There is an event already: only look at the rest. */
    } else if (subscription->type != LAYOUT_EVENT_CLOCK && poll_set_entry(set, stream, for_write) == NULL) {
        set->entries[set->entry_count] = (struct wasi_poll){.stream = stream, .for_write = for_write};
        set->entry_count++;
    }
    if (deadline_ns < set->deadline_ns) {
        set->deadline_ns = deadline_ns;
    }
}

static enum wasi_errno poll_set_collect(struct poll_set *set) {
    for (uint32_t i = 0; i < set->count; i++) {
        struct layout_subscription subscription;
        poll_set_subscription(set, i, &subscription);
        if (subscription.type >= LAYOUT_EVENT_TYPE_COUNT) {
            return WASI_INVAL;
        }
        poll_set_add(set, &subscription);
    }
    return WASI_SUCCESS;
}

/* ---- The second walk: what happened ---- */

static bool poll_set_clock_event(const struct poll_set *set, const struct layout_subscription *subscription, uint64_t now_ns,
                                 struct layout_event *event) {
    uint64_t deadline_ns = 0;
    event->error = poll_set_deadline(set, subscription, &deadline_ns);
    return event->error != WASI_SUCCESS || deadline_ns <= now_ns;
}

static bool poll_set_stream_event(struct poll_set *set, const struct layout_subscription *subscription, struct layout_event *event) {
    uint32_t stream = 0;
    event->error = poll_set_stream(set, subscription, &stream);
    if (event->error != WASI_SUCCESS) {
        return true;
    }
    const struct wasi_poll *entry = poll_set_entry(set, stream, subscription->type == LAYOUT_EVENT_WRITE);
    if (entry == NULL || !entry->ready) {
        return false;
    }
    event->error = (enum wasi_errno)entry->error;
    event->available = entry->available;
    event->hangup = entry->hangup;
    return true;
}

static uint32_t poll_set_report(struct poll_set *set, uint64_t now_ns) {
    uint32_t event_count = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        struct layout_subscription subscription;
        poll_set_subscription(set, i, &subscription);
        struct layout_event event = {.userdata = subscription.userdata, .type = subscription.type};
        bool happened = subscription.type == LAYOUT_EVENT_CLOCK ? poll_set_clock_event(set, &subscription, now_ns, &event)
                                                                : poll_set_stream_event(set, &subscription, &event);
        if (happened) {
            layout_store_event(set->events + (size_t)event_count * LAYOUT_EVENT_SIZE, &event);
            event_count++;
        }
    }
    return event_count;
}

/* ---- The handler ---- */

static enum wasi_errno poll_set_init(struct poll_set *set, struct wasi *wasi, uint32_t subscriptions, uint32_t events, uint32_t count) {
    *set = (struct poll_set){.wasi = wasi, .count = count, .deadline_ns = UINT64_MAX};
    enum wasi_errno code = guest_readable(wasi, subscriptions, (uint64_t)count * LAYOUT_SUBSCRIPTION_SIZE, &set->subscriptions);
    if (code == WASI_SUCCESS) {
        code = guest_writable(wasi, events, (uint64_t)count * LAYOUT_EVENT_SIZE, &set->events);
    }
    if (code == WASI_SUCCESS) {
        code = poll_set_time(set, WASI_CLOCK_MONOTONIC, &set->monotonic_ns);
    }
    if (code == WASI_SUCCESS) {
        code = poll_set_time(set, WASI_CLOCK_REALTIME, &set->realtime_ns);
    }
    return code == WASI_SUCCESS ? poll_set_collect(set) : code;
}

/* At least one event, or an error. A wait that ends early for no reason is begun again; one that was interrupted ends
   with the outside's error, so that a program can be stopped in it. */
static enum wasi_errno poll_set_wait(struct poll_set *set, uint32_t *event_count) {
    const struct wasi_outside *outside = set->wasi->outside;
    enum wasi_errno code = WASI_SUCCESS;
    while (code == WASI_SUCCESS && *event_count == 0) {
        uint64_t now_ns = 0;
        code = outside->poll(outside->context, set->entries, set->entry_count, set->deadline_ns);
        if (code == WASI_SUCCESS) {
            code = poll_set_time(set, WASI_CLOCK_MONOTONIC, &now_ns);
        }
        if (code == WASI_SUCCESS) {
            *event_count = poll_set_report(set, now_ns);
        }
    }
    return code;
}

enum wasi_errno poll_oneoff(struct wasi *wasi, uint32_t subscriptions, uint32_t events, uint32_t count, uint32_t address) {
    struct poll_set set;
    uint8_t *result;
    uint32_t event_count = 0;
    if (count == 0) {
        return WASI_INVAL; /* Nothing would ever happen. */
    }
    enum wasi_errno code = guest_writable(wasi, address, 4, &result);
    if (code == WASI_SUCCESS) {
        code = poll_set_init(&set, wasi, subscriptions, events, count);
    }
    if (code == WASI_SUCCESS) {
        code = poll_set_wait(&set, &event_count);
    }
    if (code == WASI_SUCCESS) {
        bytes_store_u32(result, event_count);
    }
    return code;
}
