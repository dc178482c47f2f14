/* A message that an app is about to send: read from its memory, looked at, and made a request. Nothing has happened until outgoing_commit. Private to
 * the kernel. */
#ifndef KERNEL_OUTGOING_H
#define KERNEL_OUTGOING_H

#include "kernel/area.h"
#include "kernel/state.h"

struct outgoing {
    struct app *app;
    struct capability *capability; /* what it goes through; no reference */
    struct service *service;
    struct request *forwarded; /* the request that is passed on, or NULL */
    struct ask *ask;           /* of the kernel's own; else NULL */
    const uint8_t *block;      /* in the app's memory */
    struct window *window;     /* of the buffer that goes along: the app's, to be passed on, or what the forwarded request lent it */
    bool is_call;
    struct capability *made[MESSAGE_GRANTS]; /* of GRANT_MAKE, each a reference; for as many grants as the message has */
    struct message message;                  /* what is behind its grants is undefined */
};

/* With an undefined message. */
static inline void outgoing_begin(struct outgoing *outgoing, struct app *app, bool is_call) {
    outgoing->app = app;
    outgoing->forwarded = NULL;
    outgoing->ask = NULL;
    outgoing->block = NULL;
    outgoing->window = NULL;
    outgoing->is_call = is_call;
}

/* What a receiver sees of a message that came through this grant, but for its block and its grants. */
static inline void message_as_request(struct message *to, const struct message *from, const struct capability *capability, uint64_t id) {
    to->id = id;
    to->badge = capability->badge;
    memcpy(to->words, from->words, sizeof to->words);
    to->grant = capability->service->serve_handle;
    to->operation = from->operation;
    to->kind = MESSAGE_REQUEST;
    to->flags = 0;
    to->error = 0;
    to->grant_count = 0;
    message_clear_block(to);
}

/* What the sender sees of its answer, but for its id, its block and its grants. */
static inline void message_as_answer(struct message *to, const struct message *from) {
    to->badge = 0;
    memcpy(to->words, from->words, sizeof to->words);
    to->grant = 0;
    to->operation = from->operation;
    to->kind = MESSAGE_ANSWER;
    to->flags = 0;
    to->error = from->error;
    to->grant_count = 0;
    message_clear_block(to);
}

/* Where a caller wants the block of the answer: what stands in the message that the answer goes to. */
static inline void answer_place_read(struct app *app, const uint8_t *place) {
    memcpy(&app->answer_block, place + offsetof(struct message, block), sizeof app->answer_block);
    memcpy(&app->answer_block_size, place + offsetof(struct message, block_size), sizeof app->answer_block_size);
}

/* Reads a message, the grants that it has included. False: it is not in the app's memory, which was told to the app. */
bool message_read(struct app *app, guest_address address, const char *function, struct message *out) MUST_CHECK;
/* The block and the grants of a message that is sent or an answer. False: as above. */
bool outgoing_read_block(struct outgoing *outgoing, const char *function) MUST_CHECK;
/* Looks at the grants that it takes along; on failure nothing is kept. 0 or an error. */
enum contract_error outgoing_check_grants(struct outgoing *outgoing) MUST_CHECK;
/* They leave the app. */
void outgoing_take_grants(struct outgoing *outgoing, struct request *request);
/* What is kept of one that is not sent. */
void outgoing_drop(struct outgoing *outgoing);
/* Where it goes, and whether it may. */
enum contract_error outgoing_route(struct outgoing *outgoing) MUST_CHECK;
/* Makes it a request, on its way. ARGOS_FULL: the receiver has no room now. For a native receiver, *out may be answered already. NULL when no answer
 * is wanted. */
enum contract_error outgoing_commit(struct outgoing *outgoing, struct request **out) MUST_CHECK;

/* Whether this app waits, through whatever others, for that one: it would wait for ever for one that waited for it. */
bool app_waits_for(const struct app *app, const struct app *other);

#endif
