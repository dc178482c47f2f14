/* The arrays of machine code: how they grow, and what is appended to them. Called by <isa>/select and by allocate. */
#include "wasm/compile/machine.h"

#include "base/assert.h"

#define REGISTER_COUNT_MIN    256u
#define INSTRUCTION_COUNT_MIN 256u
#define OPERAND_COUNT_MIN     (2 * MACHINE_OPERANDS_MAX)
#define MOVE_COUNT_MIN        16u
#define WORD_COUNT_MIN        64u
/* Constants beyond the last few are not looked through for an equal one. */
#define CONSTANT_LOOK_COUNT 64u

/* Makes room for `wanted` items; false, and `failed` is set, when there is none. */
static bool array_enlarge(struct machine_function *function, void **array, uint32_t *capacity, uint64_t wanted, size_t item_size) {
    uint64_t next = (uint64_t)*capacity * 2 > wanted ? (uint64_t)*capacity * 2 : wanted;
    void *moved = NULL;
    if (next < UINT32_MAX && !function->failed)
        moved = budget_reallocate(function->budget, *array, *capacity * item_size, (size_t)next * item_size);
    if (moved == NULL) {
        function->failed = true;
        return false;
    }
    *array = moved;
    *capacity = (uint32_t)next;
    return true;
}

static inline bool array_grow(struct machine_function *function, void **array, uint32_t *capacity, uint64_t wanted, size_t item_size) {
    return LIKELY(wanted <= *capacity) || array_enlarge(function, array, capacity, wanted, item_size);
}

bool machine_registers_reserve(struct machine_function *function, uint64_t count) {
    return array_grow(function, (void **)&function->registers, &function->register_capacity, count, sizeof *function->registers);
}

static bool instructions_reserve(struct machine_function *function, uint64_t count) {
    return array_grow(function, (void **)&function->instructions, &function->instruction_capacity, count, sizeof *function->instructions);
}

static bool operands_reserve(struct machine_function *function, uint64_t count) {
    return array_grow(function, (void **)&function->operands, &function->operand_capacity, count, sizeof *function->operands);
}

static bool words_reserve(struct machine_function *function, uint64_t count) {
    return array_grow(function, (void **)&function->words, &function->word_capacity, count, sizeof *function->words);
}

bool machine_moves_reserve(struct machine_function *function) {
    uint64_t count = (uint64_t)function->move_count + 1, least = MOVE_COUNT_MIN + function->instruction_count / 4;
    return array_grow(function, (void **)&function->moves, &function->move_capacity, count > least ? count : least, sizeof *function->moves);
}

void machine_begin(struct machine_function *function, struct budget *budget, const struct machine_isa *isa, const struct ir_function *source) {
    *function = (struct machine_function){.budget = budget, .isa = isa, .source = source};
    uint64_t values = source != NULL ? source->value_count : 0;
    if (!machine_registers_reserve(function, REGISTER_COUNT_MIN + values) || !instructions_reserve(function, INSTRUCTION_COUNT_MIN + values) ||
        !operands_reserve(function, OPERAND_COUNT_MIN + 2 * values) || !words_reserve(function, WORD_COUNT_MIN))
        return;
    function->registers[0] = (struct machine_register){0};
    function->register_count = 1;
}

static void array_release(struct machine_function *function, void *array, uint32_t capacity, size_t item_size) {
    if (array != NULL)
        budget_release(function->budget, array, capacity * item_size);
}

void machine_release(struct machine_function *function) {
    array_release(function, function->registers, function->register_capacity, sizeof *function->registers);
    array_release(function, function->instructions, function->instruction_capacity, sizeof *function->instructions);
    array_release(function, function->operands, function->operand_capacity, sizeof *function->operands);
    array_release(function, function->blocks, function->block_capacity, sizeof *function->blocks);
    array_release(function, function->phis, function->phi_capacity, sizeof *function->phis);
    array_release(function, function->words, function->word_capacity, sizeof *function->words);
    array_release(function, function->constants, function->constant_capacity, sizeof *function->constants);
    array_release(function, function->moves, function->move_capacity, sizeof *function->moves);
    *function = (struct machine_function){0};
}

bool machine_blocks_make(struct machine_function *function, uint32_t count) {
    ASSERT(function->block_count == 0);
    if (function->failed ||
        !array_grow(function, (void **)&function->blocks, &function->block_capacity, (uint64_t)count + 1, sizeof *function->blocks))
        return false;
    memset(function->blocks, 0, count * sizeof *function->blocks);
    function->block_count = count;
    return true;
}

void machine_phi_add(struct machine_function *function, uint32_t reg, uint32_t operands) {
    if (!array_grow(function, (void **)&function->phis, &function->phi_capacity, (uint64_t)function->phi_count + 1, sizeof *function->phis))
        return;
    function->phis[function->phi_count++] = (struct machine_phi){.reg = reg, .operands = operands};
}

void machine_reserve(struct machine_function *function, uint32_t operand_count) {
    ASSERT(operand_count <= MACHINE_OPERANDS_MAX && function->instruction_capacity > 0 && function->operand_capacity >= MACHINE_OPERANDS_MAX);
    if (!operands_reserve(function, (uint64_t)function->operand_count + operand_count))
        function->operand_count = 0;
    if (!instructions_reserve(function, (uint64_t)function->instruction_count + 1))
        function->instruction_count = 0;
}

uint32_t machine_words(struct machine_function *function, uint32_t count) {
    if (!words_reserve(function, (uint64_t)function->word_count + count))
        return 0;
    uint32_t first = function->word_count;
    for (uint32_t index = 0; index < count; index++)
        function->words[first + index] = 0;
    function->word_count += count;
    return first;
}

uint32_t machine_constant(struct machine_function *function, const uint8_t bytes[16]) {
    uint32_t count = function->constant_count, looked = count < CONSTANT_LOOK_COUNT ? count : CONSTANT_LOOK_COUNT;
    for (uint32_t index = count - looked; index < count; index++)
        if (memcmp(function->constants[index], bytes, 16) == 0)
            return index;
    if (!array_grow(function, (void **)&function->constants, &function->constant_capacity, (uint64_t)count + 1, sizeof *function->constants))
        return 0;
    memcpy(function->constants[count], bytes, 16);
    function->constant_count++;
    return count;
}
