/* Calls into compiled code: parameters into registers and back, faults into traps, frames into backtraces. */
#include "base/bits.h"
#include "wasm/code/call.h"
#include "base/assert.h"
#include "wasm/code/entry.h"
#include "wasm/code/module_code.h"
#include "wasm/code/signature.h"
#include "wasm/interpret/interpret.h"

#define STACK_BYTES_DEFAULT (16u << 20)
#define STACK_BYTES_LEAST   (64u << 10)
#define STUB_FRAME_BYTES    184u /* offsets.h, SAVED_BYTES: below the return address of a call that left for C */

/* ---- The stack ---- */

/* The whole stack is committed at the start, so that a call cannot fail for want of it: where nobody says how large it is, it takes at most
   an eighth of what the budget has left. */
static uint64_t stack_bytes_wanted(const struct wasm_store *store) {
    uint64_t share = budget_left(store->budget) / 8;
    uint64_t wanted = share < STACK_BYTES_DEFAULT ? share : STACK_BYTES_DEFAULT;
    if (store->options.stack_bytes != 0) {
        wanted = store->options.stack_bytes;
    }
    return round_up(wanted < STACK_BYTES_LEAST ? STACK_BYTES_LEAST : wanted, WASM_PAGE_SIZE);
}

enum error code_stack_create(struct wasm_store *store) {
    const struct wasm_host *host = store->engine->host;
    struct execution *execution = store->execution;
    uint64_t bytes = stack_bytes_wanted(store);
    void *reserved;
    if (budget_charge(store->budget, bytes) != ERROR_NONE) {
        return ERROR_NO_MEMORY;
    }
    if (host->reserve(host->context, (size_t)(CODE_STACK_GUARD_BYTES + bytes), &reserved) != ERROR_NONE) {
        budget_refund(store->budget, bytes);
        return ERROR_NO_MEMORY;
    }
    uint8_t *low = (uint8_t *)reserved + CODE_STACK_GUARD_BYTES;
    if (host->commit(host->context, low, (size_t)bytes) != ERROR_NONE) {
        host->unreserve(host->context, reserved, (size_t)(CODE_STACK_GUARD_BYTES + bytes));
        budget_refund(store->budget, bytes);
        return ERROR_NO_MEMORY;
    }
    execution->code_stack_low = low;
    execution->code_stack_end = low + bytes;
    execution->code_stack = execution->code_stack_end;
    return ERROR_NONE;
}

void code_stack_destroy(struct wasm_store *store) {
    const struct wasm_host *host = store->engine->host;
    struct execution *execution = store->execution;
    if (execution->code_stack_low == NULL) {
        return;
    }
    uint64_t bytes = (uint64_t)(execution->code_stack_end - execution->code_stack_low);
    host->unreserve(host->context, execution->code_stack_low - CODE_STACK_GUARD_BYTES, (size_t)(CODE_STACK_GUARD_BYTES + bytes));
    budget_refund(store->budget, bytes);
    execution->code_stack_low = NULL;
}

/* ---- Backtraces ---- */

struct code_place code_place_left(const uint8_t *code_stack) {
    uint64_t address = bytes_load_u64(code_stack + STUB_FRAME_BYTES);
    return (struct code_place){.instruction = (uintptr_t)address, .stack = code_stack + STUB_FRAME_BYTES + 8, .is_return = true};
}

/* The function whose body has an offset; bodies stand in the order of their functions. */
static uint32_t function_at(const struct wasm_module *module, uint32_t source) {
    uint32_t low = module->imported_function_count, high = module->function_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (module->functions[middle].body_offset <= source) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static void frame_add(struct wasm_trap *trap, const struct wasm_module *module, uint32_t source) {
    if (trap->frame_count < WASM_TRAP_FRAMES_MAX) {
        trap->frames[trap->frame_count] = (struct wasm_frame){.module = module, .function_index = function_at(module, source), .offset = source};
    }
    trap->frame_count++;
}

/* What stands at an address: the function, and around it those that it was inlined into. */
static void frames_add(struct wasm_trap *trap, const struct wasm_module *module, const struct code_record *record, const struct code_site *site) {
    const struct code_site *end = record->sites + record->site_count;
    if (site == NULL) {
        frame_add(trap, module, module->functions[record->function].body_offset);
        return;
    }
    do {
        frame_add(trap, module, site->source);
        site++;
    } while (site < end && site->kind == CODE_SITE_INLINED);
}

void code_backtrace(const struct wasm_engine *engine, struct code_place place, struct wasm_trap *trap) {
    for (;;) {
        const struct module_code *code;
        const struct code_record *record = engine_code_at(engine, place.instruction, &code);
        if (record == NULL) {
            return;
        }
        const struct code_site *site = code_site_at(code, record, place.instruction);
        frames_add(trap, code->module, record, site);
        uint32_t offset = (uint32_t)(place.instruction - (uintptr_t)code->region) - record->offset;
        const uint8_t *link = place.stack + (offset < record->prologue_bytes ? 0 : record->frame_bytes);
        place = (struct code_place){.instruction = (uintptr_t)bytes_load_u64(link), .stack = link + 8, .is_return = true};
    }
}

/* ---- Faults ---- */

/* What a fault in compiled code is: its site says so, but for an access below the stack. */
static enum wasm_trap_kind fault_kind(const struct execution *execution, const struct wasm_fault *fault, struct wasm_trap *trap) {
    const struct wasm_store *store = execution->store;
    uintptr_t low = (uintptr_t)execution->code_stack_low;
    if (fault->address - (low - CODE_STACK_GUARD_BYTES) < CODE_STACK_GUARD_BYTES) {
        return WASM_TRAP_STACK_EXHAUSTED;
    }
    const struct module_code *code;
    const struct code_record *record = engine_code_at(store->engine, fault->instruction, &code);
    const struct code_site *site = record != NULL ? code_site_at(code, record, fault->instruction) : NULL;
    if (site == NULL || site->kind == 0) {
        panic("a fault where compiled code has none", __FILE__, __LINE__);
    }
    if (fault->address == 0 || site->kind - 1 != WASM_TRAP_MEMORY_BOUNDS) {
        return (enum wasm_trap_kind)(site->kind - 1);
    }
    LIST_EACH(link, &store->memories) {
        const struct wasm_memory *memory = LIST_ENTRY(link, struct wasm_memory, link);
        if (memory_slot_has(memory, fault->address)) {
            trap->address = fault->address - (uintptr_t)memory->base;
            return WASM_TRAP_MEMORY_BOUNDS;
        }
    }
    panic("compiled code reached outside of every linear memory", __FILE__, __LINE__);
}

static void code_fault(struct execution *execution, const struct wasm_fault *fault) {
    struct wasm_trap *trap = &execution->store->trap;
    struct code_place place = {.instruction = fault->instruction, .stack = (const uint8_t *)fault->stack};
    store_trap(execution->store, WASM_TRAP_STOPPED);
    if (!fault->is_interrupt) {
        trap->kind = fault_kind(execution, fault, trap);
    }
    execution_backtrace(execution, place, trap);
    execution->outcome = ERROR_TRAP;
}

/* ---- Calls ---- */

struct code_run {
    struct code_entry entry;
};

static void code_run(void *argument) {
    struct code_run *run = argument;
    /* Whether it returned or a stub left it: the outcome says so, too. */
    (void)code_enter(&run->entry);
}

/* Compiled code may be left anywhere, and so may the stubs between their last look at the stop flag and compiled code. */
static bool code_may_interrupt(void *argument, uintptr_t instruction) {
    const struct code_run *run = argument;
    const struct module_code *code;
    for (const uintptr_t *range = code_interruptible; range[0] != 0; range += 2) {
        if (instruction >= range[0] && instruction < range[1]) {
            return true;
        }
    }
    return engine_code_at(run->entry.execution->store->engine, instruction, &code) != NULL;
}

/* Enters on the free part of the code stack. Afterwards the outcome is noted. */
static void code_run_guarded(struct execution *execution, struct code_run *run) {
    const struct wasm_host *host = execution->store->engine->host;
    const struct wasm_guard guard = {.run = code_run, .may_interrupt = code_may_interrupt, .argument = run};
    uint8_t *code_stack = execution->code_stack, *host_stack = execution->host_stack;
    uint64_t outer_thread = execution->code_thread;
    struct execution_entry entry;
    execution_entry_push(execution, &entry, true);
    /* First the thread, then the look at the flag, which code_enter does; who stops does it the other way round. */
    __atomic_store_n(&execution->code_thread, host->thread(host->context), __ATOMIC_SEQ_CST);
    struct wasm_fault fault;
    if (!host->guard(host->context, &guard, &fault)) {
        code_fault(execution, &fault);
        execution->code_stack = code_stack;
        execution->host_stack = host_stack;
    }
    __atomic_store_n(&execution->code_thread, outer_thread, __ATOMIC_SEQ_CST);
    execution_entry_pop(execution, &entry);
}

enum error code_call(struct wasm_function *function, const union wasm_value *arguments, union wasm_value *results) {
    const struct wasm_function_type *type = function->type;
    struct execution *execution = function->store->execution;
    struct signature_places places;
    signature_begin(&places);
    uint64_t stack_bytes = signature_stack_bytes(type);
    uint64_t free_bytes = (uint64_t)(execution->code_stack - execution->code_stack_low);
    if (execution->entry_count >= LIMIT_HOST_CALLS || free_bytes < stack_bytes + 64) {
        return store_trap(function->store, WASM_TRAP_STACK_EXHAUSTED);
    }
    struct code_run run = {
        .entry = {.code = function->entry, .instance = function->instance, .execution = execution},
    };
    uint8_t *stack = (uint8_t *)((uintptr_t)(execution->code_stack - stack_bytes) & ~(uintptr_t)15);
    run.entry.memory_base = function->instance->memory_bases[0];
    run.entry.stack = stack;
    run.entry.function = function;
    struct signature_registers registers = {run.entry.general, run.entry.vector, stack};
    for (uint32_t index = 0; index < type->parameter_count; index++) {
        signature_put(&registers, signature_parameter(&places, type->types[index]), type->types[index], &arguments[index]);
    }
    code_run_guarded(execution, &run);
    if (execution->outcome != ERROR_NONE) {
        return execution->outcome;
    }
    signature_results(&places);
    const uint8_t *types = type->types + type->parameter_count;
    for (uint32_t index = 0; index < type->result_count; index++) {
        signature_get(&registers, signature_result(&places, types[index]), types[index], &results[index]);
    }
    return ERROR_NONE;
}
