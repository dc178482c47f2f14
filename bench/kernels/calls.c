/* Direct calls and returns, shallow and deep: Fibonacci, Ackermann and Takeuchi by their definitions. */
#include "bench/kernel.h"

static __attribute__((noinline)) uint32_t fibonacci(uint32_t n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static __attribute__((noinline)) uint32_t ackermann(uint32_t m, uint32_t n) {
    if (m == 0) {
        return n + 1;
    }
    return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static __attribute__((noinline)) int32_t takeuchi(int32_t x, int32_t y, int32_t z) {
    if (y >= x) {
        return z;
    }
    return takeuchi(takeuchi(x - 1, y, z), takeuchi(y - 1, z, x), takeuchi(z - 1, x, y));
}

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 150);
    uint64_t checksum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        checksum = kernel_mix(checksum, fibonacci(23 + round % 2));
        checksum = kernel_mix(checksum, ackermann(2, 300 + round));
        checksum = kernel_mix(checksum, (uint32_t)takeuchi(14, 8, (int32_t)(round % 3)));
    }
    return kernel_finish("calls", checksum);
}
