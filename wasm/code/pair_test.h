/* Two stores whose programs call each other through the host, in turn: entries of both on one stack of C. */
#ifndef WASM_CODE_PAIR_TEST_H
#define WASM_CODE_PAIR_TEST_H

#include "wasm/code/call_test.h"

/* What the innermost call does. */
enum step_kind { STEP_RETURN, STEP_TRAP, STEP_FOR_EVER, STEP_CRASH /* the native function at level 2 does */ };

struct pair {
    struct world world;
    struct app apps[2];
    struct wasm_entry steps[2];
    volatile int *nowhere; /* NULL, but who knows */
    struct side {
        struct pair *pair;
        uint32_t number;
        enum error error; /* of the last entry into the other one */
        bool passes_on;   /* when the other one fails, so does this one */
    } sides[2];
};

/* Goes on in the other store. */
static inline uint32_t pair_next(void *context, struct wasm_instance *caller, uint32_t depth, uint32_t kind) {
    struct side *side = context;
    struct pair *pair = side->pair;
    uint32_t other = 1 - side->number;
    assert_ptr_equal(caller, pair->apps[side->number].instance);
    if (depth == 2 && kind == STEP_CRASH) {
        *pair->nowhere = 1;
    }
    struct wasm_outcome outcome = wasm_enter(&pair->steps[other], pair->world.thread, depth - 1, kind, 0);
    side->error = outcome.error;
    if (outcome.error != ERROR_NONE && side->passes_on) {
        wasm_store_fail(pair->apps[side->number].store, ERROR_HOST);
    }
    return outcome.error == ERROR_NONE ? (uint32_t)outcome.value : 0;
}

static inline enum error pair_next_by_array(void *context, struct wasm_instance *caller, const union wasm_value *arguments,
                                            union wasm_value *results) {
    struct side *side = context;
    struct pair *pair = side->pair;
    uint32_t other = 1 - side->number;
    assert_ptr_equal(caller, pair->apps[side->number].instance);
    struct wasm_outcome outcome = wasm_enter(&pair->steps[other], pair->world.thread, arguments[0].i32 - 1, arguments[1].i32, 0);
    side->error = outcome.error;
    results[0].i32 = outcome.error == ERROR_NONE ? (uint32_t)outcome.value : 0;
    return outcome.error != ERROR_NONE && side->passes_on ? ERROR_HOST : ERROR_NONE;
}

/* Level `depth` is in the one store, the next lower in the other, and so on; level 0 does what `kind` says. The result is the number of levels,
   or of those above one that failed. Even levels call a native function, odd ones one with arrays. */
static const char pair_program[] = "(module (type $t (func (param i32 i32) (result i32)))"
                                   " (import \"h\" \"next\" (func $next (type $t))) (import \"h\" \"array\" (func $array (type $t)))"
                                   " (memory 1 4) (table funcref (elem $next))"
                                   " (func (export \"step\") (type $t)"
                                   "  (if (i32.eqz (local.get 0)) (then"
                                   "   (if (i32.eq (local.get 1) (i32.const 1)) (then unreachable))"
                                   "   (if (i32.eq (local.get 1) (i32.const 2)) (then (loop (br 0))))"
                                   "   (return (i32.const 1))))"
                                   "  (drop (memory.grow (i32.const 0)))"
                                   "  (if (result i32) (i32.and (local.get 0) (i32.const 1))"
                                   "   (then (call $array (local.get 0) (local.get 1)))"
                                   "   (else (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 0))))"
                                   "  (i32.add (i32.const 1))))";

static inline void pair_begin(struct pair *pair, bool first_compiles, bool second_compiles) {
    const bool compiles[2] = {first_compiles, second_compiles};
    *pair = (struct pair){0};
    world_begin(&pair->world);
    for (uint32_t number = 0; number < 2; number++) {
        pair->sides[number] = (struct side){.pair = pair, .number = number};
        const struct import imports[] = {
            {.name = "next", .native = (wasm_native_function *)pair_next, .context = &pair->sides[number]},
            {.name = "array", .call = pair_next_by_array, .context = &pair->sides[number]},
            {0},
        };
        struct wasm_store_options options = {.compile = compiles[number]};
        app_begin(&pair->apps[number], &pair->world, &options, imports, pair_program);
        pair->apps[number].imports = NULL;
        pair->steps[number] = app_entry(&pair->apps[number], "step");
    }
}

static inline void pair_end(struct pair *pair) {
    app_end(&pair->apps[0]);
    app_end(&pair->apps[1]);
    world_end(&pair->world);
}

/* Into the first store. */
static inline struct wasm_outcome pair_enter(struct pair *pair, uint32_t depth, enum step_kind kind) {
    return wasm_enter(&pair->steps[0], pair->world.thread, depth, kind, 0);
}

static inline const struct wasm_trap *pair_trap(const struct pair *pair, uint32_t number) {
    return wasm_store_trap(pair->apps[number].store);
}

#endif
