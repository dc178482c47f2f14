/* How requests end. Each has exactly one end, and whoever waits for it learns it. */
#include "kernel/complete.h"

#include "kernel/area.h"
#include "kernel/inbox.h"
#include "kernel/request.h"
#include "kernel/schedule.h"

/* Out of whatever list it is in; its block was its receiver's. */
static void request_detach(struct request *request) {
    if (request->state == REQUEST_QUEUED) {
        inbox_remove(request);
    } else {
        list_remove(&request->link);
    }
    list_remove(&request->cancel_link);
    if (request->block.data != NULL) {
        area_release(&request->block_app->area, &request->block);
    }
}

void request_complete(struct kernel *kernel, struct request *request) {
    struct app *sender = request->sender;
    if (sender == NULL) {
        request_free(kernel, request);
        return;
    }
    list_remove(&request->link);
    request->state = REQUEST_ANSWERED;
    request->message.kind = MESSAGE_ANSWER;
    request->message.id = request->id;
    request->receiver = NULL;
    if (!request->is_call) {
        list_push_back(&sender->inbox, &request->link);
        schedule_wake(sender);
    } else if (sender->status == APP_CALLING) {
        schedule_resume(sender);
    }
}

void request_fail(struct kernel *kernel, struct request *request, enum contract_error error) {
    request_detach(request);
    request_drop_grants(kernel, request);
    request->message = (struct message){.error = -(int32_t)error};
    request_complete(kernel, request);
}

void request_cancel(struct kernel *kernel, struct request *request) {
    request->sender = NULL;
    if (request->state != REQUEST_DELIVERED || request->receiver == NULL) {
        request_detach(request);
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
