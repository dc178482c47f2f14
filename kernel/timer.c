/* Timers: a binary heap of apps by wake_at_ns. Each app has at most one; room for it was reserved when it started. */
#include "kernel/schedule.h"

enum error timer_reserve(struct kernel *kernel) {
    if (kernel->app_count < kernel->timer_capacity) {
        return ERROR_NONE;
    }
    uint32_t capacity = kernel->timer_capacity == 0 ? 16 : kernel->timer_capacity * 2;
    size_t size = sizeof *kernel->timers;
    void *timers = budget_reallocate(kernel->budget, kernel->timers, kernel->timer_capacity * size, capacity * size);
    if (timers == NULL) {
        return ERROR_NO_MEMORY;
    }
    kernel->timers = timers;
    kernel->timer_capacity = capacity;
    return ERROR_NONE;
}

static void timer_place(struct kernel *kernel, uint32_t index, struct app *app) {
    kernel->timers[index] = app;
    app->timer = index + 1;
}

static void timer_up(struct kernel *kernel, uint32_t index) {
    struct app *app = kernel->timers[index];
    while (index > 0) {
        uint32_t parent = (index - 1) / 2;
        if (kernel->timers[parent]->wake_at_ns <= app->wake_at_ns) {
            break;
        }
        timer_place(kernel, index, kernel->timers[parent]);
        index = parent;
    }
    timer_place(kernel, index, app);
}

static void timer_down(struct kernel *kernel, uint32_t index) {
    struct app *app = kernel->timers[index];
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= kernel->timer_count) {
            break;
        }
        if (child + 1 < kernel->timer_count && kernel->timers[child + 1]->wake_at_ns < kernel->timers[child]->wake_at_ns) {
            child++;
        }
        if (app->wake_at_ns <= kernel->timers[child]->wake_at_ns) {
            break;
        }
        timer_place(kernel, index, kernel->timers[child]);
        index = child;
    }
    timer_place(kernel, index, app);
}

static void timer_remove(struct app *app) {
    struct kernel *kernel = app->kernel;
    uint32_t index = app->timer - 1;
    app->timer = 0;
    struct app *last = kernel->timers[--kernel->timer_count];
    if (last == app) {
        return;
    }
    timer_place(kernel, index, last);
    timer_down(kernel, index);
    timer_up(kernel, last->timer - 1);
}

void timer_change(struct app *app, uint64_t at_ns) {
    if (app->timer != 0) {
        timer_remove(app);
    }
    app->wake_at_ns = at_ns;
    if (at_ns != UINT64_MAX) {
        struct kernel *kernel = app->kernel;
        ASSERT(kernel->timer_count < kernel->timer_capacity);
        timer_place(kernel, kernel->timer_count, app);
        kernel->timer_count++;
        timer_up(kernel, kernel->timer_count - 1);
    }
}

void timer_run(struct kernel *kernel, uint64_t now_ns) {
    while (kernel->timer_count > 0 && kernel->timers[0]->wake_at_ns <= now_ns) {
        struct app *app = kernel->timers[0];
        timer_remove(app);
        app->wake_at_ns = UINT64_MAX;
        schedule_resume(app);
    }
}
