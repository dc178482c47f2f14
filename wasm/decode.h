/* Decoding of a module's sections (core spec 5.5), with the checks of 3.4 where each thing is met. Private to decode_*.c.
   A section's reader ends where the section does. */
#ifndef WASM_DECODE_H
#define WASM_DECODE_H

#include "wasm/module.h"
#include "wasm/reader.h"
#include "wasm/validate.h"

struct decoder {
    struct wasm_module *module;
    struct reader reader;     /* of the section in hand */
    uint32_t body_count;      /* that the code section had */
    uint32_t data_met;        /* segments that the data section had */
    uint64_t data_use_offset; /* see struct validator */
    uint32_t data_use_index;
    bool has_data_section;
};

/* ---- decode_types.c: what import, table, memory and global sections share ---- */

enum error decode_function_type_index(struct decoder *decoder, const struct wasm_function_type **out) MUST_CHECK;
enum error decode_table_type(struct decoder *decoder, struct module_table *out) MUST_CHECK;
enum error decode_memory_type(struct decoder *decoder, struct module_memory *out) MUST_CHECK;
enum error decode_global_type(struct decoder *decoder, struct module_global *out) MUST_CHECK;
enum error decode_type_section(struct decoder *decoder) MUST_CHECK;

/* ---- decode_imports.c ---- */

enum error decode_import_section(struct decoder *decoder) MUST_CHECK;
enum error decode_export_section(struct decoder *decoder) MUST_CHECK;

/* ---- decode_sections.c ---- */

enum error decode_function_section(struct decoder *decoder) MUST_CHECK;
enum error decode_table_section(struct decoder *decoder) MUST_CHECK;
enum error decode_memory_section(struct decoder *decoder) MUST_CHECK;
enum error decode_global_section(struct decoder *decoder) MUST_CHECK;
enum error decode_start_section(struct decoder *decoder) MUST_CHECK;
enum error decode_data_count_section(struct decoder *decoder) MUST_CHECK;
enum error decode_code_section(struct decoder *decoder) MUST_CHECK;

/* ---- decode_segments.c ---- */

enum error decode_element_section(struct decoder *decoder) MUST_CHECK;
enum error decode_data_section(struct decoder *decoder) MUST_CHECK;

/* ---- decode_constant.c ---- */

/* A constant expression (3.3.10, with extended constants) of this type, its `end` included. */
enum error decode_constant(struct decoder *decoder, uint8_t type, struct module_constant *out) MUST_CHECK;

/* ---- decode.c ---- */

/* The length of a section's vector, whose things join the `there` that are in their index space already. */
enum error decode_count(struct decoder *decoder, uint32_t item_size, enum limit_number limit, uint32_t there, uint32_t *out) MUST_CHECK;
/* Room for `extra` more things behind the `count` that are there, all of `size` bytes; the new ones are zeroed. NULL when
   the budget ends. Things are moved at most once: imports come before what a module has of its own. */
void *decode_extend(struct decoder *decoder, const void *things, uint32_t count, uint32_t extra, size_t size) MUST_CHECK;
/* ERROR_INVALID "unknown WHAT index" at `at` when index is not below the count. */
enum error decode_index_check(const struct decoder *decoder, const uint8_t *at, const char *what, uint32_t index, uint32_t count) MUST_CHECK;
/* Reads an index and checks it. */
enum error decode_index(struct decoder *decoder, const char *what, uint32_t count, uint32_t *out) MUST_CHECK;

#endif
