/* Locals and operands of code that is compiled fast: there are no phis. Each local, and each place of the operand stack, has a home in the frame
   as soon as it needs one. A region is what runs from one end to the other when it is entered: it begins at a label, and behind each
   call, where no register keeps anything. In a region the values of locals and operands are known, once they were read or written; before
   control may leave it, what is known and newer than its home goes there (home_flush), and the next region reads homes again.

   Where the values of a label come together, they are in the homes of their places: those of the operands at the label's height and above. A
   way that has them elsewhere copies them; from br_if and br_table, in a block of its own, since the other ways may need what is there.

   The home of a local that may be read before it was written is made zero at the function's begin. */
#include "wasm/compile/build.h"

#include "base/assert.h"

/* ---- Homes ---- */

/* The first of its words. */
static uint32_t home_of(struct builder *builder, uint32_t *home, uint8_t type) {
    struct ir_function *function = builder->function;
    if (*home == 0) {
        *home = function->home_words + 1;
        function->home_words += type == WASM_V128 ? 2 : 1;
    }
    return *home - 1;
}

static uint32_t home_of_local(struct builder *builder, uint32_t local) {
    return home_of(builder, &builder->local_states[local].home, builder->local_types[local]);
}

static uint32_t home_of_place(struct builder *builder, uint32_t place, uint8_t type) {
    struct build_place *at = &builder->places[place];
    return home_of(builder, type == WASM_V128 ? &at->wide_home : &at->home, type);
}

static uint32_t home_read(struct builder *builder, uint32_t home, uint8_t type) {
    uint32_t value = build_value(builder, IR_HOME_GET, type);
    builder->function->values[value].aux = home;
    return value;
}

static void home_write(struct builder *builder, uint32_t home, uint32_t value) {
    uint32_t write = build_value(builder, IR_HOME_SET, 0);
    builder->function->values[write].a = value;
    builder->function->values[write].aux = home;
}

static uint8_t type_of(const struct builder *builder, uint32_t value) {
    return builder->function->values[value].type;
}

/* A constant is made where it is used: it needs no home. */
static bool value_is_constant(const struct builder *builder, uint32_t value) {
    uint16_t op = builder->function->values[value].op;
    return op == IR_CONSTANT || op == IR_CONSTANT_V128;
}

/* ---- Locals ---- */

uint32_t home_local_get(struct builder *builder, uint32_t local) {
    struct build_local *at = &builder->local_states[local];
    uint8_t type = builder->local_types[local];
    if (at->region == builder->region)
        return builder->locals[local];
    at->region = builder->region;
    if (!at->is_assigned && builder->region == HOME_FIRST_REGION)
        return builder->locals[local] = build_zero(builder, type);
    at->needs_zero |= !at->is_assigned;
    return builder->locals[local] = home_read(builder, home_of_local(builder, local), type);
}

void home_local_set(struct builder *builder, uint32_t local, uint32_t value) {
    struct build_local *at = &builder->local_states[local];
    builder->locals[local] = value;
    at->region = builder->region;
    if (!at->is_dirty)
        builder->dirty[builder->dirty_count++] = local;
    at->is_dirty = true;
    if (at->is_assigned)
        return;
    at->is_assigned = true;
    uint32_t item = build_array_add(builder, &builder->assigned, 1, sizeof(uint32_t));
    if (builder->error == ERROR_NONE)
        ((uint32_t *)builder->assigned.items)[item] = local;
}

/* From here on it is not known any more that locals were written which were written first since there were so many. */
static void home_unassign(struct builder *builder, uint32_t count) {
    const uint32_t *assigned = builder->assigned.items;
    while (builder->assigned.count > count)
        builder->local_states[assigned[--builder->assigned.count]].is_assigned = false;
}

/* ---- Operands ---- */

void home_settle(struct builder *builder, uint32_t count) {
    ASSERT(count <= builder->operand_count);
    for (uint32_t place = builder->operand_count - count; place < builder->operand_count; place++) {
        uint32_t *operand = &builder->operands[place];
        if (builder->places[place].region == builder->region || value_is_constant(builder, *operand))
            continue;
        *operand = home_read(builder, home_of_place(builder, place, type_of(builder, *operand)), type_of(builder, *operand));
        builder->places[place].region = builder->region;
    }
}

void home_flush(struct builder *builder) {
    uint32_t place = builder->operand_count;
    for (uint32_t index = 0; index < builder->dirty_count; index++) {
        uint32_t local = builder->dirty[index];
        home_write(builder, home_of_local(builder, local), builder->locals[local]);
        builder->local_states[local].is_dirty = false;
    }
    builder->dirty_count = 0;
    /* What stands below an operand that is saved is saved, too. */
    while (place > 0 && !builder->places[place - 1].is_saved)
        place--;
    for (; place < builder->operand_count; place++) {
        uint32_t value = builder->operands[place];
        builder->places[place].is_saved = true;
        if (!value_is_constant(builder, value))
            home_write(builder, home_of_place(builder, place, type_of(builder, value)), value);
    }
}

/* What is still newer than its home is from a way that has ended. */
void home_forget(struct builder *builder) {
    while (builder->dirty_count > 0)
        builder->local_states[builder->dirty[--builder->dirty_count]].is_dirty = false;
    builder->region++;
}

/* Puts the top operands, which are saved, into the homes of places from `to` on. */
static void operands_place(struct builder *builder, uint32_t count, uint32_t to) {
    build_work(builder, count * BUILD_WORK_VALUE);
    for (uint32_t index = 0; index < count; index++) {
        uint32_t from = builder->operand_count - count + index, value = builder->operands[from];
        if (from != to + index || value_is_constant(builder, value))
            home_write(builder, home_of_place(builder, to + index, type_of(builder, value)), value);
    }
}

/* The operands at a label are what is in their homes. */
static void operands_read(struct builder *builder, uint32_t height, const uint8_t *types, uint32_t count) {
    builder->operand_count = height;
    build_work(builder, count * BUILD_WORK_VALUE);
    for (uint32_t index = 0; index < count; index++) {
        build_push(builder, home_read(builder, home_of_place(builder, height + index, types[index]), types[index]));
        builder->places[height + index].is_saved = true;
    }
}

/* ---- Labels ---- */

bool home_is_placed(const struct builder *builder, const struct build_label *label) {
    uint32_t count = label_value_count(label);
    return count == 0 || builder->operand_count - count == label->height;
}

/* An edge that leads to the label. Its predecessors are told when all are known. */
static void edge_add(struct builder *builder, struct build_label *label, uint32_t from, uint32_t successor) {
    uint32_t row = build_array_add(builder, &builder->words, ROW_VALUES, sizeof(uint32_t));
    if (builder->error != ERROR_NONE)
        return;
    uint32_t *at = build_words(builder, row);
    at[ROW_PREVIOUS] = label->row;
    at[ROW_FROM] = from;
    at[ROW_SUCCESSOR] = successor;
    label->row = row;
    label->arrival_count++;
    if (label->opcode == OP_LOOP)
        builder->function->pool[successor] = label->block;
}

void home_arrive(struct builder *builder, struct build_label *label, uint32_t from, uint32_t successor) {
    operands_place(builder, label_value_count(label), label->height);
    edge_add(builder, label, from, successor);
}

/* Tells a block its predecessors: `first` may be IR_NO_BLOCK, then those of the edges. */
static void predecessors_tell(struct builder *builder, const struct build_label *label, uint32_t block, uint32_t first) {
    struct ir_function *function = builder->function;
    uint32_t count = label->arrival_count + (first != IR_NO_BLOCK), predecessors = ir_pool(function, count), row = label->row;
    build_work(builder, count);
    if (function->failed)
        return;
    function->blocks[block].predecessors = predecessors;
    function->blocks[block].predecessor_count = count;
    if (first != IR_NO_BLOCK)
        function->pool[predecessors] = first;
    for (uint32_t index = count; row != 0; row = build_words(builder, row)[ROW_PREVIOUS])
        function->pool[predecessors + --index] = build_words(builder, row)[ROW_FROM];
}

void home_meet(struct builder *builder, struct build_label *label) {
    struct ir_function *function = builder->function;
    uint32_t block = ir_block_make(function);
    if (function->failed || builder->error != ERROR_NONE)
        return;
    for (uint32_t row = label->row; row != 0; row = build_words(builder, row)[ROW_PREVIOUS])
        function->pool[build_words(builder, row)[ROW_SUCCESSOR]] = block;
    predecessors_tell(builder, label, block, IR_NO_BLOCK);
    home_unassign(builder, label->assigned_count);
    home_forget(builder);
    builder->block = block;
    operands_read(builder, label->height, label->type.types + label->type.parameter_count, label->type.result_count);
}

void home_loop(struct builder *builder, struct build_label *label) {
    struct ir_function *function = builder->function;
    uint32_t from = builder->block, count = label->type.parameter_count;
    home_flush(builder);
    operands_place(builder, count, label->height);
    uint32_t successor = build_end_block(builder, from, IR_END_JUMP, IR_NONE, 1);
    label->block = ir_block_make(function);
    if (function->failed)
        return;
    function->pool[successor] = label->block;
    label->if_block = from;
    home_forget(builder);
    builder->block = label->block;
    operands_read(builder, label->height, label->type.types, count);
}

void home_loop_end(struct builder *builder, struct build_label *label) {
    builder->function->blocks[label->block].is_loop = label->arrival_count != 0;
    predecessors_tell(builder, label, label->block, label->if_block);
}

void home_if(struct builder *builder, struct build_label *label) {
    operands_place(builder, label->type.parameter_count, label->height);
}

void home_else(struct builder *builder, struct build_label *label) {
    home_unassign(builder, label->assigned_count);
    home_forget(builder);
    operands_read(builder, label->height, label->type.types, label->type.parameter_count);
}

void home_if_end(struct builder *builder, struct build_label *label) {
    edge_add(builder, label, label->if_block, label->else_word);
}

/* ---- The whole ---- */

/* The operands of a label in another block than the one that has them: read again, and afterwards as before. */
void home_aside(struct builder *builder, struct build_label *label, uint32_t block, home_side *side) {
    uint32_t count = label->opcode == OP_END ? builder->function->type->result_count : label_value_count(label), back = builder->block;
    uint32_t saved = build_array_add(builder, &builder->words, count, sizeof(uint32_t)), first = builder->operand_count - count;
    build_work(builder, count * BUILD_WORK_VALUE);
    if (builder->error != ERROR_NONE)
        return;
    builder->block = block;
    builder->function->blocks[block].is_aside = true;
    for (uint32_t index = 0; index < count; index++) {
        uint32_t *operand = &builder->operands[first + index];
        build_words(builder, saved)[index] = *operand;
        if (!value_is_constant(builder, *operand))
            *operand = home_read(builder, home_of_place(builder, first + index, type_of(builder, *operand)), type_of(builder, *operand));
    }
    side(builder, block, label);
    for (uint32_t index = 0; index < count && builder->error == ERROR_NONE; index++)
        builder->operands[first + index] = build_words(builder, saved)[index];
    builder->block = back;
}

/* Parameters are in no home yet. */
void home_begin(struct builder *builder) {
    builder->region = HOME_FIRST_REGION;
    for (uint32_t local = 0; local < builder->function->type->parameter_count; local++) {
        builder->local_states[local] = (struct build_local){.region = HOME_FIRST_REGION, .is_dirty = true, .is_assigned = true};
        builder->dirty[builder->dirty_count++] = local;
    }
}

/* Behind the constants, which stand behind the parameters. */
void home_end(struct builder *builder) {
    struct ir_function *function = builder->function;
    for (uint32_t local = function->type->parameter_count; local < builder->local_count && !function->failed; local++) {
        if (!builder->local_states[local].needs_zero)
            continue;
        uint32_t zero = build_zero(builder, builder->local_types[local]), write = ir_make(function, IR_HOME_SET, 0);
        function->values[write].a = zero;
        function->values[write].aux = home_of_local(builder, local);
        function->values[write].source = builder->declared->body_offset;
        ir_insert(function, 0, zero, write);
    }
}
