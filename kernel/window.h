/* Windows: where an app sees its buffers. Addresses are in the area for windows behind those of the context, at steps of 64 KiB, and behind each
   window one step stays free, so that who runs over its end faults. An address is the app's name for the buffer as long as it has it, mapped or not,
   and is in quarantine afterwards: addresses are given in rising order, and none comes again before the area has wrapped round. Private to the
   kernel. */
#ifndef KERNEL_WINDOW_H
#define KERNEL_WINDOW_H

#include "kernel/state.h"

/* A window that is not mapped, in no list of the buffer's. Of no app: the platform's, which needs no address. ARGOS_FULL: the app has as many as it
   may. ARGOS_TOO_LARGE: no room at any address. ARGOS_NO_MEMORY, ARGOS_LIMIT: of all apps there are too many. */
enum contract_error window_make(struct app *app, struct buffer *buffer, struct window **out) MUST_CHECK;
/* Unmapped and freed, and in no list any more. */
void window_end(struct window *window);
/* The window of an app that starts here, or NULL; a step for each of its windows. */
struct window *window_find(const struct app *app, guest_address address);
/* The window of an app that this address is in, or NULL. */
struct window *window_around(const struct app *app, uint64_t address);
/* Shows the pages, when the app wants to see them. ARGOS_NO_MEMORY: the host has none. */
enum contract_error window_map(struct window *window) MUST_CHECK;
void window_unmap(struct window *window);
/* What one app saw, another one does, or nobody, when that one does not want to. On an error nothing has changed. */
enum contract_error window_move(struct window *from, struct window *to) MUST_CHECK;
/* The app is to be told of what became of it. */
void window_notify(struct window *window);
/* ... or no more. */
void window_forget(struct window *window);
/* Tells the app of the next of the windows that it is to be told of; there is one. */
void window_notice_take(struct app *app, struct message *out);

#endif
