/* Ends in the way that its argument says. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int proc_raise(int number);

static void at_exit(void) {
    printf("at exit\n");
}

static int descend(volatile int *depth) {
    int here = *depth + 1;
    if (here == INT_MAX) {
        return 0;
    }
    int result = descend(&here);
    return result + *depth;
}

int main(int argument_count, char **arguments) {
    const char *way = argument_count > 1 ? arguments[1] : "";
    int code = argument_count > 2 ? atoi(arguments[2]) : 0;
    printf("before ");
    atexit(at_exit);
    if (strcmp(way, "return") == 0) {
        return code;
    }
    if (strcmp(way, "exit") == 0) {
        exit(code);
    }
    fflush(stdout);
    if (strcmp(way, "quick") == 0) {
        _Exit(code);
    }
    if (strcmp(way, "raise") == 0) {
        int result = proc_raise(code);
        printf("proc_raise %d\n", result);
        return 0;
    }
    if (strcmp(way, "trap") == 0) {
        __builtin_trap();
    }
    if (strcmp(way, "deep") == 0) {
        volatile int depth = 0;
        return descend(&depth);
    }
    abort();
}
