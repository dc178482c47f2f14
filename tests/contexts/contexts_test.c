/* Programs that were built for a context of an older size, and are never built again, run on the kernel of today: README.md says what they are. Each
   scenario is a few apps, of which the last one has to end as it says. */
#include "kernel/kernel.h"

#include "platform/linux/system/machine.h"
#include "tests/support/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fnmatch.h>

#define FOLDER            "tests/contexts"
#define PROGRAM_BYTES_MAX ((size_t)1 << 20)
#define APPS_MAX          4
#define SERVICE_COUNT     5
#define SERVICE_COUNTER   4
#define COUNT(array)      (sizeof(array) / sizeof *(array))

static const char *const services[SERVICE_COUNT] = {"echo", "server", "nobody", "next", "counter"};

struct role {
    const char *program, *argument;
    const char *serves; /* the service that it handles; NULL for none */
    const char *detail; /* another argument, or NULL */
};

struct scenario {
    struct role roles[APPS_MAX]; /* the last that is there has to end; none that exits does so with another code than 0 */
    enum app_end_kind kind;      /* so; with code 0 if it exits */
    const char *log;             /* and to have logged what matches this pattern; NULL for anything */
    bool has_clock;
};

#define APP(program_, argument_)                                                                                                                     \
    { .program = program_, .argument = argument_ }
#define HANDLER(program_, argument_, serves_)                                                                                                        \
    { .program = program_, .argument = argument_, .serves = serves_ }

/* None that goes by the others having had their turn within some milliseconds: compiled with sanitizers, they may not have. */
static const struct scenario actors[] = {
    {.roles = {APP("actor", "turns")}, .log = "ten turns\n", .has_clock = true},
    {.roles = {HANDLER("actor", "echo", "echo"), APP("actor", "calls")}},
    {.roles = {HANDLER("actor", "echo", "echo"), APP("actor", "blocks")}},
    {.roles = {HANDLER("actor", "echo", "echo"), APP("actor", "n: sends")}},
    {.roles = {HANDLER("actor", "server", "server"), APP("actor", "x: errors")}, .has_clock = true},
    {.roles = {HANDLER("actor", "server", "server"), APP("actor", "k: cancels")}},
    {.roles = {HANDLER("actor", "echo", "echo"), HANDLER("actor", "server", "server"), HANDLER("actor", "server", "next"), APP("actor", "grants")}},
    {.roles = {HANDLER("actor", "server", "server"), APP("actor", "q: exit")}},
    {.roles = {HANDLER("actor", "server", "server"), APP("actor", "qt: trap")}},
    {.roles = {APP("actor", "heap")}},
    {.roles = {APP("actor", "mp")}, .kind = APP_TRAPPED},
    {.roles = {APP("actor", "mw")}, .kind = APP_TRAPPED},
    {.roles = {APP("actor", "mc")}, .kind = APP_TRAPPED},
    {.roles = {APP("actor", "mn")}, .kind = APP_TRAPPED},
    {.roles = {APP("actor", "mr")}, .kind = APP_TRAPPED},
    {.roles = {APP("actor", "md")}, .kind = APP_TRAPPED},
    {.roles = {APP("actor", "mt")}, .kind = APP_TRAPPED},
    {.roles = {APP("actor", "ml")}, .kind = APP_TRAPPED},
};

/* Those of argos new, each of which can ask each. */
static const char *const counters[] = {"c", "cpp", "rust", "assemblyscript", "wat"};

/* ---- One scenario ---- */

struct world;

struct member {
    struct world *world;
    struct wasm_module *module;
    uint32_t number;
    bool has_ended;
    struct app_end end;
    char report[512];
};

struct world {
    struct linux_machine machine;
    struct budget budget;
    struct kernel *kernel;
    struct service *log, *services[SERVICE_COUNT];
    struct member members[APPS_MAX];
    size_t member_count;
    char logged[4096]; /* by the last member */
};

static bool compile;
static const char *size_folder; /* whose programs are run */

static void world_log(void *context, const char *text, size_t length) {
    (void)context, (void)text, (void)length;
}

static void log_receive(void *context, const struct native_request *request) {
    struct world *world = context;
    size_t length = strlen(world->logged);
    if (world->member_count > 0 && request->app == world->members[world->member_count - 1].number) {
        snprintf(world->logged + length, sizeof world->logged - length, "%.*s\n", (int)request->block.size, (const char *)request->block.data);
    }
    if (request->id != 0) {
        assert_int_equal(service_answer(world->kernel, request->id, &(struct native_answer){0}), ERROR_NONE);
    }
}

static void world_begin(struct world *world) {
    struct report report;
    const struct kernel_options options = {.compile = compile};
    report_init(&report);
    *world = (struct world){0};
    assert_int_equal(linux_machine_create(&world->machine, &report), ERROR_NONE);
    world->machine.machine.log = world_log;
    budget_init_root(&world->budget, support_memory(), BUDGET_UNLIMITED);
    assert_int_equal(kernel_create(&world->machine.machine, &world->budget, &options, &world->kernel), ERROR_NONE);
    for (uint8_t index = 0; index <= SERVICE_COUNT; index++) {
        uint8_t hash[INTERFACE_HASH_BYTES] = {index};
        bool is_log = index == SERVICE_COUNT;
        struct service **out = is_log ? &world->log : &world->services[index];
        assert_int_equal(service_create(world->kernel, hash, is_log ? log_receive : NULL, world, out), ERROR_NONE);
    }
}

static void world_end(struct world *world) {
    kernel_end_apps(world->kernel);
    for (size_t index = 0; index < world->member_count; index++) {
        wasm_module_destroy(world->members[index].module);
    }
    kernel_destroy(world->kernel);
    budget_end(&world->budget);
    linux_machine_destroy(&world->machine);
    assert_int_equal(support_live_blocks(), 0);
}

static void member_ended(void *context, uint32_t app, const struct app_end *end) {
    struct member *member = context;
    (void)app;
    member->has_ended = true;
    member->end = *end;
    snprintf(member->report, sizeof member->report, "%s", end->report);
    kernel_stop(member->world->kernel);
}

/* A module keeps views of its bytes; the caller frees them behind it. */
static struct wasm_module *module_read(struct world *world, const char *program, uint8_t *bytes) {
    char path[500];
    struct report report;
    struct wasm_module *module;
    report_init(&report);
    snprintf(path, sizeof path, FOLDER "/%s/%s.wasm", size_folder, program);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail_msg("there is no %s", path);
    }
    struct bytes content = {bytes, fread(bytes, 1, PROGRAM_BYTES_MAX, file)};
    fclose(file);
    if (wasm_module_create(kernel_engine(world->kernel), &world->budget, content, &report, &module) != ERROR_NONE) {
        fail_msg("%s: %s", path, report.text);
    }
    return module;
}

static void member_start(struct world *world, const struct role *role, bool has_clock, uint8_t *bytes) {
    struct member *member = &world->members[world->member_count++];
    struct app_grant grants[SERVICE_COUNT];
    struct report report;
    for (size_t index = 0; index < SERVICE_COUNT; index++) {
        bool serves = role->serves != NULL && strcmp(role->serves, services[index]) == 0;
        grants[index] = (struct app_grant){.service = world->services[index], .label = services[index], .serves = serves};
    }
    *member = (struct member){.world = world, .module = module_read(world, role->program, bytes)};
    const struct bytes arguments[] = {bytes_from_text(role->program), bytes_from_text(role->argument),
                                      bytes_from_text(role->detail != NULL ? role->detail : "")};
    const struct app_options options = {.module = member->module,
                                        .name = role->argument,
                                        .arguments = arguments,
                                        .argument_count = role->detail != NULL ? 3 : 2,
                                        .grants = grants,
                                        .grant_count = SERVICE_COUNT,
                                        .log = world->log,
                                        .has_clock = has_clock,
                                        .ended = member_ended,
                                        .context = member};
    report_init(&report);
    if (app_start(world->kernel, &options, &report, &member->number) != ERROR_NONE) {
        fail_msg("%s/%s could not be started: %s", size_folder, role->program, report.text);
    }
}

static size_t ended_count(const struct world *world) {
    size_t count = 0;
    for (size_t index = 0; index < world->member_count; index++) {
        count += world->members[index].has_ended;
    }
    return count;
}

/* Runs until nothing happens any more; each end is a reason to stop on the way. */
static void world_run(struct world *world) {
    size_t count;
    do {
        count = ended_count(world);
        kernel_run(world->kernel);
    } while (ended_count(world) != count);
}

static void member_check(const struct member *member, const struct role *role, enum app_end_kind kind) {
    if (!member->has_ended) {
        fail_msg("%s/%s %s waits for what nobody will send", size_folder, role->program, role->argument);
    }
    if (member->end.kind != kind || member->end.exit_code != 0) {
        fail_msg("%s/%s %s: kind %d, code %d: %s", size_folder, role->program, role->argument, (int)member->end.kind, (int)member->end.exit_code,
                 member->report);
    }
}

static void scenario_run(const struct scenario *scenario) {
    static uint8_t bytes[APPS_MAX][PROGRAM_BYTES_MAX];
    struct world world;
    world_begin(&world);
    for (size_t index = 0; index < APPS_MAX && scenario->roles[index].program != NULL; index++) {
        member_start(&world, &scenario->roles[index], scenario->has_clock, bytes[index]);
    }
    assert_true(world.member_count > 0);
    world_run(&world);
    const size_t last = world.member_count - 1;
    const struct role *role = &scenario->roles[last];
    member_check(&world.members[last], role, scenario->kind);
    for (size_t index = 0; index < last; index++) {
        if (world.members[index].has_ended && world.members[index].end.kind == APP_EXITED) {
            member_check(&world.members[index], &scenario->roles[index], APP_EXITED);
        }
    }
    if (scenario->log != NULL && fnmatch(scenario->log, world.logged, 0) != 0) {
        fail_msg("%s/%s %s logged: %s", size_folder, role->program, role->argument, world.logged);
    }
    world_end(&world);
}

/* ---- Tests ---- */

/* Calls it for each size of a context that there ever was. */
static void sizes_each(void (*run)(void)) {
    DIR *folder = opendir(FOLDER);
    const struct dirent *entry;
    size_t count = 0;
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[strspn(entry->d_name, "0123456789")] == 0) {
            size_folder = entry->d_name;
            run();
            count++;
        }
    }
    closedir(folder);
    assert_true(count > 0);
}

static void actors_run(void) {
    for (size_t index = 0; index < COUNT(actors); index++) {
        scenario_run(&actors[index]);
    }
}

static void counters_run(void) {
    for (size_t client = 0; client < COUNT(counters); client++) {
        /* Who has a clock waits in between. */
        scenario_run(&(struct scenario){.roles = {APP(counters[client], "2")},
                                        .log = "count 1 of 2\nthe other counter does not answer: error 4\n"
                                               "count 2 of 2\nthe other counter does not answer: error 4\n",
                                        .has_clock = true});
        for (size_t server = 0; server < COUNT(counters); server++) {
            scenario_run(&(struct scenario){.roles = {HANDLER(counters[server], "9", services[SERVICE_COUNTER]), APP(counters[client], "2")},
                                            .log = "count 1 of 2\nthe other counter is at [0-9]\ncount 2 of 2\nthe other counter is at [0-9]\n"});
        }
    }
}

/* A block from one to the other in each mode, by a call and by a message, small and large. */
static void lenders_run(void) {
    static const char modes[] = "12345", moments[] = "1234", sizes[] = "01";
    for (size_t at = 0; at < strlen(modes) * strlen(moments) * strlen(sizes); at++) {
        const char how[] = {modes[at % 5], moments[at / 5 % 4], '0', sizes[at / 20], 0};
        scenario_run(&(struct scenario){.roles = {{.program = "lender", .argument = "server", .serves = "server", .detail = how},
                                                  {.program = "lender", .argument = "client", .detail = how}},
                                        .has_clock = true});
    }
}

static void test_lenders(void **state) {
    (void)state;
    sizes_each(lenders_run);
}

static void test_actors(void **state) {
    (void)state;
    sizes_each(actors_run);
}

static void test_counters(void **state) {
    (void)state;
    sizes_each(counters_run);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_actors), cmocka_unit_test(test_lenders), cmocka_unit_test(test_counters)};
    return cmocka_run_group_tests(tests, with_interpreter, NULL) + cmocka_run_group_tests(tests, with_compiler, NULL);
}
