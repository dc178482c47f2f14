/* Dynamic programming: the edit distance of random words, row by row, minimum of three neighbours. */
#include "bench/kernel.h"

enum { WORD_SIZE = 512 };

static uint8_t one[WORD_SIZE];
static uint8_t other[WORD_SIZE];
static uint32_t row[WORD_SIZE + 1];

static uint32_t minimum(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t edit_distance(void) {
    for (uint32_t column = 0; column <= WORD_SIZE; column++) {
        row[column] = column;
    }
    for (uint32_t line = 0; line < WORD_SIZE; line++) {
        uint32_t diagonal = row[0];
        row[0] = line + 1;
        for (uint32_t column = 0; column < WORD_SIZE; column++) {
            uint32_t replaced = diagonal + (one[line] != other[column]);
            diagonal = row[column + 1];
            row[column + 1] = minimum(replaced, minimum(row[column], diagonal) + 1);
        }
    }
    return row[WORD_SIZE];
}

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 400);
    uint64_t seed = 65537;
    uint64_t checksum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < WORD_SIZE; i++) {
            one[i] = (uint8_t)(kernel_random(&seed) % 6);
            other[i] = (uint8_t)(kernel_random(&seed) % 6);
        }
        checksum = kernel_mix(checksum, edit_distance());
    }
    return kernel_finish("distance", checksum);
}
