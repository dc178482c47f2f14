/* Allocation: binary search trees built with malloc and torn down with free, some nodes removed and made again in between.
   The allocator is each libc's own, so this kernel measures that too. */
#include "bench/kernel.h"

enum { NODE_COUNT = 4000 };

struct tree_node {
    struct tree_node *children[2];
    uint32_t key;
    uint32_t payload_size;
    uint8_t *payload;
};

static struct tree_node *node_make(uint32_t key) {
    struct tree_node *node = malloc(sizeof *node);
    if (node == NULL) {
        abort();
    }
    node->children[0] = node->children[1] = NULL;
    node->key = key;
    node->payload_size = 8 + key % 120;
    node->payload = malloc(node->payload_size);
    if (node->payload == NULL) {
        abort();
    }
    node->payload[0] = (uint8_t)key;
    return node;
}

static void node_release(struct tree_node *node) {
    free(node->payload);
    free(node);
}

static void tree_insert(struct tree_node **place, uint32_t key) {
    while (*place != NULL) {
        if ((*place)->key == key) {
            return;
        }
        place = &(*place)->children[key > (*place)->key];
    }
    *place = node_make(key);
}

/* Removes the smallest; returns its key. */
static uint32_t tree_remove_first(struct tree_node **place) {
    while ((*place)->children[0] != NULL) {
        place = &(*place)->children[0];
    }
    struct tree_node *node = *place;
    uint32_t key = node->key;
    *place = node->children[1];
    node_release(node);
    return key;
}

/* Frees all nodes by turning the tree to the right as it goes, without a stack. */
static uint64_t tree_release(struct tree_node *node) {
    uint64_t sum = 0;
    while (node != NULL) {
        struct tree_node *left = node->children[0];
        if (left != NULL) {
            node->children[0] = left->children[1];
            left->children[1] = node;
            node = left;
        } else {
            struct tree_node *right = node->children[1];
            sum = kernel_mix(sum, node->key + node->payload[0]);
            node_release(node);
            node = right;
        }
    }
    return sum;
}

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 300);
    uint64_t seed = 6174;
    uint64_t checksum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        struct tree_node *root = NULL;
        for (uint32_t i = 0; i < NODE_COUNT; i++) {
            tree_insert(&root, kernel_random(&seed));
            if (i % 4 == 3) {
                checksum = kernel_mix(checksum, tree_remove_first(&root));
            }
        }
        checksum = kernel_mix(checksum, tree_release(root));
    }
    return kernel_finish("trees", checksum);
}
