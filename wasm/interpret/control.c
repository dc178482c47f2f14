/* Handlers of control flow: branches, calls, returns, moves between slots.
   Loops and calls look at execution->stop, so that a computation can be ended from outside. Branches look at it too when
   they are taken, which every loop does. */
#include "base/assert.h"
#include "wasm/interpret/control.h"

/* ---- Branches: pointer = target ---- */

const struct operation *handle_unreachable(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)frame;
    return operation_trap(op, execution, WASM_TRAP_UNREACHABLE);
}

const struct operation *handle_branch(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)frame;
    return execution_stop_wanted(execution) ? operation_trap(op, execution, WASM_TRAP_STOPPED) : op->pointer;
}

/* b = condition. */
const struct operation *handle_branch_if(const struct operation *op, union slot *frame, struct execution *execution) {
    return frame[op->b].u32 != 0 ? handle_branch(op, frame, execution) : op + 1;
}

const struct operation *handle_branch_unless(const struct operation *op, union slot *frame, struct execution *execution) {
    return frame[op->b].u32 == 0 ? handle_branch(op, frame, execution) : op + 1;
}

/* b = index, c = number of targets without the default; as many operations and one more follow, each a way to a target. */
const struct operation *handle_branch_table(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    uint32_t index = frame[op->b].u32;
    return op + 1 + (index < op->c ? index : op->c);
}

/* ---- Returns: a = slot of the link ---- */

static const struct operation *function_leave(const struct frame_link *link, struct execution *execution) {
    execution->frame = link->frame;
    execution->function = link->function;
    if (LIKELY(link->function != NULL)) {
        execution->memory_bases = link->function->instance->memory_bases;
    }
    return link->operation;
}

const struct operation *handle_return_none(const struct operation *op, union slot *frame, struct execution *execution) {
    return function_leave(frame_link_at(frame, op->a), execution);
}

/* b = the result's slot. */
const struct operation *handle_return_one(const struct operation *op, union slot *frame, struct execution *execution) {
    struct frame_link link = *frame_link_at(frame, op->a);
    frame[0] = frame[op->b];
    return function_leave(&link, execution);
}

/* b = the first result's slot, c = number of slots. */
const struct operation *handle_return_many(const struct operation *op, union slot *frame, struct execution *execution) {
    struct frame_link link = *frame_link_at(frame, op->a);
    memmove(frame, frame + op->b, op->c * sizeof *frame);
    return function_leave(&link, execution);
}

/* ---- Calls: a = slot of the first argument, where the results will be ---- */

/* Makes the code of a function; false after a trap. */
static bool function_translate(struct wasm_function *function, struct execution *execution) {
    enum error error = translate_function(function);
    if (error == ERROR_NONE) {
        return true;
    }
    operation_trap(execution->at, execution, error == ERROR_TRAP ? WASM_TRAP_STOPPED : WASM_TRAP_NO_MEMORY);
    return false;
}

const struct operation *function_enter(struct wasm_function *function, union slot *frame, const struct frame_link *link,
                                       struct execution *execution) {
    if (UNLIKELY(function->code == NULL) && !function_translate(function, execution)) {
        return NULL;
    }
    const struct function_code *code = function->code;
    if (UNLIKELY(!execution_has_room(execution, frame, code->frame_slots))) {
        enum error error = execution_make_room(execution, frame, code->frame_slots);
        if (error != ERROR_NONE) {
            return operation_trap(execution->at, execution, room_trap_kind(error));
        }
    }
    for (uint32_t slot = code->parameter_slots; slot < code->local_slots; slot++) {
        frame[slot].u64 = 0;
    }
    *frame_link_at(frame, code->local_slots) = *link;
    execution->frame = frame;
    execution->function = function;
    execution->memory_bases = function->instance->memory_bases;
    return code->operations;
}

/* A call from WASM, of any kind of function; `next` is where it returns to. */
static const struct operation *call_function(const struct operation *next, struct wasm_function *function, union slot *slots,
                                             struct execution *execution) {
    if (function_leaves(function)) {
        return execution_call_host(function, slots, execution->at, execution) == ERROR_NONE ? next : NULL;
    }
    if (execution_stop_wanted(execution)) {
        return operation_trap(execution->at, execution, WASM_TRAP_STOPPED);
    }
    struct frame_link link = {.operation = next, .frame = execution->frame, .function = execution->function};
    return function_enter(function, slots, &link, execution);
}

/* pointer = function of an instance. */
const struct operation *handle_call(const struct operation *op, union slot *frame, struct execution *execution) {
    struct wasm_function *function = (struct wasm_function *)op->pointer;
    execution->at = op;
    if (execution_stop_wanted(execution)) {
        return operation_trap(op, execution, WASM_TRAP_STOPPED);
    }
    struct frame_link link = {.operation = op + 1, .frame = frame, .function = execution->function};
    return function_enter(function, frame + op->a, &link, execution);
}

/* pointer = function of the host. */
const struct operation *handle_call_host(const struct operation *op, union slot *frame, struct execution *execution) {
    execution->at = op;
    return call_function(op + 1, (struct wasm_function *)op->pointer, frame + op->a, execution);
}

/* The function that an indirect call means, or NULL after a trap. pointer = type, b = index; the next operation is data:
   pointer = table. */
static struct wasm_function *indirect_function(const struct operation *op, const union slot *frame, struct execution *execution) {
    const struct wasm_table *table = op[1].pointer;
    uint32_t index = frame[op->b].u32;
    execution->at = op;
    if (UNLIKELY(index >= table->call_size)) {
        operation_trap(op, execution, WASM_TRAP_UNDEFINED_ELEMENT);
        return NULL;
    }
    struct wasm_function *function = table_callee(table, index);
    if (UNLIKELY(function == NULL)) {
        operation_trap(op, execution, WASM_TRAP_UNINITIALIZED_ELEMENT);
    } else if (LIKELY(function->type == op->pointer)) {
        return function;
    } else {
        operation_trap(op, execution, WASM_TRAP_INDIRECT_CALL_TYPE);
    }
    return NULL;
}

const struct operation *handle_call_indirect(const struct operation *op, union slot *frame, struct execution *execution) {
    struct wasm_function *function = indirect_function(op, frame, execution);
    return function != NULL ? call_function(op + 2, function, frame + op->a, execution) : NULL;
}

/* A call in place of the running frame: arguments, or the results of a host function, go to its start. */
static const struct operation *tail_call_function(const struct operation *op, struct wasm_function *function, struct execution *execution) {
    union slot *frame = execution->frame;
    const struct function_code *code = execution->function->code;
    struct frame_link link = *frame_link_at(frame, code->local_slots);
    const struct wasm_function_type *type = function->type;
    if (function_leaves(function)) {
        if (execution_call_host(function, frame + op->a, op, execution) != ERROR_NONE) {
            return NULL;
        }
        memmove(frame, frame + op->a, types_slots(type->types + type->parameter_count, type->result_count) * sizeof *frame);
        return function_leave(&link, execution);
    }
    if (execution_stop_wanted(execution)) {
        return operation_trap(op, execution, WASM_TRAP_STOPPED);
    }
    if (function->code == NULL && !function_translate(function, execution)) {
        return NULL;
    }
    enum error error = execution_make_room(execution, frame, function->code->frame_slots);
    if (error != ERROR_NONE) {
        return operation_trap(op, execution, room_trap_kind(error));
    }
    memmove(frame, frame + op->a, function->code->parameter_slots * sizeof *frame);
    return function_enter(function, frame, &link, execution);
}

/* pointer = function. */
const struct operation *handle_tail_call(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)frame;
    execution->at = op;
    return tail_call_function(op, (struct wasm_function *)op->pointer, execution);
}

const struct operation *handle_tail_call_indirect(const struct operation *op, union slot *frame, struct execution *execution) {
    struct wasm_function *function = indirect_function(op, frame, execution);
    return function != NULL ? tail_call_function(op, function, execution) : NULL;
}

/* ---- Moves: a = to, b = from ---- */

const struct operation *handle_constant(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    frame[op->a].u64 = op->immediate;
    return op + 1;
}

const struct operation *handle_copy(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    frame[op->a] = frame[op->b];
    return op + 1;
}

const struct operation *handle_copy_wide(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    memmove(&frame[op->a], &frame[op->b], 2 * sizeof *frame);
    return op + 1;
}

/* c = number of slots. */
const struct operation *handle_copy_many(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    memmove(&frame[op->a], &frame[op->b], op->c * sizeof *frame);
    return op + 1;
}

/* b, c = values, d = condition. */
const struct operation *handle_select(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    frame[op->a] = frame[frame[op->d].u32 != 0 ? op->b : op->c];
    return op + 1;
}

const struct operation *handle_select_wide(const struct operation *op, union slot *frame, struct execution *execution) {
    (void)execution;
    memmove(&frame[op->a], &frame[frame[op->d].u32 != 0 ? op->b : op->c], 2 * sizeof *frame);
    return op + 1;
}
