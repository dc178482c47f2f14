/* Constant expressions (core spec 3.3.10, with extended constants), evaluated at instantiation. They were validated, so
   types and indices are right and the operand stack is at most LIMIT_CONSTANT_DEPTH deep. */
#include "base/assert.h"
#include "base/leb128.h"
#include "wasm/opcode.h"
#include "wasm/store.h"

static void constant_binary(uint32_t opcode, union wasm_value *left, const union wasm_value *right) {
    switch (opcode) {
    case OP_I32_ADD: left->i32 += right->i32; break;
    case OP_I32_SUB: left->i32 -= right->i32; break;
    case OP_I32_MUL: left->i32 *= right->i32; break;
    case OP_I64_ADD: left->i64 += right->i64; break;
    case OP_I64_SUB: left->i64 -= right->i64; break;
    case OP_I64_MUL: left->i64 *= right->i64; break;
    default: ASSERT(!"an instruction that is constant");
    }
}

/* Reads what an instruction pushes; false for one that combines two operands instead. */
static bool constant_push(const struct wasm_instance *instance, uint32_t opcode, const uint8_t **at, union wasm_value *out) {
    switch (opcode) {
    case OP_I32_CONST: out->i32 = (uint32_t)leb128_read_s32(at); return true;
    case OP_I64_CONST: out->i64 = (uint64_t)leb128_read_s64(at); return true;
    case OP_F32_CONST:
        out->i32 = bytes_load_u32(*at);
        *at += 4;
        return true;
    case OP_F64_CONST:
        out->i64 = bytes_load_u64(*at);
        *at += 8;
        return true;
    case OP_V128_CONST:
        memcpy(out->v128, *at, sizeof out->v128);
        *at += sizeof out->v128;
        return true;
    case OP_GLOBAL_GET: *out = instance->globals[leb128_read_u32(at)]->value; return true;
    case OP_REF_NULL:
        *at += 1;
        out->reference = NULL;
        return true;
    case OP_REF_FUNC: out->reference = instance->functions[leb128_read_u32(at)]; return true;
    default: return false;
    }
}

void constant_evaluate(const struct wasm_instance *instance, uint32_t offset, union wasm_value *out, uint32_t *after) {
    const uint8_t *bytes = instance->module->bytes.data;
    const uint8_t *at = bytes + offset;
    union wasm_value stack[LIMIT_CONSTANT_DEPTH];
    uint32_t depth = 0;
    for (;;) {
        uint32_t opcode = opcode_read(&at);
        if (opcode == OP_END) {
            break;
        }
        union wasm_value value = {.v128 = {0}};
        if (constant_push(instance, opcode, &at, &value)) {
            ASSERT(depth < LIMIT_CONSTANT_DEPTH);
            stack[depth++] = value;
        } else {
            ASSERT(depth >= 2);
            depth--;
            constant_binary(opcode, &stack[depth - 1], &stack[depth]);
        }
    }
    ASSERT(depth == 1);
    *out = stack[0];
    if (after != NULL) {
        *after = (uint32_t)(at - bytes);
    }
}

bool constant_is_i32(const struct wasm_module *module, uint32_t offset, uint32_t *out) {
    const uint8_t *at = module->bytes.data + offset;
    if (opcode_read(&at) != OP_I32_CONST) {
        return false;
    }
    *out = (uint32_t)leb128_read_s32(&at);
    return opcode_read(&at) == OP_END;
}
