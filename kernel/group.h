/* Groups: nested budgets of children. Private to the kernel. */
#ifndef KERNEL_GROUP_H
#define KERNEL_GROUP_H

#include "kernel/state.h"

/* With one reference; limits of 0: as much as the parent has, or without one the budget `above` and the system. NULL: no memory. */
struct group *group_make(struct kernel *kernel, struct group *parent, struct budget *above, uint64_t limit_bytes,
                         uint32_t window_count_max) MUST_CHECK;
/* Whether one more window may be in it; NULL: always. */
bool group_has_window_room(const struct group *group);
/* One more, or one less: 1 or -1. */
void group_count_window(struct group *group, int change);
void group_drop(struct kernel *kernel, struct group *group);

#endif
