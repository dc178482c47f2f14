/* A walk over the import and memory sections (core spec 5.5.5, 5.5.8) that changes flag bytes in place. */
#include "tests/spec/shared.h"

#include "base/leb128.h"

#include <stdbool.h>

#define SECTION_IMPORT 2
#define SECTION_MEMORY 5
#define LIMITS_MAXIMUM 0x01
#define LIMITS_SHARED  0x02

struct cursor {
    uint8_t *at;
    uint8_t *end;
};

static bool skip_bytes(struct cursor *cursor, size_t size) {
    if ((size_t)(cursor->end - cursor->at) < size) {
        return false;
    }
    cursor->at += size;
    return true;
}

static bool read_number(struct cursor *cursor, uint32_t *value) {
    enum leb128_problem problem;
    size_t used = leb128_decode_u32(cursor->at, cursor->end, value, &problem);
    cursor->at += used;
    return used > 0;
}

static bool skip_name(struct cursor *cursor) {
    uint32_t size;
    return read_number(cursor, &size) && skip_bytes(cursor, size);
}

static bool clear_limits(struct cursor *cursor) {
    uint32_t ignored;
    uint8_t *flags = cursor->at;
    if (!skip_bytes(cursor, 1)) {
        return false;
    }
    *flags &= (uint8_t)~LIMITS_SHARED;
    return read_number(cursor, &ignored) && (!(*flags & LIMITS_MAXIMUM) || read_number(cursor, &ignored));
}

static bool clear_import(struct cursor *cursor) {
    uint32_t ignored;
    if (!skip_name(cursor) || !skip_name(cursor) || !skip_bytes(cursor, 1)) {
        return false;
    }
    switch (cursor->at[-1]) {
    case 0: return read_number(cursor, &ignored);
    case 1: return skip_bytes(cursor, 1) && clear_limits(cursor);
    case 2: return clear_limits(cursor);
    case 3: return skip_bytes(cursor, 2);
    default: return false;
    }
}

static void clear_section(struct cursor section, uint8_t id) {
    uint32_t count;
    if (!read_number(&section, &count)) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!(id == SECTION_IMPORT ? clear_import(&section) : clear_limits(&section))) {
            return;
        }
    }
}

void shared_clear(uint8_t *data, size_t size) {
    struct cursor cursor = {data, data + size};
    if (!skip_bytes(&cursor, 8)) {
        return;
    }
    while (cursor.at < cursor.end) {
        uint32_t section_size;
        uint8_t id = *cursor.at++;
        uint8_t *start;
        if (!read_number(&cursor, &section_size)) {
            return;
        }
        start = cursor.at;
        if (!skip_bytes(&cursor, section_size)) {
            return;
        }
        if (id == SECTION_IMPORT || id == SECTION_MEMORY) {
            clear_section((struct cursor){start, cursor.at}, id);
        }
    }
}
