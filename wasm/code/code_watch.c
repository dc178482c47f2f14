/* Where a module's code is, for those who ask and those who watch. */
#include "wasm/code/module_code.h"

bool wasm_module_code(const struct wasm_module *module, uint32_t number, struct wasm_code *out) {
    const struct module_code *code = module->code;
    if (code == NULL || number >= code->mapped_count) {
        return false;
    }
    const struct code_record *record = code->mapped[number];
    *out = (struct wasm_code){
        .function_index = record->function,
        .start = record->bytes,
        .size = record->size,
        .prologue_bytes = record->prologue_bytes,
        .frame_bytes = record->frame_bytes,
    };
    return true;
}

void module_code_announce(const struct module_code *code, uint32_t first) {
    const struct wasm_code_watch *watch = code->engine->code_watch;
    if (watch != NULL && first < code->mapped_count) {
        watch->added(watch->context, code->module, first, code->mapped_count - first);
    }
}

void wasm_engine_watch_code(struct wasm_engine *engine, const struct wasm_code_watch *watch) {
    engine->code_watch = watch;
    LIST_EACH(link, &engine->codes) {
        module_code_announce(LIST_ENTRY(link, struct module_code, link), 0);
    }
}
