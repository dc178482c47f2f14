/* Requests: messages on their way, and the answers that are owed. Private to the kernel. */
#ifndef KERNEL_REQUEST_H
#define KERNEL_REQUEST_H

#include "kernel/capability.h"
#include "kernel/state.h"

/* All apps have ended: what still waits for a handler wants no answer, and comes to nothing. */
void request_end_waiting(struct kernel *kernel);
void request_pool_begin(struct request_pool *pool);
void request_pool_end(struct kernel *kernel);
/* Makes sure that so many more can be taken. */
enum error request_reserve(struct kernel *kernel, uint32_t count) MUST_CHECK;
void request_unreserve(struct kernel *kernel, uint32_t count);
/* In REQUEST_MADE, with a new id, and of a payer that has one of its share left; without block, grants, capability, sender and receiver. What kind
   of request it is, and its message, are as they were. */
struct request *request_take(struct app *payer);
/* A copy of this block, kept while it waits for a handler. ARGOS_TOO_LARGE, ARGOS_LIMIT, ARGOS_NO_MEMORY: it is none. */
enum contract_error request_block_keep(struct app *payer, struct service *service, struct bytes data, struct block *out) MUST_CHECK;
/* Into its receiver's area, whose handler is there now. False: there is no room for it. */
bool request_block_place(struct app *receiver, struct request *request) MUST_CHECK;
/* Wherever it is. */
void request_block_release(struct request *request);
/* Releases its block, its grants and its capability, and takes it out of all lists. */
void request_free(struct kernel *kernel, struct request *request);
/* The spare one of this app, if it has one. */
void request_drop_spare(struct app *payer);
/* The payer's spare one has served. */
static inline void request_rest(struct kernel *kernel, struct request *request) {
    request->state = REQUEST_KEPT;
    capability_drop_one(kernel, request->capability);
    request->capability = NULL;
}
/* One of the caller's own calls is over, and it has no block, no grants and stands in no list: it becomes its spare one, unless it has one. The error
   that its answer said. */
static inline int32_t request_keep(struct app *payer, struct request *request) {
    int32_t error = request->message.error;
    if (payer->spare != NULL) {
        request_free(payer->kernel, request);
        return error;
    }
    payer->spare = request;
    payer->paid_count--;
    request_rest(payer->kernel, request);
    return error;
}
/* An app that pays for requests is about to be freed: those that others still have keep their places in the pool until they are free. */
void request_payer_ends(struct app *app);
/* Those that travel with it and that nobody has taken. */
void request_drop_grants(struct kernel *kernel, struct request *request);

#define REQUEST_INDEX_BITS 24u
#define REQUEST_INDEX_MASK ((1ull << REQUEST_INDEX_BITS) - 1)
#define REQUEST_GENERATION (1ull << REQUEST_INDEX_BITS)

/* The new id. Generations are not 0 and end before ids are negative; then they begin again, which is years away. */
static inline uint64_t request_renew(struct request *request) {
    request->id += REQUEST_GENERATION;
    if (UNLIKELY((int64_t)request->id < 0)) {
        request->id = (request->id & REQUEST_INDEX_MASK) | REQUEST_GENERATION;
    }
    return request->id;
}

/* The request of this id that is not free, or NULL. */
static inline struct request *request_find(const struct kernel *kernel, uint64_t id) {
    uint64_t index = id & REQUEST_INDEX_MASK;
    if (UNLIKELY(index >= (uint64_t)kernel->requests.chunk_count * REQUEST_CHUNK)) {
        return NULL;
    }
    struct request *request = &kernel->requests.chunks[index / REQUEST_CHUNK][index % REQUEST_CHUNK];
    return request->id == id && request->state > REQUEST_KEPT ? request : NULL;
}

#endif
