/* Types of things (core spec 5.3), and the section of function types. */
#include "wasm/decode.h"
#include "wasm/store.h"

#define FUNCTION_TYPE_FORM     0x60u
#define FUNCTION_TYPE_SIZE_MIN 3u
#define TABLE_INITIALISED      0x40u /* a table with an initial value, of the typed function references proposal */

#define LIMITS_MAXIMUM   0x01u
#define LIMITS_SHARED    0x02u
#define LIMITS_64        0x04u
#define LIMITS_PAGE_SIZE 0x08u
#define LIMITS_FLAGS_END 0x10u

#define MEMORY_PAGES_MAX 65536u

/* A function type's parameters or results: a view of their bytes, which are the types. */
static enum error type_list_read(struct decoder *decoder, enum limit_number limit, struct bytes *out) {
    uint32_t count = 0;
    enum error error = reader_count(&decoder->reader, 1, limit, &count);
    *out = (struct bytes){decoder->reader.at, count};
    for (uint32_t i = 0; error == ERROR_NONE && i < count; i++) {
        uint8_t type = 0;
        error = reader_value_type(&decoder->reader, &type);
    }
    return error;
}

static enum error form_check(struct decoder *decoder) {
    struct reader *reader = &decoder->reader;
    const uint8_t *at = reader->at;
    uint8_t form = 0;
    const enum error error = reader_u8(reader, &form);
    if (error != ERROR_NONE || form == FUNCTION_TYPE_FORM) {
        return error;
    }
    const char *proposal = type_proposal(form);
    if (proposal != NULL) {
        return report_fail(reader->report, ERROR_UNSUPPORTED, reader_offset_of(reader, at),
                           "type form 0x%02x belongs to the %s proposal, which is not supported", form, proposal);
    }
    return report_fail(reader->report, ERROR_MALFORMED, reader_offset_of(reader, at), "%s: type form 0x%02x",
                       form >= 0x80 ? "integer representation too long" : "malformed function type", form);
}

static enum error function_type_read(struct decoder *decoder, const struct wasm_function_type **out) {
    struct bytes parameters;
    struct bytes results;
    enum error error = form_check(decoder);
    if (error == ERROR_NONE) {
        error = type_list_read(decoder, LIMIT_NUMBER_PARAMETERS, &parameters);
    }
    if (error == ERROR_NONE) {
        error = type_list_read(decoder, LIMIT_NUMBER_RESULTS, &results);
    }
    if (error != ERROR_NONE) {
        return error;
    }
    uint8_t types[LIMIT_PARAMETERS + LIMIT_RESULTS];
    memcpy(types, parameters.data, parameters.size);
    memcpy(types + parameters.size, results.data, results.size);
    return type_intern(&decoder->module->engine->types, types, (uint32_t)parameters.size, (uint32_t)results.size, out);
}

enum error decode_type_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    uint32_t count = 0;
    enum error error = reader_count(&decoder->reader, FUNCTION_TYPE_SIZE_MIN, LIMIT_NUMBER_TYPES, &count);
    if (error != ERROR_NONE) {
        return error;
    }
    module->types = decode_extend(decoder, NULL, 0, count, sizeof(const struct wasm_function_type *));
    if (module->types == NULL) {
        return ERROR_NO_MEMORY;
    }
    /* type_count is what is held so far, so that a failure releases as much. */
    for (uint32_t i = 0; i < count; i++) {
        error = function_type_read(decoder, &module->types[i]);
        if (error != ERROR_NONE) {
            return error;
        }
        module->type_count++;
    }
    return ERROR_NONE;
}

enum error decode_function_type_index(struct decoder *decoder, const struct wasm_function_type **out) {
    uint32_t index = 0;
    const enum error error = decode_index(decoder, "type", decoder->module->type_count, &index);
    if (error == ERROR_NONE) {
        *out = decoder->module->types[index];
    }
    return error;
}

/* Which proposal well-formed flags beyond the maximum belong to. */
static enum error limits_flags_check(const struct reader *reader, const uint8_t *at, uint8_t flags, bool is_memory) {
    struct report *report = reader->report;
    const uint64_t offset = reader_offset_of(reader, at);
    const bool is_shared = (flags & LIMITS_SHARED) != 0;
    if (flags >= 0x80) {
        return report_fail(report, ERROR_MALFORMED, offset, "integer representation too long: flags of limits");
    }
    if (flags >= LIMITS_FLAGS_END || (!is_memory && (flags & (LIMITS_SHARED | LIMITS_PAGE_SIZE)) != 0)) {
        return report_fail(report, ERROR_MALFORMED, offset, "integer too large: flags 0x%02x of limits", flags);
    }
    if (is_shared && (flags & LIMITS_MAXIMUM) == 0) {
        return report_fail(report, ERROR_MALFORMED, offset, "integer too large: flags 0x%02x of limits, a shared memory must have a maximum", flags);
    }
    if ((flags & LIMITS_PAGE_SIZE) != 0) {
        return report_fail(report, ERROR_UNSUPPORTED, offset, "custom page sizes (custom-page-sizes proposal) are not supported");
    }
    if ((flags & LIMITS_64) != 0) {
        return report_fail(report, ERROR_UNSUPPORTED, offset, "64-bit memories and tables (memory64 proposal) are not supported");
    }
    if (is_shared) {
        return report_fail(report, ERROR_UNSUPPORTED, offset, "shared memories (threads proposal) are not supported");
    }
    return ERROR_NONE;
}

static enum error limits_read(struct reader *reader, bool is_memory, struct wasm_limits *out) {
    const uint8_t *at = reader->at;
    uint8_t flags = 0;
    enum error error = reader_u8(reader, &flags);
    if (error == ERROR_NONE) {
        error = limits_flags_check(reader, at, flags, is_memory);
    }
    if (error == ERROR_NONE) {
        error = reader_u32(reader, &out->minimum);
    }
    out->maximum = UINT32_MAX;
    out->has_maximum = (flags & LIMITS_MAXIMUM) != 0;
    if (error == ERROR_NONE && out->has_maximum) {
        error = reader_u32(reader, &out->maximum);
    }
    if (error == ERROR_NONE && out->minimum > out->maximum) {
        error = report_fail(reader->report, ERROR_INVALID, reader_offset_of(reader, at), "size minimum must not be greater than maximum: %u and %u",
                            out->minimum, out->maximum);
    }
    return error;
}

enum error decode_table_type(struct decoder *decoder, struct module_table *out) {
    struct reader *reader = &decoder->reader;
    if (reader->at != reader->end && *reader->at == TABLE_INITIALISED) {
        return report_fail(reader->report, ERROR_UNSUPPORTED, reader_offset(reader),
                           "tables with initial values (typed function references proposal) are not supported");
    }
    const enum error error = reader_reference_type(reader, &out->element_type);
    return error != ERROR_NONE ? error : limits_read(reader, false, &out->limits);
}

enum error decode_memory_type(struct decoder *decoder, struct module_memory *out) {
    const uint8_t *at = decoder->reader.at;
    const enum error error = limits_read(&decoder->reader, true, &out->limits);
    if (error != ERROR_NONE) {
        return error;
    }
    const struct wasm_limits *limits = &out->limits;
    if (limits->minimum > MEMORY_PAGES_MAX || (limits->has_maximum && limits->maximum > MEMORY_PAGES_MAX)) {
        return report_fail(decoder->reader.report, ERROR_INVALID, reader_offset_of(&decoder->reader, at),
                           "memory size must be at most 65536 pages (4GiB)");
    }
    return ERROR_NONE;
}

enum error decode_global_type(struct decoder *decoder, struct module_global *out) {
    struct reader *reader = &decoder->reader;
    enum error error = reader_value_type(reader, &out->type);
    const uint8_t *at = reader->at;
    uint8_t mutability = 0;
    if (error == ERROR_NONE) {
        error = reader_u8(reader, &mutability);
    }
    if (error == ERROR_NONE && mutability > 1) {
        error = report_fail(reader->report, ERROR_MALFORMED, reader_offset_of(reader, at), "malformed mutability 0x%02x", mutability);
    }
    out->is_mutable = mutability == 1;
    return error;
}
