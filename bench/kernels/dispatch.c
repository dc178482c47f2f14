/* Indirect calls: objects of six kinds behind one table of functions each, visited in random order. */
#include "bench/kernel.h"

enum { OBJECT_COUNT = 4096, KIND_COUNT = 6 };

struct object;

struct methods {
    uint32_t (*step)(struct object *object, uint32_t input);
    uint32_t (*read)(const struct object *object);
};

struct object {
    const struct methods *methods;
    uint32_t value;
    uint32_t count;
};

static uint32_t add_step(struct object *object, uint32_t input) {
    return object->value += input;
}
static uint32_t xor_step(struct object *object, uint32_t input) {
    return object->value ^= input;
}
static uint32_t multiply_step(struct object *object, uint32_t input) {
    return object->value = object->value * 33 + input;
}
static uint32_t rotate_step(struct object *object, uint32_t input) {
    uint32_t shift = input & 31;
    return object->value = (object->value << shift) | (object->value >> ((32 - shift) & 31));
}
static uint32_t count_step(struct object *object, uint32_t input) {
    object->count++;
    return object->value += input & object->count;
}
static uint32_t minimum_step(struct object *object, uint32_t input) {
    object->value = input < object->value ? input : object->value + 7;
    return object->value;
}
static uint32_t plain_read(const struct object *object) {
    return object->value;
}
static uint32_t inverted_read(const struct object *object) {
    return ~object->value;
}

static const struct methods kinds[KIND_COUNT] = {
    {add_step, plain_read},    {xor_step, inverted_read}, {multiply_step, plain_read},
    {rotate_step, plain_read}, {count_step, plain_read},  {minimum_step, inverted_read},
};

static struct object objects[OBJECT_COUNT];

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 5600);
    uint64_t seed = 5;
    uint64_t checksum = 0;
    for (uint32_t i = 0; i < OBJECT_COUNT; i++) {
        objects[i].methods = &kinds[kernel_random(&seed) % KIND_COUNT];
        objects[i].value = kernel_random(&seed);
    }
    for (uint32_t round = 0; round < rounds; round++) {
        uint32_t carried = round;
        for (uint32_t i = 0; i < OBJECT_COUNT; i++) {
            carried = objects[i].methods->step(&objects[i], carried);
        }
        struct object *sample = &objects[carried % OBJECT_COUNT];
        checksum = kernel_mix(checksum, sample->methods->read(sample));
    }
    return kernel_finish("dispatch", checksum);
}
