/* One run of a program, from its file to its exit code; what command_run.c and its helpers share. */
#ifndef PLATFORM_LINUX_RUN_H
#define PLATFORM_LINUX_RUN_H

#include "platform/linux/debug/debug.h"
#include "platform/linux/program.h"
#include "platform/linux/streams.h"
#include "platform/linux/timer.h"
#include "platform/linux/workers.h"
#include "wasi/wasi.h"

struct run {
    const struct command_line *line;
    const char *path;
    struct budget budget; /* of all that the program uses, its bytes and its module included */
    struct cache cache;   /* of compiled code; none unless the program is compiled */
    struct program program;
    struct debug debug;
    struct streams streams;
    struct wasi_outside outside;
    struct wasm_store *store;
    struct wasi *wasi;
    struct wasm_instance *instance;
    struct workers workers;   /* that compile what the program has not called yet */
    struct budget background; /* of what they use */
    bool has_workers;
};

/* ---- run_link.c: whether a module can be run at all. COMMAND_DONE, or an exit code after a message ---- */

/* All imports are supplied. The store and the wasi are there. */
enum command_exit run_check_imports(const struct run *run);
/* There is something to start: `_start`, or what --invoke names. */
enum command_exit run_check_start(const struct run *run);

/* ---- run_invoke.c ---- */

/* Calls the function of --invoke with the words behind the program, and prints its results. ERROR_ARGUMENT after a message
   when the words do not fit its type; else as wasm_call. */
enum error run_invoke(const struct run *run) MUST_CHECK;

/* ---- run_background.c ---- */

/* Starts the workers, if there is enough for them to do. */
void run_background_start(struct run *run);
/* The program has ended: makes them end soon, and does not wait. */
void run_background_stop(struct run *run);
/* Waits for them, so that the module can be destroyed. */
void run_background_wait(struct run *run);
/* The module was destroyed, and what they made with it. */
void run_background_end(struct run *run);

/* ---- run_trap.c ---- */

/* Says on standard error why the program ended, and where. */
void run_report_trap(const struct run *run);
/* The calls that led to a trap, innermost first. */
void run_report_frames(const struct wasm_trap *trap);

/* ---- system/run_app.c ---- */

/* Whether the program is an ArgOS app, which exports `start`, and no function is named to call instead. */
bool run_is_app(const struct run *run);
/* Runs it under a kernel of its own; its exit code. */
int run_app(struct run *run);

#endif
