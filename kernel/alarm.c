/* Alarms: a binary heap by the moment that each is due. Room for each was reserved before it was set for the first time. */
#include "kernel/schedule.h"

enum error alarm_reserve(struct kernel *kernel) {
    if (kernel->alarm_reserved == kernel->alarm_capacity) {
        uint32_t capacity = kernel->alarm_capacity == 0 ? 16 : kernel->alarm_capacity * 2;
        size_t size = sizeof *kernel->alarms;
        void *alarms = budget_reallocate(kernel->budget, kernel->alarms, kernel->alarm_capacity * size, capacity * size);
        if (alarms == NULL) {
            return ERROR_NO_MEMORY;
        }
        kernel->alarms = alarms;
        kernel->alarm_capacity = capacity;
    }
    kernel->alarm_reserved++;
    return ERROR_NONE;
}

void alarm_unreserve(struct kernel *kernel) {
    ASSERT(kernel->alarm_reserved > kernel->alarm_count);
    kernel->alarm_reserved--;
}

static void alarm_place(struct kernel *kernel, uint32_t index, struct alarm *alarm) {
    kernel->alarms[index] = alarm;
    alarm->place = index + 1;
}

static void alarm_up(struct kernel *kernel, uint32_t index) {
    struct alarm *alarm = kernel->alarms[index];
    while (index > 0) {
        uint32_t parent = (index - 1) / 2;
        if (kernel->alarms[parent]->at_ns <= alarm->at_ns) {
            break;
        }
        alarm_place(kernel, index, kernel->alarms[parent]);
        index = parent;
    }
    alarm_place(kernel, index, alarm);
}

static void alarm_down(struct kernel *kernel, uint32_t index) {
    struct alarm *alarm = kernel->alarms[index];
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= kernel->alarm_count) {
            break;
        }
        if (child + 1 < kernel->alarm_count && kernel->alarms[child + 1]->at_ns < kernel->alarms[child]->at_ns) {
            child++;
        }
        if (alarm->at_ns <= kernel->alarms[child]->at_ns) {
            break;
        }
        alarm_place(kernel, index, kernel->alarms[child]);
        index = child;
    }
    alarm_place(kernel, index, alarm);
}

static void alarm_remove(struct kernel *kernel, struct alarm *alarm) {
    uint32_t index = alarm->place - 1;
    alarm->place = 0;
    struct alarm *last = kernel->alarms[--kernel->alarm_count];
    if (last == alarm) {
        return;
    }
    alarm_place(kernel, index, last);
    alarm_down(kernel, index);
    alarm_up(kernel, last->place - 1);
}

void alarm_set(struct kernel *kernel, struct alarm *alarm, uint64_t at_ns) {
    if (alarm->place != 0) {
        alarm_remove(kernel, alarm);
    }
    alarm->at_ns = at_ns;
    if (at_ns != UINT64_MAX) {
        ASSERT(kernel->alarm_count < kernel->alarm_reserved);
        alarm_place(kernel, kernel->alarm_count, alarm);
        kernel->alarm_count++;
        alarm_up(kernel, kernel->alarm_count - 1);
    }
}

void alarm_run(struct kernel *kernel, uint64_t now_ns) {
    while (kernel->alarm_count > 0 && kernel->alarms[0]->at_ns <= now_ns) {
        struct alarm *alarm = kernel->alarms[0];
        alarm_remove(kernel, alarm);
        alarm->ring(alarm);
    }
}
