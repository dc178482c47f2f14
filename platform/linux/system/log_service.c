/* `log` on standard error: a line for each line of an entry, with the app's name in front and what is no printable ASCII made harmless. Nobody waits
   for who reads it: what finds no room is dropped, and counted in the next line that finds some. */
#include "base/assert.h"
#include "base/report.h"
#include "interfaces/log.h"
#include "kernel/native.h"
#include "platform/linux/system/services.h"

#include <stdio.h>
#include <string.h>

#define ENTRY_MAX 4096
#define LINE_SIZE (4 * ENTRY_MAX + 128)
#define KEPT_MAX  (1u << 20)

struct log_service {
    struct services *services;
    uint32_t lost_count;
    const char *app_name; /* whose entry is handled */
};

static void line_write(struct log_service *log, const char *line, size_t length) {
    struct outlet *outlet = &log->services->messages;
    uint32_t count;
    bool is_lost =
        outlet->kept_bytes + length > KEPT_MAX || outlet_write(outlet, (struct bytes){(const uint8_t *)line, length}, 0, &count) == OUTLET_FULL;
    log->lost_count += is_lost;
}

static void lost_tell(struct log_service *log) {
    char line[80];
    if (log->lost_count != 0 && log->services->messages.kept_bytes < KEPT_MAX / 2) {
        int length = snprintf(line, sizeof line, "argos: %u lines of the log were lost: nobody read them\n", log->lost_count);
        log->lost_count = 0;
        line_write(log, line, (size_t)length);
    }
}

static int32_t log_write(void *self, const struct wire_call *call, const struct log_write_arguments *arguments) {
    static const char *const levels[] = {"", "", "warning: ", "failure: "};
    struct log_service *log = self;
    (void)call;
    if (arguments->text.size > ENTRY_MAX) {
        return -WIRE_TOO_LARGE;
    }
    struct bytes rest = {(const uint8_t *)arguments->text.data, arguments->text.size};
    while (rest.size > 0 && rest.data[rest.size - 1] == '\n') {
        rest.size--;
    }
    do {
        const uint8_t *end = rest.size > 0 ? memchr(rest.data, '\n', rest.size) : NULL;
        struct bytes text = {rest.data, end != NULL ? (size_t)(end - rest.data) : rest.size};
        char quoted[4 * ENTRY_MAX + 4], line[LINE_SIZE];
        int length = snprintf(line, sizeof line, "%s: %s%s\n", log->app_name, levels[arguments->level],
                              text.size > 0 ? report_quote(text, quoted, sizeof quoted) : "");
        lost_tell(log);
        line_write(log, line, (size_t)length);
        rest = end != NULL ? (struct bytes){end + 1, rest.size - text.size - 1} : (struct bytes){0};
    } while (rest.size > 0);
    return 0;
}

static const struct log_handler handler = {.write = log_write};

static void log_receive(void *self, const struct native_request *native) {
    struct log_service *log = self;
    struct native_work work;
    native_begin(&work, native);
    log->app_name = native->app_name;
    if (log_dispatch(&handler, log, &work.request, &work.answer) == 0) {
        native_end(log->services->kernel, &work);
    }
}

enum error log_service_create(struct services *services, struct service **out, void **self) {
    static const uint8_t hash[] = LOG_HASH;
    struct log_service *log = budget_allocate_zeroed(services->budget, 1, sizeof *log);
    if (log == NULL) {
        return ERROR_NO_MEMORY;
    }
    log->services = services;
    *self = log;
    return service_create(services->kernel, hash, log_receive, log, out);
}

void log_service_destroy(void *self) {
    struct log_service *log = self;
    budget_release(log->services->budget, log, sizeof *log);
}
