/* The host: what a page is in each of its states, and where a fault ends up. */
#include "platform/linux/host.h"

#include "platform/linux/fault.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct wasm_host host;

struct access {
    volatile uint8_t *at;
    bool write;
    uint8_t seen;
    bool finished;
};

static void access_run(void *argument) {
    struct access *access = argument;
    if (access->write) {
        *access->at = 0x5A;
    } else {
        access->seen = *access->at;
    }
    access->finished = true;
}

/* The address of the fault, or 0 when there was none. */
static uintptr_t access_try(void *at, bool write, uint8_t *seen) {
    struct access access = {.at = at, .write = write};
    struct wasm_fault fault = {0};
    bool ended = host.guard(host.context, access_run, &access, &fault);
    assert_int_equal(ended, access.finished);
    if (seen != NULL) {
        *seen = access.seen;
    }
    return ended ? 0 : fault.address;
}

static uint8_t *reserve(size_t size) {
    void *address = NULL;
    assert_int_equal(host.reserve(host.context, size, &address), ERROR_NONE);
    assert_int_equal((uintptr_t)address % host.page_size, 0);
    return address;
}

static void test_reserved_pages_fault(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    size_t size = (8ull << 30) + (64 << 10);
    uint8_t *area = reserve(size);
    assert_int_equal(access_try(area, false, NULL), (uintptr_t)area);
    assert_int_equal(access_try(area + 12345, true, NULL), (uintptr_t)area + 12345);
    assert_int_equal(access_try(area + size - 1, true, NULL), (uintptr_t)area + size - 1);
    host.unreserve(host.context, area, size);
}

/* The flags that Linux shows of the mapping at an address. */
static bool mapping_has_flag(const void *address, const char *flag) {
    char line[512];
    bool is_here = false, has_flag = false;
    FILE *file = fopen("/proc/self/smaps", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned long low, high;
        if (sscanf(line, "%lx-%lx ", &low, &high) == 2) {
            is_here = (uintptr_t)address >= low && (uintptr_t)address < high;
        }
        has_flag = has_flag || (is_here && strncmp(line, "VmFlags:", 8) == 0 && strstr(line, flag) != NULL);
    }
    fclose(file);
    return has_flag;
}

/* Address space of this process, in pages. */
static unsigned long space_pages(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu", &pages), 1);
    fclose(file);
    return pages;
}

/* Linear memories are asked to be in huge pages from their first byte on, and other reservations are not. */
static void test_huge_pages(void **state) {
    (void)state;
    if (access("/sys/kernel/mm/transparent_hugepage", F_OK) != 0) {
        skip(); /* a Linux without them */
    }
    assert_int_equal(host_create(&host), ERROR_NONE);
    const size_t size = (8ull << 30) + (64 << 10), small = 16 << 20;
    const unsigned long pages = space_pages();
    for (int i = 0; i < 3; i++) {
        uint8_t *memory = reserve(size), *other = reserve(small);
        assert_int_equal((uintptr_t)memory % (2 << 20), 0);
        assert_int_equal(host.commit(host.context, memory, small), ERROR_NONE);
        assert_int_equal(host.commit(host.context, other, small), ERROR_NONE);
        memory[small - 1] = 1;
        assert_int_equal(access_try(memory + small, true, NULL), (uintptr_t)memory + small);
        assert_true(mapping_has_flag(memory, " hg"));
        assert_false(mapping_has_flag(other, " hg"));
        host.unreserve(host.context, memory, size);
        host.unreserve(host.context, other, small);
        /* All of it is free again, and so is what was taken to have it aligned. */
        assert_int_equal(space_pages(), pages);
    }
}

static void test_committed_pages_are_zero_each_time(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    size_t page = host.page_size;
    uint8_t *area = reserve(16 * page);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(host.commit(host.context, area + page, 4 * page), ERROR_NONE);
        for (size_t i = page; i < 5 * page; i++) {
            assert_int_equal(area[i], 0);
        }
        memset(area + page, 0xEE, 4 * page);
        assert_int_equal(access_try(area + page - 1, true, NULL), (uintptr_t)area + page - 1);
        assert_int_equal(access_try(area + 5 * page, true, NULL), (uintptr_t)area + 5 * page);
        host.decommit(host.context, area + page, 4 * page);
        assert_int_equal(access_try(area + 2 * page, false, NULL), (uintptr_t)area + 2 * page);
    }
    host.unreserve(host.context, area, 16 * page);
}

static void test_window_is_shared(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    size_t size = 64 << 10;
    int object = memfd_create("window", MFD_CLOEXEC);
    assert_true(object >= 0);
    assert_int_equal(ftruncate(object, 2 * (off_t)size), 0);
    uint8_t *writer = reserve(4 * size), *reader = reserve(4 * size);
    assert_int_equal(host.map(host.context, writer + size, size, (uint64_t)object, size, WASM_ACCESS_READ_WRITE), ERROR_NONE);
    assert_int_equal(host.map(host.context, reader + 2 * size, size, (uint64_t)object, size, WASM_ACCESS_READ), ERROR_NONE);
    writer[size + 17] = 99;
    assert_int_equal(reader[2 * size + 17], 99);
    assert_int_equal(access_try(reader + 2 * size, true, NULL), (uintptr_t)(reader + 2 * size));
    assert_int_equal(access_try(reader + 2 * size - 1, false, NULL), (uintptr_t)(reader + 2 * size - 1));
    assert_int_equal(host.move(host.context, writer + size, writer + 3 * size, size), ERROR_NONE);
    assert_int_equal(access_try(writer + size + 17, false, NULL), (uintptr_t)(writer + size + 17));
    assert_int_equal(writer[3 * size + 17], 99);
    assert_int_equal(host.protect(host.context, writer + 3 * size, size, WASM_ACCESS_READ), ERROR_NONE);
    assert_int_equal(access_try(writer + 3 * size, true, NULL), (uintptr_t)(writer + 3 * size));
    assert_int_equal(host.protect(host.context, writer + 3 * size, size, WASM_ACCESS_READ_WRITE), ERROR_NONE);
    writer[3 * size] = 98;
    host.decommit(host.context, writer + 3 * size, size);
    assert_int_equal(access_try(writer + 3 * size + 17, false, NULL), (uintptr_t)(writer + 3 * size + 17));
    assert_int_equal(host.commit(host.context, writer + size, size), ERROR_NONE);
    assert_int_equal(writer[size + 17], 0);
    assert_int_equal(reader[2 * size + 17], 99);
    assert_int_equal(host.map(host.context, writer, size, UINT64_MAX, 0, WASM_ACCESS_READ), ERROR_ARGUMENT);
    assert_int_equal(host.map(host.context, writer, size, 999999, 0, WASM_ACCESS_READ), ERROR_HOST);
    /* Behind the end of the object an access is a bus error, which arrives in the same way. */
    assert_int_equal(ftruncate(object, 0), 0);
    assert_int_equal(access_try(reader + 2 * size + 17, false, NULL), (uintptr_t)(reader + 2 * size + 17));
    host.unreserve(host.context, writer, 4 * size);
    host.unreserve(host.context, reader, 4 * size);
    close(object);
}

struct nested {
    uint8_t *outer_at;
    uint8_t *inner_at;
    uintptr_t inner_fault;
};

static void nested_run(void *argument) {
    struct nested *nested = argument;
    nested->inner_fault = access_try(nested->inner_at, false, NULL);
    *(volatile uint8_t *)nested->outer_at = 1;
    fail_msg("the outer access did not fault");
}

static void test_boundaries_nest(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    uint8_t *area = reserve(2 * host.page_size);
    for (int round = 0; round < 1000; round++) {
        struct nested nested = {.outer_at = area + 1, .inner_at = area + host.page_size};
        struct wasm_fault fault = {0};
        assert_false(host.guard(host.context, nested_run, &nested, &fault));
        assert_int_equal(nested.inner_fault, (uintptr_t)nested.inner_at);
        assert_int_equal(fault.address, (uintptr_t)nested.outer_at);
    }
    host.unreserve(host.context, area, 2 * host.page_size);
}

static void test_sealed_code_runs_and_cannot_be_written(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    struct utsname machine;
    assert_int_equal(uname(&machine), 0);
    if (strcmp(machine.machine, "x86_64") != 0) {
        skip();
    }
    static const uint8_t add[] = {0x8D, 0x04, 0x37, 0xC3}; /* lea eax, [rdi + rsi]; ret */
    uint8_t *area = reserve(host.page_size);
    assert_int_equal(host.commit(host.context, area, host.page_size), ERROR_NONE);
    memcpy(area, add, sizeof add);
    assert_int_equal(host.seal_code(host.context, area, host.page_size), ERROR_NONE);
    int (*function)(int, int) = NULL;
    memcpy(&function, &area, sizeof function);
    assert_int_equal(function(40, 2), 42);
    assert_int_equal(access_try(area + 1, true, NULL), (uintptr_t)area + 1);
    host.decommit(host.context, area, host.page_size);
    host.unreserve(host.context, area, host.page_size);
}

static void *thread_run(void *argument) {
    size_t *faults = argument;
    uint8_t *area = reserve(host.page_size);
    for (size_t i = 0; i < 20000; i++) {
        *faults += access_try(area + i % host.page_size, i % 2 == 0, NULL) == (uintptr_t)area + i % host.page_size;
    }
    host.unreserve(host.context, area, host.page_size);
    return NULL;
}

static void test_threads_fault_apart(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    pthread_t threads[2];
    size_t faults[2] = {0};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, thread_run, &faults[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(faults[i], 20000);
    }
}

/* ---- What ends the process: each in a child, whose standard error and status are looked at ---- */

static void crash_outside(void *argument) {
    uint8_t *area = argument;
    uint8_t seen = 0;
    assert_true(access_try(area, false, &seen) != 0);
    *(volatile uint8_t *)(area + 3) = 1;
}

static void crash_by_kill(void *argument) {
    access_try(argument, false, NULL);
    kill(getpid(), SIGSEGV);
}

/* Each call looks at the frame of its caller too, so that a compiler cannot make a loop of it. */
static int stack_use(const volatile uint8_t *outer, int depth) {
    volatile uint8_t frame[1024]; /* less than a guard page, which a larger one could step over */
    frame[0] = (uint8_t)(outer[0] + 1);
    int deeper = depth == INT32_MAX ? 0 : stack_use(frame, depth + 1);
    return deeper + frame[0] + outer[0];
}

static void stack_overflow(void *argument) {
    volatile uint8_t first = 0;
    *(int *)argument = stack_use(&first, 0);
}

static void crash_by_stack(void *argument) {
    (void)argument;
    int result;
    struct wasm_fault fault;
    host.guard(host.context, stack_overflow, &result, &fault);
}

static void *stack_thread(void *argument) {
    crash_by_stack(argument);
    return NULL;
}

static void crash_by_thread_stack(void *argument) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, stack_thread, argument) == 0) {
        pthread_join(thread, NULL);
    }
}

static void previous_handler(int number) {
    (void)number;
    _exit(77);
}

static void crash_in_previous_handler(void *argument) {
    signal(SIGSEGV, previous_handler);
    fault_install();
    crash_outside(argument);
}

/* Runs crash(area) in a child without core dump; its standard error goes to text. */
static int child_status(void (*crash)(void *), void *area, char *text, size_t size) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        dup2(ends[1], STDERR_FILENO);
        /* Neither cmocka's handlers nor a sanitizer's: the default action is what is looked at. */
        signal(SIGSEGV, SIG_DFL);
        fault_install();
        crash(area);
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got = 1; got > 0 && length < size - 1; length += (size_t)(got > 0 ? got : 0)) {
        got = read(ends[0], text + length, size - 1 - length);
    }
    text[length] = 0;
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void test_fault_outside_is_fatal(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    char text[4096], expected[100];
    uint8_t *area = reserve(host.page_size);
    int status = child_status(crash_outside, area, text, sizeof text);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
    snprintf(expected, sizeof expected, "argos: crash: code of the host may not access address 0x%llx (signal 11)\n",
             (unsigned long long)(uintptr_t)area + 3);
    assert_memory_equal(text, expected, strlen(expected));
    host.unreserve(host.context, area, host.page_size);
}

static void test_sent_signal_is_passed_on(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    char text[4096];
    uint8_t *area = reserve(host.page_size);
    int status = child_status(crash_by_kill, area, text, sizeof text);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
    assert_null(strstr(text, "argos:"));
    host.unreserve(host.context, area, host.page_size);
}

static void test_stack_overflow_is_fatal_and_readable(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    char text[4096];
    int status = child_status(crash_by_stack, NULL, text, sizeof text);
    assert_true(WIFSIGNALED(status));
    assert_non_null(strstr(text, "argos: crash: the stack of a host thread overflowed"));
    status = child_status(crash_by_thread_stack, NULL, text, sizeof text);
    assert_true(WIFSIGNALED(status));
    assert_non_null(strstr(text, "argos: crash: the stack of a host thread overflowed"));
}

static void test_previous_handler_gets_the_rest(void **state) {
    (void)state;
    assert_int_equal(host_create(&host), ERROR_NONE);
    char text[4096];
    uint8_t *area = reserve(host.page_size);
    int status = child_status(crash_in_previous_handler, area, text, sizeof text);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 77);
    host.unreserve(host.context, area, host.page_size);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_previous_handler_gets_the_rest),
        cmocka_unit_test(test_reserved_pages_fault),
        cmocka_unit_test(test_huge_pages),
        cmocka_unit_test(test_committed_pages_are_zero_each_time),
        cmocka_unit_test(test_window_is_shared),
        cmocka_unit_test(test_boundaries_nest),
        cmocka_unit_test(test_sealed_code_runs_and_cannot_be_written),
        cmocka_unit_test(test_threads_fault_apart),
        cmocka_unit_test(test_fault_outside_is_fatal),
        cmocka_unit_test(test_sent_signal_is_passed_on),
        cmocka_unit_test(test_stack_overflow_is_fatal_and_readable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
