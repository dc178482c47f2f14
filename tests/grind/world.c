/* One world: its apps are started, and started again when they end, until each client has seen enough; then all end, and nothing may be left. */
#include "tests/grind/world.h"

#include "kernel/check/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 2, STEPS_MAX = 20000 };

void world_fail(struct world *world, const char *pattern, ...) {
    if (world->failure[0] != 0) {
        return;
    }
    va_list arguments;
    va_start(arguments, pattern);
    vsnprintf(world->failure, sizeof world->failure, pattern, arguments);
    va_end(arguments);
    if (world->kernel != NULL) {
        kernel_stop(world->kernel);
    }
}

void world_check(struct world *world) {
    struct report report;
    report_init(&report);
    if (kernel_check(world->kernel, &report) != ERROR_NONE) {
        world_fail(world, "a rule of the kernel does not hold: %s", report.text);
    }
}

/* ---- Apps ---- */

static const char *const role_names[] = {"hostile", "client", "names", "server"};
/* Who behaves ends well, if it ends; what others do is their own affair. */
static void slot_ended(void *context, uint32_t app, const struct app_end *end) {
    struct slot *slot = context;
    struct world *world = slot->world;
    struct counts *counts = world->counts;
    counts->trapped += end->kind == APP_TRAPPED;
    counts->exited += end->kind == APP_EXITED;
    counts->killed += end->kind == APP_KILLED;
    if (app != slot->number) {
        world_fail(world, "app %u ended in the place of app %u", app, slot->number);
    }
    slot->number = 0;
    slot->is_done = slot->role == ROLE_CLIENT && end->kind == APP_EXITED && end->exit_code == 0;
    counts->done += slot->is_done;
    if (slot->role != ROLE_HOSTILE && end->kind != APP_KILLED && !slot->is_done) {
        world_fail(world, "the %s ended in line %d of its program: %s", role_names[slot->role], (int)end->exit_code, end->report);
    }
    kernel_stop(world->kernel);
}

/* Of a hostile one, which alone are children. */
static void slot_child_ended(void *context, struct child *child, const struct app_end *end, bool is_final) {
    struct slot *slot = context;
    struct counts *counts = slot->world->counts;
    counts->trapped += end->kind == APP_TRAPPED;
    counts->exited += end->kind == APP_EXITED;
    counts->killed += end->kind == APP_KILLED;
    if (is_final) {
        slot->child = NULL;
        child_release(child);
        kernel_stop(slot->world->kernel);
    }
}

/* Limits of all sizes, and budgets with hardly any room. */
static struct app_limits limits_choose(struct world *world, enum role role) {
    struct app_limits limits = {0};
    if (role == ROLE_HOSTILE && world_chance(world, 600)) {
        limits.memory_bytes = world_chance(world, 500) ? 300000u + world_below(world, 4000000) : 0;
        limits.sent_count_max = world_below(world, 100);
        limits.inbox_count_max = world_below(world, 100);
        limits.inbox_bytes = world_below(world, 40000);
        limits.grant_count_max = 20 + world_below(world, 300);
    }
    return limits;
}

static enum error child_hand(struct world *world, struct child *child, const struct app_grant *grant) {
    uint32_t handle;
    if (grant->serves) {
        return child_serve(child, grant->label, grant->service);
    }
    struct capability *capability = service_grant(world->kernel, grant->service, 0);
    if (capability == NULL) {
        return ERROR_NO_MEMORY;
    }
    enum error error = child_give(child, grant->label, capability, &handle);
    service_grant_drop(world->kernel, capability);
    return error;
}

/* The same app as a child of nobody's. */
static enum error slot_start_child(struct slot *slot, const struct app_options *options, struct report *report) {
    struct world *world = slot->world;
    const struct child_options child_options = {.module = options->module,
                                                .world = options->world,
                                                .world_settings = options->world_settings,
                                                .name = options->name,
                                                .arguments = options->arguments,
                                                .argument_count = options->argument_count,
                                                .limits = options->limits,
                                                .restart_count_max = world_below(world, 3),
                                                .restart_delay_ms = world_below(world, 5),
                                                .ended = slot_child_ended,
                                                .context = slot};
    struct child *child;
    enum error error = child_make(world->kernel, &child_options, report, &child);
    if (error != ERROR_NONE) {
        return error;
    }
    slot->child = child;
    for (uint32_t index = 0; error == ERROR_NONE && index < options->grant_count; index++) {
        error = child_hand(world, child, &options->grants[index]);
    }
    error = error == ERROR_NONE ? child_run(child, report) : error;
    if (error != ERROR_NONE) {
        child_stop(child, 0);
    }
    return error;
}

void slot_start(struct slot *slot) {
    struct world *world = slot->world;
    struct app_grant grants[INTERFACE_COUNT + PLATFORM_MAX + 1];
    uint32_t count = 0;
    for (int index = 0; index < (int)world->service_count; index++) {
        bool serves = index == slot->serves, is_left_out = slot->role == ROLE_HOSTILE && !serves && world_chance(world, 100);
        if (!is_left_out) {
            grants[count++] = (struct app_grant){.service = world->services[index], .label = world->labels[index], .serves = serves};
        }
        /* Some can send to themselves. */
        if (serves && slot->role == ROLE_HOSTILE && world_chance(world, 500)) {
            grants[count++] = (struct app_grant){.service = world->services[index], .label = "itself"};
        }
    }
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)support_random(&world->random));
    const struct bytes arguments[] = {bytes_from_text("grind"), bytes_from_text(role_names[slot->role]), bytes_from_text(seed)};
    bool is_guest = slot->role == ROLE_HOSTILE && (slot->serves < 0 || world_chance(world, 50)) && world_chance(world, 400);
    const struct app_options options = {.module = slot->role == ROLE_NAMES ? world->names : world->module,
                                        .world = is_guest ? &grind_guests : NULL,
                                        .world_settings = world,
                                        .name = role_names[slot->role],
                                        .arguments = arguments,
                                        .argument_count = 3,
                                        .grants = grants,
                                        .grant_count = count,
                                        .limits = limits_choose(world, slot->role),
                                        .log = slot->role == ROLE_HOSTILE && world_chance(world, 300) ? NULL : world->log,
                                        .has_clock = true,
                                        .ended = slot_ended,
                                        .context = slot};
    struct report report;
    report_init(&report);
    bool is_child = slot->role == ROLE_HOSTILE && world_chance(world, 500);
    enum error error = is_child ? slot_start_child(slot, &options, &report) : app_start(world->kernel, &options, &report, &slot->number);
    world->counts->started += error == ERROR_NONE;
    world->counts->refused += error != ERROR_NONE;
    if (error != ERROR_NONE) {
        slot->number = 0;
    }
    bool is_expected = error == ERROR_NO_MEMORY || error == ERROR_ARGUMENT || (error == ERROR_UNLINKABLE && is_guest && slot->serves >= 0);
    if (error != ERROR_NONE && (slot->role != ROLE_HOSTILE || !is_expected)) {
        world_fail(world, "a %s was not started: %s", role_names[slot->role], report.error != ERROR_NONE ? report.text : error_text(error));
    }
}

void world_kill(struct world *world) {
    struct slot *slot = &world->slots[world_below(world, HOSTILE_COUNT)];
    if (slot->child != NULL) {
        child_stop(slot->child, world_chance(world, 500) ? 0 : world_below(world, 20));
    } else if (slot->number != 0) {
        enum error error = app_kill(world->kernel, slot->number);
        if (error != ERROR_NONE) {
            world_fail(world, "an app could not be killed: %s", error_text(error));
        }
    }
}

/* ---- Its life ---- */

static enum error module_make(struct world *world, const struct program *program, struct report *report, struct wasm_module **out) {
    struct bytes bytes = {program->bytes, program->size};
    return wasm_module_create(kernel_engine(world->kernel), &world->budget, bytes, report, out);
}

static enum role role_of(uint32_t index) {
    return index < HOSTILE_COUNT ? ROLE_HOSTILE : index + 2 < SLOT_COUNT ? ROLE_CLIENT : index + 1 < SLOT_COUNT ? ROLE_NAMES : ROLE_SERVER;
}

static enum error world_begin(struct world *world, const struct program programs[PROGRAM_COUNT], struct report *report) {
    enum error error = linux_machine_create(&world->machine, report);
    if (error != ERROR_NONE) {
        return error;
    }
    world_machine(world);
    budget_init_root(&world->budget, support_memory(), BUDGET_UNLIMITED);
    const struct kernel_options options = {.compile = world_chance(world, 500)};
    error = kernel_create(&world->machine.machine, &world->budget, &options, &world->kernel);
    if (error == ERROR_NONE) {
        error = module_make(world, &programs[PROGRAM_GRIND], report, &world->module);
    }
    if (error == ERROR_NONE) {
        error = module_make(world, &programs[PROGRAM_NAMES], report, &world->names);
    }
    if (error == ERROR_NONE) {
        error = world_services_begin(world);
    }
    for (uint32_t index = 0; index < SLOT_COUNT; index++) {
        enum role role = role_of(index);
        world->slots[index] = (struct slot){.world = world, .role = role, .serves = role == ROLE_HOSTILE ? world_peer(index) : -1};
    }
    world->slots[SLOT_COUNT - 1].serves = INTERFACE_steady;
    world->slots[SLOT_COUNT - 2].serves = INTERFACE_names;
    return error;
}

/* Starts what is not there: the server at once, the others some time later. False when there is nothing more to be done. */
static bool world_step(struct world *world) {
    uint32_t waiting = 0;
    for (uint32_t index = SLOT_COUNT; index-- > 0;) {
        struct slot *slot = &world->slots[index];
        waiting += slot->role == ROLE_CLIENT && !slot->is_done;
        if (slot->number == 0 && slot->child == NULL && !slot->is_done && (slot->role != ROLE_HOSTILE || world_chance(world, 500))) {
            slot_start(slot);
        }
    }
    if (waiting == 0 || world->failure[0] != 0) {
        return false;
    }
    kernel_run(world->kernel);
    return true;
}

/* From no app to no app. */
static void world_round(struct world *world) {
    uint32_t steps = 0;
    for (uint32_t index = 0; index < SLOT_COUNT; index++) {
        world->slots[index].is_done = false;
    }
    while (world_step(world) && ++steps < STEPS_MAX) {
    }
    if (steps == STEPS_MAX) {
        world_fail(world, "after %d steps a client still waits", STEPS_MAX);
    }
    world_check(world);
    kernel_end_apps(world->kernel);
    world_check(world);
    memset(world->kept, 0, sizeof world->kept);
    size_t clock_bytes = world->machine.host.page_size;
    if (kernel_app_count(world->kernel) != 0 || world->page_bytes != clock_bytes) {
        world_fail(world, "all apps have ended, and there are %u, with %llu bytes of pages", kernel_app_count(world->kernel),
                   (unsigned long long)(world->page_bytes - clock_bytes));
    }
}

bool world_run(const struct program programs[PROGRAM_COUNT], uint64_t seed, struct counts *counts, char *failure, size_t size) {
    static struct world the_world; /* too large for a stack */
    struct world *world = &the_world;
    struct report report;
    report_init(&report);
    *world = (struct world){.random = seed, .counts = counts};
    enum error error = world_begin(world, programs, &report);
    if (error != ERROR_NONE) {
        snprintf(failure, size, "the world did not begin: %s", report.error != ERROR_NONE ? report.text : error_text(error));
        return false;
    }
    for (uint32_t round = 0; round < ROUNDS && world->failure[0] == 0; round++) {
        world_round(world);
    }
    world_services_end(world);
    wasm_module_destroy(world->module);
    wasm_module_destroy(world->names);
    kernel_destroy(world->kernel);
    world->kernel = NULL;
    budget_end(&world->budget);
    linux_machine_destroy(&world->machine);
    if (support_live_blocks() != 0 || world->page_bytes != 0) {
        world_fail(world, "%zu blocks and %llu bytes of pages were not given back", support_live_blocks(), (unsigned long long)world->page_bytes);
    }
    counts->worlds++;
    snprintf(failure, size, "%s", world->failure);
    return world->failure[0] == 0;
}
