/* Values and types as text. */
#include "platform/linux/value.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *value_type_name(uint8_t type) {
    switch (type) {
    case WASM_I32: return "i32";
    case WASM_I64: return "i64";
    case WASM_F32: return "f32";
    case WASM_F64: return "f64";
    case WASM_V128: return "v128";
    case WASM_FUNCREF: return "funcref";
    case WASM_EXTERNREF: return "externref";
    default: return "unknown";
    }
}

/* ---- Reading ---- */

/* A sign, and digits in base 10 or 16 to the end of the text. */
static bool integer_parse(const char *text, bool *is_negative, uint64_t *magnitude) {
    *is_negative = *text == '-';
    text += *text == '-' || *text == '+';
    unsigned base = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    *magnitude = 0;
    if (*text == 0) {
        return false;
    }
    for (; *text != 0; text++) {
        unsigned char digit = (unsigned char)*text;
        if (base == 16 ? !isxdigit(digit) : !isdigit(digit)) {
            return false;
        }
        unsigned value = (unsigned)(isdigit(digit) ? digit - '0' : tolower(digit) - 'a' + 10);
        if (__builtin_mul_overflow(*magnitude, base, magnitude) || __builtin_add_overflow(*magnitude, value, magnitude)) {
            return false;
        }
    }
    return true;
}

/* Anything from the least signed to the largest unsigned number of so many bits. */
static bool integer_fits(const char *text, unsigned bits, uint64_t *out) {
    bool is_negative;
    uint64_t magnitude;
    uint64_t unsigned_max = UINT64_MAX >> (64 - bits);
    if (!integer_parse(text, &is_negative, &magnitude) || magnitude > (is_negative ? unsigned_max / 2 + 1 : unsigned_max)) {
        return false;
    }
    *out = is_negative ? 0 - magnitude : magnitude;
    return true;
}

static bool float_parse(const char *text, bool is_double, union wasm_value *out) {
    char *end;
    if (*text == 0 || isspace((unsigned char)*text)) {
        return false;
    }
    if (is_double) {
        out->f64 = strtod(text, &end);
    } else {
        out->f32 = strtof(text, &end);
    }
    return *end == 0;
}

static bool vector_parse(const char *text, union wasm_value *out) {
    size_t digits = 2 * sizeof out->v128;
    if (strncmp(text, "0x", 2) != 0 || strlen(text + 2) != digits || strspn(text + 2, "0123456789abcdefABCDEF") != digits) {
        return false;
    }
    for (size_t i = 0; i < sizeof out->v128; i++) {
        const char digit_pair[3] = {text[2 + 2 * i], text[3 + 2 * i], 0};
        out->v128[sizeof out->v128 - 1 - i] = (uint8_t)strtoul(digit_pair, NULL, 16);
    }
    return true;
}

bool value_parse(uint8_t type, const char *text, union wasm_value *out) {
    uint64_t integer = 0;
    memset(out, 0, sizeof *out);
    switch (type) {
    case WASM_I32:
        if (!integer_fits(text, 32, &integer)) {
            return false;
        }
        out->i32 = (uint32_t)integer;
        return true;
    case WASM_I64: return integer_fits(text, 64, &out->i64);
    case WASM_F32: return float_parse(text, false, out);
    case WASM_F64: return float_parse(text, true, out);
    case WASM_V128: return vector_parse(text, out);
    default: return strcmp(text, "null") == 0;
    }
}

/* ---- Writing ---- */

static void float_print(FILE *out, double value, bool is_double) {
    char text[64];
    if (isnan(value)) {
        fputs(signbit(value) ? "-nan" : "nan", out);
        return;
    }
    int precision_max = is_double ? 17 : 9;
    for (int precision = 1; precision <= precision_max; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (is_double ? strtod(text, NULL) == value : strtof(text, NULL) == (float)value) {
            break;
        }
    }
    fputs(text, out);
}

void value_print(FILE *out, uint8_t type, const union wasm_value *value) {
    switch (type) {
    case WASM_I32: fprintf(out, "%d", (int)(int32_t)value->i32); break;
    case WASM_I64: fprintf(out, "%lld", (long long)(int64_t)value->i64); break;
    case WASM_F32: float_print(out, (double)value->f32, false); break;
    case WASM_F64: float_print(out, value->f64, true); break;
    case WASM_V128:
        fputs("0x", out);
        for (size_t i = sizeof value->v128; i-- > 0;) {
            fprintf(out, "%02x", value->v128[i]);
        }
        break;
    default: fputs(value->reference == NULL ? "null" : value_type_name(type), out);
    }
}

/* ---- Types ---- */

static void types_print(FILE *out, const char *word, const uint8_t *types, uint32_t count) {
    if (count == 0) {
        return;
    }
    fprintf(out, " (%s", word);
    for (uint32_t i = 0; i < count; i++) {
        fprintf(out, " %s", value_type_name(types[i]));
    }
    fputc(')', out);
}

static void limits_print(FILE *out, const struct wasm_limits *limits) {
    fprintf(out, " %u", limits->minimum);
    if (limits->has_maximum) {
        fprintf(out, " %u", limits->maximum);
    }
}

void extern_type_print(FILE *out, const struct wasm_extern_type *type) {
    switch (type->kind) {
    case WASM_KIND_FUNCTION:
        fputs("(func", out);
        types_print(out, "param", type->function->types, type->function->parameter_count);
        types_print(out, "result", type->function->types + type->function->parameter_count, type->function->result_count);
        break;
    case WASM_KIND_TABLE:
        fputs("(table", out);
        limits_print(out, &type->limits);
        fprintf(out, " %s", value_type_name(type->value_type));
        break;
    case WASM_KIND_MEMORY:
        fputs("(memory", out);
        limits_print(out, &type->limits);
        break;
    case WASM_KIND_GLOBAL: fprintf(out, type->is_mutable ? "(global (mut %s)" : "(global %s", value_type_name(type->value_type)); break;
    }
    fputc(')', out);
}

void name_print(FILE *out, struct bytes name) {
    fputc('"', out);
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = name.data[i];
        if (byte < 0x20 || byte > 0x7E || byte == '"' || byte == '\\') {
            fprintf(out, "\\%02x", byte);
        } else {
            fputc(byte, out);
        }
    }
    fputc('"', out);
}
