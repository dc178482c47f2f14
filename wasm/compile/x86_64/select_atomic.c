/* Atomic accesses (threads proposal) on unshared memory: sequentially consistent all the same, as memory may be a window that others change.
   The effective address must be a multiple of the width, which is looked at before the address is used. */
#include "wasm/compile/x86_64/select.h"

#include "base/assert.h"

static void check_alignment(struct select *select, const struct ir_value *at, uint8_t width) {
    const struct ir_value *index = &select->values[at->a];
    bool is_bound = index->op == IR_BOUND;
    uint32_t address = select_use(select, is_bound ? index->a : at->a), offset = (at->aux + (is_bound ? index->aux : 0)) % width;
    if (width == 1)
        return;
    if (offset != 0) {
        uint32_t sum = select_temporary(select, MACHINE_GENERAL, 4);
        struct select_address low = address_of_field(address, (int32_t)offset);
        emit_load(select, X86_LEA, 4, sum, &low);
        address = sum;
    }
    struct machine_instruction *instruction = emit(select, X86_TEST_I, 4, 1);
    operand_use(select, instruction, 0, address, MACHINE_USE);
    instruction->immediate = width - 1u;
    emit_trap_if(select, CONDITION_NE, WASM_TRAP_UNALIGNED_ATOMIC);
}

/* The old value of a narrow access is zero-extended. */
static void define_extended(struct select *select, uint32_t value, uint32_t reg, uint8_t width) {
    enum x86_op op = width == 1 ? X86_ZERO_EXTEND_8 : width == 2 ? X86_ZERO_EXTEND_16 : X86_MOV;
    emit_unary(select, op, width == 8 ? 8 : 4, select_define(select, value), reg);
}

/* rule->op = the load, as others have it; rule->extra = width of the access. */
void select_atomic_load(struct select *select, uint32_t value, const struct select_rule *rule) {
    check_alignment(select, &select->values[value], (uint8_t)rule->extra);
    select_load(select, value, rule);
}

/* An exchange whose old value nobody wants. */
static uint32_t exchange(struct select *select, enum x86_op op, uint8_t width, uint32_t use, const struct select_address *address) {
    uint32_t old = select_temporary(select, MACHINE_GENERAL, 8);
    operand_tied(select, emit_at(select, op, width, 2, address), old, use);
    return old;
}

void select_atomic_store(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t use = select_use(select, at->b);
    check_alignment(select, at, rule->width);
    struct select_address address = address_of_access(select, at);
    exchange(select, X86_EXCHANGE_M, rule->width, use, &address);
}

/* rule->op = the instruction that gives the old value; rule->extra: the operand is taken away, which is to add its negative. */
void select_atomic_exchange(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t use = select_use(select, at->b);
    check_alignment(select, at, rule->width);
    if (rule->extra != 0) {
        uint32_t negative = select_temporary(select, MACHINE_GENERAL, 8);
        emit_tied_one(select, X86_NEG, 8, negative, use);
        use = negative;
    }
    struct select_address address = address_of_access(select, at);
    define_extended(select, value, exchange(select, (enum x86_op)rule->op, rule->width, use, &address), rule->width);
}

/* rule->op = and, or, xor: there is no instruction that gives the old value, so it is exchanged until nobody came between. */
void select_atomic_update(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t use = select_use(select, at->b), old = select_temporary(select, MACHINE_GENERAL, 8);
    check_alignment(select, at, rule->width);
    struct select_address address = address_of_access(select, at);
    struct machine_instruction *instruction = emit_at(select, X86_UPDATE_M, rule->width, 3, &address);
    operand_fixed(select, instruction, 0, old, MACHINE_DEFINE, RAX);
    operand_use(select, instruction, 1, use, MACHINE_USE_LATE);
    instruction->immediate = rule->op;
    operand_scratch(select, instruction, 2, MACHINE_GENERAL);
    define_extended(select, value, old, rule->width);
}

void select_atomic_compare(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint32_t expected = select_use(select, at->b), wanted = select_use(select, at->c), old = select_temporary(select, MACHINE_GENERAL, 8);
    check_alignment(select, at, rule->width);
    struct select_address address = address_of_access(select, at);
    struct machine_instruction *instruction = emit_at(select, X86_COMPARE_EXCHANGE_M, rule->width, 3, &address);
    operand_fixed(select, instruction, 0, old, MACHINE_DEFINE, RAX);
    operand_fixed(select, instruction, 1, expected, MACHINE_USE, RAX);
    operand_use(select, instruction, 2, wanted, MACHINE_USE_LATE);
    define_extended(select, value, old, rule->width);
}

void select_atomic_fence(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)value, (void)rule;
    emit(select, X86_FENCE, 0, 0);
}

/* A result that is 0. */
static void define_zero(struct select *select, uint32_t value) {
    uint32_t zero = select_temporary(select, MACHINE_GENERAL, 4);
    emit_constant(select, zero, 4, 0);
    emit_unary(select, X86_MOV, 4, select_define(select, value), zero);
}

static void touch(struct select *select, const struct ir_value *at, uint8_t width) {
    check_alignment(select, at, width);
    struct select_address address = address_of_access(select, at);
    (void)load_field(select, address, width);
}

/* Nobody can wait on unshared memory, so none is woken; but the address must be one. */
void select_atomic_notify(struct select *select, uint32_t value, const struct select_rule *rule) {
    touch(select, &select->values[value], rule->width);
    define_zero(select, value);
}

void select_atomic_wait(struct select *select, uint32_t value, const struct select_rule *rule) {
    touch(select, &select->values[value], rule->width);
    emit(select, X86_TRAP, 0, 0)->trap = WASM_TRAP_EXPECTED_SHARED + 1;
    if (select->states[value].reg != 0)
        define_zero(select, value);
}
