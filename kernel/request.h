/* Requests: messages on their way, and the answers that are owed. Private to the kernel. */
#ifndef KERNEL_REQUEST_H
#define KERNEL_REQUEST_H

#include "kernel/state.h"

void request_pool_begin(struct request_pool *pool);
void request_pool_end(struct kernel *kernel);
/* Makes sure that so many more can be taken. */
enum error request_reserve(struct kernel *kernel, uint32_t count) MUST_CHECK;
void request_unreserve(struct kernel *kernel, uint32_t count);
/* In REQUEST_MADE, with a new id, and of a payer that has one of its share left; without block, grants, capability, sender and receiver. What kind
   of request it is, and its message, are as they were. */
struct request *request_take(struct app *payer);
/* Releases its block, its grants and its capability, and takes it out of all lists. */
void request_free(struct kernel *kernel, struct request *request);
/* An app that pays for requests is about to be freed: those that others still have keep their places in the pool until they are free. */
void request_payer_ends(struct app *app);
/* Those that travel with it and that nobody has taken. */
void request_drop_grants(struct kernel *kernel, struct request *request);
/* The request of this id that is not free, or NULL. */
struct request *request_find(const struct kernel *kernel, uint64_t id);

#endif
