/* Values of the specification's tests: from the JSON of wast2json to the engine's, and back to text.
   Numbers are decimal strings of the value's bits; a NaN may be "nan:canonical" or "nan:arithmetic"; a v128 is a list of
   lanes; a reference is "null", or a number that stands for an external object, or (a function) nothing at all. */
#ifndef TESTS_SPEC_VALUE_H
#define TESTS_SPEC_VALUE_H

#include "wasm/wasm.h"

#include <cjson/cJSON.h>

/* The type that the JSON names; false when there is no such type. */
bool value_type(const cJSON *json, uint8_t *type);
/* False when the JSON says no definite value. */
bool value_parse(const cJSON *json, union wasm_value *out);
/* True when the value is one that the JSON allows. */
bool value_matches(const cJSON *json, const union wasm_value *value);
/* A printable form in a caller's array; returns out. */
const char *value_describe(uint8_t type, const union wasm_value *value, char *out, size_t size);

#endif
