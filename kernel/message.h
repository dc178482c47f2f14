/* Messages: sending, answering, calling. What the context's functions do, on the app's own fiber; results are 0 or more, or the negative of an enum
   contract_error. Private to the kernel. */
#ifndef KERNEL_MESSAGE_H
#define KERNEL_MESSAGE_H

#include "kernel/state.h"

int64_t message_send(struct app *app, guest_address message);
int32_t message_answer(struct app *app, uint64_t id, guest_address answer);
int32_t message_wait(struct app *app, guest_address out, uint32_t count, uint64_t until_ns);
int32_t message_call(struct app *app, guest_address message, guest_address answer, uint64_t until_ns);
/* What is left of a call whose request is on its way: waits for the answer. */
int32_t message_call_end(struct app *app, struct request *request, guest_address answer, uint64_t until_ns);

#endif
