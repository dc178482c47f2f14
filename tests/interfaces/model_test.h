/* How values stand in messages, a second time: a plain reading of the Component Model's CanonicalABI.md over the tool's tree of types, which makes
   random values. It shares nothing with the generated code, nor with the tool's own layout. */
#ifndef TESTS_INTERFACES_MODEL_TEST_H
#define TESTS_INTERFACES_MODEL_TEST_H

#include "base/assert.h"
#include "interfaces/wire.h"
#include "tests/support/support.h"
#include "tools/wit/model.h"

#include <string.h>

#define MODEL_BLOCK_SIZE (1u << 20)

struct model {
    uint64_t random;
    uint32_t list_count_max;
    uint8_t *block; /* MODEL_BLOCK_SIZE bytes */
    uint32_t size;
    struct wire_content content;
};

static inline uint32_t model_choose(struct model *model, uint32_t count) {
    return (uint32_t)(support_random(&model->random) % count);
}

/* ---- Shapes ---- */

static inline const struct wit_type *model_type(const struct wit_type *type) {
    while (type->kind == WIT_NAMED || type->kind == WIT_USED || type->kind == WIT_ALIAS) {
        type = type->kind == WIT_ALIAS ? type->members[0].type : type->target;
    }
    return type;
}

static inline bool model_has_cases(const struct wit_type *type) {
    return type->kind == WIT_VARIANT || type->kind == WIT_OPTION || type->kind == WIT_RESULT || type->kind == WIT_ENUM;
}

static inline uint32_t model_number_size(uint32_t bits_or_cases, bool is_flags) {
    if (is_flags) {
        return bits_or_cases <= 8 ? 1 : bits_or_cases <= 16 ? 2 : 4;
    }
    return bits_or_cases <= 256 ? 1 : bits_or_cases <= 65536 ? 2 : 4;
}

static inline uint32_t model_scalar_size(enum wit_kind kind) {
    switch (kind) {
    case WIT_BOOL:
    case WIT_S8:
    case WIT_U8: return 1;
    case WIT_S16:
    case WIT_U16: return 2;
    case WIT_S64:
    case WIT_U64:
    case WIT_F64: return 8;
    default: return 4; /* s32, u32, f32, char, own, borrow */
    }
}

static inline uint32_t model_alignment(const struct wit_type *type) {
    type = model_type(type);
    uint32_t alignment = 1;
    if (type->kind == WIT_STRING || type->kind == WIT_LIST) {
        return 4;
    }
    if (type->kind == WIT_FLAGS) {
        return model_number_size(type->member_count, true);
    }
    if (model_has_cases(type)) {
        alignment = model_number_size(type->member_count, false);
    } else if (type->kind != WIT_RECORD && type->kind != WIT_TUPLE) {
        return model_scalar_size(type->kind);
    }
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (type->members[i].type != NULL && model_alignment(type->members[i].type) > alignment) {
            alignment = model_alignment(type->members[i].type);
        }
    }
    return alignment;
}

static inline uint32_t model_align(uint32_t at, uint32_t alignment) {
    return (at + alignment - 1) & ~(alignment - 1);
}

/* Where the payload of a variant starts: behind its number, at the largest alignment of all payloads. */
static inline uint32_t model_payload_at(const struct wit_type *type) {
    uint32_t alignment = 1;
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (type->members[i].type != NULL && model_alignment(type->members[i].type) > alignment) {
            alignment = model_alignment(type->members[i].type);
        }
    }
    return model_align(model_number_size(type->member_count, false), alignment);
}

static inline uint32_t model_size(const struct wit_type *type) {
    type = model_type(type);
    if (type->kind == WIT_STRING || type->kind == WIT_LIST) {
        return 8;
    }
    if (type->kind == WIT_FLAGS) {
        return model_number_size(type->member_count, true);
    }
    uint32_t size = 0;
    if (model_has_cases(type)) {
        for (uint32_t i = 0; i < type->member_count; i++) {
            if (type->members[i].type != NULL && model_size(type->members[i].type) > size) {
                size = model_size(type->members[i].type);
            }
        }
        return model_align(model_payload_at(type) + size, model_alignment(type));
    }
    if (type->kind != WIT_RECORD && type->kind != WIT_TUPLE) {
        return model_scalar_size(type->kind);
    }
    for (uint32_t i = 0; i < type->member_count; i++) {
        size = model_align(size, model_alignment(type->members[i].type)) + model_size(type->members[i].type);
    }
    return model_align(size, model_alignment(type));
}

/* The length of flatten(type). */
static inline uint32_t model_flat_count(const struct wit_type *type) {
    type = model_type(type);
    uint32_t count = 0;
    if (type->kind == WIT_STRING || type->kind == WIT_LIST) {
        return 2;
    }
    if (model_has_cases(type)) {
        for (uint32_t i = 0; i < type->member_count; i++) {
            if (type->members[i].type != NULL && model_flat_count(type->members[i].type) > count) {
                count = model_flat_count(type->members[i].type);
            }
        }
        return count + 1;
    }
    if (type->kind != WIT_RECORD && type->kind != WIT_TUPLE) {
        return 1;
    }
    for (uint32_t i = 0; i < type->member_count; i++) {
        count += model_flat_count(type->members[i].type);
    }
    return count;
}

/* ---- Values ---- */

static inline uint32_t model_allocate(struct model *model, uint32_t size, uint32_t alignment) {
    if (size == 0) {
        return 0;
    }
    const uint32_t at = model_align(model->size, alignment);
    ASSERT(at + size <= MODEL_BLOCK_SIZE);
    memset(model->block + model->size, 0, at + size - model->size);
    model->size = at + size;
    return at;
}

/* A number of so many bytes: small ones, and those at the ends, more often than others. */
static inline uint64_t model_bits(struct model *model, uint32_t size) {
    const uint64_t any = support_random(&model->random);
    const uint64_t mask = size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * size) - 1;
    switch (model_choose(model, 6)) {
    case 0: return any % 4;
    case 1: return mask - any % 4;
    case 2: return ((mask >> 1) + any % 4) & mask;
    default: return any & mask;
    }
}

static inline uint32_t model_character(struct model *model) {
    static const uint32_t edges[] = {0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF};
    return model_choose(model, 2) == 0 ? 'a' + model_choose(model, 26) : edges[model_choose(model, sizeof edges / sizeof *edges)];
}

static inline uint32_t model_put_utf8(uint8_t *out, uint32_t character) {
    if (character < 0x80) {
        out[0] = (uint8_t)character;
        return 1;
    }
    const uint32_t more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const uint8_t marks[] = {0, 0xC0, 0xE0, 0xF0};
    for (uint32_t i = more; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    out[0] = (uint8_t)(marks[more] | character);
    return more + 1;
}

static inline void model_store(struct model *model, const struct wit_type *type, uint32_t at);

/* The pair of a string or list. */
static inline void model_pair(struct model *model, const struct wit_type *type, uint32_t pair[2]) {
    const uint32_t count = model_choose(model, 3) == 0 ? 0 : model_choose(model, model->list_count_max + 1);
    if (type->kind == WIT_STRING) {
        uint8_t text[256];
        uint32_t size = 0;
        for (uint32_t i = 0; i < count && size < 200; i++) {
            size += model_put_utf8(text + size, model_character(model));
        }
        pair[0] = model_allocate(model, size, 1);
        pair[1] = size;
        memcpy(model->block + pair[0], text, size);
        return;
    }
    const struct wit_type *element = type->members[0].type;
    const uint32_t size = model_size(element);
    pair[0] = model_allocate(model, count * size, model_alignment(element));
    pair[1] = count;
    for (uint32_t i = 0; i < count; i++) {
        model_store(model, element, pair[0] + i * size);
    }
}

/* All that is one number: its bits, in so many bytes. */
static inline uint64_t model_number(struct model *model, const struct wit_type *type) {
    switch (type->kind) {
    case WIT_BOOL: return model_choose(model, 2);
    case WIT_CHAR: return model_character(model);
    case WIT_FLAGS: return support_random(&model->random) & (((uint64_t)1 << type->member_count) - 1);
    case WIT_OWN:
    case WIT_BORROW: {
        struct wire_content *content = &model->content;
        content->grants[content->grant_count] = wire_grant_of(1 + model_choose(model, 1000), WIRE_GRANT_MOVE, support_random(&model->random));
        return content->grant_count++;
    }
    default: return model_bits(model, model_scalar_size(type->kind));
    }
}

static inline void model_put_number(struct model *model, uint32_t at, uint64_t number, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        model->block[at + i] = (uint8_t)(number >> 8 * i);
    }
}

static inline void model_store(struct model *model, const struct wit_type *type, uint32_t at) {
    type = model_type(type);
    if (type->kind == WIT_STRING || type->kind == WIT_LIST) {
        uint32_t pair[2];
        model_pair(model, type, pair);
        model_put_number(model, at, pair[0], 4);
        model_put_number(model, at + 4, pair[1], 4);
    } else if (model_has_cases(type)) {
        const uint32_t chosen = model_choose(model, type->member_count);
        /* An option has one member here, and two cases. */
        const uint32_t number = type->kind == WIT_OPTION ? model_choose(model, 2) : chosen;
        const struct wit_type *payload = type->kind == WIT_OPTION && number == 0 ? NULL : type->members[chosen].type;
        model_put_number(model, at, number, model_number_size(type->member_count, false));
        if (payload != NULL) {
            model_store(model, payload, at + model_payload_at(type));
        }
    } else if (type->kind == WIT_RECORD || type->kind == WIT_TUPLE) {
        for (uint32_t i = 0; i < type->member_count; i++) {
            at = model_align(at, model_alignment(type->members[i].type));
            model_store(model, type->members[i].type, at);
            at += model_size(type->members[i].type);
        }
    } else {
        model_put_number(model, at, model_number(model, type), model_size(type));
    }
}

/* Core values, i32 and f32 zero-extended; small signed numbers are sign-extended to an i32 first. */
static inline void model_lower(struct model *model, const struct wit_type *type, uint64_t *words) {
    type = model_type(type);
    if (type->kind == WIT_STRING || type->kind == WIT_LIST) {
        uint32_t pair[2];
        model_pair(model, type, pair);
        words[0] = pair[0];
        words[1] = pair[1];
    } else if (model_has_cases(type)) {
        const uint32_t chosen = model_choose(model, type->member_count);
        const uint32_t number = type->kind == WIT_OPTION ? model_choose(model, 2) : chosen;
        const struct wit_type *payload = type->kind == WIT_OPTION && number == 0 ? NULL : type->members[chosen].type;
        words[0] = number;
        if (payload != NULL) {
            model_lower(model, payload, words + 1);
        }
    } else if (type->kind == WIT_RECORD || type->kind == WIT_TUPLE) {
        for (uint32_t i = 0; i < type->member_count; i++) {
            model_lower(model, type->members[i].type, words);
            words += model_flat_count(type->members[i].type);
        }
    } else {
        words[0] = model_number(model, type);
        if (type->kind == WIT_S8) {
            words[0] = (uint32_t)(int8_t)words[0];
        } else if (type->kind == WIT_S16) {
            words[0] = (uint32_t)(int16_t)words[0];
        }
    }
}

/* A random message for arguments or a result. */
static inline void model_make(struct model *model, const struct wit_type *type) {
    model->size = 0;
    memset(&model->content, 0, sizeof model->content);
    if (model_flat_count(type) <= WIRE_WORDS) {
        model_lower(model, type, model->content.words);
    } else {
        const uint32_t at = model_allocate(model, model_size(type), model_alignment(type));
        model_store(model, type, at);
    }
    model->content.block = model->size == 0 ? NULL : model->block;
    model->content.block_size = model->size;
}

#endif
