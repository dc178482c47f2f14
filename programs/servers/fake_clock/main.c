/* fake_clock: handles `clock` with a time of its own. Each look at the clock is a second after the one before, from the first of January 2000 on, and
   waiting takes no time: what depends on time can be tried as fast as it runs, and comes out the same each time. */
#include "programs/api/clock.h"

#define SECOND_NS 1000000000u
#define WALL_AT_0 (946684800ull * SECOND_NS)

static uint64_t now_ns;

static int32_t fake_now(void *self, const struct wire_call *call, struct clock_moment *result) {
    (void)self, (void)call;
    now_ns += SECOND_NS;
    *result = (struct clock_moment){now_ns, WALL_AT_0 + now_ns};
    return 0;
}

static int32_t fake_resolution(void *self, const struct wire_call *call, struct clock_moment *result) {
    (void)self, (void)call;
    *result = (struct clock_moment){SECOND_NS, SECOND_NS};
    return 0;
}

static int32_t fake_wait_until(void *self, const struct wire_call *call, const struct clock_wait_until_arguments *arguments, uint64_t *result) {
    (void)self, (void)call;
    now_ns = arguments->monotonic_ns > now_ns ? arguments->monotonic_ns : now_ns;
    *result = now_ns;
    return 0;
}

static const struct clock_handler handler = {.now = fake_now, .resolution = fake_resolution, .wait_until = fake_wait_until};

int32_t start(struct context *os) {
    const uint32_t serve = clock_grant_to_serve(os);
    for (uint32_t i = 0; i < os->inbox_count; i++) {
        clock_serve(os, serve, &handler, NULL, &os->inbox[i]);
    }
    return TURN_WAIT;
}
