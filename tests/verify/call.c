/* Calls and returns, by the conventions that code.h states: who may be called, with what in which place, and what is left afterwards. */
#include "tests/verify/verifier.h"

#include "wasm/code/entry.h"

#include <stddef.h>

/* ---- Places of parameters and results ---- */

static const uint8_t parameter_registers[ENTRY_GENERAL_PARAMETERS] = {RDI, RSI, RDX, RCX, R8, R9};
static const uint8_t result_registers[ENTRY_GENERAL_RESULTS] = {RAX, RDX, RCX, RSI};

bool abi_next(struct abi_walk *walk, struct abi_place *place, uint8_t *type, bool *is_result) {
    uint32_t count = (uint32_t)walk->type->parameter_count + walk->type->result_count;
    if (walk->index == count) {
        return false;
    }
    if (walk->index == walk->type->parameter_count) {
        walk->general = 0;
        walk->vector = 0;
    }
    *is_result = walk->index >= walk->type->parameter_count;
    *type = walk->type->types[walk->index++];
    bool is_vector = *type == WASM_F32 || *type == WASM_F64 || *type == WASM_V128;
    uint32_t vectors = *is_result ? ENTRY_VECTOR_RESULTS : ENTRY_VECTOR_PARAMETERS;
    uint32_t generals = *is_result ? ENTRY_GENERAL_RESULTS : ENTRY_GENERAL_PARAMETERS;
    *place = (struct abi_place){0};
    if (is_vector && walk->vector < vectors) {
        place->location = LOCATION_VECTOR + walk->vector++;
    } else if (!is_vector && walk->general < generals) {
        place->location = (*is_result ? result_registers : parameter_registers)[walk->general++];
    } else {
        place->is_stack = true;
        place->offset = walk->stack_bytes;
        walk->stack_bytes += *type == WASM_V128 ? 16 : 8;
    }
    return true;
}

uint32_t abi_stack_bytes(const struct wasm_function_type *type) {
    struct abi_walk walk = {.type = type};
    struct abi_place place;
    uint8_t value_type;
    bool is_result;
    while (abi_next(&walk, &place, &value_type, &is_result)) {
    }
    return walk.stack_bytes;
}

/* Parameters, or results, of a type stand where they should, with the stack's at `stack` from rsp at entry. */
static void check_values(struct verifier *verifier, const struct wasm_function_type *type, bool results, int64_t stack) {
    struct abi_walk walk = {.type = type};
    struct abi_place place;
    uint8_t value_type;
    bool is_result;
    while (abi_next(&walk, &place, &value_type, &is_result)) {
        uint32_t location = place.location;
        if (is_result != results || (place.is_stack && !stack_location(verifier, stack + place.offset, &location))) {
            continue;
        }
        const struct value *value = value_of(&verifier->values, verifier->now.locations[location]);
        bool is_right = value_is_of_type(value, value_type) && value->kind != VALUE_INSTANCE;
        verify_that(verifier, is_right, results ? VERIFY_RESULT : VERIFY_ARGUMENT);
    }
}

void check_results(struct verifier *verifier) {
    check_values(verifier, verifier->type, true, 8);
}

bool pinned_are_right(const struct verifier *verifier) {
    const struct value *instance = value_of(&verifier->values, verifier->now.locations[R15]);
    const struct value *memory = value_of(&verifier->values, verifier->now.locations[R14]);
    bool has_memory = verifier->module->memory_count != 0;
    return instance->kind == VALUE_INSTANCE && (!has_memory || (memory->kind == VALUE_MEMORY_BASE && memory->number == 0));
}

/* ---- After a call ---- */

static void forget(struct verifier *verifier, uint32_t location) {
    struct value garbage = value_pointer(VALUE_GARBAGE, 0);
    verifier->now.locations[location] = values_number(&verifier->values, &garbage);
}

/* All registers are lost, and the outgoing area; then results are there. type: NULL for a call of the engine. */
static void call_returns(struct verifier *verifier, const struct wasm_function_type *type, bool is_external) {
    struct abi_walk walk = {.type = type};
    struct abi_place place;
    uint8_t value_type;
    bool is_result;
    int64_t stack = -(int64_t)verifier->now.depth;
    for (uint32_t location = 0; location < LOCATION_FRAME; location++) {
        if (is_external || (location != R14 && location != R15)) {
            forget(verifier, location);
        }
    }
    verifier->now.flags = (struct flags){0};
    if (!type || verifier->now.depth == UINT32_MAX) {
        /* Of the engine, or of what is wrong already. */
        verifier->now.locations[RAX] = VALUE_UNKNOWN;
        return;
    }
    for (uint32_t offset = 0; offset < abi_stack_bytes(type); offset += 8) {
        uint32_t location;
        if (stack_location(verifier, stack + offset, &location)) {
            bool is_saved = value_of(&verifier->values, verifier->now.locations[location])->kind == VALUE_INSTANCE;
            verify_that(verifier, !is_saved, VERIFY_SAVED_INSTANCE);
            forget(verifier, location);
        }
    }
    while (abi_next(&walk, &place, &value_type, &is_result)) {
        uint32_t location = place.location;
        if (place.is_stack && value_type == WASM_V128 && is_result && stack_location(verifier, stack + place.offset + 8, &location)) {
            verifier->now.locations[location] = VALUE_UNKNOWN;
        }
        location = place.location;
        if (is_result && (!place.is_stack || stack_location(verifier, stack + place.offset, &location))) {
            struct value value = value_of_type(value_type);
            verifier->now.locations[location] = values_number(&verifier->values, &value);
        }
    }
}

/* ---- Who is called ---- */

/* A function in rax, through its `entry` or `external`: its type, or NULL when it is not one that may be called. */
static const struct wasm_function_type *function_type(struct verifier *verifier, const struct operand *operand) {
    const struct wasm_module *module = verifier->module;
    struct value function = register_get(verifier, RAX);
    bool is_entry = operand->value == offsetof(struct wasm_function, entry);
    bool is_form = operand->base == RAX && operand->index == REGISTER_NONE && operand->size == 8 &&
                   (is_entry || operand->value == offsetof(struct wasm_function, external));
    if (!verify_that(verifier, is_form, VERIFY_INDIRECT_CALL) || !verify_that(verifier, value_is_function(&function), VERIFY_INDIRECT_CALL) ||
        !verify_that(verifier, function_is_there(verifier, &function), VERIFY_FUNCTION)) {
        return NULL;
    }
    verifier->result->indirect_calls += verifier->is_final;
    bool is_own = function.kind == VALUE_FUNCTION && function.number >= module->imported_function_count;
    bool is_here = is_own || state_has_fact(&verifier->now, FACT_SAME_INSTANCE, function.symbol, 0);
    verify_that(verifier, !is_entry || is_here, VERIFY_OTHER_INSTANCE);
    if (function.kind == VALUE_FUNCTION) {
        return module->functions[function.number].type;
    }
    for (uint32_t index = 0; index < verifier->now.fact_count; index++) {
        const struct fact *fact = &verifier->now.facts[index];
        if (fact->kind == FACT_TYPE && fact->symbol == function.symbol) {
            return module->types[fact->number];
        }
    }
    verify_fail(verifier, VERIFY_INDIRECT_CALL);
    return NULL;
}

/* A direct call: its field is for a function of the module. */
static const struct wasm_function_type *direct_type(struct verifier *verifier) {
    const struct wasm_module *module = verifier->module;
    const struct code_relocation *relocation = relocation_find(verifier, verifier->at->offset + 1);
    bool is_right = verifier->at->size == 5 && relocation != NULL && relocation->function >= module->imported_function_count &&
                    relocation->function < module->function_count;
    return verify_that(verifier, is_right, VERIFY_RELOCATION) ? module->functions[relocation->function].type : NULL;
}

/* ---- Calls of the engine ---- */

/* What the halves of rsi are indices of, and where a reference for the table stands. */
enum runtime_index { INDEX_NONE, INDEX_MEMORY, INDEX_TABLE, INDEX_DATA, INDEX_ELEMENT };
struct runtime_shape {
    uint8_t low, high; /* enum runtime_index */
    uint8_t reference; /* register; 0: none */
};

static const struct runtime_shape runtime_shapes[RUNTIME_COUNT] = {
    [RUNTIME_MEMORY_GROW] = {INDEX_MEMORY, INDEX_NONE, 0},   [RUNTIME_MEMORY_FILL] = {INDEX_MEMORY, INDEX_NONE, 0},
    [RUNTIME_MEMORY_COPY] = {INDEX_MEMORY, INDEX_MEMORY, 0}, [RUNTIME_MEMORY_INIT] = {INDEX_DATA, INDEX_MEMORY, 0},
    [RUNTIME_DATA_DROP] = {INDEX_DATA, INDEX_NONE, 0},       [RUNTIME_TABLE_GROW] = {INDEX_TABLE, INDEX_NONE, RDX},
    [RUNTIME_TABLE_FILL] = {INDEX_TABLE, INDEX_NONE, RCX},   [RUNTIME_TABLE_COPY] = {INDEX_TABLE, INDEX_TABLE, 0},
    [RUNTIME_TABLE_INIT] = {INDEX_ELEMENT, INDEX_TABLE, 0},  [RUNTIME_ELEMENT_DROP] = {INDEX_ELEMENT, INDEX_NONE, 0},
};

static uint32_t runtime_index_count(const struct wasm_module *module, enum runtime_index index) {
    switch (index) {
    case INDEX_MEMORY: return module->memory_count;
    case INDEX_TABLE: return module->table_count;
    case INDEX_DATA: return module->data_count;
    case INDEX_ELEMENT: return module->element_count;
    default: return 1;
    }
}

/* The type of references that a table or segment holds; 0 for what holds none. */
static uint8_t runtime_reference_type(const struct wasm_module *module, enum runtime_index index, uint32_t number) {
    return index == INDEX_TABLE ? module->tables[number].element_type : index == INDEX_ELEMENT ? module->elements[number].element_type : 0;
}

static void check_runtime_call(struct verifier *verifier, const struct operand *operand) {
    const struct wasm_module *module = verifier->module;
    int64_t offset = operand->value - (int64_t)offsetof(struct wasm_instance, runtime);
    bool is_right = operand->index == REGISTER_NONE && operand->size == 8 && offset >= 0 && offset % 8 == 0 && offset / 8 < RUNTIME_COUNT;
    if (!verify_that(verifier, is_right, VERIFY_INDIRECT_CALL)) {
        return;
    }
    const struct runtime_shape *shape = &runtime_shapes[offset / 8];
    struct value indices = register_get(verifier, RSI);
    uint32_t low = (uint32_t)indices.low, high = (uint32_t)(indices.low >> 32);
    is_right = value_is_constant(&indices) && low < runtime_index_count(module, shape->low) && high < runtime_index_count(module, shape->high);
    if (!verify_that(verifier, is_right, VERIFY_RUNTIME)) {
        return;
    }
    uint8_t low_type = runtime_reference_type(module, shape->low, low), high_type = runtime_reference_type(module, shape->high, high);
    if (shape->reference != 0) {
        struct value reference = register_get(verifier, shape->reference);
        verify_that(verifier, value_is_of_type(&reference, low_type), VERIFY_REFERENCE);
    }
    verify_that(verifier, low_type == 0 || high_type == 0 || low_type == high_type, VERIFY_REFERENCE);
}

/* ---- Calls ---- */

static void check_call_frame(struct verifier *verifier, uint32_t stack_bytes) {
    const struct instruction *at = verifier->at;
    bool is_right = verifier->now.depth == verifier->frame_bytes && (verifier->frame_bytes + 8) % 16 == 0 && stack_bytes <= verifier->frame_bytes;
    verify_that(verifier, is_right, VERIFY_CALL_FRAME);
    verify_that(verifier, pinned_are_right(verifier), VERIFY_CALL_STATE);
    verify_that(verifier, site_find(verifier, at->offset + at->size, 0), VERIFY_CALL_SITE);
}

void step_call(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *operand = &at->operands[0];
    const struct wasm_function_type *type = NULL;
    bool is_external = false, is_runtime = operand->kind == OPERAND_MEMORY && operand->base == R15;
    verifier->result->calls += verifier->is_final;
    if (is_runtime) {
        check_runtime_call(verifier, operand);
    } else if (operand->kind == OPERAND_MEMORY) {
        is_external = operand->value != offsetof(struct wasm_function, entry);
        type = function_type(verifier, operand);
    } else if (operand->kind == OPERAND_IMMEDIATE) {
        type = direct_type(verifier);
    } else {
        verify_fail(verifier, VERIFY_INDIRECT_CALL);
    }
    check_call_frame(verifier, type ? abi_stack_bytes(type) : 0);
    if (type && verifier->now.depth != UINT32_MAX) {
        check_values(verifier, type, false, -(int64_t)verifier->now.depth);
    }
    call_returns(verifier, type, is_external);
}

/* Results on the stack stand behind the parameters that do, so these must take the same room then. */
static bool tail_fits(const struct wasm_function_type *own, const struct wasm_function_type *other) {
    struct abi_walk own_walk = {.type = own}, other_walk = {.type = other};
    struct abi_place own_place, other_place;
    uint8_t own_type, other_type;
    bool own_result, other_result;
    if (own->result_count != other->result_count || abi_stack_bytes(other) > abi_stack_bytes(own)) {
        return false;
    }
    while (own_walk.index < own->parameter_count) {
        abi_next(&own_walk, &own_place, &own_type, &own_result);
    }
    while (other_walk.index < other->parameter_count) {
        abi_next(&other_walk, &other_place, &other_type, &other_result);
    }
    while (abi_next(&own_walk, &own_place, &own_type, &own_result)) {
        abi_next(&other_walk, &other_place, &other_type, &other_result);
        if (own_type != other_type || own_place.is_stack != other_place.is_stack || own_place.offset != other_place.offset) {
            return false;
        }
    }
    return true;
}

void step_tail_call(struct verifier *verifier) {
    const struct operand *operand = &verifier->at->operands[0];
    const struct wasm_function_type *type;
    if (operand->kind == OPERAND_MEMORY) {
        verify_that(verifier, operand->value == offsetof(struct wasm_function, entry), VERIFY_INDIRECT_CALL);
        type = function_type(verifier, operand);
    } else {
        type = direct_type(verifier);
    }
    verify_that(verifier, verifier->now.depth == 0 && pinned_are_right(verifier), VERIFY_RETURN);
    if (type) {
        verify_that(verifier, tail_fits(verifier->type, type), VERIFY_TAIL_ROOM);
        check_values(verifier, type, false, 8);
    }
}
