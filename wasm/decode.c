/* The preamble, and the walk over the sections in their order (core spec 5.5.2, 5.5.16). */
#include "wasm/decode.h"

#define PREAMBLE_SIZE  8u
#define SECTION_CUSTOM 0u

struct section {
    uint8_t id;
    enum error (*decode)(struct decoder *decoder);
};

/* In the order of the format; a section may be missing. */
static const struct section sections[] = {
    {1, decode_type_section},    {2, decode_import_section},      {3, decode_function_section}, {4, decode_table_section},
    {5, decode_memory_section},  {6, decode_global_section},      {7, decode_export_section},   {8, decode_start_section},
    {9, decode_element_section}, {12, decode_data_count_section}, {10, decode_code_section},    {11, decode_data_section},
};

#define SECTION_COUNT (sizeof sections / sizeof sections[0])

enum error decode_count(struct decoder *decoder, uint32_t item_size, enum limit_number limit, uint32_t there, uint32_t *out) {
    const uint64_t offset = reader_offset(&decoder->reader);
    const enum error error = reader_count(&decoder->reader, item_size, limit, out);
    if (error == ERROR_NONE && (uint64_t)there + *out > limit_infos[limit].value) {
        return limit_fail(decoder->reader.report, offset, limit, (uint64_t)there + *out);
    }
    return error;
}

void *decode_extend(struct decoder *decoder, const void *things, uint32_t count, uint32_t extra, size_t size) {
    uint8_t *grown = arena_allocate_zeroed(&decoder->module->arena, (size_t)count + extra, size);
    if (grown != NULL && count != 0) {
        memcpy(grown, things, count * size);
    }
    return grown;
}

enum error decode_index_check(const struct decoder *decoder, const uint8_t *at, const char *what, uint32_t index, uint32_t count) {
    if (index < count) {
        return ERROR_NONE;
    }
    return report_fail(decoder->reader.report, ERROR_INVALID, reader_offset_of(&decoder->reader, at), "unknown %s %u", what, index);
}

enum error decode_index(struct decoder *decoder, const char *what, uint32_t count, uint32_t *out) {
    const uint8_t *at = decoder->reader.at;
    const enum error error = reader_u32(&decoder->reader, out);
    return error != ERROR_NONE ? error : decode_index_check(decoder, at, what, *out, count);
}

static enum error preamble_check(struct reader *file) {
    static const uint8_t magic[] = {0, 'a', 's', 'm'};
    static const uint8_t version[] = {1, 0, 0, 0};
    static const uint8_t component[] = {0x0D, 0, 1, 0};
    const size_t size = reader_left(file);
    const size_t compared = size < sizeof magic ? size : sizeof magic;
    if (compared != 0 && memcmp(file->at, magic, compared) != 0) {
        return report_fail(file->report, ERROR_MALFORMED, 0, "magic header not detected: this is no WebAssembly module");
    }
    if (size < PREAMBLE_SIZE) {
        return report_fail(file->report, ERROR_MALFORMED, size, "unexpected end: a module has a preamble of 8 bytes");
    }
    if (memcmp(file->at + sizeof magic, component, sizeof component) == 0) {
        return report_fail(file->report, ERROR_UNSUPPORTED, sizeof magic, "a component of the component model proposal, which is not supported");
    }
    if (memcmp(file->at + sizeof magic, version, sizeof version) != 0) {
        return report_fail(file->report, ERROR_MALFORMED, sizeof magic, "unknown binary version 0x%x", bytes_load_u32(file->at + sizeof magic));
    }
    file->at += PREAMBLE_SIZE;
    return ERROR_NONE;
}

/* Custom sections may stand anywhere and mean nothing here (5.5.3), but for the first that is called "name". */
static enum error custom_section(struct decoder *decoder) {
    struct bytes name;
    const enum error error = reader_name(&decoder->reader, &name);
    if (error != ERROR_NONE) {
        return error;
    }
    struct wasm_module *module = decoder->module;
    if (module->name_section.data == NULL && bytes_equal(name, bytes_from_text("name"))) {
        module->name_section = (struct bytes){decoder->reader.at, reader_left(&decoder->reader)};
    }
    return ERROR_NONE;
}

/* A proposal's section is a vector, so an empty one is just malformed. */
static enum error section_unknown(const struct reader *file, const uint8_t *at, bool is_empty) {
    const uint8_t id = *at;
    const char *proposal = section_proposal(id);
    if (proposal != NULL && !is_empty) {
        return report_fail(file->report, ERROR_UNSUPPORTED, reader_offset_of(file, at),
                           "section %u belongs to the %s proposal, which is not supported", id, proposal);
    }
    return report_fail(file->report, ERROR_MALFORMED, reader_offset_of(file, at), "malformed section id %u", id);
}

/* The place of a section in the order, from `next` on. */
static enum error section_place(const struct reader *file, const uint8_t *at, size_t *next) {
    const uint8_t id = *at;
    for (size_t i = *next; i < SECTION_COUNT; i++) {
        if (sections[i].id == id) {
            *next = i + 1;
            return ERROR_NONE;
        }
    }
    return report_fail(file->report, ERROR_MALFORMED, reader_offset_of(file, at),
                       "unexpected content after last section: a second %s section, or one out of order", section_name(id));
}

/* One section whose header is read: the decoder's reader is set to its content. *next is the first place in the order
   that may still come. */
static enum error section_decode(struct decoder *decoder, const struct reader *file, const uint8_t *at, size_t *next) {
    const uint8_t id = *at;
    if (id == SECTION_CUSTOM) {
        return custom_section(decoder);
    }
    if (section_name(id) == NULL) {
        return section_unknown(file, at, reader_left(&decoder->reader) == 0);
    }
    enum error error = section_place(file, at, next);
    if (error == ERROR_NONE) {
        error = sections[*next - 1].decode(decoder);
    }
    if (error == ERROR_NONE && decoder->reader.at != decoder->reader.end) {
        error = report_fail(file->report, ERROR_MALFORMED, reader_offset(&decoder->reader),
                            "section size mismatch: %zu bytes follow the end of the %s section", reader_left(&decoder->reader), section_name(id));
    }
    return error;
}

/* What was announced in one section came in another. */
static enum error counts_check(const struct decoder *decoder, const struct reader *file) {
    const struct wasm_module *module = decoder->module;
    if (decoder->body_count != module->function_count - module->imported_function_count) {
        return report_fail(file->report, ERROR_MALFORMED, reader_offset(file),
                           "function and code section have inconsistent lengths: %u functions, %u bodies",
                           module->function_count - module->imported_function_count, decoder->body_count);
    }
    if (decoder->data_met != module->data_count) {
        return report_fail(file->report, ERROR_MALFORMED, reader_offset(file),
                           "data count and data section have inconsistent lengths: %u announced, %u met", module->data_count, decoder->data_met);
    }
    return ERROR_NONE;
}

/* A body named a data segment, and no data count section announced one. */
static enum error data_use_check(const struct decoder *decoder, const struct reader *file) {
    if (decoder->data_use_offset == 0) {
        return ERROR_NONE;
    }
    if (decoder->has_data_section) {
        return report_fail(file->report, ERROR_MALFORMED, decoder->data_use_offset, "data count section required");
    }
    return report_fail(file->report, ERROR_INVALID, decoder->data_use_offset, "unknown data segment %u", decoder->data_use_index);
}

enum error module_decode(struct wasm_module *module, struct report *report) {
    const struct bytes bytes = module->bytes;
    static const uint8_t nothing[1];
    const uint8_t *start = bytes.size == 0 ? nothing : bytes.data;
    struct reader file = {start, start, start + bytes.size, report};
    struct decoder decoder = {.module = module};
    size_t next = 0;
    enum error error = preamble_check(&file);
    while (error == ERROR_NONE && file.at != file.end) {
        const uint8_t *at = file.at++;
        uint32_t size = 0;
        struct bytes content;
        error = reader_u32(&file, &size);
        if (error == ERROR_NONE) {
            error = reader_bytes(&file, size, &content);
        }
        if (error == ERROR_NONE) {
            decoder.reader = (struct reader){start, content.data, content.data + content.size, report};
            error = section_decode(&decoder, &file, at, &next);
        }
    }
    if (error == ERROR_NONE) {
        error = counts_check(&decoder, &file);
    }
    return error != ERROR_NONE ? error : data_use_check(&decoder, &file);
}
