/* Contexts. The pages of an app, in this order: its own (app_state), which it may write; then, for reading, the context with its arrays and texts,
   and the area for the blocks of messages. The kernel writes through its own mapping and reads back nothing but app_state. */
#include "kernel/context.h"

#include "base/bits.h"
#include "base/bytes.h"
#include "base/format.h"

#define CONTEXT_BYTES_MAX (1u << 20)

/* How the read-only part is laid out, from the start of the context. */
struct context_layout {
    uint32_t grants, inbox, arguments, labels, texts, end; /* offsets */
};

static uint64_t text_bytes(const struct app_options *options) {
    uint64_t bytes = 0;
    for (uint32_t index = 0; index < options->argument_count; index++) {
        bytes += options->arguments[index].size + 1;
    }
    return bytes;
}

static enum error layout_make(const struct app_options *options, uint64_t page_size, struct context_layout *out) {
    uint64_t grants = round_up(sizeof(struct context), 16);
    uint64_t grant_count = (uint64_t)options->grant_count + GRANTS_LIVE_MAX;
    uint64_t inbox = grants + grant_count * sizeof(struct grant);
    uint64_t arguments = inbox + INBOX_SLOTS * sizeof(struct message);
    uint64_t labels = arguments + (uint64_t)options->argument_count * sizeof(guest_address);
    uint64_t texts = labels + grant_count * LABEL_BYTES;
    uint64_t end = round_up(texts + text_bytes(options), page_size);
    if (end > CONTEXT_BYTES_MAX) {
        return ERROR_LIMIT;
    }
    *out = (struct context_layout){(uint32_t)grants, (uint32_t)inbox, (uint32_t)arguments, (uint32_t)labels, (uint32_t)texts, (uint32_t)end};
    return ERROR_NONE;
}

/* A zero-terminated copy behind those before it. */
static guest_address text_put(struct app *app, struct bytes text) {
    uint8_t *base = (uint8_t *)app->context;
    uint32_t offset = app->text_next;
    memcpy(base + offset, text.data, text.size);
    app->text_next += (uint32_t)text.size + 1;
    return ADDRESS_CONTEXT + offset;
}

static void context_fill(struct app *app, const struct app_options *options, const struct calls *calls, const struct context_layout *layout) {
    struct context *context = app->context;
    *context = (struct context){
        .size = sizeof *context,
        .app = app->number,
        .mine = ADDRESS_MINE,
        .grants = ADDRESS_CONTEXT + layout->grants,
        .inbox = ADDRESS_CONTEXT + layout->inbox,
        .arguments = ADDRESS_CONTEXT + layout->arguments,
        .argument_count = options->argument_count,
    };
#define CALL(name, parameters, result) context->name = calls->index[CALL_##name];
#include "kernel/calls.def"
#undef CALL
    app->log_function = context->log;
    context_set_log(app);
    app->labels = layout->labels;
    app->grant_capacity = options->grant_count + GRANTS_LIVE_MAX;
    app->mine->size = sizeof *app->mine;
    app->text_next = layout->texts;
    guest_address *arguments = (guest_address *)(void *)((uint8_t *)context + layout->arguments);
    for (uint32_t index = 0; index < options->argument_count; index++) {
        arguments[index] = text_put(app, options->arguments[index]);
    }
}

static enum error context_map(struct app *app, bool has_clock, uint32_t read_bytes) {
    uint32_t page_size = (uint32_t)app->kernel->machine->host->page_size;
    const struct machine_pages *pages = &app->pages;
    const struct wasm_window windows[] = {
        {.address = ADDRESS_CONTEXT, .size = read_bytes, .object = pages->object, .offset = pages->offset + page_size},
        {.address = ADDRESS_MINE, .size = page_size, .object = pages->object, .offset = pages->offset, .access = WASM_ACCESS_READ_WRITE},
    };
    enum error error = ERROR_NONE;
    for (uint32_t index = 0; error == ERROR_NONE && index < 2; index++) {
        error = wasm_memory_map_window(app->memory, &windows[index]);
    }
    return error == ERROR_NONE ? context_set_clock(app, has_clock) : error;
}

static enum error area_begin(struct app *app, uint32_t offset, uint32_t bytes) {
    app->area = (struct area){.base = (uint8_t *)app->context + offset, .address = ADDRESS_CONTEXT + offset};
    app->area.used = budget_allocate_zeroed(&app->budget, (bytes / AREA_UNIT + 63) / 64, sizeof *app->area.used);
    if (app->area.used == NULL) {
        return ERROR_NO_MEMORY;
    }
    app->area.unit_count = bytes / AREA_UNIT;
    return ERROR_NONE;
}

enum error context_begin(struct app *app, const struct app_options *options, const struct calls *calls, struct report *report) {
    const struct machine *machine = app->kernel->machine;
    uint32_t page_size = (uint32_t)machine->host->page_size;
    uint32_t area_bytes = options->limits.inbox_bytes == 0 ? INBOX_BYTES_DEFAULT : options->limits.inbox_bytes;
    struct context_layout layout;
    if (area_bytes > INBOX_BYTES_MAX || layout_make(options, page_size, &layout) != ERROR_NONE) {
        return report_fail(report, ERROR_LIMIT, REPORT_NO_OFFSET, "its arguments, or the room for messages to it, are more than 1 MiB");
    }
    area_bytes = (uint32_t)round_up(area_bytes, page_size);
    uint64_t bytes = page_size + (uint64_t)layout.end + area_bytes;
    if (budget_charge(&app->budget, bytes) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    if (machine->pages_take(machine->context, (size_t)bytes, &app->pages) != ERROR_NONE) {
        budget_refund(&app->budget, bytes);
        app->pages = (struct machine_pages){0};
        return ERROR_NO_MEMORY;
    }
    app->mine = (struct app_state *)(void *)app->pages.address;
    app->context = (struct context *)(void *)(app->pages.address + page_size);
    app->inbox_slots = (struct message *)(void *)((uint8_t *)app->context + layout.inbox);
    context_fill(app, options, calls, &layout);
    if (area_begin(app, layout.end, area_bytes) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    return app->world == NULL ? context_map(app, options->has_clock, layout.end + area_bytes) : ERROR_NONE;
}

void context_end(struct app *app) {
    const struct machine *machine = app->kernel->machine;
    budget_release(&app->budget, app->area.used, (app->area.unit_count + 63) / 64 * sizeof *app->area.used);
    if (app->pages.size != 0) {
        budget_refund(&app->budget, app->pages.size);
        machine->pages_give(machine->context, &app->pages);
    }
}

struct grant *context_grants(const struct app *app) {
    return (struct grant *)(void *)((uint8_t *)app->context + (app->context->grants - ADDRESS_CONTEXT));
}

void context_put_grant(struct app *app, uint32_t index, const struct grant_entry *entry, const char *label, uint32_t handle) {
    ASSERT(index <= app->context->grant_count && index < app->grant_capacity);
    const struct service *service = entry->service != NULL ? entry->service : entry->capability->service;
    struct grant *grant = &context_grants(app)[index];
    char *text = (char *)app->context + app->labels + index * LABEL_BYTES;
    format(text, LABEL_BYTES, "%s", label);
    memcpy(grant->interface, service->interface, sizeof grant->interface);
    grant->handle = handle;
    grant->flags = entry->service != NULL ? GRANT_SERVE : GRANT_USE;
    grant->flags |= entry->capability != NULL && entry->capability->is_revoked ? GRANT_REVOKED : 0;
    grant->label = ADDRESS_CONTEXT + app->labels + index * LABEL_BYTES;
    app->context->grant_count += index == app->context->grant_count;
}

void context_set_log(struct app *app) {
    app->context->log = app->log_capability != NULL && !app->log_capability->is_revoked ? app->log_function : 0;
}

enum error context_set_clock(struct app *app, bool has_clock) {
    if (has_clock == (app->context->clock != 0) || app->world != NULL) {
        return ERROR_NONE;
    }
    const struct machine_pages *clock = &app->kernel->clock_pages;
    const struct wasm_window window = {
        .address = ADDRESS_CLOCK, .size = (uint32_t)app->kernel->machine->host->page_size, .object = clock->object, .offset = clock->offset};
    enum error error = has_clock ? wasm_memory_map_window(app->memory, &window) : wasm_memory_unmap_window(app->memory, ADDRESS_CLOCK);
    if (error == ERROR_NONE) {
        app->context->clock = has_clock ? ADDRESS_CLOCK : 0;
    }
    return error;
}
