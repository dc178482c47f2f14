/* argos disassemble: what the compiler makes of a function. */
#include "platform/linux/command.h"
#include "platform/linux/debug/function_names.h"
#include "platform/linux/message.h"
#include "platform/linux/nearest.h"
#include "platform/linux/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE      80
#define NAME_TEXT_SIZE 4096
#define SAME_SHOWN_MAX 8
#define SAME_LIST_SIZE 128

/* Looking for a function by its name. */
struct search {
    const struct wasm_module *module;
    struct bytes wanted;
    uint32_t found; /* the first */
    uint32_t count;
    char same[SAME_LIST_SIZE]; /* the indices of the first few */
    struct nearest nearest;
    char nearest_name[NAME_SIZE];
};

static uint32_t function_count(const struct wasm_module *module) {
    struct wasm_module_summary summary;
    wasm_module_summary(module, &summary);
    return summary.function_count;
}

/* ---- Finding ---- */

static void found_add(struct search *search, uint32_t index) {
    size_t length = strlen(search->same);
    if (search->count > 0 && search->found == index) {
        return;
    }
    if (search->count < SAME_SHOWN_MAX) {
        snprintf(search->same + length, sizeof search->same - length, "%s%u", search->count == 0 ? "" : ", ", index);
    }
    search->found = search->count == 0 ? index : search->found;
    search->count++;
}

static void search_look(struct search *search, uint32_t index, struct bytes name) {
    char text[NAME_SIZE];
    if (bytes_equal(name, search->wanted)) {
        found_add(search, index);
    }
    if (name.size < sizeof text) {
        memcpy(text, name.data, name.size);
        text[name.size] = 0;
        nearest_offer(&search->nearest, text);
        if (search->nearest.name == text) {
            memcpy(search->nearest_name, text, sizeof text);
            search->nearest.name = search->nearest_name;
        }
    }
}

/* An export's name is unique; names of the name section need not be, and are looked at only when no export has this one. */
static void search_names(struct search *search) {
    struct wasm_function_names names;
    struct bytes name;
    uint32_t index;
    for (uint32_t i = 0; i < wasm_module_export_count(search->module); i++) {
        struct wasm_export export;
        wasm_module_export(search->module, i, &export);
        if (export.type.kind == WASM_KIND_FUNCTION) {
            search_look(search, export.index, export.name);
        }
    }
    if (search->count > 0) {
        return;
    }
    wasm_module_function_names(search->module, &names);
    while (wasm_next_function_name(&names, &index, &name)) {
        if (index < function_count(search->module)) {
            search_look(search, index, name);
        }
    }
}

/* A number is an index, whatever functions are called. */
static bool index_parse(const char *word, uint32_t *out) {
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(word, &end, 10);
    *out = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
    return errno == 0 && *word >= '0' && *word <= '9' && *end == 0;
}

/* False after a message. */
static bool function_find(const struct program *program, const char *word, uint32_t *out) {
    const uint32_t count = function_count(program->module);
    if (index_parse(word, out)) {
        if (*out >= count) {
            message_of_file(program->path, "there is no function %s; it has %u", word, count);
        }
        return *out < count;
    }
    struct search search = {.module = program->module, .wanted = bytes_from_text(word)};
    nearest_init(&search.nearest, word);
    search_names(&search);
    *out = search.found;
    if (search.count > 1) {
        message_of_file(program->path, "%u functions have the name %s: %s%s; say which by its index", search.count, word, search.same,
                        search.count > SAME_SHOWN_MAX ? " and more" : "");
    } else if (search.count == 0 && search.nearest.name != NULL) {
        message_of_file(program->path, "there is no function %s, did you mean %s? Without a name, all are listed", word, search.nearest.name);
    } else if (search.count == 0) {
        message_of_file(program->path, "there is no function %s; without a name, all are listed", word);
    }
    return search.count == 1;
}

/* ---- Showing ---- */

static void text_print(void *context, const char *text, size_t size) {
    fwrite(text, 1, size, context);
}

static int function_show(const struct command_line *line, const struct program *program, uint32_t index) {
    if (wasm_module_function_body(program->module, index).size == 0) {
        message_of_file(program->path, "function %u is imported: it has no code", index);
        return COMMAND_FAILED;
    }
    const uint32_t *stage = line->dump != NULL ? &line->dump_stage : NULL;
    enum error error = wasm_function_show(program->module, index, stage, text_print, stdout);
    if (error == ERROR_LIMIT) {
        fflush(stdout);
        message_of_file(program->path, "function %u is beyond the compiler's limits: it is interpreted", index);
    } else if (error != ERROR_NONE) {
        fflush(stdout);
        message_of_file(program->path, "function %u cannot be compiled: %s", index, error_text(error));
    }
    return error == ERROR_NONE ? COMMAND_DONE : COMMAND_FAILED;
}

static int functions_list(const struct command_line *line, const struct program *program) {
    struct function_names names;
    if (function_names_find(&names, program->module, line->budget) != ERROR_NONE) {
        message_of_file(program->path, "there is no memory for the names of its functions");
        return COMMAND_FAILED;
    }
    for (uint32_t i = 0; i < names.count; i++) {
        char text[NAME_TEXT_SIZE];
        const struct bytes body = wasm_module_function_body(program->module, i);
        if (body.size != 0) {
            printf("%7u  %7zu bytes at 0x%06zx  %s\n", i, body.size, (size_t)(body.data - wasm_module_bytes(program->module).data),
                   report_quote(names.names[i], text, sizeof text));
        }
    }
    function_names_end(&names);
    return COMMAND_DONE;
}

static int stages_list(void) {
    const char *name;
    for (uint32_t i = 0; (name = wasm_stage_name(i)) != NULL; i++) {
        puts(name);
    }
    return COMMAND_DONE;
}

int command_disassemble(const struct command_line *line) {
    struct program program;
    struct report report;
    uint32_t index;
    int code = COMMAND_FAILED;
    if (line->dump != NULL && wasm_stage_name(line->dump_stage) == NULL) {
        return stages_list();
    }
    if (line->operand_count < (line->dump != NULL ? 2 : 1)) {
        message("disassemble: a file or a function is missing; write argos disassemble %s", line->command->operands);
        return COMMAND_USAGE;
    }
    report_init(&report);
    if (program_read(&program, line->operands[0], line->budget, &report) != ERROR_NONE) {
        message_report(line->operands[0], &report);
        return COMMAND_FAILED;
    }
    program.options = (struct wasm_engine_options){.check_bounds = line->check_bounds, .compile_fast = line->fast};
    if (program_decode(&program, &report) != ERROR_NONE) {
        message_report(line->operands[0], &report);
    } else if (line->operand_count == 1) {
        code = functions_list(line, &program);
    } else if (function_find(&program, line->operands[1], &index)) {
        code = function_show(line, &program, index);
    }
    program_end(&program);
    return code;
}
