/* The file LAYERS: which folders make a layer, and what each layer may include. The format is explained at the top of
   LAYERS itself. */
#ifndef TOOLS_CHECK_LAYERS_H
#define TOOLS_CHECK_LAYERS_H

#include "tools/check/findings.h"
#include "tools/check/tree.h"

struct layer {
    char *name;
    struct texts folders;   /* patterns of folders */
    struct texts sees;      /* names of layers above this one in the file */
    struct texts open;      /* patterns of headers that other layers may include */
    struct texts generated; /* patterns of headers that the build makes */
    struct texts also;      /* patterns of private headers of other layers that this one may include */
    struct texts system;    /* names of <headers>, or "any", or "compiler" */
};

struct layers {
    struct layer *items;
    size_t count;
    struct layer unit_tests; /* folders holds patterns of file names */
    struct texts compiler;   /* headers that every freestanding compiler has */
    struct texts roots;      /* files that are found from outside */
};

/* Reads LAYERS; what is wrong in it becomes findings. */
void layers_read(struct layers *layers, const struct file *file, struct findings *findings);

/* Checks every include of every C file, header and .def file. Adds each path that is included to *included. */
void layers_check(const struct layers *layers, const struct tree *tree, struct findings *findings, struct texts *included);

#endif
