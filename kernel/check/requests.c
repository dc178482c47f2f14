/* Rules of requests: each is in the one list that its state names, its share of the pool is paid, its block is its own, and whoever waits for an
   answer will get one. */
#include "kernel/check/rules.h"

#include "base/bits.h"

/* ---- Where each is ---- */

/* The list that a request of this state is in; NULL: none. */
static const struct list *place_of(const struct request *request) {
    switch (request->state) {
    case REQUEST_WAITING: return &request->capability->service->waiting;
    case REQUEST_QUEUED: return &request->receiver->inbox;
    case REQUEST_DELIVERED: return request->receiver != NULL && request->receiver->serving != request ? &request->receiver->owed : NULL;
    case REQUEST_ANSWERED: return request->is_call ? NULL : &request->sender->inbox;
    default: return NULL;
    }
}

/* One that was shown is in the list of whoever saw it: its receiver, or as an answer its sender. */
static bool is_shown_to(const struct request *request, const struct app *app) {
    return app != NULL && check_is_in(&app->shown, &request->link);
}

static bool check_people(const struct check *check, const struct request *request) {
    unsigned state = request->state;
    RULE(check, request->sender == NULL || check_app_lives(check, request->sender), "a request in state %u has a sender that ended", state);
    RULE(check, request->receiver == NULL || check_app_lives(check, request->receiver), "a request in state %u has a receiver that ended", state);
    RULE(check, request->payer == NULL || check_app_lives(check, request->payer), "a request in state %u has a payer that ended", state);
    RULE(check, request->block.data == NULL || request->block_app == NULL || check_app_lives(check, request->block_app),
         "a block is in the area of an app that ended");
    RULE(check, request->block.data == NULL || request->block_app != NULL || (request->state == REQUEST_WAITING && request->payer != NULL),
         "a block that waits for a handler belongs to nobody");
    RULE(check, request->payer == NULL || check_is_in(&request->payer->paid, &request->paid_link),
         "a request is not among those that its payer pays");
    RULE(check, request->payer != NULL || list_is_empty(&request->paid_link), "a request that nobody pays is in a list of those that are paid");
    return true;
}

/* What a state says about the fields of a request. */
static bool check_fields(const struct check *check, const struct request *request) {
    bool is_under_way = request->state == REQUEST_WAITING || request->state == REQUEST_QUEUED;
    bool is_given_up = request->sender == NULL && request->ask == NULL;
    switch (request->state) {
    case REQUEST_FREE:
    case REQUEST_KEPT:
        RULE(check, request->block.data == NULL && request->grant_count == 0 && request->capability == NULL,
             "a request that is not in use has something");
        RULE(check, request->sender == (request->state == REQUEST_KEPT ? request->payer : NULL) && list_is_empty(&request->cancel_link),
             "somebody still waits for a request that is not in use");
        break;
    case REQUEST_MADE: RULE(check, false, "a request was made and never sent"); break;
    case REQUEST_WAITING:
    case REQUEST_QUEUED:
    case REQUEST_DELIVERED:
        RULE(check, request->capability != NULL, "a request in state %u came through no grant", (unsigned)request->state);
        RULE(check, request->state != REQUEST_QUEUED || request->receiver != NULL, "a request is queued for nobody");
        RULE(check, !request->capability->is_revoked || (!is_under_way && (is_given_up || request->lost != 0)),
             "a request in state %u came through a grant that was revoked", (unsigned)request->state);
        RULE(check, !is_under_way || (request->sender != NULL || request->ask != NULL) == request->wants_answer,
             "a request whose answer nobody waits for is under way");
        RULE(check, request->state != REQUEST_DELIVERED || request->wants_answer || request->receiver == NULL, "an answer is owed that nobody wants");
        break;
    case REQUEST_GIVEN:
    case REQUEST_ANSWERED:
        RULE(check, request->state == REQUEST_ANSWERED || (request->is_call && request->block.data == NULL && request->grant_count == 0),
             "an answer was given and has something");
        RULE(check, request->sender != NULL, "an answer is for nobody");
        /* A native handler may answer before the caller has come to wait. */
        RULE(check, !request->is_call || request->sender->calling == request || request->sender->status == APP_RUNNING,
             "an answer is for a call that is over");
        break;
    default: break;
    }
    bool is_cancelled = request->state == REQUEST_DELIVERED && request->receiver != NULL && (is_given_up || request->lost != 0);
    bool is_told = request->receiver != NULL && check_is_in(&request->receiver->cancelled, &request->cancel_link);
    RULE(check, is_cancelled == is_told, "a cancelled request and the notice about it do not go together");
    return true;
}

/* One whose sender is told of its end before its receiver has done with it. */
static bool check_lost(const struct check *check, const struct request *request) {
    bool is_told = request->lost != 0 && request->sender != NULL && !request->is_call;
    bool is_seen = request->state == REQUEST_DELIVERED || request->state == REQUEST_SHOWN;
    RULE(check, request->lost == 0 || is_seen, "a request in state %u is lost", (unsigned)request->state);
    RULE(check, is_told ? check_is_in(&request->sender->lost, &request->lost_link) : list_is_empty(&request->lost_link),
         "the sender of a lost request is not told, or of another one");
    return true;
}

static bool check_one(const struct check *check, const struct request *request) {
    if (request->state == REQUEST_FREE) {
        return check_fields(check, request); /* that list is long: its length is looked at instead */
    }
    if (!check_people(check, request) || !check_fields(check, request) || !check_lost(check, request)) {
        return false;
    }
    if (request->state == REQUEST_SHOWN) {
        RULE(check, is_shown_to(request, request->receiver) || is_shown_to(request, request->sender) || is_shown_to(request, request->payer),
             "a request that was shown is in no list of those");
        return true;
    }
    const struct list *place = place_of(request);
    RULE(check, place != NULL ? check_is_in(place, &request->link) : list_is_empty(&request->link), "a request in state %u is in another list",
         (unsigned)request->state);
    return true;
}

/* ---- How many there are ---- */

/* All lists together hold every request that is to be in one, so that none is in two. */
static bool check_counts(struct check *check, const uint32_t *states, uint32_t in_none, uint32_t orphans) {
    const struct kernel *kernel = check->kernel;
    const struct request_pool *pool = &kernel->requests;
    uint32_t total = pool->chunk_count * REQUEST_CHUNK, listed = 0, reserved = orphans;
    RULE(check, check_length(&pool->free) == states[REQUEST_FREE], "%u requests are free, and %u are in the list of those", states[REQUEST_FREE],
         check_length(&pool->free));
    LIST_EACH(link, &kernel->services) {
        listed += check_length(&LIST_ENTRY(link, struct service, link)->waiting);
    }
    LIST_EACH(link, &kernel->apps) {
        const struct app *app = LIST_ENTRY(link, struct app, link);
        listed += check_length(&app->inbox) + check_length(&app->owed) + check_length(&app->shown);
        reserved += app->paid_count_max + REQUESTS_APART;
    }
    RULE(check, listed + in_none + states[REQUEST_FREE] == total, "of %u requests %u are in lists, %u free, %u in none", total, listed,
         states[REQUEST_FREE], in_none);
    RULE(check, pool->reserved_count == reserved && reserved <= total, "%u requests are reserved, and apps may use %u", pool->reserved_count,
         reserved);
    return true;
}

static bool is_in_no_list(const struct request *request) {
    switch (request->state) {
    case REQUEST_KEPT:
    case REQUEST_GIVEN: return true;
    case REQUEST_DELIVERED: return request->receiver == NULL || request->receiver->serving == request;
    case REQUEST_ANSWERED: return request->is_call;
    default: return false;
    }
}

/* ---- What an app has of them ---- */

static bool check_inbox(const struct check *check, const struct app *app) {
    uint32_t queued = 0;
    LIST_EACH(link, &app->inbox) {
        const struct request *request = LIST_ENTRY(link, struct request, link);
        queued += request->state == REQUEST_QUEUED;
        RULE(check, request->state == REQUEST_QUEUED ? request->receiver == app : request->state == REQUEST_ANSWERED && request->sender == app,
             "the inbox of app %u has a request in state %u", app->number, (unsigned)request->state);
    }
    RULE(check, queued == app->inbox_count, "%u requests are queued for app %u, and it counts %u", queued, app->number, app->inbox_count);
    RULE(check, list_is_empty(&app->lost) == ((app->notices & 1u) == 0), "app %u is not told that a request is lost, or of none", app->number);
    LIST_EACH(link, &app->owed) {
        const struct request *request = LIST_ENTRY(link, struct request, link);
        RULE(check, request->state == REQUEST_DELIVERED && request->receiver == app, "app %u owes an answer to a request in state %u", app->number,
             (unsigned)request->state);
    }
    LIST_EACH(link, &app->shown) {
        RULE(check, LIST_ENTRY(link, struct request, link)->state == REQUEST_SHOWN, "app %u was shown what was not shown", app->number);
    }
    return true;
}

/* What it was asked directly is its turn's, and may be answered at once as long as its caller waits for that. */
static bool check_serving(const struct check *check, const struct app *app) {
    const struct request *request = app->serving;
    if (request == NULL) {
        return true;
    }
    RULE(check, request->state == REQUEST_DELIVERED && request->receiver == app && app->fiber != NULL,
         "app %u was asked a request in state %u in its turn", app->number, (unsigned)request->state);
    RULE(check, request->is_call && request->window == NULL && request->grant_count == 0, "app %u was asked directly what takes more", app->number);
    RULE(check, (request->place != NULL) == (request->sender != NULL && request->lost == 0),
         "whether app %u may answer directly is not whether somebody waits for it", app->number);
    return true;
}

static bool check_share(const struct check *check, const struct app *app) {
    uint32_t paid = check_length(&app->paid);
    bool has_spare = app->spare != NULL;
    RULE(check, paid == app->paid_count + has_spare, "app %u pays for %u requests, and counts %u", app->number, paid, app->paid_count);
    RULE(check, app->paid_count <= app->paid_count_max + 1, "app %u pays for more requests than its share", app->number);
    RULE(check, !has_spare || app->spare->state == REQUEST_KEPT || app->calling == app->spare, "the spare request of app %u is in use", app->number);
    LIST_EACH(link, &app->shown) {
        RULE(check, !has_spare || LIST_ENTRY(link, struct request, link)->shown_by != SHOWN_BY_CALL,
             "app %u may call directly, and is shown the answer to a call", app->number);
    }
    RULE(check, !has_spare || (app->spare->payer == app && app->spare->sender == app), "the spare request of app %u is another one's", app->number);
    LIST_EACH(link, &app->paid) {
        RULE(check, LIST_ENTRY(link, struct request, paid_link)->payer == app, "app %u pays for another one's request", app->number);
    }
    return true;
}

/* Each unit of the area that is in use is of one block. */
static bool check_area(const struct check *check, const struct app *app) {
    uint64_t used = 0, blocks = 0;
    for (uint32_t word = 0; word < (app->area.unit_count + 63) / 64; word++) {
        used += count_ones(app->area.used[word]);
    }
    for (uint32_t index = 0; index < check->kernel->requests.chunk_count * REQUEST_CHUNK; index++) {
        const struct request *request = check_request_at(check, index);
        if (request->block.data == NULL || request->block_app != app) {
            continue;
        }
        const struct block *block = &request->block;
        uint32_t first = block->offset / AREA_UNIT, count = (block->size + AREA_UNIT - 1) / AREA_UNIT;
        RULE(check, block->size != 0 && block->data == app->area.base + block->offset && first + count <= app->area.unit_count,
             "a block lies outside the area of app %u", app->number);
        for (uint32_t unit = first; unit < first + count; unit++) {
            RULE(check, (app->area.used[unit / 64] >> unit % 64 & 1) != 0, "a block of app %u lies in room that is free", app->number);
        }
        blocks += count;
    }
    RULE(check, used == blocks, "%llu units of the area of app %u are in use, and its blocks have %llu", (unsigned long long)used, app->number,
         (unsigned long long)blocks);
    return true;
}

/* Whoever was refused for want of room is told when there is some. */
static bool check_room(const struct check *check, const struct app *app) {
    bool is_idle = app->status == APP_IDLE || app->status == APP_WAITING;
    RULE(check, check_length(&app->room_waiters) != CHECK_LIST_MAX, "the list of those who wait for room in the inbox of app %u is broken",
         app->number);
    if (!is_idle || list_is_empty(&app->room_waiters)) {
        return true;
    }
    uint64_t used = 0;
    for (uint32_t word = 0; word < (app->area.unit_count + 63) / 64; word++) {
        used |= app->area.used[word];
    }
    RULE(check, app->inbox_count != 0 || used != 0 || app->window_count >= app->window_count_max,
         "somebody waits for room in the inbox of app %u, which is empty", app->number);
    return true;
}

bool check_requests(struct check *check) {
    uint32_t states[REQUEST_GIVEN + 1] = {0}, in_none = 0, orphans = 0;
    for (uint32_t index = 0; index < check->kernel->requests.chunk_count * REQUEST_CHUNK; index++) {
        const struct request *request = check_request_at(check, index);
        RULE(check, request->state <= REQUEST_GIVEN, "a request is in no state");
        states[request->state]++;
        in_none += is_in_no_list(request);
        orphans += request->state != REQUEST_FREE && request->payer == NULL;
        if (!check_one(check, request)) {
            return false;
        }
    }
    if (!check_counts(check, states, in_none, orphans)) {
        return false;
    }
    LIST_EACH(link, &check->kernel->apps) {
        const struct app *app = LIST_ENTRY(link, struct app, link);
        if (!check_inbox(check, app) || !check_serving(check, app) || !check_share(check, app) || !check_area(check, app) ||
            !check_room(check, app)) {
            return false;
        }
    }
    return true;
}
