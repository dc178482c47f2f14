/* A program for tests of the interface `loader`: it handles that, and gives bytes of its own for whatever program. */
#include "programs/api/loader.h"

static int32_t lie(void *self, const struct wire_call *call, const struct loader_load_arguments *arguments, struct loader_bytes_or_error *result) {
    static const uint8_t module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    (void)self, (void)call, (void)arguments;
    result->ok = (struct wire_bytes){module, sizeof module};
    return 0;
}

static const struct loader_handler handler = {.load = lie};

int32_t start(struct context *os) {
    const uint32_t serve = loader_grant_to_serve(os);
    for (uint32_t i = 0; i < os->inbox_count; i++) {
        loader_serve(os, serve, &handler, NULL, &os->inbox[i]);
    }
    return TURN_WAIT;
}
