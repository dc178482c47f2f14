/* The inbox. Notices come first, each in the thing that it is about; then requests and answers in their order. */
#include "kernel/inbox.h"

#include "kernel/area.h"
#include "kernel/capability.h"
#include "kernel/complete.h"
#include "kernel/note.h"
#include "kernel/outgoing.h"
#include "kernel/request.h"
#include "kernel/schedule.h"
#include "kernel/window.h"

void inbox_push(struct app *app, struct request *request) {
    request->state = REQUEST_QUEUED;
    request->receiver = app;
    app->inbox_count++;
    list_push_back(&app->inbox, &request->link);
    schedule_wake(app);
}

void inbox_take_waiting(struct app *app, struct service *service) {
    LIST_EACH(link, &service->waiting) {
        struct request *request = LIST_ENTRY(link, struct request, link);
        list_remove(&request->link);
        request->message.grant = service->serve_handle;
        if (request->block.data != NULL && !request_block_place(app, request)) {
            request_fail(app->kernel, request, ARGOS_TOO_LARGE);
        } else {
            inbox_push(app, request);
        }
    }
}

void inbox_remove(struct request *request) {
    ASSERT(request->state == REQUEST_QUEUED);
    list_remove(&request->link);
    request->receiver->inbox_count--;
    inbox_room(request->receiver);
}

void inbox_notify(struct app *app, enum notice notice) {
    app->notices |= 1u << notice;
    schedule_wake(app);
}

/* An app is in one list. When it waited for another receiver before, it is told at once, and may try there again. */
void inbox_wait_for_room(struct app *app, struct app *receiver) {
    if (app->room_of != NULL && app->room_of != receiver) {
        inbox_notify(app, NOTICE_ROOM);
    }
    app->room_of = receiver;
    list_remove(&app->room_link);
    list_push_back(&receiver->room_waiters, &app->room_link);
}

void inbox_room(struct app *app) {
    while (!list_is_empty(&app->room_waiters)) {
        struct app *waiter = LIST_ENTRY(app->room_waiters.next, struct app, room_link);
        list_remove(&waiter->room_link);
        waiter->room_of = NULL;
        /* Parked for room, or in the middle of something else and told later. */
        if (waiter->status == APP_CALLING && waiter->calling == NULL) {
            schedule_resume(waiter);
        } else {
            inbox_notify(waiter, NOTICE_ROOM);
        }
    }
}

void inbox_take_grants(struct app *app, struct request *request, struct message *out) {
    uint32_t count = request->grant_count;
    request->grant_count = 0;
    out->grant_count = count;
    for (uint32_t index = 0; index < count; index++) {
        struct grant_entry *entry;
        uint32_t handle = grant_add(app, &entry);
        trace_note(app, TRACE_GRANT, handle, request->grants[index]->badge);
        if (handle != 0) {
            entry->capability = request->grants[index];
        } else {
            capability_drop(app->kernel, request->grants[index]);
        }
        out->grants[index] = (struct message_grant){.handle = handle, .mode = GRANT_MOVE};
    }
}

/* One notice, or false when there is none. */
static bool notice_take(struct app *app, struct message *out, enum shown_by by) {
    if (app->notices != 0) {
        uint32_t notice = (uint32_t)__builtin_ctz(app->notices);
        app->notices &= app->notices - 1;
        if (notice == 0) {
            return request_lost_take(app, out) || notice_take(app, out, by);
        }
        if (notice == NOTICE_BUFFER_BACK) {
            window_notice_take(app, out);
            return true;
        }
        *out = (struct message){.kind = MESSAGE_NOTICE, .operation = notice};
        return true;
    }
    if (!list_is_empty(&app->gone)) {
        struct capability *capability = LIST_ENTRY(app->gone.next, struct capability, gone_link);
        *out = (struct message){.kind = MESSAGE_NOTICE, .operation = NOTICE_CLIENT_GONE, .badge = capability->badge};
        out->grant = capability->service->serve_handle;
        capability_free(app->kernel, capability);
        return true;
    }
    if (!list_is_empty(&app->cancelled)) {
        struct request *request = LIST_ENTRY(app->cancelled.next, struct request, cancel_link);
        *out = (struct message){.kind = MESSAGE_NOTICE, .operation = NOTICE_CANCELLED, .id = request->id};
        list_remove(&request->cancel_link);
        /* It stays until the turn ends, so that its block does. */
        list_remove(&request->link);
        request->state = REQUEST_SHOWN;
        request->shown_by = (uint8_t)by;
        list_push_back(&app->shown, &request->link);
        return true;
    }
    return false;
}

/* The oldest request or answer. */
static bool message_take(struct app *app, struct message *out, enum shown_by by) {
    if (list_is_empty(&app->inbox)) {
        return false;
    }
    struct request *request = LIST_ENTRY(app->inbox.next, struct request, link);
    list_remove(&request->link);
    memcpy(out, &request->message, MESSAGE_HEAD_BYTES);
    trace_note(app, TRACE_DELIVER, request->id, out->operation);
    inbox_take_grants(app, request, out);
    bool is_owed = request->state == REQUEST_QUEUED && request->wants_answer;
    app->inbox_count -= request->state == REQUEST_QUEUED;
    request->state = is_owed ? REQUEST_DELIVERED : REQUEST_SHOWN;
    request->shown_by = (uint8_t)by;
    list_push_back(is_owed ? &app->owed : &app->shown, &request->link);
    return true;
}

uint32_t inbox_take(struct app *app, struct message *out, uint32_t count_max, enum shown_by by) {
    uint32_t count = 0;
    while (count < count_max && (notice_take(app, &out[count], by) || message_take(app, &out[count], by))) {
        count++;
    }
    if (count != 0 && app->inbox_count < app->inbox_count_max) {
        inbox_room(app);
    }
    return count;
}

void inbox_fill(struct app *app) {
    uint32_t count = inbox_has_news(app) ? inbox_take(app, app->inbox_slots, INBOX_SLOTS, SHOWN_BY_TURN) : 0;
    if (count != 0 || app->had_inbox) {
        app->context->inbox_count = count;
        app->had_inbox = count != 0;
    }
}

void inbox_settle_it(struct app *app) {
    struct request *request = app->serving;
    app->serving = NULL;
    list_push_back(&app->owed, &request->link);
    if (request->place != NULL) {
        answer_place_read(request->sender, request->place);
    }
}

void inbox_clear(struct app *app, enum shown_by by) {
    LIST_EACH(link, &app->shown) {
        struct request *request = LIST_ENTRY(link, struct request, link);
        if (by == SHOWN_BY_TURN || request->shown_by == by) {
            request_done(app->kernel, request);
        }
    }
    inbox_room(app);
}
