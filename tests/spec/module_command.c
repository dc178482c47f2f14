/* Commands about a module as a whole: it loads and links, or is refused for the right reason. */
#include "tests/spec/script_private.h"

#include <stdio.h>
#include <string.h>

static enum error module_load(struct script *script, struct report *report, struct wasm_module **out) {
    char path[1024];
    const char *name = command_text(script, "filename");
    report_init(report);
    snprintf(path, sizeof(path), "%s/%s", script->folder, name ? name : "");
    return world_load(script->world, path, script->clear_shared, report, out);
}

/* The suite's phrase for a refusal is informative: ours only have to be right. */
static void phrase_count(struct script *script, const struct report *report) {
    const char *phrase = command_text(script, "text");
    struct script_progress *progress = script->progress;
    bool found = phrase && strstr(report->text, phrase);
    progress->refusals++;
    progress->phrases += found;
    if (script->options->verbose || (script->options->messages && !found)) {
        printf("%s:%u: %s: expected \"%s\", we say \"%s\" at 0x%llx\n", progress->file, progress->line, script->type, phrase ? phrase : "",
               report->text, (unsigned long long)report->offset);
    }
}

static void refusal_fail(struct script *script, enum error error, const struct report *report) {
    const char *phrase = command_text(script, "text");
    if (error) {
        command_fail(script, "refused as %s (%s), expected: %s", error_text(error), report->text, phrase ? phrase : "");
    } else {
        command_fail(script, "accepted, expected: %s", phrase ? phrase : "a refusal");
    }
}

void module_command(struct script *script) {
    struct report report;
    struct wasm_module *module;
    struct wasm_instance *instance = NULL;
    bool missing;
    enum error error = module_load(script, &report, &module);
    if (!error) {
        error = world_instantiate(script->world, module, &report, &missing, &instance);
    }
    world_name(script->world, command_text(script, "name"), error ? NULL : instance);
    if (error == ERROR_TRAP) {
        command_fail(script, "trap: %s", wasm_trap_text(wasm_store_trap(world_store(script->world))->kind));
    } else if (error) {
        command_fail(script, "%s (%s)", error_text(error), report.text);
    } else {
        command_pass(script);
    }
}

void invalid_command(struct script *script, enum error expected) {
    struct report report;
    struct wasm_module *module;
    enum error error = module_load(script, &report, &module);
    if (error != expected || report.error != expected || report.text[0] == 0) {
        refusal_fail(script, error, &report);
        return;
    }
    phrase_count(script, &report);
    command_pass(script);
}

void unlinkable_command(struct script *script) {
    struct report report;
    struct wasm_module *module;
    struct wasm_instance *instance;
    const char *phrase = command_text(script, "text");
    bool missing = false;
    enum error error = module_load(script, &report, &module);
    if (!error) {
        error = world_instantiate(script->world, module, &report, &missing, &instance);
    }
    if (error != ERROR_UNLINKABLE || report.error != error || !phrase) {
        refusal_fail(script, error, &report);
    } else if (missing != (strcmp(phrase, "unknown import") == 0)) {
        command_fail(script, "expected: %s, but the import was %s", phrase, missing ? "not there" : "there");
    } else {
        phrase_count(script, &report);
        command_pass(script);
    }
}

void uninstantiable_command(struct script *script) {
    struct report report;
    struct wasm_module *module;
    struct wasm_instance *instance;
    bool missing;
    enum error error = module_load(script, &report, &module);
    if (error) {
        command_fail(script, "%s (%s)", error_text(error), report.text);
        return;
    }
    error = world_instantiate(script->world, module, &report, &missing, &instance);
    trap_check(script, error, command_text(script, "text"));
}

void register_command(struct script *script) {
    const char *name = command_text(script, "as");
    struct wasm_instance *instance = world_find(script->world, command_text(script, "name"));
    if (!name || !instance) {
        command_fail(script, "there is no such instance");
        return;
    }
    world_register(script->world, name, instance);
    command_pass(script);
}

static void exception_unlinkable(struct script *script, const struct wasm_module *module) {
    struct report report;
    struct wasm_instance *instance;
    bool missing;
    report_init(&report);
    enum error error = world_instantiate(script->world, module, &report, &missing, &instance);
    if (error == ERROR_UNLINKABLE && missing) {
        command_pass(script);
    } else {
        refusal_fail(script, error, &report);
    }
}

void module_exception(struct script *script, enum exception_check check) {
    struct report report;
    struct wasm_module *module = NULL;
    enum error error = module_load(script, &report, &module);
    bool holds = false;
    switch (check) {
    case CHECK_VALID: holds = error == ERROR_NONE; break;
    case CHECK_UNKNOWN_MEMORY: holds = error == ERROR_INVALID && strstr(report.text, "unknown memory"); break;
    case CHECK_MALFORMED: holds = error == ERROR_MALFORMED; break;
    case CHECK_SHARED_REFUSED: holds = error == ERROR_UNSUPPORTED && strstr(report.text, "shared memor"); break;
    case CHECK_UNKNOWN_IMPORT:
        if (!error) {
            exception_unlinkable(script, module);
            return;
        }
        break;
    case CHECK_SHARED_TRAP: break;
    }
    if (holds) {
        command_pass(script);
    } else {
        command_fail(script, "expected (by exceptions.def): %s, but: %s %s", exception_check_text(check), error_text(error), report.text);
    }
}
