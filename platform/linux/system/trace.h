/* The kernel's trace, for people and as a file. */
#ifndef PLATFORM_LINUX_SYSTEM_TRACE_H
#define PLATFORM_LINUX_SYSTEM_TRACE_H

#include "kernel/kernel.h"

/* Says on standard error what an app did last. */
void trace_tell(const struct kernel *kernel, uint32_t app);
/* Writes all that is in the ring as a file (kernel/trace.h), for argos trace. False, after a message, when it cannot be written. */
bool trace_write(const struct kernel *kernel, const char *path);

#endif
