/* Apps: their making and their end. Private to the kernel. */
#ifndef KERNEL_APP_H
#define KERNEL_APP_H

#include "kernel/state.h"

/* Ends an app that is in no turn: everything that it had is freed, whoever waits for it is told. app->end and app->report say how. */
void app_end(struct app *app);
/* Its turn was left with an error, or it was killed. */
void app_end_of_turn(struct app *app, enum error error);
/* app_start and app_kill, for who keeps the app itself. */
enum error app_make(struct kernel *kernel, const struct app_options *options, struct report *report, struct app **out) MUST_CHECK;
void app_kill_it(struct app *app);
/* The store that it runs in. */
enum error app_make_store(struct app *app, const struct wasm_store_options *options) MUST_CHECK;

/* ---- guest.c: apps of another world ---- */

/* The world that a program is of; NULL: it is a function of a context. */
const struct app_world *guest_world(const struct kernel *kernel, const struct app_options *options);
/* Makes the store and what its world keeps for it. */
enum error guest_begin(struct app *app, const struct app_options *options, const struct app_world *world, struct report *report) MUST_CHECK;
/* Its one turn. */
struct wasm_outcome guest_run(struct app *app);
/* Before its requests end; once, or for what is no guest. */
void guest_end(struct app *app);

/* ---- What it did wrong ---- */

/* The running app called a function of the context as nobody may: it ends as soon as that function returns, with this sentence. */
void app_fail(struct app *app, const char *pattern, ...) __attribute__((format(printf, 2, 3)));
/* The same for a bad address. */
void app_misuse(struct app *app, const char *function, guest_address address);

#endif
