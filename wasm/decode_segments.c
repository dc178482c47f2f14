/* Element and data segments (core spec 5.5.12, 5.5.14, 3.4.5, 3.4.6). Contents stay where they are in the bytes. */
#include "wasm/decode.h"

#define ELEMENT_SIZE_MIN 3u
#define DATA_SIZE_MIN    2u

/* Bits of an element segment's flags (5.5.12). */
#define ELEMENT_NOT_ACTIVE  1u
#define ELEMENT_EXPLICIT    2u /* active: a table index follows; else: declarative */
#define ELEMENT_EXPRESSIONS 4u
#define ELEMENT_FLAGS_END   8u

#define ELEMENT_KIND_FUNCTION 0u

enum data_flags { DATA_ACTIVE, DATA_PASSIVE, DATA_ACTIVE_EXPLICIT };

/* The table and the offset of an active segment. */
static enum error element_place_read(struct decoder *decoder, uint32_t flags, struct module_element *element) {
    const struct wasm_module *module = decoder->module;
    enum error error = ERROR_NONE;
    element->table = 0;
    if ((flags & ELEMENT_EXPLICIT) != 0) {
        error = decode_index(decoder, "table", module->table_count, &element->table);
    } else {
        error = decode_index_check(decoder, decoder->reader.at, "table", 0, module->table_count);
    }
    return error != ERROR_NONE ? error : decode_constant(decoder, WASM_I32, &element->offset);
}

/* An element kind, before function indices, or a reference type, before expressions; neither in the short forms. */
static enum error element_type_read(struct decoder *decoder, uint32_t flags, struct module_element *element) {
    struct reader *reader = &decoder->reader;
    element->element_type = WASM_FUNCREF;
    if ((flags & (ELEMENT_NOT_ACTIVE | ELEMENT_EXPLICIT)) == 0) {
        return ERROR_NONE;
    }
    if (element->uses_expressions) {
        return reader_reference_type(reader, &element->element_type);
    }
    const uint8_t *at = reader->at;
    uint8_t kind = 0;
    const enum error error = reader_u8(reader, &kind);
    if (error == ERROR_NONE && kind != ELEMENT_KIND_FUNCTION) {
        return report_fail(reader->report, ERROR_MALFORMED, reader_offset_of(reader, at), "malformed element kind 0x%02x", kind);
    }
    return error;
}

static enum error element_item_read(struct decoder *decoder, const struct module_element *element) {
    if (element->uses_expressions) {
        struct module_constant item;
        return decode_constant(decoder, element->element_type, &item);
    }
    uint32_t index = 0;
    const enum error error = decode_index(decoder, "function", decoder->module->function_count, &index);
    if (error == ERROR_NONE) {
        decoder->module->functions[index].is_declared = true;
    }
    return error;
}

static enum error element_items_read(struct decoder *decoder, struct module_element *element) {
    enum error error = reader_length(&decoder->reader, 1, "elements", &element->count);
    element->items_offset = (uint32_t)reader_offset(&decoder->reader);
    for (uint32_t i = 0; i < element->count && error == ERROR_NONE; i++) {
        error = element_item_read(decoder, element);
    }
    return error;
}

static enum error element_read(struct decoder *decoder, struct module_element *element) {
    struct reader *reader = &decoder->reader;
    const uint8_t *at = reader->at;
    uint32_t flags = 0;
    enum error error = reader_u32(reader, &flags);
    if (error == ERROR_NONE && flags >= ELEMENT_FLAGS_END) {
        return report_fail(reader->report, ERROR_MALFORMED, reader_offset_of(reader, at), "malformed elements segment kind %u", flags);
    }
    element->uses_expressions = (flags & ELEMENT_EXPRESSIONS) != 0;
    const uint8_t passive = (flags & ELEMENT_EXPLICIT) != 0 ? SEGMENT_DECLARATIVE : SEGMENT_PASSIVE;
    element->mode = (flags & ELEMENT_NOT_ACTIVE) != 0 ? passive : SEGMENT_ACTIVE;
    if (error == ERROR_NONE && element->mode == SEGMENT_ACTIVE) {
        error = element_place_read(decoder, flags, element);
    }
    if (error == ERROR_NONE) {
        error = element_type_read(decoder, flags, element);
    }
    if (error == ERROR_NONE && element->mode == SEGMENT_ACTIVE) {
        const uint8_t table_type = decoder->module->tables[element->table].element_type;
        if (table_type != element->element_type) {
            return report_fail(reader->report, ERROR_INVALID, reader_offset_of(reader, at),
                               "type mismatch: elements of type %s for table %u of type %s", type_name(element->element_type), element->table,
                               type_name(table_type));
        }
    }
    return error != ERROR_NONE ? error : element_items_read(decoder, element);
}

enum error decode_element_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    enum error error = reader_count(&decoder->reader, ELEMENT_SIZE_MIN, LIMIT_NUMBER_ELEMENT_SEGMENTS, &module->element_count);
    if (error != ERROR_NONE) {
        return error;
    }
    module->elements = decode_extend(decoder, NULL, 0, module->element_count, sizeof *module->elements);
    if (module->elements == NULL) {
        return ERROR_NO_MEMORY;
    }
    for (uint32_t i = 0; i < module->element_count && error == ERROR_NONE; i++) {
        error = element_read(decoder, &module->elements[i]);
    }
    return error;
}

static enum error data_place_read(struct decoder *decoder, uint32_t flags, struct module_data *data) {
    const struct wasm_module *module = decoder->module;
    enum error error = ERROR_NONE;
    if (flags == DATA_ACTIVE_EXPLICIT) {
        error = decode_index(decoder, "memory", module->memory_count, &data->memory);
    } else {
        error = decode_index_check(decoder, decoder->reader.at, "memory", 0, module->memory_count);
    }
    return error != ERROR_NONE ? error : decode_constant(decoder, WASM_I32, &data->offset);
}

static enum error data_read(struct decoder *decoder, struct module_data *data) {
    struct reader *reader = &decoder->reader;
    const uint8_t *at = reader->at;
    uint32_t flags = 0;
    uint32_t size = 0;
    enum error error = reader_u32(reader, &flags);
    if (error == ERROR_NONE && flags > DATA_ACTIVE_EXPLICIT) {
        return report_fail(reader->report, ERROR_MALFORMED, reader_offset_of(reader, at), "malformed data segment kind %u", flags);
    }
    data->mode = flags == DATA_PASSIVE ? SEGMENT_PASSIVE : SEGMENT_ACTIVE;
    if (error == ERROR_NONE && data->mode == SEGMENT_ACTIVE) {
        error = data_place_read(decoder, flags, data);
    }
    if (error == ERROR_NONE) {
        error = reader_u32(reader, &size);
    }
    return error != ERROR_NONE ? error : reader_bytes(reader, size, &data->content);
}

enum error decode_data_section(struct decoder *decoder) {
    struct wasm_module *module = decoder->module;
    const uint64_t offset = reader_offset(&decoder->reader);
    uint32_t count = 0;
    enum error error = reader_count(&decoder->reader, DATA_SIZE_MIN, LIMIT_NUMBER_DATA_SEGMENTS, &count);
    if (error != ERROR_NONE) {
        return error;
    }
    if (module->has_data_count && count != module->data_count) {
        return report_fail(decoder->reader.report, ERROR_MALFORMED, offset,
                           "data count and data section have inconsistent lengths: %u announced, %u here", module->data_count, count);
    }
    module->data = decode_extend(decoder, NULL, 0, count, sizeof *module->data);
    if (module->data == NULL) {
        return ERROR_NO_MEMORY;
    }
    module->data_count = count;
    decoder->data_met = count;
    decoder->has_data_section = true;
    for (uint32_t i = 0; i < count && error == ERROR_NONE; i++) {
        error = data_read(decoder, &module->data[i]);
    }
    return error;
}
