/* Where budgets take their bytes from on Linux: the C library's heap. */
#ifndef PLATFORM_LINUX_MEMORY_H
#define PLATFORM_LINUX_MEMORY_H

#include "base/budget.h"

/* Blocks are aligned to 16 bytes. Lives for ever; any thread may use it. */
const struct memory_source *linux_memory(void);

#endif
