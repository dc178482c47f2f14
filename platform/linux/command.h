/* The commands of argos: what each is called, what may be written behind it, and what it does.

   One table (command_table.c) says it all; the parser, the help texts and the suggestions are made from it, so they cannot
   disagree. The exit codes are part of the contract with scripts: docs/argos.md. */
#ifndef PLATFORM_LINUX_COMMAND_H
#define PLATFORM_LINUX_COMMAND_H

#include "base/budget.h"

#include <stdbool.h>
#include <stdio.h>

enum command_exit {
    COMMAND_DONE = 0,
    COMMAND_FAILED = 1,      /* validate, inspect, hash: at least one file was not as it should be */
    COMMAND_USAGE = 2,       /* the command line makes no sense */
    COMMAND_TIMEOUT = 124,   /* run: stopped by --timeout */
    COMMAND_HOST = 125,      /* run: argos could not do its part */
    COMMAND_REFUSED = 126,   /* run: the file is no program that can be run here */
    COMMAND_NOT_FOUND = 127, /* run: there is no such file */
    COMMAND_TRAP = 134,      /* run: the program trapped; 128 + SIGABRT */
};

struct command;
struct cache;

/* What was written on the command line. Texts are the process's arguments. */
struct command_line {
    const struct command *command;
    struct budget *budget; /* the root: all that the host has for us */
    bool help;
    uint64_t memory_bytes; /* --memory; BUDGET_UNLIMITED when it was not given */
    uint64_t stack_bytes;  /* --stack; 0 when it was not given */
    bool compile;          /* --executor compile */
    bool fast;             /* --fast */
    bool check_bounds;     /* --bounds check */
    const char *cache;     /* --cache; NULL when it was not given */
    bool no_cache;         /* --no-cache */
    uint64_t timeout_ns;   /* --timeout; UINT64_MAX when it was not given */
    uint32_t jobs;         /* --jobs; 0 when it was not given */
    const char *invoke;    /* --invoke; NULL when it was not given */
    bool debug;            /* --debug */
    bool perf_map;         /* --perf-map */
    const char *dump;      /* --dump: list, or the name of a stage; NULL when it was not given */
    uint32_t dump_stage;   /* its number */
    const char *output;    /* -o; NULL when it was not given */
    const char *trace;     /* --trace; NULL when it was not given */
    bool chrome;
    uint32_t restart_count; /* --restart */
    const char **environment;
    size_t environment_count;
    const char **grants; /* --grant, in their order */
    size_t grant_count;
    const char **wraps; /* --wrap */
    size_t wrap_count;
    char **operands;
    size_t operand_count;
    size_t capacity; /* of each of environment, grants and wraps */
};

struct option {
    const char *name;     /* with its dashes */
    const char *argument; /* NULL for an option that takes none */
    const char *help;
    const char *expects; /* how an argument that is wrong should have looked */
    /* Keeps the argument; false when it is wrong. */
    bool (*set)(struct command_line *line, const char *argument);
};

struct command {
    const char *name;
    const char *operands;
    const char *summary;
    const char *details;
    const struct option *options;
    size_t option_count;
    size_t operand_count_min;
    size_t operand_count_max;
    bool operands_end_options; /* behind the first operand all words are operands */
    int (*run)(const struct command_line *line);
};

/* ---- command_table.c ---- */

extern const struct command commands[];
extern const size_t command_count;

/* NULL when there is none of this name. */
const struct command *command_find(const char *name);
/* Says that there is none of this name, and which one may have been meant. Returns COMMAND_USAGE. */
enum command_exit command_unknown(const char *name);

/* ---- command_line.c ---- */

/* Reads the words behind the command's name; reorders them. COMMAND_USAGE, after a message, when they make no sense. With
   help set nothing else was checked. In both cases command_line_end gives back what it took from the budget. */
enum command_exit command_line_parse(const struct command *command, struct budget *budget, int count, char **words, struct command_line *line);
void command_line_end(struct command_line *line);

/* ---- command_help.c ---- */

void command_help_all(FILE *out);
void command_help_one(FILE *out, const struct command *command);

/* ---- command_*.c: what the commands do. Each returns the exit code ---- */

int command_run(const struct command_line *line);
int command_validate(const struct command_line *line);
int command_inspect(const struct command_line *line);
int command_hash(const struct command_line *line);
int command_compile(const struct command_line *line);
int command_cache(const struct command_line *line);
int command_disassemble(const struct command_line *line);
int command_interface(const struct command_line *line);
int command_trace(const struct command_line *line);
int command_new(const struct command_line *line);
int command_build(const struct command_line *line);
int command_help(const struct command_line *line);

/* Opens the cache that the command line, or else the environment, says (cache.h): an empty one when there is none. Says so when somebody asked for
   it, or when it may not be trusted. To be closed in any case. */
void command_cache_open(const struct command_line *line, bool create, struct cache *cache);

#endif
