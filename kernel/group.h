/* Groups: nested budgets of children. Private to the kernel. */
#ifndef KERNEL_GROUP_H
#define KERNEL_GROUP_H

#include "kernel/state.h"

/* With one reference; limit 0: as much as the budget above has, which is the parent's, or without one `above`. NULL: no memory. */
struct group *group_make(struct kernel *kernel, struct group *parent, struct budget *above, uint64_t limit_bytes) MUST_CHECK;
void group_drop(struct kernel *kernel, struct group *group);

#endif
