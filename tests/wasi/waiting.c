/* poll on standard streams, which the test gives it as pipes or files: standard input has a line, then ends. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

static int poll_one(int fd, short events, int timeout_ms) {
    struct pollfd entry = {.fd = fd, .events = events};
    int count = poll(&entry, 1, timeout_ms);
    return count < 0 ? -errno : count == 0 ? 0 : entry.revents;
}

int main(void) {
    char line[64];
    printf("input is ready: %d\n", (poll_one(0, POLLRDNORM, 1000) & POLLRDNORM) != 0);
    ssize_t size = read(0, line, sizeof(line));
    printf("read %zd bytes\n", size);
    printf("the end is ready too: %d\n", (poll_one(0, POLLRDNORM, 1000) & (POLLRDNORM | POLLHUP)) != 0);
    size = read(0, line, sizeof(line));
    printf("read %zd bytes\n", size);
    printf("output is ready: %d\n", (poll_one(1, POLLWRNORM, 1000) & POLLWRNORM) != 0);
    printf("nothing for a while: %d\n", poll(NULL, 0, 10));

    struct pollfd both[2] = {{.fd = 1, .events = POLLWRNORM}, {.fd = 2, .events = POLLWRNORM}};
    printf("both outputs: %d\n", poll(both, 2, -1) >= 1);

    __wasi_subscription_t none[1];
    __wasi_event_t events[2];
    __wasi_size_t count = 0;
    printf("no subscription is invalid: %d\n", __wasi_poll_oneoff(none, events, 0, &count) == __WASI_ERRNO_INVAL);

    __wasi_subscription_t two[2];
    memset(two, 0, sizeof(two));
    two[0].userdata = 11;
    two[0].u.tag = __WASI_EVENTTYPE_FD_READ;
    two[0].u.u.fd_read.file_descriptor = 77;
    two[1].userdata = 22;
    two[1].u.tag = __WASI_EVENTTYPE_CLOCK;
    two[1].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    two[1].u.u.clock.timeout = 3600ull * 1000000000;
    int code = __wasi_poll_oneoff(two, events, 2, &count);
    printf("descriptor 77: call %d, %d event, for %d, error %d\n", code, (int)count, (int)events[0].userdata, events[0].error);
    return 0;
}
