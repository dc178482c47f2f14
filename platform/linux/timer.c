/* The time limit. An interrupt that meets the thread in a signal handler is lost, and a store may begin at any moment, so all are stopped again and
   again until the runner says that it is out. */
#include "platform/linux/timer.h"

#include "base/assert.h"

#include <errno.h>

#define NANOSECONDS_PER_SECOND 1000000000
#define REPEAT_NS              10000000

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
        timer->has_fired = true;
        for (uint32_t index = 0; index < timer->store_count; index++) {
            wasm_store_stop(timer->stores[index]);
        }
        timer->machine->wake(timer->machine->context);
        time_add(&timer->deadline, REPEAT_NS);
    }
    pthread_mutex_unlock(&timer->lock);
    return NULL;
}

/* ---- Stores ---- */

static enum error stores_make_room(struct timer *timer) {
    uint32_t capacity = timer->store_capacity == 0 ? 16 : timer->store_capacity * 2;
    size_t size = sizeof *timer->stores;
    if (timer->store_count < timer->store_capacity) {
        return ERROR_NONE;
    }
    void *stores = budget_reallocate(timer->budget, timer->stores, timer->store_capacity * size, capacity * size);
    if (stores == NULL) {
        return ERROR_NO_MEMORY;
    }
    timer->stores = stores;
    timer->store_capacity = capacity;
    return ERROR_NONE;
}

static enum error store_begins(void *context, struct wasm_store *store) {
    struct timer *timer = context;
    pthread_mutex_lock(&timer->lock);
    enum error error = stores_make_room(timer);
    if (error == ERROR_NONE) {
        timer->stores[timer->store_count++] = store;
    }
    pthread_mutex_unlock(&timer->lock);
    return error;
}

static void store_ends(void *context, struct wasm_store *store) {
    struct timer *timer = context;
    uint32_t index = 0;
    pthread_mutex_lock(&timer->lock);
    while (timer->stores[index] != store) {
        index++;
        ASSERT(index < timer->store_count);
    }
    timer->stores[index] = timer->stores[--timer->store_count];
    pthread_mutex_unlock(&timer->lock);
}

/* ---- The whole ---- */

enum error timer_start(struct timer *timer, uint64_t timeout_ns, const struct machine *machine, struct budget *budget) {
    *timer = (struct timer){.watch = {timer, store_begins, store_ends}, .machine = machine, .budget = budget};
    pthread_condattr_t monotonic;
    ASSERT(pthread_mutex_init(&timer->lock, NULL) == 0);
    ASSERT(pthread_condattr_init(&monotonic) == 0);
    ASSERT(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    ASSERT(pthread_cond_init(&timer->changed, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    clock_gettime(CLOCK_MONOTONIC, &timer->deadline);
    time_add(&timer->deadline, timeout_ns);
    if (pthread_create(&timer->thread, NULL, timer_run, timer) != 0) {
        pthread_cond_destroy(&timer->changed);
        pthread_mutex_destroy(&timer->lock);
        return ERROR_HOST;
    }
    return ERROR_NONE;
}

bool timer_has_fired(struct timer *timer) {
    pthread_mutex_lock(&timer->lock);
    bool has_fired = timer->has_fired;
    pthread_mutex_unlock(&timer->lock);
    return has_fired;
}

bool timer_end(struct timer *timer) {
    ASSERT(timer->store_count == 0);
    pthread_mutex_lock(&timer->lock);
    timer->is_over = true;
    pthread_cond_signal(&timer->changed);
    pthread_mutex_unlock(&timer->lock);
    ASSERT(pthread_join(timer->thread, NULL) == 0);
    pthread_cond_destroy(&timer->changed);
    pthread_mutex_destroy(&timer->lock);
    budget_release(timer->budget, timer->stores, timer->store_capacity * sizeof *timer->stores);
    return timer->has_fired;
}
