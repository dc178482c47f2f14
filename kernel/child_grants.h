/* What a child was given, and gives to its app each time it runs. Private to the kernel. */
#ifndef KERNEL_CHILD_GRANTS_H
#define KERNEL_CHILD_GRANTS_H

#include "kernel/state.h"

/* As its app is started with them: grant_count of them. */
void child_grants_list(const struct child *child, struct app_grant *out);
/* Whether its app has a clock page, which shows the platform's time: its clock is the platform's, with nobody between. */
bool child_grants_show_clock(const struct child *child);
/* Drops them all. */
void child_grants_end(struct child *child);
/* The handle of what is at this place, in its app, or in the one that is started with these. */
uint32_t child_grant_handle(const struct child *child, uint32_t index);

#endif
