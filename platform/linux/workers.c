/* The threads of workers.h. What they share with others is in the engine, but for the delay before they begin. */
#include "platform/linux/workers.h"

#include "base/assert.h"

#include <sched.h>
#include <signal.h>
#include <time.h>

#define NANOSECONDS_PER_SECOND 1000000000u

uint32_t workers_core_count(void) {
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) {
        return 1; /* more than a set has room for, or none: one is there */
    }
    int count = CPU_COUNT(&cores);
    return count < 1 ? 1 : (uint32_t)count;
}

/* False when it is over before the delay is. */
static bool delay_wait(struct workers *workers) {
    int error = 0;
    pthread_mutex_lock(&workers->lock);
    while (!workers->is_over && error == 0) {
        error = pthread_cond_timedwait(&workers->changed, &workers->lock, &workers->begin);
    }
    bool is_over = workers->is_over;
    pthread_mutex_unlock(&workers->lock);
    return !is_over;
}

static void *thread_run(void *argument) {
    struct workers_thread *thread = argument;
    if (thread->workers->is_idle) {
        const struct sched_param param = {.sched_priority = 0};
        pthread_setschedparam(pthread_self(), SCHED_IDLE, &param);
    }
    if (!delay_wait(thread->workers)) {
        return NULL;
    }
    enum error error;
    do {
        error = wasm_worker_step(thread->worker); /* where the memory ends, another function may still fit */
    } while (error != ERROR_NOT_FOUND);
    return NULL;
}

/* Signals are for the program's thread: what blocks there waits for them. */
static int thread_start(struct workers_thread *thread) {
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGFPE);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread->thread, NULL, thread_run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void workers_init(struct workers *workers, const struct workers_options *options) {
    pthread_condattr_t monotonic;
    workers->is_idle = options->is_idle;
    workers->is_over = false;
    workers->count = 0;
    ASSERT(pthread_mutex_init(&workers->lock, NULL) == 0);
    ASSERT(pthread_condattr_init(&monotonic) == 0);
    ASSERT(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    ASSERT(pthread_cond_init(&workers->changed, &monotonic) == 0);
    pthread_condattr_destroy(&monotonic);
    clock_gettime(CLOCK_MONOTONIC, &workers->begin);
    uint64_t begin_ns = (uint64_t)workers->begin.tv_nsec + options->delay_ns;
    workers->begin.tv_sec += (time_t)(begin_ns / NANOSECONDS_PER_SECOND);
    workers->begin.tv_nsec = (long)(begin_ns % NANOSECONDS_PER_SECOND);
}

void workers_start(struct workers *workers, struct wasm_module *module, struct budget *budget, const struct workers_options *options) {
    workers_init(workers, options);
    while (workers->count < options->count && workers->count < WORKERS_MAX) {
        struct workers_thread *thread = &workers->threads[workers->count];
        thread->workers = workers;
        if (wasm_worker_create(module, budget, options->scratch_bytes, &thread->worker) != ERROR_NONE) {
            return;
        }
        if (thread_start(thread) != 0) {
            wasm_worker_destroy(thread->worker);
            return;
        }
        workers->count++;
    }
}

void workers_stop(struct workers *workers) {
    pthread_mutex_lock(&workers->lock);
    workers->is_over = true;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
    for (uint32_t i = 0; i < workers->count; i++) {
        wasm_worker_stop(workers->threads[i].worker);
    }
}

void workers_end(struct workers *workers) {
    for (uint32_t i = 0; i < workers->count; i++) {
        ASSERT(pthread_join(workers->threads[i].thread, NULL) == 0);
        wasm_worker_destroy(workers->threads[i].worker);
    }
    pthread_cond_destroy(&workers->changed);
    pthread_mutex_destroy(&workers->lock);
}
