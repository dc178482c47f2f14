/* The context of an app: the pages that show it, and what stands in them. Private to the kernel. */
#ifndef KERNEL_CONTEXT_H
#define KERNEL_CONTEXT_H

#include "kernel/calls.h"

/* Makes the pages and maps them as windows of memory 0. ERROR_LIMIT: the arguments are too long. */
enum error context_begin(struct app *app, const struct app_options *options, const struct calls *calls, struct report *report) MUST_CHECK;
/* After the store was destroyed. */
void context_end(struct app *app);
/* An entry of the context's array of grants, at most one behind the last; there is room for all that the options name, and for GRANTS_LIVE_MAX. */
void context_put_grant(struct app *app, uint32_t index, const struct grant_entry *entry, const char *label, uint32_t handle);
/* The array, as the kernel sees it. */
struct grant *context_grants(const struct app *app);
/* Whether os->log is there depends on the app's log capability, and os->clock on this; pages that were shown go, or come. */
void context_set_log(struct app *app);
enum error context_set_clock(struct app *app, bool has_clock);

#endif
