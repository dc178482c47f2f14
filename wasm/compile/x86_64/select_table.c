/* Tables, globals, references, the size of memory, and what the engine does for compiled code (runtime.def). */
#include "wasm/compile/x86_64/select.h"

#include "base/assert.h"

/* ---- Globals: the value is the first field of its cell ---- */

static struct select_address global_address(struct select *select, uint32_t global) {
    uint32_t imported = select->ir->module->imported_global_count;
    if (global >= imported)
        return address_of_instance((int32_t)(select->layout.own_globals + (global - imported) * sizeof(struct wasm_global)));
    return address_of_field(load_field(select, address_of_instance((int32_t)(select->layout.globals + 8 * global)), 8), 0);
}

void select_global_get(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    struct select_address address = global_address(select, at->aux);
    enum x86_op op = at->type == WASM_V128 ? X86_MOVE_VECTOR : type_is_vector(at->type) ? X86_MOVE_SCALAR : X86_MOV;
    emit_load(select, op, type_width(at->type), select_define(select, value), &address);
}

void select_global_set(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint8_t type = select->values[at->a].type, width = type_width(type);
    uint64_t constant;
    if (!type_is_vector(type) && select_constant(select, at->a, &constant) && (width == 4 || (int64_t)constant == (int32_t)constant)) {
        struct select_address address = global_address(select, at->aux);
        emit_store_constant(select, X86_STORE_I, width, constant, &address);
        return;
    }
    uint32_t reg = select_use_bits(select, at->a);
    struct select_address address = global_address(select, at->aux);
    enum x86_op op = type == WASM_V128 ? X86_STORE_VECTOR : type_is_vector(type) ? X86_STORE_SCALAR : X86_STORE;
    emit_store(select, op, width, reg, &address);
}

/* ---- Tables ---- */

static uint32_t table_pointer(struct select *select, uint32_t table) {
    return load_field(select, address_of_instance((int32_t)(select->layout.tables + 8 * table)), 8);
}

/* An element's address: out of bounds it traps, and under speculation it is the first one. Calls find what was appended, too. */
static struct select_address element_address(struct select *select, uint32_t table, uint32_t index, enum wasm_trap_kind kind) {
    uint32_t pointer = table_pointer(select, table);
    size_t bound = kind == WASM_TRAP_UNDEFINED_ELEMENT ? offsetof(struct wasm_table, call_size) : offsetof(struct wasm_table, size);
    struct select_source size = {.is_address = true, .address = address_of_field(pointer, (int32_t)bound)};
    emit_pair(select, X86_CMP, 4, index, &size);
    uint32_t mask = select_temporary(select, MACHINE_GENERAL, 4), clamped = select_temporary(select, MACHINE_GENERAL, 4);
    /* All ones when the comparison carried, which is when the index is below the size. */
    operand_define(select, emit(select, X86_SBB_SELF, 4, 1), mask);
    emit_trap_if(select, CONDITION_E, kind);
    emit_binary(select, X86_AND, 4, clamped, mask, index);
    struct select_address address = address_of_field(load_field(select, address_of_field(pointer, offsetof(struct wasm_table, elements)), 8), 0);
    address.index = clamped;
    address.shift = 3;
    return address;
}

uint32_t select_table_callee(struct select *select, uint32_t table, uint32_t index) {
    struct select_address address = element_address(select, table, index, WASM_TRAP_UNDEFINED_ELEMENT);
    /* Between the size and what was appended there may be no memory. */
    address.trap = WASM_TRAP_UNINITIALIZED_ELEMENT + 1;
    address.source = select->source;
    return load_field(select, address, 8);
}

void select_table_get(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint32_t index = select_use(select, at->a);
    struct select_address address = element_address(select, at->aux, index, WASM_TRAP_TABLE_BOUNDS);
    emit_load(select, X86_MOV, 8, select_define(select, value), &address);
}

void select_table_set(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint32_t index = select_use(select, at->a), reference = select_use(select, at->b);
    struct select_address address = element_address(select, at->aux, index, WASM_TRAP_TABLE_BOUNDS);
    emit_store(select, X86_STORE, 8, reference, &address);
}

void select_table_size(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    uint32_t pointer = table_pointer(select, select->values[value].aux);
    struct select_address address = address_of_field(pointer, offsetof(struct wasm_table, size));
    emit_load(select, X86_MOV, 4, select_define(select, value), &address);
}

/* ---- Memory, references ---- */

uint32_t select_memory_bytes(struct select *select, uint32_t memory) {
    const struct instance_layout *layout = &select->layout;
    uint32_t imported = select->ir->module->imported_memory_count, field = offsetof(struct wasm_memory, size_bytes);
    if (memory >= imported)
        return load_field(select, address_of_instance((int32_t)(layout->own_memories + (memory - imported) * sizeof(struct wasm_memory) + field)), 8);
    uint32_t pointer = load_field(select, address_of_instance((int32_t)(layout->memories + 8 * memory)), 8);
    return load_field(select, address_of_field(pointer, (int32_t)field), 8);
}

void select_memory_size(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    uint32_t define = select_define(select, value);
    emit_tied_constant(select, X86_SHR_I, 8, define, select_memory_bytes(select, select->values[value].aux), 16);
}

void select_reference_is_null(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    uint32_t define = select_define(select, value), reference = select_use(select, select->values[value].a);
    struct select_source self = source_register(reference);
    emit_pair(select, X86_TEST, 8, reference, &self);
    emit_set(select, define, CONDITION_E);
}

void select_reference_function(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    struct select_address address = address_of_instance((int32_t)(select->layout.functions + 8 * select->values[value].aux));
    emit_load(select, X86_MOV, 8, select_define(select, value), &address);
}

/* ---- The engine's functions ---- */

/* What comes first: indices, as one number. */
static uint64_t runtime_indices(const struct ir_value *at) {
    switch (at->op) {
    case OP_MEMORY_COPY:
    case OP_MEMORY_INIT:
    case OP_TABLE_COPY:
    case OP_TABLE_INIT: return at->aux | (uint64_t)at->extra << 32;
    default: return at->aux;
    }
}

/* rule->op: enum runtime_function; rule->extra: enum wasm_trap_kind + 1 when it may fail. */
void select_runtime(struct select *select, uint32_t value, const struct select_rule *rule) {
    static const uint8_t registers[] = {RDX, RCX, R8};
    const struct ir_value *at = &select->values[value];
    const uint32_t operands[] = {at->a, at->b, at->c};
    uint32_t count = ir_shape(at->op).operand_count, uses[3];
    ASSERT(count <= 3);
    for (uint32_t index = 0; index < count; index++)
        uses[index] = select_use(select, operands[index]);
    uint32_t indices = select_temporary(select, MACHINE_GENERAL, 8), done = select_temporary(select, MACHINE_GENERAL, 8);
    emit_constant(select, indices, 8, runtime_indices(at));
    bool has_result = at->type != 0 || rule->extra != 0;
    struct machine_instruction *instruction = emit(select, X86_CALL_RUNTIME, 8, count + 1 + has_result);
    instruction->flags = MACHINE_IS_CALL;
    select->machine->calls = true;
    instruction->displacement = (int32_t)(offsetof(struct wasm_instance, runtime) + 8u * rule->op);
    uint32_t number = 0;
    if (has_result)
        operand_fixed(select, instruction, number++, done, MACHINE_DEFINE, RAX);
    operand_fixed(select, instruction, number++, indices, MACHINE_USE, RSI);
    for (uint32_t index = 0; index < count; index++)
        operand_fixed(select, instruction, number++, uses[index], MACHINE_USE, registers[index]);
    if (at->type != 0)
        emit_unary(select, X86_MOV, 4, select_define(select, value), done);
    if (rule->extra != 0) {
        struct select_source self = source_register(done);
        emit_pair(select, X86_TEST, 4, done, &self);
        emit_trap_if(select, CONDITION_E, (enum wasm_trap_kind)(rule->extra - 1));
    }
}
