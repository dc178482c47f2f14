/* Register allocation as a whole: the passes in order, and the memory that they share. */
#include "wasm/compile/allocate/allocate.h"
#include "wasm/compile/allocate/allocate_fast.h"

#define ARRAY_COUNT_MIN 64u
/* Steps for each instruction, block and operand, and for the function, before it is refused. Real programs stay below 100. */
#define WORK_PER_ITEM     2000u
#define WORK_PER_FUNCTION 10000000u

bool allocate_grow(struct allocation *allocation, struct allocate_array *array, void *items) {
    uint64_t next = array->capacity == 0 ? ARRAY_COUNT_MIN : 2ull * array->capacity;
    void *moved = NULL;
    if (next < UINT32_MAX / 2 && !allocation->failed)
        moved = budget_reallocate(allocation->budget, array->items, (size_t)array->capacity * array->item_size, (size_t)next * array->item_size);
    if (moved == NULL) {
        allocation->failed = true;
        return false;
    }
    array->items = moved;
    array->capacity = (uint32_t)next;
    memcpy(items, &moved, sizeof moved);
    return true;
}

void *allocate_table(struct allocation *allocation, size_t count, size_t size) {
    void *table = allocation->failed ? NULL : arena_allocate_zeroed(&allocation->arena, count + 1, size);
    if (table == NULL)
        allocation->failed = true;
    return table;
}

void *allocate_room(struct allocation *allocation, size_t count, size_t size) {
    void *room = allocation->failed ? NULL : arena_allocate(&allocation->arena, (count + 1) * size);
    if (room == NULL)
        allocation->failed = true;
    return room;
}

static void array_begin(struct allocation *allocation, struct allocate_array *array, uint32_t capacity, uint32_t item_size) {
    array->item_size = item_size;
    array->items = allocation->failed ? NULL : budget_allocate(allocation->budget, (size_t)capacity * item_size);
    array->capacity = array->items == NULL ? 0 : capacity;
    allocation->failed |= array->items == NULL;
}

static void array_end(struct allocation *allocation, struct allocate_array *array) {
    if (array->items != NULL)
        budget_release(allocation->budget, array->items, (size_t)array->capacity * array->item_size);
}

static void allocation_begin(struct allocation *allocation, struct machine_function *function) {
    *allocation = (struct allocation){.function = function, .budget = function->budget};
    uint64_t items = (uint64_t)function->instruction_count + function->operand_count + function->block_count + function->register_count;
    allocation->work_max = WORK_PER_FUNCTION + WORK_PER_ITEM * items;
    uint32_t registers = function->register_count;
    arena_init(&allocation->arena, function->budget);
    array_begin(allocation, &allocation->range_array, registers + registers / 2 + ARRAY_COUNT_MIN, sizeof(struct allocate_range));
    array_begin(allocation, &allocation->part_array, registers + registers / 2 + ARRAY_COUNT_MIN, sizeof(struct allocate_part));
    array_begin(allocation, &allocation->live_array, function->block_count * 8 + ARRAY_COUNT_MIN, sizeof(uint32_t));
    array_begin(allocation, &allocation->move_array, function->instruction_count / 4 + ARRAY_COUNT_MIN, sizeof(struct allocate_move));
    array_begin(allocation, &allocation->queue_array, ARRAY_COUNT_MIN, sizeof(uint32_t));
    allocation->ranges = allocation->range_array.items;
    allocation->parts = allocation->part_array.items;
    allocation->live_pool = allocation->live_array.items;
    allocation->moves = allocation->move_array.items;
    allocation->queue = allocation->queue_array.items;
    allocation->range_array.count = 1; /* 0 is none */
    allocation->values = allocate_room(allocation, registers, sizeof *allocation->values);
    allocation->blocks = allocate_table(allocation, function->block_count, sizeof *allocation->blocks);
    allocation->block_of = allocate_room(allocation, function->instruction_count, sizeof *allocation->block_of);
}

static void allocation_end(struct allocation *allocation) {
    array_end(allocation, &allocation->range_array);
    array_end(allocation, &allocation->part_array);
    array_end(allocation, &allocation->live_array);
    array_end(allocation, &allocation->move_array);
    array_end(allocation, &allocation->queue_array);
    arena_end(&allocation->arena);
}

static void values_begin(struct allocation *allocation) {
    const struct machine_function *function = allocation->function;
    for (uint32_t reg = 0; reg < function->register_count; reg++)
        allocation->values[reg] = (struct allocate_value){
            .start = ALLOCATE_NONE,
            .fixed_hint = NO_REGISTER,
            .wish = NO_REGISTER,
            .last_place = NO_REGISTER,
            .slot = ALLOCATE_NONE,
            .class = function->registers[reg].class,
            .is_constant = function->registers[reg].is_constant,
        };
}

static enum error allocate_all(struct machine_function *function) {
    static void (*const passes[])(struct allocation *) = {allocate_live,  allocate_uses,     allocate_scan, allocate_resolve,
                                                          allocate_slots, allocate_operands, allocate_moves};
    struct allocation allocation;
    if (function->instruction_count >= UINT32_MAX / STEPS - 1 || function->operand_count >= USE_NO_OPERAND)
        return ERROR_LIMIT;
    allocation_begin(&allocation, function);
    if (!allocation.failed)
        values_begin(&allocation);
    for (uint32_t pass = 0; pass < sizeof passes / sizeof *passes && !allocate_is_over(&allocation); pass++)
        passes[pass](&allocation);
    enum error error = allocation.failed ? ERROR_NO_MEMORY : allocate_is_over(&allocation) ? ERROR_LIMIT : ERROR_NONE;
    allocation_end(&allocation);
    return error;
}

enum error machine_allocate(struct machine_function *function) {
    ASSERT(!function->is_allocated && !function->failed);
    enum error error = function->fast ? allocate_fast(function) : allocate_all(function);
    function->is_allocated = error == ERROR_NONE;
    if (error != ERROR_NONE)
        function->move_count = function->spill_slots = 0;
    return error;
}
