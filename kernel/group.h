/* Groups: nested budgets of children. Private to the kernel. */
#ifndef KERNEL_GROUP_H
#define KERNEL_GROUP_H

#include "kernel/state.h"

/* With one reference; limit 0: as much as the parent has. NULL: no memory. */
struct group *group_make(struct kernel *kernel, struct group *parent, uint64_t limit_bytes) MUST_CHECK;
void group_drop(struct kernel *kernel, struct group *group);

#endif
