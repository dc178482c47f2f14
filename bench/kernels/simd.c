/* 128-bit vectors by the compilers' vector extensions: a blur over bytes, a dot product of floats, and a mixing of
   32-bit lanes with shifts and selects.
   wasm flags: -msimd128 */
#include "bench/kernel.h"

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef uint16_t words8 __attribute__((vector_size(16)));
typedef uint32_t lanes4 __attribute__((vector_size(16)));
typedef float floats4 __attribute__((vector_size(16)));

enum { VECTOR_COUNT = 4096 };

static bytes16 image[VECTOR_COUNT];
static lanes4 lanes[VECTOR_COUNT];
static floats4 samples[VECTOR_COUNT];

static void image_blur(void) {
    words8 low_mask = (words8){255, 255, 255, 255, 255, 255, 255, 255};
    for (int i = 1; i + 1 < VECTOR_COUNT; i++) {
        words8 before = (words8)image[i - 1];
        words8 here = (words8)image[i];
        words8 after = (words8)image[i + 1];
        words8 even = ((before & low_mask) + (here & low_mask) * 2 + (after & low_mask)) >> 2;
        words8 odd = ((before >> 8) + (here >> 8) * 2 + (after >> 8)) >> 2;
        image[i] = (bytes16)(even | odd << 8) + 1;
    }
}

static uint32_t samples_dot(void) {
    floats4 sum = {0, 0, 0, 0};
    for (int i = 0; i < VECTOR_COUNT; i++) {
        sum += samples[i] * samples[VECTOR_COUNT - 1 - i];
    }
    float total = sum[0] + sum[1] + sum[2] + sum[3];
    samples[(int)total & (VECTOR_COUNT - 1)] *= 0.5f;
    return (uint32_t)total;
}

static lanes4 lanes_mix(lanes4 carried) {
    for (int i = 0; i < VECTOR_COUNT; i++) {
        lanes4 value = lanes[i] + carried;
        value ^= value << 13;
        value ^= value >> 17;
        value ^= value << 5;
        lanes4 larger = (lanes4)(value > carried);
        carried = (value & larger) | ((carried * 3) & ~larger);
        lanes[i] = value;
    }
    return carried;
}

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 8000);
    uint64_t seed = 1618;
    uint64_t checksum = 0;
    lanes4 carried = {1, 2, 3, 4};
    for (int i = 0; i < VECTOR_COUNT; i++) {
        for (int lane = 0; lane < 4; lane++) {
            lanes[i][lane] = kernel_random(&seed);
            samples[i][lane] = (float)(kernel_random(&seed) % 1024) / 64.0f;
        }
        for (int lane = 0; lane < 16; lane++) {
            image[i][lane] = (uint8_t)kernel_random(&seed);
        }
    }
    for (uint32_t round = 0; round < rounds; round++) {
        image_blur();
        carried = lanes_mix(carried);
        checksum = kernel_mix(checksum, samples_dot());
        checksum = kernel_mix(checksum, image[round % VECTOR_COUNT][round % 16]);
    }
    return kernel_finish("simd", kernel_mix(checksum, carried[0] ^ carried[3]));
}
