/* A program for tests of the interface `apps`: it makes others, of the programs that it reads from the console. Its first argument says what it does
   with them. It exits with 0 when all was as it should be, else with the line at which it was not. */
#include "programs/api/apps.h"
#include "programs/api/clock.h"
#include "programs/api/console.h"
#include "programs/api/log.h"
#include "programs/tests/check/check.h"

#define PROGRAM_MAX 500000

static uint8_t input[PROGRAM_MAX];
static uint32_t input_size, input_used;
static struct wire_bytes programs[2];

/* All of the console's input. */
static int input_read(const struct context *os) {
    struct console_bytes_or_error in;
    do {
        const struct wire_memory memory = {input + input_size, sizeof input - input_size};
        if (console_read(os, console_grant(os), memory.size, memory, &in) != 0 || in.is_error) {
            return 0;
        }
        input_size += in.ok.size;
    } while (in.ok.size != 0 && input_size < sizeof input);
    return 1;
}

/* The next program in it: eight digits say how large it is. */
static int program_read(struct wire_bytes *out) {
    uint32_t size = 0;
    if (input_used + 8 > input_size) {
        return 0;
    }
    for (uint32_t i = 0; i < 8; i++) {
        size = size * 10 + input[input_used + i] - '0';
    }
    *out = (struct wire_bytes){input + input_used + 8, size};
    input_used += 8 + size;
    return input_used <= input_size;
}

static int32_t app_make(const struct context *os, const struct wire_bytes *program, const char *argument, struct apps_setup *more,
                        struct apps_app_or_error *app) {
    const struct wire_text arguments[] = {wire_text_of(argument)};
    more->program.kind = APPS_PROGRAM_BYTES;
    more->program.bytes = *program;
    more->name = wire_text_of("made");
    more->arguments = wire_text_list_of(arguments, 1);
    return apps_make(os, apps_grant(os), more, app);
}

/* A copy of the grant of its own. */
static int32_t app_give(const struct context *os, uint32_t app, const char *label, uint32_t grant, uint32_t *handle) {
    struct apps_u32_or_error given;
    const int32_t error = apps_app_give(os, app, wire_text_of(label), wire_grant_copied(grant), &given);
    *handle = given.ok;
    return error != 0 ? error : given.is_error ? 1000 + (int32_t)given.error : 0;
}

static int texts_are_equal(struct wire_text left, const char *right) {
    const struct wire_text other = wire_text_of(right);
    int is_equal = left.size == other.size;
    for (uint32_t i = 0; i < other.size && is_equal; i++) {
        is_equal = left.data[i] == other.data[i];
    }
    return is_equal;
}

/* ---- What it does ---- */

/* One that logs, and ends by itself; before that it is looked at. */
static int32_t make_one(struct context *os) {
    static uint8_t place[8192];
    const struct wire_memory memory = {place, sizeof place};
    struct apps_setup setup = {.memory_bytes = 0};
    struct apps_app_or_error app, found;
    struct apps_nothing_or_error done;
    struct apps_summary summary;
    struct apps_summary_list all;
    struct apps_held_list held_list;
    struct apps_held held;
    struct apps_ending ending;
    uint32_t handle;
    CHECK(app_make(os, &programs[0], "log", &setup, &app) == 0 && !app.is_error);
    CHECK(app_give(os, app.ok.handle, "log", log_grant(os), &handle) == 0 && handle != 0);
    CHECK(app_give(os, app.ok.handle, "a label that is as long as no label", log_grant(os), &handle) == 1000 + APPS_ERROR_LIMIT);
    CHECK(apps_app_look(os, app.ok.handle, memory, &summary) == 0 && summary.state == APPS_STATE_PREPARED && summary.memory_bytes > 0);
    CHECK(texts_are_equal(summary.name, "made") && summary.turns == 0);
    const uint32_t number = summary.number;
    CHECK(apps_app_grants_after(os, app.ok.handle, 0, memory, &held_list) == 0 && held_list.count == 1);
    CHECK(apps_held_list_get(&held_list, 0, &held) && held.rights == GRANT_USE && texts_are_equal(held.label, "log"));
    CHECK(apps_list_after(os, apps_grant(os), 0, memory, &all) == 0 && all.count == 1);
    CHECK(apps_find(os, apps_grant(os), number, &found) == 0 && !found.is_error);
    CHECK(apps_find(os, apps_grant(os), os->app, &found) == 0 && found.is_error && found.error == APPS_ERROR_UNKNOWN);
    CHECK(apps_app_run(os, app.ok.handle, &done) == 0 && !done.is_error);
    CHECK(apps_app_run(os, app.ok.handle, &done) == 0 && done.is_error && done.error == APPS_ERROR_LATE);
    CHECK(apps_app_wait_end(os, app.ok.handle, memory, &ending) == 0);
    CHECK(ending.reason == APPS_REASON_EXITED && ending.exit_code == 0 && !ending.fault.is_some);
    CHECK(apps_app_look(os, app.ok.handle, memory, &summary) == 0 && summary.state == APPS_STATE_ENDED && summary.memory_bytes == 0);
    CHECK(app_make(os, &programs[0], "log", &setup, &app) == 0 && !app.is_error);
    return finish(os, 0);
}

/* A WASI program, which says its name; once with a console, and once with nothing. */
static int32_t make_guest(struct context *os) {
    static uint8_t place[8192];
    const struct wire_memory memory = {place, sizeof place};
    struct apps_setup setup = {.memory_bytes = 0};
    struct apps_app_or_error app;
    struct apps_nothing_or_error done;
    struct apps_ending ending;
    uint32_t handle;
    CHECK(app_make(os, &programs[0], "guest", &setup, &app) == 0 && !app.is_error);
    CHECK(app_give(os, app.ok.handle, "console", console_grant(os), &handle) == 0 && handle != 0);
    CHECK(apps_app_run(os, app.ok.handle, &done) == 0 && !done.is_error);
    CHECK(apps_app_wait_end(os, app.ok.handle, memory, &ending) == 0 && ending.reason == APPS_REASON_EXITED && ending.exit_code == 0);
    CHECK(app_make(os, &programs[0], "nothing", &setup, &app) == 0 && !app.is_error);
    CHECK(apps_app_run(os, app.ok.handle, &done) == 0 && !done.is_error);
    CHECK(apps_app_wait_end(os, app.ok.handle, memory, &ending) == 0 && ending.reason == APPS_REASON_EXITED);
    return finish(os, 0);
}

/* One that traps, each time. */
static int32_t make_fault(struct context *os) {
    static uint8_t place[8192];
    const struct wire_memory memory = {place, sizeof place};
    struct apps_setup setup = {.restart = {2, 1}};
    struct apps_app_or_error app;
    struct apps_nothing_or_error done;
    struct apps_ending ending;
    struct apps_frame frame;
    CHECK(app_make(os, &programs[0], "", &setup, &app) == 0 && !app.is_error);
    CHECK(apps_app_run(os, app.ok.handle, &done) == 0 && !done.is_error);
    CHECK(apps_app_wait_end(os, app.ok.handle, memory, &ending) == 0 && ending.reason == APPS_REASON_FAULTED && ending.restarts == 2);
    CHECK(ending.fault.is_some && ending.fault.value.frames.count == 1 && apps_frame_list_get(&ending.fault.value.frames, 0, &frame));
    CHECK(texts_are_equal(frame.function, "again") && frame.offset != 0);
    struct wire_text event;
    CHECK(ending.fault.value.events.count > 2 && wire_text_list_get(&ending.fault.value.events, ending.fault.value.events.count - 1, &event));
    os->log(event.data, event.size);
    os->log(ending.fault.value.kind.data, ending.fault.value.kind.size);
    return finish(os, 0);
}

/* Some that do not become apps, one that does not fit, and some that are stopped. */
static int32_t make_none(struct context *os) {
    static uint8_t place[8192];
    const struct wire_memory memory = {place, sizeof place};
    const struct wire_bytes nothing = {input, 8};
    struct apps_setup setup = {.memory_bytes = 0}, small = {.memory_bytes = 100000};
    struct apps_app_or_error app;
    struct apps_nothing_or_error done;
    struct apps_ending ending;
    CHECK(app_make(os, &nothing, "", &setup, &app) == 0 && app.is_error && app.error == APPS_ERROR_INVALID);
    CHECK(app_make(os, &programs[0], "", &small, &app) == 0 && !app.is_error);
    CHECK(apps_app_run(os, app.ok.handle, &done) == 0 && done.is_error && done.error == APPS_ERROR_NO_MEMORY);
    CHECK(apps_app_stop(os, app.ok.handle, 0, memory, &ending) == 0 && ending.reason == APPS_REASON_STOPPED);
    CHECK(app_make(os, &programs[1], "", &setup, &app) == 0 && !app.is_error);
    CHECK(apps_app_run(os, app.ok.handle, &done) == 0 && !done.is_error);
    CHECK(apps_app_stop(os, app.ok.handle, 20, memory, &ending) == 0 && ending.reason == APPS_REASON_KILLED);
    CHECK(apps_app_stop(os, app.ok.handle, 20, memory, &ending) == 0 && ending.reason == APPS_REASON_KILLED);
    return finish(os, 0);
}

/* The first of the programs ticks; the second is put between it and the log while it runs. */
static int32_t wrap_live(struct context *os) {
    static uint8_t place[8192];
    static const uint8_t log_interface[] = LOG_HASH;
    const struct wire_memory memory = {place, sizeof place};
    struct apps_setup setup = {.memory_bytes = 0};
    struct apps_app_or_error ticks, watch;
    struct apps_nothing_or_error done;
    struct apps_grant_or_error now, served;
    struct apps_ending ending;
    struct clock_moment moment;
    uint64_t woken;
    uint32_t handle;
    struct types_hash log_hash;
    __builtin_memcpy(&log_hash, log_interface, sizeof log_hash);
    CHECK(app_make(os, &programs[0], "ticks", &setup, &ticks) == 0 && !ticks.is_error);
    CHECK(app_give(os, ticks.ok.handle, "log", log_grant(os), &handle) == 0);
    CHECK(app_give(os, ticks.ok.handle, "clock", clock_grant(os), &handle) == 0);
    CHECK(apps_app_run(os, ticks.ok.handle, &done) == 0 && !done.is_error);
    CHECK(clock_now(os, clock_grant(os), &moment) == 0);
    CHECK(clock_wait_until(os, clock_grant(os), moment.monotonic_ns + 50000000, &woken) == 0);
    CHECK(app_make(os, &programs[1], "", &setup, &watch) == 0 && !watch.is_error);
    CHECK(apps_app_serve(os, watch.ok.handle, wire_text_of("log"), &log_hash, &served) == 0 && !served.is_error);
    CHECK(apps_app_route_now(os, ticks.ok.handle, &log_hash, &now) == 0 && !now.is_error);
    CHECK(app_give(os, watch.ok.handle, "log", now.ok.handle, &handle) == 0);
    CHECK(apps_app_run(os, watch.ok.handle, &done) == 0 && !done.is_error);
    CHECK(apps_app_route(os, ticks.ok.handle, &log_hash, wire_grant_copied(clock_grant(os)), &done) == 0 && done.is_error);
    CHECK(apps_app_route(os, ticks.ok.handle, &log_hash, wire_grant_copied(served.ok.handle), &done) == 0 && !done.is_error);
    CHECK(apps_app_wait_end(os, ticks.ok.handle, memory, &ending) == 0 && ending.reason == APPS_REASON_EXITED && ending.exit_code == 0);
    return finish(os, 0);
}

/* The clock is taken away from it in the middle of a wait. */
static int32_t take_away(struct context *os) {
    static uint8_t place[8192];
    const struct wire_memory memory = {place, sizeof place};
    struct apps_setup setup = {.memory_bytes = 0};
    struct apps_app_or_error ticks;
    struct apps_nothing_or_error done;
    struct apps_ending ending;
    struct clock_moment moment;
    uint64_t woken;
    uint32_t log, clock;
    CHECK(app_make(os, &programs[0], "ticks", &setup, &ticks) == 0 && !ticks.is_error);
    CHECK(app_give(os, ticks.ok.handle, "clock", clock_grant(os), &clock) == 0 && app_give(os, ticks.ok.handle, "log", log_grant(os), &log) == 0);
    CHECK(apps_app_run(os, ticks.ok.handle, &done) == 0 && !done.is_error);
    CHECK(clock_now(os, clock_grant(os), &moment) == 0);
    CHECK(clock_wait_until(os, clock_grant(os), moment.monotonic_ns + 50000000, &woken) == 0);
    CHECK(apps_app_revoke(os, ticks.ok.handle, clock, &done) == 0 && !done.is_error);
    CHECK(apps_app_revoke(os, ticks.ok.handle, 4711, &done) == 0 && done.is_error && done.error == APPS_ERROR_UNKNOWN);
    CHECK(apps_app_wait_end(os, ticks.ok.handle, memory, &ending) == 0 && ending.exit_code == ARGOS_REVOKED);
    CHECK(clock_now(os, clock_grant(os), &moment) == 0);
    return finish(os, 0);
}

/* 64 digits. */
static void hash_read(const char *digits, struct types_hash *out) {
    uint8_t bytes[32] = {0};
    for (uint32_t i = 0; i < 64 && digits[i] != 0; i++) {
        const uint8_t digit = (uint8_t)(digits[i] <= '9' ? digits[i] - '0' : digits[i] - 'a' + 10);
        bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | digit);
    }
    __builtin_memcpy(out, bytes, sizeof *out);
}

/* One whose bytes come from the loader, if that has them. */
static int32_t make_loaded(struct context *os) {
    const struct wire_text arguments[] = {wire_text_of("log")};
    struct apps_setup setup = {.name = wire_text_of("loaded"), .arguments = wire_text_list_of(arguments, 1)};
    struct apps_app_or_error app;
    struct apps_nothing_or_error done;
    struct apps_ending ending;
    uint32_t handle;
    setup.program.kind = APPS_PROGRAM_NAMED;
    hash_read(os->arguments[2], &setup.program.named);
    CHECK(apps_make(os, apps_grant(os), &setup, &app) == 0);
    if (app.is_error) {
        return finish(os, app.error == APPS_ERROR_NO_PROGRAM ? 3 : __LINE__);
    }
    CHECK(app_give(os, app.ok.handle, "log", log_grant(os), &handle) == 0);
    CHECK(apps_app_run(os, app.ok.handle, &done) == 0 && !done.is_error);
    CHECK(apps_app_wait_end(os, app.ok.handle, wire_memory_of(NULL, 0), &ending) == 0 && ending.reason == APPS_REASON_EXITED);
    return finish(os, ending.exit_code);
}

int32_t start(struct context *os) {
    if (os->argument_count > 2) {
        return make_loaded(os);
    }
    CHECK(input_read(os) && program_read(&programs[0]));
    program_read(&programs[1]);
    switch (os->argument_count > 1 ? os->arguments[1][0] : 0) {
    case 'o': return make_one(os);
    case 'f': return make_fault(os);
    case 'n': return make_none(os);
    case 'g': return make_guest(os);
    case 'w': return wrap_live(os);
    case 't': return take_away(os);
    default: return finish(os, __LINE__);
    }
}
