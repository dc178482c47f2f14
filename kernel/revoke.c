/* Revoking: requests know what they went through, and are few. */
#include "kernel/revoke.h"

#include "kernel/capability.h"
#include "kernel/complete.h"

static bool is_under_way(const struct request *request, const struct capability *capability) {
    bool has_state = request->state == REQUEST_WAITING || request->state == REQUEST_QUEUED || request->state == REQUEST_DELIVERED;
    return has_state && request->capability == capability;
}

void capability_revoke(struct kernel *kernel, struct capability *capability) {
    const struct request_pool *pool = &kernel->requests;
    capability->reference_count++; /* it stays while requests through it end */
    capability->is_revoked = true;
    for (uint32_t index = 0; index < pool->chunk_count * REQUEST_CHUNK; index++) {
        struct request *request = &pool->chunks[index / REQUEST_CHUNK][index % REQUEST_CHUNK];
        if (is_under_way(request, capability) && !(request->state == REQUEST_DELIVERED && request->sender == NULL)) {
            request_lose(kernel, request, ARGOS_REVOKED);
        }
    }
    capability_drop(kernel, capability);
}
