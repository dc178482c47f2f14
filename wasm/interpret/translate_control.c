/* Blocks, branches and calls. Branch operations name their target by index until translate.c makes pointers of them. */
#include "base/assert.h"
#include "base/leb128.h"
#include "wasm/interpret/translate.h"

static const uint8_t no_types[1];

/* ---- Labels ---- */

static struct label *label_push(struct translator *translator, enum label_kind kind) {
    ASSERT(translator->label_count < translator->label_capacity);
    struct label *label = &translator->labels[translator->label_count++];
    *label = (struct label){.kind = (uint8_t)kind, .types = no_types, .fixups = NO_OPERATION, .else_fixup = NO_OPERATION};
    return label;
}

void translate_function_label(struct translator *translator) {
    const struct wasm_function_type *type = translator->function->type;
    struct label *label = label_push(translator, LABEL_FUNCTION);
    /* Its parameters are locals, not operands. */
    label->types = type->types + type->parameter_count;
    label->result_count = type->result_count;
}

/* What stands at the label now is the next operation: nothing before it may be changed any more. */
static uint32_t label_place(struct translator *translator) {
    translator->retarget = NO_OPERATION;
    return translator->operation_count;
}

void translate_label_open(struct translator *translator, uint32_t opcode) {
    uint32_t condition = opcode == OP_IF ? operand_pop_slot(translator) : 0;
    operands_settle_all(translator);
    enum label_kind kind = opcode == OP_LOOP ? LABEL_LOOP : opcode == OP_IF ? LABEL_IF : LABEL_BLOCK;
    struct label *label = label_push(translator, kind);
    struct block_type type = body_block_type(translator->module, &translator->instruction);
    label->types = type.types;
    label->parameter_count = type.parameter_count;
    label->result_count = type.result_count;
    label->height = translator->operand_count - label->parameter_count;
    if (kind == LABEL_LOOP) {
        label->target = label_place(translator);
    }
    if (kind == LABEL_IF) {
        struct operation *op = translator_emit(translator, handle_branch_unless);
        op->b = condition;
        label->else_fixup = translator->operation_count - 1;
    }
}

/* The values that a branch to the label carries. */
static uint32_t label_value_count(const struct label *label) {
    return label->kind == LABEL_LOOP ? label->parameter_count : label->result_count;
}

static const uint8_t *label_value_types(const struct label *label) {
    return label->kind == LABEL_LOOP ? label->types : label->types + label->parameter_count;
}

/* The slot where the label's values are expected. */
static uint32_t label_slot(const struct translator *translator, const struct label *label) {
    if (label->height == 0) {
        return translator->operand_slot;
    }
    const struct operand *below = &translator->operands[label->height - 1];
    return below->slot + (below->wide ? 2 : 1);
}

/* Lets a branch operation lead to the label. */
static void label_bind(struct translator *translator, struct label *label, uint32_t operation) {
    if (translator->failed) {
        return;
    }
    if (label->kind == LABEL_LOOP) {
        translator->operations[operation].immediate = label->target;
        return;
    }
    translator->operations[operation].immediate = label->fixups;
    label->fixups = operation;
}

static void fixups_resolve(struct translator *translator, uint32_t operation, uint32_t target) {
    while (operation != NO_OPERATION && !translator->failed) {
        struct operation *op = &translator->operations[operation];
        operation = (uint32_t)op->immediate;
        op->immediate = target;
    }
}

static void code_becomes_dead(struct translator *translator) {
    translator->dead = true;
    translator->dead_depth = 0;
}

/* ---- Leaving a function ---- */

/* Returns the top operands, which stay on the model of the stack. */
static void emit_return(struct translator *translator) {
    const struct wasm_function_type *type = translator->function->type;
    const uint8_t *results = type->types + type->parameter_count;
    struct operation *op;
    if (type->result_count == 0) {
        op = translator_emit(translator, handle_return_none);
    } else if (type->result_count == 1 && results[0] != WASM_V128) {
        uint32_t slot = operand_read_slot(translator, &translator->operands[translator->operand_count - 1]);
        op = translator_emit(translator, handle_return_one);
        op->b = slot;
    } else {
        uint32_t slot = operands_settle(translator, type->result_count);
        op = translator_emit(translator, handle_return_many);
        op->b = slot;
        op->c = types_slots(results, type->result_count);
    }
    op->a = translator->link_slot;
}

void translate_return(struct translator *translator) {
    emit_return(translator);
    code_becomes_dead(translator);
}

void translate_else(struct translator *translator) {
    struct label *label = &translator->labels[translator->label_count - 1];
    if (!translator->dead) {
        operands_settle(translator, label->result_count);
        translator_emit(translator, handle_branch);
        label_bind(translator, label, translator->operation_count - 1);
    }
    translator->dead = false;
    if (!translator->failed) {
        translator->operations[label->else_fixup].immediate = label_place(translator);
    }
    label->else_fixup = NO_OPERATION;
    label->kind = LABEL_ELSE;
    operands_truncate(translator, label->height);
    operand_push_types(translator, label->types, label->parameter_count);
}

void translate_end(struct translator *translator) {
    struct label *label = &translator->labels[translator->label_count - 1];
    if (!translator->dead) {
        operands_settle(translator, label->result_count);
    }
    translator->dead = false;
    uint32_t place = label_place(translator);
    fixups_resolve(translator, label->fixups, place);
    if (label->else_fixup != NO_OPERATION && !translator->failed) {
        translator->operations[label->else_fixup].immediate = place;
    }
    operands_truncate(translator, label->height);
    operand_push_types(translator, label->types + label->parameter_count, label->result_count);
    translator->settled = translator->operand_count;
    if (label->kind == LABEL_FUNCTION) {
        emit_return(translator);
    }
    translator->label_count--;
}

/* ---- Branches ---- */

static struct label *label_at(struct translator *translator, uint32_t depth) {
    ASSERT(depth < translator->label_count);
    return &translator->labels[translator->label_count - 1 - depth];
}

/* Whether the label's values, the top operands, which are settled, must be moved on the way; or the function be left. */
static bool label_needs_way(const struct translator *translator, const struct label *label) {
    uint32_t count = label_value_count(label);
    if (label->kind == LABEL_FUNCTION) {
        return true;
    }
    return count > 0 && translator->operands[translator->operand_count - count].slot != label_slot(translator, label);
}

/* Emits the way to a label: moves, and a branch; or a return. */
static void emit_way(struct translator *translator, struct label *label) {
    if (label->kind == LABEL_FUNCTION) {
        emit_return(translator);
        return;
    }
    if (label_needs_way(translator, label)) {
        uint32_t count = label_value_count(label);
        struct operation *op = translator_emit(translator, handle_copy_many);
        op->a = label_slot(translator, label);
        op->b = translator->operands[translator->operand_count - count].slot;
        op->c = types_slots(label_value_types(label), count);
        if (op->c == 1) {
            op->run = handle_copy;
        }
    }
    translator_emit(translator, handle_branch);
    label_bind(translator, label, translator->operation_count - 1);
}

void translate_branch(struct translator *translator) {
    struct label *label = label_at(translator, translator->instruction.index);
    if (label->kind != LABEL_FUNCTION) {
        operands_settle(translator, label_value_count(label));
    }
    emit_way(translator, label);
    code_becomes_dead(translator);
}

void translate_branch_if(struct translator *translator) {
    struct label *label = label_at(translator, translator->instruction.index);
    uint32_t condition = operand_pop_slot(translator);
    operands_settle(translator, label_value_count(label));
    if (!label_needs_way(translator, label)) {
        struct operation *op = translator_emit(translator, handle_branch_if);
        op->b = condition;
        label_bind(translator, label, translator->operation_count - 1);
        return;
    }
    struct operation *op = translator_emit(translator, handle_branch_unless);
    uint32_t skip = translator->operation_count - 1;
    op->b = condition;
    emit_way(translator, label);
    if (!translator->failed) {
        translator->operations[skip].immediate = label_place(translator);
    }
}

void translate_branch_table(struct translator *translator) {
    uint32_t index_slot = operand_pop_slot(translator);
    uint32_t count = translator->instruction.index;
    const uint8_t *at = translator->instruction.bytes;
    operands_settle(translator, label_value_count(label_at(translator, leb128_read_u32(&at))));
    struct operation *op = translator_emit(translator, handle_branch_table);
    op->b = index_slot;
    op->c = count;
    uint32_t first = translator->operation_count;
    for (uint32_t number = 0; number <= count; number++) {
        translator_emit(translator, handle_branch);
    }
    at = translator->instruction.bytes;
    for (uint32_t number = 0; number <= count && !translator->failed; number++) {
        struct label *label = label_at(translator, leb128_read_u32(&at));
        if (!label_needs_way(translator, label)) {
            label_bind(translator, label, first + number);
            continue;
        }
        translator->operations[first + number].immediate = label_place(translator);
        emit_way(translator, label);
    }
    code_becomes_dead(translator);
}

/* ---- Calls ---- */

/* Takes the arguments of a call away; returns the slot of the first. The results will stand there. */
static uint32_t call_arguments(struct translator *translator, const struct wasm_function_type *type) {
    uint32_t slot = operands_settle(translator, type->parameter_count);
    operands_truncate(translator, translator->operand_count - type->parameter_count);
    translator_use_slots(translator, (uint64_t)slot + types_slots(type->types + type->parameter_count, type->result_count));
    return slot;
}

static void call_results(struct translator *translator, const struct wasm_function_type *type, bool tail) {
    translator->retarget = NO_OPERATION;
    if (tail) {
        code_becomes_dead(translator);
    } else {
        operand_push_types(translator, type->types + type->parameter_count, type->result_count);
    }
}

void translate_call(struct translator *translator, bool tail) {
    struct wasm_function *callee = translator->function->instance->functions[translator->instruction.index];
    uint32_t slot = call_arguments(translator, callee->type);
    operation_handler *run = tail ? handle_tail_call : function_leaves(callee) ? handle_call_host : handle_call;
    struct operation *op = translator_emit(translator, run);
    op->a = slot;
    op->pointer = callee;
    call_results(translator, callee->type, tail);
}

void translate_call_indirect(struct translator *translator, bool tail) {
    const struct wasm_function_type *type = translator->module->types[translator->instruction.index];
    const struct wasm_table *table = translator->function->instance->tables[translator->instruction.second];
    uint32_t index = operand_pop_slot(translator);
    uint32_t slot = call_arguments(translator, type);
    struct operation *op = translator_emit(translator, tail ? handle_tail_call_indirect : handle_call_indirect);
    op->a = slot;
    op->b = index;
    op->pointer = type;
    translator_emit(translator, NULL)->pointer = table;
    call_results(translator, type, tail);
}
