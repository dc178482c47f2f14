/* What Linux offers for the same: `linux SCENARIO` prints nanoseconds of elapsed time a round. Two threads or processes hand one thing to and
   fro on one processor, so that a round has two switches in it, as a call and its answer have. */
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Both directions of a way to hand 8 bytes over. */
struct ends {
    int read_here, write_there, read_there, write_here;
    uint64_t rounds;
};

static void expect(int is_true, const char *what) {
    if (!is_true) {
        perror(what);
        exit(1);
    }
}

static void one_processor(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(sched_getcpu(), &set);
    expect(sched_setaffinity(0, sizeof set, &set) == 0, "sched_setaffinity");
}

static void *answer_all(void *argument) {
    const struct ends *ends = argument;
    for (uint64_t round = 0; round < ends->rounds; round++) {
        uint64_t word;
        expect(read(ends->read_there, &word, sizeof word) == sizeof word, "read");
        expect(write(ends->write_here, &word, sizeof word) == sizeof word, "write");
    }
    return NULL;
}

static void hand_over(struct ends ends) {
    pthread_t thread;
    expect(pthread_create(&thread, NULL, answer_all, &ends) == 0, "pthread_create");
    for (uint64_t round = 0; round < ends.rounds; round++) {
        uint64_t word = 1;
        expect(write(ends.write_there, &word, sizeof word) == sizeof word, "write");
        expect(read(ends.read_here, &word, sizeof word) == sizeof word, "read");
    }
    pthread_join(thread, NULL);
}

static void eventfd_run(uint64_t rounds) {
    int there = eventfd(0, 0), here = eventfd(0, 0);
    hand_over((struct ends){here, there, there, here, rounds});
}

static void pipe_run(uint64_t rounds) {
    int there[2], here[2];
    expect(pipe(there) == 0 && pipe(here) == 0, "pipe");
    hand_over((struct ends){here[0], there[1], there[0], here[1], rounds});
}

static void socket_run(uint64_t rounds) {
    int pair[2];
    expect(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    hand_over((struct ends){pair[0], pair[0], pair[1], pair[1], rounds});
}

static void getpid_run(uint64_t rounds) {
    for (uint64_t round = 0; round < rounds; round++) {
        syscall(SYS_getpid);
    }
}

static void spawn_run(uint64_t rounds) {
    extern char **environ;
    char path[] = "/bin/true", *words[] = {path, NULL};
    for (uint64_t round = 0; round < rounds; round++) {
        pid_t child;
        expect(posix_spawn(&child, path, NULL, NULL, words, environ) == 0, "posix_spawn");
        expect(waitpid(child, NULL, 0) == child, "waitpid");
    }
}

static void *nothing(void *argument) {
    return argument;
}

static void thread_run(uint64_t rounds) {
    for (uint64_t round = 0; round < rounds; round++) {
        pthread_t thread;
        expect(pthread_create(&thread, NULL, nothing, NULL) == 0, "pthread_create");
        pthread_join(thread, NULL);
    }
}

/* To and fro in blocks of so many bytes, which stay in the second cache. */
static void memcpy_run(uint64_t rounds) {
    static char from[65536], to[65536];
    for (uint64_t round = 0; round < rounds; round++) {
        memcpy(to, from, sizeof to);
        __asm__ volatile("" : : "r"(to) : "memory");
    }
}

static const struct {
    const char *name;
    void (*run)(uint64_t rounds);
    uint64_t rounds; /* take long enough to be measured */
} scenarios[] = {
    {"eventfd", eventfd_run, 100000}, {"pipe", pipe_run, 100000},   {"socket", socket_run, 100000},     {"getpid", getpid_run, 1000000},
    {"spawn", spawn_run, 300},        {"thread", thread_run, 3000}, {"memcpy-64k", memcpy_run, 100000},
};

int main(int count, char **words) {
    for (size_t index = 0; count == 2 && index < sizeof scenarios / sizeof scenarios[0]; index++) {
        if (strcmp(words[1], scenarios[index].name) != 0) {
            continue;
        }
        struct timespec start, end;
        one_processor();
        clock_gettime(CLOCK_MONOTONIC, &start);
        scenarios[index].run(scenarios[index].rounds);
        clock_gettime(CLOCK_MONOTONIC, &end);
        double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
        printf("%.1f\n", seconds * 1e9 / (double)scenarios[index].rounds);
        return 0;
    }
    fprintf(stderr, "usage: linux eventfd|pipe|socket|getpid|spawn|thread|memcpy-64k\n");
    return 2;
}
