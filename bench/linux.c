/* What Linux offers for the same: `linux SCENARIO [BYTES]` prints nanoseconds of elapsed time a round. Two threads or processes hand one thing to and
   fro on one processor, so that a round has two switches in it, as a call and its answer have. */
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
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
/* As many bytes as the second argument says. */
static size_t block_bytes = 65536;

static void memcpy_run(uint64_t rounds) {
    char *from = malloc(block_bytes), *to = malloc(block_bytes);
    expect(from != NULL && to != NULL, "malloc");
    memset(from, 1, block_bytes);
    memset(to, 2, block_bytes);
    for (uint64_t round = 0; round < rounds; round++) {
        memcpy(to, from, block_bytes);
        __asm__ volatile("" : : "r"(to) : "memory");
    }
    free(from);
    free(to);
}

/* Shared pages that go from one place to another, of which each was touched; address space takes the place that they leave. */
static void mremap_run(uint64_t rounds) {
    const int object = memfd_create("bench", 0);
    expect(object >= 0 && ftruncate(object, (off_t)block_bytes) == 0, "memfd");
    const size_t apart = 1ull << 32;
    char *place = mmap(NULL, 2 * apart, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    expect(place != MAP_FAILED, "mmap");
    place += -(uintptr_t)place % (2u << 20);
    char *to = place + apart;
    expect(mmap(place, block_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, object, 0) == place, "mmap");
    memset(place, 1, block_bytes);
    for (uint64_t round = 0; round < rounds; round++) {
        expect(mremap(place, block_bytes, block_bytes, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to) == to, "mremap");
        expect(mmap(place, block_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == place, "mmap");
        char *next = place;
        place = to;
        to = next;
    }
    close(object);
}

static const struct {
    const char *name;
    void (*run)(uint64_t rounds);
    uint64_t rounds; /* take long enough to be measured */
} scenarios[] = {
    {"eventfd", eventfd_run, 100000}, {"pipe", pipe_run, 100000},   {"socket", socket_run, 100000}, {"getpid", getpid_run, 1000000},
    {"spawn", spawn_run, 300},        {"thread", thread_run, 3000}, {"memcpy", memcpy_run, 100000}, {"mremap", mremap_run, 100000},
};

int main(int count, char **words) {
    for (size_t index = 0; (count == 2 || count == 3) && index < sizeof scenarios / sizeof scenarios[0]; index++) {
        if (strcmp(words[1], scenarios[index].name) != 0) {
            continue;
        }
        struct timespec start, end;
        one_processor();
        uint64_t rounds = scenarios[index].rounds;
        if (count == 3) {
            block_bytes = strtoull(words[2], NULL, 10);
            rounds = block_bytes > 65536 ? rounds / (block_bytes / 65536) / 4 : rounds;
        }
        clock_gettime(CLOCK_MONOTONIC, &start);
        scenarios[index].run(rounds);
        clock_gettime(CLOCK_MONOTONIC, &end);
        double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
        printf("%.1f\n", seconds * 1e9 / (double)rounds);
        return 0;
    }
    fprintf(stderr, "usage: linux eventfd|pipe|socket|getpid|spawn|thread; linux memcpy|mremap [BYTES]\n");
    return 2;
}
