/* The kernel's own messages. Each is a request without a sender; whoever handles it cannot tell. */
#include "kernel/ask.h"

#include "kernel/capability.h"
#include "kernel/outgoing.h"

enum contract_error ask_send(struct app *app, struct capability *capability, const struct ask_message *message, struct ask *ask, uint64_t *id) {
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
    outgoing.message = (struct message){.operation = message->operation};
    memcpy(outgoing.message.words, message->words, sizeof outgoing.message.words);
    if (message->block.size != 0) {
        outgoing.block = message->block.data;
        outgoing.message.block_mode = BLOCK_COPY;
        outgoing.message.block_size = (uint32_t)message->block.size;
    }
    enum contract_error error = outgoing_commit(&outgoing, &request);
    /* One that was answered already is free, and stays where it is. */
    *id = error == ARGOS_OK ? request->id : 0;
    return error;
}

void ask_answer(struct request *request, int32_t error, const uint64_t words[MESSAGE_WORDS], struct bytes block) {
    struct ask *ask = request->ask;
    request->ask = NULL;
    if (ask != NULL) {
        ask->answered(ask, error, words, block);
    }
}
