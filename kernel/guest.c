/* Guests. Their messages are the kernel's own, sent in their names: so an answer comes to whoever sent it, when it comes, and takes no room in an
   inbox that nobody looks at. */
#include "kernel/guest.h"

#include "base/format.h"
#include "kernel/app.h"
#include "kernel/ask.h"
#include "kernel/capability.h"
#include "kernel/complete.h"
#include "kernel/context.h"
#include "kernel/fiber.h"
#include "kernel/inbox.h"
#include "kernel/request.h"
#include "kernel/schedule.h"

/* ---- The program ---- */

const struct app_world *guest_world(const struct kernel *kernel, const struct app_options *options) {
    const struct app_world *world = kernel->options.world;
    if (options->world != NULL) {
        return options->world;
    }
    return world != NULL && world->has(options->module) ? world : NULL;
}

enum error guest_begin(struct app *app, const struct app_options *options, const struct app_world *world, struct report *report) {
    const struct wasm_store_options store_options = {.stack_bytes = options->limits.stack_bytes, .compile = app->kernel->options.compile};
    for (uint32_t index = 0; index < options->grant_count; index++) {
        if (options->grants[index].serves) {
            return report_fail(report, ERROR_UNLINKABLE, REPORT_NO_OFFSET, "it is no app, and so can handle nothing for others");
        }
    }
    enum error error = app_make_store(app, &store_options);
    if (error != ERROR_NONE) {
        return error;
    }
    const struct app_world_start start = {.app = app, .store = app->store, .budget = &app->budget, .options = options};
    error = world->begin(&start, &app->guest);
    app->world = error == ERROR_NONE ? world : NULL;
    return error;
}

struct wasm_outcome guest_run(struct app *app) {
    struct report report;
    uint32_t exit_code = 0;
    report_init(&report);
    if (!fiber_charge(app)) {
        return (struct wasm_outcome){.error = ERROR_NO_MEMORY};
    }
    enum error error = app->world->run(app->guest, &exit_code, &report);
    if (report.error != ERROR_NONE && error != ERROR_TRAP) {
        format(app->report, sizeof app->report, "%s", report.text);
    }
    app->mine->exit_code = (int32_t)exit_code;
    return (struct wasm_outcome){.value = TURN_EXIT, .error = error};
}

void guest_end(struct app *app) {
    if (app->world != NULL) {
        app->world->end(app->guest);
        app->world = NULL;
    }
}

/* ---- Its messages ---- */

static void request_answered(struct ask *ask, int32_t error, const uint64_t words[4], struct bytes block) {
    struct guest_request *request = LIST_ENTRY(ask, struct guest_request, ask);
    request->is_over = true;
    request->answered(request, error, words, block);
    if (request->app->status == APP_WAITING) {
        schedule_resume(request->app);
    }
}

/* The way that it goes, which may be another one each time. */
static struct capability *capability_for(const struct app *app, const uint8_t *interface) {
    const struct grant *grants = context_grants(app);
    for (uint32_t index = 0; index < app->context->grant_count; index++) {
        if (memcmp(grants[index].interface, interface, INTERFACE_HASH_BYTES) == 0) {
            const struct grant_entry *entry = grant_find(app, grants[index].handle);
            return entry != NULL ? entry->capability : NULL;
        }
    }
    return NULL;
}

int32_t guest_send(struct app *app, const uint8_t interface[INTERFACE_HASH_BYTES], const struct ask_message *message, struct guest_request *request) {
    request->ask.answered = request_answered;
    request->app = app;
    while (!app->is_killed) {
        struct capability *capability = capability_for(app, interface);
        request->is_over = false;
        enum contract_error error = capability != NULL ? ask_send(app, capability, message, &request->ask, &request->id) : ARGOS_NO_GRANT;
        if (error != ARGOS_FULL) {
            request->is_over = request->is_over || error != ARGOS_OK;
            return -(int32_t)error;
        }
        inbox_wait_for_room(app, capability->service->app);
        schedule_park(app, APP_CALLING, UNTIL_EVER);
    }
    request->is_over = true;
    wasm_store_fail(app->store, ERROR_EXIT);
    return -ARGOS_CANCELLED;
}

/* What would be told an app is nothing to a guest. */
static void guest_park(struct app *app, uint64_t until_ns) {
    app->notices = 0;
    schedule_park(app, APP_WAITING, until_ns);
}

static bool is_any_over(struct guest_request *const *requests, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        if (requests[index]->is_over) {
            return true;
        }
    }
    return false;
}

bool guest_wait(struct app *app, struct guest_request *const *requests, uint32_t count) {
    while (!app->is_killed && !is_any_over(requests, count)) {
        guest_park(app, UNTIL_EVER);
    }
    if (UNLIKELY(app->is_killed)) {
        wasm_store_fail(app->store, ERROR_EXIT);
    }
    return !app->is_killed;
}

void guest_cancel(struct app *app, struct guest_request *request) {
    struct request *sent = request->is_over ? NULL : request_find(app->kernel, request->id);
    request->is_over = true;
    if (sent != NULL && sent->ask == &request->ask) {
        sent->ask = NULL;
        request_cancel(app->kernel, sent);
    }
}

void guest_yield(struct app *app) {
    if (!app->is_killed) {
        guest_park(app, 0);
    }
    if (UNLIKELY(app->is_killed)) {
        wasm_store_fail(app->store, ERROR_EXIT);
    }
}
