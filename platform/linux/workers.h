/* Threads that compile functions of a module: in the background of a run, or as many as there are cores for argos compile. They handle no signals
   but their own faults. */
#ifndef PLATFORM_LINUX_WORKERS_H
#define PLATFORM_LINUX_WORKERS_H

#include "wasm/wasm.h"

#include <pthread.h>
#include <stdbool.h>

#define WORKERS_MAX 256

struct workers_options {
    uint32_t count;         /* of threads */
    uint64_t scratch_bytes; /* of each, see wasm_worker_create */
    uint64_t delay_ns;      /* that they wait before they begin */
    bool is_idle;           /* they take only what processor time nobody else wants */
};

struct workers_thread {
    struct workers *workers;
    struct wasm_worker *worker;
    pthread_t thread;
};

/* Stays where it is from workers_start to workers_end. */
struct workers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct timespec begin; /* not before that */
    bool is_idle;
    bool is_over; /* under the lock */
    uint32_t count;
    struct workers_thread threads[WORKERS_MAX];
};

/* How many cores this process may use. */
uint32_t workers_core_count(void);
/* Starts as many of the threads as the host and the budget, which is for any thread, have room for: maybe none. */
void workers_start(struct workers *workers, struct wasm_module *module, struct budget *budget, const struct workers_options *options);
/* Makes them end soon. Does not wait. */
void workers_stop(struct workers *workers);
/* Waits until all have ended, because there was nothing left to do or because they were stopped. */
void workers_end(struct workers *workers);

#endif
