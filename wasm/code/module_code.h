/* The compiled code of a module: one region of address space in which functions are added one behind the other, and what is known of them
   by address. Shared by all instances of the module, charged to the budget that the module is charged to. Pages are written, then
   sealed: never writable and executable at once. Private to the engine. */
#ifndef WASM_COMPILE_MODULE_CODE_H
#define WASM_COMPILE_MODULE_CODE_H

#include "wasm/compile/code.h"

/* A function that is compiled. */
struct code_record {
    uint32_t offset;     /* in the region */
    uint32_t size;       /* of its code, and the stubs behind it */
    uint32_t code_bytes; /* without stubs */
    uint32_t function;
    uint32_t frame_bytes;
    uint32_t prologue_bytes;
    uint32_t site_count;
    const struct code_site *sites;
    uint32_t relocation_count;
    const struct code_relocation *relocations; /* kept so that the code can be moved, see image_code.c */
};

struct module_code {
    struct list link; /* in the engine */
    const struct wasm_module *module;
    struct wasm_engine *engine;
    struct budget *budget;
    struct arena arena; /* sites and relocations */
    uint8_t *region;
    uint64_t region_bytes;
    uint64_t used_bytes;         /* committed and sealed */
    uint32_t *entries;           /* by own function: offset of its code + 1; 0 when there is none */
    struct code_record *records; /* sorted by offset */
    uint32_t record_count, record_capacity;
    uint32_t loaded_count; /* of the records: the first ones are from an image */
};

/* The code of a module, made on first use. */
enum error module_code_get(const struct wasm_module *module, struct module_code **out) MUST_CHECK;
void module_code_destroy(struct module_code *code);
/* The address of a function's code, or NULL. */
const uint8_t *module_code_find(const struct module_code *code, uint32_t function);
/* Maps a compiled function: relocates it, keeps its sites. Its address is then found. */
enum error module_code_add(struct module_code *code, uint32_t function, const struct code *compiled) MUST_CHECK;

/* Whose code an address is: NULL when it is none of this engine's. */
const struct code_record *engine_code_at(const struct wasm_engine *engine, uintptr_t address, const struct module_code **code);
/* The site at an address of the record's code, or NULL. */
const struct code_site *code_site_at(const struct module_code *code, const struct code_record *record, uintptr_t address);

#endif
