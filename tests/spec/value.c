/* Parsing and matching of test values. Nothing here runs code or keeps state. */
#include "tests/spec/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *name;
    uint8_t type;
} type_names[] = {
    {"i32", WASM_I32},
    {"i64", WASM_I64},
    {"f32", WASM_F32},
    {"f64", WASM_F64},
    {"v128", WASM_V128},
    {"funcref", WASM_FUNCREF},
    {"externref", WASM_EXTERNREF},
};

static const struct {
    const char *name;
    uint32_t bytes;
} lane_names[] = {{"i8", 1}, {"i16", 2}, {"i32", 4}, {"i64", 8}, {"f32", 4}, {"f64", 8}};

static const char *json_text(const cJSON *json, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

static bool text_equal(const char *left, const char *right) {
    return left && bytes_equal(bytes_from_text(left), bytes_from_text(right));
}

bool value_type(const cJSON *json, uint8_t *type) {
    const char *name = json_text(json, "type");
    for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
        if (text_equal(name, type_names[i].name)) {
            *type = type_names[i].type;
            return true;
        }
    }
    return false;
}

/* The bytes of a lane, or 0 when the JSON names none. */
static uint32_t lane_bytes(const cJSON *json) {
    const char *name = json_text(json, "lane_type");
    for (size_t i = 0; i < sizeof(lane_names) / sizeof(lane_names[0]); i++) {
        if (text_equal(name, lane_names[i].name)) {
            return lane_names[i].bytes;
        }
    }
    return 0;
}

/* wast2json writes numbers unsigned, but a lane may have a sign. */
static bool bits_parse(const char *text, uint64_t *bits) {
    char *end = NULL;
    if (!text || !*text) {
        return false;
    }
    *bits = text[0] == '-' ? (uint64_t)strtoll(text, &end, 10) : strtoull(text, &end, 10);
    return *end == 0;
}

static void bits_to_bytes(uint64_t bits, uint8_t *at, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(bits >> (8 * i));
    }
}

static uint64_t bits_from_bytes(const uint8_t *at, uint32_t size) {
    uint64_t bits = 0;
    for (uint32_t i = 0; i < size; i++) {
        bits |= (uint64_t)at[i] << (8 * i);
    }
    return bits;
}

/* An external object is only ever compared, so any pointer that is not null will do; object 0 exists too. */
static void *external_object(uint64_t number) {
    return (void *)(uintptr_t)(number + 1);
}

static bool vector_parse(const cJSON *json, union wasm_value *out) {
    uint32_t size = lane_bytes(json), at = 0;
    const cJSON *lane;
    cJSON_ArrayForEach(lane, cJSON_GetObjectItemCaseSensitive(json, "value")) {
        uint64_t bits;
        if (!size || at + size > 16 || !bits_parse(cJSON_GetStringValue(lane), &bits)) {
            return false;
        }
        bits_to_bytes(bits, out->v128 + at, size);
        at += size;
    }
    return at == 16;
}

bool value_parse(const cJSON *json, union wasm_value *out) {
    uint8_t type;
    uint64_t bits = 0;
    if (!value_type(json, &type)) {
        return false;
    }
    /* All of it: an initializer for the first member would leave the bytes behind that one as they were. */
    *out = (union wasm_value){.v128 = {0}};
    if (type == WASM_V128) {
        return vector_parse(json, out);
    }
    const char *text = json_text(json, "value");
    bool is_reference = type == WASM_FUNCREF || type == WASM_EXTERNREF;
    if (is_reference && text_equal(text, "null")) {
        return true;
    }
    if (type == WASM_FUNCREF || !bits_parse(text, &bits)) {
        return false;
    }
    if (type == WASM_EXTERNREF) {
        out->reference = external_object(bits);
    } else if (type == WASM_I32 || type == WASM_F32) {
        out->i32 = (uint32_t)bits;
    } else {
        out->i64 = bits;
    }
    return true;
}

/* Core spec 4.3.3: canonical NaNs have only the payload's top bit set, arithmetic ones at least that; any sign. */
static bool float_matches(const char *text, uint64_t bits, uint32_t size) {
    uint64_t quiet = size == 4 ? 0x7FC00000u : 0x7FF8000000000000u;
    uint64_t sign = size == 4 ? 0x80000000u : 0x8000000000000000u;
    uint64_t expected;
    if (text_equal(text, "nan:canonical")) {
        return (bits & ~sign) == quiet;
    }
    if (text_equal(text, "nan:arithmetic")) {
        return (bits & quiet) == quiet;
    }
    if (!bits_parse(text, &expected)) {
        return false;
    }
    return size == 8 ? bits == expected : bits == (expected & ((1ull << (8 * size)) - 1));
}

static bool vector_matches(const cJSON *json, const union wasm_value *value) {
    uint32_t size = lane_bytes(json), at = 0;
    const cJSON *lane;
    cJSON_ArrayForEach(lane, cJSON_GetObjectItemCaseSensitive(json, "value")) {
        if (!size || at + size > 16 || !float_matches(cJSON_GetStringValue(lane), bits_from_bytes(value->v128 + at, size), size)) {
            return false;
        }
        at += size;
    }
    return at == 16;
}

bool value_matches(const cJSON *json, const union wasm_value *value) {
    uint8_t type;
    if (!value_type(json, &type)) {
        return false;
    }
    const char *text = json_text(json, "value");
    uint64_t bits;
    switch (type) {
    case WASM_V128: return vector_matches(json, value);
    case WASM_I32:
    case WASM_F32: return float_matches(text, value->i32, 4);
    case WASM_I64:
    case WASM_F64: return float_matches(text, value->i64, 8);
    default: break;
    }
    if (text_equal(text, "null")) {
        return value->reference == NULL;
    }
    if (type == WASM_FUNCREF || !text) {
        return value->reference != NULL;
    }
    return bits_parse(text, &bits) && value->reference == external_object(bits);
}

const char *value_describe(uint8_t type, const union wasm_value *value, char *out, size_t size) {
    switch (type) {
    case WASM_I32: snprintf(out, size, "i32 %" PRIu32 " (0x%" PRIx32 ")", value->i32, value->i32); break;
    case WASM_I64: snprintf(out, size, "i64 %" PRIu64 " (0x%" PRIx64 ")", value->i64, value->i64); break;
    case WASM_F32: snprintf(out, size, "f32 %.9g (0x%08" PRIx32 ")", (double)value->f32, value->i32); break;
    case WASM_F64: snprintf(out, size, "f64 %.17g (0x%016" PRIx64 ")", value->f64, value->i64); break;
    case WASM_V128:
        snprintf(out, size, "v128 0x%08" PRIx64 " 0x%08" PRIx64 " 0x%08" PRIx64 " 0x%08" PRIx64, bits_from_bytes(value->v128, 4),
                 bits_from_bytes(value->v128 + 4, 4), bits_from_bytes(value->v128 + 8, 4), bits_from_bytes(value->v128 + 12, 4));
        break;
    default: snprintf(out, size, "%s %p", type == WASM_FUNCREF ? "funcref" : "externref", value->reference); break;
    }
    return out;
}
