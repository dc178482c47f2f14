/* Compiling a module ahead of time, and how much of one is compiled. */
#include "wasm/code/module_code.h"

/* One function that has no code yet. */
static enum error function_add(struct module_code *code, uint32_t function, struct wasm_compile_counts *counts) {
    struct code compiled;
    enum error error = compile_function(code->module, function, &code->engine->compile_options, code->budget, &compiled);
    if (error == ERROR_NONE) {
        error = module_code_add(code, function, &compiled);
        code_release(&compiled);
    }
    if (error == ERROR_NONE) {
        counts->compiled++;
        counts->function_bytes += code->module->functions[function].body_size;
        counts->machine_bytes += code->records[code->record_count - 1].size;
    } else if (error == ERROR_LIMIT) {
        counts->refused++;
        error = ERROR_NONE;
    }
    return error;
}

enum error wasm_module_compile(struct wasm_module *module, const struct wasm_compile_options *options, struct wasm_compile_counts *out) {
    struct module_code *code = NULL;
    *out = (struct wasm_compile_counts){0};
    enum error error = module_code_get(module, &code);
    for (uint32_t index = module->imported_function_count; index < module->function_count && error == ERROR_NONE; index++) {
        if (options != NULL && options->proceed != NULL && !options->proceed(options->context, out->compiled, out->refused)) {
            break;
        }
        if (module_code_find(code, index) == NULL) {
            error = function_add(code, index, out);
        }
    }
    return error;
}

void wasm_module_code_summary(const struct wasm_module *module, struct wasm_code_summary *out) {
    const struct module_code *code = module->code;
    *out = (struct wasm_code_summary){0};
    if (code == NULL) {
        return;
    }
    out->function_count = code->record_count;
    out->loaded_count = code->loaded_count;
    for (uint32_t i = 0; i < code->record_count; i++) {
        const struct code_record *record = &code->records[i];
        out->function_bytes += module->functions[record->function].body_size;
        out->machine_bytes += record->size;
        out->loaded_bytes += i < code->loaded_count ? record->size : 0;
    }
}
