/* Children: apps that somebody decides about. A child is made first, is then handed what it may reach, and is run last: what nobody handed it, it has
   not. It may be handed more while it runs, or less, or be routed elsewhere; it is restarted when it fails, as its maker asked; and it is remembered
   when it has ended, until nobody holds it any more.

   A child's budget is part of its maker's, and stays so when the maker has ended. All functions are called on the kernel's thread, also by native
   handlers. */
#ifndef KERNEL_CHILD_H
#define KERNEL_CHILD_H

#include "kernel/kernel.h"

struct child;

#define CHILD_NAME_MAX      64
#define CHILD_LABEL_MAX     31
#define CHILD_GRANTS_MAX    64
#define CHILD_ARGUMENTS_MAX (2u << 20) /* bytes; a context holds half of that */

struct child_options {
    struct child *maker;           /* NULL: the platform */
    struct budget *budget;         /* without a maker: a part of the system's, that its own is a part of, and outlives it; NULL: the system's */
    struct wasm_module *module;    /* of the kernel's engine, outlives the child; or NULL for ... */
    struct bytes program;          /* ... the bytes of one, which are copied */
    const char *name;              /* copied, at most CHILD_NAME_MAX bytes */
    const struct app_world *world; /* as of app_options */
    const void *world_settings;    /* outlives the child */
    const struct bytes *arguments; /* the first is the name; copied */
    uint32_t argument_count;
    struct app_limits limits;   /* memory_bytes is of all that it makes, too */
    uint32_t buffer_count_max;  /* that it and all that it makes may see, together; 0: as many as its maker and those */
    uint32_t restart_count_max; /* how often it is restarted at most, until it has run for a minute: then they count from 0 again */
    uint32_t restart_delay_ms;  /* before the first; each further one waits twice as long, up to a minute */
    /* Called each time that it ends: is_final says whether for good, else it is going to be restarted. It may be released here. */
    void (*ended)(void *context, struct child *child, const struct app_end *end, bool is_final);
    void *context;
};

/* The caller holds it once. ERROR_MALFORMED and so on: the program is no module. ERROR_LIMIT: too long a name, or arguments. ERROR_NO_MEMORY. */
enum error child_make(struct kernel *kernel, const struct child_options *options, struct report *report, struct child **out) MUST_CHECK;
/* Its first turn comes. As app_start; ERROR_ARGUMENT: it ran already. */
enum error child_run(struct child *child, struct report *report) MUST_CHECK;
/* Asks it to end, and ends it when it did not by this time; 0: at once. It is not restarted. One that never ran has then ended. */
void child_stop(struct child *child, uint64_t patience_ms);
void child_hold(struct child *child);
/* When nobody holds it, it goes on, and is forgotten when it has ended. */
void child_release(struct child *child);

/* ---- What it may reach ---- */

/* A grant of its own, derived of this one; its handle, which another run may give another number. ERROR_LIMIT: too many, or too long a label. */
enum error child_give(struct child *child, const char *label, struct capability *grant, uint32_t *handle) MUST_CHECK;
/* Makes it the handler of a service that nobody handles; it refers to the service while it has not ended. */
enum error child_serve(struct child *child, const char *label, struct service *service) MUST_CHECK;
/* Takes away what it knows by this handle: from it, and from all whom it handed that on to. ERROR_NOT_FOUND. */
enum error child_revoke(struct child *child, uint32_t handle) MUST_CHECK;
/* What it sends through all that it was given of this interface goes where this grant leads, from now on. ERROR_NOT_FOUND: it was given none.
   ERROR_ARGUMENT: the grant is of another interface. */
enum error child_route(struct child *child, const uint8_t interface[INTERFACE_HASH_BYTES], struct capability *grant) MUST_CHECK;
/* Where that goes now: a reference, as service_grant gives one; NULL when it was given none. */
struct capability *child_route_now(struct child *child, const uint8_t interface[INTERFACE_HASH_BYTES]);

#endif
