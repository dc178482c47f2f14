/* Memory bandwidth: large fills and copies, some overlapping, with a pass of 64-bit additions between them.
   wasm flags: -mbulk-memory */
#include "bench/kernel.h"

enum { AREA_SIZE = 4 << 20 };

static uint64_t area_sum(const uint8_t *area) {
    uint64_t sum = 0;
    for (size_t i = 0; i < AREA_SIZE; i += 64) {
        uint64_t word;
        memcpy(&word, area + i, sizeof word);
        sum += word;
    }
    return sum;
}

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 160);
    uint8_t *from = malloc(AREA_SIZE);
    uint8_t *to = malloc(AREA_SIZE);
    if (from == NULL || to == NULL) {
        return 1;
    }
    uint64_t seed = 99;
    uint64_t checksum = 0;
    for (size_t i = 0; i < AREA_SIZE; i += 16) {
        memset(from + i, (int)(kernel_random(&seed) & 255), 16);
    }
    for (uint32_t round = 0; round < rounds; round++) {
        size_t shift = kernel_random(&seed) % 4096;
        memcpy(to, from, AREA_SIZE);
        memmove(to + shift, to, AREA_SIZE - shift);
        memset(from + shift * 512, (int)(round & 255), 65536);
        checksum = kernel_mix(checksum, area_sum(to));
        memcpy(from, to + shift, AREA_SIZE - shift);
    }
    free(from);
    free(to);
    return kernel_finish("copy", checksum);
}
