/* Operands in memory: what they may address, what a load gives, what a store may put there. Each is one of
     linear memory: a memory's base + an index of at most 33 bits + an offset, together within the memory's slot, whose end is a guard;
     the stack: rsp + a constant, in the own frame or the incoming area;
     the instance, r15 + a constant: the arrays that struct instance_layout names, and the values of own globals;
     an object that one of these arrays names: fields that compiled code may read, a global's value;
     a table's element, with an index that is checked on this path, and clamped so that it holds under speculation;
     constants of the function, read only. */
#include "tests/verify/verifier.h"

#include <stddef.h>

/* What stands at an address that is neither linear nor stack. */
struct place {
    struct value content;
    uint32_t size; /* of the whole access */
    uint8_t type;  /* enum wasm_type of what may be stored; 0: nothing may */
};

/* ---- Types ---- */

uint32_t type_bytes(uint8_t type) {
    return type == WASM_V128 ? 16 : type == WASM_I32 || type == WASM_F32 ? 4 : 8;
}

struct value value_of_type(uint8_t type) {
    switch (type) {
    case WASM_I32:
    case WASM_F32: return value_range(0, VALUE_MAX_32);
    case WASM_FUNCREF: return value_pointer(VALUE_FUNCTION_ANY, 0);
    case WASM_EXTERNREF: return value_pointer(VALUE_EXTERNAL_ANY, 0);
    default: return value_range(0, UINT64_MAX);
    }
}

bool value_is_of_type(const struct value *value, uint8_t type) {
    bool is_null = value_is_constant(value) && value->low == 0;
    if (value->kind == VALUE_GARBAGE) {
        return false;
    }
    switch (type) {
    case WASM_I32: return !value->low_only && value->high <= VALUE_MAX_32;
    case WASM_FUNCREF: return value_is_function(value);
    case WASM_EXTERNREF: return !value->low_only && (value->kind == VALUE_EXTERNAL_ANY || is_null);
    case WASM_I64: return !value_is_secret(value);
    default: return true;
    }
}

bool function_is_there(const struct verifier *verifier, const struct value *value) {
    return value->kind == VALUE_FUNCTION || (value->kind == VALUE_FUNCTION_ANY && state_has_fact(&verifier->now, FACT_NOT_NULL, value->symbol, 0));
}

/* ---- Objects ---- */

static bool place_of_global(const struct verifier *verifier, uint32_t global, int64_t offset, struct place *place) {
    const struct module_global *at = &verifier->module->globals[global];
    if (offset != 0) {
        return false;
    }
    *place = (struct place){value_of_type(at->type), type_bytes(at->type), at->is_mutable ? at->type : 0};
    return true;
}

/* An array of pointers in the instance. */
static bool place_in_array(int64_t offset, uint32_t start, uint32_t count, enum value_kind kind, struct place *place) {
    if (offset < start || (offset - start) / 8 >= count || (offset - start) % 8 != 0) {
        return false;
    }
    *place = (struct place){value_pointer(kind, (uint32_t)((offset - start) / 8)), 8, 0};
    return true;
}

/* No memory is larger than 4 GiB. */
static bool place_in_memory(uint32_t memory, int64_t offset, struct place *place) {
    *place = (struct place){value_pointer(VALUE_MEMORY_SIZE, memory), 8, 0};
    place->content.high = 1ull << 32;
    return offset == offsetof(struct wasm_memory, size_bytes);
}

static bool place_in_instance(const struct verifier *verifier, int64_t offset, struct place *place) {
    const struct instance_layout *layout = &verifier->layout;
    const struct wasm_module *module = verifier->module;
    uint32_t imported = module->imported_global_count;
    int64_t memory = (offset - layout->own_memories) / (int64_t)sizeof(struct wasm_memory), own = layout->own_memories;
    if (offset >= own && memory < (int64_t)(module->memory_count - module->imported_memory_count)) {
        return place_in_memory(module->imported_memory_count + (uint32_t)memory, (offset - own) % (int64_t)sizeof(struct wasm_memory), place);
    }
    if (place_in_array(offset, layout->memory_bases, module->memory_count, VALUE_MEMORY_BASE, place) ||
        place_in_array(offset, layout->memories, module->memory_count, VALUE_MEMORY, place) ||
        place_in_array(offset, layout->tables, module->table_count, VALUE_TABLE, place) ||
        place_in_array(offset, layout->types, module->type_count, VALUE_TYPE, place) ||
        place_in_array(offset, layout->functions, module->function_count, VALUE_FUNCTION, place) ||
        place_in_array(offset, layout->globals, module->global_count, VALUE_GLOBAL, place)) {
        return true;
    }
    int64_t global = (offset - layout->own_globals) / (int64_t)sizeof(struct wasm_global);
    if (offset < layout->own_globals || global >= (int64_t)(module->global_count - imported)) {
        return false;
    }
    return place_of_global(verifier, imported + (uint32_t)global, (offset - layout->own_globals) % (int64_t)sizeof(struct wasm_global), place);
}

static bool place_in_table(uint32_t table, int64_t offset, struct place *place) {
    if (offset == offsetof(struct wasm_table, size) || offset == offsetof(struct wasm_table, call_size)) {
        uint32_t calls = offset == offsetof(struct wasm_table, call_size) ? VALUE_TABLE_CALLS : 0;
        *place = (struct place){value_pointer(VALUE_TABLE_SIZE, table | calls), 4, 0};
        place->content.high = VALUE_MAX_32;
        return true;
    }
    *place = (struct place){value_pointer(VALUE_ELEMENTS, table), 8, 0};
    return offset == offsetof(struct wasm_table, elements);
}

static bool place_in_function(const struct value *function, int64_t offset, struct place *place) {
    bool is_type = offset == offsetof(struct wasm_function, type);
    *place = (struct place){value_pointer(is_type ? VALUE_FUNCTION_TYPE : VALUE_FUNCTION_INSTANCE, 0), 8, 0};
    place->content.subject = function->symbol;
    return is_type || offset == offsetof(struct wasm_function, instance);
}

static bool place_of_element(struct verifier *verifier, const struct value *base, const struct operand *operand, struct place *place) {
    if (operand->index == REGISTER_NONE) {
        verify_fail(verifier, VERIFY_ELEMENT);
        return false;
    }
    struct value index = register_get(verifier, operand->index);
    bool is_clamped = index.kind == VALUE_CLAMPED && (index.number & ~VALUE_TABLE_CALLS) == base->number && !index.low_only;
    bool is_checked = is_clamped && state_has_fact(&verifier->now, FACT_BELOW, index.subject, index.number);
    bool is_call = (index.number & VALUE_TABLE_CALLS) != 0;
    if (!verify_that(verifier, is_checked && operand->scale == 8 && operand->value == 0, VERIFY_ELEMENT)) {
        return false;
    }
    /* Between the size and what the host appended there may be no memory. */
    verify_that(verifier, !is_call || site_find(verifier, verifier->at->offset, WASM_TRAP_UNINITIALIZED_ELEMENT + 1), VERIFY_MEMORY_SITE);
    uint8_t type = verifier->module->tables[base->number].element_type;
    *place = (struct place){value_of_type(type), 8, is_call ? 0 : type};
    verifier->result->elements += verifier->is_final;
    return true;
}

/* ---- The stack ---- */

bool stack_location(const struct verifier *verifier, int64_t offset, uint32_t *location) {
    int64_t frame = verifier->frame_bytes;
    if (offset >= -frame && offset < 0) {
        *location = LOCATION_FRAME + (uint32_t)((offset + frame) / 8);
        return true;
    }
    *location = LOCATION_FRAME + (uint32_t)(frame / 8 + (offset - 8) / 8);
    return offset >= 8 && offset < 8 + (int64_t)verifier->incoming_bytes;
}

/* The slot of the first byte, and how far into it; false unless all bytes are in one area. */
static bool stack_slot(struct verifier *verifier, const struct operand *operand, uint32_t size, uint32_t *location, uint32_t *part) {
    int64_t offset = operand->value - (int64_t)verifier->now.depth;
    uint32_t last;
    bool is_right = operand->index == REGISTER_NONE && verifier->now.depth != UINT32_MAX && size != 0 && stack_location(verifier, offset, location) &&
                    stack_location(verifier, offset + size - 1, &last) && (offset < 0) == (offset + size - 1 < 0);
    *part = (uint32_t)(offset & 7);
    verifier->result->stack += verifier->is_final;
    return verify_that(verifier, is_right, VERIFY_STACK);
}

static struct value stack_load(struct verifier *verifier, const struct operand *operand, uint32_t size) {
    uint32_t location, part;
    struct value unknown = value_range(0, value_width_max(size));
    if (!stack_slot(verifier, operand, size, &location, &part) || part != 0) {
        return unknown;
    }
    struct value value = *value_of(&verifier->values, verifier->now.locations[location]);
    if (size >= 4 && value.symbol == 0) {
        value = register_get(verifier, location);
    }
    return value_low(&value, size);
}

static void stack_store(struct verifier *verifier, const struct operand *operand, uint32_t size, struct value value) {
    uint32_t location, part;
    if (!stack_slot(verifier, operand, size, &location, &part)) {
        return;
    }
    uint32_t count = (part + size + 7) / 8;
    for (uint32_t index = 0; index < count; index++) {
        struct value old = *value_of(&verifier->values, verifier->now.locations[location + index]), unknown = value_range(0, UINT64_MAX);
        verify_that(verifier, old.kind != VALUE_INSTANCE, VERIFY_SAVED_INSTANCE);
        if (index == 0 && part == 0 && size >= 4) {
            value.low_only = size == 4;
            if (value.symbol == 0) {
                value.symbol = symbol_of_instruction(verifier->number, 2);
            }
            verifier->now.locations[location] = values_number(&verifier->values, &value);
        } else if (index == 0 && part == 4 && size == 4 && !old.low_only) {
            old = value_low(&old, 4);
            old.low_only = true;
            verifier->now.locations[location] = values_number(&verifier->values, &old);
        } else if (!(index == 0 && part == 4 && size == 4)) {
            verifier->now.locations[location + index] = values_number(&verifier->values, &unknown);
        }
    }
}

/* ---- Linear memory ---- */

/* Where bounds are checked: an index that is at most the size of this memory, or one that is always in it. */
static bool linear_is_bounded(const struct verifier *verifier, const struct value *base, const struct value *index, uint64_t end) {
    uint64_t least = (uint64_t)verifier->module->memories[base->number].limits.minimum * WASM_PAGE_SIZE;
    bool is_bound = (index->kind == VALUE_BOUND || index->kind == VALUE_MEMORY_SIZE) && index->number == base->number;
    return is_bound ? end <= MEMORY_GUARD_BYTES : index->high <= least && end <= least - index->high;
}

static bool linear_is_right(struct verifier *verifier, const struct value *base, const struct operand *operand, uint32_t size) {
    struct value index = value_constant(0);
    if (operand->index != REGISTER_NONE) {
        index = register_get(verifier, operand->index);
    }
    bool is_plain = base->number < verifier->module->memory_count && !index.low_only && operand->value >= 0 &&
                    (operand->index == REGISTER_NONE || operand->scale == 1);
    if (is_plain && verifier->checks_bounds) {
        return linear_is_bounded(verifier, base, &index, (uint64_t)operand->value + (size ? size : 64));
    }
    /* The largest: 33 bits, 31 bits and 64 bytes. */
    return is_plain && index.high <= 0x1FFFFFFFFull && index.high + (uint64_t)operand->value + (size ? size : 64) <= MEMORY_SLOT_BYTES;
}

static void linear_check(struct verifier *verifier, const struct value *base, const struct operand *operand, uint32_t size) {
    verify_that(verifier, linear_is_right(verifier, base, operand, size), VERIFY_LINEAR);
    verify_that(verifier, site_find(verifier, verifier->at->offset, WASM_TRAP_MEMORY_BOUNDS + 1), VERIFY_MEMORY_SITE);
    verifier->has_linear = true;
    verifier->result->linear += verifier->is_final;
}

/* ---- Constants ---- */

static bool constant_is_right(struct verifier *verifier, const struct operand *operand, uint32_t size) {
    int64_t offset = (int64_t)verifier->at->offset + verifier->at->size + operand->value;
    verifier->result->constants += verifier->is_final;
    return verify_that(verifier,
                       operand->index == REGISTER_NONE && size != 0 && offset >= verifier->code->instruction_bytes &&
                           offset + size <= verifier->code->size,
                       VERIFY_CONSTANT);
}

/* An entry of a jump table: a distance of 4 bytes. */
static struct value table_entry_load(struct verifier *verifier, const struct value *base, const struct operand *operand, uint32_t size) {
    struct value unknown = value_range(0, value_width_max(size)), index;
    if (operand->index == REGISTER_NONE || operand->scale != 4 || operand->value != 0 || size != 4) {
        verify_fail(verifier, VERIFY_CONSTANT);
        return unknown;
    }
    index = register_get(verifier, operand->index);
    bool is_inside = !index.low_only && index.high < verifier->code->size && base->number + 4 * (index.high + 1) <= verifier->code->size;
    if (!verify_that(verifier, is_inside, VERIFY_CONSTANT)) {
        return unknown;
    }
    verifier->result->constants += verifier->is_final;
    struct value entry = value_pointer(VALUE_JUMP_OFFSET, base->number);
    entry.subject = index.high + 1;
    return entry;
}

/* ---- All together ---- */

/* Of an address in a register that is none of the others. */
static bool place_by_register(struct verifier *verifier, const struct value *base, const struct operand *operand, struct place *place) {
    bool is_right;
    if (base->kind == VALUE_ELEMENTS) {
        return place_of_element(verifier, base, operand, place);
    }
    switch (base->kind) {
    case VALUE_INSTANCE: is_right = place_in_instance(verifier, operand->value, place); break;
    case VALUE_TABLE: is_right = place_in_table(base->number, operand->value, place); break;
    case VALUE_MEMORY: is_right = place_in_memory(base->number, operand->value, place); break;
    case VALUE_GLOBAL: is_right = place_of_global(verifier, base->number, operand->value, place); break;
    case VALUE_FUNCTION:
    case VALUE_FUNCTION_ANY:
        is_right = place_in_function(base, operand->value, place);
        if (!verify_that(verifier, function_is_there(verifier, base), VERIFY_FUNCTION)) {
            return false;
        }
        break;
    default: verify_fail(verifier, VERIFY_POINTER); return false;
    }
    if (base->kind == VALUE_INSTANCE) {
        verifier->result->instance += verifier->is_final;
    } else {
        verifier->result->fields += verifier->is_final;
    }
    return verify_that(verifier, is_right && operand->index == REGISTER_NONE, base->kind == VALUE_INSTANCE ? VERIFY_INSTANCE : VERIFY_FIELD);
}

/* rsp, rip and bad registers are not asked for. */
static struct value base_get(struct verifier *verifier, const struct operand *operand) {
    bool is_plain = operand->index == REGISTER_NONE || (operand->index < 14 && operand->index != RSP);
    if (operand->base >= 16 || !is_plain) {
        return value_range(0, UINT64_MAX);
    }
    struct value value = register_get(verifier, operand->base);
    return value.low_only ? value_range(0, UINT64_MAX) : value;
}

struct value memory_load(struct verifier *verifier, const struct operand *operand, uint32_t size) {
    struct value unknown = value_range(0, value_width_max(size));
    struct place place;
    if (operand->base == RSP) {
        return stack_load(verifier, operand, size);
    }
    if (operand->base == REGISTER_RIP) {
        (void)constant_is_right(verifier, operand, size);
        return unknown;
    }
    struct value base = base_get(verifier, operand);
    if (base.kind == VALUE_MEMORY_BASE) {
        linear_check(verifier, &base, operand, size);
        return unknown;
    }
    if (base.kind == VALUE_CODE) {
        return table_entry_load(verifier, &base, operand, size);
    }
    if (!place_by_register(verifier, &base, operand, &place)) {
        return unknown;
    }
    bool is_right = verify_that(verifier, size == place.size, base.kind == VALUE_INSTANCE ? VERIFY_INSTANCE : VERIFY_FIELD);
    return is_right ? place.content : unknown;
}

void memory_store(struct verifier *verifier, const struct operand *operand, uint32_t size, struct value value) {
    struct place place;
    if (operand->base == RSP) {
        stack_store(verifier, operand, size, value);
        return;
    }
    if (operand->base == REGISTER_RIP) {
        verify_fail(verifier, VERIFY_CONSTANT);
        return;
    }
    struct value base = base_get(verifier, operand);
    if (base.kind == VALUE_MEMORY_BASE) {
        linear_check(verifier, &base, operand, size);
        verify_that(verifier, !value_is_secret(&value), VERIFY_SECRET);
        return;
    }
    if (base.kind == VALUE_CODE) {
        verify_fail(verifier, VERIFY_CONSTANT);
        return;
    }
    if (!place_by_register(verifier, &base, operand, &place)) {
        return;
    }
    enum verify_reason reason = base.kind == VALUE_INSTANCE ? VERIFY_INSTANCE : VERIFY_FIELD;
    if (verify_that(verifier, size == place.size && place.type != 0, reason)) {
        bool is_reference = place.type == WASM_FUNCREF || place.type == WASM_EXTERNREF;
        verify_that(verifier, !is_reference || value_is_of_type(&value, place.type), VERIFY_REFERENCE);
        verify_that(verifier, is_reference || !value_is_secret(&value), VERIFY_SECRET);
    }
}
