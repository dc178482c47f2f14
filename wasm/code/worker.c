/* Workers: compiling functions of a module on threads of their own, while the program runs or before it does.

   A worker takes one function after the other: first those that are called by functions that the program has called; then those that are called
   by what it has compiled itself; then, in the order of the module, all others. It compiles into memory of its own, so it waits for nobody, and
   nobody for it: what it shares with others are atomic fields of the slots, and its budget. It maps nothing. */
#include "base/assert.h"
#include "wasm/code/module_code.h"
#include "wasm/code/scratch.h"

/* What most functions need: so much of a worker's memory is one chunk, when that is a small part of it. */
#define CHUNK_BYTES     ((uint64_t)4 << 20)
#define CHUNK_PARTS_MIN 16u

/* A power of two. What has no room is found later, in the order of the module. */
#define CALLEE_COUNT_MAX 256u

struct wasm_worker {
    struct module_code *code;
    struct budget *budget;
    struct budget scratch; /* its root is here, so that no other thread is asked while a function is compiled; closed to stop the worker */
    struct scratch memory; /* what that is made of */
    uint64_t scratch_bytes;
    bool is_stopped; /* atomic */
    /* Own numbers of functions that are called by what this worker compiled: a ring. */
    uint32_t callees[CALLEE_COUNT_MAX];
    uint32_t callee_first, callee_end;
};

/* ---- Which function is next ---- */

static bool slot_is_free(const struct code_slot *slot) {
    return __atomic_load_n(&slot->record, __ATOMIC_RELAXED) == NULL && __atomic_load_n(&slot->state, __ATOMIC_RELAXED) == SLOT_FREE;
}

/* The i-th function that a record calls, by own number. False when there is none of that number: what an image says was not checked. */
static bool callee_of(const struct module_code *code, const struct code_record *record, uint32_t i, uint32_t *number) {
    const struct wasm_module *module = code->module;
    *number = record->relocations[i].function - module->imported_function_count;
    return *number < module->function_count - module->imported_function_count;
}

void module_code_expect(struct module_code *code, const struct code_record *record) {
    uint32_t number;
    for (uint32_t i = 0; i < record->relocation_count; i++) {
        if (callee_of(code, record, i, &number) && !code->slots[number].is_expected && slot_is_free(&code->slots[number])) {
            code->slots[number].is_expected = true;
            code->expected[code->expected_count] = number;
            __atomic_store_n(&code->expected_count, code->expected_count + 1, __ATOMIC_RELEASE);
        }
    }
}

static bool expected_take(struct module_code *code, uint32_t *number) {
    uint32_t index = __atomic_load_n(&code->expected_taken, __ATOMIC_RELAXED);
    while (index < __atomic_load_n(&code->expected_count, __ATOMIC_ACQUIRE)) {
        if (__atomic_compare_exchange_n(&code->expected_taken, &index, index + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            *number = code->expected[index];
            return true;
        }
    }
    return false;
}

static void callees_add(struct wasm_worker *worker, const struct code_record *record) {
    const struct module_code *code = worker->code;
    uint32_t number;
    for (uint32_t i = 0; i < record->relocation_count && worker->callee_end - worker->callee_first < CALLEE_COUNT_MAX; i++) {
        if (callee_of(code, record, i, &number) && slot_is_free(&code->slots[number])) {
            worker->callees[worker->callee_end++ % CALLEE_COUNT_MAX] = number;
        }
    }
}

static bool callees_take(struct wasm_worker *worker, uint32_t *number) {
    if (worker->callee_first == worker->callee_end) {
        return false;
    }
    *number = worker->callees[worker->callee_first++ % CALLEE_COUNT_MAX];
    return true;
}

static bool rest_take(struct module_code *code, uint32_t *number) {
    const uint32_t count = code->module->function_count - code->module->imported_function_count;
    *number = __atomic_load_n(&code->next, __ATOMIC_RELAXED);
    while (*number < count) {
        if (__atomic_compare_exchange_n(&code->next, number, *number + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
            return true;
        }
    }
    return false;
}

static bool slot_take(struct code_slot *slot) {
    uint8_t state = SLOT_FREE;
    return slot_is_free(slot) && __atomic_compare_exchange_n(&slot->state, &state, SLOT_TAKEN, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Takes a function that nobody compiles. False when there is none. */
static bool function_take(struct wasm_worker *worker, uint32_t *function) {
    struct module_code *code = worker->code;
    uint32_t number;
    while (expected_take(code, &number) || callees_take(worker, &number) || rest_take(code, &number)) {
        if (slot_take(&code->slots[number])) {
            *function = code->module->imported_function_count + number;
            return true;
        }
    }
    return false;
}

/* ---- Workers ---- */

static void memory_begin(struct wasm_worker *worker, const struct memory_source *source) {
    const uint64_t chunk_bytes = worker->scratch_bytes / CHUNK_PARTS_MIN >= CHUNK_BYTES ? CHUNK_BYTES : 0;
    const uint64_t taken = scratch_begin(&worker->memory, source, chunk_bytes);
    budget_init_root(&worker->scratch, &worker->memory.source, worker->scratch_bytes - taken);
}

enum error wasm_worker_create(struct wasm_module *module, struct budget *budget, uint64_t scratch_bytes, struct wasm_worker **out) {
    struct module_code *code = NULL;
    enum error error = module_code_get(module, &code);
    if (error != ERROR_NONE) {
        return error;
    }
    struct wasm_worker *worker = budget_allocate_zeroed(budget, 1, sizeof *worker);
    if (worker == NULL || budget_charge(budget, scratch_bytes) != ERROR_NONE) {
        budget_release(budget, worker, worker == NULL ? 0 : sizeof *worker);
        return ERROR_NO_MEMORY;
    }
    worker->code = code;
    worker->budget = budget;
    worker->scratch_bytes = scratch_bytes;
    memory_begin(worker, budget->source);
    if (code->worker_count++ == 0) {
        code->next = 0; /* what earlier workers had no room for is tried again */
    }
    *out = worker;
    return ERROR_NONE;
}

void wasm_worker_destroy(struct wasm_worker *worker) {
    struct budget *budget = worker->budget;
    ASSERT(worker->code->worker_count > 0);
    worker->code->worker_count--;
    budget_end(&worker->scratch);
    scratch_end(&worker->memory);
    budget_refund(budget, worker->scratch_bytes);
    budget_release(budget, worker, sizeof *worker);
}

void wasm_worker_stop(struct wasm_worker *worker) {
    __atomic_store_n(&worker->is_stopped, true, __ATOMIC_RELAXED);
    budget_set_closed(&worker->scratch, true);
}

static bool worker_is_stopped(const struct wasm_worker *worker) {
    return __atomic_load_n(&worker->is_stopped, __ATOMIC_RELAXED);
}

/* Compiles a function that was taken. */
static enum error worker_compile(struct wasm_worker *worker, uint32_t function, struct code_record **out) {
    struct module_code *code = worker->code;
    struct code compiled;
    enum error error = compile_function(code->module, function, &code->engine->compile_options, &worker->scratch, &compiled);
    if (error == ERROR_NONE) {
        *out = code_record_make(worker->budget, function, &compiled, true);
        error = *out == NULL ? ERROR_NO_MEMORY : ERROR_NONE;
        code_release(&compiled);
    }
    return error;
}

enum error wasm_worker_step(struct wasm_worker *worker) {
    struct module_code *code = worker->code;
    struct code_record *record = NULL;
    uint32_t function;
    if (worker_is_stopped(worker) || !function_take(worker, &function)) {
        return ERROR_NOT_FOUND;
    }
    enum error error = worker_compile(worker, function, &record);
    if (error == ERROR_NONE) {
        callees_add(worker, module_code_publish(code, record));
        return ERROR_NONE;
    }
    struct code_slot *slot = module_code_slot(code, function);
    __atomic_store_n(&slot->state, error == ERROR_LIMIT ? SLOT_REFUSED : SLOT_FREE, __ATOMIC_RELAXED);
    if (error != ERROR_LIMIT) {
        return worker_is_stopped(worker) ? ERROR_NOT_FOUND : error;
    }
    return ERROR_NONE;
}
