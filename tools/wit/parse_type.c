/* Types, as they are written, and their definitions. */
#include "tools/wit/parser.h"

/* ---- Types ---- */

static bool parser_element(struct parser *parser, struct wit_type *type, uint32_t *capacity) {
    struct wit_member member = {.offset = parser->token.offset};
    return parser_type(parser, &member.type) && parser_add_member(parser, type, capacity, &member);
}

/* list<T>, option<T> */
static bool parser_one(struct parser *parser, struct wit_type *type) {
    uint32_t capacity = 0;
    if (!parser_expect(parser, "<") || !parser_element(parser, type, &capacity)) {
        return false;
    }
    if (parser_at_symbol(parser, ",")) {
        return parser_fail(parser, ERROR_UNSUPPORTED, parser->token.offset, "a list of a fixed length is not known here: use a record or a tuple");
    }
    return parser_expect(parser, ">");
}

static bool parser_tuple(struct parser *parser, struct wit_type *type) {
    uint32_t capacity = 0;
    if (!parser_expect(parser, "<")) {
        return false;
    }
    do {
        if (!parser_element(parser, type, &capacity)) {
            return false;
        }
    } while (parser_at_symbol(parser, ",") && parser_advance(parser) && !parser_at_symbol(parser, ">"));
    return parser_expect(parser, ">");
}

/* result, result<T>, result<_, E>, result<T, E> */
static bool parser_result(struct parser *parser, struct wit_type *type) {
    struct wit_member value = {.offset = parser->token.offset}, problem = value;
    uint32_t capacity = 0;
    if (parser_at_symbol(parser, "<")) {
        if (!parser_advance(parser)) {
            return false;
        }
        const bool has_value = !parser_at_symbol(parser, "_");
        value.offset = parser->token.offset;
        if (!(has_value ? parser_type(parser, &value.type) : parser_advance(parser))) {
            return false;
        }
        problem.offset = parser->token.offset;
        if (!has_value || parser_at_symbol(parser, ",")) {
            if (!parser_expect(parser, ",") || !parser_type(parser, &problem.type)) {
                return false;
            }
        }
        if (!parser_expect(parser, ">")) {
            return false;
        }
    }
    return parser_add_member(parser, type, &capacity, &value) && parser_add_member(parser, type, &capacity, &problem);
}

static bool parser_handle(struct parser *parser, struct wit_type *type) {
    uint32_t capacity = 0;
    struct wit_member member = {0};
    if (!parser_expect(parser, "<") || !parser_new_type(parser, WIT_NAMED, &member.type)) {
        return false;
    }
    member.offset = parser->token.offset;
    return parser_name(parser, &member.type->name) && parser_add_member(parser, type, &capacity, &member) && parser_expect(parser, ">");
}

static bool parser_type_words(struct parser *parser, enum wit_kind kind, struct wit_type **out) {
    if (!parser_new_type(parser, kind, out) || !parser_advance(parser)) {
        return false;
    }
    switch (kind) {
    case WIT_LIST:
    case WIT_OPTION: return parser_one(parser, *out);
    case WIT_RESULT: return parser_result(parser, *out);
    case WIT_TUPLE: return parser_tuple(parser, *out);
    case WIT_OWN:
    case WIT_BORROW: return parser_handle(parser, *out);
    default: return true;
    }
}

static bool parser_type_unknown(struct parser *parser) {
    static const char *const later[] = {"stream", "future", "error-context", "map"};
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        if (parser_at_word(parser, later[i])) {
            return parser_fail(parser, ERROR_UNSUPPORTED, parser->token.offset, "the type %s is not known here", later[i]);
        }
    }
    return parser_fail_expected(parser, "a type");
}

bool parser_type(struct parser *parser, struct wit_type **out) {
    static const struct {
        const char *word;
        enum wit_kind kind;
    } made[] = {{"list", WIT_LIST}, {"option", WIT_OPTION}, {"result", WIT_RESULT}, {"tuple", WIT_TUPLE}, {"own", WIT_OWN}, {"borrow", WIT_BORROW}};
    if (parser->nesting == WIT_MAX_NESTING) {
        return parser_fail(parser, ERROR_LIMIT, parser->token.offset, "types are written at most %d deep: give one of them a name", WIT_MAX_NESTING);
    }
    parser->nesting++;
    bool done = false, ok = true;
    for (int kind = WIT_BOOL; kind <= WIT_STRING && !done; kind++) {
        if (parser_at_word(parser, wit_kind_text((enum wit_kind)kind))) {
            ok = parser_type_words(parser, (enum wit_kind)kind, out);
            done = true;
        }
    }
    for (size_t i = 0; i < sizeof made / sizeof *made && !done; i++) {
        if (parser_at_word(parser, made[i].word)) {
            ok = parser_type_words(parser, made[i].kind, out);
            done = true;
        }
    }
    if (!done && parser->token.kind == TOKEN_NAME && (parser->token.is_escaped || !wit_is_keyword(parser->token.text))) {
        ok = parser_new_type(parser, WIT_NAMED, out) && parser_name(parser, &(*out)->name);
        done = true;
    }
    parser->nesting--;
    return done ? ok : parser_type_unknown(parser);
}

/* ---- Members with names ---- */

static bool parser_member_is_new(struct parser *parser, const struct wit_type *type, const struct wit_member *member) {
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (bytes_equal(type->members[i].name, member->name)) {
            return parser_fail(parser, ERROR_INVALID, member->offset, "'%.*s' is there twice", (int)member->name.size,
                               (const char *)member->name.data);
        }
    }
    return true;
}

/* One of `name: type`, `name`, `name(type)`: which of them the kind says. */
static bool parser_member(struct parser *parser, struct wit_type *type, uint32_t *capacity) {
    struct wit_member member = {.documentation = parser->token.documentation, .offset = parser->token.offset};
    if (!parser_name(parser, &member.name) || !parser_member_is_new(parser, type, &member)) {
        return false;
    }
    if (type->kind == WIT_RECORD && !(parser_expect(parser, ":") && parser_type(parser, &member.type))) {
        return false;
    }
    if (type->kind == WIT_VARIANT && parser_at_symbol(parser, "(")) {
        if (!parser_advance(parser) || !parser_type(parser, &member.type) || !parser_expect(parser, ")")) {
            return false;
        }
    }
    return parser_add_member(parser, type, capacity, &member);
}

/* Members with commas between and perhaps behind them, up to a symbol. */
static bool parser_members(struct parser *parser, struct wit_type *type, const char *end) {
    uint32_t capacity = 0;
    while (!parser_at_symbol(parser, end)) {
        if (!parser_member(parser, type, &capacity)) {
            return false;
        }
        if (!parser_at_symbol(parser, ",")) {
            break;
        }
        if (!parser_advance(parser)) {
            return false;
        }
    }
    return parser_expect(parser, end);
}

bool parser_parameters(struct parser *parser, struct wit_type **out) {
    const size_t offset = parser->token.offset;
    if (!parser_new_type(parser, WIT_RECORD, out) || !parser_expect(parser, "(") || !parser_members(parser, *out, ")")) {
        return false;
    }
    if ((*out)->member_count > WIT_MAX_PARAMETERS) {
        return parser_fail(parser, ERROR_LIMIT, offset, "a function has at most %d parameters: use a record", WIT_MAX_PARAMETERS);
    }
    return true;
}

/* ---- Definitions ---- */

static bool parser_alias(struct parser *parser, struct wit_type *type) {
    uint32_t capacity = 0;
    return parser_expect(parser, "=") && parser_element(parser, type, &capacity) && parser_expect(parser, ";");
}

static bool parser_braces(struct parser *parser, struct wit_type *type) {
    if (!parser_expect(parser, "{") || !parser_members(parser, type, "}")) {
        return false;
    }
    if (type->member_count == 0) {
        return parser_fail(parser, ERROR_INVALID, type->offset, "a type without anything in it has no values");
    }
    if (type->kind == WIT_FLAGS && type->member_count > WIT_MAX_FLAGS) {
        return parser_fail(parser, ERROR_LIMIT, type->offset, "there are at most %d flags in a type", WIT_MAX_FLAGS);
    }
    return true;
}

bool parser_definition(struct parser *parser, enum wit_kind kind, struct wit_type **out) {
    const struct bytes documentation = parser->token.documentation;
    if (!parser_advance(parser) || !parser_new_type(parser, kind, out)) {
        return false;
    }
    (*out)->documentation = documentation;
    if (!parser_name(parser, &(*out)->name)) {
        return false;
    }
    if (kind == WIT_RESOURCE) {
        return true;
    }
    return kind == WIT_ALIAS ? parser_alias(parser, *out) : parser_braces(parser, *out);
}
