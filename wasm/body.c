/* Reading of validated bodies: one place knows how immediates are laid out (core spec 5.4). */
#include "wasm/body.h"

#include "base/assert.h"
#include "base/leb128.h"
#include "wasm/reader.h"

#define ACCESS_HAS_MEMORY 0x40u /* bit 6 of the alignment: a memory index follows (multiple memories) */
#define VECTOR_BYTES      16u
#define PREFIX_FIRST      0xFCu /* of the opcodes that a number follows */

void body_begin(struct body *body, const struct wasm_module *module, uint32_t function) {
    const struct module_function *declared = &module->functions[function];
    ASSERT(function < module->function_count && declared->body_offset != 0);
    body->bytes = module->bytes.data;
    body->at = module->bytes.data + declared->body_offset;
    body->end = body->at + declared->body_size;
}

/* Parameters, then the groups of declarations at the head of the body (5.5.13). */
void body_read_locals(struct body *body, const struct module_function *function, uint8_t *types) {
    uint32_t local = function->type->parameter_count;
    for (uint32_t index = 0; index < local; index++) {
        types[index] = function->type->types[index];
    }
    uint32_t groups = leb128_read_u32(&body->at);
    for (uint32_t group = 0; group < groups; group++) {
        uint32_t count = leb128_read_u32(&body->at);
        uint8_t type = *body->at++;
        ASSERT(count <= function->local_count - local);
        memset(types + local, type, count);
        local += count;
    }
    ASSERT(local == function->local_count);
}

/* Integers by value: the cursor stays in a register, but for the few that are long. Each returns what is behind. */
static inline const uint8_t *take_u32(const uint8_t *at, uint32_t *value) {
    if (LIKELY(*at < 0x80)) {
        *value = *at;
        return at + 1;
    }
    *value = leb128_read_long_u32(&at);
    return at;
}

static const uint8_t *skip_indices(const uint8_t *at, uint64_t count) {
    for (uint64_t index = 0; index < count; index++) {
        while (*at >= 0x80) {
            at++;
        }
        at++;
    }
    return at;
}

static const uint8_t *take_access(const uint8_t *at, struct instruction *out) {
    uint32_t flags;
    at = take_u32(at, &flags);
    out->index = 0;
    if (flags & ACCESS_HAS_MEMORY) {
        at = take_u32(at, &out->index);
    }
    return take_u32(at, &out->offset);
}

static const uint8_t *take_s32(const uint8_t *at, struct instruction *out) {
    const uint8_t *next = at;
    out->number = (uint32_t)leb128_read_s32(&next);
    return next;
}

static const uint8_t *take_s64(const uint8_t *at, struct instruction *out) {
    const uint8_t *next = at;
    out->number = (uint64_t)leb128_read_s64(&next);
    return next;
}

static const uint8_t *skip_types(const uint8_t *at) {
    uint32_t count;
    at = take_u32(at, &count);
    return skip_indices(at, count);
}

/* The immediates of an instruction whose opcode is known. */
static inline const uint8_t *take_immediates(const uint8_t *at, struct instruction *out) {
    switch ((enum immediate)opcode_table[out->opcode].immediate) {
    case IMMEDIATE_INVALID: panic("an instruction that validation let pass", __FILE__, __LINE__);
    case IMMEDIATE_NONE: return at;
    case IMMEDIATE_LABEL:
    case IMMEDIATE_FUNCTION:
    case IMMEDIATE_LOCAL:
    case IMMEDIATE_GLOBAL:
    case IMMEDIATE_TABLE:
    case IMMEDIATE_ELEMENT:
    case IMMEDIATE_DATA:
    case IMMEDIATE_MEMORY: return take_u32(at, &out->index);
    case IMMEDIATE_INDIRECT:
    case IMMEDIATE_TABLE_TABLE:
    case IMMEDIATE_ELEMENT_TABLE:
    case IMMEDIATE_DATA_MEMORY:
    case IMMEDIATE_MEMORY_MEMORY: return take_u32(take_u32(at, &out->index), &out->second);
    case IMMEDIATE_ACCESS: return take_access(at, out);
    case IMMEDIATE_ACCESS_LANE:
        at = take_access(at, out);
        out->lane = *at;
        return at + 1;
    case IMMEDIATE_I32: return take_s32(at, out);
    case IMMEDIATE_I64: return take_s64(at, out);
    case IMMEDIATE_F32: out->number = bytes_load_u32(at); return at + 4;
    case IMMEDIATE_F64: out->number = bytes_load_u64(at); return at + 8;
    case IMMEDIATE_LANE: out->lane = *at; return at + 1;
    case IMMEDIATE_REFERENCE: out->number = 0; /* fall through */
    case IMMEDIATE_BLOCK: out->bytes = at; return skip_indices(at, 1);
    case IMMEDIATE_LABELS:
        at = take_u32(at, &out->index);
        out->bytes = at;
        return skip_indices(at, (uint64_t)out->index + 1);
    case IMMEDIATE_TYPES: return skip_types(at);
    case IMMEDIATE_V128:
    case IMMEDIATE_SHUFFLE: out->bytes = at; return at + VECTOR_BYTES;
    case IMMEDIATE_FENCE: return at + 1;
    }
    return at;
}

void body_next(struct body *body, struct instruction *out) {
    const uint8_t *at = body->at;
    ASSERT(at < body->end);
    out->source = (uint32_t)(at - body->bytes);
    out->opcode = *at;
    if (UNLIKELY(*at >= PREFIX_FIRST)) {
        const uint8_t *next = at;
        out->opcode = opcode_read(&next);
        at = next;
    } else {
        at++;
    }
    body->at = take_immediates(at, out);
}

/* Nothing, one value type, or the index of a function type (5.4.1). */
struct block_type body_block_type(const struct wasm_module *module, const struct instruction *instruction) {
    const uint8_t *at = instruction->bytes;
    if (*at == BLOCK_TYPE_EMPTY) {
        return (struct block_type){.types = at};
    }
    if (*at >= WASM_EXTERNREF && *at <= WASM_I32) {
        return (struct block_type){.types = at, .result_count = 1};
    }
    const struct wasm_function_type *type = module->types[leb128_read_u32(&at)];
    return (struct block_type){.types = type->types, .parameter_count = type->parameter_count, .result_count = type->result_count};
}
