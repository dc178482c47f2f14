/* Names of functions. Those of the name section are read in one walk, since each look-up by index would be one. */
#include "platform/linux/debug/function_names.h"

#include <stdio.h>

static void exports_take(struct function_names *names, const struct wasm_module *module) {
    for (uint32_t i = 0; i < wasm_module_export_count(module); i++) {
        struct wasm_export export;
        wasm_module_export(module, i, &export);
        if (export.type.kind == WASM_KIND_FUNCTION) {
            names->names[export.index] = export.name;
        }
    }
}

enum error function_names_find(struct function_names *names, const struct wasm_module *module, struct budget *budget) {
    struct wasm_module_summary summary;
    struct wasm_function_names walk;
    struct bytes name;
    uint32_t index;
    wasm_module_summary(module, &summary);
    *names = (struct function_names){.budget = budget, .count = summary.function_count};
    names->names = budget_allocate_zeroed(budget, names->count + 1u, sizeof *names->names);
    if (names->names == NULL) {
        return ERROR_NO_MEMORY;
    }
    exports_take(names, module);
    wasm_module_function_names(module, &walk);
    while (wasm_next_function_name(&walk, &index, &name)) {
        if (index < names->count && name.size != 0) {
            names->names[index] = name;
        }
    }
    return ERROR_NONE;
}

void function_names_end(struct function_names *names) {
    if (names->names != NULL) {
        budget_release(names->budget, names->names, (names->count + 1u) * sizeof *names->names);
    }
    *names = (struct function_names){0};
}

const char *function_name_text(const struct function_names *names, uint32_t index, char *out, size_t size) {
    if (index < names->count && names->names[index].size != 0) {
        return report_quote(names->names[index], out, size);
    }
    snprintf(out, size, "wasm-function[%u]", index);
    return out;
}
