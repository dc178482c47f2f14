/* One that does not. Nothing that it does may come back as anything but an error number or its own end. It remembers ids and handles that it saw,
   and uses them when they are stale, changed, or somebody else's. */
#include "programs/tests/grind/grind.h"

#define IMPORT(name) __attribute__((import_module("argos"), import_name(name)))
IMPORT("log") void import_log(const char *text, uint32_t length);
IMPORT("allocate") void *import_allocate(uint32_t size, uint32_t alignment);
IMPORT("release") void import_release(void *memory);
IMPORT("send") int64_t import_send(const struct message *message);
IMPORT("answer") int32_t import_answer(uint64_t id, const struct message *answer);
IMPORT("wait") int32_t import_wait(struct message *out, uint32_t count, uint64_t until_ns);
IMPORT("call") int32_t import_call(const struct message *message, struct message *answer, uint64_t until_ns);
IMPORT("buffer") int32_t import_buffer(struct buffer_request *request);

#define MEMORY_GROWN_MAX 64u
#define DEPTH_MAX        60000u

static uint64_t ids[32];
static uint32_t handles[32];
static void *blocks[32], *buffers[16];
static uint8_t room[9000];
static struct message in[8];

/* ---- Numbers ---- */

static uint32_t random_word(void) {
    static const uint32_t edges[] = {0, 1, 7, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 0xC0000000, 0xFFFEFFFF, 0xFFFF0000, 65535, 65536};
    return random_chance(500)   ? edges[random_below(sizeof edges / sizeof edges[0])]
           : random_chance(500) ? random_below(300)
                                : (uint32_t)random_next();
}

/* Wherever a pointer can point: to where it may, across an end, into windows, beside them, nowhere. */
static void *random_address(const struct context *os) {
    uint32_t end = (uint32_t)__builtin_wasm_memory_size(0) * 65536u, context = (uint32_t)(uintptr_t)os, mine = (uint32_t)(uintptr_t)os->mine;
    uint32_t offset = random_chance(700) ? random_below(200) : random_below(70000), at;
    switch (random_below(13)) {
    case 12: at = (uint32_t)(uintptr_t)buffers[random_below(16)] + offset; break;
    case 0: at = end - offset; break;
    case 1: at = context + offset; break;
    case 2: at = mine + offset; break;
    case 3: at = (uint32_t)(uintptr_t)os->clock + offset; break;
    case 4: at = (uint32_t)(uintptr_t)os->inbox + offset; break;
    case 5: at = mine + 4096 - offset; break;
    case 6: at = 0u - offset; break;
    case 7: at = random_word(); break;
    case 8: at = context - offset; break;
    default: at = (uint32_t)(uintptr_t)room + offset % sizeof room; break;
    }
    return (void *)(uintptr_t)at;
}

static uint64_t random_until(const struct context *os) {
    switch (random_below(8)) {
    case 0: return UNTIL_POLL;
    case 1: return random_chance(300) ? UNTIL_EVER : UNTIL_EVER - 1;
    case 2: return os->clock->monotonic_ns - random_below(1000000);
    case 3: return 1ull << random_below(64);
    default: return os->clock->monotonic_ns + random_below(2000000);
    }
}

static uint64_t random_id(void) {
    uint64_t id = ids[random_below(32)];
    switch (random_below(10)) {
    case 0: return id + (1ull << 24);
    case 1: return id - (1ull << 24);
    case 2: return id ^ random_below(64);
    case 3: return random_next();
    case 4: return random_below(500) | (uint64_t)(1 + random_below(30)) << 24;
    case 5: return (id & ~0xFFFFFFull) | random_below(500);
    default: return id;
    }
}

uint32_t random_handle(const struct context *os) {
    uint32_t handle = random_chance(600) && os->grant_count != 0 ? os->grants[random_below(os->grant_count)].handle : handles[random_below(32)];
    return random_chance(30) ? handle + 0x10000 : random_chance(30) ? random_word() : random_chance(50) ? random_below(300) : handle;
}

void remember_handle(uint32_t handle) {
    handles[random_below(32)] = handle;
}

static void remember(const struct message *message) {
    ids[random_below(32)] = message->id;
    if (message->block_mode > BLOCK_COPY) {
        buffers[random_below(16)] = message->block;
    }
    for (uint32_t index = 0; index < message->grant_count && index < MESSAGE_GRANTS; index++) {
        remember_handle(message->grants[index].handle);
    }
}

/* ---- What is gone ---- */

/* A handle that was moved away, or the id of a request that was answered: neither may ever mean anything again. The app spoils its own memory, so
   each is kept twice. */
struct gone {
    uint64_t value, inverse;
};

static struct gone gone_handles[16], gone_ids[16];

static void gone_add(struct gone *list, uint64_t value) {
    list[random_below(16)] = (struct gone){.value = value, .inverse = ~value};
}

static void report_wrong(struct context *os, uint64_t line) {
    const struct message out = {.grant = grant_of(os, "host"), .operation = HOST_WRONG, .words = {line}, .flags = MESSAGE_NO_ANSWER};
    os->send(&out);
}

static void act_gone(struct context *os) {
    for (uint32_t index = 0; index < 16; index++) {
        const struct gone *handle = &gone_handles[index], *id = &gone_ids[index];
        const struct message out = {.grant = (uint32_t)handle->value, .flags = MESSAGE_NO_ANSWER};
        if (handle->value == ~handle->inverse && os->send(&out) != -ARGOS_NO_GRANT) {
            report_wrong(os, __LINE__);
        }
        if (id->value == ~id->inverse && os->answer(id->value, NULL) != -ARGOS_NOT_FOUND) {
            report_wrong(os, __LINE__);
        }
    }
}

/* It went out: what it took along by GRANT_MOVE is gone. */
static void message_is_gone(const struct message *message) {
    for (uint32_t index = 0; index < message->grant_count && index < MESSAGE_GRANTS; index++) {
        if (message->grants[index].mode == GRANT_MOVE) {
            gone_add(gone_handles, message->grants[index].handle);
        }
    }
}

/* ---- Messages ---- */

static void random_message(const struct context *os, struct message *out) {
    *out = (struct message){.grant = random_handle(os), .operation = random_below(12)};
    for (uint32_t word = 0; word < MESSAGE_WORDS; word++) {
        out->words[word] = random_chance(300) ? random_below(5) : random_chance(700) ? random_word() : random_next();
    }
    out->operation = random_chance(50) ? random_word() : out->operation;
    if (random_chance(300)) {
        out->flags = random_chance(800) ? 1u << random_below(5) : (uint16_t)random_next();
        out->id = random_id();
    }
    if (random_chance(400)) {
        out->block_mode = random_chance(700) ? BLOCK_COPY : random_chance(800) ? random_below(7) : random_word();
        out->block_size = random_chance(900) ? random_below(sizeof room) >> random_below(10) : random_word();
        out->block = random_chance(950) ? room : random_address(os);
        if (out->block_mode > BLOCK_COPY && random_chance(900)) {
            out->block = buffers[random_below(16)];
            out->block_size = random_chance(900) ? random_below(2) * 4096 : out->block_size;
        }
    }
    if (random_chance(300)) {
        /* As a text, or a list of bytes, that is all of the block. */
        uint32_t word = random_below(3);
        out->words[word] = 0;
        out->words[word + 1] = out->block_size;
    }
    out->grant_count = random_chance(300) ? random_below(5) : random_chance(20) ? random_word() : 0;
    for (uint32_t index = 0; index < MESSAGE_GRANTS; index++) {
        out->grants[index] = (struct message_grant){
            .handle = random_handle(os), .mode = random_chance(950) ? 1 + random_below(3) : random_word(), .badge = random_next()};
    }
    out->kind = (uint16_t)random_next();
    out->error = random_chance(300) ? -(int32_t)random_below(30) : (int32_t)random_word();
}

static int is_elsewhere;

/* The message, somewhere where it can be read; seldom, somewhere else. */
static struct message *message_place(const struct context *os, const struct message *message) {
    struct message *at = (struct message *)(void *)(room + random_below(sizeof room - sizeof *at));
    if (random_chance(100)) {
        uint32_t end = (uint32_t)__builtin_wasm_memory_size(0) * 65536u;
        at = (struct message *)(uintptr_t)(random_chance(800) ? end - sizeof *at : (uint32_t)(uintptr_t)os->mine + 4096 - sizeof *at);
    }
    __builtin_memcpy(at, message, sizeof *at);
    is_elsewhere = random_chance(10);
    return is_elsewhere ? random_address(os) : at;
}

static void act_send(struct context *os) {
    struct message out;
    random_message(os, &out);
    const struct message *at = message_place(os, &out);
    int64_t id = random_chance(500) ? os->send(at) : import_send(at);
    if (id >= 0 && !is_elsewhere && (out.flags & (MESSAGE_CANCEL | MESSAGE_DROP)) == MESSAGE_DROP) {
        gone_add(gone_handles, out.grant);
    } else if (id >= 0 && !is_elsewhere && (out.flags & (MESSAGE_CANCEL | MESSAGE_DROP)) == 0) {
        message_is_gone(&out);
    }
    if (id > 0) {
        ids[random_below(32)] = (uint64_t)id;
    }
}

static void act_call(struct context *os) {
    struct message out, answer;
    random_message(os, &out);
    out.flags = random_chance(900) ? 0 : out.flags;
    const struct message *at = message_place(os, &out);
    answer = (struct message){.block = random_chance(500) ? room : random_chance(950) ? NULL : random_address(os), .block_size = random_below(5000)};
    struct message *place = random_chance(950) ? &answer : message_place(os, &answer);
    uint64_t until_ns = random_until(os);
    if ((random_chance(500) ? os->call(at, place, until_ns) : import_call(at, place, until_ns)) == 0) {
        remember(place);
    }
}

static void act_answer(struct context *os) {
    struct message out;
    random_message(os, &out);
    const struct message *at = random_chance(200) ? NULL : message_place(os, &out);
    uint64_t id = os->inbox_count != 0 && random_chance(600) ? os->inbox[random_below(os->inbox_count)].id : random_id();
    if ((random_chance(500) ? os->answer(id, at) : import_answer(id, at)) == 0) {
        gone_add(gone_ids, id);
        if (at != NULL && !is_elsewhere) {
            message_is_gone(&out);
        }
    }
}

static void act_wait(struct context *os) {
    struct message *at = random_chance(950) ? in : random_address(os);
    uint32_t count = random_chance(950) ? random_below(9) : random_word();
    uint64_t until_ns = random_until(os);
    int32_t done = random_chance(500) ? os->wait(at, count, until_ns) : import_wait(at, count, until_ns);
    for (int32_t index = 0; at == in && index < done && index < 8; index++) {
        remember(&in[index]);
    }
}

static void act_buffer(struct context *os) {
    struct buffer_request *at = (struct buffer_request *)(void *)(room + random_below(1000));
    *at = (struct buffer_request){.operation = random_chance(900) ? random_below(7) : random_word(), .access = random_word()};
    at->address = random_chance(900) ? buffers[random_below(16)] : random_address(os);
    at->size = random_chance(800) ? random_below(30000) : random_word();
    at = random_chance(980) ? at : random_address(os);
    if ((random_chance(500) ? os->buffer(at) : import_buffer(at)) == 0) {
        buffers[random_below(16)] = at->address;
    }
}

static void act_log(struct context *os) {
    const char *text = random_chance(900) ? (const char *)room : random_address(os);
    uint32_t length = random_chance(950) ? random_below(sizeof room) : random_word();
    if (os->log != NULL && random_chance(500)) {
        os->log(text, length);
    } else {
        import_log(text, length);
    }
}

/* ---- Memory ---- */

static void act_allocate(struct context *os) {
    uint32_t size = random_chance(950) ? random_below(20000) : random_word(), alignment = random_chance(900) ? 1u << random_below(18) : random_word();
    uint8_t *block = random_chance(500) ? os->allocate(size, alignment) : import_allocate(size, alignment);
    blocks[random_below(32)] = block;
    for (uint32_t index = 0; block != NULL && index < size; index += 511) {
        block[index] = 0xA5;
    }
}

static void act_release(struct context *os) {
    void **slot = &blocks[random_below(32)], *block = random_chance(970) ? *slot : random_address(os);
    *slot = NULL;
    if (random_chance(500)) {
        os->release(block);
    } else {
        import_release(block);
    }
}

/* Headers, and what free blocks are linked with. */
static void act_spoil(struct context *os) {
    static const uint32_t marks[] = {0x41726755, 0x41726746, 0x41726741};
    uint8_t *block = blocks[random_below(32)];
    if (block != NULL && (uintptr_t)block < __builtin_wasm_memory_size(0) * 65536u - 64) {
        volatile uint32_t *word = (volatile uint32_t *)(void *)(block - 16 + 4 * random_below(8));
        *word = random_chance(500) ? marks[random_below(3)] : random_chance(500) ? random_below(40) : (uint32_t)(uintptr_t)random_address(os);
    }
}

static void act_grow(struct context *os) {
    (void)os;
    if (__builtin_wasm_memory_size(0) < MEMORY_GROWN_MAX || random_chance(20)) {
        (void)__builtin_wasm_memory_grow(0, random_chance(900) ? random_below(3) : random_word());
    }
}

static void act_mine(struct context *os) {
    volatile uint32_t *words = (volatile uint32_t *)(void *)os->mine;
    for (uint32_t count = 1 + random_below(8); count > 0; count--) {
        words[random_below(random_chance(800) ? 6 : 1024)] = random_word();
    }
}

/* ---- Abuse ---- */

static void act(struct context *os);

/* Without a frame in memory, so that the stack of calls is what ends. */
__attribute__((noinline)) static uint32_t descend(struct context *os, uint32_t depth) {
    if (depth == 0) {
        act(os);
        return 1;
    }
    return descend(os, depth - 1) * 3 + depth;
}

static void act_depth(struct context *os) {
    static uint32_t depth;
    if (depth == 0) {
        depth = 1;
        (void)descend(os, random_chance(100) ? DEPTH_MAX : random_below(1500));
        depth = 0;
    }
}

static void act_fault(struct context *os) {
    switch (random_below(6)) {
    case 0: __builtin_trap();
    case 1: *(volatile uint32_t *)random_address(os) = random_word(); break;
    case 2: (void)*(volatile uint64_t *)random_address(os); break;
    case 3: ((volatile struct context *)os)->grant_count = 1000; break;
    case 4: ((void (*)(uint64_t))(uintptr_t)os->send)(5); break;
    default: ((int32_t(*)(void))(uintptr_t)random_below(40))(); break;
    }
}

/* As much of one thing as there is. */
static void act_exhaust(struct context *os) {
    struct message out;
    random_message(os, &out);
    out.block = room;
    out.block_size %= sizeof room;
    out.flags = random_chance(500) ? MESSAGE_NO_ANSWER : 0;
    out.block_mode %= 2;
    for (uint32_t count = 0; count < 300; count++) {
        if (random_chance(100)) {
            out.grant = random_handle(os);
        }
        int64_t id = os->send(&out);
        if (id > 0) {
            ids[random_below(32)] = (uint64_t)id;
        } else if (id < 0 && random_chance(300)) {
            return;
        }
    }
}

static void act_host(struct context *os) {
    struct message out = {.grant = grant_of(os, "host"), .operation = random_below(HOST_OPERATIONS), .words = {random_next()}}, answer = {0};
    if (random_chance(500)) {
        (void)os->call(&out, &answer, random_until(os));
    } else {
        int64_t id = os->send(&out);
        ids[random_below(32)] = (uint64_t)id;
    }
}

/* ---- Turns ---- */

struct row {
    uint32_t weight;
    void (*act)(struct context *os);
};

static const struct row rows[] = {{200, act_send},    {200, act_call},   {200, act_answer}, {60, act_wait}, {40, act_buffer},   {20, act_log},
                                  {60, act_allocate}, {50, act_release}, {30, act_spoil},   {15, act_grow}, {20, act_mine},     {5, act_depth},
                                  {4, act_fault},     {20, act_exhaust}, {60, act_host},    {40, act_gone}, {250, act_children}};

static void act(struct context *os) {
    uint32_t sum = 0, row = 0;
    for (uint32_t index = 0; index < sizeof rows / sizeof rows[0]; index++) {
        sum += rows[index].weight;
    }
    for (uint32_t choice = random_below(sum); choice >= rows[row].weight; row++) {
        choice -= rows[row].weight;
    }
    rows[row].act(os);
}

int32_t hostile_turn(struct context *os) {
    for (uint32_t index = 0; index < os->inbox_count; index++) {
        remember(&os->inbox[index]);
    }
    for (uint32_t count = random_below(12); count > 0; count--) {
        act(os);
    }
    if (random_chance(300)) {
        os->mine->wake_at_ns = random_until(os);
    }
    return random_chance(980) ? (random_chance(300) ? TURN_AGAIN : TURN_WAIT) : (int32_t)random_word();
}
