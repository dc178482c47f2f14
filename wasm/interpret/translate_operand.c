/* The model of the operand stack, and the emission of operations. See translate.h for its invariants. */
#include "base/assert.h"
#include "wasm/interpret/translate.h"

/* ---- Operations ---- */

/* Doubles an array of scratch; false, and the array unharmed, when there is no room. */
static bool scratch_grow(struct budget *budget, void **array, uint32_t *capacity, size_t size) {
    uint32_t larger = *capacity == 0 ? 64 : *capacity * 2;
    void *grown = budget_reallocate(budget, *array, *capacity * size, larger * size);
    if (grown == NULL) {
        return false;
    }
    *array = grown;
    *capacity = larger;
    return true;
}

static bool translator_has_room(struct translator *translator) {
    uint32_t count = translator->operation_count;
    if (count == translator->operation_capacity &&
        !scratch_grow(translator->budget, (void **)&translator->operations, &translator->operation_capacity, sizeof *translator->operations)) {
        return false;
    }
    return count < translator->source_capacity ||
           scratch_grow(translator->budget, (void **)&translator->sources, &translator->source_capacity, sizeof *translator->sources);
}

struct operation *translator_emit(struct translator *translator, operation_handler *run) {
    struct operation *op = &translator->sink;
    translator->retarget = NO_OPERATION;
    if (!translator_has_room(translator)) {
        translator->failed = true;
    } else {
        op = &translator->operations[translator->operation_count];
        translator->sources[translator->operation_count++] = translator->instruction.source;
    }
    *op = (struct operation){.run = run};
    return op;
}

void translator_use_slots(struct translator *translator, uint64_t end) {
    if (end > translator->frame_slots) {
        translator->frame_slots = (uint32_t)end;
    }
}

/* ---- Entries ---- */

uint32_t operand_next_slot(const struct translator *translator) {
    if (translator->operand_count == 0) {
        return translator->operand_slot;
    }
    const struct operand *top = &translator->operands[translator->operand_count - 1];
    return top->slot + (top->wide ? 2 : 1);
}

static struct operand *operand_add(struct translator *translator, enum operand_kind kind, bool wide) {
    ASSERT(translator->operand_count < translator->operand_capacity);
    uint32_t slot = operand_next_slot(translator);
    translator_use_slots(translator, (uint64_t)slot + 2);
    struct operand *operand = &translator->operands[translator->operand_count++];
    *operand = (struct operand){.kind = (uint8_t)kind, .wide = wide, .slot = slot};
    return operand;
}

/* Emits the move of a value to a slot. */
static void operand_move(struct translator *translator, const struct operand *operand, uint32_t to) {
    struct operation *op;
    switch (operand->kind) {
    case OPERAND_CONSTANT:
        op = translator_emit(translator, handle_constant);
        op->immediate = operand->value;
        break;
    case OPERAND_LOCAL:
        op = translator_emit(translator, operand->wide ? handle_copy_wide : handle_copy);
        op->b = (uint32_t)operand->value;
        break;
    default:
        op = translator_emit(translator, operand->wide ? handle_copy_wide : handle_copy);
        op->b = operand->slot;
        break;
    }
    op->a = to;
}

static void operand_settle(struct translator *translator, struct operand *operand) {
    if (operand->kind == OPERAND_SLOT) {
        return;
    }
    operand_move(translator, operand, operand->slot);
    operand->kind = OPERAND_SLOT;
}

/* The entry that was just added is unsettled: keeps their number bounded. */
static void operand_note_unsettled(struct translator *translator) {
    if (translator->settled >= translator->operand_count) {
        translator->settled = translator->operand_count - 1;
    }
    if (translator->operand_count - translator->settled > UNSETTLED_MAX) {
        operand_settle(translator, &translator->operands[translator->settled++]);
    }
}

void operand_push(struct translator *translator, bool wide) {
    operand_add(translator, OPERAND_SLOT, wide);
}

void operand_push_types(struct translator *translator, const uint8_t *types, uint32_t count) {
    for (uint32_t index = 0; index < count; index++) {
        operand_push(translator, types[index] == WASM_V128);
    }
}

void operand_push_result(struct translator *translator, bool wide, uint32_t data_count) {
    struct operand *operand = operand_add(translator, OPERAND_SLOT, wide);
    if (translator->failed) {
        return;
    }
    translator->retarget = translator->operation_count - 1 - data_count;
    translator->operations[translator->retarget].a = operand->slot;
}

void operand_push_local(struct translator *translator, uint32_t local) {
    struct operand *operand = operand_add(translator, OPERAND_LOCAL, translator->local_types[local] == WASM_V128);
    operand->value = translator->local_slots[local];
    operand_note_unsettled(translator);
}

void operand_push_constant(struct translator *translator, uint64_t value) {
    struct operand *operand = operand_add(translator, OPERAND_CONSTANT, false);
    operand->value = value;
    operand_note_unsettled(translator);
}

void operands_truncate(struct translator *translator, uint32_t count) {
    ASSERT(count <= translator->operand_count);
    translator->operand_count = count;
    if (translator->settled > count) {
        translator->settled = count;
    }
}

struct operand operand_pop(struct translator *translator) {
    ASSERT(translator->operand_count > 0);
    struct operand operand = translator->operands[translator->operand_count - 1];
    operands_truncate(translator, translator->operand_count - 1);
    return operand;
}

uint32_t operand_read_slot(struct translator *translator, const struct operand *operand) {
    if (operand->kind == OPERAND_LOCAL) {
        return (uint32_t)operand->value;
    }
    if (operand->kind == OPERAND_CONSTANT) {
        operand_move(translator, operand, operand->slot);
    }
    return operand->slot;
}

uint32_t operand_pop_slot(struct translator *translator) {
    struct operand operand = operand_pop(translator);
    return operand_read_slot(translator, &operand);
}

uint32_t operands_settle(struct translator *translator, uint32_t count) {
    ASSERT(count <= translator->operand_count);
    uint32_t first = translator->operand_count - count;
    for (uint32_t index = first > translator->settled ? first : translator->settled; index < translator->operand_count; index++) {
        operand_settle(translator, &translator->operands[index]);
    }
    if (first <= translator->settled) {
        translator->settled = translator->operand_count;
    }
    return count > 0 ? translator->operands[first].slot : operand_next_slot(translator);
}

void operands_settle_all(struct translator *translator) {
    operands_settle(translator, translator->operand_count);
}

/* ---- Locals ---- */

/* Settles the entries that mean the present value of a local; false when there were none. */
static bool local_settle(struct translator *translator, uint32_t slot) {
    bool found = false;
    for (uint32_t index = translator->settled; index < translator->operand_count; index++) {
        struct operand *operand = &translator->operands[index];
        if (operand->kind == OPERAND_LOCAL && operand->value == slot) {
            operand_settle(translator, operand);
            found = true;
        }
    }
    return found;
}

void local_write(struct translator *translator, uint32_t local, bool keep) {
    uint32_t slot = translator->local_slots[local];
    uint32_t retarget = translator->retarget;
    struct operand operand = operand_pop(translator);
    bool same = operand.kind == OPERAND_LOCAL && operand.value == slot;
    bool direct = false;
    if (!same) {
        bool moved = local_settle(translator, slot);
        direct = !moved && operand.kind == OPERAND_SLOT && retarget != NO_OPERATION && translator->operations[retarget].a == operand.slot;
        if (direct) {
            translator->operations[retarget].a = slot;
        } else {
            operand_move(translator, &operand, slot);
        }
        translator->retarget = NO_OPERATION;
    }
    if (!keep) {
        return;
    }
    struct operand *top = operand_add(translator, direct ? OPERAND_LOCAL : (enum operand_kind)operand.kind, operand.wide);
    top->value = direct ? slot : operand.value;
    if (top->kind != OPERAND_SLOT) {
        operand_note_unsettled(translator);
    }
}
