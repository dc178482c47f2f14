/* SHA-256 (FIPS 180-4). Uses the CPU's SHA instructions where it has them, from 16 KiB on: to ask a virtual CPU what it has
   can take as long as hashing that much without. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/bytes.h"

#define SHA256_SIZE 32

enum sha256_way {
    SHA256_UNDECIDED,
    SHA256_PORTABLE,
    SHA256_ACCELERATED,
};

struct sha256 {
    uint32_t state[8];
    uint64_t length_bytes; /* added so far; the last length_bytes % 64 of them wait in block */
    uint8_t block[64];
    enum sha256_way way;
};

void sha256_init(struct sha256 *hash);
void sha256_add(struct sha256 *hash, struct bytes data);
void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_SIZE]);
/* All three in one. */
void sha256(struct bytes data, uint8_t digest[SHA256_SIZE]);

#endif
