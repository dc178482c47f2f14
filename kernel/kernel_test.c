/* The kernel with real programs on a real machine: programs/tests/actor plays every role. */
#include "kernel/kernel.h"

#include "kernel/check/check.h"
#include "kernel/state.h"
#include "kernel/trace.h"
#include "platform/linux/system/machine.h"
#include "tests/support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define APPS_MAX 16

struct world {
    struct linux_machine machine;
    struct budget budget;
    struct kernel *kernel;
    struct wasm_module *module;
    uint8_t *bytes;
    size_t size;
    struct service *services[8];
    struct budget *group; /* that further apps are of; NULL: the system's */
    struct app_end ends[APPS_MAX];
    char reports[APPS_MAX][512];
    uint32_t end_count;
    char logged[4096];
    bool stops_at_log;
};

static bool compile;

static void world_log(void *context, const char *text, size_t length) {
    (void)context, (void)text, (void)length;
}

/* What the platform's `log` gets. */
static void log_receive(void *context, const struct native_request *request) {
    struct world *world = context;
    size_t length = strlen(world->logged);
    snprintf(world->logged + length, sizeof world->logged - length, "%u: %.*s\n", request->app, (int)request->block.size,
             (const char *)request->block.data);
    if (world->stops_at_log) {
        kernel_stop(world->kernel);
    }
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

static void world_begin(struct world *world, uint64_t limit_bytes) {
    struct report report;
    report_init(&report);
    *world = (struct world){0};
    assert_int_equal(linux_machine_create(&world->machine, &report), ERROR_NONE);
    world->machine.machine.log = world_log;
    budget_init_root(&world->budget, support_memory(), limit_bytes);
    const struct kernel_options options = {.compile = compile};
    assert_int_equal(kernel_create(&world->machine.machine, &world->budget, &options, &world->kernel), ERROR_NONE);
    module_read(world);
    struct bytes bytes = {world->bytes, world->size};
    assert_int_equal(wasm_module_create(kernel_engine(world->kernel), &world->budget, bytes, &report, &world->module), ERROR_NONE);
    for (uint32_t index = 0; index < 5; index++) {
        uint8_t hash[INTERFACE_HASH_BYTES] = {(uint8_t)index};
        native_receive *receive = index == 4 ? log_receive : NULL;
        assert_int_equal(service_create(world->kernel, hash, receive, world, &world->services[index]), ERROR_NONE);
    }
}

static void world_end(struct world *world) {
    kernel_end_apps(world->kernel);
    wasm_module_destroy(world->module);
    kernel_destroy(world->kernel);
    budget_end(&world->budget);
    linux_machine_destroy(&world->machine);
    free(world->bytes);
    assert_int_equal(support_live_blocks(), 0);
}

static void app_ended(void *context, uint32_t app, const struct app_end *end) {
    struct world *world = context;
    assert_true(app < APPS_MAX);
    world->ends[app] = *end;
    snprintf(world->reports[app], sizeof world->reports[app], "%s", end->report);
    world->end_count++;
    kernel_stop(world->kernel);
}

/* Starts an actor; serves: the index of the service that it handles, or -1; log: the index of the one that its log goes to. */
static uint32_t actor_start_logging(struct world *world, const char *role, int serves, int log) {
    static const char *const names[] = {"echo", "server", "nobody", "next"};
    struct app_grant grants[4];
    uint32_t number = 0;
    for (int index = 0; index < 4; index++) {
        grants[index] = (struct app_grant){.service = world->services[index], .label = names[index], .serves = index == serves};
    }
    const struct bytes arguments[] = {bytes_from_text("actor"), bytes_from_text(role)};
    const struct app_options options = {.module = world->module,
                                        .name = role,
                                        .arguments = arguments,
                                        .argument_count = 2,
                                        .grants = grants,
                                        .grant_count = 4,
                                        .log = world->services[log],
                                        .budget = world->group,
                                        .has_clock = true,
                                        .ended = app_ended,
                                        .context = world};
    struct report report;
    report_init(&report);
    enum error error = app_start(world->kernel, &options, &report, &number);
    if (error != ERROR_NONE) {
        fail_msg("%s: %s", error_text(error), report.text);
    }
    return number;
}

static uint32_t actor_start(struct world *world, const char *role, int serves) {
    return actor_start_logging(world, role, serves, 4);
}

/* All that kernel/check/check.h says. */
static void rules_hold(const struct world *world) {
    struct report report;
    report_init(&report);
    if (kernel_check(world->kernel, &report) != ERROR_NONE) {
        fail_msg("%s", report.text);
    }
}

/* Runs until this one has ended well. */
static void expect_success(struct world *world, uint32_t client) {
    while (world->ends[client].report == NULL) {
        uint32_t count = world->end_count;
        kernel_run(world->kernel);
        rules_hold(world);
        if (world->end_count == count) {
            fail_msg("app %u waits for what nobody will send", client);
        }
    }
    if (world->ends[client].kind != APP_EXITED || world->ends[client].exit_code != 0) {
        fail_msg("app %u: kind %d, code %d: %s", client, (int)world->ends[client].kind, (int)world->ends[client].exit_code, world->reports[client]);
    }
}

static void run_client(const char *client, const char *echo, const char *server, const char *next) {
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED);
    uint32_t servers[3] = {0};
    servers[0] = echo != NULL ? actor_start(&world, echo, 0) : 0;
    servers[1] = server != NULL ? actor_start(&world, server, 1) : 0;
    servers[2] = next != NULL ? actor_start(&world, next, 3) : 0;
    uint32_t number = actor_start(&world, client, -1);
    expect_success(&world, number);
    for (uint32_t index = 0; index < 3; index++) {
        if (servers[index] != 0 && world.ends[servers[index]].report != NULL && world.ends[servers[index]].kind == APP_EXITED) {
            assert_int_equal(world.ends[servers[index]].exit_code, 0);
        }
    }
    world_end(&world);
}

static void test_turns(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED);
    uint32_t number = actor_start(&world, "turns", -1);
    kernel_run(world.kernel);
    assert_int_equal(world.ends[number].exit_code, 0);
    assert_string_equal(world.logged, "1: ten turns\n");
    world_end(&world);
}

static void test_calls(void **state) {
    (void)state;
    run_client("calls", "echo", NULL, NULL);
    run_client("blocks", "echo", NULL, NULL);
    run_client("n: sends", "echo", NULL, NULL);
}

static void test_errors(void **state) {
    (void)state;
    run_client("x: errors", NULL, "server", NULL);
    run_client("k: cancels", NULL, "server", NULL);
}

static void test_grants(void **state) {
    (void)state;
    run_client("grants", "echo", "server", "server");
}

static void test_deferred(void **state) {
    (void)state;
    run_client("deferred", NULL, "server", NULL);
}

static void test_circle(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED);
    uint32_t first = actor_start(&world, "f1", 0), second = actor_start(&world, "f2", 3), third;
    actor_start(&world, "server", 1);
    third = actor_start(&world, "f3", -1);
    expect_success(&world, third);
    expect_success(&world, first);
    expect_success(&world, second);
    world_end(&world);
}

/* A caller whose callee called on, and waits, is no longer under anybody: its time comes, and its end. */
static void test_tower(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED);
    actor_start(&world, "server", 1);
    actor_start(&world, "u1", 0);
    expect_success(&world, actor_start(&world, "u0", -1));
    world_end(&world);
    world_begin(&world, BUDGET_UNLIMITED);
    actor_start(&world, "server", 1);
    actor_start(&world, "u1", 0);
    uint32_t first = actor_start(&world, "u2", -1);
    kernel_run(world.kernel);
    assert_int_equal(world.end_count, 0);
    assert_int_equal(app_kill(world.kernel, first), ERROR_NONE);
    kernel_run(world.kernel);
    assert_int_equal(world.end_count, 1);
    assert_int_equal(world.ends[first].kind, APP_KILLED);
    world_end(&world);
}

/* An app that is killed while it waits for itself: nothing of it runs any more. */
static void test_end_of_itself(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED);
    world.services[2] = world.services[0];
    uint32_t number = actor_start(&world, "y: itself", 0);
    kernel_run(world.kernel);
    assert_int_equal(world.end_count, 0);
    assert_int_equal(app_kill(world.kernel, number), ERROR_NONE);
    assert_int_equal(world.ends[number].kind, APP_KILLED);
    expect_success(&world, actor_start(&world, "turns", -1));
    assert_int_equal(world.end_count, 2);
    world_end(&world);
}

static void test_handler_death(void **state) {
    (void)state;
    run_client("q: exit", NULL, "server", NULL);
    run_client("qt: trap", NULL, "server", NULL);
}

/* Nothing that is logged is lost, even by who has no message left to send, and however slow the handler is. */
static void test_log(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED);
    uint32_t logger = actor_start(&world, "log", 0);
    actor_start(&world, "server", 1);
    uint32_t client = actor_start_logging(&world, "ll", -1, 0);
    expect_success(&world, client);
    expect_success(&world, logger);
    world_end(&world);
}

/* More happened than the ring holds: it has the newest, in their order, and those of one app by themselves. */
static void test_trace(void **state) {
    (void)state;
    static struct trace_event events[TRACE_EVENTS];
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED);
    actor_start(&world, "echo", 0);
    uint32_t client = actor_start(&world, "calls", -1), calls = 0;
    expect_success(&world, client);
    assert_int_equal(kernel_trace(world.kernel, 0, events, TRACE_EVENTS), TRACE_EVENTS);
    assert_int_equal(events[TRACE_EVENTS - 1].kind, TRACE_APP_END);
    assert_int_equal(events[TRACE_EVENTS - 1].app, client);
    for (uint32_t index = 0; index < TRACE_EVENTS; index++) {
        assert_true(index == 0 || events[index].at_ns >= events[index - 1].at_ns);
        calls += events[index].kind == TRACE_CALL;
    }
    /* Each is sent, and answered by a turn of its own. */
    assert_in_range(calls, TRACE_EVENTS / 4 - 4, TRACE_EVENTS / 4 + 4);
    assert_int_equal(kernel_trace(world.kernel, client, events, 3), 3);
    assert_int_equal(events[0].kind, TRACE_CALL);
    assert_int_equal(events[1].kind, TRACE_TURN_END);
    assert_int_equal(events[2].kind, TRACE_APP_END);
    char line[200];
    trace_describe(&events[2], line, sizeof line);
    assert_non_null(strstr(line, " us app 2 end kind=0x0 code=0"));
    events[2].kind = 12345;
    trace_describe(&events[2], line, sizeof line);
    assert_non_null(strstr(line, " event 12345 "));
    world_end(&world);
}

static void test_room(void **state) {
    (void)state;
    run_client("j: room", NULL, "server", NULL);
}

static void test_crowd(void **state) {
    (void)state;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED);
    uint32_t client = actor_start(&world, "v", 0);
    actor_start(&world, "server", 1);
    actor_start(&world, "server", 3);
    expect_success(&world, client);
    world_end(&world);
}

/* What waits for a handler and wants no answer outlives who sent it, and not the kernel; with a block it goes when its sender does. */
static void test_awaits(void **state) {
    (void)state;
    run_client("awaits", NULL, NULL, NULL);
    run_client("ab: awaits with a block", NULL, NULL, NULL);
}

static void test_heap(void **state) {
    (void)state;
    run_client("heap", NULL, NULL, NULL);
}

/* Each ends with a report, and nothing else ends. */
static void test_misuse(void **state) {
    (void)state;
    static const struct {
        const char *role, *report;
    } cases[] = {{"mp", "send was given the address 0xffffff00"},
                 {"mw", "wait was given the address 0xc0020000"},
                 {"mc", "out of bounds memory access"},
                 {"mn", "out of bounds memory access"},
                 {"mr", "release was given the address"},
                 {"md", "release was given the address"},
                 {"mt", "start returned 7"},
                 {"ml", "log was given the address 0xfffffff0"}};
    for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index++) {
        struct world world;
        world_begin(&world, BUDGET_UNLIMITED);
        uint32_t waiting = actor_start(&world, "echo", 0), number = actor_start(&world, cases[index].role, -1);
        while (world.end_count == 0) {
            kernel_run(world.kernel);
        }
        assert_int_equal(world.ends[number].kind, APP_TRAPPED);
        if (strstr(world.reports[number], cases[index].report) == NULL) {
            fail_msg("%s: %s", cases[index].role, world.reports[number]);
        }
        assert_null(world.ends[waiting].report);
        world_end(&world);
    }
}

/* Apps of one group stand still, called or waiting, until it has no room for a further stack: the others are told so, and those of other groups go on
   as ever. The system has room for what it promised, and for little more. */
static void test_stacks(void **state) {
    (void)state;
    const uint64_t stack = FIBER_BYTES, some = 300 << 10;
    struct budget group;
    struct world world;
    world_begin(&world, BUDGET_UNLIMITED);
    budget_init(&group, &world.budget, BUDGET_UNLIMITED);
    actor_start(&world, "echo", 0);
    actor_start(&world, "server", 1);
    world.group = &group;
    world.stops_at_log = true;
    for (uint32_t index = 0; index < 4; index++) {
        actor_start(&world, index % 2 == 0 ? "wc" : "w", -1);
    }
    for (uint32_t app = 3; app <= 6; app++) {
        kernel_run(world.kernel);
    }
    assert_string_equal(world.logged, "3: ready\n4: ready\n5: ready\n6: ready\n");
    group.limit_bytes = group.used_bytes + 2 * stack + some;
    world.group = NULL;
    world.stops_at_log = false;
    uint32_t client = actor_start(&world, "calls", -1);
    world.budget.limit_bytes = world.budget.used_bytes + 2 * stack + some + stack + some;
    world.logged[0] = 0;
    expect_success(&world, client);
    assert_int_equal(world.end_count, 1);
    assert_string_equal(world.logged, "5: refused\n6: refused\n");
    kernel_end_apps(world.kernel);
    budget_end(&group);
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
        cmocka_unit_test(test_turns),    cmocka_unit_test(test_calls),         cmocka_unit_test(test_errors),        cmocka_unit_test(test_grants),
        cmocka_unit_test(test_deferred), cmocka_unit_test(test_handler_death), cmocka_unit_test(test_heap),          cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_circle),   cmocka_unit_test(test_tower),         cmocka_unit_test(test_end_of_itself), cmocka_unit_test(test_log),
        cmocka_unit_test(test_room),     cmocka_unit_test(test_trace),         cmocka_unit_test(test_crowd),         cmocka_unit_test(test_awaits),
        cmocka_unit_test(test_stacks),
    };
    return cmocka_run_group_tests(tests, with_interpreter, NULL) + cmocka_run_group_tests(tests, with_compiler, NULL);
}
