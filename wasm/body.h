/* Function bodies of a validated module, read instruction by instruction. Whoever walks a body walks it with this: nothing
   is checked again, and nothing is copied: views are of the module's bytes. Private to the engine. */
#ifndef WASM_BODY_H
#define WASM_BODY_H

#include "wasm/module.h"
#include "wasm/opcode.h"

struct body {
    const uint8_t *bytes; /* of the module */
    const uint8_t *at;    /* the next instruction */
    const uint8_t *end;
};

/* What an instruction says. Fields that its kind of immediate (opcode.h) does not have are undefined. */
struct instruction {
    uint32_t opcode; /* enum opcode */
    uint32_t source; /* offset of the opcode in the module's bytes */
    uint32_t index;  /* the index, or the first of two; the memory of an access; the targets of br_table, without the default */
    uint32_t second; /* the second index */
    uint32_t offset; /* of an access */
    uint32_t lane;
    uint64_t number;      /* the bits of a constant; 32-bit ones are zero-extended, a null reference is 0 */
    const uint8_t *bytes; /* block types; the labels of br_table; the 16 bytes of v128.const and i8x16.shuffle; the type of ref.null */
};

/* Parameters and results of a block. */
struct block_type {
    const uint8_t *types; /* enum wasm_type: parameters, then results */
    uint16_t parameter_count;
    uint16_t result_count;
};

/* Goes to the body of a function of the module's own, at its declarations of locals. */
void body_begin(struct body *body, const struct wasm_module *module, uint32_t function);
/* Fills in the types of all local_count locals, parameters first, and goes to the first instruction. */
void body_read_locals(struct body *body, const struct module_function *function, uint8_t *types);
/* Reads the next instruction. There is one while at is below end. */
void body_next(struct body *body, struct instruction *out);
/* The type of a `block`, `loop` or `if`. */
struct block_type body_block_type(const struct wasm_module *module, const struct instruction *instruction);

#endif
