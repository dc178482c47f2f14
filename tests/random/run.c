/* Running random modules: see run.h. The provider is instantiated first, then the user; then each function that they export is called with
   usual and with odd arguments. */
#include "tests/random/run.h"

#include "base/assert.h"
#include "platform/linux/host.h"
#include "tests/random/module.h"
#include "tests/random/watch.h"
#include "tests/support/support.h"
#include "wasm/opcode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FUEL = 40, ROUNDS = 2, NEAR_BYTES = 4096, EVENTS_AROUND = 8, FRAMES_NOTED = 16, SCRATCH_BYTES = 64 << 20 };

struct run {
    struct trace *trace;
    struct wasm_store *store;
    const struct pair *pair;
    struct wasm_instance *provider, *user;
    bool watches;
};

static void note(struct trace *trace, const char *what, uint32_t place, uint64_t value) {
    if (trace->count < EVENTS_MAX && !trace->is_exhausted) {
        trace->events[trace->count++] = (struct event){what, place, value};
    }
}

static uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

/* ---- Values ---- */

/* Addresses differ from run to run. */
static uint64_t reference_number(const struct run *run, uint8_t type, const void *reference) {
    const struct wasm_function *function = reference;
    if (reference == NULL || type == WASM_EXTERNREF) {
        return (uint64_t)(uintptr_t)reference;
    }
    return 1 + function->index + (function->instance == NULL ? 3000u : function->instance == run->provider ? 1000u : 2000u);
}

static uint64_t value_hash(const struct run *run, uint8_t type, const union wasm_value *value) {
    switch (type) {
    case WASM_I32:
    case WASM_F32: return value->i32;
    case WASM_I64:
    case WASM_F64: return value->i64;
    case WASM_V128: return mix(mix(1, bytes_load_u64(value->v128)), bytes_load_u64(value->v128 + 8));
    default: return reference_number(run, type, value->reference);
    }
}

static void value_give(uint8_t type, uint64_t *random, union wasm_value *out) {
    static const uint64_t usual[] = {0,  1,      UINT64_MAX,         1ull << 63,         0x80000000u, 0x7FFFFFFF,
                                     42, 0xFFF8, 0x3FF0000000000000, 0x3F8000004048F5C3, 64,          31};
    *out = (union wasm_value){0};
    uint64_t low = plan_chance(random, 700) ? usual[plan_choose(random, sizeof(usual) / sizeof(*usual))] : support_random(random);
    out->i64 = low;
    if (type == WASM_I32 || type == WASM_F32) {
        out->i64 = 0;
        out->i32 = (uint32_t)low;
    } else if (type == WASM_V128) {
        bytes_store_u64(out->v128 + 8, support_random(random));
    } else if (type == WASM_FUNCREF) {
        out->reference = NULL;
    } else if (type == WASM_EXTERNREF) {
        out->reference = (void *)(uintptr_t)(low & 0xFF);
    }
}

/* ---- The host ---- */

struct host_function {
    struct run *run;
    const struct wasm_function_type *type;
    uint32_t number;
};

static enum error host_call(void *context, struct wasm_instance *caller, const union wasm_value *arguments, union wasm_value *results) {
    const struct host_function *host = context;
    uint64_t hash = host->number;
    (void)caller;
    for (uint32_t index = 0; index < host->type->parameter_count; index++) {
        hash = mix(hash, value_hash(host->run, host->type->types[index], &arguments[index]));
    }
    note(host->run->trace, "host", host->number, hash);
    for (uint32_t index = 0; index < host->type->result_count; index++) {
        value_give(host->type->types[host->type->parameter_count + index], &hash, &results[index]);
    }
    return ERROR_NONE;
}

static enum error import_resolve(void *context, const struct wasm_import *import, struct wasm_extern *out) {
    struct run *run = context;
    if (import->module.data[0] == 'p') {
        return wasm_instance_find_export(run->provider, import->name, out) ? ERROR_NONE : ERROR_NOT_FOUND;
    }
    struct host_function *host = arena_allocate(&run->store->arena, sizeof(*host));
    ASSERT(host != NULL);
    *host = (struct host_function){run, import->type.function, import->name.data[0]};
    out->kind = WASM_KIND_FUNCTION;
    return wasm_function_create(run->store, import->type.function, host_call, host, &out->function);
}

/* ---- What is seen ---- */

static uint64_t bytes_hash(const uint8_t *bytes, size_t size) {
    uint64_t hash = size;
    for (size_t at = 0; at < size; at += 8) {
        hash = mix(hash, bytes_load_u64(bytes + at));
    }
    return hash;
}

static void memory_note(const struct run *run, const struct wasm_memory *memory, uint32_t number, bool whole) {
    size_t size = (size_t)wasm_memory_pages(memory) * WASM_PAGE_SIZE;
    if (size == 0) {
        note(run->trace, "memory", number, 0);
        return;
    }
    const uint8_t *bytes = wasm_memory_range(memory, 0, size, WASM_ACCESS_READ);
    note(run->trace, "size", number, size);
    if (whole) {
        note(run->trace, "memory", number, bytes_hash(bytes, size));
    } else {
        note(run->trace, "near", number, bytes_hash(bytes, NEAR_BYTES));
        note(run->trace, "far", number, bytes_hash(bytes + WASM_PAGE_SIZE - NEAR_BYTES, NEAR_BYTES));
    }
}

static void instance_note(const struct run *run, const struct wasm_instance *instance, const struct plan *plan, bool whole) {
    for (uint32_t index = 0; index < plan->global_count; index++) {
        note(run->trace, "global", index, value_hash(run, plan->globals[index].type, &instance->globals[index]->value));
    }
    for (uint32_t index = 0; index < plan->memory_count; index++) {
        memory_note(run, instance->memories[index], index, whole);
    }
    for (uint32_t index = 0; index < plan->table_count; index++) {
        const struct wasm_table *table = instance->tables[index];
        uint64_t hash = table->size;
        for (uint32_t element = 0; element < table->size; element++) {
            hash = mix(hash, reference_number(run, table->element_type, table->elements[element]));
        }
        note(run->trace, "table", index, hash);
    }
}

/* In compiled code a tail call across instances keeps its frame, in the interpreter it does not: such frames are not noted. */
static bool frame_is_tail_call(const struct wasm_frame *frame) {
    if (frame->module == NULL) {
        return false;
    }
    uint8_t opcode = wasm_module_bytes(frame->module).data[frame->offset];
    return opcode == OP_RETURN_CALL || opcode == OP_RETURN_CALL_INDIRECT;
}

static void trap_note(const struct run *run) {
    const struct wasm_trap *trap = wasm_store_trap(run->store);
    run->trace->traps++;
    if (trap->kind == WASM_TRAP_STACK_EXHAUSTED) {
        note(run->trace, "exhausted", 0, 0);
        run->trace->is_exhausted = true;
        return;
    }
    note(run->trace, wasm_trap_text(trap->kind), 0, 0);
    uint32_t noted = 0; /* a trap keeps its innermost frames only, and those of tail calls are among them */
    for (uint32_t index = 0; index < trap->frame_count && index < WASM_TRAP_FRAMES_MAX && noted < FRAMES_NOTED; index++) {
        const struct wasm_frame *frame = &trap->frames[index];
        const char *where = frame->module == NULL ? "in the host" : frame->module == run->provider->module ? "in provider" : "in user";
        if (index == 0 || !frame_is_tail_call(frame)) {
            note(run->trace, where, frame->function_index, frame->offset);
            noted++;
        }
    }
}

/* ---- Accesses ---- */

/* A memory of the two instances, by its place in the slot: addresses of the host differ from run to run. */
static void access_note(void *context, enum watch_kind kind, uint32_t width, uintptr_t address) {
    static const char *const names[] = {[WATCH_READ] = "load", [WATCH_WRITE] = "store", [WATCH_UPDATE] = "store"};
    const struct run *run = context;
    const struct wasm_instance *instances[] = {run->provider, run->user};
    const struct plan *plans[] = {&run->pair->provider, &run->pair->user};
    for (uint32_t instance = 0; instance < 2; instance++) {
        for (uint32_t index = 0; index < plans[instance]->memory_count; index++) {
            const struct wasm_memory *memory = instances[instance]->memories[index];
            uint64_t place = address - (uintptr_t)memory->base;
            if (place >= memory->size_bytes) {
                continue;
            }
            if (kind == WATCH_UPDATE) {
                note(run->trace, "load", width, place);
            }
            note(run->trace, names[kind], width, place);
            return;
        }
    }
}

static void watch_instance(const struct wasm_instance *instance, uint32_t memory_count) {
    for (uint32_t index = 0; index < memory_count; index++) {
        watch_add(instance->memories[index]->base, instance->memories[index]->size_bytes);
    }
}

/* ---- Calls ---- */

static void function_call(const struct run *run, struct wasm_function *function, uint64_t *random) {
    const struct wasm_function_type *type = wasm_function_type(function);
    union wasm_value arguments[PLAN_VALUES_MAX], results[PLAN_VALUES_MAX];
    for (uint32_t index = 0; index < type->parameter_count; index++) {
        value_give(type->types[index], random, &arguments[index]);
    }
    run->trace->calls++;
    if (run->watches) {
        watch_arm();
    }
    enum error error = wasm_call(function, arguments, results);
    if (run->watches) {
        watch_disarm();
    }
    if (error != ERROR_NONE) {
        trap_note(run);
        return;
    }
    for (uint32_t index = 0; index < type->result_count; index++) {
        note(run->trace, "result", index, value_hash(run, type->types[type->parameter_count + index], &results[index]));
    }
}

static void instance_call(const struct run *run, struct wasm_instance *instance, const struct plan *plan, uint64_t *random) {
    for (uint32_t index = 0; index < plan->function_count; index++) {
        if (plan->functions[index].import != PLAN_OWN) {
            continue;
        }
        run->provider->globals[run->pair->provider.fuel]->value.i32 = FUEL;
        run->user->globals[run->pair->user.fuel]->value.i32 = FUEL;
        note(run->trace, instance == run->provider ? "call of provider" : "call of user", index, 0);
        function_call(run, instance->functions[index], random);
        instance_note(run, instance, plan, false);
    }
}

static void store_run(struct run *run, const struct wasm_module *const modules[2]) {
    struct report report;
    uint64_t random = run->pair->provider.seed ^ 0x63616C6Cu;
    report_init(&report);
    if (wasm_instance_create(run->store, modules[0], import_resolve, run, &report, &run->provider) != ERROR_NONE ||
        wasm_instance_create(run->store, modules[1], import_resolve, run, &report, &run->user) != ERROR_NONE) {
        panic(report.text, __FILE__, __LINE__);
    }
    if (run->watches) {
        watch_begin(access_note, run);
        watch_instance(run->provider, run->pair->provider.memory_count);
        watch_instance(run->user, run->pair->user.memory_count);
    }
    for (uint32_t round = 0; round < ROUNDS; round++) {
        instance_call(run, run->user, &run->pair->user, &random);
        instance_call(run, run->provider, &run->pair->provider, &random);
    }
    if (run->watches) {
        watch_end();
    }
    instance_note(run, run->provider, &run->pair->provider, true);
    instance_note(run, run->user, &run->pair->user, true);
}

/* All functions, before any is called. */
static void module_compile(struct wasm_module *module, struct budget *budget, struct trace *trace) {
    struct wasm_code_summary summary;
    struct wasm_worker *worker;
    enum error error = wasm_worker_create(module, budget, SCRATCH_BYTES, &worker);
    if (error == ERROR_NONE) {
        while ((error = wasm_worker_step(worker)) == ERROR_NONE) {
        }
        wasm_worker_destroy(worker);
    }
    if (error != ERROR_NOT_FOUND) {
        panic("a module was not compiled", __FILE__, __LINE__);
    }
    wasm_module_code_summary(module, &summary);
    trace->compiled += summary.function_count;
    trace->refused += summary.refused_count;
}

static struct wasm_module *module_load(struct wasm_engine *engine, struct budget *budget, const struct build *bytes, const struct way *way,
                                       struct trace *trace) {
    struct report report;
    struct wasm_module *module;
    report_init(&report);
    if (wasm_module_create(engine, budget, build_bytes(bytes), &report, &module) != ERROR_NONE) {
        fprintf(stderr, "offset 0x%llx: ", (unsigned long long)report.offset);
        panic(report.text, __FILE__, __LINE__);
    }
    if (way->compile && !way->lazily) {
        module_compile(module, budget, trace);
    }
    return module;
}

void pair_run(const struct pair *pair, const struct way *way, struct trace *out) {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct run run = {.trace = out, .pair = pair, .watches = way->watches};
    struct wasm_store_options options = {.compile = way->compile};
    out->count = 0;
    out->is_exhausted = false;
    budget_init_root(&budget, support_memory(), BUDGET_UNLIMITED);
    if (host_create(&host) != ERROR_NONE || wasm_engine_create(&host, &budget, &engine) != ERROR_NONE) {
        panic("no engine", __FILE__, __LINE__);
    }
    engine->compile_options = way->options;
    struct wasm_module *provider = module_load(engine, &budget, &pair->provider_bytes, way, out);
    struct wasm_module *user = module_load(engine, &budget, &pair->user_bytes, way, out);
    if (wasm_store_create(engine, &budget, &options, &run.store) != ERROR_NONE) {
        panic("no store", __FILE__, __LINE__);
    }
    store_run(&run, (const struct wasm_module *const[]){provider, user});
    wasm_store_destroy(run.store);
    wasm_module_destroy(user);
    wasm_module_destroy(provider);
    wasm_engine_destroy(engine);
    budget_end(&budget);
}

/* ---- Pairs and traces ---- */

void pair_make(uint64_t seed, struct pair *out) {
    *out = (struct pair){0};
    plan_provider(seed, &out->provider);
    plan_user(seed, &out->provider, &out->user);
    module_write(&out->provider, &out->provider_bytes);
    module_write(&out->user, &out->user_bytes);
}

void pair_end(struct pair *pair) {
    build_end(&pair->provider_bytes);
    build_end(&pair->user_bytes);
}

uint32_t trace_compare(const struct trace *expected, const struct trace *actual) {
    uint32_t count = expected->count < actual->count ? expected->count : actual->count;
    for (uint32_t index = 0; index < count; index++) {
        const struct event *left = &expected->events[index], *right = &actual->events[index];
        if (strcmp(left->what, "exhausted") == 0 || strcmp(right->what, "exhausted") == 0) {
            return UINT32_MAX;
        }
        if (strcmp(left->what, right->what) != 0 || left->place != right->place || left->value != right->value) {
            return index;
        }
    }
    return expected->count == actual->count ? UINT32_MAX : count;
}

static void event_print(const struct event *event) {
    printf("    %s %u: 0x%llx\n", event->what, event->place, (unsigned long long)event->value);
}

void trace_print(const struct trace *trace, uint32_t last) {
    uint32_t first = last < trace->count ? last : trace->count;
    while (first > 0 && strncmp(trace->events[first].what, "call", 4) != 0) {
        first--;
    }
    event_print(&trace->events[first++]);
    first = first + EVENTS_AROUND < last ? last - EVENTS_AROUND : first;
    for (uint32_t index = first; index < last + EVENTS_AROUND && index < trace->count; index++) {
        event_print(&trace->events[index]);
    }
}
