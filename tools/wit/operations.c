/* The functions of an interface for a person: numbers, signatures, and where things stand in messages. */
#include "tools/wit/canonical.h"
#include "tools/wit/generate.h"

void operation_name(struct wit_output *output, const struct wit_function *function) {
    if (function->resource != NULL) {
        wit_put(output, "%.*s.", WIT_NAME(function->resource->name));
    }
    wit_put(output, "%.*s", WIT_NAME(function->name));
}

static void put_words(struct wit_output *output, uint32_t first, uint32_t count) {
    if (count == 1) {
        wit_put(output, "word %u", first);
    } else {
        wit_put(output, "words %u to %u", first, first + count - 1);
    }
}

static void put_member(struct wit_output *output, const struct wit_type *type, const struct wit_member *member, bool is_first) {
    wit_put(output, is_first ? "" : ", ");
    if (wit_is_flat(type)) {
        put_words(output, member->word, member->type->words);
        wit_put(output, " %.*s", WIT_NAME(member->name));
    } else {
        wit_put(output, "+%u %.*s", member->at, WIT_NAME(member->name));
    }
}

void operation_layout(struct wit_output *output, const struct wit_type *type, bool is_arguments) {
    if (type == NULL || (is_arguments && type->member_count == 0)) {
        wit_put(output, "nothing");
        return;
    }
    if (!wit_is_flat(type)) {
        wit_put(output, "block of %u bytes%s%s", type->size, type->content_count != 0 ? " and what its lists hold" : "", is_arguments ? ": " : "");
    } else if (!is_arguments) {
        put_words(output, 0, type->words);
    }
    for (uint32_t i = 0; is_arguments && i < type->member_count; i++) {
        put_member(output, type, &type->members[i], i == 0);
    }
    if (wit_is_flat(type) && type->content_count != 0) {
        wit_put(output, wit_is_direct(type) ? "; block: the list or string itself" : "; block: what the lists hold");
    }
    if (type->grant_count != 0) {
        wit_put(output, "; %s%u grant%s", type->grant_count > 1 ? "up to " : "", type->grant_count, type->grant_count > 1 ? "s" : "");
    }
}

static void put_operation(struct wit_output *output, const struct wit_function *function) {
    wit_put(output, "%4u  ", function->number);
    if (function->resource != NULL) {
        wit_put(output, "%.*s.", WIT_NAME(function->resource->name));
    }
    canonical_function(output, function);
    wit_put(output, "      request  ");
    operation_layout(output, function->arguments, true);
    if (function->kind == WIT_METHOD) {
        wit_put(output, "; through a grant of %.*s", WIT_NAME(function->resource->name));
    }
    wit_put(output, "\n      answer   ");
    operation_layout(output, function->result, false);
    wit_put(output, "\n");
}

enum error operations_print(struct wit_interface *interface, struct wit_problem *problem, struct wit_output *output) {
    (void)problem;
    for (uint32_t i = 0; i < interface->item_count; i++) {
        if (interface->items[i].function != NULL) {
            put_operation(output, interface->items[i].function);
        }
    }
    return ERROR_NONE;
}
