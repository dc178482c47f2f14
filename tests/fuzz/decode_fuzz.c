/* Decoding and validation of any bytes, in a small budget; then everything that a module says about itself. The input is
   copied to a block of its exact size, so that the sanitizer sees every read past its end. */
#include "base/assert.h"
#include "tests/support/build.h"
#include "tests/support/support.h"
#include "wasm/wasm.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_BYTES (64ull << 20)

#define PREAMBLE_SIZE 8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed);
/* libFuzzer's own mutations. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t size_max);

/* Where there is no module yet, mutations start from one with every section. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t size_max, unsigned seed) {
    (void)seed;
    if (size <= PREAMBLE_SIZE) {
        struct build build = {0};
        build_everything(&build);
        if (build.size <= size_max) {
            memcpy(data, build.data, build.size);
            size = build.size;
        }
        build_end(&build);
    }
    return LLVMFuzzerMutate(data, size, size_max);
}

/* Reads each byte, so that a view that is not in the module is seen. */
static unsigned bytes_touch(struct bytes view) {
    unsigned sum = 0;
    for (size_t i = 0; i < view.size; i++) {
        sum += view.data[i];
    }
    return sum;
}

static unsigned type_touch(const struct wasm_extern_type *type) {
    if (type->kind != WASM_KIND_FUNCTION) {
        return type->value_type;
    }
    return bytes_touch((struct bytes){type->function->types, (size_t)type->function->parameter_count + type->function->result_count});
}

static unsigned sections_walk(const struct wasm_module *module) {
    const struct bytes bytes = wasm_module_bytes(module);
    unsigned sum = 0;
    uint64_t cursor = 0;
    struct wasm_section section;
    while (wasm_module_next_section(module, &cursor, &section)) {
        ASSERT(section.offset + section.size <= bytes.size);
        sum += bytes_touch(section.name) + bytes_touch((struct bytes){bytes.data + section.offset, section.size});
    }
    ASSERT(cursor == 0 || cursor == bytes.size);
    return sum;
}

static unsigned imports_walk(const struct wasm_module *module) {
    unsigned sum = 0;
    for (uint32_t i = 0; i < wasm_module_import_count(module); i++) {
        struct wasm_import import;
        wasm_module_import(module, i, &import);
        sum += bytes_touch(import.module) + bytes_touch(import.name) + type_touch(&import.type);
    }
    return sum;
}

static unsigned exports_walk(const struct wasm_module *module) {
    unsigned sum = 0;
    for (uint32_t i = 0; i < wasm_module_export_count(module); i++) {
        struct wasm_export export;
        struct wasm_export found;
        wasm_module_export(module, i, &export);
        ASSERT(wasm_module_find_export(module, export.name, &found));
        ASSERT(found.index == export.index && found.type.kind == export.type.kind);
        sum += type_touch(&export.type);
    }
    return sum;
}

static unsigned module_walk(const struct wasm_module *module) {
    struct wasm_module_summary summary;
    wasm_module_summary(module, &summary);
    unsigned sum = sections_walk(module) + imports_walk(module) + exports_walk(module);
    /* One more than there are: an index that the name section may have, or not. Each look-up walks the section. */
    for (uint32_t i = 0; i <= summary.function_count && i < 64; i++) {
        sum += bytes_touch(wasm_module_function_name(module, i));
    }
    for (uint32_t i = 0; i < summary.memory_count; i++) {
        struct wasm_limits limits;
        wasm_module_memory_type(module, i, &limits);
        ASSERT(limits.minimum <= limits.maximum);
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL) {
        abort();
    }
    if (size != 0) {
        memcpy(copy, data, size);
    }
    struct budget budget;
    budget_init_root(&budget, support_memory(), LIMIT_BYTES);
    struct wasm_engine *engine = NULL;
    struct wasm_module *module = NULL;
    struct report report;
    report_init(&report);
    enum error error = wasm_engine_create(NULL, &budget, &engine);
    ASSERT(error == ERROR_NONE);
    error = wasm_module_create(engine, &budget, (struct bytes){copy, size}, &report, &module);
    if (error == ERROR_NONE) {
        volatile unsigned sum = module_walk(module);
        (void)sum;
        wasm_module_destroy(module);
    } else {
        ASSERT(report.error == error);
        ASSERT(report.text[0] != '\0');
        ASSERT(report.offset == REPORT_NO_OFFSET || report.offset <= size);
    }
    wasm_engine_destroy(engine);
    budget_end(&budget);
    ASSERT(support_live_bytes() == 0);
    free(copy);
    return 0;
}
