/* Images in memory for tests: where they are written to, and comparing the modules that come out. */
#ifndef WASM_IMAGE_TEST_H
#define WASM_IMAGE_TEST_H

#include "tests/support/support.h"
#include "wasm/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Bytes that grow where they are written, zero in between. */
struct image_memory {
    uint8_t *data;
    uint64_t size;
    uint64_t fail_from; /* writes from this offset on fail; 0: none does */
};

static inline enum error image_memory_write(void *context, uint64_t offset, struct bytes bytes) {
    struct image_memory *memory = context;
    if (memory->fail_from != 0 && offset >= memory->fail_from) {
        return ERROR_HOST;
    }
    if (offset + bytes.size > memory->size) {
        uint8_t *grown = realloc(memory->data, offset + bytes.size);
        assert_non_null(grown);
        memset(grown + memory->size, 0, offset + bytes.size - memory->size);
        memory->data = grown;
        memory->size = offset + bytes.size;
    }
    memcpy(memory->data + offset, bytes.data, bytes.size);
    return ERROR_NONE;
}

static inline struct wasm_image_sink image_memory_sink(struct image_memory *memory) {
    return (struct wasm_image_sink){.context = memory, .write = image_memory_write};
}

static inline struct wasm_image_identity image_identity(void) {
    struct wasm_image_identity identity = {.build = bytes_from_text("a test")};
    memset(identity.program, 7, sizeof identity.program);
    return identity;
}

static inline struct wasm_image image_of(struct bytes content) {
    return (struct wasm_image){.identity = image_identity(), .content = content};
}

/* ---- Comparing ---- */

static inline bool views_equal(struct bytes left, struct bytes right) {
    return left.size == right.size && (left.size == 0 || left.data == right.data);
}

static inline bool limits_equal(const struct wasm_limits *left, const struct wasm_limits *right) {
    return left->minimum == right->minimum && left->maximum == right->maximum && left->has_maximum == right->has_maximum;
}

static inline bool functions_equal(const struct wasm_module *left, const struct wasm_module *right) {
    for (uint32_t i = 0; i < left->type_count; i++) {
        if (left->types[i] != right->types[i]) {
            return false;
        }
    }
    for (uint32_t i = 0; i < left->function_count; i++) {
        const struct module_function *a = &left->functions[i], *b = &right->functions[i];
        if (a->type != b->type || a->body_offset != b->body_offset || a->body_size != b->body_size || a->operand_max != b->operand_max ||
            a->local_count != b->local_count || a->nesting_max != b->nesting_max || a->is_declared != b->is_declared) {
            return false;
        }
    }
    return true;
}

static inline bool spaces_equal(const struct wasm_module *left, const struct wasm_module *right) {
    for (uint32_t i = 0; i < left->table_count; i++) {
        if (!limits_equal(&left->tables[i].limits, &right->tables[i].limits) || left->tables[i].element_type != right->tables[i].element_type) {
            return false;
        }
    }
    for (uint32_t i = 0; i < left->memory_count; i++) {
        if (!limits_equal(&left->memories[i].limits, &right->memories[i].limits)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < left->global_count; i++) {
        const struct module_global *a = &left->globals[i], *b = &right->globals[i];
        if (a->type != b->type || a->is_mutable != b->is_mutable || a->initial.offset != b->initial.offset) {
            return false;
        }
    }
    return true;
}

static inline bool names_equal(const struct wasm_module *left, const struct wasm_module *right) {
    for (uint32_t i = 0; i < left->import_count; i++) {
        const struct module_import *a = &left->imports[i], *b = &right->imports[i];
        if (!views_equal(a->module, b->module) || !views_equal(a->name, b->name) || a->kind != b->kind || a->index != b->index) {
            return false;
        }
    }
    for (uint32_t i = 0; i < left->export_count; i++) {
        const struct module_export *a = &left->exports[i], *b = &right->exports[i];
        struct wasm_export found;
        if (!views_equal(a->name, b->name) || a->kind != b->kind || a->index != b->index || !wasm_module_find_export(right, a->name, &found) ||
            found.index != a->index) {
            return false;
        }
    }
    return true;
}

static inline bool segments_equal(const struct wasm_module *left, const struct wasm_module *right) {
    for (uint32_t i = 0; i < left->element_count; i++) {
        const struct module_element *a = &left->elements[i], *b = &right->elements[i];
        if (a->mode != b->mode || a->element_type != b->element_type || a->uses_expressions != b->uses_expressions || a->table != b->table ||
            a->offset.offset != b->offset.offset || a->count != b->count || a->items_offset != b->items_offset) {
            return false;
        }
    }
    for (uint32_t i = 0; i < left->data_count; i++) {
        const struct module_data *a = &left->data[i], *b = &right->data[i];
        if (a->mode != b->mode || a->memory != b->memory || a->offset.offset != b->offset.offset || !views_equal(a->content, b->content)) {
            return false;
        }
    }
    return true;
}

/* Two modules of one engine and the same bytes. */
static inline bool modules_equal(const struct wasm_module *left, const struct wasm_module *right) {
    return left->type_count == right->type_count && left->function_count == right->function_count && left->table_count == right->table_count &&
           left->memory_count == right->memory_count && left->global_count == right->global_count && left->import_count == right->import_count &&
           left->export_count == right->export_count && left->element_count == right->element_count && left->data_count == right->data_count &&
           left->imported_function_count == right->imported_function_count && left->imported_table_count == right->imported_table_count &&
           left->imported_memory_count == right->imported_memory_count && left->imported_global_count == right->imported_global_count &&
           left->start_function == right->start_function && left->has_data_count == right->has_data_count && left->code_bytes == right->code_bytes &&
           views_equal(left->name_section, right->name_section) && functions_equal(left, right) && spaces_equal(left, right) &&
           names_equal(left, right) && segments_equal(left, right);
}

#endif
