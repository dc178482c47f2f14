/* Buffers that travel, with real programs on a real machine: programs/tests/lender plays both sides, and here somebody ends or loses its grant in
   between. */
#include "kernel/kernel.h"

#include "kernel/capability.h"
#include "kernel/check/check.h"
#include "kernel/revoke.h"
#include "platform/linux/system/machine.h"
#include "tests/support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum who { NOBODY, SENDER, RECEIVER, BOTH, REVOKED };

#define APPS_MAX 16

struct world {
    struct linux_machine machine;
    struct machine counted; /* what the kernel stands on: the machine, with its pages counted */
    int64_t page_bytes;     /* taken and not given */
    struct budget budget;
    struct kernel *kernel;
    struct wasm_module *module;
    uint8_t *bytes;
    struct service *server, *stage, *other;
    uint32_t client_number, server_number;
    struct app_end ends[APPS_MAX];
    char reports[APPS_MAX][512];
    enum who who;
};

static bool compile;

static void world_log(void *context, const char *text, size_t length) {
    (void)context, (void)text, (void)length;
}

static enum error count_take(void *context, size_t size, struct machine_pages *out) {
    struct world *world = context;
    enum error error = world->machine.machine.pages_take(&world->machine, size, out);
    world->page_bytes += error == ERROR_NONE ? (int64_t)size : 0;
    return error;
}

static void count_give(void *context, const struct machine_pages *pages) {
    struct world *world = context;
    world->page_bytes -= (int64_t)pages->size;
    world->machine.machine.pages_give(&world->machine, pages);
}

/* The others of a machine's functions take the machine as their context. */
static void stack_prepare(void *context, struct machine_stack *stack, void (*run)(void *argument), void *argument) {
    struct world *world = context;
    world->machine.machine.stack_prepare(&world->machine, stack, run, argument);
}

static void stack_switch(void *context, struct machine_stack *from, struct machine_stack *to) {
    struct world *world = context;
    world->machine.machine.stack_switch(&world->machine, from, to);
}

static uint64_t monotonic_ns(void *context) {
    struct world *world = context;
    return world->machine.machine.monotonic_ns(&world->machine);
}

static uint64_t wall_ns(void *context) {
    struct world *world = context;
    return world->machine.machine.wall_ns(&world->machine);
}

static bool machine_sleep(void *context, uint64_t until_ns) {
    struct world *world = context;
    return world->machine.machine.sleep(&world->machine, until_ns);
}

static void machine_count(struct world *world) {
    world->counted = world->machine.machine;
    world->counted.context = world;
    world->counted.pages_take = count_take;
    world->counted.pages_give = count_give;
    world->counted.stack_prepare = stack_prepare;
    world->counted.stack_switch = stack_switch;
    world->counted.monotonic_ns = monotonic_ns;
    world->counted.wall_ns = wall_ns;
    world->counted.sleep = machine_sleep;
    world->counted.log = world_log;
}

/* The grant of an app to the server, as the kernel has it. */
static struct capability *client_capability(struct world *world) {
    LIST_EACH(link, &world->kernel->apps) {
        struct app *app = LIST_ENTRY(link, struct app, link);
        for (uint32_t index = 1; app->number == world->client_number && index < app->grants.entry_count; index++) {
            struct capability *capability = app->grants.entries[index].capability;
            if (capability != NULL && capability->service == world->server) {
                return capability;
            }
        }
    }
    fail_msg("the client has no grant");
    return NULL;
}

static void expect_rules(struct world *world) {
    struct report report;
    report_init(&report);
    if (kernel_check(world->kernel, &report) != ERROR_NONE) {
        fail_msg("%s", report.text);
    }
}

/* One of the two is where it should be: now it happens. */
static void stage_receive(void *context, const struct native_request *request) {
    struct world *world = context;
    if (request->block.size != 0) {
        struct native_answer answer = {0};
        memcpy(&answer.words[0], request->block.data, 4);
        if (request->lent != NULL) {
            memcpy(request->lent, &(uint32_t){0x99AABBCC}, 4);
        }
        assert_int_equal(service_answer(world->kernel, request->id, &answer), ERROR_NONE);
        return;
    }
    if (world->who == REVOKED) {
        capability_revoke(world->kernel, client_capability(world));
    }
    if (world->who == SENDER || world->who == BOTH) {
        assert_int_equal(app_kill(world->kernel, world->client_number), ERROR_NONE);
    }
    if (world->who == RECEIVER || world->who == BOTH) {
        assert_int_equal(app_kill(world->kernel, world->server_number), ERROR_NONE);
    }
    expect_rules(world);
    assert_int_equal(service_answer(world->kernel, request->id, &(struct native_answer){0}), ERROR_NONE);
    expect_rules(world);
}

static void module_read(struct world *world, struct bytes *out) {
    const char *build = getenv("BUILD");
    char path[500];
    snprintf(path, sizeof path, "%s/programs/tests/lender.wasm", build != NULL ? build : "build");
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    world->bytes = malloc(1 << 20);
    *out = (struct bytes){world->bytes, fread(world->bytes, 1, 1 << 20, file)};
    fclose(file);
}

static void world_begin(struct world *world) {
    struct report report;
    struct bytes bytes;
    report_init(&report);
    *world = (struct world){0};
    assert_int_equal(linux_machine_create(&world->machine, &report), ERROR_NONE);
    machine_count(world);
    budget_init_root(&world->budget, support_memory(), BUDGET_UNLIMITED);
    const struct kernel_options options = {.compile = compile};
    assert_int_equal(kernel_create(&world->counted, &world->budget, &options, &world->kernel), ERROR_NONE);
    module_read(world, &bytes);
    assert_int_equal(wasm_module_create(kernel_engine(world->kernel), &world->budget, bytes, &report, &world->module), ERROR_NONE);
    const uint8_t server_hash[INTERFACE_HASH_BYTES] = {1}, stage_hash[INTERFACE_HASH_BYTES] = {2}, other_hash[INTERFACE_HASH_BYTES] = {3};
    assert_int_equal(service_create(world->kernel, server_hash, NULL, NULL, &world->server), ERROR_NONE);
    assert_int_equal(service_create(world->kernel, stage_hash, stage_receive, world, &world->stage), ERROR_NONE);
    assert_int_equal(service_create(world->kernel, other_hash, NULL, NULL, &world->other), ERROR_NONE);
}

static void world_end(struct world *world) {
    expect_rules(world);
    kernel_end_apps(world->kernel);
    wasm_module_destroy(world->module);
    kernel_destroy(world->kernel);
    assert_int_equal(world->page_bytes, 0);
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
}

static uint32_t lender_start(struct world *world, const char *role, const char *how, const struct app_limits *limits) {
    const struct app_grant grants[] = {{.service = world->server, .label = "server", .serves = role[0] == 's'},
                                       {.service = world->stage, .label = "stage"},
                                       {.service = world->other, .label = "other", .serves = role[0] == 'o'}};
    const struct bytes arguments[] = {bytes_from_text("lender"), bytes_from_text(role), bytes_from_text(how)};
    struct app_options options = {.module = world->module,
                                  .name = role,
                                  .arguments = arguments,
                                  .argument_count = 3,
                                  .grants = grants,
                                  .grant_count = 3,
                                  .has_clock = true,
                                  .ended = app_ended,
                                  .context = world};
    if (limits != NULL) {
        options.limits = *limits;
    }
    struct report report;
    report_init(&report);
    uint32_t number = 0;
    enum error error = app_start(world->kernel, &options, &report, &number);
    if (error != ERROR_NONE) {
        fail_msg("%s: %s", error_text(error), report.text);
    }
    return number;
}

static void expect_end(const struct world *world, uint32_t number, bool is_killed, const char *how) {
    const struct app_end *end = &world->ends[number];
    enum app_end_kind kind = is_killed ? APP_KILLED : APP_EXITED;
    if (end->report == NULL || end->kind != kind || end->exit_code != 0) {
        fail_msg("%s: the %s %s, kind %d, code %d: %s", how, number == world->client_number ? "client" : "server",
                 end->report == NULL ? "goes on" : "ended", (int)end->kind, (int)end->exit_code, world->reports[number]);
    }
}

/* ---- The table ---- */

static void run_case(const char *how) {
    struct world world;
    world_begin(&world);
    world.who = (enum who)(how[2] - '0');
    bool is_early = how[1] == '1', is_server_killed = world.who == RECEIVER || world.who == BOTH;
    int64_t page_bytes = world.page_bytes;
    world.server_number = lender_start(&world, "server", how, NULL);
    kernel_run(world.kernel);
    world.client_number = lender_start(&world, "client", how, NULL);
    kernel_run(world.kernel);
    expect_end(&world, world.client_number, world.who == SENDER || world.who == BOTH, how);
    /* A message that was taken back before it was seen leaves its receiver as it was. */
    bool is_untouched = is_early && (world.who == SENDER || world.who == REVOKED);
    if (is_untouched) {
        assert_null(world.ends[world.server_number].report);
        assert_int_equal(app_kill(world.kernel, world.server_number), ERROR_NONE);
    } else {
        expect_end(&world, world.server_number, is_server_killed, how);
    }
    assert_int_equal(kernel_app_count(world.kernel), 0);
    assert_int_equal(world.page_bytes, page_bytes);
    world_end(&world);
}

static void test_table(void **state) {
    (void)state;
    char how[5] = {0};
    for (uint32_t at = 0; at < 5 * 4 * 5 * 2; at++) {
        how[0] = (char)('1' + at % 5);
        how[1] = (char)('1' + at / 5 % 4);
        how[2] = (char)('0' + at / 20 % 5);
        how[3] = (char)('0' + at / 100);
        run_case(how);
    }
}

/* ---- The rest ---- */

/* A client of this role alone, with a server and another one of these roles, or none. The client ends well, or with this report, and so does the
   server. */
static void run_roles(const char *how, const char *const roles[3], const char *client_report, const char *server_report) {
    struct world world;
    world_begin(&world);
    const struct app_limits small = {.memory_bytes = 2 << 20};
    uint32_t other = roles[2] != NULL ? lender_start(&world, roles[2], how, NULL) : 0;
    world.server_number = roles[1] != NULL ? lender_start(&world, roles[1], how, strcmp(roles[1], "sk small") == 0 ? &small : NULL) : 0;
    kernel_run(world.kernel);
    world.client_number = lender_start(&world, roles[0], how, NULL);
    kernel_run(world.kernel);
    const char *expected[] = {client_report, server_report, NULL};
    uint32_t numbers[] = {world.client_number, world.server_number, other};
    for (uint32_t index = 0; index < 3; index++) {
        const struct app_end *end = &world.ends[numbers[index]];
        bool is_well = end->report == NULL || (end->kind == APP_EXITED && end->exit_code == 0);
        bool is_so = expected[index] == NULL ? is_well : end->kind == APP_TRAPPED && strstr(world.reports[numbers[index]], expected[index]) != NULL;
        if (roles[index] != NULL && (!is_so || (index == 0 && end->report == NULL))) {
            fail_msg("%s %s: app %u: kind %d, code %d: %s", roles[0], how, index, (int)end->kind, (int)end->exit_code, world.reports[numbers[index]]);
        }
    }
    world_end(&world);
}

static void test_operations(void **state) {
    (void)state;
    run_roles("3000", (const char *const[3]){"ao", "sk", NULL}, NULL, NULL);
    run_roles("3000", (const char *const[3]){"aa", NULL, NULL}, NULL, NULL);
}

static void test_given_up(void **state) {
    (void)state;
    run_roles("3000", (const char *const[3]){"cg", "sk", NULL}, NULL, NULL);
    run_roles("4001", (const char *const[3]){"cg", "sk", NULL}, NULL, NULL);
}

static void test_receiver_is_full(void **state) {
    (void)state;
    run_roles("2001", (const char *const[3]){"cr", "sk small", NULL}, NULL, NULL);
}

static void test_platform(void **state) {
    (void)state;
    for (const char *const *how = (const char *const[]){"2000", "3000", "4000", "5000", NULL}; *how != NULL; how++) {
        run_roles(*how, (const char *const[3]){"cp", NULL, NULL}, NULL, NULL);
    }
}

static void test_taken_back(void **state) {
    (void)state;
    run_roles("5000", (const char *const[3]){"cs", "st", NULL}, NULL, "it touched a shared buffer that was taken back");
}

static void test_chain(void **state) {
    (void)state;
    for (const char *const *how = (const char *const[]){"3000", "4000", "3001", "4001", NULL}; *how != NULL; how++) {
        run_roles(*how, (const char *const[3]){"cx", "sx", "oe"}, NULL, NULL);
        run_roles(*how, (const char *const[3]){"cx", "sy", "oe"}, NULL, NULL);
        run_roles(*how, (const char *const[3]){"cxd", "sd", "ok"}, NULL, NULL);
    }
}

static void test_faults(void **state) {
    (void)state;
    run_roles("3000", (const char *const[3]){"cfl", "sk", NULL}, "it touched a buffer that it has lent: ", NULL);
    run_roles("4001", (const char *const[3]){"cfl", "sk", NULL}, "it touched a buffer that it has lent: ", NULL);
    run_roles("2000", (const char *const[3]){"cfl", "sk", NULL}, "out of bounds memory access", NULL);
    run_roles("3000", (const char *const[3]){"cfu", NULL, NULL}, "it touched a buffer that it has unmapped: ", NULL);
    run_roles("3000", (const char *const[3]){"cfe", NULL, NULL}, "out of bounds memory access", NULL);
    run_roles("3000", (const char *const[3]){"cfb", NULL, NULL}, "out of bounds memory access", NULL);
    run_roles("3000", (const char *const[3]){"cfw", "sw", NULL}, NULL, "it touched a buffer that it may only read: ");
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
        cmocka_unit_test(test_table),    cmocka_unit_test(test_operations), cmocka_unit_test(test_given_up), cmocka_unit_test(test_receiver_is_full),
        cmocka_unit_test(test_platform), cmocka_unit_test(test_taken_back), cmocka_unit_test(test_chain),    cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, with_interpreter, NULL) + cmocka_run_group_tests(tests, with_compiler, NULL);
}
