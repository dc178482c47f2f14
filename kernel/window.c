/* Windows. Those of an app are a list by address; the next address is looked for from where the last one was given, so that it is found at once as
   long as few have wrapped round. */
#include "kernel/window.h"

#include "base/bits.h"
#include "kernel/group.h"
#include "kernel/inbox.h"
#include "kernel/schedule.h"

/* Pages go from one window to another a whole table of the processor's at a time, where both begin at one. */
#define LARGE_BYTES (2u << 20)

static struct window *window_at(struct list *link) {
    return LIST_ENTRY(link, struct window, link);
}

/* Where the free room behind a window begins, or that of the whole area. */
static uint64_t room_begin(const struct app *app, struct list *place) {
    const struct window *window = window_at(place);
    return place == &app->windows ? ADDRESS_BUFFERS : round_up((uint64_t)window->address + window->size, WASM_PAGE_SIZE) + WASM_PAGE_SIZE;
}

/* From an address on, behind the window at `place`, or a later one. */
static bool address_find_from(struct app *app, uint64_t from, struct list *place, uint32_t size, struct list **place_out, guest_address *out) {
    uint64_t alignment = size >= LARGE_BYTES ? LARGE_BYTES : WASM_PAGE_SIZE;
    for (;; place = place->next) {
        uint64_t begin = room_begin(app, place);
        uint64_t address = round_up(begin < from ? from : begin, alignment);
        uint64_t end = place->next == &app->windows ? WASM_WINDOW_END : window_at(place->next)->address;
        if (address + round_up(size, WASM_PAGE_SIZE) + WASM_PAGE_SIZE <= end) {
            *place_out = place;
            *out = (guest_address)address;
            return true;
        }
        if (place->next == &app->windows) {
            return false;
        }
    }
}

static bool address_find(struct app *app, struct window *window) {
    struct list *place;
    uint32_t size = window->size;
    if (!address_find_from(app, app->window_next, app->window_last, size, &place, &window->address) &&
        !address_find_from(app, ADDRESS_BUFFERS, &app->windows, size, &place, &window->address)) {
        return false;
    }
    list_insert_before(place->next, &window->link);
    app->window_last = &window->link;
    app->window_next = (guest_address)room_begin(app, &window->link);
    return true;
}

static struct budget *window_budget(const struct window *window) {
    return window->app != NULL ? &window->app->budget : window->buffer->kernel->budget;
}

enum contract_error window_make(struct app *app, struct buffer *buffer, struct window **out) {
    struct kernel *kernel = buffer->kernel;
    if (app != NULL && app->window_count == app->window_count_max) {
        return ARGOS_FULL;
    }
    if (app != NULL && (kernel->window_count == WINDOW_COUNT_MAX || !group_has_window_room(app->group))) {
        return ARGOS_LIMIT;
    }
    if (app != NULL && wasm_memory_reserve_windows(app->memory, CONTEXT_WINDOWS + app->window_count + 1) != ERROR_NONE) {
        return ARGOS_NO_MEMORY;
    }
    struct budget *budget = app != NULL ? &app->budget : kernel->budget;
    struct window *window = budget_allocate_zeroed(budget, 1, sizeof *window);
    if (window == NULL) {
        return ARGOS_NO_MEMORY;
    }
    *window = (struct window){.app = app, .buffer = buffer, .size = (uint32_t)buffer->pages.size, .is_wanted = true};
    list_init(&window->link);
    list_init(&window->buffer_link);
    list_init(&window->notice_link);
    if (app != NULL && !address_find(app, window)) {
        budget_release(budget, window, sizeof *window);
        return ARGOS_TOO_LARGE;
    }
    if (app != NULL) {
        app->window_count++;
        kernel->window_count++;
        group_count_window(app->group, 1);
    }
    *out = window;
    return ARGOS_OK;
}

void window_forget(struct window *window) {
    struct app *app = window->app;
    list_remove(&window->notice_link);
    if (app != NULL && list_is_empty(&app->window_notices)) {
        app->notices &= ~(1u << NOTICE_BUFFER_BACK);
    }
}

void window_end(struct window *window) {
    struct app *app = window->app;
    window_unmap(window);
    if (window->request != NULL) {
        window->request->window = NULL;
    }
    list_remove(&window->buffer_link);
    if (app == NULL) {
        budget_release(window_budget(window), window, sizeof *window);
        return;
    }
    if (app->window_last == &window->link) {
        app->window_last = window->link.previous;
    }
    list_remove(&window->link);
    window_forget(window);
    app->window_count--;
    app->kernel->window_count--;
    group_count_window(app->group, -1);
    budget_release(window_budget(window), window, sizeof *window);
    inbox_room(app);
}

struct window *window_find(const struct app *app, guest_address address) {
    struct window *window = window_around(app, address);
    return window != NULL && window->address == address ? window : NULL;
}

struct window *window_around(const struct app *app, uint64_t address) {
    LIST_EACH(link, &app->windows) {
        struct window *window = window_at(link);
        if (address - window->address < window->size) {
            return window;
        }
    }
    return NULL;
}

/* ---- What is mapped ---- */

static struct wasm_window window_view(const struct window *window) {
    const struct machine_pages *pages = &window->buffer->pages;
    return (struct wasm_window){.address = window->address,
                                .size = window->size,
                                .object = pages->object,
                                .offset = pages->offset,
                                .access = (window->access & BUFFER_WRITE) != 0 ? WASM_ACCESS_READ_WRITE : WASM_ACCESS_READ};
}

static bool window_wants_map(const struct window *window) {
    return window->app != NULL && window->is_wanted && !window->is_mapped;
}

enum contract_error window_map(struct window *window) {
    if (!window_wants_map(window)) {
        return ARGOS_OK;
    }
    struct wasm_window view = window_view(window);
    if (wasm_memory_map_window(window->app->memory, &view) != ERROR_NONE) {
        return ARGOS_NO_MEMORY;
    }
    window->is_mapped = true;
    return ARGOS_OK;
}

void window_unmap(struct window *window) {
    if (window->is_mapped) {
        enum error error = wasm_memory_unmap_window(window->app->memory, window->address);
        ASSERT(error == ERROR_NONE);
        window->is_mapped = false;
    }
}

enum contract_error window_move(struct window *from, struct window *to) {
    if (!from->is_mapped) {
        return window_map(to);
    }
    if (!window_wants_map(to)) {
        window_unmap(from);
        return ARGOS_OK;
    }
    struct wasm_window view = window_view(to);
    if (wasm_memory_move_window(from->app->memory, from->address, to->app->memory, &view) != ERROR_NONE) {
        return ARGOS_NO_MEMORY;
    }
    from->is_mapped = false;
    to->is_mapped = true;
    return ARGOS_OK;
}

/* ---- Notices ---- */

void window_notify(struct window *window) {
    struct app *app = window->app;
    list_remove(&window->notice_link);
    list_push_back(&app->window_notices, &window->notice_link);
    inbox_notify(app, NOTICE_BUFFER_BACK);
}

void window_notice_take(struct app *app, struct message *out) {
    ASSERT(!list_is_empty(&app->window_notices));
    struct window *window = LIST_ENTRY(app->window_notices.next, struct window, notice_link);
    list_remove(&window->notice_link);
    app->notices |= list_is_empty(&app->window_notices) ? 0 : 1u << NOTICE_BUFFER_BACK;
    uint32_t notice = window->buffer != NULL ? NOTICE_BUFFER_BACK : NOTICE_BUFFER_GONE;
    *out = (struct message){.kind = MESSAGE_NOTICE, .operation = notice, .block = window->address, .block_size = window->size};
}
