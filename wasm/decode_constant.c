/* Constant expressions (core spec 3.3.10, with the extended-const proposal). They have their own small stack, of a depth
   that the evaluation in constant.c can rely on. */
#include "wasm/decode.h"

struct constant {
    struct decoder *decoder;
    uint64_t offset; /* of the instruction in hand */
    uint32_t depth;
    uint8_t types[LIMIT_CONSTANT_DEPTH];
};

static enum error constant_push(struct constant *constant, uint8_t type) {
    if (constant->depth == LIMIT_CONSTANT_DEPTH) {
        return limit_fail(constant->decoder->reader.report, constant->offset, LIMIT_NUMBER_CONSTANT_DEPTH, constant->depth + 1ull);
    }
    constant->types[constant->depth++] = type;
    return ERROR_NONE;
}

/* Both operands, and so the result, are of one type. */
static enum error constant_binary(struct constant *constant, uint32_t opcode, uint8_t type) {
    const uint32_t depth = constant->depth;
    if (depth < 2 || constant->types[depth - 1] != type || constant->types[depth - 2] != type) {
        return report_fail(constant->decoder->reader.report, ERROR_INVALID, constant->offset, "type mismatch: %s expects two operands of type %s",
                           opcode_name(opcode), type_name(type));
    }
    constant->depth--;
    return ERROR_NONE;
}

/* Only an immutable import: it has its value before any expression is evaluated. */
static enum error constant_global(struct constant *constant) {
    const struct wasm_module *module = constant->decoder->module;
    uint32_t index = 0;
    const enum error error = decode_index(constant->decoder, "global", module->imported_global_count, &index);
    if (error != ERROR_NONE) {
        return error;
    }
    if (module->globals[index].is_mutable) {
        return report_fail(constant->decoder->reader.report, ERROR_INVALID, constant->offset, "constant expression required: global %u is mutable",
                           index);
    }
    return constant_push(constant, module->globals[index].type);
}

static enum error constant_function(struct constant *constant) {
    const struct wasm_module *module = constant->decoder->module;
    uint32_t index = 0;
    const enum error error = decode_index(constant->decoder, "function", module->function_count, &index);
    if (error != ERROR_NONE) {
        return error;
    }
    module->functions[index].is_declared = true;
    return constant_push(constant, WASM_FUNCREF);
}

static enum error constant_null(struct constant *constant) {
    uint8_t type = 0;
    const enum error error = reader_reference_type(&constant->decoder->reader, &type);
    return error != ERROR_NONE ? error : constant_push(constant, type);
}

static enum error constant_number(struct constant *constant, uint32_t opcode) {
    struct reader *reader = &constant->decoder->reader;
    int32_t s32 = 0;
    int64_t s64 = 0;
    enum error error = ERROR_NONE;
    switch (opcode) {
    case OP_I32_CONST: error = reader_s32(reader, &s32); break;
    case OP_I64_CONST: error = reader_s64(reader, &s64); break;
    case OP_F32_CONST: error = reader_skip(reader, 4); break;
    case OP_F64_CONST: error = reader_skip(reader, 8); break;
    default:
        ASSERT(opcode == OP_V128_CONST);
        error = reader_skip(reader, 16);
        break;
    }
    return error != ERROR_NONE ? error : constant_push(constant, opcode_table[opcode].push);
}

static enum error constant_instruction(struct constant *constant, uint32_t opcode) {
    switch (opcode) {
    case OP_I32_CONST:
    case OP_I64_CONST:
    case OP_F32_CONST:
    case OP_F64_CONST:
    case OP_V128_CONST: return constant_number(constant, opcode);
    case OP_GLOBAL_GET: return constant_global(constant);
    case OP_REF_NULL: return constant_null(constant);
    case OP_REF_FUNC: return constant_function(constant);
    case OP_I32_ADD:
    case OP_I32_SUB:
    case OP_I32_MUL: return constant_binary(constant, opcode, WASM_I32);
    case OP_I64_ADD:
    case OP_I64_SUB:
    case OP_I64_MUL: return constant_binary(constant, opcode, WASM_I64);
    default:
        return report_fail(constant->decoder->reader.report, ERROR_INVALID, constant->offset, "constant expression required: %s is not constant",
                           opcode_name(opcode));
    }
}

static enum error constant_result_check(const struct constant *constant, uint8_t type) {
    struct report *report = constant->decoder->reader.report;
    if (constant->depth != 1) {
        return report_fail(report, ERROR_INVALID, constant->offset, "type mismatch: a constant expression leaves %u values, not one",
                           constant->depth);
    }
    if (constant->types[0] != type) {
        return report_fail(report, ERROR_INVALID, constant->offset, "type mismatch: a constant expression of type %s is needed, found %s",
                           type_name(type), type_name(constant->types[0]));
    }
    return ERROR_NONE;
}

enum error decode_constant(struct decoder *decoder, uint8_t type, struct module_constant *out) {
    struct constant constant = {.decoder = decoder};
    out->offset = (uint32_t)reader_offset(&decoder->reader);
    for (;;) {
        constant.offset = reader_offset(&decoder->reader);
        uint32_t opcode = 0;
        enum error error = reader_opcode(&decoder->reader, &opcode);
        if (error == ERROR_NONE && opcode == OP_END) {
            return constant_result_check(&constant, type);
        }
        if (error == ERROR_NONE) {
            error = constant_instruction(&constant, opcode);
        }
        if (error != ERROR_NONE) {
            return error;
        }
    }
}
