/* A counter that is cheap to read, and runs on through everything. */
#ifndef PLATFORM_CPU_TICKS_H
#define PLATFORM_CPU_TICKS_H

#include <stdint.h>

static inline uint64_t cpu_ticks(void) {
    return __builtin_ia32_rdtsc();
}

#endif
