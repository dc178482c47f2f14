/* What is made of an interface for others than machines: C, and pages. Each printer appends to its output; names in C are checked for being
   there once only. */
#ifndef TOOLS_WIT_GENERATE_H
#define TOOLS_WIT_GENERATE_H

#include "tools/wit/output.h"

enum error operations_print(struct wit_interface *interface, struct wit_problem *problem, struct wit_output *output) MUST_CHECK;
enum error header_print(struct wit_interface *interface, struct wit_problem *problem, struct wit_output *output) MUST_CHECK;
enum error bindings_print(struct wit_interface *interface, struct wit_problem *problem, struct wit_output *output) MUST_CHECK;
enum error page_print(struct wit_interface *interface, struct wit_problem *problem, struct wit_output *output) MUST_CHECK;

/* ---- operations.c ---- */

/* "apps/app.stop": how a function is called in texts for people, without its interface. */
void operation_name(struct wit_output *output, const struct wit_function *function);
/* Where arguments or a result stand in a message: "word 0 limit; words 1 to 2 bytes". */
void operation_layout(struct wit_output *output, const struct wit_type *type, bool is_arguments);

#endif
