/* What messages look like, written out by hand, and each lie that a message can tell, once. */
#include "interfaces/every.h"
#include "interfaces/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static uint8_t space[4096];

/* Garbage where a block is put together. */
static struct wire_memory memory(void) {
    memset(space, 0xA5, sizeof space);
    return wire_memory_of(space, sizeof space);
}

/* ---- As it is written ---- */

/* A string alone is the block, where it stands. */
static void test_direct(void **state) {
    (void)state;
    const char text[] = "hello";
    const struct log_write_arguments arguments = {LOG_LEVEL_WARNING, wire_text_of(text)};
    struct wire_content content;
    assert_int_equal(log_write_arguments_encode(&arguments, wire_memory_of(NULL, 0), &content), 0);
    assert_int_equal(content.words[0], 2);
    assert_int_equal(content.words[1], 0);
    assert_int_equal(content.words[2], 5);
    assert_int_equal(content.words[3], 0);
    assert_ptr_equal(content.block, text);
    assert_int_equal(content.block_size, 5);

    struct log_write_arguments back;
    assert_true(log_write_arguments_decode(&content, &back));
    assert_int_equal(back.level, LOG_LEVEL_WARNING);
    assert_ptr_equal(back.text.data, text);
    assert_int_equal(back.text.size, 5);
}

static void test_words(void **state) {
    (void)state;
    const struct every_words_arguments arguments = {-2, 65535, -0.5f, 2.0};
    struct wire_content content;
    assert_int_equal(every_words_arguments_encode(&arguments, wire_memory_of(NULL, 0), &content), 0);
    assert_true(content.words[0] == 0xFFFFFFFE);
    assert_true(content.words[1] == 0xFFFF);
    assert_true(content.words[2] == 0xBF000000);
    assert_true(content.words[3] == 0x4000000000000000);
    assert_int_equal(content.block_size, 0);
    assert_null(content.block);
}

static void test_block(void **state) {
    (void)state;
    struct wire_text names[] = {wire_text_of("x"), wire_text_of(""), wire_text_of("yz")};
    const struct every_take_texts_arguments arguments = {
        {wire_text_of("ab"), 7, wire_text_of("c"), wire_text_list_of(names, 3), 0x1234},
    };
    struct wire_content content;
    assert_int_equal(every_take_texts_arguments_encode(&arguments, memory(), &content), 0);
    static const uint8_t expected[] = {
        32,   0,    0,   0, 2, 0, 0, 0,                                                  /* first */
        7,    0,    0,   0,                                                              /* small */
        34,   0,    0,   0, 1, 0, 0, 0,                                                  /* second */
        36,   0,    0,   0, 3, 0, 0, 0,                                                  /* names */
        0x34, 0x12, 0,   0,                                                              /* class */
        'a',  'b',  'c', 0,                                                              /* what is in the first two */
        60,   0,    0,   0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 61, 0, 0, 0, 2, 0, 0, 0, /* the list */
        'x',  'y',  'z',                                                                 /* what is in its texts */
    };
    assert_int_equal(content.block_size, sizeof expected);
    assert_memory_equal(content.block, expected, sizeof expected);

    struct every_take_texts_arguments back;
    struct wire_text name;
    assert_true(every_take_texts_arguments_decode(&content, &back));
    assert_int_equal(back.value.class_, 0x1234);
    assert_int_equal(back.value.names.count, 3);
    assert_true(wire_text_list_get(&back.value.names, 2, &name));
    assert_int_equal(name.size, 2);
    assert_memory_equal(name.data, "yz", 2);
    assert_false(wire_text_list_get(&back.value.names, 3, &name));
    assert_true(wire_text_list_get(&arguments.value.names, 0, &name));
    assert_ptr_equal(name.data, names[0].data);
}

static void test_variant(void **state) {
    (void)state;
    struct every_take_small_arguments arguments;
    struct wire_content content;
    arguments.value.kind = EVERY_SMALL_BIG;
    arguments.value.big = -1;
    assert_int_equal(every_take_small_arguments_encode(&arguments, memory(), &content), 0);
    assert_int_equal(content.words[0], 3);
    assert_true(content.words[1] == UINT64_MAX);
    arguments.value.kind = EVERY_SMALL_NONE;
    assert_int_equal(every_take_small_arguments_encode(&arguments, memory(), &content), 0);
    assert_true(content.words[1] == 0);

    /* The number of the case, and the payload at the alignment that the largest of all needs. */
    struct every_take_shape_arguments shape;
    static const uint8_t expected[64] = {2, 0, 0, 0, 0, 0, 0, 0, 9};
    shape.value.kind = EVERY_SHAPE_SQUARE;
    shape.value.square = 9;
    assert_int_equal(every_take_shape_arguments_encode(&shape, memory(), &content), 0);
    assert_int_equal(content.block_size, sizeof expected);
    assert_memory_equal(content.block, expected, sizeof expected);
}

static void test_grants(void **state) {
    (void)state;
    const struct every_thing_touch_arguments arguments = {wire_grant_copied(70), wire_grant_moved(80)};
    struct every_thing_touch_arguments back;
    struct wire_content content;
    assert_int_equal(every_thing_touch_arguments_encode(&arguments, wire_memory_of(NULL, 0), &content), 0);
    assert_int_equal(content.words[0], 0);
    assert_int_equal(content.words[1], 1);
    assert_int_equal(content.grant_count, 2);
    assert_int_equal(content.grants[0].handle, 70);
    assert_int_equal(content.grants[0].mode, WIRE_GRANT_COPY);
    assert_int_equal(content.grants[1].mode, WIRE_GRANT_MOVE);
    assert_true(every_thing_touch_arguments_decode(&content, &back));
    assert_int_equal(back.right.handle, 80);

    const struct wire_grant made = every_thing_make(5, 0x123);
    assert_int_equal(made.handle, 5);
    assert_int_equal(made.mode, WIRE_GRANT_MAKE);
    assert_true(made.badge == 0x0100000000000123);
}

/* ---- What a sender cannot send ---- */

static void test_no_value(void **state) {
    (void)state;
    struct wire_content content;
    struct log_write_arguments arguments = {(enum log_level)4, {NULL, 0}};
    assert_int_equal(log_write_arguments_encode(&arguments, memory(), &content), -WIRE_ARGUMENT);
    struct every_take_small_arguments small;
    small.value.kind = EVERY_SMALL_LETTER;
    small.value.letter = 0xD800;
    assert_int_equal(every_take_small_arguments_encode(&small, memory(), &content), -WIRE_ARGUMENT);
    small.value.kind = (enum every_small_kind)17;
    assert_int_equal(every_take_small_arguments_encode(&small, memory(), &content), -WIRE_ARGUMENT);
    const struct every_flags_of_arguments flags = {8, 0, 0};
    assert_int_equal(every_flags_of_arguments_encode(&flags, memory(), &content), -WIRE_ARGUMENT);
    /* A list that claims more than a block can have. */
    static uint64_t number;
    const struct every_numbers_arguments numbers = {wire_u64_list_of(&number, UINT32_MAX)};
    assert_int_equal(every_numbers_arguments_encode(&numbers, memory(), &content), -WIRE_ARGUMENT);
}

static void test_room(void **state) {
    (void)state;
    const struct every_five_arguments arguments = {true, false, true, false, 5};
    struct wire_content content;
    for (uint32_t size = 0; size < 5; size++) {
        uint8_t *exact = malloc(size);
        assert_int_equal(every_five_arguments_encode(&arguments, wire_memory_of(exact, size), &content), -WIRE_TOO_LARGE);
        assert_int_equal(content.block_size, 5);
        free(exact);
    }
    assert_int_equal(every_five_arguments_encode(&arguments, wire_memory_of(space, 5), &content), 0);
    assert_memory_equal(content.block, "\1\0\1\0\5", 5);
}

/* ---- What a receiver does not believe ---- */

/* Decodes one string out of words and a block. */
static bool text_is_right(uint64_t offset, uint64_t size, const char *bytes, uint32_t block_size) {
    struct every_thing_open_arguments out;
    uint8_t *block = malloc(block_size);
    struct wire_content content = {.words = {offset, size}, .block = block, .block_size = block_size};
    if (block_size != 0) {
        memcpy(block, bytes, block_size);
    }
    const bool is_right = every_thing_open_arguments_decode(&content, &out);
    free(block);
    return is_right;
}

static void test_pointers(void **state) {
    (void)state;
    assert_true(text_is_right(0, 3, "abc", 3));
    assert_true(text_is_right(1, 2, "abc", 3));
    assert_true(text_is_right(99, 0, "", 0)); /* an empty text has no place */
    assert_false(text_is_right(0, 4, "abc", 3));
    assert_false(text_is_right(1, 3, "abc", 3));
    assert_false(text_is_right(4, 1, "abc", 3));
    assert_false(text_is_right(UINT32_MAX, 2, "abc", 3));
    assert_false(text_is_right(2, UINT32_MAX, "abc", 3));
    assert_false(text_is_right((uint64_t)1 << 32, 1, "abc", 3));
    assert_false(text_is_right(0, (uint64_t)1 << 32 | 1, "abc", 3));
}

static void test_utf8(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_right;
    } cases[] = {
        {"plain, longer than eight", true},
        {"\x7F", true},
        {"\xC2\x80", true},
        {"\xDF\xBF", true},
        {"\xE0\xA0\x80", true},
        {"\xED\x9F\xBF", true},
        {"\xEE\x80\x80", true},
        {"\xF0\x90\x80\x80", true},
        {"\xF4\x8F\xBF\xBF", true},
        {"\x80", false},
        {"\xC1\xBF", false},
        {"\xC2", false},
        {"\xC2\x41", false},
        {"\xE0\x9F\xBF", false},
        {"\xED\xA0\x80", false},
        {"\xE1\x80", false},
        {"\xE1\x80\x41", false},
        {"\xF0\x8F\xBF\xBF", false},
        {"\xF4\x90\x80\x80", false},
        {"\xF5\x80\x80\x80", false},
        {"\xF1\x80\x80", false},
        {"\xFF", false},
        {"seven  \xFF", false},
        {"eight   \xE1\x80", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint32_t size = (uint32_t)strlen(cases[i].text);
        assert_int_equal(text_is_right(0, size, cases[i].text, size), cases[i].is_right);
    }
}

static bool words_are_right(bool (*decode)(const struct wire_content *content), uint64_t first, uint64_t second) {
    const struct wire_content content = {.words = {first, second}};
    return decode(&content);
}

static bool decode_words(const struct wire_content *content) {
    struct every_words_arguments out;
    return every_words_arguments_decode(content, &out);
}

static bool decode_small(const struct wire_content *content) {
    struct every_take_small_arguments out;
    return every_take_small_arguments_decode(content, &out);
}

static bool decode_flags(const struct wire_content *content) {
    struct every_flags_of_arguments out;
    return every_flags_of_arguments_decode(content, &out);
}

static void test_scalars(void **state) {
    (void)state;
    assert_true(words_are_right(decode_words, 0xFFFFFF80, 0xFFFF)); /* s8, u16 */
    assert_false(words_are_right(decode_words, 0x80, 0));
    assert_false(words_are_right(decode_words, 0xFFFFFF7F, 0));
    assert_false(words_are_right(decode_words, UINT64_MAX, 0));
    assert_false(words_are_right(decode_words, 0, 0x10000));
    assert_true(words_are_right(decode_small, 1, 0x7FC00000)); /* f32 */
    assert_false(words_are_right(decode_small, 1, (uint64_t)1 << 32));
    assert_true(words_are_right(decode_small, 2, 0x10FFFF)); /* char */
    assert_false(words_are_right(decode_small, 2, 0x110000));
    assert_false(words_are_right(decode_small, 2, 0xDFFF));
    assert_true(words_are_right(decode_small, 3, UINT64_MAX)); /* s64 */
    assert_false(words_are_right(decode_small, 4, 0));         /* there is no such case */
    assert_false(words_are_right(decode_small, (uint64_t)1 << 32, 0));
    assert_true(words_are_right(decode_flags, 7, 0x1FF));
    assert_false(words_are_right(decode_flags, 8, 0));
    assert_false(words_are_right(decode_flags, 0, 0x200));
}

static void test_bool(void **state) {
    (void)state;
    struct every_five_arguments out;
    uint8_t block[5] = {0, 1, 0, 1, 255};
    struct wire_content content = {.block = block, .block_size = sizeof block};
    assert_true(every_five_arguments_decode(&content, &out));
    block[2] = 2;
    assert_false(every_five_arguments_decode(&content, &out));
    block[2] = 1;
    content.block_size = 4;
    assert_false(every_five_arguments_decode(&content, &out));
}

static bool grants_are_right(uint64_t first, uint64_t second, uint32_t count) {
    struct every_thing_touch_arguments out;
    const struct wire_content content = {.words = {first, second}, .grant_count = count};
    return every_thing_touch_arguments_decode(&content, &out);
}

static void test_grants_lie(void **state) {
    (void)state;
    assert_true(grants_are_right(0, 1, 2));
    assert_true(grants_are_right(1, 0, 2));
    assert_false(grants_are_right(0, 0, 2)); /* one twice, one not at all */
    assert_false(grants_are_right(0, 2, 2));
    assert_false(grants_are_right(0, 1, 1));
    assert_false(grants_are_right(0, 1, 3)); /* one that nobody speaks of */
    assert_false(grants_are_right(0, (uint64_t)1 << 32, 2));
    assert_false(grants_are_right(0, 5, 9));
    assert_false(grants_are_right(0, 1, 34)); /* as many as would wrap a shift */
}

/* Content lies in order: two lists cannot share bytes, and none can lie in what holds it. */
static void test_overlap(void **state) {
    (void)state;
    struct every_signed_arguments out;
    uint8_t block[8] = {0};
    struct wire_content content = {.words = {0, 4, 4, 2}, .block = block, .block_size = sizeof block};
    assert_true(every_signed_arguments_decode(&content, &out));
    content.words[2] = 2;
    assert_false(every_signed_arguments_decode(&content, &out));
    content.words[2] = 5; /* not aligned */
    content.words[3] = 1;
    assert_false(every_signed_arguments_decode(&content, &out));
    content.words[2] = 6; /* a gap is allowed */
    assert_true(every_signed_arguments_decode(&content, &out));
}

/* A small block that would be a very large value, if lists could share content: looking at it takes no longer than the block is long. */
static void test_bomb(void **state) {
    (void)state;
    enum { SIZE = 1 << 16 };
    uint8_t *block = malloc(SIZE);
    struct every_take_deep_arguments out;
    struct wire_content content = {.block = block, .block_size = SIZE};
    assert_non_null(block);
    for (uint32_t at = 0; at < SIZE; at += 8) {
        const uint32_t pair[2] = {136, (SIZE - 136) / 8};
        memcpy(block + at, pair, sizeof pair);
    }
    assert_false(every_take_deep_arguments_decode(&content, &out));
    free(block);
}

/* A view of a block that changed after it was decoded stays inside of it. */
static void test_changed(void **state) {
    (void)state;
    struct every_take_texts_arguments out;
    struct wire_text names[] = {wire_text_of("abc")};
    const struct every_take_texts_arguments arguments = {{wire_text_of(""), 7, wire_text_of(""), wire_text_list_of(names, 1), 1}};
    struct wire_content content;
    struct wire_text name;
    assert_int_equal(every_take_texts_arguments_encode(&arguments, memory(), &content), 0);
    assert_true(every_take_texts_arguments_decode(&content, &out));
    assert_true(wire_text_list_get(&out.value.names, 0, &name));
    const uint32_t far = 0x7FFFFFF0;
    memcpy(space + 32, &far, sizeof far);
    assert_false(wire_text_list_get(&out.value.names, 0, &name));
    out.value.names.view.offset = UINT32_MAX;
    assert_false(wire_text_list_get(&out.value.names, 0, &name));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct),  cmocka_unit_test(test_words),    cmocka_unit_test(test_block),   cmocka_unit_test(test_variant),
        cmocka_unit_test(test_grants),  cmocka_unit_test(test_no_value), cmocka_unit_test(test_room),    cmocka_unit_test(test_pointers),
        cmocka_unit_test(test_utf8),    cmocka_unit_test(test_scalars),  cmocka_unit_test(test_bool),    cmocka_unit_test(test_grants_lie),
        cmocka_unit_test(test_overlap), cmocka_unit_test(test_bomb),     cmocka_unit_test(test_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
