/* What debuggers and profilers are told of a program's compiled code, where the command line asks for it. */
#ifndef PLATFORM_LINUX_DEBUG_DEBUG_H
#define PLATFORM_LINUX_DEBUG_DEBUG_H

#include "platform/linux/command.h"
#include "platform/linux/debug/gdb_jit.h"
#include "platform/linux/program.h"

struct debug {
    struct function_names names;
    struct wasm_code_watch watch;
    bool has_gdb;
    struct gdb_jit gdb;
    FILE *perf_map; /* NULL: none */
};

/* Begins to tell, if that is asked for: the program is loaded, and what was compiled of it before is told at once. COMMAND_DONE, or an exit code
   after a message. The struct stays where it is until debug_end. */
enum command_exit debug_begin(struct debug *debug, const struct command_line *line, const struct program *program) MUST_CHECK;
/* After the program has ended. A struct of zeros may be ended too. */
void debug_end(struct debug *debug);

#endif
