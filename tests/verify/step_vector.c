/* Instructions on vectors. Of an xmm register only the low half matters, and only as a way that a value takes: the allocator may move one
   slot to another through it, and results of conversions come from it. */
#include "tests/verify/verifier.h"

static bool is_vector(const struct operand *operand) {
    return operand->kind == OPERAND_REGISTER && operand->reg >= LOCATION_VECTOR;
}

/* How many bytes of memory a move of this name moves; 16 where it is none of the small ones. */
static uint32_t move_bytes(const struct instruction *at) {
    switch (at->id) {
    case X86_INS_MOVSS:
    case X86_INS_VMOVSS: return 4;
    case X86_INS_MOVSD:
    case X86_INS_VMOVSD:
    case X86_INS_MOVQ:
    case X86_INS_VMOVQ: return 8;
    case X86_INS_MOVD:
    case X86_INS_VMOVD: return at->has_wide ? 8 : 4;
    default: return 16;
    }
}

/* Scalar moves between registers keep the upper part: the low half is what counts here, so a whole move. */
static void step_move(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *to = &at->operands[0], *from = &at->operands[1];
    uint32_t bytes = move_bytes(at), low = bytes > 8 ? 8 : bytes;
    struct value value = value_range(0, UINT64_MAX);
    if (!verify_that(verifier, at->operand_count == 2 && (is_vector(to) || is_vector(from)), VERIFY_OPERAND)) {
        return;
    }
    if (from->kind == OPERAND_MEMORY) {
        value = memory_load(verifier, from, bytes);
        value = bytes > 8 ? value_range(0, UINT64_MAX) : value;
    } else {
        value = register_get(verifier, from->reg);
    }
    value = value_low(&value, low);
    if (to->kind == OPERAND_MEMORY) {
        memory_store(verifier, to, bytes, value);
    } else if (at->id == X86_INS_MOVSS && is_vector(from)) {
        register_set(verifier, to->reg, value_range(0, UINT64_MAX), 0);
    } else {
        register_set(verifier, to->reg, value, 0);
    }
}

/* Of what is extracted into memory. */
static uint32_t lane_bytes(uint16_t id) {
    switch (id) {
    case X86_INS_PEXTRB:
    case X86_INS_VPEXTRB: return 1;
    case X86_INS_PEXTRW:
    case X86_INS_VPEXTRW: return 2;
    case X86_INS_PEXTRQ:
    case X86_INS_VPEXTRQ: return 8;
    default: return 4;
    }
}

/* Results in a general register or in memory; the loads of halves have theirs in a vector. */
static void step_out(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *to = &at->operands[0], *from = &at->operands[1];
    struct value unknown = value_range(0, UINT64_MAX);
    if (from->kind == OPERAND_MEMORY) {
        memory_load(verifier, from, from->size);
    }
    if (to->kind == OPERAND_MEMORY) {
        uint32_t bytes = to->size;
        bool is_half = at->id == X86_INS_MOVLPS || at->id == X86_INS_MOVLPD || at->id == X86_INS_MOVHPS || at->id == X86_INS_MOVHPD;
        bytes = is_half ? 8 : lane_bytes(at->id);
        memory_store(verifier, to, bytes, unknown);
    } else if (is_vector(to)) {
        register_set(verifier, to->reg, unknown, 0);
    } else {
        /* All write the whole register; what is not 64 bits wide is zero-extended. */
        register_set(verifier, to->reg, at->has_wide ? unknown : value_range(0, VALUE_MAX_32), 0);
    }
}

void step_vector(struct verifier *verifier, enum instruction_class class) {
    const struct instruction *at = verifier->at;
    bool is_merge = class == CLASS_VECTOR_MOVE && at->operand_count == 3 && is_vector(&at->operands[1]) && is_vector(&at->operands[2]);
    if (class == CLASS_VECTOR_MOVE && !is_merge) {
        step_move(verifier);
        return;
    }
    if (class == CLASS_VECTOR_OUT) {
        bool has_vector = is_vector(&at->operands[0]) || is_vector(&at->operands[1]) || at->operands[1].kind == OPERAND_MEMORY;
        if (verify_that(verifier, has_vector && at->operand_count >= 2, VERIFY_OPERAND)) {
            step_out(verifier);
        }
        return;
    }
    if (!verify_that(verifier, at->operand_count >= 2 && is_vector(&at->operands[0]), VERIFY_OPERAND)) {
        return;
    }
    for (uint32_t index = 1; index < at->operand_count; index++) {
        if (at->operands[index].kind == OPERAND_MEMORY) {
            memory_load(verifier, &at->operands[index], at->operands[index].size);
        }
    }
    if (class == CLASS_VECTOR_COMPARE) {
        verifier->now.flags = (struct flags){0};
    } else {
        register_set(verifier, at->operands[0].reg, value_range(0, UINT64_MAX), 0);
    }
}
