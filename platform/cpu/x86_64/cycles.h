/* The counter of x86-64 processors that is cheap to read and roughly steady; not a time. */
#ifndef PLATFORM_CPU_CYCLES_H
#define PLATFORM_CPU_CYCLES_H

#include <stdint.h>

static inline uint64_t cpu_cycles(void) {
    return __builtin_ia32_rdtsc();
}

#endif
