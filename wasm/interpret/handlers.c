/* The tables of handlers by opcode, made from the lists that define them: accesses.def, atomics.def, numbers.def and
   vectors.def. Read by translate.c only. An instruction in none of these lists has no entry here. */
#include "wasm/interpret/handlers.h"

#define INSTRUCTION(shape, name, ...) [OP_##name] = handle_##name,
operation_handler *const operation_handlers[OPCODE_COUNT] = {
#include "wasm/interpret/accesses.def"
#include "wasm/interpret/atomics.def"
#include "wasm/interpret/numbers.def"
#include "wasm/interpret/vectors.def"
};
#undef INSTRUCTION

#define IMMEDIATE_BINARY(name)        [OP_##name] = handle_immediate_##name,
#define IMMEDIATE_DIVIDE(name)        IMMEDIATE_BINARY(name)
#define INSTRUCTION(shape, name, ...) IMMEDIATE_##shape(name)
operation_handler *const operation_immediate_handlers[OPCODE_COUNT] = {
#include "wasm/interpret/numbers.def"
};
