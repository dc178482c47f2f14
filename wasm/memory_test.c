/* Linear memories, their windows and their bounds, through the engine's public header. */
#include "wasm/engine_test.h"

#include <sys/mman.h>
#include <unistd.h>

/* An index that was in memory is, and what is behind the end may be in it later. */
static void test_growth(void **state) {
    (void)state;
    struct world world;
    uint32_t result;
    world_begin(&world, BUDGET_UNLIMITED, NULL);
    assert_int_equal(world_load(&world, "(module (memory 1 4) (func (export \"f\") (param i32) (result i32)"
                                        " (if (i32.lt_u (local.get 0) (i32.const 65536)) (then (drop (i32.load8_u (local.get 0)))))"
                                        " (drop (memory.grow (i32.const 1)))"
                                        " (i32.store8 offset=65535 (local.get 0) (i32.const 9)) (i32.load8_u offset=65535 (local.get 0))))"),
                     ERROR_NONE);
    assert_int_equal(world_call(&world, "f", 65536, &result), ERROR_NONE);
    assert_int_equal(result, 9);
    assert_int_equal(world_call(&world, "f", 1, &result), ERROR_NONE);
    assert_int_equal(result, 9);
    expect_trap(&world, "f", 3 * 65536 + 1, WASM_TRAP_MEMORY_BOUNDS);
    world_end(&world);
}

/* ---- Windows ---- */

static const char window_program[] =
    "(module (memory (export \"m\") 1) (func (export \"start\") (param i32) (result i32) (i32.const 0))"
    " (func (export \"read\") (param i32) (result i32) (i32.load (local.get 0)))"
    " (func (export \"write\") (param i32) (result i32) (i32.store (local.get 0) (i32.const 0x55667788)) (i32.const 0))"
    " (func (export \"fill\") (param i32) (result i32) (memory.fill (local.get 0) (i32.const 7) (i32.const 65536)) (i32.const 0))"
    " (func (export \"copy\") (param i32) (result i32) (memory.copy (local.get 0) (i32.const 0) (i32.const 8)) (i32.const 0))"
    " (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0))))";

static void test_windows(void **state) {
    (void)state;
    struct world one, two;
    struct wasm_store_options options = {.windows = true};
    int object = memfd_create("window", 0);
    assert_true(object >= 0 && ftruncate(object, 131072) == 0);
    world_begin(&one, BUDGET_UNLIMITED, &options);
    assert_int_equal(world_load(&one, window_program), ERROR_NONE);
    world_begin(&two, BUDGET_UNLIMITED, &options);
    assert_int_equal(world_load(&two, window_program), ERROR_NONE);
    struct wasm_memory *memory = world_export(&one, "m").memory;
    struct wasm_window window = {.address = WASM_WINDOW_FIRST, .size = 131072, .object = (uint64_t)object, .access = WASM_ACCESS_READ_WRITE};
    struct wasm_window reader = {.address = 0xD0000000, .size = 65536, .object = (uint64_t)object, .offset = 65536, .access = WASM_ACCESS_READ};
    expect_trap(&one, "read", WASM_WINDOW_FIRST, WASM_TRAP_MEMORY_BOUNDS);
    assert_int_equal(wasm_memory_map_window(memory, &window), ERROR_NONE);
    assert_int_equal(wasm_memory_map_window(world_export(&two, "m").memory, &reader), ERROR_NONE);
    uint32_t result;
    assert_int_equal(world_call(&one, "write", WASM_WINDOW_FIRST + 65536, &result), ERROR_NONE);
    assert_int_equal(world_call(&two, "read", 0xD0000000, &result), ERROR_NONE);
    assert_int_equal(result, 0x55667788);
    expect_trap(&two, "write", 0xD0000000, WASM_TRAP_MEMORY_BOUNDS);
    expect_trap(&two, "copy", 0xD0000000, WASM_TRAP_MEMORY_BOUNDS);
    assert_int_equal(world_call(&one, "fill", WASM_WINDOW_FIRST + 65536, &result), ERROR_NONE);
    expect_trap(&one, "fill", WASM_WINDOW_FIRST + 65537, WASM_TRAP_MEMORY_BOUNDS);
    expect_trap(&one, "read", WASM_WINDOW_FIRST + 131069, WASM_TRAP_MEMORY_BOUNDS);
    assert_int_equal(world_call(&two, "read", 0xD0000000, &result), ERROR_NONE);
    assert_int_equal(result, 0x07070707);

    window.address += 65536;
    assert_int_equal(wasm_memory_map_window(memory, &window), ERROR_ARGUMENT);
    window.address = 0x80000000;
    assert_int_equal(wasm_memory_map_window(memory, &window), ERROR_ARGUMENT);
    window.address = WASM_WINDOW_END - 65536;
    assert_int_equal(wasm_memory_map_window(memory, &window), ERROR_ARGUMENT);
    assert_int_equal(wasm_memory_unmap_window(memory, 0xC0010000), ERROR_NOT_FOUND);
    assert_int_equal(wasm_memory_unmap_window(memory, WASM_WINDOW_FIRST), ERROR_NONE);
    expect_trap(&one, "read", WASM_WINDOW_FIRST, WASM_TRAP_MEMORY_BOUNDS);
    assert_int_equal(world_call(&one, "grow", 49152, &result), ERROR_NONE);
    assert_int_equal(result, UINT32_MAX);
    wasm_store_destroy(two.store);
    wasm_module_destroy(two.module);
    wasm_engine_destroy(two.engine);
    budget_end(&two.budget);
    support_wat_release(two.bytes);
    world_end(&one);
    close(object);
}

static enum error move_refuse(void *context, void *from, void *to, size_t size) {
    (void)context, (void)from, (void)to, (void)size;
    return ERROR_HOST;
}

/* A window goes from one memory to the other and back, by a host that moves pages, that fails to, and that does not know how to. */
static void window_moves(enum error (*move)(void *context, void *from, void *to, size_t size)) {
    struct world one;
    struct wasm_store_options options = {.windows = true};
    int object = memfd_create("window", 0);
    assert_true(object >= 0 && ftruncate(object, 131072) == 0);
    world_begin(&one, BUDGET_UNLIMITED, &options);
    one.host.move = move;
    assert_int_equal(world_load(&one, window_program), ERROR_NONE);
    struct wasm_memory *memory = world_export(&one, "m").memory;
    struct wasm_window window = {.address = 0xC0000000, .size = 131072, .object = (uint64_t)object, .access = WASM_ACCESS_READ_WRITE};
    struct wasm_window there = window, small = window;
    there.address = 0xD0000000;
    there.access = WASM_ACCESS_READ;
    small.size = 65536;
    assert_int_equal(wasm_memory_reserve_windows(memory, 20), ERROR_NONE);
    assert_int_equal(wasm_memory_move_window(memory, 0xC0000000, memory, &there), ERROR_NOT_FOUND);
    assert_int_equal(wasm_memory_map_window(memory, &window), ERROR_NONE);
    uint32_t result;
    assert_int_equal(world_call(&one, "write", 0xC0010000, &result), ERROR_NONE);
    assert_int_equal(wasm_memory_move_window(memory, 0xC0000000, memory, &small), ERROR_ARGUMENT);
    assert_int_equal(wasm_memory_move_window(memory, 0xC0000000, memory, &window), ERROR_ARGUMENT);
    assert_int_equal(wasm_memory_move_window(memory, 0xC0000000, memory, &there), ERROR_NONE);
    expect_trap(&one, "read", 0xC0010000, WASM_TRAP_MEMORY_BOUNDS);
    expect_trap(&one, "write", 0xD0010000, WASM_TRAP_MEMORY_BOUNDS);
    expect_trap(&one, "copy", 0xD0010000, WASM_TRAP_MEMORY_BOUNDS);
    assert_int_equal(world_call(&one, "read", 0xD0010000, &result), ERROR_NONE);
    assert_int_equal(result, 0x55667788);
    assert_int_equal(wasm_memory_move_window(memory, 0xD0000000, memory, &window), ERROR_NONE);
    assert_int_equal(world_call(&one, "read", 0xC0010000, &result), ERROR_NONE);
    assert_int_equal(result, 0x55667788);
    assert_int_equal(world_call(&one, "write", 0xC0000000, &result), ERROR_NONE);
    expect_trap(&one, "read", 0xD0000000, WASM_TRAP_MEMORY_BOUNDS);
    world_end(&one);
    close(object);
}

static void test_window_moves(void **state) {
    (void)state;
    struct wasm_host host;
    assert_int_equal(host_create(&host), ERROR_NONE);
    window_moves(host.move);
    window_moves(move_refuse);
    window_moves(NULL);
}

/* What can be read and not written traps at the store, also where one instruction could do both. */
static void test_window_update(void **state) {
    (void)state;
    struct world world;
    struct wasm_store_options options = {.windows = true};
    int object = memfd_create("window", 0);
    assert_true(object >= 0 && ftruncate(object, 65536) == 0);
    world_begin(&world, BUDGET_UNLIMITED, &options);
    assert_int_equal(world_load(&world, "(module (memory (export \"m\") 1) (func (export \"start\") (param i32) (result i32) (i32.store (local.get 0)"
                                        "(i32.add (i32.load (local.get 0)) (i32.const 1))) (i32.load (local.get 0))))"),
                     ERROR_NONE);
    struct wasm_window window = {.address = WASM_WINDOW_FIRST, .size = 65536, .object = (uint64_t)object, .access = WASM_ACCESS_READ};
    assert_int_equal(wasm_memory_map_window(world_export(&world, "m").memory, &window), ERROR_NONE);
    uint32_t result;
    assert_int_equal(world_call(&world, "start", 16, &result), ERROR_NONE);
    assert_int_equal(result, 1);
    expect_trap(&world, "start", WASM_WINDOW_FIRST, WASM_TRAP_MEMORY_BOUNDS);
    assert_int_equal(world.bytes.data[wasm_store_trap(world.store)->frames[0].offset], OP_I32_STORE);
    expect_trap(&world, "start", WASM_WINDOW_FIRST + 65536, WASM_TRAP_MEMORY_BOUNDS);
    assert_int_equal(world.bytes.data[wasm_store_trap(world.store)->frames[0].offset], OP_I32_LOAD);
    world_end(&world);
    close(object);
}

/* Offsets of 2^31 and more, which no displacement can hold, and sums that must not wrap, or must: all end at byte 16 of the window. */
static void test_window_offsets(void **state) {
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g"};
    static const uint32_t arguments[] = {16, 0x40000010, 0, 0x20, 0xBFFFFFF0, 0x10, 0x40000004};
    struct world world;
    struct wasm_store_options options = {.windows = true};
    int object = memfd_create("window", 0);
    assert_true(object >= 0 && ftruncate(object, 65536) == 0);
    world_begin(&world, BUDGET_UNLIMITED, &options);
    assert_int_equal(
        world_load(&world, "(module (memory (export \"m\") 1) (func (export \"start\"))"
                           "(func (export \"a\") (param i32) (result i32) (i32.load offset=0xC0000000 (local.get 0)))"
                           "(func (export \"b\") (param i32) (result i32) (i32.load offset=0x80000000 (local.get 0)))"
                           "(func (export \"c\") (param i32) (result i32) (i32.load offset=0x80000000 (i32.const 0x40000010)))"
                           "(func (export \"d\") (param i32) (result i32) (i32.load offset=0xC0000000 (i32.add (local.get 0) (i32.const -16))))"
                           "(func (export \"e\") (param i32) (result i32) (i32.load (i32.add (local.get 0) (i32.const 32))))"
                           "(func (export \"f\") (param i32) (result i32) (i32.store offset=0xBFFFFFFF (i32.const 17) (i32.const 7))"
                           "(i32.add (i32.load offset=0xC0000000 (local.get 0)) (i32.load offset=0xC0000000 (i32.const 2000))))"
                           "(func (export \"g\") (param i32) (result i32) (i32.load offset=0x7FFFFFFF (i32.add (i32.shl (local.get 0) (i32.const 2))"
                           "(i32.const 0x40000001)))))"),
        ERROR_NONE);
    struct wasm_memory *memory = world_export(&world, "m").memory;
    struct wasm_window window = {.address = WASM_WINDOW_FIRST, .size = 65536, .object = (uint64_t)object, .access = WASM_ACCESS_READ_WRITE};
    assert_int_equal(wasm_memory_map_window(memory, &window), ERROR_NONE);
    *wasm_memory_range(memory, WASM_WINDOW_FIRST + 16, 4, WASM_ACCESS_READ_WRITE) = 7;
    for (size_t index = 0; index < 7; index++) {
        uint32_t result;
        assert_int_equal(world_call(&world, names[index], arguments[index], &result), ERROR_NONE);
        assert_int_equal(result, 7);
    }
    expect_trap(&world, "a", 0x40000010, WASM_TRAP_MEMORY_BOUNDS); /* 2^32 + 16 */
    world_end(&world);
    close(object);
}

static void test_window_limits_memory(void **state) {
    (void)state;
    struct world world;
    struct wasm_store_options options = {.windows = true};
    world_begin(&world, BUDGET_UNLIMITED, &options);
    assert_int_equal(world_load(&world, "(module (memory 49153) (func (export \"start\")))"), ERROR_LIMIT);
    world_end(&world);
}

/* ---- What a host gets back ---- */

static struct wasm_host plain_host;
static uint32_t empty_count;
static bool commit_fails;

static void touch(void *address) {
    (void)*(volatile uint8_t *)address;
}

static void unreserve_empty(void *context, void *address, size_t size) {
    static const uint32_t touched[] = {0, 65536, 3 * 65536 - 1, WASM_WINDOW_FIRST, WASM_WINDOW_FIRST + 65536, WASM_WINDOW_FIRST + 0x1010000};
    struct wasm_fault fault;
    for (size_t index = 0; index < sizeof touched / sizeof touched[0]; index++) {
        assert_false(plain_host.guard(context, touch, (uint8_t *)address + touched[index], &fault));
    }
    empty_count++;
    plain_host.unreserve(context, address, size);
}

static enum error commit_or_fail(void *context, void *address, size_t size) {
    return commit_fails ? ERROR_NO_MEMORY : plain_host.commit(context, address, size);
}

static void slot_use(int object, bool fails) {
    struct world world;
    uint32_t result;
    struct wasm_store_options options = {.windows = true};
    world_begin(&world, BUDGET_UNLIMITED, &options);
    plain_host = world.host;
    world.host.unreserve_empty = unreserve_empty;
    world.host.commit = commit_or_fail;
    assert_int_equal(world_load(&world, window_program), ERROR_NONE);
    assert_int_equal(world_call(&world, "grow", 0, &result), ERROR_NONE); /* what calls need is committed */
    commit_fails = fails;
    assert_int_equal(world_call(&world, "grow", 2, &result), ERROR_NONE);
    assert_int_equal(result, fails ? UINT32_MAX : 1);
    commit_fails = false;
    for (uint32_t place = 0; place < 3; place++) {
        static const uint32_t offsets[] = {0, 0x10000, 0x1010000};
        struct wasm_window window = {.address = WASM_WINDOW_FIRST + offsets[place], .size = 65536, .object = (uint64_t)object};
        assert_int_equal(wasm_memory_map_window(world_export(&world, "m").memory, &window), ERROR_NONE);
    }
    world_end(&world);
}

/* It is told that a slot is empty when there is nothing in it, and not when something of it failed. */
static void test_empty_slots(void **state) {
    (void)state;
    int object = memfd_create("window", 0);
    assert_true(object >= 0 && ftruncate(object, 65536) == 0);
    empty_count = 0;
    slot_use(object, false);
    assert_int_equal(empty_count, 1);
    slot_use(object, true);
    assert_int_equal(empty_count, 1);
    close(object);
}

/* ---- Checked bounds ---- */

static void test_no_windows(void **state) {
    (void)state;
    struct world world;
    struct wasm_store_options options = {.windows = true};
    struct wasm_window window = {.address = WASM_WINDOW_FIRST, .size = 131072, .access = WASM_ACCESS_READ_WRITE};
    world_begin(&world, BUDGET_UNLIMITED, &options);
    assert_int_equal(world_load(&world, window_program), ERROR_NONE);
    assert_int_equal(wasm_memory_map_window(world_export(&world, "m").memory, &window), ERROR_ARGUMENT);
    world_end(&world);
}

static enum error (*host_reserve)(void *context, size_t size, void **address);

static enum error reserve_little(void *context, size_t size, void **address) {
    return size > (16u << 20) ? ERROR_NO_MEMORY : host_reserve(context, size, address);
}

/* A host with little address space: a memory may grow as far as half of a half of 4 GiB fits with its guard. */
static void test_little_address_space(void **state) {
    (void)state;
    struct world world;
    uint32_t result;
    world_begin(&world, BUDGET_UNLIMITED, NULL);
    host_reserve = world.host.reserve;
    world.host.reserve = reserve_little;
    assert_int_equal(world_load(&world, "(module (memory 1) (func (export \"grow\") (param i32) (result i32) (memory.grow (local.get 0)))"
                                        " (func (export \"read\") (param i32) (result i32) (i32.load (local.get 0))))"),
                     ERROR_NONE);
    assert_int_equal(world_call(&world, "grow", 128, &result), ERROR_NONE);
    assert_int_equal(result, UINT32_MAX);
    assert_int_equal(world_call(&world, "grow", 127, &result), ERROR_NONE);
    assert_int_equal(result, 1);
    assert_int_equal(world_call(&world, "read", (8u << 20) - 4, &result), ERROR_NONE);
    expect_trap(&world, "read", (8u << 20) - 3, WASM_TRAP_MEMORY_BOUNDS);
    expect_trap(&world, "read", UINT32_MAX, WASM_TRAP_MEMORY_BOUNDS);
    world_end(&world);
}

int main(void) {
    const struct CMUnitTest guarded[] = {
        cmocka_unit_test(test_growth),        cmocka_unit_test(test_windows),        cmocka_unit_test(test_window_moves),
        cmocka_unit_test(test_window_update), cmocka_unit_test(test_window_offsets), cmocka_unit_test(test_window_limits_memory),
        cmocka_unit_test(test_empty_slots),
    };
    const struct CMUnitTest checked[] = {cmocka_unit_test(test_growth), cmocka_unit_test(test_no_windows),
                                         cmocka_unit_test(test_little_address_space)};
    int failures = 0;
    for (int way = 0; way < 4; way++) {
        const char *name = way_set(way);
        failures += check_bounds ? cmocka_run_group_tests_name(name, checked, NULL, NULL) : cmocka_run_group_tests_name(name, guarded, NULL, NULL);
    }
    return failures;
}
