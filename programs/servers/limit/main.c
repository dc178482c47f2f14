/* limit: put between an app and any interface, it passes on the first messages and refuses those behind. */
#include "programs/api/wrap.h"

#define MESSAGES_MAX 10

static uint32_t passed_count;

int32_t start(struct context *os) {
    const struct wrap wrap = wrap_of(os);
    for (uint32_t i = 0; i < os->inbox_count; i++) {
        const struct message *message = &os->inbox[i];
        if (message->kind != MESSAGE_REQUEST) {
            continue;
        }
        if (passed_count < MESSAGES_MAX) {
            passed_count++;
            wrap_pass_on(os, wrap.use, message);
        } else {
            wrap_refuse(os, message, ARGOS_REFUSED);
        }
    }
    return TURN_WAIT;
}
