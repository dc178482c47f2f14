/* Names become types: those of the interface itself, and those that it uses of others, which are found and read for that. */
#include "tools/wit/model.h"

struct resolver {
    struct wit *wit;
    struct wit_interface *interface;
    struct wit_problem *problem;
};

static enum error resolver_fail(const struct resolver *resolver, size_t offset, struct bytes name, const char *what) {
    return wit_fail(resolver->problem, resolver->interface->document, ERROR_INVALID, offset, "'%.*s' %s", (int)name.size, (const char *)name.data,
                    what);
}

/* ---- Uses ---- */

static struct wit_interface *document_find(const struct wit_document *document, struct bytes package, struct bytes name) {
    for (uint32_t i = 0; i < document->interface_count; i++) {
        struct wit_interface *interface = document->interfaces[i];
        if (bytes_equal(interface->package, package) && bytes_equal(interface->name, name)) {
            return interface;
        }
    }
    return NULL;
}

/* In the text itself, or in a file that was read before for its own package. */
static struct wit_interface *resolver_find(const struct resolver *resolver, struct bytes package, struct bytes name) {
    struct wit_interface *found = document_find(resolver->interface->document, package, name);
    for (const struct wit_document *document = resolver->wit->documents; document != NULL && found == NULL; document = document->next) {
        if (bytes_equal(document->package, package)) {
            found = document_find(document, package, name);
        }
    }
    return found;
}

static enum error resolver_read(const struct resolver *resolver, struct bytes package, const struct wit_use *use, struct wit_interface **out) {
    const struct wit_source *source = resolver->wit->source;
    struct report report;
    struct wit_file file;
    struct wit_document *document;
    report_init(&report);
    enum error error = source == NULL ? ERROR_NOT_FOUND : source->find(source->context, package, use->name, &report, &file);
    if (error == ERROR_NOT_FOUND) {
        return wit_fail(resolver->problem, resolver->interface->document, ERROR_NOT_FOUND, use->offset, "there is no interface %.*s/%.*s here",
                        (int)package.size, (const char *)package.data, (int)use->name.size, (const char *)use->name.data);
    }
    if (error != ERROR_NONE) {
        return wit_fail(resolver->problem, resolver->interface->document, error, use->offset, "%s", report.text);
    }
    error = wit_document_read(resolver->wit, &file, resolver->problem, &document);
    if (error != ERROR_NONE) {
        return error;
    }
    *out = document_find(document, package, use->name);
    if (*out == NULL) {
        return wit_fail(resolver->problem, document, ERROR_NOT_FOUND, 0, "there is no interface %.*s/%.*s in this file", (int)package.size,
                        (const char *)package.data, (int)use->name.size, (const char *)use->name.data);
    }
    return ERROR_NONE;
}

static enum error resolver_use_types(const struct resolver *resolver, const struct wit_use *use) {
    for (uint32_t i = 0; i < use->type_count; i++) {
        struct wit_type *type = use->types[i];
        const uint64_t *found = map_find(&use->target->names, type->foreign_name);
        type->target = found == NULL ? NULL : (struct wit_type *)(uintptr_t)*found;
        if (type->target == NULL) {
            return resolver_fail(resolver, type->offset, type->foreign_name, "is no type of that interface");
        }
    }
    return ERROR_NONE;
}

static enum error resolver_use(const struct resolver *resolver, struct wit_use *use) {
    const struct bytes package = use->package.size != 0 ? use->package : resolver->interface->package;
    enum error error = ERROR_NONE;
    use->target = resolver_find(resolver, package, use->name);
    if (use->target == NULL) {
        error = resolver_read(resolver, package, use, &use->target);
    }
    if (error != ERROR_NONE) {
        return error;
    }
    if (use->target->progress == WIT_UNDERWAY) {
        return resolver_fail(resolver, use->offset, use->name, "uses, in the end, this interface: interfaces cannot use each other");
    }
    /* As deep as there are interfaces, whose number is limited. */
    error = wit_resolve(resolver->wit, use->target, resolver->problem);
    return error == ERROR_NONE ? resolver_use_types(resolver, use) : error;
}

/* ---- Types ---- */

/* Behind uses of uses. */
static const struct wit_type *type_definition(const struct wit_type *type) {
    while (type->kind == WIT_USED) {
        type = type->target;
    }
    return type;
}

static enum error resolver_name(const struct resolver *resolver, struct wit_type *type, bool wants_resource) {
    const uint64_t *found = map_find(&resolver->interface->names, type->name);
    type->target = found == NULL ? NULL : (struct wit_type *)(uintptr_t)*found;
    if (type->target == NULL) {
        return resolver_fail(resolver, type->offset, type->name, found == NULL ? "is no type that is known here" : "is a function, not a type");
    }
    if (wants_resource && type_definition(type->target)->kind != WIT_RESOURCE) {
        return resolver_fail(resolver, type->offset, type->name, "is no resource");
    }
    return ERROR_NONE;
}

/* A resource that is named where a value is expected is an owned one: the node becomes own<name>. */
static enum error resolver_own(const struct resolver *resolver, struct wit_type *type) {
    struct wit_type *named = arena_allocate_zeroed(&resolver->wit->arena, 1, sizeof *named);
    struct wit_member *member = arena_allocate_zeroed(&resolver->wit->arena, 1, sizeof *member);
    if (named == NULL || member == NULL) {
        return wit_fail_memory(resolver->problem);
    }
    *named = *type;
    member->type = named;
    member->offset = type->offset;
    type->kind = WIT_OWN;
    type->members = member;
    type->member_count = 1;
    return ERROR_NONE;
}

/* As deep as types are written in each other, which is limited. */
static enum error resolver_type(const struct resolver *resolver, struct wit_type *type) {
    enum error error = ERROR_NONE;
    if (type->kind == WIT_NAMED) {
        error = resolver_name(resolver, type, false);
        if (error == ERROR_NONE && type_definition(type->target)->kind == WIT_RESOURCE) {
            error = resolver_own(resolver, type);
        }
        return error;
    }
    if (type->kind == WIT_OWN || type->kind == WIT_BORROW) {
        return resolver_name(resolver, type->members[0].type, true);
    }
    for (uint32_t i = 0; i < type->member_count && error == ERROR_NONE; i++) {
        if (type->members[i].type != NULL) {
            error = resolver_type(resolver, type->members[i].type);
        }
    }
    if (error == ERROR_NONE && type->kind == WIT_ALIAS && type->members[0].type->kind == WIT_OWN) {
        return resolver_fail(resolver, type->offset, type->name, "would be a second name of a resource");
    }
    return error;
}

static enum error resolver_item(const struct resolver *resolver, const struct wit_item *item) {
    if (item->use != NULL) {
        return ERROR_NONE;
    }
    if (item->type != NULL) {
        return resolver_type(resolver, item->type);
    }
    enum error error = resolver_type(resolver, item->function->arguments);
    if (error == ERROR_NONE && item->function->result != NULL) {
        error = resolver_type(resolver, item->function->result);
    }
    return error;
}

enum error wit_resolve(struct wit *wit, struct wit_interface *interface, struct wit_problem *problem) {
    const struct resolver resolver = {wit, interface, problem};
    enum error error = ERROR_NONE;
    if (interface->progress == WIT_KNOWN) {
        return ERROR_NONE;
    }
    interface->progress = WIT_UNDERWAY;
    for (uint32_t i = 0; i < interface->item_count && error == ERROR_NONE; i++) {
        if (interface->items[i].use != NULL) {
            error = resolver_use(&resolver, interface->items[i].use);
        }
    }
    for (uint32_t i = 0; i < interface->item_count && error == ERROR_NONE; i++) {
        error = resolver_item(&resolver, &interface->items[i]);
    }
    if (error == ERROR_NONE) {
        error = wit_layout(interface, problem);
    }
    interface->progress = WIT_KNOWN;
    return error;
}
