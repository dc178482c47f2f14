/* The life of a process, and the functions that are not about streams: arguments, clocks, the end, what is refused. */
#include "tests/support/support.h"
#include "tests/support/wasi_process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define END WASI_PROCESS_MEMORY_SIZE

static struct wasi_process process;

static int setup(void **state) {
    (void)state;
    wasi_process_create(&process, WASI_PROGRAM_FORWARD, NULL);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    wasi_process_destroy(&process);
    return 0;
}

static uint32_t load_u32(uint32_t address) {
    return bytes_load_u32(wasi_process_memory(&process, address));
}

static uint64_t load_u64(uint32_t address) {
    return bytes_load_u64(wasi_process_memory(&process, address));
}

/* ---- Arguments and environment ---- */

static void test_arguments(void **state) {
    (void)state;
    const struct bytes arguments[] = {bytes_from_text("prog"), bytes_from_text(""), bytes_from_text("x y")};
    const struct bytes environment[] = {bytes_from_text("A=b")};
    const struct wasi_options options = {arguments, 3, environment, 1};
    wasi_process_create(&process, WASI_PROGRAM_FORWARD, &options);

    assert_int_equal(WASI_PROCESS_CALL(&process, args_sizes_get, 8, 12), WASI_SUCCESS);
    assert_int_equal(load_u32(8), 3);
    assert_int_equal(load_u32(12), 10);
    assert_int_equal(WASI_PROCESS_CALL(&process, args_get, 100, END - 10), WASI_SUCCESS);
    assert_int_equal(load_u32(100), END - 10);
    assert_int_equal(load_u32(104), END - 5);
    assert_int_equal(load_u32(108), END - 4);
    assert_memory_equal(wasi_process_memory(&process, END - 10), "prog\0\0x y", 10);
    /* One byte too far, a pointer array that is not in memory, one whose end is not. */
    assert_int_equal(WASI_PROCESS_CALL(&process, args_get, 100, END - 9), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, args_get, 0xFFFFFFFC, 200), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, args_get, END - 11, 200), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, args_sizes_get, END - 3, 12), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, args_sizes_get, 8, END - 3), WASI_FAULT);

    assert_int_equal(WASI_PROCESS_CALL(&process, environ_sizes_get, 8, 12), WASI_SUCCESS);
    assert_int_equal(load_u32(8), 1);
    assert_int_equal(load_u32(12), 4);
    /* At an odd address, and the pointers over the text. */
    assert_int_equal(WASI_PROCESS_CALL(&process, environ_get, 301, 301), WASI_SUCCESS);
    assert_int_equal(load_u32(301), 301);
    wasi_process_destroy(&process);
}

static void test_no_arguments(void **state) {
    (void)state;
    memset(wasi_process_memory(&process, 0), 0xFF, 16);
    assert_int_equal(WASI_PROCESS_CALL(&process, args_sizes_get, 0, 4), WASI_SUCCESS);
    assert_int_equal(load_u32(0), 0);
    assert_int_equal(load_u32(4), 0);
    assert_int_equal(WASI_PROCESS_CALL(&process, args_get, END, END), WASI_SUCCESS);
    assert_int_equal(WASI_PROCESS_CALL(&process, environ_get, END + 1, END), WASI_FAULT);
}

static void test_create_fails(void **state) {
    (void)state;
    struct wasi *wasi = NULL;
    const struct bytes good = bytes_from_text("good"), bad = {(const uint8_t *)"a\0b", 3};
    const struct bytes empty = {NULL, 0};
    const struct wasi_options arguments_bad = {&bad, 1, NULL, 0}, environment_bad = {&good, 1, &bad, 1}, one = {&empty, 1, &good, 1};
    struct budget small;

    assert_int_equal(wasi_create(process.store, &process.budget, &process.outside, &arguments_bad, &wasi), ERROR_ARGUMENT);
    assert_int_equal(wasi_create(process.store, &process.budget, &process.outside, &environment_bad, &wasi), ERROR_ARGUMENT);
    for (long failing = 0; failing < 3; failing++) {
        budget_init(&small, &process.budget, BUDGET_UNLIMITED);
        support_fail_after(failing);
        assert_int_equal(wasi_create(process.store, &small, &process.outside, &one, &wasi), ERROR_NO_MEMORY);
        support_fail_after(-1);
        budget_end(&small);
    }
    budget_init(&small, &process.budget, BUDGET_UNLIMITED);
    assert_int_equal(wasi_create(process.store, &small, &process.outside, &one, &wasi), ERROR_NONE);
    /* The two texts are charged, zeros included. */
    uint64_t used = small.used_bytes;
    wasi_destroy(wasi);
    budget_end(&small);
    budget_init(&small, &process.budget, used - 1);
    assert_int_equal(wasi_create(process.store, &small, &process.outside, &one, &wasi), ERROR_NO_MEMORY);
    budget_end(&small);
}

/* ---- Imports ---- */

static void test_resolve(void **state) {
    (void)state;
    struct wasm_extern first, second;
    struct wasm_import import = {.module = bytes_from_text("wasi_snapshot_preview1"), .name = bytes_from_text("fd_write")};
    assert_int_equal(wasi_resolve(process.wasi, &import, &first), ERROR_NONE);
    assert_int_equal(wasi_resolve(process.wasi, &import, &second), ERROR_NONE);
    assert_int_equal(first.kind, WASM_KIND_FUNCTION);
    assert_ptr_equal(first.function, second.function);
    import.name = bytes_from_text("fd_writ");
    assert_int_equal(wasi_resolve(process.wasi, &import, &first), ERROR_NOT_FOUND);
    import.module = bytes_from_text("wasi_unstable");
    import.name = bytes_from_text("fd_write");
    assert_int_equal(wasi_resolve(process.wasi, &import, &first), ERROR_NOT_FOUND);
}

static void test_memory_of_the_caller(void **state) {
    (void)state;
    wasi_process_create(&process, WASI_PROGRAM_HIDDEN, NULL);
    process.fake.clock_ns[0] = 5;
    assert_int_equal(WASI_PROCESS_CALL(&process, clock_time_get, 0, 0, 16), WASI_SUCCESS);
    assert_int_equal(load_u64(16), 5);
    wasi_process_destroy(&process);

    wasi_process_create(&process, WASI_PROGRAM_NO_MEMORY, NULL);
    assert_int_equal(WASI_PROCESS_CALL(&process, clock_time_get, 0, 0, 0), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, random_get, 0, 0), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, fd_write, 1, 0, 0, 0), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, sched_yield, 0), WASI_SUCCESS);
    wasi_process_destroy(&process);
}

/* ---- Clocks, random ---- */

static void test_clocks(void **state) {
    (void)state;
    for (uint32_t clock = 0; clock < 4; clock++) {
        process.fake.clock_ns[clock] = 0x123456789ABCDE00 + clock;
        process.fake.resolution_ns[clock] = 100 + clock;
        assert_int_equal(WASI_PROCESS_CALL(&process, clock_time_get, clock, 1000, END - 8), WASI_SUCCESS);
        assert_int_equal(load_u64(END - 8), 0x123456789ABCDE00 + clock);
        assert_int_equal(WASI_PROCESS_CALL(&process, clock_res_get, clock, 3), WASI_SUCCESS);
        assert_int_equal(load_u64(3), 100 + clock);
    }
    assert_int_equal(WASI_PROCESS_CALL(&process, clock_time_get, 4, 0, 0), WASI_INVAL);
    assert_int_equal(WASI_PROCESS_CALL(&process, clock_time_get, UINT32_MAX, 0, 0), WASI_INVAL);
    assert_int_equal(WASI_PROCESS_CALL(&process, clock_res_get, 4, 0), WASI_INVAL);
    assert_int_equal(WASI_PROCESS_CALL(&process, clock_time_get, 0, 0, END - 7), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, clock_res_get, 0, UINT32_MAX), WASI_FAULT);
    process.fake.error = WASI_NOTSUP;
    assert_int_equal(WASI_PROCESS_CALL(&process, clock_time_get, 2, 0, 0), WASI_NOTSUP);
    assert_int_equal(WASI_PROCESS_CALL(&process, clock_res_get, 2, 0), WASI_NOTSUP);
}

static void test_random(void **state) {
    (void)state;
    assert_int_equal(WASI_PROCESS_CALL(&process, random_get, END - 3, 3), WASI_SUCCESS);
    assert_memory_equal(wasi_process_memory(&process, END - 4), "\0\xA5\xA5\xA5", 4);
    assert_int_equal(WASI_PROCESS_CALL(&process, random_get, END, 0), WASI_SUCCESS);
    assert_int_equal(WASI_PROCESS_CALL(&process, random_get, END - 3, 4), WASI_FAULT);
    assert_int_equal(WASI_PROCESS_CALL(&process, random_get, 16, UINT32_MAX), WASI_FAULT);
    assert_int_equal(process.fake.random_sum, 3);
    process.fake.error = WASI_IO;
    assert_int_equal(WASI_PROCESS_CALL(&process, random_get, 0, 1), WASI_IO);
}

/* ---- The end ---- */

static void test_yield(void **state) {
    (void)state;
    assert_int_equal(WASI_PROCESS_CALL(&process, sched_yield, 0), WASI_SUCCESS);
    assert_int_equal(process.fake.yield_count, 1);
}

static void test_exit(void **state) {
    (void)state;
    uint32_t code = 0;
    assert_false(wasi_exited(process.wasi, &code));
    assert_int_equal(wasi_process_try(&process, "proc_exit", (const uint64_t[]){0xFFFFFFFE}, &code), ERROR_EXIT);
    assert_true(wasi_exited(process.wasi, &code));
    assert_int_equal(code, 0xFFFFFFFE);
}

static void test_raise(void **state) {
    (void)state;
    static const uint64_t ignored[] = {0, 16, 17, 22, 27};
    uint32_t code = 0;
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        assert_int_equal(wasi_process_call(&process, "proc_raise", &ignored[i]), WASI_SUCCESS);
    }
    assert_int_equal(WASI_PROCESS_CALL(&process, proc_raise, 18), WASI_NOTSUP);
    assert_int_equal(WASI_PROCESS_CALL(&process, proc_raise, 31), WASI_INVAL);
    assert_int_equal(WASI_PROCESS_CALL(&process, proc_raise, UINT32_MAX), WASI_INVAL);
    assert_false(wasi_exited(process.wasi, &code));
    assert_int_equal(wasi_process_try(&process, "proc_raise", (const uint64_t[]){6}, &code), ERROR_EXIT);
    assert_true(wasi_exited(process.wasi, &code));
    assert_int_equal(code, 134);
}

static void run(enum wasi_process_program program, enum error expected_error, uint32_t expected_code) {
    uint32_t code = 12345;
    wasi_process_create(&process, program, NULL);
    assert_int_equal(wasi_run(process.wasi, process.instance, &code), expected_error);
    assert_int_equal(code, expected_code);
    wasi_process_destroy(&process);
}

static void test_run(void **state) {
    (void)state;
    run(WASI_PROGRAM_FORWARD, ERROR_NONE, 0);
    run(WASI_PROGRAM_EXIT, ERROR_NONE, 77);
    run(WASI_PROGRAM_TRAP, ERROR_TRAP, 12345);
    run(WASI_PROGRAM_REACTOR, ERROR_NOT_FOUND, 12345);
    run(WASI_PROGRAM_START_TYPED, ERROR_NOT_FOUND, 12345);
}

/* ---- Files ---- */

/* Every function whose first argument is a descriptor, on one that never was. */
static void test_descriptors_that_are_not(void **state) {
    (void)state;
    static const uint64_t numbers[] = {3, 4, 255, 0x7FFFFFFF, 0xFFFFFFFF};
    static const char *const names[] = {
#define WASI_CALL(name, parameters, results, handler) #name,
#include "wasi/calls.def"
#undef WASI_CALL
    };
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        bool is_symlink = strcmp(names[i], "path_symlink") == 0;
        if (strncmp(names[i], "fd_", 3) != 0 && strncmp(names[i], "path_", 5) != 0 && strncmp(names[i], "sock_", 5) != 0) {
            continue;
        }
        count++;
        for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
            uint64_t arguments[16] = {numbers[k]};
            arguments[2] = is_symlink ? numbers[k] : 0;
            assert_int_equal(wasi_process_call(&process, names[i], arguments), WASI_BADF);
        }
    }
    assert_int_equal(count, 35);
}

static void test_streams_are_not_files(void **state) {
    (void)state;
    for (uint64_t fd = 0; fd < 3; fd++) {
        assert_int_equal(WASI_PROCESS_CALL(&process, fd_prestat_get, fd, 0), WASI_BADF);
        assert_int_equal(WASI_PROCESS_CALL(&process, fd_prestat_dir_name, fd, 0, 0), WASI_BADF);
        assert_int_equal(WASI_PROCESS_CALL(&process, fd_readdir, fd, 0, 0, 0, 0), WASI_NOTDIR);
        assert_int_equal(WASI_PROCESS_CALL(&process, fd_allocate, fd, 0, 1), WASI_NOTCAPABLE);
        assert_int_equal(WASI_PROCESS_CALL(&process, fd_filestat_set_size, fd, 1), WASI_NOTCAPABLE);
        assert_int_equal(WASI_PROCESS_CALL(&process, fd_filestat_set_times, fd, 0, 0, 0), WASI_NOTCAPABLE);
        assert_int_equal(WASI_PROCESS_CALL(&process, path_open, fd, 0, 0, 0, 0, 0, 0, 0, 0), WASI_NOTDIR);
        assert_int_equal(WASI_PROCESS_CALL(&process, path_symlink, 0, 0, fd, 0, 0), WASI_NOTDIR);
        assert_int_equal(WASI_PROCESS_CALL(&process, path_rename, fd, 0, 0, 2, 0, 0), WASI_NOTDIR);
        assert_int_equal(WASI_PROCESS_CALL(&process, path_rename, fd, 0, 0, 3, 0, 0), WASI_BADF);
        assert_int_equal(WASI_PROCESS_CALL(&process, path_link, fd, 0, 0, 0, 2, 0, 0), WASI_NOTDIR);
        assert_int_equal(WASI_PROCESS_CALL(&process, path_link, fd, 0, 0, 0, 3, 0, 0), WASI_BADF);
        assert_int_equal(WASI_PROCESS_CALL(&process, sock_accept, fd, 0, 0), WASI_NOTSOCK);
        assert_int_equal(WASI_PROCESS_CALL(&process, sock_shutdown, fd, 0), WASI_NOTSOCK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test_setup_teardown(test_no_arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_create_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resolve, setup, teardown),
        cmocka_unit_test(test_memory_of_the_caller),
        cmocka_unit_test_setup_teardown(test_clocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random, setup, teardown),
        cmocka_unit_test_setup_teardown(test_yield, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_raise, setup, teardown),
        cmocka_unit_test(test_run),
        cmocka_unit_test_setup_teardown(test_descriptors_that_are_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_streams_are_not_files, setup, teardown),
    };
    int failures = cmocka_run_group_tests_name("interpreted", tests, NULL, NULL);
    wasi_process_compiles = true;
    return failures + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
