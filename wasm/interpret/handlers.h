/* The names of all handlers of instructions with a fixed signature, made from the lists that define them.
   number.c, access.c, vector.c and atomic.c define the handlers, handlers.c puts them into tables. Private to these. */
#ifndef WASM_INTERPRET_HANDLERS_H
#define WASM_INTERPRET_HANDLERS_H

#include "wasm/interpret/operation.h"

#define INSTRUCTION(shape, name, ...) operation_handler handle_##name;
#include "wasm/interpret/accesses.def"
#include "wasm/interpret/atomics.def"
#include "wasm/interpret/numbers.def"
#include "wasm/interpret/vectors.def"
#undef INSTRUCTION

/* Immediate variants exist of shapes with a right operand that is a number. */
#define IMMEDIATE_UNARY(name)
#define IMMEDIATE_BINARY(name) operation_handler handle_immediate_##name;
#define IMMEDIATE_DIVIDE(name) operation_handler handle_immediate_##name;
#define IMMEDIATE_TRUNCATE(name)
#define INSTRUCTION(shape, name, ...) IMMEDIATE_##shape(name)
#include "wasm/interpret/numbers.def"
#undef INSTRUCTION
#undef IMMEDIATE_BINARY
#undef IMMEDIATE_DIVIDE

/* Opens the definition of a handler. */
#define HANDLER(name) const struct operation *handle_##name(const struct operation *op, union slot *frame, struct execution *execution)

#endif
