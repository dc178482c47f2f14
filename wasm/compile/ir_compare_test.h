/* For tests: the same module twice, in two stores of one engine. One runs in the interpreter, the other function by function as SSA (ir_run_test.h),
   after whatever a test does to it; arguments are random, imports are made up. Results, traps, their places, memories,
   globals, tables and what the host was told must be the same at every step. Include it once in a program that has cmocka. */
#ifndef WASM_COMPILE_IR_COMPARE_TEST_H
#define WASM_COMPILE_IR_COMPARE_TEST_H

#include "platform/linux/host.h"
#include "tests/support/support.h"
#include "wasm/compile/ir_run_test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

#define IR_COMPARE_VALUES_MAX 1024
#define IR_COMPARE_FUEL       1000000u
#define IR_COMPARE_MEMORY_MAX (4u << 20) /* as much of a memory is compared */
#define IR_COMPARE_STOP_US    200000     /* for one call in the interpreter */

struct ir_world {
    struct wasm_store *store;
    struct wasm_instance *instance;
    uint64_t told; /* hash of all calls to the host */
    struct ir_host_function {
        struct ir_host_function *next;
        struct ir_world *world;
        const struct wasm_function_type *type;
    } * hosts;
};

struct ir_pair {
    struct wasm_host host;
    struct budget budget;
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct ir_world worlds[2]; /* the interpreter's, and the other */
    uint64_t random;
    const char *name; /* for messages */
    uint32_t function_count, call_count, trap_count, limit_count;
    uint32_t calls;  /* for each function */
    bool deep;       /* calls inside the module are SSA, too */
    bool ends_early; /* the two are no longer the same for a good reason: endless loops, stacks that end at different depths */
    uint32_t next;   /* the function to go on with, in a new pair, when it ended early */
};

/* What a test does to a function between building and running; NULL for nothing. */
typedef void ir_transform(struct ir_function *function);

/* In place of one: functions are built as for code that is compiled fast, and not transformed. */
static inline void ir_transform_homes(struct ir_function *function) {
    ir_number(function);
}

/* ---- Imports ---- */

static inline uint64_t ir_hash(uint64_t sum, uint64_t value) {
    sum = (sum ^ value) * 0x9E3779B97F4A7C15u;
    return sum ^ sum >> 29;
}

static inline uint64_t ir_hash_value(uint64_t sum, uint8_t type, const union wasm_value *value) {
    union slot slots[2];
    if (type == WASM_FUNCREF || type == WASM_EXTERNREF)
        return ir_hash(sum, value->reference != NULL);
    ir_slot_put(slots, type, value);
    return ir_hash(ir_hash(sum, slots[0].u64), slots[1].u64);
}

/* Tells the world its arguments, and answers with a small number that they decide. */
static inline enum error ir_host_call(void *context, struct wasm_instance *caller, const union wasm_value *arguments, union wasm_value *results) {
    const struct ir_host_function *host = context;
    (void)caller;
    for (uint32_t index = 0; index < host->type->parameter_count; index++)
        host->world->told = ir_hash_value(host->world->told, host->type->types[index], &arguments[index]);
    for (uint32_t index = 0; index < host->type->result_count; index++) {
        uint32_t number = (uint32_t)(host->world->told >> (index * 5 % 32)) % 64;
        memset(&results[index], 0, sizeof results[index]);
        switch (host->type->types[host->type->parameter_count + index]) {
        case WASM_F32: results[index].f32 = (float)number; break;
        case WASM_F64: results[index].f64 = (double)number; break;
        case WASM_FUNCREF:
        case WASM_EXTERNREF: break;
        default: results[index].i64 = number; break;
        }
    }
    return ERROR_NONE;
}

static inline enum error ir_resolve(void *context, const struct wasm_import *import, struct wasm_extern *out) {
    struct ir_world *world = context;
    union wasm_value number = {.i64 = 666};
    out->kind = import->type.kind;
    switch (import->type.kind) {
    case WASM_KIND_FUNCTION: {
        struct ir_host_function *host = malloc(sizeof *host);
        *host = (struct ir_host_function){.next = world->hosts, .world = world, .type = import->type.function};
        world->hosts = host;
        return wasm_function_create(world->store, import->type.function, ir_host_call, host, &out->function);
    }
    case WASM_KIND_TABLE: return wasm_table_create(world->store, import->type.value_type, &import->type.limits, NULL, &out->table);
    case WASM_KIND_MEMORY: return wasm_memory_create(world->store, &import->type.limits, &out->memory);
    default:
        if (import->type.value_type == WASM_FUNCREF || import->type.value_type == WASM_EXTERNREF)
            number.reference = NULL;
        return wasm_global_create(world->store, import->type.value_type, import->type.is_mutable, &number, &out->global);
    }
}

/* ---- Begin and end ---- */

/* False when the module does not come to life. When it is invalid, there is not even a store, and nothing to end. */
static inline bool ir_pair_begin(struct ir_pair *pair, struct bytes bytes, const char *name, uint64_t seed) {
    *pair = (struct ir_pair){.name = name, .random = seed, .calls = 4};
    struct report report;
    report_init(&report);
    if (host_create(&pair->host) != ERROR_NONE)
        fail_msg("no host");
    budget_init_root(&pair->budget, support_memory(), BUDGET_UNLIMITED);
    if (wasm_engine_create(&pair->host, &pair->budget, &pair->engine) != ERROR_NONE)
        fail_msg("no engine");
    if (wasm_module_create(pair->engine, &pair->budget, bytes, &report, &pair->module) != ERROR_NONE) {
        if (getenv("VERBOSE") != NULL)
            printf("%s: %s\n", name, report.text);
        wasm_engine_destroy(pair->engine);
        budget_end(&pair->budget);
        return false;
    }
    bool alive = true;
    for (uint32_t index = 0; index < 2; index++) {
        struct ir_world *world = &pair->worlds[index];
        if (wasm_store_create(pair->engine, &pair->budget, NULL, &world->store) != ERROR_NONE)
            fail_msg("no store");
        alive = wasm_instance_create(world->store, pair->module, ir_resolve, world, &report, &world->instance) == ERROR_NONE && alive;
    }
    if (!alive && getenv("VERBOSE") != NULL)
        printf("%s: %s\n", name, report.text);
    return alive;
}

static inline void ir_pair_end(struct ir_pair *pair) {
    for (uint32_t index = 0; index < 2; index++) {
        wasm_store_destroy(pair->worlds[index].store);
        for (struct ir_host_function *host = pair->worlds[index].hosts, *next; host != NULL; host = next) {
            next = host->next;
            free(host);
        }
    }
    wasm_module_destroy(pair->module);
    wasm_engine_destroy(pair->engine);
    budget_end(&pair->budget);
}

/* ---- Arguments ---- */

static inline uint64_t ir_random_bits(struct ir_pair *pair) {
    uint64_t value = support_random(&pair->random), low = value & 0xFF;
    switch (support_random(&pair->random) % 8) {
    case 0: return low % 32;
    case 1: return 0 - low % 4;
    case 2: return (1ull << (low & 63)) - 1;
    case 3: return 1ull << (low & 63);
    case 4: return 0x8000000080000000u;
    case 5: return low * 0x10000;
    default: return value;
    }
}

/* One value for both worlds; references are null, or the same function in each. */
static inline void ir_random_value(struct ir_pair *pair, uint8_t type, union wasm_value out[2]) {
    union wasm_value value = {.i64 = ir_random_bits(pair)};
    uint64_t other = ir_random_bits(pair);
    memcpy(value.v128 + 8, &other, sizeof other);
    out[0] = out[1] = value;
    if (type == WASM_F32 && other % 4 != 0)
        out[0].f32 = out[1].f32 = (float)(int32_t)value.i64 / 16;
    if (type == WASM_F64 && other % 4 != 0)
        out[0].f64 = out[1].f64 = (double)(int64_t)value.i64 / 1024;
    if (type != WASM_FUNCREF && type != WASM_EXTERNREF)
        return;
    for (uint32_t index = 0; index < 2; index++) {
        struct wasm_function *function = pair->worlds[index].instance->functions[value.i64 % pair->module->function_count];
        out[index].reference = other % 2 == 0 ? NULL : function;
    }
}

/* ---- Endless loops ---- */

/* Where the alarm finds the stores. */
static struct wasm_store *volatile ir_alarm_stores[2];

static inline void ir_alarm(int signal) {
    (void)signal;
    for (uint32_t index = 0; index < 2; index++)
        if (ir_alarm_stores[index] != NULL)
            wasm_store_stop(ir_alarm_stores[index]);
}

static inline void ir_alarm_set(const struct ir_pair *pair, bool on) {
    struct itimerval time = {.it_value.tv_usec = on ? IR_COMPARE_STOP_US : 0};
    for (uint32_t index = 0; index < 2; index++)
        ir_alarm_stores[index] = on ? pair->worlds[index].store : NULL;
    signal(SIGALRM, ir_alarm);
    setitimer(ITIMER_REAL, &time, NULL);
}

/* Whether a call ended for a reason that the other world need not have at the same place. */
static inline bool ir_ended_early(const struct ir_outcome *outcome) {
    bool depends = outcome->kind == WASM_TRAP_STACK_EXHAUSTED || outcome->kind == WASM_TRAP_STOPPED;
    return outcome->error == ERROR_LIMIT || (outcome->error == ERROR_TRAP && depends);
}

/* ---- Comparing ---- */

static inline bool ir_values_same(uint8_t type, const union wasm_value *left, const union wasm_value *right) {
    if (type == WASM_FUNCREF || type == WASM_EXTERNREF)
        return (left->reference == NULL) == (right->reference == NULL);
    return ir_hash_value(0, type, left) == ir_hash_value(0, type, right);
}

/* What differs between the worlds, or NULL. */
static inline const char *ir_worlds_differ(const struct ir_pair *pair) {
    const struct wasm_instance *left = pair->worlds[0].instance, *right = pair->worlds[1].instance;
    if (pair->worlds[0].told != pair->worlds[1].told)
        return "what the host was told";
    for (uint32_t index = 0; index < pair->module->global_count; index++)
        if (!ir_values_same(left->globals[index]->type, &left->globals[index]->value, &right->globals[index]->value))
            return "a global";
    for (uint32_t index = 0; index < pair->module->table_count; index++) {
        if (left->tables[index]->size != right->tables[index]->size)
            return "the size of a table";
        for (uint32_t item = 0; item < left->tables[index]->size; item++)
            if ((left->tables[index]->elements[item] == NULL) != (right->tables[index]->elements[item] == NULL))
                return "a table";
    }
    for (uint32_t index = 0; index < pair->module->memory_count; index++) {
        const struct wasm_memory *memory = left->memories[index];
        if (memory->size_bytes != right->memories[index]->size_bytes)
            return "the size of a memory";
        size_t size = memory->size_bytes < IR_COMPARE_MEMORY_MAX ? memory->size_bytes : IR_COMPARE_MEMORY_MAX;
        if (memcmp(memory->base, right->memories[index]->base, size) != 0)
            return "a memory";
    }
    return NULL;
}

static inline struct ir_outcome ir_run_interpreter(struct ir_pair *pair, uint32_t index, const union wasm_value *arguments,
                                                   union wasm_value *results) {
    struct ir_world *world = &pair->worlds[0];
    struct ir_outcome outcome = {.error = wasm_call(world->instance->functions[index], arguments, results)};
    const struct wasm_trap *trap = &world->store->trap;
    outcome.kind = outcome.error == ERROR_TRAP ? trap->kind : WASM_TRAP_UNREACHABLE;
    return outcome;
}

static inline bool ir_outcomes_same(const struct ir_outcome *left, const struct ir_outcome *right) {
    return left->error == right->error && (left->error != ERROR_TRAP || left->kind == right->kind);
}

static inline void ir_compare_frames(const struct ir_pair *pair, const struct ir_run *run, uint32_t function) {
    const struct wasm_trap *trap = &pair->worlds[0].store->trap;
    if (trap->frame_count != run->frame_count)
        fail_msg("%s, function %u: a trap of the interpreter has %u frames, one of SSA %u", pair->name, function, trap->frame_count,
                 run->frame_count);
    for (uint32_t index = 0; index < trap->frame_count && index < WASM_TRAP_FRAMES_MAX; index++)
        if (trap->frames[index].offset != run->offsets[index])
            fail_msg("%s, function %u: frame %u of a trap is at 0x%llx, with SSA at 0x%llx", pair->name, function, index,
                     (unsigned long long)trap->frames[index].offset, (unsigned long long)run->offsets[index]);
}

struct ir_arguments {
    union wasm_value arguments[2][IR_COMPARE_VALUES_MAX];
    union wasm_value results[2][IR_COMPARE_VALUES_MAX];
};

/* Sets the counter that wasm-opt's modules have against endless loops. */
static inline void ir_reset_limits(struct ir_pair *pair) {
    struct wasm_extern found;
    for (uint32_t index = 0; index < 2; index++)
        if (wasm_instance_find_export(pair->worlds[index].instance, bytes_from_text("hangLimitInitializer"), &found))
            if (wasm_call(found.function, NULL, NULL) != ERROR_NONE)
                fail_msg("%s: hangLimitInitializer", pair->name);
}

/* One call in both worlds. */
static inline void ir_compare_call(struct ir_pair *pair, struct ir_run *run, const struct ir_function *function, struct ir_arguments *values) {
    const struct wasm_function_type *type = function->type;
    for (uint32_t index = 0; index < type->parameter_count; index++) {
        union wasm_value both[2];
        ir_random_value(pair, type->types[index], both);
        values->arguments[0][index] = both[0];
        values->arguments[1][index] = both[1];
    }
    ir_reset_limits(pair);
    run->fuel = IR_COMPARE_FUEL;
    ir_alarm_set(pair, true);
    struct ir_outcome right = ir_run_function(run, function, values->arguments[1], values->results[1]), left = right;
    if (!ir_ended_early(&right))
        left = ir_run_interpreter(pair, function->index, values->arguments[0], values->results[0]);
    ir_alarm_set(pair, false);
    pair->call_count++;
    pair->trap_count += left.error == ERROR_TRAP;
    if (ir_ended_early(&left)) {
        pair->ends_early = true;
        pair->limit_count++;
        return;
    }
    if (!ir_outcomes_same(&left, &right))
        fail_msg("%s, function %u: the interpreter ends with %d (trap %d), SSA with %d (trap %d)", pair->name, function->index, left.error, left.kind,
                 right.error, right.kind);
    if (left.error == ERROR_TRAP)
        ir_compare_frames(pair, run, function->index);
    for (uint32_t index = 0; left.error == ERROR_NONE && index < type->result_count; index++)
        if (!ir_values_same(type->types[type->parameter_count + index], &values->results[0][index], &values->results[1][index]))
            fail_msg("%s, function %u: result %u differs", pair->name, function->index, index);
    const char *difference = ir_worlds_differ(pair);
    if (difference != NULL)
        fail_msg("%s, function %u: %s differs", pair->name, function->index, difference);
}

/* ---- Whole modules ---- */

static inline void ir_expect_sound(const struct ir_pair *pair, const struct ir_function *function, const char *when) {
    struct report report;
    report_init(&report);
    if (ir_check(function, &report) != ERROR_NONE)
        fail_msg("%s, function %u, %s: %s", pair->name, function->index, when, report.text);
}

/* Builds every function, checks it, transforms it, checks it again. */
static inline struct ir_function **ir_pair_build(struct ir_pair *pair, ir_transform *transform) {
    struct ir_function **functions = calloc(pair->module->function_count + 1u, sizeof *functions);
    for (uint32_t index = pair->module->imported_function_count; index < pair->module->function_count; index++) {
        functions[index] = calloc(1, sizeof **functions);
        ir_begin(functions[index], &pair->budget, pair->module, index);
        functions[index]->in_homes = transform == ir_transform_homes;
        if (ir_build(functions[index]) != ERROR_NONE)
            fail_msg("%s, function %u was not built", pair->name, index);
        if (transform == ir_transform_homes)
            transform(functions[index]);
        ir_expect_sound(pair, functions[index], "built");
        pair->function_count++;
        if (transform == NULL)
            continue;
        transform(functions[index]);
        ir_expect_sound(pair, functions[index], "transformed");
    }
    return functions;
}

static inline void ir_pair_compare(struct ir_pair *pair, ir_transform *transform) {
    struct ir_arguments *values = calloc(1, sizeof *values);
    struct ir_function **functions = ir_pair_build(pair, transform);
    struct ir_run run = {.instance = pair->worlds[1].instance};
    run.functions = pair->deep ? (const struct ir_function *const *)functions : NULL;
    uint32_t index = pair->next > pair->module->imported_function_count ? pair->next : pair->module->imported_function_count;
    for (; index < pair->module->function_count && !pair->ends_early; index++)
        for (uint32_t call = 0; call < pair->calls && !pair->ends_early; call++)
            ir_compare_call(pair, &run, functions[index], values);
    pair->next = index;
    for (index = 0; index < pair->module->function_count; index++) {
        if (functions[index] != NULL)
            ir_release(functions[index]);
        free(functions[index]);
    }
    free(functions);
    free(values);
}

/* What came of some modules. */
struct ir_totals {
    uint32_t modules, functions, calls, traps, limits;
};

/* All of it for one module, with a new pair for what follows a function that does not end. True when it came to life. */
static inline bool ir_compare(struct bytes bytes, const char *name, uint64_t seed, bool deep, ir_transform *transform, struct ir_totals *totals) {
    bool alive, more = true;
    for (uint32_t next = 0; more;) {
        struct ir_pair pair;
        alive = ir_pair_begin(&pair, bytes, name, seed + next);
        pair.deep = deep;
        pair.next = next;
        if (alive)
            ir_pair_compare(&pair, transform);
        more = alive && pair.ends_early;
        totals->modules += next == 0 && alive;
        totals->functions += next == 0 ? pair.function_count : 0;
        next = pair.next;
        totals->calls += pair.call_count;
        totals->traps += pair.trap_count;
        totals->limits += pair.limit_count;
        if (pair.worlds[0].store != NULL)
            ir_pair_end(&pair);
    }
    return alive;
}

#endif
