/* Tokens of a WIT text, one after the other. Comments of documentation stay with the token behind them. */
#ifndef TOOLS_WIT_LEXER_H
#define TOOLS_WIT_LEXER_H

#include "tools/wit/model.h"

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_NUMBER, TOKEN_SYMBOL };

struct token {
    enum token_kind kind;
    struct bytes text; /* of a name without its '%' */
    bool is_escaped;   /* a name with '%', which is no keyword */
    size_t offset;
    struct bytes documentation; /* as it stands in the text, from the first such comment to the last */
};

struct lexer {
    const struct wit_document *document;
    struct wit_problem *problem;
    size_t at;
};

void lexer_init(struct lexer *lexer, const struct wit_document *document, struct wit_problem *problem);
/* False when what comes next is no token; the problem says why. */
bool lexer_next(struct lexer *lexer, struct token *out);

/* A word that WIT keeps for itself: as a name it is written with '%'. */
bool wit_is_keyword(struct bytes word);

/* The next line of documentation, without what marks it as a comment; false behind the last. state starts as 0. */
bool wit_documentation_line(struct bytes documentation, size_t *state, struct bytes *line);

#endif
