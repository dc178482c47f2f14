/* The allocator on random functions: its checker agrees, and the function computes the same as before. Then each rule is broken once, and the
   checker must see it. */
#include "base/report.h"
#include "wasm/compile/allocate/allocate_run_test.h"
#include "wasm/show/dump.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#define FUEL 400

static struct budget root;

static int setup(void **state) {
    (void)state;
    budget_init_root(&root, support_memory(), BUDGET_UNLIMITED);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    assert_int_equal(root.used_bytes, 0);
    assert_int_equal(support_live_bytes(), 0);
    budget_end(&root);
    return 0;
}

static const char *name_of_op(uint16_t op) {
    static const char *const names[] = {"enter", "plain", "call", "constant", "jump", "branch", "return"};
    return names[op];
}

static const char *name_of_register(uint32_t physical_number, uint8_t width) {
    static char names[8][8];
    static int next;
    (void)width;
    char *name = names[next++ % 8];
    snprintf(name, sizeof names[0], "%c%u", physical_number < RANDOM_VECTOR_FIRST ? 'r' : 'x', physical_number % RANDOM_VECTOR_FIRST);
    return name;
}

static void print(void *context, const char *text, size_t size) {
    fwrite(text, 1, size, context);
}

static void dump(const struct machine_function *function) {
    static const struct machine_names names = {name_of_op, name_of_register};
    machine_dump(function, &names, print, stdout);
}

static struct random_shape shape_of(uint64_t seed) {
    uint64_t state = seed;
    struct random_shape shape = {
        .general_count = 3 + (uint32_t)(support_random(&state) % (support_random(&state) % 2 == 0 ? 2 : 10)),
        .vector_count = 3 + (uint32_t)(support_random(&state) % (support_random(&state) % 2 == 0 ? 2 : 10)),
        .variable_count = 6 + (uint32_t)(support_random(&state) % (support_random(&state) % 2 == 0 ? 6 : 40)),
        .statement_count = 1 + (uint32_t)(support_random(&state) % (support_random(&state) % 4 == 0 ? 600 : 60)),
        .depth_max = (uint32_t)(support_random(&state) % 5),
        .call_percent = support_random(&state) % 2 == 0 ? 0 : (uint32_t)(support_random(&state) % 20),
        .constant_percent = (uint32_t)(support_random(&state) % 20),
        .commute_percent = 30,
        .exit_percent = support_random(&state) % 2 == 0 ? 0 : 50,
        .is_local = support_random(&state) % 3 == 0,
    };
    /* What is allocated fast needs more of them. */
    if (shape.is_local) {
        shape.general_count = shape.general_count < 8 ? 8 : shape.general_count;
        shape.vector_count = shape.vector_count < 8 ? 8 : shape.vector_count;
    }
    return shape;
}

/* ---- Right ---- */

static void test_one(uint64_t seed) {
    struct random_function random;
    struct random_shape shape = shape_of(seed);
    random_make(&random, &root, seed, &shape);
    random.machine.fast = shape.is_local;
    struct run before = run_function(&random.machine, false, FUEL);
    if (getenv("DUMP") != NULL)
        dump(&random.machine);
    enum error error = machine_allocate(&random.machine);
    assert_int_equal(error, ERROR_NONE);
    struct report report;
    report_init(&report);
    error = machine_check(&random.machine, &report);
    struct run after = run_function(&random.machine, true, FUEL);
    if (error != ERROR_NONE || before.trace != after.trace) {
        dump(&random.machine);
        printf("function seed %llu: %s, trace %s\n", (unsigned long long)seed, report.text, before.trace == after.trace ? "equal" : "differs");
    }
    assert_int_equal(error, ERROR_NONE);
    assert_true(before.trace == after.trace);
    assert_int_equal(before.instruction_count, after.instruction_count);
    machine_release(&random.machine);
}

static void test_random(void **state) {
    (void)state;
    const char *one = getenv("FUNCTION");
    if (one != NULL) {
        test_one(strtoull(one, NULL, 0));
        return;
    }
    uint64_t random = support_seed();
    const char *count = getenv("COUNT");
    for (long left = count == NULL ? 1500 : atol(count); left > 0; left--)
        test_one(support_random(&random));
}

/* ---- Limits ---- */

/* When an allocation fails nothing is lost, and the next attempt is as good as a first one. */
static void test_no_room(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed < 12; seed++) {
        struct random_function random;
        struct random_shape shape = shape_of(seed);
        random_make(&random, &root, seed, &shape);
        struct run before = run_function(&random.machine, false, FUEL);
        uint64_t used = root.used_bytes;
        enum error error = ERROR_NO_MEMORY;
        for (long failing = 0; error != ERROR_NONE; failing++) {
            support_fail_after(failing);
            error = machine_allocate(&random.machine);
            support_fail_after(-1);
            assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
            assert_true(failing < 500);
            if (error != ERROR_NONE)
                assert_int_equal(random.machine.move_count, 0);
            else
                assert_true(failing > 5 && root.used_bytes >= used);
        }
        struct run after = run_function(&random.machine, true, FUEL);
        assert_true(before.trace == after.trace);
        machine_release(&random.machine);
    }
}

static struct machine_instruction *plain(struct random_function *random, uint32_t operand_count) {
    return machine_append(&random->machine, MADE_PLAIN, operand_count);
}

/* So many values that live across a call, and are used after it. */
static enum error many_values(uint32_t count, double *seconds) {
    struct random_function random;
    memset(&random, 0, sizeof random);
    random.shape = (struct random_shape){.general_count = 6, .vector_count = 3};
    random_isa(&random);
    machine_begin(&random.machine, &root, &random.isa, NULL);
    block_open(&random);
    for (uint32_t index = 0; index < count; index++)
        set(&random, plain(&random, 1), 0, machine_register_make(&random.machine, MACHINE_GENERAL, 8), MACHINE_DEFINE, MACHINE_ANY);
    machine_append(&random.machine, MADE_CALL, 0)->flags = MACHINE_IS_CALL;
    for (uint32_t index = 0; index < count; index++)
        set(&random, plain(&random, 1), 0, 1 + index, MACHINE_USE, MACHINE_ANY);
    end_block(&random, MADE_RETURN, 0);
    random_finish(&random);
    clock_t start = clock();
    enum error error = machine_allocate(&random.machine);
    *seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (error == ERROR_NONE)
        assert_int_equal(random.machine.spill_slots, count);
    machine_release(&random.machine);
    return error;
}

static void test_slot_limit(void **state) {
    (void)state;
    double seconds;
    assert_int_equal(many_values(MACHINE_SLOTS_MAX - 1, &seconds), ERROR_NONE);
    assert_true(seconds < 5);
    assert_int_equal(many_values(MACHINE_SLOTS_MAX + 1, &seconds), ERROR_LIMIT);
}

#define WEB_VARIABLES 20u
#define WEB_CALLS     40u

/* Calls behind each of which a way leads to one block, where all variables meet: a variable stays in one slot, so the ways are empty, though
   there are WEB_VARIABLES * WEB_CALLS operands of phis. Each call changes one variable. */
static void test_variable_keeps_slot(void **state) {
    (void)state;
    struct random_function random;
    memset(&random, 0, sizeof random);
    random.shape = (struct random_shape){.general_count = 6, .vector_count = 3, .variable_count = WEB_VARIABLES};
    random_isa(&random);
    machine_begin(&random.machine, &root, &random.isa, NULL);
    block_open(&random);
    random.classes[0] = MACHINE_VECTOR;
    for (uint32_t variable = 0; variable < WEB_VARIABLES; variable++) {
        random.widths[variable] = 8;
        random.now[variable] = new_value(&random, variable);
        set(&random, plain(&random, 1), 0, random.now[variable], MACHINE_DEFINE, MACHINE_ANY);
    }
    for (uint32_t call = 0; call < WEB_CALLS; call++) {
        uint32_t variable = call % WEB_VARIABLES, made = new_value(&random, variable);
        machine_append(&random.machine, MADE_CALL, 0)->flags = MACHINE_IS_CALL;
        random_exit(&random);
        struct machine_instruction *next = plain(&random, 2);
        set(&random, next, 0, made, MACHINE_DEFINE, MACHINE_ANY);
        set(&random, next, 1, random.now[variable], MACHINE_USE, MACHINE_ANY);
        random.now[variable] = made;
    }
    random_exits_meet(&random);
    for (uint32_t variable = 0; variable < WEB_VARIABLES; variable++)
        set(&random, plain(&random, 1), 0, random.now[variable], MACHINE_USE, MACHINE_ANY);
    end_block(&random, MADE_RETURN, 0);
    random_finish(&random);
    assert_int_equal(machine_allocate(&random.machine), ERROR_NONE);
    struct report report;
    report_init(&report);
    assert_int_equal(machine_check(&random.machine, &report), ERROR_NONE);
    assert_in_range(random.machine.spill_slots, WEB_VARIABLES - random.shape.general_count, WEB_VARIABLES + 2);
    assert_in_range(random.machine.move_count, 1, 4 * (WEB_VARIABLES + WEB_CALLS));
    machine_release(&random.machine);
}

/* Ten times the function takes not much more than ten times as long: allocation is nearly linear. */
static double large_one(uint32_t statement_count, bool fast) {
    struct random_shape shape = {.general_count = 12,
                                 .vector_count = 15,
                                 .variable_count = 40,
                                 .statement_count = statement_count,
                                 .depth_max = 4,
                                 .call_percent = 2,
                                 .constant_percent = 5,
                                 .commute_percent = 30,
                                 .is_local = fast};
    struct random_function random;
    random_make(&random, &root, 77, &shape);
    random.machine.fast = fast;
    clock_t start = clock();
    assert_int_equal(machine_allocate(&random.machine), ERROR_NONE);
    double nanoseconds = (double)(clock() - start) / CLOCKS_PER_SEC * 1e9 / random.machine.instruction_count;
    print_message("%u instructions, %u blocks: %.0f ns an instruction\n", random.machine.instruction_count, random.machine.block_count, nanoseconds);
    machine_release(&random.machine);
    return nanoseconds;
}

static void test_nearly_linear(void **state) {
    (void)state;
    double small = large_one(5000, false), large = large_one(100000, false);
    large_one(100000, true);
    assert_true(large < 4 * small + 2000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_slot_limit),    cmocka_unit_test(test_variable_keeps_slot),
        cmocka_unit_test(test_nearly_linear),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
