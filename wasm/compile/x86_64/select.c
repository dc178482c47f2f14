/* Instruction selection as a whole: counts uses, makes phis, walks blocks and values backwards, and puts the instructions in order. */
#include "wasm/compile/x86_64/select.h"

#include "base/assert.h"

/* ---- State ---- */

static uint32_t group_count_max(const struct select *select) {
    return select->state_count + 3 * select->block_count + 1;
}

static bool select_begin(struct select *select) {
    struct budget *budget = select->machine->budget;
    select->states = budget_allocate_zeroed(budget, select->state_count, sizeof *select->states);
    select->blocks = budget_allocate_zeroed(budget, select->block_count, sizeof *select->blocks);
    select->list = budget_allocate(budget, select->state_count * sizeof *select->list);
    select->groups = budget_allocate(budget, group_count_max(select) * sizeof *select->groups);
    return select->states != NULL && select->blocks != NULL && select->list != NULL && select->groups != NULL;
}

static void array_release(const struct select *select, void *array, size_t size) {
    if (array != NULL)
        budget_release(select->machine->budget, array, size);
}

static void select_finish(struct select *select) {
    array_release(select, select->states, select->state_count * sizeof *select->states);
    array_release(select, select->blocks, select->block_count * sizeof *select->blocks);
    array_release(select, select->list, select->state_count * sizeof *select->list);
    array_release(select, select->groups, group_count_max(select) * sizeof *select->groups);
}

/* ---- Values ---- */

bool select_constant(const struct select *select, uint32_t value, uint64_t *bits) {
    const struct ir_value *at = &select->values[value];
    if (at->op != IR_CONSTANT)
        return false;
    *bits = ir_constant_bits(at);
    return true;
}

uint32_t select_temporary(struct select *select, enum machine_class class, uint8_t width) {
    return machine_register_make(select->machine, class, width);
}

static uint32_t register_of_type(struct select *select, uint8_t type, bool is_wide) {
    return select_temporary(select, type_is_vector(type) ? MACHINE_VECTOR : MACHINE_GENERAL, is_wide ? 8 : type_width(type));
}

uint32_t select_define(struct select *select, uint32_t value) {
    struct select_value *state = &select->states[value];
    ASSERT(state->reg != SELECT_FOLDED);
    if (state->reg == 0)
        state->reg = register_of_type(select, select->values[value].type, (state->flags & SELECT_WIDE) != 0);
    return state->reg;
}

static uint32_t use_constant(struct select *select, const struct ir_value *at) {
    uint8_t bytes[16] = {0}, width = type_width(at->type);
    uint32_t reg = register_of_type(select, at->type, false);
    if (!type_is_vector(at->type)) {
        emit_constant(select, reg, width, ir_constant_bits(at));
        return reg;
    }
    if (at->op == IR_CONSTANT)
        bytes_store_u64(bytes, ir_constant_bits(at));
    else
        for (uint32_t word = 0; word < 4; word++)
            bytes_store_u32(bytes + 4 * word, select->ir->pool[at->a + word]);
    uint64_t low = bytes_load_u64(bytes), high = bytes_load_u64(bytes + 8);
    if ((low | high) == 0) {
        select->machine->registers[reg].is_constant = true;
        operand_define(select, emit(select, X86_ZERO_VECTOR, 16, 1), reg);
    } else if ((low & high) == UINT64_MAX) {
        operand_define(select, emit(select, X86_ONES_VECTOR, 16, 1), reg);
    } else {
        struct select_address address = address_of_constant(select, bytes);
        emit_load(select, at->op == IR_CONSTANT ? X86_MOVE_SCALAR : X86_COPY_VECTOR, width, reg, &address);
    }
    return reg;
}

/* An i32 that is zero-extended anyway, and whose register is kept whole. */
static bool is_extension_of_itself(const struct select *select, const struct ir_value *at) {
    if (at->op != OP_I64_EXTEND_I32_U)
        return false;
    uint16_t op = select->values[at->a].op;
    return op != IR_PHI && op != IR_CONSTANT && op != IR_COPY;
}

static bool hands_on(const struct ir_value *at) {
    return (at->op == IR_PHI || at->op == OP_SELECT) && type_is_vector(at->type);
}

uint32_t select_use(struct select *select, uint32_t value) {
    const struct ir_value *at = &select->values[value];
    if (at->op == IR_CONSTANT || at->op == IR_CONSTANT_V128)
        return use_constant(select, at);
    if (is_extension_of_itself(select, at))
        return select_define(select, at->a);
    uint32_t reg = select_define(select, value);
    uint8_t made = select->states[value].flags & SELECT_MADE;
    if (at->type != WASM_V128 || !hands_on(at) || made == 0 || made == SELECT_MADE || (made & select->tolerates) != 0)
        return reg;
    uint32_t canonical = register_of_type(select, at->type, false);
    vector_canonical(select, canonical, reg, (made & RULE_LANES_8) != 0 ? 8 : 4);
    return canonical;
}

uint32_t select_use_low(struct select *select, uint32_t value) {
    const struct ir_value *at = &select->values[value];
    if (at->op == OP_I32_WRAP_I64 && select->values[at->a].op != IR_CONSTANT)
        return select_use(select, at->a);
    return select_use(select, value);
}

uint32_t select_use_bits(struct select *select, uint32_t value) {
    const struct ir_value *at = &select->values[value];
    uint32_t reg = select_use(select, value);
    if (at->type == WASM_V128 || !hands_on(at) || (select->states[value].flags & SELECT_MADE) == 0)
        return reg;
    uint32_t canonical = register_of_type(select, at->type, false);
    emit_tied_one(select, X86_CANONICAL_SCALAR, type_width(at->type), canonical, reg);
    return canonical;
}

uint32_t select_use_for(struct select *select, uint32_t user, uint32_t value) {
    uint8_t flags = select->states[user].flags;
    bool sees = (flags & SELECT_EXPOSED) != 0 && (flags & SELECT_MADE) == 0;
    select->tolerates = sees ? 0 : SELECT_MADE;
    uint32_t reg = sees ? select_use_bits(select, value) : select_use(select, value);
    select->tolerates = 0;
    return reg;
}

bool select_is_single(const struct select *select, uint32_t value) {
    const struct select_value *state = &select->states[value];
    return state->uses == 1 && state->reg == 0 && state->block == select->block && ir_shape(select->values[value].op).effect == IR_PURE;
}

bool select_is_foldable_load(const struct select *select, uint32_t value) {
    const struct select_value *state = &select->states[value];
    return state->uses == 1 && state->reg == 0 && state->block == select->block && state->epoch + 1 == select->epoch;
}

void select_mark_folded(struct select *select, uint32_t value) {
    select->states[value].reg = SELECT_FOLDED;
}

/* ---- Uses ---- */

static void count_use(struct select *select, uint32_t value, bool is_exposed) {
    struct select_value *state = &select->states[value];
    state->uses++;
    if (is_exposed)
        state->flags |= SELECT_EXPOSED;
}

/* The shapes of lanes in which every NaN that the value may have is one of arithmetic, made here or handed on; for a scalar, all. */
static uint8_t made_of(const struct select *select, uint32_t value) {
    const struct ir_value *at = &select->values[value];
    const struct select_rule *rule = &select_rules[at->op];
    if (at->op == IR_CONSTANT) {
        uint64_t bits = ir_constant_bits(at), sign = at->type == WASM_F32 ? 1ull << 31 : 1ull << 63;
        return (bits & ~sign) <= (at->type == WASM_F32 ? 0x7F800000u : 0x7FF0000000000000u) ? SELECT_MADE : 0;
    }
    if (at->op == IR_CONSTANT_V128) {
        const uint32_t *words = select->ir->pool + at->a;
        return (words[0] | words[1] | words[2] | words[3]) == 0 ? SELECT_MADE : 0;
    }
    if ((rule->flags & RULE_MAKES_NAN) != 0)
        return at->type == WASM_V128 ? rule->flags & SELECT_MADE : SELECT_MADE;
    return select->states[value].flags & SELECT_MADE;
}

/* A vector's arithmetic looks through to lanes of its own shape only. */
static inline bool use_is_exposed(const struct select *select, const struct ir_value *user, uint32_t value) {
    const struct select_rule *rule = &select_rules[user->op];
    if (LIKELY((rule->flags & RULE_ANY_NAN) == 0))
        return true;
    return select->values[value].type == WASM_V128 && !hands_on(user) && (rule->flags & made_of(select, value)) == 0;
}

static void count_uses_of(struct select *select, uint32_t value) {
    const struct ir_value *at = &select->values[value];
    uint32_t count;
    const uint32_t *operands = ir_operands(select->ir, value, &count);
    if (hands_on(at)) {
        uint8_t made = SELECT_MADE;
        for (uint32_t index = 0; index < count; index++) {
            count_use(select, operands[index], use_is_exposed(select, at, operands[index]));
            if (!(at->op == OP_SELECT && index == 2))
                made &= made_of(select, operands[index]);
        }
        select->states[value].flags |= made;
        select->hands_on_count++;
        return;
    }
    for (uint32_t index = 0; index < count; index++)
        count_use(select, operands[index], use_is_exposed(select, at, operands[index]));
    if (is_extension_of_itself(select, at))
        select->states[at->a].flags |= SELECT_WIDE;
}

/* What is in the frame nobody else sees: it is no effect to loads that become part of their users. */
static bool has_effect(uint16_t op) {
    return ir_shape(op).effect != IR_PURE && op != IR_HOME_GET && op != IR_HOME_SET;
}

/* Writes down the values of each block on the way, since it is left by the way that it was entered. */
static void count_uses(struct select *select) {
    const struct ir_function *ir = select->ir;
    uint32_t listed = 0;
    for (uint32_t block = 0; block < ir->block_count; block++) {
        const struct ir_block *at = &ir->blocks[block];
        uint32_t epoch = 0;
        select->blocks[block].values = listed;
        for (uint32_t value = at->first; value != IR_NONE; value = ir->values[value].next) {
            select->list[listed++] = value;
            select->states[value].block = block;
            select->states[value].epoch = epoch;
            epoch += has_effect(ir->values[value].op);
            count_uses_of(select, value);
        }
        select->blocks[block].value_end = listed;
        select->blocks[block].effects = epoch;
        if (at->operand != IR_NONE)
            count_use(select, at->operand, true);
        for (uint32_t index = 0; index < at->argument_count; index++)
            count_use(select, ir->pool[at->arguments + index], true);
    }
}

static bool exposes_operands(const struct select *select, uint32_t value) {
    uint8_t flags = select->states[value].flags;
    return hands_on(&select->values[value]) && (flags & SELECT_EXPOSED) != 0 && (flags & SELECT_MADE) == 0;
}

/* What a phi or select hands on of NaNs that are to be kept is seen where the phi or select is; so the others must be canonical before.
   Each value is put on the list once, when it becomes exposed. */
static void expose_operands(struct select *select) {
    uint32_t waiting = 0, *list = select->hands_on_count > 0 ? budget_allocate(select->machine->budget, select->hands_on_count * sizeof *list) : NULL;
    select->machine->failed |= list == NULL && select->hands_on_count > 0;
    if (list == NULL)
        return;
    for (uint32_t value = 1; value < select->state_count; value++)
        if (exposes_operands(select, value))
            list[waiting++] = value;
    while (waiting > 0) {
        uint32_t count, value = list[--waiting];
        const uint32_t *operands = ir_operands(select->ir, value, &count);
        for (uint32_t index = 0; index < count; index++) {
            struct select_value *state = &select->states[operands[index]];
            bool was_exposed = (state->flags & SELECT_EXPOSED) != 0;
            state->flags |= SELECT_EXPOSED;
            if (!was_exposed && exposes_operands(select, operands[index]))
                list[waiting++] = operands[index];
        }
    }
    budget_release(select->machine->budget, list, select->hands_on_count * sizeof *list);
}

/* ---- Blocks, edges, phis ---- */

/* Several edges between the same two blocks are one to the allocator. The mark of a block that was looked at is the number of the
   other one, plus 1; it stands where the walk will put its groups. */
static void select_successors(struct select *select, uint32_t block, struct machine_block *out) {
    const struct ir_block *at = &select->ir->blocks[block];
    const uint32_t *successors = select->ir->pool + at->successors;
    struct machine_function *machine = select->machine;
    out->successors = machine_words(machine, at->successor_count);
    if (machine->failed)
        return;
    for (uint32_t index = 0; index < at->successor_count; index++) {
        uint32_t to = successors[index];
        if (select->blocks[to].first == block + 1)
            continue;
        select->blocks[to].first = block + 1;
        machine->words[out->successors + out->successor_count++] = select->blocks[to].place;
    }
}

static void select_phis(struct select *select, const struct ir_block *block, struct machine_block *out) {
    struct machine_function *machine = select->machine;
    out->phis = machine->phi_count;
    for (uint32_t value = block->first; value != IR_NONE && select->values[value].op == IR_PHI; value = select->values[value].next) {
        if (select->states[value].uses == 0)
            continue;
        uint32_t operands = machine_words(machine, out->predecessor_count);
        machine_phi_add(machine, select_define(select, value), operands);
        out->phi_count++;
    }
}

static void select_predecessors(struct select *select, uint32_t block, struct machine_block *out) {
    const struct ir_block *at = &select->ir->blocks[block];
    const uint32_t *predecessors = select->ir->pool + at->predecessors;
    struct machine_function *machine = select->machine;
    out->predecessors = machine_words(machine, at->predecessor_count);
    if (machine->failed)
        return;
    for (uint32_t index = 0; index < at->predecessor_count; index++) {
        uint32_t from = predecessors[index];
        if (select->blocks[from].end == block + 1)
            continue;
        select->blocks[from].end = block + 1;
        select->blocks[from].slot = out->predecessor_count;
        select->blocks[from].edge_operand = index;
        machine->words[out->predecessors + out->predecessor_count++] = select->blocks[from].place;
    }
}

static void select_blocks(struct select *select) {
    const struct ir_function *ir = select->ir;
    struct machine_function *machine = select->machine;
    for (uint32_t place = 0; place < ir->block_count; place++)
        select->blocks[ir->order[place]].place = place;
    for (uint32_t place = 0; place < ir->block_count && !machine->failed; place++) {
        uint32_t block = ir->order[place];
        const struct ir_block *at = &ir->blocks[block];
        struct machine_block *out = &machine->blocks[place];
        *out = (struct machine_block){.loop_depth = at->loop_depth};
        select_successors(select, block, out);
        select_predecessors(select, block, out);
        if (!machine->failed)
            select_phis(select, at, out);
    }
}

/* A loop ends behind the last of its blocks; numbers of blocks within are higher than the header's. */
static void select_loops(struct select *select) {
    const struct ir_function *ir = select->ir;
    struct machine_block *blocks = select->machine->blocks;
    for (uint32_t block = ir->block_count; block-- > 0;) {
        const struct ir_block *at = &ir->blocks[block];
        uint32_t end = select->blocks[block].place + 1, header = at->loop;
        if (header == IR_NO_BLOCK)
            continue;
        if (header == block) {
            struct machine_block *own = &blocks[select->blocks[block].place];
            own->loop_end = own->loop_end > end ? own->loop_end : end;
            end = own->loop_end;
            header = at->loop_parent;
        }
        if (header != IR_NO_BLOCK && blocks[select->blocks[header].place].loop_end < end)
            blocks[select->blocks[header].place].loop_end = end;
    }
}

/* What the phis of the successors get from this block. */
static void select_phi_operands(struct select *select) {
    struct machine_function *machine = select->machine;
    const struct machine_block *out = &machine->blocks[select->blocks[select->block].place];
    for (uint32_t index = 0; index < out->successor_count; index++) {
        const struct machine_block *to = &machine->blocks[machine->words[out->successors + index]];
        uint32_t slot = to->predecessor_count == 1 ? 0 : select->blocks[select->block].slot, phi = to->phis;
        uint32_t operand = to->predecessor_count == 1 ? 0 : select->blocks[select->block].edge_operand;
        uint32_t value = select->ir->blocks[select->ir->order[machine->words[out->successors + index]]].first;
        for (; value != IR_NONE && select->values[value].op == IR_PHI; value = select->values[value].next) {
            if (select->states[value].uses == 0)
                continue;
            uint32_t reg = select_use_for(select, value, select->ir->pool[select->values[value].a + operand]);
            machine->words[machine->phis[phi++].operands + slot] = reg;
        }
    }
}

/* ---- The walk ---- */

static void group_begin(struct select *select) {
    ASSERT(select->group_count < group_count_max(select));
    select->groups[select->group_count++] = select->machine->instruction_count;
}

static void select_one(struct select *select, uint32_t value) {
    const struct ir_value *at = &select->values[value];
    const struct select_value *state = &select->states[value];
    bool is_pure = ir_shape(at->op).effect == IR_PURE;
    if (state->reg == SELECT_FOLDED || (is_pure && state->reg == 0))
        return;
    const struct select_rule *rule = &select_rules[at->op];
    if (rule->handler == NULL) {
        select->unsupported = true;
        return;
    }
    select->epoch = state->epoch;
    select->source = at->source;
    select->tolerates = (rule->flags & RULE_ANY_NAN) != 0 ? rule->flags & SELECT_MADE : 0;
    group_begin(select);
    rule->handler(select, value, rule);
    select->tolerates = 0;
}

static void select_block(struct select *select, uint32_t block) {
    const struct ir_block *at = &select->ir->blocks[block];
    struct select_block *own = &select->blocks[block];
    select->block = block;
    select->epoch = own->effects;
    select->source = at->source;
    own->first = select->group_count;
    group_begin(select);
    select->is_at_end = true;
    select_end(select, at);
    select->is_at_end = false;
    group_begin(select);
    select_phi_operands(select);
    for (uint32_t index = own->value_end; index-- > own->values && !select->unsupported && !select->machine->failed;)
        select_one(select, select->list[index]);
    if (block == 0) {
        group_begin(select);
        select_enter(select);
    }
    own->end = select->group_count;
}

/* Copies the groups of each block in the order of execution. */
static bool select_order(struct select *select) {
    struct machine_function *machine = select->machine;
    uint32_t count = machine->instruction_count, made = 0;
    struct machine_instruction *ordered = budget_allocate(machine->budget, count * sizeof *ordered);
    if (ordered == NULL)
        return false;
    for (uint32_t place = 0; place < machine->block_count; place++) {
        uint32_t block = select->ir->order[place];
        machine->blocks[place].first = made;
        for (uint32_t group = select->blocks[block].end; group-- > select->blocks[block].first;) {
            uint32_t first = select->groups[group], end = group + 1 < select->group_count ? select->groups[group + 1] : count;
            while (first < end)
                ordered[made++] = machine->instructions[first++];
        }
        machine->blocks[place].end = made;
    }
    ASSERT(made == count);
    budget_release(machine->budget, machine->instructions, machine->instruction_capacity * sizeof *ordered);
    machine->instructions = ordered;
    machine->instruction_capacity = count;
    return true;
}

static enum error select_all(struct select *select) {
    struct machine_function *machine = select->machine;
    count_uses(select);
    expose_operands(select);
    select_blocks(select);
    if (!select->ir->in_homes)
        select_loops(select);
    for (uint32_t block = select->block_count; block-- > 0 && !select->unsupported && !machine->failed;)
        select_block(select, block);
    if (select->unsupported)
        return ERROR_LIMIT;
    return !machine->failed && select_order(select) ? ERROR_NONE : ERROR_NO_MEMORY;
}

enum error isa_select(struct machine_function *machine, const struct ir_function *ir, const struct instance_layout *layout,
                      const struct compile_options *options) {
    struct select select = {
        .machine = machine,
        .ir = ir,
        .values = ir->values,
        .layout = *layout,
        .features = options->isa_features,
        .state_count = ir->value_count,
        .block_count = ir->block_count,
    };
    machine->features = options->isa_features;
    enum error error = ERROR_NO_MEMORY;
    machine->home_words = ir->home_words;
    if (machine_blocks_make(machine, ir->block_count) && select_begin(&select))
        error = select_all(&select);
    select_finish(&select);
    return error;
}
