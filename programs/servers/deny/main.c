/* deny: put between an app and any interface, it refuses everything. The app sees that it may not, and not that there is nobody. */
#include "programs/api/wrap.h"

int32_t start(struct context *os) {
    for (uint32_t i = 0; i < os->inbox_count; i++) {
        if (os->inbox[i].kind == MESSAGE_REQUEST) {
            wrap_refuse(os, &os->inbox[i], ARGOS_REFUSED);
        }
    }
    return TURN_WAIT;
}
