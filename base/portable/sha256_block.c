/* SHA-256 blocks on CPUs for which no instructions are known: there is nothing faster than what sha256.c has. */
#include "base/sha256_block.h"

#include "base/assert.h"

bool sha256_block_is_accelerated(void) {
    return false;
}

void sha256_block_add(uint32_t state[8], const uint8_t *blocks, size_t count) {
    (void)state;
    (void)blocks;
    (void)count;
    ASSERT(!"SHA-256 instructions");
}
