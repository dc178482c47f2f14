/* A text becomes a document: packages, interfaces, uses, functions. What may stand where follows the Component Model's WIT.md; what of it is
   not for us is refused by its name. */
#include "base/format.h"
#include "tools/wit/parser.h"

#include <stdarg.h>

/* ---- The parser's own ---- */

bool parser_fail(struct parser *parser, enum error error, size_t offset, const char *pattern, ...) {
    char text[REPORT_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, pattern);
    (void)format_list(text, sizeof text, pattern, arguments);
    va_end(arguments);
    parser->error = parser->error != ERROR_NONE ? parser->error : error;
    (void)wit_fail(parser->problem, parser->document, error, offset, "%s", text);
    return false;
}

bool parser_fail_memory(struct parser *parser) {
    parser->error = wit_fail_memory(parser->problem);
    return false;
}

bool parser_fail_expected(struct parser *parser, const char *what) {
    char quote[80];
    const struct token *token = &parser->token;
    if (token->kind == TOKEN_END) {
        return parser_fail(parser, ERROR_MALFORMED, token->offset, "expected %s, but the text ends", what);
    }
    return parser_fail(parser, ERROR_MALFORMED, token->offset, "expected %s, not '%s'", what, report_quote(token->text, quote, sizeof quote));
}

bool parser_advance(struct parser *parser) {
    if (lexer_next(&parser->lexer, &parser->token)) {
        return true;
    }
    parser->error = parser->problem->report.error;
    return false;
}

bool parser_at_symbol(const struct parser *parser, const char *symbol) {
    return parser->token.kind == TOKEN_SYMBOL && bytes_equal(parser->token.text, bytes_from_text(symbol));
}

bool parser_at_word(const struct parser *parser, const char *word) {
    return parser->token.kind == TOKEN_NAME && !parser->token.is_escaped && bytes_equal(parser->token.text, bytes_from_text(word));
}

bool parser_expect(struct parser *parser, const char *symbol) {
    char what[8];
    if (parser_at_symbol(parser, symbol)) {
        return parser_advance(parser);
    }
    (void)format(what, sizeof what, "'%s'", symbol);
    return parser_fail_expected(parser, what);
}

bool parser_name(struct parser *parser, struct bytes *out) {
    const struct token token = parser->token;
    if (token.kind != TOKEN_NAME) {
        return parser_fail_expected(parser, "a name");
    }
    if (!token.is_escaped && wit_is_keyword(token.text)) {
        return parser_fail(parser, ERROR_MALFORMED, token.offset, "'%.*s' is a word of WIT: as a name it is written %%%.*s", (int)token.text.size,
                           (const char *)token.text.data, (int)token.text.size, (const char *)token.text.data);
    }
    *out = token.text;
    return parser_advance(parser);
}

bool parser_new_type(struct parser *parser, enum wit_kind kind, struct wit_type **out) {
    struct wit_type *type = arena_allocate_zeroed(&parser->wit->arena, 1, sizeof *type);
    *out = type;
    if (type == NULL) {
        return parser_fail_memory(parser);
    }
    if (parser->interface->type_count++ == WIT_MAX_TYPES) {
        return parser_fail(parser, ERROR_LIMIT, parser->token.offset, "there are at most %d types in an interface", WIT_MAX_TYPES);
    }
    type->kind = kind;
    type->home = parser->interface;
    type->offset = parser->token.offset;
    return true;
}

bool parser_add_member(struct parser *parser, struct wit_type *type, uint32_t *capacity, const struct wit_member *member) {
    if (type->member_count == WIT_MAX_MEMBERS) {
        return parser_fail(parser, ERROR_LIMIT, member->offset, "there are at most %d of them", WIT_MAX_MEMBERS);
    }
    type->members = wit_grow(parser->wit, type->members, type->member_count, capacity, sizeof *member);
    if (type->members == NULL) {
        return parser_fail_memory(parser);
    }
    type->members[type->member_count++] = *member;
    return true;
}

/* ---- What stands in an interface ---- */

static bool parser_add_item(struct parser *parser, struct wit_item item) {
    struct wit_interface *interface = parser->interface;
    interface->items = wit_grow(parser->wit, interface->items, interface->item_count, &interface->item_capacity, sizeof item);
    if (interface->items == NULL) {
        return parser_fail_memory(parser);
    }
    interface->items[interface->item_count++] = item;
    return true;
}

/* A name of the interface's: types and functions share them. */
static bool parser_declare(struct parser *parser, struct bytes name, struct wit_type *type, size_t offset) {
    enum error error = map_put(&parser->interface->names, name, (uint64_t)(uintptr_t)type);
    if (error == ERROR_NO_MEMORY) {
        return parser_fail_memory(parser);
    }
    return error == ERROR_NONE ||
           parser_fail(parser, ERROR_INVALID, offset, "'%.*s' is there twice in this interface", (int)name.size, (const char *)name.data);
}

/* From the colon of the package, or from a name, to the parts of ns:name/interface. */
static bool parser_package_name(struct parser *parser, struct bytes *out) {
    struct bytes space, name;
    const size_t offset = parser->token.offset;
    if (!parser_name(parser, &space) || !parser_expect(parser, ":") || !parser_name(parser, &name)) {
        return false;
    }
    /* Views need the two names side by side in the text. */
    *out = (struct bytes){space.data, (size_t)(name.data + name.size - space.data)};
    if (out->size != space.size + 1 + name.size) {
        return parser_fail(parser, ERROR_MALFORMED, offset, "the name of a package is written without spaces and without '%%'");
    }
    if (parser_at_symbol(parser, "@")) {
        return parser_fail(parser, ERROR_UNSUPPORTED, parser->token.offset, "there are no versions: an interface is named by its hash");
    }
    return true;
}

/* The interface that a use names: `name`, or `space:package/name`. */
static bool parser_use_path(struct parser *parser, struct wit_use *use) {
    const struct parser before = *parser;
    if (!parser_name(parser, &use->name)) {
        return false;
    }
    if (!parser_at_symbol(parser, ":")) {
        return true;
    }
    *parser = before;
    return parser_package_name(parser, &use->package) && parser_expect(parser, "/") && parser_name(parser, &use->name);
}

static bool parser_used_name(struct parser *parser, struct wit_use *use, uint32_t *capacity) {
    struct wit_type *type;
    if (!parser_new_type(parser, WIT_USED, &type) || !parser_name(parser, &type->foreign_name)) {
        return false;
    }
    type->name = type->foreign_name;
    if (parser_at_word(parser, "as") && !(parser_advance(parser) && parser_name(parser, &type->name))) {
        return false;
    }
    if (use->type_count == WIT_MAX_MEMBERS) {
        return parser_fail(parser, ERROR_LIMIT, type->offset, "there are at most %d of them", WIT_MAX_MEMBERS);
    }
    use->types = wit_grow(parser->wit, use->types, use->type_count, capacity, sizeof *use->types);
    if (use->types == NULL) {
        return parser_fail_memory(parser);
    }
    use->types[use->type_count++] = type;
    return parser_declare(parser, type->name, type, type->offset);
}

static bool parser_use(struct parser *parser) {
    struct wit_use *use = arena_allocate_zeroed(&parser->wit->arena, 1, sizeof *use);
    uint32_t capacity = 0;
    if (use == NULL) {
        return parser_fail_memory(parser);
    }
    use->offset = parser->token.offset;
    if (!parser_advance(parser) || !parser_use_path(parser, use) || !parser_expect(parser, ".") || !parser_expect(parser, "{")) {
        return false;
    }
    do {
        if (!parser_used_name(parser, use, &capacity)) {
            return false;
        }
    } while (parser_at_symbol(parser, ",") && parser_advance(parser) && !parser_at_symbol(parser, "}"));
    return parser_expect(parser, "}") && parser_expect(parser, ";") && parser_add_item(parser, (struct wit_item){.use = use});
}

/* ---- Functions ---- */

static bool parser_new_function(struct parser *parser, struct wit_type *resource, struct wit_function **out) {
    struct wit_interface *interface = parser->interface;
    struct wit_function *function = arena_allocate_zeroed(&parser->wit->arena, 1, sizeof *function);
    *out = function;
    if (function == NULL) {
        return parser_fail_memory(parser);
    }
    if (interface->function_count == WIT_MAX_FUNCTIONS) {
        return parser_fail(parser, ERROR_LIMIT, parser->token.offset, "there are at most %d functions in an interface", WIT_MAX_FUNCTIONS);
    }
    function->number = ++interface->function_count;
    function->resource = resource;
    function->documentation = parser->token.documentation;
    function->offset = parser->token.offset;
    return true;
}

/* Behind the name and its colon. */
static bool parser_signature(struct parser *parser, struct wit_function *function) {
    function->kind = function->resource == NULL ? WIT_FREE : WIT_METHOD;
    if (function->resource != NULL && parser_at_word(parser, "static")) {
        function->kind = WIT_STATIC;
        if (!parser_advance(parser)) {
            return false;
        }
    }
    if (parser_at_word(parser, "async")) {
        return parser_fail(parser, ERROR_UNSUPPORTED, parser->token.offset, "functions are not marked async: whoever calls decides whether to wait");
    }
    if (!parser_at_word(parser, "func")) {
        return parser_fail_expected(parser, "'func'");
    }
    if (!parser_advance(parser) || !parser_parameters(parser, &function->arguments)) {
        return false;
    }
    if (parser_at_symbol(parser, "->")) {
        if (!parser_advance(parser)) {
            return false;
        }
        if (parser_at_symbol(parser, "(")) {
            return parser_fail(parser, ERROR_UNSUPPORTED, parser->token.offset, "a function has one result: use a record or a tuple");
        }
        if (!parser_type(parser, &function->result)) {
            return false;
        }
    }
    return parser_expect(parser, ";");
}

static bool parser_constructor(struct parser *parser, struct wit_function *function) {
    struct wit_member owned = {.offset = parser->token.offset};
    uint32_t capacity = 0;
    function->kind = WIT_CONSTRUCTOR;
    function->name = parser->token.text;
    if (!parser_advance(parser) || !parser_parameters(parser, &function->arguments)) {
        return false;
    }
    if (parser_at_symbol(parser, "->")) {
        return parser_fail(parser, ERROR_UNSUPPORTED, parser->token.offset, "a constructor cannot fail: use a static function");
    }
    if (!parser_new_type(parser, WIT_OWN, &function->result) || !parser_new_type(parser, WIT_NAMED, &owned.type)) {
        return false;
    }
    owned.type->name = function->resource->name;
    return parser_add_member(parser, function->result, &capacity, &owned) && parser_expect(parser, ";");
}

static bool parser_function(struct parser *parser, struct wit_type *resource) {
    struct wit_function *function;
    if (!parser_new_function(parser, resource, &function)) {
        return false;
    }
    if (resource != NULL && parser_at_word(parser, "constructor")) {
        return parser_constructor(parser, function) && parser_add_item(parser, (struct wit_item){.function = function});
    }
    if (!parser_name(parser, &function->name) || !parser_expect(parser, ":") || !parser_signature(parser, function)) {
        return false;
    }
    if (resource == NULL && !parser_declare(parser, function->name, NULL, function->offset)) {
        return false;
    }
    return parser_add_item(parser, (struct wit_item){.function = function});
}

/* The functions of a resource have names of their own. */
static bool parser_resource_is_sound(struct parser *parser, uint32_t first) {
    const struct wit_interface *interface = parser->interface;
    for (uint32_t i = first; i < interface->item_count; i++) {
        for (uint32_t j = first; j < i; j++) {
            const struct wit_function *function = interface->items[i].function;
            if (bytes_equal(function->name, interface->items[j].function->name)) {
                return parser_fail(parser, ERROR_INVALID, function->offset, "'%.*s' is there twice in this resource", (int)function->name.size,
                                   (const char *)function->name.data);
            }
        }
    }
    return true;
}

static bool parser_resource_body(struct parser *parser, struct wit_type *resource) {
    if (parser_at_symbol(parser, ";")) {
        return parser_advance(parser);
    }
    if (!parser_expect(parser, "{")) {
        return false;
    }
    const uint32_t first = parser->interface->item_count;
    while (!parser_at_symbol(parser, "}")) {
        if (!parser_function(parser, resource)) {
            return false;
        }
    }
    return parser_resource_is_sound(parser, first) && parser_advance(parser);
}

static bool parser_type_item(struct parser *parser, enum wit_kind kind) {
    struct wit_type *type;
    struct wit_interface *interface = parser->interface;
    if (!parser_definition(parser, kind, &type) || !parser_declare(parser, type->name, type, type->offset) ||
        !parser_add_item(parser, (struct wit_item){.type = type})) {
        return false;
    }
    if (kind != WIT_RESOURCE) {
        return true;
    }
    if (interface->resource_count == WIT_MAX_RESOURCES) {
        return parser_fail(parser, ERROR_LIMIT, type->offset, "there are at most %d resources in an interface", WIT_MAX_RESOURCES);
    }
    type->resource = ++interface->resource_count;
    return parser_resource_body(parser, type);
}

static bool parser_item(struct parser *parser) {
    static const struct {
        const char *word;
        enum wit_kind kind;
    } definitions[] = {{"type", WIT_ALIAS}, {"record", WIT_RECORD}, {"variant", WIT_VARIANT},
                       {"enum", WIT_ENUM},  {"flags", WIT_FLAGS},   {"resource", WIT_RESOURCE}};
    for (size_t i = 0; i < sizeof definitions / sizeof *definitions; i++) {
        if (parser_at_word(parser, definitions[i].word)) {
            return parser_type_item(parser, definitions[i].kind);
        }
    }
    if (parser_at_word(parser, "use")) {
        return parser_use(parser);
    }
    return parser_function(parser, NULL);
}

/* ---- Interfaces and packages ---- */

static bool parser_new_interface(struct parser *parser, struct bytes package) {
    struct wit_document *document = parser->document;
    if (parser->wit->interface_count++ == WIT_MAX_INTERFACES) {
        return parser_fail(parser, ERROR_LIMIT, parser->token.offset, "there are at most %d interfaces", WIT_MAX_INTERFACES);
    }
    document->interfaces =
        wit_grow(parser->wit, document->interfaces, document->interface_count, &document->interface_capacity, sizeof *document->interfaces);
    struct wit_interface *interface = document->interfaces == NULL ? NULL : arena_allocate_zeroed(&parser->wit->arena, 1, sizeof *interface);
    if (interface == NULL) {
        return parser_fail_memory(parser);
    }
    map_init(&interface->names, parser->wit->budget, 0);
    document->interfaces[document->interface_count++] = interface;
    interface->wit = parser->wit;
    interface->document = document;
    interface->package = package;
    parser->interface = interface;
    return true;
}

static bool parser_interface_is_new(struct parser *parser) {
    const struct wit_document *document = parser->document;
    const struct wit_interface *interface = parser->interface;
    for (uint32_t i = 0; i + 1 < document->interface_count; i++) {
        if (bytes_equal(document->interfaces[i]->name, interface->name) && bytes_equal(document->interfaces[i]->package, interface->package)) {
            return parser_fail(parser, ERROR_INVALID, interface->offset, "the interface '%.*s' is there twice", (int)interface->name.size,
                               (const char *)interface->name.data);
        }
    }
    return true;
}

static bool parser_interface(struct parser *parser, struct bytes package) {
    const struct bytes documentation = parser->token.documentation;
    if (package.size == 0) {
        return parser_fail(parser, ERROR_MALFORMED, parser->token.offset,
                           "an interface belongs to a package: the text starts with package SPACE:NAME;");
    }
    if (!parser_advance(parser) || !parser_new_interface(parser, package)) {
        return false;
    }
    parser->interface->documentation = documentation;
    parser->interface->offset = parser->token.offset;
    if (!parser_name(parser, &parser->interface->name) || !parser_interface_is_new(parser) || !parser_expect(parser, "{")) {
        return false;
    }
    while (!parser_at_symbol(parser, "}")) {
        if (!parser_item(parser)) {
            return false;
        }
    }
    parser->interface = NULL;
    return parser_advance(parser);
}

/* `package a:b;` for the text, which comes first, or `package a:b { ... }`. */
static bool parser_package(struct parser *parser, bool is_first) {
    struct bytes name;
    const size_t offset = parser->token.offset;
    if (!parser_advance(parser) || !parser_package_name(parser, &name)) {
        return false;
    }
    if (parser_at_symbol(parser, ";")) {
        if (!is_first) {
            return parser_fail(parser, ERROR_MALFORMED, offset, "the package of a text is named once, at its start");
        }
        parser->document->package = name;
        return parser_advance(parser);
    }
    if (!parser_expect(parser, "{")) {
        return false;
    }
    while (!parser_at_symbol(parser, "}")) {
        if (!parser_at_word(parser, "interface")) {
            return parser_fail_expected(parser, "'interface'");
        }
        if (!parser_interface(parser, name)) {
            return false;
        }
    }
    return parser_advance(parser);
}

static bool parser_top(struct parser *parser, bool is_first) {
    if (parser_at_word(parser, "package")) {
        return parser_package(parser, is_first);
    }
    if (parser_at_word(parser, "interface")) {
        return parser_interface(parser, parser->document->package);
    }
    if (parser_at_word(parser, "world")) {
        return parser_fail(parser, ERROR_UNSUPPORTED, parser->token.offset,
                           "worlds are not known here: what an app gets is decided by who starts it");
    }
    if (parser_at_word(parser, "use")) {
        return parser_fail(parser, ERROR_UNSUPPORTED, parser->token.offset, "use belongs inside of an interface");
    }
    return parser_fail_expected(parser, "'package' or 'interface'");
}

enum error wit_parse(struct wit *wit, struct wit_document *document, struct wit_problem *problem) {
    struct parser parser = {.wit = wit, .document = document, .problem = problem};
    lexer_init(&parser.lexer, document, problem);
    if (!parser_advance(&parser)) {
        return parser.error;
    }
    for (bool is_first = true; parser.token.kind != TOKEN_END; is_first = false) {
        if (!parser_top(&parser, is_first)) {
            return parser.error;
        }
    }
    return ERROR_NONE;
}
