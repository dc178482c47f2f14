/* How a request ends: answered, failed, or taken back. Private to the kernel. */
#ifndef KERNEL_COMPLETE_H
#define KERNEL_COMPLETE_H

#include "kernel/state.h"

/* request->message is the answer now: it goes to the sender, or nowhere when nobody waits. */
void request_complete(struct kernel *kernel, struct request *request);
/* Answers with an error, whatever state the request is in. */
void request_fail(struct kernel *kernel, struct request *request, enum contract_error error);
/* Ends one for its sender alone, with an error, at once and without memory for it: a receiver that has seen it keeps what came with it, is told that
   it is cancelled, and may answer to no effect. */
void request_lose(struct kernel *kernel, struct request *request, enum contract_error error);
/* The next answer of this kind that the app has not seen; false: there is none. */
bool request_lost_take(struct app *app, struct message *out);
/* Its receiver has done with it: it is free, unless its sender is still to learn that it was lost. */
void request_done(struct kernel *kernel, struct request *request);
/* Its sender has no more interest: a receiver that has seen it is told. */
void request_cancel(struct kernel *kernel, struct request *request);
/* Copies the block of an answer to who asked; false when there is no room for it. The request's own block is gone already. */
bool answer_block_put(struct request *request, const uint8_t *data, uint32_t size) MUST_CHECK;

#endif
