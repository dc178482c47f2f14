/* Where bytes go out of the system, without anybody waiting: what a descriptor does not take at once is kept and written when it can be. */
#ifndef PLATFORM_LINUX_OUTLET_H
#define PLATFORM_LINUX_OUTLET_H

#include "base/budget.h"
#include "base/bytes.h"
#include "base/list.h"
#include "platform/linux/system/machine.h"

struct outlet {
    struct linux_machine *machine;
    struct budget *budget; /* of what is kept */
    int descriptor;
    int failure; /* errno of the write that failed: nothing is written any more; 0 */
    bool is_watched;
    bool is_file; /* which never waits, and takes any number of bytes at once */
    struct list items;
    uint64_t kept_bytes;
    /* What was kept under this number, not 0, is written, or will never be; so many bytes of it were. */
    void (*written)(void *context, uint64_t id, uint32_t count);
    void *context;
};

enum outlet_result {
    OUTLET_WRITTEN, /* all of it, or as much as there will ever be */
    OUTLET_KEPT,    /* the rest is copied, and `written` is called later, when id is not 0 */
    OUTLET_FULL,    /* there is no memory to keep the rest in */
};

void outlet_begin(struct outlet *outlet, struct linux_machine *machine, struct budget *budget, int descriptor);
/* Writes behind all that was written before. *count says how many bytes went out at once. */
enum outlet_result outlet_write(struct outlet *outlet, struct bytes bytes, uint64_t id, uint32_t *count);
/* Waits until all that is kept is written, or can never be; or gives it up. */
void outlet_end(struct outlet *outlet, bool gives_up);

#endif
