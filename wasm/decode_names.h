/* Names for messages: what we refuse, and what we expected. Private to the engine. */
#ifndef WASM_DECODE_NAMES_H
#define WASM_DECODE_NAMES_H

#include "base/report.h"

/* The limits of limits.def, numbered in its order. */
enum limit_number {
#define LIMIT(name, value, text) LIMIT_NUMBER_##name,
#include "wasm/limits.def"
#undef LIMIT
    LIMIT_NUMBER_COUNT
};

struct limit_info {
    uint32_t value;
    const char *text;
};

extern const struct limit_info limit_infos[LIMIT_NUMBER_COUNT];
/* Reports, and returns, ERROR_LIMIT. */
enum error limit_fail(struct report *report, uint64_t offset, enum limit_number limit, uint64_t count);

/* "i32", "funcref" and so on; "unknown" for the bottom type 0. */
const char *type_name(uint8_t type);
/* "type", "import" and so on; NULL for an id that the format does not have. */
const char *section_name(uint8_t id);

/* The name of the proposal that an encoding belongs to, or NULL. */
const char *type_proposal(uint8_t type);
const char *section_proposal(uint8_t id);
/* opcode as in opcode.h; numbers behind a prefix may be beyond the page. */
const char *opcode_proposal(uint8_t prefix, uint32_t number);

#endif
