/* Tables. Owns the storage: address space for the table's capacity, of which the part in use is committed, so that
   elements never move. Committed bytes are charged to the store's budget. */
#include "base/bits.h"
#include "base/assert.h"
#include "wasm/store.h"

static const struct wasm_host *table_host(const struct wasm_table *table) {
    return table->store->engine->host;
}

/* What is reserved: never nothing, so that every table has an address of its own. */
static uint64_t table_reserved_bytes(const struct wasm_table *table) {
    uint64_t bytes = (uint64_t)table->capacity * sizeof *table->elements;
    return round_up(bytes == 0 ? 1 : bytes, table_host(table)->page_size);
}

static enum error table_commit(struct wasm_table *table, uint32_t size) {
    const struct wasm_host *host = table_host(table);
    uint64_t needed = round_up((uint64_t)size * sizeof *table->elements, host->page_size);
    if (needed <= table->committed_bytes) {
        return ERROR_NONE;
    }
    uint64_t bytes = needed - table->committed_bytes;
    if (budget_charge(table->store->budget, bytes) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    if (host->commit(host->context, (uint8_t *)table->elements + table->committed_bytes, (size_t)bytes) != ERROR_NONE) {
        budget_refund(table->store->budget, bytes);
        return ERROR_NO_MEMORY;
    }
    table->committed_bytes = needed;
    return ERROR_NONE;
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
    budget_refund(table->store->budget, table->committed_bytes);
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
    for (uint32_t index = old_size; index < table->size; index++) {
        table->elements[index] = initial;
    }
    return old_size;
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
