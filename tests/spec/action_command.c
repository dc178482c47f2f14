/* Commands that call an exported function, or read an exported global, and look at what comes of it. */
#include "tests/spec/script_private.h"
#include "tests/spec/value.h"

#include <stdio.h>
#include <string.h>

#define VALUES_MAX 1000
#define NAME_MAX   1000

/* What an action gave: an error of the engine, or results. */
struct outcome {
    enum error error;
    uint32_t count;
    uint8_t types[VALUES_MAX];
    union wasm_value values[VALUES_MAX];
};

/* The name of what is called or read, with the zeros that script.c took out put back. */
static struct bytes field_read(const cJSON *action, char *name, size_t size) {
    const char *field = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(action, "field"));
    size_t length = 0;
    for (; field && field[length] && length < size; length++) {
        name[length] = (uint8_t)field[length] == 0xFF ? 0 : field[length];
    }
    return (struct bytes){(const uint8_t *)name, length};
}

static bool arguments_parse(const cJSON *action, const struct wasm_function_type *type, union wasm_value *out) {
    const cJSON *argument;
    uint32_t count = 0;
    cJSON_ArrayForEach(argument, cJSON_GetObjectItemCaseSensitive(action, "args")) {
        uint8_t argument_type;
        if (count >= type->parameter_count || !value_type(argument, &argument_type) || argument_type != type->types[count] ||
            !value_parse(argument, &out[count])) {
            return false;
        }
        count++;
    }
    return count == type->parameter_count;
}

static bool function_invoke(struct script *script, const cJSON *action, struct wasm_function *function, struct outcome *outcome) {
    static union wasm_value arguments[VALUES_MAX];
    const struct wasm_function_type *type = wasm_function_type(function);
    if (type->parameter_count > VALUES_MAX || type->result_count > VALUES_MAX || !arguments_parse(action, type, arguments)) {
        command_fail(script, "the arguments do not fit the function");
        return false;
    }
    outcome->count = type->result_count;
    memcpy(outcome->types, type->types + type->parameter_count, type->result_count);
    outcome->error = wasm_call(function, arguments, outcome->values);
    return true;
}

/* False when the action could not be done at all; then the command has failed. */
static bool action_run(struct script *script, struct outcome *outcome) {
    char name[NAME_MAX];
    struct wasm_extern value;
    const cJSON *action = cJSON_GetObjectItemCaseSensitive(script->command, "action");
    const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(action, "type"));
    const char *module = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(action, "module"));
    struct wasm_instance *instance = world_find(script->world, module);
    if (!instance) {
        command_fail(script, "there is no instance%s%s", module ? " of the name " : "", module ? module : "");
        return false;
    }
    struct bytes field = field_read(action, name, sizeof(name));
    if (!type || !wasm_instance_find_export(instance, field, &value)) {
        command_fail(script, "nothing of the name \"%.*s\" is exported", (int)field.size, name);
        return false;
    }
    if (strcmp(type, "invoke") == 0 && value.kind == WASM_KIND_FUNCTION) {
        return function_invoke(script, action, value.function, outcome);
    }
    if (strcmp(type, "get") == 0 && value.kind == WASM_KIND_GLOBAL) {
        outcome->error = ERROR_NONE;
        outcome->count = 1;
        wasm_global_get(value.global, &outcome->values[0]);
        return true;
    }
    command_fail(script, "\"%s\" is of another kind", name);
    return false;
}

static const char *error_describe(const struct script *script, enum error error) {
    return error == ERROR_TRAP ? wasm_trap_text(wasm_store_trap(world_store(script->world))->kind) : error_text(error);
}

void action_command(struct script *script) {
    static struct outcome outcome;
    if (!action_run(script, &outcome)) {
        return;
    }
    if (outcome.error) {
        command_fail(script, "%s", error_describe(script, outcome.error));
    } else {
        command_pass(script);
    }
}

static bool results_match(struct script *script, const struct outcome *outcome, const cJSON *expected) {
    const cJSON *value;
    uint32_t count = 0;
    bool is_function = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(script->command, "action"), "args");
    cJSON_ArrayForEach(value, expected) {
        uint8_t type = 0;
        char text[120];
        if (count >= outcome->count) {
            command_fail(script, "more results are expected than %u", outcome->count);
            return false;
        }
        if (!value_type(value, &type) || (is_function && type != outcome->types[count]) || !value_matches(value, &outcome->values[count])) {
            char *json = cJSON_PrintUnformatted(value);
            command_fail(script, "result %u is %s, expected %s", count, value_describe(type, &outcome->values[count], text, sizeof(text)),
                         json ? json : "");
            cJSON_free(json);
            return false;
        }
        count++;
    }
    if (count != outcome->count) {
        command_fail(script, "%u results, expected %u", outcome->count, count);
        return false;
    }
    return true;
}

void return_command(struct script *script) {
    static struct outcome outcome;
    if (!action_run(script, &outcome)) {
        return;
    }
    if (outcome.error) {
        command_fail(script, "%s", error_describe(script, outcome.error));
    } else if (results_match(script, &outcome, cJSON_GetObjectItemCaseSensitive(script->command, "expected"))) {
        command_pass(script);
    }
}

/* Ours must begin with what is expected, as the reference interpreter has it. It may lack the index that some
   expectations end with ("uninitialized element 2"). */
static bool trap_text_matches(const char *ours, const char *expected) {
    size_t length = strlen(ours);
    if (strncmp(ours, expected, strlen(expected)) == 0) {
        return true;
    }
    return strncmp(ours, expected, length) == 0 && expected[length] == ' ' &&
           strspn(expected + length + 1, "0123456789") == strlen(expected + length + 1);
}

/* A line that is the same whoever runs the code; how deep a stack may get is not. */
static void trap_print(const struct script *script) {
    const struct wasm_trap *trap = wasm_store_trap(world_store(script->world));
    FILE *out = script->options->traps;
    fprintf(out, "%s:%u: %s", script->progress->file, script->progress->line, wasm_trap_text(trap->kind));
    if (trap->kind != WASM_TRAP_STACK_EXHAUSTED) {
        fprintf(out, ", %u frames", trap->frame_count);
        for (uint32_t i = 0; i < trap->frame_count && i < WASM_TRAP_FRAMES_MAX; i++) {
            fprintf(out, ", function %u at 0x%llx", trap->frames[i].function_index, (unsigned long long)trap->frames[i].offset);
        }
    }
    putc('\n', out);
}

void trap_check(struct script *script, enum error error, const char *text) {
    if (error != ERROR_TRAP) {
        command_fail(script, "%s, expected the trap: %s", error_text(error), text ? text : "");
    } else if (!text || !trap_text_matches(error_describe(script, error), text)) {
        command_fail(script, "trap: %s, expected: %s", error_describe(script, error), text ? text : "");
    } else {
        command_pass(script);
    }
    if (error == ERROR_TRAP && script->options->traps) {
        trap_print(script);
    }
}

void trap_command(struct script *script, const char *text) {
    static struct outcome outcome;
    if (action_run(script, &outcome)) {
        trap_check(script, outcome.error, text);
    }
}
