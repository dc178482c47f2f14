/* A decoded, validated module: immutable after decode. Private to the engine.
   Made by decode.c (sections) and validate.c (bodies), read by everything else. All of it lies in one arena; names and
   bodies are views of the caller's bytes. Vectors are sized by what the module really has, never by what it claims. */
#ifndef WASM_MODULE_H
#define WASM_MODULE_H

#include "base/arena.h"
#include "base/map.h"
#include "wasm/wasm.h"

enum limit {
#define LIMIT(name, value, text) LIMIT_##name = (value),
#include "wasm/limits.def"
#undef LIMIT
};

/* A function of the module's own index space, imports first. */
struct module_function {
    const struct wasm_function_type *type;
    uint32_t body_offset; /* of the locals' declarations in the module's bytes; 0 for an import */
    uint32_t body_size;   /* including the final `end` */
    uint32_t operand_max; /* the deepest operand stack, in values */
    uint32_t local_count; /* parameters included */
    uint32_t nesting_max; /* the deepest nesting of blocks; 1 for a body without blocks */
    bool is_declared;     /* occurs outside the bodies and the start section, so that `ref.func` may name it (3.4.10, C.refs) */
};

struct module_table {
    struct wasm_limits limits;
    uint8_t element_type;
};

struct module_memory {
    struct wasm_limits limits;
};

/* A constant expression, validated; evaluated at instantiation (constant.c). */
struct module_constant {
    uint32_t offset; /* of its first instruction in the module's bytes */
};

struct module_global {
    uint8_t type;
    bool is_mutable;
    struct module_constant initial; /* own globals only */
};

struct module_import {
    struct bytes module;
    struct bytes name;
    uint8_t kind;   /* enum wasm_kind */
    uint32_t index; /* in the index space of its kind */
};

struct module_export {
    struct bytes name;
    uint8_t kind;
    uint32_t index;
};

enum segment_mode { SEGMENT_ACTIVE, SEGMENT_PASSIVE, SEGMENT_DECLARATIVE };

struct module_element {
    uint8_t mode;          /* enum segment_mode */
    uint8_t element_type;  /* enum wasm_type */
    bool uses_expressions; /* items are constant expressions, else function indices (LEB128) */
    uint32_t table;
    struct module_constant offset; /* active */
    uint32_t count;
    uint32_t items_offset; /* of the first item in the module's bytes */
};

struct module_data {
    uint8_t mode;
    uint32_t memory;
    struct module_constant offset; /* active */
    struct bytes content;
};

/* What memory 0 begins with instead of what its active data segments would write: they all write to it, and where they do is known. */
struct module_pages {
    struct bytes content; /* whole pages of the host; empty: there are none, and segments are written one by one */
    uint64_t address;     /* in the memory */
    bool has_object;
    uint64_t object, offset; /* the same content as the host's memory object, and where it stands there */
};

struct wasm_module {
    struct wasm_engine *engine;
    struct bytes bytes;
    struct arena arena;

    const struct wasm_function_type **types;
    struct module_function *functions;
    struct module_table *tables;
    struct module_memory *memories;
    struct module_global *globals;
    struct module_import *imports;
    struct module_export *exports;
    struct module_element *elements;
    struct module_data *data;
    struct module_pages pages; /* of an image */
    uint32_t type_count, function_count, table_count, memory_count, global_count;
    uint32_t import_count, export_count, element_count, data_count;
    uint32_t imported_function_count, imported_table_count, imported_memory_count, imported_global_count;

    struct map export_map;   /* name to index in exports */
    uint32_t start_function; /* UINT32_MAX when there is none */
    bool has_data_count;     /* there is a data count section; while bodies are validated, data_count is what it says */
    uint64_t code_bytes;
    struct module_code *code;  /* compiled functions; NULL before the first. The one thing that changes later */
    struct bytes name_section; /* content behind the name; empty when there is none */
};

/* A module of these bytes with nothing in it yet; wasm_module_destroy takes it at every stage. NULL when the budget ends. */
struct wasm_module *module_allocate(struct wasm_engine *engine, struct budget *budget, struct bytes bytes) MUST_CHECK;
/* Fills in a zeroed module whose engine and bytes are set and whose arena is ready; on failure the caller destroys it. */
enum error module_decode(struct wasm_module *module, struct report *report) MUST_CHECK;

#endif
