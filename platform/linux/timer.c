/* The time limit. A signal that arrives just before a call blocks does not interrupt it, so it is sent again and again
   until the runner says that it is out. */
#include "platform/linux/timer.h"

#include "base/assert.h"

#include <errno.h>
#include <signal.h>

#define NANOSECONDS_PER_SECOND 1000000000
#define REPEAT_NS              10000000

static void alarm_handle(int number) {
    (void)number; /* It has interrupted what blocked; that is all it is for. */
}

static void time_add(struct timespec *time, uint64_t nanoseconds) {
    uint64_t seconds = nanoseconds / NANOSECONDS_PER_SECOND;
    time->tv_nsec += (long)(nanoseconds % NANOSECONDS_PER_SECOND);
    if (time->tv_nsec >= NANOSECONDS_PER_SECOND) {
        time->tv_nsec -= NANOSECONDS_PER_SECOND;
        time->tv_sec++;
    }
    time->tv_sec += (time_t)seconds;
}

static void *timer_run(void *argument) {
    struct timer *timer = argument;
    pthread_mutex_lock(&timer->lock);
    while (!timer->is_over) {
        if (pthread_cond_timedwait(&timer->changed, &timer->lock, &timer->deadline) != ETIMEDOUT) {
            continue;
        }
        if (!timer->has_fired) {
            timer->has_fired = true;
            streams_stop(timer->streams);
        }
        wasm_store_stop(timer->store);
        pthread_kill(timer->target, SIGALRM);
        time_add(&timer->deadline, REPEAT_NS);
    }
    pthread_mutex_unlock(&timer->lock);
    return NULL;
}

static void timer_init(struct timer *timer, uint64_t timeout_ns, struct wasm_store *store, struct streams *streams) {
    *timer = (struct timer){.store = store, .streams = streams, .target = pthread_self()};
    pthread_condattr_t monotonic;
    ASSERT(pthread_mutex_init(&timer->lock, NULL) == 0);
    ASSERT(pthread_condattr_init(&monotonic) == 0);
    ASSERT(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    ASSERT(pthread_cond_init(&timer->changed, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    clock_gettime(CLOCK_MONOTONIC, &timer->deadline);
    time_add(&timer->deadline, timeout_ns);
}

enum error timer_start(struct timer *timer, uint64_t timeout_ns, struct wasm_store *store, struct streams *streams) {
    timer_init(timer, timeout_ns, store, streams);
    struct sigaction action = {.sa_handler = alarm_handle, .sa_flags = SA_ONSTACK}; /* no SA_RESTART */
    sigemptyset(&action.sa_mask);
    /* wasm_store_stop interrupts compiled code by SIGURG, which must not find the thread in this handler, or on a stack of compiled code in it. */
    sigaddset(&action.sa_mask, SIGURG);
    ASSERT(sigaction(SIGALRM, &action, NULL) == 0);
    if (pthread_create(&timer->thread, NULL, timer_run, timer) != 0) {
        pthread_cond_destroy(&timer->changed);
        pthread_mutex_destroy(&timer->lock);
        return ERROR_HOST;
    }
    return ERROR_NONE;
}

bool timer_end(struct timer *timer) {
    pthread_mutex_lock(&timer->lock);
    timer->is_over = true;
    pthread_cond_signal(&timer->changed);
    pthread_mutex_unlock(&timer->lock);
    ASSERT(pthread_join(timer->thread, NULL) == 0);
    pthread_cond_destroy(&timer->changed);
    pthread_mutex_destroy(&timer->lock);
    return timer->has_fired;
}
