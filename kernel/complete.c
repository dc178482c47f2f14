/* How requests end. Each has exactly one end, and whoever waits for it learns it. */
#include "kernel/complete.h"

#include "kernel/area.h"
#include "kernel/ask.h"
#include "kernel/buffer.h"
#include "kernel/inbox.h"
#include "kernel/note.h"
#include "kernel/request.h"
#include "kernel/schedule.h"

/* Out of whatever list it is in; its block was its receiver's. Whoever is told learns by the answer that a buffer is back. */
static void request_detach(struct request *request, const struct app *told) {
    buffer_detach(request, told);
    if (request->state == REQUEST_QUEUED) {
        inbox_remove(request);
    } else {
        list_remove(&request->link);
    }
    list_remove(&request->cancel_link);
    if (request->block.data != NULL) {
        request_block_release(request);
    }
}

/* ---- Lost ones ---- */

static void lost_remove(struct request *request) {
    list_remove(&request->lost_link);
    if (list_is_empty(&request->sender->lost)) {
        request->sender->notices &= ~1u;
    }
}

void request_lose(struct kernel *kernel, struct request *request, enum contract_error error) {
    struct app *sender = request->sender;
    bool is_seen = request->state == REQUEST_DELIVERED && request->receiver != NULL;
    if (request->lost != 0) {
        return;
    }
    if (!is_seen || sender == NULL) {
        request_fail(kernel, request, error);
        return;
    }
    request->lost = (uint8_t)error;
    request->place = NULL;
    trace_note(sender, TRACE_LOSE, request->id, error);
    list_push_back(&request->receiver->cancelled, &request->cancel_link);
    schedule_wake(request->receiver);
    if (!request->is_call) {
        list_push_back(&sender->lost, &request->lost_link);
        sender->notices |= 1u;
        schedule_wake(sender);
    } else if (sender->status == APP_CALLING) {
        schedule_resume(sender);
    }
}

bool request_lost_take(struct app *app, struct message *out) {
    if (list_is_empty(&app->lost)) {
        return false;
    }
    struct request *request = LIST_ENTRY(app->lost.next, struct request, lost_link);
    *out = (struct message){.kind = MESSAGE_ANSWER, .id = request->id, .error = -(int32_t)request->lost};
    list_remove(&request->lost_link);
    request->sender = NULL;
    app->notices |= list_is_empty(&app->lost) ? 0 : 1u;
    return true;
}

void request_done(struct kernel *kernel, struct request *request) {
    if (request->lost != 0 && request->sender != NULL) {
        request_fail(kernel, request, (enum contract_error)request->lost);
    } else {
        request_free(kernel, request);
    }
}

/* ---- The end ---- */

void request_complete(struct kernel *kernel, struct request *request) {
    struct app *sender = request->sender;
    if (sender == NULL) {
        request_free(kernel, request);
        return;
    }
    if (request->window != NULL) {
        buffer_detach(request, request->lost != 0 ? NULL : sender);
    }
    if (UNLIKELY(request->lost != 0)) {
        lost_remove(request);
        request_drop_grants(kernel, request);
        request->message = (struct message){.error = -(int32_t)request->lost};
        request->lost = 0;
    }
    list_remove(&request->link);
    request->state = REQUEST_ANSWERED;
    request->message.kind = MESSAGE_ANSWER;
    request->message.id = request->id;
    trace_note(sender, TRACE_ANSWERED, request->id, (uint64_t)(int64_t)request->message.error);
    request->receiver = NULL;
    if (!request->is_call) {
        list_push_back(&sender->inbox, &request->link);
        schedule_wake(sender);
    } else if (sender->status == APP_CALLING) {
        schedule_resume(sender);
    }
}

void request_fail(struct kernel *kernel, struct request *request, enum contract_error error) {
    bool is_given_up = error == ARGOS_CANCELLED || request->lost != 0;
    ask_fail(request, error);
    request_detach(request, is_given_up ? NULL : request->sender);
    request_drop_grants(kernel, request);
    request->message = (struct message){.error = -(int32_t)error};
    request_complete(kernel, request);
}

void request_cancel(struct kernel *kernel, struct request *request) {
    request->place = NULL;
    if (request->lost != 0) {
        lost_remove(request);
        request->sender = NULL;
        return;
    }
    request->sender = NULL;
    if (request->state != REQUEST_DELIVERED || request->receiver == NULL) {
        request_detach(request, NULL);
        request_free(kernel, request);
        return;
    }
    list_push_back(&request->receiver->cancelled, &request->cancel_link);
    schedule_wake(request->receiver);
}

/* A caller may have said where it wants it; what is too large for that goes where all blocks go. */
bool answer_block_put(struct request *request, const uint8_t *data, uint32_t size) {
    struct app *to = request->sender;
    if (size == 0 || to == NULL) {
        return true;
    }
    if (request->is_call && to->answer_block != 0 && size <= to->answer_block_size) {
        uint8_t *target = wasm_memory_range(to->memory, to->answer_block, size, WASM_ACCESS_READ_WRITE);
        if (target != NULL) {
            memcpy(target, data, size);
            message_set_block(&request->message, to->answer_block, size);
            return true;
        }
    }
    if (!area_take(&to->area, size, &request->block)) {
        return false;
    }
    request->block_app = to;
    memcpy(request->block.data, data, size);
    message_set_block(&request->message, area_address(&to->area, &request->block), size);
    return true;
}
