/* What every benchmark kernel shares: the scale of a run, a seeded generator, and the one line that it prints.

   A kernel takes one optional argument, its scale in percent of the full size, reads nothing else, and prints
   `NAME CHECKSUM`. The checksum is made of integers and of the bits of floats, so it is equal wherever the kernel runs. */
#ifndef BENCH_KERNEL_H
#define BENCH_KERNEL_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The full amount of work scaled by the first argument; at least 1. */
static inline uint32_t kernel_work(int argc, char **argv, uint32_t full) {
    uint64_t percent = argc > 1 ? strtoul(argv[1], NULL, 10) : 100;
    uint64_t work = (uint64_t)full * percent / 100;
    return work > 0 ? (uint32_t)work : 1;
}

/* xorshift64*: small, and the same on every machine. The state is never 0. */
static inline uint32_t kernel_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * 0x2545F4914F6CDD1Du) >> 32);
}

static inline uint64_t kernel_mix(uint64_t checksum, uint64_t value) {
    checksum ^= value;
    checksum *= 0x100000001B3u;
    return checksum ^ (checksum >> 29);
}

static inline uint64_t kernel_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline int kernel_finish(const char *name, uint64_t checksum) {
    printf("%s %016llx\n", name, (unsigned long long)checksum);
    return 0;
}

#endif
