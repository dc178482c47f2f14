/* The table of the platform's own handlers. */
#include "platform/linux/system/services.h"

#include "interfaces/apps.h"
#include "interfaces/clock.h"
#include "interfaces/console.h"
#include "interfaces/loader.h"
#include "interfaces/log.h"
#include "interfaces/metrics.h"
#include "interfaces/random.h"
#include "kernel/apps.h"
#include "kernel/metrics.h"

#include <string.h>
#include <unistd.h>

/* The kernel's own. */
static enum error apps_service_create(struct services *services, struct service **out, void **handler) {
    struct apps *apps;
    enum error error = apps_create(services->kernel, out, &apps);
    *handler = error == ERROR_NONE ? apps : NULL;
    return error;
}

static void apps_service_destroy(void *handler) {
    apps_destroy(handler);
}

static enum error metrics_service_create(struct services *services, struct service **out, void **handler) {
    struct metrics *metrics;
    enum error error = metrics_create(services->kernel, out, &metrics);
    *handler = error == ERROR_NONE ? metrics : NULL;
    return error;
}

static void metrics_service_destroy(void *handler) {
    metrics_destroy(handler);
}

static const struct service_row rows[] = {
    {"apps", APPS_HASH, apps_service_create, apps_service_destroy},
    {"clock", CLOCK_HASH, clock_service_create, clock_service_destroy},
    {"console", CONSOLE_HASH, console_service_create, console_service_destroy},
    {"loader", LOADER_HASH, loader_service_create, loader_service_destroy},
    {"log", LOG_HASH, log_service_create, log_service_destroy},
    {"metrics", METRICS_HASH, metrics_service_create, metrics_service_destroy},
    {"random", RANDOM_HASH, random_service_create, random_service_destroy},
};

const struct service_row *service_row_find(const uint8_t interface[INTERFACE_HASH_BYTES]) {
    for (size_t index = 0; index < sizeof rows / sizeof *rows; index++) {
        if (memcmp(rows[index].interface, interface, INTERFACE_HASH_BYTES) == 0) {
            return &rows[index];
        }
    }
    return NULL;
}

const struct service_row *service_row_at(uint32_t index) {
    return index < sizeof rows / sizeof *rows ? &rows[index] : NULL;
}

void services_begin(struct services *services, struct kernel *kernel, struct linux_machine *machine, struct budget *budget) {
    *services = (struct services){.kernel = kernel, .machine = machine, .budget = budget};
    outlet_begin(&services->output, machine, budget, STDOUT_FILENO);
    outlet_begin(&services->messages, machine, budget, STDERR_FILENO);
}

void services_end(struct services *services, bool gives_up) {
    outlet_end(&services->output, gives_up);
    outlet_end(&services->messages, gives_up);
}
