/* What compiled code calls through stubs: compiling a function on its first call, functions that C runs, and instructions that are
   too large for code. Runs on the host's stack. */
#include "base/assert.h"
#include "wasm/code/call.h"
#include "wasm/code/entry.h"
#include "wasm/code/module_code.h"
#include "wasm/code/signature.h"
#include "wasm/interpret/interpret.h"

/* ---- Functions ---- */

/* From compiled code's view, a function that C runs. */
static void function_is_interpreted(struct wasm_function *function) {
    function->entry = (const void *)(uintptr_t)code_stub_host;
    function->external = function->entry;
}

static enum error function_compile(struct wasm_function *function) {
    struct module_code *code;
    const uint8_t *entry = NULL;
    enum error error = module_code_get(function->instance->module, &code);
    if (error == ERROR_NONE) {
        error = module_code_call(code, function->index, &entry);
    }
    if (error == ERROR_LIMIT) {
        function_is_interpreted(function);
        return ERROR_NONE;
    }
    if (error == ERROR_NONE) {
        function->entry = entry;
    }
    return error;
}

const void *runtime_compile(struct wasm_function *function) {
    struct execution *execution = function->store->execution;
    if (function_compile(function) == ERROR_NONE) {
        return function->entry;
    }
    store_trap(function->store, WASM_TRAP_NO_MEMORY);
    execution_backtrace(execution, NULL, &function->store->trap);
    execution->outcome = ERROR_TRAP;
    return NULL;
}

/* A function that C ran for compiled code failed. */
static void failure_note(struct execution *execution, enum error error) {
    execution->outcome = error;
    if (error != ERROR_EXIT && error != ERROR_TRAP) {
        store_trap(execution->store, WASM_TRAP_HOST);
        execution_backtrace(execution, NULL, &execution->store->trap);
        execution->store->trap.host_error = error;
        execution->outcome = ERROR_TRAP;
    }
}

void runtime_left(struct execution *execution) {
    enum error error = (enum error)execution->failed;
    execution->failed = ERROR_NONE;
    if (error != ERROR_NONE) {
        failure_note(execution, error);
    } else {
        execution->outcome = store_trap(execution->store, WASM_TRAP_STOPPED);
    }
}

struct wasm_outcome runtime_refuse(uint64_t a, uint64_t b, uint64_t c, const struct wasm_entry *entry, struct wasm_thread *thread) {
    (void)a, (void)b, (void)c, (void)thread;
    return (struct wasm_outcome){.error = store_trap(entry->execution->store, WASM_TRAP_STACK_EXHAUSTED)};
}

/* One call with its values in arrays that the caller made. */
static bool call_with_values(struct wasm_function *function, const struct signature_registers *registers, struct wasm_instance *caller,
                             union wasm_value *values) {
    const struct wasm_function_type *type = function->type;
    union wasm_value *results = values + type->parameter_count;
    struct signature_places places;
    signature_begin(&places);
    for (uint32_t index = 0; index < type->parameter_count; index++) {
        signature_get(registers, signature_parameter(&places, type->types[index]), type->types[index], &values[index]);
    }
    enum error error = function->host_call != NULL ? function->host_call(function->host_context, caller, values, results)
                                                   : execution_call_interpreted(function, values, results);
    if (error != ERROR_NONE) {
        failure_note(function->store->execution, error);
        return false;
    }
    const uint8_t *types = type->types + type->parameter_count;
    signature_results(&places);
    for (uint32_t index = 0; index < type->result_count; index++) {
        signature_put(registers, signature_result(&places, types[index]), types[index], &results[index]);
    }
    return true;
}

#define VALUES_FEW 16u

/* Apart, so that only calls with many values take so much of the host's stack. */
static __attribute__((noinline)) bool call_with_many(struct wasm_function *function, const struct signature_registers *registers,
                                                     struct wasm_instance *caller) {
    union wasm_value values[LIMIT_PARAMETERS + LIMIT_RESULTS];
    return call_with_values(function, registers, caller, values);
}

bool runtime_call_host(struct wasm_function *function, struct code_saved *saved, uint8_t *stack, struct wasm_instance *caller) {
    struct signature_registers registers = {saved->general, saved->vector, stack};
    if ((uint32_t)function->type->parameter_count + function->type->result_count > VALUES_FEW) {
        return call_with_many(function, &registers, caller);
    }
    union wasm_value values[VALUES_FEW];
    return call_with_values(function, &registers, caller, values);
}

/* ---- Instructions: see runtime.def for what the parameters are ---- */

#define FUNCTION(name) uint64_t runtime_##name(struct wasm_instance *instance, uint64_t a, uint64_t b, uint64_t c, uint64_t d)

static uint32_t low(uint64_t pair) {
    return (uint32_t)pair;
}

static uint32_t high(uint64_t pair) {
    return (uint32_t)(pair >> 32);
}

FUNCTION(MEMORY_GROW) {
    (void)c, (void)d;
    return wasm_memory_grow(instance->memories[low(a)], low(b));
}

FUNCTION(MEMORY_FILL) {
    return memory_fill(instance->memories[low(a)], low(b), (uint8_t)c, low(d));
}

FUNCTION(MEMORY_COPY) {
    return memory_copy(instance->memories[low(a)], low(b), instance->memories[high(a)], low(c), low(d));
}

FUNCTION(MEMORY_INIT) {
    struct segment_range range = {.to = low(b), .from = low(c), .count = low(d)};
    return instance_memory_init(instance, high(a), low(a), range);
}

FUNCTION(DATA_DROP) {
    (void)b, (void)c, (void)d;
    instance->data_dropped[low(a)] = true;
    return 1;
}

FUNCTION(TABLE_GROW) {
    (void)d;
    return wasm_table_grow(instance->tables[low(a)], low(c), (void *)(uintptr_t)b);
}

FUNCTION(TABLE_FILL) {
    return table_fill(instance->tables[low(a)], low(b), (void *)(uintptr_t)c, low(d));
}

FUNCTION(TABLE_COPY) {
    return table_copy(instance->tables[low(a)], low(b), instance->tables[high(a)], low(c), low(d));
}

FUNCTION(TABLE_INIT) {
    struct segment_range range = {.to = low(b), .from = low(c), .count = low(d)};
    return instance_table_init(instance, high(a), low(a), range);
}

FUNCTION(ELEMENT_DROP) {
    (void)b, (void)c, (void)d;
    instance->element_dropped[low(a)] = true;
    return 1;
}
