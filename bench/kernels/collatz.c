/* Integer arithmetic in registers: the lengths of Collatz sequences, 64-bit, with hard to predict branches. */
#include "bench/kernel.h"

static uint32_t collatz_length(uint64_t number) {
    uint32_t length = 1;
    while (number != 1) {
        if (number & 1) {
            number = number * 3 + 1;
        } else {
            number >>= 1;
        }
        length++;
    }
    return length;
}

int main(int argc, char **argv) {
    uint32_t limit = kernel_work(argc, argv, 900000);
    uint64_t checksum = 0;
    for (uint32_t number = 1; number <= limit; number++) {
        checksum = kernel_mix(checksum, collatz_length(number));
    }
    return kernel_finish("collatz", checksum);
}
