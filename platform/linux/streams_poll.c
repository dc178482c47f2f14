/* Waiting by ppoll(2). There are few streams, so however many entries come, each stream is asked about once. */
#include "platform/linux/streams_poll.h"

#include "base/assert.h"
#include "platform/linux/streams.h"
#include "platform/linux/wasi_errno.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS_PER_SECOND 1000000000ull

/* From now to the deadline; NULL, which waits for ever, for no deadline. */
static const struct timespec *time_left(uint64_t deadline_ns, struct timespec *left) {
    struct timespec now = {0};
    if (deadline_ns == UINT64_MAX) {
        return NULL;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t now_ns = (uint64_t)now.tv_sec * NANOSECONDS_PER_SECOND + (uint64_t)now.tv_nsec;
    uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    *left = (struct timespec){.tv_sec = (time_t)(left_ns / NANOSECONDS_PER_SECOND), .tv_nsec = (long)(left_ns % NANOSECONDS_PER_SECOND)};
    return left;
}

/* What a reader can take without blocking: for a file the rest, elsewhere what has arrived. */
static uint64_t available_of(int descriptor, short events) {
    struct stat status;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
        off_t position = lseek(descriptor, 0, SEEK_CUR);
        return position >= 0 && status.st_size > position ? (uint64_t)(status.st_size - position) : 0;
    }
    int arrived = 0;
    if (ioctl(descriptor, FIONREAD, &arrived) == 0) {
        return arrived > 0 ? (uint64_t)arrived : 0;
    }
    return (events & POLLIN) != 0 ? 1 : 0;
}

static void entry_report(struct wasi_poll *entry, const struct pollfd *seen) {
    entry->hangup = (seen->revents & (POLLHUP | POLLERR)) != 0;
    if ((seen->revents & POLLNVAL) != 0) {
        entry->error = WASI_BADF;
    } else if ((seen->revents & POLLERR) != 0) {
        /* All that a writer is told of a pipe without a reader. */
        entry->error = entry->for_write ? WASI_PIPE : WASI_IO;
    }
    bool can_go_on = (seen->revents & (entry->for_write ? POLLOUT : POLLIN)) != 0;
    entry->ready = can_go_on || entry->hangup || entry->error != 0;
    if (entry->ready && entry->error == 0) {
        entry->available = entry->for_write ? 1 : available_of(seen->fd, seen->revents);
    }
}

enum wasi_errno streams_poll(void *context, struct wasi_poll *entries, size_t count, uint64_t deadline_ns) {
    struct streams *streams = context;
    struct pollfd seen[STREAM_COUNT];
    for (size_t i = 0; i < STREAM_COUNT; i++) {
        seen[i] = (struct pollfd){.fd = -1}; /* ppoll leaves these alone */
    }
    for (size_t i = 0; i < count; i++) {
        struct wasi_poll *entry = &entries[i];
        ASSERT(entry->stream < STREAM_COUNT);
        entry->ready = entry->hangup = false;
        entry->error = WASI_SUCCESS;
        entry->available = 0;
        seen[entry->stream].fd = streams->descriptors[entry->stream];
        seen[entry->stream].events |= entry->for_write ? POLLOUT : POLLIN;
    }
    struct timespec left;
    while (ppoll(seen, STREAM_COUNT, time_left(deadline_ns, &left), NULL) < 0) {
        if (errno != EINTR || atomic_load(&streams->stopped)) {
            return wasi_errno_from_linux(errno);
        }
    }
    for (size_t i = 0; i < count; i++) {
        entry_report(&entries[i], &seen[entries[i].stream]);
    }
    return WASI_SUCCESS;
}
