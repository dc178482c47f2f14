/* What a kernel stands on, on Linux. One thread runs the kernel; `wake` may come from others. */
#ifndef PLATFORM_LINUX_MACHINE_H
#define PLATFORM_LINUX_MACHINE_H

#include "kernel/machine.h"
#include "platform/linux/system/cells.h"

/* Called while the kernel sleeps, on its thread, when this descriptor can be read, or written. */
struct machine_event {
    int descriptor;
    bool is_output;
    void (*ready)(void *context);
    void *context;
};

#define MACHINE_EVENTS_MAX 16
#define MACHINE_SLOTS_MAX  64

struct linux_machine {
    struct machine machine;       /* for kernel_create */
    struct wasm_host host, plain; /* what the kernel sees, with what is kept for it; the host's own */
    struct cells cells;
    int pool;           /* memfd that all pages are in */
    uint8_t *pool_base; /* all of it, as the kernel sees it */
    uint64_t pool_next; /* bytes that were never taken */
    uint64_t pool_bytes;
    uint64_t free_runs[64];         /* of 2^n pages each: the first one's offset + 1; the next one's stands in the run */
    uint64_t resident_bytes;        /* of free runs that keep their memory */
    void *slots[MACHINE_SLOTS_MAX]; /* empty reservations for linear memories, of so many bytes each */
    uint32_t slot_count;
    size_t slot_bytes;
    int wake; /* eventfd */
    struct machine_event events[MACHINE_EVENTS_MAX];
    uint32_t event_count;
    uint64_t monotonic_ns, read_at_cycles, period_cycles; /* the clock as it was read last, and how long that is good enough */
};

/* ERROR_HOST or ERROR_NO_MEMORY, with a report. The struct stays where it is. */
enum error linux_machine_create(struct linux_machine *machine, struct report *report) MUST_CHECK;
void linux_machine_destroy(struct linux_machine *machine);
/* False when there are too many. */
bool linux_machine_watch(struct linux_machine *machine, const struct machine_event *event) MUST_CHECK;
void linux_machine_unwatch(struct linux_machine *machine, int descriptor);

#endif
