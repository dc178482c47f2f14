/* Plans of random modules: see plan.h. */
#include "tests/random/plan.h"

#include "base/assert.h"
#include "tests/support/support.h"

#include <string.h>

uint32_t plan_choose(uint64_t *random, uint32_t count) {
    ASSERT(count > 0);
    return (uint32_t)(support_random(random) >> 24) % count;
}

bool plan_chance(uint64_t *random, uint32_t of_thousand) {
    return plan_choose(random, 1000) < of_thousand;
}

static uint8_t type_choose(uint64_t *random, const struct plan_style *style) {
    static const uint8_t numbers[] = {WASM_I32, WASM_I32, WASM_I64, WASM_F32, WASM_F64};
    if (style->has_vectors && plan_chance(random, 200)) {
        return WASM_V128;
    }
    if (style->has_references && plan_chance(random, 100)) {
        return plan_chance(random, 500) ? WASM_FUNCREF : WASM_EXTERNREF;
    }
    return numbers[plan_choose(random, sizeof(numbers))];
}

/* Few values as a rule; now and then more than there are registers. */
static uint32_t values_choose(uint64_t *random, uint32_t usual_max) {
    return plan_chance(random, 120) ? plan_choose(random, PLAN_VALUES_MAX + 1) : plan_choose(random, usual_max + 1);
}

static void types_make(uint64_t *random, struct plan *plan) {
    for (uint32_t index = 0; index < PLAN_TYPES; index++) {
        struct signature *type = &plan->types[index];
        type->parameter_count = values_choose(random, 4);
        type->result_count = values_choose(random, 2);
        for (uint32_t value = 0; value < type->parameter_count; value++) {
            type->parameters[value] = type_choose(random, &plan->style);
        }
        for (uint32_t value = 0; value < type->result_count; value++) {
            type->results[value] = type_choose(random, &plan->style);
        }
    }
    /* Some with results of one type: tail calls need equal results. */
    for (uint32_t index = 0; index < 4; index++) {
        plan->types[index].result_count = index;
    }
    for (uint32_t index = 1; index < 4; index++) {
        memset(plan->types[index].results, (int[]){WASM_I32, WASM_I64, WASM_F64}[index - 1], index);
    }
}

static void style_make(uint64_t *random, struct plan_style *style) {
    *style = (struct plan_style){
        .statements = 2 + plan_choose(random, 12),
        .locals = 2 + plan_choose(random, 12),
        .nesting = 2 + plan_choose(random, 6),
        .depth = 1 + plan_choose(random, 5),
        .has_vectors = plan_chance(random, 500),
        .has_references = plan_chance(random, 300),
        .has_atomics = plan_chance(random, 300),
        .has_bulk = plan_chance(random, 300),
    };
    if (plan_chance(random, 30)) {
        style->locals = 300;
    }
    if (plan_chance(random, 20)) {
        style->statements = 150;
    }
    if (plan_chance(random, 20)) {
        style->nesting = 60;
    }
}

static void function_add(struct plan *plan, struct plan_function function) {
    ASSERT(plan->function_count < PLAN_FUNCTIONS_MAX);
    plan->functions[plan->function_count++] = function;
}

static void functions_make(uint64_t *random, struct plan *plan) {
    uint32_t count = 2 + plan_choose(random, 7);
    for (uint32_t index = 0; index < count; index++) {
        function_add(plan, (struct plan_function){.type = plan_choose(random, PLAN_TYPES), .is_leaf = plan_chance(random, 400)});
    }
}

/* The user replaces some elements, by functions of the type that was there as a rule. */
static void elements_make(uint64_t *random, const struct plan *provider, struct plan *plan) {
    for (uint32_t index = 0; index < PLAN_ELEMENTS; index++) {
        uint32_t function = plan_choose(random, plan->function_count);
        plan->elements[index] = function;
        if (provider != NULL && plan->functions[function].type != provider->functions[provider->elements[index]].type && plan_chance(random, 980)) {
            plan->elements[index] = UINT32_MAX;
        }
    }
}

/* The first own one is the fuel. */
static void globals_make(uint64_t *random, struct plan *plan) {
    uint32_t count = 1 + plan_choose(random, 6);
    plan->fuel = plan->global_count;
    for (uint32_t index = 0; index < count; index++) {
        struct plan_global global = {.type = type_choose(random, &plan->style), .is_mutable = plan_chance(random, 800)};
        if (index == 0) {
            global = (struct plan_global){.type = WASM_I32, .is_mutable = true};
        }
        plan->globals[plan->global_count++] = global;
    }
}

static void memories_make(uint64_t *random, struct plan *plan, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        uint32_t minimum = plan_choose(random, 3) == 0 ? 0 : 1;
        minimum += plan->memory_count == 0 && minimum == 0;
        plan->memories[plan->memory_count++] = (struct plan_memory){.minimum = minimum, .maximum = minimum + plan_choose(random, 3)};
    }
}

static void host_functions_make(uint64_t *random, struct plan *plan) {
    uint32_t count = plan_choose(random, 3);
    for (uint32_t index = 0; index < count; index++) {
        function_add(plan, (struct plan_function){.type = plan_choose(random, PLAN_TYPES), .import = PLAN_HOST});
    }
}

void plan_provider(uint64_t seed, struct plan *out) {
    uint64_t random = seed;
    *out = (struct plan){.seed = seed};
    style_make(&random, &out->style);
    types_make(&random, out);
    host_functions_make(&random, out);
    functions_make(&random, out);
    elements_make(&random, NULL, out);
    memories_make(&random, out, 1 + plan_choose(&random, 2));
    out->tables[out->table_count++] = (struct plan_table){.type = WASM_FUNCREF, .minimum = PLAN_ELEMENTS, .maximum = PLAN_ELEMENTS + 4};
    if (out->style.has_references) {
        out->tables[out->table_count++] = (struct plan_table){.type = WASM_EXTERNREF, .minimum = 3, .maximum = 8};
    }
    globals_make(&random, out);
}

void plan_user(uint64_t seed, const struct plan *provider, struct plan *out) {
    uint64_t random = seed ^ 0x75736572u;
    *out = (struct plan){.seed = random};
    memcpy(out->types, provider->types, sizeof(out->types));
    style_make(&random, &out->style);
    out->style.has_vectors = provider->style.has_vectors;
    out->style.has_references = provider->style.has_references;
    host_functions_make(&random, out);
    uint32_t imports = plan_choose(&random, 4);
    for (uint32_t index = 0; index < imports; index++) {
        uint32_t provided = plan_choose(&random, provider->function_count);
        function_add(out, (struct plan_function){.type = provider->functions[provided].type, .import = PLAN_PROVIDER, .provided = provided});
    }
    functions_make(&random, out);
    elements_make(&random, provider, out);
    if (plan_chance(&random, 600)) {
        out->memories[out->memory_count] = provider->memories[0];
        out->memories[out->memory_count++].import = PLAN_PROVIDER;
    }
    memories_make(&random, out, 1);
    out->tables[out->table_count] = provider->tables[0];
    out->tables[out->table_count++].import = PLAN_PROVIDER;
    if (plan_chance(&random, 500)) {
        out->tables[out->table_count++] = (struct plan_table){.type = WASM_FUNCREF, .minimum = 2, .maximum = 20};
    }
    for (uint32_t index = provider->fuel + 1; index < provider->global_count && index < 5; index++) {
        out->globals[out->global_count] = provider->globals[index];
        out->globals[out->global_count].import = PLAN_PROVIDER;
        out->globals[out->global_count++].provided = index;
    }
    globals_make(&random, out);
}
