/* A program for tests of who uses an interface: it handles whatever it was granted to handle, and what it answers has nothing to do with what it was
   asked: other words, blocks and buffers of any size, errors that there are and that there are not, twice or late. Now and then it ends by
   a trap. */
#include "programs/api/context.h"

#define LATE_MAX   4u
#define BLOCK_MAX  9000u
#define BUFFER_MAX 20000u

static uint64_t state = 0x9e3779b97f4a7c15u;
static uint64_t late[LATE_MAX];
static uint32_t late_count;
static uint8_t block[BLOCK_MAX];

static uint32_t random_below(uint32_t limit) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % limit;
}

/* Often what is almost right. */
static uint64_t word_make(uint32_t size) {
    switch (random_below(6)) {
    case 0: return 0;
    case 1: return 1;
    case 2: return size;
    case 3: return random_below(70000);
    case 4: return state;
    default: return (uint64_t)0 - random_below(5);
    }
}

/* A buffer of its own, which goes with the answer; 0: there is none. */
static void *buffer_make(const struct context *os, uint32_t size) {
    struct buffer_request request;
    __builtin_memset(&request, 0, sizeof request);
    request.operation = BUFFER_MAKE;
    request.access = BUFFER_READ | BUFFER_WRITE;
    request.size = size;
    return os->buffer(&request) == 0 ? request.address : 0;
}

static void answer_make(const struct context *os, struct message *answer) {
    uint32_t size = random_below(4) == 0 ? random_below(BLOCK_MAX) : random_below(3);
    __builtin_memset(answer, 0, sizeof *answer);
    if (random_below(8) == 0) {
        size = 1 + random_below(BUFFER_MAX);
        answer->block = buffer_make(os, size);
        answer->block_mode = answer->block != 0 ? BLOCK_MOVE : BLOCK_NONE;
        size = answer->block != 0 ? size : 0;
    } else if (size != 0) {
        answer->block = block;
        answer->block_mode = BLOCK_COPY;
    }
    answer->block_size = size;
    answer->error = random_below(5) == 0 ? -(int32_t)random_below(30) : 0;
    for (uint32_t i = 0; i < 4; i++) {
        answer->words[i] = word_make(size);
    }
}

static void answer_send(const struct context *os, uint64_t id) {
    struct message answer;
    answer_make(os, &answer);
    int32_t error = os->answer(id, &answer);
    if (error != 0 && error != -ARGOS_NOT_FOUND) {
        (void)os->answer(id, 0);
    }
    if (error != 0 && answer.block_mode == BLOCK_MOVE) {
        struct buffer_request request;
        __builtin_memset(&request, 0, sizeof request);
        request.operation = BUFFER_RELEASE;
        request.address = answer.block;
        (void)os->buffer(&request);
    }
}

int32_t start(struct context *os) {
    for (uint32_t i = 0; i < os->inbox_count; i++) {
        const struct message *message = &os->inbox[i];
        state += message->words[0] + message->id;
        if (message->kind != MESSAGE_REQUEST || message->id == 0) {
            continue;
        }
        if (random_below(20000) == 0) {
            __builtin_trap();
        }
        if (random_below(4) == 0 && late_count < LATE_MAX) {
            late[late_count++] = message->id;
            continue;
        }
        answer_send(os, message->id);
        if (random_below(10) == 0) {
            answer_send(os, message->id);
        }
    }
    if (late_count != 0 && os->inbox_count == 0) {
        answer_send(os, late[--late_count]);
    }
    return late_count != 0 ? TURN_AGAIN : TURN_WAIT;
}
