/* Children, with real programs: what they are given, what is taken away and led elsewhere while they run, and that they are restarted. The programs
   are programs/tests/actor; what is done to them is done by a native handler, `control`, when one calls it, or by an alarm. */
#include "kernel/child.h"
#include "interfaces/log.h"
#include "kernel/check/check.h"

#include "base/list.h"
#include "platform/linux/system/machine.h"
#include "tests/support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MILLISECOND_NS 1000000u

enum { SERVER, OTHER, CONTROL, SERVICE_COUNT };

struct world {
    struct linux_machine machine;
    struct budget budget;
    struct kernel *kernel;
    struct wasm_module *module;
    uint8_t *bytes;
    size_t size;
    struct service *services[SERVICE_COUNT];
    struct capability *grants[SERVICE_COUNT];
    struct child *client;
    struct alarm alarm;
    uint32_t handle; /* that the alarm takes away from the client */
    uint32_t end_count, final_count;
    int32_t exit_code; /* of the last that ended by itself */
    char report[512];
};

static bool compile;

static void world_log(void *context, const char *text, size_t length) {
    (void)context, (void)text, (void)length;
}

static void take_away(struct alarm *alarm) {
    struct world *world = LIST_ENTRY(alarm, struct world, alarm);
    assert_int_equal(child_revoke(world->client, world->handle), ERROR_NONE);
    assert_int_equal(child_revoke(world->client, 0x12345), ERROR_NOT_FOUND);
}

/* Operation 1: take away, in some milliseconds, the grant of this handle. 2: at once. 3: lead the client's `server` to the other handler. 4: give the
   client the other handler, too. 5: trap somewhere: never. */
static void control_receive(void *context, const struct native_request *request) {
    struct world *world = context;
    struct native_answer answer = {0};
    uint32_t handle = 0;
    static const uint8_t server[INTERFACE_HASH_BYTES] = {1}, wrong[INTERFACE_HASH_BYTES] = {2};
    world->handle = (uint32_t)request->words[0];
    switch (request->operation) {
    case 1: alarm_set(world->kernel, &world->alarm, world->machine.machine.monotonic_ns(world->machine.machine.context) + 5 * MILLISECOND_NS); break;
    case 2: take_away(&world->alarm); break;
    case 3:
        assert_int_equal(child_route(world->client, server, world->grants[CONTROL]), ERROR_ARGUMENT);
        assert_int_equal(child_route(world->client, wrong, world->grants[OTHER]), ERROR_ARGUMENT);
        assert_int_equal(child_route(world->client, server, world->grants[OTHER]), ERROR_NONE);
        break;
    case 4: assert_int_equal(child_give(world->client, "other", world->grants[OTHER], &handle), ERROR_NONE); break;
    default: answer.error = -14;
    }
    answer.words[0] = handle;
    /* Who takes away what it was asked through is not waited for any more. */
    enum error expected = service_is_awaited(world->kernel, request->id) ? ERROR_NONE : ERROR_NOT_FOUND;
    assert_true(expected == ERROR_NONE || request->operation == 2);
    assert_int_equal(service_answer(world->kernel, request->id, &answer), expected);
}

static void module_read(struct world *world) {
    const char *build = getenv("BUILD");
    char path[500];
    snprintf(path, sizeof path, "%s/programs/tests/actor.wasm", build != NULL ? build : "build");
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    world->bytes = malloc(1 << 20);
    world->size = fread(world->bytes, 1, 1 << 20, file);
    fclose(file);
}

static void world_begin(struct world *world) {
    static const uint8_t hashes[SERVICE_COUNT][INTERFACE_HASH_BYTES] = {[SERVER] = {1}, [OTHER] = {1}, [CONTROL] = {3}};
    struct report report;
    report_init(&report);
    *world = (struct world){.alarm = {.ring = take_away}};
    assert_int_equal(linux_machine_create(&world->machine, &report), ERROR_NONE);
    world->machine.machine.log = world_log;
    budget_init_root(&world->budget, support_memory(), BUDGET_UNLIMITED);
    const struct kernel_options options = {.compile = compile};
    assert_int_equal(kernel_create(&world->machine.machine, &world->budget, &options, &world->kernel), ERROR_NONE);
    assert_int_equal(alarm_reserve(world->kernel), ERROR_NONE);
    module_read(world);
    struct bytes bytes = {world->bytes, world->size};
    assert_int_equal(wasm_module_create(kernel_engine(world->kernel), &world->budget, bytes, &report, &world->module), ERROR_NONE);
    for (uint32_t index = 0; index < SERVICE_COUNT; index++) {
        native_receive *receive = index == CONTROL ? control_receive : NULL;
        assert_int_equal(service_create(world->kernel, hashes[index], receive, world, &world->services[index]), ERROR_NONE);
        world->grants[index] = service_grant(world->kernel, world->services[index], 0);
        assert_non_null(world->grants[index]);
    }
}

/* All that kernel/check/check.h says. */
static void world_check(struct world *world) {
    struct report report;
    report_init(&report);
    if (kernel_check(world->kernel, &report) != ERROR_NONE) {
        fail_msg("%s", report.text);
    }
}

static void world_end(struct world *world) {
    world_check(world);
    kernel_end_apps(world->kernel);
    for (uint32_t index = 0; index < SERVICE_COUNT; index++) {
        service_grant_drop(world->kernel, world->grants[index]);
        service_release(world->kernel, world->services[index]);
    }
    wasm_module_destroy(world->module);
    kernel_destroy(world->kernel);
    budget_end(&world->budget);
    linux_machine_destroy(&world->machine);
    free(world->bytes);
    assert_int_equal(support_live_blocks(), 0);
}

static void actor_ended(void *context, struct child *child, const struct app_end *end, bool is_final) {
    struct world *world = context;
    world_check(world);
    world->end_count++;
    world->final_count += is_final;
    world->exit_code = end->exit_code;
    snprintf(world->report, sizeof world->report, "%s", end->report);
    if (child == world->client && is_final) {
        kernel_stop(world->kernel);
    }
}

static struct child *actor_make(struct world *world, const char *role, uint32_t restart_count_max) {
    const struct bytes arguments[] = {bytes_from_text("actor"), bytes_from_text(role)};
    const struct child_options options = {.program = {world->bytes, world->size},
                                          .name = role,
                                          .arguments = arguments,
                                          .argument_count = 2,
                                          .restart_count_max = restart_count_max,
                                          .ended = actor_ended,
                                          .context = world};
    struct report report;
    struct child *child;
    report_init(&report);
    assert_int_equal(child_make(world->kernel, &options, &report, &child), ERROR_NONE);
    return child;
}

/* Another one like this, with another role. */
static struct child *actor_of(const struct world *world, const struct child_options *like, const char *role, uint32_t buffer_count_max) {
    const struct bytes arguments[] = {bytes_from_text("actor"), bytes_from_text(role)};
    struct child_options options = *like;
    struct report report;
    struct child *child;
    report_init(&report);
    options.arguments = arguments;
    options.buffer_count_max = buffer_count_max;
    assert_int_equal(child_make(world->kernel, &options, &report, &child), ERROR_NONE);
    return child;
}

static void actor_run(struct child *child) {
    struct report report;
    report_init(&report);
    enum error error = child_run(child, &report);
    if (error != ERROR_NONE) {
        fail_msg("%s: %s", error_text(error), report.text);
    }
    assert_int_equal(child_run(child, &report), ERROR_ARGUMENT);
}

static struct child *server_start(struct world *world, const char *role, uint32_t service, uint32_t restart_count_max) {
    struct child *child = actor_make(world, role, restart_count_max);
    assert_int_equal(child_serve(child, "server", world->services[service]), ERROR_NONE);
    actor_run(child);
    return child;
}

static void client_run(struct world *world, const char *role) {
    uint32_t handle;
    world->client = actor_make(world, role, 0);
    assert_int_equal(child_give(world->client, "server", world->grants[SERVER], &handle), ERROR_NONE);
    assert_int_equal(child_give(world->client, "control", world->grants[CONTROL], &handle), ERROR_NONE);
    assert_int_equal(child_give(world->client, "a label that is as long as no label", world->grants[CONTROL], &handle), ERROR_LIMIT);
    actor_run(world->client);
    uint32_t final_count = world->final_count;
    kernel_run(world->kernel);
    assert_true(world->final_count > final_count);
    if (world->exit_code != 0 || world->report[0] != 0) {
        fail_msg("%s: line %d: %s", role, (int)world->exit_code, world->report);
    }
    child_release(world->client);
}

static void run_client(const char *role) {
    struct world world;
    world_begin(&world);
    server_start(&world, "server", SERVER, 0);
    server_start(&world, "echo", OTHER, 0);
    client_run(&world, role);
    world_end(&world);
}

/* What is taken away before it was delivered, while it is owed and in the middle of a call; and what was handed on. */
static void test_revoke(void **state) {
    (void)state;
    run_client("r1: call");
    run_client("r2: sent");
    run_client("r3: handed on");
}

/* What a child handed on through somebody who decides is derived of its own, and ends with that. */
static void test_revoke_derived(void **state) {
    (void)state;
    static const uint8_t interface[INTERFACE_HASH_BYTES] = {1};
    struct world world;
    uint32_t handles[3];
    world_begin(&world);
    world.client = actor_make(&world, "echo", 0);
    actor_run(world.client);
    struct child *heir = actor_make(&world, "echo", 0);
    assert_int_equal(child_give(world.client, "server", world.grants[SERVER], &handles[0]), ERROR_NONE);
    struct capability *own = child_route_now(world.client, interface);
    assert_int_equal(child_give(heir, "server", own, &handles[1]), ERROR_NONE);
    service_grant_drop(world.kernel, own);
    actor_run(heir);
    world_check(&world);
    assert_int_equal(child_revoke(world.client, handles[0]), ERROR_NONE);
    own = child_route_now(heir, interface);
    assert_int_equal(child_give(world.client, "again", own, &handles[2]), ERROR_NONE);
    assert_true(service_grant_is_revoked(own));
    service_grant_drop(world.kernel, own);
    child_release(heir);
    child_release(world.client);
    world_end(&world);
}

static void test_route(void **state) {
    (void)state;
    run_client("r4: route");
    run_client("r5: give");
}

/* Restarts are counted, and what an app handles waits for it meanwhile. */
static void test_restart(void **state) {
    (void)state;
    struct world world;
    world_begin(&world);
    struct child *server = server_start(&world, "server", SERVER, 3);
    client_run(&world, "r6: restarts");
    assert_int_equal(world.end_count, 5); /* three restarts, the end of the fourth, and the client */
    assert_int_equal(world.final_count, 2);
    child_release(server);
    world_end(&world);
}

/* Nothing is left of who was restarted, killed or never run; all of it was charged to its group. */
static void test_nothing_leaks(void **state) {
    (void)state;
    struct world world;
    world_begin(&world);
    uint64_t used_bytes = 0;
    for (uint32_t round = 0; round < 500; round++) {
        world.client = actor_make(&world, "mn: traps", 1);
        actor_run(world.client);
        kernel_run(world.kernel);
        child_release(world.client);
        struct child *idle = server_start(&world, "echo", SERVER, 5), *never = actor_make(&world, "echo", 0);
        child_stop(idle, 0);
        child_stop(never, 0);
        child_release(never);
        child_release(idle);
        if (round == 10) {
            used_bytes = world.budget.used_bytes;
        }
    }
    assert_int_equal(world.end_count, 500 * 4);
    assert_int_equal(world.budget.used_bytes, used_bytes);
    world_end(&world);
}

/* A child cannot have more than its maker, and one that is asked to end has time to. */
static void test_budget_and_stop(void **state) {
    (void)state;
    struct world world;
    struct report report;
    struct child *small, *inner;
    world_begin(&world);
    report_init(&report);
    struct child_options options = {
        .module = world.module, .name = "small", .limits = {.memory_bytes = 100000}, .ended = actor_ended, .context = &world};
    assert_int_equal(child_make(world.kernel, &options, &report, &small), ERROR_NONE);
    options.maker = small;
    options.limits.memory_bytes = 0;
    assert_int_equal(child_make(world.kernel, &options, &report, &inner), ERROR_NONE);
    assert_int_equal(child_run(inner, &report), ERROR_NO_MEMORY);
    child_stop(small, 0);
    child_release(small);
    assert_int_equal(child_run(inner, &report), ERROR_NO_MEMORY);
    child_stop(inner, 0);
    child_release(inner);
    world.client = actor_make(&world, "z: until asked", 0);
    actor_run(world.client);
    kernel_stop(world.kernel);
    child_stop(world.client, 10000);
    kernel_run(world.kernel);
    assert_int_equal(world.exit_code, 5);
    child_release(world.client);
    world.client = actor_make(&world, "echo", 0);
    actor_run(world.client);
    child_stop(world.client, 5);
    kernel_run(world.kernel);
    assert_int_equal(world.final_count, 4);
    world_end(&world);
}

/* How many buffers children see is theirs and their maker's together. */
static void test_buffers(void **state) {
    (void)state;
    struct world world;
    struct report report;
    struct child *maker, *first, *second;
    const struct bytes arguments[] = {bytes_from_text("actor"), bytes_from_text("is: buffers, and stays")};
    world_begin(&world);
    report_init(&report);
    struct child_options options = {.module = world.module, .name = "maker", .buffer_count_max = 5, .ended = actor_ended, .context = &world};
    assert_int_equal(child_make(world.kernel, &options, &report, &maker), ERROR_NONE);
    options = (struct child_options){.maker = maker,
                                     .module = world.module,
                                     .name = "made",
                                     .arguments = arguments,
                                     .argument_count = 2,
                                     .buffer_count_max = 3,
                                     .ended = actor_ended,
                                     .context = &world};
    assert_int_equal(child_make(world.kernel, &options, &report, &first), ERROR_NONE);
    world.client = actor_of(&world, &options, "ie: buffers", 100);
    second = world.client;
    actor_run(first);
    actor_run(second);
    kernel_run(world.kernel);
    assert_int_equal(world.exit_code, 2); /* the first has its three */
    child_release(second);
    child_stop(first, 0);
    child_release(first);
    world.client = actor_of(&world, &options, "ie: buffers", 100);
    actor_run(world.client);
    kernel_run(world.kernel);
    assert_int_equal(world.exit_code, 5);
    child_release(world.client);
    child_stop(maker, 0);
    child_release(maker);
    world_end(&world);
}

/* Somebody whose one message waits for a handler, and who ends. The exit code is the program's line where it could not be sent. */
static struct child *awaiting_make(struct world *world) {
    uint32_t handle;
    struct child *child = actor_make(world, "awaits", 0);
    assert_int_equal(child_give(child, "nobody", world->grants[SERVER], &handle), ERROR_NONE);
    actor_run(child);
    return child;
}

static void awaiting_run(struct world *world) {
    world->client = awaiting_make(world);
    kernel_run(world->kernel);
    assert_int_equal(world->exit_code, 0);
    child_release(world->client);
}

/* Who comes to handle a service in the middle of its life gets what waited for that, though it be more than its queue takes; and then no more. */
static void test_serve_late(void **state) {
    (void)state;
    struct world world;
    struct report report;
    struct child *server;
    const struct bytes arguments[] = {bytes_from_text("actor"), bytes_from_text("echo")};
    world_begin(&world);
    report_init(&report);
    awaiting_run(&world);
    awaiting_run(&world);
    const struct child_options options = {.module = world.module,
                                          .name = "echo",
                                          .arguments = arguments,
                                          .argument_count = 2,
                                          .limits = {.inbox_count_max = 1},
                                          .ended = actor_ended,
                                          .context = &world};
    assert_int_equal(child_make(world.kernel, &options, &report, &server), ERROR_NONE);
    actor_run(server);
    kernel_run(world.kernel);
    world.client = awaiting_make(&world);
    assert_int_equal(child_serve(server, "server", world.services[SERVER]), ERROR_NONE);
    world_check(&world);
    kernel_run(world.kernel);
    assert_int_not_equal(world.exit_code, 0);
    child_release(world.client);
    awaiting_run(&world);
    child_release(server);
    world_end(&world);
}

/* Who is led to a grant that was revoked is told so, and the log of who starts with one is the next one. */
static void test_revoked_before(void **state) {
    (void)state;
    static const uint8_t interface[INTERFACE_HASH_BYTES] = {1}, log[INTERFACE_HASH_BYTES] = LOG_HASH;
    struct world world;
    struct service *logs[2];
    uint32_t handle, first;
    world_begin(&world);
    world.client = actor_make(&world, "echo", 0);
    struct child *robbed = actor_make(&world, "echo", 0);
    assert_int_equal(child_give(world.client, "server", world.grants[SERVER], &handle), ERROR_NONE);
    assert_int_equal(child_give(robbed, "server", world.grants[OTHER], &first), ERROR_NONE);
    actor_run(world.client);
    assert_int_equal(child_revoke(robbed, first), ERROR_NONE);
    struct capability *revoked = child_route_now(robbed, interface);
    assert_int_equal(child_route(world.client, interface, revoked), ERROR_NONE);
    world_check(&world);
    service_grant_drop(world.kernel, revoked);
    for (uint32_t index = 0; index < 2; index++) {
        assert_int_equal(service_create(world.kernel, log, control_receive, &world, &logs[index]), ERROR_NONE);
        struct capability *grant = service_grant(world.kernel, logs[index], 0);
        assert_int_equal(child_give(robbed, "log", grant, &handle), ERROR_NONE);
        first = index == 0 ? handle : first;
        service_grant_drop(world.kernel, grant);
    }
    assert_int_equal(child_revoke(robbed, first), ERROR_NONE);
    actor_run(robbed);
    world_check(&world);
    child_release(robbed);
    child_release(world.client);
    world_end(&world);
}

static int with_interpreter(void **state) {
    (void)state;
    compile = false;
    return 0;
}

static int with_compiler(void **state) {
    (void)state;
    compile = true;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revoke),     cmocka_unit_test(test_revoke_derived), cmocka_unit_test(test_route),
        cmocka_unit_test(test_restart),    cmocka_unit_test(test_nothing_leaks),  cmocka_unit_test(test_budget_and_stop),
        cmocka_unit_test(test_serve_late), cmocka_unit_test(test_buffers),        cmocka_unit_test(test_revoked_before),
    };
    return cmocka_run_group_tests(tests, with_interpreter, NULL) + cmocka_run_group_tests(tests, with_compiler, NULL);
}
