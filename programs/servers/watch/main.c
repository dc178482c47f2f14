/* watch: put between an app and any interface, it says of each message what it is, and passes it on unchanged. */
#include "programs/api/wrap.h"

static void say(const struct context *os, const struct wrap *wrap, const struct message *message) {
    struct wrap_line line = {.length = 0};
    wrap_line_text(&line, wrap->grant->label);
    wrap_line_text(&line, message->kind == MESSAGE_NOTICE ? ": notice " : ": operation ");
    wrap_line_number(&line, message->operation);
    if (message->block_size != 0) {
        wrap_line_text(&line, ", ");
        wrap_line_number(&line, message->block_size);
        wrap_line_text(&line, " bytes");
    }
    wrap_line_log(os, &line);
}

int32_t start(struct context *os) {
    const struct wrap wrap = wrap_of(os);
    for (uint32_t i = 0; i < os->inbox_count; i++) {
        const struct message *message = &os->inbox[i];
        if (message->grant == wrap.serve) {
            say(os, &wrap, message);
        }
        if (message->kind == MESSAGE_REQUEST) {
            wrap_pass_on(os, wrap.use, message);
        }
    }
    return TURN_WAIT;
}
