/* Reading and writing through lists of ranges: what moves, in how many steps, and what happens to lists that lie. */
#include "tests/support/wasi_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define END       WASI_PROCESS_MEMORY_SIZE
#define LIST      1024u /* where lists are */
#define RESULT    512u
#define UNTOUCHED 0xEEEEEEEEu

static struct wasi_process process;

static int setup(void **state) {
    (void)state;
    wasi_process_create(&process, WASI_PROGRAM_FORWARD, NULL);
    bytes_store_u32(wasi_process_memory(&process, RESULT), UNTOUCHED);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    wasi_process_destroy(&process);
    return 0;
}

static uint32_t result(void) {
    return bytes_load_u32(wasi_process_memory(&process, RESULT));
}

static void input(const void *data, size_t size) {
    process.fake.input = data;
    process.fake.input_size = size;
}

/* ---- Writing ---- */

static void test_write_gathers(void **state) {
    (void)state;
    const uint32_t ranges[] = {END - 5, 5, 0xFFFFFFFF, 0, 2000, 1, END - 3, 3};
    wasi_process_put_ranges(&process, LIST, ranges, 4);
    memcpy(wasi_process_memory(&process, END - 5), "hello", 5);
    *wasi_process_memory(&process, 2000) = ' ';
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 2, LIST, 4, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 9);
    assert_int_equal(process.fake.write_count, 1);
    assert_int_equal(process.fake.write_stream, 2);
    assert_memory_equal(process.fake.output, "hello llo", 9);
}

static void test_write_large_goes_directly(void **state) {
    (void)state;
    const uint32_t ranges[] = {2000, 10, 4096, 5000, 3000, 20, 3000, 30};
    wasi_process_put_ranges(&process, LIST, ranges, 4);
    memset(wasi_process_memory(&process, 2000), 'a', 10);
    memset(wasi_process_memory(&process, 4096), 'b', 5000);
    memset(wasi_process_memory(&process, 3000), 'c', 30);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, LIST, 4, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 5060);
    assert_int_equal(process.fake.write_count, 3);
    assert_int_equal(process.fake.write_sizes[0], 10);
    assert_int_equal(process.fake.write_sizes[1], 5000);
    assert_int_equal(process.fake.write_sizes[2], 50);
    assert_int_equal(process.fake.output[9], 'a');
    assert_int_equal(process.fake.output[10], 'b');
    assert_int_equal(process.fake.output[5009], 'b');
    assert_int_equal(process.fake.output[5010], 'c');
}

static void test_write_many_small(void **state) {
    (void)state;
    uint32_t ranges[2 * 300];
    for (uint32_t i = 0; i < 300; i++) {
        ranges[2 * i] = 8192 + i * 100;
        ranges[2 * i + 1] = 100;
        memset(wasi_process_memory(&process, 8192 + i * 100), (int)(i & 0xFF), 100);
    }
    wasi_process_put_ranges(&process, LIST, ranges, 300);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, LIST, 300, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 30000);
    assert_int_equal(process.fake.write_count, 8); /* seven of 40 ranges, and the rest */
    for (uint32_t i = 0; i < 30000; i++) {
        assert_int_equal(process.fake.output[i], i / 100 & 0xFF);
    }
}

static void test_write_short(void **state) {
    (void)state;
    const uint32_t ranges[] = {4096, 5000, 4096, 5000};
    wasi_process_put_ranges(&process, LIST, ranges, 2);
    process.fake.output_room = 6000;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, LIST, 2, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 6000);
    bytes_store_u32(wasi_process_memory(&process, RESULT), UNTOUCHED);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, LIST, 2, RESULT), WASI_AGAIN);
    assert_int_equal(result(), UNTOUCHED);
    process.fake.error = WASI_PIPE;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, LIST, 2, RESULT), WASI_PIPE);
}

/* The first range fills the stream exactly: the error of the second one waits for the next call. */
static void test_write_error_after_bytes(void **state) {
    (void)state;
    const uint32_t ranges[] = {4096, 5000, 4096, 5000};
    wasi_process_put_ranges(&process, LIST, ranges, 2);
    process.fake.output_room = 5000;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, LIST, 2, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 5000);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, LIST, 2, RESULT), WASI_AGAIN);
}

static void test_write_nothing(void **state) {
    (void)state;
    const uint32_t ranges[] = {4096, 0, END + 5, 0};
    wasi_process_put_ranges(&process, LIST, ranges, 2);
    process.fake.error = WASI_IO;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, LIST, 2, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 0);
    bytes_store_u32(wasi_process_memory(&process, RESULT), UNTOUCHED);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, END, 0, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 0);
}

/* ---- Lists that lie ---- */

static void expect_both(uint32_t list, uint32_t count, uint32_t result_address, uint32_t expected) {
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, list, count, result_address), expected);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 0, list, count, result_address), expected);
    assert_int_equal(process.fake.write_count, 0);
    assert_int_equal(process.fake.read_count, 0);
    assert_int_equal(result(), UNTOUCHED);
}

static void test_lists_that_lie(void **state) {
    (void)state;
    const uint32_t good[] = {4096, 5000}, beyond[] = {4096, 5000, END - 1, 2}, wrapping[] = {4096, 5000, 0xFFFFFFF0, 0x20};
    input("abc", 3);
    wasi_process_put_ranges(&process, LIST, good, 1);
    expect_both(LIST, 1, END - 3, WASI_FAULT);
    expect_both(LIST, 1, 0xFFFFFFFF, WASI_FAULT);
    expect_both(END - 7, 1, RESULT, WASI_FAULT);
    expect_both(LIST, 0xFFFFFFFF, RESULT, WASI_FAULT);
    expect_both(LIST, 0x20000000, RESULT, WASI_FAULT); /* whose size is 2^32 */
    expect_both(LIST, (END - LIST) / 8 + 1, RESULT, WASI_FAULT);
    expect_both(0xFFFFFFF8, 1, RESULT, WASI_FAULT);
    wasi_process_put_ranges(&process, LIST, beyond, 2);
    expect_both(LIST, 2, RESULT, WASI_FAULT);
    wasi_process_put_ranges(&process, LIST, wrapping, 2);
    expect_both(LIST, 2, RESULT, WASI_FAULT);
}

/* Ranges may overlap, so that a small memory can be named as more than 2^32 - 1 bytes. */
static void test_too_many_bytes(void **state) {
    (void)state;
    const uint32_t size = END * 2, count = 20000;
    struct wasm_memory *memory = wasm_instance_memory(process.instance, 0);
    assert_int_equal(wasm_memory_grow(memory, END >> 16), END >> 16);
    uint8_t *base = wasm_memory_range(memory, 0, size, WASM_ACCESS_READ_WRITE);
    assert_non_null(base);
    for (uint32_t i = 0; i < count; i++) {
        bytes_store_u32(base + 1024 + i * 8, 0);
        bytes_store_u32(base + 1024 + i * 8 + 4, size);
    }
    expect_both(1024, count, RESULT, WASI_INVAL);
    /* 16,383 of them are 2^32 - 2^18 bytes. */
    input("abc", 3);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 0, 1024, 16383, size - 4), WASI_SUCCESS);
    assert_int_equal(bytes_load_u32(base + size - 4), 3);
    assert_memory_equal(base, "abc", 3);
}

static void test_unaligned(void **state) {
    (void)state;
    const uint32_t ranges[] = {2001, 3};
    wasi_process_put_ranges(&process, LIST + 3, ranges, 1);
    memcpy(wasi_process_memory(&process, 2001), "odd", 3);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, LIST + 3, 1, RESULT + 1), WASI_SUCCESS);
    assert_int_equal(bytes_load_u32(wasi_process_memory(&process, RESULT + 1)), 3);
    assert_memory_equal(process.fake.output, "odd", 3);
}

/* ---- Reading ---- */

static void test_read_directly(void **state) {
    (void)state;
    const uint32_t ranges[] = {0xFFFFFFFF, 0, END - 10, 10};
    wasi_process_put_ranges(&process, LIST, ranges, 2);
    input("hello", 5);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 0, LIST, 2, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 5);
    assert_int_equal(process.fake.read_size, 10);
    assert_int_equal(process.fake.read_stream, 0);
    assert_memory_equal(wasi_process_memory(&process, END - 10), "hello\0", 6);
    /* The end. */
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 0, LIST, 2, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 0);
    assert_int_equal(process.fake.read_count, 2);
}

static void test_read_scatters(void **state) {
    (void)state;
    const uint32_t ranges[] = {2000, 3, 0, 0, 2100, 4, 2200, 5};
    wasi_process_put_ranges(&process, LIST, ranges, 4);
    input("abcdefghijklmnop", 16);
    process.fake.read_size_max = 9;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 0, LIST, 4, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 9);
    assert_int_equal(process.fake.read_count, 1);
    assert_int_equal(process.fake.read_size, 12);
    assert_memory_equal(wasi_process_memory(&process, 2000), "abc\0", 4);
    assert_memory_equal(wasi_process_memory(&process, 2100), "defg\0", 5);
    assert_memory_equal(wasi_process_memory(&process, 2200), "hi\0", 3);
}

/* What does not fit into the buffer is left for the next call: nothing is lost. */
static void test_read_bounded(void **state) {
    (void)state;
    static uint8_t data[12000];
    const uint32_t small_first[] = {2000, 10, 16384, 10000}, large_first[] = {16384, 10000, 2000, 10};
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i % 251);
    }
    input(data, sizeof(data));
    wasi_process_put_ranges(&process, LIST, small_first, 2);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 0, LIST, 2, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 4096);
    assert_memory_equal(wasi_process_memory(&process, 2000), data, 10);
    assert_memory_equal(wasi_process_memory(&process, 16384), data + 10, 4086);
    wasi_process_put_ranges(&process, LIST, large_first, 2);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 0, LIST, 2, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), sizeof(data) - 4096);
    assert_memory_equal(wasi_process_memory(&process, 16384), data + 4096, sizeof(data) - 4096);
    assert_int_equal(process.fake.input_size, 0);
}

static void test_read_nothing(void **state) {
    (void)state;
    const uint32_t ranges[] = {2000, 0};
    wasi_process_put_ranges(&process, LIST, ranges, 1);
    input("abc", 3);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 0, LIST, 1, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 0);
    assert_int_equal(process.fake.read_count, 0);
}

static void test_read_error(void **state) {
    (void)state;
    const uint32_t ranges[] = {2000, 3, 3000, 3};
    wasi_process_put_ranges(&process, LIST, ranges, 2);
    process.fake.error = WASI_AGAIN;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 0, LIST, 2, RESULT), WASI_AGAIN);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 0, LIST, 1, RESULT), WASI_AGAIN);
    assert_int_equal(result(), UNTOUCHED);
}

/* The input goes over the list itself, and makes it point out of memory. */
static void test_read_over_the_list(void **state) {
    (void)state;
    const uint32_t ranges[] = {LIST + 8, 8, 2000, 8};
    static const uint8_t data[16] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4, 5, 6, 7, 8};
    wasi_process_put_ranges(&process, LIST, ranges, 2);
    input(data, sizeof(data));
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 0, LIST, 2, RESULT), WASI_FAULT);
    assert_int_equal(*wasi_process_memory(&process, 2000), 0);
}

/* ---- At a position ---- */

static void test_at_position(void **state) {
    (void)state;
    const uint32_t ranges[] = {2000, 3};
    wasi_process_put_ranges(&process, LIST, ranges, 1);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_pread, 0, LIST, 1, 5, RESULT), WASI_SPIPE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_pwrite, 1, LIST, 1, 5, RESULT), WASI_SPIPE);
    process.fake.has_position = true;
    process.fake.position = 77;
    input("abc", 3);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_pread, 0, LIST, 1, 5, RESULT), WASI_SUCCESS);
    assert_int_equal(result(), 3);
    assert_int_equal(process.fake.position, 77);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_pwrite, 1, LIST, 1, 5, RESULT), WASI_SUCCESS);
    assert_int_equal(process.fake.position, 77);
    assert_memory_equal(process.fake.output, "abc", 3);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_pread, 0, LIST, 1, 1ull << 63, RESULT), WASI_INVAL);
    process.fake.error = WASI_IO;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_pwrite, 1, LIST, 1, 5, RESULT), WASI_IO);
    assert_int_equal(process.fake.position, 77);
    uint32_t before = process.fake.seek_count;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_pwrite, 1, LIST, 1, 5, END), WASI_FAULT);
    assert_int_equal(process.fake.seek_count, before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write_gathers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_large_goes_directly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_many_small, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_short, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_error_after_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists_that_lie, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unaligned, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_directly, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_scatters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_error, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_over_the_list, setup, teardown),
        cmocka_unit_test_setup_teardown(test_at_position, setup, teardown),
    };
    int failures = cmocka_run_group_tests_name("interpreted", tests, NULL, NULL);
    wasi_process_compiles = true;
    return failures + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
