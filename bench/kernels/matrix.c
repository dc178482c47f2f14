/* Nested loops with multiply and add over rows and columns: a product of single-precision matrices, repeated. The size
   is only known at run time, so that no compiler uses vectors; those have a kernel of their own. */
#include "bench/kernel.h"

enum { MATRIX_SIZE = 160 };

static float left[MATRIX_SIZE][MATRIX_SIZE];
static float right[MATRIX_SIZE][MATRIX_SIZE];
static float product[MATRIX_SIZE][MATRIX_SIZE];

static void matrices_fill(void) {
    uint64_t seed = 77;
    for (int row = 0; row < MATRIX_SIZE; row++) {
        for (int column = 0; column < MATRIX_SIZE; column++) {
            left[row][column] = (float)(kernel_random(&seed) % 64) / 64.0f;
            right[row][column] = (float)(kernel_random(&seed) % 64) / 64.0f;
        }
    }
}

static __attribute__((noinline)) void matrix_multiply(int size) {
    for (int row = 0; row < size; row++) {
        for (int column = 0; column < size; column++) {
            float sum = 0.0f;
            for (int i = 0; i < size; i++) {
                sum += left[row][i] * right[i][column];
            }
            product[row][column] = sum;
        }
    }
}

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 100);
    volatile int run_time_size = MATRIX_SIZE;
    int size = run_time_size;
    uint64_t checksum = 0;
    matrices_fill();
    for (uint32_t round = 0; round < rounds; round++) {
        matrix_multiply(size);
        uint32_t place = round % MATRIX_SIZE;
        checksum = kernel_mix(checksum, kernel_bits((double)product[place][MATRIX_SIZE - 1 - place]));
        /* The next product depends on this one, so that no compiler may drop a round. */
        left[place][place] = product[place][place] / 64.0f;
    }
    return kernel_finish("matrix", checksum);
}
