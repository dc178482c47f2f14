/* What argos run makes for a program: a kernel, the handlers of what the program was granted, the programs between, and the program as an app. */
#ifndef PLATFORM_LINUX_SYSTEM_H
#define PLATFORM_LINUX_SYSTEM_H

#include "kernel/child.h"
#include "platform/linux/interface/interface_name.h"
#include "platform/linux/run.h"
#include "platform/linux/system/services.h"
#include "platform/linux/timer.h"

#define SYSTEM_ROUTES_MAX 64
#define SYSTEM_PARTS_MAX  64

/* An interface that the app was granted, and who handles it for the app. */
struct system_route {
    struct interface_name interface;
    struct capability *grant;      /* what is granted, a reference */
    const struct service_row *row; /* of the platform's handler, or NULL */
    void *handler;
    bool is_granted; /* by an option: it is not granted twice */
};

/* A program that serves the app, or the app itself. */
struct system_part {
    struct system *system;
    struct program program; /* empty for the app, whose program is the run's */
    struct wasm_module *module;
    const char *path, *name;
    struct child *child;
};

struct system {
    struct run *run;
    struct linux_machine machine;
    struct kernel *kernel;
    struct timer timer; /* of --timeout, when has_timer */
    bool has_timer;
    struct alarm deadline; /* the same moment, for who waits in the kernel; when has_deadline */
    bool has_deadline, is_late;
    struct services services;
    struct system_route routes[SYSTEM_ROUTES_MAX];
    uint32_t route_count;
    struct system_part *parts[SYSTEM_PARTS_MAX];
    uint32_t part_count;
    struct system_part app;
    int code;
    bool has_ended;
};

/* A kernel, and the routes of --grant and --wrap with their programs started. COMMAND_DONE, or an exit code after a message. In both cases
   system_end comes last. */
int system_begin(struct system *system, struct run *run);
/* Whether the time of --timeout was up. */
bool system_end(struct system *system);
/* NULL: the app was not granted it. */
const struct system_route *system_route_find(const struct system *system, const uint8_t interface[INTERFACE_HASH_BYTES]);
/* Makes a child of a program, without any grant. COMMAND_DONE, or an exit code after a message. */
int system_part_make(struct system_part *part, const struct bytes *arguments, uint32_t argument_count);
/* Gives it a grant, under the interface's name. */
enum error system_part_give(struct system_part *part, const struct interface_name *interface, struct capability *grant) MUST_CHECK;
/* Lets it run. */
int system_part_run(struct system_part *part);
/* Says of each interface that the program wants and was not granted how it could be. */
void system_tell_refusals(const struct system *system, const struct wasm_module *module, const char *path);

#endif
