/* Blocks of messages, for a program of one file: copies, and buffers that are moved, lent and shared. Word 3 of a message says what its block holds.
   Whoever has access to a buffer finds in it what its message said, and nobody else touches it. */
#ifndef PROGRAMS_TESTS_CHAOS_BLOCKS_H
#define PROGRAMS_TESTS_CHAOS_BLOCKS_H

#include "programs/api/context.h"
#include "programs/tests/chaos/chance.h"

enum { BUFFERS_MAX = 10, BLOCK_MOST = 20000 };
enum attach { ATTACH_COPY, ATTACH_ANSWER, ATTACH_UNANSWERED, ATTACH_REQUEST }; /* what may go along */
enum place { PLACE_NONE, PLACE_HERE, PLACE_LENT, PLACE_AWAY };                 /* away: lent, and given up; a notice says when it is back */

struct buffer {
    uint8_t *address;
    uint32_t room, size, seed;
    uint64_t id; /* PLACE_LENT: of the message, 0 for a call */
    uint8_t place, is_mutable, is_shared;
};

static struct context *os;
static struct buffer buffers[BUFFERS_MAX];
static uint8_t content[BLOCK_MOST];

#define HOLDS(condition) require(condition, 1000 + __LINE__)

static struct buffer *buffer_at(const void *address) {
    for (uint32_t index = 0; index < BUFFERS_MAX; index++) {
        if (buffers[index].place != PLACE_NONE && buffers[index].address == address) {
            return &buffers[index];
        }
    }
    return 0;
}

static int32_t buffer_operate(uint32_t operation, void *address, uint32_t access) {
    struct buffer_request request = {.operation = operation, .access = access, .address = address};
    return os->buffer(&request);
}

static void buffer_release(void *address) {
    HOLDS(buffer_operate(BUFFER_RELEASE, address, 0) == 0);
    HOLDS(buffer_operate(BUFFER_MAP, address, 0) == -ARGOS_NOT_FOUND);
}

/* It is the app's own, and holds this. */
static void buffer_add(uint8_t *address, uint32_t room, uint32_t size, uint32_t seed) {
    HOLDS(buffer_at(address) == 0);
    for (uint32_t index = 0; index < BUFFERS_MAX; index++) {
        if (buffers[index].place == PLACE_NONE) {
            buffers[index] = (struct buffer){.address = address, .room = room, .size = size, .seed = seed, .place = PLACE_HERE};
            return;
        }
    }
    buffer_release(address);
}

static void buffer_make(void) {
    struct buffer_request request = {.operation = BUFFER_MAKE, .size = 1 + random_below(chance(80) ? 9000 : 200000)};
    int32_t error = os->buffer(&request);
    HOLDS(error == 0 || error == -ARGOS_NO_MEMORY || error == -ARGOS_FULL || error == -ARGOS_LIMIT || error == -ARGOS_TOO_LARGE);
    if (error == 0) {
        HOLDS(((uint8_t *)request.address)[request.size - 1] == 0);
        buffer_add(request.address, request.size, 0, 0);
    }
}

/* Looks where it is. Who borrowed it may have written to it, all of it or nothing. */
static void buffer_settle(struct buffer *buffer) {
    int32_t error = buffer_operate(BUFFER_MAP, buffer->address, 0);
    if (error == -ARGOS_TAKEN) {
        buffer->place = PLACE_AWAY;
    } else if (error == -ARGOS_NO_MEMORY) {
        buffer_release(buffer->address);
        buffer->place = PLACE_NONE;
    } else if (error == -ARGOS_NOT_FOUND) {
        buffer->place = PLACE_NONE;
    } else {
        HOLDS(error == 0);
        buffer->place = PLACE_HERE;
        int is_written = buffer->is_mutable && buffer->size != 0 && content_is_right(buffer->address, buffer->seed + 1, buffer->size);
        HOLDS(buffer->size == 0 || is_written || content_is_right(buffer->address, buffer->seed, buffer->size));
        buffer->seed += is_written ? 1 : 0;
        buffer->is_mutable = 0;
    }
}

/* Between other things: one more, one less, out of sight and back. */
static void buffer_use(void) {
    struct buffer *buffer = &buffers[random_below(BUFFERS_MAX)];
    if (buffer->place == PLACE_NONE) {
        buffer_make();
    } else if (buffer->place != PLACE_HERE) {
        HOLDS(buffer_operate(BUFFER_RELEASE, buffer->address, 0) == -ARGOS_TAKEN || buffer_operate(BUFFER_MAP, buffer->address, 0) != -ARGOS_TAKEN);
    } else if (chance(50)) {
        HOLDS(buffer_operate(BUFFER_UNMAP, buffer->address, 0) == 0);
        buffer_settle(buffer);
    } else {
        buffer_release(buffer->address);
        buffer->place = PLACE_NONE;
    }
}

/* ---- Messages that go ---- */

static void copy_attach(struct message *message, uint32_t seed) {
    uint32_t size = 1 + random_below(chance(70) ? 200 : chance(80) ? 4096 : BLOCK_MOST);
    content_fill(content, seed, size);
    message->block = content;
    message->block_size = size;
    message->block_mode = BLOCK_COPY;
    message->words[3] = (uint64_t)seed << 32 | size;
}

static uint32_t mode_choose(const struct buffer *buffer, enum attach attach) {
    if (buffer->is_shared || chance(15)) {
        return BLOCK_SHARE;
    }
    return attach != ATTACH_REQUEST || chance(40) ? BLOCK_MOVE : chance(50) ? BLOCK_LEND : BLOCK_LEND_MUTABLE;
}

/* A shared one is written to no more. */
static void block_attach(struct message *message, enum attach attach) {
    struct buffer *buffer = &buffers[random_below(BUFFERS_MAX)];
    uint32_t seed = 1 + random_below(1u << 30);
    if (chance(60)) {
        return;
    }
    if (attach == ATTACH_COPY || buffer->place != PLACE_HERE || chance(30)) {
        copy_attach(message, seed);
        return;
    }
    message->block_mode = mode_choose(buffer, attach);
    if (message->block_mode == BLOCK_SHARE) {
        HOLDS(buffer_operate(BUFFER_SHARE, buffer->address, BUFFER_READ) == 0);
    }
    if (!buffer->is_shared || buffer->size == 0) {
        buffer->size = 1 + random_below(buffer->room);
        buffer->seed = seed;
        content_fill(buffer->address, seed, buffer->size);
    }
    message->block = buffer->address;
    message->block_size = buffer->size;
    message->words[3] = (uint64_t)buffer->seed << 32 | buffer->size;
}

/* The message has gone; id: what its answer will have. */
static void block_gone(const struct message *message, uint64_t id) {
    struct buffer *buffer = message->block_mode > BLOCK_COPY ? buffer_at(message->block) : 0;
    if (buffer == 0) {
        return;
    }
    if (message->block_mode == BLOCK_MOVE) {
        HOLDS(buffer_operate(BUFFER_MAP, buffer->address, 0) == -ARGOS_NOT_FOUND);
        buffer->place = PLACE_NONE;
    } else if (message->block_mode == BLOCK_SHARE) {
        buffer->is_shared = 1;
    } else {
        buffer->place = PLACE_LENT;
        buffer->id = id;
        buffer->is_mutable = message->block_mode == BLOCK_LEND_MUTABLE;
    }
}

/* A call is over: whether it was answered, or nobody knows what became of it. */
static void block_called(const struct message *message, int is_answered) {
    struct buffer *buffer = message->block_mode > BLOCK_COPY ? buffer_at(message->block) : 0;
    if (buffer == 0) {
        return;
    }
    buffer->is_shared |= message->block_mode == BLOCK_SHARE;
    buffer->is_mutable = message->block_mode == BLOCK_LEND_MUTABLE;
    buffer_settle(buffer);
    HOLDS(!is_answered || (message->block_mode == BLOCK_MOVE ? buffer->place == PLACE_NONE : buffer->place != PLACE_AWAY));
}

/* The answer to message id is there: what was lent with it is back, unless it was given up. */
static void block_answered(uint64_t id, int is_given_up) {
    for (uint32_t index = 0; index < BUFFERS_MAX; index++) {
        if (buffers[index].place == PLACE_LENT && buffers[index].id == id) {
            buffer_settle(&buffers[index]);
            HOLDS(is_given_up || buffers[index].place != PLACE_AWAY);
        }
    }
}

/* A notice says that it is back. */
static void block_returned(const void *address) {
    struct buffer *buffer = buffer_at(address);
    HOLDS(buffer != 0);
    if (buffer->place == PLACE_AWAY) {
        buffer_settle(buffer);
        HOLDS(buffer->place != PLACE_AWAY);
    }
}

static uint32_t blocks_away(void) {
    uint32_t count = 0;
    for (uint32_t index = 0; index < BUFFERS_MAX; index++) {
        count += buffers[index].place == PLACE_AWAY || buffers[index].place == PLACE_LENT;
    }
    return count;
}

/* ---- Messages that come ---- */

static void block_check(const struct message *message) {
    uint32_t size = (uint32_t)message->words[3], seed = (uint32_t)(message->words[3] >> 32);
    HOLDS(message->block_size == size && (message->block_mode == BLOCK_NONE) == (size == 0));
    HOLDS(size == 0 || content_is_right(message->block, seed, size));
}

/* What is the app's now goes to its own buffers, what was shared is looked at and left, and what may be written
   is, by the first who may. Then the message says what
   there is to look at when it is answered. */
static void block_take(struct message *message, int is_passed) {
    uint32_t size = (uint32_t)message->words[3], seed = (uint32_t)(message->words[3] >> 32);
    block_check(message);
    if (message->block_mode == BLOCK_LEND_MUTABLE && !is_passed) {
        content_fill(message->block, seed + 1, size);
        message->words[3] = (uint64_t)(seed + 1) << 32 | size;
    }
    if (message->block_mode != BLOCK_MOVE && message->block_mode != BLOCK_SHARE) {
        return;
    }
    if (message->block_mode == BLOCK_MOVE) {
        buffer_add(message->block, size, size, seed);
    } else {
        buffer_release(message->block);
    }
    message->block_mode = BLOCK_NONE;
    message->block_size = 0;
    message->words[3] = 0;
}

#endif
