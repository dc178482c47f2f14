/* The world of a run: the services, the apps that come and go, and the observer, which is a native service that answers at once, later, or when all
   comes to an end. */
#include "platform/sim/sim.h"

#include "base/format.h"
#include "interfaces/clock.h"
#include "interfaces/log.h"
#include "kernel/state.h"
#include "tests/support/support.h"

#include <string.h>

enum { OBSERVE_EVENT = 1, OBSERVE_NOW = 2, OBSERVE_LATER = 3 };

#define ANSWER_MARK 0x5A17C0DE5A17C0DEull

/* ---- The observer ---- */

static void pending_answer(struct sim *sim, uint32_t index) {
    struct pending pending = sim->pending[index];
    sim->pending[index] = sim->pending[--sim->pending_count];
    const struct native_answer answer = {.words = {pending.words[2] ^ ANSWER_MARK, pending.words[1]}};
    enum error error = service_answer(sim->kernel, pending.id, &answer);
    sim_event(sim, "the observer answers app %u: %s", (unsigned)pending.words[0], error == ERROR_NONE ? "ok" : "nobody waits");
}

/* Any of those that may be answered already. */
static bool pending_answer_any(struct sim *sim) {
    uint32_t first = sim->pending_count != 0 ? sim_below(sim, sim->pending_count) : 0;
    for (uint32_t index = 0; index < sim->pending_count; index++) {
        uint32_t at = (first + index) % sim->pending_count;
        if (!sim->pending[at].is_event) {
            pending_answer(sim, at);
            return true;
        }
    }
    return false;
}

void sim_answer_all(struct sim *sim) {
    while (sim->pending_count > 0) {
        pending_answer(sim, sim->pending_count - 1);
    }
}

/* Those whose senders are gone, or took them back, need no answer. */
static void pending_forget(struct sim *sim) {
    for (uint32_t index = 0; index < sim->pending_count; index++) {
        if (!service_is_awaited(sim->kernel, sim->pending[index].id)) {
            sim->pending[index--] = sim->pending[--sim->pending_count];
        }
    }
}

static void observe(void *context, const struct native_request *request) {
    struct sim *sim = context;
    sim_event(sim, "app %u asks the observer for %u", request->app, request->operation);
    sim_check(sim, "the observer");
    if (sim->pending_count == PENDING_MAX) {
        pending_forget(sim);
    }
    if (request->id == 0 || sim->pending_count == PENDING_MAX || request->operation < OBSERVE_EVENT || request->operation > OBSERVE_LATER) {
        sim_fail(sim, "app %u asks the observer for what it does not know", request->app);
    }
    struct pending *pending = &sim->pending[sim->pending_count++];
    *pending = (struct pending){.id = request->id, .is_event = request->operation == OBSERVE_EVENT};
    memcpy(pending->words, request->words, sizeof pending->words);
    if (sim->is_draining || request->operation == OBSERVE_NOW) {
        pending_answer(sim, sim->pending_count - 1);
    }
    sim_disturb(sim);
    sim_check(sim, "the observer's end");
}

static void log_receive(void *context, const struct native_request *request) {
    struct sim *sim = context;
    sim_event(sim, "app %u logs %u bytes", request->app, (unsigned)request->block.size);
}

/* ---- Apps ---- */

bool sim_report_is_expected(const struct sim *sim, bool is_limited, const char *report) {
    if (strstr(report, "unreachable") != NULL) {
        return true;
    }
    bool is_of_memory = strstr(report, "budget exhausted") != NULL;
    return (sim->failure_count != 0 || is_limited) && is_of_memory;
}

static void app_ended(void *context, uint32_t number, const struct app_end *end) {
    struct sim *sim = context;
    sim_event(sim, "app %u ended in way %d with %d: %s", number, (int)end->kind, (int)end->exit_code, end->report);
    sim->ended_count++;
    sim->trapped_count += end->kind == APP_TRAPPED;
    uint32_t slot = 0;
    while (slot < sim->slot_count && sim->slots[slot].app != number) {
        slot++;
    }
    if (slot == sim->slot_count) {
        sim_fail(sim, "app %u ended twice", number);
    }
    sim->slots[slot].app = 0;
    if (end->kind == APP_EXITED && end->exit_code != 0) {
        sim_fail(sim, "app %u exited with %d", number, (int)end->exit_code);
    }
    if (end->kind == APP_TRAPPED && !sim_report_is_expected(sim, sim->slots[slot].is_limited, end->report)) {
        sim_fail(sim, "app %u: %s (an address 0x9... is a line of programs/tests/chaos/main.c)", number, end->report);
    }
}

struct app_limits sim_limits_choose(struct sim *sim) {
    struct app_limits limits = {
        .sent_count_max = 3 + sim_below(sim, 60), .inbox_count_max = 1 + sim_below(sim, 30), .buffer_count_max = 1 + sim_below(sim, 20)};
    limits.inbox_bytes = 4096u * (1 + sim_below(sim, 5));
    limits.grant_count_max = GRANTS_FIRST + 1 + sim_below(sim, 40);
    limits.memory_bytes = sim_chance(sim, 50) ? 0 : (1u << 20) + sim_below(sim, 2u << 20);
    return limits;
}

static void slot_start(struct sim *sim, uint32_t index) {
    static const char *const names[] = {"s0", "s1", "s2", "s3"};
    struct slot *slot = &sim->slots[index];
    struct app_grant grants[GRANTS_FIRST];
    char seed[24];
    format(seed, sizeof seed, "%llu", (unsigned long long)(support_random(&sim->random) >> 1));
    for (uint32_t service = 0; service < SERVICES; service++) {
        grants[service] = (struct app_grant){.service = sim->services[service], .label = names[service], .serves = service == slot->serves};
    }
    grants[SERVICES] = (struct app_grant){.service = sim->nobody, .label = "nobody"};
    grants[SERVICES + 1] = (struct app_grant){.service = sim->observer, .label = "observer"};
    const struct bytes arguments[] = {bytes_from_text("chaos"), bytes_from_text(seed)};
    const struct app_options options = {
        .module = sim->module,
        .name = "chaos",
        .arguments = arguments,
        .argument_count = 2,
        .grants = grants,
        .grant_count = GRANTS_FIRST,
        .limits = sim_limits_choose(sim),
        .log = sim_chance(sim, 25) ? sim->services[0] : sim->log,
        .has_clock = true,
        .ended = app_ended,
        .context = sim,
    };
    struct report report;
    report_init(&report);
    uint32_t failures = sim->failure_count;
    bool is_served = slot->serves < SERVICES && sim->services[slot->serves]->app != NULL, is_full = kernel_app_count(sim->kernel) == APPS_MAX;
    enum error error = app_start(sim->kernel, &options, &report, &slot->app);
    slot->is_limited = options.limits.memory_bytes != 0;
    sim_event(sim, "app %u starts in slot %u: %s %s", slot->app, index, error == ERROR_NONE ? "ok" : error_text(error), report.text);
    if (error != ERROR_NONE) {
        slot->app = 0;
        bool may_fail = failures != sim->failure_count || slot->is_limited || is_served || is_full;
        if (!may_fail) {
            sim_fail(sim, "an app cannot be started: %s %s", error_text(error), report.text);
        }
    }
    sim->started_count += error == ERROR_NONE;
}

static bool start_any(struct sim *sim) {
    uint32_t first = sim_below(sim, sim->slot_count);
    for (uint32_t index = 0; index < sim->slot_count; index++) {
        uint32_t at = (first + index) % sim->slot_count;
        if (sim->slots[at].app == 0) {
            slot_start(sim, at);
            return true;
        }
    }
    return false;
}

static void kill_any(struct sim *sim) {
    const struct slot *slot = &sim->slots[sim_below(sim, sim->slot_count)];
    uint32_t number = slot->app;
    if (number == 0) {
        return;
    }
    sim_event(sim, "app %u is to end", number);
    enum error error = app_kill(sim->kernel, number);
    if (error != ERROR_NONE) {
        sim_fail(sim, "app %u cannot be ended: %s", number, error_text(error));
    }
}

/* ---- What happens from outside ---- */

void sim_disturb(struct sim *sim) {
    if (!sim->is_draining && sim_chance(sim, sim->kinship)) {
        sim_children_disturb(sim);
    }
    if (sim->is_draining || !sim_chance(sim, sim->disturbance)) {
        return;
    }
    switch (sim_below(sim, 8)) {
    case 0: kill_any(sim); break;
    case 1:
        sim_event(sim, "stop");
        kernel_stop(sim->kernel);
        break;
    case 2:
    case 3:
    case 4: (void)start_any(sim); break;
    default: (void)pending_answer_any(sim);
    }
}

bool sim_go_on(struct sim *sim) {
    if (sim_chance(sim, 50) && start_any(sim)) {
        return true;
    }
    if (pending_answer_any(sim)) {
        return true;
    }
    kill_any(sim);
    return start_any(sim);
}

enum { NAME_LOG = 20, NAME_CLOCK = 21 }; /* of interfaces that the kernel knows */

static struct service *service_begin(struct sim *sim, uint8_t name, native_receive *receive) {
    static const uint8_t log[] = LOG_HASH, clock[] = CLOCK_HASH;
    const uint8_t other[INTERFACE_HASH_BYTES] = {name};
    struct service *service = NULL;
    const uint8_t *hash = name == NAME_LOG ? log : name == NAME_CLOCK ? clock : other;
    enum error error = service_create(sim->kernel, hash, receive, sim, &service);
    if (error != ERROR_NONE) {
        sim_fail(sim, "a service cannot be made: %s", error_text(error));
    }
    return service;
}

void sim_services_begin(struct sim *sim) {
    for (uint32_t service = 0; service < SERVICES; service++) {
        sim->services[service] = service_begin(sim, service % 2 == 0 ? 0 : NAME_LOG, NULL);
    }
    sim->nobody = service_begin(sim, 10, NULL);
    sim->observer = service_begin(sim, 11, observe);
    sim->log = service_begin(sim, 12, log_receive);
    sim->clock = service_begin(sim, NAME_CLOCK, log_receive);
    sim->slot_count = 2 + sim_below(sim, SLOTS_MAX - 1);
    for (uint32_t slot = 0; slot < sim->slot_count; slot++) {
        sim->slots[slot].serves = slot < SERVICES ? slot : SERVICES;
    }
}

void sim_services_end(struct sim *sim) {
    uint32_t count = 0, made_count = SERVICES + 4 + (sim->passing != NULL);
    LIST_EACH(link, &sim->kernel->services) {
        const struct service *service = LIST_ENTRY(link, struct service, link);
        count++;
        if (service->reference_count != 1) {
            sim_fail(sim, "%u still refer to a service that nobody has", service->reference_count - 1);
        }
    }
    if (count != made_count) {
        sim_fail(sim, "there are %u services, and %u were made and not let go", count, made_count);
    }
}
