/* Revoking: requests know what they went through, and are few. */
#include "kernel/revoke.h"

#include "kernel/ask.h"
#include "kernel/capability.h"
#include "kernel/complete.h"

static bool is_derived(const struct capability *capability, const struct capability *from) {
    while (capability != NULL && capability != from) {
        capability = capability->parent;
    }
    return capability != NULL;
}

static bool is_under_way(const struct request *request, const struct capability *capability) {
    bool has_state = request->state == REQUEST_WAITING || request->state == REQUEST_QUEUED || request->state == REQUEST_DELIVERED;
    return has_state && is_derived(request->capability, capability);
}

void capability_revoke(struct kernel *kernel, struct capability *capability) {
    const struct request_pool *pool = &kernel->requests;
    capability_copy(capability); /* it stays while requests through it end */
    capability_end(capability);
    for (uint32_t index = 0; index < pool->chunk_count * REQUEST_CHUNK; index++) {
        struct request *request = &pool->chunks[index / REQUEST_CHUNK][index % REQUEST_CHUNK];
        if (is_under_way(request, capability) && request->state == REQUEST_DELIVERED && request->ask != NULL) {
            ask_fail(request, ARGOS_REVOKED);
            request_cancel(kernel, request);
        } else if (is_under_way(request, capability) && !(request->state == REQUEST_DELIVERED && request->sender == NULL)) {
            request_lose(kernel, request, ARGOS_REVOKED);
        }
    }
    capability_drop(kernel, capability);
}
