/* Loads and stores: what they move, at every alignment, how their address is made, and what a fault leaves behind. */
#include "wasm/interpret/handlers_test.h"

#include "platform/linux/host.h"

#define MEMORY_BYTES 64
#define BASE_COUNT   2

static uint8_t memory[MEMORY_BYTES];
/* Memory 0 is another one, so that an access to it shows. */
static uint8_t *bases[BASE_COUNT] = {NULL, memory};

static void memory_fill_pattern(uint64_t seed) {
    for (size_t at = 0; at < MEMORY_BYTES; at++) {
        memory[at] = (uint8_t)support_random(&seed);
    }
}

struct access {
    union slot frame[PLACE_COUNT];
    struct operation operations[3];
    struct execution execution;
};

/* The address is split between index and offset. */
static void access_prepare(struct access *access, uint64_t address, uint32_t offset) {
    memset(access, 0, sizeof *access);
    access->frame[PLACE_FIRST].u64 = 0xFEDCBA9800000000u | (uint32_t)(address - offset);
    access->operations[0] = (struct operation){.a = PLACE_RESULT, .b = PLACE_FIRST, .c = offset, .d = 1};
    access->execution.memory_bases = bases;
}

/* Runs, and checks that it blames itself and goes on behind its data. */
static void access_run(struct access *access, uint32_t opcode, uint32_t operation_count) {
    const struct operation *next = operation_handlers[opcode](access->operations, access->frame, &access->execution);
    assert_ptr_equal(next, &access->operations[operation_count]);
    assert_ptr_equal(access->execution.at, &access->operations[0]);
}

static uint64_t little_endian(const uint8_t *at, int size, bool is_signed) {
    uint64_t value = 0;
    for (int index = 0; index < size; index++) {
        value |= (uint64_t)at[index] << 8 * index;
    }
    if (is_signed && at[size - 1] >= 0x80) {
        for (int index = size; index < 8; index++) {
            value |= 0xFFull << 8 * index;
        }
    }
    return value;
}

static const struct load_case {
    uint32_t opcode;
    int size;
    bool is_signed;
} loads[] = {
    {OP_I32_LOAD, 4, false},    {OP_I64_LOAD, 8, false},     {OP_F32_LOAD, 4, false},     {OP_F64_LOAD, 8, false},     {OP_I32_LOAD8_S, 1, true},
    {OP_I32_LOAD8_U, 1, false}, {OP_I32_LOAD16_S, 2, true},  {OP_I32_LOAD16_U, 2, false}, {OP_I64_LOAD8_S, 1, true},   {OP_I64_LOAD8_U, 1, false},
    {OP_I64_LOAD16_S, 2, true}, {OP_I64_LOAD16_U, 2, false}, {OP_I64_LOAD32_S, 4, true},  {OP_I64_LOAD32_U, 4, false},
};

static void test_loads(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (size_t row = 0; row < sizeof loads / sizeof loads[0]; row++) {
        for (uint32_t address = 0; address < 40; address++) {
            memory_fill_pattern(support_random(&random));
            struct access access;
            access_prepare(&access, address, address / 2);
            access_run(&access, loads[row].opcode, 1);
            uint64_t expected = little_endian(memory + address, loads[row].size, loads[row].is_signed);
            if (opcode_table[loads[row].opcode].push == WASM_I32 || opcode_table[loads[row].opcode].push == WASM_F32) {
                expected = (uint32_t)expected;
            }
            assert_true(access.frame[PLACE_RESULT].u64 == expected);
        }
    }
}

/* A signalling NaN is moved, not computed with. */
static void test_loads_keep_payloads(void **state) {
    (void)state;
    struct access access;
    access_prepare(&access, 0, 0);
    memcpy(memory, "\x01\x00\xA0\xFF\x01\x00\xF0\xFF", 8);
    access_run(&access, OP_F32_LOAD, 1);
    assert_true(access.frame[PLACE_RESULT].u64 == 0xFFA00001u);
    access_run(&access, OP_F64_LOAD, 1);
    assert_true(access.frame[PLACE_RESULT].u64 == 0xFFF00001FFA00001u);
}

static const struct {
    uint32_t opcode;
    size_t size;
} stores[] = {
    {OP_I32_STORE, 4},   {OP_I64_STORE, 8},  {OP_F32_STORE, 4},   {OP_F64_STORE, 8},   {OP_I32_STORE8, 1},
    {OP_I32_STORE16, 2}, {OP_I64_STORE8, 1}, {OP_I64_STORE16, 2}, {OP_I64_STORE32, 4}, {OP_V128_STORE, 16},
};

static void test_stores(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (size_t row = 0; row < sizeof stores / sizeof stores[0]; row++) {
        for (uint32_t address = 0; address < 40; address++) {
            memory_fill_pattern(support_random(&random));
            uint8_t expected[MEMORY_BYTES];
            memcpy(expected, memory, sizeof expected);
            struct access access;
            access_prepare(&access, address, address - address / 3);
            access.frame[PLACE_RESULT].u64 = support_random(&random);
            access.frame[PLACE_RESULT + 1].u64 = support_random(&random);
            memcpy(expected + address, &access.frame[PLACE_RESULT], stores[row].size);
            access_run(&access, stores[row].opcode, 1);
            assert_memory_equal(memory, expected, sizeof expected);
        }
    }
}

/* ---- Vectors ---- */

/* How a vector load fills lanes: `count` lanes are loaded, each extended to `wide` bytes; the rest are zero, or copies. */
static const struct {
    uint32_t opcode;
    int size, count, wide;
    bool is_signed, is_splat;
} vector_loads[] = {
    {OP_V128_LOAD, 8, 2, 8, false, false},        {OP_V128_LOAD8X8_S, 1, 8, 2, true, false},    {OP_V128_LOAD8X8_U, 1, 8, 2, false, false},
    {OP_V128_LOAD16X4_S, 2, 4, 4, true, false},   {OP_V128_LOAD16X4_U, 2, 4, 4, false, false},  {OP_V128_LOAD32X2_S, 4, 2, 8, true, false},
    {OP_V128_LOAD32X2_U, 4, 2, 8, false, false},  {OP_V128_LOAD8_SPLAT, 1, 16, 1, false, true}, {OP_V128_LOAD16_SPLAT, 2, 8, 2, false, true},
    {OP_V128_LOAD32_SPLAT, 4, 4, 4, false, true}, {OP_V128_LOAD64_SPLAT, 8, 2, 8, false, true}, {OP_V128_LOAD32_ZERO, 4, 1, 4, false, false},
    {OP_V128_LOAD64_ZERO, 8, 1, 8, false, false},
};

static void test_vector_loads(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (size_t row = 0; row < sizeof vector_loads / sizeof vector_loads[0]; row++) {
        for (uint32_t address = 0; address < 40; address++) {
            memory_fill_pattern(support_random(&random));
            uint8_t expected[16] = {0};
            for (int lane = 0; lane < vector_loads[row].count; lane++) {
                const uint8_t *at = memory + address + (vector_loads[row].is_splat ? 0 : lane * vector_loads[row].size);
                uint64_t value = little_endian(at, vector_loads[row].size, vector_loads[row].is_signed);
                memcpy(expected + lane * vector_loads[row].wide, &value, (size_t)vector_loads[row].wide);
            }
            struct access access;
            access_prepare(&access, address, address);
            access.frame[PLACE_RESULT + 1].u64 = UINT64_MAX;
            access_run(&access, vector_loads[row].opcode, 1);
            assert_memory_equal(&access.frame[PLACE_RESULT], expected, 16);
        }
    }
}

static const struct {
    uint32_t load, store;
    size_t size;
} lanes[] = {
    {OP_V128_LOAD8_LANE, OP_V128_STORE8_LANE, 1},
    {OP_V128_LOAD16_LANE, OP_V128_STORE16_LANE, 2},
    {OP_V128_LOAD32_LANE, OP_V128_STORE32_LANE, 4},
    {OP_V128_LOAD64_LANE, OP_V128_STORE64_LANE, 8},
};

static void test_lane_accesses(void **state) {
    (void)state;
    uint64_t random = support_seed();
    for (size_t row = 0; row < sizeof lanes / sizeof lanes[0]; row++) {
        size_t size = lanes[row].size;
        for (uint32_t lane = 0; lane < 16 / size; lane++) {
            for (uint32_t address = 0; address < 20; address++) {
                memory_fill_pattern(support_random(&random));
                struct access access;
                access_prepare(&access, address, 0);
                access.operations[1] = (struct operation){.b = lane, .c = PLACE_SECOND};
                access.frame[PLACE_SECOND].u64 = support_random(&random);
                access.frame[PLACE_SECOND + 1].u64 = support_random(&random);
                uint8_t vector[16], content[MEMORY_BYTES];
                memcpy(vector, &access.frame[PLACE_SECOND], sizeof vector);
                memcpy(content, memory, sizeof content);
                access_run(&access, lanes[row].load, 2);
                uint8_t expected[16];
                memcpy(expected, vector, sizeof expected);
                memcpy(expected + lane * size, content + address, size);
                assert_memory_equal(&access.frame[PLACE_RESULT], expected, 16);
                assert_memory_equal(memory, content, sizeof content);
                access_run(&access, lanes[row].store, 2);
                memcpy(content + address, vector + lane * size, size);
                assert_memory_equal(memory, content, sizeof content);
            }
        }
    }
}

/* The result may take the place of the address, or of the vector. */
static void test_result_replaces_operands(void **state) {
    (void)state;
    memory_fill_pattern(1);
    for (uint32_t place = PLACE_FIRST - 1; place <= PLACE_SECOND + 1; place++) {
        struct access access;
        access_prepare(&access, 3, 1);
        access.operations[0].a = place;
        access.operations[1] = (struct operation){.b = 2, .c = PLACE_SECOND};
        access_run(&access, OP_V128_LOAD32_LANE, 2);
        uint8_t expected[16] = {0};
        memcpy(expected + 8, memory + 3, 4);
        assert_memory_equal(&access.frame[place], expected, 16);
        access_prepare(&access, 3, 1);
        access.operations[0].a = place;
        access_run(&access, OP_V128_LOAD, 1);
        assert_memory_equal(&access.frame[place], memory + 3, 16);
    }
}

/* ---- Addresses and faults ---- */

static struct wasm_host host;

struct guarded {
    struct access *access;
    uint32_t opcode;
};

static void guarded_run(void *argument) {
    struct guarded *guarded = argument;
    operation_handlers[guarded->opcode](guarded->access->operations, guarded->access->frame, &guarded->access->execution);
}

/* The offset from the base at which the access faulted, or UINT64_MAX when it did not. */
static uint64_t access_fault(struct access *access, uint32_t opcode) {
    struct guarded guarded = {access, opcode};
    struct wasm_fault fault = {0};
    access->execution.at = NULL;
    bool ended = host.guard(host.context, guarded_run, &guarded, &fault);
    assert_ptr_equal(access->execution.at, &access->operations[0]);
    return ended ? UINT64_MAX : fault.address - (uintptr_t)bases[1];
}

static bool opcode_is_store(uint32_t opcode) {
    return opcode_table[opcode].push == 0;
}

/* Index and offset add up beyond 32 bits without wrapping, and stay in the slot. */
static void test_addresses_do_not_wrap(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    void *slot = NULL;
    assert_int_equal(host.reserve(host.context, MEMORY_SLOT_BYTES, &slot), ERROR_NONE);
    bases[1] = slot;
    uint64_t committed = 1ull << 32;
    assert_int_equal(host.commit(host.context, (uint8_t *)slot + committed, host.page_size), ERROR_NONE);
    struct access access;
    access_prepare(&access, UINT32_MAX, 0);
    access.operations[0].c = 0x11;
    access.frame[PLACE_RESULT].u64 = 0x0123456789ABCDEFu;
    assert_true(access_fault(&access, OP_I64_STORE) == UINT64_MAX);
    assert_true(((uint64_t *)(void *)((uint8_t *)slot + committed))[2] == 0x0123456789ABCDEFu);
    assert_true(access_fault(&access, OP_I64_LOAD32_U) == UINT64_MAX);
    assert_true(access.frame[PLACE_RESULT].u64 == 0x89ABCDEFu);
    access.operations[0].c = UINT32_MAX;
    uint64_t fault = access_fault(&access, OP_V128_LOAD);
    assert_true(fault >= 0x1FFFFFFFEu && fault < 0x20000000Eu);
    host.unreserve(host.context, slot, MEMORY_SLOT_BYTES);
    bases[1] = memory;
}

/* An access of `size` bytes that only begins in the last page: it faults, and has changed nothing. */
static void check_straddling(uint32_t opcode, uint8_t *page, size_t page_size) {
    uint32_t size = 1u << opcode_table[opcode].alignment;
    for (uint32_t inside = 1; inside < size; inside++) {
        memset(page, 0x11, page_size);
        struct access access;
        access_prepare(&access, page_size - inside, 7);
        memset(&access.frame[PLACE_RESULT], 0xEE, 2 * sizeof access.frame[0]);
        memset(&access.frame[PLACE_SECOND], 0xEE, 2 * sizeof access.frame[0]);
        access.operations[1] = (struct operation){.b = 0, .c = PLACE_SECOND};
        uint64_t fault = access_fault(&access, opcode);
        assert_true(fault >= page_size - inside && fault < page_size - inside + size);
        for (size_t at = 0; at < page_size; at++) {
            assert_int_equal(page[at], 0x11);
        }
        for (size_t at = 0; at < 2 && !opcode_is_store(opcode); at++) {
            assert_true(access.frame[PLACE_RESULT + at].u64 == 0xEEEEEEEEEEEEEEEEu);
        }
    }
}

static void test_straddling_accesses_do_nothing(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    void *slot = NULL;
    assert_int_equal(host.reserve(host.context, 16 * host.page_size, &slot), ERROR_NONE);
    assert_int_equal(host.commit(host.context, slot, host.page_size), ERROR_NONE);
    bases[1] = slot;
    uint32_t count = 0;
    for (uint32_t opcode = 0; opcode < OPCODE_PAGE_FE; opcode++) {
        if (opcode_table[opcode].immediate == IMMEDIATE_ACCESS || opcode_table[opcode].immediate == IMMEDIATE_ACCESS_LANE) {
            check_straddling(opcode, slot, host.page_size);
            count++;
        }
    }
    assert_int_equal(count, 23 + 13 + 9);
    host.unreserve(host.context, slot, 16 * host.page_size);
    bases[1] = memory;
}

/* Atomics cannot straddle; behind the end they fault, the ones that only look at the address too. */
static void test_atomics_fault_behind_the_end(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    void *slot = NULL;
    assert_int_equal(host.reserve(host.context, 16 * host.page_size, &slot), ERROR_NONE);
    assert_int_equal(host.commit(host.context, slot, host.page_size), ERROR_NONE);
    bases[1] = slot;
    for (uint32_t opcode = OPCODE_PAGE_FE; opcode < OPCODE_COUNT; opcode++) {
        if (opcode_table[opcode].immediate != IMMEDIATE_ACCESS) {
            continue;
        }
        struct access access;
        access_prepare(&access, host.page_size, 8);
        assert_true(access_fault(&access, opcode) == host.page_size);
    }
    host.unreserve(host.context, slot, 16 * host.page_size);
    bases[1] = memory;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loads),
        cmocka_unit_test(test_loads_keep_payloads),
        cmocka_unit_test(test_stores),
        cmocka_unit_test(test_vector_loads),
        cmocka_unit_test(test_lane_accesses),
        cmocka_unit_test(test_result_replaces_operands),
        cmocka_unit_test(test_addresses_do_not_wrap),
        cmocka_unit_test(test_straddling_accesses_do_nothing),
        cmocka_unit_test(test_atomics_fault_behind_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
