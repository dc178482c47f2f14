/* The interfaces that this platform handles itself: a table, and for each a file that is named after it. What a handler keeps is charged to the
   system's budget, and limited. */
#ifndef PLATFORM_LINUX_SERVICES_H
#define PLATFORM_LINUX_SERVICES_H

#include "kernel/kernel.h"
#include "platform/linux/system/outlet.h"

/* What all of them stand on; outlives them. */
struct services {
    struct kernel *kernel;
    struct linux_machine *machine;
    struct budget *budget;
    struct outlet output, messages; /* the process's standard output, and standard error */
    const char *loader_folder;      /* with the programs that `loader` has */
};

void services_begin(struct services *services, struct kernel *kernel, struct linux_machine *machine, struct budget *budget);
/* Writes what was not written yet, unless it is to be given up. */
void services_end(struct services *services, bool gives_up);

struct service_row {
    const char *name;
    uint8_t interface[INTERFACE_HASH_BYTES];
    /* Makes the handler, and the service that it handles. The handler's end comes after that of the last app, and before that of the kernel. */
    enum error (*create)(struct services *services, struct service **out, void **handler);
    void (*destroy)(void *handler);
};

/* NULL: none of this interface. */
const struct service_row *service_row_find(const uint8_t interface[INTERFACE_HASH_BYTES]);
/* All of them, one after another; NULL: there is no further one. */
const struct service_row *service_row_at(uint32_t index);

enum error clock_service_create(struct services *services, struct service **out, void **handler);
void clock_service_destroy(void *handler);
enum error console_service_create(struct services *services, struct service **out, void **handler);
void console_service_destroy(void *handler);
enum error loader_service_create(struct services *services, struct service **out, void **handler);
void loader_service_destroy(void *handler);
enum error log_service_create(struct services *services, struct service **out, void **handler);
void log_service_destroy(void *handler);
enum error random_service_create(struct services *services, struct service **out, void **handler);
void random_service_destroy(void *handler);

#endif
