/* The simulated machine. Memory, stacks and address space are Linux's, but whether there is any is the seed's affair; time is a number that grows
   when it is looked at, and jumps when the kernel sleeps. */
#include "platform/sim/sim.h"

#include "kernel/state.h"
#include "tests/support/support.h"

/* ---- Memory ---- */

static void *memory_take(void *context, size_t size) {
    struct sim *sim = context;
    if (sim_fails(sim, sim->failures.memory, "memory")) {
        return NULL;
    }
    const struct memory_source *support = support_memory();
    return support->take(support->context, size);
}

static void memory_give(void *context, void *block, size_t size) {
    (void)context;
    const struct memory_source *support = support_memory();
    support->give(support->context, block, size);
}

static enum error pages_take(void *context, size_t size, struct machine_pages *out) {
    struct sim *sim = context;
    if (sim_fails(sim, sim->failures.pages, "pages")) {
        return ERROR_NO_MEMORY;
    }
    enum error error = sim->ground->machine.pages_take(sim->ground, size, out);
    sim->page_bytes += error == ERROR_NONE ? size : 0;
    return error;
}

static void pages_give(void *context, const struct machine_pages *pages) {
    struct sim *sim = context;
    sim->page_bytes -= pages->size;
    sim->ground->machine.pages_give(sim->ground, pages);
}

static enum error host_reserve(void *context, size_t size, void **address) {
    struct sim *sim = context;
    const struct wasm_host *host = &sim->ground->host;
    if (sim_fails(sim, sim->failures.reserve, "reserve")) {
        return ERROR_NO_MEMORY;
    }
    enum error error = host->reserve(host->context, size, address);
    sim->reserved_bytes += error == ERROR_NONE ? size : 0;
    return error;
}

static void host_unreserve(void *context, void *address, size_t size) {
    struct sim *sim = context;
    const struct wasm_host *host = &sim->ground->host;
    sim->reserved_bytes -= size;
    host->unreserve(host->context, address, size);
}

static void host_unreserve_empty(void *context, void *address, size_t size) {
    struct sim *sim = context;
    const struct wasm_host *host = &sim->ground->host;
    sim->reserved_bytes -= size;
    host->unreserve_empty(host->context, address, size);
}

static void host_decommit(void *context, void *address, size_t size) {
    const struct sim *sim = context;
    const struct wasm_host *host = &sim->ground->host;
    host->decommit(host->context, address, size);
}

static enum error host_seal_code(void *context, void *address, size_t size) {
    const struct sim *sim = context;
    const struct wasm_host *host = &sim->ground->host;
    return host->seal_code(host->context, address, size);
}

static enum error host_commit(void *context, void *address, size_t size) {
    struct sim *sim = context;
    const struct wasm_host *host = &sim->ground->host;
    return sim_fails(sim, sim->failures.commit, "commit") ? ERROR_NO_MEMORY : host->commit(host->context, address, size);
}

static enum error host_map(void *context, void *address, size_t size, uint64_t object, uint64_t offset, enum wasm_access access) {
    struct sim *sim = context;
    const struct wasm_host *host = &sim->ground->host;
    return sim_fails(sim, sim->failures.map, "map") ? ERROR_NO_MEMORY : host->map(host->context, address, size, object, offset, access);
}

/* ---- Stacks ---- */

static void stack_prepare(void *context, struct machine_stack *stack, void (*run)(void *argument), void *argument) {
    struct sim *sim = context;
    sim->ground->machine.stack_prepare(sim->ground, stack, run, argument);
}

static void stack_switch(void *context, struct machine_stack *from, struct machine_stack *to) {
    struct sim *sim = context;
    sim->ground->machine.stack_switch(sim->ground, from, to);
}

/* ---- Time ---- */

/* Any of those who are ready may be next: the kernel takes the first. */
static void ready_shuffle(struct sim *sim) {
    struct list *ready = &sim->kernel->ready;
    if (list_is_empty(ready) || ready->next->next == ready || !sim_chance(sim, 50)) {
        return;
    }
    uint32_t place = sim_below(sim, sim->kernel->app_count);
    struct list *link = ready->next;
    for (; place > 0 && link->next != ready; place--) {
        link = link->next;
    }
    list_remove(link);
    list_push_front(ready, link);
}

/* Mostly little time passes; now and then so much that the kernel looks after everything else first. */
static uint64_t monotonic_ns(void *context) {
    struct sim *sim = context;
    bool is_late = sim->step >= sim->settings.steps;
    sim->step++;
    sim->now_ns += sim_below(sim, 2000);
    if (is_late || sim_chance(sim, 15)) {
        sim->now_ns += 1000000 + sim_below(sim, 1000000);
    }
    if (sim->is_checking) {
        sim_check(sim, "a look at the clock");
        ready_shuffle(sim);
    }
    return sim->now_ns;
}

static uint64_t wall_ns(void *context) {
    const struct sim *sim = context;
    return sim->now_ns + 1700000000000000000u;
}

static void random_fill(void *context, uint8_t *out, size_t size) {
    struct sim *sim = context;
    for (size_t index = 0; index < size; index++) {
        out[index] = (uint8_t)support_random(&sim->random);
    }
}

/* ---- Sleeping ---- */

static bool machine_sleep(void *context, uint64_t until_ns) {
    struct sim *sim = context;
    if (sim->is_checking) {
        sim_check(sim, "a sleep");
        sim_children_check(sim, true);
    }
    if (!sim->is_draining) {
        if (sim->step >= sim->settings.steps) {
            kernel_stop(sim->kernel);
            return true;
        }
        sim_disturb(sim);
    }
    if (until_ns == UINT64_MAX) {
        return !sim->is_draining && sim_go_on(sim);
    }
    if (until_ns > sim->now_ns) {
        /* Sometimes it is woken before its time. */
        uint64_t wait_ns = until_ns - sim->now_ns;
        sim->now_ns += sim_chance(sim, 20) ? wait_ns / 2 : wait_ns;
    }
    return true;
}

static void machine_wake(void *context) {
    (void)context;
}

static void machine_log(void *context, const char *text, size_t length) {
    sim_event(context, "log: %.*s", (int)length, text);
}

void sim_machine_begin(struct sim *sim) {
    sim->memory = (struct memory_source){.context = sim, .take = memory_take, .give = memory_give};
    sim->host = sim->ground->host;
    sim->host.context = sim;
    sim->host.reserve = host_reserve;
    sim->host.unreserve = host_unreserve;
    sim->host.unreserve_empty = host_unreserve_empty;
    sim->host.decommit = host_decommit;
    sim->host.seal_code = host_seal_code;
    sim->host.map_code = NULL;
    sim->host.map_copy = NULL;
    sim->host.commit = host_commit;
    sim->host.map = host_map;
    sim->machine = (struct machine){
        .context = sim,
        .host = &sim->host,
        .pages_take = pages_take,
        .pages_give = pages_give,
        .stack_prepare = stack_prepare,
        .stack_switch = stack_switch,
        .monotonic_ns = monotonic_ns,
        .wall_ns = wall_ns,
        .random = random_fill,
        .sleep = machine_sleep,
        .wake = machine_wake,
        .log = machine_log,
    };
}
