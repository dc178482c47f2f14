/* tour: what ./run shows who runs it without a program. It was granted apps, loader, clock and log, and is told as NAME=HASH the programs (the five
   examples, mischief and watch), and the interface by which the examples ask each other: counter. */
#include "programs/api/apps.h"
#include "programs/api/clock.h"
#include "programs/api/log.h"
#include "programs/api/wants.h"

ARGOS_WANTS("apps", "to start what it shows")
ARGOS_WANTS("loader", "for the programs of that")
ARGOS_WANTS("clock", "to wait a little in between")

#define ASKED_MAX  5 /* examples that ask each other */
#define PATIENCE   1000
#define SECOND_NS  1000000000ull
#define COUNT_LONG "12" /* how far the one that is wrapped counts: a second and a fifth */

/* ---- Text ---- */

struct line {
    char text[160];
    uint32_t length;
};

static void line_add(struct line *line, struct wire_text text) {
    for (uint32_t i = 0; i < text.size && line->length < sizeof line->text; i++) {
        line->text[line->length++] = text.data[i];
    }
}

static void line_number(struct line *line, uint32_t number) {
    char digits[10];
    uint32_t count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (count > 0 && line->length < sizeof line->text) {
        line->text[line->length++] = digits[--count];
    }
}

static void say(const struct context *os, const char *text) {
    const struct wire_text line = wire_text_of(text);
    os->log(line.data, line.size);
}

/* ---- Programs ---- */

/* The hash behind NAME=, or false when the tour was told none. */
static bool hash_find(const struct context *os, const char *name, struct types_hash *out) {
    uint8_t bytes[32] = {0};
    for (uint32_t i = 1; i < os->argument_count; i++) {
        const char *at = os->arguments[i];
        uint32_t length = 0;
        while (name[length] != 0 && at[length] == name[length]) {
            length++;
        }
        if (name[length] != 0 || at[length] != '=') {
            continue;
        }
        at += length + 1;
        for (uint32_t digit = 0; digit < 64 && at[digit] != 0; digit++) {
            const uint8_t value = (uint8_t)(at[digit] <= '9' ? at[digit] - '0' : at[digit] - 'a' + 10);
            bytes[digit / 2] = (uint8_t)(bytes[digit / 2] << 4 | value);
        }
        __builtin_memcpy(out, bytes, sizeof bytes);
        return true;
    }
    return false;
}

/* An app of a program, which has the log; its handle, or 0 after a word about it. */
static uint32_t app_make(const struct context *os, const char *name, const char *argument, uint32_t restarts) {
    const struct wire_text arguments[] = {wire_text_of(argument)};
    struct apps_setup setup = {
        .name = wire_text_of(name), .arguments = wire_text_list_of(arguments, 1), .restart = {.count_max = restarts, .delay_ms = 10}};
    struct apps_app_or_error app;
    struct apps_u32_or_error given;
    setup.program.kind = APPS_PROGRAM_NAMED;
    if (!hash_find(os, name, &setup.program.named) || apps_make(os, apps_grant(os), &setup, &app) != 0 || app.is_error ||
        apps_app_give(os, app.ok.handle, wire_text_of("log"), wire_grant_copied(log_grant(os)), &given) != 0 || given.is_error) {
        struct line line = {.length = 0};
        line_add(&line, wire_text_of(name));
        line_add(&line, wire_text_of(" cannot be had here"));
        os->log(line.text, line.length);
        return 0;
    }
    return app.ok.handle;
}

static bool app_give(const struct context *os, uint32_t app, const char *label, struct wire_grant grant) {
    struct apps_u32_or_error given;
    return apps_app_give(os, app, wire_text_of(label), grant, &given) == 0 && !given.is_error;
}

static bool app_run(const struct context *os, uint32_t app) {
    struct apps_nothing_or_error done;
    return apps_app_run(os, app, &done) == 0 && !done.is_error;
}

static void pause(const struct context *os, uint64_t ns) {
    struct clock_moment moment;
    uint64_t woken;
    if (clock_now(os, clock_grant(os), &moment) == 0) {
        (void)clock_wait_until(os, clock_grant(os), moment.monotonic_ns + ns, &woken);
    }
}

/* ---- What is shown ---- */

/* Each gets a way to the one before it, and to nothing else. */
static void show_languages(const struct context *os) {
    static const char *const names[ASKED_MAX] = {"c", "cpp", "rust", "assemblyscript", "wat"};
    static uint8_t place[8192];
    uint32_t apps[ASKED_MAX] = {0}, before = 0;
    struct types_hash counter;
    say(os, "1. Five apps in five languages, each named by the hash of its bytes. All that one has is a log, a clock, and a way to ask the one "
            "before it.");
    if (!hash_find(os, "counter", &counter)) {
        return;
    }
    for (uint32_t i = 0; i < ASKED_MAX; i++) {
        struct apps_grant_or_error served;
        apps[i] = app_make(os, names[i], "2", 0);
        if (apps[i] == 0) {
            continue;
        }
        (void)app_give(os, apps[i], "clock", wire_grant_copied(clock_grant(os)));
        if (before != 0) {
            (void)app_give(os, apps[i], "counter", wire_grant_moved(before));
        }
        const bool serves = apps_app_serve(os, apps[i], wire_text_of("counter"), &counter, &served) == 0 && !served.is_error;
        before = serves ? served.ok.handle : 0;
    }
    for (uint32_t i = 0; i < ASKED_MAX; i++) {
        (void)(apps[i] != 0 && app_run(os, apps[i]));
    }
    pause(os, SECOND_NS / 2);
    for (uint32_t i = 0; i < ASKED_MAX; i++) {
        struct apps_ending ending;
        (void)(apps[i] != 0 && apps_app_stop(os, apps[i], PATIENCE, (struct wire_memory){place, sizeof place}, &ending));
    }
}

static void show_mischief(const struct context *os) {
    static uint8_t place[8192];
    struct apps_ending ending;
    say(os, "2. An app that reads what is not its own ends, alone, and who started it learns why. It was to be started again once.");
    const uint32_t app = app_make(os, "mischief", "", 1);
    if (app == 0 || !app_run(os, app) || apps_app_wait_end(os, app, (struct wire_memory){place, sizeof place}, &ending) != 0 ||
        !ending.fault.is_some) {
        say(os, "it did not end so");
        return;
    }
    struct line line = {.length = 0};
    line_add(&line, wire_text_of("it ended after "));
    line_number(&line, ending.restarts);
    line_add(&line, wire_text_of(" restart: "));
    line_add(&line, ending.fault.value.kind);
    os->log(line.text, line.length);
}

/* Puts the program `watch` between an app that runs and its log. */
static bool watch_put(const struct context *os, uint32_t app) {
    static const uint8_t log_interface[] = LOG_HASH;
    struct apps_grant_or_error served, now;
    struct apps_nothing_or_error done;
    struct types_hash log;
    __builtin_memcpy(&log, log_interface, sizeof log);
    const uint32_t watch = app_make(os, "watch", "", 0);
    return watch != 0 && apps_app_serve(os, watch, wire_text_of("log"), &log, &served) == 0 && !served.is_error &&
           apps_app_route_now(os, app, &log, &now) == 0 && !now.is_error && app_give(os, watch, "log", wire_grant_moved(now.ok.handle)) &&
           app_run(os, watch) && apps_app_route(os, app, &log, wire_grant_moved(served.ok.handle), &done) == 0 && !done.is_error;
}

static void show_wrap(const struct context *os) {
    static uint8_t place[8192];
    struct apps_ending ending;
    say(os, "3. An app counts. While it runs, the program watch is put between it and its log; neither was changed, and neither is asked.");
    const uint32_t app = app_make(os, "c", COUNT_LONG, 0);
    if (app == 0 || !app_give(os, app, "clock", wire_grant_copied(clock_grant(os))) || !app_run(os, app)) {
        return;
    }
    pause(os, SECOND_NS * 6 / 10);
    if (!watch_put(os, app)) {
        say(os, "watch could not be put between");
    }
    (void)apps_app_wait_end(os, app, (struct wire_memory){place, sizeof place}, &ending);
}

int32_t start(struct context *os) {
    if (os->log == NULL || apps_grant(os) == 0 || clock_grant(os) == 0) {
        os->mine->exit_code = 1;
        return TURN_EXIT;
    }
    show_languages(os);
    show_mischief(os);
    show_wrap(os);
    say(os, "That was the tour. ./run PROGRAM.wasm runs a program; build/argos help lists what else there is; README.md goes on from here.");
    return TURN_EXIT;
}
