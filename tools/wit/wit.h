/* Interfaces in WIT, the Component Model's text format: reading, canonical text, hash, and what is made of them.

   Reads what ArgOS needs of WIT: packages, interfaces, use, functions, and all types but streams and futures. Anything else is refused with its place
   and one sentence. Input is untrusted: limits.def bounds everything, and every allocation is charged to a budget. Uses base
   alone. docs/interfaces.md is its page. */
#ifndef TOOLS_WIT_WIT_H
#define TOOLS_WIT_WIT_H

#include "base/budget.h"
#include "base/bytes.h"
#include "base/report.h"
#include "base/sha256.h"

/* All that was read together. */
struct wit;
/* An interface, as it was read and understood; lives as long as its wit. */
struct wit_interface;

/* What is wrong, and where: file, line and column count from 1; a line of 0 is no place. */
struct wit_problem {
    struct report report; /* its offset is in the file */
    struct bytes file;    /* as whoever supplied the text calls it */
    uint32_t line;
    uint32_t column;
};

/* A file's text, and its name for messages. Both stay where they are until wit_destroy. */
struct wit_file {
    struct bytes name;
    struct bytes text;
};

/* Where interfaces come from that are used and not in the text itself. Returns ERROR_NOT_FOUND when there is no such file, or another error, about
   which it has told the report. */
struct wit_source {
    void *context;
    /* The file that holds an interface of a package ("argos:os"). */
    enum error (*find)(void *context, struct bytes package, struct bytes interface, struct report *report, struct wit_file *out);
};

void wit_problem_init(struct wit_problem *problem);

/* source may be NULL: then a text stands by itself. */
enum error wit_create(struct budget *budget, const struct wit_source *source, struct wit **out) MUST_CHECK;
void wit_destroy(struct wit *wit);

/* Reads a file and all that it uses. Its interfaces, those of its own package, are then to be had by index. On failure the wit is good for nothing
   but wit_destroy. Once for each wit. */
enum error wit_read(struct wit *wit, const struct wit_file *file, struct wit_problem *problem) MUST_CHECK;
uint32_t wit_interface_count(const struct wit *wit);
struct wit_interface *wit_interface_at(const struct wit *wit, uint32_t index);
/* NULL when there is none of this name. */
struct wit_interface *wit_interface_find(const struct wit *wit, struct bytes name);

/* "log", and "argos:os". */
struct bytes wit_interface_name(const struct wit_interface *interface);
struct bytes wit_interface_package(const struct wit_interface *interface);
/* SHA-256 of the canonical text: the interface's name for machines. */
enum error wit_interface_hash(struct wit_interface *interface, uint8_t digest[SHA256_SIZE]) MUST_CHECK;

enum wit_form {
    WIT_CANONICAL,  /* the interface and what it uses, without comments: the text that is hashed, and WIT again */
    WIT_OPERATIONS, /* for a person: the functions, their numbers, and how they stand in messages */
    WIT_HEADER,     /* interfaces/NAME.h: C types, encoding and decoding, dispatch */
    WIT_BINDINGS,   /* programs/api/NAME.h: calls and handlers for programs in C */
    WIT_PAGE,       /* docs/interfaces/NAME.md */
};

/* The text stays until wit_destroy. ERROR_NO_MEMORY, ERROR_LIMIT, or ERROR_INVALID with a problem when two things would have one name in C. */
enum error wit_print(struct wit_interface *interface, enum wit_form form, struct wit_problem *problem, struct bytes *out) MUST_CHECK;

#endif
