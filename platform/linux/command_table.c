/* The table of commands and their options: the only place where they are listed. */
#include "platform/linux/command.h"
#include "platform/linux/message.h"
#include "platform/linux/nearest.h"
#include "platform/linux/quantity.h"
#include "platform/linux/workers.h"
#include "wasm/wasm.h"

#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool option_help(struct command_line *line, const char *argument) {
    (void)argument;
    line->help = true;
    return true;
}

static bool option_executor(struct command_line *line, const char *argument) {
    line->compile = strcmp(argument, "compile") == 0;
    return line->compile || strcmp(argument, "interpret") == 0;
}

static bool option_fast(struct command_line *line, const char *argument) {
    (void)argument;
    line->fast = true;
    return true;
}

static bool option_bounds(struct command_line *line, const char *argument) {
    line->check_bounds = strcmp(argument, "check") == 0;
    return line->check_bounds || strcmp(argument, "guard") == 0;
}

static bool option_memory(struct command_line *line, const char *argument) {
    return quantity_parse_size(argument, &line->memory_bytes);
}

static bool option_stack(struct command_line *line, const char *argument) {
    return quantity_parse_size(argument, &line->stack_bytes) && line->stack_bytes >= 65536;
}

static bool option_timeout(struct command_line *line, const char *argument) {
    return quantity_parse_duration(argument, &line->timeout_ns) && line->timeout_ns < UINT64_MAX;
}

static bool option_invoke(struct command_line *line, const char *argument) {
    line->invoke = argument;
    return true;
}

static bool option_environment(struct command_line *line, const char *argument) {
    const char *equals = strchr(argument, '=');
    if (equals == NULL || equals == argument) {
        return false;
    }
    line->environment[line->environment_count++] = argument;
    return true;
}

static bool option_grant(struct command_line *line, const char *argument) {
    line->grants[line->grant_count++] = argument;
    return argument[0] != 0 && argument[0] != '=';
}

static bool option_restart(struct command_line *line, const char *argument) {
    uint64_t count;
    if (!quantity_parse_size(argument, &count) || count > UINT32_MAX) {
        return false;
    }
    line->restart_count = (uint32_t)count;
    return true;
}

static bool option_wrap(struct command_line *line, const char *argument) {
    line->wraps[line->wrap_count++] = argument;
    return strchr(argument, '=') != NULL && argument[0] != '=';
}

static bool option_jobs(struct command_line *line, const char *argument) {
    uint64_t count;
    if (!quantity_parse_size(argument, &count) || count < 1 || count > WORKERS_MAX) {
        return false;
    }
    line->jobs = (uint32_t)count;
    return true;
}

static bool option_cache(struct command_line *line, const char *argument) {
    line->cache = argument;
    return argument[0] != 0;
}

static bool option_no_cache(struct command_line *line, const char *argument) {
    (void)argument;
    line->no_cache = true;
    return true;
}

static bool option_debug(struct command_line *line, const char *argument) {
    (void)argument;
    line->debug = true;
    return true;
}

static bool option_perf_map(struct command_line *line, const char *argument) {
    (void)argument;
    line->perf_map = true;
    return true;
}

static bool option_dump(struct command_line *line, const char *argument) {
    const char *name;
    line->dump = argument;
    for (line->dump_stage = 0; (name = wasm_stage_name(line->dump_stage)) != NULL; line->dump_stage++) {
        if (strcmp(argument, name) == 0) {
            return true;
        }
    }
    return strcmp(argument, "list") == 0;
}

static bool option_output(struct command_line *line, const char *argument) {
    line->output = argument;
    return argument[0] != 0;
}

static bool option_trace(struct command_line *line, const char *argument) {
    line->trace = argument;
    return argument[0] != 0;
}

static bool option_chrome(struct command_line *line, const char *argument) {
    (void)argument;
    line->chrome = true;
    return true;
}

#define OPTION_CACHE                                                                                                                                 \
    { "--cache", "DIR", "keep compiled code in this folder (~/.cache/argos)", "a folder", option_cache }

#define OPTION_BOUNDS                                                                                                                                \
    { "--bounds", "HOW", "how accesses stay in memory: guard (8 GiB of address space each) or check", "guard or check", option_bounds }

#define OPTION_FAST                                                                                                                                  \
    { "--fast", NULL, "compile fast, to code that runs slower", NULL, option_fast }

#define OPTION_HELP                                                                                                                                  \
    { "--help", NULL, "show this page", NULL, option_help }

static const struct option run_options[] = {
    {"--executor", "NAME", "how the program is executed: interpret or compile", "interpret or compile", option_executor},
    OPTION_FAST,
    OPTION_BOUNDS,
    {"--memory", "SIZE", "limit all that the program uses: 64MiB, 1GiB, or a number of bytes", "a size: 64MiB, 1GiB, or a number of bytes",
     option_memory},
    {"--stack", "SIZE", "limit the call stack (16MiB)", "a size of at least 64KiB: 1MiB, 64MiB", option_stack},
    {"--timeout", "TIME", "stop the program after this time: 2, 0.5s, 500ms, 1m", "a time: 2 (seconds), 0.5s, 500ms, 1m", option_timeout},
    {"--env", "NAME=VALUE", "give the program an environment variable; may be repeated", "NAME=VALUE", option_environment},
    {"--grant", "IFACE[=PROGRAM]", "let an app use this interface, handled here or by a program; may be repeated",
     "an interface (argos interface lists them), or INTERFACE=PROGRAM.wasm", option_grant},
    {"--wrap", "IFACE=PROGRAM", "put a program between an app and who handles this interface; may be repeated", "INTERFACE=PROGRAM.wasm",
     option_wrap},
    {"--restart", "N", "start an app, and the programs that serve it, again when they fail: at most N times each", "a number", option_restart},
    OPTION_CACHE,
    {"--no-cache", NULL, "neither use compiled code of earlier runs nor keep any", NULL, option_no_cache},
    {"--trace", "FILE", "write what the kernel did last into this file, for argos trace", "the name of a file", option_trace},
    {"--debug", NULL, "tell gdb the names and frames of compiled functions", NULL, option_debug},
    {"--perf-map", NULL, "tell perf the names of compiled functions, in /tmp/perf-PID.map", NULL, option_perf_map},
    {"--invoke", "FUNCTION", "call this exported function with ARGS and print its results", "the name of an exported function", option_invoke},
    OPTION_HELP,
};

static const struct option compile_options[] = {
    {"--jobs", "N", "compile with so many threads (as many as there are cores)", "a number of threads, at most 256", option_jobs},
    OPTION_FAST,
    OPTION_BOUNDS,
    OPTION_CACHE,
    OPTION_HELP,
};

static const struct option cache_options[] = {OPTION_CACHE, OPTION_HELP};

static const struct option disassemble_options[] = {
    OPTION_FAST,
    OPTION_BOUNDS,
    {"--dump", "STAGE", "show what this stage of the compiler makes; list names the stages", "the name of a stage; --dump list shows them",
     option_dump},
    OPTION_HELP,
};

static const struct option trace_options[] = {
    {"--chrome", NULL, "write the format of Chrome's trace viewer (JSON) instead of lines", NULL, option_chrome},
    OPTION_HELP,
};

static const struct option build_options[] = {
    {"-o", "FILE", "write the module here (NAME.wasm in the folder, where NAME is the folder's)", "the name of a file", option_output},
    OPTION_HELP,
};

static const struct option plain_options[] = {OPTION_HELP};

const struct command commands[] = {
    {
        .name = "run",
        .operands = "PROGRAM.wasm [ARGS...]",
        .summary = "run a program",
        .details = "Runs a WebAssembly program that was made for WASI preview 1. It gets the words behind its name as arguments,\n"
                   "standard input, output and error, clocks and random numbers: no files, no network, and of the environment\n"
                   "only what --env says. A PROGRAM.wasm of - is read from standard input.\n"
                   "\n"
                   "An ArgOS app, which exports `start`, gets the log and what --grant says, and nothing else.\n"
                   "\n"
                   "The exit code is the program's own. 124: stopped by --timeout. 125: argos could not do its part. 126: the file\n"
                   "cannot be run. 127: no such file. 134: the program trapped.\n",
        .options = run_options,
        .option_count = COUNT(run_options),
        .operand_count_min = 1,
        .operand_count_max = SIZE_MAX,
        .operands_end_options = true,
        .run = command_run,
    },
    {
        .name = "compile",
        .operands = "FILE...",
        .summary = "compile programs ahead of time, into the cache",
        .details = "Compiles every function of each file that has no code in the cache yet, so that argos run --executor compile need not:\n"
                   "with --fast, so that argos run --fast need not.\n"
                   "The exit code is 1 if a file could not be compiled or its code not be kept.\n",
        .options = compile_options,
        .option_count = COUNT(compile_options),
        .operand_count_min = 1,
        .operand_count_max = SIZE_MAX,
        .run = command_compile,
    },
    {
        .name = "cache",
        .operands = "list|verify|clear",
        .summary = "look at, check or empty the cache of compiled code",
        .details = "list shows each image with its program. verify reads all of every file, and removes those that are damaged: the exit\n"
                   "code is 1 if there were any. clear removes everything.\n",
        .options = cache_options,
        .option_count = COUNT(cache_options),
        .operand_count_max = 1,
        .run = command_cache,
    },
    {
        .name = "validate",
        .operands = "FILE...",
        .summary = "check that files are valid WebAssembly modules",
        .details = "Prints `FILE: valid`, or says on standard error where and why a file is not. The exit code is 1 if any is not.\n",
        .options = plain_options,
        .option_count = COUNT(plain_options),
        .operand_count_min = 1,
        .operand_count_max = SIZE_MAX,
        .run = command_validate,
    },
    {
        .name = "inspect",
        .operands = "FILE",
        .summary = "show what a module is made of and what it asks for",
        .details = "Shows the hash, what the module asks for, its imports, exports, memories and tables, its sections, who produced\n"
                   "it, and how much of each limit of the engine it uses. Nothing of it is run.\n",
        .options = plain_options,
        .option_count = COUNT(plain_options),
        .operand_count_min = 1,
        .operand_count_max = 1,
        .run = command_inspect,
    },
    {
        .name = "disassemble",
        .operands = "PROGRAM.wasm [FUNCTION]",
        .summary = "show a function's instructions, SSA and machine code side by side",
        .details = "FUNCTION is an index, the name of an export, or a name of the name section. Without it, the module's functions are listed.\n"
                   "The exit code is 1 if there is no such function, or it is beyond the compiler's limits.\n",
        .options = disassemble_options,
        .option_count = COUNT(disassemble_options),
        .operand_count_max = 2,
        .run = command_disassemble,
    },
    {
        .name = "interface",
        .operands = "[FILE|HASH|NAME]",
        .summary = "show an interface: its hash, its canonical text, its functions",
        .details = "Reads an interface in WIT, and shows the hash that names it, the text that is hashed, and for each function its number and\n"
                   "where its arguments and its result stand in messages. A HASH (8 digits of it will do) or a NAME is looked for among the\n"
                   "interfaces that argos comes with; without any operand these are listed. The exit code is 1 if there is none, or if the\n"
                   "file is not in order: then the message says at which line and column.\n",
        .options = plain_options,
        .option_count = COUNT(plain_options),
        .operand_count_max = 1,
        .run = command_interface,
    },
    {
        .name = "trace",
        .operands = "FILE",
        .summary = "show the last events of a kernel, which argos run --trace wrote",
        .details =
            "Prints a line for each event, from the oldest to the newest: when, in microseconds of the kernel's clock, which app, what, and its\n"
            "numbers. With --chrome it prints JSON that chrome://tracing and Perfetto show. The exit code is 1 if the file is no trace.\n",
        .options = trace_options,
        .option_count = COUNT(trace_options),
        .operand_count_max = 1,
        .run = command_trace,
    },
    {
        .name = "hash",
        .operands = "FILE...",
        .summary = "print the SHA-256 of files, which is how programs are named",
        .details = "Prints what sha256sum prints: the hash, two spaces and the name. The exit code is 1 if a file cannot be read.\n",
        .options = plain_options,
        .option_count = COUNT(plain_options),
        .operand_count_min = 1,
        .operand_count_max = SIZE_MAX,
        .run = command_hash,
    },
    {
        .name = "new",
        .operands = "LANGUAGE NAME",
        .summary = "make a folder with an app to start from: c, cpp, rust, assemblyscript or wat",
        .details = "Makes the folder NAME with a small app that works, and with the contract between apps and the system in that language. Nothing\n"
                   "else is needed to build it but the language's compiler; argos build calls that. The exit code is 1 if there is something\n"
                   "of that name already.\n",
        .options = plain_options,
        .option_count = COUNT(plain_options),
        .operand_count_max = 2,
        .run = command_new,
    },
    {
        .name = "build",
        .operands = "[FOLDER]",
        .summary = "build the app in a folder with the compiler of its language",
        .details = "The main file of the folder (the current one, if none is named) says the language: main.c, main.cpp, main.rs, main.ts\n"
                   "(AssemblyScript) or main.wat. In C and C++ all files of that ending are built together. What the compiler says is shown as\n"
                   "it is; one that is not installed is named, and what installs it. The exit code is 1 if there is no module in the end.\n",
        .options = build_options,
        .option_count = COUNT(build_options),
        .operand_count_max = 1,
        .run = command_build,
    },
    {
        .name = "help",
        .operands = "[COMMAND]",
        .summary = "show the commands, or one of them",
        .details = "",
        .options = plain_options,
        .option_count = COUNT(plain_options),
        .operand_count_max = 1,
        .run = command_help,
    },
};

const size_t command_count = COUNT(commands);

const struct command *command_find(const char *name) {
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

enum command_exit command_unknown(const char *name) {
    struct nearest nearest;
    nearest_init(&nearest, name);
    for (size_t i = 0; i < command_count; i++) {
        nearest_offer(&nearest, commands[i].name);
    }
    if (nearest.name != NULL) {
        message("there is no command %s, did you mean %s? argos help lists them", name, nearest.name);
    } else if (access(name, F_OK) == 0) {
        message("%s is a file, not a command; to run it, write argos run %s", name, name);
    } else {
        message("there is no command %s; argos help lists them", name);
    }
    return COMMAND_USAGE;
}
