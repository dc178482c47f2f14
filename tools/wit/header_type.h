/* The types of an interface in C, with the functions that read and write them: a part of the header. */
#ifndef TOOLS_WIT_HEADER_TYPE_H
#define TOOLS_WIT_HEADER_TYPE_H

#include "tools/wit/c_name.h"

/* A type and all that it is made of, each once, those of other interfaces not at all. */
void header_type(struct generator *generator, const struct wit_type *type);
/* Arguments: a struct of this name. */
void header_arguments(struct generator *generator, const struct wit_type *arguments, const char *name);

#endif
