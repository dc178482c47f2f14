/* poll_oneoff: what is asked of the outside, which events come, and what hostile subscriptions do. */
#include "tests/support/wasi_process.h"

#include "wasi/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define END    WASI_PROCESS_MEMORY_SIZE
#define IN     4096u
#define OUT    8192u
#define RESULT 512u

#define NOW_NS  1000000u
#define WALL_NS 5000000000u

static struct wasi_process process;

static int setup(void **state) {
    (void)state;
    wasi_process_create(&process, WASI_PROGRAM_FORWARD, NULL);
    process.fake.clock_ns[WASI_CLOCK_MONOTONIC] = NOW_NS;
    process.fake.clock_ns[WASI_CLOCK_REALTIME] = WALL_NS;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    wasi_process_destroy(&process);
    return 0;
}

static void put_clock_at(uint32_t address, uint64_t userdata, uint32_t clock, uint64_t timeout_ns, uint16_t flags) {
    uint8_t *at = wasi_process_memory(&process, address);
    memset(at, 0, LAYOUT_SUBSCRIPTION_SIZE);
    bytes_store_u64(at, userdata);
    at[8] = LAYOUT_EVENT_CLOCK;
    bytes_store_u32(at + 16, clock);
    bytes_store_u64(at + 24, timeout_ns);
    at[40] = (uint8_t)flags;
    at[41] = (uint8_t)(flags >> 8);
}

static void put_clock(uint32_t index, uint32_t clock, uint64_t timeout_ns, uint16_t flags) {
    put_clock_at(IN + index * LAYOUT_SUBSCRIPTION_SIZE, 100 + index, clock, timeout_ns, flags);
}

static void put_stream(uint32_t index, enum layout_event_type type, uint32_t fd) {
    uint8_t *at = wasi_process_memory(&process, IN + index * LAYOUT_SUBSCRIPTION_SIZE);
    memset(at, 0, LAYOUT_SUBSCRIPTION_SIZE);
    bytes_store_u64(at, 100 + index);
    at[8] = (uint8_t)type;
    bytes_store_u32(at + 16, fd);
}

static uint32_t poll(uint32_t count) {
    return WASI_PROCESS_CALL(&process, poll_oneoff, IN, OUT, count, RESULT);
}

static uint32_t event_count(void) {
    return bytes_load_u32(wasi_process_memory(&process, RESULT));
}

static void expect_event(uint32_t index, uint64_t userdata, enum layout_event_type type, enum wasi_errno error) {
    const uint8_t *at = wasi_process_memory(&process, OUT + index * LAYOUT_EVENT_SIZE);
    assert_true(index < event_count());
    assert_int_equal(bytes_load_u64(at), userdata);
    assert_int_equal(at[8] | at[9] << 8, error);
    assert_int_equal(at[10], type);
}

/* ---- Clocks ---- */

static void expect_deadline(uint32_t clock, uint64_t timeout_ns, uint16_t flags, uint64_t deadline_ns) {
    put_clock(0, clock, timeout_ns, flags);
    assert_int_equal(poll(1), WASI_SUCCESS);
    assert_int_equal(process.fake.deadline_ns, deadline_ns);
    assert_int_equal(event_count(), 1);
    expect_event(0, 100, LAYOUT_EVENT_CLOCK, WASI_SUCCESS);
    process.fake.clock_ns[WASI_CLOCK_MONOTONIC] = NOW_NS;
}

static void test_deadlines(void **state) {
    (void)state;
    expect_deadline(WASI_CLOCK_MONOTONIC, 500, 0, NOW_NS + 500);
    expect_deadline(WASI_CLOCK_REALTIME, 500, 0, NOW_NS + 500);
    expect_deadline(WASI_CLOCK_MONOTONIC, NOW_NS + 7, 1, NOW_NS + 7);
    expect_deadline(WASI_CLOCK_MONOTONIC, 7, 1, 7);
    expect_deadline(WASI_CLOCK_REALTIME, WALL_NS + 7, 1, NOW_NS + 7);
    expect_deadline(WASI_CLOCK_REALTIME, WALL_NS - 7, 1, NOW_NS);
    expect_deadline(WASI_CLOCK_MONOTONIC, 0, 0, NOW_NS);
    expect_deadline(WASI_CLOCK_MONOTONIC, UINT64_MAX - 1, 1, UINT64_MAX - 1);
}

static void test_clock_never(void **state) {
    (void)state;
    put_clock(0, WASI_CLOCK_MONOTONIC, UINT64_MAX, 0); /* passes 2^64 */
    put_clock(1, WASI_CLOCK_REALTIME, 3, 0);
    assert_int_equal(poll(2), WASI_SUCCESS);
    assert_int_equal(process.fake.deadline_ns, NOW_NS + 3);
    assert_int_equal(event_count(), 1);
    expect_event(0, 101, LAYOUT_EVENT_CLOCK, WASI_SUCCESS);
}

static void test_clocks_together(void **state) {
    (void)state;
    put_clock(0, WASI_CLOCK_MONOTONIC, 30, 0);
    put_clock(1, WASI_CLOCK_MONOTONIC, 10, 0);
    put_clock(2, WASI_CLOCK_REALTIME, 10, 0);
    assert_int_equal(poll(3), WASI_SUCCESS);
    assert_int_equal(event_count(), 2);
    expect_event(0, 101, LAYOUT_EVENT_CLOCK, WASI_SUCCESS);
    expect_event(1, 102, LAYOUT_EVENT_CLOCK, WASI_SUCCESS);
}

static void test_clocks_that_are_not(void **state) {
    (void)state;
    put_clock(0, WASI_CLOCK_PROCESS_CPUTIME, 30, 0);
    put_clock(1, 4, 30, 0);
    put_clock(2, WASI_CLOCK_MONOTONIC, 30, 2);
    put_clock(3, WASI_CLOCK_MONOTONIC, 30, 0);
    assert_int_equal(poll(4), WASI_SUCCESS);
    assert_int_equal(process.fake.deadline_ns, 0);
    assert_int_equal(event_count(), 3);
    expect_event(0, 100, LAYOUT_EVENT_CLOCK, WASI_NOTSUP);
    expect_event(1, 101, LAYOUT_EVENT_CLOCK, WASI_INVAL);
    expect_event(2, 102, LAYOUT_EVENT_CLOCK, WASI_INVAL);
}

/* ---- Streams ---- */

static void test_streams(void **state) {
    (void)state;
    put_stream(0, LAYOUT_EVENT_READ, 0);
    put_stream(1, LAYOUT_EVENT_WRITE, 1);
    put_stream(2, LAYOUT_EVENT_READ, 0);
    put_clock(3, WASI_CLOCK_MONOTONIC, 30, 0);
    process.fake.ready[0][0] = true;
    process.fake.available = 0x1122334455;
    process.fake.hangup = true;
    assert_int_equal(poll(4), WASI_SUCCESS);
    assert_int_equal(process.fake.entry_count, 2);
    assert_int_equal(process.fake.entries[0].stream, 0);
    assert_false(process.fake.entries[0].for_write);
    assert_int_equal(process.fake.entries[1].stream, 1);
    assert_true(process.fake.entries[1].for_write);
    assert_int_equal(process.fake.deadline_ns, NOW_NS + 30);
    assert_int_equal(event_count(), 2);
    expect_event(0, 100, LAYOUT_EVENT_READ, WASI_SUCCESS);
    expect_event(1, 102, LAYOUT_EVENT_READ, WASI_SUCCESS);
    assert_int_equal(bytes_load_u64(wasi_process_memory(&process, OUT + 16)), 0x1122334455);
    assert_int_equal(*wasi_process_memory(&process, OUT + 24), 1);
}

static void test_stream_or_timeout(void **state) {
    (void)state;
    put_stream(0, LAYOUT_EVENT_READ, 0);
    put_clock(1, WASI_CLOCK_MONOTONIC, 30, 0);
    assert_int_equal(poll(2), WASI_SUCCESS);
    assert_int_equal(event_count(), 1);
    expect_event(0, 101, LAYOUT_EVENT_CLOCK, WASI_SUCCESS);
}

/* What cannot be waited for shows at once, with what is ready. */
static void test_stream_errors(void **state) {
    (void)state;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_close, 2), WASI_SUCCESS);
    put_stream(0, LAYOUT_EVENT_READ, 3);
    put_stream(1, LAYOUT_EVENT_WRITE, 2);
    put_stream(2, LAYOUT_EVENT_WRITE, 1);
    put_stream(3, LAYOUT_EVENT_READ, 0);
    process.fake.ready[1][1] = true;
    process.fake.entry_error = WASI_IO;
    assert_int_equal(poll(4), WASI_SUCCESS);
    assert_int_equal(process.fake.deadline_ns, 0);
    assert_int_equal(event_count(), 3);
    expect_event(0, 100, LAYOUT_EVENT_READ, WASI_BADF);
    expect_event(1, 101, LAYOUT_EVENT_WRITE, WASI_BADF);
    expect_event(2, 102, LAYOUT_EVENT_WRITE, WASI_IO);
}

static void test_renumbered(void **state) {
    (void)state;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_renumber, 2, 0), WASI_SUCCESS);
    put_stream(0, LAYOUT_EVENT_WRITE, 0);
    process.fake.ready[2][1] = true;
    assert_int_equal(poll(1), WASI_SUCCESS);
    assert_int_equal(process.fake.entries[0].stream, 2);
    expect_event(0, 100, LAYOUT_EVENT_WRITE, WASI_SUCCESS);
}

static void test_rights(void **state) {
    (void)state;
    process.fake.status.can_read = true;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_rights, 0, 1u << 1, 0), WASI_SUCCESS);
    put_stream(0, LAYOUT_EVENT_READ, 0);
    assert_int_equal(poll(1), WASI_SUCCESS);
    expect_event(0, 100, LAYOUT_EVENT_READ, WASI_NOTCAPABLE);
}

/* ---- The call ---- */

static void test_early_return_waits_again(void **state) {
    (void)state;
    put_clock(0, WASI_CLOCK_MONOTONIC, 30, 0);
    process.fake.poll_early_count = 2;
    assert_int_equal(poll(1), WASI_SUCCESS);
    assert_int_equal(process.fake.poll_count, 3);
    assert_int_equal(event_count(), 1);
}

static void test_interrupted(void **state) {
    (void)state;
    put_clock(0, WASI_CLOCK_MONOTONIC, 30, 0);
    process.fake.error = WASI_INTR;
    assert_int_equal(poll(1), WASI_INTR);
}

static void test_bad_calls(void **state) {
    (void)state;
    put_clock(0, WASI_CLOCK_MONOTONIC, 0, 0);
    assert_int_equal(poll(0), WASI_INVAL);
    assert_int_equal(WASI_PROCESS_CALL(&process, poll_oneoff, END - 47, OUT, 1, RESULT), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, poll_oneoff, IN, END - 31, 1, RESULT), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, poll_oneoff, IN, OUT, 1, END - 3), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, poll_oneoff, IN, OUT, 0xFFFFFFFF, RESULT), WASI_FAULT);
    /* 48 times this is 48 modulo 2^32. */
    assert_int_equal(WASI_PROCESS_CALL(&process, poll_oneoff, IN, OUT, 0x10000001, RESULT), WASI_FAULT);
    put_stream(1, LAYOUT_EVENT_TYPE_COUNT, 0);
    assert_int_equal(poll(2), WASI_INVAL);
    assert_int_equal(process.fake.poll_count, 0);
}

/* As many as memory holds, and no more is asked of the outside than there are streams and directions. */
static void test_many(void **state) {
    (void)state;
    const uint32_t count = 1000;
    uint8_t *memory = wasi_process_memory(&process, 0);
    process.fake.ready[0][0] = true;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *at = memory + i * LAYOUT_SUBSCRIPTION_SIZE;
        memset(at, 0, LAYOUT_SUBSCRIPTION_SIZE);
        bytes_store_u64(at, i);
        at[8] = (uint8_t)(LAYOUT_EVENT_READ + i % 2);
        bytes_store_u32(at + 16, i / 2 % 4);
    }
    uint32_t out = count * LAYOUT_SUBSCRIPTION_SIZE, result = END - 4;
    assert_int_equal(WASI_PROCESS_CALL(&process, poll_oneoff, 0, out, count, result), WASI_SUCCESS);
    assert_int_equal(process.fake.entry_count, 6);
    assert_int_equal(bytes_load_u32(memory + result), count / 8 * 3); /* 0 ready to read; both on 3 are errors */
    assert_int_equal(bytes_load_u64(memory + out), 0);
    assert_int_equal(bytes_load_u64(memory + out + LAYOUT_EVENT_SIZE), 6);
    assert_int_equal(memory[out + LAYOUT_EVENT_SIZE + 8], WASI_BADF);
}

/* Events over subscriptions: whatever comes of it, it stays in memory and ends. */
static void test_overlap(void **state) {
    (void)state;
    for (uint32_t shift = 0; shift < 96; shift++) {
        for (uint32_t i = 0; i < 8; i++) {
            put_clock(i, WASI_CLOCK_MONOTONIC, 1 + i / 4, 0);
        }
        process.fake.clock_ns[WASI_CLOCK_MONOTONIC] = NOW_NS;
        assert_int_equal(WASI_PROCESS_CALL(&process, poll_oneoff, IN, IN - 48 + shift, 8, RESULT), WASI_SUCCESS);
        assert_in_range(event_count(), 1, 8);
    }
    for (uint32_t i = 0; i < 4; i++) {
        put_clock(i, WASI_CLOCK_MONOTONIC, 1, 0);
    }
    /* In place, the events are right: each is shorter than its subscription, and comes after it was read. */
    process.fake.clock_ns[WASI_CLOCK_MONOTONIC] = NOW_NS;
    assert_int_equal(WASI_PROCESS_CALL(&process, poll_oneoff, IN, IN, 4, RESULT), WASI_SUCCESS);
    assert_int_equal(event_count(), 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(bytes_load_u64(wasi_process_memory(&process, IN + i * LAYOUT_EVENT_SIZE)), 100 + i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_deadlines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clock_never, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clocks_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clocks_that_are_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_streams, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stream_or_timeout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stream_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renumbered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rights, setup, teardown),
        cmocka_unit_test_setup_teardown(test_early_return_waits_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_interrupted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_calls, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overlap, setup, teardown),
    };
    int failures = cmocka_run_group_tests_name("interpreted", tests, NULL, NULL);
    wasi_process_compiles = true;
    return failures + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
