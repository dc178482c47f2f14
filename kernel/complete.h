/* How a request ends: answered, failed, or taken back. Private to the kernel. */
#ifndef KERNEL_COMPLETE_H
#define KERNEL_COMPLETE_H

#include "kernel/state.h"

/* request->message is the answer now: it goes to the sender, or nowhere when nobody waits. */
void request_complete(struct kernel *kernel, struct request *request);
/* Answers with an error, whatever state the request is in. */
void request_fail(struct kernel *kernel, struct request *request, enum contract_error error);
/* Its sender has no more interest: a receiver that has seen it is told. */
void request_cancel(struct kernel *kernel, struct request *request);
/* Copies the block of an answer to who asked; false when there is no room for it. The request's own block is gone already. */
bool answer_block_put(struct request *request, const uint8_t *data, uint32_t size) MUST_CHECK;

#endif
