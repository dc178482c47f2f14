/* The interface `metrics`, which the kernel handles itself, since most of the numbers are its own. */
#ifndef KERNEL_METRICS_H
#define KERNEL_METRICS_H

#include "kernel/kernel.h"

struct metrics;

/* Kept until the kernel has ended all its apps; charged to the system's budget. Apps that use it are children: those of others are refused. */
enum error metrics_create(struct kernel *kernel, struct service **service, struct metrics **out) MUST_CHECK;
void metrics_destroy(struct metrics *metrics);

#endif
