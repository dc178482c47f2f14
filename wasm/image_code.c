/* Compiled code in an image. In the region of a running module each function has pages of its own, and calls what was not
   called yet through a stub; in an image functions stand one behind the other, in the order in which they were called first, so that
   those of a program's start share pages, and they call each other directly. So code is linked again on its way out, which is what
   records keep relocations for. */
#include "base/bits.h"
#include "wasm/image.h"
#include "base/assert.h"

#define FUNCTION_ALIGNMENT 16u
#define CODE_BYTES_MAX     (1ull << 31) /* what a 32-bit distance spans */

static uint32_t own_count(const struct wasm_module *module) {
    return module->function_count - module->imported_function_count;
}

static uint32_t page_bytes(const struct wasm_module *module) {
    const struct wasm_host *host = module->engine->host;
    return host == NULL ? 4096 : (uint32_t)host->page_size;
}

/* ---- Writing ---- */

/* A record from an image may be wrong about its relocations: they are not read before this. */
static bool relocation_is_right(const struct image_plan *plan, const struct code_record *record, const struct code_relocation *relocation) {
    const struct wasm_module *module = plan->code->module;
    return record->code_bytes >= 4 && relocation->offset <= record->code_bytes - 4 && relocation->function >= module->imported_function_count &&
           relocation->function < module->function_count;
}

static uint32_t planned_offset(const struct image_plan *plan, uint32_t function) {
    return plan->offsets[function - plan->code->module->imported_function_count];
}

/* The size of a function with the stubs that it will have; false when its relocations make no sense. */
static bool record_measure(const struct image_plan *plan, const struct code_record *record, uint32_t *size) {
    uint8_t stub[CODE_STUB_BYTES_MAX];
    uint64_t bytes = record->code_bytes;
    for (uint32_t i = 0; i < record->relocation_count; i++) {
        if (!relocation_is_right(plan, record, &record->relocations[i])) {
            return false;
        }
        if (planned_offset(plan, record->relocations[i].function) == 0) {
            bytes += code_write_stub(stub, 0);
        }
    }
    *size = (uint32_t)bytes;
    return bytes < CODE_BYTES_MAX;
}

static enum error plan_place(struct image_plan *plan) {
    const uint32_t imported = plan->code->module->imported_function_count;
    uint64_t end = 0;
    /* Which functions have code is known before their sizes, which depend on it. */
    for (uint32_t i = 0; i < plan->record_count; i++) {
        plan->offsets[plan->records[i]->function - imported] = 1;
    }
    for (uint32_t i = 0; i < plan->record_count; i++) {
        const struct code_record *record = plan->records[i];
        uint32_t size = 0;
        if (!record_measure(plan, record, &size) || end > CODE_BYTES_MAX) {
            return ERROR_LIMIT;
        }
        plan->offsets[record->function - imported] = (uint32_t)end + 1;
        plan->size_max = size > plan->size_max ? size : plan->size_max;
        plan->site_count += record->site_count;
        plan->relocation_count += record->relocation_count;
        end = round_up(end + size, FUNCTION_ALIGNMENT);
    }
    plan->code_bytes = round_up(end, page_bytes(plan->code->module));
    return ERROR_NONE;
}

/* Called functions by their numbers, which have no gaps; then the others. */
static void plan_order(struct image_plan *plan) {
    const struct wasm_module *module = plan->code->module;
    plan->called_count = plan->code->call_count;
    plan->record_count = plan->called_count;
    for (uint32_t function = module->imported_function_count; function < module->function_count; function++) {
        const struct code_record *record = module_code_record(plan->code, function);
        if (record != NULL) {
            plan->records[record->call_number != 0 ? record->call_number - 1 : plan->record_count++] = record;
        }
    }
}

enum error image_plan_make(struct image_plan *plan, const struct wasm_module *module) {
    *plan = (struct image_plan){0};
    if (module->code == NULL) {
        return ERROR_NONE;
    }
    struct budget *budget = module->code->budget;
    plan->code = module->code;
    plan->function_count = own_count(module);
    plan->offsets = budget_allocate_zeroed(budget, plan->function_count, sizeof *plan->offsets);
    plan->records = budget_allocate(budget, plan->function_count * sizeof *plan->records);
    enum error error = plan->offsets == NULL || plan->records == NULL ? ERROR_NO_MEMORY : ERROR_NONE;
    if (error == ERROR_NONE) {
        plan_order(plan);
        error = plan_place(plan);
    }
    if (error != ERROR_NONE) {
        image_plan_release(plan);
    }
    return error;
}

void image_plan_release(struct image_plan *plan) {
    if (plan->offsets != NULL) {
        budget_release(plan->code->budget, plan->offsets, plan->function_count * sizeof *plan->offsets);
    }
    if (plan->records != NULL) {
        budget_release(plan->code->budget, plan->records, plan->function_count * sizeof *plan->records);
    }
    *plan = (struct image_plan){0};
}

static void port_record(struct port *port, struct code_record *record) {
    port_u32(port, &record->offset);
    port_u32(port, &record->size);
    port_u32(port, &record->code_bytes);
    port_u32(port, &record->function);
    port_u32(port, &record->frame_bytes);
    port_u32(port, &record->prologue_bytes);
    port_u32(port, &record->site_count);
    port_u32(port, &record->relocation_count);
}
#define RECORD_BYTES 32u

void image_records_write(struct port *port, const struct image_plan *plan) {
    uint32_t called_count = plan->called_count;
    if (plan->record_count != 0) {
        port_u32(port, &called_count);
    }
    for (uint32_t i = 0; i < plan->record_count; i++) {
        struct code_record record = *plan->records[i];
        record.offset = planned_offset(plan, record.function) - 1;
        /* Measured before, so it is right. */
        const bool is_right = record_measure(plan, plan->records[i], &record.size);
        ASSERT(is_right);
        port_record(port, &record);
    }
}

/* A function at its new place: distances to others, and stubs for those that have no code. Returns its size. */
static uint32_t record_link(const struct image_plan *plan, const struct code_record *record, uint8_t *out, const struct instance_layout *layout) {
    const int64_t place = (int64_t)planned_offset(plan, record->function) - 1;
    uint32_t end = record->code_bytes;
    memcpy(out, record->bytes, record->code_bytes);
    for (uint32_t i = 0; i < record->relocation_count; i++) {
        const struct code_relocation *relocation = &record->relocations[i];
        const uint32_t planned = planned_offset(plan, relocation->function);
        int64_t target = (int64_t)planned - 1;
        if (planned == 0) {
            target = place + end;
            end += code_write_stub(out + end, layout->functions + relocation->function * (uint32_t)sizeof(struct wasm_function *));
        }
        bytes_store_u32(out + relocation->offset, (uint32_t)(target - (place + relocation->offset + 4)));
    }
    return end;
}

enum error image_code_write(struct image_writer *writer, const struct image_plan *plan) {
    if (plan->record_count == 0) {
        return ERROR_NONE;
    }
    const struct module_code *code = plan->code;
    uint8_t *scratch = budget_allocate(code->budget, plan->size_max);
    if (scratch == NULL) {
        return ERROR_NO_MEMORY;
    }
    struct instance_layout layout;
    instance_layout(code->module, &layout);
    for (uint32_t i = 0; i < plan->record_count; i++) {
        image_writer_add(writer, scratch, record_link(plan, plan->records[i], scratch, &layout));
        image_writer_pad(writer, FUNCTION_ALIGNMENT);
    }
    budget_release(code->budget, scratch, plan->size_max);
    image_writer_pad(writer, page_bytes(code->module));
    for (uint32_t i = 0; i < plan->record_count; i++) {
        image_writer_add(writer, plan->records[i]->sites, plan->records[i]->site_count * sizeof(struct code_site));
    }
    for (uint32_t i = 0; i < plan->record_count; i++) {
        image_writer_add(writer, plan->records[i]->relocations, plan->records[i]->relocation_count * sizeof(struct code_relocation));
    }
    return writer->error;
}

/* ---- Reading ---- */

/* What the records have taken so far of the code, the sites and the relocations. */
struct records_reader {
    struct port *port;
    const struct image_header *header;
    const struct code_site *sites;
    const struct code_relocation *relocations;
    uint64_t code_end, site_count, relocation_count;
};

static bool record_read(struct records_reader *reader, struct module_code *code, struct code_record *record) {
    const struct wasm_module *module = code->module;
    const struct image_header *header = reader->header;
    *record = (struct code_record){0};
    port_record(reader->port, record);
    if (reader->port->is_bad || record->offset < reader->code_end || record->offset > header->code_bytes ||
        record->size > header->code_bytes - record->offset || record->code_bytes > record->size || record->prologue_bytes > record->code_bytes ||
        record->function < module->imported_function_count || record->function >= module->function_count) {
        return false;
    }
    struct code_slot *slot = module_code_slot(code, record->function);
    if (slot->record != NULL || record->size == 0 || record->site_count > header->site_count - reader->site_count ||
        record->relocation_count > header->relocation_count - reader->relocation_count) {
        return false;
    }
    record->sites = reader->sites + reader->site_count;
    record->relocations = reader->relocations + reader->relocation_count;
    record->bytes = code->region + record->offset;
    slot->record = record;
    module_code_note(code, record);
    reader->code_end = (uint64_t)record->offset + record->size;
    reader->site_count += record->site_count;
    reader->relocation_count += record->relocation_count;
    return true;
}

static enum error records_read(struct records_reader *reader, struct module_code *code) {
    const uint32_t count = reader->header->record_count;
    port_u32(reader->port, &code->call_count);
    if (!port_has(reader->port, count, RECORD_BYTES) || code->call_count > count) {
        return ERROR_MALFORMED;
    }
    code->loaded = budget_allocate(code->budget, count * sizeof *code->loaded);
    if (code->loaded == NULL) {
        return ERROR_NO_MEMORY;
    }
    code->loaded_count = count;
    enum error error = module_code_reserve(code, count);
    for (uint32_t i = 0; i < count && error == ERROR_NONE; i++) {
        error = record_read(reader, code, &code->loaded[i]) ? ERROR_NONE : ERROR_MALFORMED;
        code->loaded[i].call_number = i < code->call_count ? i + 1 : 0;
    }
    const bool is_all = reader->site_count == reader->header->site_count && reader->relocation_count == reader->header->relocation_count;
    return error == ERROR_NONE && !is_all ? ERROR_MALFORMED : error;
}

static enum error code_copy(struct module_code *code, struct bytes content) {
    const struct wasm_host *host = code->engine->host;
    enum error error = host->commit(host->context, code->region, content.size);
    if (error != ERROR_NONE) {
        return error;
    }
    memcpy(code->region, content.data, content.size);
    return host->seal_code(host->context, code->region, content.size);
}

/* The code becomes the first part of the module's region. It is charged like code that is compiled: a program uses the same with an image and
   without. A host may refuse to map code, of a file system without execution say. */
static enum error code_map(struct module_code *code, const struct image_header *header, const struct wasm_image *image) {
    const struct wasm_host *host = code->engine->host;
    if (header->code_bytes > code->region_bytes || header->code_bytes % host->page_size != 0 || header->code_offset % host->page_size != 0) {
        return ERROR_MALFORMED;
    }
    enum error error = budget_charge(code->budget, header->code_bytes);
    if (error != ERROR_NONE) {
        return error;
    }
    code->used_bytes = header->code_bytes;
    code->committed_bytes = header->code_bytes;
    const size_t size = (size_t)header->code_bytes;
    if (image->has_object && host->map_code != NULL &&
        host->map_code(host->context, code->region, size, image->object, header->code_offset) == ERROR_NONE) {
        return ERROR_NONE;
    }
    return code_copy(code, (struct bytes){image->content.data + header->code_offset, size});
}

enum error image_code_read(struct port *port, struct wasm_module *module, const struct image_header *header, const struct wasm_image *image) {
    /* Without a host nothing is executed. */
    if (header->record_count == 0 || module->engine->host == NULL) {
        return ERROR_NONE;
    }
    struct module_code *code = NULL;
    enum error error = module_code_get(module, &code);
    if (error != ERROR_NONE) {
        return error;
    }
    const uint8_t *sites = image->content.data + header->code_offset + header->code_bytes;
    const uint8_t *relocations = sites + header->site_count * sizeof(struct code_site);
    struct records_reader reader = {
        .port = port,
        .header = header,
        .sites = (const struct code_site *)(const void *)sites,
        .relocations = (const struct code_relocation *)(const void *)relocations,
    };
    error = records_read(&reader, code);
    if (error == ERROR_NONE) {
        error = code_map(code, header, image);
    }
    if (error == ERROR_NONE) {
        module_code_announce(code, 0);
    }
    return error;
}
