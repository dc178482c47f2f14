/* What a random module consists of, before there is any code: its types, imports, functions, memories, tables, globals and segments. Two modules
   belong together: the provider, and a user that imports some of the provider's things, so that calls, tables and memories cross instances. Made from
   a seed alone. Used by the makers of code and by whoever writes or runs the modules. */
#ifndef TESTS_RANDOM_PLAN_H
#define TESTS_RANDOM_PLAN_H

#include "wasm/wasm.h"

enum {
    PLAN_TYPES = 12,
    PLAN_VALUES_MAX = 24, /* parameters, or results */
    PLAN_FUNCTIONS_MAX = 24,
    PLAN_MEMORIES_MAX = 4,
    PLAN_TABLES_MAX = 3,
    PLAN_GLOBALS_MAX = 16,
    PLAN_ELEMENTS = 16, /* of table 0, at first */
    PLAN_PASSIVE_DATA = 2,
    PLAN_PASSIVE_ELEMENTS = 2,
    PLAN_DATA_BYTES = 128,
};

struct signature {
    uint8_t parameters[PLAN_VALUES_MAX], results[PLAN_VALUES_MAX]; /* enum wasm_type */
    uint32_t parameter_count, result_count;
};

enum plan_import { PLAN_OWN, PLAN_HOST, PLAN_PROVIDER };

struct plan_function {
    uint32_t type;
    uint8_t import;    /* enum plan_import */
    uint32_t provided; /* its index there */
    bool is_leaf;      /* calls nothing, and is short: what is inlined */
};

struct plan_memory {
    uint8_t import;
    uint32_t provided;
    uint32_t minimum, maximum; /* pages */
};

struct plan_table {
    uint8_t import;
    uint8_t type;
    uint32_t minimum, maximum;
};

struct plan_global {
    uint8_t import;
    uint32_t provided;
    uint8_t type;
    bool is_mutable;
};

/* How large and of what kind the code is. */
struct plan_style {
    uint32_t statements; /* in a function, about */
    uint32_t locals;
    uint32_t nesting; /* of control, at most */
    uint32_t depth;   /* of expressions */
    bool has_vectors, has_references, has_atomics, has_bulk;
};

struct plan {
    uint64_t seed;
    struct signature types[PLAN_TYPES]; /* the same in both modules */
    struct plan_function functions[PLAN_FUNCTIONS_MAX];
    uint32_t function_count;
    struct plan_memory memories[PLAN_MEMORIES_MAX];
    uint32_t memory_count;
    struct plan_table tables[PLAN_TABLES_MAX]; /* table 0 holds functions */
    uint32_t table_count;
    struct plan_global globals[PLAN_GLOBALS_MAX];
    uint32_t global_count;
    uint32_t fuel; /* the global that bounds calls: an own, mutable i32 */
    struct plan_style style;
    uint32_t elements[PLAN_ELEMENTS]; /* functions that table 0 holds at first, as far as this module wrote them; else UINT32_MAX */
};

/* A number below the count, from a generator's state. */
uint32_t plan_choose(uint64_t *random, uint32_t count);
/* True in so many of a thousand cases. */
bool plan_chance(uint64_t *random, uint32_t of_thousand);

void plan_provider(uint64_t seed, struct plan *out);
void plan_user(uint64_t seed, const struct plan *provider, struct plan *out);

#endif
