/* The pages that active data segments make of a memory, in an image. A program with megabytes of data then starts with a mapping of them instead of
   copying them segment by segment, and has memory of its own only for the pages that it writes to. */
#include "base/bits.h"
#include "wasm/image.h"
#include "base/assert.h"

/* Less is copied in the time that mapping and the faults behind it take. */
#define CONTENT_BYTES_MIN 65536u
/* Pages without any content are in the image, too, as long as there are not more of them than of the others. */
#define SPARSE_FACTOR 2u
#define PART_BYTES    (1u << 20) /* segments are looked through once for each */

/* Where a segment is written, if all that it depends on is the module. */
static bool segment_place(const struct wasm_module *module, const struct module_data *data, uint64_t *from, uint64_t *end) {
    uint32_t address;
    if (data->memory != 0 || !constant_is_i32(module, data->offset.offset, &address)) {
        return false;
    }
    *from = address;
    *end = (uint64_t)address + data->content.size;
    return *end <= (uint64_t)module->memories[0].limits.minimum * WASM_PAGE_SIZE;
}

void image_data_plan(const struct wasm_module *module, struct image_header *header) {
    const struct wasm_host *host = module->engine->host;
    uint64_t low = UINT64_MAX, high = 0, content = 0;
    if (host == NULL || module->imported_memory_count != 0) {
        return;
    }
    for (uint32_t i = 0; i < module->data_count; i++) {
        uint64_t from, end;
        if (module->data[i].mode != SEGMENT_ACTIVE) {
            continue;
        }
        if (!segment_place(module, &module->data[i], &from, &end)) {
            return;
        }
        if (from < end) {
            low = from < low ? from : low;
            high = end > high ? end : high;
            content += end - from;
        }
    }
    if (content < CONTENT_BYTES_MIN) {
        return;
    }
    low = low / host->page_size * host->page_size;
    high = round_up(high, host->page_size);
    if (high - low <= content * SPARSE_FACTOR) {
        header->data_address = low;
        header->data_bytes = high - low;
    }
}

/* What segments write to [from, from + PART_BYTES), the later over the earlier. */
static void part_fill(const struct wasm_module *module, uint64_t from, uint8_t part[PART_BYTES]) {
    memset(part, 0, PART_BYTES);
    for (uint32_t i = 0; i < module->data_count; i++) {
        const struct module_data *data = &module->data[i];
        uint64_t begin = 0, end = 0;
        if (data->mode != SEGMENT_ACTIVE) {
            continue;
        }
        const bool is_placed = segment_place(module, data, &begin, &end);
        ASSERT(is_placed);
        const uint64_t first = begin > from ? begin : from;
        const uint64_t last = end < from + PART_BYTES ? end : from + PART_BYTES;
        if (first < last) {
            memcpy(part + (first - from), data->content.data + (first - begin), (size_t)(last - first));
        }
    }
}

enum error image_data_write(struct image_writer *writer, const struct wasm_module *module, const struct image_header *header) {
    struct budget *budget = module->arena.budget;
    uint8_t *part = budget_allocate(budget, PART_BYTES);
    if (part == NULL) {
        return ERROR_NO_MEMORY;
    }
    image_writer_pad(writer, (uint32_t)module->engine->host->page_size);
    ASSERT(writer->offset + writer->used == header->data_offset);
    for (uint64_t done = 0; done < header->data_bytes; done += PART_BYTES) {
        const uint64_t left = header->data_bytes - done;
        part_fill(module, header->data_address + done, part);
        image_writer_add(writer, part, left < PART_BYTES ? (size_t)left : PART_BYTES);
    }
    budget_release(budget, part, PART_BYTES);
    return writer->error;
}

enum error image_data_read(struct wasm_module *module, const struct image_header *header, const struct wasm_image *image) {
    const struct wasm_host *host = module->engine->host;
    if (host == NULL) {
        return ERROR_NONE;
    }
    if (module->imported_memory_count != 0 || module->memory_count == 0 || header->data_offset % host->page_size != 0 ||
        header->data_bytes % host->page_size != 0 || header->data_address % host->page_size != 0) {
        return ERROR_MALFORMED;
    }
    const uint64_t memory_bytes = (uint64_t)module->memories[0].limits.minimum * WASM_PAGE_SIZE;
    if (header->data_address > memory_bytes || header->data_bytes > memory_bytes - header->data_address) {
        return ERROR_MALFORMED;
    }
    module->pages = (struct module_pages){
        .content = {image->content.data + header->data_offset, (size_t)header->data_bytes},
        .address = header->data_address,
        .has_object = image->has_object,
        .object = image->object,
        .offset = header->data_offset,
    };
    return ERROR_NONE;
}
