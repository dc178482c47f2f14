/* The computation of a store: its stack, and the calls into it from the host.

   The stack is one reservation whose committed part grows on demand, charged to the store's budget, and is never given
   back before the store ends. Frames of WASM functions lie in it one above the other; the C stack holds only one
   interpreter loop for each nested wasm_call, whose number is limited. */
#include "base/bits.h"
#include "base/assert.h"
#include "wasm/interpret/control.h"
#include "wasm/interpret/interpret.h"
#include "wasm/interpret/operation.h"

#define STACK_BYTES_DEFAULT (16u << 20)
#define STACK_STEP_BYTES    65536u

static uint64_t stack_bytes(const struct execution *execution) {
    return (uint64_t)(execution->stack_end - execution->stack) * sizeof(union slot);
}

static uint64_t committed_bytes(const struct execution *execution) {
    return (uint64_t)(execution->committed_end - execution->stack) * sizeof(union slot);
}

enum error execution_create(struct wasm_store *store) {
    const struct wasm_host *host = store->engine->host;
    struct execution *execution = arena_allocate_zeroed(&store->arena, 1, sizeof *execution);
    if (execution == NULL) {
        return ERROR_NO_MEMORY;
    }
    uint64_t wanted = store->options.stack_bytes == 0 ? STACK_BYTES_DEFAULT : store->options.stack_bytes;
    uint64_t size = round_up(wanted, STACK_STEP_BYTES > host->page_size ? STACK_STEP_BYTES : host->page_size);
    void *stack;
    if (host->reserve(host->context, (size_t)size, &stack) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    execution->store = store;
    execution->stack = stack;
    execution->top = stack;
    execution->committed_end = stack;
    execution->stack_end = execution->stack + size / sizeof(union slot);
    store->execution = execution;
    return store->options.compile && !store->options.is_lent_stack ? code_stack_create(store) : ERROR_NONE;
}

void execution_destroy(struct wasm_store *store) {
    struct execution *execution = store->execution;
    const struct wasm_host *host = store->engine->host;
    ASSERT(execution->entry == NULL);
    code_stack_destroy(store);
    budget_refund(store->budget, committed_bytes(execution));
    host->unreserve(host->context, execution->stack, (size_t)stack_bytes(execution));
    store->execution = NULL;
}

void execution_set_stop(struct execution *execution, bool stop) {
    __atomic_store_n(&execution->stop, stop, __ATOMIC_SEQ_CST);
    /* Compiled code does not look at the flag: it is interrupted. Code that C runs looks at it before it goes back to compiled code. */
    uint64_t thread_id = __atomic_load_n(&execution->thread_id, __ATOMIC_SEQ_CST);
    const struct wasm_host *host = execution->store->engine->host;
    if (stop && thread_id != 0) {
        host->interrupt(host->context, thread_id);
    }
}

enum error execution_make_room(struct execution *execution, const union slot *from, uint64_t slots) {
    if (execution_has_room(execution, from, slots)) {
        return ERROR_NONE;
    }
    if (slots > (uint64_t)(execution->stack_end - from)) {
        return ERROR_LIMIT;
    }
    const struct wasm_host *host = execution->store->engine->host;
    uint64_t unit = STACK_STEP_BYTES > host->page_size ? STACK_STEP_BYTES : host->page_size;
    uint64_t missing = slots - (uint64_t)(execution->committed_end - from);
    uint64_t bytes = round_up(missing * sizeof(union slot), unit);
    struct budget *budget = execution->store->budget;
    if (budget_charge(budget, bytes) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    if (host->commit(host->context, execution->committed_end, (size_t)bytes) != ERROR_NONE) {
        budget_refund(budget, bytes);
        return ERROR_NO_MEMORY;
    }
    execution->committed_end += bytes / sizeof(union slot);
    return ERROR_NONE;
}

/* Adds a frame to the trap, or only counts it when the array is full. */
static void backtrace_add(struct wasm_trap *trap, const struct wasm_function *function, const struct operation *at) {
    if (trap->frame_count < WASM_TRAP_FRAMES_MAX) {
        struct wasm_frame *out = &trap->frames[trap->frame_count];
        *out = (struct wasm_frame){.module = NULL};
        if (function->code != NULL) {
            *out = (struct wasm_frame){
                .module = function->instance->module,
                .function_index = function->index,
                .offset = function->code->sources[at - function->code->operations],
            };
        }
    }
    trap->frame_count++;
}

/* The frames of one computation of the interpreter. */
static void backtrace_interpreted(const struct wasm_function *function, union slot *frame, const struct operation *at, struct wasm_trap *trap) {
    while (function != NULL) {
        backtrace_add(trap, function, at);
        const struct frame_link *link = frame_link_at(frame, function->code->local_slots);
        function = link->function;
        frame = link->frame;
        if (function != NULL) {
            at = link->operation - 1; /* the call, or data of the call, is before the operation it returns to */
        }
    }
}

void execution_backtrace(const struct execution *execution, const struct code_place *place, struct wasm_trap *trap) {
    const struct wasm_function *function = execution->function;
    const struct operation *at = execution->at;
    union slot *frame = execution->frame;
    const uint8_t *code_stack = execution->code_stack;
    trap->frame_count = 0;
    for (const struct execution_entry *entry = execution->entry; entry != NULL; entry = entry->outer) {
        if (entry->code_stack != NULL) {
            code_backtrace(execution->store->engine, place != NULL ? *place : code_place_left(code_stack), trap);
            code_stack = entry->code_stack;
            place = NULL;
            continue;
        }
        const struct interpreted_entry *interpreted = (const struct interpreted_entry *)entry;
        backtrace_interpreted(function, frame, at, trap);
        function = interpreted->function;
        frame = interpreted->frame;
        at = interpreted->at;
    }
}

const struct operation *operation_trap(const struct operation *op, struct execution *execution, enum wasm_trap_kind kind) {
    execution->at = op;
    store_trap(execution->store, kind);
    execution_backtrace(execution, NULL, &execution->store->trap);
    execution->outcome = ERROR_TRAP;
    return NULL;
}

/* The whole interpreter: each handler does one operation and says which is next. */
static void execution_run(void *argument) {
    struct execution *execution = argument;
    const struct operation *op = execution->at;
    while (op != NULL) {
        op = op->run(op, execution->frame, execution);
    }
}

/* An access in [base, base + slot) of a memory faulted: that is the trap; anything else is our own bug. */
static void execution_fault(struct execution *execution, const struct wasm_fault *fault) {
    struct wasm_store *store = execution->store;
    operation_trap(execution->at, execution, WASM_TRAP_MEMORY_BOUNDS);
    LIST_EACH(link, &store->memories) {
        const struct wasm_memory *memory = LIST_ENTRY(link, struct wasm_memory, link);
        if (memory_slot_has(memory, fault->address)) {
            store->trap.address = fault->address - (uintptr_t)memory->base;
            return;
        }
    }
    panic("a fault outside of every linear memory", __FILE__, __LINE__);
}

/* Parameters from values into slots, or back: a v128 takes two slots. Returns the slots that were used. */
static uint32_t values_to_slots(union slot *slots, const union wasm_value *values, const uint8_t *types, uint32_t count) {
    uint32_t slot = 0;
    for (uint32_t index = 0; index < count; index++) {
        bool wide = types[index] == WASM_V128;
        bool narrow = types[index] == WASM_I32 || types[index] == WASM_F32;
        if (wide) {
            memcpy(&slots[slot], values[index].v128, sizeof values[index].v128);
        } else {
            slots[slot].u64 = narrow ? values[index].i32 : values[index].i64;
        }
        slot += wide ? 2 : 1;
    }
    return slot;
}

static uint32_t slots_to_values(union wasm_value *values, const union slot *slots, const uint8_t *types, uint32_t count) {
    uint32_t slot = 0;
    for (uint32_t index = 0; index < count; index++) {
        bool wide = types[index] == WASM_V128;
        memset(&values[index], 0, sizeof values[index]);
        memcpy(&values[index], &slots[slot], wide ? 16 : 8);
        slot += wide ? 2 : 1;
    }
    return slot;
}

/* Begins a computation of the interpreter from C: keeps the state of the outer one. */
static void interpreted_entry_push(struct execution *execution, struct interpreted_entry *entry) {
    *entry = (struct interpreted_entry){
        .entry = {.outer = execution->entry},
        .at = execution->at,
        .frame = execution->frame,
        .function = execution->function,
    };
    execution->entry = &entry->entry;
    execution->entry_count++;
    execution->function = NULL;
    execution->outcome = ERROR_NONE;
}

/* Does not touch the outcome. */
static void interpreted_entry_pop(struct execution *execution, const struct interpreted_entry *entry) {
    execution->entry = entry->entry.outer;
    execution->entry_count--;
    execution->at = entry->at;
    execution->frame = entry->frame;
    execution->function = entry->function;
    execution->memory_bases = entry->function != NULL ? entry->function->instance->memory_bases : NULL;
}

/* Runs a function of an instance on the frame at the top, whose parameters are in place, until it returns or traps. */
static void execution_enter(struct wasm_function *function, struct execution *execution) {
    struct interpreted_entry entry;
    union slot *top = execution->top;
    interpreted_entry_push(execution, &entry);
    struct frame_link link = {.operation = NULL, .frame = NULL, .function = NULL};
    const struct operation *first =
        execution_stop_wanted(execution) ? operation_trap(NULL, execution, WASM_TRAP_STOPPED) : function_enter(function, top, &link, execution);
    if (first != NULL) {
        execution->at = first;
        const struct wasm_host *host = execution->store->engine->host;
        struct wasm_fault fault;
        if (!host->guard(host->context, execution_run, execution, &fault)) {
            execution_fault(execution, &fault);
        }
    }
    interpreted_entry_pop(execution, &entry);
    execution->top = top;
}

enum error execution_call_interpreted(struct wasm_function *function, const union wasm_value *arguments, union wasm_value *results) {
    const struct wasm_function_type *type = function->type;
    struct execution *execution = function->store->execution;
    union slot *slots = execution->top;
    uint32_t parameter_slots = types_slots(type->types, type->parameter_count);
    enum error room = execution->entry_count < LIMIT_HOST_CALLS ? execution_make_room(execution, slots, parameter_slots) : ERROR_LIMIT;
    if (room != ERROR_NONE) {
        return store_trap(function->store, room_trap_kind(room));
    }
    values_to_slots(slots, arguments, type->types, type->parameter_count);
    execution_enter(function, execution);
    if (execution->outcome != ERROR_NONE) {
        return execution->outcome;
    }
    slots_to_values(results, slots, type->types + type->parameter_count, type->result_count);
    return ERROR_NONE;
}

enum error execution_call(struct wasm_function *function, const union wasm_value *arguments, union wasm_value *results) {
    if (function->host_call == NULL) {
        return function->store->options.compile ? code_call(function, arguments, results) : execution_call_interpreted(function, arguments, results);
    }
    enum error error = function->host_call(function->host_context, NULL, arguments, results);
    if (error == ERROR_NONE || error == ERROR_EXIT) {
        return error;
    }
    store_trap(function->store, WASM_TRAP_HOST);
    function->store->trap.host_error = error;
    return ERROR_TRAP;
}

enum error execution_call_host(struct wasm_function *function, union slot *slots, const struct operation *op, struct execution *execution) {
    const struct wasm_function_type *type = function->type;
    struct wasm_function *running = execution->function;
    union slot *top = running->code->frame_slots + execution->frame;
    uint32_t value_count = (uint32_t)type->parameter_count + type->result_count;
    uint64_t value_slots = (uint64_t)value_count * (sizeof(union wasm_value) / sizeof(union slot));
    enum error room = execution_make_room(execution, top, value_slots);
    if (room != ERROR_NONE) {
        operation_trap(op, execution, room_trap_kind(room));
        return ERROR_TRAP;
    }
    union wasm_value *arguments = (union wasm_value *)(void *)top;
    union wasm_value *results = arguments + type->parameter_count;
    slots_to_values(arguments, slots, type->types, type->parameter_count);
    union slot *outer_top = execution->top;
    execution->at = op;
    execution->top = top + value_slots;
    enum error error = function->host_call != NULL ? function->host_call(function->host_context, running->instance, arguments, results)
                                                   : execution_call(function, arguments, results);
    execution->top = outer_top;
    execution->outcome = error;
    if (error == ERROR_NONE && execution_stop_wanted(execution)) {
        operation_trap(op, execution, WASM_TRAP_STOPPED);
        return ERROR_TRAP;
    }
    if (error == ERROR_NONE) {
        values_to_slots(slots, results, type->types + type->parameter_count, type->result_count);
        return ERROR_NONE;
    }
    if (error != ERROR_EXIT && error != ERROR_TRAP) {
        operation_trap(op, execution, WASM_TRAP_HOST);
        execution->store->trap.host_error = error;
    }
    return error;
}
