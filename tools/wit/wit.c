/* What was read together: its memory, its files, what is wrong with them. */
#include "base/format.h"
#include "tools/wit/canonical.h"
#include "tools/wit/generate.h"
#include "tools/wit/model.h"
#include "tools/wit/output.h"

#include <stdarg.h>

/* ---- Problems ---- */

void wit_problem_init(struct wit_problem *problem) {
    *problem = (struct wit_problem){0};
    report_init(&problem->report);
}

static void problem_place(struct wit_problem *problem, const struct wit_document *document, size_t offset) {
    const struct bytes text = document->file.text;
    problem->file = document->file.name;
    problem->line = 1;
    problem->column = 1;
    for (size_t i = 0; i < offset && i < text.size; i++) {
        problem->column++;
        /* A character of several bytes is one column. */
        if ((text.data[i] & 0xC0) == 0x80) {
            problem->column--;
        }
        if (text.data[i] == '\n') {
            problem->line++;
            problem->column = 1;
        }
    }
}

enum error wit_fail(struct wit_problem *problem, const struct wit_document *document, enum error error, size_t offset, const char *pattern, ...) {
    if (problem == NULL || problem->report.error != ERROR_NONE) {
        return error;
    }
    char text[REPORT_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, pattern);
    (void)format_list(text, sizeof text, pattern, arguments);
    va_end(arguments);
    problem_place(problem, document, offset);
    return report_fail(&problem->report, error, offset, "%s", text);
}

enum error wit_fail_memory(struct wit_problem *problem) {
    return report_fail(problem == NULL ? NULL : &problem->report, ERROR_NO_MEMORY, REPORT_NO_OFFSET, "there is not enough memory for the interface");
}

/* ---- Memory ---- */

void *wit_grow(struct wit *wit, void *array, uint32_t count, uint32_t *capacity, size_t size) {
    if (count < *capacity) {
        return array;
    }
    const uint32_t larger = *capacity == 0 ? 4 : *capacity * 2;
    void *moved = arena_allocate_zeroed(&wit->arena, larger, size);
    if (moved != NULL) {
        if (count != 0) {
            memcpy(moved, array, count * size);
        }
        *capacity = larger;
    }
    return moved;
}

enum error wit_create(struct budget *budget, const struct wit_source *source, struct wit **out) {
    struct wit *wit = budget_allocate_zeroed(budget, 1, sizeof *wit);
    *out = wit;
    if (wit == NULL) {
        return ERROR_NO_MEMORY;
    }
    wit->budget = budget;
    wit->source = source;
    arena_init(&wit->arena, budget);
    return ERROR_NONE;
}

void wit_destroy(struct wit *wit) {
    for (struct wit_document *document = wit->documents; document != NULL; document = document->next) {
        for (uint32_t i = 0; i < document->interface_count; i++) {
            map_end(&document->interfaces[i]->names);
        }
    }
    wit_outputs_end(wit);
    arena_end(&wit->arena);
    budget_release(wit->budget, wit, sizeof *wit);
}

/* ---- Files ---- */

/* Characters that make a text read otherwise than it stands: controls, and those that turn the direction of writing. */
static enum error document_check_text(const struct wit_document *document, struct wit_problem *problem) {
    const struct bytes text = document->file.text;
    if (text.size > WIT_MAX_TEXT_BYTES) {
        return wit_fail(problem, document, ERROR_LIMIT, 0, "a file has at most %d bytes", WIT_MAX_TEXT_BYTES);
    }
    if (!bytes_are_utf8(text)) {
        return wit_fail(problem, document, ERROR_MALFORMED, 0, "this is no text in UTF-8");
    }
    for (size_t i = 0; i < text.size; i++) {
        const uint8_t byte = text.data[i];
        const bool is_control = (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
        /* U+0080 to U+009F; U+202A to U+202E; U+2066 to U+2069. */
        const bool is_late_control = byte == 0xC2 && text.data[i + 1] < 0xA0;
        const bool turns = byte == 0xE2 && ((text.data[i + 1] == 0x80 && text.data[i + 2] >= 0xAA && text.data[i + 2] <= 0xAE) ||
                                            (text.data[i + 1] == 0x81 && text.data[i + 2] >= 0xA6 && text.data[i + 2] <= 0xA9));
        if (is_control || is_late_control || turns) {
            return wit_fail(problem, document, ERROR_MALFORMED, i, "a character that cannot be seen does not belong in an interface");
        }
    }
    return ERROR_NONE;
}

enum error wit_document_read(struct wit *wit, const struct wit_file *file, struct wit_problem *problem, struct wit_document **out) {
    struct wit_document *document = arena_allocate_zeroed(&wit->arena, 1, sizeof *document);
    *out = document;
    if (document == NULL) {
        return wit_fail_memory(problem);
    }
    document->file = *file;
    if (wit->document_count == WIT_MAX_DOCUMENTS) {
        return wit_fail(problem, document, ERROR_LIMIT, 0, "an interface uses at most %d files", WIT_MAX_DOCUMENTS);
    }
    wit->document_count++;
    struct wit_document **last = &wit->documents;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = document;
    enum error error = document_check_text(document, problem);
    return error == ERROR_NONE ? wit_parse(wit, document, problem) : error;
}

static enum error document_finish(struct wit *wit, struct wit_document *document, struct wit_problem *problem) {
    for (uint32_t i = 0; i < document->interface_count; i++) {
        enum error error = wit_resolve(wit, document->interfaces[i], problem);
        if (error != ERROR_NONE) {
            return error;
        }
    }
    return ERROR_NONE;
}

enum error wit_read(struct wit *wit, const struct wit_file *file, struct wit_problem *problem) {
    struct wit_document *document;
    enum error error = wit_document_read(wit, file, problem, &document);
    if (error == ERROR_NONE) {
        error = document_finish(wit, document, problem);
    }
    if (error == ERROR_NONE && wit_interface_count(wit) == 0) {
        error = wit_fail(problem, document, ERROR_MALFORMED, file->text.size, "there is no interface in this file");
    }
    return error;
}

/* ---- Interfaces ---- */

uint32_t wit_interface_count(const struct wit *wit) {
    uint32_t count = 0;
    while (wit_interface_at(wit, count) != NULL) {
        count++;
    }
    return count;
}

struct wit_interface *wit_interface_at(const struct wit *wit, uint32_t index) {
    const struct wit_document *document = wit->documents;
    for (uint32_t i = 0; i < document->interface_count; i++) {
        if (bytes_equal(document->interfaces[i]->package, document->package) && index-- == 0) {
            return document->interfaces[i];
        }
    }
    return NULL;
}

struct wit_interface *wit_interface_find(const struct wit *wit, struct bytes name) {
    struct wit_interface *interface;
    for (uint32_t i = 0; (interface = wit_interface_at(wit, i)) != NULL; i++) {
        if (bytes_equal(interface->name, name)) {
            return interface;
        }
    }
    return NULL;
}

struct bytes wit_interface_name(const struct wit_interface *interface) {
    return interface->name;
}

struct bytes wit_interface_package(const struct wit_interface *interface) {
    return interface->package;
}

enum error wit_interface_hash(struct wit_interface *interface, uint8_t digest[SHA256_SIZE]) {
    struct bytes text;
    enum error error = wit_print(interface, WIT_CANONICAL, NULL, &text);
    if (error == ERROR_NONE) {
        sha256(text, digest);
    }
    return error;
}

enum error wit_print(struct wit_interface *interface, enum wit_form form, struct wit_problem *problem, struct bytes *out) {
    static enum error (*const printers[])(struct wit_interface * interface, struct wit_problem * problem, struct wit_output * output) = {
        [WIT_CANONICAL] = canonical_print, [WIT_OPERATIONS] = operations_print, [WIT_HEADER] = header_print, [WIT_BINDINGS] = bindings_print,
        [WIT_PAGE] = page_print,
    };
    struct wit_output *output = wit_output_create(interface->wit);
    if (output == NULL) {
        return wit_fail_memory(problem);
    }
    enum error error = printers[form](interface, problem, output);
    if (error == ERROR_NONE) {
        error = wit_output_error(output, problem);
    }
    *out = wit_output_bytes(output);
    return error;
}
