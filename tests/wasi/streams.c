/* What the three streams look like from the inside: type, position, rights. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *type_of(mode_t mode) {
    return S_ISCHR(mode) ? "character device" : mode == 0 ? "unknown" : "other";
}

static const char *may(int fd) {
    switch (fcntl(fd, F_GETFL) & O_ACCMODE) {
    case O_RDONLY: return "read";
    case O_WRONLY: return "write";
    case O_RDWR: return "read and write";
    default: return "nothing";
    }
}

int main(void) {
    struct stat status;
    for (int fd = 0; fd < 2; fd++) {
        if (fstat(fd, &status) != 0) {
            printf("%d: %s\n", fd, strerror(errno));
            continue;
        }
        printf("%d: %s, terminal %d, may %s\n", fd, type_of(status.st_mode), isatty(fd), may(fd));
    }
    printf("seek: %s\n", lseek(0, 3, SEEK_SET) < 0 ? strerror(errno) : "success");
    fflush(stdout);
    struct iovec line[3] = {{(void *)"a line", 6}, {(void *)"", 0}, {(void *)" in pieces\n", 11}};
    return writev(1, line, 3) == 17 ? 0 : 1;
}
