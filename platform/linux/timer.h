/* A time limit for what runs in a store: a thread that waits, and then stops it. */
#ifndef PLATFORM_LINUX_TIMER_H
#define PLATFORM_LINUX_TIMER_H

#include "platform/linux/streams.h"
#include "wasm/wasm.h"

#include <pthread.h>
#include <time.h>

struct timer {
    struct wasm_store *store;
    struct streams *streams;
    pthread_t thread;
    pthread_t target; /* who started the timer: the thread that runs the store */
    struct timespec deadline;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool is_over;
    bool has_fired;
};

/* Starts to count. After timeout_ns the store is stopped (wasm_store_stop), and until timer_end the calling thread gets
   SIGALRM a hundred times a second, which ends calls that block (streams_stop). ERROR_HOST when there can be no thread;
   then there is nothing to end. */
enum error timer_start(struct timer *timer, uint64_t timeout_ns, struct wasm_store *store, struct streams *streams) MUST_CHECK;
/* Stops counting; true when the time was up before. From the thread that started it, before the store is destroyed. */
bool timer_end(struct timer *timer);

#endif
