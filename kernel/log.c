/* The context's `log`: what an app writes goes, in pieces, as messages of the interface `log` to whoever handles that for it. Nothing is lost: a
   piece waits for room with its handler, and for a request of the app's share, of which one is for the log alone. */
#include "kernel/log.h"

#include "interfaces/log.h"
#include "kernel/app.h"
#include "kernel/fiber.h"
#include "kernel/inbox.h"
#include "kernel/outgoing.h"
#include "kernel/schedule.h"

#define PIECE_MAX 1024u

/* The log of an app that is revoked, or that nobody handles, goes nowhere; nor does an app talk to itself, which it might wait for for ever. */
static bool log_goes_somewhere(const struct app *app) {
    const struct capability *capability = app->log_capability;
    return capability != NULL && !capability->is_revoked && capability->service->app != app;
}

/* Nor is a handler waited for that waits for the app itself, or for want of a stack to wait on: then the piece is lost, and nobody is stuck. */
static bool log_may_wait(struct app *app) {
    return !app_waits_for(app->log_capability->service->app, app) && fiber_is_paid(app);
}

/* Until it was sent. Where it goes is looked up each time, since that may change while it waits. */
static void piece_send(struct app *app, const uint8_t *text, uint32_t length) {
    struct outgoing outgoing;
    struct request *request;
    while (!app->is_killed && log_goes_somewhere(app)) {
        outgoing_begin(&outgoing, app, false);
        outgoing.capability = app->log_capability;
        outgoing.service = app->log_capability->service;
        outgoing.block = text;
        outgoing.message = (struct message){.words = {LOG_LEVEL_INFORMATION, 0, length},
                                            .flags = MESSAGE_NO_ANSWER,
                                            .operation = LOG_OPERATION_WRITE,
                                            .block_mode = BLOCK_COPY,
                                            .block_size = length};
        if (app->paid_count > app->paid_count_max) {
            app->waits_for_share = true;
        } else if (outgoing_commit(&outgoing, &request) == ARGOS_FULL) {
            inbox_wait_for_room(app, outgoing.service->app);
        } else {
            return;
        }
        if (!log_may_wait(app)) {
            app->waits_for_share = false;
            return;
        }
        schedule_park(app, APP_CALLING, UNTIL_EVER);
        app->waits_for_share = false;
    }
}

/* Bytes that are no UTF-8 would make the message none of the interface's. */
static void piece_clean(uint8_t *piece, uint32_t length) {
    for (uint32_t at = 0, size; at < length; at += size == 0 ? 1 : size) {
        size = wire_utf8_length(piece + at, length - at);
        piece[at] = size == 0 ? '?' : piece[at];
    }
}

/* How much of the text the next piece takes: it is cut between characters. */
static uint32_t piece_length(const uint8_t *text, uint32_t left) {
    if (left <= PIECE_MAX) {
        return left;
    }
    uint32_t length = PIECE_MAX;
    while (length > PIECE_MAX - 4 && (text[length] & 0xC0) == 0x80) {
        length--;
    }
    return length;
}

void log_write(struct app *app, guest_address text, uint32_t length) {
    uint8_t piece[PIECE_MAX];
    for (uint32_t done = 0, size; done < length; done += size) {
        /* Looked up for each piece, since the app's address space may change while one waits. */
        const uint8_t *from = wasm_memory_range(app->memory, (uint64_t)text + done, length - done, WASM_ACCESS_READ);
        if (from == NULL) {
            app_misuse(app, "log", text);
            return;
        }
        size = piece_length(from, length - done);
        memcpy(piece, from, size);
        piece_clean(piece, size);
        piece_send(app, piece, size);
    }
}
