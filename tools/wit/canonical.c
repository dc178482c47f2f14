/* The text that is hashed. Of an interface that is used it holds the types that are needed; or all of it when one of them is a resource, since that
   is nothing without its functions, and these have their numbers. The text is WIT, and its own canonical text. */
#include "tools/wit/canonical.h"
#include "tools/wit/lexer.h"

/* ---- Which definitions are needed: those of one printing carry its mark ---- */

static void need_type(struct wit_type *type, uint32_t mark);

static void need_members(struct wit_type *type, uint32_t mark) {
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (type->members[i].type != NULL) {
            need_type(type->members[i].type, mark);
        }
    }
}

static void need_item(const struct wit_item *item, uint32_t mark) {
    if (item->type != NULL) {
        need_type(item->type, mark);
    } else if (item->function != NULL) {
        need_type(item->function->arguments, mark);
        if (item->function->result != NULL) {
            need_type(item->function->result, mark);
        }
    }
    for (uint32_t i = 0; item->use != NULL && i < item->use->type_count; i++) {
        need_type(item->use->types[i], mark);
    }
}

static void need_interface(struct wit_interface *interface, uint32_t mark) {
    if (interface->mark == mark && interface->is_whole) {
        return;
    }
    interface->mark = mark;
    interface->is_whole = true;
    for (uint32_t i = 0; i < interface->item_count; i++) {
        need_item(&interface->items[i], mark);
    }
}

/* As deep as types are made of each other, and interfaces used by each other: both are limited. */
static void need_type(struct wit_type *type, uint32_t mark) {
    if (type->mark == mark) {
        return;
    }
    type->mark = mark;
    if (type->home->mark != mark) {
        type->home->mark = mark;
        type->home->is_whole = false;
    }
    if (type->kind == WIT_RESOURCE) {
        need_interface(type->home, mark);
    } else if (type->kind == WIT_NAMED || type->kind == WIT_USED) {
        need_type(type->target, mark);
    } else {
        need_members(type, mark);
    }
}

/* ---- Types ---- */

void canonical_name(struct wit_output *output, struct bytes name) {
    wit_put(output, "%s%.*s", wit_is_keyword(name) ? "%" : "", WIT_NAME(name));
}

static void put_parts(struct wit_output *output, const char *word, const struct wit_type *type) {
    wit_put(output, "%s<", word);
    for (uint32_t i = 0; i < type->member_count; i++) {
        wit_put(output, i == 0 ? "" : ", ");
        canonical_type(output, type->members[i].type);
    }
    wit_put(output, ">");
}

static void put_result(struct wit_output *output, const struct wit_type *type) {
    const struct wit_type *value = type->members[0].type, *problem = type->members[1].type;
    wit_put(output, value == NULL && problem == NULL ? "result" : "result<");
    if (value != NULL) {
        canonical_type(output, value);
    } else if (problem != NULL) {
        wit_put(output, "_");
    }
    if (problem != NULL) {
        wit_put(output, ", ");
        canonical_type(output, problem);
    }
    wit_put(output, value == NULL && problem == NULL ? "" : ">");
}

/* As deep as types are written in each other. */
void canonical_type(struct wit_output *output, const struct wit_type *type) {
    switch (type->kind) {
    case WIT_LIST: put_parts(output, "list", type); break;
    case WIT_OPTION: put_parts(output, "option", type); break;
    case WIT_TUPLE: put_parts(output, "tuple", type); break;
    case WIT_OWN: put_parts(output, "own", type); break;
    case WIT_BORROW: put_parts(output, "borrow", type); break;
    case WIT_RESULT: put_result(output, type); break;
    case WIT_NAMED: canonical_name(output, type->name); break;
    default: wit_put(output, "%s", wit_kind_text(type->kind)); break;
    }
}

/* ---- Definitions and functions ---- */

static void put_members(struct wit_output *output, const struct wit_type *type, const char *indent) {
    wit_put(output, " {\n");
    for (uint32_t i = 0; i < type->member_count; i++) {
        const struct wit_member *member = &type->members[i];
        wit_put(output, "%s    ", indent);
        canonical_name(output, member->name);
        if (member->type != NULL) {
            wit_put(output, type->kind == WIT_VARIANT ? "(" : ": ");
            canonical_type(output, member->type);
            wit_put(output, type->kind == WIT_VARIANT ? ")" : "");
        }
        wit_put(output, ",\n");
    }
    wit_put(output, "%s}\n", indent);
}

void canonical_definition(struct wit_output *output, const struct wit_type *type, const char *indent) {
    static const char *const words[] = {
        [WIT_ALIAS] = "type", [WIT_RECORD] = "record", [WIT_VARIANT] = "variant",
        [WIT_ENUM] = "enum",  [WIT_FLAGS] = "flags",   [WIT_RESOURCE] = "resource",
    };
    wit_put(output, "%s%s ", indent, words[type->kind]);
    canonical_name(output, type->name);
    if (type->kind == WIT_ALIAS) {
        wit_put(output, " = ");
        canonical_type(output, type->members[0].type);
        wit_put(output, ";\n");
    } else if (type->kind == WIT_RESOURCE) {
        wit_put(output, ";\n");
    } else {
        put_members(output, type, indent);
    }
}

void canonical_function(struct wit_output *output, const struct wit_function *function) {
    const struct wit_type *arguments = function->arguments;
    if (function->kind == WIT_CONSTRUCTOR) {
        wit_put(output, "constructor(");
    } else {
        canonical_name(output, function->name);
        wit_put(output, function->kind == WIT_STATIC ? ": static func(" : ": func(");
    }
    for (uint32_t i = 0; i < arguments->member_count; i++) {
        wit_put(output, i == 0 ? "" : ", ");
        canonical_name(output, arguments->members[i].name);
        wit_put(output, ": ");
        canonical_type(output, arguments->members[i].type);
    }
    wit_put(output, ")");
    if (function->result != NULL && function->kind != WIT_CONSTRUCTOR) {
        wit_put(output, " -> ");
        canonical_type(output, function->result);
    }
    wit_put(output, ";\n");
}

/* ---- The whole ---- */

static void put_use(struct wit_output *output, const struct wit_interface *interface, const struct wit_use *use, const char *indent) {
    bool is_open = false;
    for (uint32_t i = 0; i < use->type_count; i++) {
        const struct wit_type *type = use->types[i];
        if (type->mark != interface->mark) {
            continue;
        }
        if (!is_open) {
            const bool is_near = bytes_equal(use->target->package, interface->package);
            wit_put(output, "%suse %.*s%s", indent, WIT_NAME(is_near ? (struct bytes){0} : use->target->package), is_near ? "" : "/");
            canonical_name(output, use->target->name);
            wit_put(output, ".{");
        }
        wit_put(output, is_open ? ", " : "");
        is_open = true;
        canonical_name(output, type->foreign_name);
        if (!bytes_equal(type->foreign_name, type->name)) {
            wit_put(output, " as ");
            canonical_name(output, type->name);
        }
    }
    wit_put(output, is_open ? "};\n" : "");
}

/* The functions of a resource follow it in the items, and stand in its braces. Returns the index of the last. */
static uint32_t put_resource(struct wit_output *output, const struct wit_interface *interface, uint32_t index, const char *indent) {
    const struct wit_type *resource = interface->items[index].type;
    uint32_t last = index;
    while (last + 1 < interface->item_count && interface->items[last + 1].function != NULL &&
           interface->items[last + 1].function->resource == resource) {
        last++;
    }
    if (last == index) {
        canonical_definition(output, resource, indent);
        return last;
    }
    wit_put(output, "%sresource ", indent);
    canonical_name(output, resource->name);
    wit_put(output, " {\n");
    for (uint32_t i = index + 1; i <= last; i++) {
        wit_put(output, "%s    ", indent);
        canonical_function(output, interface->items[i].function);
    }
    wit_put(output, "%s}\n", indent);
    return last;
}

static void put_items(struct wit_output *output, const struct wit_interface *interface, const char *indent) {
    for (uint32_t i = 0; i < interface->item_count; i++) {
        const struct wit_item *item = &interface->items[i];
        if (item->use != NULL) {
            put_use(output, interface, item->use, indent);
        } else if (item->type != NULL && item->type->kind == WIT_RESOURCE) {
            if (interface->is_whole) {
                i = put_resource(output, interface, i, indent);
            }
        } else if (item->type != NULL) {
            if (item->type->mark == interface->mark) {
                canonical_definition(output, item->type, indent);
            }
        } else if (interface->is_whole) {
            wit_put(output, "%s", indent);
            canonical_function(output, item->function);
        }
    }
}

static void put_interface(struct wit_output *output, const struct wit_interface *interface, struct bytes package) {
    const bool is_near = bytes_equal(interface->package, package);
    if (!is_near) {
        wit_put(output, "\npackage %.*s {\n    interface ", WIT_NAME(interface->package));
    } else {
        wit_put(output, "\ninterface ");
    }
    canonical_name(output, interface->name);
    wit_put(output, " {\n");
    put_items(output, interface, is_near ? "    " : "        ");
    wit_put(output, is_near ? "}\n" : "    }\n}\n");
}

/* What is used comes first, each once. As deep as there are interfaces. */
static void put_in_order(struct wit_output *output, struct wit_interface *interface, struct bytes package) {
    const uint32_t mark = interface->mark;
    for (uint32_t i = 0; i < interface->item_count; i++) {
        const struct wit_use *use = interface->items[i].use;
        bool is_needed = false;
        for (uint32_t j = 0; use != NULL && j < use->type_count; j++) {
            is_needed = is_needed || use->types[j]->mark == mark;
        }
        if (is_needed && use->target->mark == mark && !use->target->is_printed) {
            put_in_order(output, use->target, package);
        }
    }
    interface->is_printed = true;
    put_interface(output, interface, package);
}

enum error canonical_print(struct wit_interface *interface, struct wit_problem *problem, struct wit_output *output) {
    (void)problem;
    const uint32_t mark = ++interface->wit->mark;
    for (const struct wit_document *document = interface->wit->documents; document != NULL; document = document->next) {
        for (uint32_t i = 0; i < document->interface_count; i++) {
            document->interfaces[i]->is_printed = false;
        }
    }
    need_interface(interface, mark);
    wit_put(output, "package %.*s;\n", WIT_NAME(interface->package));
    put_in_order(output, interface, interface->package);
    return ERROR_NONE;
}
