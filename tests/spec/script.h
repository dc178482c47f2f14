/* Runs one script of the specification's test suite: the JSON that wast2json made of one .wast file. */
#ifndef TESTS_SPEC_SCRIPT_H
#define TESTS_SPEC_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct script_options {
    bool verbose;      /* print what refused modules were refused for */
    bool messages;     /* print where our message lacks the suite's phrase */
    bool check_bounds; /* --bounds check */
    bool compile;      /* run compiled code, else interpret */
    /* Of compiled code: */
    bool fast;           /* the fast mode */
    bool no_features;    /* nothing beyond the floor of the isa */
    bool check_passes;   /* run the checkers between passes */
    uint32_t passes_off; /* a bit for each pass of passes.def that is left out */
    FILE *traps;         /* where to print a line for each trap that was expected, or NULL */
};

/* Counts of commands, kept up to date while the script runs, so that they can be read when it does not come to its end. */
struct script_progress {
    uint32_t passed;
    uint32_t failed;
    uint32_t skipped;    /* they need a parser of the text format */
    uint32_t exceptions; /* passed, by what exceptions.def says */
    uint32_t refusals;   /* modules that were refused as they ought to be... */
    uint32_t phrases;    /* ... and whose message has the phrase of the suite */
    uint32_t line;       /* of the command that runs */
    bool ended;          /* the last command was run */
    char file[200];      /* the .wast file's name */
};

/* Prints each failed command to standard output. A file that is no script counts as a failure. */
void script_run(const char *path, const struct script_options *options, struct script_progress *progress);

#endif
