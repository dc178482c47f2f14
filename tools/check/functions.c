/* A tokenizer that knows just enough C to find bodies: comments, literals, preprocessor lines, brackets, identifiers.
   A body is a brace outside all brackets whose declaration, since the last ';' or '}', had `name (...)` and no '='. */
#include "tools/check/functions.h"

#include <ctype.h>
#include <string.h>

struct scanner {
    const char *at;
    size_t line;
    bool is_line_start; /* nothing but blanks so far on this line */
    void (*visit)(void *context, const struct function *function);
    void *context;

    size_t brace_depth;
    size_t parenthesis_depth;
    /* The declaration that is being read, outside all brackets. */
    char *identifier; /* the newest one */
    char *name;       /* the one in front of the first parenthesis; NULL before that */
    size_t name_line;
    bool has_assignment;
    bool is_body_in_parenthesis;
    bool is_in_function;
};

static void scanner_reset_declaration(struct scanner *scanner) {
    scanner->identifier = NULL;
    scanner->name = NULL;
    scanner->has_assignment = false;
    scanner->is_body_in_parenthesis = false;
}

static void scanner_step(struct scanner *scanner) {
    if (*scanner->at == '\n') {
        scanner->line++;
        scanner->is_line_start = true;
    }
    scanner->at++;
}

static void scanner_report(struct scanner *scanner, char *name, size_t first_line) {
    struct function function = {.name = name, .first_line = first_line, .last_line = scanner->line};
    scanner->visit(scanner->context, &function);
}

static void scanner_skip_block_comment(struct scanner *scanner) {
    scanner->at += 2;
    while (*scanner->at != '\0' && strncmp(scanner->at, "*/", 2) != 0) {
        scanner_step(scanner);
    }
    scanner->at += *scanner->at == '\0' ? 0 : 2;
}

static void scanner_skip_literal(struct scanner *scanner) {
    char quote = *scanner->at++;
    while (*scanner->at != '\0' && *scanner->at != quote && *scanner->at != '\n') {
        if (*scanner->at == '\\' && scanner->at[1] != '\0') {
            scanner_step(scanner);
        }
        scanner_step(scanner);
    }
    scanner->at += *scanner->at == quote ? 1 : 0;
}

/* To the end of the line, or of the last one that is continued by a backslash. The newline itself stays. */
static void scanner_skip_line(struct scanner *scanner) {
    while (*scanner->at != '\0' && *scanner->at != '\n') {
        if (strncmp(scanner->at, "/*", 2) == 0) {
            scanner_skip_block_comment(scanner);
        } else if (*scanner->at == '"') {
            scanner_skip_literal(scanner);
        } else {
            scanner->at += strncmp(scanner->at, "\\\n", 2) == 0 ? 1 : 0;
            scanner_step(scanner);
        }
    }
}

static char *scanner_identifier(struct scanner *scanner) {
    const char *start = scanner->at;
    while (isalnum((unsigned char)*scanner->at) || *scanner->at == '_') {
        scanner->at++;
    }
    return text_copy(start, (size_t)(scanner->at - start));
}

static void scanner_preprocessor(struct scanner *scanner) {
    size_t first_line = scanner->line;
    scanner->at++;
    scanner->at += strspn(scanner->at, " \t");
    bool is_define = strncmp(scanner->at, "define", 6) == 0;
    char *name = NULL;
    if (is_define) {
        scanner->at += 6;
        scanner->at += strspn(scanner->at, " \t");
        name = scanner_identifier(scanner);
    }
    scanner_skip_line(scanner);
    if (is_define) {
        scanner_report(scanner, name, first_line);
    }
}

static bool is_attribute(const char *name) {
    static const char *const attributes[] = {"__attribute__", "_Alignas", "alignas", "__asm__", "asm"};
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        if (strcmp(name, attributes[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void scanner_open_parenthesis(struct scanner *scanner) {
    bool is_outside = scanner->brace_depth == 0 && scanner->parenthesis_depth == 0;
    if (is_outside && scanner->name == NULL && scanner->identifier != NULL && !is_attribute(scanner->identifier)) {
        scanner->name = scanner->identifier;
        scanner->name_line = scanner->line;
    }
    scanner->parenthesis_depth++;
}

static void scanner_close_parenthesis(struct scanner *scanner) {
    scanner->parenthesis_depth -= scanner->parenthesis_depth > 0;
    if (scanner->parenthesis_depth == 0 && scanner->brace_depth == 0 && scanner->is_body_in_parenthesis && scanner->name != NULL) {
        scanner_report(scanner, scanner->name, scanner->name_line);
        scanner_reset_declaration(scanner);
    }
}

static void scanner_open_brace(struct scanner *scanner) {
    if (scanner->parenthesis_depth > 0) {
        scanner->is_body_in_parenthesis = true;
    } else if (scanner->brace_depth == 0) {
        scanner->is_in_function = scanner->name != NULL && !scanner->has_assignment;
    }
    scanner->brace_depth++;
}

static void scanner_close_brace(struct scanner *scanner) {
    scanner->brace_depth -= scanner->brace_depth > 0;
    if (scanner->brace_depth > 0 || scanner->parenthesis_depth > 0) {
        return;
    }
    if (scanner->is_in_function) {
        scanner_report(scanner, scanner->name, scanner->name_line);
        scanner_reset_declaration(scanner);
    }
    scanner->is_in_function = false;
}

static void scanner_punctuation(struct scanner *scanner) {
    bool is_outside = scanner->brace_depth == 0 && scanner->parenthesis_depth == 0;
    switch (*scanner->at) {
    case '(': scanner_open_parenthesis(scanner); break;
    case ')': scanner_close_parenthesis(scanner); break;
    case '{': scanner_open_brace(scanner); break;
    case '}': scanner_close_brace(scanner); break;
    case '=': scanner->has_assignment |= is_outside; break;
    case ';':
        if (is_outside) {
            scanner_reset_declaration(scanner);
        }
        break;
    default: break;
    }
    scanner_step(scanner);
}

void functions_each(const struct file *file, void (*visit)(void *context, const struct function *function), void *context) {
    struct scanner scanner = {.at = file->text, .line = 1, .is_line_start = true, .visit = visit, .context = context};
    while (*scanner.at != '\0') {
        char first = *scanner.at;
        bool is_line_start = scanner.is_line_start;
        scanner.is_line_start = is_line_start && isspace((unsigned char)first);
        if (strncmp(scanner.at, "/*", 2) == 0) {
            scanner_skip_block_comment(&scanner);
        } else if (strncmp(scanner.at, "//", 2) == 0) {
            scanner_skip_line(&scanner);
        } else if (first == '"' || first == '\'') {
            scanner_skip_literal(&scanner);
        } else if (first == '#' && is_line_start) {
            scanner_preprocessor(&scanner);
        } else if (isalpha((unsigned char)first) || first == '_') {
            scanner.identifier = scanner_identifier(&scanner);
        } else if (isdigit((unsigned char)first)) {
            scanner_identifier(&scanner); /* digits and suffix; the rest of a number is punctuation here */
        } else {
            scanner_punctuation(&scanner);
        }
    }
}
