/* Sections, read again for a person. The engine has validated its own sections, but nobody has looked into the custom ones:
   every read here is checked, and what does not fit is said instead of shown. */
#include "platform/linux/inspect_sections.h"

#include "base/leb128.h"
#include "platform/linux/system/wants.h"
#include "platform/linux/value.h"

#include <string.h>

#define SECTION_TABLE 4
#define SECTION_START 8
#define TEXT_SIZE     256 /* of a name or a line that is shown; longer ones are cut */

/* The unread part of a section. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    bool is_broken; /* something did not fit; all that follows reads as empty */
};

static uint32_t cursor_u32(struct cursor *cursor) {
    uint32_t value = 0;
    enum leb128_problem problem;
    size_t used = cursor->is_broken ? 0 : leb128_decode_u32(cursor->at, cursor->end, &value, &problem);
    cursor->is_broken = used == 0;
    cursor->at += used;
    return used == 0 ? 0 : value;
}

static uint8_t cursor_byte(struct cursor *cursor) {
    cursor->is_broken = cursor->is_broken || cursor->at == cursor->end;
    return cursor->is_broken ? 0 : *cursor->at++;
}

static struct bytes cursor_name(struct cursor *cursor) {
    uint32_t size = cursor_u32(cursor);
    cursor->is_broken = cursor->is_broken || size > (size_t)(cursor->end - cursor->at);
    if (cursor->is_broken) {
        return (struct bytes){0};
    }
    struct bytes name = {cursor->at, size};
    cursor->at += size;
    return name;
}

static bool section_find(const struct wasm_module *module, uint8_t id, const char *name, struct cursor *out) {
    struct wasm_section section;
    uint64_t place = 0;
    while (wasm_module_next_section(module, &place, &section)) {
        if (section.id == id && (id != 0 || bytes_equal(section.name, bytes_from_text(name)))) {
            const uint8_t *content = wasm_module_bytes(module).data + section.offset;
            *out = (struct cursor){.at = content, .end = content + section.size};
            return true;
        }
    }
    return false;
}

/* ---- Tables and the start function ---- */

static void table_print(FILE *out, uint32_t index, const struct wasm_limits *limits, uint8_t type) {
    fprintf(out, "  %u: %s, %u elements", index, value_type_name(type), limits->minimum);
    if (limits->has_maximum) {
        fprintf(out, ", at most %u", limits->maximum);
    }
    fputc('\n', out);
}

void inspect_tables(FILE *out, const struct wasm_module *module) {
    struct wasm_module_summary summary;
    struct cursor cursor = {0};
    uint32_t index = 0;
    wasm_module_summary(module, &summary);
    if (summary.table_count == 0) {
        return;
    }
    fputs("\ntables\n", out);
    for (uint32_t i = 0; i < wasm_module_import_count(module); i++) {
        struct wasm_import import;
        wasm_module_import(module, i, &import);
        if (import.type.kind == WASM_KIND_TABLE) {
            table_print(out, index++, &import.type.limits, import.type.value_type);
        }
    }
    uint32_t own_count = section_find(module, SECTION_TABLE, "", &cursor) ? cursor_u32(&cursor) : 0;
    for (uint32_t i = 0; i < own_count && !cursor.is_broken; i++) {
        uint8_t type = cursor_byte(&cursor);
        struct wasm_limits limits = {.has_maximum = (cursor_byte(&cursor) & 1) != 0};
        limits.minimum = cursor_u32(&cursor);
        limits.maximum = limits.has_maximum ? cursor_u32(&cursor) : UINT32_MAX;
        table_print(out, index++, &limits, type);
    }
}

void inspect_start(FILE *out, const struct wasm_module *module) {
    struct cursor cursor;
    if (!section_find(module, SECTION_START, "", &cursor)) {
        return;
    }
    uint32_t index = cursor_u32(&cursor);
    fprintf(out, "\nstart function\n  function %u ", index);
    name_print(out, wasm_module_function_name(module, index));
    fputc('\n', out);
}

/* ---- All sections ---- */

void inspect_sections(FILE *out, const struct wasm_module *module) {
    struct wasm_section section;
    uint64_t place = 0;
    fputs("\nsections\n      offset        bytes  name\n", out);
    while (wasm_module_next_section(module, &place, &section)) {
        fprintf(out, "  0x%08llx %12llu  ", (unsigned long long)section.offset, (unsigned long long)section.size);
        if (section.id == 0) {
            fputs("custom ", out);
            name_print(out, section.name);
        } else {
            fwrite(section.name.data, 1, section.name.size, out);
        }
        fputc('\n', out);
    }
}

/* ---- Custom sections ---- */

/* A field is a list of names with versions: "language: C99", "processed-by: clang 14.0.6". */
static void producers_field_print(FILE *out, struct cursor *cursor) {
    char field_text[TEXT_SIZE], name_text[TEXT_SIZE], version_text[TEXT_SIZE];
    struct bytes field = cursor_name(cursor);
    uint32_t count = cursor_u32(cursor);
    for (uint32_t i = 0; i < count && !cursor->is_broken; i++) {
        struct bytes name = cursor_name(cursor), version = cursor_name(cursor);
        if (!cursor->is_broken) {
            fprintf(out, "  %s: %s%s%s\n", report_quote(field, field_text, sizeof field_text), report_quote(name, name_text, sizeof name_text),
                    version.size == 0 ? "" : " ", report_quote(version, version_text, sizeof version_text));
        }
    }
}

void inspect_producers(FILE *out, const struct wasm_module *module) {
    struct cursor cursor;
    if (!section_find(module, 0, "producers", &cursor)) {
        return;
    }
    fputs("\nproducers\n", out);
    uint32_t count = cursor_u32(&cursor);
    for (uint32_t i = 0; i < count && !cursor.is_broken; i++) {
        producers_field_print(out, &cursor);
    }
    if (cursor.is_broken) {
        fputs("  (the rest of the section is malformed)\n", out);
    }
}

void inspect_wants(FILE *out, const struct wasm_module *module) {
    struct want want;
    uint64_t place = 0;
    for (bool is_first = true; want_next(module, &place, &want); is_first = false) {
        char interface[TEXT_SIZE], reason[TEXT_SIZE];
        fprintf(out, "%s  %s%s%s\n", is_first ? "\nargos.wants\n" : "", report_quote(want.interface, interface, sizeof interface),
                want.reason.size > 0 ? ": " : "", report_quote(want.reason, reason, sizeof reason));
    }
}
