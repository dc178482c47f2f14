/* Random values of every type in C, what they are as messages, and one number that all of it comes to: the same natively and as a program for wasm32,
   or the two do not understand each other. Needs no library. */
#ifndef TESTS_INTERFACES_DIGEST_H
#define TESTS_INTERFACES_DIGEST_H

#include "programs/api/every.h"

struct digest {
    uint64_t random;
    uint64_t sum;
    uint32_t failures; /* encodings that did not work, or did not come back */
    uint8_t memory[1 << 15];
    uint8_t second_memory[1 << 15];
};

static inline uint64_t digest_random(struct digest *digest) {
    digest->random ^= digest->random << 13;
    digest->random ^= digest->random >> 7;
    digest->random ^= digest->random << 17;
    return digest->random;
}

static inline uint32_t digest_choose(struct digest *digest, uint32_t count) {
    return (uint32_t)(digest_random(digest) >> 32) % count;
}

/* FNV-1a. */
static inline void digest_add(struct digest *digest, const void *data, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        digest->sum = (digest->sum ^ ((const uint8_t *)data)[i]) * 0x100000001B3u;
    }
}

static inline void digest_content(struct digest *digest, const struct wire_content *content) {
    digest_add(digest, content->words, sizeof content->words);
    digest_add(digest, &content->block_size, sizeof content->block_size);
    digest_add(digest, content->block, content->block_size);
    for (uint32_t i = 0; i < content->grant_count; i++) {
        digest_add(digest, &content->grants[i].handle, sizeof content->grants[i].handle);
    }
}

/* Encodes a value, decodes that, and encodes it again. */
#define DIGEST_ROUND(name, type)                                                                                                                     \
    static inline void digest_##name(struct digest *digest, const type *value) {                                                                     \
        struct wire_content first, second;                                                                                                           \
        type back;                                                                                                                                   \
        const uint64_t before = digest->sum;                                                                                                         \
        digest->failures += name##_encode(value, wire_memory_of(digest->memory, sizeof digest->memory), &first) != 0;                                \
        digest_content(digest, &first);                                                                                                              \
        const uint64_t after = digest->sum;                                                                                                          \
        digest->failures += !name##_decode(&first, &back);                                                                                           \
        digest->failures += name##_encode(&back, wire_memory_of(digest->second_memory, sizeof digest->second_memory), &second) != 0;                 \
        digest->sum = before;                                                                                                                        \
        digest_content(digest, &second);                                                                                                             \
        digest->failures += digest->sum != after;                                                                                                    \
    }

DIGEST_ROUND(every_words_arguments, struct every_words_arguments)
DIGEST_ROUND(every_more_words_arguments, struct every_more_words_arguments)
DIGEST_ROUND(every_five_arguments, struct every_five_arguments)
DIGEST_ROUND(every_take_scalars_result, struct every_scalars)
DIGEST_ROUND(every_take_texts_result, struct every_texts_or_nothing)
DIGEST_ROUND(every_take_deep_arguments, struct every_take_deep_arguments)
DIGEST_ROUND(every_take_small_result, struct every_small)
DIGEST_ROUND(every_numbers_arguments, struct every_numbers_arguments)
DIGEST_ROUND(every_signed_arguments, struct every_signed_arguments)
DIGEST_ROUND(every_text_or_arguments, struct every_text_or_arguments)
DIGEST_ROUND(every_give_arguments, struct every_give_arguments)

/* ---- Values ---- */

#define DIGEST_ITEMS 5

static inline struct wire_text digest_text(struct digest *digest) {
    static const char *const texts[] = {"", "a", "hello", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x8D\x93", "a longer text than the others are"};
    return wire_text_of(texts[digest_choose(digest, 5)]);
}

static inline struct every_scalars digest_scalars(struct digest *digest) {
    const struct every_scalars result = {
        (digest_random(digest) & 1) != 0,     (int8_t)digest_random(digest),          (uint8_t)digest_random(digest),
        (int16_t)digest_random(digest),       (uint16_t)digest_random(digest),        (int32_t)digest_random(digest),
        (uint32_t)digest_random(digest),      (int64_t)digest_random(digest),         digest_random(digest),
        (float)digest_choose(digest, 99) / 3, -(double)digest_choose(digest, 99) / 7, digest_choose(digest, 0xD800),
    };
    return result;
}

static inline struct every_texts digest_texts(struct digest *digest, struct wire_text names[DIGEST_ITEMS]) {
    const uint32_t count = digest_choose(digest, DIGEST_ITEMS + 1);
    for (uint32_t i = 0; i < DIGEST_ITEMS; i++) {
        names[i] = digest_text(digest);
    }
    const struct every_texts result = {digest_text(digest), (uint8_t)digest_random(digest), digest_text(digest), wire_text_list_of(names, count),
                                       (uint16_t)digest_random(digest)};
    return result;
}

static inline struct every_small digest_small(struct digest *digest) {
    struct every_small result = {.kind = EVERY_SMALL_NONE};
    result.kind = (enum every_small_kind)digest_choose(digest, 4);
    switch (result.kind) {
    case EVERY_SMALL_NUMBER: result.number = -0.75f; break;
    case EVERY_SMALL_LETTER: result.letter = 0x10FFFF; break;
    case EVERY_SMALL_BIG: result.big = (int64_t)digest_random(digest); break;
    default: break;
    }
    return result;
}

static inline struct every_shape digest_shape(struct digest *digest) {
    struct every_shape result = {.kind = EVERY_SHAPE_NONE};
    result.kind = (enum every_shape_kind)digest_choose(digest, 6);
    switch (result.kind) {
    case EVERY_SHAPE_CIRCLE: result.circle = 1.25; break;
    case EVERY_SHAPE_SQUARE: result.square = (uint8_t)digest_random(digest); break;
    case EVERY_SHAPE_LABEL: result.label = digest_text(digest); break;
    case EVERY_SHAPE_KIND: result.kind_ = digest_scalars(digest); break;
    case EVERY_SHAPE_PAIR:
        result.pair.item_0 = (uint8_t)digest_random(digest);
        result.pair.item_1 = digest_random(digest);
        break;
    default: break;
    }
    return result;
}

static inline struct every_deepest digest_deepest(struct digest *digest) {
    struct every_deepest result;
    result.few = (uint8_t)(digest_random(digest) & 7);
    result.some = (uint16_t)(digest_random(digest) & 0x1FF);
    result.many = (uint32_t)digest_random(digest);
    result.small = digest_small(digest);
    result.bare.kind = EVERY_BARE_RIGHT;
    return result;
}

static inline void digest_simple(struct digest *digest) {
    const struct every_words_arguments words = {(int8_t)digest_random(digest), (uint16_t)digest_random(digest), 0.1f, -0.3};
    const struct every_more_words_arguments more = {(int16_t)digest_random(digest), (int32_t)digest_random(digest), (int64_t)digest_random(digest),
                                                    'x'};
    const struct every_five_arguments five = {true, false, true, true, (uint8_t)digest_random(digest)};
    const struct every_scalars scalars = digest_scalars(digest);
    const struct every_small small = digest_small(digest);
    digest_every_words_arguments(digest, &words);
    digest_every_more_words_arguments(digest, &more);
    digest_every_five_arguments(digest, &five);
    digest_every_take_scalars_result(digest, &scalars);
    digest_every_take_small_result(digest, &small);
}

static inline void digest_lists(struct digest *digest) {
    uint64_t numbers[DIGEST_ITEMS];
    int8_t small[DIGEST_ITEMS];
    int16_t medium[DIGEST_ITEMS];
    struct wire_text names[DIGEST_ITEMS];
    for (uint32_t i = 0; i < DIGEST_ITEMS; i++) {
        numbers[i] = digest_random(digest);
        small[i] = (int8_t)digest_random(digest);
        medium[i] = (int16_t)digest_random(digest);
    }
    const struct every_numbers_arguments many = {wire_u64_list_of(numbers, digest_choose(digest, DIGEST_ITEMS + 1))};
    const struct every_signed_arguments both = {wire_s8_list_of(small, digest_choose(digest, DIGEST_ITEMS + 1)),
                                                wire_s16_list_of(medium, digest_choose(digest, DIGEST_ITEMS + 1))};
    struct every_text_or_arguments either;
    struct every_texts_or_nothing texts;
    either.value.is_error = digest_choose(digest, 2) == 0;
    if (either.value.is_error) {
        either.value.error.data = (const uint8_t *)numbers;
        either.value.error.size = digest_choose(digest, sizeof numbers);
    } else {
        either.value.ok = digest_text(digest);
    }
    texts.is_error = digest_choose(digest, 4) == 0;
    texts.ok = digest_texts(digest, names);
    digest_every_numbers_arguments(digest, &many);
    digest_every_signed_arguments(digest, &both);
    digest_every_text_or_arguments(digest, &either);
    digest_every_take_texts_result(digest, &texts);
}

static inline void digest_grants(struct digest *digest) {
    struct every_give_arguments give;
    give.first = wire_grant_moved(digest_choose(digest, 1000));
    give.rest.is_some = digest_choose(digest, 2) == 0;
    give.rest.value.item_0 = wire_grant_copied(digest_choose(digest, 1000));
    give.rest.value.item_1 = wire_grant_copied(digest_choose(digest, 1000));
    give.rest.value.item_2 = 200;
    digest_every_give_arguments(digest, &give);
}

static inline void digest_deep(struct digest *digest) {
    struct every_take_deep_arguments deep;
    struct every_shape shapes[DIGEST_ITEMS];
    struct every_text_and_u32 pairs[2];
    uint16_t row[3] = {1, 2, 0xFFFF};
    struct wire_u16_list grid[2] = {wire_u16_list_of(row, 3), wire_u16_list_of(row, 1)};
    struct wire_text names[DIGEST_ITEMS], more_names[DIGEST_ITEMS];
    enum every_color colors[2] = {EVERY_COLOR_GREEN, EVERY_COLOR_ENUM};
    uint32_t letters[2] = {0xE000, 'z'};
    bool truths[3] = {true, false, true};
    struct wire_bytes blobs[2] = {{(const uint8_t *)row, sizeof row}, {NULL, 0}};
    struct every_deepest deepest[2];
    struct types_hash hashes[1] = {{1, 2, 3, digest_random(digest)}};
    uint8_t flagged[3] = {0, 5, 7};
    deep.value.optional.value.value = digest_texts(digest, names);
    for (uint32_t i = 0; i < DIGEST_ITEMS; i++) {
        shapes[i] = digest_shape(digest);
    }
    for (uint32_t i = 0; i < 2; i++) {
        pairs[i].item_0 = digest_text(digest);
        pairs[i].item_1 = (uint32_t)digest_random(digest);
        deepest[i] = digest_deepest(digest);
    }
    struct wire_text_list inner[1] = {digest_texts(digest, more_names).names};
    struct every_text_list_list outer[2] = {every_text_list_list_of(inner, 1), every_text_list_list_of(inner, 0)};
    deep.value.shapes = every_shape_list_of(shapes, digest_choose(digest, DIGEST_ITEMS + 1));
    deep.value.pairs = every_pairs_of(pairs, digest_choose(digest, 3));
    deep.value.grid = every_u16_list_list_of(grid, 2);
    deep.value.nested = every_text_list_list_list_of(outer, 2);
    deep.value.colors = every_color_list_of(colors, 2);
    deep.value.letters = wire_char_list_of(letters, 2);
    deep.value.truths = wire_bool_list_of(truths, 3);
    deep.value.blobs = wire_bytes_list_of(blobs, 2);
    deep.value.optional.is_some = digest_choose(digest, 3) != 0;
    deep.value.optional.value.is_some = digest_choose(digest, 3) != 0;
    deep.value.outcome.is_error = digest_choose(digest, 3) == 0;
    if (deep.value.outcome.is_error) {
        deep.value.outcome.error = digest_text(digest);
    } else {
        deep.value.outcome.ok = every_deepest_list_of(deepest, 2);
    }
    deep.value.hashes = every_hash_list_of(hashes, 1);
    deep.value.flagged = every_few_list_of(flagged, 3);
    deep.int_ = 77;
    digest_every_take_deep_arguments(digest, &deep);
}

/* 0 when something did not work. */
static inline uint64_t digest_of(uint32_t seed) {
    static struct digest digest;
    digest.random = seed * 0x9E3779B97F4A7C15u + 1;
    digest.sum = 0xCBF29CE484222325u;
    digest.failures = 0;
    for (uint32_t i = 0; i < 50; i++) {
        digest_simple(&digest);
        digest_lists(&digest);
        digest_grants(&digest);
        digest_deep(&digest);
    }
    return digest.failures == 0 ? digest.sum : 0;
}

#endif
