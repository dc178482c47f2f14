/* Hostile apps of another world: what a guest can do by kernel/guest.h, in any order, with answers from whoever gives them, and an end at any moment.
   Its program is this file; nothing of its module ever runs. */
#include "tests/grind/world.h"

#include "kernel/guest.h"

#include <string.h>

enum { REQUESTS_MAX = 6, STEPS_MAX = 60, BLOCK_BYTES_MAX = 20000 };

struct pending {
    struct guest_request request;
    struct guest *guest;
    bool is_awaited; /* sent, and neither over nor cancelled */
};

struct guest {
    struct world *world;
    struct app *app;
    struct budget *budget;
    struct pending pending[REQUESTS_MAX];
    uint8_t seen; /* of all blocks */
};

static void pending_answered(struct guest_request *request, int32_t error, const uint64_t words[4], struct bytes block) {
    struct pending *pending = LIST_ENTRY(request, struct pending, request);
    struct guest *guest = pending->guest;
    if (!pending->is_awaited || !request->is_over) {
        world_fail(guest->world, "a guest got an answer that it did not wait for");
    }
    pending->is_awaited = false;
    guest->seen ^= (uint8_t)(words[0] ^ words[3] ^ (uint32_t)error);
    for (size_t at = 0; at < block.size; at++) {
        guest->seen ^= block.data[at];
    }
}

static struct pending *pending_any(struct guest *guest) {
    return &guest->pending[world_below(guest->world, REQUESTS_MAX)];
}

static void act_send(struct guest *guest) {
    static const uint8_t bytes[BLOCK_BYTES_MAX] = {'a', 'b', 'c'};
    struct world *world = guest->world;
    struct pending *pending = pending_any(guest);
    if (pending->is_awaited) {
        return;
    }
    struct ask_message message = {.operation = world_below(world, 8)};
    const uint8_t *interface = world->interfaces[world_below(world, world->service_count)];
    for (uint32_t word = 0; word < 4; word++) {
        message.words[word] = world_chance(world, 500) ? world_below(world, 5) : support_random(&world->random);
    }
    if (world_chance(world, 500)) {
        message.block = (struct bytes){bytes, world_below(world, BLOCK_BYTES_MAX) >> world_below(world, 14)};
        message.words[2] = message.block.size;
        message.words[1] = 0;
    }
    pending->guest = guest;
    pending->is_awaited = true;
    pending->request.answered = pending_answered;
    if (guest_send(guest->app, interface, &message, &pending->request) != 0) {
        if (!pending->is_awaited) {
            world_fail(world, "a guest's message was refused and answered");
        }
        pending->is_awaited = false;
    }
}

/* False: the guest is to end. */
static bool act_wait(struct guest *guest) {
    struct guest_request *requests[REQUESTS_MAX];
    uint32_t count = 0;
    for (uint32_t index = 0; index < REQUESTS_MAX; index++) {
        if (guest->pending[index].is_awaited && world_chance(guest->world, 700)) {
            requests[count++] = &guest->pending[index].request;
        }
    }
    if (count == 0) {
        return true;
    }
    bool goes_on = guest_wait(guest->app, requests, count);
    bool is_over = false;
    for (uint32_t index = 0; index < count; index++) {
        is_over = is_over || requests[index]->is_over;
    }
    if (goes_on && !is_over) {
        world_fail(guest->world, "a guest waited, and nothing is over");
    }
    return goes_on;
}

static void act_cancel(struct guest *guest) {
    struct pending *pending = pending_any(guest);
    if (pending->is_awaited) {
        guest_cancel(guest->app, &pending->request);
        pending->is_awaited = false;
    }
}

/* ---- The world ---- */

static bool guest_has(const struct wasm_module *module) {
    (void)module;
    return false;
}

static enum error guest_begin(const struct app_world_start *start, void **program) {
    struct guest *guest = budget_allocate_zeroed(start->budget, 1, sizeof *guest);
    if (guest == NULL) {
        return ERROR_NO_MEMORY;
    }
    guest->world = (struct world *)(uintptr_t)start->options->world_settings;
    guest->app = start->app;
    guest->budget = start->budget;
    *program = guest;
    return ERROR_NONE;
}

static enum error guest_run(void *program, uint32_t *exit_code, struct report *report) {
    static const enum error ends[] = {ERROR_NONE, ERROR_NONE, ERROR_EXIT, ERROR_NO_MEMORY, ERROR_UNLINKABLE};
    struct guest *guest = program;
    for (uint32_t steps = world_below(guest->world, STEPS_MAX); steps > 0; steps--) {
        switch (world_below(guest->world, 5)) {
        case 0:
        case 1: act_send(guest); break;
        case 2:
            if (!act_wait(guest)) {
                return ERROR_EXIT;
            }
            break;
        case 3: act_cancel(guest); break;
        default: guest_yield(guest->app); break;
        }
    }
    *exit_code = guest->seen;
    enum error error = ends[world_below(guest->world, sizeof ends / sizeof *ends)];
    return error == ERROR_UNLINKABLE ? report_fail(report, error, REPORT_NO_OFFSET, "it had enough") : error;
}

static void guest_end(void *program) {
    struct guest *guest = program;
    for (uint32_t index = 0; index < REQUESTS_MAX; index++) {
        if (guest->pending[index].is_awaited) {
            guest_cancel(guest->app, &guest->pending[index].request);
        }
    }
    budget_release(guest->budget, guest, sizeof *guest);
}

const struct app_world grind_guests = {.has = guest_has, .begin = guest_begin, .run = guest_run, .end = guest_end};
