/* Native host functions: what they may be, and how callers with arrays of values reach them. Compiled code calls them through code_stub_native. */
#include "base/assert.h"
#include "wasm/code/entry.h"
#include "wasm/code/signature.h"
#include "wasm/interpret/interpret.h"

/* Where the parameters stand in registers and on the stack, as compiled code has them; the first general one is the first of the function's own. */
static enum error native_call(void *context, struct wasm_instance *caller, const union wasm_value *arguments, union wasm_value *results) {
    const struct native_function *native = context;
    const struct wasm_function_type *type = native->function.type;
    struct execution *execution = native->function.store->execution;
    struct code_saved saved;
    uint64_t stack[NATIVE_STACK_WORDS] = {0};
    struct signature_registers registers = {saved.general, saved.vector, (uint8_t *)stack};
    struct signature_places places;
    signature_begin(&places);
    memset(&saved, 0, sizeof saved);
    for (uint32_t index = 0; index < type->parameter_count; index++) {
        signature_put(&registers, signature_parameter(&places, type->types[index]), type->types[index], &arguments[index]);
    }
    code_call_native(native, caller, &saved, stack);
    enum error error = (enum error)execution->failed;
    execution->failed = ERROR_NONE;
    if (error == ERROR_NONE && type->result_count == 1) {
        uint8_t result_type = type->types[type->parameter_count];
        signature_results(&places);
        signature_get(&registers, signature_result(&places, result_type), result_type, &results[0]);
    }
    return error;
}

void wasm_store_fail(struct wasm_store *store, enum error error) {
    ASSERT(error != ERROR_NONE);
    store->execution->failed = (int)error;
}

/* False when the type is not one of a native function; *integers is how many parameters are no floats. */
static bool type_is_native(const struct wasm_function_type *type, uint32_t *integers) {
    uint32_t floats = 0;
    *integers = 0;
    for (uint32_t index = 0; index < (uint32_t)type->parameter_count + type->result_count; index++) {
        bool is_float = type->types[index] == WASM_F32 || type->types[index] == WASM_F64;
        if (type->types[index] == WASM_V128) {
            return false;
        }
        if (index < type->parameter_count) {
            floats += is_float;
            *integers += !is_float;
        }
    }
    return *integers <= WASM_NATIVE_INTEGERS_MAX && floats <= WASM_NATIVE_FLOATS_MAX && type->result_count <= 1;
}

enum error wasm_function_create_native(struct wasm_store *store, const struct wasm_function_type *type, wasm_native_function *call, void *context,
                                       struct wasm_function **out) {
    uint32_t integers;
    ASSERT(call != NULL);
    if (!type_is_native(type, &integers)) {
        return ERROR_UNSUPPORTED;
    }
    struct native_function *native = arena_allocate_zeroed(&store->arena, 1, sizeof *native);
    if (native == NULL) {
        return ERROR_NO_MEMORY;
    }
    native->call = call;
    native->context = context;
    native->function.type = type;
    native->function.store = store;
    native->function.host_call = native_call;
    native->function.host_context = native;
    if (store->options.compile) {
        bool is_narrow = type->result_count == 1 && type->types[type->parameter_count] == WASM_I32;
        native->function.entry = code_stub_native[integers][is_narrow];
        native->function.external = native->function.entry;
    }
    *out = &native->function;
    return ERROR_NONE;
}
