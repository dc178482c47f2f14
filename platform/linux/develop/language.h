/* The languages that argos new and argos build know: how an app in each looks at first, and what makes a module of it. */
#ifndef PLATFORM_LINUX_DEVELOP_LANGUAGE_H
#define PLATFORM_LINUX_DEVELOP_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

/* How a tool is told what to read and what to write: flags, "-o", the result, sources. */
struct language {
    const char *name;       /* on the command line; its folder in programs/examples */
    const char *main_file;  /* that an app in it has: argos build knows the language by it */
    bool takes_all;         /* the tool is given all files of the folder with the main file's ending, and not the main file alone */
    const char *tool;       /* a program's name */
    const char *needs;      /* what the tool needs as well: a program, or a path from the tool's own folder; NULL for nothing */
    const char *needs_name; /* how that is called in messages */
    const char *brought_by; /* what installs both */
    const char *const *flags;
};

extern const struct language languages[];
extern const size_t language_count;

/* A file that argos new writes. */
struct template_file {
    const char *language; /* NULL: it comes with all of them */
    const char *name;
    const char *text;
};

extern const struct template_file template_files[];
extern const size_t template_file_count;

/* NULL when there is none of this name. */
const struct language *language_find(const char *name);
/* Whether the file comes with a new app in this language. */
bool language_has_file(const struct language *language, const struct template_file *file);

#endif
