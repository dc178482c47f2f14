/* --invoke: one exported function, called with words and answering with lines. */
#include "base/assert.h"
#include "platform/linux/message.h"
#include "platform/linux/run.h"
#include "platform/linux/value.h"

/* The words behind the program's name. */
static enum error arguments_parse(const struct run *run, const struct wasm_function_type *type, union wasm_value *arguments) {
    size_t count = run->line->operand_count - 1;
    if (count != type->parameter_count) {
        message_of_file(run->path, "%s takes %u argument%s, and %zu %s given", run->line->invoke, type->parameter_count,
                        type->parameter_count == 1 ? "" : "s", count, count == 1 ? "was" : "were");
        return ERROR_ARGUMENT;
    }
    for (size_t i = 0; i < count; i++) {
        const char *word = run->line->operands[1 + i];
        if (!value_parse(type->types[i], word, &arguments[i])) {
            message_of_file(run->path, "argument %zu of %s is of type %s, and %s is none", i + 1, run->line->invoke, value_type_name(type->types[i]),
                            word);
            return ERROR_ARGUMENT;
        }
    }
    return ERROR_NONE;
}

/* A module without `_start` may have an initializer, which is called once before anything else (WASI, reactors). */
static enum error initialize(const struct run *run) {
    struct wasm_extern found;
    if (!wasm_instance_find_export(run->instance, bytes_from_text("_initialize"), &found) || found.kind != WASM_KIND_FUNCTION) {
        return ERROR_NONE;
    }
    const struct wasm_function_type *type = wasm_function_type(found.function);
    bool is_initializer = type->parameter_count == 0 && type->result_count == 0;
    return is_initializer ? wasm_call(found.function, NULL, NULL) : ERROR_NONE;
}

static enum error function_call(const struct run *run, struct wasm_function *function, union wasm_value *values) {
    const struct wasm_function_type *type = wasm_function_type(function);
    union wasm_value *results = values + type->parameter_count;
    enum error error = arguments_parse(run, type, values);
    if (error == ERROR_NONE) {
        error = initialize(run);
    }
    if (error == ERROR_NONE) {
        error = wasm_call(function, values, results);
    }
    for (uint32_t i = 0; error == ERROR_NONE && i < type->result_count; i++) {
        value_print(stdout, type->types[type->parameter_count + i], &results[i]);
        putchar('\n');
    }
    return error;
}

enum error run_invoke(const struct run *run) {
    struct wasm_extern found;
    bool is_there = wasm_instance_find_export(run->instance, bytes_from_text(run->line->invoke), &found);
    ASSERT(is_there && found.kind == WASM_KIND_FUNCTION); /* run_check_start has seen it */
    const struct wasm_function_type *type = wasm_function_type(found.function);
    size_t count = (size_t)type->parameter_count + type->result_count + 1;
    union wasm_value *values = budget_allocate_zeroed(run->line->budget, count, sizeof *values);
    if (values == NULL) {
        return ERROR_NO_MEMORY;
    }
    enum error error = function_call(run, found.function, values);
    budget_release(run->line->budget, values, count * sizeof *values);
    return error;
}
