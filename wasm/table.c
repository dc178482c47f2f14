/* Tables. Owns the storage: address space for the table's capacity, of which the part in use is committed, so that
   elements never move. Committed bytes are charged to the store's budget. */
#include "base/bits.h"
#include "base/assert.h"
#include "wasm/store.h"

static const struct wasm_host *table_host(const struct wasm_table *table) {
    return table->store->engine->host;
}

/* What is reserved: all that the table can hold, and what a host may append. */
static uint64_t table_reserved_bytes(const struct wasm_table *table) {
    uint64_t count = (uint64_t)table->capacity + 1 + WASM_TABLE_APPENDED_MAX;
    return round_up(count * sizeof *table->elements, table_host(table)->page_size);
}

/* Where the pages begin that were committed for what was appended. */
static uint64_t appended_begin(const struct wasm_table *table) {
    uint64_t page_size = table_host(table)->page_size;
    return table->appended_bytes == 0 ? UINT64_MAX : (uint64_t)table->appended_first * sizeof *table->elements / page_size * page_size;
}

static enum error commit_charged(struct wasm_table *table, uint64_t from, uint64_t bytes) {
    const struct wasm_host *host = table_host(table);
    if (budget_charge(table->store->budget, bytes) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    if (host->commit(host->context, (uint8_t *)table->elements + from, (size_t)bytes) != ERROR_NONE) {
        budget_refund(table->store->budget, bytes);
        return ERROR_NO_MEMORY;
    }
    return ERROR_NONE;
}

static enum error table_commit(struct wasm_table *table, uint32_t size) {
    uint64_t needed = round_up((uint64_t)size * sizeof *table->elements, table_host(table)->page_size);
    if (needed > appended_begin(table)) {
        needed = appended_begin(table);
    }
    if (needed <= table->committed_bytes) {
        return ERROR_NONE;
    }
    enum error error = commit_charged(table, table->committed_bytes, needed - table->committed_bytes);
    if (error == ERROR_NONE) {
        table->committed_bytes = needed;
    }
    return error;
}

enum error table_create(struct wasm_store *store, uint8_t element_type, const struct wasm_limits *limits, void *initial, struct wasm_table **out) {
    if (limits->minimum > LIMIT_TABLE_ELEMENTS) {
        return ERROR_LIMIT;
    }
    struct wasm_table *table = arena_allocate_zeroed(&store->arena, 1, sizeof *table);
    if (table == NULL) {
        return ERROR_NO_MEMORY;
    }
    table->store = store;
    table->limits = *limits;
    table->element_type = element_type;
    table->appended_first = UINT32_MAX;
    table->capacity = limits->has_maximum && limits->maximum < LIMIT_TABLE_ELEMENTS ? limits->maximum : LIMIT_TABLE_ELEMENTS;
    const struct wasm_host *host = store->engine->host;
    void *elements;
    if (host->reserve(host->context, (size_t)table_reserved_bytes(table), &elements) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    table->elements = elements;
    list_push_back(&store->tables, &table->link);
    if (wasm_table_grow(table, limits->minimum, initial) == UINT32_MAX) {
        table_destroy(table);
        return ERROR_NO_MEMORY;
    }
    *out = table;
    return ERROR_NONE;
}

enum error wasm_table_create(struct wasm_store *store, uint8_t element_type, const struct wasm_limits *limits, void *initial,
                             struct wasm_table **out) {
    bool is_reference = element_type == WASM_FUNCREF || element_type == WASM_EXTERNREF;
    if (!is_reference || (limits->has_maximum && limits->maximum < limits->minimum)) {
        return ERROR_ARGUMENT;
    }
    return table_create(store, element_type, limits, initial, out);
}

void table_destroy(struct wasm_table *table) {
    const struct wasm_host *host = table_host(table);
    list_remove(&table->link);
    host->unreserve(host->context, table->elements, (size_t)table_reserved_bytes(table));
    budget_refund(table->store->budget, table->committed_bytes + table->appended_bytes);
}

uint32_t wasm_table_size(const struct wasm_table *table) {
    return table->size;
}

uint32_t wasm_table_grow(struct wasm_table *table, uint32_t count, void *initial) {
    uint32_t old_size = table->size;
    if (count > table->capacity - old_size || table_commit(table, old_size + count) != ERROR_NONE) {
        return UINT32_MAX;
    }
    table->size += count;
    if (table->appended_first == UINT32_MAX) {
        table->call_size = table->size;
    }
    for (uint32_t index = old_size; index < table->size; index++) {
        table->elements[index] = initial;
    }
    return old_size;
}

enum error wasm_table_append(struct wasm_table *table, struct wasm_function *const *functions, uint32_t count, uint32_t *first) {
    if (table->appended_first != UINT32_MAX || count == 0 || count > WASM_TABLE_APPENDED_MAX || table->element_type != WASM_FUNCREF) {
        return ERROR_ARGUMENT;
    }
    uint32_t index = table->capacity == 0 ? 1 : table->capacity;
    uint64_t page_size = table_host(table)->page_size;
    uint64_t begin = (uint64_t)index * sizeof *table->elements / page_size * page_size;
    uint64_t end = round_up((uint64_t)(index + count) * sizeof *table->elements, page_size);
    begin = begin < table->committed_bytes ? table->committed_bytes : begin;
    if (end > begin) {
        if (commit_charged(table, begin, end - begin) != ERROR_NONE) {
            return ERROR_NO_MEMORY;
        }
        table->appended_bytes = end - begin;
    }
    for (uint32_t number = 0; number < count; number++) {
        ASSERT(functions[number]->store == table->store);
        table->elements[index + number] = functions[number];
    }
    table->appended_first = index;
    table->call_size = index + count;
    *first = index;
    return ERROR_NONE;
}

enum error wasm_table_get(const struct wasm_table *table, uint32_t index, void **out) {
    if (index >= table->size) {
        return ERROR_ARGUMENT;
    }
    *out = table->elements[index];
    return ERROR_NONE;
}

enum error wasm_table_set(struct wasm_table *table, uint32_t index, void *reference) {
    if (index >= table->size) {
        return ERROR_ARGUMENT;
    }
    table->elements[index] = reference;
    return ERROR_NONE;
}

static bool table_range_ok(const struct wasm_table *table, uint32_t first, uint32_t count) {
    return first <= table->size && count <= table->size - first;
}

bool table_fill(struct wasm_table *table, uint32_t to, void *value, uint32_t count) {
    if (!table_range_ok(table, to, count)) {
        return false;
    }
    for (uint32_t index = 0; index < count; index++) {
        table->elements[to + index] = value;
    }
    return true;
}

bool table_copy(struct wasm_table *to_table, uint32_t to, const struct wasm_table *from_table, uint32_t from, uint32_t count) {
    if (!table_range_ok(to_table, to, count) || !table_range_ok(from_table, from, count)) {
        return false;
    }
    memmove(to_table->elements + to, from_table->elements + from, count * sizeof *to_table->elements);
    return true;
}
