/* The interface `apps`, which the kernel handles itself: children for whoever was granted it. */
#ifndef KERNEL_APPS_H
#define KERNEL_APPS_H

#include "kernel/kernel.h"

struct apps;

/* Kept until the kernel has ended all its apps; charged to the system's budget. Apps that use it are children themselves: those of others are
   refused. */
enum error apps_create(struct kernel *kernel, struct service **service, struct apps **out) MUST_CHECK;
void apps_destroy(struct apps *apps);

#endif
