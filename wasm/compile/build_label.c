/* Labels: the rows of values that branches leave, and where they meet. A row lies in builder->words: the row before it, the
   block it comes from, the pool word that is the edge's end, then a value for each column and each of the label's
   own values. Columns are the locals that are live at the label. */
#include "wasm/compile/build.h"

#include "base/assert.h"

static const uint8_t *label_value_types(const struct build_label *label) {
    return label->opcode == OP_LOOP ? label->type.types : label->type.types + label->type.parameter_count;
}

/* ---- Columns ---- */

/* Lists the locals of a set, or of two sets' intersection (other may be the same set), in words; the count is returned. */
static uint32_t columns_list(struct builder *builder, uint32_t set, uint32_t other, uint32_t *first) {
    uint32_t count = 0;
    build_work(builder, builder->set_words);
    for (uint32_t word = 0; word < builder->set_words; word++)
        for (uint64_t bits = build_set(builder, set)[word] & build_set(builder, other)[word]; bits != 0; bits &= bits - 1)
            count++;
    build_work(builder, count);
    *first = build_array_add(builder, &builder->words, count, sizeof(uint32_t));
    if (builder->error != ERROR_NONE)
        return 0;
    uint32_t *out = build_words(builder, *first);
    for (uint32_t word = 0; word < builder->set_words; word++)
        for (uint64_t bits = build_set(builder, set)[word] & build_set(builder, other)[word]; bits != 0; bits &= bits - 1)
            *out++ = word * 64 + (uint32_t)__builtin_ctzll(bits);
    return count;
}

/* Copies the present values of the columns' locals, and the top operands, to words that are there. */
static void values_save(struct builder *builder, uint32_t columns, uint32_t column_count, uint32_t operand_count, uint32_t to) {
    ASSERT(operand_count <= builder->operand_count);
    const uint32_t *locals = build_words(builder, columns);
    const uint32_t *operands = builder->operands + builder->operand_count - operand_count;
    uint32_t *out = build_words(builder, to);
    for (uint32_t column = 0; column < column_count; column++)
        out[column] = builder->locals[locals[column]];
    for (uint32_t index = 0; index < operand_count; index++)
        out[column_count + index] = operands[index];
}

/* ---- Arrivals ---- */

static void row_add(struct builder *builder, struct build_label *label, uint32_t from, uint32_t successor) {
    if (!label->has_columns) {
        uint32_t live = build_scope_at(builder, label->scope)->live;
        label->column_count = columns_list(builder, live, live, &label->columns);
        label->has_columns = true;
    }
    uint32_t size = ROW_VALUES + label->column_count + label_value_count(label);
    uint32_t row = build_array_add(builder, &builder->words, size, sizeof(uint32_t));
    build_work(builder, size);
    if (builder->error != ERROR_NONE)
        return;
    uint32_t *at = build_words(builder, row);
    at[ROW_PREVIOUS] = label->row;
    at[ROW_FROM] = from;
    at[ROW_SUCCESSOR] = successor;
    values_save(builder, label->columns, label->column_count, label_value_count(label), row + ROW_VALUES);
    label->row = row;
    label->arrival_count++;
}

/* A value as an operand of a phi: a local that was never written has its zero from here on. */
static uint32_t value_settle(struct builder *builder, uint32_t value, uint8_t type) {
    return value != IR_NONE ? value : build_zero(builder, type);
}

/* Gives a header's phis the operands of a back edge. */
static void loop_arrive(struct builder *builder, struct build_label *label, uint32_t from, uint32_t successor) {
    struct ir_function *function = builder->function;
    const struct ir_block *header = &function->blocks[label->block];
    uint32_t number = label->arrival_count++;
    ASSERT(number < header->predecessor_count);
    function->pool[header->predecessors + number] = from;
    function->pool[successor] = label->block;
    uint32_t parameter_count = label->type.parameter_count;
    const uint32_t *locals = build_words(builder, label->columns), *phis = locals + label->column_count;
    const uint32_t *operands = builder->operands + builder->operand_count - parameter_count;
    build_work(builder, label->column_count + parameter_count);
    for (uint32_t column = 0; column < label->column_count; column++) {
        uint32_t value = value_settle(builder, builder->locals[locals[column]], builder->local_types[locals[column]]);
        function->pool[function->values[phis[column]].a + number] = value;
    }
    for (uint32_t index = 0; index < parameter_count; index++)
        function->pool[function->values[phis[label->column_count + index]].a + number] = operands[index];
}

void label_arrive(struct builder *builder, struct build_label *label, uint32_t from, uint32_t successor) {
    if (builder->error != ERROR_NONE || builder->function->failed)
        return;
    if (build_in_homes(builder))
        home_arrive(builder, label, from, successor);
    else if (label->opcode == OP_LOOP)
        loop_arrive(builder, label, from, successor);
    else
        row_add(builder, label, from, successor);
}

/* ---- Phis ---- */

/* A phi at the end of the block in hand, its operands to be filled in. */
static uint32_t phi_make(struct builder *builder, uint8_t type, uint32_t count) {
    struct ir_function *function = builder->function;
    build_work(builder, BUILD_WORK_VALUE + count);
    uint32_t words = ir_pool(function, count);
    uint32_t phi = ir_make(function, IR_PHI, type);
    if (function->failed)
        return IR_NONE;
    function->values[phi].a = words;
    function->values[phi].b = count;
    function->values[phi].source = builder->instruction.source;
    ir_append(function, builder->block, phi);
    return phi;
}

/* The operand of the entry; those of the back edges follow as they arrive, and until then have some value. */
static uint32_t loop_phi(struct builder *builder, uint8_t type, uint32_t count, uint32_t value) {
    value = value_settle(builder, value, type);
    uint32_t phi = phi_make(builder, type, count);
    if (phi != IR_NONE)
        for (uint32_t index = 0; index < count; index++)
            builder->function->pool[builder->function->values[phi].a + index] = value;
    return phi;
}

void label_loop(struct builder *builder, struct build_label *label) {
    const struct build_scope *scope = build_scope_at(builder, label->scope);
    struct ir_function *function = builder->function;
    uint32_t edge_count = scope->branch_count + 1;
    uint32_t from = builder->block, parameter_count = label->type.parameter_count;
    uint32_t successor = build_end_block(builder, from, IR_END_JUMP, IR_NONE, 1);
    label->block = ir_block_make(function);
    uint32_t predecessors = ir_pool(function, edge_count);
    label->column_count = columns_list(builder, scope->live, scope->other, &label->columns);
    uint32_t phis = build_array_add(builder, &builder->words, label->column_count + parameter_count, sizeof(uint32_t));
    if (builder->error != ERROR_NONE || function->failed)
        return;
    struct ir_block *header = &function->blocks[label->block];
    header->is_loop = true;
    header->predecessors = predecessors;
    header->predecessor_count = edge_count;
    function->pool[predecessors] = from;
    function->pool[successor] = label->block;
    label->arrival_count = 1;
    builder->block = label->block;
    for (uint32_t column = 0; column < label->column_count; column++) {
        uint32_t local = *build_words(builder, label->columns + column);
        builder->locals[local] = loop_phi(builder, builder->local_types[local], edge_count, builder->locals[local]);
        *build_words(builder, phis + column) = builder->locals[local];
    }
    for (uint32_t index = 0; index < parameter_count; index++) {
        uint32_t *operand = &builder->operands[label->height + index];
        *operand = loop_phi(builder, label->type.types[index], edge_count, *operand);
        *build_words(builder, phis + label->column_count + index) = *operand;
    }
}

/* ---- Meeting ---- */

/* The rows that meet, in order of arrival: starts are where their values begin. */
struct meeting {
    uint32_t starts; /* in words */
    uint32_t count;
};

/* What a column is behind the label: the one value, or a phi. */
static uint32_t column_meet(struct builder *builder, const struct meeting *meeting, uint32_t column, uint8_t type) {
    const uint32_t *words = build_words(builder, 0), *starts = words + meeting->starts;
    uint32_t value = words[starts[0] + column], same = 1;
    while (same < meeting->count && words[starts[same] + column] == value)
        same++;
    if (same == meeting->count)
        return value;
    uint32_t phi = phi_make(builder, type, meeting->count);
    for (uint32_t index = 0; index < meeting->count && phi != IR_NONE; index++) {
        value = value_settle(builder, words[starts[index] + column], type);
        builder->function->pool[builder->function->values[phi].a + index] = value;
    }
    return phi;
}

void label_meet(struct builder *builder, struct build_label *label) {
    struct ir_function *function = builder->function;
    struct meeting meeting = {.count = label->arrival_count};
    uint32_t value_count = label_value_count(label);
    uint32_t block = ir_block_make(function);
    uint32_t predecessors = ir_pool(function, meeting.count);
    meeting.starts = build_array_add(builder, &builder->words, meeting.count, sizeof(uint32_t));
    build_work(builder, (uint64_t)meeting.count * (label->column_count + value_count + 1));
    if (builder->error != ERROR_NONE || function->failed)
        return;
    uint32_t row = label->row;
    for (uint32_t index = meeting.count; index-- > 0;) {
        const uint32_t *at = build_words(builder, row);
        function->pool[predecessors + index] = at[ROW_FROM];
        function->pool[at[ROW_SUCCESSOR]] = block;
        *build_words(builder, meeting.starts + index) = row + ROW_VALUES;
        row = at[ROW_PREVIOUS];
    }
    function->blocks[block].predecessors = predecessors;
    function->blocks[block].predecessor_count = meeting.count;
    builder->block = block;
    for (uint32_t column = 0; column < label->column_count; column++) {
        uint32_t local = *build_words(builder, label->columns + column);
        builder->locals[local] = column_meet(builder, &meeting, column, builder->local_types[local]);
    }
    builder->operand_count = label->height;
    for (uint32_t index = 0; index < value_count; index++)
        build_push(builder, column_meet(builder, &meeting, label->column_count + index, label_value_types(label)[index]));
}

/* ---- The second arm of an if ---- */

void label_save_else(struct builder *builder, struct build_label *label) {
    uint32_t live = build_scope_at(builder, label->scope)->other;
    label->else_column_count = columns_list(builder, live, live, &label->else_columns);
    uint32_t size = label->else_column_count + label->type.parameter_count;
    label->else_row = build_array_add(builder, &builder->words, size, sizeof(uint32_t));
    build_work(builder, size);
    if (builder->error == ERROR_NONE)
        values_save(builder, label->else_columns, label->else_column_count, label->type.parameter_count, label->else_row);
}

void label_restore_else(struct builder *builder, struct build_label *label) {
    const uint32_t *locals = build_words(builder, label->else_columns), *values = build_words(builder, label->else_row);
    if (builder->error != ERROR_NONE)
        return;
    for (uint32_t column = 0; column < label->else_column_count; column++)
        builder->locals[locals[column]] = values[column];
    builder->operand_count = label->height;
    for (uint32_t index = 0; index < label->type.parameter_count; index++)
        build_push(builder, values[label->else_column_count + index]);
}
