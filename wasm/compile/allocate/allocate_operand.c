/* The locations of operands, now that each part has its place and each value its slot; and the moves to operands that are fixed or tied.
   Those of fixed definitions are there since allocate_live.c. */
#include "wasm/compile/allocate/allocate.h"

/* The register in which a fixed or tied use wants its value. */
static uint32_t operand_target(const struct allocation *allocation, const struct machine_operand *operand, enum allocate_use_kind kind) {
    if (kind == USE_COPIES)
        return operand->fixed;
    const struct machine_operand *definition = &allocation->function->operands[operand->location];
    return allocation->parts[definition->reg].place;
}

static void operand_locate(struct allocation *allocation, uint32_t value, const struct allocate_use *use, uint8_t place) {
    struct machine_operand *operand = &allocation->function->operands[use->operand];
    enum allocate_use_kind kind = (enum allocate_use_kind)use->kind;
    if (kind <= USE_TIED_TOO) {
        if (operand->role == MACHINE_DEFINE)
            return;
        operand->location = operand_target(allocation, operand, kind);
        struct allocate_move move = {.to_value = value, .from_value = value, .to = (uint8_t)operand->location, .from = place, .phase = PHASE_USES};
        if (kind != USE_TIED_TOO)
            move_add(allocation, use->position / STEPS, move);
        return;
    }
    ASSERT(kind != USE_REGISTER || place != IN_MEMORY);
    operand->location = location_of(allocation, value, place);
    /* The definition of a constant that is made again where it is used. */
    if (operand->location == MACHINE_NONE)
        operand->location = allocation->function->isa->scratch[allocation->values[value].class];
}

static void value_locate(struct allocation *allocation, uint32_t value) {
    const struct allocate_value *at = &allocation->values[value];
    const struct allocate_part *parts = allocation->parts;
    uint32_t part = value;
    for (uint32_t use = at->uses; use < at->use_end; use++) {
        const struct allocate_use *here = &allocation->uses[use];
        if (here->operand == USE_NO_OPERAND)
            continue;
        while (parts[part].next != ALLOCATE_NONE && parts[parts[part].next].start <= here->position)
            part = parts[part].next;
        operand_locate(allocation, value, here, parts[part].place);
    }
}

void allocate_operands(struct allocation *allocation) {
    for (uint32_t index = 0; index < allocation->order_count && !allocation->failed; index++)
        value_locate(allocation, allocation->order[index]);
}
