/* A program for tests of grants from outside: its first argument says which interface it visits. It says on the log what it met, and exits with
   0 when all was as it should be, else with the line at which it was not. */
#include "programs/api/clock.h"
#include "programs/api/console.h"
#include "programs/api/log.h"
#include "programs/api/metrics.h"
#include "programs/api/random.h"
#include "programs/api/wants.h"
#include "programs/api/wrap.h"
#include "programs/tests/check/check.h"

ARGOS_WANTS("console", "to repeat what you say")
ARGOS_WANTS("clock", "to know how late it is")

static void say(const struct context *os, const char *text, uint64_t number) {
    struct wrap_line line = {.length = 0};
    wrap_line_text(&line, text);
    wrap_line_number(&line, number);
    wrap_line_log(os, &line);
}

/* Writes what it reads, until there is no more. */
static int32_t visit_console(struct context *os) {
    static char place[70000];
    const uint32_t grant = console_grant(os);
    struct console_bytes_or_error in;
    struct console_u32_or_error out;
    uint64_t total = 0;
    do {
        CHECK(console_read(os, grant, 65536, wire_memory_of(place, sizeof place), &in) == 0 && !in.is_error);
        CHECK(console_write(os, grant, CONSOLE_DESTINATION_OUTPUT, in.ok, &out) == 0 && !out.is_error && out.ok == in.ok.size);
        total += in.ok.size;
    } while (in.ok.size != 0);
    say(os, "bytes: ", total);
    return finish(os, 0);
}

/* Two reads under way, of which the first is taken back: what comes is the second one's. */
static int32_t visit_cancel(struct context *os) {
    const uint32_t grant = console_grant(os);
    struct message message;
    struct console_bytes_or_error in;
    const int64_t first = console_read_send(os, grant, 0, 5), second = console_read_send(os, grant, 0, 5);
    CHECK(first > 0 && second > 0);
    const struct message cancel = {.id = (uint64_t)first, .flags = MESSAGE_CANCEL};
    CHECK(os->send(&cancel) == 0);
    CHECK(os->wait(&message, 1, UNTIL_EVER) == 1 && message.id == (uint64_t)first && message.error == -ARGOS_CANCELLED);
    say(os, "cancelled ", 1);
    CHECK(os->wait(&message, 1, UNTIL_EVER) == 1 && message.id == (uint64_t)second);
    CHECK(console_read_receive(&message, &in) == 0 && !in.is_error);
    os->log((const char *)in.ok.data, in.ok.size);
    return finish(os, 0);
}

static int32_t visit_clock(struct context *os) {
    const uint32_t grant = clock_grant(os);
    struct clock_moment first, second;
    uint64_t woken;
    CHECK(clock_now(os, grant, &first) == 0 && clock_now(os, grant, &second) == 0 && second.monotonic_ns >= first.monotonic_ns);
    /* The later one is asked for first. */
    const int64_t late = clock_wait_until_send(os, grant, 0, second.monotonic_ns + 20000000);
    CHECK(late > 0 && clock_wait_until(os, grant, second.monotonic_ns + 10000000, &woken) == 0 && woken >= second.monotonic_ns + 10000000);
    struct message message;
    CHECK(os->wait(&message, 1, UNTIL_EVER) == 1 && message.id == (uint64_t)late && clock_wait_until_receive(&message, &woken) == 0);
    CHECK(woken >= second.monotonic_ns + 20000000);
    CHECK(clock_wait_until(os, grant, 0, &woken) == 0 && woken >= second.monotonic_ns + 20000000);
    say(os, os->clock != NULL ? "page, and the year of the epoch: " : "no page, and the year of the epoch: ", first.wall_ns / 1000000000 / 31557600);
    return finish(os, 0);
}

static int32_t visit_random(struct context *os) {
    static uint8_t place[4096];
    const uint32_t grant = random_grant(os);
    struct wire_bytes bytes;
    uint64_t one, other;
    CHECK(random_number(os, grant, &one) == 0 && random_number(os, grant, &other) == 0 && one != other);
    CHECK(random_bytes(os, grant, sizeof place, wire_memory_of(place, sizeof place), &bytes) == 0 && bytes.size == sizeof place);
    CHECK(random_bytes(os, grant, 65537, wire_memory_of(place, sizeof place), &bytes) == -WIRE_TOO_LARGE);
    say(os, "random: ", bytes.size);
    return finish(os, 0);
}

/* Twelve entries, of which some may not be wanted. */
static int32_t visit_log(struct context *os) {
    static char text[5000];
    const uint32_t grant = log_grant(os);
    uint32_t refused = 0;
    CHECK(grant != 0);
    for (uint32_t i = 0; i < 12; i++) {
        const int32_t error = log_write(os, grant, LOG_LEVEL_WARNING, wire_text_of("careful"));
        CHECK(error == 0 || error == -WIRE_REFUSED);
        refused += error != 0;
    }
    for (uint32_t i = 0; i < sizeof text; i++) {
        text[i] = 'x';
    }
    const struct wire_text long_text = {text, sizeof text}, no_text = {"\xFF", 1};
    if (refused == 0) {
        CHECK(log_write(os, grant, LOG_LEVEL_WARNING, long_text) == -WIRE_TOO_LARGE);
        CHECK(log_write(os, grant, LOG_LEVEL_WARNING, no_text) == -WIRE_MALFORMED);
    }
    os->log("a \xFF b", 5);
    return finish(os, (int32_t)refused);
}

/* Says so ten times, some time apart, until its clock is taken away. */
static int32_t visit_ticks(struct context *os) {
    const uint32_t grant = clock_grant(os);
    struct clock_moment now;
    uint64_t woken;
    for (uint64_t i = 0; i < 10; i++) {
        say(os, "tick ", i);
        int32_t error = clock_now(os, grant, &now);
        error = error != 0 ? error : clock_wait_until(os, grant, now.monotonic_ns + 20000000, &woken);
        if (error != 0) {
            return finish(os, -error);
        }
    }
    return finish(os, 0);
}

static int64_t metric_define(const struct context *os, const char *name, enum metrics_kind kind) {
    struct metrics_metric_or_error result;
    const int32_t error = metrics_define(os, metrics_grant(os), wire_text_of(name), kind, wire_text_of("what a test counts"), &result);
    return error != 0 ? 0 : result.is_error ? -1 - (int64_t)result.error : (int64_t)result.ok.handle;
}

/* What has this name, or -1. */
static double metric_read(const struct context *os, const char *name) {
    static uint8_t place[8192];
    struct metrics_sample_list_or_error all;
    struct metrics_sample sample;
    const struct wire_text wanted = wire_text_of(name);
    if (metrics_read(os, metrics_grant(os), 0, wire_memory_of(place, sizeof place), &all) != 0 || all.is_error) {
        return -1;
    }
    for (uint32_t i = 0; metrics_sample_list_get(&all.ok, i, &sample); i++) {
        bool is_same = sample.name.size == wanted.size && sample.app == os->app;
        for (uint32_t j = 0; j < wanted.size && is_same; j++) {
            is_same = sample.name.data[j] == wanted.data[j];
        }
        if (is_same) {
            return sample.value;
        }
    }
    return -1;
}

static int32_t visit_metrics(struct context *os) {
    const int64_t counter = metric_define(os, "visits.all", METRICS_KIND_COUNTER), gauge = metric_define(os, "height", METRICS_KIND_GAUGE);
    CHECK(counter > 0 && gauge > 0 && metric_define(os, "height", METRICS_KIND_COUNTER) == -1 - METRICS_ERROR_TAKEN);
    CHECK(metric_define(os, "No", METRICS_KIND_GAUGE) == -1 - METRICS_ERROR_INVALID);
    CHECK(metric_define(os, "kernel.turns", METRICS_KIND_GAUGE) == -1 - METRICS_ERROR_INVALID);
    CHECK(metrics_metric_add(os, (uint32_t)counter, 2.5) == 0 && metrics_metric_add(os, (uint32_t)counter, -1) == -WIRE_MALFORMED);
    CHECK(metrics_metric_set(os, (uint32_t)counter, 2.5) == -WIRE_REFUSED);
    CHECK(metrics_metric_set(os, (uint32_t)gauge, 7) == 0 && metrics_metric_add(os, (uint32_t)gauge, -10) == 0);
    CHECK(metrics_metric_add(os, (uint32_t)gauge, __builtin_inf()) == -WIRE_MALFORMED);
    const int64_t again = metric_define(os, "visits.all", METRICS_KIND_COUNTER);
    CHECK(again > 0 && metrics_metric_add(os, (uint32_t)again, 1) == 0);
    CHECK(metric_read(os, "visits.all") == 3.5 && metric_read(os, "height") == -3 && metric_read(os, "nothing") == -1);
    CHECK(metric_read(os, "kernel.turns") == 1 && metric_read(os, "kernel.memory_bytes") > 100000);
    /* As many as there is room for. */
    char name[] = "m.00";
    for (uint32_t i = 0; i < 62; i++) {
        name[2] = (char)('0' + i / 10);
        name[3] = (char)('0' + i % 10);
        const int64_t one = metric_define(os, name, METRICS_KIND_COUNTER);
        CHECK(one > 0 && binding_drop(os, (uint32_t)one) == 0);
    }
    CHECK(metric_define(os, "more", METRICS_KIND_COUNTER) == -1 - METRICS_ERROR_FULL);
    say(os, "metrics: ", (uint64_t)metric_read(os, "visits.all"));
    return finish(os, 0);
}

int32_t start(struct context *os) {
    const char *what = os->argument_count > 1 ? os->arguments[1] : "nothing";
    switch (what[0] == 'c' ? what[1] : what[0]) {
    case 'o': return visit_console(os);
    case 'a': return visit_cancel(os);
    case 'l': return what[0] == 'c' ? visit_clock(os) : visit_log(os);
    case 'r': return visit_random(os);
    case 'm': return visit_metrics(os);
    case 't': return visit_ticks(os);
    default: return finish(os, console_grant(os) == 0 && os->clock == NULL ? 0 : __LINE__);
    }
}
