/* Rules of buffers: who is last in a chain has access and nobody else, pages are of one buffer, and somebody pays. */
#include "kernel/check/rules.h"

/* ---- All windows: those of apps, and those of the platform, which requests lead to ---- */

static bool each_window(struct check *check, bool (*visit)(struct check *check, struct window *window)) {
    LIST_EACH(link, &check->kernel->apps) {
        LIST_EACH(at, &LIST_ENTRY(link, struct app, link)->windows) {
            if (!visit(check, LIST_ENTRY(at, struct window, link))) {
                return false;
            }
        }
    }
    for (uint32_t index = 0; index < check->kernel->requests.chunk_count * REQUEST_CHUNK; index++) {
        struct window *window = check_request_at(check, index)->window;
        if (window != NULL && window->app == NULL && !visit(check, window)) {
            return false;
        }
    }
    return true;
}

/* The window by which a buffer is counted: it has one at least. */
static bool is_first(const struct window *window) {
    const struct buffer *buffer = window->buffer;
    const struct list *list = buffer == NULL ? NULL : list_is_empty(&buffer->chain) ? &buffer->sharers : &buffer->chain;
    return list != NULL && list->next == &window->buffer_link;
}

/* ---- One window ---- */

static bool check_access(const struct check *check, const struct window *window) {
    const struct buffer *buffer = window->buffer;
    unsigned number = window->app != NULL ? window->app->number : 0;
    if (buffer == NULL) {
        RULE(check, window->kind == WINDOW_SHARED && !window->is_mapped, "app %u sees a buffer that was taken back", number);
        return true;
    }
    bool is_shared = window->kind == WINDOW_SHARED;
    RULE(check, check_is_in(is_shared ? &buffer->sharers : &buffer->chain, &window->buffer_link), "app %u has a buffer that does not know of it",
         number);
    bool has_access = is_shared || buffer->chain.previous == &window->buffer_link;
    RULE(check, has_access || !window->is_mapped, "app %u sees a buffer that it has lent", number);
    RULE(check, window->kind != WINDOW_OWN || buffer->chain.next == &window->buffer_link, "app %u owns a buffer that was lent to it", number);
    RULE(check, window->size == buffer->pages.size, "a window of app %u has another size than its buffer", number);
    return true;
}

static bool check_window(struct check *check, struct window *window) {
    check->system_bytes += window->app == NULL ? sizeof *window : 0;
    const struct request *request = window->request;
    RULE(check, request == NULL || (request->window == window && request->receiver == window->app), "a buffer came with a request that lacks it");
    RULE(check, request == NULL || request->state == REQUEST_QUEUED || request->state == REQUEST_DELIVERED || request->state == REQUEST_SHOWN,
         "a buffer is with a request in state %u", request == NULL ? 0 : (unsigned)request->state);
    return check_access(check, window);
}

/* ---- Buffers ---- */

/* Pages are of no two buffers. */
static bool pages_are_apart(const struct check *check, const struct buffer *buffer) {
    LIST_EACH(link, &check->kernel->apps) {
        LIST_EACH(at, &LIST_ENTRY(link, struct app, link)->windows) {
            const struct buffer *other = LIST_ENTRY(at, struct window, link)->buffer;
            bool is_apart = other == NULL || other == buffer || other->pages.address + other->pages.size <= buffer->pages.address ||
                            buffer->pages.address + buffer->pages.size <= other->pages.address;
            if (!is_apart) {
                return false;
            }
        }
    }
    return true;
}

static bool check_buffer(struct check *check, struct window *window) {
    if (!is_first(window)) {
        return true;
    }
    const struct buffer *buffer = window->buffer;
    check->system_bytes += sizeof *buffer + (buffer->payer == NULL ? buffer->pages.size : 0);
    RULE(check, buffer->payer == NULL || check_is_in(&buffer->payer->paid_buffers, &buffer->payer_link), "nobody pays for a buffer");
    RULE(check, pages_are_apart(check, buffer), "two buffers have the same pages");
    for (struct list *at = buffer->chain.next; at != &buffer->chain; at = at->next) {
        const struct window *link = LIST_ENTRY(at, struct window, buffer_link);
        RULE(check, link->app == NULL || check_app_lives(check, link->app), "a buffer is with an app that ended");
    }
    return true;
}

static bool check_app_windows(const struct check *check, const struct app *app) {
    uint64_t end = ADDRESS_BUFFERS;
    uint32_t count = 0;
    LIST_EACH(link, &app->windows) {
        const struct window *window = LIST_ENTRY(link, struct window, link);
        RULE(check, window->app == app && window->address >= end, "two windows of app %u overlap", app->number);
        end = (uint64_t)window->address + window->size + WASM_PAGE_SIZE;
        count++;
    }
    RULE(check, count == app->window_count && count <= app->window_count_max, "app %u has %u windows, and counts %u", app->number, count,
         app->window_count);
    RULE(check, list_is_empty(&app->window_notices) == ((app->notices >> NOTICE_BUFFER_BACK & 1u) == 0), "app %u is not told that a buffer is back",
         app->number);
    LIST_EACH(link, &app->paid_buffers) {
        RULE(check, LIST_ENTRY(link, struct buffer, payer_link)->payer == app, "app %u pays for another one's buffer", app->number);
    }
    return true;
}

bool check_buffers(struct check *check) {
    uint32_t count = 0;
    LIST_EACH(link, &check->kernel->apps) {
        const struct app *app = LIST_ENTRY(link, struct app, link);
        count += app->window_count;
        if (!check_app_windows(check, app)) {
            return false;
        }
    }
    RULE(check, count == check->kernel->window_count, "there are %u windows, and %u are counted", count, check->kernel->window_count);
    return each_window(check, check_window) && each_window(check, check_buffer);
}
