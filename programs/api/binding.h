/* What the generated bindings of all interfaces (programs/api/NAME.h) share: from what a message carries to struct message, and back.
   Works for any program that has a context; keeps nothing. */
#ifndef PROGRAMS_API_BINDING_H
#define PROGRAMS_API_BINDING_H

#include "interfaces/wire_value.h"
#include "programs/api/context.h"

/* Words of a request's block that need no memory of the app's. */
#define BINDING_SMALL 32

/* Where a request's block stands while it is sent. */
struct binding_room {
    uint64_t small[BINDING_SMALL];
    struct wire_memory memory;
    void *large; /* NULL: none */
};

static inline void binding_room_start(struct binding_room *room) {
    room->memory = wire_memory_of(room->small, sizeof room->small);
    room->large = NULL;
}

/* Room for a block that was too large: true when it was found, and then the content is to be encoded once more. */
static inline bool binding_room_grow(const struct context *os, struct binding_room *room, int32_t error, uint32_t size) {
    if (error != -WIRE_TOO_LARGE) {
        return false;
    }
    room->large = os->allocate(size, 8);
    room->memory = wire_memory_of(room->large, size);
    return room->large != NULL;
}

static inline void binding_room_end(const struct context *os, struct binding_room *room) {
    if (room->large != NULL) {
        os->release(room->large);
    }
}

/* ---- Messages ---- */

static inline void binding_message(struct message *message, const struct wire_content *content) {
    __builtin_memset(message, 0, sizeof *message);
    for (uint32_t i = 0; i < WIRE_WORDS; i++) {
        message->words[i] = content->words[i];
    }
    message->block = (void *)(uintptr_t)content->block;
    message->block_size = content->block_size;
    message->block_mode = content->block_size == 0 ? BLOCK_NONE : BLOCK_COPY;
    message->grant_count = content->grant_count;
    for (uint32_t i = 0; i < content->grant_count; i++) {
        message->grants[i].handle = content->grants[i].handle;
        message->grants[i].mode = content->grants[i].mode;
        message->grants[i].badge = content->grants[i].badge;
    }
}

/* A block that is shared may change while it is read, so it is none: what it holds is malformed where something was expected. */
static inline void binding_content(const struct message *message, struct wire_content *content) {
    const bool is_ours = message->block_mode != BLOCK_NONE && message->block_mode != BLOCK_SHARE;
    for (uint32_t i = 0; i < WIRE_WORDS; i++) {
        content->words[i] = message->words[i];
    }
    content->block = is_ours ? (const uint8_t *)message->block : NULL;
    content->block_size = is_ours ? message->block_size : 0;
    content->grant_count = message->grant_count;
    for (uint32_t i = 0; i < message->grant_count && i < WIRE_GRANTS; i++) {
        content->grants[i] = wire_grant_of(message->grants[i].handle, WIRE_GRANT_MOVE, message->grants[i].badge);
    }
}

/* ---- For who calls ---- */

static inline void binding_request(struct message *message, uint32_t grant, uint32_t operation, const struct wire_content *content) {
    binding_message(message, content);
    message->grant = grant;
    message->operation = operation;
}

static inline void binding_request_empty(struct message *message, uint32_t grant, uint32_t operation) {
    __builtin_memset(message, 0, sizeof *message);
    message->grant = grant;
    message->operation = operation;
}

/* The answer's block is copied to the memory as far as there is any; what is larger stands until the next call or wait, or the end of the turn. */
static inline int32_t binding_call(const struct context *os, const struct message *message, struct wire_memory memory, struct message *answer) {
    __builtin_memset(answer, 0, sizeof *answer);
    answer->block = memory.data;
    answer->block_size = memory.size;
    const int32_t error = os->call(message, answer, UNTIL_EVER);
    return error != 0 ? error : answer->error;
}

static inline int64_t binding_send(const struct context *os, struct message *message, uint32_t flags) {
    message->flags = (uint16_t)flags;
    return os->send(message);
}

/* Gives up a grant. */
static inline int32_t binding_drop(const struct context *os, uint32_t grant) {
    struct message message;
    binding_request_empty(&message, grant, 0);
    message.flags = MESSAGE_DROP;
    return (int32_t)os->send(&message);
}

/* The app's first grant of an interface with these flags, 0 when it has none. */
static inline uint32_t binding_find(const struct context *os, const uint8_t *hash, uint32_t flags) {
    for (uint32_t i = 0; i < os->grant_count; i++) {
        const struct grant *grant = &os->grants[i];
        bool is_same = (grant->flags & flags) == flags;
        for (uint32_t j = 0; j < sizeof grant->interface && is_same; j++) {
            is_same = grant->interface[j] == hash[j];
        }
        if (is_same) {
            return grant->handle;
        }
    }
    return 0;
}

/* ---- For who handles ---- */

static inline void binding_received(const struct message *message, struct wire_request *request) {
    request->id = message->id;
    request->badge = message->badge;
    request->operation = message->operation;
    binding_content(message, &request->content);
}

static inline void *binding_allocate(void *os, uint32_t size) {
    return ((const struct context *)os)->allocate(size, 8);
}

/* An answer whose block may stand in the room, else in memory of the app's. */
static inline void binding_answer_start(const struct context *os, struct binding_room *room, struct wire_answer *answer) {
    __builtin_memset(answer, 0, sizeof *answer);
    binding_room_start(room);
    answer->memory = room->memory;
    answer->allocate = binding_allocate;
    answer->context = (void *)(uintptr_t)os;
}

/* Sends it, unless nobody wants one, and gives its memory back. */
static inline int32_t binding_answer_send(const struct context *os, uint64_t id, const struct wire_answer *answer) {
    struct message message;
    int32_t error = 0;
    binding_message(&message, &answer->content);
    message.error = answer->error;
    if (answer->block_mode != 0 && answer->content.block_size != 0) {
        message.block_mode = answer->block_mode;
    }
    if (id != 0) {
        error = os->answer(id, &message);
    }
    if (answer->allocated != NULL) {
        os->release(answer->allocated);
    }
    return error;
}

/* The answer to a request whose handler said WIRE_LATER, when it comes to nothing. */
static inline int32_t binding_answer_error(const struct context *os, uint64_t id, int32_t error) {
    struct message message;
    __builtin_memset(&message, 0, sizeof message);
    message.error = error;
    return os->answer(id, &message);
}

#endif
