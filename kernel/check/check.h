/* What always holds in a kernel, looked at from outside its code: for the simulator and for tests. Nothing of the kernel itself calls it. */
#ifndef KERNEL_CHECK_CHECK_H
#define KERNEL_CHECK_CHECK_H

#include "kernel/kernel.h"

/* Looks at all of a kernel's state, where it stands still: from machine->sleep, a native handler, the clock, or between runs. ERROR_INVALID, and the
   report says which rule is broken; then the kernel's counts may be spoilt. It takes no memory, and time by the number of apps, requests and
   grants. */
enum error kernel_check(struct kernel *kernel, struct report *report) MUST_CHECK;

#endif
