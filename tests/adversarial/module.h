/* Builds modules section by section. Nothing is checked: most of them are meant to be wrong. */
#ifndef TESTS_ADVERSARIAL_MODULE_H
#define TESTS_ADVERSARIAL_MODULE_H

#include "tests/adversarial/buffer.h"

enum section_id {
    SECTION_CUSTOM,
    SECTION_TYPE,
    SECTION_IMPORT,
    SECTION_FUNCTION,
    SECTION_TABLE,
    SECTION_MEMORY,
    SECTION_GLOBAL,
    SECTION_EXPORT,
    SECTION_START,
    SECTION_ELEMENT,
    SECTION_CODE,
    SECTION_DATA,
    SECTION_DATA_COUNT,
    SECTION_COUNT
};

enum { KIND_FUNCTION, KIND_TABLE, KIND_MEMORY, KIND_GLOBAL };

/* The few instructions and types that cases write by name. */
enum {
    OP_UNREACHABLE = 0x00,
    OP_NOP = 0x01,
    OP_BLOCK = 0x02,
    OP_LOOP = 0x03,
    OP_IF = 0x04,
    OP_ELSE = 0x05,
    OP_END = 0x0B,
    OP_BR = 0x0C,
    OP_BR_IF = 0x0D,
    OP_BR_TABLE = 0x0E,
    OP_RETURN = 0x0F,
    OP_CALL = 0x10,
    OP_CALL_INDIRECT = 0x11,
    OP_RETURN_CALL = 0x12,
    OP_RETURN_CALL_INDIRECT = 0x13,
    OP_DROP = 0x1A,
    OP_I32_LOAD = 0x28,
    OP_MEMORY_GROW = 0x40,
    OP_I32_CONST = 0x41,
    OP_I32_ADD = 0x6A,
    TYPE_I32 = 0x7F,
    TYPE_I64 = 0x7E,
    TYPE_FUNCREF = 0x70,
    TYPE_EXTERNREF = 0x6F,
    TYPE_NONE = 0x40,
};

struct module {
    struct buffer sections[SECTION_COUNT]; /* their elements, without the count; the start section's index */
    uint32_t counts[SECTION_COUNT];        /* of elements; a section of none is left out */
    struct buffer custom;                  /* whole custom sections, written last */
};

/* A function type without results; the index of it. */
uint32_t module_type(struct module *module, uint32_t parameter_count, uint32_t result_count);
/* A function without locals, whose body is these instructions and an `end`. */
uint32_t module_function(struct module *module, uint32_t type, const struct buffer *instructions);
/* The same; the content of a body as it is: locals, instructions, end. */
uint32_t module_raw_function(struct module *module, uint32_t type, const struct buffer *body);
void module_memory(struct module *module, uint32_t minimum);
void module_table(struct module *module, uint8_t type, uint32_t minimum);
void module_export(struct module *module, const char *name, uint8_t kind, uint32_t index);
void module_import_function(struct module *module, const char *from, const char *name, uint32_t type);

/* Exports function 0 as "run", writes the preamble and all that was built into out, and frees the module. */
void module_end_run(struct module *module, struct buffer *out);
/* The same without the export. */
void module_end(struct module *module, struct buffer *out);

void preamble_add(struct buffer *out);
void section_add(struct buffer *out, uint8_t id, const struct buffer *content);
/* A module whose one function, type [] -> [], exported as "run", has these instructions. Memory 0 has a page, table 0
   one element. Frees the instructions. */
void module_of(struct buffer *out, struct buffer *instructions);

#endif
