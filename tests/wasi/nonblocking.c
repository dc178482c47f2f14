/* Reads a pipe that has nothing yet: first without waiting, then by waiting for it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    char line[64];
    printf("set: %d\n", fcntl(0, F_SETFL, O_NONBLOCK));
    printf("is set: %d\n", (fcntl(0, F_GETFL) & O_NONBLOCK) != 0);
    ssize_t size = read(0, line, sizeof(line));
    printf("read: %s\n", size < 0 ? strerror(errno) : "something");

    struct pollfd entry = {.fd = 0, .events = POLLRDNORM};
    printf("not yet: %d\n", poll(&entry, 1, 10));
    printf("then: %d\n", poll(&entry, 1, -1));
    size = read(0, line, sizeof(line));
    printf("read: %.*s", size < 0 ? 0 : (int)size, line);
    printf("clear: %d\n", fcntl(0, F_SETFL, 0));
    size = read(0, line, sizeof(line));
    printf("the end: %zd\n", size);
    return 0;
}
