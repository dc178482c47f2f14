/* The sections of a random module: see module.h. */
#include "tests/random/module.h"

#include "tests/random/maker.h"

#include <stdio.h>

static void types_write(const struct plan *plan, struct build *out) {
    size_t mark = build_section_open(out, 1);
    build_u32(out, PLAN_TYPES);
    for (uint32_t index = 0; index < PLAN_TYPES; index++) {
        const struct signature *type = &plan->types[index];
        build_byte(out, 0x60);
        build_u32(out, type->parameter_count);
        for (uint32_t value = 0; value < type->parameter_count; value++) {
            build_byte(out, type->parameters[value]);
        }
        build_u32(out, type->result_count);
        for (uint32_t value = 0; value < type->result_count; value++) {
            build_byte(out, type->results[value]);
        }
    }
    build_close(out, mark);
}

static void limits_write(struct build *out, uint32_t minimum, uint32_t maximum) {
    build_byte(out, 1);
    build_u32(out, minimum);
    build_u32(out, maximum);
}

static void table_write(struct build *out, const struct plan_table *table) {
    build_byte(out, table->type);
    limits_write(out, table->minimum, table->maximum);
}

static void name_write(struct build *out, const char *prefix, uint32_t number) {
    char name[16];
    snprintf(name, sizeof(name), "%s%u", prefix, number);
    build_name(out, name);
}

static void import_begin(struct build *out, uint8_t import, const char *prefix, uint32_t number) {
    build_name(out, import == PLAN_HOST ? "h" : "p");
    name_write(out, prefix, number);
}

/* Where imports and own things are counted. */
struct counts {
    uint32_t functions, memories, tables, globals;
};

static struct counts imports_count(const struct plan *plan) {
    struct counts counts = {0};
    for (uint32_t index = 0; index < plan->function_count; index++) {
        counts.functions += plan->functions[index].import != PLAN_OWN;
    }
    for (uint32_t index = 0; index < plan->memory_count; index++) {
        counts.memories += plan->memories[index].import != PLAN_OWN;
    }
    for (uint32_t index = 0; index < plan->table_count; index++) {
        counts.tables += plan->tables[index].import != PLAN_OWN;
    }
    for (uint32_t index = 0; index < plan->global_count; index++) {
        counts.globals += plan->globals[index].import != PLAN_OWN;
    }
    return counts;
}

static void imports_write(const struct plan *plan, struct counts imports, struct build *out) {
    size_t mark = build_section_open(out, 2);
    build_u32(out, imports.functions + imports.memories + imports.tables + imports.globals);
    for (uint32_t index = 0; index < imports.functions; index++) {
        const struct plan_function *function = &plan->functions[index];
        import_begin(out, function->import, function->import == PLAN_HOST ? "" : "f", function->import == PLAN_HOST ? index : function->provided);
        build_byte(out, WASM_KIND_FUNCTION);
        build_u32(out, function->type);
    }
    for (uint32_t index = 0; index < imports.memories; index++) {
        import_begin(out, PLAN_PROVIDER, "m", plan->memories[index].provided);
        build_byte(out, WASM_KIND_MEMORY);
        limits_write(out, plan->memories[index].minimum, plan->memories[index].maximum);
    }
    for (uint32_t index = 0; index < imports.tables; index++) {
        import_begin(out, PLAN_PROVIDER, "t", index);
        build_byte(out, WASM_KIND_TABLE);
        table_write(out, &plan->tables[index]);
    }
    for (uint32_t index = 0; index < imports.globals; index++) {
        import_begin(out, PLAN_PROVIDER, "g", plan->globals[index].provided);
        build_byte(out, WASM_KIND_GLOBAL);
        build_byte(out, plan->globals[index].type);
        build_byte(out, plan->globals[index].is_mutable);
    }
    build_close(out, mark);
}

/* The initial value of a global. */
static void global_value_write(struct build *out, uint8_t type, uint32_t number) {
    switch (type) {
    case WASM_I32:
    case WASM_I64:
        build_byte(out, type == WASM_I32 ? 0x41 : 0x42);
        build_byte(out, number & 0x3F);
        break;
    case WASM_F32: build_hex(out, "43 0000c03f"); break;
    case WASM_F64: build_hex(out, "44 00000000000004c0"); break;
    case WASM_V128: build_hex(out, "fd0c 000102030405060708090a0b0c0dfeff"); break;
    default:
        build_byte(out, 0xD0);
        build_byte(out, type);
        break;
    }
    build_byte(out, 0x0B);
}

static void own_things_write(const struct plan *plan, struct counts imports, struct build *out) {
    size_t mark = build_section_open(out, 3);
    build_u32(out, plan->function_count - imports.functions);
    for (uint32_t index = imports.functions; index < plan->function_count; index++) {
        build_u32(out, plan->functions[index].type);
    }
    build_close(out, mark);
    mark = build_section_open(out, 4);
    build_u32(out, plan->table_count - imports.tables);
    for (uint32_t index = imports.tables; index < plan->table_count; index++) {
        table_write(out, &plan->tables[index]);
    }
    build_close(out, mark);
    mark = build_section_open(out, 5);
    build_u32(out, plan->memory_count - imports.memories);
    for (uint32_t index = imports.memories; index < plan->memory_count; index++) {
        limits_write(out, plan->memories[index].minimum, plan->memories[index].maximum);
    }
    build_close(out, mark);
    mark = build_section_open(out, 6);
    build_u32(out, plan->global_count - imports.globals);
    for (uint32_t index = imports.globals; index < plan->global_count; index++) {
        build_byte(out, plan->globals[index].type);
        build_byte(out, plan->globals[index].is_mutable);
        global_value_write(out, plan->globals[index].type, index * 7);
    }
    build_close(out, mark);
}

static void exports_of_kind_write(struct build *out, const char *prefix, uint8_t kind, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        name_write(out, prefix, index);
        build_byte(out, kind);
        build_u32(out, index);
    }
}

static void exports_write(const struct plan *plan, struct build *out) {
    size_t mark = build_section_open(out, 7);
    build_u32(out, plan->function_count + plan->table_count + plan->memory_count + plan->global_count);
    exports_of_kind_write(out, "f", WASM_KIND_FUNCTION, plan->function_count);
    exports_of_kind_write(out, "t", WASM_KIND_TABLE, plan->table_count);
    exports_of_kind_write(out, "m", WASM_KIND_MEMORY, plan->memory_count);
    exports_of_kind_write(out, "g", WASM_KIND_GLOBAL, plan->global_count);
    build_close(out, mark);
}

/* Passive segments first, of two functions each; then table 0, element by element. */
static void elements_write(const struct plan *plan, struct build *out) {
    uint32_t active = 0;
    for (uint32_t index = 0; index < PLAN_ELEMENTS; index++) {
        active += plan->elements[index] != UINT32_MAX;
    }
    size_t mark = build_section_open(out, 9);
    build_u32(out, PLAN_PASSIVE_ELEMENTS + active);
    for (uint32_t index = 0; index < PLAN_PASSIVE_ELEMENTS; index++) {
        build_hex(out, "01 00 02");
        build_u32(out, index % plan->function_count);
        build_u32(out, plan->function_count - 1);
    }
    for (uint32_t index = 0; index < PLAN_ELEMENTS; index++) {
        if (plan->elements[index] != UINT32_MAX) {
            build_hex(out, "00 41");
            build_u32(out, index);
            build_hex(out, "0b 01");
            build_u32(out, plan->elements[index]);
        }
    }
    build_close(out, mark);
}

static void data_write(const struct plan *plan, struct build *out) {
    uint64_t random = plan->seed ^ 0x64617461u;
    size_t mark = build_section_open(out, 11);
    build_u32(out, PLAN_PASSIVE_DATA + 1);
    for (uint32_t index = 0; index <= PLAN_PASSIVE_DATA; index++) {
        if (index < PLAN_PASSIVE_DATA) {
            build_byte(out, 1);
        } else {
            build_hex(out, "00 41 00 0b");
        }
        build_u32(out, PLAN_DATA_BYTES);
        for (uint32_t byte = 0; byte < PLAN_DATA_BYTES; byte++) {
            build_byte(out, (uint8_t)plan_choose(&random, 256));
        }
    }
    build_close(out, mark);
}

void module_write(const struct plan *plan, struct build *out) {
    struct counts imports = imports_count(plan);
    build_preamble(out);
    types_write(plan, out);
    imports_write(plan, imports, out);
    own_things_write(plan, imports, out);
    exports_write(plan, out);
    elements_write(plan, out);
    size_t mark = build_section_open(out, 12);
    build_u32(out, PLAN_PASSIVE_DATA + 1);
    build_close(out, mark);
    mark = build_section_open(out, 10);
    build_u32(out, plan->function_count - imports.functions);
    for (uint32_t index = imports.functions; index < plan->function_count; index++) {
        function_make(plan, index, out);
    }
    build_close(out, mark);
    data_write(plan, out);
}
