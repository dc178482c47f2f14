/* Grants, for a program of one file: those that it was started with, that it was given since, and that came in messages. Any of them may be taken
 * away. */
#ifndef PROGRAMS_TESTS_CHAOS_GRANTS_H
#define PROGRAMS_TESTS_CHAOS_GRANTS_H

#include "programs/tests/chaos/blocks.h"

enum { WORK = 100, HELD_MAX = 40, BADGES_MAX = 512 };

/* A grant to send through, and how many requests went there. */
struct held {
    uint32_t handle, stream;
    uint64_t sequence;
    uint8_t is_first; /* whoever started the app gave it, and it stays */
};

static struct held held[HELD_MAX];
static uint8_t badge_is_gone[BADGES_MAX];
static uint32_t badge_count, stream_count, serve_handle, observe_handle;

#define GRANTED(condition) require(condition, 2000 + __LINE__)

static void held_add(uint32_t handle, uint8_t is_first) {
    for (uint32_t index = 0; index < HELD_MAX; index++) {
        GRANTED(held[index].handle != handle);
    }
    for (uint32_t index = 0; index < HELD_MAX; index++) {
        if (held[index].handle == 0) {
            held[index] = (struct held){.handle = handle, .stream = ++stream_count, .is_first = is_first};
            return;
        }
    }
}

static struct held *held_any(void) {
    uint32_t first = random_below(HELD_MAX);
    for (uint32_t index = 0; index < HELD_MAX; index++) {
        struct held *at = &held[(first + index) % HELD_MAX];
        if (at->handle != 0) {
            return at;
        }
    }
    return 0;
}

static void grants_take(const struct message *message) {
    for (uint32_t index = 0; index < message->grant_count; index++) {
        GRANTED(message->grants[index].mode == GRANT_MOVE && message->grants[index].badge == 0);
        if (message->grants[index].handle != 0) {
            held_add(message->grants[index].handle, 0);
        }
    }
}

static void grants_attach(struct message *message) {
    uint32_t count = chance(80) ? 0 : 1 + random_below(MESSAGE_GRANTS);
    for (uint32_t index = 0; index < count; index++) {
        struct message_grant *grant = &message->grants[message->grant_count];
        const struct held *from = held_any();
        if (serve_handle != 0 && badge_count < BADGES_MAX && chance(50)) {
            *grant = (struct message_grant){.handle = serve_handle, .mode = GRANT_MAKE, .badge = (uint64_t)os->app << 32 | badge_count++};
        } else if (from != 0 && (from->is_first || from->handle == message->grant || chance(50))) {
            *grant = (struct message_grant){.handle = from->handle, .mode = GRANT_COPY};
        } else if (from != 0) {
            *grant = (struct message_grant){.handle = from->handle, .mode = GRANT_MOVE};
        }
        message->grant_count += grant->mode != 0;
    }
}

/* Whether one is moved and named twice: that is refused. */
static int moves_are_single(const struct message *message) {
    for (uint32_t index = 0; index < message->grant_count; index++) {
        for (uint32_t other = 0; other < message->grant_count; other++) {
            if (other != index && message->grants[index].mode == GRANT_MOVE && message->grants[other].handle == message->grants[index].handle) {
                return 0;
            }
        }
    }
    return 1;
}

/* The message has gone: what was moved with it is the app's no more. */
static void grants_gone(const struct message *message) {
    for (uint32_t grant = 0; grant < message->grant_count; grant++) {
        for (uint32_t index = 0; index < HELD_MAX; index++) {
            if (message->grants[grant].mode == GRANT_MOVE && held[index].handle == message->grants[grant].handle) {
                held[index] = (struct held){0};
            }
        }
    }
}

/* ---- What it was given ---- */

static int held_has(uint32_t handle) {
    for (uint32_t index = 0; index < HELD_MAX; index++) {
        if (held[index].handle == handle) {
            return 1;
        }
    }
    return 0;
}

/* What was taken away is of no use, from the moment on that it is said. */
static void grant_look(const struct grant *grant) {
    if ((grant->flags & GRANT_REVOKED) != 0) {
        struct message out = {.grant = grant->handle, .operation = WORK};
        int64_t error = os->send(&out);
        GRANTED(error == -ARGOS_REVOKED || error == -ARGOS_HANDLER_GONE);
    }
    if (grant->flags == GRANT_SERVE) {
        GRANTED(serve_handle == 0 || serve_handle == grant->handle);
        serve_handle = grant->handle;
    } else if (grant->label[0] == 'o') {
        observe_handle = observe_handle == 0 ? grant->handle : observe_handle;
    } else if (grant->label[0] != 'c' && !held_has(grant->handle)) {
        held_add(grant->handle, 1);
    }
}

static void grants_look(void) {
    for (uint32_t index = 0; index < os->grant_count; index++) {
        grant_look(&os->grants[index]);
    }
}

#endif
