/* Clients of kernel/child_test.c, whose `control` does things to them. */
#include "programs/tests/actor/actor.h"

static const struct grant *entry_of(const struct context *os, const char *label) {
    for (uint32_t index = 0; index < os->grant_count; index++) {
        if (labels_are_equal(os->grants[index].label, label)) {
            return &os->grants[index];
        }
    }
    return NULL;
}

static int32_t control(struct context *os, uint32_t operation, uint32_t handle, struct message *answer) {
    const struct message out = {.grant = grant_of(os, "control"), .operation = operation, .words = {handle}};
    *answer = (struct message){0};
    return os->call(&out, answer, UNTIL_EVER);
}

/* Its grants have changed, says a notice. */
static int32_t expect_notice(struct context *os) {
    struct message notice;
    CHECK(os->wait(&notice, 1, UNTIL_EVER) == 1 && notice.kind == MESSAGE_NOTICE && notice.operation == NOTICE_GRANTS);
    return 0;
}

/* In the middle of a call. */
static int32_t client_revoked_call(struct context *os) {
    struct message answer;
    const uint32_t server = grant_of(os, "server");
    CHECK(control(os, 1, server, &answer) == 0);
    CHECK(call(os, server, 2, &answer) == -ARGOS_REVOKED);
    CHECK(call(os, server, 6, &answer) == -ARGOS_REVOKED);
    CHECK(entry_of(os, "server")->flags == (GRANT_USE | GRANT_REVOKED) && entry_of(os, "control")->flags == GRANT_USE);
    return expect_notice(os) != 0 ? TURN_EXIT : finish(os, 0);
}

/* One that the server owes an answer to, and one that it has not seen. */
static int32_t client_revoked_sent(struct context *os) {
    struct message answer, out = {.grant = grant_of(os, "server"), .operation = 2};
    const int64_t owed = os->send(&out);
    CHECK(owed > 0 && call(os, out.grant, 6, &answer) == 0);
    const int64_t unseen = os->send(&out);
    CHECK(unseen > 0 && control(os, 2, out.grant, &answer) == 0);
    int64_t ids = 0;
    for (uint32_t count = 0; count < 3; count++) {
        CHECK(os->wait(&answer, 1, UNTIL_EVER) == 1);
        CHECK(answer.kind == MESSAGE_ANSWER ? answer.error == -ARGOS_REVOKED : answer.operation == NOTICE_GRANTS);
        ids += answer.kind == MESSAGE_ANSWER ? (int64_t)answer.id : 0;
    }
    CHECK(ids == owed + unseen && os->wait(&answer, 1, UNTIL_POLL) == 0);
    return finish(os, 0);
}

/* The server keeps a copy of its client's own grant to the server, and uses it when it is asked to. */
static int32_t client_revoked_copy(struct context *os) {
    struct message answer, out = {.grant = grant_of(os, "server"), .operation = 13, .grant_count = 1};
    out.grants[0] = (struct message_grant){.handle = grant_of(os, "control"), .mode = GRANT_COPY};
    CHECK(os->call(&out, &answer, UNTIL_EVER) == 0);
    CHECK(call(os, out.grant, 14, &answer) == 0 && (int64_t)answer.words[0] == -ARGOS_UNSUPPORTED);
    CHECK(control(os, 2, grant_of(os, "control"), &answer) == -ARGOS_REVOKED);
    CHECK(call(os, out.grant, 14, &answer) == 0 && (int64_t)answer.words[0] == -ARGOS_REVOKED);
    return finish(os, 0);
}

/* The server knows no operation 99, the other one answers with the words turned round; the message that was sent before stays with the server. */
static int32_t client_routed(struct context *os) {
    struct message answer, out = {.grant = grant_of(os, "server"), .operation = 1};
    const int64_t before = os->send(&out);
    CHECK(before > 0 && call(os, out.grant, 99, &answer) == -ARGOS_UNSUPPORTED);
    CHECK(os->wait(&answer, 1, UNTIL_EVER) == 1 && answer.id == (uint64_t)before);
    CHECK(control(os, 3, 0, &answer) == 0);
    out = (struct message){.grant = grant_of(os, "server"), .operation = 99, .words = {1, 2, 3, 4}};
    CHECK(os->call(&out, &answer, UNTIL_EVER) == 0 && answer.words[0] == 4 && answer.words[3] == 1);
    return expect_notice(os) != 0 ? TURN_EXIT : finish(os, 0);
}

/* More than it was started with, until there is no more room. */
static int32_t client_given(struct context *os) {
    struct message answer;
    CHECK(entry_of(os, "other") == NULL && control(os, 4, 0, &answer) == 0 && answer.words[0] != 0);
    CHECK(entry_of(os, "other") != NULL && entry_of(os, "other")->handle == answer.words[0]);
    CHECK(call(os, (uint32_t)answer.words[0], 99, &answer) == 0);
    return expect_notice(os) != 0 ? TURN_EXIT : finish(os, 0);
}

/* The server traps four times, and is restarted three times. */
static int32_t client_restarts(struct context *os) {
    static uint8_t block[16385];
    struct message answer, out = {.grant = grant_of(os, "server"), .operation = 6, .flags = MESSAGE_AWAIT_HANDLER, .block = block};
    for (uint32_t count = 0; count < 4; count++) {
        answer = (struct message){0};
        out.block_size = count * 5000;
        out.block_mode = count != 0 ? BLOCK_COPY : BLOCK_NONE;
        block[count * 5000 - (count != 0)] = (uint8_t)(10 + count);
        CHECK(os->call(&out, &answer, UNTIL_EVER) == 0 && answer.words[1] == (count != 0 ? 10 + count : 0));
        CHECK(call(os, out.grant, 4, &answer) == -ARGOS_HANDLER_GONE);
        CHECK(call(os, out.grant, 6, &answer) == -ARGOS_NO_HANDLER);
    }
    out.block_size = sizeof block;
    CHECK(os->send(&out) == -ARGOS_TOO_LARGE);
    out.block_size = 16000;
    CHECK(os->send(&out) > 0 && os->send(&out) == -ARGOS_LIMIT);
    return finish(os, 0);
}

int32_t until_asked(struct context *os) {
    for (uint32_t index = 0; index < os->inbox_count; index++) {
        if (os->inbox[index].kind == MESSAGE_NOTICE && os->inbox[index].operation == NOTICE_STOP) {
            return finish(os, 5);
        }
    }
    return TURN_WAIT;
}

int32_t client_of_control(struct context *os, char role) {
    switch (role) {
    case '1': return client_revoked_call(os);
    case '2': return client_revoked_sent(os);
    case '3': return client_revoked_copy(os);
    case '4': return client_routed(os);
    case '5': return client_given(os);
    default: return client_restarts(os);
    }
}
