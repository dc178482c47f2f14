/* The checker of allocations: for each rule a small function that keeps it, and the same with the rule broken. And random allocations of
   which one thing is changed. Also the arrays of machine.c when there is no room. */
#include "base/report.h"
#include "wasm/compile/allocate/allocate_random_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define R0      0u
#define R1      1u
#define R2      2u
#define X0      RANDOM_VECTOR_FIRST
#define SLOT(n) (MACHINE_SPILL + (n))

static struct budget root;

static int setup(void **state) {
    (void)state;
    budget_init_root(&root, support_memory(), BUDGET_UNLIMITED);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    assert_int_equal(root.used_bytes, 0);
    budget_end(&root);
    return 0;
}

/* ---- Functions by hand ---- */

static const uint8_t general[] = {R0, R1, R2}, vector[] = {X0, X0 + 1, X0 + 2};
static const struct machine_isa isa = {
    .allocatable = {7, 7ull << X0},
    .scratch = {30, 63},
    .preference = {general, vector},
    .preference_count = {3, 3},
};

struct hand {
    struct machine_function machine;
    struct machine_instruction *last;
    uint32_t filled;
};

static void hand_begin(struct hand *hand) {
    *hand = (struct hand){0};
    machine_begin(&hand->machine, &root, &isa, NULL);
    for (uint32_t reg = 1; reg < 8; reg++) /* registers 1 to 5 are general, 6 and 7 vectors */
        assert_int_equal(machine_register_make(&hand->machine, reg < 6 ? MACHINE_GENERAL : MACHINE_VECTOR, reg < 6 ? 8 : 16), reg);
    hand->machine.spill_slots = 6;
    hand->machine.is_allocated = true;
}

static void hand_instruction(struct hand *hand, uint8_t flags, uint32_t operand_count) {
    hand->last = machine_append(&hand->machine, 1, operand_count);
    hand->last->flags = flags;
    hand->filled = 0;
}

static void hand_operand(struct hand *hand, uint32_t reg, enum machine_role role, uint32_t location) {
    struct machine_operand *operand = &hand->machine.operands[hand->last->operands + hand->filled++];
    operand->reg = reg;
    operand->role = (uint8_t)role;
    operand->location = location;
}

static void hand_constraint(struct hand *hand, uint32_t number, enum machine_constraint constraint, uint8_t fixed) {
    struct machine_operand *operand = &hand->machine.operands[hand->last->operands + number];
    operand->constraint = (uint8_t)constraint;
    operand->fixed = fixed;
}

static void hand_define(struct hand *hand, uint32_t reg, uint32_t location) {
    hand_instruction(hand, 0, 1);
    hand_operand(hand, reg, MACHINE_DEFINE, location);
}

static void hand_use(struct hand *hand, uint32_t reg, uint32_t location) {
    hand_instruction(hand, 0, 1);
    hand_operand(hand, reg, MACHINE_USE, location);
}

/* Before the next instruction. */
static void hand_move(struct hand *hand, uint32_t to, uint32_t from, uint8_t width) {
    struct machine_function *machine = &hand->machine;
    if (machine->moves == NULL) {
        machine->moves = budget_allocate(&root, 16 * sizeof *machine->moves);
        machine->move_capacity = 16;
    }
    assert_true(machine->move_count < 16);
    uint8_t class = from == 30 || to == 30 || from < X0 || to < X0 ? MACHINE_GENERAL : MACHINE_VECTOR;
    machine->moves[machine->move_count++] =
        (struct machine_move){.before = machine->instruction_count, .to = to, .from = from, .class = class, .width = width};
}

/* Makes one block of all when there are none yet. */
static enum error hand_check(struct hand *hand) {
    struct machine_function *machine = &hand->machine;
    if (machine->block_count == 0) {
        hand_instruction(hand, MACHINE_IS_END, 0);
        assert_true(machine_blocks_make(machine, 1));
        machine->blocks[0].end = machine->instruction_count;
    }
    struct report report;
    report_init(&report);
    enum error error = machine_check(machine, &report);
    if (error != ERROR_NONE)
        print_message("  %s\n", report.text);
    machine_release(machine);
    return error;
}

#define EXPECT(is_right) assert_int_equal(hand_check(&hand), (is_right) ? ERROR_NONE : ERROR_INVALID)

/* Each test runs with `variant` 0, which keeps the rule, and 1, which breaks it. */

static void test_use_reads_its_value(void **state) {
    (void)state;
    for (uint32_t variant = 0; variant < 2; variant++) {
        struct hand hand;
        hand_begin(&hand);
        hand_define(&hand, 1, R0);
        hand_define(&hand, 2, variant == 0 ? R1 : R0);
        hand_use(&hand, 1, R0);
        EXPECT(variant == 0);
    }
}

static void test_call_loses_registers(void **state) {
    (void)state;
    for (uint32_t variant = 0; variant < 3; variant++) {
        struct hand hand;
        hand_begin(&hand);
        hand_define(&hand, 1, R1);
        hand_define(&hand, 6, X0);
        hand_move(&hand, SLOT(0), R1, 8);
        hand_move(&hand, SLOT(2), X0, 16);
        hand_instruction(&hand, variant == 0 ? 0 : MACHINE_IS_CALL, 0);
        if (variant == 2) {
            hand_move(&hand, R1, SLOT(0), 8);
            hand_move(&hand, X0, SLOT(2), 16);
        }
        hand_use(&hand, 1, R1);
        hand_use(&hand, 6, X0);
        EXPECT(variant != 1);
    }
}

static void test_fixed(void **state) {
    (void)state;
    for (uint32_t variant = 0; variant < 2; variant++) {
        struct hand hand;
        hand_begin(&hand);
        hand_define(&hand, 1, R1);
        hand_use(&hand, 1, R1);
        hand_constraint(&hand, 0, MACHINE_FIXED, variant == 0 ? R1 : R2);
        EXPECT(variant == 0);
    }
}

static void test_same(void **state) {
    (void)state;
    for (uint32_t variant = 0; variant < 2; variant++) {
        struct hand hand;
        hand_begin(&hand);
        hand_define(&hand, 1, R1);
        hand_instruction(&hand, 0, 2);
        hand_operand(&hand, 2, MACHINE_DEFINE, variant == 0 ? R1 : R2);
        hand_operand(&hand, 1, MACHINE_USE, R1);
        hand_constraint(&hand, 0, MACHINE_SAME, 1);
        EXPECT(variant == 0);
    }
}

/* Operand 1 is a use of one of three roles in the place of the definition. */
static void test_sharing(void **state) {
    (void)state;
    static const enum machine_role roles[] = {MACHINE_USE, MACHINE_USE_LATE, MACHINE_SCRATCH, MACHINE_DEFINE};
    for (uint32_t variant = 0; variant < 8; variant++) {
        struct hand hand;
        hand_begin(&hand);
        hand_define(&hand, 1, R1);
        hand_instruction(&hand, 0, 2);
        hand_operand(&hand, 2, MACHINE_DEFINE, variant < 4 ? R1 : R0);
        hand_operand(&hand, variant % 4 < 2 ? 1 : 3, roles[variant % 4], R1);
        EXPECT(variant == 0 || variant >= 4);
    }
}

static void test_scratch_is_lost(void **state) {
    (void)state;
    for (uint32_t variant = 0; variant < 2; variant++) {
        struct hand hand;
        hand_begin(&hand);
        hand_define(&hand, 1, R1);
        hand_instruction(&hand, 0, 1);
        hand_operand(&hand, 2, MACHINE_SCRATCH, variant == 0 ? R2 : R1);
        hand_use(&hand, 1, R1);
        EXPECT(variant == 0);
    }
}

static void test_slot_only_where_allowed(void **state) {
    (void)state;
    for (uint32_t variant = 0; variant < 4; variant++) {
        struct hand hand;
        hand_begin(&hand);
        hand_define(&hand, 1, R1);
        uint32_t slot = variant == 2 ? SLOT(6) : SLOT(5);
        hand_move(&hand, slot, R1, variant == 3 ? 4 : 8);
        hand_use(&hand, 1, slot);
        hand_constraint(&hand, 0, variant == 1 ? MACHINE_ANY : MACHINE_OR_SPILL, 0);
        EXPECT(variant == 0);
    }
}

/* A wide value takes two slots, the first even, and each half counts. */
static void test_wide_slots(void **state) {
    (void)state;
    for (uint32_t variant = 0; variant < 5; variant++) {
        struct hand hand;
        hand_begin(&hand);
        hand_define(&hand, 6, X0);
        hand_define(&hand, 1, R1);
        uint32_t slot = variant == 1 ? SLOT(3) : SLOT(2);
        hand_move(&hand, slot, X0, variant == 2 ? 8 : 16);
        if (variant == 3)
            hand_move(&hand, SLOT(3), R1, 8);
        if (variant == 4) { /* by halves: right */
            hand_move(&hand, 30, SLOT(2), 8);
            hand_move(&hand, SLOT(4), 30, 8);
            hand_move(&hand, 30, SLOT(3), 8);
            hand_move(&hand, SLOT(5), 30, 8);
            slot = SLOT(4);
        }
        hand_move(&hand, X0 + 1, slot, 16);
        hand_use(&hand, 6, X0 + 1);
        EXPECT(variant == 0 || variant == 4);
    }
}

static void test_moves_in_order(void **state) {
    (void)state;
    for (uint32_t variant = 0; variant < 4; variant++) {
        struct hand hand;
        hand_begin(&hand);
        hand_define(&hand, 1, R1);
        hand_define(&hand, 2, R2);
        if (variant == 0) { /* an exchange through the scratch register */
            hand_move(&hand, 30, R1, 8);
            hand_move(&hand, R1, R2, 8);
            hand_move(&hand, R2, 30, 8);
        } else if (variant == 1) {
            hand_move(&hand, R1, R2, 8);
            hand_move(&hand, R2, R1, 8);
        } else if (variant == 2) {
            hand_move(&hand, SLOT(0), R1, 8);
            hand_move(&hand, SLOT(1), SLOT(0), 8);
        } else {
            hand_move(&hand, 30, R1, 8);
            hand_use(&hand, 2, R2);
            hand_move(&hand, R1, R2, 8); /* the scratch register is lost at an instruction */
            hand_move(&hand, R2, 30, 8);
        }
        hand_use(&hand, 1, R2);
        hand_use(&hand, 2, R1);
        EXPECT(variant == 0);
    }
}

static void test_constants(void **state) {
    (void)state;
    for (uint32_t variant = 0; variant < 4; variant++) {
        struct hand hand;
        hand_begin(&hand);
        hand.machine.registers[1].is_constant = true;
        hand.machine.registers[1].constant = variant == 2 ? 1ull << 40 : 7;
        hand_define(&hand, 1, 30);
        hand_move(&hand, variant == 2 ? SLOT(0) : R1, MACHINE_NONE, 8);
        hand.machine.moves[0].constant = hand.machine.registers[1].constant + (variant == 1);
        if (variant == 3)
            hand.machine.moves[0].class = MACHINE_VECTOR;
        hand_use(&hand, 1, R1);
        EXPECT(variant == 0);
    }
}

/* A loop of one block around a phi, register 3: from 1 at first, then from 2, which is made in it. */
static void test_phi(void **state) {
    (void)state;
    for (uint32_t variant = 0; variant < 4; variant++) {
        struct hand hand;
        hand_begin(&hand);
        struct machine_function *machine = &hand.machine;
        hand_define(&hand, 1, R1);
        hand_instruction(&hand, MACHINE_IS_END, 0);
        hand_use(&hand, 3, variant == 1 ? R0 : R1);
        hand_define(&hand, 2, variant == 2 ? R2 : R1);
        if (variant == 3) /* the phi of the turn before is another value */
            hand_use(&hand, 3, R1);
        hand_instruction(&hand, MACHINE_IS_END, 0);
        hand_instruction(&hand, MACHINE_IS_END, 0);
        assert_true(machine_blocks_make(machine, 3));
        uint32_t words = machine_words(machine, 6), *at = machine->words + words;
        memcpy(at, (uint32_t[]){0, 1, 1, 2, 1, 2}, 6 * sizeof *at);
        uint32_t count = machine->instruction_count;
        machine->blocks[0] = (struct machine_block){.first = 0, .end = 2, .successors = words + 1, .successor_count = 1};
        machine->blocks[1] = (struct machine_block){.first = 2,
                                                    .end = count - 1,
                                                    .phi_count = 1,
                                                    .predecessors = words,
                                                    .predecessor_count = 2,
                                                    .successors = words + 2,
                                                    .successor_count = 2,
                                                    .loop_depth = 1,
                                                    .loop_end = 2};
        machine->blocks[2] = (struct machine_block){.first = count - 1, .end = count, .predecessors = words + 1, .predecessor_count = 1};
        machine_phi_add(machine, 3, words + 4);
        EXPECT(variant == 0);
    }
}

/* A phi of a block with one predecessor, register 3, is the constant 1, made behind the edge. */
static void test_phi_of_constant(void **state) {
    (void)state;
    for (uint32_t variant = 0; variant < 3; variant++) {
        struct hand hand;
        hand_begin(&hand);
        struct machine_function *machine = &hand.machine;
        machine->registers[1].is_constant = true;
        machine->registers[1].constant = 7;
        hand_define(&hand, 1, 30);
        hand_instruction(&hand, MACHINE_IS_END, 0);
        hand_move(&hand, R1, MACHINE_NONE, 8);
        machine->moves[0].constant = 7 + (variant == 1);
        hand_use(&hand, 3, variant == 2 ? R0 : R1);
        hand_instruction(&hand, MACHINE_IS_END, 0);
        assert_true(machine_blocks_make(machine, 2));
        uint32_t words = machine_words(machine, 3);
        memcpy(machine->words + words, (uint32_t[]){0, 1, 1}, 3 * sizeof *machine->words);
        machine->blocks[0] = (struct machine_block){.first = 0, .end = 2, .successors = words + 1, .successor_count = 1};
        machine->blocks[1] = (struct machine_block){.first = 2, .end = 4, .phi_count = 1, .predecessors = words, .predecessor_count = 1};
        machine_phi_add(machine, 3, words + 2);
        EXPECT(variant == 0);
    }
}

/* ---- Random allocations with a change ---- */

static enum error check_quietly(const struct machine_function *machine) {
    struct report report;
    report_init(&report);
    return machine_check(machine, &report);
}

/* Nearly every move is needed: what is there for nothing keeps values of which only phis are made that nobody reads, and the like. */
static void test_moves_are_needed(void **state) {
    (void)state;
    uint64_t seed = support_seed();
    uint32_t missed = 0, tried = 0;
    for (uint32_t round = 0; round < 150; round++) {
        struct random_shape shape = {.general_count = 4,
                                     .vector_count = 4,
                                     .variable_count = 12,
                                     .statement_count = 60,
                                     .depth_max = 3,
                                     .call_percent = 4,
                                     .constant_percent = 5,
                                     .commute_percent = 20};
        struct random_function random;
        random_make(&random, &root, support_random(&seed), &shape);
        struct machine_function *machine = &random.machine;
        assert_int_equal(machine_allocate(machine), ERROR_NONE);
        for (uint32_t index = 0; index < machine->move_count && index < 40; index++) {
            struct machine_move saved = machine->moves[index];
            if (saved.from == machine->moves[index].to)
                continue;
            machine->moves[index].from = machine->moves[index].to;
            if (saved.to >= MACHINE_SPILL)
                machine->moves[index].from = machine->moves[index].to = 30;
            tried++;
            missed += check_quietly(machine) == ERROR_NONE;
            machine->moves[index] = saved;
        }
        assert_int_equal(check_quietly(machine), ERROR_NONE);
        machine_release(machine);
    }
    print_message("%u moves, %u could go\n", tried, missed);
    assert_true(tried > 1000 && missed * 10 < tried);
}

/* A use that looks into another place sees another value, but for copies. */
static void test_uses_are_checked(void **state) {
    (void)state;
    uint64_t seed = support_seed();
    uint32_t missed = 0, tried = 0;
    for (uint32_t round = 0; round < 150; round++) {
        struct random_shape shape = {.general_count = 5,
                                     .vector_count = 5,
                                     .variable_count = 9,
                                     .statement_count = 60,
                                     .depth_max = 3,
                                     .call_percent = 2,
                                     .constant_percent = 5,
                                     .commute_percent = 20};
        struct random_function random;
        random_make(&random, &root, support_random(&seed), &shape);
        struct machine_function *machine = &random.machine;
        assert_int_equal(machine_allocate(machine), ERROR_NONE);
        for (uint32_t index = 0; index < machine->operand_count; index += 7) {
            struct machine_operand *operand = &machine->operands[index], saved = *operand;
            if (operand->reg == 0 || operand->role != MACHINE_USE || operand->location >= MACHINE_SPILL)
                continue;
            uint32_t base = operand->location & ~31u;
            operand->location = base + (operand->location - base + 1) % 5;
            operand->constraint = operand->constraint == MACHINE_FIXED ? MACHINE_ANY : operand->constraint;
            tried++;
            missed += check_quietly(machine) == ERROR_NONE;
            *operand = saved;
        }
        machine_release(machine);
    }
    print_message("%u uses, %u in a second place\n", tried, missed);
    assert_true(tried > 1000 && missed * 10 < tried);
}

/* ---- The checker and machine.c without room ---- */

static void test_no_room(void **state) {
    (void)state;
    struct random_shape shape = {.general_count = 4, .vector_count = 4, .variable_count = 12, .statement_count = 60, .depth_max = 3};
    struct random_function random;
    random_make(&random, &root, 5, &shape);
    assert_int_equal(machine_allocate(&random.machine), ERROR_NONE);
    enum error error = ERROR_NO_MEMORY;
    for (long failing = 0; error != ERROR_NONE; failing++) {
        support_fail_after(failing);
        error = check_quietly(&random.machine);
        support_fail_after(-1);
        assert_true(error == ERROR_NONE || error == ERROR_NO_MEMORY);
        assert_true(failing < 2000);
    }
    machine_release(&random.machine);
}

static void test_arrays_without_room(void **state) {
    (void)state;
    for (long failing = 0; failing < 12; failing++) {
        struct machine_function machine;
        support_fail_after(failing);
        machine_begin(&machine, &root, &isa, NULL);
        if (machine_blocks_make(&machine, 3)) {
            for (uint32_t index = 0; index < 2000; index++) {
                struct machine_instruction *at = machine_append(&machine, 1, index % 10 == 0 ? MACHINE_OPERANDS_MAX : 3);
                for (uint32_t number = 0; number < at->operand_count; number++)
                    machine.operands[at->operands + number].reg = machine_register_make(&machine, MACHINE_GENERAL, 8);
                uint8_t bytes[16] = {(uint8_t)index, (uint8_t)(index >> 8)};
                machine_constant(&machine, bytes);
                machine_phi_add(&machine, 1, machine_words(&machine, 2));
            }
        }
        bool has_failed = support_allocation_count() > 0 && machine.failed;
        support_fail_after(-1);
        machine_release(&machine);
        assert_true(has_failed);
        assert_int_equal(root.used_bytes, 0);
    }
}

static void test_constants_are_shared(void **state) {
    (void)state;
    struct machine_function machine;
    machine_begin(&machine, &root, &isa, NULL);
    uint8_t bytes[16] = {1};
    assert_int_equal(machine_constant(&machine, bytes), 0);
    bytes[15] = 9;
    assert_int_equal(machine_constant(&machine, bytes), 1);
    bytes[15] = 0;
    assert_int_equal(machine_constant(&machine, bytes), 0);
    machine_release(&machine);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_use_reads_its_value),
        cmocka_unit_test(test_call_loses_registers),
        cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_sharing),
        cmocka_unit_test(test_scratch_is_lost),
        cmocka_unit_test(test_slot_only_where_allowed),
        cmocka_unit_test(test_wide_slots),
        cmocka_unit_test(test_moves_in_order),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_phi),
        cmocka_unit_test(test_phi_of_constant),
        cmocka_unit_test(test_moves_are_needed),
        cmocka_unit_test(test_uses_are_checked),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_arrays_without_room),
        cmocka_unit_test(test_constants_are_shared),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
