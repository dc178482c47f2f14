/* The message functions of the context. */
#include "kernel/message.h"

#include "kernel/app.h"
#include "kernel/area.h"
#include "kernel/ask.h"
#include "kernel/buffer.h"
#include "kernel/capability.h"
#include "kernel/complete.h"
#include "kernel/fiber.h"
#include "kernel/inbox.h"
#include "kernel/outgoing.h"
#include "kernel/request.h"
#include "kernel/schedule.h"

/* ---- Sending ---- */

/* Everything but where and when: 0 or an error, and *request when an answer is owed. */
static enum contract_error outgoing_send(struct outgoing *outgoing, struct request **request) {
    enum contract_error error = outgoing_check_grants(outgoing);
    *request = NULL;
    if (error == ARGOS_OK) {
        error = outgoing_commit(outgoing, request);
        outgoing_drop(outgoing);
    }
    return error;
}

static int64_t message_take_back(struct app *app, uint64_t id) {
    struct request *request = request_find(app->kernel, id);
    /* What was answered, or shown as an answer, is over. */
    if (request == NULL || request->sender != app || request->state > REQUEST_DELIVERED || request->lost != 0) {
        return -ARGOS_NOT_FOUND;
    }
    request_lose(app->kernel, request, ARGOS_CANCELLED);
    return 0;
}

static int64_t message_drop_grant(struct app *app, uint32_t handle) {
    struct grant_entry *entry = grant_find(app, handle);
    if (entry == NULL || entry->capability == NULL) {
        return entry == NULL ? -ARGOS_NO_GRANT : -ARGOS_ARGUMENT;
    }
    struct capability *capability = entry->capability;
    grant_remove(app, entry);
    capability_drop(app->kernel, capability);
    return 0;
}

int64_t message_send(struct app *app, guest_address address) {
    struct outgoing outgoing;
    outgoing_begin(&outgoing, app, false);
    if (!message_read(app, address, "send", &outgoing.message)) {
        return 0;
    }
    if ((outgoing.message.flags & MESSAGE_CANCEL) != 0) {
        return message_take_back(app, outgoing.message.id);
    }
    if ((outgoing.message.flags & MESSAGE_DROP) != 0) {
        return message_drop_grant(app, outgoing.message.grant);
    }
    enum contract_error error = outgoing_route(&outgoing);
    if (error != ARGOS_OK) {
        return -(int64_t)error;
    }
    if (!outgoing_read_block(&outgoing, "send")) {
        return 0;
    }
    struct request *request;
    error = outgoing_send(&outgoing, &request);
    if (error == ARGOS_FULL) {
        inbox_wait_for_room(app, outgoing.service->app);
    }
    return error != ARGOS_OK ? -(int64_t)error : request != NULL ? (int64_t)request->id : 0;
}

/* ---- Answering ---- */

/* The block goes to who asked, or nowhere when nobody waits. */
static enum contract_error answer_block_pass(struct outgoing *outgoing, struct request *request) {
    const struct message *from = &outgoing->message;
    struct window *window = outgoing->window;
    struct app *sender = request->lost == 0 ? request->sender : NULL;
    if (UNLIKELY(sender == NULL)) {
        if (from->block_mode == BLOCK_MOVE) {
            buffer_leave(window, NULL);
        }
        return ARGOS_OK;
    }
    if (LIKELY(window == NULL)) {
        return outgoing->block == NULL || answer_block_put(request, outgoing->block, from->block_size) ? ARGOS_OK : ARGOS_TOO_LARGE;
    }
    enum contract_error error = buffer_pass(window, sender, (enum block_mode)from->block_mode, &window);
    if (error == ARGOS_OK) {
        buffer_attach(window, NULL, &request->message, from->block_size);
    }
    return error;
}

/* The kernel itself looks at the block where it is. */
static void answer_to_kernel(const struct outgoing *outgoing, struct request *request) {
    const struct message *from = &outgoing->message;
    const uint8_t *data = outgoing->window != NULL ? outgoing->window->buffer->pages.address : outgoing->block;
    ask_answer(request, from->error, from->words, (struct bytes){data, data != NULL ? from->block_size : 0});
}

static int32_t answer_put(struct outgoing *outgoing, struct request *request) {
    struct message *to = &request->message;
    const struct message *from = &outgoing->message;
    struct block old = request->block;
    struct app *old_app = request->block_app;
    if (UNLIKELY(request->ask != NULL)) {
        answer_to_kernel(outgoing, request);
    }
    request->block.data = NULL;
    message_as_answer(to, from);
    enum contract_error error = answer_block_pass(outgoing, request);
    if (old.data != NULL) {
        inbox_block_release(old_app, &old);
    }
    if (error == ARGOS_OK) {
        outgoing_take_grants(outgoing, request);
    } else {
        *to = (struct message){.error = -(int32_t)error};
    }
    list_remove(&request->cancel_link);
    request_complete(outgoing->app->kernel, request);
    return -(int32_t)error;
}

int32_t message_answer(struct app *app, uint64_t id, guest_address address) {
    struct outgoing outgoing;
    outgoing_begin(&outgoing, app, false);
    if (address == 0) {
        memset(&outgoing.message, 0, MESSAGE_HEAD_BYTES);
    } else if (!message_read(app, address, "answer", &outgoing.message)) {
        return 0;
    }
    inbox_settle(app);
    struct request *request = request_find(app->kernel, id);
    if (request == NULL || request->state != REQUEST_DELIVERED || request->receiver != app) {
        return -ARGOS_NOT_FOUND;
    }
    if (outgoing.message.block_mode > BLOCK_SHARE) {
        return -ARGOS_ARGUMENT;
    }
    if (!outgoing_read_block(&outgoing, "answer")) {
        return 0;
    }
    enum contract_error error = buffer_is_lent_on(request) ? ARGOS_TAKEN : ARGOS_OK;
    if (error == ARGOS_OK && outgoing.message.block_mode > BLOCK_COPY) {
        error = buffer_check(app, &outgoing.message, false, &outgoing.window);
    }
    if (error == ARGOS_OK) {
        error = outgoing_check_grants(&outgoing);
    }
    if (error != ARGOS_OK) {
        return -(int32_t)error;
    }
    int32_t result = answer_put(&outgoing, request);
    outgoing_drop(&outgoing);
    return result;
}

/* The request of this id that the platform owes an answer to, or NULL. */
static struct request *service_request_find(const struct kernel *kernel, uint64_t id) {
    struct request *request = request_find(kernel, id);
    return request != NULL && request->state == REQUEST_DELIVERED && request->receiver == NULL ? request : NULL;
}

bool service_is_awaited(const struct kernel *kernel, uint64_t id) {
    return service_request_find(kernel, id) != NULL;
}

uint32_t service_answer_room(const struct kernel *kernel, uint64_t id) {
    const struct request *request = service_request_find(kernel, id);
    if (request == NULL || request->sender == NULL) {
        return request != NULL && request->ask != NULL ? UINT32_MAX : 0;
    }
    uint32_t room = area_room(&request->sender->area);
    bool has_place = request->is_call && request->sender->answer_block != 0;
    return has_place && request->sender->answer_block_size > room ? request->sender->answer_block_size : room;
}

enum error service_answer(struct kernel *kernel, uint64_t id, const struct native_answer *answer) {
    struct request *request = service_request_find(kernel, id);
    if (request == NULL) {
        for (uint32_t index = 0; index < answer->grant_count; index++) {
            service_grant_drop(kernel, answer->grants[index]);
        }
        return ERROR_NOT_FOUND;
    }
    ask_answer(request, answer->error, answer->words, answer->block);
    request_drop_grants(kernel, request);
    request->message = (struct message){.error = answer->error};
    memcpy(request->message.words, answer->words, sizeof request->message.words);
    memcpy(request->grants, answer->grants, answer->grant_count * sizeof *answer->grants);
    request->grant_count = answer->grant_count;
    for (uint32_t index = 0; index < answer->grant_count; index++) {
        request->grants[index]->platform_count--;
    }
    if (!answer_block_put(request, answer->block.data, (uint32_t)answer->block.size)) {
        request->message = (struct message){.error = -ARGOS_TOO_LARGE};
        request_drop_grants(kernel, request);
    }
    request_complete(kernel, request);
    return ERROR_NONE;
}

/* ---- Waiting ---- */

/* Where the messages go; NULL: the app has no such memory, which it was told. What is in a shared buffer may be taken away while the app waits. */
static uint8_t *wait_place(struct app *app, guest_address out, uint32_t count) {
    uint8_t *place = wasm_memory_range(app->memory, out, (uint64_t)count * sizeof(struct message), WASM_ACCESS_READ_WRITE);
    if (place == NULL) {
        app_misuse(app, "wait", out);
    }
    return place;
}

int32_t message_wait(struct app *app, guest_address out, uint32_t count, uint64_t until_ns) {
    if (wait_place(app, out, count) == NULL) {
        return 0;
    }
    inbox_settle(app);
    inbox_done(app, SHOWN_BY_WAIT);
    while (!app->is_killed && !inbox_has_news(app)) {
        if (clock_is_past(app->kernel, until_ns)) {
            return 0;
        }
        if (!fiber_is_paid(app)) {
            return -ARGOS_NO_MEMORY;
        }
        schedule_park(app, APP_WAITING, until_ns);
    }
    uint8_t *target = wait_place(app, out, count);
    if (target == NULL) {
        return 0;
    }
    for (uint32_t index = 0; index < count && !app->is_killed; index++) {
        struct message message;
        if (inbox_take(app, &message, 1, SHOWN_BY_WAIT) == 0) {
            return (int32_t)index;
        }
        memcpy(target + index * sizeof message, &message, sizeof message);
    }
    return (int32_t)count;
}

/* ---- Calling ---- */

int32_t message_call_end(struct app *app, struct request *request, guest_address answer, uint64_t until_ns) {
    while (request->state < REQUEST_ANSWERED && request->lost == 0 && !app->is_killed && !clock_is_past(app->kernel, until_ns)) {
        schedule_park(app, APP_CALLING, until_ns);
    }
    app->calling = NULL;
    if (request->state == REQUEST_GIVEN) {
        return request_keep(app, request);
    }
    if (UNLIKELY(request->state != REQUEST_ANSWERED)) {
        int32_t error = request->lost != 0 ? request->lost : ARGOS_TIMED_OUT;
        request_cancel(app->kernel, request);
        return -error;
    }
    uint8_t *target = wasm_memory_range(app->memory, answer, sizeof(struct message), WASM_ACCESS_READ_WRITE);
    if (UNLIKELY(target == NULL)) {
        request_free(app->kernel, request);
        app_misuse(app, "call", answer);
        return 0;
    }
    if (UNLIKELY(request->grant_count != 0)) {
        inbox_take_grants(app, request, &request->message);
        memcpy(target + MESSAGE_HEAD_BYTES, request->message.grants, request->message.grant_count * sizeof request->message.grants[0]);
    }
    memcpy(target, &request->message, MESSAGE_HEAD_BYTES);
    if (request->block.data == NULL) {
        return request_keep(app, request);
    }
    request->state = REQUEST_SHOWN;
    request->shown_by = SHOWN_BY_CALL;
    list_push_back(&app->shown, &request->link);
    request_drop_spare(app);
    return request->message.error;
}

/* Until the message is on its way: a full receiver is waited for. */
static enum contract_error call_send(struct outgoing *outgoing, struct request **request, uint64_t until_ns) {
    struct app *app = outgoing->app;
    for (;;) {
        enum contract_error error = outgoing_route(outgoing);
        if (error == ARGOS_OK && !outgoing_read_block(outgoing, "call")) {
            return ARGOS_ARGUMENT;
        }
        if (error == ARGOS_OK) {
            error = outgoing_send(outgoing, request);
        }
        if (error != ARGOS_FULL || app->is_killed) {
            return error;
        }
        if (clock_is_past(app->kernel, until_ns)) {
            return ARGOS_TIMED_OUT;
        }
        inbox_wait_for_room(app, outgoing->service->app);
        schedule_park(app, APP_CALLING, until_ns);
    }
}

int32_t message_call(struct app *app, guest_address address, guest_address answer, uint64_t until_ns) {
    struct outgoing outgoing;
    outgoing_begin(&outgoing, app, true);
    const uint8_t *place = wasm_memory_range(app->memory, answer, sizeof(struct message), WASM_ACCESS_READ_WRITE);
    if (place == NULL) {
        app_misuse(app, "call", answer);
    }
    if (place == NULL || !message_read(app, address, "call", &outgoing.message)) {
        return 0;
    }
    answer_place_read(app, place);
    if ((outgoing.message.flags & (MESSAGE_NO_ANSWER | MESSAGE_FORWARD | MESSAGE_CANCEL | MESSAGE_DROP)) != 0) {
        return -ARGOS_ARGUMENT;
    }
    if (!fiber_is_paid(app)) {
        return -ARGOS_NO_MEMORY;
    }
    struct request *request;
    enum contract_error error = call_send(&outgoing, &request, until_ns);
    if (UNLIKELY(error != ARGOS_OK)) {
        return -(int32_t)error;
    }
    inbox_done(app, SHOWN_BY_CALL);
    app->calling = request;
    if (request->state == REQUEST_QUEUED && app_is_between_turns(request->receiver)) {
        list_remove(&request->receiver->ready_link);
        schedule_nested(app->kernel, app, fiber_take(app->kernel, request->receiver), until_ns);
    }
    return message_call_end(app, request, answer, until_ns);
}
