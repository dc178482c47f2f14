/* Descriptors: the table, rights, status, flags, positions. */
#include "tests/support/wasi_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define END WASI_PROCESS_MEMORY_SIZE

#define RIGHTS_TERMINAL ((1u << 1) | (1u << 3) | (1u << 6) | (1u << 21) | (1u << 27))
#define RIGHTS_FILE     (RIGHTS_TERMINAL | (1u << 0) | (1u << 2) | (1u << 4) | (1u << 5) | (1u << 7))

static struct wasi_process process;

static int setup(void **state) {
    (void)state;
    wasi_process_create(&process, WASI_PROGRAM_FORWARD, NULL);
    process.fake.status = (struct wasi_stream_status){.type = WASI_FILETYPE_CHARACTER_DEVICE, .can_read = true, .can_write = true};
    return 0;
}

static int teardown(void **state) {
    (void)state;
    wasi_process_destroy(&process);
    return 0;
}

static uint64_t load_u64(uint32_t address) {
    return bytes_load_u64(wasi_process_memory(&process, address));
}

static uint64_t rights_of(uint64_t fd) {
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_get, fd, 64), WASI_SUCCESS);
    assert_int_equal(load_u64(64 + 16), 0);
    return load_u64(64 + 8);
}

static void test_status(void **state) {
    (void)state;
    assert_int_equal(rights_of(1), RIGHTS_TERMINAL);
    assert_int_equal(process.fake.status_stream, 1);
    assert_int_equal(*wasi_process_memory(&process, 64), WASI_FILETYPE_CHARACTER_DEVICE);
    process.fake.status = (struct wasi_stream_status){.type = WASI_FILETYPE_REGULAR_FILE, .can_read = true, .can_write = true, .append = true};
    process.fake.has_position = true;
    assert_int_equal(rights_of(1), RIGHTS_FILE);
    assert_int_equal(*wasi_process_memory(&process, 66), 1);
    process.fake.has_position = false;
    process.fake.status = (struct wasi_stream_status){.type = WASI_FILETYPE_UNKNOWN, .can_read = true, .nonblocking = true};
    assert_int_equal(rights_of(0), RIGHTS_TERMINAL & ~(1u << 6));
    assert_int_equal(*wasi_process_memory(&process, 66), 4);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_get, 0, END - 24), WASI_SUCCESS);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_get, 0, END - 23), WASI_FAULT);
    process.fake.error = WASI_BADF; /* closed before the program began */
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_get, 0, 64), WASI_BADF);
}

static void test_attributes(void **state) {
    (void)state;
    process.fake.status.size = 4711;
    process.fake.status.changed_ns = 12;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_filestat_get, 2, END - 64), WASI_SUCCESS);
    assert_int_equal(process.fake.status_stream, 2);
    assert_int_equal(load_u64(END - 64 + 32), 4711);
    assert_int_equal(load_u64(END - 64 + 56), 12);
    assert_int_equal(*wasi_process_memory(&process, END - 64 + 16), WASI_FILETYPE_CHARACTER_DEVICE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_filestat_get, 2, END - 63), WASI_FAULT);
}

static void test_close(void **state) {
    (void)state;
    for (uint64_t fd = 0; fd < 3; fd++) {
        assert_int_equal(WASI_PROCESS_CALL(&process, fd_close, fd), WASI_SUCCESS);
        assert_int_equal(WASI_PROCESS_CALL(&process, fd_close, fd), WASI_BADF);
        assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_get, fd, 64), WASI_BADF);
        assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, fd, 0, 0, 8), WASI_BADF);
        assert_int_equal(WASI_PROCESS_CALL(&process, fd_tell, fd, 8), WASI_BADF);
        assert_int_equal(WASI_PROCESS_CALL(&process, path_open, fd, 0, 0, 0, 0, 0, 0, 0, 0), WASI_BADF);
    }
}

static void test_renumber(void **state) {
    (void)state;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_renumber, 2, 3), WASI_BADF);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_renumber, 3, 2), WASI_BADF);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_renumber, 1, 1), WASI_SUCCESS);
    assert_int_equal(rights_of(1), RIGHTS_TERMINAL);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_renumber, 2, 1), WASI_SUCCESS);
    assert_int_equal(rights_of(1), RIGHTS_TERMINAL);
    assert_int_equal(process.fake.status_stream, 2);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_get, 2, 64), WASI_BADF);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_renumber, 1, 2), WASI_BADF);
}

static void test_rights(void **state) {
    (void)state;
    uint64_t kept = RIGHTS_TERMINAL & ~(1u << 6); /* not to write */
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_rights, 1, RIGHTS_FILE, 0), WASI_NOTCAPABLE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_rights, 1, kept, 1), WASI_NOTCAPABLE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_rights, 1, kept, 0), WASI_SUCCESS);
    assert_int_equal(rights_of(1), kept);
    assert_int_equal(rights_of(2), RIGHTS_TERMINAL);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, 0, 0, 8), WASI_NOTCAPABLE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 1, 0, 0, 8), WASI_SUCCESS);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_rights, 1, RIGHTS_TERMINAL, 0), WASI_NOTCAPABLE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_rights, 1, 0, 0), WASI_SUCCESS);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_read, 1, 0, 0, 8), WASI_NOTCAPABLE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_seek, 1, 0, 0, 8), WASI_NOTCAPABLE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_tell, 1, 8), WASI_NOTCAPABLE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_sync, 1), WASI_NOTCAPABLE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_datasync, 1), WASI_NOTCAPABLE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_filestat_get, 1, 64), WASI_NOTCAPABLE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_flags, 1, 0), WASI_NOTCAPABLE);
}

static void test_flags(void **state) {
    (void)state;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_flags, 1, 5), WASI_SUCCESS);
    assert_true(process.fake.append && process.fake.nonblocking);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_flags, 1, 4), WASI_SUCCESS);
    assert_true(!process.fake.append && process.fake.nonblocking);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_flags, 1, 2), WASI_NOTSUP);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_flags, 1, 8), WASI_NOTSUP);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_flags, 1, 16), WASI_NOTSUP);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_flags, 1, 32), WASI_INVAL);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_fdstat_set_flags, 1, 0x10000), WASI_INVAL);
    assert_true(!process.fake.append && process.fake.nonblocking);
}

static void test_advise(void **state) {
    (void)state;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_advise, 0, 0, 0, 0), WASI_SPIPE);
    process.fake.has_position = true;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_advise, 0, UINT64_MAX, UINT64_MAX, 5), WASI_SUCCESS);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_advise, 0, 0, 0, 6), WASI_INVAL);
}

static void test_seek(void **state) {
    (void)state;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_seek, 0, 0, 0, 8), WASI_SPIPE);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_tell, 0, 8), WASI_SPIPE);
    process.fake.has_position = true;
    process.fake.end = 100;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_seek, 0, 7, WASI_WHENCE_SET, 8), WASI_SUCCESS);
    assert_int_equal(load_u64(8), 7);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_seek, 0, (uint64_t)-2, WASI_WHENCE_CURRENT, 8), WASI_SUCCESS);
    assert_int_equal(load_u64(8), 5);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_seek, 0, (uint64_t)-1, WASI_WHENCE_END, 8), WASI_SUCCESS);
    assert_int_equal(load_u64(8), 99);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_tell, 0, 16), WASI_SUCCESS);
    assert_int_equal(load_u64(16), 99);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_seek, 0, (uint64_t)-1, WASI_WHENCE_SET, 8), WASI_INVAL);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_seek, 0, 0, 3, 8), WASI_INVAL);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_seek, 0, 0, 256, 8), WASI_INVAL);
    /* Nothing moves when the answer could not be given. */
    uint32_t before = process.fake.seek_count;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_seek, 0, 1, WASI_WHENCE_SET, END - 7), WASI_FAULT);
    assert_int_equal(process.fake.seek_count, before);
}

static void test_sync(void **state) {
    (void)state;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_sync, 1), WASI_SUCCESS);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_datasync, 1), WASI_SUCCESS);
    assert_int_equal(process.fake.sync_count, 2);
    assert_int_equal(process.fake.sync_metadata_count, 1);
    process.fake.error = WASI_INVAL;
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_sync, 1), WASI_INVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_status, setup, teardown), cmocka_unit_test_setup_teardown(test_attributes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_close, setup, teardown),  cmocka_unit_test_setup_teardown(test_renumber, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rights, setup, teardown), cmocka_unit_test_setup_teardown(test_flags, setup, teardown),
        cmocka_unit_test_setup_teardown(test_advise, setup, teardown), cmocka_unit_test_setup_teardown(test_seek, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sync, setup, teardown),
    };
    int failures = cmocka_run_group_tests_name("interpreted", tests, NULL, NULL);
    wasi_process_compiles = true;
    return failures + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
