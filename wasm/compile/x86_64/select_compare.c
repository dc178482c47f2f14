/* Comparisons: as the flags that a branch or select looks at, or as a number. */
#include "wasm/compile/x86_64/select.h"

#include "base/assert.h"

struct comparison {
    uint32_t left, right;
    enum x86_condition condition;
    uint8_t width;
};

/* The condition for the operands the other way round. */
static enum x86_condition condition_swap(enum x86_condition condition) {
    switch (condition) {
    case CONDITION_B: return CONDITION_A;
    case CONDITION_A: return CONDITION_B;
    case CONDITION_AE: return CONDITION_BE;
    case CONDITION_BE: return CONDITION_AE;
    case CONDITION_L: return CONDITION_G;
    case CONDITION_G: return CONDITION_L;
    case CONDITION_GE: return CONDITION_LE;
    case CONDITION_LE: return CONDITION_GE;
    default: return condition;
    }
}

static enum x86_condition condition_unsigned(enum x86_condition condition) {
    switch (condition) {
    case CONDITION_L: return CONDITION_B;
    case CONDITION_G: return CONDITION_A;
    case CONDITION_GE: return CONDITION_AE;
    case CONDITION_LE: return CONDITION_BE;
    default: return condition;
    }
}

static uint32_t use_of_width(struct select *select, uint32_t value, uint8_t width) {
    return width == 4 ? select_use_low(select, value) : select_use(select, value);
}

/* A byte that is loaded to be compared with a constant of its range. */
static bool compare_byte(struct select *select, struct comparison *comparison, int64_t constant) {
    const struct ir_value *at = &select->values[comparison->left];
    bool is_unsigned = at->op == OP_I32_LOAD8_U || at->op == OP_I64_LOAD8_U;
    bool is_signed = (at->op == OP_I32_LOAD8_S || at->op == OP_I64_LOAD8_S) && condition_unsigned(comparison->condition) != comparison->condition;
    is_signed |= (at->op == OP_I32_LOAD8_S || at->op == OP_I64_LOAD8_S) && (comparison->condition | 1u) == CONDITION_NE;
    bool fits = (is_unsigned && constant >= 0 && constant <= UINT8_MAX) || (is_signed && constant >= INT8_MIN && constant <= INT8_MAX);
    if (!fits || !select_is_foldable_load(select, comparison->left))
        return false;
    select_mark_folded(select, comparison->left);
    struct select_address address = address_of_access(select, at);
    emit_store_constant(select, X86_CMP_I, 1, (uint64_t)constant, &address);
    if (is_unsigned)
        comparison->condition = condition_unsigned(comparison->condition);
    return true;
}

/* Whether any bits of a mask are set, or all of another register. */
static bool compare_bits(struct select *select, const struct comparison *comparison) {
    const struct ir_value *at = &select->values[comparison->left];
    uint8_t width = comparison->width;
    if (at->op != (width == 4 ? OP_I32_AND : OP_I64_AND) || !select_is_single(select, comparison->left))
        return false;
    uint64_t mask;
    if (!select_constant(select, at->b, &mask)) {
        uint32_t left = use_of_width(select, at->a, width);
        struct select_source right = source_register(use_of_width(select, at->b, width));
        emit_pair(select, X86_TEST, width, left, &right);
        return true;
    }
    if (width == 8 && (int64_t)mask != (int32_t)mask)
        return false;
    uint32_t left = use_of_width(select, at->a, width);
    struct machine_instruction *instruction = emit(select, X86_TEST_I, mask <= INT32_MAX ? 4 : width, 1);
    operand_any(select, instruction, 0, left);
    instruction->immediate = mask;
    return true;
}

static void compare_constant(struct select *select, struct comparison *comparison, int64_t constant) {
    uint8_t width = comparison->width;
    if (constant == 0 && compare_bits(select, comparison))
        return;
    if (compare_byte(select, comparison, constant))
        return;
    struct select_source left = source_of(select, comparison->left, width);
    if (left.is_address) {
        emit_store_constant(select, X86_CMP_I, width, (uint64_t)constant, &left.address);
    } else if (constant == 0) {
        /* The same flags as a comparison with 0. */
        struct machine_instruction *instruction = emit(select, X86_TEST, width, 1);
        operand_use(select, instruction, 0, left.reg, MACHINE_USE);
    } else {
        struct machine_instruction *instruction = emit(select, X86_CMP_I, width, 1);
        operand_any(select, instruction, 0, left.reg);
        instruction->immediate = (uint64_t)constant;
    }
}

static enum x86_condition compare_integers(struct select *select, struct comparison comparison) {
    uint64_t constant;
    uint8_t width = comparison.width;
    if (select_constant(select, comparison.left, &constant) ||
        (!source_is_memory(select, comparison.right, width) && !select_constant(select, comparison.right, &constant) &&
         source_is_memory(select, comparison.left, width))) {
        uint32_t left = comparison.left;
        comparison.left = comparison.right;
        comparison.right = left;
        comparison.condition = condition_swap(comparison.condition);
    }
    if (select_constant(select, comparison.right, &constant) && (width == 4 || (int64_t)constant == (int32_t)constant)) {
        compare_constant(select, &comparison, (int32_t)constant);
        return comparison.condition;
    }
    uint32_t left = use_of_width(select, comparison.left, width);
    struct select_source right = source_of(select, comparison.right, width);
    emit_pair(select, X86_CMP, width, left, &right);
    return comparison.condition;
}

/* The comparison of floats sets B and E for unordered operands, so that only "above" means something: RULE_SIGNED has the operands
   the other way round. */
static enum x86_condition compare_floats(struct select *select, const struct ir_value *at, const struct select_rule *rule) {
    bool is_swapped = (rule->flags & RULE_SIGNED) != 0;
    uint32_t left = select_use(select, is_swapped ? at->b : at->a);
    struct select_source right = source_of(select, is_swapped ? at->a : at->b, rule->width);
    emit_pair(select, X86_COMPARE_SCALAR, rule->width, left, &right);
    return (enum x86_condition)rule->op;
}

/* The flags of a comparison that is a value; the condition under which it is 1. */
static enum x86_condition compare(struct select *select, uint32_t value) {
    const struct ir_value *at = &select->values[value];
    const struct select_rule *rule = &select_rules[at->op];
    if (rule->handler == select_compare_float)
        return compare_floats(select, at, rule);
    struct comparison comparison = {.left = at->a, .right = at->b, .condition = (enum x86_condition)rule->op, .width = rule->width};
    if (rule->handler == select_compare)
        return compare_integers(select, comparison);
    comparison.condition = CONDITION_E;
    compare_constant(select, &comparison, 0);
    return comparison.condition;
}

static bool is_comparison(const struct ir_value *at) {
    select_handler *handler = select_rules[at->op].handler;
    return handler == select_compare || handler == select_compare_float || handler == select_is_zero;
}

enum x86_condition select_condition(struct select *select, uint32_t value) {
    bool negate = false;
    while (select->values[value].op == OP_I32_EQZ && select_is_single(select, value)) {
        negate = !negate;
        value = select->values[value].a;
    }
    enum x86_condition condition;
    if (is_comparison(&select->values[value]) && select_is_single(select, value)) {
        condition = compare(select, value);
    } else {
        struct comparison comparison = {.left = value, .condition = CONDITION_NE, .width = 4};
        compare_constant(select, &comparison, 0);
        condition = comparison.condition;
    }
    return negate ? (enum x86_condition)CONDITION_NOT(condition) : condition;
}

/* ---- As numbers: rule->op = condition ---- */

void select_compare(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    uint32_t define = select_define(select, value);
    emit_set(select, define, compare(select, value));
}

void select_compare_float(struct select *select, uint32_t value, const struct select_rule *rule) {
    select_compare(select, value, rule);
}

/* eqz of a comparison is its opposite. */
void select_is_zero(struct select *select, uint32_t value, const struct select_rule *rule) {
    uint32_t define = select_define(select, value), operand = select->values[value].a;
    if (rule->width == 4 && is_comparison(&select->values[operand]) && select_is_single(select, operand))
        emit_set(select, define, (enum x86_condition)CONDITION_NOT(select_condition(select, operand)));
    else
        emit_set(select, define, compare(select, value));
}

/* ---- select ---- */

void select_choose(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value);
    bool is_vector = type_is_vector(at->type);
    /* The operands are there before the flags are. */
    uint32_t yes = select_use_for(select, value, at->a), no = select_use_for(select, value, at->b);
    enum x86_condition condition = select_condition(select, at->c);
    if (yes == no) {
        emit_unary(select, is_vector ? X86_COPY_VECTOR : X86_MOV, is_vector ? 16 : type_width(at->type), define, yes);
        return;
    }
    /* What is taken when it holds is the second; equality of floats is tested by its opposite. */
    uint32_t first = no, second = yes;
    if (condition == CONDITION_EQUAL_ORDERED) {
        condition = CONDITION_DIFFER_OR_UNORDERED;
        first = yes;
        second = no;
    }
    emit_binary(select, is_vector ? X86_CMOV_VECTOR : X86_CMOV, type_width(at->type), define, first, second);
    struct machine_instruction *last = &select->machine->instructions[select->machine->instruction_count - 1];
    last->condition = (uint8_t)condition;
    if (is_vector)
        select->machine->operands[last->operands + 2].constraint = MACHINE_ANY;
}
