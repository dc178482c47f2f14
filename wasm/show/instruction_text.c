/* Instructions in the text format. */
#include "wasm/show/instruction_text.h"

#include "base/leb128.h"
#include "wasm/decode_names.h"

#define TARGETS_SHOWN_MAX 64u
#define VECTOR_BYTES      16u
#define ALIGNMENT_BITS    0x3Fu /* of the flags of an access; the next one says that there is a memory index */

/* ---- Floats (6.3.2): exact, in hexadecimal ---- */

/* A float as its parts: the exponent without bias, of a significand of so many bits behind the point. */
struct float_format {
    uint32_t significand_bits, exponent_bits;
};
static const struct float_format format_f32 = {23, 8}, format_f64 = {52, 11};

static void nan_text(const struct float_format *kind, uint64_t significand, struct text *out) {
    if (significand == 1ull << (kind->significand_bits - 1)) {
        text_add(out, "nan");
    } else {
        text_add(out, "nan:0x%llx", (unsigned long long)significand);
    }
}

/* Digits without the zeros at the end, as printf's %a has them; numbers that are not normal begin with a 1 too. */
static void finite_text(const struct float_format *kind, uint64_t significand, uint32_t biased, struct text *out) {
    int32_t exponent = (int32_t)biased - (int32_t)((1u << (kind->exponent_bits - 1)) - 1);
    if (biased == 0 && significand == 0) {
        text_add(out, "0x0p+0");
        return;
    }
    if (biased == 0) {
        for (exponent++; significand >> kind->significand_bits == 0; exponent--) {
            significand <<= 1;
        }
    }
    uint64_t digits = significand << (64 - kind->significand_bits);
    text_add(out, digits != 0 ? "0x1." : "0x1");
    for (; digits != 0; digits <<= 4) {
        text_add(out, "%x", (unsigned)(digits >> 60));
    }
    text_add(out, "p%s%u", exponent < 0 ? "-" : "+", (unsigned)(exponent < 0 ? -exponent : exponent));
}

static void float_text(const struct float_format *kind, uint64_t bits, struct text *out) {
    const uint64_t significand = bits & ((1ull << kind->significand_bits) - 1);
    const uint32_t exponent_max = (1u << kind->exponent_bits) - 1, biased = (uint32_t)(bits >> kind->significand_bits) & exponent_max;
    text_add(out, bits >> (kind->significand_bits + kind->exponent_bits) != 0 ? " -" : " ");
    if (biased < exponent_max) {
        finite_text(kind, significand, biased, out);
    } else if (significand == 0) {
        text_add(out, "inf");
    } else {
        nan_text(kind, significand, out);
    }
}

/* ---- Immediates ---- */

static void types_text(const char *what, const uint8_t *types, uint32_t count, struct text *out) {
    for (uint32_t index = 0; index < count; index++) {
        text_add(out, "%s%s %s", index == 0 ? " (" : "", index == 0 ? what : "", type_name(types[index]));
    }
    if (count > 0) {
        text_add(out, ")");
    }
}

static void block_text(const struct wasm_module *module, const struct instruction *instruction, struct text *out) {
    const struct block_type type = body_block_type(module, instruction);
    types_text("param", type.types, type.parameter_count, out);
    types_text("result", type.types + type.parameter_count, type.result_count, out);
}

static void targets_text(const struct instruction *instruction, struct text *out) {
    const uint8_t *at = instruction->bytes;
    const uint64_t count = (uint64_t)instruction->index + 1;
    for (uint64_t target = 0; target < count && target < TARGETS_SHOWN_MAX; target++) {
        text_add(out, " %u", leb128_read_u32(&at));
    }
    if (count > TARGETS_SHOWN_MAX) {
        text_add(out, " and %llu more", (unsigned long long)(count - TARGETS_SHOWN_MAX));
    }
}

static void access_text(const struct wasm_module *module, const struct instruction *instruction, struct text *out) {
    const uint8_t *at = module->bytes.data + instruction->source;
    const uint32_t opcode = opcode_read(&at), alignment = leb128_read_u32(&at) & ALIGNMENT_BITS;
    if (instruction->index != 0) {
        text_add(out, " %u", instruction->index);
    }
    if (instruction->offset != 0) {
        text_add(out, " offset=%u", instruction->offset);
    }
    if (alignment != opcode_table[opcode].alignment) {
        text_add(out, " align=%u", 1u << alignment);
    }
}

static void lanes_text(const struct instruction *instruction, struct text *out) {
    for (uint32_t lane = 0; lane < VECTOR_BYTES; lane++) {
        text_add(out, " %u", instruction->bytes[lane]);
    }
}

static void vector_text(const struct instruction *instruction, struct text *out) {
    text_add(out, " i32x4");
    for (uint32_t lane = 0; lane < VECTOR_BYTES; lane += 4) {
        text_add(out, " 0x%08x", bytes_load_u32(instruction->bytes + lane));
    }
}

/* One type; more are not valid. */
static void select_text(const struct wasm_module *module, const struct instruction *instruction, struct text *out) {
    const uint8_t *at = module->bytes.data + instruction->source + 1;
    const uint32_t count = leb128_read_u32(&at);
    types_text("result", at, count, out);
}

/* An index that is 0 is left out where the text format lets it. */
static void optional_text(uint32_t index, struct text *out) {
    if (index != 0) {
        text_add(out, " %u", index);
    }
}

static void pair_text(const struct instruction *instruction, struct text *out) {
    if (instruction->index != 0 || instruction->second != 0) {
        text_add(out, " %u %u", instruction->index, instruction->second);
    }
}

void instruction_text(const struct wasm_module *module, const struct instruction *instruction, struct text *out) {
    text_add(out, "%s", opcode_name(instruction->opcode));
    switch ((enum immediate)opcode_table[instruction->opcode].immediate) {
    case IMMEDIATE_INVALID:
    case IMMEDIATE_NONE:
    case IMMEDIATE_FENCE: break;
    case IMMEDIATE_BLOCK: block_text(module, instruction, out); break;
    case IMMEDIATE_LABELS: targets_text(instruction, out); break;
    case IMMEDIATE_LABEL:
    case IMMEDIATE_FUNCTION:
    case IMMEDIATE_LOCAL:
    case IMMEDIATE_GLOBAL:
    case IMMEDIATE_TABLE:
    case IMMEDIATE_ELEMENT:
    case IMMEDIATE_DATA: text_add(out, " %u", instruction->index); break;
    case IMMEDIATE_MEMORY: optional_text(instruction->index, out); break;
    case IMMEDIATE_INDIRECT:
        optional_text(instruction->second, out);
        text_add(out, " (type %u)", instruction->index);
        break;
    case IMMEDIATE_TYPES: select_text(module, instruction, out); break;
    case IMMEDIATE_TABLE_TABLE:
    case IMMEDIATE_MEMORY_MEMORY: pair_text(instruction, out); break;
    case IMMEDIATE_ELEMENT_TABLE:
    case IMMEDIATE_DATA_MEMORY:
        optional_text(instruction->second, out);
        text_add(out, " %u", instruction->index);
        break;
    case IMMEDIATE_ACCESS_LANE: access_text(module, instruction, out); /* fall through */
    case IMMEDIATE_LANE: text_add(out, " %u", instruction->lane); break;
    case IMMEDIATE_ACCESS: access_text(module, instruction, out); break;
    case IMMEDIATE_I32: text_add(out, " %d", (int32_t)(uint32_t)instruction->number); break;
    case IMMEDIATE_I64: text_add(out, " %lld", (long long)instruction->number); break;
    case IMMEDIATE_F32: float_text(&format_f32, instruction->number, out); break;
    case IMMEDIATE_F64: float_text(&format_f64, instruction->number, out); break;
    case IMMEDIATE_V128: vector_text(instruction, out); break;
    case IMMEDIATE_SHUFFLE: lanes_text(instruction, out); break;
    case IMMEDIATE_REFERENCE: text_add(out, *instruction->bytes == WASM_FUNCREF ? " func" : " extern"); break;
    }
}
