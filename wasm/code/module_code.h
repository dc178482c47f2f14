/* The compiled code of a module. Private to the engine.

   Any thread may compile a function; what comes out is a record, which then can be found by the function's number, and is never replaced.
   To be executed its code is mapped: copied to the end of one region of address space, and linked there. Regions, and everything that is known by
   address, belong to the thread that uses the engine; so do the fields of a record that say where it is mapped. Pages are
   written, then sealed: never writable and executable at once, and never written again.

   Shared by all instances of the module. The region is charged to the budget that the module is charged to, a record to the budget of whoever
   compiled it. */
#ifndef WASM_COMPILE_MODULE_CODE_H
#define WASM_COMPILE_MODULE_CODE_H

#include "wasm/compile/code.h"

#define RECORD_NOT_MAPPED UINT32_MAX

/* A function that is compiled. Unless it is of an image, it is the begin of a block that holds all that it points to. */
struct code_record {
    uint32_t function;
    uint32_t code_bytes; /* without stubs */
    uint32_t frame_bytes;
    uint32_t prologue_bytes;
    uint32_t site_count;
    uint32_t relocation_count;
    const struct code_site *sites;
    const struct code_relocation *relocations; /* kept so that the code can be linked again, see image_code.c */
    struct budget *budget;                     /* of the block; NULL: it is of an image */
    size_t block_bytes;
    /* Written by the engine's thread. */
    const uint8_t *bytes; /* in the region when it is mapped */
    uint32_t offset;      /* in the region, or RECORD_NOT_MAPPED */
    uint32_t size;        /* there, with the stubs behind the code */
    uint32_t call_number; /* the order in which functions were called first; 0: nobody called it yet, as far as stubs know */
};

enum slot_state {
    SLOT_FREE,
    SLOT_TAKEN,   /* somebody compiles it, or did */
    SLOT_REFUSED, /* it is beyond the limits of the compiler */
};

/* What is known of one function. */
struct code_slot {
    struct code_record *record; /* atomic: NULL, then a record for ever */
    uint8_t state;              /* atomic, enum slot_state: so that two threads seldom compile the same */
    bool is_expected;           /* is, or was, among the expected ones */
};

struct module_code {
    struct list link; /* in the engine */
    const struct wasm_module *module;
    struct wasm_engine *engine;
    struct budget *budget;
    struct code_slot *slots; /* by own function */
    /* Of the engine's thread. */
    uint8_t *region;
    uint64_t region_bytes;
    uint64_t committed_bytes;    /* and charged */
    uint64_t used_bytes;         /* sealed */
    struct code_record **mapped; /* sorted by offset */
    uint32_t mapped_count, mapped_capacity;
    struct code_record *loaded; /* of an image; the first ones in `mapped`, in the same order */
    uint32_t loaded_count;
    uint32_t call_count; /* the last call_number */
    uint32_t worker_count;
    struct budget call_budget; /* of a function that is compiled because it is called; closed when a worker was faster */
    uint32_t called;           /* atomic: the last function that was compiled because it is called */
    /* Where workers find work, see worker.c. */
    uint32_t *expected;      /* own numbers, each once, in the order in which they were expected */
    uint32_t expected_count; /* atomic; grows */
    uint32_t expected_taken; /* atomic; of these, the first ones */
    uint32_t next;           /* atomic: own number of the first function that no worker has come to in the order of the module */
};

/* The code of a module, made on first use. For the engine's thread. */
enum error module_code_get(const struct wasm_module *module, struct module_code **out) MUST_CHECK;
void module_code_destroy(struct module_code *code);

static inline struct code_slot *module_code_slot(const struct module_code *code, uint32_t function) {
    return &code->slots[function - code->module->imported_function_count];
}

/* ---- For any thread ---- */

/* What is compiled of a function, or NULL. */
static inline struct code_record *module_code_record(const struct module_code *code, uint32_t function) {
    return __atomic_load_n(&module_code_slot(code, function)->record, __ATOMIC_ACQUIRE);
}

/* The record of a compiled function, with a copy of its bytes, or without if it is mapped at once. NULL when the budget ends. */
struct code_record *code_record_make(struct budget *budget, uint32_t function, const struct code *compiled, bool with_bytes) MUST_CHECK;
void code_record_release(struct code_record *record);
/* Lets a record be found. Returns what is found from now on: the record, or, after releasing it, the one of a thread that was faster. */
struct code_record *module_code_publish(struct module_code *code, struct code_record *record);

/* ---- For the engine's thread ---- */

/* Makes sure that this record can be mapped: ERROR_NO_MEMORY. */
enum error module_code_make_room(struct module_code *code, const struct code_record *record) MUST_CHECK;
/* Copies code into the region, and links it. There is room for the record, and it is published and not mapped. */
void module_code_map(struct module_code *code, struct code_record *record, const uint8_t *bytes);
/* Notes what is mapped already, behind all that is. The array has room. */
void module_code_note(struct module_code *code, struct code_record *record);
/* Room for so many more. */
enum error module_code_reserve(struct module_code *code, uint32_t count) MUST_CHECK;
/* The address of a function that is about to be called for the first time: compiled, if nobody has, and mapped. ERROR_LIMIT: it is for the
   interpreter. ERROR_NO_MEMORY. module_compile.c */
enum error module_code_call(struct module_code *code, uint32_t function, const uint8_t **out) MUST_CHECK;
/* The address of a function that is mapped, or NULL. */
const uint8_t *module_code_find(const struct module_code *code, uint32_t function);

/* Tells the engine's watch of what is mapped, from this number on, if there is one. code_watch.c */
void module_code_announce(const struct module_code *code, uint32_t first);

/* Whose code an address is: NULL when it is none of this engine's. Signal handlers of that thread may ask, too: an address in code that
   is mapped is never looked for while more is being mapped. */
const struct code_record *engine_code_at(const struct wasm_engine *engine, uintptr_t address, const struct module_code **code);
/* The site at an address of the record's code, or NULL. */
const struct code_site *code_site_at(const struct module_code *code, const struct code_record *record, uintptr_t address);

/* ---- worker.c ---- */

/* The functions that this one calls are expected to be called soon. For the engine's thread. */
void module_code_expect(struct module_code *code, const struct code_record *record);

#endif
