/* Numbers of values by a hash table, and what holds of two values at once. */
#include "tests/verify/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *verify_allocate(void *old, uint64_t count, uint64_t size) {
    uint64_t bytes = count * size;
    void *block = realloc(old, bytes != 0 ? bytes : 1);
    if (!block) {
        fprintf(stderr, "verify: no memory\n");
        exit(1);
    }
    return block;
}

/* ---- Numbers ---- */

static uint64_t value_hash(const struct value *value) {
    uint64_t hash = value->kind | (uint64_t)value->low_only << 8 | (uint64_t)value->number << 16;
    const uint64_t words[] = {value->subject, value->symbol, value->low, value->high};
    for (uint32_t index = 0; index < 4; index++) {
        hash = (hash ^ words[index]) * 0x9E3779B97F4A7C15ull;
        hash ^= hash >> 29;
    }
    return hash;
}

static bool value_equal(const struct value *left, const struct value *right) {
    return left->kind == right->kind && left->low_only == right->low_only && left->number == right->number && left->subject == right->subject &&
           left->symbol == right->symbol && left->low == right->low && left->high == right->high;
}

static uint32_t *value_place(const struct values *values, const struct value *value) {
    uint32_t mask = values->place_count - 1, at = (uint32_t)value_hash(value) & mask;
    while (values->places[at] != 0 && !value_equal(&values->all[values->places[at] - 1], value)) {
        at = (at + 1) & mask;
    }
    return &values->places[at];
}

static void values_grow(struct values *values) {
    values->place_count = values->place_count ? values->place_count * 2 : 1024;
    free(values->places);
    values->places = verify_allocate(NULL, values->place_count, sizeof(*values->places));
    memset(values->places, 0, values->place_count * sizeof(*values->places));
    for (uint32_t number = 0; number < values->count; number++) {
        *value_place(values, &values->all[number]) = number + 1;
    }
}

void values_begin(struct values *values) {
    struct value unknown = value_range(0, UINT64_MAX);
    *values = (struct values){0};
    values_grow(values);
    values_number(values, &unknown);
}

void values_end(struct values *values) {
    free(values->all);
    free(values->places);
}

uint32_t values_number(struct values *values, const struct value *value) {
    uint32_t *place = value_place(values, value);
    if (*place != 0) {
        return *place - 1;
    }
    if (values->count == values->capacity) {
        values->capacity = values->capacity ? values->capacity * 2 : 256;
        values->all = verify_allocate(values->all, values->capacity, sizeof(*values->all));
    }
    values->all[values->count] = *value;
    *place = ++values->count;
    if (values->count * 2 > values->place_count) {
        values_grow(values);
    }
    return values->count - 1;
}

/* ---- Values ---- */

struct value value_range(uint64_t low, uint64_t high) {
    return (struct value){.kind = VALUE_RANGE, .low = low, .high = high};
}

struct value value_pointer(enum value_kind kind, uint32_t number) {
    return (struct value){.kind = (uint8_t)kind, .number = number, .high = UINT64_MAX};
}

bool value_has_subject(const struct value *value) {
    switch (value->kind) {
    case VALUE_FUNCTION_TYPE:
    case VALUE_FUNCTION_INSTANCE:
    case VALUE_BELOW_MASK:
    case VALUE_CLAMPED:
    case VALUE_SIGN: return true;
    default: return false;
    }
}

static bool value_is_null(const struct value *value) {
    return value_is_constant(value) && value->low == 0;
}

bool value_is_function(const struct value *value) {
    return !value->low_only && (value->kind == VALUE_FUNCTION || value->kind == VALUE_FUNCTION_ANY || value_is_null(value));
}

static bool value_is_external(const struct value *value) {
    return !value->low_only && (value->kind == VALUE_EXTERNAL_ANY || value_is_null(value));
}

bool value_is_secret(const struct value *value) {
    switch (value->kind) {
    case VALUE_RANGE:
    case VALUE_MEMORY_SIZE:
    case VALUE_BOUND:
    case VALUE_TABLE_SIZE:
    case VALUE_BELOW_MASK:
    case VALUE_CLAMPED:
    case VALUE_SIGN: return false;
    default: return true;
    }
}

struct value value_plain(const struct value *value) {
    struct value plain = value_range(value->low, value->high);
    plain.low_only = value->low_only;
    return plain;
}

uint64_t value_width_max(uint32_t width) {
    return width >= 8 ? UINT64_MAX : (1ull << 8 * width) - 1;
}

struct value value_hull(const struct value *left, const struct value *right) {
    if (left->kind == right->kind && left->number == right->number && left->subject == right->subject && left->low_only == right->low_only &&
        left->kind != VALUE_RANGE) {
        struct value same = *left;
        same.symbol = 0;
        return same;
    }
    if (left->kind == VALUE_JUMP_OFFSET && right->kind == VALUE_JUMP_OFFSET && left->number == right->number) {
        struct value larger = left->subject > right->subject ? *left : *right;
        larger.symbol = 0;
        return larger;
    }
    if (value_is_function(left) && value_is_function(right) && !(value_is_null(left) && value_is_null(right))) {
        return value_pointer(VALUE_FUNCTION_ANY, 0);
    }
    if (value_is_external(left) && value_is_external(right) && !(value_is_null(left) && value_is_null(right))) {
        return value_pointer(VALUE_EXTERNAL_ANY, 0);
    }
    if (left->kind == VALUE_GARBAGE || right->kind == VALUE_GARBAGE) {
        return value_pointer(VALUE_GARBAGE, 0);
    }
    struct value hull = value_range(left->low < right->low ? left->low : right->low, left->high > right->high ? left->high : right->high);
    hull.low_only = left->low_only || right->low_only;
    return hull;
}

struct value value_join(const struct value *left, const struct value *right) {
    static const uint64_t steps[] = {1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x1FFFFFFFF};
    struct value joined = value_hull(left, right);
    if (joined.kind != VALUE_RANGE || (left->low == right->low && left->high == right->high)) {
        return joined;
    }
    joined.low = 0;
    for (uint32_t step = 0; step < sizeof(steps) / sizeof(*steps); step++) {
        if (joined.high <= steps[step]) {
            joined.high = steps[step];
            return joined;
        }
    }
    joined.high = UINT64_MAX;
    return joined;
}

struct value value_low(const struct value *value, uint32_t width) {
    uint64_t most = value_width_max(width);
    struct value low = *value;
    if (value->kind == VALUE_GARBAGE) {
        return low;
    }
    if (width == 4 && value->low_only) {
        low.low_only = false;
        /* The symbol is that of a value whose upper half may be anything. */
        return low.high <= most ? low : value_range(0, most);
    }
    if (value->low_only) {
        return value_range(0, most);
    }
    return value->high <= most ? low : value_range(0, most);
}
