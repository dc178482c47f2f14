/* Many small things: at the implementation's limits (wasm/limits.def) and just beyond them, and what promises to be
   big when it is instantiated. */
#include "tests/adversarial/cases.h"
#include "tests/adversarial/module.h"

#include <stdio.h>

static void run_add(struct module *module) {
    struct buffer nothing = {0};
    module_function(module, module_type(module, 0, 0), &nothing);
}

/* The parameter is a number of functions, types, ... everywhere below. */
static void functions(struct buffer *out, uint32_t count) {
    struct module module = {0};
    module_type(&module, 0, 0);
    module.counts[SECTION_FUNCTION] = module.counts[SECTION_CODE] = count;
    buffer_repeat_byte(&module.sections[SECTION_FUNCTION], 0, count);
    buffer_repeat(&module.sections[SECTION_CODE], (const uint8_t[]){2, 0, OP_END}, 3, count);
    module_end_run(&module, out);
}

static void types_same(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    buffer_repeat(&module.sections[SECTION_TYPE], (const uint8_t[]){0x60, 0, 0}, 3, count - 1);
    module.counts[SECTION_TYPE] = count;
    module_end_run(&module, out);
}

/* Each type is another: its parameters are the bits of its number. */
static void types_distinct(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    for (uint32_t i = 1; i < count; i++) {
        uint8_t type[23] = {0x60, 20};
        for (uint32_t bit = 0; bit < 20; bit++) {
            type[2 + bit] = i >> bit & 1 ? TYPE_I64 : TYPE_I32;
        }
        buffer_bytes(&module.sections[SECTION_TYPE], type, sizeof(type));
    }
    module.counts[SECTION_TYPE] = count;
    module_end_run(&module, out);
}

static void type_wide(struct buffer *out, uint32_t parameter_count) {
    struct module module = {0};
    run_add(&module);
    module_type(&module, parameter_count, 0);
    module_end_run(&module, out);
}

static void type_results(struct buffer *out, uint32_t result_count) {
    struct module module = {0};
    run_add(&module);
    module_type(&module, 0, result_count);
    module_end_run(&module, out);
}

static void imports(struct buffer *out, uint32_t count) {
    struct module module = {0};
    module_type(&module, 0, 0);
    module.counts[SECTION_IMPORT] = count;
    buffer_repeat(&module.sections[SECTION_IMPORT], (const uint8_t[]){1, 'a', 1, 'b', 0, 0}, 6, count);
    module_end_run(&module, out);
}

static void exports(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    for (uint32_t i = 1; i < count; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%x", i);
        module_export(&module, name, KIND_FUNCTION, 0);
    }
    module_end_run(&module, out);
}

static void globals(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    module.counts[SECTION_GLOBAL] = count;
    buffer_repeat(&module.sections[SECTION_GLOBAL], (const uint8_t[]){TYPE_I32, 1, OP_I32_CONST, 0, OP_END}, 5, count);
    module_end_run(&module, out);
}

static void data_segments(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    module_memory(&module, 1);
    module.counts[SECTION_DATA] = count;
    buffer_repeat(&module.sections[SECTION_DATA], (const uint8_t[]){0, OP_I32_CONST, 0, OP_END, 1, 'x'}, 6, count);
    module_end_run(&module, out);
}

static void element_segments(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    module_table(&module, TYPE_FUNCREF, 1);
    module.counts[SECTION_ELEMENT] = count;
    buffer_repeat(&module.sections[SECTION_ELEMENT], (const uint8_t[]){0, OP_I32_CONST, 0, OP_END, 1, 0}, 6, count);
    module_end_run(&module, out);
}

/* One segment of many elements. */
static void elements(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    module_table(&module, TYPE_FUNCREF, 1);
    module.counts[SECTION_ELEMENT] = 1;
    BUFFER_ADD(&module.sections[SECTION_ELEMENT], 0, OP_I32_CONST, 0, OP_END);
    buffer_u32(&module.sections[SECTION_ELEMENT], count);
    buffer_repeat_byte(&module.sections[SECTION_ELEMENT], 0, count);
    module_end_run(&module, out);
}

static void memories(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    for (uint32_t i = 0; i < count; i++) {
        module_memory(&module, 1);
    }
    module_end_run(&module, out);
}

static void memory_pages(struct buffer *out, uint32_t pages) {
    struct module module = {0};
    run_add(&module);
    module_memory(&module, pages);
    module_end_run(&module, out);
}

static void memories_huge(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    for (uint32_t i = 0; i < count; i++) {
        module_memory(&module, 65536);
    }
    module_end_run(&module, out);
}

static void tables(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    for (uint32_t i = 0; i < count; i++) {
        module_table(&module, TYPE_FUNCREF, 1);
    }
    module_end_run(&module, out);
}

static void table_elements(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    module_table(&module, TYPE_EXTERNREF, count);
    module_end_run(&module, out);
}

static void tables_huge(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    for (uint32_t i = 0; i < count; i++) {
        module_table(&module, TYPE_EXTERNREF, 10000000);
    }
    module_end_run(&module, out);
}

static void custom_sections(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    buffer_repeat(&module.custom, (const uint8_t[]){SECTION_CUSTOM, 2, 1, 'c'}, 4, count);
    module_end_run(&module, out);
}

static void sections_empty(struct buffer *out, uint32_t count) {
    struct module module = {0};
    run_add(&module);
    buffer_repeat(&module.custom, (const uint8_t[]){SECTION_TYPE, 1, 0}, 3, count);
    module_end_run(&module, out);
}

const struct hostile cases_many[] = {
    {"functions", functions, 1000000, 1000000, VERDICT_VALID, OUTCOME_ENDS},
    {"functions", functions, 1000001, 1000001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"types-same", types_same, 1000000, 1000000, VERDICT_VALID, OUTCOME_ENDS},
    {"types-same", types_same, 1000001, 1000001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"types-distinct", types_distinct, 1000000, 1000000, VERDICT_ANY, OUTCOME_ANY},
    {"type-wide", type_wide, 1000, 1000, VERDICT_VALID, OUTCOME_ENDS},
    {"type-wide", type_wide, 1001, 1001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"type-wide", type_wide, 10000000, 10000000, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"type-results", type_results, 1000, 1000, VERDICT_VALID, OUTCOME_ENDS},
    {"type-results", type_results, 1001, 1001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"imports", imports, 1000000, 1000000, VERDICT_VALID, OUTCOME_REFUSED},
    {"imports", imports, 1000001, 1000001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"exports", exports, 1000000, 1000000, VERDICT_VALID, OUTCOME_ENDS},
    {"exports", exports, 1000001, 1000001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"globals", globals, 1000000, 1000000, VERDICT_VALID, OUTCOME_ENDS},
    {"globals", globals, 1000001, 1000001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"data-segments", data_segments, 1000000, 1000000, VERDICT_VALID, OUTCOME_ENDS},
    {"data-segments", data_segments, 1000001, 1000001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"element-segments", element_segments, 1000000, 1000000, VERDICT_VALID, OUTCOME_ENDS},
    {"element-segments", element_segments, 1000001, 1000001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"elements", elements, 2000000, 2000000, VERDICT_ANY, OUTCOME_ANY},
    {"elements", elements, 12000000, 12000000, VERDICT_ANY, OUTCOME_ANY},
    {"memories", memories, 64, 64, VERDICT_VALID, OUTCOME_ENDS},
    {"memories", memories, 65, 65, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"memories", memories, 100000, 100000, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"memory-pages", memory_pages, 65536, 65536, VERDICT_VALID, OUTCOME_REFUSED},
    {"memory-pages", memory_pages, 65537, 65537, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"memories-huge", memories_huge, 64, 64, VERDICT_VALID, OUTCOME_REFUSED},
    {"tables", tables, 1000, 1000, VERDICT_VALID, OUTCOME_ANY},
    {"tables", tables, 1001, 1001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"table-elements", table_elements, 10000000, 10000000, VERDICT_VALID, OUTCOME_ENDS},
    {"table-elements", table_elements, 10000001, 10000001, VERDICT_ANY, OUTCOME_REFUSED},
    {"table-elements", table_elements, 0xFFFFFFFF, 0xFFFFFFFF, VERDICT_ANY, OUTCOME_REFUSED},
    {"tables-huge", tables_huge, 1000, 1000, VERDICT_VALID, OUTCOME_REFUSED},
    {"custom-sections", custom_sections, 1000000, 1000000, VERDICT_VALID, OUTCOME_ENDS},
    {"sections-empty", sections_empty, 1, 1, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"sections-empty", sections_empty, 1000000, 1000000, VERDICT_REFUSED, OUTCOME_REFUSED},
    {0},
};
