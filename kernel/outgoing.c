/* Messages on their way out. Every check comes before the first change, so that a message that is refused has done nothing. */
#include "kernel/outgoing.h"

#include "kernel/app.h"
#include "kernel/area.h"
#include "kernel/buffer.h"
#include "kernel/capability.h"
#include "kernel/complete.h"
#include "kernel/inbox.h"
#include "kernel/note.h"
#include "kernel/request.h"

bool message_read(struct app *app, guest_address address, const char *function, struct message *out) {
    const uint8_t *from = wasm_memory_range(app->memory, address, sizeof *out, WASM_ACCESS_READ);
    if (UNLIKELY(from == NULL)) {
        app_misuse(app, function, address);
        return false;
    }
    /* Each byte once, since it may be shared and change. */
    memcpy(out, from, MESSAGE_HEAD_BYTES);
    if (out->grant_count != 0 && out->grant_count <= MESSAGE_GRANTS) {
        memcpy(out->grants, from + MESSAGE_HEAD_BYTES, out->grant_count * sizeof out->grants[0]);
    }
    return true;
}

bool outgoing_read_block(struct outgoing *outgoing, const char *function) {
    const struct message *message = &outgoing->message;
    if (message->block_mode != BLOCK_COPY || message->block_size == 0) {
        return true;
    }
    outgoing->block = wasm_memory_range(outgoing->app->memory, message->block, message->block_size, WASM_ACCESS_READ);
    if (outgoing->block == NULL) {
        app_misuse(outgoing->app, function, message->block);
        return false;
    }
    return true;
}

/* ---- Grants that travel ---- */

static bool handle_is_repeated(const struct message *message, uint32_t index) {
    for (uint32_t other = 0; other < message->grant_count; other++) {
        if (other != index && message->grants[other].handle == message->grants[index].handle) {
            return true;
        }
    }
    return false;
}

static enum contract_error grant_check(struct outgoing *outgoing, uint32_t index) {
    struct app *app = outgoing->app;
    const struct message_grant *grant = &outgoing->message.grants[index];
    const struct grant_entry *entry = grant_find(app, grant->handle);
    if (entry == NULL) {
        return ARGOS_NO_GRANT;
    }
    switch (grant->mode) {
    case GRANT_COPY: return entry->capability != NULL ? ARGOS_OK : ARGOS_ARGUMENT;
    case GRANT_MOVE: return entry->capability != NULL && !handle_is_repeated(&outgoing->message, index) ? ARGOS_OK : ARGOS_ARGUMENT;
    case GRANT_MAKE:
        if (entry->service == NULL) {
            return ARGOS_ARGUMENT;
        }
        outgoing->made[index] = capability_make(app->kernel, entry->service, grant->badge, true);
        return outgoing->made[index] != NULL ? ARGOS_OK : ARGOS_NO_MEMORY;
    default: return ARGOS_ARGUMENT;
    }
}

void outgoing_drop(struct outgoing *outgoing) {
    for (uint32_t index = 0; index < outgoing->message.grant_count; index++) {
        if (outgoing->made[index] != NULL) {
            /* Nobody ever had it, so that its handler is not told. */
            outgoing->made[index]->reference_count = 0;
            capability_free(outgoing->app->kernel, outgoing->made[index]);
            outgoing->made[index] = NULL;
        }
    }
}

enum contract_error outgoing_check_grants(struct outgoing *outgoing) {
    if (LIKELY(outgoing->message.grant_count == 0)) {
        return ARGOS_OK;
    }
    if (outgoing->message.grant_count > MESSAGE_GRANTS) {
        return ARGOS_ARGUMENT;
    }
    enum contract_error error = ARGOS_OK;
    memset(outgoing->made, 0, sizeof outgoing->made);
    for (uint32_t index = 0; error == ARGOS_OK && index < outgoing->message.grant_count; index++) {
        error = grant_check(outgoing, index);
    }
    if (error != ARGOS_OK) {
        outgoing_drop(outgoing);
    }
    return error;
}

void outgoing_take_grants(struct outgoing *outgoing, struct request *request) {
    request->grant_count = outgoing->message.grant_count;
    for (uint32_t index = 0; index < outgoing->message.grant_count; index++) {
        const struct message_grant *grant = &outgoing->message.grants[index];
        struct grant_entry *entry = grant_find(outgoing->app, grant->handle);
        if (grant->mode == GRANT_MAKE) {
            request->grants[index] = outgoing->made[index];
            outgoing->made[index] = NULL;
        } else if (grant->mode == GRANT_COPY) {
            request->grants[index] = capability_copy(entry->capability);
        } else {
            request->grants[index] = entry->capability;
            grant_remove(outgoing->app, entry);
        }
    }
}

/* ---- Where it goes ---- */

/* Who must do something before an app that is parked in a call or in its log goes on; NULL: nobody, or the platform. */
static const struct app *app_waited_for(const struct app *app) {
    if (app->calling != NULL) {
        return app->calling->receiver;
    }
    if (app->status != APP_CALLING) {
        return NULL;
    }
    /* Of its share, the log's handler has one at least. */
    return app->room_of != NULL ? app->room_of : app->waits_for_share && app->log_capability != NULL ? app->log_capability->service->app : NULL;
}

bool app_waits_for(const struct app *app, const struct app *other) {
    while (app != NULL && app != other) {
        app = app_waited_for(app);
    }
    return app == other;
}

/* The buffer that goes along. What was lent with a request goes with it, and nothing else can. */
static enum contract_error buffer_find(struct outgoing *outgoing) {
    const struct message *message = &outgoing->message;
    const struct request *forwarded = outgoing->forwarded;
    outgoing->window = NULL;
    if (UNLIKELY(forwarded != NULL && forwarded->window != NULL && forwarded->window->kind == WINDOW_LENT)) {
        outgoing->window = forwarded->window;
        bool is_same = message->block_mode > BLOCK_COPY && message->block == forwarded->window->address;
        return is_same || message->block_mode == BLOCK_NONE ? ARGOS_OK : ARGOS_ARGUMENT;
    }
    if (LIKELY(message->block_mode <= BLOCK_COPY)) {
        return ARGOS_OK;
    }
    return buffer_check(outgoing->app, message, (message->flags & MESSAGE_NO_ANSWER) == 0, &outgoing->window);
}

enum contract_error outgoing_route(struct outgoing *outgoing) {
    const struct message *message = &outgoing->message;
    struct app *app = outgoing->app;
    if ((message->flags & ~MESSAGE_FLAGS_ALL) != 0 || message->block_mode > BLOCK_SHARE) {
        return ARGOS_ARGUMENT;
    }
    const struct grant_entry *entry = grant_find(app, message->grant);
    if (entry == NULL || entry->capability == NULL) {
        return ARGOS_NO_GRANT;
    }
    outgoing->capability = entry->capability;
    outgoing->service = entry->capability->service;
    if (entry->capability->is_revoked) {
        return entry->capability->is_made && outgoing->service->app == NULL ? ARGOS_HANDLER_GONE : ARGOS_REVOKED;
    }
    if (outgoing->service->app == NULL && outgoing->service->receive == NULL && (message->flags & MESSAGE_AWAIT_HANDLER) == 0) {
        return ARGOS_NO_HANDLER;
    }
    if ((message->flags & MESSAGE_FORWARD) != 0) {
        inbox_settle(app);
        outgoing->forwarded = request_find(app->kernel, message->id);
        bool is_owed = outgoing->forwarded != NULL && outgoing->forwarded->state == REQUEST_DELIVERED && outgoing->forwarded->receiver == app;
        if (!is_owed || outgoing->is_call) {
            return ARGOS_NOT_FOUND;
        }
        bool is_wanted = outgoing->forwarded->sender != NULL || outgoing->forwarded->ask != NULL;
        if (!is_wanted || outgoing->forwarded->lost != 0) {
            return ARGOS_CANCELLED;
        }
        /* Whoever waits for it in a call must not come to wait for itself: nobody could end that. */
        const struct app *waiting = outgoing->forwarded->is_call ? outgoing->forwarded->sender : NULL;
        return waiting != NULL && app_waits_for(outgoing->service->app, waiting) ? ARGOS_DEADLOCK : buffer_find(outgoing);
    }
    if (app->paid_count >= app->paid_count_max) {
        return ARGOS_LIMIT;
    }
    return outgoing->is_call && app_waits_for(outgoing->service->app, app) ? ARGOS_DEADLOCK : buffer_find(outgoing);
}

/* ---- On its way ---- */

/* The request as its receiver will see it. */
static void request_fill(struct outgoing *outgoing, struct request *request) {
    const struct message *from = &outgoing->message;
    message_as_request(&request->message, from, outgoing->capability, request->wants_answer ? request->id : 0);
    outgoing_take_grants(outgoing, request);
    struct capability *old = request->capability;
    request->capability = capability_copy(outgoing->capability);
    trace_note(outgoing->app, outgoing->is_call ? TRACE_CALL : TRACE_SEND, request->id,
               outgoing->service->app != NULL ? outgoing->service->app->number : 0);
    if (UNLIKELY(old != NULL)) {
        capability_drop(outgoing->app->kernel, old);
    }
}

/* The receiver's window of the buffer that goes along, or NULL: the last that can fail. */
static enum contract_error buffer_send(const struct outgoing *outgoing, struct app *receiver, struct window **out) {
    *out = NULL;
    if (LIKELY(outgoing->window == NULL)) {
        return ARGOS_OK;
    }
    if (outgoing->forwarded != NULL && outgoing->forwarded->window == outgoing->window) {
        return buffer_forward(outgoing->window, receiver, out);
    }
    return buffer_pass(outgoing->window, receiver, (enum block_mode)outgoing->message.block_mode, out);
}

/* The platform sees the block where it is, and answers now or later. A buffer that was moved to it ends when it has seen it. */
static void native_send(struct outgoing *outgoing, struct request *request, struct window *window) {
    struct native_request native = {
        .id = request->wants_answer ? request->id : 0,
        .app = outgoing->app->number,
        .app_name = outgoing->app->name,
        .operation = outgoing->message.operation,
        .badge = outgoing->capability->badge,
        .grants = request->grants,
        .grant_count = request->grant_count,
        .block = {outgoing->block, outgoing->block != NULL ? outgoing->message.block_size : 0},
    };
    memcpy(native.words, outgoing->message.words, sizeof native.words);
    bool is_moved = window != NULL && window->kind == WINDOW_OWN;
    if (window != NULL) {
        native.block = (struct bytes){window->buffer->pages.address, request->message.block_size};
        native.lent = (window->access & BUFFER_WRITE) != 0 && !is_moved ? window->buffer->pages.address : NULL;
    }
    request->state = REQUEST_DELIVERED;
    request->receiver = NULL;
    outgoing->service->receive(outgoing->service->context, &native);
    if (is_moved) {
        buffer_leave(window, NULL);
    }
}

/* The receiver's room for the block. */
static enum contract_error block_place(const struct outgoing *outgoing, struct app *receiver, struct block *block) {
    uint32_t size = outgoing->block != NULL ? outgoing->message.block_size : 0;
    if (size == 0) {
        return ARGOS_OK;
    }
    if (size > receiver->area.unit_count * AREA_UNIT) {
        return ARGOS_TOO_LARGE;
    }
    if (!area_take(&receiver->area, size, block)) {
        return ARGOS_FULL;
    }
    memcpy(block->data, outgoing->block, size);
    return ARGOS_OK;
}

/* The request that a message is to be, with the buffer that was passed already. */
static struct request *request_for(struct outgoing *outgoing) {
    struct request *request = outgoing->forwarded;
    if (request == NULL) {
        request = request_take(outgoing->app);
        request->is_call = outgoing->is_call;
        request->wants_answer = (outgoing->message.flags & MESSAGE_NO_ANSWER) == 0;
        request->ask = outgoing->ask;
        request->sender = request->wants_answer && request->ask == NULL ? outgoing->app : NULL;
        return request;
    }
    /* It leaves the app that passes it on, which keeps what it was given for good. */
    buffer_detach(request, NULL);
    list_remove(&request->link);
    list_remove(&request->cancel_link);
    if (request->block.data != NULL) {
        inbox_block_release(request->block_app, &request->block);
    }
    return request;
}

/* How much of the buffer is the message's. */
static uint32_t buffer_size(const struct outgoing *outgoing) {
    return outgoing->message.block_mode == BLOCK_NONE && outgoing->forwarded != NULL ? outgoing->forwarded->message.block_size
                                                                                     : outgoing->message.block_size;
}

/* As its receiver will see it, with the window of the buffer that goes along, or NULL: nothing can fail any more. */
static struct request *request_build(struct outgoing *outgoing, struct window *window, uint32_t size) {
    struct request *request = request_for(outgoing);
    request_fill(outgoing, request);
    if (window != NULL) {
        buffer_attach(window, request, &request->message, size);
    }
    return request;
}

static enum contract_error commit_to_app(struct outgoing *outgoing, struct app *receiver, struct request **out) {
    struct block block;
    block.data = NULL;
    if (receiver->inbox_count >= receiver->inbox_count_max) { /* more may have waited before it was there */
        return ARGOS_FULL;
    }
    struct window *window;
    uint32_t size = buffer_size(outgoing);
    enum contract_error error = block_place(outgoing, receiver, &block);
    if (error == ARGOS_OK) {
        error = buffer_send(outgoing, receiver, &window);
    }
    if (error != ARGOS_OK) {
        return error;
    }
    struct request *request = request_build(outgoing, window, size);
    if (block.data != NULL) {
        request->block = block;
        request->block_app = receiver;
        message_set_block(&request->message, area_address(&receiver->area, &block), block.size);
    }
    inbox_push(receiver, request);
    *out = request->wants_answer ? request : NULL;
    return ARGOS_OK;
}

static enum contract_error commit_to_platform(struct outgoing *outgoing, struct request **out) {
    struct window *window;
    uint32_t size = buffer_size(outgoing);
    if (outgoing->window != NULL && outgoing->message.block_mode == BLOCK_SHARE) {
        return ARGOS_REFUSED;
    }
    enum contract_error error = buffer_send(outgoing, NULL, &window);
    if (error != ARGOS_OK) {
        return error;
    }
    struct request *request = request_build(outgoing, window, size);
    bool wants_answer = request->wants_answer;
    native_send(outgoing, request, window);
    if (!wants_answer) {
        request_free(outgoing->app->kernel, request);
    }
    *out = wants_answer ? request : NULL;
    return ARGOS_OK;
}

/* It waits for whoever will handle the service, and goes with who pays for it. A buffer does not wait. */
static enum contract_error commit_to_nobody(struct outgoing *outgoing, struct request **out) {
    struct service *service = outgoing->service;
    struct app *payer = outgoing->forwarded != NULL ? outgoing->forwarded->payer : outgoing->app;
    const struct bytes data = {outgoing->block, outgoing->block != NULL ? outgoing->message.block_size : 0};
    struct block block = {.data = NULL};
    if (outgoing->window != NULL || payer == NULL || (outgoing->message.flags & MESSAGE_AWAIT_HANDLER) == 0) {
        return ARGOS_NO_HANDLER;
    }
    enum contract_error error = data.size != 0 ? request_block_keep(payer, service, data, &block) : ARGOS_OK;
    if (error != ARGOS_OK) {
        return error;
    }
    struct request *request = request_for(outgoing);
    request_fill(outgoing, request);
    if (block.data != NULL) {
        request->block = block;
        request->block_app = NULL;
    }
    request->state = REQUEST_WAITING;
    list_push_back(&service->waiting, &request->link);
    *out = request->wants_answer ? request : NULL;
    return ARGOS_OK;
}

enum contract_error outgoing_commit(struct outgoing *outgoing, struct request **out) {
    struct service *service = outgoing->service;
    if (service->app != NULL) {
        return commit_to_app(outgoing, service->app, out);
    }
    if (service->receive != NULL) {
        return commit_to_platform(outgoing, out);
    }
    return commit_to_nobody(outgoing, out);
}
