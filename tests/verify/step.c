/* One instruction of those that go on to the next: what it does to the state. Checks that are the same for all come first. */
#include "tests/verify/verifier.h"

enum instruction_class instruction_class_of(const struct instruction *instruction) {
    switch (instruction->id) {
#define VECTOR_INSTRUCTION(name, class) INSTRUCTION(name, class) INSTRUCTION(V##name, class)
#define INSTRUCTION(name, class)                                                                                                                     \
    case X86_INS_##name:                                                                                                                             \
        return CLASS_##class;
#include "tests/verify/instructions.def"
#undef INSTRUCTION
#undef VECTOR_INSTRUCTION
    default: return CLASS_NONE;
    }
}

/* ---- Operands ---- */

/* It may be moved around, as an allocator does that does not know exactly what is alive, but nothing may depend on it. */
void check_garbage(struct verifier *verifier, const struct value *value) {
    enum instruction_class class = instruction_class_of(verifier->at);
    bool moves = class == CLASS_MOVE || (class == CLASS_EXCHANGE && !verifier->at->has_lock);
    verify_that(verifier, moves || value->kind != VALUE_GARBAGE, VERIFY_GARBAGE);
}

struct value operand_get(struct verifier *verifier, const struct operand *operand) {
    if (operand->kind == OPERAND_IMMEDIATE) {
        return value_constant((uint64_t)operand->value & value_width_max(operand->size));
    }
    if (operand->kind == OPERAND_MEMORY) {
        return memory_load(verifier, operand, operand->size);
    }
    if (operand->reg >= LOCATION_FRAME) {
        verify_fail(verifier, VERIFY_OPERAND);
        return value_range(0, UINT64_MAX);
    }
    struct value value = register_get(verifier, operand->reg);
    check_garbage(verifier, &value);
    return value_low(&value, operand->size);
}

void operand_set(struct verifier *verifier, const struct operand *operand, struct value value, uint32_t number) {
    if (operand->kind == OPERAND_MEMORY) {
        memory_store(verifier, operand, operand->size, value);
    } else if (operand->kind == OPERAND_REGISTER && operand->reg < LOCATION_VECTOR) {
        register_set_part(verifier, operand->reg, operand->size, value, number);
    } else {
        verify_fail(verifier, VERIFY_OPERAND);
    }
}

/* ---- rsp, r14, r15 as operands ---- */

static bool is_register(const struct operand *operand, uint32_t reg) {
    return operand->kind == OPERAND_REGISTER && operand->reg == reg;
}

/* add rsp: the whole frame goes. */
static void leave_frame(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    bool is_right = at->id == X86_INS_ADD && is_register(&at->operands[0], RSP) && at->operands[0].size == 8 &&
                    at->operands[1].kind == OPERAND_IMMEDIATE && at->operands[1].value == (int64_t)verifier->frame_bytes &&
                    verifier->now.depth == verifier->frame_bytes && verifier->frame_bytes != 0;
    if (verify_that(verifier, is_right, VERIFY_STACK_POINTER)) {
        verifier->now.depth = 0;
    } else {
        verifier->now.depth = UINT32_MAX;
    }
    verifier->now.flags = (struct flags){0};
}

/* Behind an external call, r15 comes from its place in the frame, and r14 from the instance. */
static void restore(struct verifier *verifier, uint32_t reg) {
    const struct instruction *at = verifier->at;
    struct value old = *value_of(&verifier->values, verifier->now.locations[reg]), value = value_range(0, UINT64_MAX);
    const struct operand *from = &at->operands[1];
    bool is_move = at->id == X86_INS_MOV && at->operands[0].size == 8 && from->kind == OPERAND_MEMORY;
    bool is_right = false;
    if (is_move && reg == R15 && from->base == RSP) {
        value = memory_load(verifier, from, 8);
        is_right = value.kind == VALUE_INSTANCE && old.kind != VALUE_INSTANCE;
    } else if (is_move && reg == R14 && from->base == R15 && from->index == REGISTER_NONE && from->value == verifier->layout.memory_bases) {
        struct value instance = register_get(verifier, R15);
        is_right = instance.kind == VALUE_INSTANCE && old.kind != VALUE_MEMORY_BASE;
        if (verifier->module->memory_count != 0) {
            value = value_pointer(VALUE_MEMORY_BASE, 0);
        }
    }
    verify_that(verifier, is_right, VERIFY_PINNED);
    if (!is_right) {
        value = value_range(0, UINT64_MAX);
    }
    register_set(verifier, reg, value, 0);
}

/* In the first instruction behind the prologue, when the frame has a place for it. */
static void save_instance(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *to = &at->operands[0];
    struct value instance = register_get(verifier, R15);
    bool is_right = at->offset == verifier->code->prologue_bytes && to->base == RSP && to->size == 8 && to->value % 8 == 0 && to->value >= 0 &&
                    (uint64_t)to->value < verifier->frame_bytes;
    if (verify_that(verifier, is_right, VERIFY_SAVED_INSTANCE)) {
        memory_store(verifier, to, 8, instance);
    }
}

static bool is_pinned(const struct operand *operand) {
    return is_register(operand, R14) || is_register(operand, R15);
}

/* True when the instruction names one of the three as an operand, and all about it is done. */
static bool step_pinned(struct verifier *verifier, enum instruction_class class) {
    const struct instruction *at = verifier->at;
    bool has_pinned = false, has_stack = false;
    for (uint32_t index = 0; index < at->operand_count && index < 4; index++) {
        has_pinned |= is_pinned(&at->operands[index]);
        has_stack |= is_register(&at->operands[index], RSP);
    }
    if (has_stack) {
        leave_frame(verifier);
        return true;
    }
    if (!has_pinned) {
        return false;
    }
    bool is_compare = class == CLASS_COMPARE && (is_register(&at->operands[0], R15) || is_register(&at->operands[1], R15)) &&
                      (at->operands[0].kind == OPERAND_MEMORY || at->operands[1].kind == OPERAND_MEMORY) && at->operands[0].size == 8;
    if (is_compare) {
        return false;
    }
    if (class == CLASS_MOVE && is_register(&at->operands[1], R15) && at->operands[0].kind == OPERAND_MEMORY && at->operands[0].size == 8) {
        save_instance(verifier);
        return true;
    }
    bool is_read_only = class == CLASS_COMPARE || class == CLASS_TEST || (class != CLASS_EXCHANGE && !is_pinned(&at->operands[0]));
    if (!is_read_only && class == CLASS_MOVE && at->operands[1].kind == OPERAND_MEMORY) {
        restore(verifier, at->operands[0].reg);
        return true;
    }
    verify_fail(verifier, is_read_only ? VERIFY_PINNED_VALUE : VERIFY_PINNED);
    for (uint32_t index = 0; index < at->operand_count && index < 4; index++) {
        if (is_pinned(&at->operands[index])) {
            register_set(verifier, at->operands[index].reg, value_range(0, UINT64_MAX), 0);
        }
    }
    return true;
}

/* ---- Prefixes and forms ---- */

static void check_prefixes(struct verifier *verifier, enum instruction_class class) {
    const struct instruction *at = verifier->at;
    bool is_vector = class >= CLASS_VECTOR, is_whole = at->operand_count != 0 && class < CLASS_FENCE;
    bool is_right = !at->bad_prefix;
    is_right &= !at->has_repeat || is_vector || class == CLASS_COUNT;
    is_right &= !at->has_size || is_vector || (is_whole && (at->operands[0].size == 2 || at->operands[1].size == 2));
    bool may_lock = class == CLASS_EXCHANGE || class == CLASS_COMPARE_EXCHANGE || class == CLASS_ARITHMETIC;
    is_right &= !at->has_lock || may_lock;
    verify_that(verifier, is_right, VERIFY_PREFIX);
}

/* Locks, and exchanges which lock by themselves, are for linear memory. */
static void check_lock(struct verifier *verifier, enum instruction_class class) {
    const struct instruction *at = verifier->at;
    bool has_memory = at->operands[0].kind == OPERAND_MEMORY || at->operands[1].kind == OPERAND_MEMORY;
    bool locks = at->has_lock || (has_memory && (class == CLASS_EXCHANGE || class == CLASS_COMPARE_EXCHANGE));
    verify_that(verifier, !locks || verifier->has_linear, VERIFY_PREFIX);
}

static bool operands_are_known(const struct instruction *at) {
    uint32_t memory = 0;
    for (uint32_t index = 0; index < at->operand_count && index < 4; index++) {
        const struct operand *operand = &at->operands[index];
        memory += operand->kind == OPERAND_MEMORY;
        if (operand->kind == OPERAND_NONE || (operand->kind == OPERAND_REGISTER && operand->reg >= LOCATION_FRAME)) {
            return false;
        }
    }
    return memory <= 1 && at->operand_count <= 4;
}

void step(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    enum instruction_class class = instruction_class_of(at);
    bool leaves = class == CLASS_RETURN || class == CLASS_JUMP;
    verifier->demanded = 0;
    verifier->has_linear = false;
    verifier->ends = false;
    if (!verify_that(verifier, class != CLASS_NONE, VERIFY_INSTRUCTION) || !verify_that(verifier, operands_are_known(at), VERIFY_OPERAND)) {
        /* It may have done anything. */
        verifier->ends = true;
        return;
    }
    verify_that(verifier, leaves || verifier->now.depth == verifier->frame_bytes, VERIFY_EPILOGUE);
    check_prefixes(verifier, class);
    if (step_pinned(verifier, class)) {
        return;
    }
    if (class >= CLASS_VECTOR) {
        step_vector(verifier, class);
    } else if (class >= CLASS_JUMP) {
        step_control(verifier, class);
    } else {
        step_integer(verifier, class);
    }
    check_lock(verifier, class);
}
