/* A time limit for what runs in the stores of a kernel: a thread that waits, and then stops them. Who waits in the kernel is the kernel's affair; it
   is woken for that. */
#ifndef PLATFORM_LINUX_TIMER_H
#define PLATFORM_LINUX_TIMER_H

#include "kernel/kernel.h"

#include <pthread.h>
#include <time.h>

struct timer {
    struct store_watch watch; /* for kernel_options */
    const struct machine *machine;
    struct budget *budget;
    pthread_t thread;
    struct timespec deadline;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct wasm_store **stores;
    uint32_t store_count, store_capacity;
    bool is_over;
    bool has_fired;
};

/* Starts to count. After timeout_ns, and until timer_end, all stores that the watch was told of are stopped (wasm_store_stop) and the machine is
   woken, a hundred times a second. ERROR_HOST when there can be no thread; then there is nothing to end. */
enum error timer_start(struct timer *timer, uint64_t timeout_ns, const struct machine *machine, struct budget *budget) MUST_CHECK;
/* Whether the time is up. */
bool timer_has_fired(struct timer *timer);
/* Stops counting; true when the time was up before. The kernel has no apps any more. */
bool timer_end(struct timer *timer);

#endif
