/* Buffers: their operations, how they travel, and their end. */
#include "kernel/buffer.h"

#include "base/bits.h"
#include "kernel/app.h"
#include "kernel/note.h"
#include "kernel/window.h"

/* ---- Making and freeing ---- */

static void payer_set(struct buffer *buffer, struct app *payer) {
    list_remove(&buffer->payer_link);
    buffer->payer = payer;
    if (payer != NULL) {
        list_push_back(&payer->paid_buffers, &buffer->payer_link);
    }
}

static struct budget *payer_budget(const struct buffer *buffer) {
    return buffer->payer != NULL ? &buffer->payer->budget : buffer->kernel->budget;
}

static void buffer_free(struct buffer *buffer) {
    struct kernel *kernel = buffer->kernel;
    const struct machine *machine = kernel->machine;
    ASSERT(list_is_empty(&buffer->chain) && list_is_empty(&buffer->sharers));
    if (buffer->pages.size != 0) {
        machine->pages_give(machine->context, &buffer->pages);
        budget_refund(payer_budget(buffer), buffer->pages.size);
    }
    list_remove(&buffer->payer_link);
    budget_release(kernel->budget, buffer, sizeof *buffer);
}

static struct buffer *buffer_make(struct app *app, size_t size) {
    struct kernel *kernel = app->kernel;
    const struct machine *machine = kernel->machine;
    struct buffer *buffer = budget_allocate_zeroed(kernel->budget, 1, sizeof *buffer);
    if (buffer == NULL) {
        return NULL;
    }
    buffer->kernel = kernel;
    list_init(&buffer->payer_link);
    list_init(&buffer->chain);
    list_init(&buffer->sharers);
    payer_set(buffer, app);
    bool is_charged = budget_charge(&app->budget, size) == ERROR_NONE;
    if (!is_charged || machine->pages_take(machine->context, size, &buffer->pages) != ERROR_NONE) {
        buffer->pages.size = 0;
        if (is_charged) {
            budget_refund(&app->budget, size);
        }
        buffer_free(buffer);
        return NULL;
    }
    return buffer;
}

/* ---- Who has it ---- */

static struct window *chain_last(const struct buffer *buffer) {
    return list_is_empty(&buffer->chain) ? NULL : LIST_ENTRY(buffer->chain.previous, struct window, buffer_link);
}

/* Why the app of a window cannot access the buffer, or 0. */
static enum contract_error window_is_closed(const struct window *window) {
    if (window->buffer == NULL) {
        return ARGOS_REVOKED;
    }
    return window->kind != WINDOW_SHARED && chain_last(window->buffer) != window ? ARGOS_TAKEN : ARGOS_OK;
}

void buffer_leave(struct window *window, const struct app *told) {
    struct buffer *buffer = window->buffer;
    if (buffer == NULL) {
        window_end(window);
        return;
    }
    bool had_access = window->kind != WINDOW_SHARED && chain_last(buffer) == window;
    list_remove(&window->buffer_link);
    struct window *below = had_access ? chain_last(buffer) : NULL;
    if (below != NULL) {
        /* Where the host has no memory to map it, it stays unmapped, and the app may try again. */
        enum contract_error error = window_move(window, below);
        (void)error;
        if (below->app != NULL && below->app != told) {
            window_notify(below);
        }
    }
    window_end(window);
    if (list_is_empty(&buffer->chain) && list_is_empty(&buffer->sharers)) {
        buffer_free(buffer);
    }
}

/* ---- The operations ---- */

static enum contract_error operation_make(struct app *app, struct buffer_request *request) {
    uint64_t size = round_up(request->size, app->kernel->machine->host->page_size);
    if (size == 0) {
        return ARGOS_ARGUMENT;
    }
    if (size > WASM_WINDOW_END - ADDRESS_BUFFERS) {
        return ARGOS_TOO_LARGE;
    }
    struct buffer *buffer = buffer_make(app, (size_t)size);
    if (buffer == NULL) {
        return ARGOS_NO_MEMORY;
    }
    struct window *window;
    enum contract_error error = window_make(app, buffer, &window);
    if (error != ARGOS_OK) {
        buffer_free(buffer);
        return error;
    }
    window->kind = WINDOW_OWN;
    window->access = BUFFER_READ | BUFFER_WRITE;
    list_push_back(&buffer->chain, &window->buffer_link);
    error = window_map(window);
    if (error != ARGOS_OK) {
        buffer_leave(window, NULL);
        return error;
    }
    request->address = window->address;
    request->size = window->size;
    return ARGOS_OK;
}

static enum contract_error operation_release(struct window *window) {
    enum contract_error error = window_is_closed(window);
    if (error == ARGOS_TAKEN || window->kind == WINDOW_LENT) {
        return ARGOS_TAKEN;
    }
    buffer_leave(window, NULL);
    return ARGOS_OK;
}

static enum contract_error operation_map(struct window *window, struct buffer_request *request) {
    enum contract_error error = window_is_closed(window);
    if (error == ARGOS_OK) {
        window->is_wanted = true;
        error = window_map(window);
        request->size = window->size;
    }
    return error;
}

static enum contract_error operation_unmap(struct window *window) {
    enum contract_error error = window_is_closed(window);
    if (error == ARGOS_OK) {
        window->is_wanted = false;
        window_unmap(window);
    }
    return error;
}

/* Those who were shared it lose it, and their addresses stay theirs: whoever touches one ends. */
static void sharers_revoke(struct buffer *buffer) {
    LIST_EACH(link, &buffer->sharers) {
        struct window *window = LIST_ENTRY(link, struct window, buffer_link);
        window_unmap(window);
        list_remove(&window->buffer_link);
        window->buffer = NULL;
        window_notify(window);
    }
}

static enum contract_error operation_share(struct window *window, uint32_t access) {
    enum contract_error error = window_is_closed(window);
    if (error != ARGOS_OK || window->kind != WINDOW_OWN) {
        return error != ARGOS_OK ? error : ARGOS_TAKEN;
    }
    if (access != 0 && access != BUFFER_READ && access != (BUFFER_READ | BUFFER_WRITE)) {
        return ARGOS_ARGUMENT;
    }
    window->buffer->shared_access = (uint8_t)access;
    if (access == 0) {
        sharers_revoke(window->buffer);
    }
    return ARGOS_OK;
}

static enum contract_error operation_run(struct app *app, struct buffer_request *request) {
    if (request->operation == BUFFER_MAKE) {
        return operation_make(app, request);
    }
    if (request->operation < BUFFER_MAKE || request->operation > BUFFER_SHARE) {
        return ARGOS_ARGUMENT;
    }
    struct window *window = window_find(app, request->address);
    if (window == NULL) {
        return ARGOS_NOT_FOUND;
    }
    switch (request->operation) {
    case BUFFER_RELEASE: return operation_release(window);
    case BUFFER_MAP: return operation_map(window, request);
    case BUFFER_UNMAP: return operation_unmap(window);
    default: return operation_share(window, request->access);
    }
}

int32_t buffer_call(struct app *app, guest_address address) {
    struct buffer_request request;
    uint8_t *place = wasm_memory_range(app->memory, address, sizeof request, WASM_ACCESS_READ_WRITE);
    if (place == NULL) {
        app_misuse(app, "buffer", address);
        return 0;
    }
    memcpy(&request, place, sizeof request);
    enum contract_error error = operation_run(app, &request);
    trace_note(app, TRACE_BUFFER, request.operation, request.address);
    /* The others may have unmapped the request itself, and have nothing to say. */
    if (error == ARGOS_OK && (request.operation == BUFFER_MAKE || request.operation == BUFFER_MAP)) {
        memcpy(place, &request, sizeof request);
    }
    return -(int32_t)error;
}

/* ---- Passing on ---- */

/* Only who has it alone can move or lend it. */
static enum contract_error exclusive_check(const struct window *window) {
    return window->kind == WINDOW_SHARED || !list_is_empty(&window->buffer->sharers) ? ARGOS_TAKEN : ARGOS_OK;
}

enum contract_error buffer_check(struct app *app, const struct message *message, bool wants_answer, struct window **out) {
    struct window *window = window_find(app, message->block);
    if (window == NULL) {
        return ARGOS_NOT_FOUND;
    }
    enum contract_error error = window_is_closed(window);
    if (error != ARGOS_OK) {
        return error;
    }
    if (message->block_size == 0 || message->block_size > window->size) {
        return ARGOS_ARGUMENT;
    }
    *out = window;
    switch (message->block_mode) {
    case BLOCK_MOVE: return window->kind != WINDOW_OWN ? ARGOS_TAKEN : exclusive_check(window);
    case BLOCK_LEND: return wants_answer ? exclusive_check(window) : ARGOS_ARGUMENT;
    case BLOCK_LEND_MUTABLE:
        if (wants_answer && (window->access & BUFFER_WRITE) == 0) {
            return ARGOS_REFUSED;
        }
        return wants_answer ? exclusive_check(window) : ARGOS_ARGUMENT;
    default:
        if (window->kind == WINDOW_LENT) {
            return ARGOS_TAKEN;
        }
        return window->kind == WINDOW_OWN && window->buffer->shared_access == 0 ? ARGOS_REFUSED : ARGOS_OK;
    }
}

static void window_become(struct window *window, const struct window *from, enum block_mode mode) {
    static const uint8_t kinds[] = {
        [BLOCK_MOVE] = WINDOW_OWN, [BLOCK_LEND] = WINDOW_LENT, [BLOCK_LEND_MUTABLE] = WINDOW_LENT, [BLOCK_SHARE] = WINDOW_SHARED};
    window->kind = kinds[mode];
    window->access = from->access;
    if (mode == BLOCK_LEND) {
        window->access = BUFFER_READ;
    } else if (mode == BLOCK_SHARE && from->kind == WINDOW_OWN) {
        window->access = from->buffer->shared_access;
    }
}

/* The charge goes along with the pages. */
static enum contract_error charge_move(struct buffer *buffer, struct app *to) {
    if (to == NULL || budget_transfer(payer_budget(buffer), &to->budget, buffer->pages.size) != ERROR_NONE) {
        return to == NULL ? ARGOS_OK : ARGOS_NO_MEMORY;
    }
    payer_set(buffer, to);
    buffer->shared_access = 0;
    return ARGOS_OK;
}

enum contract_error buffer_pass(struct window *from, struct app *to, enum block_mode mode, struct window **out) {
    struct buffer *buffer = from->buffer;
    struct window *window;
    enum contract_error error = window_make(to, buffer, &window);
    if (error != ARGOS_OK) {
        return error;
    }
    window_become(window, from, mode);
    error = mode == BLOCK_SHARE ? window_map(window) : window_move(from, window);
    if (error == ARGOS_OK && mode == BLOCK_MOVE) {
        error = charge_move(buffer, to);
        if (error != ARGOS_OK && window_move(window, from) != ARGOS_OK) {
            window_unmap(window);
        }
    }
    if (error != ARGOS_OK) {
        window_end(window);
        return error;
    }
    window_forget(from);
    list_push_back(mode == BLOCK_SHARE ? &buffer->sharers : &buffer->chain, &window->buffer_link);
    if (mode == BLOCK_MOVE) {
        window_end(from);
    }
    *out = window;
    return ARGOS_OK;
}

enum contract_error buffer_forward(struct window *from, struct app *to, struct window **out) {
    struct window *window;
    enum contract_error error = window_is_closed(from);
    if (error == ARGOS_OK) {
        error = window_make(to, from->buffer, &window);
    }
    if (error != ARGOS_OK) {
        return error;
    }
    window->kind = WINDOW_LENT;
    window->access = from->access;
    error = window_move(from, window);
    if (error != ARGOS_OK) {
        window_end(window);
        return error;
    }
    list_push_back(&from->buffer->chain, &window->buffer_link);
    window_end(from);
    *out = window;
    return ARGOS_OK;
}

bool buffer_is_lent_on(const struct request *request) {
    const struct window *window = request->window;
    return window != NULL && window->kind == WINDOW_LENT && window_is_closed(window) != ARGOS_OK;
}

void buffer_attach(struct window *window, struct request *request, struct message *message, uint32_t size) {
    static const uint8_t modes[] = {[WINDOW_OWN] = BLOCK_MOVE, [WINDOW_LENT] = BLOCK_LEND, [WINDOW_SHARED] = BLOCK_SHARE};
    bool is_mutable = window->kind == WINDOW_LENT && (window->access & BUFFER_WRITE) != 0;
    message->block = window->address;
    message->block_size = size;
    message->block_mode = is_mutable ? BLOCK_LEND_MUTABLE : modes[window->kind];
    if (request != NULL) {
        window->request = request;
        request->window = window;
    }
}

/* ---- The end ---- */

void buffer_detach(struct request *request, const struct app *told) {
    struct window *window = request->window;
    if (window == NULL) {
        return;
    }
    request->window = NULL;
    window->request = NULL;
    if (window->kind == WINDOW_LENT || request->state == REQUEST_QUEUED) {
        buffer_leave(window, told);
    }
}

void buffer_end_all(struct app *app) {
    LIST_EACH(link, &app->windows) {
        buffer_leave(LIST_ENTRY(link, struct window, link), NULL);
    }
    LIST_EACH(link, &app->paid_buffers) {
        struct buffer *buffer = LIST_ENTRY(link, struct buffer, payer_link);
        enum error error = budget_transfer(&app->budget, app->kernel->budget, buffer->pages.size);
        ASSERT(error == ERROR_NONE);
        payer_set(buffer, NULL);
    }
}

const char *buffer_fault(const struct app *app, uint64_t address) {
    const struct window *window = window_around(app, address);
    if (window == NULL) {
        return NULL;
    }
    switch (window_is_closed(window)) {
    case ARGOS_TAKEN: return "a buffer that it has lent";
    case ARGOS_REVOKED: return "a shared buffer that was taken back";
    default: return window->is_mapped ? "a buffer that it may only read" : "a buffer that it has unmapped";
    }
}
