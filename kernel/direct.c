/* Calls and answers that need no queue. Nothing is changed until nothing can fail any more, so that what does not fit is as it was.

   Messages are read and written where they stand, each field once: nothing says that an app's memory stays as it is while one looks. */
#include "kernel/direct.h"

#include "kernel/area.h"
#include "kernel/calls.h"
#include "kernel/capability.h"
#include "kernel/inbox.h"
#include "kernel/message.h"
#include "kernel/note.h"
#include "kernel/outgoing.h"
#include "kernel/request.h"
#include "kernel/schedule.h"

/* ---- Messages in an app's memory, at any address ---- */

/* Whether there is one in the app's ordinary memory. The app has had a turn: only since then is its memory known. */
static inline bool has_message(const struct app *app, guest_address address) {
    return address + (uint64_t)sizeof(struct message) <= *app->view.size_bytes;
}

#define FIELD_GET(from, field, out) memcpy((out), (from) + offsetof(struct message, field), sizeof *(out))
#define FIELD_SET(to, field, value)                                                                                                                  \
    memcpy((to) + offsetof(struct message, field), &(__typeof__(((struct message *)0)->field)){value}, sizeof((struct message *)0)->field)

/* How a block comes, and how many grants: one word, which is 0 of most messages. */
static inline uint64_t extras_of(const uint8_t *from) {
    _Static_assert(offsetof(struct message, grant_count) == offsetof(struct message, block_mode) + 4, "two fields are read as one");
    uint64_t extras;
    FIELD_GET(from, block_mode, &extras);
    return extras;
}

/* ---- Calls ---- */

/* The capability of a handle, or NULL. No entry that is free has one, nor has the first. */
static inline struct capability *capability_of(const struct app *app, uint32_t handle) {
    uint32_t index = handle & 0xFFFFu;
    const struct grant_entry *entry = &app->grants.entries[index];
    return LIKELY(index < app->grants.entry_count && entry->generation == handle >> 16) ? entry->capability : NULL;
}

/* Who would have its turn at once, or NULL. An app that is idle has nothing to look at. */
static inline struct app *receiver_of(const struct capability *capability) {
    struct app *receiver = capability->service->app;
    return LIKELY(receiver != NULL && receiver->status == APP_IDLE && !capability->is_revoked) ? receiver : NULL;
}

/* A block that is copied goes to its place with its receiver. False: it is none, the app has no such memory, or there is no room. */
static bool block_copy(const struct app *app, const uint8_t *from, uint64_t extras, struct app *receiver, struct request *request) {
    guest_address block;
    uint32_t size;
    FIELD_GET(from, block, &block);
    FIELD_GET(from, block_size, &size);
    if (extras != BLOCK_COPY || size == 0) {
        return extras == BLOCK_COPY;
    }
    const uint8_t *data = wasm_memory_range(app->memory, block, size, WASM_ACCESS_READ);
    if (data == NULL || !area_take(&receiver->area, size, &request->block)) {
        return false;
    }
    request->block_app = receiver;
    memcpy(request->block.data, data, size);
    return true;
}

static void block_show(struct app *receiver, const struct request *request) {
    if (request->block.data != NULL) {
        message_set_block(&receiver->inbox_slots[0], area_address(&receiver->area, &request->block), request->block.size);
    }
}

/* What the receiver sees, whose inbox is empty. */
static inline void message_show(struct app *receiver, const uint8_t *from, const struct capability *capability, uint64_t id) {
    struct message *to = &receiver->inbox_slots[0];
    to->id = id;
    to->badge = capability->badge;
    to->grant = capability->service->serve_handle;
    FIELD_GET(from, operation, &to->operation);
    FIELD_GET(from, words, &to->words);
    to->kind = MESSAGE_REQUEST;
    to->flags = 0;
    to->error = 0;
    to->grant_count = 0;
    message_clear_block(to);
    receiver->context->inbox_count = 1;
    receiver->had_inbox = true;
}

/* The caller's spare one, which counts among those that it has sent only when its turn leaves it behind. The new id. */
static inline uint64_t request_begin(struct request *request, struct app *receiver, struct capability *capability, uint8_t *place) {
    uint64_t id = request_renew(request);
    request->state = REQUEST_DELIVERED;
    request->receiver = receiver;
    request->capability = capability_copy(capability);
    request->place = place;
    receiver->serving = request;
    return id;
}

/* Its turn is over, or parked, and has not answered directly. */
static int32_t call_end(struct app *app, struct request *request, guest_address answer, uint64_t until_ns) {
    app->spare = NULL;
    app->paid_count++;
    return message_call_end(app, request, answer, until_ns);
}

int32_t direct_call(struct app *app, struct wasm_instance *caller, uint32_t message, uint32_t answer, uint64_t until_ns) {
    (void)caller;
    struct request *request = app->spare;
    if (UNLIKELY(request == NULL || !fiber_is_paid(app) || app->paid_count >= app->paid_count_max)) {
        return calls_call(app, message, answer, until_ns);
    }
    if (UNLIKELY(!has_message(app, message) || !has_message(app, answer))) {
        return calls_call(app, message, answer, until_ns);
    }
    const uint8_t *from = app->view.base + message;
    uint32_t handle;
    uint16_t flags;
    FIELD_GET(from, grant, &handle);
    FIELD_GET(from, flags, &flags);
    struct capability *capability = capability_of(app, handle);
    struct app *receiver = LIKELY(capability != NULL && flags == 0) ? receiver_of(capability) : NULL;
    if (UNLIKELY(receiver == NULL)) {
        return calls_call(app, message, answer, until_ns);
    }
    uint64_t extras = extras_of(from);
    if (UNLIKELY(extras != 0) && !block_copy(app, from, extras, receiver, request)) {
        return calls_call(app, message, answer, until_ns);
    }
    uint64_t id = request_begin(request, receiver, capability, app->view.base + answer);
    message_show(receiver, from, capability, id);
    if (UNLIKELY(extras != 0)) {
        block_show(receiver, request);
    }
    struct kernel *kernel = app->kernel;
    app->calling = request;
    trace_note_in(kernel, app, TRACE_CALL, id, receiver->number);
    schedule_nested(kernel, app, fiber_take(kernel, receiver), until_ns);
    int32_t result = request->message.error;
    if (LIKELY(request->state == REQUEST_GIVEN)) {
        app->calling = NULL;
        request_rest(kernel, request);
    } else {
        result = call_end(app, request, answer, until_ns);
    }
    if (UNLIKELY(app->is_killed)) {
        wasm_store_fail(app->store, ERROR_EXIT);
    }
    return result;
}

/* ---- Answers ---- */

/* What the sender sees; the error that it says. */
static inline int32_t answer_give(uint8_t *to, uint64_t id, const uint8_t *from) {
    uint32_t operation;
    int32_t error;
    FIELD_GET(from, operation, &operation);
    FIELD_GET(from, error, &error);
    memcpy(to + offsetof(struct message, words), from + offsetof(struct message, words), MESSAGE_WORDS * sizeof(uint64_t));
    FIELD_SET(to, id, id);
    FIELD_SET(to, badge, 0);
    FIELD_SET(to, grant, 0);
    FIELD_SET(to, operation, operation);
    FIELD_SET(to, kind, MESSAGE_ANSWER);
    FIELD_SET(to, flags, 0);
    FIELD_SET(to, error, error);
    memset(to + offsetof(struct message, block), 0, MESSAGE_HEAD_BYTES - offsetof(struct message, block));
    return error;
}

/* What few answers leave to be done: a block goes, and a sender goes on that this turn does not stand on. */
__attribute__((noinline)) static int32_t answer_end(struct app *app, struct request *request) {
    if (request->block.data != NULL) {
        inbox_block_release(app, &request->block);
    }
    schedule_resume(request->sender);
    return 0;
}

int32_t direct_answer(struct app *app, struct wasm_instance *caller, uint64_t id, uint32_t answer) {
    (void)caller;
    struct request *request = app->serving;
    if (UNLIKELY(request == NULL || request->id != id || request->place == NULL || answer == 0 || !has_message(app, answer))) {
        return calls_answer(app, id, answer);
    }
    const uint8_t *from = app->view.base + answer;
    if (UNLIKELY(extras_of(from) != 0)) {
        return calls_answer(app, id, answer);
    }
    int32_t error = answer_give(request->place, id, from);
    trace_note(app, TRACE_ANSWER, id, (uint64_t)(int64_t)error);
    app->serving = NULL;
    request->message.error = error;
    request->state = REQUEST_GIVEN;
    request->receiver = NULL;
    return LIKELY(request->block.data == NULL && app->fiber->back != NULL) ? 0 : answer_end(app, request);
}
