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
    execution->landing = (uintptr_t)code_landing;
    return ERROR_NONE;
}

void wasm_store_lend_stack(struct wasm_store *store, void *low, void *end) {
    struct execution *execution = store->execution;
    ASSERT(store->options.is_lent_stack && execution->entry_count == 0);
    execution->code_stack_low = low;
    execution->code_stack_end = end;
    execution->code_stack = end;
    execution->landing = (uintptr_t)code_landing;
}

void code_stack_destroy(struct wasm_store *store) {
    const struct wasm_host *host = store->engine->host;
    struct execution *execution = store->execution;
    if (execution->code_stack_low == NULL || store->options.is_lent_stack) {
        return;
    }
    uint64_t bytes = (uint64_t)(execution->code_stack_end - execution->code_stack_low);
    host->unreserve(host->context, execution->code_stack_low - CODE_STACK_GUARD_BYTES, (size_t)(CODE_STACK_GUARD_BYTES + bytes));
    budget_refund(store->budget, bytes);
    execution->code_stack_low = NULL;
}

/* ---- Backtraces ---- */

struct code_place code_place_left(const uint8_t *code_stack) {
    return (struct code_place){.instruction = (uintptr_t)bytes_load_u64(code_stack), .stack = code_stack + 8, .is_return = true};
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
        const uint8_t *start = code->region + record->offset, *at = (const uint8_t *)place.instruction;
        uint32_t offset = (uint32_t)(at - start);
        /* The stubs behind the code are no function; whoever called one is next. */
        bool is_function = offset < record->code_bytes;
        if (is_function) {
            frames_add(trap, code->module, record, site);
        }
        bool has_frame =
            is_function && offset >= record->prologue_bytes && (place.is_return || !code_has_left_frame(start, record->code_bytes, offset));
        const uint8_t *link = place.stack + (has_frame ? record->frame_bytes : 0);
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
            /* Where accesses are checked, they fault at the end of memory, wherever they would have been. */
            if (!store->engine->compile_options.check_bounds)
                trap->address = fault->address - (uintptr_t)memory->base;
            return WASM_TRAP_MEMORY_BOUNDS;
        }
    }
    panic("compiled code reached outside of every linear memory", __FILE__, __LINE__);
}

void runtime_fault(struct execution *execution) {
    const struct wasm_fault *fault = &execution->fault;
    struct wasm_trap *trap = &execution->store->trap;
    struct code_place place = {.instruction = fault->instruction, .stack = (const uint8_t *)fault->stack};
    store_trap(execution->store, WASM_TRAP_STOPPED);
    if (!fault->is_interrupt) {
        trap->kind = fault_kind(execution, fault, trap);
    }
    execution_backtrace(execution, &place, trap);
    execution->outcome = ERROR_TRAP;
}

/* ---- Calls ---- */

enum error code_call(struct wasm_function *function, const union wasm_value *arguments, union wasm_value *results) {
    const struct wasm_function_type *type = function->type;
    const struct wasm_host *host = function->store->engine->host;
    struct execution *execution = function->store->execution;
    struct signature_places places;
    signature_begin(&places);
    uint64_t stack_bytes = signature_stack_bytes(type);
    uint64_t free_bytes = (uint64_t)(execution->code_stack - execution->code_stack_low);
    if (execution->entry_count >= LIMIT_HOST_CALLS || free_bytes < stack_bytes + 64) {
        return store_trap(function->store, WASM_TRAP_STACK_EXHAUSTED);
    }
    struct code_entry entry; /* registers without a parameter get what happens to be there: nobody reads them */
    entry.function = function;
    entry.thread = host->thread(host->context);
    entry.stack = (uint8_t *)((uintptr_t)(execution->code_stack - stack_bytes) & ~(uintptr_t)15);
    struct signature_registers registers = {entry.registers.general, entry.registers.vector, entry.stack};
    for (uint32_t index = 0; index < type->parameter_count; index++) {
        signature_put(&registers, signature_parameter(&places, type->types[index]), type->types[index], &arguments[index]);
    }
    enum error error = code_enter(&entry);
    if (error != ERROR_NONE) {
        return error;
    }
    signature_results(&places);
    const uint8_t *types = type->types + type->parameter_count;
    for (uint32_t index = 0; index < type->result_count; index++) {
        signature_get(&registers, signature_result(&places, types[index]), types[index], &results[index]);
    }
    return ERROR_NONE;
}

/* wasm_enter where there is no compiled code to enter: the host's functions, and stores that interpret. */
static struct wasm_outcome call_words(uint64_t a, uint64_t b, uint64_t c, const struct wasm_entry *entry, struct wasm_thread *thread) {
    (void)thread;
    union wasm_value arguments[WASM_ENTRY_PARAMETERS_MAX] = {{.i64 = a}, {.i64 = b}, {.i64 = c}}, result = {0};
    enum error error = wasm_call(entry->function, arguments, &result);
    const struct wasm_function_type *type = entry->function->type;
    bool is_narrow = type->result_count == 1 && type->types[type->parameter_count] == WASM_I32;
    return (struct wasm_outcome){.value = is_narrow ? result.i32 : result.i64, .error = error};
}

enum error wasm_entry_prepare(struct wasm_function *function, struct wasm_entry *out) {
    const struct wasm_function_type *type = function->type;
    if (type->parameter_count > WASM_ENTRY_PARAMETERS_MAX || type->result_count > 1) {
        return ERROR_UNSUPPORTED;
    }
    for (uint32_t index = 0; index < (uint32_t)type->parameter_count + type->result_count; index++) {
        if (type->types[index] == WASM_F32 || type->types[index] == WASM_F64 || type->types[index] == WASM_V128) {
            return ERROR_UNSUPPORTED;
        }
    }
    bool has_code = function->host_call == NULL && function->store->options.compile;
    *out = (struct wasm_entry){.enter = call_words, .function = function, .execution = function->store->execution};
    if (has_code) {
        out->enter = code_enter_words;
        out->instance = function->instance;
        out->memory_base = function->instance->memory_bases[0];
    }
    for (uint32_t index = 0; index < type->parameter_count; index++) {
        out->masks[index] = type->types[index] == WASM_I32 ? UINT32_MAX : UINT64_MAX;
    }
    return ERROR_NONE;
}
