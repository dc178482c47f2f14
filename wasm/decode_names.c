/* Names for messages, and which proposal an encoding that we refuse belongs to. Sources: the binary formats of core spec
   3.0 (appendix "Index of Instructions", 5.3) and of the proposals' overviews. */
#include "wasm/decode_names.h"
#include "wasm/wasm.h"

const struct limit_info limit_infos[LIMIT_NUMBER_COUNT] = {
#define LIMIT(name, value, text) [LIMIT_NUMBER_##name] = {value, text},
#include "wasm/limits.def"
#undef LIMIT
};

enum error limit_fail(struct report *report, uint64_t offset, enum limit_number limit, uint64_t count) {
    return report_fail(report, ERROR_LIMIT, offset, "%llu %s: the limit is %u", (unsigned long long)count, limit_infos[limit].text,
                       limit_infos[limit].value);
}

static const char PROPOSAL_EXCEPTIONS[] = "exception handling";
static const char PROPOSAL_GC[] = "garbage collection";
static const char PROPOSAL_REFERENCES[] = "typed function references";

const char *type_name(uint8_t type) {
    switch (type) {
    case WASM_I32: return "i32";
    case WASM_I64: return "i64";
    case WASM_F32: return "f32";
    case WASM_F64: return "f64";
    case WASM_V128: return "v128";
    case WASM_FUNCREF: return "funcref";
    case WASM_EXTERNREF: return "externref";
    default: return "unknown";
    }
}

const char *section_name(uint8_t id) {
    static const char *const names[] = {"custom", "type",  "import",  "function", "table", "memory",    "global",
                                        "export", "start", "element", "code",     "data",  "data count"};
    return id < sizeof names / sizeof names[0] ? names[id] : NULL;
}

const char *section_proposal(uint8_t id) {
    switch (id) {
    case 13: return PROPOSAL_EXCEPTIONS; /* tag section */
    case 14: return "reference-typed strings";
    default: return NULL;
    }
}

const char *type_proposal(uint8_t type) {
    switch (type) {
    case 0x63: /* ref null */
    case 0x64: /* ref */ return PROPOSAL_REFERENCES;
    case 0x69: /* exn */
    case 0x74: /* noexn */ return PROPOSAL_EXCEPTIONS;
    case 0x4E: /* rec */
    case 0x4F: /* sub final */
    case 0x50: /* sub */
    case 0x5E: /* array */
    case 0x5F: /* struct */
    case 0x6A: /* array */
    case 0x6B: /* struct */
    case 0x6C: /* i31 */
    case 0x6D: /* eq */
    case 0x6E: /* any */
    case 0x71: /* none */
    case 0x72: /* noextern */
    case 0x73: /* nofunc */ return PROPOSAL_GC;
    case 0x5D: /* cont */
    case 0x68: /* cont */
    case 0x75: /* nocont */ return "stack switching";
    default: return NULL;
    }
}

static const char *plain_proposal(uint8_t byte) {
    switch (byte) {
    case 0x06: /* try */
    case 0x07: /* catch */
    case 0x08: /* throw */
    case 0x09: /* rethrow */
    case 0x0A: /* throw_ref */
    case 0x18: /* delegate */
    case 0x19: /* catch_all */
    case 0x1F: /* try_table */ return PROPOSAL_EXCEPTIONS;
    case 0x14: /* call_ref */
    case 0x15: /* return_call_ref */
    case 0xD4: /* ref.as_non_null */
    case 0xD5: /* br_on_null */
    case 0xD6: /* br_on_non_null */ return PROPOSAL_REFERENCES;
    case 0xD3: /* ref.eq */
    case 0xFB: return PROPOSAL_GC;
    case 0xE0: /* cont.new */
    case 0xE1: /* cont.bind */
    case 0xE2: /* suspend */
    case 0xE3: /* resume */
    case 0xE4: /* resume_throw */
    case 0xE5: /* switch */ return "stack switching";
    default: return NULL;
    }
}

const char *opcode_proposal(uint8_t prefix, uint32_t number) {
    switch (prefix) {
    case 0xFC: return number >= 0x13 && number <= 0x16 ? "wide arithmetic" : NULL;
    case 0xFD: return number >= 0x100 && number <= 0x12F ? "relaxed SIMD" : NULL;
    case 0xFE: return NULL;
    default: return plain_proposal(prefix);
    }
}
