/* Compiling a function when it is called first, and how much of a module is compiled. */
#include "wasm/code/module_code.h"

/* Compiles until a worker has published the function: then the budget is closed (module_code_publish). So of two that are at the same function
   the first one serves both, and nobody waits. A worker may close it too late, when the next function is compiled: that is begun again. */
static enum error call_compile(struct module_code *code, uint32_t function, struct code *compiled) {
    enum error error = ERROR_NO_MEMORY;
    __atomic_store_n(&code->called, function, __ATOMIC_SEQ_CST);
    do {
        budget_set_closed(&code->call_budget, false);
        if (__atomic_load_n(&module_code_slot(code, function)->record, __ATOMIC_SEQ_CST) != NULL) {
            return ERROR_NO_MEMORY;
        }
        error = compile_function(code->module, function, &code->engine->compile_options, &code->call_budget, compiled);
    } while (error == ERROR_NO_MEMORY && budget_is_closed(&code->call_budget));
    return error;
}

/* Compiles, maps and publishes a function that has no record. ERROR_NO_MEMORY also when a worker was faster. */
static enum error function_add(struct module_code *code, uint32_t function) {
    struct code_slot *slot = module_code_slot(code, function);
    struct code compiled;
    if (__atomic_load_n(&slot->state, __ATOMIC_RELAXED) == SLOT_REFUSED) {
        return ERROR_LIMIT;
    }
    __atomic_store_n(&slot->state, SLOT_TAKEN, __ATOMIC_RELAXED);
    enum error error = call_compile(code, function, &compiled);
    if (error != ERROR_NONE) {
        __atomic_store_n(&slot->state, error == ERROR_LIMIT ? SLOT_REFUSED : SLOT_FREE, __ATOMIC_RELAXED);
        return error;
    }
    struct code_record *record = code_record_make(code->budget, function, &compiled, false);
    error = record == NULL ? ERROR_NO_MEMORY : module_code_make_room(code, record);
    if (error == ERROR_NONE) {
        module_code_map(code, module_code_publish(code, record), compiled.bytes);
    } else if (record != NULL) {
        code_record_release(record);
    }
    code_release(&compiled);
    return error;
}

enum error module_code_call(struct module_code *code, uint32_t function, const uint8_t **out) {
    struct code_record *record = module_code_record(code, function);
    enum error error = ERROR_NONE;
    if (record == NULL) {
        error = function_add(code, function);
        record = module_code_record(code, function);
    }
    if (record == NULL) {
        return error;
    }
    if (record->offset == RECORD_NOT_MAPPED) {
        error = module_code_make_room(code, record);
        if (error != ERROR_NONE) {
            return error;
        }
        module_code_map(code, record, record->bytes);
    }
    if (record->call_number == 0) {
        record->call_number = ++code->call_count;
        module_code_expect(code, record);
    }
    *out = record->bytes;
    return ERROR_NONE;
}

void wasm_module_code_summary(const struct wasm_module *module, struct wasm_code_summary *out) {
    const struct module_code *code = module->code;
    *out = (struct wasm_code_summary){0};
    if (code == NULL) {
        return;
    }
    for (uint32_t function = module->imported_function_count; function < module->function_count; function++) {
        const struct code_record *record = module_code_record(code, function);
        if (record != NULL) {
            out->function_count++;
            out->function_bytes += module->functions[function].body_size;
            out->machine_bytes += record->code_bytes;
            out->loaded_count += record->budget == NULL;
            out->loaded_bytes += record->budget == NULL ? record->code_bytes : 0;
            out->called_count += record->call_number != 0;
        } else if (__atomic_load_n(&module_code_slot(code, function)->state, __ATOMIC_RELAXED) == SLOT_REFUSED) {
            out->refused_count++;
        }
    }
}
