/* Shared by the files that run commands: the script that runs, and how a command passes or fails. */
#ifndef TESTS_SPEC_SCRIPT_PRIVATE_H
#define TESTS_SPEC_SCRIPT_PRIVATE_H

#include "tests/spec/exception.h"
#include "tests/spec/script.h"
#include "tests/spec/world.h"

#include <cjson/cJSON.h>

struct script {
    const struct script_options *options;
    struct script_progress *progress;
    struct world *world;
    const char *folder; /* of the JSON and its modules */
    bool clear_shared;  /* see shared.h */
    const cJSON *command;
    const char *type; /* of the command */
};

/* A string of the command; NULL when there is none. */
const char *command_text(const struct script *script, const char *name);
void command_pass(struct script *script);
void command_fail(struct script *script, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

/* ---- module_command.c: commands about a module as a whole ---- */

void module_command(struct script *script);
void invalid_command(struct script *script, enum error expected);
void unlinkable_command(struct script *script);
void uninstantiable_command(struct script *script);
void register_command(struct script *script);
/* The command stands in exceptions.def and is about a module. */
void module_exception(struct script *script, enum exception_check check);

/* ---- action_command.c: commands that call a function or read a global ---- */

void action_command(struct script *script);
void return_command(struct script *script);
/* Also for exhaustion, which is a trap; text is what the trap is to say. */
void trap_command(struct script *script, const char *text);
/* Fails the command unless the newest call in the store ended with a trap that says this. */
void trap_check(struct script *script, enum error error, const char *text);

#endif
