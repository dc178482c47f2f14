/* Machine instructions on scalar floats that are several of the processor. NaNs are whatever the processor makes of them until
   CANONICAL_SCALAR. Limits of conversions as in wasm/interpret/float.h: exact, in the precision of the operand. */
#include "base/assert.h"
#include "wasm/compile/x86_64/encode.h"

/* ---- Constants ---- */

/* A float of the width in xmm15, by way of r11. */
static void float_constant(struct encoder *encoder, uint8_t width, uint32_t bits_32, uint64_t bits_64) {
    encode_move_constant(encoder, X86_SCRATCH, width, width == 4 ? bits_32 : bits_64, false);
    encode_op(encoder, X86_MOVE_TO_VECTOR, width, XMM15, encode_register(X86_SCRATCH));
}

/* ---- Conversions ---- */

static struct encode_parts convert_parts(const struct encoder *encoder, uint8_t opcode, uint8_t width) {
    return (struct encode_parts){.prefix = width == 4 ? 0xF3 : 0xF2, .map = 1, .opcode = opcode, .vex = encoder->has_avx};
}

static void encode_convert(struct encoder *encoder, uint32_t to, struct encode_place from, uint8_t width, bool quad) {
    struct encode_parts parts = convert_parts(encoder, 0x2A, width);
    parts.quad = quad;
    parts.second = to & 15;
    encode_parts(encoder, &parts, to & 15, from);
}

/* The instruction leaves the upper part of its register alone, which would make it wait for what was there. */
static void encode_convert_integer(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t to = operand_location(encoder, instruction, 0);
    encode_op(encoder, X86_ZERO_VECTOR, 16, to, encode_register(to));
    encode_convert(encoder, to, encode_location(encoder, operand_location(encoder, instruction, 1)), instruction->width, instruction->immediate == 8);
}

static void encode_convert_unsigned_64(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t to = operand_location(encoder, instruction, 0), from = operand_location(encoder, instruction, 1);
    encode_op(encoder, X86_ZERO_VECTOR, 16, to, encode_register(to));
    encode_op(encoder, X86_TEST, 8, from, encode_register(from));
    encode_stub(encoder, CONDITION_S, STUB_CONVERT_HIGH);
    encode_convert(encoder, to, encode_register(from), instruction->width, true);
}

/* Half of it, the lost bit kept so that it counts when rounding; then twice. */
static void stub_convert_high(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t to = operand_location(encoder, instruction, 0), from = operand_location(encoder, instruction, 1);
    uint32_t half = operand_location(encoder, instruction, 2);
    encode_op(encoder, X86_MOV, 8, half, encode_register(from));
    encode_op(encoder, X86_MOV, 8, X86_SCRATCH, encode_register(from));
    encode_op_i(encoder, X86_SHR_I, 8, encode_register(half), 1);
    encode_op_i(encoder, X86_AND_I, 4, encode_register(X86_SCRATCH), 1);
    encode_op(encoder, X86_OR, 8, half, encode_register(X86_SCRATCH));
    encode_convert(encoder, to, encode_register(half), instruction->width, true);
    encode_op(encoder, X86_ADD_SCALAR, instruction->width, to, encode_register(to));
}

static void encode_truncation(struct encoder *encoder, uint32_t to, uint32_t from, uint8_t width, bool quad) {
    struct encode_place place = encode_register(from);
    struct encode_parts parts = convert_parts(encoder, 0x2C, width);
    parts.quad = quad;
    encode_parts(encoder, &parts, to, place);
}

/* The instruction gives the least number for whatever does not fit; unsigned 32 bits are had from signed 64. */
static void encode_truncate(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t to = operand_location(encoder, instruction, 0), from = operand_location(encoder, instruction, 1);
    uint8_t width = instruction->width;
    bool is_64 = (instruction->immediate & TRUNCATE_64) != 0;
    if ((instruction->immediate & TRUNCATE_SIGNED) != 0) {
        encode_truncation(encoder, to, from, width, is_64);
        encode_op_i(encoder, X86_CMP_I, is_64 ? 8 : 4, encode_register(to), 1);
        encode_stub(encoder, CONDITION_O, STUB_TRUNCATE);
    } else if (!is_64) {
        /* Only what is zero-extended reaches the result, even when the processor guesses the branch wrong. */
        encode_truncation(encoder, X86_SCRATCH, from, width, true);
        encode_op(encoder, X86_MOV, 4, to, encode_register(X86_SCRATCH));
        encode_op(encoder, X86_CMP, 8, to, encode_register(X86_SCRATCH));
        encode_stub(encoder, CONDITION_NE, STUB_TRUNCATE);
    } else {
        float_constant(encoder, width, 0x5F000000u, 0x43E0000000000000u); /* 2^63 */
        encode_op(encoder, X86_COMPARE_SCALAR, width, from, encode_register(XMM15));
        encode_stub(encoder, CONDITION_AE, STUB_TRUNCATE_HIGH);
        encode_truncation(encoder, to, from, width, true);
        encode_op(encoder, X86_TEST, 8, to, encode_register(to));
        encode_stub(encoder, CONDITION_S, STUB_TRUNCATE);
    }
}

/* From 2^63 up: without it the number fits a signed one. */
static void stub_truncate_high(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t to = operand_location(encoder, instruction, 0), from = operand_location(encoder, instruction, 1);
    uint8_t width = instruction->width;
    float_constant(encoder, width, 0xDF000000u, 0xC3E0000000000000u); /* -2^63 */
    encode_op(encoder, X86_ADD_SCALAR, width, XMM15, encode_register(from));
    encode_truncation(encoder, to, XMM15, width, true);
    encode_op(encoder, X86_TEST, 8, to, encode_register(to));
    encode_stub(encoder, CONDITION_S, STUB_TRUNCATE);
    encode_move_constant(encoder, X86_SCRATCH, 8, 1ull << 63, false);
    encode_op(encoder, X86_XOR, 8, to, encode_register(X86_SCRATCH));
}

/* xmm15 = 0, compared with the operand: B when the operand is above 0, A when it is below. */
static void compare_with_zero(struct encoder *encoder, uint32_t from, uint8_t width) {
    encode_op(encoder, X86_ZERO_VECTOR, 16, XMM15, encode_register(XMM15));
    encode_op(encoder, X86_COMPARE_SCALAR, width, XMM15, encode_register(from));
}

/* The result for NaN is 0, below the range the least number, above it the greatest. */
static void stub_saturate(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t to = operand_location(encoder, instruction, 0), from = operand_location(encoder, instruction, 1);
    bool is_signed = (instruction->immediate & TRUNCATE_SIGNED) != 0, is_64 = (instruction->immediate & TRUNCATE_64) != 0;
    uint64_t greatest = is_64 ? UINT64_MAX : UINT32_MAX, least = is_signed ? greatest / 2 + 1 : 0;
    if (is_signed)
        greatest /= 2;
    encode_move_constant(encoder, to, 8, 0, false);
    encode_op(encoder, X86_COMPARE_SCALAR, instruction->width, from, encode_register(from));
    uint8_t *nan = encode_skip(encoder, CONDITION_P);
    encode_move_constant(encoder, to, 8, least, false);
    compare_with_zero(encoder, from, instruction->width);
    uint8_t *below = encode_skip(encoder, CONDITION_A);
    encode_move_constant(encoder, to, 8, greatest, false);
    encode_here(encoder, nan);
    encode_here(encoder, below);
}

/* Traps, but for the values above the least number minus 1, which it is right for. */
static void stub_truncate(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t from = operand_location(encoder, instruction, 1);
    uint8_t width = instruction->width;
    encode_op(encoder, X86_COMPARE_SCALAR, width, from, encode_register(from));
    encode_trap(encoder, CONDITION_P, WASM_TRAP_INVALID_CONVERSION);
    if ((instruction->immediate & TRUNCATE_SIGNED) == 0) {
        encode_trap_here(encoder, WASM_TRAP_INTEGER_OVERFLOW, instruction->source);
        return;
    }
    if ((instruction->immediate & TRUNCATE_64) != 0)
        float_constant(encoder, width, 0xDF000000u, 0xC3E0000000000000u); /* -2^63 */
    else
        float_constant(encoder, width, 0xCF000000u, 0xC1E0000000200000u); /* -2^31, or -2^31 - 1 */
    encode_op(encoder, X86_COMPARE_SCALAR, width, from, encode_register(XMM15));
    bool is_exact = width == 4 || (instruction->immediate & TRUNCATE_64) != 0;
    encode_trap(encoder, is_exact ? CONDITION_B : CONDITION_BE, WASM_TRAP_INTEGER_OVERFLOW);
    compare_with_zero(encoder, from, width);
    encode_trap(encoder, CONDITION_BE, WASM_TRAP_INTEGER_OVERFLOW);
}

/* ---- Minimum and maximum ---- */

/* The processor's instruction takes the second operand for a NaN and for zeroes of different sign. */
static void encode_minimum(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t to = operand_location(encoder, instruction, 0), other = operand_location(encoder, instruction, 2);
    encode_op(encoder, X86_COMPARE_SCALAR, instruction->width, to, encode_register(other));
    encode_stub(encoder, CONDITION_P, STUB_MINIMUM_NAN);
    encode_stub(encoder, CONDITION_E, STUB_MINIMUM_EQUAL);
    struct encode_place place = encode_register(other);
    struct encode_parts parts = convert_parts(encoder, instruction->op == X86_MINIMUM ? 0x5D : 0x5F, instruction->width);
    parts.second = to & 15;
    encode_parts(encoder, &parts, to & 15, place);
}

static void encode_move_if(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t to = operand_location(encoder, instruction, 0), from = operand_location(encoder, instruction, 2);
    uint8_t *skip, *second = NULL, *take = NULL;
    if (instruction->condition == CONDITION_EQUAL_ORDERED) {
        skip = encode_skip(encoder, CONDITION_NE);
        second = encode_skip(encoder, CONDITION_P);
    } else if (instruction->condition == CONDITION_DIFFER_OR_UNORDERED) {
        take = encode_skip(encoder, CONDITION_NE);
        skip = encode_skip(encoder, CONDITION_NP);
        encode_here(encoder, take);
    } else {
        skip = encode_skip(encoder, (enum x86_condition)CONDITION_NOT(instruction->condition));
    }
    encode_op(encoder, X86_COPY_VECTOR, 16, to, encode_register(from));
    encode_here(encoder, skip);
    if (second != NULL)
        encode_here(encoder, second);
}

void encode_float(struct encoder *encoder, const struct machine_instruction *instruction) {
    uint32_t first = operand_location(encoder, instruction, 0);
    switch (instruction->op) {
    case X86_CONVERT_INTEGER: encode_convert_integer(encoder, instruction); break;
    case X86_CONVERT_UNSIGNED_64: encode_convert_unsigned_64(encoder, instruction); break;
    case X86_TRUNCATE: encode_truncate(encoder, instruction); break;
    case X86_MINIMUM:
    case X86_MAXIMUM: encode_minimum(encoder, instruction); break;
    case X86_CANONICAL_SCALAR:
        encode_op(encoder, X86_COMPARE_SCALAR, instruction->width, first, encode_register(first));
        encode_stub(encoder, CONDITION_P, STUB_CANONICAL);
        break;
    default:
        ASSERT(instruction->op == X86_CMOV_VECTOR);
        encode_move_if(encoder, instruction);
        break;
    }
}

void encode_float_stub(struct encoder *encoder, const struct encode_stub *stub, const struct machine_instruction *instruction) {
    uint32_t to = operand_location(encoder, instruction, 0);
    uint8_t width = instruction->width;
    switch (stub->kind) {
    case STUB_CANONICAL:
        encode_move_constant(encoder, X86_SCRATCH, width, width == 4 ? 0x7FC00000u : 0x7FF8000000000000u, false);
        encode_op(encoder, X86_MOVE_TO_VECTOR, width, to, encode_register(X86_SCRATCH));
        break;
    case STUB_MINIMUM_NAN: encode_op(encoder, X86_ADD_SCALAR, width, to, encode_register(operand_location(encoder, instruction, 2))); break;
    case STUB_MINIMUM_EQUAL:
        encode_op(encoder, instruction->op == X86_MINIMUM ? X86_OR_VECTOR : X86_AND_VECTOR, 16, to,
                  encode_register(operand_location(encoder, instruction, 2)));
        break;
    case STUB_CONVERT_HIGH: stub_convert_high(encoder, instruction); break;
    case STUB_TRUNCATE_HIGH: stub_truncate_high(encoder, instruction); break;
    default:
        ASSERT(stub->kind == STUB_TRUNCATE);
        if ((instruction->immediate & TRUNCATE_SATURATE) != 0)
            stub_saturate(encoder, instruction);
        else
            stub_truncate(encoder, instruction);
        break;
    }
}
