/* Ends of blocks: what branches prove on each side, jump tables, returns, traps. */
#include "tests/verify/verifier.h"

#include <string.h>

/* ---- What a branch proves ---- */

static void learn(struct verifier *verifier, enum fact_kind kind, uint64_t symbol, uint32_t number) {
    state_add_fact(&verifier->now, &verifier->values, verifier->location_count, (struct fact){symbol, (uint32_t)kind, number});
}

/* The lower `width` bytes are not 0. */
static void learn_not_zero(struct verifier *verifier, const struct value *value, uint32_t width) {
    learn(verifier, FACT_NOT_ZERO, value->symbol, width);
    if (value->kind == VALUE_BELOW_MASK) {
        learn(verifier, FACT_BELOW, value->subject, value->number);
    } else if (value->kind == VALUE_FUNCTION_ANY && width == 8) {
        learn(verifier, FACT_NOT_NULL, value->symbol, 0);
    }
}

/* Two values that were compared are equal. */
static void learn_equal(struct verifier *verifier, const struct value *left, const struct value *right) {
    if (left->kind == VALUE_FUNCTION_TYPE && right->kind == VALUE_TYPE) {
        learn(verifier, FACT_TYPE, left->subject, right->number);
    }
    if (left->kind == VALUE_FUNCTION_INSTANCE && right->kind == VALUE_INSTANCE) {
        learn(verifier, FACT_SAME_INSTANCE, left->subject, 0);
    }
}

static void learn_different(struct verifier *verifier, const struct value *left, const struct value *right, uint32_t width) {
    if (value_is_constant(right) && right->low == 0) {
        learn_not_zero(verifier, left, width);
    } else if (value_is_constant(right) && right->low == value_width_max(width)) {
        learn(verifier, FACT_NOT_MINUS_ONE, left->symbol, width);
    }
}

/* left is below right. */
static void learn_below(struct verifier *verifier, const struct value *left, const struct value *right, uint32_t width) {
    if (right->kind == VALUE_TABLE_SIZE && width == 4 && left->high <= VALUE_MAX_32) {
        learn(verifier, FACT_BELOW, left->symbol, right->number);
    }
}

/* The condition, in the processor's numbering, holds. */
static void learn_condition(struct verifier *verifier, uint32_t condition) {
    const struct flags flags = verifier->now.flags;
    const struct value left = *value_of(&verifier->values, flags.left), right = *value_of(&verifier->values, flags.right);
    if (flags.kind == FLAGS_TEST) {
        bool is_same = flags.left == flags.right && left.symbol != 0;
        if (is_same && condition == 5) {
            learn_not_zero(verifier, &left, flags.width);
        }
        return;
    }
    if (flags.kind != FLAGS_COMPARE) {
        return;
    }
    switch (condition) {
    case 2: learn_below(verifier, &left, &right, flags.width); break;
    case 7: learn_below(verifier, &right, &left, flags.width); break;
    case 4:
        if (flags.width == 8) {
            learn_equal(verifier, &left, &right);
            learn_equal(verifier, &right, &left);
        }
        break;
    case 5: learn_different(verifier, &left, &right, flags.width); break;
    default: break;
    }
}

static void step_branch(struct verifier *verifier) {
    struct fact saved[FACTS_MAX];
    uint32_t saved_count = verifier->now.fact_count, condition = verifier->at->opcode & 15;
    if (saved_count != 0) {
        memcpy(saved, verifier->now.facts, saved_count * sizeof(*saved));
    }
    verify_that(verifier, (verifier->at->opcode & 0xF0) == 0x70 || (verifier->at->opcode & 0xF0) == 0x80, VERIFY_OPERAND);
    learn_condition(verifier, condition);
    block_reach(verifier, (uint64_t)verifier->at->operands[0].value, edge_of(verifier, true), VERIFY_TARGET);
    if (saved_count != 0) {
        memcpy(verifier->now.facts, saved, saved_count * sizeof(*saved));
    }
    verifier->now.fact_count = saved_count;
    learn_condition(verifier, condition ^ 1);
}

/* ---- Jumps ---- */

static void step_jump_table(struct verifier *verifier, const struct value *target) {
    verifier->result->jump_tables += verifier->is_final;
    for (uint64_t entry = 0; entry < target->subject; entry++) {
        const uint8_t *at = verifier->code->bytes + target->number + 4 * entry;
        int64_t offset = (int64_t)target->number + (int32_t)bytes_load_u32(at);
        block_reach(verifier, (uint64_t)offset, EDGE_MANY, VERIFY_JUMP_TABLE);
    }
}

static void step_jump(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    const struct operand *to = &at->operands[0];
    verifier->ends = true;
    if (at->operand_count != 1) {
        verify_fail(verifier, VERIFY_OPERAND);
    } else if (to->kind == OPERAND_MEMORY || (to->kind == OPERAND_IMMEDIATE && relocation_find(verifier, at->offset + 1))) {
        step_tail_call(verifier);
    } else if (verifier->now.depth != verifier->frame_bytes) {
        verify_fail(verifier, VERIFY_EPILOGUE);
    } else if (to->kind == OPERAND_IMMEDIATE) {
        block_reach(verifier, (uint64_t)to->value, edge_of(verifier, true), VERIFY_TARGET);
    } else {
        struct value target = to->reg < LOCATION_VECTOR ? register_get(verifier, to->reg) : value_range(0, UINT64_MAX);
        if (verify_that(verifier, target.kind == VALUE_JUMP_TARGET && to->size == 8, VERIFY_INDIRECT_JUMP)) {
            step_jump_table(verifier, &target);
        }
    }
}

/* ---- Returns, traps ---- */

static void step_return(struct verifier *verifier) {
    const struct instruction *at = verifier->at;
    verifier->ends = true;
    verify_that(verifier, at->operand_count == 0 && at->size == 1, VERIFY_OPERAND);
    verify_that(verifier, verifier->now.depth == 0 && pinned_are_right(verifier), VERIFY_RETURN);
    check_results(verifier);
}

void step_control(struct verifier *verifier, enum instruction_class class) {
    switch (class) {
    case CLASS_JUMP: step_jump(verifier); break;
    case CLASS_BRANCH: step_branch(verifier); break;
    case CLASS_CALL: step_call(verifier); break;
    case CLASS_RETURN: step_return(verifier); break;
    default: /* CLASS_TRAP */
        verifier->ends = true;
        verify_that(verifier, site_is_trap(verifier, verifier->at->offset), VERIFY_TRAP_SITE);
        break;
    }
}
