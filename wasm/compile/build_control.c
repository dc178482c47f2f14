/* Blocks, branches and returns of the second walk. */
#include "wasm/compile/build.h"

#include "base/assert.h"
#include "base/leb128.h"

/* ---- Blocks of the graph ---- */

/* Goes on in a new block that is entered from one other. */
static void block_begin(struct builder *builder, uint32_t block, uint32_t from) {
    struct ir_function *function = builder->function;
    uint32_t predecessors = ir_pool(function, 1);
    if (function->failed)
        return;
    function->pool[predecessors] = from;
    function->blocks[block].predecessors = predecessors;
    function->blocks[block].predecessor_count = 1;
    builder->block = block;
}

uint32_t build_end_block(struct builder *builder, uint32_t block, enum ir_end end, uint32_t operand, uint32_t successor_count) {
    struct ir_function *function = builder->function;
    uint32_t successors = successor_count > 0 ? ir_pool(function, successor_count) : 0;
    if (function->failed)
        return 0;
    struct ir_block *at = &function->blocks[block];
    ASSERT(at->end == IR_END_NONE);
    at->end = (uint8_t)end;
    at->operand = operand;
    at->successors = successors;
    at->successor_count = successor_count;
    at->source = builder->instruction.source;
    return successors;
}

static void code_ends(struct builder *builder) {
    builder->dead = true;
    builder->dead_depth = 0;
}

/* Ends a block with the return of the top operands. */
static void block_return(struct builder *builder, uint32_t block) {
    struct ir_function *function = builder->function;
    uint32_t count = function->type->result_count;
    build_end_block(builder, block, IR_END_RETURN, IR_NONE, 0);
    uint32_t arguments = ir_pool(function, count);
    build_work(builder, count);
    if (function->failed)
        return;
    ASSERT(count <= builder->operand_count);
    for (uint32_t index = 0; index < count; index++)
        function->pool[arguments + index] = builder->operands[builder->operand_count - count + index];
    function->blocks[block].arguments = arguments;
    function->blocks[block].argument_count = count;
}

static void build_return(struct builder *builder) {
    build_settle(builder, builder->function->type->result_count);
    block_return(builder, builder->block);
}

static void block_jump(struct builder *builder, uint32_t block, struct build_label *label) {
    uint32_t successor = build_end_block(builder, block, IR_END_JUMP, IR_NONE, 1);
    label_arrive(builder, label, block, successor);
}

/* ---- Labels ---- */

static struct build_label *label_open(struct builder *builder, uint32_t opcode) {
    ASSERT(builder->label_count < builder->label_capacity);
    struct build_label *label = &builder->labels[builder->label_count++];
    *label = (struct build_label){.scope = builder->next_scope++, .opcode = (uint8_t)opcode, .assigned_count = builder->assigned.count};
    return label;
}

void build_function_label(struct builder *builder) {
    label_open(builder, OP_END);
}

static struct build_label *label_at(struct builder *builder, uint32_t depth) {
    ASSERT(depth < builder->label_count);
    return &builder->labels[builder->label_count - 1 - depth];
}

static struct build_label *label_open_typed(struct builder *builder, uint32_t opcode) {
    struct build_label *label = label_open(builder, opcode);
    label->type = body_block_type(builder->module, &builder->instruction);
    label->height = builder->operand_count - label->type.parameter_count;
    return label;
}

static void build_loop(struct builder *builder) {
    struct build_label *label = label_open_typed(builder, OP_LOOP);
    if (build_in_homes(builder))
        home_loop(builder, label);
    else if (build_scope_at(builder, label->scope)->branch_count == 0)
        label->opcode = OP_BLOCK;
    else
        label_loop(builder, label);
}

static void build_if(struct builder *builder) {
    struct ir_function *function = builder->function;
    build_settle(builder, 1);
    uint32_t condition = build_pop(builder);
    struct build_label *label = label_open_typed(builder, OP_IF);
    uint32_t from = builder->block;
    if (build_in_homes(builder)) {
        home_flush(builder);
        home_if(builder, label);
    }
    uint32_t successors = build_end_block(builder, from, IR_END_BRANCH, condition, 2);
    uint32_t then = ir_block_make(function);
    if (function->failed)
        return;
    function->pool[successors] = then;
    label->if_block = from;
    label->else_word = successors + 1;
    if (!build_in_homes(builder)) {
        if (build_scope_at(builder, label->scope)->has_else)
            label_save_else(builder, label);
        else
            label_arrive(builder, label, from, successors + 1);
    }
    block_begin(builder, then, from);
}

/* Comes to the end of a block, or of an arm, from above. */
static void label_fall(struct builder *builder, struct build_label *label) {
    build_settle(builder, label_value_count(label));
    if (build_in_homes(builder))
        home_flush(builder);
    block_jump(builder, builder->block, label);
}

static void build_else(struct builder *builder) {
    struct ir_function *function = builder->function;
    struct build_label *label = label_at(builder, 0);
    if (!builder->dead)
        label_fall(builder, label);
    builder->dead = false;
    label->has_else = true;
    uint32_t block = ir_block_make(function);
    if (function->failed)
        return;
    function->pool[label->else_word] = block;
    block_begin(builder, block, label->if_block);
    if (build_in_homes(builder))
        home_else(builder, label);
    else
        label_restore_else(builder, label);
}

static void build_block_end(struct builder *builder, struct build_label *label) {
    bool in_homes = build_in_homes(builder);
    if (in_homes && label->opcode == OP_IF && !label->has_else)
        home_if_end(builder, label);
    if (label->arrival_count == 0)
        return; /* only fallen into, or not at all: what is here stays */
    if (!builder->dead)
        label_fall(builder, label);
    if (in_homes)
        home_meet(builder, label);
    else
        label_meet(builder, label);
    builder->dead = false;
}

static void build_end(struct builder *builder) {
    struct build_label *label = label_at(builder, 0);
    switch (label->opcode) {
    case OP_END:
        if (!builder->dead)
            build_return(builder);
        break;
    case OP_LOOP:
        if (build_in_homes(builder))
            home_loop_end(builder, label);
        else
            ASSERT(label->arrival_count == builder->function->blocks[label->block].predecessor_count);
        break;
    default: build_block_end(builder, label); break;
    }
    builder->label_count--;
}

/* ---- Branches ---- */

static void build_branch(struct builder *builder) {
    struct build_label *label = label_at(builder, builder->instruction.index);
    if (label->opcode == OP_END)
        build_return(builder);
    else
        label_fall(builder, label);
    code_ends(builder);
}

/* Ends a block that a branch leads to on its way to a label. */
static void side_leave(struct builder *builder, uint32_t block, struct build_label *label) {
    if (label->opcode == OP_END)
        block_return(builder, block);
    else
        block_jump(builder, block, label);
}

static void side_fill(struct builder *builder, uint32_t block, struct build_label *label) {
    if (build_in_homes(builder))
        home_aside(builder, label, block, side_leave);
    else
        side_leave(builder, block, label);
}

/* What a branch that may not be taken has to do before. */
static void branch_prepare(struct builder *builder, const struct build_label *label) {
    if (!build_in_homes(builder))
        return;
    home_settle(builder, label->opcode == OP_END ? builder->function->type->result_count : label_value_count(label));
    home_flush(builder);
}

/* Whether a label is reached by way of a block. */
static bool label_needs_side(const struct builder *builder, const struct build_label *label) {
    return label->opcode == OP_END || (build_in_homes(builder) && !home_is_placed(builder, label));
}

static void build_branch_if(struct builder *builder) {
    struct ir_function *function = builder->function;
    struct build_label *label = label_at(builder, builder->instruction.index);
    build_settle(builder, 1);
    uint32_t condition = build_pop(builder);
    uint32_t from = builder->block;
    branch_prepare(builder, label);
    uint32_t successors = build_end_block(builder, from, IR_END_BRANCH, condition, 2);
    uint32_t next = ir_block_make(function);
    uint32_t leave = label_needs_side(builder, label) ? ir_block_make(function) : IR_NO_BLOCK;
    if (function->failed)
        return;
    function->pool[successors + 1] = next;
    if (leave != IR_NO_BLOCK) {
        function->pool[successors] = leave;
        block_begin(builder, leave, from);
        side_fill(builder, leave, label);
    } else {
        label_arrive(builder, label, from, successors);
    }
    block_begin(builder, next, from);
}

/* ---- Tables ---- */

/* Counts how often each label is named. */
static void table_count(struct builder *builder) {
    const uint8_t *at = builder->instruction.bytes;
    builder->table_count++;
    for (uint64_t index = 0; index <= builder->instruction.index; index++) {
        struct build_label *label = label_at(builder, leb128_read_u32(&at));
        if (label->table != builder->table_count) {
            label->table = builder->table_count;
            label->table_edges = 0;
            label->table_block = IR_NO_BLOCK;
        }
        label->table_edges++;
    }
}

/* A block between the table and a label that it names several times, or that is the function's: so values are only carried once. */
static void table_block_make(struct builder *builder, struct build_label *label) {
    struct ir_function *function = builder->function;
    uint32_t block = ir_block_make(function);
    uint32_t predecessors = ir_pool(function, label->table_edges);
    if (function->failed)
        return;
    label->table_block = block;
    function->blocks[block].predecessors = predecessors;
    side_fill(builder, block, label);
}

/* The edge to a label, whose end is this pool word. */
static void table_edge(struct builder *builder, struct build_label *label, uint32_t from, uint32_t successor) {
    struct ir_function *function = builder->function;
    if (!label_needs_side(builder, label) && label->table_edges == 1) {
        label_arrive(builder, label, from, successor);
        return;
    }
    if (label->table_block == IR_NO_BLOCK)
        table_block_make(builder, label);
    if (function->failed)
        return;
    struct ir_block *at = &function->blocks[label->table_block];
    function->pool[successor] = label->table_block;
    function->pool[at->predecessors + at->predecessor_count++] = from;
}

static void build_branch_table(struct builder *builder) {
    build_settle(builder, 1);
    uint32_t number = build_pop(builder);
    uint32_t from = builder->block;
    const uint8_t *at = builder->instruction.bytes;
    /* All labels take the same operands. */
    const uint8_t *first = at;
    branch_prepare(builder, label_at(builder, leb128_read_u32(&first)));
    uint32_t successors = build_end_block(builder, from, IR_END_TABLE, number, builder->instruction.index + 1);
    table_count(builder);
    for (uint64_t index = 0; index <= builder->instruction.index && !builder->function->failed; index++)
        table_edge(builder, label_at(builder, leb128_read_u32(&at)), from, successors + (uint32_t)index);
    code_ends(builder);
}

/* ---- All of them ---- */

static void build_tail_call(struct builder *builder) {
    uint32_t call = build_call(builder);
    build_end_block(builder, builder->block, IR_END_TAIL_CALL, call, 0);
    code_ends(builder);
}

void build_control(struct builder *builder) {
    switch (builder->instruction.opcode) {
    case OP_UNREACHABLE:
        build_end_block(builder, builder->block, IR_END_UNREACHABLE, IR_NONE, 0);
        code_ends(builder);
        break;
    case OP_BLOCK: label_open_typed(builder, OP_BLOCK); break;
    case OP_LOOP: build_loop(builder); break;
    case OP_IF: build_if(builder); break;
    case OP_ELSE: build_else(builder); break;
    case OP_END: build_end(builder); break;
    case OP_BR: build_branch(builder); break;
    case OP_BR_IF: build_branch_if(builder); break;
    case OP_BR_TABLE: build_branch_table(builder); break;
    case OP_RETURN:
        build_return(builder);
        code_ends(builder);
        break;
    case OP_RETURN_CALL:
    case OP_RETURN_CALL_INDIRECT: build_tail_call(builder); break;
    case OP_CALL:
    case OP_CALL_INDIRECT: build_call(builder); break;
    default: ASSERT(builder->instruction.opcode == OP_NOP); break;
    }
}
