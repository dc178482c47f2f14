/* Where the parameters and results of a function type stand between compiled functions, see code.h. Used by the runtime; select has the same
   rule for its own purposes and a test compares them. Private to the engine. */
#ifndef WASM_COMPILE_SIGNATURE_H
#define WASM_COMPILE_SIGNATURE_H

#include "wasm/code/entry.h"

/* How much is given away so far. */
struct signature_places {
    uint32_t general, vector, stack_bytes;
};

enum signature_kind { SIGNATURE_GENERAL, SIGNATURE_VECTOR, SIGNATURE_STACK };

struct signature_place {
    uint8_t kind;   /* enum signature_kind */
    uint32_t index; /* of the register in its order, or offset on the stack */
};

static inline void signature_begin(struct signature_places *places) {
    *places = (struct signature_places){0};
}

/* Results begin; those on the stack stand behind the parameters that do. */
static inline void signature_results(struct signature_places *places) {
    places->general = 0;
    places->vector = 0;
}

static inline struct signature_place signature_next(struct signature_places *places, uint8_t type, uint32_t general_max, uint32_t vector_max) {
    bool is_vector = type == WASM_F32 || type == WASM_F64 || type == WASM_V128;
    uint32_t *used = is_vector ? &places->vector : &places->general;
    if (*used < (is_vector ? vector_max : general_max))
        return (struct signature_place){.kind = is_vector ? SIGNATURE_VECTOR : SIGNATURE_GENERAL, .index = (*used)++};
    struct signature_place place = {.kind = SIGNATURE_STACK, .index = places->stack_bytes};
    places->stack_bytes += type == WASM_V128 ? 16 : 8;
    return place;
}

static inline struct signature_place signature_parameter(struct signature_places *places, uint8_t type) {
    return signature_next(places, type, ENTRY_GENERAL_PARAMETERS, ENTRY_VECTOR_PARAMETERS);
}

static inline struct signature_place signature_result(struct signature_places *places, uint8_t type) {
    return signature_next(places, type, ENTRY_GENERAL_RESULTS, ENTRY_VECTOR_RESULTS);
}

/* What parameters and results take on the stack. */
static inline uint32_t signature_stack_bytes(const struct wasm_function_type *type) {
    struct signature_places places;
    /* There are more registers for vectors. */
    if (type->parameter_count <= ENTRY_GENERAL_PARAMETERS && type->result_count <= ENTRY_GENERAL_RESULTS)
        return 0;
    signature_begin(&places);
    for (uint32_t index = 0; index < type->parameter_count; index++)
        signature_parameter(&places, type->types[index]);
    signature_results(&places);
    for (uint32_t index = 0; index < type->result_count; index++)
        signature_result(&places, type->types[type->parameter_count + index]);
    return places.stack_bytes;
}

/* ---- Registers and stack in memory ---- */

struct signature_registers {
    uint64_t *general;
    uint8_t (*vector)[16];
    uint8_t *stack;
};

static inline void signature_put(const struct signature_registers *registers, struct signature_place place, uint8_t type,
                                 const union wasm_value *value) {
    uint64_t low = type == WASM_I32 || type == WASM_F32 ? value->i32 : value->i64;
    if (place.kind == SIGNATURE_GENERAL) {
        registers->general[place.index] = low;
        return;
    }
    uint8_t *to = place.kind == SIGNATURE_VECTOR ? registers->vector[place.index] : registers->stack + place.index;
    if (type == WASM_V128)
        memcpy(to, value->v128, sizeof value->v128);
    else
        bytes_store_u64(to, low);
}

static inline void signature_get(const struct signature_registers *registers, struct signature_place place, uint8_t type, union wasm_value *value) {
    uint64_t low;
    if (place.kind == SIGNATURE_GENERAL) {
        low = registers->general[place.index];
    } else {
        const uint8_t *from = place.kind == SIGNATURE_VECTOR ? registers->vector[place.index] : registers->stack + place.index;
        if (type == WASM_V128) {
            memcpy(value->v128, from, sizeof value->v128);
            return;
        }
        low = bytes_load_u64(from);
    }
    *value = (union wasm_value){0};
    value->i64 = type == WASM_I32 || type == WASM_F32 ? (uint32_t)low : low;
}

#endif
