/* Layouts against offsets written down from the witx types, one byte at a time. */
#include "wasi/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct wasi_stream_status status = {
    .type = WASI_FILETYPE_REGULAR_FILE,
    .append = true,
    .nonblocking = true,
    .device = 0x0102030405060708,
    .inode = 0x1112131415161718,
    .link_count = 0x2122232425262728,
    .size = 0x3132333435363738,
    .accessed_ns = 0x4142434445464748,
    .modified_ns = 0x5152535455565758,
    .changed_ns = 0x6162636465666768,
};

static void test_fdstat(void **state) {
    (void)state;
    static const uint8_t expected[LAYOUT_FDSTAT_SIZE] = {
        4, 0, 5, 0, 0, 0, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
    };
    uint8_t out[LAYOUT_FDSTAT_SIZE];
    memset(out, 0xFF, sizeof(out));
    layout_store_fdstat(out, &status, 0x1122334455667788);
    assert_memory_equal(out, expected, sizeof(out));
}

static void test_filestat(void **state) {
    (void)state;
    static const uint8_t expected[LAYOUT_FILESTAT_SIZE] = {
        0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11, 4,    0,    0,    0,    0,    0,
        0,    0,    0x28, 0x27, 0x26, 0x25, 0x24, 0x23, 0x22, 0x21, 0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31, 0x48, 0x47, 0x46, 0x45,
        0x44, 0x43, 0x42, 0x41, 0x58, 0x57, 0x56, 0x55, 0x54, 0x53, 0x52, 0x51, 0x68, 0x67, 0x66, 0x65, 0x64, 0x63, 0x62, 0x61,
    };
    uint8_t out[LAYOUT_FILESTAT_SIZE];
    memset(out, 0xFF, sizeof(out));
    layout_store_filestat(out, &status);
    assert_memory_equal(out, expected, sizeof(out));
}

static void test_event(void **state) {
    (void)state;
    static const uint8_t expected[LAYOUT_EVENT_SIZE] = {
        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 76, 0, 2, 0, 0, 0, 0, 0, 0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01, 1,
    };
    const struct layout_event event = {
        .userdata = 0x1122334455667788,
        .error = WASI_NOTCAPABLE,
        .type = LAYOUT_EVENT_WRITE,
        .available = 0x0102030405060708,
        .hangup = true,
    };
    uint8_t out[LAYOUT_EVENT_SIZE];
    memset(out, 0xFF, sizeof(out));
    layout_store_event(out, &event);
    assert_memory_equal(out, expected, sizeof(out));
}

static void test_subscription_clock(void **state) {
    (void)state;
    uint8_t in[LAYOUT_SUBSCRIPTION_SIZE];
    struct layout_subscription out;
    memset(in, 0xFF, sizeof(in));
    bytes_store_u64(in, 0x1122334455667788);
    in[8] = LAYOUT_EVENT_CLOCK;
    bytes_store_u32(in + 16, 1);
    bytes_store_u64(in + 24, 0x0102030405060708);
    in[40] = 1;
    in[41] = 0x80;
    layout_load_subscription(in, &out);
    assert_int_equal(out.userdata, 0x1122334455667788);
    assert_int_equal(out.type, LAYOUT_EVENT_CLOCK);
    assert_int_equal(out.clock, 1);
    assert_int_equal(out.timeout_ns, 0x0102030405060708);
    assert_int_equal(out.clock_flags, 0x8001);
}

static void test_subscription_stream(void **state) {
    (void)state;
    uint8_t in[LAYOUT_SUBSCRIPTION_SIZE];
    struct layout_subscription out;
    memset(in, 0xFF, sizeof(in));
    in[8] = LAYOUT_EVENT_READ;
    bytes_store_u32(in + 16, 0x01020304);
    layout_load_subscription(in, &out);
    assert_int_equal(out.userdata, UINT64_MAX);
    assert_int_equal(out.type, LAYOUT_EVENT_READ);
    assert_int_equal(out.descriptor, 0x01020304);
}

/* The ends of the list, and every number once and in order. */
static void test_errno_numbers(void **state) {
    (void)state;
    static const int numbers[] = {
#define WASI_ERRNO(number, name, text) WASI_##name,
#include "wasi/errno.def"
#undef WASI_ERRNO
    };
    assert_int_equal(sizeof(numbers) / sizeof(numbers[0]), 77);
    for (int i = 0; i < 77; i++) {
        assert_int_equal(numbers[i], i);
    }
    assert_int_equal(WASI_BADF, 8);
    assert_int_equal(WASI_INVAL, 28);
    assert_int_equal(WASI_SPIPE, 70);
    assert_int_equal(WASI_NOTCAPABLE, 76);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fdstat),
        cmocka_unit_test(test_filestat),
        cmocka_unit_test(test_event),
        cmocka_unit_test(test_subscription_clock),
        cmocka_unit_test(test_subscription_stream),
        cmocka_unit_test(test_errno_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
