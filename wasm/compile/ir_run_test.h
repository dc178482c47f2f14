/* For tests: executes the SSA of one function against a real instance, value by value, with the interpreter's handlers for all that is not control
   flow. So the builder, and every pass, can be compared with the interpreter without a backend. Slow, and recursive where functions call each other.
   Include it once in a program. */
#ifndef WASM_COMPILE_IR_RUN_TEST_H
#define WASM_COMPILE_IR_RUN_TEST_H

#include "wasm/compile/ir.h"
#include "wasm/interpret/control.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

#define IR_RUN_DEPTH_MAX 200

/* How a function ended. */
struct ir_outcome {
    enum error error;         /* ERROR_NONE, ERROR_TRAP, ERROR_EXIT; ERROR_LIMIT when the fuel was used up */
    enum wasm_trap_kind kind; /* ERROR_TRAP */
};

struct ir_run {
    const struct ir_function *const *functions; /* by index in the module; NULL: calls go to the interpreter. May be NULL */
    struct wasm_instance *instance;
    uint64_t fuel; /* values and blocks until ERROR_LIMIT */
    uint32_t depth;
    uint32_t frame_count; /* of the trap: the offsets of its frames, as in struct wasm_trap */
    uint64_t offsets[WASM_TRAP_FRAMES_MAX];
};

/* One activation: value v has the slots 2 v and 2 v + 1. */
struct ir_frame {
    struct ir_run *run;
    const struct ir_function *function;
    union slot *slots;
    union slot *scratch; /* phis are read together before any is written */
    union slot *homes;
    struct execution execution;
    struct ir_outcome outcome;
};

static struct ir_outcome ir_run_function(struct ir_run *run, const struct ir_function *function, const union wasm_value *arguments,
                                         union wasm_value *results);

/* ---- Values and slots ---- */

static inline void ir_slot_put(union slot *slot, uint8_t type, const union wasm_value *value) {
    memset(slot, 0, 2 * sizeof *slot);
    memcpy(slot, value, type == WASM_V128 ? 16 : type == WASM_I32 || type == WASM_F32 ? 4 : 8);
}

static inline void ir_slot_get(const union slot *slot, uint8_t type, union wasm_value *value) {
    memset(value, 0, sizeof *value);
    memcpy(value, slot, type == WASM_V128 ? 16 : type == WASM_I32 || type == WASM_F32 ? 4 : 8);
}

static inline void ir_run_blame(struct ir_run *run, uint64_t offset) {
    if (run->frame_count < WASM_TRAP_FRAMES_MAX)
        run->offsets[run->frame_count] = offset;
    run->frame_count++;
}

/* The instruction, and the calls around it that were inlined. */
static inline void ir_run_blame_source(struct ir_run *run, const struct ir_function *function, uint32_t source) {
    while (source != 0)
        ir_run_blame(run, ir_source_offset(function, source, &source));
}

static inline bool ir_frame_trap(struct ir_frame *frame, enum wasm_trap_kind kind, uint32_t source) {
    frame->outcome = (struct ir_outcome){.error = ERROR_TRAP, .kind = kind};
    frame->run->frame_count = 0;
    ir_run_blame_source(frame->run, frame->function, source);
    return false;
}

/* ---- Handlers ---- */

/* Whether the access may happen; the handler itself would fault. Atomic accesses look at the alignment first, as they do themselves. */
static inline bool ir_access_fits(struct ir_frame *frame, const struct ir_value *at) {
    const struct opcode_info *info = &opcode_table[at->op];
    uint64_t address = (uint64_t)frame->slots[2 * at->a].u32 + at->aux, size = 1ull << info->alignment;
    if (at->op >= OPCODE_PAGE_FE && address % size != 0)
        return true;
    const struct wasm_memory *memory = frame->run->instance->memories[at->extra];
    return wasm_memory_range(memory, address, size, WASM_ACCESS_READ) != NULL;
}

static inline void ir_access_operation(const struct ir_value *at, struct operation *op) {
    const struct opcode_info *info = &opcode_table[at->op];
    bool has_lane = info->immediate == IMMEDIATE_ACCESS_LANE;
    bool is_store = info->pop_count == 2 && info->push == 0 && !has_lane;
    op[0].a = is_store ? 2 * at->b : op[0].a;
    op[0].b = 2 * at->a;
    op[0].c = at->aux;
    op[0].d = at->extra;
    op[1].b = has_lane ? at->c : 2 * at->b;
    op[1].c = has_lane ? 2 * at->b : 2 * at->c;
}

/* The handler of an instruction that translate.c treats alone: operands in b, c and d, the index of one table or memory in d. */
static inline operation_handler *ir_special_handler(const struct ir_frame *frame, const struct ir_value *at, struct operation *op) {
    op[1].b = at->aux;
    op[1].c = at->extra;
    switch (at->op) {
    case OP_GLOBAL_GET:
    case OP_GLOBAL_SET: {
        struct wasm_global *global = frame->run->instance->globals[at->aux];
        bool wide = global->type == WASM_V128;
        op[0].pointer = &global->value;
        if (at->op == OP_GLOBAL_GET)
            return wide ? handle_global_get_wide : handle_global_get;
        return wide ? handle_global_set_wide : handle_global_set;
    }
    case OP_SELECT: return at->type == WASM_V128 ? handle_select_wide : handle_select;
    case OP_REF_IS_NULL: return handle_reference_is_null;
    case OP_TABLE_GET: op[0].d = at->aux; return handle_table_get;
    case OP_TABLE_SET: op[0].d = at->aux; return handle_table_set;
    case OP_TABLE_SIZE: op[0].d = at->aux; return handle_table_size;
    case OP_TABLE_GROW: op[0].d = at->aux; return handle_table_grow;
    case OP_TABLE_FILL: return handle_table_fill;
    case OP_TABLE_COPY: return handle_table_copy;
    case OP_TABLE_INIT: return handle_table_init;
    case OP_ELEM_DROP: op[0].b = at->aux; return handle_element_drop;
    case OP_MEMORY_SIZE: op[0].d = at->aux; return handle_memory_size;
    case OP_MEMORY_GROW: op[0].d = at->aux; return handle_memory_grow;
    case OP_MEMORY_FILL: return handle_memory_fill;
    case OP_MEMORY_COPY: return handle_memory_copy;
    case OP_MEMORY_INIT: return handle_memory_init;
    case OP_DATA_DROP: op[0].b = at->aux; return handle_data_drop;
    default: return operation_handlers[at->op];
    }
}

/* Runs an instruction of the specification; false after a trap. */
static inline bool ir_run_instruction(struct ir_frame *frame, uint32_t value) {
    const struct ir_value *at = &frame->function->values[value];
    enum immediate immediate = (enum immediate)opcode_table[at->op].immediate;
    struct operation op[3] = {{.a = 2 * value, .b = 2 * at->a, .c = 2 * at->b, .d = 2 * at->c}};
    operation_handler *run = ir_special_handler(frame, at, op);
    ASSERT(run != NULL);
    if (immediate == IMMEDIATE_ACCESS || immediate == IMMEDIATE_ACCESS_LANE) {
        if (!ir_access_fits(frame, at))
            return ir_frame_trap(frame, WASM_TRAP_MEMORY_BOUNDS, at->source);
        ir_access_operation(at, op);
    }
    if (immediate == IMMEDIATE_LANE)
        op[0].d = at->aux;
    if (immediate == IMMEDIATE_SHUFFLE)
        memcpy(&op[1].a, frame->function->pool + at->extra, 16);
    frame->slots[2 * value].u64 = 0;
    if (run(op, frame->slots, &frame->execution) != NULL)
        return true;
    return ir_frame_trap(frame, frame->execution.store->trap.kind, at->source);
}

/* ---- Calls ---- */

/* The callee, or NULL after a trap. */
static inline struct wasm_function *ir_callee(struct ir_frame *frame, uint32_t value) {
    const struct ir_value *at = &frame->function->values[value];
    const struct wasm_instance *instance = frame->run->instance;
    if (at->op == IR_CALL)
        return instance->functions[at->aux];
    const struct wasm_table *table = instance->tables[at->c];
    uint32_t index = frame->slots[2 * frame->function->pool[at->a + at->b - 1]].u32;
    struct wasm_function *callee = index < table->size ? table->elements[index] : NULL;
    if (index >= table->size)
        ir_frame_trap(frame, WASM_TRAP_UNDEFINED_ELEMENT, at->source);
    else if (callee == NULL)
        ir_frame_trap(frame, WASM_TRAP_UNINITIALIZED_ELEMENT, at->source);
    else if (callee->type != instance->module->types[at->aux])
        ir_frame_trap(frame, WASM_TRAP_INDIRECT_CALL_TYPE, at->source);
    return frame->outcome.error == ERROR_NONE ? callee : NULL;
}

static inline struct ir_outcome ir_call_any(struct ir_run *run, struct wasm_function *callee, const union wasm_value *arguments,
                                            union wasm_value *results) {
    bool own = callee->instance == run->instance && run->functions != NULL && run->functions[callee->index] != NULL;
    if (own && run->depth < IR_RUN_DEPTH_MAX)
        return ir_run_function(run, run->functions[callee->index], arguments, results);
    struct ir_outcome outcome = {.error = wasm_call(callee, arguments, results)};
    if (outcome.error == ERROR_TRAP) {
        const struct wasm_trap *trap = &callee->store->trap;
        outcome.kind = trap->kind;
        run->frame_count = 0;
        for (uint32_t index = 0; index < trap->frame_count; index++)
            ir_run_blame(run, index < WASM_TRAP_FRAMES_MAX ? trap->frames[index].offset : 0);
    }
    return outcome;
}

/* Calls; results go to the call's value, or to the IR_RESULT values behind it, or to *tail. */
static inline bool ir_run_call(struct ir_frame *frame, uint32_t value, union wasm_value *tail) {
    const struct ir_function *function = frame->function;
    const struct ir_value *at = &function->values[value];
    struct wasm_function *callee = ir_callee(frame, value);
    if (callee == NULL)
        return false;
    const struct wasm_function_type *type = callee->type;
    union wasm_value *arguments = calloc(type->parameter_count + 1u, sizeof *arguments);
    union wasm_value *results = calloc(type->result_count + 1u, sizeof *results);
    for (uint32_t index = 0; index < type->parameter_count; index++)
        ir_slot_get(&frame->slots[2 * function->pool[at->a + index]], type->types[index], &arguments[index]);
    struct ir_outcome outcome = ir_call_any(frame->run, callee, arguments, results);
    if (outcome.error == ERROR_TRAP && tail == NULL)
        ir_run_blame_source(frame->run, function, at->source);
    frame->outcome = outcome;
    const uint8_t *types = type->types + type->parameter_count;
    if (outcome.error == ERROR_NONE && tail != NULL)
        memcpy(tail, results, type->result_count * sizeof *results);
    else if (outcome.error == ERROR_NONE && type->result_count == 1)
        ir_slot_put(&frame->slots[2 * value], types[0], &results[0]);
    for (uint32_t next = at->next; next != IR_NONE && function->values[next].op == IR_RESULT; next = function->values[next].next)
        ir_slot_put(&frame->slots[2 * next], types[function->values[next].aux], &results[function->values[next].aux]);
    free(arguments);
    free(results);
    return outcome.error == ERROR_NONE;
}

/* ---- Blocks ---- */

static inline void ir_run_phis(struct ir_frame *frame, uint32_t block, uint32_t edge) {
    const struct ir_function *function = frame->function;
    uint32_t count = 0, value = function->blocks[block].first;
    for (; value != IR_NONE && (function->values[value].op == IR_PHI || function->values[value].op == IR_COPY); value = function->values[value].next)
        if (function->values[value].op == IR_PHI)
            memcpy(&frame->scratch[2 * count++], &frame->slots[2 * function->pool[function->values[value].a + edge]], 16);
    count = 0;
    for (uint32_t phi = function->blocks[block].first; phi != value; phi = function->values[phi].next)
        if (function->values[phi].op == IR_PHI)
            memcpy(&frame->slots[2 * phi], &frame->scratch[2 * count++], 16);
}

static inline size_t ir_home_bytes(uint8_t type) {
    return type == WASM_V128 ? 16 : type == WASM_I32 || type == WASM_F32 ? 4 : 8;
}

static inline bool ir_run_value(struct ir_frame *frame, uint32_t value, union wasm_value *results) {
    const struct ir_function *function = frame->function;
    const struct ir_value *at = &function->values[value];
    union slot *slot = &frame->slots[2 * value];
    switch (at->op) {
    case IR_PARAMETER:
    case IR_PHI:
    case IR_RESULT: return true;
    case IR_CONSTANT: slot->u64 = ir_constant_bits(at); return true;
    case IR_CONSTANT_V128: memcpy(slot, function->pool + at->a, 16); return true;
    case IR_COPY: memcpy(slot, &frame->slots[2 * at->a], 16); return true;
    case IR_HOME_GET:
        memset(slot, 0, 2 * sizeof *slot);
        memcpy(slot, &frame->homes[at->aux], ir_home_bytes(at->type));
        return true;
    case IR_HOME_SET: memcpy(&frame->homes[at->aux], &frame->slots[2 * at->a], ir_home_bytes(function->values[at->a].type)); return true;
    case IR_CALL:
    case IR_CALL_INDIRECT: return ir_run_call(frame, value, results);
    case IR_MULTIPLY_HIGH_S:
        slot->u64 = (uint64_t)((__int128)(int64_t)frame->slots[2 * at->a].u64 * (int64_t)frame->slots[2 * at->b].u64 >> 64);
        return true;
    case IR_MULTIPLY_HIGH_U: slot->u64 = (uint64_t)((unsigned __int128)frame->slots[2 * at->a].u64 * frame->slots[2 * at->b].u64 >> 64); return true;
    case IR_BOUND: {
        uint64_t sum = (uint64_t)frame->slots[2 * at->a].u32 + at->aux, size = frame->run->instance->memories[at->extra]->size_bytes;
        slot->u64 = sum < size ? sum : size;
        return true;
    }
    case OP_REF_FUNC: slot->reference = frame->run->instance->functions[at->aux]; return true;
    default: return ir_run_instruction(frame, value);
    }
}

/* The number of the successor that a block goes to. */
static inline uint32_t ir_successor_chosen(const struct ir_frame *frame, const struct ir_block *at) {
    uint32_t operand = frame->slots[2 * at->operand].u32;
    switch (at->end) {
    case IR_END_BRANCH: return operand != 0 ? 0 : 1;
    case IR_END_TABLE: return operand < at->successor_count - 1 ? operand : at->successor_count - 1;
    default: return 0;
    }
}

/* Runs a block's values; *next is where it goes, IR_NO_BLOCK when the function is over. */
static inline bool ir_run_block(struct ir_frame *frame, uint32_t block, uint32_t *next, union wasm_value *results) {
    const struct ir_function *function = frame->function;
    const struct ir_block *at = &function->blocks[block];
    for (uint32_t value = at->first; value != IR_NONE; value = function->values[value].next) {
        bool tail = at->end == IR_END_TAIL_CALL && value == at->last;
        if (frame->run->fuel-- == 0) {
            frame->outcome = (struct ir_outcome){.error = ERROR_LIMIT};
            return false;
        }
        if (!ir_run_value(frame, value, tail ? results : NULL))
            return false;
    }
    const uint8_t *types = function->type->types + function->type->parameter_count;
    for (uint32_t index = 0; index < at->argument_count; index++)
        ir_slot_get(&frame->slots[2 * function->pool[at->arguments + index]], types[index], &results[index]);
    if (at->end == IR_END_UNREACHABLE)
        return ir_frame_trap(frame, WASM_TRAP_UNREACHABLE, at->source);
    *next = at->successor_count == 0 ? IR_NO_BLOCK : function->pool[at->successors + ir_successor_chosen(frame, at)];
    return true;
}

/* Which of a block's predecessors an edge from `from` is; of several, any: their operands are equal. */
static inline uint32_t ir_edge_number(const struct ir_function *function, uint32_t from, uint32_t to) {
    const struct ir_block *at = &function->blocks[to];
    uint32_t number = 0;
    while (number < at->predecessor_count && function->pool[at->predecessors + number] != from)
        number++;
    ASSERT(number < at->predecessor_count);
    return number;
}

static inline struct ir_outcome ir_run_function(struct ir_run *run, const struct ir_function *function, const union wasm_value *arguments,
                                                union wasm_value *results) {
    struct wasm_function *running = run->instance->functions[function->index];
    struct ir_frame frame = {.run = run, .function = function};
    frame.execution = (struct execution){
        .store = run->instance->store,
        .function = running,
        .memory_bases = run->instance->memory_bases,
    };
    frame.slots = calloc(function->value_count, 2 * sizeof *frame.slots);
    frame.scratch = calloc(function->value_count, 2 * sizeof *frame.scratch);
    frame.homes = malloc((function->home_words + 1u) * sizeof *frame.homes);
    memset(frame.homes, 0xA5, (function->home_words + 1u) * sizeof *frame.homes);
    run->depth++;
    for (uint32_t value = function->blocks[0].first; value != IR_NONE; value = function->values[value].next)
        if (function->values[value].op == IR_PARAMETER)
            ir_slot_put(&frame.slots[2 * value], function->values[value].type, &arguments[function->values[value].aux]);
    uint32_t block = 0, next = IR_NO_BLOCK;
    while (ir_run_block(&frame, block, &next, results) && next != IR_NO_BLOCK) {
        if (run->fuel-- == 0) {
            frame.outcome = (struct ir_outcome){.error = ERROR_LIMIT};
            break;
        }
        ir_run_phis(&frame, next, ir_edge_number(function, block, next));
        block = next;
    }
    run->depth--;
    free(frame.slots);
    free(frame.scratch);
    free(frame.homes);
    return frame.outcome;
}

#endif
