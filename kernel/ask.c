/* The kernel's own messages. Each is a request without a sender; whoever handles it cannot tell. */
#include "kernel/ask.h"

#include "kernel/capability.h"
#include "kernel/outgoing.h"

enum contract_error ask_send(struct app *app, struct capability *capability, uint32_t operation, const uint64_t words[MESSAGE_WORDS],
                             struct ask *ask) {
    struct outgoing outgoing;
    struct request *request;
    struct service *service = capability->service;
    if (capability->is_revoked) {
        return ARGOS_REVOKED;
    }
    if (service->app == NULL && service->receive == NULL) {
        return ARGOS_NO_HANDLER;
    }
    if (app->paid_count >= app->paid_count_max) {
        return ARGOS_LIMIT;
    }
    outgoing_begin(&outgoing, app, false);
    outgoing.capability = capability;
    outgoing.service = service;
    outgoing.ask = ask;
    outgoing.message = (struct message){.operation = operation};
    memcpy(outgoing.message.words, words, sizeof outgoing.message.words);
    return outgoing_commit(&outgoing, &request);
}

void ask_answer(struct request *request, int32_t error, const uint64_t words[MESSAGE_WORDS], struct bytes block) {
    struct ask *ask = request->ask;
    request->ask = NULL;
    if (ask != NULL) {
        ask->answered(ask, error, words, block);
    }
}
