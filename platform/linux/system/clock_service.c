/* `clock`: the machine's two clocks, and waits, all on one alarm at the soonest. Who lost interest in a wait is noticed when its moment comes, or
   when room is wanted. */
#include "interfaces/clock.h"
#include "kernel/native.h"
#include "platform/linux/system/services.h"

#include <time.h>

#define WAITS_MAX 65536u

struct clock_wait {
    uint64_t id, until_ns;
};

struct clock_service {
    struct services *services;
    struct clock_wait *waits;
    uint32_t wait_count, wait_capacity;
    struct alarm alarm;
};

static uint64_t now_ns(const struct clock_service *clock) {
    const struct machine *machine = &clock->services->machine->machine;
    return machine->monotonic_ns(machine->context);
}

static void alarm_at_soonest(struct clock_service *clock) {
    uint64_t soonest_ns = UINT64_MAX;
    for (uint32_t index = 0; index < clock->wait_count; index++) {
        soonest_ns = clock->waits[index].until_ns < soonest_ns ? clock->waits[index].until_ns : soonest_ns;
    }
    alarm_set(clock->services->kernel, &clock->alarm, soonest_ns);
}

static void wait_answer(struct clock_service *clock, uint64_t id, uint64_t moment_ns) {
    struct native_work work;
    native_begin_later(&work, id);
    clock_wait_until_answer(&work.answer, &moment_ns);
    native_end(clock->services->kernel, &work);
}

/* Answers those whose moment has come, and forgets those that nobody waits for. */
static void waits_look(struct clock_service *clock) {
    uint64_t moment_ns = now_ns(clock);
    uint32_t kept = 0;
    for (uint32_t index = 0; index < clock->wait_count; index++) {
        struct clock_wait wait = clock->waits[index];
        if (wait.until_ns <= moment_ns) {
            wait_answer(clock, wait.id, moment_ns);
        } else if (service_is_awaited(clock->services->kernel, wait.id)) {
            clock->waits[kept++] = wait;
        }
    }
    clock->wait_count = kept;
    alarm_at_soonest(clock);
}

static void clock_ring(struct alarm *alarm) {
    waits_look(LIST_ENTRY(alarm, struct clock_service, alarm));
}

static bool waits_make_room(struct clock_service *clock) {
    if (clock->wait_count < clock->wait_capacity) {
        return true;
    }
    waits_look(clock);
    if (clock->wait_count < clock->wait_capacity) {
        return true;
    }
    uint32_t capacity = clock->wait_capacity == 0 ? 64 : clock->wait_capacity * 2;
    size_t size = sizeof *clock->waits;
    void *waits = NULL;
    if (capacity <= WAITS_MAX) {
        waits = budget_reallocate(clock->services->budget, clock->waits, clock->wait_capacity * size, capacity * size);
    }
    if (waits == NULL) {
        return false;
    }
    clock->waits = waits;
    clock->wait_capacity = capacity;
    return true;
}

static int32_t clock_wait_until(void *self, const struct wire_call *call, const struct clock_wait_until_arguments *arguments, uint64_t *result) {
    struct clock_service *clock = self;
    *result = now_ns(clock);
    if (arguments->monotonic_ns <= *result) {
        return 0;
    }
    if (call->id == 0) {
        return -WIRE_ARGUMENT;
    }
    if (!waits_make_room(clock)) {
        return -WIRE_LIMIT;
    }
    clock->waits[clock->wait_count++] = (struct clock_wait){call->id, arguments->monotonic_ns};
    if (clock->alarm.place == 0 || arguments->monotonic_ns < clock->alarm.at_ns) {
        alarm_set(clock->services->kernel, &clock->alarm, arguments->monotonic_ns);
    }
    return WIRE_LATER;
}

static int32_t clock_now(void *self, const struct wire_call *call, struct clock_moment *result) {
    const struct clock_service *clock = self;
    const struct machine *machine = &clock->services->machine->machine;
    (void)call;
    *result = (struct clock_moment){machine->monotonic_ns(machine->context), machine->wall_ns(machine->context)};
    return 0;
}

static uint64_t resolution_ns(clockid_t clock) {
    struct timespec resolution = {0, 1};
    clock_getres(clock, &resolution);
    return (uint64_t)resolution.tv_sec * 1000000000u + (uint64_t)resolution.tv_nsec;
}

static int32_t clock_resolution(void *self, const struct wire_call *call, struct clock_moment *result) {
    (void)self, (void)call;
    *result = (struct clock_moment){resolution_ns(CLOCK_MONOTONIC), resolution_ns(CLOCK_REALTIME)};
    return 0;
}

static const struct clock_handler handler = {.now = clock_now, .resolution = clock_resolution, .wait_until = clock_wait_until};

static void clock_receive(void *self, const struct native_request *native) {
    const struct clock_service *clock = self;
    struct native_work work;
    native_begin(&work, native);
    if (clock_dispatch(&handler, self, &work.request, &work.answer) == 0) {
        native_end(clock->services->kernel, &work);
    }
}

enum error clock_service_create(struct services *services, struct service **out, void **self) {
    static const uint8_t hash[] = CLOCK_HASH;
    struct clock_service *clock = budget_allocate_zeroed(services->budget, 1, sizeof *clock);
    if (clock == NULL) {
        return ERROR_NO_MEMORY;
    }
    clock->services = services;
    clock->alarm.ring = clock_ring;
    enum error error = alarm_reserve(services->kernel);
    if (error != ERROR_NONE) {
        budget_release(services->budget, clock, sizeof *clock);
        return error;
    }
    *self = clock;
    return service_create(services->kernel, hash, clock_receive, clock, out);
}

void clock_service_destroy(void *self) {
    struct clock_service *clock = self;
    alarm_set(clock->services->kernel, &clock->alarm, UINT64_MAX);
    alarm_unreserve(clock->services->kernel);
    budget_release(clock->services->budget, clock->waits, clock->wait_capacity * sizeof *clock->waits);
    budget_release(clock->services->budget, clock, sizeof *clock);
}
