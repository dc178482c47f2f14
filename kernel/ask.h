/* Messages of the kernel's own: it asks a handler in an app's name, and is told the answer. Private to the kernel. */
#ifndef KERNEL_ASK_H
#define KERNEL_ASK_H

#include "kernel/state.h"

/* Who asked; kept by the asker until `answered` is called, which happens once. */
struct ask {
    /* The block stands until it returns. Error: 0 or the negative of an enum contract_error. */
    void (*answered)(struct ask *ask, int32_t error, const uint64_t words[MESSAGE_WORDS], struct bytes block);
};

/* Sends a message without a block through a capability, as one of the app's share. An error: nothing was sent, and `answered` is not called. */
enum contract_error ask_send(struct app *app, struct capability *capability, uint32_t operation, const uint64_t words[MESSAGE_WORDS],
                             struct ask *ask) MUST_CHECK;
/* The answer to a request, if it was one of the kernel's own; afterwards it is one that nobody waits for. */
void ask_answer(struct request *request, int32_t error, const uint64_t words[MESSAGE_WORDS], struct bytes block);
static inline void ask_fail(struct request *request, enum contract_error error) {
    static const uint64_t none[MESSAGE_WORDS] = {0};
    if (UNLIKELY(request->ask != NULL)) {
        ask_answer(request, -(int32_t)error, none, (struct bytes){0});
    }
}

#endif
