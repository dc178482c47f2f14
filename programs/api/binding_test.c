/* Bindings on both sides of a kernel that is a few lines of this file: what a client sends reaches the handler's function as it was meant, and
   the answer comes back; what goes wrong on the way is said. */
#include "programs/api/binding.h"
#include "programs/api/every.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#define SERVE   77u
#define CLIENT  78u
#define OBJECTS ((uint64_t)EVERY_RESOURCE_THING << WIRE_BADGE_SHIFT)

/* ---- The kernel ---- */

static struct {
    uint64_t badge;         /* of the grant that is called through */
    struct message request; /* the last that was sent */
    struct message answer;  /* the last that was answered */
    uint64_t answered;      /* its id */
    uint32_t answer_count;
    uint8_t block[4096]; /* of that answer: the kernel's copy */
    uint8_t request_block[4096];
    bool memory_ends;
    uint32_t allocated;
    struct every_handler handler;
    struct context os;
} kernel;

/* What the handler's functions saw. */
static struct {
    struct wire_call call;
    uint64_t later;
    uint64_t gone;
    struct every_words_arguments words;
} seen;

static void *fake_allocate(uint32_t size, uint32_t alignment) {
    assert_int_equal(alignment, 8);
    kernel.allocated += !kernel.memory_ends;
    return kernel.memory_ends ? NULL : malloc(size);
}

static void fake_release(void *memory) {
    kernel.allocated--;
    free(memory);
}

static int32_t fake_answer(uint64_t id, const struct message *answer) {
    kernel.answer = *answer;
    kernel.answered = id;
    kernel.answer_count++;
    assert_true(answer->block_size <= sizeof kernel.block);
    if (answer->block_size != 0) {
        memcpy(kernel.block, answer->block, answer->block_size);
        kernel.answer.block = kernel.block;
    }
    return 0;
}

static int64_t fake_send(const struct message *message) {
    kernel.request = *message;
    return 5;
}

/* Hands a message to the handler as a request with an id. */
static void deliver(const struct message *message, uint64_t id) {
    struct message request = *message;
    request.kind = MESSAGE_REQUEST;
    request.id = id;
    request.badge = kernel.badge;
    request.grant = SERVE;
    assert_true(message->block_size <= sizeof kernel.request_block);
    if (message->block_size != 0) {
        memcpy(kernel.request_block, message->block, message->block_size);
        request.block = kernel.request_block;
    }
    assert_true(every_serve(&kernel.os, SERVE, &kernel.handler, &seen, &request));
}

static int32_t fake_call(const struct message *message, struct message *answer, uint64_t until_ns) {
    const struct wire_memory memory = wire_memory_of(answer->block, answer->block_size);
    assert_true(until_ns == UNTIL_EVER);
    kernel.request = *message;
    if (message->grant != CLIENT) {
        return -ARGOS_NO_GRANT;
    }
    kernel.answer_count = 0;
    deliver(message, 9);
    if (kernel.answer_count == 0) {
        return -ARGOS_DEADLOCK;
    }
    *answer = kernel.answer;
    if (memory.data != NULL && answer->block_size != 0 && answer->block_size <= memory.size) {
        memcpy(memory.data, answer->block, answer->block_size);
        answer->block = memory.data;
    }
    return 0;
}

static int set_up(void **state) {
    (void)state;
    memset(&kernel, 0, sizeof kernel);
    memset(&seen, 0, sizeof seen);
    kernel.os.allocate = fake_allocate;
    kernel.os.release = fake_release;
    kernel.os.send = fake_send;
    kernel.os.answer = fake_answer;
    kernel.os.call = fake_call;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    return kernel.allocated == 0 ? 0 : -1;
}

/* ---- The handler ---- */

static int32_t on_words(void *self, const struct wire_call *call, const struct every_words_arguments *arguments,
                        struct every_s8_and_u16_and_f32_and_f64 *result) {
    assert_ptr_equal(self, &seen);
    seen.call = *call;
    seen.words = *arguments;
    result->item_0 = arguments->a;
    result->item_1 = arguments->b;
    result->item_2 = arguments->c;
    result->item_3 = arguments->d;
    return 0;
}

static int32_t on_texts(void *self, const struct wire_call *call, const struct every_take_texts_arguments *arguments,
                        struct every_texts_or_nothing *result) {
    (void)self;
    (void)call;
    result->ok = arguments->value;
    return 0;
}

static int32_t on_bytes(void *self, const struct wire_call *call, const struct every_bytes_arguments *arguments, struct wire_bytes *result) {
    (void)self;
    call->answer->block_mode = BLOCK_MOVE;
    *result = arguments->value;
    return 0;
}

static int32_t on_nothing(void *self, const struct wire_call *call) {
    (void)self;
    seen.call = *call;
    return -WIRE_REFUSED;
}

static int32_t on_weigh(void *self, const struct wire_call *call, double *result) {
    (void)self;
    seen.call = *call;
    *result = 1.5;
    return 0;
}

static int32_t on_open(void *self, const struct wire_call *call, const struct every_thing_open_arguments *arguments,
                       struct every_thing_or_color *result) {
    (void)self;
    (void)arguments;
    assert_non_null(call->answer);
    result->ok = every_thing_make(SERVE, 1000);
    return 0;
}

static int32_t on_maybe(void *self, const struct wire_call *call, const struct every_maybe_arguments *arguments, struct every_maybe_count *result) {
    (void)self;
    (void)arguments;
    (void)result;
    seen.later = call->id;
    return WIRE_LATER;
}

static int32_t on_bare(void *self, const struct wire_call *call, const struct every_take_bare_arguments *arguments,
                       struct every_bare_option *result) {
    (void)self;
    (void)call;
    (void)arguments;
    result->is_some = true;
    result->value.kind = (enum every_bare_kind)99;
    return 0;
}

static void on_gone(void *self, uint64_t object) {
    (void)self;
    seen.gone = object;
}

/* ---- Tests ---- */

static void test_call(void **state) {
    (void)state;
    struct every_s8_and_u16_and_f32_and_f64 result;
    kernel.handler.words = on_words;
    kernel.badge = 0x77;
    assert_int_equal(every_words(&kernel.os, CLIENT, -5, 6, 0.5f, -0.25, &result), 0);
    assert_int_equal(kernel.request.operation, EVERY_OPERATION_WORDS);
    assert_int_equal(kernel.request.block_mode, BLOCK_NONE);
    assert_true(seen.call.id == 9 && seen.call.object == 0x77);
    assert_int_equal(seen.words.a, -5);
    assert_int_equal(result.item_0, -5);
    assert_int_equal(result.item_1, 6);
    assert_true(result.item_2 == 0.5f && result.item_3 == -0.25);
    assert_int_equal(every_words(&kernel.os, 1, -5, 6, 0.5f, -0.25, &result), -ARGOS_NO_GRANT);
}

/* Small and large blocks, for which the app's memory is needed, on both sides. */
static void test_blocks(void **state) {
    (void)state;
    static char long_text[2000];
    uint8_t room[64];
    struct every_texts_or_nothing result;
    struct every_texts texts = {wire_text_of("one"), 2, wire_text_of("three"), wire_text_list_of(NULL, 0), 4};
    memset(long_text, 'x', sizeof long_text);
    kernel.handler.take_texts = on_texts;
    assert_int_equal(every_take_texts(&kernel.os, CLIENT, &texts, wire_memory_of(room, sizeof room), &result), 0);
    assert_false(result.is_error);
    assert_int_equal(result.ok.class_, 4);
    assert_memory_equal(result.ok.second.data, "three", 5);
    assert_true((uint8_t *)result.ok.second.data > room && (uint8_t *)result.ok.second.data < room + sizeof room);

    texts.first.data = long_text;
    texts.first.size = sizeof long_text;
    assert_int_equal(every_take_texts(&kernel.os, CLIENT, &texts, wire_memory_of(room, sizeof room), &result), 0);
    assert_int_equal(result.ok.first.size, sizeof long_text);
    assert_true((uint8_t *)result.ok.first.data > kernel.block && (uint8_t *)result.ok.first.data < kernel.block + sizeof kernel.block);
    assert_int_equal(kernel.allocated, 0);

    kernel.memory_ends = true;
    assert_int_equal(every_take_texts(&kernel.os, CLIENT, &texts, wire_memory_of(NULL, 0), &result), -ARGOS_NO_MEMORY);
}

/* An answer that its handler has no memory for. */
static int32_t on_texts_without_memory(void *self, const struct wire_call *call, const struct every_take_texts_arguments *arguments,
                                       struct every_texts_or_nothing *result) {
    kernel.memory_ends = true;
    return on_texts(self, call, arguments, result);
}

static void test_answer_without_memory(void **state) {
    (void)state;
    static char long_text[2000];
    struct every_texts_or_nothing result;
    const struct every_texts texts = {{long_text, sizeof long_text}, 2, wire_text_of(""), wire_text_list_of(NULL, 0), 4};
    kernel.handler.take_texts = on_texts_without_memory;
    assert_int_equal(every_take_texts(&kernel.os, CLIENT, &texts, wire_memory_of(NULL, 0), &result), -ARGOS_NO_MEMORY);
    assert_int_equal(kernel.answer.block_size, 0);
}

static void test_direct(void **state) {
    (void)state;
    const uint8_t data[] = {1, 2, 3};
    const struct wire_bytes bytes = {data, sizeof data};
    struct wire_bytes result;
    kernel.handler.bytes = on_bytes;
    assert_int_equal(every_bytes(&kernel.os, CLIENT, bytes, wire_memory_of(NULL, 0), &result), 0);
    assert_ptr_equal(kernel.request.block, data);
    assert_int_equal(kernel.request.block_mode, BLOCK_COPY);
    assert_int_equal(kernel.answer.block_mode, BLOCK_MOVE);
    assert_int_equal(result.size, 3);
    assert_memory_equal(result.data, data, 3);
}

static void test_errors(void **state) {
    (void)state;
    struct every_s8_and_u16_and_f32_and_f64 words;
    struct every_bare_option bare;
    struct every_bare left = {EVERY_BARE_LEFT};
    assert_int_equal(every_words(&kernel.os, CLIENT, 0, 0, 0, 0, &words), -ARGOS_UNSUPPORTED);
    kernel.handler.nothing = on_nothing;
    assert_int_equal(every_nothing(&kernel.os, CLIENT), -ARGOS_REFUSED);
    /* A result that is none, and arguments that are none. */
    kernel.handler.take_bare = on_bare;
    assert_int_equal(every_take_bare(&kernel.os, CLIENT, &left, &bare), -ARGOS_FAILED);
    left.kind = (enum every_bare_kind)3;
    kernel.request.operation = 0;
    assert_int_equal(every_take_bare(&kernel.os, CLIENT, &left, &bare), -ARGOS_ARGUMENT);
    assert_int_equal(kernel.request.operation, 0);

    struct message message = {.grant = CLIENT, .operation = 12345};
    deliver(&message, 1);
    assert_int_equal(kernel.answer.error, -ARGOS_UNSUPPORTED);
    message.operation = EVERY_OPERATION_TAKE_BARE;
    message.words[0] = 2;
    deliver(&message, 1);
    assert_int_equal(kernel.answer.error, -ARGOS_MALFORMED);
    message.operation = EVERY_OPERATION_NOTHING;
    message.grant_count = 1;
    deliver(&message, 1);
    assert_int_equal(kernel.answer.error, -ARGOS_MALFORMED);
}

static void test_resources(void **state) {
    (void)state;
    struct every_thing_or_color opened;
    double weight = 0;
    kernel.handler.thing_open = on_open;
    kernel.handler.thing_weigh = on_weigh;
    assert_int_equal(every_thing_open(&kernel.os, CLIENT, wire_text_of("x"), &opened), 0);
    assert_int_equal(kernel.answer.grants[0].mode, GRANT_MAKE);
    assert_int_equal(kernel.answer.grants[0].handle, SERVE);
    assert_true(kernel.answer.grants[0].badge == (OBJECTS | 1000));

    /* A method goes through a grant of its resource and no other, a function through one of none. */
    assert_int_equal(every_thing_weigh(&kernel.os, CLIENT, &weight), -ARGOS_UNSUPPORTED);
    kernel.badge = OBJECTS | 1000;
    assert_int_equal(every_thing_weigh(&kernel.os, CLIENT, &weight), 0);
    assert_true(weight == 1.5 && seen.call.object == 1000);
    assert_int_equal(every_thing_open(&kernel.os, CLIENT, wire_text_of("x"), &opened), -ARGOS_UNSUPPORTED);
    kernel.badge = OBJECTS * 2 | 1000;
    assert_int_equal(every_thing_weigh(&kernel.os, CLIENT, &weight), -ARGOS_UNSUPPORTED);

    const struct message gone = {.kind = MESSAGE_NOTICE, .operation = NOTICE_CLIENT_GONE, .grant = SERVE, .badge = OBJECTS | 1000};
    assert_true(every_serve(&kernel.os, SERVE, &kernel.handler, &seen, &gone));
    kernel.handler.thing_gone = on_gone;
    assert_true(every_serve(&kernel.os, SERVE, &kernel.handler, &seen, &gone));
    assert_true(seen.gone == 1000);
}

static void test_not_ours(void **state) {
    (void)state;
    const struct message other = {.kind = MESSAGE_REQUEST, .grant = SERVE + 1};
    const struct message answer = {.kind = MESSAGE_ANSWER, .grant = SERVE};
    const struct message notice = {.kind = MESSAGE_NOTICE, .operation = NOTICE_STOP, .grant = SERVE};
    assert_false(every_serve(&kernel.os, SERVE, &kernel.handler, &seen, &other));
    assert_false(every_serve(&kernel.os, SERVE, &kernel.handler, &seen, &answer));
    assert_false(every_serve(&kernel.os, SERVE, &kernel.handler, &seen, &notice));
    assert_int_equal(kernel.answer_count, 0);
}

static void test_later(void **state) {
    (void)state;
    struct every_maybe_count count = {true, 3};
    struct every_maybe_count result;
    kernel.handler.maybe = on_maybe;
    assert_true(every_maybe_send(&kernel.os, CLIENT, MESSAGE_AWAIT_HANDLER, &count) == 5);
    assert_int_equal(kernel.request.flags, MESSAGE_AWAIT_HANDLER);
    deliver(&kernel.request, 44);
    assert_int_equal(kernel.answer_count, 0);
    assert_true(seen.later == 44);
    count.value = 8;
    assert_int_equal(every_maybe_answer_later(&kernel.os, 44, &count), 0);
    assert_true(kernel.answered == 44);
    assert_int_equal(every_maybe_receive(&kernel.answer, &result), 0);
    assert_true(result.is_some && result.value == 8);
    assert_int_equal(binding_answer_error(&kernel.os, 44, -ARGOS_ENDED), 0);
    assert_int_equal(every_maybe_receive(&kernel.answer, &result), -ARGOS_ENDED);
}

/* Nobody wants the answer: the function runs, and nothing is sent. */
static void test_no_answer(void **state) {
    (void)state;
    struct message message = {.grant = CLIENT, .operation = EVERY_OPERATION_NOTHING};
    kernel.handler.nothing = on_nothing;
    deliver(&message, 0);
    assert_ptr_not_equal(seen.call.answer, NULL);
    assert_int_equal(kernel.answer_count, 0);
}

/* Handlers are not believed either, and no block is read that may change meanwhile. */
static void test_hostile_answer(void **state) {
    (void)state;
    uint8_t block[4] = "abcd";
    struct wire_bytes result;
    struct message answer = {.block = block, .block_size = 4, .block_mode = BLOCK_LEND, .words = {0, 4}};
    assert_int_equal(every_bytes_receive(&answer, &result), 0);
    answer.words[1] = 5;
    assert_int_equal(every_bytes_receive(&answer, &result), -ARGOS_MALFORMED);
    answer.words[1] = 4;
    answer.block_mode = BLOCK_SHARE;
    assert_int_equal(every_bytes_receive(&answer, &result), -ARGOS_MALFORMED);
    answer.block_mode = BLOCK_LEND;
    answer.grant_count = 3;
    assert_int_equal(every_bytes_receive(&answer, &result), -ARGOS_MALFORMED);
    answer.grant_count = 1000;
    assert_int_equal(every_bytes_receive(&answer, &result), -ARGOS_MALFORMED);
}

static void test_find(void **state) {
    (void)state;
    struct grant grants[] = {{.interface = {1}, .handle = 10, .flags = GRANT_USE | GRANT_SERVE},
                             {.interface = EVERY_HASH, .handle = 11, .flags = GRANT_SERVE},
                             {.interface = EVERY_HASH, .handle = 12, .flags = GRANT_USE}};
    assert_int_equal(every_grant(&kernel.os), 0);
    kernel.os.grants = grants;
    kernel.os.grant_count = 3;
    assert_int_equal(every_grant(&kernel.os), 12);
    assert_int_equal(every_grant_to_serve(&kernel.os), 11);
    kernel.os.grant_count = 2;
    assert_int_equal(every_grant(&kernel.os), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_blocks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answer_without_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_direct, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_resources, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_find, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
