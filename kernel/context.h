/* The context of an app: the pages that show it, and what stands in them. Private to the kernel. */
#ifndef KERNEL_CONTEXT_H
#define KERNEL_CONTEXT_H

#include "kernel/calls.h"

/* Makes the pages and maps them as windows of memory 0. ERROR_LIMIT: the arguments are too long. */
enum error context_begin(struct app *app, const struct app_options *options, const struct calls *calls, struct report *report) MUST_CHECK;
/* After the store was destroyed. */
void context_end(struct app *app);
/* The next entry of the context's array of grants; context_begin made room for all that the options name. */
void context_add_grant(struct app *app, const struct app_grant *grant, uint32_t handle);

#endif
