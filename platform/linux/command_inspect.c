/* argos inspect: a module, shown to a person who thinks about running it. Nothing of it is run. */
#include "base/sha256.h"
#include "platform/linux/command.h"
#include "platform/linux/inspect_sections.h"
#include "platform/linux/message.h"
#include "platform/linux/program.h"
#include "platform/linux/quantity.h"
#include "platform/linux/value.h"

#define NAME_SIZE 80

static void file_print(const struct program *program) {
    uint8_t digest[SHA256_SIZE];
    char size[32];
    sha256(program->file.bytes, digest);
    printf("file    %s\nsize    %s", message_file_name(program->path), quantity_size_text(program->file.bytes.size, size, sizeof size));
    if (program->file.bytes.size >= 1024) {
        printf(" (%zu bytes)", program->file.bytes.size);
    }
    fputs("\nsha256  ", stdout);
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        printf("%02x", digest[i]);
    }
    putchar('\n');
}

/* ---- What it asks for ---- */

static bool is_same_module(const struct wasm_module *module, uint32_t left, uint32_t right) {
    struct wasm_import left_import, right_import;
    wasm_module_import(module, left, &left_import);
    wasm_module_import(module, right, &right_import);
    return bytes_equal(left_import.module, right_import.module);
}

/* Imports come in groups in practice, so only neighbours are counted together: time stays linear in the imports. */
static void imported_modules_print(const struct wasm_module *module) {
    uint32_t count = wasm_module_import_count(module);
    for (uint32_t first = 0, next; first < count; first = next) {
        struct wasm_import import;
        char name[NAME_SIZE];
        for (next = first + 1; next < count && is_same_module(module, first, next);) {
            next++;
        }
        wasm_module_import(module, first, &import);
        bool is_wasi = bytes_equal(import.module, bytes_from_text("wasi_snapshot_preview1"));
        bool is_argos = bytes_equal(import.module, bytes_from_text("argos"));
        printf("  %u import%s from %s%s\n", next - first, next - first == 1 ? "" : "s", report_quote(import.module, name, sizeof name),
               is_wasi    ? " (WASI preview 1)"
               : is_argos ? " (the functions of an ArgOS context)"
                          : " (supplied by nobody here)");
    }
}

static bool exports_function(const struct wasm_module *module, const char *name) {
    struct wasm_export found;
    return wasm_module_find_export(module, bytes_from_text(name), &found) && found.type.kind == WASM_KIND_FUNCTION;
}

static void requests_print(const struct wasm_module *module) {
    puts("\nasks for");
    if (exports_function(module, "_start")) {
        puts("  to be started as a program (exports _start)");
    }
    if (exports_function(module, "start")) {
        puts("  an ArgOS context (exports start)");
    }
    imported_modules_print(module);
    if (wasm_module_import_count(module) == 0) {
        puts("  no imports");
    }
}

/* ---- Imports, exports, memories ---- */

static void imports_print(const struct wasm_module *module) {
    uint32_t count = wasm_module_import_count(module);
    if (count > 0) {
        puts("\nimports");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_import import;
        wasm_module_import(module, i, &import);
        fputs("  (import ", stdout);
        name_print(stdout, import.module);
        putchar(' ');
        name_print(stdout, import.name);
        putchar(' ');
        extern_type_print(stdout, &import.type);
        puts(")");
    }
}

static void exports_print(const struct wasm_module *module) {
    uint32_t count = wasm_module_export_count(module);
    if (count > 0) {
        puts("\nexports");
    }
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_export export;
        wasm_module_export(module, i, &export);
        fputs("  (export ", stdout);
        name_print(stdout, export.name);
        putchar(' ');
        extern_type_print(stdout, &export.type);
        puts(")");
    }
}

static const char *pages_text(uint32_t pages, char *out, size_t size) {
    return quantity_size_text((uint64_t)pages * WASM_PAGE_SIZE, out, size);
}

static void memories_print(const struct wasm_module *module, const struct wasm_module_summary *summary) {
    if (summary->memory_count > 0) {
        puts("\nmemories");
    }
    for (uint32_t i = 0; i < summary->memory_count; i++) {
        struct wasm_limits limits;
        char size[32];
        wasm_module_memory_type(module, i, &limits);
        printf("  %u: %u pages (%s)", i, limits.minimum, pages_text(limits.minimum, size, sizeof size));
        if (limits.has_maximum) {
            printf(", at most %u pages (%s)", limits.maximum, pages_text(limits.maximum, size, sizeof size));
        }
        putchar('\n');
    }
}

/* ---- Limits ---- */

enum limit {
#define LIMIT(name, value, text) LIMIT_##name,
#include "wasm/limits.def"
#undef LIMIT
    LIMIT_COUNT
};

static const struct {
    uint64_t value;
    const char *text;
} limits[LIMIT_COUNT] = {
#define LIMIT(name, value, text) {value, text},
#include "wasm/limits.def"
#undef LIMIT
};

/* What a module uses of the limits that count things of a whole module; those of single functions have no one number. */
static bool limit_use(enum limit limit, const struct program *program, const struct wasm_module_summary *summary, uint64_t *used) {
    switch (limit) {
    case LIMIT_MODULE_BYTES: *used = program->file.bytes.size; return true;
    case LIMIT_TYPES: *used = summary->type_count; return true;
    case LIMIT_IMPORTS: *used = wasm_module_import_count(program->module); return true;
    case LIMIT_FUNCTIONS: *used = summary->function_count; return true;
    case LIMIT_TABLES: *used = summary->table_count; return true;
    case LIMIT_MEMORIES: *used = summary->memory_count; return true;
    case LIMIT_GLOBALS: *used = summary->global_count; return true;
    case LIMIT_EXPORTS: *used = wasm_module_export_count(program->module); return true;
    case LIMIT_ELEMENT_SEGMENTS: *used = summary->element_count; return true;
    case LIMIT_DATA_SEGMENTS: *used = summary->data_count; return true;
    default: return false;
    }
}

static void limits_print(const struct program *program, const struct wasm_module_summary *summary) {
    puts("\nlimits of the engine\n        used        limit  what");
    for (int i = 0; i < LIMIT_COUNT; i++) {
        uint64_t used;
        if (limit_use((enum limit)i, program, summary, &used)) {
            printf("  %10llu", (unsigned long long)used);
        } else {
            printf("  %10s", "");
        }
        printf(" %12llu  %s\n", (unsigned long long)limits[i].value, limits[i].text);
    }
}

/* ---- The whole ---- */

static void module_print(const struct program *program) {
    struct wasm_module_summary summary;
    wasm_module_summary(program->module, &summary);
    char size[32];
    requests_print(program->module);
    inspect_wants(stdout, program->module);
    imports_print(program->module);
    exports_print(program->module);
    memories_print(program->module, &summary);
    inspect_tables(stdout, program->module);
    inspect_start(stdout, program->module);
    printf("\nfunctions\n  %u imported, %u defined, with %s of code\n", summary.imported_function_count,
           summary.function_count - summary.imported_function_count, quantity_size_text(summary.code_bytes, size, sizeof size));
    inspect_sections(stdout, program->module);
    inspect_producers(stdout, program->module);
    limits_print(program, &summary);
}

int command_inspect(const struct command_line *line) {
    const char *path = line->operands[0];
    struct program program;
    struct report report;
    report_init(&report);
    enum error error = program_read(&program, path, line->budget, &report);
    if (error == ERROR_NONE) {
        file_print(&program);
        error = program_decode(&program, &report);
    }
    if (error == ERROR_NONE) {
        module_print(&program);
    } else {
        fflush(stdout);
        message_report(path, &report);
    }
    program_end(&program);
    return error == ERROR_NONE ? COMMAND_DONE : COMMAND_FAILED;
}
