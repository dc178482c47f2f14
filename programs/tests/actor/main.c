/* A program for tests of the kernel: its first argument says what it does. It exits with 0 when all was as it should be, else with the line at which
   it was not. Its grants are labelled by what they are for. */
#include "interfaces/log.h"
#include "programs/tests/actor/actor.h"

/* ---- Handlers ---- */

/* Answers with the words turned round and the block as it came. */
static int32_t echo(struct context *os) {
    for (uint32_t index = 0; index < os->inbox_count; index++) {
        const struct message *in = &os->inbox[index];
        if (in->kind != MESSAGE_REQUEST || in->id == 0) {
            continue;
        }
        struct message out = {.operation = in->operation, .block = in->block, .block_size = in->block_size, .block_mode = in->block_mode};
        for (uint32_t word = 0; word < MESSAGE_WORDS; word++) {
            out.words[word] = in->words[MESSAGE_WORDS - 1 - word];
        }
        if (os->answer(in->id, &out) != 0) {
            return finish(os, __LINE__);
        }
        if (os->answer(in->id, &out) != -ARGOS_NOT_FOUND) {
            return finish(os, __LINE__);
        }
    }
    return TURN_WAIT;
}

/* Operation 1: answer at the next message. 2: never. 3: end. 4: trap. 5: give a grant with the badge in word 0. 6: the badge that this came with.
   11: answer when 12 comes, which passes it on to "next" and tells what became of that. 7: how many clients are gone. 8: pass on to "next". 9: wait
   in the middle of the turn for the next message, and answer both. 10: how many were cancelled. 13: keep the grant that came along. 14: what comes of
   a message through that. 15: call "next", which never answers, for a while, then "echo", and tell what became of that. 16: answer without a
   message, and have something at address 0. */
static uint64_t kept_id, forwarded_id;
static uint32_t kept_grant;
static uint64_t gone_count, gone_badge, cancelled_count;

static int32_t serve_one(struct context *os, const struct message *in) {
    struct message out = {.operation = in->operation};
    struct message next;
    switch (in->operation) {
    case 1: kept_id = in->id; return TURN_WAIT;
    case 2: return TURN_WAIT;
    case 3: return finish(os, 0);
    case 4: __builtin_trap();
    case 5:
        out.grant_count = 1;
        out.grants[0] = (struct message_grant){.handle = in->grant, .mode = GRANT_MAKE, .badge = in->words[0]};
        break;
    case 6:
        out.words[0] = in->badge;
        out.words[1] = in->block_size != 0 ? ((const uint8_t *)in->block)[in->block_size - 1] : 0;
        break;
    case 7:
        out.words[0] = gone_count;
        out.words[1] = gone_badge;
        break;
    case 8:
        out = (struct message){.id = in->id, .grant = grant_of(os, "next"), .operation = 6, .flags = MESSAGE_FORWARD};
        return (int32_t)os->send(&out);
    case 9:
        if (os->wait(&next, 1, UNTIL_EVER) != 1) {
            return finish(os, __LINE__);
        }
        out.words[0] = next.operation;
        if (next.id != 0) {
            os->answer(next.id, &out);
        }
        break;
    case 10: out.words[0] = cancelled_count; break;
    case 11: forwarded_id = in->id; return TURN_WAIT;
    case 15:
        next = (struct message){.grant = grant_of(os, "next"), .operation = 2};
        os->call(&next, &out, os->clock->monotonic_ns + 20000000);
        next.grant = grant_of(os, "echo");
        out = (struct message){.words = {(uint64_t)os->call(&next, &out, UNTIL_EVER)}};
        break;
    case 16: *(volatile uint64_t *)(uintptr_t)16 = 77; return os->answer(in->id, NULL) == 0 ? TURN_WAIT : finish(os, __LINE__);
    case 12:
        next = (struct message){.id = forwarded_id, .grant = grant_of(os, "next"), .operation = 6, .flags = MESSAGE_FORWARD};
        out.words[0] = (uint64_t)os->send(&next);
        os->answer(forwarded_id, NULL);
        break;
    case 13: kept_grant = in->grants[0].handle; break;
    case 14:
        next = (struct message){.grant = kept_grant, .operation = 99};
        out.words[0] = (uint64_t)(int64_t)os->call(&next, &(struct message){0}, UNTIL_EVER);
        break;
    default: out.error = -ARGOS_UNSUPPORTED;
    }
    os->answer(in->id, &out);
    return TURN_WAIT;
}

static int32_t serve(struct context *os) {
    for (uint32_t index = 0; index < os->inbox_count; index++) {
        const struct message *in = &os->inbox[index];
        if (in->kind == MESSAGE_NOTICE) {
            gone_count += in->operation == NOTICE_CLIENT_GONE;
            gone_badge = in->operation == NOTICE_CLIENT_GONE ? in->badge : gone_badge;
            cancelled_count += in->operation == NOTICE_CANCELLED;
            continue;
        }
        if (kept_id != 0) {
            os->answer(kept_id, NULL);
            kept_id = 0;
        }
        int32_t turn = serve_one(os, in);
        if (turn != TURN_WAIT) {
            return turn;
        }
    }
    return TURN_WAIT;
}

/* ---- Clients ---- */

static int32_t client_calls(struct context *os) {
    uint32_t grant = grant_of(os, "echo");
    for (uint64_t round = 0; round < 1000; round++) {
        struct message out = {.grant = grant, .operation = 7, .words = {round, 2, 3, ~round}};
        struct message answer = {0};
        CHECK(os->call(&out, &answer, UNTIL_EVER) == 0);
        CHECK(answer.kind == MESSAGE_ANSWER && answer.operation == 7);
        CHECK(answer.words[0] == ~round && answer.words[1] == 3 && answer.words[2] == 2 && answer.words[3] == round);
    }
    return finish(os, 0);
}

static char text[5000], place[5000];

static int32_t client_blocks(struct context *os) {
    uint32_t grant = grant_of(os, "echo");
    for (uint32_t size = 1; size < sizeof text; size += 37) {
        for (uint32_t index = 0; index < size; index++) {
            text[index] = (char)(index * size);
        }
        struct message out = {.grant = grant, .block = text, .block_size = size, .block_mode = BLOCK_COPY};
        struct message answer = {.block = size % 2 != 0 ? place : NULL, .block_size = sizeof place};
        CHECK(os->call(&out, &answer, UNTIL_EVER) == 0);
        CHECK(answer.block_size == size && answer.block_mode == BLOCK_COPY);
        CHECK((answer.block == place) == (size % 2 != 0));
        struct message cancel = {.id = answer.id, .flags = MESSAGE_CANCEL};
        CHECK(os->send(&cancel) == -ARGOS_NOT_FOUND);
        for (uint32_t index = 0; index < size; index++) {
            CHECK(((char *)answer.block)[index] == text[index]);
        }
        if (size > 2000 && os->inbox_count == 12345) {
            return TURN_AGAIN;
        }
    }
    return finish(os, 0);
}

/* Sends without waiting, and counts the answers of later turns. */
static int32_t client_sends(struct context *os) {
    static uint32_t sent, answered;
    for (uint32_t index = 0; index < os->inbox_count; index++) {
        CHECK(os->inbox[index].kind == MESSAGE_ANSWER || os->inbox[index].operation == NOTICE_ROOM);
        if (os->inbox[index].kind == MESSAGE_ANSWER) {
            CHECK(os->inbox[index].words[3] == answered);
            answered++;
        }
    }
    while (sent < 500) {
        struct message out = {.grant = grant_of(os, "echo"), .words = {sent}};
        int64_t id = os->send(&out);
        if (id == -ARGOS_FULL || id == -ARGOS_LIMIT) {
            break;
        }
        CHECK(id > 0);
        sent++;
    }
    return answered == 500 ? finish(os, 0) : TURN_WAIT;
}

static int32_t client_errors(struct context *os) {
    struct message answer, out = {.grant = 77};
    uint32_t server = grant_of(os, "server"), nobody = grant_of(os, "nobody");
    CHECK(os->send(&out) == -ARGOS_NO_GRANT && os->call(&out, &answer, 0) == -ARGOS_NO_GRANT);
    CHECK(call(os, nobody, 1, &answer) == -ARGOS_NO_HANDLER);
    CHECK(os->answer(0x123456789, NULL) == -ARGOS_NOT_FOUND);
    CHECK(call(os, server, 99, &answer) == -ARGOS_UNSUPPORTED);
    out = (struct message){.grant = server, .operation = 2};
    CHECK(os->call(&out, &answer, os->clock->monotonic_ns + 20000000) == -ARGOS_TIMED_OUT);
    CHECK(call(os, server, 10, &answer) == 0 && answer.words[0] == 1);
    CHECK(call(os, server, 16, &answer) == 0 && answer.words[0] == 0);
    out = (struct message){.grant = server, .operation = 2, .flags = 0x8000};
    CHECK(os->send(&out) == -ARGOS_ARGUMENT);
    out = (struct message){.grant = server, .operation = 2, .grant_count = 5};
    CHECK(os->send(&out) == -ARGOS_ARGUMENT);
    out = (struct message){.grant = server, .block_mode = BLOCK_COPY, .block = text, .block_size = 0x100000};
    out.block = (void *)0;
    CHECK(os->wait(&answer, 1, UNTIL_POLL) == 0);
    CHECK(os->wait(&answer, 1, os->clock->monotonic_ns + 5000000) == 0);
    return finish(os, 0);
}

/* Logs more than its share of messages while all of that is under way; who handles the log answers nothing of it. */
static int32_t client_logs(struct context *os) {
    struct message answer, out = {.grant = grant_of(os, "server"), .operation = 2};
    int64_t id;
    uint32_t sent = 0;
    while ((id = os->send(&out)) != -ARGOS_LIMIT) {
        CHECK(id > 0 || id == -ARGOS_FULL);
        sent += id > 0;
        if (id == -ARGOS_FULL) {
            os->wait(&answer, 1, UNTIL_EVER);
        }
    }
    CHECK(sent == 64);
    for (uint32_t line = 0; line < 200; line++) {
        os->log("a line", 6);
    }
    return finish(os, 0);
}

/* Handles the log, and ends when it has 200 lines. */
static int32_t logger(struct context *os) {
    static uint32_t lines;
    for (uint32_t index = 0; index < os->inbox_count; index++) {
        const struct message *in = &os->inbox[index];
        CHECK(in->kind == MESSAGE_REQUEST && in->id == 0 && in->operation == LOG_OPERATION_WRITE && in->block_size == 6);
        lines++;
    }
    return lines == 200 ? finish(os, 0) : TURN_WAIT;
}

static int32_t client_cancels(struct context *os) {
    struct message out = {.grant = grant_of(os, "server"), .operation = 2}, in;
    int64_t id = os->send(&out);
    CHECK(id > 0);
    CHECK(call(os, out.grant, 10, &in) == 0 && in.words[0] == 0);
    struct message cancel = {.id = (uint64_t)id, .flags = MESSAGE_CANCEL};
    CHECK(os->send(&cancel) == 0);
    CHECK(os->send(&cancel) == -ARGOS_NOT_FOUND);
    CHECK(os->wait(&in, 1, UNTIL_EVER) == 1 && in.kind == MESSAGE_ANSWER && in.id == (uint64_t)id && in.error == -ARGOS_CANCELLED);
    CHECK(call(os, out.grant, 10, &in) == 0 && in.words[0] == 1);
    return finish(os, 0);
}

static int32_t client_grants(struct context *os) {
    struct message answer, out = {.grant = grant_of(os, "server"), .operation = 5, .words = {0xABCDEF0123456789}};
    uint32_t server = out.grant;
    CHECK(os->call(&out, &answer, UNTIL_EVER) == 0 && answer.grant_count == 1 && answer.grants[0].handle != 0);
    uint32_t made = answer.grants[0].handle;
    CHECK(call(os, made, 6, &answer) == 0 && answer.words[0] == 0xABCDEF0123456789);
    CHECK(call(os, server, 6, &answer) == 0 && answer.words[0] == 0);
    CHECK(call(os, server, 7, &answer) == 0 && answer.words[0] == 0);
    /* The request of a call serves the next one, and what was in its answer does not show there. */
    out = (struct message){.grant = grant_of(os, "echo"), .block = text, .block_size = 100, .block_mode = BLOCK_COPY};
    CHECK(os->call(&out, &answer, UNTIL_EVER) == 0 && answer.block_size == 100 && answer.grant_count == 0);
    /* Given away to somebody who drops it: the server learns that nobody has it. */
    out = (struct message){.grant = grant_of(os, "echo"), .grant_count = 1, .grants = {{.handle = made, .mode = GRANT_MOVE}}};
    CHECK(os->call(&out, &answer, UNTIL_EVER) == 0);
    CHECK(call(os, made, 6, &answer) == -ARGOS_NO_GRANT);
    CHECK(call(os, server, 8, &answer) == 0 && answer.words[0] == 0);
    return finish(os, 0);
}

static int32_t client_deferred(struct context *os) {
    struct message answer, out = {.grant = grant_of(os, "server"), .operation = 1};
    int64_t id = os->send(&out);
    CHECK(id > 0 && call(os, out.grant, 6, &answer) == 0);
    CHECK(os->wait(&answer, 1, UNTIL_EVER) == 1 && answer.id == (uint64_t)id && answer.error == 0);
    out.operation = 9;
    id = os->send(&out);
    /* The server has its turn now, and waits in the middle of it. */
    CHECK(id > 0 && os->wait(&answer, 1, os->clock->monotonic_ns + 10000000) == 0);
    CHECK(call(os, out.grant, 6, &answer) == 0 && answer.words[0] == 6);
    CHECK(os->wait(&answer, 1, UNTIL_EVER) == 1 && answer.id == (uint64_t)id && answer.words[0] == 6);
    return finish(os, 0);
}

static int32_t client_death(struct context *os, uint32_t operation) {
    struct message answer;
    CHECK(call(os, grant_of(os, "server"), operation, &answer) == -ARGOS_HANDLER_GONE);
    CHECK(call(os, grant_of(os, "server"), 6, &answer) == -ARGOS_NO_HANDLER);
    return finish(os, 0);
}

/* Three roles: one calls the server, whose answer is kept back; one that handles "next" calls the first; and then the server tries to pass on the
   first one's request to the second, which would have both wait for each other for ever. */
static int32_t client_circle(struct context *os, char role) {
    struct message answer;
    if (role == '1') {
        CHECK(call(os, grant_of(os, "server"), 11, &answer) == 0);
    } else if (role == '2') {
        CHECK(call(os, grant_of(os, "echo"), 6, &answer) == -ARGOS_HANDLER_GONE);
    } else {
        CHECK(os->wait(&answer, 1, os->clock->monotonic_ns + 10000000) == 0);
        CHECK(call(os, grant_of(os, "server"), 12, &answer) == 0 && (int64_t)answer.words[0] == -ARGOS_DEADLOCK);
    }
    return finish(os, 0);
}

/* Whoever is parked for room in an inbox waits for its app, as one in a call to it does. */
static int32_t client_crowd(struct context *os) {
    struct message in, out = {.grant = grant_of(os, "server"), .operation = 15};
    CHECK(os->send(&out) > 0 && os->wait(&in, 1, os->clock->monotonic_ns + 5000000) == 0);
    out = (struct message){
        .grant = out.grant, .operation = 6, .flags = MESSAGE_NO_ANSWER, .block = (void *)64, .block_size = 12000, .block_mode = BLOCK_COPY};
    CHECK(os->send(&out) == 0 && os->send(&out) == -ARGOS_FULL);
    out.flags = 0;
    in = (struct message){0};
    CHECK(os->call(&out, &in, UNTIL_EVER) == 0);
    do {
        CHECK(os->wait(&in, 1, os->clock->monotonic_ns + 1000000000) == 1);
    } while (in.kind != MESSAGE_ANSWER);
    CHECK((int64_t)in.words[0] == -ARGOS_DEADLOCK);
    return finish(os, 0);
}

/* The room that an answer makes is told to who found none, also when that one is in a call just then. */
static int32_t client_room(struct context *os) {
    struct message in, out = {.grant = grant_of(os, "server"), .operation = 1, .block = (void *)64, .block_size = 12000, .block_mode = BLOCK_COPY};
    CHECK(os->send(&out) > 0 && os->wait(&in, 1, os->clock->monotonic_ns + 5000000) == 0);
    CHECK(os->send(&out) == -ARGOS_FULL);
    CHECK(call(os, out.grant, 6, &in) == 0);
    CHECK(os->wait(&in, 1, os->clock->monotonic_ns + 1000000000) == 1 && in.kind == MESSAGE_NOTICE && in.operation == NOTICE_ROOM);
    CHECK(os->send(&out) > 0);
    return finish(os, 0);
}

/* '0' calls '1' with a moment to end at, '2' without; '1' calls the server, which never answers. */
static int32_t client_tower(struct context *os, char role) {
    struct message answer, out = {.grant = grant_of(os, "echo")};
    if (role == '0') {
        CHECK(os->call(&out, &answer, os->clock->monotonic_ns + 20000000) == -ARGOS_TIMED_OUT);
        return finish(os, 0);
    }
    return role == '1' && os->inbox_count == 0 ? TURN_WAIT : call(os, grant_of(os, role == '1' ? "server" : "echo"), 2, &answer);
}

/* Owes an answer to itself. */
static int32_t client_itself(struct context *os) {
    struct message out = {.grant = grant_of(os, "nobody")};
    if (os->turn == 1) {
        CHECK(os->send(&out) > 0);
    }
    return TURN_WAIT;
}

/* Leaves a message behind that waits for a handler, and wants no answer; or one with a block. */
static int32_t alone_awaits(struct context *os, bool has_block) {
    struct message out = {.grant = grant_of(os, "nobody"), .flags = MESSAGE_AWAIT_HANDLER | MESSAGE_NO_ANSWER};
    if (has_block) {
        out.block = text;
        out.block_size = 100;
        out.block_mode = BLOCK_COPY;
    }
    CHECK(os->send(&out) == 0);
    return finish(os, 0);
}

/* ---- Alone ---- */

/* So many buffers as it may have; the exit code says how many. */
static int32_t alone_buffers(struct context *os, bool stays) {
    struct buffer_request request = {.operation = BUFFER_MAKE, .access = BUFFER_READ, .size = 4096};
    int32_t count = 0, error = 0;
    while (count < 100 && (error = os->buffer(&request)) == 0) {
        count++;
    }
    CHECK(error == -ARGOS_LIMIT);
    os->mine->exit_code = count;
    return stays ? TURN_WAIT : TURN_EXIT;
}

static int32_t alone_heap(struct context *os) {
    static void *blocks[64];
    uint32_t seed = 1;
    for (uint32_t round = 0; round < 20000; round++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t slot = seed >> 26, size = (seed >> 8) % 5000, alignment = 1u << (seed >> 4) % 13;
        if (blocks[slot] != NULL) {
            os->release(blocks[slot]);
        }
        unsigned char *block = os->allocate(size, alignment);
        CHECK(block != NULL && (uintptr_t)block % alignment == 0);
        for (uint32_t index = 0; index < size; index += 97) {
            block[index] = (unsigned char)slot;
        }
        blocks[slot] = block;
    }
    CHECK(os->allocate(10, 3) == NULL && os->allocate(10, 1u << 20) == NULL && os->allocate(0xFFFFFFFF, 16) == NULL);
    return finish(os, 0);
}

/* A word in the memory of the app, or of its windows. */
static int32_t alone_bad(struct context *os, char what) {
    static uint32_t *const nowhere = (uint32_t *)0xC8000000;
    switch (what) {
    case 'p': os->send((const struct message *)0xFFFFFF00); break;
    case 'w': os->wait((struct message *)(uintptr_t)os, 1, 0); break; /* the context is not to be written */
    case 'c': ((volatile struct context *)os)->turn = 7; break;
    case 'n': return (int32_t) * (volatile uint32_t *)nowhere;
    case 'r': os->release(text); break;
    case 'd': {
        void *block = os->allocate(10, 0);
        os->release(block);
        os->release(block);
        break;
    }
    case 't': return 7;
    case 'l': os->log((const char *)0xFFFFFFF0, 0x20); break;
    default: break;
    }
    return finish(os, __LINE__);
}

static int32_t alone_turns(struct context *os) {
    if (os->turn == 1) {
        CHECK(os->mine->store == NULL && os->argument_count == 2 && os->size == sizeof *os);
        os->mine->store = os->allocate(100, 0);
        return TURN_AGAIN;
    }
    CHECK(os->mine->store != NULL);
    if (os->turn < 10) {
        os->mine->wake_at_ns = os->clock->monotonic_ns + 1000000;
        return TURN_WAIT;
    }
    os->log("ten turns", 9);
    return finish(os, 0);
}

/* From its second turn on it stands still for ever, in a call or a wait; unless there is no room for that, which it logs. */
static int32_t stand(struct context *os, char how, struct message *answer) {
    if (os->turn == 1) {
        os->log("ready", 5);
        return TURN_AGAIN;
    }
    CHECK((how == 'c' ? call(os, grant_of(os, "server"), 2, answer) : os->wait(answer, 1, UNTIL_EVER)) == -ARGOS_NO_MEMORY);
    os->log("refused", 7);
    return TURN_WAIT;
}

int32_t start(struct context *os) {
    const char *role = os->arguments[1];
    struct message message;
    switch (role[0]) {
    case 'e': return echo(os);
    case 's': return serve(os);
    case 'c': return client_calls(os);
    case 'b': return client_blocks(os);
    case 'n': return client_sends(os);
    case 'x': return client_errors(os);
    case 'k': return client_cancels(os);
    case 'g': return client_grants(os);
    case 'd': return client_deferred(os);
    case 'q': return client_death(os, role[1] == 't' ? 4 : 3);
    case 'f': return client_circle(os, role[1]);
    case 'l': return role[1] == 'l' ? client_logs(os) : logger(os);
    case 'u': return client_tower(os, role[1]);
    case 'y': return client_itself(os);
    case 'r': return client_of_control(os, role[1]);
    case 'z': return until_asked(os);
    case 'h': return alone_heap(os);
    case 'm': return alone_bad(os, role[1]);
    case 't': return alone_turns(os);
    case 'j': return client_room(os);
    case 'v': return client_crowd(os);
    case 'i': return alone_buffers(os, role[1] == 's');
    case 'a': return alone_awaits(os, role[1] == 'b');
    case 'w': return stand(os, role[1], &message);
    case 'o': return call(os, grant_of(os, "server"), 6, &message) == -ARGOS_DEADLOCK ? finish(os, 0) : finish(os, __LINE__);
    default: return finish(os, __LINE__);
    }
}
