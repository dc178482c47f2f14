/* Streams over file descriptors: reading, writing, position, flags and state. Waiting is in streams_poll.c; clocks and
   random numbers, which need no stream, are here too. */
#include "platform/linux/streams.h"

#include "base/assert.h"
#include "platform/linux/streams_poll.h"
#include "platform/linux/wasi_errno.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS_PER_SECOND 1000000000ull

/* ---- Clocks and random numbers ---- */

static clockid_t clock_of(enum wasi_clock clock) {
    static const clockid_t clocks[] = {
        [WASI_CLOCK_REALTIME] = CLOCK_REALTIME,
        [WASI_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
        [WASI_CLOCK_PROCESS_CPUTIME] = CLOCK_PROCESS_CPUTIME_ID,
        [WASI_CLOCK_THREAD_CPUTIME] = CLOCK_THREAD_CPUTIME_ID,
    };
    ASSERT((size_t)clock < sizeof clocks / sizeof *clocks);
    return clocks[clock];
}

static uint64_t nanoseconds_of(const struct timespec *time) {
    return (uint64_t)time->tv_sec * NANOSECONDS_PER_SECOND + (uint64_t)time->tv_nsec;
}

static enum wasi_errno streams_clock_resolution(void *context, enum wasi_clock clock, uint64_t *resolution_ns) {
    (void)context;
    struct timespec resolution;
    if (clock_getres(clock_of(clock), &resolution) != 0) {
        return wasi_errno_from_linux(errno);
    }
    *resolution_ns = nanoseconds_of(&resolution);
    return WASI_SUCCESS;
}

static enum wasi_errno streams_clock_time(void *context, enum wasi_clock clock, uint64_t *time_ns) {
    (void)context;
    struct timespec time;
    if (clock_gettime(clock_of(clock), &time) != 0) {
        return wasi_errno_from_linux(errno);
    }
    *time_ns = nanoseconds_of(&time);
    return WASI_SUCCESS;
}

static enum wasi_errno streams_random(void *context, uint8_t *out, size_t size) {
    struct streams *streams = context;
    for (size_t done = 0; done < size;) {
        ssize_t got = getrandom(out + done, size - done, 0);
        if (got < 0 && (errno != EINTR || atomic_load(&streams->stopped))) {
            return wasi_errno_from_linux(errno);
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return WASI_SUCCESS;
}

static void streams_yield(void *context) {
    (void)context;
    sched_yield();
}

/* ---- Reading and writing ---- */

static int descriptor_of(const struct streams *streams, uint32_t stream) {
    ASSERT(stream < STREAM_COUNT);
    return streams->descriptors[stream];
}

/* Behind a failed read or write: WASI_SUCCESS when it is to be tried again. A descriptor that somebody else made
   nonblocking still blocks for a program that did not ask for that. */
static enum wasi_errno transfer_failed(struct streams *streams, uint32_t stream, short events) {
    if (errno == EINTR) {
        return atomic_load(&streams->stopped) ? WASI_INTR : WASI_SUCCESS;
    }
    if (errno != EAGAIN || streams->nonblocking[stream]) {
        return wasi_errno_from_linux(errno);
    }
    struct pollfd wait = {.fd = descriptor_of(streams, stream), .events = events};
    if (poll(&wait, 1, -1) < 0) {
        return errno == EINTR && !atomic_load(&streams->stopped) ? WASI_SUCCESS : wasi_errno_from_linux(errno);
    }
    return WASI_SUCCESS;
}

/* For a stream that the program made nonblocking: whether a transfer would go on at once. */
static bool is_ready(const struct streams *streams, uint32_t stream, short events) {
    struct pollfd look = {.fd = descriptor_of(streams, stream), .events = events};
    return poll(&look, 1, 0) != 0;
}

static enum wasi_errno streams_read(void *context, uint32_t stream, uint8_t *out, size_t size, size_t *done) {
    struct streams *streams = context;
    int descriptor = descriptor_of(streams, stream);
    enum wasi_errno code = WASI_SUCCESS;
    while (code == WASI_SUCCESS) {
        if (streams->nonblocking[stream] && !is_ready(streams, stream, POLLIN)) {
            return WASI_AGAIN;
        }
        ssize_t got = read(descriptor, out, size);
        if (got >= 0) {
            *done = (size_t)got;
            return WASI_SUCCESS;
        }
        code = transfer_failed(streams, stream, POLLIN);
    }
    return code;
}

static bool is_regular(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

/* A pipe that is ready takes PIPE_BUF bytes at once, and could block for more. */
static ssize_t write_once(const struct streams *streams, uint32_t stream, const uint8_t *data, size_t size) {
    int descriptor = descriptor_of(streams, stream);
    if (streams->append[stream] && is_regular(descriptor)) {
        struct iovec vector = {.iov_base = (void *)(uintptr_t)data, .iov_len = size};
        return pwritev2(descriptor, &vector, 1, -1, RWF_APPEND);
    }
    bool cut = streams->nonblocking[stream] && size > PIPE_BUF;
    return write(descriptor, data, cut ? PIPE_BUF : size);
}

static enum wasi_errno streams_write(void *context, uint32_t stream, const uint8_t *data, size_t size, size_t *done) {
    struct streams *streams = context;
    enum wasi_errno code = WASI_SUCCESS;
    while (code == WASI_SUCCESS) {
        if (streams->nonblocking[stream] && !is_ready(streams, stream, POLLOUT)) {
            return WASI_AGAIN;
        }
        ssize_t written = write_once(streams, stream, data, size);
        if (written >= 0) {
            *done = (size_t)written;
            return WASI_SUCCESS;
        }
        code = transfer_failed(streams, stream, POLLOUT);
    }
    return code;
}

/* ---- State, position, flags ---- */

/* WASI has no type for a pipe; like other hosts we call it a stream socket. C libraries take a character device without a
   position for a terminal, so one that is none (/dev/null) is of unknown type. */
static enum wasi_filetype filetype_of(int descriptor, mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return WASI_FILETYPE_REGULAR_FILE;
    case S_IFDIR: return WASI_FILETYPE_DIRECTORY;
    case S_IFBLK: return WASI_FILETYPE_BLOCK_DEVICE;
    case S_IFCHR: return isatty(descriptor) ? WASI_FILETYPE_CHARACTER_DEVICE : WASI_FILETYPE_UNKNOWN;
    case S_IFIFO:
    case S_IFSOCK: return WASI_FILETYPE_SOCKET_STREAM;
    default: return WASI_FILETYPE_UNKNOWN;
    }
}

static enum wasi_errno streams_status(void *context, uint32_t stream, struct wasi_stream_status *out) {
    struct streams *streams = context;
    int descriptor = descriptor_of(streams, stream);
    struct stat status;
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fstat(descriptor, &status) != 0) {
        return wasi_errno_from_linux(errno);
    }
    *out = (struct wasi_stream_status){
        .type = filetype_of(descriptor, status.st_mode),
        .can_read = (flags & O_ACCMODE) != O_WRONLY,
        .can_write = (flags & O_ACCMODE) != O_RDONLY,
        .append = streams->append[stream] || (flags & O_APPEND) != 0,
        .nonblocking = streams->nonblocking[stream],
        .device = status.st_dev,
        .inode = status.st_ino,
        .link_count = status.st_nlink,
        .size = (uint64_t)status.st_size,
        .accessed_ns = nanoseconds_of(&status.st_atim),
        .modified_ns = nanoseconds_of(&status.st_mtim),
        .changed_ns = nanoseconds_of(&status.st_ctim),
    };
    return WASI_SUCCESS;
}

static enum wasi_errno streams_seek(void *context, uint32_t stream, int64_t offset, enum wasi_whence whence, uint64_t *position) {
    static const int whences[] = {[WASI_WHENCE_SET] = SEEK_SET, [WASI_WHENCE_CURRENT] = SEEK_CUR, [WASI_WHENCE_END] = SEEK_END};
    ASSERT((size_t)whence < sizeof whences / sizeof *whences);
    off_t result = lseek(descriptor_of(context, stream), offset, whences[whence]);
    if (result < 0) {
        return wasi_errno_from_linux(errno);
    }
    *position = (uint64_t)result;
    return WASI_SUCCESS;
}

/* WASI_NOTSUP for a program that would write elsewhere in what its starter opened for appending. */
static enum wasi_errno streams_set_flags(void *context, uint32_t stream, bool append, bool nonblocking) {
    struct streams *streams = context;
    int flags = fcntl(descriptor_of(streams, stream), F_GETFL);
    if (flags < 0) {
        return wasi_errno_from_linux(errno);
    }
    if (!append && (flags & O_APPEND) != 0) {
        return WASI_NOTSUP;
    }
    streams->append[stream] = append;
    streams->nonblocking[stream] = nonblocking;
    return WASI_SUCCESS;
}

static enum wasi_errno streams_sync(void *context, uint32_t stream, bool metadata) {
    struct streams *streams = context;
    int descriptor = descriptor_of(streams, stream);
    while ((metadata ? fsync(descriptor) : fdatasync(descriptor)) != 0) {
        if (errno != EINTR || atomic_load(&streams->stopped)) {
            return wasi_errno_from_linux(errno);
        }
    }
    return WASI_SUCCESS;
}

/* ---- The whole ---- */

void streams_stop(struct streams *streams) {
    atomic_store(&streams->stopped, true);
}

void streams_init(struct streams *streams, const int descriptors[STREAM_COUNT], struct wasi_outside *outside) {
    *streams = (struct streams){.stopped = false};
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        streams->descriptors[i] = descriptors[i];
    }
    *outside = (struct wasi_outside){
        .context = streams,
        .clock_resolution = streams_clock_resolution,
        .clock_time = streams_clock_time,
        .random = streams_random,
        .stream_read = streams_read,
        .stream_write = streams_write,
        .stream_status = streams_status,
        .stream_seek = streams_seek,
        .stream_set_flags = streams_set_flags,
        .stream_sync = streams_sync,
        .poll = streams_poll,
        .yield = streams_yield,
    };
}
