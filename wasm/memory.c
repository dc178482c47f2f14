/* Linear memories and their windows. Owns the slot: 8 GiB of address space and a guard, of which [0, size) is committed.
   The base never moves. Every committed byte is charged to the store's budget. */
#include "base/assert.h"
#include "wasm/store.h"

#define MEMORY_PAGES_MAX               65536u
#define MEMORY_PAGES_MAX_BELOW_WINDOWS (WASM_WINDOW_FIRST / WASM_PAGE_SIZE)

static const struct wasm_host *memory_host(const struct wasm_memory *memory) {
    return memory->store->engine->host;
}

/* Charges and commits the pages behind the present size. */
static enum error memory_extend(struct wasm_memory *memory, uint32_t pages) {
    uint64_t bytes = (uint64_t)pages * WASM_PAGE_SIZE;
    if (bytes == 0) {
        return ERROR_NONE;
    }
    if (budget_charge(memory->store->budget, bytes) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    const struct wasm_host *host = memory_host(memory);
    if (host->commit(host->context, memory->base + memory->size_bytes, (size_t)bytes) != ERROR_NONE) {
        memory->is_unclear = true;
        budget_refund(memory->store->budget, bytes);
        return ERROR_NO_MEMORY;
    }
    memory->size_bytes += bytes;
    return ERROR_NONE;
}

/* The address space of a memory: a whole slot, or, where each access is checked, what the memory may grow to and a guard. Hosts that need
   checks are those without much address space, so that halves down to the least that will do. */
static enum error memory_reserve(struct wasm_memory *memory, uint32_t pages_least) {
    const struct wasm_host *host = memory_host(memory);
    void *base = NULL;
    enum error error = ERROR_NO_MEMORY;
    const bool check_bounds = memory->store->engine->compile_options.check_bounds;
    if (!check_bounds) {
        memory->slot_bytes = MEMORY_SLOT_BYTES;
        error = host->reserve(host->context, MEMORY_SLOT_BYTES, &base);
    }
    while (check_bounds && error != ERROR_NONE) {
        memory->slot_bytes = (uint64_t)memory->growth_max * WASM_PAGE_SIZE + MEMORY_GUARD_BYTES;
        error = host->reserve(host->context, (size_t)memory->slot_bytes, &base);
        if (error != ERROR_NONE && memory->growth_max / 2 < pages_least + 1) {
            break;
        }
        memory->growth_max = error == ERROR_NONE ? memory->growth_max : memory->growth_max / 2;
    }
    memory->base = base;
    return error == ERROR_NONE ? ERROR_NONE : ERROR_NO_MEMORY;
}

enum error memory_create(struct wasm_store *store, const struct wasm_limits *pages, bool windows, struct wasm_memory *memory) {
    uint32_t pages_max = windows ? MEMORY_PAGES_MAX_BELOW_WINDOWS : MEMORY_PAGES_MAX;
    if (pages->minimum > pages_max) {
        return ERROR_LIMIT;
    }
    memory->store = store;
    memory->limits = *pages;
    memory->growth_max = pages->has_maximum && pages->maximum < pages_max ? pages->maximum : pages_max;
    memory->has_windows = windows && !store->engine->compile_options.check_bounds;
    if (memory_reserve(memory, pages->minimum) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    list_push_back(&store->memories, &memory->link);
    if (memory_extend(memory, pages->minimum) != ERROR_NONE) {
        memory_destroy(memory);
        return ERROR_NO_MEMORY;
    }
    return ERROR_NONE;
}

enum error wasm_memory_create(struct wasm_store *store, const struct wasm_limits *pages, struct wasm_memory **out) {
    if (pages->has_maximum && pages->maximum < pages->minimum) {
        return ERROR_ARGUMENT;
    }
    struct wasm_memory *memory = arena_allocate_zeroed(&store->arena, 1, sizeof *memory);
    enum error error = memory == NULL ? ERROR_NO_MEMORY : memory_create(store, pages, false, memory);
    if (error == ERROR_NONE) {
        *out = memory;
    }
    return error;
}

/* Windows that are so close are ended together, with what is between them. */
#define WINDOW_GAP_BYTES (256u << 10)

/* Whatever is in a slot goes with it, but a host that keeps slots gets it empty: looking through all of it takes longer. */
static void slot_give(struct wasm_memory *memory) {
    const struct wasm_host *host = memory_host(memory);
    if (host->unreserve_empty == NULL || memory->is_unclear) {
        host->unreserve(host->context, memory->base, (size_t)memory->slot_bytes);
        return;
    }
    host->decommit(host->context, memory->base, (size_t)memory->size_bytes);
    for (uint32_t index = 0; index < memory->window_count;) {
        const struct memory_window *first = &memory->windows[index], *last = first;
        for (index++; index < memory->window_count && memory->windows[index].address - last->address - last->size < WINDOW_GAP_BYTES; index++) {
            last = &memory->windows[index];
        }
        host->decommit(host->context, memory->base + first->address, (size_t)(last->address - first->address) + last->size);
    }
    host->unreserve_empty(host->context, memory->base, (size_t)memory->slot_bytes);
}

void memory_destroy(struct wasm_memory *memory) {
    list_remove(&memory->link);
    slot_give(memory);
    budget_refund(memory->store->budget, memory->size_bytes);
    budget_release(memory->store->budget, memory->windows, memory->window_capacity * sizeof *memory->windows);
}

uint32_t wasm_memory_pages(const struct wasm_memory *memory) {
    return (uint32_t)(memory->size_bytes / WASM_PAGE_SIZE);
}

uint32_t wasm_memory_grow(struct wasm_memory *memory, uint32_t pages) {
    uint32_t old_pages = wasm_memory_pages(memory);
    if ((uint64_t)old_pages + pages > memory->growth_max) {
        return UINT32_MAX;
    }
    return memory_extend(memory, pages) == ERROR_NONE ? old_pages : UINT32_MAX;
}

/* The number of windows that start at or below the address: where a new one would be put. */
static uint32_t window_position(const struct wasm_memory *memory, uint64_t address) {
    uint32_t low = 0, high = memory->window_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (memory->windows[middle].address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static const struct memory_window *window_find(const struct wasm_memory *memory, uint64_t address) {
    uint32_t position = window_position(memory, address);
    if (position == 0) {
        return NULL;
    }
    const struct memory_window *window = &memory->windows[position - 1];
    return address - window->address < window->size ? window : NULL;
}

uint8_t *wasm_memory_range(const struct wasm_memory *memory, uint64_t address, uint64_t length, enum wasm_access access) {
    if (address <= memory->size_bytes && length <= memory->size_bytes - address) {
        return memory->base + address;
    }
    const struct memory_window *window = window_find(memory, address);
    if (window == NULL || length > window->size - (address - window->address)) {
        return NULL;
    }
    if (access == WASM_ACCESS_READ_WRITE && window->access == WASM_ACCESS_READ) {
        return NULL;
    }
    return memory->base + address;
}

struct wasm_memory_view wasm_memory_view(const struct wasm_memory *memory) {
    return (struct wasm_memory_view){.base = memory->base, .size_bytes = &memory->size_bytes};
}

enum error wasm_memory_reserve_windows(struct wasm_memory *memory, uint32_t count) {
    if (count <= memory->window_capacity) {
        return ERROR_NONE;
    }
    uint32_t capacity = memory->window_capacity == 0 ? 8 : memory->window_capacity * 2;
    capacity = capacity < count ? count : capacity;
    size_t size = sizeof *memory->windows;
    void *windows = budget_reallocate(memory->store->budget, memory->windows, memory->window_capacity * size, capacity * size);
    if (windows == NULL) {
        return ERROR_NO_MEMORY;
    }
    memory->windows = windows;
    memory->window_capacity = capacity;
    return ERROR_NONE;
}

/* Whether there may be a window, and there is room to note it: at which position. */
static enum error window_place(struct wasm_memory *memory, const struct wasm_window *window, uint32_t *position) {
    uint64_t end = (uint64_t)window->address + window->size;
    if (!memory->has_windows || window->size == 0 || window->address % WASM_PAGE_SIZE != 0 || window->address < WASM_WINDOW_FIRST ||
        end > WASM_WINDOW_END) {
        return ERROR_ARGUMENT;
    }
    const struct wasm_host *host = memory_host(memory);
    if (window->size % host->page_size != 0 || window->offset % host->page_size != 0) {
        return ERROR_ARGUMENT;
    }
    *position = window_position(memory, window->address);
    const struct memory_window *below = *position > 0 ? &memory->windows[*position - 1] : NULL;
    const struct memory_window *above = *position < memory->window_count ? &memory->windows[*position] : NULL;
    if ((below != NULL && (uint64_t)below->address + below->size > window->address) || (above != NULL && above->address < end)) {
        return ERROR_ARGUMENT;
    }
    return wasm_memory_reserve_windows(memory, memory->window_count + 1);
}

static void window_insert(struct wasm_memory *memory, uint32_t position, const struct wasm_window *window) {
    struct memory_window *at = &memory->windows[position];
    memmove(at + 1, at, (memory->window_count - position) * sizeof *at);
    *at = (struct memory_window){.address = window->address, .size = window->size, .access = window->access};
    memory->window_count++;
}

static void window_remove(struct wasm_memory *memory, struct memory_window *window) {
    memory->window_count--;
    memmove(window, window + 1, (size_t)(memory->windows + memory->window_count - window) * sizeof *window);
}

/* The window that starts here, or NULL. */
static struct memory_window *window_at(struct wasm_memory *memory, uint32_t address) {
    uint32_t position = window_position(memory, address);
    return position > 0 && memory->windows[position - 1].address == address ? &memory->windows[position - 1] : NULL;
}

enum error wasm_memory_map_window(struct wasm_memory *memory, const struct wasm_window *window) {
    uint32_t position;
    enum error error = window_place(memory, window, &position);
    if (error == ERROR_NONE) {
        const struct wasm_host *host = memory_host(memory);
        error = host->map(host->context, memory->base + window->address, window->size, window->object, window->offset, window->access);
        memory->is_unclear |= error != ERROR_NONE;
    }
    if (error == ERROR_NONE) {
        window_insert(memory, position, window);
    }
    return error;
}

enum error wasm_memory_unmap_window(struct wasm_memory *memory, uint32_t address) {
    struct memory_window *window = window_at(memory, address);
    if (window == NULL) {
        return ERROR_NOT_FOUND;
    }
    const struct wasm_host *host = memory_host(memory);
    host->decommit(host->context, memory->base + address, window->size);
    window_remove(memory, window);
    return ERROR_NONE;
}

/* The pages go along as they are in the tables of the processor, where the host can do that. On an error nothing has changed. */
static enum error pages_move(struct wasm_memory *memory, const struct memory_window *old, struct wasm_memory *to, const struct wasm_window *window) {
    const struct wasm_host *host = memory_host(memory);
    uint8_t *from = memory->base + old->address;
    bool has_other_access = old->access != window->access;
    if (host->move == NULL || (has_other_access && host->protect(host->context, from, old->size, window->access) != ERROR_NONE)) {
        return ERROR_HOST;
    }
    enum error error = host->move(host->context, from, to->base + window->address, window->size);
    memory->is_unclear |= error != ERROR_NONE;
    to->is_unclear |= error != ERROR_NONE;
    if (error != ERROR_NONE && has_other_access) {
        enum error undone = host->protect(host->context, from, old->size, old->access);
        ASSERT(undone == ERROR_NONE);
    }
    return error;
}

enum error wasm_memory_move_window(struct wasm_memory *memory, uint32_t address, struct wasm_memory *to, const struct wasm_window *window) {
    uint32_t position;
    const struct memory_window *old = window_at(memory, address);
    if (old == NULL || old->size != window->size) {
        return old == NULL ? ERROR_NOT_FOUND : ERROR_ARGUMENT;
    }
    enum error error = window_place(to, window, &position);
    if (error != ERROR_NONE) {
        return error;
    }
    old = window_at(memory, address); /* where `to` is the same memory, its windows may have moved */
    if (pages_move(memory, old, to, window) == ERROR_NONE) {
        window_insert(to, position, window);
        window_remove(memory, window_at(memory, address));
        return ERROR_NONE;
    }
    error = wasm_memory_map_window(to, window);
    if (error == ERROR_NONE) {
        error = wasm_memory_unmap_window(memory, address);
        ASSERT(error == ERROR_NONE);
    }
    return error;
}

bool memory_fill(struct wasm_memory *memory, uint32_t to, uint8_t value, uint32_t size) {
    uint8_t *at = wasm_memory_range(memory, to, size, WASM_ACCESS_READ_WRITE);
    if (at == NULL) {
        return false;
    }
    memset(at, value, size);
    return true;
}

bool memory_copy(struct wasm_memory *to_memory, uint32_t to, const struct wasm_memory *from_memory, uint32_t from, uint32_t size) {
    uint8_t *target = wasm_memory_range(to_memory, to, size, WASM_ACCESS_READ_WRITE);
    const uint8_t *source = wasm_memory_range(from_memory, from, size, WASM_ACCESS_READ);
    if (target == NULL || source == NULL) {
        return false;
    }
    memmove(target, source, size);
    return true;
}

bool memory_init(struct wasm_memory *memory, uint32_t to, struct bytes content, uint32_t from, uint32_t size) {
    uint8_t *target = wasm_memory_range(memory, to, size, WASM_ACCESS_READ_WRITE);
    if (target == NULL || from > content.size || size > content.size - from) {
        return false;
    }
    if (size > 0) {
        memcpy(target, content.data + from, size);
    }
    return true;
}

enum error memory_take_pages(struct wasm_memory *memory, const struct module_pages *pages) {
    const struct wasm_host *host = memory_host(memory);
    uint8_t *target = wasm_memory_range(memory, pages->address, pages->content.size, WASM_ACCESS_READ_WRITE);
    ASSERT(target != NULL);
    if (!pages->has_object || host->map_copy == NULL) {
        memcpy(target, pages->content.data, pages->content.size);
        return ERROR_NONE;
    }
    enum error error = host->map_copy(host->context, target, pages->content.size, pages->object, pages->offset);
    return error == ERROR_NONE ? ERROR_NONE : ERROR_NO_MEMORY;
}

bool memory_slot_has(const struct wasm_memory *memory, uintptr_t address) {
    return address - (uintptr_t)memory->base < memory->slot_bytes;
}
