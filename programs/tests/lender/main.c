/* A program for tests of buffers: the client passes one on to the server, in one of the modes, and somebody may end or lose its grant at one of the
   moments, of which the platform's `stage` is told. Whoever is left looks whether all is as the contract says. Arguments: the role, and three digits:
   mode, moment, who. Exits with 0, or with the line at which something was not so. */
#include "programs/tests/check/check.h"

enum moment { BEFORE_DELIVERY = 1, WHILE_LENT = 2, WHILE_ANSWERING = 3, NESTED = 4 };
enum who { NOBODY = 0, SENDER = 1, RECEIVER = 2, BOTH = 3, REVOKED = 4 };

#define PAGE 4096u

static enum block_mode mode;
static enum moment moment;
static enum who who;
static uint32_t size;

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

static uint32_t round_up(uint32_t bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
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

/* Some time from now: looking for messages brings the clock up to date. */
static uint64_t soon(struct context *os) {
    os->wait(NULL, 0, UNTIL_POLL);
    return os->clock->monotonic_ns + 2000000;
}

/* Lets the others run, until a message comes where one should. */
static int32_t pause(struct context *os, struct message *out) {
    return os->wait(out, 1, who == SENDER || who == REVOKED ? UNTIL_EVER : soon(os));
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

/* ---- Other servers ---- */

/* k: keeps what comes. w: writes where it may only read. t: touches what was shared, when told. x: lends it on to the other server and answers. y:
   passes the request on. d: lends it on and ends. */
static int32_t serve_otherwise(struct context *os, char how) {
    static char *kept;
    if (os->inbox_count == 0) {
        return TURN_WAIT;
    }
    struct message in = os->inbox[os->inbox_count - 1], answer = {0};
    if (in.kind != MESSAGE_REQUEST) {
        CHECK(in.operation == NOTICE_CANCELLED || (how == 't' && in.operation == NOTICE_BUFFER_GONE && in.block == kept));
        return TURN_WAIT;
    }
    struct message out = {.grant = grant_of(os, "other"), .block = in.block, .block_size = in.block_size, .block_mode = in.block_mode};
    switch (how) {
    case 'w': *(volatile char *)in.block = 1; break;
    case 't':
        if (kept != NULL) {
            CHECK(buffer(os, BUFFER_MAP, kept) == -ARGOS_REVOKED);
            *(volatile char *)kept = 1;
        }
        kept = in.block;
        CHECK(os->answer(in.id, NULL) == 0);
        break;
    case 'x':
        CHECK(is_filled(in.block, in.block_size, SEED_CLIENT));
        CHECK(os->send(&out) > 0);
        CHECK(buffer(os, BUFFER_MAP, in.block) == -ARGOS_TAKEN && os->answer(in.id, NULL) == -ARGOS_TAKEN);
        CHECK(os->wait(&answer, 1, UNTIL_EVER) == 1 && answer.kind == MESSAGE_ANSWER && answer.error == 0);
        CHECK(is_filled(in.block, in.block_size, server_writes() ? SEED_SERVER : SEED_CLIENT));
        CHECK(os->answer(in.id, NULL) == 0);
        break;
    case 'y':
        out = (struct message){.id = in.id, .grant = out.grant, .flags = MESSAGE_FORWARD, .block = &in, .block_size = 4, .block_mode = BLOCK_COPY};
        CHECK(os->send(&out) == -ARGOS_ARGUMENT);
        out.block_mode = BLOCK_NONE;
        CHECK(os->send(&out) == (int64_t)in.id && buffer(os, BUFFER_MAP, in.block) == -ARGOS_NOT_FOUND);
        break;
    case 'd': CHECK(os->send(&out) > 0 && os->wait(&answer, 1, soon(os)) == 0); return finish(os, 0);
    default: break;
    }
    return TURN_WAIT;
}

/* ---- Alone ---- */

/* Addresses rise, and begin again when the area has wrapped round. */
static int32_t alone_addresses(struct context *os) {
    uintptr_t before = 0;
    uint32_t wraps = 0;
    for (uint32_t round = 0; round < 20000; round++) {
        char *block = buffer_make(os, 1);
        CHECK((uintptr_t)block >= 0xC0400000 && (uintptr_t)block % 65536 == 0);
        wraps += (uintptr_t)block <= before;
        before = (uintptr_t)block;
        CHECK(buffer(os, BUFFER_RELEASE, block) == 0);
    }
    CHECK(wraps == 2);
    return finish(os, 0);
}

static int32_t alone_operations(struct context *os) {
    struct buffer_request request = {.operation = BUFFER_MAKE};
    CHECK(os->buffer(&request) == -ARGOS_ARGUMENT);
    request.size = 0xFFFFFFFF;
    CHECK(os->buffer(&request) == -ARGOS_TOO_LARGE);
    request = (struct buffer_request){.operation = 99};
    CHECK(os->buffer(&request) == -ARGOS_ARGUMENT);
    char *block = buffer_make(os, 5), *other;
    CHECK(block != NULL && buffer(os, BUFFER_MAP, block + 4096) == -ARGOS_NOT_FOUND && buffer(os, BUFFER_UNMAP, &request) == -ARGOS_NOT_FOUND);
    block[4095] = 77;
    CHECK(buffer(os, BUFFER_UNMAP, block) == 0 && buffer(os, BUFFER_UNMAP, block) == 0);
    request = (struct buffer_request){.operation = BUFFER_MAP, .address = block};
    CHECK(os->buffer(&request) == 0 && request.address == block && request.size == 4096 && block[4095] == 77);
    request = (struct buffer_request){.operation = BUFFER_SHARE, .address = block, .access = BUFFER_WRITE};
    CHECK(os->buffer(&request) == -ARGOS_ARGUMENT);
    struct message out = {.grant = grant_of(os, "server"), .block = block, .block_size = 5, .block_mode = BLOCK_SHARE};
    CHECK(os->send(&out) == -ARGOS_REFUSED);
    out.block_mode = BLOCK_LEND;
    out.flags = MESSAGE_NO_ANSWER;
    CHECK(os->send(&out) == -ARGOS_ARGUMENT);
    out.flags = 0;
    out.block_size = 4097;
    CHECK(os->send(&out) == -ARGOS_ARGUMENT);
    out.block_size = 0;
    CHECK(os->send(&out) == -ARGOS_ARGUMENT);
    out.block_size = 5;
    out.block = block + 1;
    CHECK(os->send(&out) == -ARGOS_NOT_FOUND);
    out.block_mode = 6;
    CHECK(os->send(&out) == -ARGOS_ARGUMENT);
    for (uint32_t count = 1; count < 64; count++) {
        other = buffer_make(os, 4096);
        CHECK(other != NULL && buffer(os, BUFFER_RELEASE, other) == 0 && buffer_make(os, 4096) != NULL);
    }
    request = (struct buffer_request){.operation = BUFFER_MAKE, .size = 1};
    CHECK(os->buffer(&request) == -ARGOS_FULL && block[4095] == 77);
    return finish(os, 0);
}

/* ---- Other clients ---- */

/* The call is given up; the buffer comes later. */
static int32_t client_gives_up(struct context *os, void *block) {
    struct message out = {.grant = grant_of(os, "server"), .block = block, .block_size = size, .block_mode = mode}, in = {0};
    CHECK(os->call(&out, &in, soon(os)) == -ARGOS_TIMED_OUT);
    CHECK(buffer(os, BUFFER_MAP, block) == -ARGOS_TAKEN && buffer(os, BUFFER_RELEASE, block) == -ARGOS_TAKEN);
    CHECK(buffer(os, BUFFER_UNMAP, block) == -ARGOS_TAKEN && os->send(&out) == -ARGOS_TAKEN);
    CHECK(os->wait(&in, 1, UNTIL_EVER) == 1 && in.kind == MESSAGE_NOTICE && in.operation == NOTICE_BUFFER_BACK && in.block == block);
    CHECK(is_filled(block, size, SEED_CLIENT));
    return finish(os, 0);
}

/* The receiver has no room: all is as before. */
static int32_t client_is_refused(struct context *os, void *block) {
    struct message out = {.grant = grant_of(os, "server"), .block = block, .block_size = size, .block_mode = mode};
    CHECK(os->send(&out) == -ARGOS_NO_MEMORY);
    CHECK(is_filled(block, size, SEED_CLIENT));
    fill(block, size, SEED_OTHER);
    return finish(os, 0);
}

/* To the platform, which looks at it and writes what was lent to be written. */
static int32_t client_of_platform(struct context *os, void *block) {
    struct message out = {.grant = grant_of(os, "stage"), .block = block, .block_size = size, .block_mode = mode}, in = {0};
    struct buffer_request share = {.operation = BUFFER_SHARE, .address = block, .access = BUFFER_READ};
    CHECK(os->buffer(&share) == 0);
    int32_t error = os->call(&out, &in, UNTIL_EVER);
    CHECK(error == (mode == BLOCK_SHARE ? -ARGOS_REFUSED : 0));
    CHECK(error != 0 || in.words[0] == SEED_CLIENT);
    CHECK(buffer(os, BUFFER_MAP, block) == (mode == BLOCK_MOVE ? -ARGOS_NOT_FOUND : 0));
    CHECK(mode == BLOCK_MOVE || ((uint32_t *)block)[0] == (mode == BLOCK_LEND_MUTABLE ? SEED_OTHER : SEED_CLIENT));
    return finish(os, 0);
}

static int32_t client_shares(struct context *os, void *block) {
    struct message out = {.grant = grant_of(os, "server"), .block = block, .block_size = size, .block_mode = BLOCK_SHARE}, in = {0};
    struct buffer_request share = {.operation = BUFFER_SHARE, .address = block, .access = BUFFER_READ};
    CHECK(os->buffer(&share) == 0 && os->call(&out, &in, UNTIL_EVER) == 0);
    out.block_mode = BLOCK_LEND;
    CHECK(os->send(&out) == -ARGOS_TAKEN);
    share.access = 0;
    CHECK(os->buffer(&share) == 0 && is_filled(block, size, SEED_CLIENT));
    out.block_mode = BLOCK_NONE;
    CHECK(os->call(&out, &in, UNTIL_EVER) == -ARGOS_HANDLER_GONE);
    return finish(os, 0);
}

/* Through a second server, and back. */
static int32_t client_of_chain(struct context *os, void *block, int ends) {
    struct message out = {.grant = grant_of(os, "server"), .block = block, .block_size = size, .block_mode = mode}, in = {0};
    CHECK(os->call(&out, &in, UNTIL_EVER) == (ends ? -ARGOS_HANDLER_GONE : 0));
    if (ends) {
        CHECK(buffer(os, BUFFER_MAP, block) == -ARGOS_TAKEN);
        CHECK(os->wait(&in, 1, UNTIL_EVER) == 1 && in.operation == NOTICE_BUFFER_BACK && in.block == block);
    }
    CHECK(is_filled(block, size, server_writes() && !ends ? SEED_SERVER : SEED_CLIENT) && os->wait(&in, 1, UNTIL_POLL) == 0);
    return finish(os, 0);
}

/* Touches what it should not. */
static int32_t client_faults(struct context *os, volatile char *block, char what) {
    struct message out = {.grant = grant_of(os, "server"), .block = (void *)block, .block_size = size, .block_mode = mode}, in;
    switch (what) {
    case 'l': return os->send(&out) > 0 ? *block : finish(os, __LINE__);
    case 'u': return buffer(os, BUFFER_UNMAP, (void *)block) == 0 ? *block : finish(os, __LINE__);
    case 'e': return block[round_up(size)];
    case 'b': return block[-1];
    case 'w': CHECK(os->call(&out, &in, UNTIL_EVER) == -ARGOS_HANDLER_GONE && is_filled((void *)block, size, SEED_CLIENT)); return finish(os, 0);
    default: return finish(os, __LINE__);
    }
}

static int32_t client_otherwise(struct context *os, char how, char what) {
    void *block = buffer_make(os, size);
    CHECK(block != NULL);
    fill(block, size, SEED_CLIENT);
    switch (how) {
    case 'g': return client_gives_up(os, block);
    case 'r': return client_is_refused(os, block);
    case 'p': return client_of_platform(os, block);
    case 's': return client_shares(os, block);
    case 'x': return client_of_chain(os, block, what == 'd');
    case 'f': return client_faults(os, block, what);
    default: return finish(os, __LINE__);
    }
}

int32_t start(struct context *os) {
    const char *role = os->arguments[1], *digits = os->arguments[2];
    mode = (enum block_mode)(digits[0] - '0');
    moment = (enum moment)(digits[1] - '0');
    who = (enum who)(digits[2] - '0');
    /* Small ones and large ones, which go by other ways in the platform. A copy has to fit. */
    size = mode == BLOCK_COPY ? 3 * PAGE : digits[3] == '1' ? 5u << 20 : 3 * PAGE - 1;
    if (role[0] == 'a') {
        return role[1] == 'a' ? alone_addresses(os) : alone_operations(os);
    }
    if (role[0] == 'c') {
        return role[1] == 'l' ? client(os) : client_otherwise(os, role[1], role[2]);
    }
    return role[1] == 'e' ? serve(os) : serve_otherwise(os, role[1]);
}
