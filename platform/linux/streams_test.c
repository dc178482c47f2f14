/* The outside of WASI over pipes and files. */
#include "platform/linux/streams.h"
#include "platform/linux/wasi_errno.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* Stream 0 reads from `in`, stream 1 writes to `out`, stream 2 is a file. */
struct fixture {
    struct streams streams;
    struct wasi_outside outside;
    int in;  /* the end that the test writes */
    int out; /* the end that the test reads */
    int file;
};

static void fixture_open(struct fixture *fixture) {
    int in[2], out[2];
    char path[] = "/tmp/argos-streams-test-XXXXXX";
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    fixture->file = mkstemp(path);
    assert_true(fixture->file >= 0);
    unlink(path);
    fixture->in = in[1];
    fixture->out = out[0];
    const int descriptors[STREAM_COUNT] = {in[0], out[1], fixture->file};
    streams_init(&fixture->streams, descriptors, &fixture->outside);
}

static void fixture_close(struct fixture *fixture) {
    close(fixture->in);
    close(fixture->out);
    for (int i = 0; i < STREAM_COUNT; i++) {
        close(fixture->streams.descriptors[i]);
    }
}

static uint64_t now_ns(const struct fixture *fixture) {
    uint64_t time = 0;
    assert_int_equal(fixture->outside.clock_time(fixture->outside.context, WASI_CLOCK_MONOTONIC, &time), WASI_SUCCESS);
    return time;
}

static enum wasi_errno stream_read(struct fixture *fixture, uint32_t stream, void *out, size_t size, size_t *done) {
    return fixture->outside.stream_read(fixture->outside.context, stream, out, size, done);
}

static enum wasi_errno stream_write(struct fixture *fixture, uint32_t stream, const void *data, size_t size, size_t *done) {
    return fixture->outside.stream_write(fixture->outside.context, stream, data, size, done);
}

static void test_bytes_pass_through(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    char text[10] = {0};
    size_t done = 0;
    assert_int_equal(write(fixture.in, "hello", 5), 5);
    assert_int_equal(stream_read(&fixture, 0, text, sizeof text, &done), WASI_SUCCESS);
    assert_int_equal(done, 5);
    assert_string_equal(text, "hello");
    assert_int_equal(stream_write(&fixture, 1, "world!", 6, &done), WASI_SUCCESS);
    assert_int_equal(done, 6);
    assert_int_equal(read(fixture.out, text, sizeof text), 6);
    close(fixture.in);
    fixture.in = -1;
    done = 99;
    assert_int_equal(stream_read(&fixture, 0, text, sizeof text, &done), WASI_SUCCESS);
    assert_int_equal(done, 0);
    fixture_close(&fixture);
}

static void test_failures_are_translated(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    size_t done;
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    close(fixture.out);
    fixture.out = -1;
    assert_int_equal(stream_write(&fixture, 1, "x", 1, &done), WASI_PIPE);
    signal(SIGPIPE, before);
    char byte;
    assert_int_equal(stream_read(&fixture, 1, &byte, 1, &done), WASI_BADF);
    uint64_t position;
    assert_int_equal(fixture.outside.stream_seek(fixture.outside.context, 0, 0, WASI_WHENCE_CURRENT, &position), WASI_SPIPE);
    assert_int_equal(fixture.outside.stream_sync(fixture.outside.context, 0, true), WASI_INVAL);
    fixture_close(&fixture);
    assert_int_equal(wasi_errno_from_linux(0), WASI_SUCCESS);
    assert_int_equal(wasi_errno_from_linux(ENOENT), WASI_NOENT);
    assert_int_equal(wasi_errno_from_linux(EWOULDBLOCK), WASI_AGAIN);
    assert_int_equal(wasi_errno_from_linux(ENOTSUP), WASI_NOTSUP);
    assert_int_equal(wasi_errno_from_linux(EKEYREJECTED), WASI_IO);
    assert_int_equal(wasi_errno_from_linux(-1), WASI_IO);
    assert_int_equal(wasi_errno_from_linux(100000), WASI_IO);
}

static void test_nonblocking_is_acted_out(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    static uint8_t block[1 << 20];
    size_t done = 0, total = 0;
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(fixture.outside.stream_set_flags(fixture.outside.context, i, false, true), WASI_SUCCESS);
        assert_int_equal(fcntl(fixture.streams.descriptors[i], F_GETFL) & O_NONBLOCK, 0);
    }
    assert_int_equal(stream_read(&fixture, 0, block, sizeof block, &done), WASI_AGAIN);
    enum wasi_errno code = WASI_SUCCESS;
    while ((code = stream_write(&fixture, 1, block, sizeof block, &done)) == WASI_SUCCESS) {
        total += done;
    }
    assert_int_equal(code, WASI_AGAIN);
    assert_int_equal(total, fcntl(fixture.out, F_GETPIPE_SZ));
    struct wasi_stream_status status;
    assert_int_equal(fixture.outside.stream_status(fixture.outside.context, 0, &status), WASI_SUCCESS);
    assert_true(status.nonblocking);
    fixture_close(&fixture);
}

struct late {
    int descriptor;
    int milliseconds;
};

static void *write_late(void *argument) {
    struct late *late = argument;
    struct timespec wait = {.tv_nsec = late->milliseconds * 1000000};
    nanosleep(&wait, NULL);
    return write(late->descriptor, "late", 4) == 4 ? NULL : argument;
}

/* A descriptor that was nonblocking before: a read waits all the same. */
static void test_foreign_nonblocking_still_blocks(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    assert_int_equal(fcntl(fixture.streams.descriptors[0], F_SETFL, O_NONBLOCK), 0);
    struct late late = {.descriptor = fixture.in, .milliseconds = 30};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_late, &late), 0);
    char text[10];
    size_t done = 0;
    assert_int_equal(stream_read(&fixture, 0, text, sizeof text, &done), WASI_SUCCESS);
    assert_int_equal(done, 4);
    assert_int_equal(pthread_join(thread, NULL), 0);
    fixture_close(&fixture);
}

static void test_file_position_append_and_state(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    void *context = fixture.outside.context;
    size_t done;
    uint64_t position = 99;
    char text[20] = {0};
    struct wasi_stream_status status;
    assert_int_equal(stream_write(&fixture, 2, "0123456789", 10, &done), WASI_SUCCESS);
    assert_int_equal(fixture.outside.stream_seek(context, 2, -4, WASI_WHENCE_END, &position), WASI_SUCCESS);
    assert_int_equal(position, 6);
    assert_int_equal(fixture.outside.stream_seek(context, 2, -1, WASI_WHENCE_SET, &position), WASI_INVAL);
    assert_int_equal(fixture.outside.stream_set_flags(context, 2, true, false), WASI_SUCCESS);
    assert_int_equal(fixture.outside.stream_seek(context, 2, 2, WASI_WHENCE_SET, &position), WASI_SUCCESS);
    assert_int_equal(stream_write(&fixture, 2, "ab", 2, &done), WASI_SUCCESS);
    assert_int_equal(fixture.outside.stream_seek(context, 2, 0, WASI_WHENCE_CURRENT, &position), WASI_SUCCESS);
    assert_int_equal(position, 12);
    assert_int_equal(pread(fixture.file, text, sizeof text, 0), 12);
    assert_string_equal(text, "0123456789ab");
    assert_int_equal(fixture.outside.stream_sync(context, 2, true), WASI_SUCCESS);
    assert_int_equal(fixture.outside.stream_sync(context, 2, false), WASI_SUCCESS);
    assert_int_equal(fixture.outside.stream_status(context, 2, &status), WASI_SUCCESS);
    assert_int_equal(status.type, WASI_FILETYPE_REGULAR_FILE);
    assert_int_equal(status.size, 12);
    assert_true(status.append && status.can_read && status.can_write && !status.nonblocking);
    assert_true(status.modified_ns > 1600000000ull * 1000000000ull);
    assert_int_equal(fixture.outside.stream_status(context, 0, &status), WASI_SUCCESS);
    assert_int_equal(status.type, WASI_FILETYPE_SOCKET_STREAM);
    assert_true(status.can_read && !status.can_write);
    assert_int_equal(fcntl(fixture.file, F_SETFL, O_APPEND), 0);
    assert_int_equal(fixture.outside.stream_set_flags(context, 2, false, false), WASI_NOTSUP);
    fixture_close(&fixture);
}

static void test_terminals_and_devices(void **state) {
    (void)state;
    struct streams streams;
    struct wasi_outside outside;
    struct wasi_stream_status status;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY), null = open("/dev/null", O_RDWR);
    const int descriptors[STREAM_COUNT] = {null, null, terminal};
    streams_init(&streams, descriptors, &outside);
    assert_int_equal(outside.stream_status(&streams, 0, &status), WASI_SUCCESS);
    assert_int_equal(status.type, WASI_FILETYPE_UNKNOWN);
    if (terminal >= 0) {
        assert_int_equal(outside.stream_status(&streams, 2, &status), WASI_SUCCESS);
        assert_int_equal(status.type, WASI_FILETYPE_CHARACTER_DEVICE);
        close(terminal);
    }
    close(null);
    assert_int_equal(outside.stream_status(&streams, 0, &status), WASI_BADF);
}

static void test_poll_sees_what_is_ready(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    struct wasi_poll entries[] = {{.stream = 0}, {.stream = 1, .for_write = true}, {.stream = 2}};
    assert_int_equal(stream_write(&fixture, 2, "0123456789", 10, &(size_t){0}), WASI_SUCCESS);
    assert_int_equal(lseek(fixture.file, 3, SEEK_SET), 3);
    assert_int_equal(fixture.outside.poll(&fixture.streams, entries, 3, UINT64_MAX), WASI_SUCCESS);
    assert_true(!entries[0].ready && entries[1].ready && entries[2].ready);
    assert_int_equal(entries[1].available, 1);
    assert_int_equal(entries[2].available, 7);
    assert_int_equal(write(fixture.in, "abc", 3), 3);
    assert_int_equal(fixture.outside.poll(&fixture.streams, entries, 1, UINT64_MAX), WASI_SUCCESS);
    assert_true(entries[0].ready && !entries[0].hangup);
    assert_int_equal(entries[0].available, 3);
    close(fixture.in);
    close(fixture.out);
    fixture.in = fixture.out = -1;
    assert_int_equal(fixture.outside.poll(&fixture.streams, entries, 3, UINT64_MAX), WASI_SUCCESS);
    assert_true(entries[0].ready && entries[0].hangup && entries[1].ready && entries[1].hangup);
    assert_int_equal(entries[0].available, 3);
    assert_int_equal(entries[1].error, WASI_PIPE);
    close(fixture.streams.descriptors[0]);
    assert_int_equal(fixture.outside.poll(&fixture.streams, entries, 1, UINT64_MAX), WASI_SUCCESS);
    assert_true(entries[0].ready);
    assert_int_equal(entries[0].error, WASI_BADF);
    fixture_close(&fixture);
}

static void test_poll_ends_at_the_deadline(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    struct wasi_poll entry = {.stream = 0};
    uint64_t start = now_ns(&fixture);
    assert_int_equal(fixture.outside.poll(&fixture.streams, &entry, 1, start + 20000000), WASI_SUCCESS);
    assert_false(entry.ready);
    assert_true(now_ns(&fixture) >= start + 20000000);
    start = now_ns(&fixture);
    assert_int_equal(fixture.outside.poll(&fixture.streams, &entry, 1, 0), WASI_SUCCESS);
    assert_int_equal(fixture.outside.poll(&fixture.streams, NULL, 0, start + 10000000), WASI_SUCCESS);
    assert_true(now_ns(&fixture) >= start + 10000000);
    fixture_close(&fixture);
}

static void signal_ignore(int number) {
    (void)number;
}

struct stopper {
    struct streams *streams;
    pthread_t target;
    atomic_bool ended;
};

static void *stopper_run(void *argument) {
    struct stopper *stopper = argument;
    struct timespec wait = {.tv_nsec = 5000000};
    for (int i = 0; !atomic_load(&stopper->ended); i++) {
        nanosleep(&wait, NULL);
        if (i == 4) {
            streams_stop(stopper->streams);
        }
        pthread_kill(stopper->target, SIGUSR1);
    }
    return NULL;
}

/* Signals alone interrupt nothing; behind streams_stop they end what blocks. */
static void test_stop_ends_what_blocks(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    struct sigaction action = {.sa_handler = signal_ignore}, before;
    sigaction(SIGUSR1, &action, &before);
    for (int round = 0; round < 3; round++) {
        static uint8_t block[1 << 20];
        size_t done;
        uint64_t start = now_ns(&fixture);
        struct stopper stopper = {.streams = &fixture.streams, .target = pthread_self()};
        pthread_t thread;
        fixture.streams.stopped = false;
        assert_int_equal(pthread_create(&thread, NULL, stopper_run, &stopper), 0);
        enum wasi_errno code = WASI_SUCCESS;
        if (round == 0) {
            code = stream_read(&fixture, 0, block, 1, &done);
        } else if (round == 1) {
            code = fixture.outside.poll(&fixture.streams, NULL, 0, UINT64_MAX);
        } else {
            while (code == WASI_SUCCESS) {
                code = stream_write(&fixture, 1, block, sizeof block, &done);
            }
        }
        atomic_store(&stopper.ended, true);
        pthread_join(thread, NULL);
        assert_int_equal(code, WASI_INTR);
        /* A write may end early with what it wrote, so only the others say when the stop was seen. */
        assert_true(round == 2 || now_ns(&fixture) >= start + 15000000);
    }
    sigaction(SIGUSR1, &before, NULL);
    fixture_close(&fixture);
}

static void test_clocks_and_random(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture);
    for (int clock = WASI_CLOCK_REALTIME; clock <= WASI_CLOCK_THREAD_CPUTIME; clock++) {
        uint64_t time = 0, resolution = 0;
        assert_int_equal(fixture.outside.clock_time(&fixture.streams, (enum wasi_clock)clock, &time), WASI_SUCCESS);
        assert_int_equal(fixture.outside.clock_resolution(&fixture.streams, (enum wasi_clock)clock, &resolution), WASI_SUCCESS);
        assert_true(time > 0 && resolution > 0);
    }
    uint8_t first[1000] = {0}, second[1000] = {0};
    assert_int_equal(fixture.outside.random(&fixture.streams, first, sizeof first), WASI_SUCCESS);
    assert_int_equal(fixture.outside.random(&fixture.streams, second, sizeof second), WASI_SUCCESS);
    assert_memory_not_equal(first, second, sizeof first);
    fixture.outside.yield(&fixture.streams);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_pass_through),
        cmocka_unit_test(test_failures_are_translated),
        cmocka_unit_test(test_nonblocking_is_acted_out),
        cmocka_unit_test(test_foreign_nonblocking_still_blocks),
        cmocka_unit_test(test_file_position_append_and_state),
        cmocka_unit_test(test_terminals_and_devices),
        cmocka_unit_test(test_poll_sees_what_is_ready),
        cmocka_unit_test(test_poll_ends_at_the_deadline),
        cmocka_unit_test(test_stop_ends_what_blocks),
        cmocka_unit_test(test_clocks_and_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
