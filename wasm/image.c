/* Images of modules: the header, which says what an image is of and for, and the way in and out. */
#include "base/bits.h"
#include "wasm/image.h"
#include "base/sha256.h"

static void port_header(struct port *port, struct image_header *header) {
    port_u64(port, &header->magic);
    port_u32(port, &header->format);
    port_raw(port, header->key, sizeof header->key);
    port_raw(port, header->program, sizeof header->program);
    port_raw(port, header->isa, sizeof header->isa);
    port_u32(port, &header->mode);
    port_u64(port, &header->program_bytes);
    port_u64(port, &header->metadata_bytes);
    port_u64(port, &header->code_offset);
    port_u64(port, &header->code_bytes);
    port_u64(port, &header->site_count);
    port_u64(port, &header->relocation_count);
    port_u32(port, &header->function_count);
    port_u32(port, &header->record_count);
    port_u64(port, &header->data_offset);
    port_u64(port, &header->data_bytes);
    port_u64(port, &header->data_address);
    port_u64(port, &header->code_checksum);
    port_u64(port, &header->checksum);
}
#define HEADER_CHECKED_BYTES (IMAGE_HEADER_BYTES - 8) /* all but the checksum itself */

_Static_assert(8 + 4 + WASM_IMAGE_KEY_SIZE + 32 + 16 + 4 + 8 * 6 + 4 * 2 + 8 * 5 == IMAGE_HEADER_BYTES, "the header's parts");

/* ---- The key ---- */

_Static_assert(offsetof(struct compile_options, watch) == 16, "all options that change the code are in the key");

static void key_add_u64(struct sha256 *hash, uint64_t value) {
    uint8_t word[8];
    bytes_store_u64(word, value);
    sha256_add(hash, (struct bytes){word, sizeof word});
}

void wasm_image_key(const struct wasm_engine *engine, const struct wasm_image_identity *identity, uint8_t key[WASM_IMAGE_KEY_SIZE]) {
    const struct compile_options *options = &engine->compile_options;
    struct sha256 hash;
    sha256_init(&hash);
    key_add_u64(&hash, IMAGE_MAGIC);
    key_add_u64(&hash, IMAGE_FORMAT);
    key_add_u64(&hash, sizeof(struct wasm_instance));
    key_add_u64(&hash, sizeof(struct wasm_function));
    key_add_u64(&hash, sizeof(struct wasm_memory));
    sha256_add(&hash, (struct bytes){(const uint8_t *)code_isa_name, sizeof code_isa_name});
    key_add_u64(&hash, options->mode);
    key_add_u64(&hash, options->check_bounds);
    key_add_u64(&hash, options->passes_off);
    key_add_u64(&hash, options->isa_features);
    sha256_add(&hash, (struct bytes){identity->program, sizeof identity->program});
    sha256_add(&hash, identity->build);
    sha256_end(&hash, key);
}

/* ---- Writing ---- */

/* Where code, sites and relocations end. */
static uint64_t code_end(const struct image_header *header) {
    const uint64_t tables = header->site_count * sizeof(struct code_site) + header->relocation_count * sizeof(struct code_relocation);
    return header->code_offset + header->code_bytes + round_up(tables, 8);
}

/* The metadata; its size becomes known. */
static enum error metadata_write(struct image_writer *writer, const struct wasm_module *module, const struct image_plan *plan,
                                 struct image_header *header) {
    struct port port = {.writer = writer, .program = module->bytes};
    enum error error = image_module_write(&port, module);
    if (error == ERROR_NONE) {
        image_records_write(&port, plan);
        error = image_writer_end(writer);
    }
    header->metadata_bytes = writer->offset - IMAGE_HEADER_BYTES;
    header->checksum = writer->checksum;
    return error;
}

static enum error header_write(struct image_writer *writer, const struct wasm_image_sink *sink, struct image_header *header) {
    struct port port = {.writer = writer};
    const uint64_t metadata_checksum = header->checksum;
    image_writer_begin(writer, sink, 0);
    port_header(&port, header);
    /* Not written yet: the buffer is larger. */
    const uint64_t checksum = image_checksum(metadata_checksum, writer->buffer, HEADER_CHECKED_BYTES);
    bytes_store_u64(writer->buffer + HEADER_CHECKED_BYTES, checksum);
    return image_writer_end(writer);
}

static enum error image_write(struct image_writer *writer, const struct wasm_module *module, const struct image_plan *plan,
                              const struct wasm_image_sink *sink, struct image_header *header) {
    const struct wasm_host *host = module->engine->host;
    image_writer_begin(writer, sink, IMAGE_HEADER_BYTES);
    enum error error = metadata_write(writer, module, plan, header);
    if (error != ERROR_NONE) {
        return error;
    }
    const uint64_t metadata_end = IMAGE_HEADER_BYTES + header->metadata_bytes;
    header->code_offset = plan->record_count == 0 ? metadata_end : round_up(metadata_end, host->page_size);
    if (header->data_bytes != 0) {
        header->data_offset = round_up(code_end(header), host->page_size);
    }
    image_writer_begin(writer, sink, header->code_offset);
    error = image_code_write(writer, plan);
    if (error == ERROR_NONE && header->data_bytes != 0) {
        error = image_data_write(writer, module, header);
    }
    if (error == ERROR_NONE) {
        error = image_writer_end(writer);
    }
    header->code_checksum = writer->checksum;
    return error != ERROR_NONE ? error : header_write(writer, sink, header);
}

enum error wasm_image_write(const struct wasm_module *module, const struct wasm_image_identity *identity, const struct wasm_image_sink *sink) {
    struct budget *budget = module->arena.budget;
    struct image_plan plan;
    struct image_header header = {
        .magic = IMAGE_MAGIC,
        .format = IMAGE_FORMAT,
        .mode = module->engine->compile_options.mode,
        .program_bytes = module->bytes.size,
        .function_count = module->function_count - module->imported_function_count,
    };
    wasm_image_key(module->engine, identity, header.key);
    memcpy(header.program, identity->program, sizeof header.program);
    memcpy(header.isa, code_isa_name, sizeof header.isa);
    struct image_writer *writer = budget_allocate(budget, sizeof *writer);
    if (writer == NULL) {
        return ERROR_NO_MEMORY;
    }
    enum error error = image_plan_make(&plan, module);
    if (error == ERROR_NONE) {
        header.code_bytes = plan.code_bytes;
        header.site_count = plan.site_count;
        header.relocation_count = plan.relocation_count;
        header.record_count = plan.record_count;
        image_data_plan(module, &header);
        error = image_write(writer, module, &plan, sink, &header);
        image_plan_release(&plan);
    }
    budget_release(budget, writer, sizeof *writer);
    return error;
}

/* ---- Reading ---- */

static enum error fail(struct report *report, const char *what) {
    return report_fail(report, ERROR_MALFORMED, REPORT_NO_OFFSET, "%s", what);
}

/* Sizes that add up to the content, so that nobody reads outside of it; each is looked at before it is added. */
static bool header_fits(const struct image_header *header, uint64_t size) {
    if (header->metadata_bytes > size - IMAGE_HEADER_BYTES || header->metadata_bytes % 8 != 0) {
        return false;
    }
    const uint64_t metadata_end = IMAGE_HEADER_BYTES + header->metadata_bytes;
    if (header->code_offset < metadata_end || header->code_offset > size || header->code_offset - metadata_end >= IMAGE_PAGE_BYTES_MAX ||
        header->code_offset % 8 != 0 || header->code_bytes > size - header->code_offset || header->code_bytes % 8 != 0) {
        return false;
    }
    const uint64_t left = size - header->code_offset - header->code_bytes;
    if (header->site_count > left / sizeof(struct code_site) || header->relocation_count > left / sizeof(struct code_relocation)) {
        return false;
    }
    const uint64_t end = code_end(header);
    if (header->data_bytes == 0) {
        return end == size && header->data_offset == 0 && header->data_address == 0;
    }
    return end <= size && header->data_offset >= end && header->data_offset - end < IMAGE_PAGE_BYTES_MAX && header->data_offset <= size &&
           header->data_bytes == size - header->data_offset;
}

static enum error header_read(struct bytes content, struct report *report, struct image_header *header) {
    struct port port = {.at = content.data, .end = content.data + content.size};
    if (content.size < IMAGE_HEADER_BYTES || (uintptr_t)content.data % 8 != 0) {
        return fail(report, "the image is too short to be one");
    }
    port_header(&port, header);
    if (header->magic != IMAGE_MAGIC) {
        return fail(report, "this is no image of a module");
    }
    if (header->format != IMAGE_FORMAT) {
        return report_fail(report, ERROR_UNSUPPORTED, REPORT_NO_OFFSET, "the image has format %u, and this version of argos reads %u", header->format,
                           IMAGE_FORMAT);
    }
    if (!header_fits(header, content.size)) {
        return fail(report, "the image's sizes do not add up: it is damaged or cut off");
    }
    const uint64_t sum = image_checksum(0, content.data + IMAGE_HEADER_BYTES, header->metadata_bytes);
    if (image_checksum(sum, content.data, HEADER_CHECKED_BYTES) != header->checksum) {
        return fail(report, "the image's checksum is wrong: it is damaged");
    }
    return ERROR_NONE;
}

enum error wasm_module_create_from_image(struct wasm_engine *engine, struct budget *budget, struct bytes bytes, const struct wasm_image *image,
                                         struct report *report, struct wasm_module **out) {
    struct image_header header;
    uint8_t key[WASM_IMAGE_KEY_SIZE];
    enum error error = header_read(image->content, report, &header);
    if (error != ERROR_NONE) {
        return error;
    }
    wasm_image_key(engine, &image->identity, key);
    if (memcmp(key, header.key, sizeof key) != 0 || header.program_bytes != bytes.size) {
        return report_fail(report, ERROR_UNSUPPORTED, REPORT_NO_OFFSET,
                           "the image is of another program, or made by another build or with other options");
    }
    struct wasm_module *module = module_allocate(engine, budget, bytes);
    if (module == NULL) {
        return report_fail(report, ERROR_NO_MEMORY, REPORT_NO_OFFSET, "out of memory for the module");
    }
    const uint8_t *metadata = image->content.data + IMAGE_HEADER_BYTES;
    struct port port = {.at = metadata, .end = metadata + header.metadata_bytes, .program = bytes};
    error = image_module_read(&port, module);
    if (error == ERROR_NONE && module->function_count - module->imported_function_count != header.function_count) {
        error = ERROR_MALFORMED;
    }
    if (error == ERROR_NONE) {
        error = image_code_read(&port, module, &header, image);
    }
    if (error == ERROR_NONE && header.data_bytes != 0) {
        error = image_data_read(module, &header, image);
    }
    if (error != ERROR_NONE) {
        wasm_module_destroy(module);
        const char *what = error == ERROR_MALFORMED ? "the image is damaged" : error_text(error);
        return report_fail(report, error, REPORT_NO_OFFSET, "%s", what);
    }
    *out = module;
    return ERROR_NONE;
}

enum error wasm_image_verify(struct bytes content, bool whole, struct report *report, struct wasm_image_description *out) {
    struct image_header header;
    enum error error = header_read(content, report, &header);
    if (error != ERROR_NONE) {
        return error;
    }
    if (whole && image_checksum(0, content.data + header.code_offset, content.size - header.code_offset) != header.code_checksum) {
        return fail(report, "the checksum of the image's code is wrong: it is damaged");
    }
    *out = (struct wasm_image_description){
        .program_bytes = header.program_bytes,
        .is_fast = header.mode == COMPILE_FAST,
        .function_count = header.function_count,
        .compiled_count = header.record_count,
        .machine_bytes = header.code_bytes,
    };
    memcpy(out->key, header.key, sizeof out->key);
    memcpy(out->program, header.program, sizeof out->program);
    memcpy(out->isa, header.isa, sizeof out->isa);
    out->isa[sizeof out->isa - 1] = 0;
    return ERROR_NONE;
}
