/* Short loops of double precision with a data-dependent end: how fast points leave the Mandelbrot set. */
#include "bench/kernel.h"

enum { ITERATION_LIMIT = 200 };

static uint32_t point_escape(double real, double imaginary) {
    double x = 0.0;
    double y = 0.0;
    uint32_t iteration = 0;
    while (iteration < ITERATION_LIMIT && x * x + y * y <= 4.0) {
        double next = x * x - y * y + real;
        y = 2.0 * x * y + imaginary;
        x = next;
        iteration++;
    }
    return iteration;
}

int main(int argc, char **argv) {
    uint32_t rows = kernel_work(argc, argv, 1000);
    uint32_t columns = 1000;
    uint64_t checksum = 0;
    for (uint32_t row = 0; row < rows; row++) {
        double imaginary = -1.2 + 2.4 * (double)row / (double)rows;
        for (uint32_t column = 0; column < columns; column++) {
            double real = -2.0 + 2.6 * (double)column / (double)columns;
            checksum = kernel_mix(checksum, point_escape(real, imaginary));
        }
    }
    return kernel_finish("mandelbrot", checksum);
}
