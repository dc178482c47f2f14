/* The region that holds a module's compiled functions, and searching it by address. */
#include "base/bits.h"
#include "wasm/code/module_code.h"
#include "base/assert.h"

/* A call of a function that is not compiled yet leads to a stub behind the caller's code: x86-64 takes 10 bytes for one. */
#define REGION_FIXED_BYTES  (1ull << 20)
#define REGION_PER_BYTE     24u          /* of address space, a byte of WASM code */
#define REGION_PER_FUNCTION 8192u        /* a function may have pages of its own */
#define REGION_BYTES_MAX    (1ull << 31) /* what a 32-bit distance spans */

static uint32_t own_function_count(const struct wasm_module *module) {
    return module->function_count - module->imported_function_count;
}

static enum error module_code_create(const struct wasm_module *module, struct module_code **out) {
    struct wasm_engine *engine = module->engine;
    struct budget *budget = module->arena.budget;
    struct module_code *code = budget_allocate_zeroed(budget, 1, sizeof *code);
    if (code == NULL) {
        return ERROR_NO_MEMORY;
    }
    code->module = module;
    code->engine = engine;
    code->budget = budget;
    arena_init(&code->arena, budget);
    list_init(&code->link);
    code->entries = budget_allocate_zeroed(budget, own_function_count(module), sizeof *code->entries);
    uint64_t bytes = REGION_FIXED_BYTES + module->code_bytes * REGION_PER_BYTE + (uint64_t)module->function_count * REGION_PER_FUNCTION;
    code->region_bytes = round_up(bytes < REGION_BYTES_MAX ? bytes : REGION_BYTES_MAX, WASM_PAGE_SIZE);
    void *region = NULL;
    if (code->entries == NULL || engine->host->reserve(engine->host->context, (size_t)code->region_bytes, &region) != ERROR_NONE) {
        module_code_destroy(code);
        return ERROR_NO_MEMORY;
    }
    code->region = region;
    list_push_back(&engine->codes, &code->link);
    *out = code;
    return ERROR_NONE;
}

enum error module_code_get(const struct wasm_module *module, struct module_code **out) {
    if (module->code == NULL) {
        /* A module is immutable to its users; what is compiled of it is the engine's. */
        enum error error = module_code_create(module, &((struct wasm_module *)module)->code);
        if (error != ERROR_NONE) {
            return error;
        }
    }
    *out = module->code;
    return ERROR_NONE;
}

void module_code_destroy(struct module_code *code) {
    const struct wasm_host *host = code->engine->host;
    list_remove(&code->link);
    if (code->region != NULL) {
        host->unreserve(host->context, code->region, (size_t)code->region_bytes);
    }
    budget_refund(code->budget, code->used_bytes);
    arena_end(&code->arena);
    if (code->records != NULL) {
        budget_release(code->budget, code->records, code->record_capacity * sizeof *code->records);
    }
    if (code->entries != NULL) {
        budget_release(code->budget, code->entries, own_function_count(code->module) * sizeof *code->entries);
    }
    budget_release(code->budget, code, sizeof *code);
}

const uint8_t *module_code_find(const struct module_code *code, uint32_t function) {
    uint32_t entry = code->entries[function - code->module->imported_function_count];
    return entry == 0 ? NULL : code->region + (entry - 1);
}

/* ---- Adding ---- */

static enum error records_make_room(struct module_code *code) {
    if (code->record_count < code->record_capacity) {
        return ERROR_NONE;
    }
    uint32_t capacity = code->record_capacity == 0 ? 64 : code->record_capacity * 2;
    struct code_record *records = budget_reallocate(code->budget, code->records, code->record_capacity * sizeof *records, capacity * sizeof *records);
    if (records == NULL) {
        return ERROR_NO_MEMORY;
    }
    code->records = records;
    code->record_capacity = capacity;
    return ERROR_NONE;
}

/* Fills in the distances of direct calls; a function without code is called through a stub, added at `stubs`. Returns the stubs' end. */
static uint8_t *relocate(struct module_code *code, uint8_t *at, uint8_t *stubs, const struct code *compiled, const struct instance_layout *layout) {
    for (uint32_t index = 0; index < compiled->relocation_count; index++) {
        const struct code_relocation *relocation = &compiled->relocations[index];
        uint8_t *field = at + relocation->offset;
        const uint8_t *target = module_code_find(code, relocation->function);
        if (target == NULL) {
            target = stubs;
            stubs += code_write_stub(stubs, layout->functions + relocation->function * (uint32_t)sizeof(struct wasm_function *));
        }
        bytes_store_u32(field, (uint32_t)(target - (field + 4)));
    }
    return stubs;
}

enum error module_code_add(struct module_code *code, uint32_t function, const struct code *compiled) {
    const struct wasm_host *host = code->engine->host;
    uint64_t needed = compiled->size + (uint64_t)compiled->relocation_count * CODE_STUB_BYTES_MAX;
    uint64_t bytes = round_up(needed, host->page_size);
    struct code_site *sites = arena_allocate(&code->arena, compiled->site_count * sizeof *sites);
    struct code_relocation *relocations = arena_allocate(&code->arena, compiled->relocation_count * sizeof *relocations);
    if (sites == NULL || relocations == NULL || records_make_room(code) != ERROR_NONE || bytes > code->region_bytes - code->used_bytes ||
        budget_charge(code->budget, bytes) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    uint8_t *at = code->region + code->used_bytes;
    if (host->commit(host->context, at, (size_t)bytes) != ERROR_NONE) {
        budget_refund(code->budget, bytes);
        return ERROR_NO_MEMORY;
    }
    struct instance_layout layout;
    instance_layout(code->module, &layout);
    memcpy(at, compiled->bytes, compiled->size);
    if (compiled->site_count != 0) {
        memcpy(sites, compiled->sites, compiled->site_count * sizeof *sites);
    }
    if (compiled->relocation_count != 0) {
        memcpy(relocations, compiled->relocations, compiled->relocation_count * sizeof *relocations);
    }
    /* Its own address first, so that a function that calls itself does so directly. */
    code->entries[function - code->module->imported_function_count] = (uint32_t)code->used_bytes + 1;
    uint8_t *end = relocate(code, at, at + compiled->size, compiled, &layout);
    enum error error = host->seal_code(host->context, at, (size_t)bytes);
    ASSERT(error == ERROR_NONE);
    code->records[code->record_count++] = (struct code_record){
        .offset = (uint32_t)code->used_bytes,
        .size = (uint32_t)(end - at),
        .code_bytes = compiled->size,
        .function = function,
        .frame_bytes = compiled->frame_bytes,
        .prologue_bytes = compiled->prologue_bytes,
        .site_count = compiled->site_count,
        .sites = sites,
        .relocation_count = compiled->relocation_count,
        .relocations = relocations,
    };
    code->used_bytes += bytes;
    return ERROR_NONE;
}

/* ---- Searching ---- */

static const struct code_record *record_at(const struct module_code *code, uint64_t offset) {
    uint32_t low = 0, high = code->record_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (code->records[middle].offset <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || offset - code->records[low - 1].offset >= code->records[low - 1].size) {
        return NULL;
    }
    return &code->records[low - 1];
}

const struct code_record *engine_code_at(const struct wasm_engine *engine, uintptr_t address, const struct module_code **out) {
    LIST_EACH(link, &engine->codes) {
        const struct module_code *code = LIST_ENTRY(link, struct module_code, link);
        uint64_t offset = address - (uintptr_t)code->region;
        if (offset < code->used_bytes) {
            *out = code;
            return record_at(code, offset);
        }
    }
    return NULL;
}

const struct code_site *code_site_at(const struct module_code *code, const struct code_record *record, uintptr_t address) {
    uint32_t offset = (uint32_t)(address - (uintptr_t)code->region) - record->offset;
    uint32_t low = 0, high = record->site_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (record->sites[middle].offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < record->site_count && record->sites[low].offset == offset ? &record->sites[low] : NULL;
}
