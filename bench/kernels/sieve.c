/* Integer work over a byte array: primes by the sieve of Eratosthenes, many times over one array. */
#include "bench/kernel.h"

enum { SIEVE_SIZE = 1 << 18 };

static uint8_t composite[SIEVE_SIZE];

static uint32_t sieve_run(void) {
    uint32_t count = 0;
    memset(composite, 0, sizeof composite);
    for (uint32_t number = 2; number < SIEVE_SIZE; number++) {
        if (composite[number]) {
            continue;
        }
        count++;
        for (uint32_t multiple = number * 2; multiple < SIEVE_SIZE; multiple += number) {
            composite[multiple] = 1;
        }
    }
    return count;
}

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 250);
    uint64_t checksum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        checksum = kernel_mix(checksum, sieve_run());
    }
    return kernel_finish("sieve", checksum);
}
