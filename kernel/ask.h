/* Messages of the kernel's own: it asks a handler in an app's name, and is told the answer. Private to the kernel. */
#ifndef KERNEL_ASK_H
#define KERNEL_ASK_H

#include "kernel/guest.h"
#include "kernel/state.h"

/* Sends a message through a capability, as one of the app's share; *id is the request's, as long as it is not answered. The ask is kept until it is.
   An error: nothing was sent, and `answered` is not called. ARGOS_FULL: there is no room just now. */
enum contract_error ask_send(struct app *app, struct capability *capability, const struct ask_message *message, struct ask *ask,
                             uint64_t *id) MUST_CHECK;
/* The answer to a request, if it was one of the kernel's own; afterwards it is one that nobody waits for. */
void ask_answer(struct request *request, int32_t error, const uint64_t words[MESSAGE_WORDS], struct bytes block);
static inline void ask_fail(struct request *request, enum contract_error error) {
    static const uint64_t none[MESSAGE_WORDS] = {0};
    if (UNLIKELY(request->ask != NULL)) {
        ask_answer(request, -(int32_t)error, none, (struct bytes){0});
    }
}

#endif
