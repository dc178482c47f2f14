/* The files of a source tree, read whole and sorted by path. Everything below the root belongs to it except .git and
   build, whether or not it is committed yet: what lies in the tree is what the next commit could hold. */
#ifndef TOOLS_CHECK_TREE_H
#define TOOLS_CHECK_TREE_H

#include "tools/check/memory.h"

enum file_kind {
    FILE_C,           /* .c, .cpp */
    FILE_HEADER,      /* .h */
    FILE_DEFINITIONS, /* .def */
    FILE_SCRIPT,      /* starts with #!, or .sh, .mjs, .py, Makefile */
    FILE_SOURCE,      /* other source that has comments: .S, .wat, .rs, .wit, LAYERS */
    FILE_DOCUMENT,    /* .md */
    FILE_TEXT,        /* other text: data of tests, lists */
    FILE_BINARY,
};

struct file {
    char *path;   /* from the root */
    char *folder; /* "." for the root itself */
    char *name;   /* the part of path behind the last '/' */
    char *text;   /* zero-terminated */
    size_t size;
    enum file_kind kind;
};

struct tree {
    struct file *files;
    size_t count;
};

/* Reads the tree of the current directory; ends the tool when something cannot be read. */
void tree_read(struct tree *tree);
/* NULL when there is no such file. */
const struct file *tree_find(const struct tree *tree, const char *path);
/* One whole file; NULL when there is none. */
char *file_read(const char *path, size_t *size);

/* Calls visit for each line of the text: [line, line + length) without its newline, numbered from 1. */
void file_each_line(const struct file *file, void (*visit)(void *context, const char *line, size_t length, size_t number), void *context);

#endif
