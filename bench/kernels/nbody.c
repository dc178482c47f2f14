/* Double precision with square roots and divisions: planets that attract each other, in steps of fixed length. */
#include "bench/kernel.h"
#include <math.h>

enum { BODY_COUNT = 6 };

struct body {
    double position[3];
    double velocity[3];
    double mass;
};

static void bodies_make(struct body *bodies) {
    uint64_t seed = 0x9E3779B97F4A7C15u;
    for (int i = 0; i < BODY_COUNT; i++) {
        for (int axis = 0; axis < 3; axis++) {
            bodies[i].position[axis] = (double)(kernel_random(&seed) % 2000) / 100.0 - 10.0;
            bodies[i].velocity[axis] = (double)(kernel_random(&seed) % 2000) / 1000.0 - 1.0;
        }
        bodies[i].mass = 0.5 + (double)(kernel_random(&seed) % 1000) / 1000.0;
    }
}

static void bodies_pull(struct body *one, struct body *other, double step) {
    double distance[3];
    double square = 0.01; /* keeps two bodies that meet from flying apart */
    for (int axis = 0; axis < 3; axis++) {
        distance[axis] = one->position[axis] - other->position[axis];
        square += distance[axis] * distance[axis];
    }
    double magnitude = step / (square * sqrt(square));
    for (int axis = 0; axis < 3; axis++) {
        one->velocity[axis] -= distance[axis] * other->mass * magnitude;
        other->velocity[axis] += distance[axis] * one->mass * magnitude;
    }
}

static void bodies_advance(struct body *bodies, double step) {
    for (int i = 0; i < BODY_COUNT; i++) {
        for (int j = i + 1; j < BODY_COUNT; j++) {
            bodies_pull(&bodies[i], &bodies[j], step);
        }
    }
    for (int i = 0; i < BODY_COUNT; i++) {
        for (int axis = 0; axis < 3; axis++) {
            bodies[i].position[axis] += step * bodies[i].velocity[axis];
        }
    }
}

int main(int argc, char **argv) {
    uint32_t steps = kernel_work(argc, argv, 1600000);
    struct body bodies[BODY_COUNT];
    bodies_make(bodies);
    for (uint32_t step = 0; step < steps; step++) {
        bodies_advance(bodies, 0.001);
    }
    uint64_t checksum = 0;
    for (int i = 0; i < BODY_COUNT; i++) {
        for (int axis = 0; axis < 3; axis++) {
            checksum = kernel_mix(checksum, kernel_bits(bodies[i].position[axis]));
        }
    }
    return kernel_finish("nbody", checksum);
}
