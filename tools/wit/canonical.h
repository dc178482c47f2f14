/* The canonical text: WIT without comments, laid out in one way, with what the interface uses before it. */
#ifndef TOOLS_WIT_CANONICAL_H
#define TOOLS_WIT_CANONICAL_H

#include "tools/wit/output.h"

enum error canonical_print(struct wit_interface *interface, struct wit_problem *problem, struct wit_output *output) MUST_CHECK;

/* ---- Pieces of it, for other printers ---- */

/* A name, with '%' where it is a word of WIT. */
void canonical_name(struct wit_output *output, struct bytes name);
/* list<u8> */
void canonical_type(struct wit_output *output, const struct wit_type *type);
/* A definition, in one line or several; without the functions of a resource. */
void canonical_definition(struct wit_output *output, const struct wit_type *type, const char *indent);
/* name: func(...) -> ...; */
void canonical_function(struct wit_output *output, const struct wit_function *function);

#endif
