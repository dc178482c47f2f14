/* The host's own service. Apps may ask it for what a parent or a driver would do to them: kill and start others in the middle of a turn, answer late,
   twice, too much or never. Its machine has a clock that is counted: a step with each look, and from end to end of a sleep. */
#include "tests/grind/world.h"

#include "programs/tests/grind/grind.h"

#define STEP_NS        700u
#define ANSWER_MAX     20000u
#define KILL_PERIOD    25u
#define WALL_BEGINS_NS 1700000000000000000u

/* ---- The service ---- */

static void answer(struct world *world, uint64_t id, uint32_t size) {
    static const uint8_t block[ANSWER_MAX];
    struct native_answer out = {.error = world_chance(world, 300) ? -(int32_t)world_below(world, 20) : 0, .block = {block, size}};
    enum error error = service_answer(world->kernel, id, &out);
    if (error != ERROR_NONE && error != ERROR_NOT_FOUND) {
        world_fail(world, "service_answer failed with %s", error_text(error));
    }
}

void host_release(struct world *world) {
    uint32_t index = world_below(world, KEPT_MAX);
    if (world->kept[index] != 0) {
        answer(world, world->kept[index], world_below(world, 100));
        world->kept[index] = 0;
    }
}

static void start_some(struct world *world) {
    struct slot *slot = &world->slots[world_below(world, HOSTILE_COUNT)];
    if (slot->number == 0) {
        slot_start(slot);
    }
}

void host_receive(void *context, const struct native_request *request) {
    struct world *world = context;
    world->counts->messages++;
    switch (request->operation) {
    case HOST_KEEP: world->kept[world_below(world, KEPT_MAX)] = request->id; return;
    case HOST_NEVER: return;
    case HOST_KILL: world_kill(world); break;
    case HOST_START: start_some(world); break;
    case HOST_STOP: kernel_stop(world->kernel); break;
    case HOST_RELEASE: host_release(world); break;
    case HOST_WRONG: world_fail(world, "app %u was told what is not so: line %llu", request->app, (unsigned long long)request->words[0]); break;
    case HOST_TWICE: answer(world, request->id, 0); break;
    default: break;
    }
    answer(world, request->id, request->operation == HOST_LARGE ? world_below(world, ANSWER_MAX) : 0);
}

/* ---- The machine ---- */

static uint64_t machine_monotonic_ns(void *context) {
    struct world *world = context;
    return world->now_ns += STEP_NS;
}

static uint64_t machine_wall_ns(void *context) {
    const struct world *world = context;
    return WALL_BEGINS_NS + world->now_ns;
}

static void machine_random(void *context, uint8_t *out, size_t size) {
    struct world *world = context;
    for (size_t index = 0; index < size; index++) {
        out[index] = (uint8_t)support_random(&world->random);
    }
}

/* Who waits for ever is answered or killed at last, so that a round ends when those that behave have what they want. */
static bool machine_sleep(void *context, uint64_t until_ns) {
    struct world *world = context;
    bool is_idle = until_ns > world->now_ns;
    if (is_idle && until_ns - world->now_ns < 1000000000u) {
        world->now_ns = until_ns;
    }
    host_release(world);
    world_drain(world);
    world_check(world);
    (void)world->host.sleep(context, 0);
    if (until_ns == UINT64_MAX || ++world->sleeps % KILL_PERIOD == 0) {
        world_kill(world);
    }
    if (world_chance(world, 50)) {
        kernel_stop(world->kernel);
    }
    return true;
}

static enum error machine_pages_take(void *context, size_t size, struct machine_pages *out) {
    struct world *world = context;
    enum error error = world->host.pages_take(context, size, out);
    world->page_bytes += error == ERROR_NONE ? size : 0;
    return error;
}

static void machine_pages_give(void *context, const struct machine_pages *pages) {
    struct world *world = context;
    world->page_bytes -= pages->size;
    world->host.pages_give(context, pages);
}

/* What the kernel says of apps that ended is looked at where they end. */
static void machine_log(void *context, const char *text, size_t length) {
    (void)context, (void)text, (void)length;
}

void world_machine(struct world *world) {
    struct machine *machine = &world->machine.machine;
    world->host = *machine;
    machine->monotonic_ns = machine_monotonic_ns;
    machine->wall_ns = machine_wall_ns;
    machine->random = machine_random;
    machine->sleep = machine_sleep;
    machine->pages_take = machine_pages_take;
    machine->pages_give = machine_pages_give;
    machine->log = machine_log;
}
