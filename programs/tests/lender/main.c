/* A program for tests of buffers: the client passes one on to the server, in one of the modes, and somebody may end or lose its grant at one of the
   moments, of which the platform's `stage` is told. Whoever is left looks whether all is as the contract says. Arguments: the role, and three digits:
   mode, moment, who. Exits with 0, or with the line at which something was not so. */
#include "programs/api/context.h"

#define CHECK(condition)                                                                                                                             \
    do {                                                                                                                                             \
        if (!(condition)) {                                                                                                                          \
            return finish(os, __LINE__);                                                                                                             \
        }                                                                                                                                            \
    } while (0)

enum moment { BEFORE_DELIVERY = 1, WHILE_LENT = 2, WHILE_ANSWERING = 3, NESTED = 4 };
enum who { NOBODY = 0, SENDER = 1, RECEIVER = 2, BOTH = 3, REVOKED = 4 };

#define PAGE 4096u

static enum block_mode mode;
static enum moment moment;
static enum who who;
static uint32_t size;

static int32_t finish(struct context *os, int32_t code) {
    os->mine->exit_code = code;
    return TURN_EXIT;
}

static uint32_t grant_of(const struct context *os, const char *label) {
    for (uint32_t index = 0; index < os->grant_count; index++) {
        const char *name = os->grants[index].label, *wanted = label;
        while (*name != 0 && *name == *wanted) {
            name++;
            wanted++;
        }
        if (*name == *wanted) {
            return os->grants[index].handle;
        }
    }
    return 0;
}

/* Something in each page, and at the end. */
static void fill(void *block, uint32_t bytes, uint32_t seed) {
    for (uint32_t at = 0; at + 4 <= bytes; at += PAGE) {
        *(volatile uint32_t *)((char *)block + at) = seed + at;
    }
    ((volatile uint8_t *)block)[bytes - 1] = (uint8_t)seed;
}

static int is_filled(const void *block, uint32_t bytes, uint32_t seed) {
    for (uint32_t at = 0; at + 4 <= bytes; at += PAGE) {
        if (*(const volatile uint32_t *)((const char *)block + at) != seed + at) {
            return 0;
        }
    }
    return ((const volatile uint8_t *)block)[bytes - 1] == (uint8_t)seed;
}

static int32_t buffer(struct context *os, uint32_t operation, void *address) {
    struct buffer_request request = {.operation = operation, .address = address};
    return os->buffer(&request);
}

static void *buffer_make(struct context *os, uint32_t bytes) {
    struct buffer_request request = {.operation = BUFFER_MAKE, .size = bytes};
    return os->buffer(&request) == 0 && request.size >= bytes ? request.address : NULL;
}

/* The platform may do now what the test is about. */
static void stage(struct context *os, enum moment now) {
    struct message out = {.grant = grant_of(os, "stage"), .operation = now}, answer = {0};
    if (now == moment || (now == WHILE_LENT && moment == NESTED)) {
        os->call(&out, &answer, UNTIL_EVER);
    }
}

/* Lets the others run, until a message comes where one should. */
static int32_t pause(struct context *os, struct message *out) {
    return os->wait(out, 1, who == SENDER || who == REVOKED ? UNTIL_EVER : os->clock->monotonic_ns + 1000000);
}

#define SEED_CLIENT 0x11223344u
#define SEED_SERVER 0x55667788u
#define SEED_OTHER  0x99AABBCCu

/* ---- The server ---- */

static int is_loan(void) {
    return mode == BLOCK_LEND || mode == BLOCK_LEND_MUTABLE;
}

static int server_writes(void) {
    return mode == BLOCK_MOVE || mode == BLOCK_LEND_MUTABLE || mode == BLOCK_SHARE;
}

static int32_t serve(struct context *os) {
    if (os->inbox_count == 0) {
        return TURN_WAIT;
    }
    struct message in = os->inbox[0], other;
    CHECK(in.kind == MESSAGE_REQUEST && in.block_mode == (uint32_t)mode && in.block_size == size);
    CHECK(is_filled(in.block, size, SEED_CLIENT));
    uint32_t seed = SEED_CLIENT;
    if (server_writes()) {
        seed = SEED_SERVER;
        fill(in.block, size, seed);
    }
    stage(os, WHILE_LENT);
    int is_cancelled = 0;
    if (moment == WHILE_LENT || moment == NESTED) {
        /* Whatever became of the client, the block is as it was, and nobody else's. */
        int32_t count = pause(os, &other);
        is_cancelled = count == 1 && other.kind == MESSAGE_NOTICE && other.operation == NOTICE_CANCELLED && other.id == in.id;
        CHECK(who == SENDER || who == REVOKED ? is_cancelled : count == 0);
        void *more = buffer_make(os, size);
        CHECK(more != NULL);
        CHECK(is_filled(in.block, size, seed));
        fill(more, size, SEED_OTHER);
        CHECK(is_filled(in.block, size, seed));
        CHECK(buffer(os, BUFFER_RELEASE, more) == 0);
    }
    struct message out = {.words = {seed}, .block = in.block, .block_size = 16, .block_mode = BLOCK_COPY};
    if (mode == BLOCK_MOVE) {
        out.block_mode = BLOCK_MOVE;
        out.block_size = size;
    }
    int32_t error = os->answer(in.id, &out);
    CHECK(error == (is_cancelled ? -ARGOS_NOT_FOUND : 0));
    stage(os, WHILE_ANSWERING);
    if (mode == BLOCK_SHARE || (mode == BLOCK_MOVE && is_cancelled)) {
        CHECK(is_filled(in.block, size, seed));
        CHECK(buffer(os, BUFFER_RELEASE, in.block) == 0);
    }
    if (!is_cancelled) {
        CHECK(buffer(os, BUFFER_MAP, in.block) == -ARGOS_NOT_FOUND);
    }
    return finish(os, 0);
}

/* ---- The client ---- */

static int32_t error_expected(void) {
    if (moment == WHILE_ANSWERING || who == NOBODY) {
        return 0;
    }
    return who == REVOKED ? -ARGOS_REVOKED : -ARGOS_HANDLER_GONE;
}

static int is_told_back;

static int32_t client_pass(struct context *os, void *block, struct message *in) {
    struct message out = {.grant = grant_of(os, "server"), .block = block, .block_size = size, .block_mode = mode};
    *in = (struct message){0};
    if (moment == NESTED) {
        return os->call(&out, in, UNTIL_EVER);
    }
    int64_t id = os->send(&out);
    if (id <= 0) {
        return id == 0 ? 1 : (int32_t)id;
    }
    int32_t access = buffer(os, BUFFER_MAP, block);
    int32_t wanted = is_loan() ? -ARGOS_TAKEN : mode == BLOCK_MOVE ? -ARGOS_NOT_FOUND : 0;
    if (access != wanted) {
        return 2;
    }
    stage(os, BEFORE_DELIVERY);
    /* That it is back may be told before why. */
    if (os->wait(in, 1, UNTIL_EVER) == 1 && in->kind == MESSAGE_NOTICE && in->operation == NOTICE_BUFFER_BACK && in->block == block) {
        is_told_back = 1;
        os->wait(in, 1, UNTIL_POLL);
    }
    if (in->kind != MESSAGE_ANSWER || in->id != (uint64_t)id) {
        return 3;
    }
    return in->error;
}

static int32_t client(struct context *os) {
    void *block = buffer_make(os, size);
    CHECK(block != NULL);
    CHECK(*(volatile uint8_t *)block == 0 && ((volatile uint8_t *)block)[size - 1] == 0);
    fill(block, size, SEED_CLIENT);
    struct buffer_request share = {.operation = BUFFER_SHARE, .address = block, .access = BUFFER_READ | BUFFER_WRITE};
    CHECK(mode != BLOCK_SHARE || os->buffer(&share) == 0);
    struct message in, notice;
    int32_t error = client_pass(os, block, &in);
    if (error != error_expected()) {
        return finish(os, error == 0 ? __LINE__ : error);
    }
    int is_seen = moment != BEFORE_DELIVERY || who == NOBODY;
    if (is_told_back) {
        CHECK(is_loan() && error == -ARGOS_REVOKED && moment == WHILE_LENT);
    } else if (is_loan() && error == -ARGOS_REVOKED && moment != BEFORE_DELIVERY) {
        /* The server may be done with it by now. */
        int32_t access = buffer(os, BUFFER_MAP, block);
        CHECK(access == 0 || access == -ARGOS_TAKEN);
        CHECK(os->wait(&notice, 1, UNTIL_EVER) == 1 && notice.kind == MESSAGE_NOTICE && notice.operation == NOTICE_BUFFER_BACK);
        CHECK(notice.block == block && notice.block_size >= size);
    } else {
        CHECK(os->wait(&notice, 1, UNTIL_POLL) == 0);
    }
    uint32_t seed = is_seen && server_writes() ? SEED_SERVER : SEED_CLIENT;
    if (mode == BLOCK_MOVE) {
        CHECK(buffer(os, BUFFER_MAP, block) == -ARGOS_NOT_FOUND);
        if (error != 0) {
            return finish(os, 0);
        }
        CHECK(in.block_mode == BLOCK_MOVE && in.block != block && in.block_size == size);
        block = in.block;
    }
    CHECK(error != 0 || in.words[0] == seed);
    CHECK(is_filled(block, size, seed));
    fill(block, size, SEED_OTHER);
    CHECK(buffer(os, BUFFER_RELEASE, block) == 0);
    CHECK(buffer(os, BUFFER_RELEASE, block) == -ARGOS_NOT_FOUND);
    return finish(os, 0);
}

int32_t start(struct context *os) {
    const char *digits = os->arguments[2];
    mode = (enum block_mode)(digits[0] - '0');
    moment = (enum moment)(digits[1] - '0');
    who = (enum who)(digits[2] - '0');
    /* Small ones and large ones, which go by other ways in the platform. A copy has to fit. */
    size = mode == BLOCK_COPY ? 3 * PAGE : digits[3] == '1' ? 5u << 20 : 3 * PAGE - 1;
    return os->arguments[1][0] == 'c' ? client(os) : serve(os);
}
