/* How values of each type stand in messages: wire.h says how messages are laid out.

   A type has four functions, NAME_load and NAME_store for its place in the block, NAME_lift and NAME_lower for its words. Those that read return
   false for what is no value of the type. Where a value is loaded the caller has made sure that its bytes are in the block;
   what a pointer there says is checked here. */
#ifndef INTERFACES_WIRE_VALUE_H
#define INTERFACES_WIRE_VALUE_H

#include "interfaces/wire.h"

/* ---- Scalars ---- */

#define WIRE_PLAIN(name, type)                                                                                                                       \
    static inline bool name##_load(struct wire_reader *reader, uint32_t at, type *out) {                                                             \
        __builtin_memcpy(out, reader->block + at, sizeof *out);                                                                                      \
        return true;                                                                                                                                 \
    }                                                                                                                                                \
    static inline void name##_store(struct wire_writer *writer, uint32_t at, const type *value) {                                                    \
        wire_put(writer, at, value, sizeof *value);                                                                                                  \
    }

#define WIRE_UNSIGNED(name, type, max)                                                                                                               \
    WIRE_PLAIN(name, type)                                                                                                                           \
    static inline bool name##_lift(struct wire_reader *reader, const uint64_t *words, type *out) {                                                   \
        (void)reader;                                                                                                                                \
        *out = (type)words[0];                                                                                                                       \
        return words[0] <= (max);                                                                                                                    \
    }                                                                                                                                                \
    static inline void name##_lower(struct wire_writer *writer, uint64_t *words, const type *value) {                                                \
        (void)writer;                                                                                                                                \
        words[0] = *value;                                                                                                                           \
    }

/* Small signed numbers are sign-extended to 32 bits, and those zero-extended. */
#define WIRE_SIGNED(name, type)                                                                                                                      \
    WIRE_PLAIN(name, type)                                                                                                                           \
    static inline bool name##_lift(struct wire_reader *reader, const uint64_t *words, type *out) {                                                   \
        (void)reader;                                                                                                                                \
        *out = (type)(int32_t)(uint32_t)words[0];                                                                                                    \
        return words[0] == (uint32_t)(int32_t)*out;                                                                                                  \
    }                                                                                                                                                \
    static inline void name##_lower(struct wire_writer *writer, uint64_t *words, const type *value) {                                                \
        (void)writer;                                                                                                                                \
        words[0] = (uint32_t)(int32_t)*value;                                                                                                        \
    }

#define WIRE_FLOAT(name, type, bits_type, max)                                                                                                       \
    WIRE_PLAIN(name, type)                                                                                                                           \
    static inline bool name##_lift(struct wire_reader *reader, const uint64_t *words, type *out) {                                                   \
        const bits_type bits = (bits_type)words[0];                                                                                                  \
        (void)reader;                                                                                                                                \
        __builtin_memcpy(out, &bits, sizeof *out);                                                                                                   \
        return words[0] <= (max);                                                                                                                    \
    }                                                                                                                                                \
    static inline void name##_lower(struct wire_writer *writer, uint64_t *words, const type *value) {                                                \
        bits_type bits;                                                                                                                              \
        (void)writer;                                                                                                                                \
        __builtin_memcpy(&bits, value, sizeof bits);                                                                                                 \
        words[0] = bits;                                                                                                                             \
    }

WIRE_UNSIGNED(wire_u8, uint8_t, UINT8_MAX)
WIRE_UNSIGNED(wire_u16, uint16_t, UINT16_MAX)
WIRE_UNSIGNED(wire_u32, uint32_t, UINT32_MAX)
WIRE_UNSIGNED(wire_u64, uint64_t, UINT64_MAX)
WIRE_SIGNED(wire_s8, int8_t)
WIRE_SIGNED(wire_s16, int16_t)
WIRE_SIGNED(wire_s32, int32_t)
WIRE_FLOAT(wire_f32, float, uint32_t, UINT32_MAX)
WIRE_FLOAT(wire_f64, double, uint64_t, UINT64_MAX)

WIRE_PLAIN(wire_s64, int64_t)

static inline bool wire_s64_lift(struct wire_reader *reader, const uint64_t *words, int64_t *out) {
    (void)reader;
    *out = (int64_t)words[0];
    return true;
}

static inline void wire_s64_lower(struct wire_writer *writer, uint64_t *words, const int64_t *value) {
    (void)writer;
    words[0] = (uint64_t)*value;
}

/* Numbers that are not all of their width: a bool, a character, a case, flags. A type is made of its numbers' type and a condition for `number`. */
#define WIRE_CHOSEN(name, type, number_name, number_type, condition)                                                                                 \
    static inline bool name##_take(uint64_t number, type *out) {                                                                                     \
        *out = (type)number;                                                                                                                         \
        return condition;                                                                                                                            \
    }                                                                                                                                                \
    static inline bool name##_load(struct wire_reader *reader, uint32_t at, type *out) {                                                             \
        number_type number;                                                                                                                          \
        return number_name##_load(reader, at, &number) && name##_take(number, out);                                                                  \
    }                                                                                                                                                \
    static inline bool name##_lift(struct wire_reader *reader, const uint64_t *words, type *out) {                                                   \
        (void)reader;                                                                                                                                \
        return name##_take(words[0], out);                                                                                                           \
    }                                                                                                                                                \
    static inline number_type name##_give(struct wire_writer *writer, const type *value) {                                                           \
        const uint64_t number = (uint64_t)*value;                                                                                                    \
        writer->failed = writer->failed || !(condition);                                                                                             \
        return (number_type)number;                                                                                                                  \
    }                                                                                                                                                \
    static inline void name##_store(struct wire_writer *writer, uint32_t at, const type *value) {                                                    \
        const number_type number = name##_give(writer, value);                                                                                       \
        number_name##_store(writer, at, &number);                                                                                                    \
    }                                                                                                                                                \
    static inline void name##_lower(struct wire_writer *writer, uint64_t *words, const type *value) {                                                \
        words[0] = name##_give(writer, value);                                                                                                       \
    }

/* The cases of an enum are below a count; flags have no bits but those of a mask. */
#define WIRE_ENUM(name, type, number_name, number_type, count) WIRE_CHOSEN(name, type, number_name, number_type, number < (count))
#define WIRE_FLAGS(name, number_name, number_type, mask)       WIRE_CHOSEN(name, number_type, number_name, number_type, (number & ~(uint64_t)(mask)) == 0)

WIRE_CHOSEN(wire_bool, bool, wire_u8, uint8_t, number <= 1)
WIRE_CHOSEN(wire_char, uint32_t, wire_u32, uint32_t, number < 0xD800 || (number > 0xDFFF && number <= 0x10FFFF))

/* ---- Grants ---- */

static inline bool wire_grant_take(struct wire_reader *reader, uint64_t index, struct wire_grant *out) {
    if (reader->content == NULL || index >= reader->content->grant_count || index >= WIRE_GRANTS || (reader->grants_used & 1u << index) != 0) {
        return false;
    }
    reader->grants_used |= 1u << index;
    *out = reader->content->grants[index];
    return true;
}

static inline uint32_t wire_grant_give(struct wire_writer *writer, const struct wire_grant *value) {
    struct wire_content *content = writer->content;
    if (content->grant_count == WIRE_GRANTS) {
        writer->failed = true;
        return 0;
    }
    content->grants[content->grant_count] = *value;
    return content->grant_count++;
}

static inline bool wire_grant_load(struct wire_reader *reader, uint32_t at, struct wire_grant *out) {
    uint32_t index;
    return wire_u32_load(reader, at, &index) && wire_grant_take(reader, index, out);
}

static inline bool wire_grant_lift(struct wire_reader *reader, const uint64_t *words, struct wire_grant *out) {
    return wire_grant_take(reader, words[0], out);
}

static inline void wire_grant_store(struct wire_writer *writer, uint32_t at, const struct wire_grant *value) {
    const uint32_t index = wire_grant_give(writer, value);
    wire_u32_store(writer, at, &index);
}

static inline void wire_grant_lower(struct wire_writer *writer, uint64_t *words, const struct wire_grant *value) {
    words[0] = wire_grant_give(writer, value);
}

/* ---- Lists and strings ---- */

/* Where a received list lies. */
struct wire_view {
    const uint8_t *block;
    uint32_t size;
    uint32_t offset;
};

/* The content of a list or string: from its offset and its count of elements to a view. */
static inline bool wire_view_take(struct wire_reader *reader, const uint32_t pair[2], uint64_t bytes, uint32_t alignment, struct wire_view *out) {
    out->block = reader->block;
    out->size = reader->size;
    out->offset = bytes == 0 ? 0 : pair[0];
    return bytes == 0 || wire_take(reader, pair[0], bytes, alignment);
}

static inline bool wire_pair_lift(const uint64_t *words, uint32_t pair[2]) {
    pair[0] = (uint32_t)words[0];
    pair[1] = (uint32_t)words[1];
    return words[0] <= UINT32_MAX && words[1] <= UINT32_MAX;
}

/* Each type of list has name_read and name_write, which know its elements; the four functions follow from them. */
#define WIRE_CONTENT(name, type)                                                                                                                     \
    static inline bool name##_load(struct wire_reader *reader, uint32_t at, type *out) {                                                             \
        uint32_t pair[2];                                                                                                                            \
        __builtin_memcpy(pair, reader->block + at, sizeof pair);                                                                                     \
        return name##_read(reader, pair, out);                                                                                                       \
    }                                                                                                                                                \
    static inline bool name##_lift(struct wire_reader *reader, const uint64_t *words, type *out) {                                                   \
        uint32_t pair[2];                                                                                                                            \
        return wire_pair_lift(words, pair) && name##_read(reader, pair, out);                                                                        \
    }                                                                                                                                                \
    static inline void name##_store(struct wire_writer *writer, uint32_t at, const type *value) {                                                    \
        uint32_t pair[2];                                                                                                                            \
        name##_write(writer, value, pair);                                                                                                           \
        wire_put(writer, at, pair, sizeof pair);                                                                                                     \
    }                                                                                                                                                \
    static inline void name##_lower(struct wire_writer *writer, uint64_t *words, const type *value) {                                                \
        uint32_t pair[2];                                                                                                                            \
        name##_write(writer, value, pair);                                                                                                           \
        words[0] = pair[0];                                                                                                                          \
        words[1] = pair[1];                                                                                                                          \
    }

static inline bool wire_bytes_read(struct wire_reader *reader, const uint32_t pair[2], struct wire_bytes *out) {
    struct wire_view view;
    if (!wire_view_take(reader, pair, pair[1], 1, &view)) {
        return false;
    }
    out->data = pair[1] == 0 ? NULL : view.block + view.offset;
    out->size = pair[1];
    return true;
}

static inline void wire_bytes_write(struct wire_writer *writer, const struct wire_bytes *value, uint32_t pair[2]) {
    pair[0] = wire_put_array(writer, value->data, value->size, 1);
    pair[1] = value->size;
}

WIRE_CONTENT(wire_bytes, struct wire_bytes)

/* The bytes of the sequence that starts here, 0 when it is not well-formed (Unicode 15, table 3-7). */
static inline uint32_t wire_utf8_length(const uint8_t *at, uint32_t left) {
    const uint8_t first = at[0];
    if (first < 0x80) {
        return 1;
    }
    const uint32_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first < 0xC2 || first > 0xF4 || length > left) {
        return 0;
    }
    const uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high) {
        return 0;
    }
    for (uint32_t i = 2; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

static inline bool wire_is_utf8(const uint8_t *data, uint32_t size) {
    for (uint32_t at = 0; at < size;) {
        uint64_t eight;
        if (size - at >= sizeof eight) {
            __builtin_memcpy(&eight, data + at, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        const uint32_t length = wire_utf8_length(data + at, size - at);
        if (length == 0) {
            return false;
        }
        at += length;
    }
    return true;
}

static inline bool wire_text_read(struct wire_reader *reader, const uint32_t pair[2], struct wire_text *out) {
    struct wire_bytes bytes;
    if (!wire_bytes_read(reader, pair, &bytes) || !wire_is_utf8(bytes.data, bytes.size)) {
        return false;
    }
    out->data = (const char *)bytes.data;
    out->size = bytes.size;
    return true;
}

static inline void wire_text_write(struct wire_writer *writer, const struct wire_text *value, uint32_t pair[2]) {
    pair[0] = wire_put_array(writer, value->data, value->size, 1);
    pair[1] = value->size;
}

WIRE_CONTENT(wire_text, struct wire_text)

/* A list is sent from an array, `items`; a received one has none there, and is a view. name_get gives an element of either, false when there is none
   of that index, or when the block has changed and it is none any more. `at` a size and an alignment in the block. */
#define WIRE_LIST_TYPE(name, element, type, element_size)                                                                                            \
    struct name {                                                                                                                                    \
        const type *items;                                                                                                                           \
        uint32_t count;                                                                                                                              \
        struct wire_view view;                                                                                                                       \
    };                                                                                                                                               \
    static inline struct name name##_of(const type *items, uint32_t count) {                                                                         \
        struct name result = {items, count, {NULL, 0, 0}};                                                                                           \
        return result;                                                                                                                               \
    }                                                                                                                                                \
    static inline bool name##_get(const struct name *list, uint32_t index, type *out) {                                                              \
        const uint64_t at = list->view.offset + (uint64_t)index * (element_size);                                                                    \
        struct wire_reader reader = {list->view.block, list->view.size, 0, NULL, 0};                                                                 \
        if (index >= list->count) {                                                                                                                  \
            return false;                                                                                                                            \
        }                                                                                                                                            \
        if (list->items != NULL) {                                                                                                                   \
            *out = list->items[index];                                                                                                               \
            return true;                                                                                                                             \
        }                                                                                                                                            \
        return at + (element_size) <= reader.size && element##_load(&reader, (uint32_t)at, out);                                                     \
    }

/* Elements that may be wrong are all looked at when the list is received. */
#define WIRE_LIST(name, element, type, element_size, alignment)                                                                                      \
    WIRE_LIST_TYPE(name, element, type, element_size)                                                                                                \
    static inline bool name##_read(struct wire_reader *reader, const uint32_t pair[2], struct name *out) {                                           \
        out->items = NULL;                                                                                                                           \
        out->count = pair[1];                                                                                                                        \
        if (!wire_view_take(reader, pair, (uint64_t)pair[1] * (element_size), alignment, &out->view)) {                                              \
            return false;                                                                                                                            \
        }                                                                                                                                            \
        for (uint32_t i = 0; i < pair[1]; i++) {                                                                                                     \
            type item;                                                                                                                               \
            if (!element##_load(reader, out->view.offset + i * (element_size), &item)) {                                                             \
                return false;                                                                                                                        \
            }                                                                                                                                        \
        }                                                                                                                                            \
        return true;                                                                                                                                 \
    }                                                                                                                                                \
    static inline void name##_write(struct wire_writer *writer, const struct name *value, uint32_t pair[2]) {                                        \
        pair[0] = value->count == 0 ? 0 : wire_make_room(writer, (uint64_t)value->count * (element_size), alignment);                                \
        pair[1] = value->count;                                                                                                                      \
        for (uint32_t i = 0; i < value->count && !writer->failed; i++) {                                                                             \
            type item;                                                                                                                               \
            if (!name##_get(value, i, &item)) {                                                                                                      \
                writer->failed = true;                                                                                                               \
                return;                                                                                                                              \
            }                                                                                                                                        \
            element##_store(writer, pair[0] + i * (element_size), &item);                                                                            \
        }                                                                                                                                            \
    }                                                                                                                                                \
    WIRE_CONTENT(name, struct name)

/* Numbers of which all bits are right are neither looked at nor copied one by one. */
#define WIRE_PLAIN_LIST(name, element, type)                                                                                                         \
    WIRE_LIST_TYPE(name, element, type, sizeof(type))                                                                                                \
    static inline bool name##_read(struct wire_reader *reader, const uint32_t pair[2], struct name *out) {                                           \
        out->items = NULL;                                                                                                                           \
        out->count = pair[1];                                                                                                                        \
        return wire_view_take(reader, pair, (uint64_t)pair[1] * sizeof(type), sizeof(type), &out->view);                                             \
    }                                                                                                                                                \
    static inline void name##_write(struct wire_writer *writer, const struct name *value, uint32_t pair[2]) {                                        \
        const void *data = value->items;                                                                                                             \
        if (data == NULL && value->count != 0) {                                                                                                     \
            data = value->view.block + value->view.offset;                                                                                           \
        }                                                                                                                                            \
        pair[0] = wire_put_array(writer, data, (uint64_t)value->count * sizeof(type), sizeof(type));                                                 \
        pair[1] = value->count;                                                                                                                      \
    }                                                                                                                                                \
    WIRE_CONTENT(name, struct name)

WIRE_PLAIN_LIST(wire_u16_list, wire_u16, uint16_t)
WIRE_PLAIN_LIST(wire_u32_list, wire_u32, uint32_t)
WIRE_PLAIN_LIST(wire_u64_list, wire_u64, uint64_t)
WIRE_PLAIN_LIST(wire_s8_list, wire_s8, int8_t)
WIRE_PLAIN_LIST(wire_s16_list, wire_s16, int16_t)
WIRE_PLAIN_LIST(wire_s32_list, wire_s32, int32_t)
WIRE_PLAIN_LIST(wire_s64_list, wire_s64, int64_t)
WIRE_PLAIN_LIST(wire_f32_list, wire_f32, float)
WIRE_PLAIN_LIST(wire_f64_list, wire_f64, double)
WIRE_LIST(wire_bool_list, wire_bool, bool, 1, 1)
WIRE_LIST(wire_char_list, wire_char, uint32_t, 4, 4)
WIRE_LIST(wire_text_list, wire_text, struct wire_text, 8, 4)
WIRE_LIST(wire_bytes_list, wire_bytes, struct wire_bytes, 8, 4)

#endif
