/* The two that behave. Whatever others do, the server has a right to be told the truth about each request, and the client to one right answer to
   each message. */
#include "programs/tests/grind/grind.h"

#define CLIENT_TURNS 150u
#define BLOCK_MAX    700u

#define CHECK(condition)                                                                                                                             \
    do {                                                                                                                                             \
        if (!(condition)) {                                                                                                                          \
            return -__LINE__;                                                                                                                        \
        }                                                                                                                                            \
    } while (0)

/* ---- The server ---- */

static uint64_t answered[64];

/* Requests that are answered in the next turn. */
static struct kept {
    uint64_t id;
    struct message out;
} kept[8];
static uint32_t kept_count;

static int is_no_room(int32_t error) {
    return error == -ARGOS_TOO_LARGE || error == -ARGOS_FULL || error == -ARGOS_NO_MEMORY || error == -ARGOS_LIMIT;
}

static int32_t serve_one(struct context *os, const struct message *in) {
    struct message out = {.operation = in->operation, .block = in->block, .block_size = in->block_size, .block_mode = in->block_mode};
    CHECK(in->kind == MESSAGE_REQUEST || in->kind == MESSAGE_NOTICE);
    if (in->kind == MESSAGE_NOTICE || in->id == 0) {
        return 0;
    }
    CHECK(in->block_size == 0 ? in->block_mode == BLOCK_NONE : in->block != NULL);
    CHECK(in->grant_count <= MESSAGE_GRANTS && in->badge == 0 && in->grant == grant_of(os, "steady"));
    for (uint32_t word = 0; word < MESSAGE_WORDS; word++) {
        out.words[word] = word_answer(in->words[word], in->operation);
    }
    if (in->block_size == 0 && kept_count < 8 && random_chance(300)) {
        kept[kept_count++] = (struct kept){.id = in->id, .out = out};
        return 0;
    }
    /* What was lent is back with the answer; all else goes back as it came. Who has no room for it learns that instead. */
    if (in->block_mode == BLOCK_LEND || in->block_mode == BLOCK_LEND_MUTABLE) {
        out.block_mode = BLOCK_NONE;
        out.block_size = 0;
        out.block = NULL;
    }
    int32_t error = os->answer(in->id, &out);
    CHECK(error == 0 || (in->block_size != 0 && is_no_room(error)));
    if (error != 0 && in->block_mode == BLOCK_MOVE) {
        struct buffer_request release = {.operation = BUFFER_RELEASE, .address = in->block};
        (void)os->buffer(&release);
    }
    CHECK(os->answer(in->id, &out) == -ARGOS_NOT_FOUND);
    CHECK(os->answer(answered[random_below(64)], &out) == -ARGOS_NOT_FOUND);
    answered[random_below(64)] = in->id;
    return 0;
}

/* Those that nobody has cancelled are still its own to answer. */
static int32_t serve_kept(struct context *os) {
    for (uint32_t index = 0; index < os->inbox_count; index++) {
        for (uint32_t place = 0; place < kept_count; place++) {
            if (os->inbox[index].kind == MESSAGE_NOTICE && os->inbox[index].operation == NOTICE_CANCELLED && kept[place].id == os->inbox[index].id) {
                kept[place] = kept[--kept_count];
            }
        }
    }
    while (kept_count > 0) {
        kept_count--;
        CHECK(os->answer(kept[kept_count].id, &kept[kept_count].out) == 0);
    }
    return 0;
}

int32_t server_turn(struct context *os) {
    int32_t error = serve_kept(os);
    for (uint32_t index = 0; error == 0 && index < os->inbox_count; index++) {
        error = serve_one(os, &os->inbox[index]);
    }
    return error != 0 ? finish(os, -error) : kept_count != 0 ? TURN_AGAIN : TURN_WAIT;
}

/* ---- The client ---- */

struct sent {
    uint64_t id, word;
    uint32_t operation;
};

static struct sent sent[32];
static uint32_t sent_count, turn_count;
static uint8_t block[BLOCK_MAX], place[BLOCK_MAX];
static uint64_t last_ns;
static int wants_room;

static int32_t check_words(const struct message *answer, const struct message *out) {
    CHECK(answer->kind == MESSAGE_ANSWER && answer->error == 0 && answer->operation == out->operation && answer->grant_count == 0);
    for (uint32_t word = 0; word < MESSAGE_WORDS; word++) {
        CHECK(answer->words[word] == word_answer(out->words[word], out->operation));
    }
    return 0;
}

static int32_t client_call(struct context *os) {
    struct message out = {.grant = grant_of(os, "steady"), .operation = (uint32_t)random_next()}, answer = {0};
    for (uint32_t word = 0; word < MESSAGE_WORDS; word++) {
        out.words[word] = random_next();
    }
    if (random_chance(400)) {
        out.block = block;
        out.block_size = 1 + random_below(BLOCK_MAX);
        out.block_mode = BLOCK_COPY;
        for (uint32_t index = 0; index < out.block_size; index++) {
            block[index] = (uint8_t)random_next();
        }
        answer.block = random_chance(500) ? place : NULL;
        answer.block_size = sizeof place;
    }
    CHECK(os->call(&out, &answer, UNTIL_EVER) == 0);
    CHECK(answer.block_size == out.block_size);
    for (uint32_t index = 0; index < out.block_size; index++) {
        CHECK(((const uint8_t *)answer.block)[index] == block[index]);
    }
    return check_words(&answer, &out);
}

static int32_t client_send(struct context *os) {
    struct message out = {.grant = grant_of(os, "steady"), .operation = (uint32_t)random_next(), .words = {random_next()}};
    int64_t id = os->send(&out);
    if (id == -ARGOS_FULL) {
        wants_room = 1;
        return 0;
    }
    CHECK(id > 0);
    sent[sent_count++] = (struct sent){.id = (uint64_t)id, .word = out.words[0], .operation = out.operation};
    return 0;
}

/* Each answer is to a message that is not answered yet. */
static int32_t client_receive(const struct message *in) {
    if (in->kind == MESSAGE_NOTICE) {
        CHECK(in->operation == NOTICE_ROOM);
        wants_room = 0;
        return 0;
    }
    for (uint32_t index = 0; index < sent_count; index++) {
        if (sent[index].id == in->id) {
            struct message out = {.operation = sent[index].operation, .words = {sent[index].word}};
            sent[index] = sent[--sent_count];
            return check_words(in, &out);
        }
    }
    CHECK(0);
}

/* Its memory, its context and the clock are its own. */
static int32_t client_look(struct context *os) {
    static uint8_t *kept[16];
    uint32_t slot = random_below(16), size = random_below(3000);
    if (kept[slot] != NULL) {
        CHECK(kept[slot][0] == slot);
        os->release(kept[slot]);
    }
    kept[slot] = os->allocate(size + 1, 0);
    CHECK(kept[slot] != NULL);
    kept[slot][0] = (uint8_t)slot;
    CHECK(os->size == sizeof *os && os->argument_count == 3 && os->turn == turn_count && os->mine->size == sizeof *os->mine);
    CHECK(os->clock->monotonic_ns >= last_ns);
    last_ns = os->clock->monotonic_ns;
    os->log("client", 6);
    return 0;
}

static int32_t client_step(struct context *os) {
    int32_t error = client_look(os);
    for (uint32_t index = 0; error == 0 && index < os->inbox_count; index++) {
        error = client_receive(&os->inbox[index]);
    }
    for (uint32_t count = random_below(4); error == 0 && count > 0; count--) {
        error = random_chance(500) || sent_count == sizeof sent / sizeof sent[0] ? client_call(os) : client_send(os);
    }
    return error;
}

int32_t client_turn(struct context *os) {
    turn_count++;
    int32_t error = client_step(os);
    if (error != 0) {
        return finish(os, -error);
    }
    if (turn_count >= CLIENT_TURNS && sent_count == 0) {
        return finish(os, 0);
    }
    /* It trusts that it is told. */
    if (turn_count >= CLIENT_TURNS || wants_room) {
        return TURN_WAIT;
    }
    if (random_chance(300)) {
        os->mine->wake_at_ns = os->clock->monotonic_ns + random_below(3000000);
        return TURN_WAIT;
    }
    return TURN_AGAIN;
}
