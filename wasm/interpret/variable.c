/* Handlers of globals, references and tables, and of everything that works on ranges of tables and memories.
   Indices of tables, memories and segments are those of the running function's instance. */
#include "wasm/interpret/control.h"

static struct wasm_instance *running_instance(const struct execution *execution) {
    return execution->function->instance;
}

/* ---- Globals: pointer = the cell; a = result, or b = value ---- */

const struct operation *handle_global_get(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    const union wasm_value *cell = op->pointer;
    frame[op->a].u64 = cell->i64;
    return op + 1;
}

const struct operation *handle_global_get_wide(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    memcpy(&frame[op->a], op->pointer, 2 * sizeof *frame);
    return op + 1;
}

const struct operation *handle_global_set(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    union wasm_value *cell = (union wasm_value *)op->pointer;
    cell->i64 = frame[op->b].u64;
    return op + 1;
}

const struct operation *handle_global_set_wide(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    memcpy((union wasm_value *)op->pointer, &frame[op->b], 2 * sizeof *frame);
    return op + 1;
}

const struct operation *handle_reference_is_null(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    frame[op->a].u64 = frame[op->b].reference == NULL;
    return op + 1;
}

/* ---- Tables: d = table ---- */

/* a = result, b = index. */
const struct operation *handle_table_get(const struct operation *op, union slot *frame, struct execution *execution) {
    void *reference;
    if (wasm_table_get(running_instance(execution)->tables[op->d], frame[op->b].u32, &reference) != ERROR_NONE) {
        return operation_trap(op, execution, WASM_TRAP_TABLE_BOUNDS);
    }
    frame[op->a].reference = reference;
    return op + 1;
}

/* b = index, c = value. */
const struct operation *handle_table_set(const struct operation *op, union slot *frame, struct execution *execution) {
    if (wasm_table_set(running_instance(execution)->tables[op->d], frame[op->b].u32, frame[op->c].reference) != ERROR_NONE) {
        return operation_trap(op, execution, WASM_TRAP_TABLE_BOUNDS);
    }
    return op + 1;
}

const struct operation *handle_table_size(const struct operation *op, union slot *frame, struct execution *execution) {
    frame[op->a].u64 = wasm_table_size(running_instance(execution)->tables[op->d]);
    return op + 1;
}

/* a = result, b = value, c = count. */
const struct operation *handle_table_grow(const struct operation *op, union slot *frame, struct execution *execution) {
    frame[op->a].u64 = wasm_table_grow(running_instance(execution)->tables[op->d], frame[op->c].u32, frame[op->b].reference);
    return op + 1;
}

/* ---- Ranges: b, c, d = operands; the next operation is data: its b and c are indices of tables, memories, segments ---- */

const struct operation *handle_table_fill(const struct operation *op, union slot *frame, struct execution *execution) {
    struct wasm_table *table = running_instance(execution)->tables[op[1].b];
    if (!table_fill(table, frame[op->b].u32, frame[op->c].reference, frame[op->d].u32)) {
        return operation_trap(op, execution, WASM_TRAP_TABLE_BOUNDS);
    }
    return op + 2;
}

/* b = destination, c = source. */
const struct operation *handle_table_copy(const struct operation *op, union slot *frame, struct execution *execution) {
    struct wasm_table **tables = running_instance(execution)->tables;
    if (!table_copy(tables[op[1].b], frame[op->b].u32, tables[op[1].c], frame[op->c].u32, frame[op->d].u32)) {
        return operation_trap(op, execution, WASM_TRAP_TABLE_BOUNDS);
    }
    return op + 2;
}

static struct segment_range range_read(const struct operation *op, const union slot *frame) {
    return (struct segment_range){.to = frame[op->b].u32, .from = frame[op->c].u32, .count = frame[op->d].u32};
}

/* b = segment, c = table. */
const struct operation *handle_table_init(const struct operation *op, union slot *frame, struct execution *execution) {
    if (!instance_table_init(running_instance(execution), op[1].c, op[1].b, range_read(op, frame))) {
        return operation_trap(op, execution, WASM_TRAP_TABLE_BOUNDS);
    }
    return op + 2;
}

const struct operation *handle_element_drop(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)frame;
    running_instance(execution)->element_dropped[op->b] = true;
    return op + 1;
}

/* Where accesses are checked, this stands before each: b = address, c = offset, d = memory, a = width, and ACCESS_IS_ATOMIC for an access that must
   be aligned. That is found wrong before the bounds are. */
const struct operation *handle_memory_check(const struct operation *op, union slot *frame, struct execution *execution) {
    const struct wasm_memory *memory = running_instance(execution)->memories[op->d];
    uint64_t address = (uint64_t)frame[op->b].u32 + op->c;
    uint32_t width = op->a & ~ACCESS_IS_ATOMIC;
    bool is_misaligned = (op->a & ACCESS_IS_ATOMIC) != 0 && address % width != 0;
    if (UNLIKELY(address + width > memory->size_bytes) && !is_misaligned) {
        operation_trap(op, execution, WASM_TRAP_MEMORY_BOUNDS);
        execution->store->trap.address = address;
        return NULL;
    }
    return op + 1;
}

/* a = result, d = memory. */
const struct operation *handle_memory_size(const struct operation *op, union slot *frame, struct execution *execution) {
    frame[op->a].u64 = wasm_memory_pages(running_instance(execution)->memories[op->d]);
    return op + 1;
}

/* a = result, b = pages, d = memory. */
const struct operation *handle_memory_grow(const struct operation *op, union slot *frame, struct execution *execution) {
    frame[op->a].u64 = wasm_memory_grow(running_instance(execution)->memories[op->d], frame[op->b].u32);
    return op + 1;
}

const struct operation *handle_memory_fill(const struct operation *op, union slot *frame, struct execution *execution) {
    struct wasm_memory *memory = running_instance(execution)->memories[op[1].b];
    if (!memory_fill(memory, frame[op->b].u32, (uint8_t)frame[op->c].u32, frame[op->d].u32)) {
        return operation_trap(op, execution, WASM_TRAP_MEMORY_BOUNDS);
    }
    return op + 2;
}

/* b = destination, c = source. */
const struct operation *handle_memory_copy(const struct operation *op, union slot *frame, struct execution *execution) {
    struct wasm_memory **memories = running_instance(execution)->memories;
    if (!memory_copy(memories[op[1].b], frame[op->b].u32, memories[op[1].c], frame[op->c].u32, frame[op->d].u32)) {
        return operation_trap(op, execution, WASM_TRAP_MEMORY_BOUNDS);
    }
    return op + 2;
}

/* b = segment, c = memory. */
const struct operation *handle_memory_init(const struct operation *op, union slot *frame, struct execution *execution) {
    if (!instance_memory_init(running_instance(execution), op[1].c, op[1].b, range_read(op, frame))) {
        return operation_trap(op, execution, WASM_TRAP_MEMORY_BOUNDS);
    }
    return op + 2;
}

const struct operation *handle_data_drop(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)frame;
    running_instance(execution)->data_dropped[op->b] = true;
    return op + 1;
}
