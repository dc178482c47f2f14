/* One run of a program, from its file to its exit code; what command_run.c and its helpers share. */
#ifndef PLATFORM_LINUX_RUN_H
#define PLATFORM_LINUX_RUN_H

#include "kernel/kernel.h"
#include "platform/linux/debug/debug.h"
#include "platform/linux/program.h"
#include "platform/linux/workers.h"
#include "wasi/world.h"

/* What --invoke is to do, and what came of it. */
struct invoke {
    const char *name;
    const struct wasm_function_type *type;
    union wasm_value *values; /* its arguments, and behind them its results; NULL: nothing is to be invoked */
    bool has_results;
};

struct run {
    const struct command_line *line;
    const char *path;
    struct budget budget; /* of all that the program uses, its bytes and its module included */
    struct cache cache;   /* of compiled code; none unless the program is compiled */
    struct program program;
    bool is_app; /* a function of a context; else it is of WASI's world */
    struct debug debug;
    struct bytes *environment; /* what --env says */
    struct invoke invoke;
    struct wasi_settings settings;
    struct workers workers;   /* that compile what the program has not called yet */
    struct budget background; /* of what they use */
    bool has_workers;
};

/* ---- run_link.c: whether a module can be run at all. COMMAND_DONE, or an exit code after a message ---- */

/* All imports are supplied. */
enum command_exit run_check_imports(const struct run *run);
/* There is something to start: `_start`, or what --invoke names. */
enum command_exit run_check_start(const struct run *run);

/* ---- run_invoke.c ---- */

/* Reads the words behind the program as arguments of the function of --invoke. COMMAND_DONE, or an exit code after a message. */
enum command_exit run_invoke_begin(struct run *run);
/* The `call` of a guest, with the invoke as its context. */
enum error run_invoke_call(void *invoke, struct wasm_instance *instance) MUST_CHECK;
/* Its results, if it has any, on standard output. */
void run_invoke_print(const struct invoke *invoke);
void run_invoke_end(struct run *run);

/* ---- run_background.c ---- */

/* Starts the workers, if there is enough for them to do. */
void run_background_start(struct run *run);
/* The program has ended: makes them end soon, and does not wait. */
void run_background_stop(struct run *run);
/* Waits for them, so that the module can be destroyed. */
void run_background_wait(struct run *run);
/* The module was destroyed, and what they made with it. */
void run_background_end(struct run *run);

/* ---- run_fail.c: why something could not be run, or ended, on standard error. The exit code ---- */

enum command_exit run_fail(const struct run *run, enum error error, const struct report *report);
/* Of the program itself, or of another one that runs for it. */
enum command_exit run_fail_end(const struct run *run, const char *path, const struct app_end *end);

/* ---- system/run_system.c ---- */

/* Runs the program under a kernel of its own; its exit code. */
int run_system(struct run *run);

#endif
