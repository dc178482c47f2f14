/* What runs: stores, instances, functions, memories, tables, globals. Private to the engine.
   A store owns all of them in one arena; address space (memory slots, table storage, the stack) is given back in
   wasm_store_destroy, which walks the lists below. */
#ifndef WASM_STORE_H
#define WASM_STORE_H

#include "base/arena.h"
#include "base/list.h"
#include "wasm/module.h"
#include "wasm/type.h"

struct operation;
struct execution;

/* Functions of the engine that compiled code calls, see compile/runtime.def. */
enum runtime_function {
#define RUNTIME(name, text) RUNTIME_##name,
#include "wasm/code/runtime.def"
#undef RUNTIME
    RUNTIME_COUNT
};

struct module_code;
struct compile_watch;

enum compile_mode { COMPILE_FULL, COMPILE_FAST };

struct compile_options {
    uint8_t mode;                      /* enum compile_mode */
    bool check;                        /* run the checkers between passes */
    bool check_bounds;                 /* see wasm_engine_options; it holds for the interpreter, too */
    uint32_t passes_off;               /* bit per pass of passes.def that is left out */
    uint32_t isa_features;             /* bits of the isa's feature list that may be used beyond its floor */
    const struct compile_watch *watch; /* who looks on, see compile/watch.h, or NULL */
};

struct wasm_engine {
    const struct wasm_host *host;
    struct budget *budget;
    struct type_pool types;
    struct list codes; /* of struct module_code */
    const struct wasm_code_watch *code_watch;
    struct compile_options compile_options;
    bool can_compile; /* the processor is not older than the floor */
};

/* Code of one function for the interpreter, made on its first call. */
struct function_code;

struct wasm_function {
    const struct wasm_function_type *type;
    struct wasm_store *store;
    struct wasm_instance *instance; /* NULL for a host function */
    uint32_t index;                 /* in the instance's module */
    struct function_code *code;     /* NULL until the first call, and for a host function */
    wasm_host_function *host_call;  /* NULL for a function of an instance */
    void *host_context;
    const void *entry;    /* compiled code for callers of the same instance, or the stub that makes it; NULL in a store that interprets */
    const void *external; /* for all other callers: switches the instance, or leaves compiled code */
};

struct memory_window {
    uint32_t address;
    uint32_t size;
    enum wasm_access access;
};

struct wasm_memory {
    struct list link; /* in the store */
    struct wasm_store *store;
    uint8_t *base; /* of a slot; never moves */
    uint64_t slot_bytes;
    uint64_t size_bytes;
    struct wasm_limits limits; /* as declared */
    uint32_t growth_max;       /* pages that grow may reach: the declared maximum, or the engine's */
    bool has_windows;
    bool is_unclear;               /* the host failed: of what is in the slot, not all is known */
    struct memory_window *windows; /* sorted by address */
    uint32_t window_count;
    uint32_t window_capacity;
};

struct wasm_table {
    struct list link;
    struct wasm_store *store;
    void **elements; /* storage reserved for `capacity`; never moves */
    uint32_t size;
    uint32_t call_size; /* what an indirect call's index is below: the size, or behind what the host appended */
    uint32_t capacity;
    uint32_t appended_first;  /* index of the first function that the host appended, past the capacity; UINT32_MAX when there is none */
    uint64_t committed_bytes; /* from the start */
    uint64_t appended_bytes;  /* committed apart, for what was appended */
    struct wasm_limits limits;
    uint8_t element_type;
};

struct wasm_global {
    union wasm_value value;
    struct wasm_store *store;
    uint8_t type;
    bool is_mutable;
};

/* An instance is one block: this struct, then its arrays at the offsets of struct instance_layout. Compiled code knows both. */
struct wasm_instance {
    struct execution *execution; /* of the store */
    const struct wasm_module *module;
    struct wasm_store *store;
    uint8_t **memory_bases; /* of memories: what an access needs, without a further step */
    struct wasm_memory **memories;
    struct wasm_table **tables;
    const struct wasm_function_type **types;
    struct wasm_function **functions; /* index spaces, imports first */
    struct wasm_global **globals;
    bool *data_dropped;
    bool *element_dropped;
    const void *runtime[RUNTIME_COUNT]; /* what compiled code calls; NULL in a store that interprets */
};

/* Where the arrays of an instance stand, from its address: made of the module's counts alone. */
struct instance_layout {
    uint32_t memory_bases;
    uint32_t memories;
    uint32_t tables;
    uint32_t types;
    uint32_t functions;
    uint32_t globals;      /* of struct wasm_global *, whose first field is the value */
    uint32_t own_globals;  /* of struct wasm_global: those that the module defines */
    uint32_t own_memories; /* of struct wasm_memory: the same */
    uint32_t size;
};

struct wasm_store {
    struct execution *execution; /* first: compiled code's stubs look here */
    struct wasm_engine *engine;
    struct budget *budget;
    struct arena arena;
    struct wasm_store_options options;
    struct list memories;
    struct list tables;
    struct list types; /* of struct store_type: references to release */
    struct wasm_trap trap;
};

/* ---- memory.c ---- */

/* A slot where accesses are not checked: every 32-bit index plus 32-bit offset plus access width, and a guard of the same kind behind it. */
#define MEMORY_SLOT_BYTES ((8ull << 30) + WASM_PAGE_SIZE)
/* What is never committed behind a slot where accesses are checked: an access at the end of memory, or that far behind it, faults. */
#define MEMORY_GUARD_BYTES (1ull << 20)

/* Makes a memory of what is zeroed and lives as long as the store. On failure nothing is kept. */
enum error memory_create(struct wasm_store *store, const struct wasm_limits *pages, bool windows, struct wasm_memory *memory) MUST_CHECK;
void memory_destroy(struct wasm_memory *memory);
/* Bulk operations: checked once, before anything is written. */
bool memory_fill(struct wasm_memory *memory, uint32_t to, uint8_t value, uint32_t size) MUST_CHECK;
bool memory_copy(struct wasm_memory *to_memory, uint32_t to, const struct wasm_memory *from_memory, uint32_t from, uint32_t size) MUST_CHECK;
bool memory_init(struct wasm_memory *memory, uint32_t to, struct bytes content, uint32_t from, uint32_t size) MUST_CHECK;
/* Puts pages of a module in place, over what is zero so far. ERROR_NO_MEMORY. */
enum error memory_take_pages(struct wasm_memory *memory, const struct module_pages *pages) MUST_CHECK;
/* True when the address lies in the slot of this memory. */
bool memory_slot_has(const struct wasm_memory *memory, uintptr_t address);

/* ---- table.c ---- */

enum error table_create(struct wasm_store *store, uint8_t element_type, const struct wasm_limits *limits, void *initial,
                        struct wasm_table **out) MUST_CHECK;
void table_destroy(struct wasm_table *table);
/* What an indirect call finds at an index below call_size: between the size and what was appended there is nothing. */
static inline struct wasm_function *table_callee(const struct wasm_table *table, uint32_t index) {
    return index < table->size || index >= table->appended_first ? table->elements[index] : NULL;
}
bool table_fill(struct wasm_table *table, uint32_t to, void *value, uint32_t count) MUST_CHECK;
bool table_copy(struct wasm_table *to_table, uint32_t to, const struct wasm_table *from_table, uint32_t from, uint32_t count) MUST_CHECK;

/* ---- instance.c, segment.c, constant.c ---- */

void instance_layout(const struct wasm_module *module, struct instance_layout *out);

/* Part of a segment and where it goes. */
struct segment_range {
    uint32_t to, from, count;
};
/* False when out of bounds: nothing was written. */
bool instance_table_init(struct wasm_instance *instance, uint32_t table, uint32_t element, struct segment_range range) MUST_CHECK;
bool instance_memory_init(struct wasm_instance *instance, uint32_t memory, uint32_t data, struct segment_range range) MUST_CHECK;
/* Evaluates a validated constant expression; *after, when not NULL, is the offset behind its `end`. */
void constant_evaluate(const struct wasm_instance *instance, uint32_t offset, union wasm_value *out, uint32_t *after);
/* False when the expression is anything but one i32.const. */
bool constant_is_i32(const struct wasm_module *module, uint32_t offset, uint32_t *out);

/* ---- trap.c ---- */

/* Notes a trap that no running function is to blame for; returns ERROR_TRAP. */
enum error store_trap(struct wasm_store *store, enum wasm_trap_kind kind);

#endif
