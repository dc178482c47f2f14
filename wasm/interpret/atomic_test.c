/* Atomic instructions on unshared memory: what they read, write and return, and which addresses they refuse.
   That they are atomic is the compiler's promise and not tested. */
#include "wasm/interpret/handlers_test.h"

static _Alignas(16) uint8_t memory[32];
static uint8_t *bases[] = {NULL, memory};

struct atomic {
    union slot frame[PLACE_COUNT];
    struct operation operations[3];
    struct execution execution;
};

static void atomic_prepare(struct atomic *atomic, uint32_t address, uint64_t first, uint64_t second) {
    memset(atomic, 0, sizeof *atomic);
    uint32_t offset = address / 2;
    atomic->frame[PLACE_FIRST].u64 = 0xFFFFFFFF00000000u | (address - offset);
    atomic->frame[PLACE_RESULT].u64 = first; /* what a store stores */
    atomic->frame[PLACE_SECOND].u64 = first;
    atomic->frame[PLACE_THIRD].u64 = second;
    atomic->operations[0] = (struct operation){.a = PLACE_RESULT, .b = PLACE_FIRST, .c = offset, .d = 1};
    atomic->operations[1] = (struct operation){.b = PLACE_SECOND, .c = PLACE_THIRD};
    atomic->execution.memory_bases = bases;
}

/* How many operations it took, or 0 with trap_seen set. */
static size_t atomic_run(struct atomic *atomic, uint32_t opcode) {
    trap_seen = TRAP_NONE;
    const struct operation *next = operation_handlers[opcode](atomic->operations, atomic->frame, &atomic->execution);
    assert_int_equal(next == NULL, trap_seen != TRAP_NONE);
    return next == NULL ? 0 : (size_t)(next - atomic->operations);
}

enum update { UPDATE_LOAD, UPDATE_STORE, UPDATE_ADD, UPDATE_SUB, UPDATE_AND, UPDATE_OR, UPDATE_XOR, UPDATE_XCHG, UPDATE_CMPXCHG, UPDATE_COUNT };

/* The forms of an instruction, in the order of their opcodes: i32, i64, i32 of 8 and 16 bits, i64 of 8, 16 and 32 bits. */
static const uint32_t form_bits[7] = {32, 64, 8, 16, 8, 16, 32};

static uint64_t updated(enum update update, uint64_t old, uint64_t first, uint64_t second, uint64_t mask) {
    switch (update) {
    case UPDATE_LOAD: return old;
    case UPDATE_STORE:
    case UPDATE_XCHG: return first;
    case UPDATE_ADD: return old + first;
    case UPDATE_SUB: return old - first;
    case UPDATE_AND: return old & first;
    case UPDATE_OR: return old | first;
    case UPDATE_XOR: return old ^ first;
    case UPDATE_CMPXCHG: return old == (first & mask) ? second : old;
    default: fail(); return 0;
    }
}

static void check_update(enum update update, uint32_t form, uint32_t address, uint64_t *random) {
    uint32_t opcode = OP_I32_ATOMIC_LOAD + 7 * update + form, size = form_bits[form] / 8;
    assert_int_equal(1u << opcode_table[opcode].alignment, size);
    for (size_t at = 0; at < sizeof memory; at++) {
        memory[at] = (uint8_t)support_random(random);
    }
    uint64_t mask = size == 8 ? UINT64_MAX : (1ull << 8 * size) - 1, old = 0;
    memcpy(&old, memory + address, size);
    uint64_t first = support_random(random), second = support_random(random);
    /* Half of the comparisons shall succeed, with bits above the width that do not count. */
    if (update == UPDATE_CMPXCHG && support_random(random) % 2 == 0) {
        first = old | (first & ~mask);
    }
    uint8_t expected[sizeof memory];
    memcpy(expected, memory, sizeof expected);
    uint64_t content = updated(update, old, first, second, mask);
    memcpy(expected + address, &content, size);

    struct atomic atomic;
    atomic_prepare(&atomic, address, first, second);
    assert_int_equal(atomic_run(&atomic, opcode), update >= UPDATE_ADD ? 2 : 1);
    assert_ptr_equal(atomic.execution.at, &atomic.operations[0]);
    assert_memory_equal(memory, expected, sizeof memory);
    if (update != UPDATE_STORE) {
        assert_true(atomic.frame[PLACE_RESULT].u64 == old);
    }
}

static void test_updates(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (enum update update = UPDATE_LOAD; update < UPDATE_COUNT; update++) {
        for (uint32_t form = 0; form < 7; form++) {
            for (uint32_t address = 0; address < 16; address += form_bits[form] / 8) {
                for (int round = 0; round < 20; round++) {
                    check_update(update, form, address, &random);
                }
            }
        }
    }
}

/* Every form refuses an address that is no multiple of its width, and touches nothing then. */
static void test_unaligned_traps(void **state) {
    (void)state;
    uint32_t count = 0;
    for (uint32_t opcode = OPCODE_PAGE_FE; opcode < OPCODE_COUNT; opcode++) {
        const struct opcode_info *info = &opcode_table[opcode];
        if (info->immediate != IMMEDIATE_ACCESS) {
            continue;
        }
        count++;
        for (uint32_t address = 0; address < 16; address++) {
            struct atomic atomic;
            atomic_prepare(&atomic, address, 1, 2);
            if (address % (1u << info->alignment) == 0) {
                continue;
            }
            atomic.execution.memory_bases = NULL;
            atomic_run(&atomic, opcode);
            assert_int_equal(trap_seen, WASM_TRAP_UNALIGNED_ATOMIC);
            assert_true(atomic.frame[PLACE_RESULT].u64 == 1);
        }
    }
    assert_int_equal(count, 66);
}

static void test_result_replaces_operands(void **state) {
    (void)state;
    static const uint32_t places[] = {PLACE_FIRST, PLACE_SECOND, PLACE_THIRD};
    for (size_t place = 0; place < 3; place++) {
        struct atomic atomic;
        atomic_prepare(&atomic, 8, 0x0123456789ABCDEFu, 42);
        uint64_t old = 0x0123456789ABCDEFu, content = 0;
        memcpy(memory + 8, &old, 8);
        atomic.operations[0].a = places[place];
        assert_int_equal(atomic_run(&atomic, OP_I64_ATOMIC_RMW_CMPXCHG), 2);
        assert_true(atomic.frame[places[place]].u64 == old);
        memcpy(&content, memory + 8, 8);
        assert_true(content == 42);
    }
}

static void test_notify_wait_fence(void **state) {
    (void)state;
    struct atomic atomic;
    atomic_prepare(&atomic, 4, UINT32_MAX, 0);
    assert_int_equal(atomic_run(&atomic, OP_MEMORY_ATOMIC_NOTIFY), 2);
    assert_true(atomic.frame[PLACE_RESULT].u64 == 0);
    assert_ptr_equal(atomic.execution.at, &atomic.operations[0]);
    atomic_prepare(&atomic, 4, 0, UINT64_MAX);
    atomic_run(&atomic, OP_MEMORY_ATOMIC_WAIT32);
    assert_int_equal(trap_seen, WASM_TRAP_EXPECTED_SHARED);
    assert_ptr_equal(atomic.execution.at, &atomic.operations[0]);
    atomic_prepare(&atomic, 8, 0, UINT64_MAX);
    atomic_run(&atomic, OP_MEMORY_ATOMIC_WAIT64);
    assert_int_equal(trap_seen, WASM_TRAP_EXPECTED_SHARED);
    assert_int_equal(atomic_run(&atomic, OP_ATOMIC_FENCE), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_updates),
        cmocka_unit_test(test_unaligned_traps),
        cmocka_unit_test(test_result_replaces_operands),
        cmocka_unit_test(test_notify_wait_fence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
