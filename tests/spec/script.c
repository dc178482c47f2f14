/* Reads a script and hands each command to the function for its type. */
#include "tests/spec/script.h"

#include "tests/spec/script_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Only this file is run on memories that are made unshared; elsewhere shared memory is to be refused by its name. */
#define UNSHARED_FILE "proposals/threads/atomic.wast"

const char *command_text(const struct script *script, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(script->command, name));
}

void command_pass(struct script *script) {
    script->progress->passed++;
}

void command_fail(struct script *script, const char *pattern, ...) {
    va_list arguments;
    script->progress->failed++;
    printf("%s:%u: %s: ", script->progress->file, script->progress->line, script->type);
    va_start(arguments, pattern);
    vprintf(pattern, arguments);
    va_end(arguments);
    putchar('\n');
}

static void malformed_command(struct script *script) {
    const char *kind = command_text(script, "module_type");
    if (kind && strcmp(kind, "text") == 0) {
        script->progress->skipped++;
    } else {
        invalid_command(script, ERROR_MALFORMED);
    }
}

static void invalid_module_command(struct script *script) {
    invalid_command(script, ERROR_INVALID);
}

static void expected_trap_command(struct script *script) {
    trap_command(script, command_text(script, "text"));
}

static const struct {
    const char *type;
    void (*run)(struct script *script);
} commands[] = {
    {"module", module_command},
    {"action", action_command},
    {"register", register_command},
    {"assert_return", return_command},
    {"assert_trap", expected_trap_command},
    {"assert_exhaustion", expected_trap_command},
    {"assert_invalid", invalid_module_command},
    {"assert_malformed", malformed_command},
    {"assert_unlinkable", unlinkable_command},
    {"assert_uninstantiable", uninstantiable_command},
};

static void exception_run(struct script *script, const struct exception *exception) {
    uint32_t passed = script->progress->passed;
    if (exception->check == CHECK_SHARED_TRAP) {
        trap_command(script, "expected shared memory");
    } else {
        module_exception(script, exception->check);
    }
    script->progress->exceptions += script->progress->passed - passed;
}

static void command_run(struct script *script, const cJSON *command) {
    const cJSON *line = cJSON_GetObjectItemCaseSensitive(command, "line");
    script->command = command;
    script->type = command_text(script, "type");
    script->progress->line = cJSON_IsNumber(line) ? (uint32_t)line->valuedouble : 0;
    const struct exception *exception = exception_find(script->progress->file, script->progress->line);
    if (exception) {
        exception_run(script, exception);
        return;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (script->type && strcmp(script->type, commands[i].type) == 0) {
            commands[i].run(script);
            return;
        }
    }
    script->type = "command";
    command_fail(script, "of a type that this runner does not know");
}

static char *text_read(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    if (!file) {
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) == 0) {
        long size = ftell(file);
        rewind(file);
        text = size >= 0 ? malloc((size_t)size + 1) : NULL;
        if (text) {
            text[fread(text, 1, (size_t)size, file)] = 0;
        }
    }
    fclose(file);
    return text;
}

/* cJSON's strings end at a zero, but a name may have one: it becomes a byte that no UTF-8 text has (see field_read). */
static void zeros_escape(char *text) {
    static const char zero[] = "\\u0000";
    char *to = text;
    for (const char *from = text; *from;) {
        if (from[0] == '\\' && strncmp(from, zero, sizeof(zero) - 1) == 0) {
            *to++ = (char)0xFF;
            from += sizeof(zero) - 1;
        } else if (from[0] == '\\' && from[1]) {
            *to++ = *from++;
            *to++ = *from++;
        } else {
            *to++ = *from++;
        }
    }
    *to = 0;
}

static cJSON *json_read(const char *path) {
    char *text = text_read(path);
    cJSON *json = NULL;
    if (text) {
        zeros_escape(text);
        json = cJSON_Parse(text);
        free(text);
    }
    return json;
}

static void commands_run(struct script *script, const cJSON *list) {
    const cJSON *command;
    cJSON_ArrayForEach(command, list) {
        command_run(script, command);
    }
}

void script_run(const char *path, const struct script_options *options, struct script_progress *progress) {
    cJSON *json = json_read(path);
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "commands");
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "source_filename"));
    snprintf(progress->file, sizeof(progress->file), "%s", name ? name : path);
    if (!cJSON_IsArray(list)) {
        printf("%s: this is not what wast2json makes\n", path);
        progress->failed++;
    } else {
        char *folder = strdup(path);
        char *slash = folder ? strrchr(folder, '/') : NULL;
        if (slash) {
            *slash = 0;
        }
        struct script script = {.options = options, .progress = progress, .world = world_create(options), .folder = slash ? folder : "."};
        script.clear_shared = strcmp(progress->file, UNSHARED_FILE) == 0;
        commands_run(&script, list);
        world_destroy(script.world);
        free(folder);
    }
    cJSON_Delete(json);
    progress->ended = true;
}
