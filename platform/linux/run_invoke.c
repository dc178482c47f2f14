/* --invoke: one exported function, called with words and answering with lines. */
#include "base/assert.h"
#include "platform/linux/message.h"
#include "platform/linux/run.h"
#include "platform/linux/value.h"

/* The words behind the program's name. */
static enum command_exit arguments_parse(const struct run *run) {
    const struct wasm_function_type *type = run->invoke.type;
    size_t count = run->line->operand_count - 1;
    if (count != type->parameter_count) {
        message_of_file(run->path, "%s takes %u argument%s, and %zu %s given", run->invoke.name, type->parameter_count,
                        type->parameter_count == 1 ? "" : "s", count, count == 1 ? "was" : "were");
        return COMMAND_USAGE;
    }
    for (size_t i = 0; i < count; i++) {
        const char *word = run->line->operands[1 + i];
        if (!value_parse(type->types[i], word, &run->invoke.values[i])) {
            message_of_file(run->path, "argument %zu of %s is of type %s, and %s is none", i + 1, run->invoke.name, value_type_name(type->types[i]),
                            word);
            return COMMAND_USAGE;
        }
    }
    return COMMAND_DONE;
}

static size_t value_count(const struct wasm_function_type *type) {
    return (size_t)type->parameter_count + type->result_count + 1;
}

enum command_exit run_invoke_begin(struct run *run) {
    struct invoke *invoke = &run->invoke;
    struct wasm_export found;
    if (run->line->invoke == NULL) {
        return COMMAND_DONE;
    }
    bool is_there = wasm_module_find_export(run->program.module, bytes_from_text(run->line->invoke), &found);
    ASSERT(is_there && found.type.kind == WASM_KIND_FUNCTION); /* run_check_start has seen it */
    *invoke = (struct invoke){.name = run->line->invoke, .type = found.type.function};
    invoke->values = budget_allocate_zeroed(run->line->budget, value_count(invoke->type), sizeof *invoke->values);
    if (invoke->values == NULL) {
        message_of_file(run->path, "there is no memory for the values of %s", invoke->name);
        return COMMAND_REFUSED;
    }
    run->settings.call = run_invoke_call;
    run->settings.context = invoke;
    return arguments_parse(run);
}

/* A module without `_start` may have an initializer, which is called once before anything else (WASI, reactors). */
static enum error initialize(const struct wasm_instance *instance) {
    struct wasm_extern found;
    if (!wasm_instance_find_export(instance, bytes_from_text("_initialize"), &found) || found.kind != WASM_KIND_FUNCTION) {
        return ERROR_NONE;
    }
    const struct wasm_function_type *type = wasm_function_type(found.function);
    bool is_initializer = type->parameter_count == 0 && type->result_count == 0;
    return is_initializer ? wasm_call(found.function, NULL, NULL) : ERROR_NONE;
}

enum error run_invoke_call(void *context, struct wasm_instance *instance) {
    struct invoke *invoke = context;
    struct wasm_extern found;
    enum error error = initialize(instance);
    bool is_there = wasm_instance_find_export(instance, bytes_from_text(invoke->name), &found);
    ASSERT(is_there && found.kind == WASM_KIND_FUNCTION);
    if (error == ERROR_NONE) {
        error = wasm_call(found.function, invoke->values, invoke->values + invoke->type->parameter_count);
    }
    invoke->has_results = error == ERROR_NONE;
    return error;
}

void run_invoke_print(const struct invoke *invoke) {
    const struct wasm_function_type *type = invoke->type;
    for (uint32_t i = type->parameter_count; invoke->has_results && i < type->parameter_count + type->result_count; i++) {
        value_print(stdout, type->types[i], &invoke->values[i]);
        putchar('\n');
    }
}

void run_invoke_end(struct run *run) {
    if (run->invoke.values != NULL) {
        budget_release(run->line->budget, run->invoke.values, value_count(run->invoke.type) * sizeof *run->invoke.values);
    }
}
