/* What things of an interface are called in C, and that no two of them have one name. */
#ifndef TOOLS_WIT_C_NAME_H
#define TOOLS_WIT_C_NAME_H

#include "tools/wit/output.h"

#define C_NAME_SIZE 128

struct generator {
    struct wit_interface *interface;
    struct wit_problem *problem;
    struct wit_output *output;
    struct map names;  /* that were defined, to the texts that say what they are */
    const char *lower; /* the interface's name: terminal_size */
    const char *upper; /* TERMINAL_SIZE */
    enum error error;  /* the first */
};

enum error generator_init(struct generator *generator, struct wit_interface *interface, struct wit_problem *problem,
                          struct wit_output *output) MUST_CHECK;
/* Returns the first error of all. */
enum error generator_end(struct generator *generator) MUST_CHECK;

/* Text in the arena; "" when there is no room, or when it would be too long for a name. */
const char *generator_text(struct generator *generator, const char *pattern, ...) __attribute__((format(printf, 2, 3)));

/* True when this is the first definition of the name. A second one must say the same of what it is, else it is an error at the offset. */
bool generator_define(struct generator *generator, const char *name, const char *what, size_t offset);

/* a_name; A_NAME; a_name, or with '_' behind it where C or C++ has such a word */
const char *c_lower(struct generator *generator, struct bytes name);
const char *c_upper(struct generator *generator, struct bytes name);
const char *c_field(struct generator *generator, struct bytes name);
/* A parameter of a client's function, whose own are os, grant, ... */
const char *c_parameter(struct generator *generator, struct bytes name);

/* The type that decides what a value is in C: behind names, uses and aliases, but for an alias that gives its name to what has none. */
const struct wit_type *c_base(const struct wit_type *type);
/* The same, behind such an alias: what it is made of. */
const struct wit_type *c_shape(const struct wit_type *type);
/* Lists of numbers, characters, texts and bytes, which wire_value.h has. */
bool c_is_shared_list(const struct wit_type *type);
/* Passed as a pointer. */
bool c_is_struct(const struct wit_type *type);

/* "wire_u32", "console_size": what the names of a type's functions start with. */
const char *c_functions(struct generator *generator, const struct wit_type *type);
/* "uint32_t", "struct console_size" */
const char *c_type(struct generator *generator, const struct wit_type *type);
/* "console_read", "console_stream_close": what all that belongs to a function starts with; without the interface, and in capitals. */
const char *c_operation(struct generator *generator, const struct wit_function *function);
const char *c_operation_field(struct generator *generator, const struct wit_function *function);
const char *c_operation_number(struct generator *generator, const struct wit_function *function);

/* Documentation as a comment; nothing without any. */
void c_comment(struct wit_output *output, struct bytes documentation, const char *indent);

#endif
