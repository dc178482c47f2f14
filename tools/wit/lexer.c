/* The tokens of WIT: see lexer.h. */
#include "tools/wit/lexer.h"

static const char *const keywords[] = {
    "as",       "async",  "bool",   "borrow", "char",    "constructor", "enum",   "error-context", "export", "f32",   "f64",     "flags",
    "from",     "func",   "future", "import", "include", "interface",   "list",   "map",           "option", "own",   "package", "record",
    "resource", "result", "s16",    "s32",    "s64",     "s8",          "static", "stream",        "string", "tuple", "type",    "u16",
    "u32",      "u64",    "u8",     "use",    "variant", "with",        "world",
};

bool wit_is_keyword(struct bytes word) {
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (bytes_equal(word, bytes_from_text(keywords[i]))) {
            return true;
        }
    }
    return false;
}

void lexer_init(struct lexer *lexer, const struct wit_document *document, struct wit_problem *problem) {
    *lexer = (struct lexer){.document = document, .problem = problem};
}

static struct bytes lexer_text(const struct lexer *lexer) {
    return lexer->document->file.text;
}

/* The byte so far ahead; 0, which no text holds, behind the end. */
static uint8_t lexer_peek(const struct lexer *lexer, size_t ahead) {
    const struct bytes text = lexer_text(lexer);
    return ahead < text.size - lexer->at ? text.data[lexer->at + ahead] : 0;
}

static bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

static bool is_small(uint8_t byte) {
    return byte >= 'a' && byte <= 'z';
}

static bool is_large(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z';
}

static bool is_space(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* ---- Comments ---- */

/* Block comments stand inside of each other. */
static bool lexer_skip_block(struct lexer *lexer) {
    const size_t start = lexer->at;
    size_t open = 0;
    do {
        if (lexer_peek(lexer, 0) == 0) {
            (void)wit_fail(lexer->problem, lexer->document, ERROR_MALFORMED, start, "this comment has no end");
            return false;
        }
        const bool starts = lexer_peek(lexer, 0) == '/' && lexer_peek(lexer, 1) == '*';
        const bool ends = lexer_peek(lexer, 0) == '*' && lexer_peek(lexer, 1) == '/';
        open = open + starts - ends;
        lexer->at += starts || ends ? 2 : 1;
    } while (open > 0);
    return true;
}

static void lexer_skip_line(struct lexer *lexer) {
    while (lexer_peek(lexer, 0) != 0 && lexer_peek(lexer, 0) != '\n') {
        lexer->at++;
    }
}

/* Exactly three slashes, or two stars that do not end the comment. */
static bool lexer_at_documentation(const struct lexer *lexer) {
    const uint8_t second = lexer_peek(lexer, 1), third = lexer_peek(lexer, 2), fourth = lexer_peek(lexer, 3);
    return second == '/' ? third == '/' && fourth != '/' : third == '*' && fourth != '/' && fourth != '*';
}

static bool lexer_skip_space(struct lexer *lexer, struct bytes *documentation) {
    *documentation = (struct bytes){0};
    for (;;) {
        while (is_space(lexer_peek(lexer, 0))) {
            lexer->at++;
        }
        const uint8_t second = lexer_peek(lexer, 1);
        if (lexer_peek(lexer, 0) != '/' || (second != '/' && second != '*')) {
            return true;
        }
        const uint8_t *start = lexer_text(lexer).data + lexer->at;
        const bool documents = lexer_at_documentation(lexer);
        if (second == '/') {
            lexer_skip_line(lexer);
        } else if (!lexer_skip_block(lexer)) {
            return false;
        }
        if (documents) {
            documentation->data = documentation->data == NULL ? start : documentation->data;
            documentation->size = (size_t)(lexer_text(lexer).data + lexer->at - documentation->data);
        }
    }
}

/* ---- Documentation ---- */

static struct bytes text_strip(struct bytes text, const char *mark) {
    const struct bytes marked = bytes_from_text(mark);
    if (text.size >= marked.size && bytes_equal((struct bytes){text.data, marked.size}, marked)) {
        text.data += marked.size;
        text.size -= marked.size;
    }
    return text;
}

static struct bytes text_strip_space(struct bytes text) {
    while (text.size > 0 && is_space(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && is_space(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

bool wit_documentation_line(struct bytes documentation, size_t *state, struct bytes *line) {
    static const char *const marks[] = {"///", "/**", "*/", "*"};
    while (*state < documentation.size) {
        const size_t start = *state;
        size_t end = start;
        while (end < documentation.size && documentation.data[end] != '\n') {
            end++;
        }
        *state = end + 1;
        const struct bytes whole = text_strip_space((struct bytes){documentation.data + start, end - start});
        struct bytes text = whole;
        for (size_t i = 0; i < sizeof marks / sizeof *marks && text.data == whole.data; i++) {
            text = text_strip(whole, marks[i]);
        }
        const bool closes = text.size >= 2 && text.data[text.size - 2] == '*' && text.data[text.size - 1] == '/';
        text.size -= closes ? 2 : 0;
        *line = text_strip_space(text);
        /* Ordinary comments between, and lines that only open or close a comment, are no documentation. */
        const bool is_ordinary = whole.size >= 2 && whole.data[0] == '/' && text.data == whole.data;
        const bool is_frame = line->size == 0 && whole.size > 0 && whole.data[0] != '/' && closes;
        if (!is_ordinary && !is_frame && !(line->size == 0 && bytes_equal(whole, bytes_from_text("/**"))) &&
            !bytes_equal(whole, bytes_from_text("*/"))) {
            return true;
        }
    }
    return false;
}

/* ---- Tokens ---- */

/* Words of small letters and digits, each starting with a letter, joined by '-'. */
static bool lexer_name(struct lexer *lexer, struct token *out) {
    const size_t start = lexer->at;
    bool starts_word = true;
    for (;; lexer->at++) {
        const uint8_t byte = lexer_peek(lexer, 0);
        if (is_large(byte) || byte == '_' || (starts_word && !is_small(byte)) || (!starts_word && byte >= 0x80)) {
            (void)wit_fail(lexer->problem, lexer->document, ERROR_MALFORMED, lexer->at,
                           "names here are words of small letters and digits, each with a letter first, joined by '-'");
            return false;
        }
        if (!is_small(byte) && !is_digit(byte) && byte != '-') {
            break;
        }
        /* "->" is no part of a name. */
        if (byte == '-' && lexer_peek(lexer, 1) == '>') {
            break;
        }
        starts_word = byte == '-';
    }
    out->kind = TOKEN_NAME;
    out->text = (struct bytes){lexer_text(lexer).data + start, lexer->at - start};
    if (out->text.size > WIT_MAX_NAME_BYTES) {
        (void)wit_fail(lexer->problem, lexer->document, ERROR_LIMIT, start, "a name has at most %d bytes", WIT_MAX_NAME_BYTES);
        return false;
    }
    return true;
}

static bool lexer_symbol(struct lexer *lexer, struct token *out) {
    static const char symbols[] = "{}()<>,:;=./@*_-";
    const uint8_t byte = lexer_peek(lexer, 0);
    size_t known = 0;
    while (symbols[known] != 0 && (uint8_t)symbols[known] != byte) {
        known++;
    }
    const bool is_arrow = byte == '-' && lexer_peek(lexer, 1) == '>';
    if (symbols[known] == 0 || (byte == '-' && !is_arrow)) {
        char quote[8];
        const struct bytes view = {lexer_text(lexer).data + lexer->at, 1};
        (void)wit_fail(lexer->problem, lexer->document, ERROR_MALFORMED, lexer->at, "'%s' has no meaning here",
                       report_quote(view, quote, sizeof quote));
        return false;
    }
    out->kind = TOKEN_SYMBOL;
    out->text = (struct bytes){lexer_text(lexer).data + lexer->at, is_arrow ? 2 : 1};
    lexer->at += out->text.size;
    return true;
}

bool lexer_next(struct lexer *lexer, struct token *out) {
    *out = (struct token){0};
    if (!lexer_skip_space(lexer, &out->documentation)) {
        return false;
    }
    out->offset = lexer->at;
    const uint8_t byte = lexer_peek(lexer, 0);
    if (byte == 0) {
        out->kind = TOKEN_END;
        return true;
    }
    if (byte == '%' || is_small(byte) || is_large(byte)) {
        out->is_escaped = byte == '%';
        lexer->at += out->is_escaped;
        return lexer_name(lexer, out);
    }
    if (is_digit(byte)) {
        const size_t start = lexer->at;
        while (is_digit(lexer_peek(lexer, 0))) {
            lexer->at++;
        }
        out->kind = TOKEN_NUMBER;
        out->text = (struct bytes){lexer_text(lexer).data + start, lexer->at - start};
        return true;
    }
    return lexer_symbol(lexer, out);
}
