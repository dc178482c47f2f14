/* Memory latency: one cycle through 16 MiB of nodes in random order, each load waiting for the one before. */
#include "bench/kernel.h"

enum { NODE_COUNT = 1 << 20 };

struct node {
    uint32_t next;
    uint32_t value;
    uint32_t padding[2];
};

/* One cycle through all nodes: Sattolo's shuffle. */
static void nodes_link(struct node *nodes) {
    uint64_t seed = 1234567;
    for (uint32_t i = 0; i < NODE_COUNT; i++) {
        nodes[i].next = i;
        nodes[i].value = kernel_random(&seed);
    }
    for (uint32_t i = NODE_COUNT - 1; i > 0; i--) {
        uint32_t other = kernel_random(&seed) % i;
        uint32_t next = nodes[i].next;
        nodes[i].next = nodes[other].next;
        nodes[other].next = next;
    }
}

int main(int argc, char **argv) {
    uint32_t steps = kernel_work(argc, argv, 3000000);
    struct node *nodes = malloc(sizeof *nodes * NODE_COUNT);
    if (nodes == NULL) {
        return 1;
    }
    nodes_link(nodes);
    uint64_t checksum = 0;
    uint32_t place = 0;
    for (uint32_t step = 0; step < steps; step++) {
        checksum += nodes[place].value;
        place = nodes[place].next;
    }
    free(nodes);
    return kernel_finish("chase", kernel_mix(checksum, place));
}
