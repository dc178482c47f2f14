/* The records of a module's compiled functions, the region that they are mapped in, and searching it by address. */
#include "wasm/code/module_code.h"
#include "base/assert.h"
#include "base/bits.h"

/* A call of a function that was not called yet leads to a stub behind the caller's code: x86-64 takes 10 bytes for one. */
#define REGION_FIXED_BYTES  (1ull << 20)
#define REGION_PER_BYTE     24u          /* of address space, a byte of WASM code */
#define REGION_PER_FUNCTION 8192u        /* a function has pages of its own */
#define REGION_BYTES_MAX    (1ull << 31) /* what a 32-bit distance spans */
#define REGION_STEP_BYTES   65536u       /* committed at a time, where there is room: two calls of the host less for most functions */

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
    budget_init(&code->call_budget, budget, BUDGET_UNLIMITED);
    list_init(&code->link);
    code->slots = budget_allocate_zeroed(budget, own_function_count(module), sizeof *code->slots);
    code->expected = budget_allocate_zeroed(budget, own_function_count(module), sizeof *code->expected);
    uint64_t bytes = REGION_FIXED_BYTES + module->code_bytes * REGION_PER_BYTE + (uint64_t)module->function_count * REGION_PER_FUNCTION;
    code->region_bytes = round_up(bytes < REGION_BYTES_MAX ? bytes : REGION_BYTES_MAX, WASM_PAGE_SIZE);
    void *region = NULL;
    if (code->slots == NULL || code->expected == NULL ||
        engine->host->reserve(engine->host->context, (size_t)code->region_bytes, &region) != ERROR_NONE) {
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

static void slots_release(struct module_code *code) {
    const uint32_t count = own_function_count(code->module);
    for (uint32_t i = 0; i < count; i++) {
        if (code->slots[i].record != NULL) {
            code_record_release(code->slots[i].record);
        }
    }
    budget_release(code->budget, code->slots, count * sizeof *code->slots);
}

void module_code_destroy(struct module_code *code) {
    const struct wasm_host *host = code->engine->host;
    ASSERT(code->worker_count == 0);
    const struct wasm_code_watch *watch = code->engine->code_watch;
    if (watch != NULL && code->mapped_count != 0) {
        watch->removed(watch->context, code->module);
    }
    list_remove(&code->link);
    if (code->region != NULL) {
        host->unreserve(host->context, code->region, (size_t)code->region_bytes);
    }
    budget_refund(code->budget, code->committed_bytes);
    if (code->slots != NULL) {
        slots_release(code);
    }
    if (code->expected != NULL) {
        budget_release(code->budget, code->expected, own_function_count(code->module) * sizeof *code->expected);
    }
    if (code->mapped != NULL) {
        budget_release(code->budget, code->mapped, code->mapped_capacity * sizeof(struct code_record *));
    }
    if (code->loaded != NULL) {
        budget_release(code->budget, code->loaded, code->loaded_count * sizeof *code->loaded);
    }
    budget_release(code->budget, code, sizeof *code);
}

/* ---- Records ---- */

struct code_record *code_record_make(struct budget *budget, uint32_t function, const struct code *compiled, bool with_bytes) {
    const size_t site_bytes = compiled->site_count * sizeof(struct code_site);
    const size_t relocation_bytes = compiled->relocation_count * sizeof(struct code_relocation);
    const size_t block_bytes = sizeof(struct code_record) + site_bytes + relocation_bytes + (with_bytes ? compiled->size : 0);
    struct code_record *record = budget_allocate(budget, block_bytes);
    if (record == NULL) {
        return NULL;
    }
    uint8_t *sites = (uint8_t *)(record + 1), *relocations = sites + site_bytes, *bytes = relocations + relocation_bytes;
    if (site_bytes != 0) {
        memcpy(sites, compiled->sites, site_bytes);
    }
    if (relocation_bytes != 0) {
        memcpy(relocations, compiled->relocations, relocation_bytes);
    }
    if (with_bytes) {
        memcpy(bytes, compiled->bytes, compiled->size);
    }
    *record = (struct code_record){
        .function = function,
        .code_bytes = compiled->size,
        .frame_bytes = compiled->frame_bytes,
        .prologue_bytes = compiled->prologue_bytes,
        .site_count = compiled->site_count,
        .relocation_count = compiled->relocation_count,
        .sites = (const struct code_site *)(const void *)sites,
        .relocations = (const struct code_relocation *)(const void *)relocations,
        .budget = budget,
        .block_bytes = block_bytes,
        .bytes = with_bytes ? bytes : NULL,
        .offset = RECORD_NOT_MAPPED,
    };
    return record;
}

void code_record_release(struct code_record *record) {
    if (record->budget != NULL) {
        budget_release(record->budget, record, record->block_bytes);
    }
}

struct code_record *module_code_publish(struct module_code *code, struct code_record *record) {
    struct code_record *found = NULL;
    struct code_slot *slot = module_code_slot(code, record->function);
    if (!__atomic_compare_exchange_n(&slot->record, &found, record, false, __ATOMIC_SEQ_CST, __ATOMIC_ACQUIRE)) {
        code_record_release(record);
        return found;
    }
    /* First the record, then the look at who wants it; who wants it does it the other way round. */
    if (__atomic_load_n(&code->called, __ATOMIC_SEQ_CST) == record->function) {
        budget_set_closed(&code->call_budget, true);
    }
    return record;
}

/* ---- Mapping ---- */

const uint8_t *module_code_find(const struct module_code *code, uint32_t function) {
    const struct code_record *record = module_code_record(code, function);
    return record == NULL || record->offset == RECORD_NOT_MAPPED ? NULL : record->bytes;
}

enum error module_code_reserve(struct module_code *code, uint32_t count) {
    if (count <= code->mapped_capacity - code->mapped_count) {
        return ERROR_NONE;
    }
    const uint32_t twice = code->mapped_capacity == 0 ? 64 : code->mapped_capacity * 2;
    const uint32_t capacity = twice > code->mapped_count + count ? twice : code->mapped_count + count;
    const size_t size = sizeof(struct code_record *);
    struct code_record **mapped = budget_reallocate(code->budget, code->mapped, code->mapped_capacity * size, capacity * size);
    if (mapped == NULL) {
        return ERROR_NO_MEMORY;
    }
    code->mapped = mapped;
    code->mapped_capacity = capacity;
    return ERROR_NONE;
}

void module_code_note(struct module_code *code, struct code_record *record) {
    ASSERT(code->mapped_count < code->mapped_capacity);
    code->mapped[code->mapped_count++] = record;
}

/* Charges and commits this much more of the region. */
static enum error region_grow(struct module_code *code, uint64_t bytes) {
    const struct wasm_host *host = code->engine->host;
    if (bytes > code->region_bytes - code->committed_bytes || budget_charge(code->budget, bytes) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    enum error error = host->commit(host->context, code->region + code->committed_bytes, (size_t)bytes);
    if (error != ERROR_NONE) {
        budget_refund(code->budget, bytes);
        return error;
    }
    code->committed_bytes += bytes;
    return ERROR_NONE;
}

/* Makes so many bytes behind the sealed ones writable. */
static enum error region_make_room(struct module_code *code, uint64_t bytes) {
    const uint64_t ready = code->committed_bytes - code->used_bytes;
    if (bytes <= ready) {
        return ERROR_NONE;
    }
    return region_grow(code, round_up(bytes - ready, REGION_STEP_BYTES)) == ERROR_NONE ? ERROR_NONE : region_grow(code, bytes - ready);
}

/* Where a direct call of a function goes, or NULL: to its stub. Calls of what was not called yet go through stubs even when there is code for
   it, so that the order of first calls becomes known. A function may call itself. */
static const uint8_t *target_of(const struct module_code *code, uint32_t function, const struct code_record *caller) {
    const struct code_record *target = module_code_record(code, function);
    return target != NULL && (target == caller || target->call_number != 0) ? target->bytes : NULL;
}

/* Fills in the distances of direct calls of a record that is at its place; stubs come behind it. Returns their end. */
static uint8_t *record_link(const struct module_code *code, const struct code_record *record, uint8_t *at) {
    struct instance_layout layout;
    uint8_t *stubs = at + record->code_bytes;
    instance_layout(code->module, &layout);
    for (uint32_t index = 0; index < record->relocation_count; index++) {
        const struct code_relocation *relocation = &record->relocations[index];
        uint8_t *field = at + relocation->offset;
        const uint8_t *target = target_of(code, relocation->function, record);
        if (target == NULL) {
            target = stubs;
            stubs += code_write_stub(stubs, layout.functions + relocation->function * (uint32_t)sizeof(struct wasm_function *));
        }
        bytes_store_u32(field, (uint32_t)(target - (field + 4)));
    }
    return stubs;
}

/* Whole pages, since what is sealed is not written again. */
static uint64_t record_pages(const struct module_code *code, const struct code_record *record) {
    const uint64_t bytes = record->code_bytes + (uint64_t)record->relocation_count * CODE_STUB_BYTES_MAX;
    return round_up(bytes, code->engine->host->page_size);
}

enum error module_code_make_room(struct module_code *code, const struct code_record *record) {
    enum error error = module_code_reserve(code, 1);
    return error != ERROR_NONE ? error : region_make_room(code, record_pages(code, record));
}

void module_code_map(struct module_code *code, struct code_record *record, const uint8_t *bytes) {
    const struct wasm_host *host = code->engine->host;
    const uint64_t pages = record_pages(code, record);
    uint8_t *at = code->region + code->used_bytes;
    ASSERT(record->offset == RECORD_NOT_MAPPED && pages <= code->committed_bytes - code->used_bytes);
    memcpy(at, bytes, record->code_bytes);
    record->bytes = at;
    record->offset = (uint32_t)code->used_bytes;
    record->size = (uint32_t)(record_link(code, record, at) - at);
    enum error error = host->seal_code(host->context, at, (size_t)pages);
    ASSERT(error == ERROR_NONE);
    code->used_bytes += pages;
    module_code_note(code, record);
    module_code_announce(code, code->mapped_count - 1);
}

/* ---- Searching ---- */

static const struct code_record *record_at(const struct module_code *code, uint64_t offset) {
    uint32_t low = 0, high = code->mapped_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (code->mapped[middle]->offset <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || offset - code->mapped[low - 1]->offset >= code->mapped[low - 1]->size) {
        return NULL;
    }
    return code->mapped[low - 1];
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
