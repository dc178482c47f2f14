/* A program that does at random whatever can be done with messages, and holds what it sees to what the contract promises: arguments chaos SEED
   [fragile], which traps more often. The simulator (platform/sim) runs several that serve each other. Requests carry who sent them through which
   grant, a number that grows, a nonce, and what their block holds; so an answer that is wrong, or comes twice, or to nobody, is seen by the one who
   gets it.

   What should not be is told by an access to the address 0x9xxxxxxx, where nothing ever is: the trap's report names the line. */
#include "programs/tests/chaos/grants.h"

enum { SENT_MAX = 80, KEPT_MAX = 96, STREAMS_MAX = 128, BLOCKS_MAX = 12 };
enum { PASSED = 101, OBSERVE_EVENT = 1, OBSERVE_NOW = 2, OBSERVE_LATER = 3 };

#define ANSWER_MARK   0x5A17C0DE5A17C0DEull
#define DRAIN_WAIT_NS 50000000u

struct sent {
    uint64_t id, nonce, sequence;
    uint8_t is_event, is_cancelled;
};

struct kept {
    struct message in;
    uint8_t is_used, is_new;
};

struct stream {
    uint64_t name, sequence;
};

static struct sent sent[SENT_MAX];
static struct kept kept[KEPT_MAX];
static struct stream streams[STREAMS_MAX];
static uint64_t drain_at_ns, life; /* life: differs from that of all others, and of those with the same number before */
static uint8_t is_draining, is_fragile, place[BLOCK_MOST];

/* ---- What comes in ---- */

static int error_is_expected(int64_t error) {
    switch (-error) {
    case ARGOS_NO_HANDLER:
    case ARGOS_HANDLER_GONE:
    case ARGOS_REVOKED:
    case ARGOS_CANCELLED:
    case ARGOS_TIMED_OUT:
    case ARGOS_FULL:
    case ARGOS_LIMIT:
    case ARGOS_TOO_LARGE:
    case ARGOS_DEADLOCK:
    case ARGOS_NO_MEMORY:
    case ARGOS_REFUSED: return 1;
    default: return 0;
    }
}

static void answer_check(const struct message *answer, uint64_t nonce, uint64_t sequence) {
    REQUIRE(answer->kind == MESSAGE_ANSWER);
    grants_take(answer);
    if (answer->error != 0) {
        REQUIRE(error_is_expected(answer->error) && answer->block_size == 0);
        return;
    }
    REQUIRE(answer->words[0] == (nonce ^ ANSWER_MARK) && answer->words[1] == sequence);
    struct message taken = *answer;
    block_take(&taken, 0);
}

/* The clock may be taken away. */
static uint64_t now(void) {
    static uint64_t last_ns;
    last_ns = os->clock != 0 ? os->clock->monotonic_ns : last_ns;
    return last_ns;
}

static void drain_begin(void) {
    drain_at_ns = is_draining ? drain_at_ns : now();
    is_draining = 1;
}

static void answer_came(const struct message *answer) {
    for (uint32_t index = 0; index < SENT_MAX; index++) {
        struct sent *at = &sent[index];
        if (at->id != answer->id) {
            continue;
        }
        at->id = 0;
        block_answered(answer->id, answer->error == -ARGOS_CANCELLED || answer->error == -ARGOS_REVOKED);
        if (at->is_event) {
            REQUIRE(answer->error == 0 || answer->error == -ARGOS_CANCELLED || answer->error == -ARGOS_REVOKED);
            drain_begin();
            return;
        }
        REQUIRE(answer->error == -ARGOS_CANCELLED || !at->is_cancelled);
        answer_check(answer, at->nonce, at->sequence);
        return;
    }
    REQUIRE(0); /* nobody asked, or it came twice */
}

/* Through one grant of one sender, requests come in their order. */
static void stream_check(const struct message *in) {
    struct stream *free = 0;
    for (uint32_t index = 0; index < STREAMS_MAX; index++) {
        if (streams[index].name == in->words[0]) {
            REQUIRE(in->words[1] > streams[index].sequence);
            streams[index].sequence = in->words[1];
            return;
        }
        free = streams[index].name == 0 ? &streams[index] : free;
    }
    if (free != 0) {
        *free = (struct stream){in->words[0], in->words[1]};
    }
}

static void answer_send(struct kept *request);

static void request_came(const struct message *in) {
    grants_take(in);
    REQUIRE(in->grant == serve_handle && in->error == 0);
    if (in->badge != 0) {
        REQUIRE(in->badge >> 32 == os->app && (uint32_t)in->badge < badge_count && !badge_is_gone[(uint32_t)in->badge]);
    }
    if (in->operation != WORK && in->operation != PASSED) {
        REQUIRE(in->id == 0 && in->operation < WORK && in->block_size != 0); /* a piece of somebody's log */
        return;
    }
    struct message taken = *in;
    block_take(&taken, in->operation == PASSED);
    if (in->operation == WORK) {
        stream_check(in);
    }
    for (uint32_t index = 0; in->id != 0 && index < KEPT_MAX; index++) {
        REQUIRE(!kept[index].is_used || kept[index].in.id != in->id);
    }
    for (uint32_t index = 0; in->id != 0 && index < KEPT_MAX; index++) {
        if (!kept[index].is_used) {
            kept[index] = (struct kept){.in = taken, .is_used = 1, .is_new = 1};
            return;
        }
    }
    struct kept now = {.in = taken, .is_used = 1};
    if (in->id != 0) {
        answer_send(&now);
    }
}

static void notice_came(const struct message *in) {
    if (in->operation == NOTICE_CLIENT_GONE) {
        REQUIRE(in->badge >> 32 == os->app && (uint32_t)in->badge < badge_count && !badge_is_gone[(uint32_t)in->badge]);
        badge_is_gone[(uint32_t)in->badge] = 1;
    } else if (in->operation == NOTICE_CANCELLED) {
        for (uint32_t index = 0; index < KEPT_MAX; index++) {
            if (kept[index].is_used && kept[index].in.id == in->id) {
                REQUIRE(os->answer(in->id, 0) == -ARGOS_NOT_FOUND);
                kept[index].is_used = 0;
                return;
            }
        }
        REQUIRE(0); /* it was never here, or was answered */
    } else if (in->operation == NOTICE_BUFFER_BACK) {
        block_returned(in->block);
    } else if (in->operation == NOTICE_GRANTS) {
        grants_look();
    } else if (in->operation == NOTICE_STOP) {
        if (chance(60)) {
            drain_begin();
        }
    } else {
        REQUIRE(in->operation == NOTICE_ROOM);
    }
}

static void message_came(const struct message *in) {
    switch (in->kind) {
    case MESSAGE_REQUEST: request_came(in); break;
    case MESSAGE_ANSWER: answer_came(in); break;
    case MESSAGE_NOTICE: notice_came(in); break;
    default: REQUIRE(0);
    }
}

/* ---- What goes out ---- */

static uint64_t moment(void) {
    return now() + random_below(chance(50) ? 200000 : 5000000);
}

/* A request with a nonce; who it goes to is any grant. */
static struct held *request_make(struct message *out, uint64_t *nonce, enum attach attach) {
    struct held *to = held_any();
    *nonce = random_state | 1;
    *out = (struct message){.operation = WORK};
    if (to != 0) {
        out->grant = to->handle;
        out->words[0] = life << 16 | to->stream;
        out->words[1] = to->sequence + 1;
        out->words[2] = *nonce;
        block_attach(out, attach);
        grants_attach(out);
    }
    return to;
}

static struct sent *sent_slot(void) {
    for (uint32_t index = 0; index < SENT_MAX; index++) {
        if (sent[index].id == 0) {
            return &sent[index];
        }
    }
    return 0;
}

static void work_send(void) {
    struct message out;
    uint64_t nonce;
    uint16_t flags = chance(15) ? MESSAGE_NO_ANSWER : 0;
    struct held *to = request_make(&out, &nonce, flags != 0 ? ATTACH_UNANSWERED : ATTACH_REQUEST);
    struct sent *slot = sent_slot();
    if (to == 0 || slot == 0) {
        return;
    }
    out.flags = flags;
    out.flags |= chance(25) ? MESSAGE_AWAIT_HANDLER : 0;
    int64_t id = os->send(&out);
    if (id < 0) {
        REQUIRE(moves_are_single(&out) ? error_is_expected(id) : id == -ARGOS_ARGUMENT || error_is_expected(id));
        return;
    }
    REQUIRE((id == 0) == ((out.flags & MESSAGE_NO_ANSWER) != 0));
    to->sequence++;
    uint64_t sequence = to->sequence;
    grants_gone(&out);
    block_gone(&out, (uint64_t)id);
    if (id != 0) {
        *slot = (struct sent){.id = (uint64_t)id, .nonce = nonce, .sequence = sequence};
    }
}

static void work_call(void) {
    struct message out, answer = {0};
    uint64_t nonce;
    struct held *to = request_make(&out, &nonce, ATTACH_REQUEST);
    if (to == 0) {
        return;
    }
    /* Whether it went is not told when it fails: numbers may be left out, and never come twice. */
    uint64_t sequence = ++to->sequence;
    if (chance(40)) {
        answer.block = place;
        answer.block_size = random_below(BLOCK_MOST);
    }
    uint32_t room = answer.block_size;
    uint32_t handles[MESSAGE_GRANTS] = {0};
    for (uint32_t index = 0; index < out.grant_count; index++) {
        handles[index] = out.grants[index].mode == GRANT_MOVE ? out.grants[index].handle : 0;
    }
    /* A buffer may wait for room with who has lent all that it may have to this app: neither would ever go on. */
    int may_be_long = chance(40) && out.block_mode <= BLOCK_COPY;
    int32_t error = os->call(&out, &answer, may_be_long ? UNTIL_EVER : chance(20) ? UNTIL_POLL : moment());
    block_called(&out, answer.kind == MESSAGE_ANSWER);
    if (error == -ARGOS_ARGUMENT) {
        REQUIRE(!moves_are_single(&out));
        return;
    }
    if (answer.kind == MESSAGE_ANSWER) {
        /* It went. */
        grants_gone(&out);
        REQUIRE(error == answer.error);
        REQUIRE(answer.block_size == 0 || answer.block_size > room || answer.block == (void *)place || answer.block_mode != BLOCK_COPY);
        answer_check(&answer, nonce, sequence);
        return;
    }
    REQUIRE(error != 0 && error_is_expected(error));
    int may_have_gone = error == -ARGOS_TIMED_OUT || error == -ARGOS_REVOKED;
    for (uint32_t index = 0; index < MESSAGE_GRANTS; index++) {
        /* A call that timed out, or whose grant was taken away, may have gone, or not: then it is not known whose the grant is. */
        for (uint32_t at = 0; may_have_gone && at < HELD_MAX; at++) {
            if (handles[index] != 0 && held[at].handle == handles[index]) {
                held[at] = (struct held){0};
            }
        }
    }
}

static void observe_send(uint32_t operation) {
    struct sent *slot = sent_slot();
    struct message out = {.grant = observe_handle, .operation = operation, .words = {os->app, random_below(1000), random_state}};
    if (slot == 0) {
        return;
    }
    int64_t id = os->send(&out);
    REQUIRE(id > 0 || id == -ARGOS_REVOKED || (id == -ARGOS_LIMIT && operation != OBSERVE_EVENT));
    if (id > 0) {
        *slot = (struct sent){.id = (uint64_t)id, .nonce = out.words[2], .sequence = out.words[1], .is_event = operation == OBSERVE_EVENT};
    }
}

static void observe_call(void) {
    struct message out = {.grant = observe_handle, .words = {os->app, random_below(1000), random_state}}, answer = {0};
    out.operation = chance(50) ? OBSERVE_NOW : OBSERVE_LATER;
    int32_t error = os->call(&out, &answer, chance(50) ? UNTIL_EVER : moment());
    REQUIRE(error == 0 || error_is_expected(error));
    if (error == 0) {
        answer_check(&answer, out.words[2], out.words[1]);
    }
}

static void work_cancel(void) {
    uint32_t first = random_below(SENT_MAX);
    for (uint32_t index = 0; index < SENT_MAX; index++) {
        struct sent *at = &sent[(first + index) % SENT_MAX];
        if (at->id == 0 || at->is_event) {
            continue;
        }
        struct message out = {.id = at->id, .flags = MESSAGE_CANCEL};
        int64_t result = os->send(&out);
        REQUIRE(result == 0 || result == -ARGOS_NOT_FOUND || result == -ARGOS_LIMIT);
        REQUIRE(!at->is_cancelled || result == -ARGOS_NOT_FOUND);
        at->is_cancelled |= result == 0;
        return;
    }
}

/* A grant that came in a message is given up, and its handle means nothing any more. */
static void grant_drop(void) {
    struct held *at = &held[random_below(HELD_MAX)];
    if (at->handle != 0 && !at->is_first) {
        struct message out = {.grant = at->handle, .flags = MESSAGE_DROP};
        REQUIRE(os->send(&out) == 0 && os->send(&out) == -ARGOS_NO_GRANT);
        *at = (struct held){0};
    }
}

/* ---- Answers ---- */

/* Its block must still be what it was. */
static void answer_send(struct kept *request) {
    const struct message *in = &request->in;
    struct message out = {.operation = WORK, .words = {in->words[2] ^ ANSWER_MARK, in->words[1], os->app}};
    block_check(in);
    block_attach(&out, ATTACH_ANSWER);
    grants_attach(&out);
    int32_t error = os->answer(in->id, &out);
    if (error == -ARGOS_ARGUMENT || error == -ARGOS_NO_MEMORY) {
        REQUIRE(error == -ARGOS_NO_MEMORY || !moves_are_single(&out));
        out.grant_count = 0;
        error = os->answer(in->id, &out);
    }
    /* A request that was cancelled meanwhile is answered to no effect; after the notice it is not there. */
    REQUIRE(error == -ARGOS_NOT_FOUND || error == 0 || error_is_expected(error));
    if (error == 0) {
        grants_gone(&out);
        block_gone(&out, 0);
    }
    REQUIRE(os->answer(in->id, &out) == -ARGOS_NOT_FOUND);
    request->is_used = 0;
}

static void request_pass(struct kept *request) {
    const struct message *in = &request->in;
    struct held *to = held_any();
    if (to == 0) {
        return;
    }
    struct message out = {.id = in->id, .grant = to->handle, .operation = PASSED, .flags = MESSAGE_FORWARD, .words = {0, in->words[1], in->words[2]}};
    if (in->block_mode == BLOCK_LEND || in->block_mode == BLOCK_LEND_MUTABLE) {
        out.words[3] = in->words[3]; /* it goes along */
    } else {
        block_attach(&out, ATTACH_COPY);
    }
    grants_attach(&out);
    int64_t result = os->send(&out);
    REQUIRE(result >= 0 || moves_are_single(&out) == 0 || error_is_expected(result) || result == -ARGOS_NOT_FOUND);
    if (result >= 0) {
        grants_gone(&out);
        request->is_used = 0;
    }
}

static void wait_within(void) {
    struct message in[4];
    int32_t count = os->wait(in, 1 + random_below(4), chance(15) ? UNTIL_EVER : chance(20) ? UNTIL_POLL : moment());
    REQUIRE((count >= 0 && count <= 4) || count == -ARGOS_NO_MEMORY);
    for (int32_t index = 0; index < count; index++) {
        message_came(&in[index]);
    }
}

static void request_handle(struct kept *request) {
    request->is_new = 0;
    uint32_t what = random_below(1000);
    if (what < 650 || is_draining) {
        answer_send(request);
    } else if (what < 760) {
        request_pass(request);
    } else if (what < 800) {
        wait_within();
    } else if (what < 850) {
        work_call();
    } else if (what < 852) {
        __builtin_trap();
    }
}

static void requests_handle(void) {
    for (uint32_t index = 0; index < KEPT_MAX; index++) {
        if (kept[index].is_used && kept[index].is_new) {
            request_handle(&kept[index]);
            index = UINT32_MAX; /* others may have come */
        }
    }
}

/* ---- Alone ---- */

/* Blocks of the app's own memory keep what they hold. */
static void memory_use(void) {
    static struct {
        uint8_t *data;
        uint32_t size, seed;
    } blocks[BLOCKS_MAX];
    uint32_t slot = random_below(BLOCKS_MAX);
    if (blocks[slot].data != 0) {
        REQUIRE(content_is_right(blocks[slot].data, blocks[slot].seed, blocks[slot].size));
        os->release(blocks[slot].data);
        blocks[slot].data = 0;
        return;
    }
    uint32_t size = 1 + random_below(chance(95) ? 5000 : 300000);
    blocks[slot].data = os->allocate(size, 1u << random_below(10));
    blocks[slot].size = size;
    blocks[slot].seed = random_below(1u << 30);
    if (blocks[slot].data != 0) {
        content_fill(blocks[slot].data, blocks[slot].seed, size);
    }
}

static void act(void) {
    uint32_t what = random_below(1000);
    if (what < 350) {
        work_send();
    } else if (what < 600) {
        work_call();
    } else if (what < 680) {
        struct kept *request = &kept[random_below(8)];
        if (request->is_used) {
            answer_send(request);
        }
    } else if (what < 740) {
        work_cancel();
    } else if (what < 800) {
        observe_send(chance(50) ? OBSERVE_NOW : OBSERVE_LATER);
    } else if (what < 840) {
        observe_call();
    } else if (what < 890) {
        wait_within();
    } else if (what < 920) {
        buffer_use();
    } else if (what < 930) {
        grant_drop();
    } else if (what < 935) {
        grants_look();
    } else if (what < 950) {
        memory_use();
    } else if (what < 990) {
        if (os->log != 0) {
            os->log("chaos", 1 + random_below(5));
        }
    } else if (what < 993) {
        while (work_send(), chance(97)) {
        }
    } else if (what < (is_fragile ? 1000 : 994)) {
        __builtin_trap();
    }
}

/* Everything is answered, or taken back, and then the app ends. */
static int32_t drain(void) {
    uint32_t open = blocks_away(), refused = 0, late = os->clock == 0 || now() > drain_at_ns + DRAIN_WAIT_NS;
    for (uint32_t index = 0; index < KEPT_MAX; index++) {
        if (kept[index].is_used) {
            answer_send(&kept[index]);
        }
    }
    for (uint32_t index = 0; index < SENT_MAX; index++) {
        struct sent *at = &sent[index];
        struct message out = {.id = at->id, .flags = MESSAGE_CANCEL};
        open += at->id != 0;
        if (at->id != 0 && late && !at->is_cancelled) {
            int64_t result = os->send(&out);
            at->is_cancelled |= result == 0;
            refused |= result == -ARGOS_LIMIT;
        }
    }
    os->mine->wake_at_ns = refused ? moment() : late ? 0 : drain_at_ns + DRAIN_WAIT_NS + 1;
    return open == 0 ? TURN_EXIT : TURN_WAIT;
}

static void begin(void) {
    random_state = number_of(os->arguments[1]) | 1;
    grants_look();
    observe_send(OBSERVE_EVENT);
    life = sent[0].id;
    if (life == 0) {
        drain_begin();
    }
    is_fragile = os->argument_count > 2;
    random_state = (random_state ^ life * 0x9E3779B97F4A7C15u) | 1;
    for (uint32_t index = 0; index < 20; index++) {
        (void)random_below(2);
    }
}

int32_t start(struct context *context) {
    os = context;
    if (os->turn == 1) {
        begin();
    }
    for (uint32_t index = 0; index < os->inbox_count; index++) {
        message_came(&os->inbox[index]);
    }
    requests_handle();
    if (is_draining) {
        return drain();
    }
    for (uint32_t count = random_below(is_fragile ? 12 : 4); count > 0 && !is_draining; count--) {
        act();
        requests_handle();
    }
    if (is_draining || chance(10)) {
        return TURN_AGAIN;
    }
    if (random_below(1000) < 2) {
        return TURN_EXIT;
    }
    os->mine->wake_at_ns = chance(25) ? 0 : moment();
    return TURN_WAIT;
}
