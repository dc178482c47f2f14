/* WebAssembly values and types as text: for --invoke, and for what inspect shows. */
#ifndef PLATFORM_LINUX_VALUE_H
#define PLATFORM_LINUX_VALUE_H

#include "wasm/wasm.h"

#include <stdio.h>

/* As the text format writes it: "i32", "funcref". */
const char *value_type_name(uint8_t type);
/* i32 and i64: decimal or 0x, signed or unsigned; f32 and f64: decimal, hexadecimal, inf, nan; v128: 0x and 32 digits, the
   first the highest byte; references: null. False when it is none of these, or does not fit. */
bool value_parse(uint8_t type, const char *text, union wasm_value *out);
/* Signed decimal; the shortest decimal that reads back as the same number; as above for v128; a reference is null, or the
   name of its type. No newline. */
void value_print(FILE *out, uint8_t type, const union wasm_value *value);

/* ---- In the words of the text format ---- */

/* (func (param i32) (result i32)), (memory 1 2), (table 1 funcref), (global (mut i32)) */
void extern_type_print(FILE *out, const struct wasm_extern_type *type);
/* A name in double quotes; what is not printable ASCII is written as \hh. */
void name_print(FILE *out, struct bytes name);

#endif
