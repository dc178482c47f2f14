/* What a program sees that was given no files: each failure by number, as the C library reports it and as preview 1 does. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

static void report(const char *what, int failed) {
    printf("%s: %s\n", what, failed ? strerror(errno) : "success");
}

int main(void) {
    struct stat status;
    char buffer[64];
    report("open", open("/etc/passwd", O_RDONLY) < 0);
    report("create", open("file", O_WRONLY | O_CREAT, 0666) < 0);
    report("mkdir", mkdir("folder", 0777) != 0);
    report("opendir", opendir("/") == NULL);
    report("stat", stat("/", &status) != 0);
    report("rename", rename("a", "b") != 0);
    report("unlink", unlink("a") != 0);
    report("readlink", readlink("a", buffer, sizeof(buffer)) < 0);
    report("read 3", read(3, buffer, sizeof(buffer)) < 0);
    report("write 99", write(99, buffer, sizeof(buffer)) < 0);
    report("close 3", close(3) != 0);
    report("fstat 3", fstat(3, &status) != 0);
    report("recv", recv(0, buffer, sizeof(buffer), 0) < 0);
    report("shutdown 3", shutdown(3, SHUT_RDWR) != 0);

    __wasi_prestat_t prestat;
    printf("prestat 3: %d\n", __wasi_fd_prestat_get(3, &prestat));
    printf("renumber: %d\n", __wasi_fd_renumber(1, 3));
    fflush(stdout);
    report("close 1", close(1) != 0);
    fprintf(stderr, "write 1 when closed: %s\n", write(1, "x", 1) < 0 ? strerror(errno) : "success");
    return 0;
}
