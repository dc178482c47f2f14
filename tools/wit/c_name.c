/* Names in C: see c_name.h. */
#include "tools/wit/c_name.h"
#include "base/format.h"
#include "tools/wit/lexer.h"

#include <stdarg.h>

/* Words of C17 and C++20, and macros that common headers define. */
static const char *const reserved[] = {
    "alignas",    "alignof",      "and",           "and_eq",       "asm",
    "auto",       "bitand",       "bitor",         "bool",         "break",
    "case",       "catch",        "char",          "char16_t",     "char32_t",
    "char8_t",    "class",        "compl",         "concept",      "const",
    "const_cast", "consteval",    "constexpr",     "constinit",    "continue",
    "co_await",   "co_return",    "co_yield",      "decltype",     "default",
    "delete",     "do",           "double",        "dynamic_cast", "else",
    "enum",       "errno",        "explicit",      "export",       "extern",
    "false",      "float",        "for",           "friend",       "goto",
    "if",         "inline",       "int",           "linux",        "long",
    "mutable",    "namespace",    "new",           "noexcept",     "not",
    "not_eq",     "nullptr",      "operator",      "or",           "or_eq",
    "private",    "protected",    "public",        "register",     "reinterpret_cast",
    "requires",   "restrict",     "return",        "short",        "signed",
    "sizeof",     "static",       "static_assert", "static_cast",  "stderr",
    "stdin",      "stdout",       "struct",        "switch",       "template",
    "this",       "thread_local", "throw",         "true",         "try",
    "typedef",    "typeid",       "typename",      "typeof",       "union",
    "unix",       "unsigned",     "using",         "virtual",      "void",
    "volatile",   "wchar_t",      "while",         "xor",          "xor_eq",
};

/* What a client's function is given beside the parameters, and what it calls its own. */
static const char *const client_words[] = {"os", "grant", "flags", "memory", "result", "arguments", "room", "message", "answer", "error", "content"};

static bool words_have(const char *const *words, size_t count, const char *word) {
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(bytes_from_text(words[i]), bytes_from_text(word))) {
            return true;
        }
    }
    return false;
}

/* ---- The generator ---- */

enum error generator_init(struct generator *generator, struct wit_interface *interface, struct wit_problem *problem, struct wit_output *output) {
    *generator = (struct generator){.interface = interface, .problem = problem, .output = output};
    map_init(&generator->names, interface->wit->budget, 0);
    generator->lower = c_lower(generator, interface->name);
    generator->upper = c_upper(generator, interface->name);
    return generator->error;
}

enum error generator_end(struct generator *generator) {
    map_end(&generator->names);
    return generator->error;
}

static void generator_keep(struct generator *generator, enum error error) {
    generator->error = generator->error == ERROR_NONE ? error : generator->error;
}

const char *generator_text(struct generator *generator, const char *pattern, ...) {
    char name[C_NAME_SIZE];
    va_list arguments;
    va_start(arguments, pattern);
    const size_t size = format_list(name, sizeof name, pattern, arguments);
    va_end(arguments);
    if (size >= sizeof name) {
        generator_keep(generator, report_fail(generator->problem == NULL ? NULL : &generator->problem->report, ERROR_LIMIT, REPORT_NO_OFFSET,
                                              "a name in C would be longer than %d: give a name to what is made of many types", C_NAME_SIZE - 1));
        return "";
    }
    char *text = arena_allocate(&generator->interface->wit->arena, size + 1);
    if (text == NULL) {
        generator_keep(generator, wit_fail_memory(generator->problem));
        return "";
    }
    memcpy(text, name, size + 1);
    return text;
}

bool generator_define(struct generator *generator, const char *name, const char *what, size_t offset) {
    if (generator->error != ERROR_NONE) {
        return false;
    }
    const uint64_t *found = map_find(&generator->names, bytes_from_text(name));
    if (found == NULL) {
        enum error error = map_put(&generator->names, bytes_from_text(name), (uint64_t)(uintptr_t)what);
        if (error != ERROR_NONE) {
            generator_keep(generator, wit_fail_memory(generator->problem));
        }
        return error == ERROR_NONE;
    }
    if (!bytes_equal(bytes_from_text((const char *)(uintptr_t)*found), bytes_from_text(what))) {
        generator_keep(generator, wit_fail(generator->problem, generator->interface->document, ERROR_INVALID, offset,
                                           "two things would be called %s in C: give one of them another name", name));
    }
    return false;
}

/* ---- Names ---- */

const char *c_lower(struct generator *generator, struct bytes name) {
    char text[WIT_MAX_NAME_BYTES + 1];
    for (size_t i = 0; i < name.size; i++) {
        text[i] = name.data[i] == '-' ? '_' : (char)name.data[i];
    }
    text[name.size] = 0;
    return generator_text(generator, "%s", text);
}

const char *c_upper(struct generator *generator, struct bytes name) {
    char text[WIT_MAX_NAME_BYTES + 1];
    for (size_t i = 0; i < name.size; i++) {
        const char byte = (char)name.data[i];
        text[i] = byte == '-' ? '_' : byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
    }
    text[name.size] = 0;
    return generator_text(generator, "%s", text);
}

const char *c_field(struct generator *generator, struct bytes name) {
    const char *lower = c_lower(generator, name);
    return words_have(reserved, sizeof reserved / sizeof *reserved, lower) ? generator_text(generator, "%s_", lower) : lower;
}

const char *c_parameter(struct generator *generator, struct bytes name) {
    const char *field = c_field(generator, name);
    return words_have(client_words, sizeof client_words / sizeof *client_words, field) ? generator_text(generator, "%s_", field) : field;
}

/* ---- Types ---- */

static bool is_bytes(const struct wit_type *type) {
    return type->kind == WIT_LIST && wit_type_resolve(type->members[0].type)->kind == WIT_U8;
}

bool c_is_shared_list(const struct wit_type *type) {
    if (type->kind != WIT_LIST) {
        return false;
    }
    const struct wit_type *element = wit_type_resolve(type->members[0].type);
    return wit_kind_is_scalar(element->kind) || element->kind == WIT_STRING || is_bytes(element);
}

const struct wit_type *c_base(const struct wit_type *type) {
    for (;;) {
        if (type->kind == WIT_NAMED || type->kind == WIT_USED) {
            type = type->target;
            continue;
        }
        if (type->kind != WIT_ALIAS) {
            return type;
        }
        const struct wit_type *part = type->members[0].type;
        const bool has_none = part->kind == WIT_OPTION || part->kind == WIT_RESULT || part->kind == WIT_TUPLE || part->kind == WIT_LIST;
        if (has_none && !c_is_shared_list(part)) {
            return type;
        }
        type = part;
    }
}

const struct wit_type *c_shape(const struct wit_type *type) {
    const struct wit_type *base = c_base(type);
    return base->kind == WIT_ALIAS ? base->members[0].type : base;
}

bool c_is_struct(const struct wit_type *type) {
    switch (c_shape(type)->kind) {
    case WIT_RECORD:
    case WIT_VARIANT:
    case WIT_TUPLE:
    case WIT_OPTION:
    case WIT_RESULT: return true;
    default: return false;
    }
}

static const char *c_short(struct generator *generator, const struct wit_type *type);

static const char *c_short_tuple(struct generator *generator, const struct wit_type *type) {
    const char *name = c_short(generator, type->members[0].type);
    for (uint32_t i = 1; i < type->member_count; i++) {
        name = generator_text(generator, "%s_and_%s", name, c_short(generator, type->members[i].type));
    }
    return name;
}

/* What a type is called inside of the name of one that is made of it. As deep as types are written in each other. */
static const char *c_short(struct generator *generator, const struct wit_type *type) {
    if (type == NULL) {
        return "nothing";
    }
    const struct wit_type *base = c_base(type);
    switch (base->kind) {
    case WIT_STRING: return "text";
    case WIT_LIST: return is_bytes(base) ? "bytes" : generator_text(generator, "%s_list", c_short(generator, base->members[0].type));
    case WIT_OPTION: return generator_text(generator, "%s_option", c_short(generator, base->members[0].type));
    case WIT_RESULT:
        return generator_text(generator, "%s_or_%s", c_short(generator, base->members[0].type), c_short(generator, base->members[1].type));
    case WIT_TUPLE: return c_short_tuple(generator, base);
    case WIT_OWN:
    case WIT_BORROW: return c_lower(generator, c_base(base->members[0].type)->name);
    default: return wit_kind_is_scalar(base->kind) ? wit_kind_text(base->kind) : c_lower(generator, base->name);
    }
}

const char *c_functions(struct generator *generator, const struct wit_type *type) {
    const struct wit_type *base = c_base(type);
    if (base->kind == WIT_OWN || base->kind == WIT_BORROW) {
        return "wire_grant";
    }
    if (wit_kind_is_scalar(base->kind) || base->kind == WIT_STRING || c_is_shared_list(base)) {
        return generator_text(generator, "wire_%s", c_short(generator, base));
    }
    const bool is_defined = base->name.size != 0;
    const char *home = is_defined ? c_lower(generator, base->home->name) : generator->lower;
    return generator_text(generator, "%s_%s", home, c_short(generator, base));
}

const char *c_type(struct generator *generator, const struct wit_type *type) {
    static const char *const scalars[] = {
        [WIT_BOOL] = "bool",    [WIT_S8] = "int8_t",   [WIT_U8] = "uint8_t",   [WIT_S16] = "int16_t", [WIT_U16] = "uint16_t", [WIT_S32] = "int32_t",
        [WIT_U32] = "uint32_t", [WIT_S64] = "int64_t", [WIT_U64] = "uint64_t", [WIT_F32] = "float",   [WIT_F64] = "double",   [WIT_CHAR] = "uint32_t",
    };
    const struct wit_type *base = c_base(type);
    if (wit_kind_is_scalar(base->kind)) {
        return scalars[base->kind];
    }
    if (base->kind == WIT_FLAGS) {
        return wit_case_bytes(base) == 1 ? "uint8_t" : wit_case_bytes(base) == 2 ? "uint16_t" : "uint32_t";
    }
    return generator_text(generator, "%s %s", base->kind == WIT_ENUM ? "enum" : "struct", c_functions(generator, base));
}

/* ---- Functions ---- */

const char *c_operation_field(struct generator *generator, const struct wit_function *function) {
    if (function->resource == NULL) {
        return c_field(generator, function->name);
    }
    return generator_text(generator, "%s_%s", c_lower(generator, function->resource->name), c_lower(generator, function->name));
}

const char *c_operation(struct generator *generator, const struct wit_function *function) {
    const char *name = c_lower(generator, function->name);
    if (function->resource == NULL) {
        return generator_text(generator, "%s_%s", generator->lower, name);
    }
    return generator_text(generator, "%s_%s_%s", generator->lower, c_lower(generator, function->resource->name), name);
}

const char *c_operation_number(struct generator *generator, const struct wit_function *function) {
    const char *name = c_upper(generator, function->name);
    if (function->resource == NULL) {
        return generator_text(generator, "%s_OPERATION_%s", generator->upper, name);
    }
    return generator_text(generator, "%s_OPERATION_%s_%s", generator->upper, c_upper(generator, function->resource->name), name);
}

/* ---- Comments ---- */

void c_comment(struct wit_output *output, struct bytes documentation, const char *indent) {
    size_t state = 0;
    struct bytes line;
    bool is_open = false;
    while (wit_documentation_line(documentation, &state, &line)) {
        wit_put(output, "%s%s%s", is_open ? "\n" : "", indent, is_open ? "   " : "/* ");
        is_open = true;
        /* No comment starts or ends inside of it. */
        for (size_t i = 0; i < line.size; i++) {
            const uint8_t last = i > 0 ? line.data[i - 1] : 0;
            const bool is_mark = (line.data[i] == '/' && last == '*') || (line.data[i] == '*' && last == '/');
            wit_put(output, is_mark ? " %c" : "%c", line.data[i]);
        }
    }
    wit_put(output, is_open ? " */\n" : "");
}
