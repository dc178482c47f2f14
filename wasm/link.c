/* Linking (core spec 4.5.3, import matching): asks the resolver for each import in order and checks what it gives. */
#include "base/assert.h"
#include "wasm/link.h"

#define NAME_TEXT_SIZE 72

static enum error link_fail(const struct wasm_import *import, struct report *report, const char *reason) {
    char module[NAME_TEXT_SIZE], name[NAME_TEXT_SIZE];
    report_quote(import->module, module, sizeof module);
    report_quote(import->name, name, sizeof name);
    return report_fail(report, ERROR_UNLINKABLE, REPORT_NO_OFFSET, "%s: %s.%s", reason, module, name);
}

/* The limits that a thing has now must lie within those that the import asks for. */
static bool limits_match(uint32_t size, const struct wasm_limits *have, const struct wasm_limits *wanted) {
    if (size < wanted->minimum) {
        return false;
    }
    return !wanted->has_maximum || (have->has_maximum && have->maximum <= wanted->maximum);
}

static bool extern_matches(const struct wasm_extern *found, const struct wasm_extern_type *wanted) {
    if (found->kind != wanted->kind) {
        return false;
    }
    switch (found->kind) {
    case WASM_KIND_FUNCTION: return found->function->type == wanted->function;
    case WASM_KIND_TABLE:
        return found->table->element_type == wanted->value_type && limits_match(found->table->size, &found->table->limits, &wanted->limits);
    case WASM_KIND_MEMORY: return limits_match(wasm_memory_pages(found->memory), &found->memory->limits, &wanted->limits);
    case WASM_KIND_GLOBAL: return found->global->type == wanted->value_type && found->global->is_mutable == wanted->is_mutable;
    }
    return false;
}

static const struct wasm_store *extern_store(const struct wasm_extern *found) {
    switch (found->kind) {
    case WASM_KIND_FUNCTION: return found->function->store;
    case WASM_KIND_TABLE: return found->table->store;
    case WASM_KIND_MEMORY: return found->memory->store;
    case WASM_KIND_GLOBAL: return found->global->store;
    }
    return NULL;
}

static void extern_bind(struct wasm_instance *instance, uint32_t index, const struct wasm_extern *found) {
    switch (found->kind) {
    case WASM_KIND_FUNCTION: instance->functions[index] = found->function; break;
    case WASM_KIND_TABLE: instance->tables[index] = found->table; break;
    case WASM_KIND_MEMORY: instance->memories[index] = found->memory; break;
    case WASM_KIND_GLOBAL: instance->globals[index] = found->global; break;
    }
}

enum error link_imports(struct wasm_instance *instance, wasm_resolve *resolve, void *context, struct report *report) {
    const struct wasm_module *module = instance->module;
    for (uint32_t number = 0; number < module->import_count; number++) {
        struct wasm_import import;
        wasm_module_import(module, number, &import);
        struct wasm_extern found;
        enum error error = resolve != NULL ? resolve(context, &import, &found) : ERROR_NOT_FOUND;
        if (error == ERROR_NOT_FOUND) {
            return link_fail(&import, report, "unknown import");
        }
        if (error != ERROR_NONE) {
            return report_fail(report, error, REPORT_NO_OFFSET, "import %lu could not be made: %s", (unsigned long)number, error_text(error));
        }
        if (!extern_matches(&found, &import.type)) {
            return link_fail(&import, report, "incompatible import type");
        }
        ASSERT(extern_store(&found) == instance->store);
        extern_bind(instance, module->imports[number].index, &found);
    }
    return ERROR_NONE;
}
