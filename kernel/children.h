/* All children of a kernel, when it ends. Private to the kernel. */
#ifndef KERNEL_CHILDREN_H
#define KERNEL_CHILDREN_H

#include "kernel/state.h"

/* None is restarted any more; those that are in a turn end when they leave it. Each is held once more. */
void children_end(struct kernel *kernel);
/* All have ended. */
void children_forget(struct kernel *kernel);

#endif
