/* A stop at each instruction of a computation: by the processor's trap flag, one instruction at a time. In whatever stub or function it comes, it
   ends the store that it is for, the other store goes on, and afterwards all is as it was. */
#include "wasm/code/pair_test.h"

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#define TRAP_FLAG 0x100

/* Written by the test, and by the handler in between. */
static struct {
    struct wasm_store *store; /* to stop at instruction `at` */
    volatile uint32_t at;
    volatile uint32_t count; /* of instructions so far */
    volatile bool is_on;
    uint64_t random;
} stepping;

static void step_handle(int number, siginfo_t *information, void *machine_state) {
    ucontext_t *context = machine_state;
    (void)number;
    (void)information;
    if (stepping.is_on && stepping.count++ == stepping.at) {
        /* The interrupt is blocked here, so it comes between two instructions of what is stepped through. */
        wasm_store_stop(stepping.store);
        stepping.is_on = false;
    }
    if (stepping.is_on) {
        context->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
    } else {
        context->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
    }
}

/* Into the pair with a stop at an instruction, UINT32_MAX for none; returns how many there were. */
static uint32_t enter_stepping(struct pair *pair, uint32_t stopped, uint32_t depth, enum step_kind kind, uint32_t at, struct wasm_outcome *outcome) {
    stepping.store = pair->apps[stopped].store;
    stepping.count = 0;
    stepping.at = at;
    stepping.is_on = true;
    __asm__ volatile("int3");
    *outcome = pair_enter(pair, depth, kind);
    stepping.is_on = false;
    wasm_store_resume(stepping.store);
    return stepping.count;
}

#define STEPS_MAX 100000u /* a step takes some microseconds */

/* Not each instruction of long computations, but others in each run. */
static uint32_t stride_for(uint32_t count) {
    return 1 + (uint32_t)((uint64_t)count * count / 2 / STEPS_MAX);
}

static void expect_whole(struct pair *pair) {
    struct wasm_outcome outcome = pair_enter(pair, 4, STEP_RETURN);
    assert_null(pair->world.thread->running);
    assert_int_equal(outcome.error, ERROR_NONE);
    assert_int_equal(outcome.value, 5);
}

/* Level 0 never ends but for the stop. */
static void stop_innermost(struct pair *pair, uint32_t depth) {
    struct wasm_outcome outcome;
    uint32_t inner = depth % 2;
    uint32_t count = enter_stepping(pair, inner, depth, STEP_RETURN, UINT32_MAX, &outcome);
    assert_int_equal(outcome.value, depth + 1);
    uint32_t stride = stride_for(count);
    for (uint32_t at = (uint32_t)support_random(&stepping.random) % stride; at < count; at += stride) {
        enter_stepping(pair, inner, depth, STEP_FOR_EVER, at, &outcome);
        assert_int_equal(outcome.error, inner == 0 ? ERROR_TRAP : ERROR_NONE);
        assert_true(inner == 0 || outcome.value == 1);
        assert_int_equal(pair_trap(pair, inner)->kind, WASM_TRAP_STOPPED);
        expect_whole(pair);
    }
}

/* Level 0 ends at once, and the other store is stopped, which is a level above or two. */
static void stop_outer(struct pair *pair, uint32_t depth) {
    struct wasm_outcome outcome;
    uint32_t outer = 1 - depth % 2, finished = 0;
    uint32_t count = enter_stepping(pair, outer, depth, STEP_RETURN, UINT32_MAX, &outcome);
    assert_true(count > 100);
    uint32_t stride = stride_for(count);
    for (uint32_t at = (uint32_t)support_random(&stepping.random) % stride; at < count; at += stride) {
        enter_stepping(pair, outer, depth, STEP_RETURN, at, &outcome);
        assert_true(outcome.error == ERROR_NONE || (outer == 0 && outcome.error == ERROR_TRAP));
        /* It is too late only at the end of all, or of all in that store. */
        finished += outcome.error == ERROR_NONE && outcome.value == depth + 1;
        expect_whole(pair);
    }
    assert_true(finished <= 1 + count / stride / 2);
}

static void step_pair(bool first_compiles, bool second_compiles) {
    struct pair pair;
    pair_begin(&pair, first_compiles, second_compiles);
    expect_whole(&pair);
    /* Handlers of a test run on the signal stack that the host has made, and the interrupt waits until they end. */
    struct sigaction action = {.sa_sigaction = step_handle, .sa_flags = SA_SIGINFO | SA_ONSTACK}, before;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGURG);
    assert_int_equal(sigaction(SIGTRAP, &action, &before), 0);
    for (uint32_t depth = 0; depth < 3; depth++) {
        stop_innermost(&pair, depth);
    }
    stop_outer(&pair, 2);
    stop_outer(&pair, 3);
    sigaction(SIGTRAP, &before, NULL);
    pair_end(&pair);
}

static void test_compiled(void **state) {
    (void)state;
    step_pair(true, true);
}

static void test_mixed(void **state) {
    (void)state;
    step_pair(true, false);
}

int main(void) {
    alarm(110); /* A stop that was lost would be waited for for ever. */
    stepping.random = support_seed();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_compiled), cmocka_unit_test(test_mixed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
