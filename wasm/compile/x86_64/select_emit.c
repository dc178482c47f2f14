/* Machine instructions by form. Operands that are read after something may have been written share no register with results. */
#include "base/assert.h"
#include "wasm/compile/x86_64/select.h"

struct machine_instruction *emit(struct select *select, enum x86_op op, uint8_t width, uint32_t operand_count) {
    struct machine_instruction *instruction = machine_append(select->machine, (uint16_t)op, operand_count);
    instruction->width = width;
    instruction->source = select->source;
    return instruction;
}

void operand_use(struct select *select, const struct machine_instruction *instruction, uint32_t number, uint32_t reg, enum machine_role role) {
    struct machine_operand *operand = &select->machine->operands[instruction->operands + number];
    operand->reg = reg;
    operand->role = (uint8_t)role;
}

void operand_any(struct select *select, const struct machine_instruction *instruction, uint32_t number, uint32_t reg) {
    operand_use(select, instruction, number, reg, MACHINE_USE);
    if (select->machine->registers[reg].width >= instruction->width)
        select->machine->operands[instruction->operands + number].constraint = MACHINE_OR_SPILL;
}

void operand_define(struct select *select, const struct machine_instruction *instruction, uint32_t reg) {
    operand_use(select, instruction, 0, reg, MACHINE_DEFINE);
}

void operand_tied(struct select *select, const struct machine_instruction *instruction, uint32_t define, uint32_t use) {
    operand_use(select, instruction, 0, define, MACHINE_DEFINE);
    operand_use(select, instruction, 1, use, MACHINE_USE);
    if (x86_op_is_freed(instruction->op, select->features))
        return;
    struct machine_operand *operand = &select->machine->operands[instruction->operands];
    operand->constraint = MACHINE_SAME;
    operand->fixed = 1;
}

void operand_fixed(struct select *select, const struct machine_instruction *instruction, uint32_t number, uint32_t reg, enum machine_role role,
                   uint32_t physical) {
    operand_use(select, instruction, number, reg, role);
    struct machine_operand *operand = &select->machine->operands[instruction->operands + number];
    operand->constraint = MACHINE_FIXED;
    operand->fixed = (uint8_t)physical;
    if (role == MACHINE_DEFINE)
        select->machine->registers[reg].wish = (uint8_t)(physical + 1);
}

void operand_scratch(struct select *select, const struct machine_instruction *instruction, uint32_t number, enum machine_class class) {
    operand_use(select, instruction, number, select_temporary(select, class, class == MACHINE_VECTOR ? 16 : 8), MACHINE_SCRATCH);
}

struct machine_instruction *emit_at(struct select *select, enum x86_op op, uint8_t width, uint32_t operand_count,
                                    const struct select_address *address) {
    uint32_t has_base = address->base != 0, has_index = address->index != 0;
    struct machine_instruction *instruction = emit(select, op, width, operand_count + has_base + has_index);
    uint8_t form = x86_ops[op].form;
    bool is_late = (form == FORM_TIED || form == FORM_TIED_BYTE || form == FORM_SPECIAL) && !x86_op_is_freed(op, select->features);
    enum machine_role role = is_late ? MACHINE_USE_LATE : MACHINE_USE;
    if (has_base != 0)
        operand_use(select, instruction, operand_count, address->base, role);
    if (has_index != 0)
        operand_use(select, instruction, operand_count + has_base, address->index, role);
    instruction->scale = X86_SCALE(address->kind, address->shift, has_index);
    instruction->displacement = address->displacement;
    instruction->trap = address->trap;
    if (address->trap != 0)
        instruction->source = address->source;
    return instruction;
}

/* ---- By form ---- */

void emit_rm(struct select *select, enum x86_op op, uint8_t width, uint32_t define, const struct select_source *source) {
    if (source->is_address) {
        emit_load(select, op, width, define, &source->address);
        return;
    }
    struct machine_instruction *instruction = emit(select, op, width, 2);
    operand_define(select, instruction, define);
    operand_any(select, instruction, 1, source->reg);
}

void emit_unary(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t use) {
    struct machine_instruction *instruction = emit(select, op, width, 2);
    operand_define(select, instruction, define);
    operand_use(select, instruction, 1, use, MACHINE_USE);
}

void emit_load(struct select *select, enum x86_op op, uint8_t width, uint32_t define, const struct select_address *address) {
    operand_define(select, emit_at(select, op, width, 1, address), define);
}

void emit_store(struct select *select, enum x86_op op, uint8_t width, uint32_t use, const struct select_address *address) {
    operand_use(select, emit_at(select, op, width, 1, address), 0, use, MACHINE_USE);
}

void emit_store_constant(struct select *select, enum x86_op op, uint8_t width, uint64_t constant, const struct select_address *address) {
    emit_at(select, op, width, 0, address)->immediate = constant;
}

void emit_tied(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t left, const struct select_source *right) {
    if (right->is_address) {
        operand_tied(select, emit_at(select, op, width, 2, &right->address), define, left);
        return;
    }
    emit_binary(select, op, width, define, left, right->reg);
}

void emit_binary(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t left, uint32_t right) {
    struct machine_instruction *instruction = emit(select, op, width, left == right ? 2 : 3);
    operand_tied(select, instruction, define, left);
    if (left == right)
        return;
    operand_any(select, instruction, 2, right);
    if (!x86_op_is_freed(op, select->features))
        select->machine->operands[instruction->operands + 2].role = MACHINE_USE_LATE;
}

void emit_three(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t second, const struct select_source *right) {
    struct machine_instruction *instruction = right->is_address ? emit_at(select, op, width, 2, &right->address) : emit(select, op, width, 3);
    operand_define(select, instruction, define);
    operand_use(select, instruction, 1, second, MACHINE_USE);
    if (!right->is_address)
        operand_any(select, instruction, 2, right->reg);
}

void emit_tied_constant(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t use, int64_t constant) {
    struct machine_instruction *instruction = emit(select, op, width, 2);
    operand_tied(select, instruction, define, use);
    instruction->immediate = (uint64_t)constant;
}

void emit_tied_one(struct select *select, enum x86_op op, uint8_t width, uint32_t define, uint32_t use) {
    operand_tied(select, emit(select, op, width, 2), define, use);
}

void emit_pair(struct select *select, enum x86_op op, uint8_t width, uint32_t left, const struct select_source *right) {
    if (right->is_address) {
        emit_store(select, op, width, left, &right->address);
        return;
    }
    struct machine_instruction *instruction = emit(select, op, width, 2);
    operand_use(select, instruction, 0, left, MACHINE_USE);
    operand_any(select, instruction, 1, right->reg);
}

void emit_constant(struct select *select, uint32_t define, uint8_t width, uint64_t constant) {
    struct machine_register *reg = &select->machine->registers[define];
    if (width <= 4)
        constant = (uint32_t)constant;
    reg->is_constant = true;
    reg->constant = constant;
    struct machine_instruction *instruction = emit(select, X86_MOVE_CONSTANT, width, 1);
    operand_define(select, instruction, define);
    instruction->immediate = constant;
}

void emit_trap_if(struct select *select, enum x86_condition condition, enum wasm_trap_kind kind) {
    struct machine_instruction *instruction = emit(select, X86_TRAP_IF, 0, 0);
    instruction->condition = (uint8_t)condition;
    instruction->trap = (uint8_t)(kind + 1);
}

void emit_set(struct select *select, uint32_t define, enum x86_condition condition) {
    struct machine_instruction *instruction = emit(select, X86_SET, 4, 1);
    operand_define(select, instruction, define);
    instruction->condition = (uint8_t)condition;
}
