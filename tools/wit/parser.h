/* The state of reading one text, shared by parse.c (interfaces) and parse_type.c (types). Functions return false when the text
   is wrong, or the memory at its end; the problem has been told then. */
#ifndef TOOLS_WIT_PARSER_H
#define TOOLS_WIT_PARSER_H

#include "tools/wit/lexer.h"

struct parser {
    struct wit *wit;
    struct wit_document *document;
    struct wit_problem *problem;
    struct lexer lexer;
    struct token token;              /* the one that is looked at */
    struct wit_interface *interface; /* NULL outside of one */
    uint32_t nesting;
    enum error error;
};

/* Keeps the first error. Returns false. */
bool parser_fail(struct parser *parser, enum error error, size_t offset, const char *pattern, ...) __attribute__((format(printf, 4, 5)));
bool parser_fail_memory(struct parser *parser);
/* "expected WHAT, not 'token'" */
bool parser_fail_expected(struct parser *parser, const char *what);

bool parser_advance(struct parser *parser);
bool parser_at_symbol(const struct parser *parser, const char *symbol);
bool parser_at_word(const struct parser *parser, const char *word);
/* Goes past this symbol, which has to be there. */
bool parser_expect(struct parser *parser, const char *symbol);
/* A name that is no keyword, or is written with '%'. */
bool parser_name(struct parser *parser, struct bytes *out);

/* A type of the interface, zeroed but for its kind and place. */
bool parser_new_type(struct parser *parser, enum wit_kind kind, struct wit_type **out);
/* One more member. The array grows; *capacity starts as 0. */
bool parser_add_member(struct parser *parser, struct wit_type *type, uint32_t *capacity, const struct wit_member *member);

/* ---- parse_type.c ---- */

/* A type as it is written behind a name or in brackets. */
bool parser_type(struct parser *parser, struct wit_type **out);
/* The parameters of a function, in their brackets, as a record. */
bool parser_parameters(struct parser *parser, struct wit_type **out);
/* A definition, from its keyword on; a resource without what is in its braces. */
bool parser_definition(struct parser *parser, enum wit_kind kind, struct wit_type **out);

#endif
