/* The inbox of an app: requests to it, answers to what it sent, and notices. Private to the kernel. */
#ifndef KERNEL_INBOX_H
#define KERNEL_INBOX_H

#include "kernel/area.h"
#include "kernel/state.h"

/* A request for this app; the caller has looked that there is room. */
void inbox_push(struct app *app, struct request *request);
/* Requests that waited for somebody to handle this service, as the app does now. */
void inbox_take_waiting(struct app *app, struct service *service);
/* A request that its sender takes back before it was seen. */
void inbox_remove(struct request *request);
/* Whether there is anything to show. */
static inline bool inbox_has_news(const struct app *app) {
    return !list_is_empty(&app->inbox) || app->notices != 0 || !list_is_empty(&app->gone) || !list_is_empty(&app->cancelled);
}
/* What comes with a turn: fills the context's inbox. */
void inbox_fill(struct app *app);
static inline void inbox_show(struct app *app) {
    if (app->is_marked || app->had_inbox) {
        inbox_fill(app);
    }
}
/* What came directly and is not answered yet is owed like everything else. */
void inbox_settle_it(struct app *app);
static inline void inbox_settle(struct app *app) {
    if (UNLIKELY(app->serving != NULL)) {
        inbox_settle_it(app);
    }
}
/* The same into an array of the kernel's, in the middle of a turn; the number of messages. */
uint32_t inbox_take(struct app *app, struct message *out, uint32_t count_max, enum shown_by by);
/* What was shown in this way and owes nothing is freed; SHOWN_BY_TURN: the turn is over, and all of it is. */
void inbox_clear(struct app *app, enum shown_by by);
static inline void inbox_done(struct app *app, enum shown_by by) {
    if (UNLIKELY(!list_is_empty(&app->shown))) {
        inbox_clear(app, by);
    }
}
/* A notice that is about nothing. */
void inbox_notify(struct app *app, enum notice notice);
/* Whoever waits for room in this inbox is told. */
void inbox_room(struct app *app);
/* A block in the app's area is needed no more. */
static inline void inbox_block_release(struct app *app, struct block *block) {
    area_release(&app->area, block);
    if (UNLIKELY(!list_is_empty(&app->room_waiters))) {
        inbox_room(app);
    }
}
/* The app sent something that found no room here: it is told when there is some. */
void inbox_wait_for_room(struct app *app, struct app *receiver);
/* Grants that travel with a message become the receiver's; what does not fit into its table is dropped, and its handle is 0. */
void inbox_take_grants(struct app *app, struct request *request, struct message *out);

#endif
