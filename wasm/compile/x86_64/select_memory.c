/* Addresses, loads and stores of scalars, and operands that an instruction reads from memory by itself. Each access of the program is one
   access of the processor, at its width. */
#include "wasm/compile/x86_64/select.h"

#include "base/assert.h"

/* ---- Addresses ---- */

struct select_address address_of_instance(int32_t offset) {
    return (struct select_address){.kind = ADDRESS_INSTANCE, .displacement = offset};
}

struct select_address address_of_field(uint32_t base, int32_t offset) {
    return (struct select_address){.kind = ADDRESS_BASE, .base = base, .displacement = offset};
}

struct select_address address_of_constant(struct select *select, const uint8_t bytes[16]) {
    return (struct select_address){.kind = ADDRESS_CONSTANT, .displacement = (int32_t)machine_constant(select->machine, bytes)};
}

uint32_t load_field(struct select *select, struct select_address address, uint8_t width) {
    uint32_t reg = select_temporary(select, MACHINE_GENERAL, width);
    emit_load(select, X86_MOV, width, reg, &address);
    return reg;
}

/* Index and offset as a whole, where they do not fit an address each. */
static uint32_t index_with_offset(struct select *select, uint32_t value, uint32_t offset) {
    uint32_t sum = select_temporary(select, MACHINE_GENERAL, 8);
    uint64_t constant;
    if (select_constant(select, value, &constant)) {
        emit_constant(select, sum, 8, constant + offset);
        return sum;
    }
    uint32_t index = select_use(select, value), distance = select_temporary(select, MACHINE_GENERAL, 8);
    emit_constant(select, distance, 8, offset);
    struct select_address both = address_of_field(distance, 0);
    both.index = index;
    emit_load(select, X86_LEA, 8, sum, &both);
    return sum;
}

struct select_address address_of_access(struct select *select, const struct ir_value *access) {
    struct select_address address = {.kind = ADDRESS_MEMORY, .trap = WASM_TRAP_MEMORY_BOUNDS + 1, .source = access->source};
    if (access->extra != 0) {
        address.kind = ADDRESS_BASE;
        address.base = load_field(select, address_of_instance((int32_t)(select->layout.memory_bases + 8 * access->extra)), 8);
    }
    uint64_t constant;
    if (select->values[access->a].op == IR_BOUND) {
        ASSERT(access->aux < MEMORY_GUARD_BYTES);
        address.index = select_use(select, access->a);
        address.displacement = (int32_t)access->aux;
    } else if (select_constant(select, access->a, &constant) && constant + access->aux <= INT32_MAX) {
        address.displacement = (int32_t)(constant + access->aux);
    } else if (access->aux <= INT32_MAX) {
        address.index = select_use(select, access->a);
        address.displacement = (int32_t)access->aux;
    } else {
        address.index = index_with_offset(select, access->a, access->aux);
    }
    return address;
}

/* The sum, or the size of the memory when it is not below: a conditional move is not predicted, so this holds under speculation. */
void select_bound(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint32_t define = select_define(select, value), size = select_memory_bytes(select, at->extra);
    uint32_t sum = at->aux != 0 ? index_with_offset(select, at->a, at->aux) : select_use(select, at->a);
    struct select_source limit = source_register(size);
    emit_pair(select, X86_CMP, 8, sum, &limit);
    emit_binary(select, X86_CMOV, 8, define, size, sum);
    select->machine->instructions[select->machine->instruction_count - 1].condition = CONDITION_B;
}

/* ---- Operands in memory ---- */

struct select_source source_register(uint32_t reg) {
    return (struct select_source){.reg = reg};
}

static struct select_address address_of_home(uint32_t word) {
    return (struct select_address){.kind = ADDRESS_HOME, .displacement = (int32_t)(8 * word)};
}

/* A whole vector may lie anywhere only where there is AVX. */
static bool is_whole_load(const struct select *select, const struct ir_value *at, uint8_t width) {
    switch (at->op) {
    case OP_I32_LOAD:
    case OP_F32_LOAD: return width == 4;
    case OP_I64_LOAD:
    case OP_F64_LOAD: return width == 8;
    case OP_V128_LOAD: return width == 16 && (select->features & X86_HAS_AVX) != 0;
    default: return false;
    }
}

static bool is_constant_in_memory(const struct select *select, const struct ir_value *at) {
    (void)select;
    return (at->op == IR_CONSTANT && type_is_vector(at->type) && ir_constant_bits(at) != 0) || at->op == IR_CONSTANT_V128;
}

/* A local in its home, which keeps it while there is a user that may take it from there: homes change before calls, which take registers, and at
   the end of the block. */
static bool is_at_home(const struct select *select, uint32_t value, uint8_t width) {
    const struct ir_value *at = &select->values[value];
    const struct select_value *state = &select->states[value];
    return at->op == IR_HOME_GET && state->uses == 1 && state->reg == 0 && state->block == select->block && !select->is_at_end &&
           width == type_width(at->type) && at->type != WASM_V128;
}

bool source_is_memory(const struct select *select, uint32_t value, uint8_t width) {
    const struct ir_value *at = &select->values[value];
    return is_constant_in_memory(select, at) || (is_whole_load(select, at, width) && select_is_foldable_load(select, value)) ||
           is_at_home(select, value, width);
}

static struct select_source source_of_constant(struct select *select, const struct ir_value *at) {
    uint8_t bytes[16] = {0};
    if (at->op == IR_CONSTANT)
        bytes_store_u64(bytes, ir_constant_bits(at));
    else
        for (uint32_t word = 0; word < 4; word++)
            bytes_store_u32(bytes + 4 * word, select->ir->pool[at->a + word]);
    return (struct select_source){.is_address = true, .address = address_of_constant(select, bytes)};
}

struct select_source source_of(struct select *select, uint32_t value, uint8_t width) {
    const struct ir_value *at = &select->values[value];
    if (is_constant_in_memory(select, at))
        return source_of_constant(select, at);
    if (is_whole_load(select, at, width) && select_is_foldable_load(select, value)) {
        select_mark_folded(select, value);
        return (struct select_source){.is_address = true, .address = address_of_access(select, at)};
    }
    if (is_at_home(select, value, width)) {
        select_mark_folded(select, value);
        return (struct select_source){.is_address = true, .address = address_of_home(at->aux)};
    }
    return source_register(width == 4 ? select_use_low(select, value) : select_use(select, value));
}

/* ---- Homes ---- */

static enum x86_op load_of(uint8_t type) {
    return type == WASM_V128 ? X86_MOVE_VECTOR : type_is_vector(type) ? X86_MOVE_SCALAR : X86_MOV;
}

void select_home_get(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    struct select_address address = address_of_home(at->aux);
    if (select->states[value].reg != 0)
        emit_load(select, load_of(at->type), type_width(at->type), select_define(select, value), &address);
}

void select_home_set(struct select *select, uint32_t value, const struct select_rule *rule) {
    (void)rule;
    const struct ir_value *at = &select->values[value];
    uint8_t type = select->values[at->a].type, width = type_width(type);
    struct select_address address = address_of_home(at->aux);
    uint64_t constant;
    if (select_constant(select, at->a, &constant) && (width == 4 || (int64_t)constant == (int32_t)constant)) {
        emit_store_constant(select, X86_STORE_I, width, constant, &address);
        return;
    }
    enum x86_op op = type == WASM_V128 ? X86_STORE_VECTOR : type_is_vector(type) ? X86_STORE_SCALAR : X86_STORE;
    emit_store(select, op, width, select_use_bits(select, at->a), &address);
}

/* ---- Loads and stores ---- */

void select_load(struct select *select, uint32_t value, const struct select_rule *rule) {
    struct select_address address = address_of_access(select, &select->values[value]);
    emit_load(select, (enum x86_op)rule->op, rule->width, select_define(select, value), &address);
}

/* What a narrow store looks at of a value: extensions and masks that keep the low bits do not matter. */
static uint32_t low_part(const struct select *select, uint32_t value, uint8_t width) {
    for (uint32_t step = 0; step < 4; step++) {
        const struct ir_value *at = &select->values[value];
        uint64_t mask;
        bool is_and = at->op == OP_I32_AND || at->op == OP_I64_AND;
        if (width < 4 && is_and && select_constant(select, at->b, &mask) && (mask & ((1u << 8 * width) - 1)) == (1u << 8 * width) - 1)
            value = at->a;
        else if (at->op == OP_I32_WRAP_I64 || at->op == OP_I64_EXTEND_I32_U || at->op == OP_I64_EXTEND_I32_S)
            value = at->a;
        else
            break;
    }
    return value;
}

/* Whether the memory may have a window that can be read only: there a load is fine, and the store behind it traps. */
static bool may_have_windows(const struct select *select, uint32_t memory) {
    const struct wasm_module *module = select->ir->module;
    struct wasm_export export;
    return memory < module->imported_memory_count || wasm_module_find_export(module, bytes_from_text("start"), &export);
}

/* memory = memory op value, where the load stands directly before: one instruction that loads and stores once each. It has one place to blame
   when it faults, the load, which traps whenever the store would. */
static bool select_store_updated(struct select *select, const struct ir_value *store, uint8_t width) {
    const struct ir_value *sum = &select->values[store->b];
    static const struct {
        uint16_t op_32, op_64, machine;
    } updates[] = {{OP_I32_ADD, OP_I64_ADD, X86_ADD_M},
                   {OP_I32_SUB, OP_I64_SUB, X86_SUB_M},
                   {OP_I32_AND, OP_I64_AND, X86_AND_M},
                   {OP_I32_OR, OP_I64_OR, X86_OR_M},
                   {OP_I32_XOR, OP_I64_XOR, X86_XOR_M}};
    uint32_t machine = X86_NONE;
    for (size_t index = 0; index < sizeof updates / sizeof *updates; index++)
        if (sum->op == (width == 8 ? updates[index].op_64 : updates[index].op_32))
            machine = updates[index].machine;
    if (machine == X86_NONE || !select_is_single(select, store->b))
        return false;
    const struct ir_value *load = &select->values[sum->a];
    bool is_same = is_whole_load(select, load, width) && load->a == store->a && load->aux == store->aux && load->extra == store->extra;
    if (!is_same || sum->a == sum->b || !select_is_foldable_load(select, sum->a) || may_have_windows(select, store->extra))
        return false;
    select_mark_folded(select, sum->a);
    uint64_t constant;
    if (select_constant(select, sum->b, &constant) && (width == 4 || (int64_t)constant == (int32_t)constant)) {
        struct select_address address = address_of_access(select, load);
        emit_store_constant(select, (enum x86_op)(machine - X86_ADD_M + X86_ADD_MI), width, (uint64_t)(int64_t)(int32_t)constant, &address);
        return true;
    }
    uint32_t reg = width == 4 ? select_use_low(select, sum->b) : select_use(select, sum->b);
    struct select_address address = address_of_access(select, load);
    emit_store(select, (enum x86_op)machine, width, reg, &address);
    return true;
}

void select_store(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint8_t width = rule->width;
    if (width >= 4 && select_store_updated(select, at, width))
        return;
    uint32_t stored = width < 8 ? low_part(select, at->b, width) : at->b;
    uint64_t constant;
    if (select_constant(select, stored, &constant) && (width < 8 || (int64_t)constant == (int32_t)constant)) {
        struct select_address address = address_of_access(select, at);
        emit_store_constant(select, X86_STORE_I, width, constant, &address);
        return;
    }
    uint32_t reg = select_use(select, stored);
    struct select_address address = address_of_access(select, at);
    emit_store(select, X86_STORE, width, reg, &address);
}

/* Constants are stored as the integers that they are made of. */
void select_store_float(struct select *select, uint32_t value, const struct select_rule *rule) {
    const struct ir_value *at = &select->values[value];
    uint64_t constant;
    if (select_constant(select, at->b, &constant) && (rule->width == 4 || (int64_t)constant == (int32_t)constant)) {
        struct select_address address = address_of_access(select, at);
        emit_store_constant(select, X86_STORE_I, rule->width, constant, &address);
        return;
    }
    uint32_t reg = select_use_bits(select, at->b);
    struct select_address address = address_of_access(select, at);
    emit_store(select, (enum x86_op)rule->op, rule->width, reg, &address);
}
