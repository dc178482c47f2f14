/* Calls and answers that need no queue. Nothing is changed until nothing can fail any more, so that what does not fit is as it was. */
#include "kernel/direct.h"

#include "kernel/area.h"
#include "kernel/capability.h"
#include "kernel/fiber.h"
#include "kernel/inbox.h"
#include "kernel/note.h"
#include "kernel/outgoing.h"
#include "kernel/request.h"
#include "kernel/schedule.h"

/* A message in the app's ordinary memory, or NULL. */
static inline uint8_t *message_at(const struct app *app, guest_address address) {
    return address + (uint64_t)sizeof(struct message) <= *app->view.size_bytes ? app->view.base + address : NULL;
}

/* The block that a message takes along, in ordinary memory. False: elsewhere, or of another kind. */
static inline bool block_find(const struct app *app, const struct message *message, struct bytes *out) {
    *out = (struct bytes){0};
    if (LIKELY(message->block_mode == BLOCK_NONE)) {
        return true;
    }
    if (message->block_mode != BLOCK_COPY || message->block + (uint64_t)message->block_size > *app->view.size_bytes) {
        return false;
    }
    *out = (struct bytes){app->view.base + message->block, message->block_size};
    return true;
}

/* Who would have its turn at once, or NULL. */
static inline struct app *receiver_find(const struct capability *capability) {
    struct app *receiver = capability->service->app;
    bool is_free = receiver != NULL && !capability->is_revoked && app_is_between_turns(receiver) && !inbox_has_news(receiver);
    return is_free ? receiver : NULL;
}

/* What the receiver sees, whose inbox is empty. */
static inline void message_show(struct app *receiver, const struct message *from, const struct request *request, const struct block *block) {
    struct message *to = &receiver->inbox_slots[0];
    message_as_request(to, from, request->capability, request->id);
    if (UNLIKELY(block->data != NULL)) {
        message_set_block(to, area_address(&receiver->area, block), block->size);
    }
    receiver->context->inbox_count = 1;
    receiver->had_inbox = true;
    receiver->is_shown = true;
}

static inline struct request *request_make(struct app *app, struct app *receiver, struct capability *capability) {
    struct request *request = app->spare;
    if (LIKELY(request != NULL)) {
        app->spare = NULL;
        app->paid_count++;
        request_renew(request);
    } else {
        request = request_take(app);
    }
    request->state = REQUEST_DELIVERED;
    request->is_call = true;
    request->wants_answer = true;
    request->sender = app;
    request->receiver = receiver;
    request->capability = capability_copy(capability);
    list_push_back(&receiver->owed, &request->link);
    return request;
}

struct request *direct_call(struct app *app, guest_address message, guest_address answer, uint64_t until_ns) {
    if (UNLIKELY(!fiber_is_paid(app))) {
        return NULL;
    }
    const uint8_t *from = message_at(app, message), *place = message_at(app, answer);
    if (UNLIKELY(from == NULL || place == NULL || app->paid_count >= app->paid_count_max)) {
        return NULL;
    }
    struct message out;
    struct bytes bytes;
    memcpy(&out, from, MESSAGE_HEAD_BYTES);
    const struct grant_entry *entry = grant_find(app, out.grant);
    if (UNLIKELY((out.flags | out.grant_count) != 0 || entry == NULL || entry->capability == NULL || !block_find(app, &out, &bytes))) {
        return NULL;
    }
    struct app *receiver = receiver_find(entry->capability);
    struct block block = {0};
    if (receiver == NULL || (bytes.size != 0 && !area_take(&receiver->area, (uint32_t)bytes.size, &block))) {
        return NULL;
    }
    struct request *request = request_make(app, receiver, entry->capability);
    if (block.data != NULL) {
        memcpy(block.data, bytes.data, bytes.size);
        request->block = block;
        request->block_app = receiver;
    }
    message_show(receiver, &out, request, &block);
    answer_place_read(app, place);
    inbox_done(app, SHOWN_BY_CALL);
    app->calling = request;
    trace_note(app, TRACE_CALL, request->id, receiver->number);
    schedule_nested(app, fiber_take(receiver), until_ns);
    return request;
}

bool direct_answer(struct app *app, uint64_t id, guest_address answer) {
    struct request *request = request_find(app->kernel, id);
    bool is_owed = request != NULL && request->state == REQUEST_DELIVERED && request->receiver == app;
    if (UNLIKELY(!is_owed || !request->is_call || request->sender == NULL || request->window != NULL || request->lost != 0)) {
        return false;
    }
    /* Who owes an answer has had a turn: only since then is its memory known. */
    const uint8_t *from = answer != 0 ? message_at(app, answer) : NULL;
    if (UNLIKELY(from == NULL)) {
        return false;
    }
    struct message in;
    memcpy(&in, from, MESSAGE_HEAD_BYTES);
    if (UNLIKELY((in.block_mode | in.grant_count) != 0)) {
        return false;
    }
    request->message.id = id;
    message_as_answer(&request->message, &in);
    if (request->block.data != NULL) {
        inbox_block_release(request->block_app, &request->block);
    }
    trace_note(app, TRACE_ANSWER, id, (uint64_t)(int64_t)in.error);
    list_remove(&request->link);
    request->state = REQUEST_ANSWERED;
    request->receiver = NULL;
    if (request->sender->status == APP_CALLING) {
        schedule_resume(request->sender);
    }
    return true;
}
