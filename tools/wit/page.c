/* docs/interfaces/NAME.md: an interface for who writes or reads a program. */
#include "tools/wit/canonical.h"
#include "tools/wit/generate.h"
#include "tools/wit/lexer.h"

static void put_documentation(struct wit_output *output, struct bytes documentation) {
    size_t state = 0;
    struct bytes line;
    bool is_there = false;
    while (wit_documentation_line(documentation, &state, &line)) {
        is_there = true;
        wit_put_bytes(output, line);
        wit_put(output, "\n");
    }
    wit_put(output, is_there ? "\n" : "");
}

/* A definition, with what is said of its members as comments. */
static void put_type(struct wit_output *output, const struct wit_type *type) {
    wit_put(output, "### %.*s\n\n", WIT_NAME(type->name));
    put_documentation(output, type->documentation);
    wit_put(output, "```wit\n");
    canonical_definition(output, type, "");
    wit_put(output, "```\n\n");
    bool is_there = false;
    for (uint32_t i = 0; i < type->member_count; i++) {
        const struct wit_member *member = &type->members[i];
        size_t state = 0;
        struct bytes line;
        bool is_first = true;
        while (wit_documentation_line(member->documentation, &state, &line)) {
            if (is_first) {
                wit_put(output, "- `%.*s`:", WIT_NAME(member->name));
            }
            wit_put(output, " ");
            wit_put_bytes(output, line);
            is_first = false;
        }
        wit_put(output, is_first ? "" : "\n");
        is_there = is_there || !is_first;
    }
    wit_put(output, is_there ? "\n" : "");
}

static void put_function(struct wit_output *output, const struct wit_function *function) {
    wit_put(output, "### %u: ", function->number);
    operation_name(output, function);
    wit_put(output, "\n\n```wit\n");
    canonical_function(output, function);
    wit_put(output, "```\n\n");
    put_documentation(output, function->documentation);
    wit_put(output, "Request: ");
    operation_layout(output, function->arguments, true);
    if (function->kind == WIT_METHOD) {
        wit_put(output, "; through a grant of %.*s", WIT_NAME(function->resource->name));
    }
    wit_put(output, ". Answer: ");
    operation_layout(output, function->result, false);
    wit_put(output, ".\n\n");
}

static void put_uses(struct wit_output *output, const struct wit_interface *interface) {
    for (uint32_t i = 0; i < interface->item_count; i++) {
        const struct wit_use *use = interface->items[i].use;
        for (uint32_t j = 0; use != NULL && j < use->type_count; j++) {
            wit_put(output, "Uses `%.*s` of [%.*s](%.*s.md).\n\n", WIT_NAME(use->types[j]->foreign_name), WIT_NAME(use->target->name),
                    WIT_NAME(use->target->name));
        }
    }
}

enum error page_print(struct wit_interface *interface, struct wit_problem *problem, struct wit_output *output) {
    uint8_t digest[SHA256_SIZE];
    enum error error = wit_interface_hash(interface, digest);
    (void)problem;
    wit_put(output, "# %.*s\n\n", WIT_NAME(interface->name));
    put_documentation(output, interface->documentation);
    wit_put(output, "Interface `%.*s/%.*s`, by its hash `", WIT_NAME(interface->package), WIT_NAME(interface->name));
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        wit_put(output, "%02x", digest[i]);
    }
    wit_put(output, "`.\nThis page is made of `%.*s` by `make pages`.\n\n", WIT_NAME(interface->document->file.name));
    put_uses(output, interface);
    wit_put(output, interface->type_count != 0 ? "## Types\n\n" : "");
    for (uint32_t i = 0; i < interface->item_count; i++) {
        if (interface->items[i].type != NULL) {
            put_type(output, interface->items[i].type);
        }
    }
    wit_put(output, interface->function_count != 0 ? "## Functions\n\n" : "");
    for (uint32_t i = 0; i < interface->item_count; i++) {
        if (interface->items[i].function != NULL) {
            put_function(output, interface->items[i].function);
        }
    }
    /* The last paragraph has no empty line behind it. */
    output->size -= output->size > 0 && output->error == ERROR_NONE ? 1 : 0;
    return error;
}
