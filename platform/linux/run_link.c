/* What a module needs and has to offer, checked before anything of it runs, so that all that is missing is said at once. */
#include "platform/linux/message.h"
#include "platform/linux/run.h"
#include "wasi/wasi.h"

#include <string.h>

#define NAMES_SHOWN_MAX 10
#define NAMES_SIZE      2048
#define NAME_SIZE       80

/* Names for a sentence: "env.sleep (func), env.memory (memory) and 3 more". */
struct name_list {
    char text[NAMES_SIZE];
    size_t length;
    uint32_t count; /* of all, the shown and the others */
};

static const char *const kind_words[] = {
    [WASM_KIND_FUNCTION] = "func", [WASM_KIND_TABLE] = "table", [WASM_KIND_MEMORY] = "memory", [WASM_KIND_GLOBAL] = "global"};

static void name_list_add(struct name_list *list, struct bytes module, struct bytes name, enum wasm_kind kind) {
    char module_text[NAME_SIZE], name_text[NAME_SIZE];
    if (list->count++ >= NAMES_SHOWN_MAX) {
        return;
    }
    report_quote(module, module_text, sizeof module_text);
    report_quote(name, name_text, sizeof name_text);
    /* Ten such names are less than the text has room for. */
    list->length += (size_t)snprintf(list->text + list->length, sizeof list->text - list->length, "%s%s%s%s (%s)", list->count == 1 ? "" : ", ",
                                     module_text, module.size == 0 ? "" : ".", name_text, kind_words[kind]);
}

static void name_list_end(struct name_list *list) {
    if (list->count > NAMES_SHOWN_MAX) {
        snprintf(list->text + list->length, sizeof list->text - list->length, " and %u more", list->count - NAMES_SHOWN_MAX);
    }
}

enum command_exit run_check_imports(const struct run *run) {
    struct name_list missing = {.count = 0};
    const struct wasm_module *module = run->program.module;
    bool is_preview_0 = false;
    for (uint32_t i = 0; i < wasm_module_import_count(module); i++) {
        struct wasm_import import;
        wasm_module_import(module, i, &import);
        if (!wasi_has_import(&import)) {
            name_list_add(&missing, import.module, import.name, import.type.kind);
            is_preview_0 = is_preview_0 || bytes_equal(import.module, bytes_from_text("wasi_unstable"));
        }
    }
    if (missing.count == 0) {
        return COMMAND_DONE;
    }
    name_list_end(&missing);
    if (is_preview_0) {
        message_of_file(run->path, "it was made for WASI preview 0 (it imports wasi_unstable), which is not supplied; build it again with a "
                                   "toolchain for WASI preview 1 (wasm32-wasi)");
    } else {
        message_of_file(run->path,
                        "it imports what nobody supplies here: %s; build it for WASI preview 1 (wasm32-wasi), whose functions are "
                        "all that is supplied",
                        missing.text);
    }
    return COMMAND_REFUSED;
}

static const char *exports_text(const struct wasm_module *module, struct name_list *list) {
    for (uint32_t i = 0; i < wasm_module_export_count(module); i++) {
        struct wasm_export export;
        wasm_module_export(module, i, &export);
        name_list_add(list, (struct bytes){0}, export.name, export.type.kind);
    }
    name_list_end(list);
    return list->count == 0 ? "nothing" : list->text;
}

static bool exports_function(const struct wasm_module *module, const char *name, struct wasm_export *found) {
    return wasm_module_find_export(module, bytes_from_text(name), found) && found->type.kind == WASM_KIND_FUNCTION;
}

static enum command_exit check_invoked(const struct run *run) {
    const struct wasm_module *module = run->program.module;
    struct wasm_export found;
    struct name_list names = {.count = 0};
    if (exports_function(module, run->line->invoke, &found)) {
        return COMMAND_DONE;
    }
    message_of_file(run->path, "it exports no function %s to invoke; it exports %s", run->line->invoke, exports_text(module, &names));
    return COMMAND_REFUSED;
}

enum command_exit run_check_start(const struct run *run) {
    const struct wasm_module *module = run->program.module;
    struct wasm_export found;
    struct name_list names = {.count = 0};
    if (run->line->invoke != NULL) {
        return check_invoked(run);
    }
    if (exports_function(module, "_start", &found)) {
        if (found.type.function->parameter_count == 0 && found.type.function->result_count == 0) {
            return COMMAND_DONE;
        }
        message_of_file(run->path, "its _start takes parameters or gives results, so it is no program; call it with --invoke _start");
        return COMMAND_REFUSED;
    }
    message_of_file(run->path, "it has no _start to begin with; it exports %s; call a function with --invoke NAME", exports_text(module, &names));
    return COMMAND_REFUSED;
}
