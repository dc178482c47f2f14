/* SHA-256 (FIPS 180-4): buffering and padding, and the compression function for CPUs without instructions for it. */
#include "base/sha256.h"

#include "base/assert.h"
#include "base/sha256_block.h"

#include <stdalign.h>

#define PROBE_BYTES ((uint64_t)16 * 1024)

/* FIPS 180-4, 4.2.2. */
alignas(16) const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* FIPS 180-4, 5.3.3. */
static const uint32_t initial_state[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static inline uint32_t rotate_right(uint32_t value, unsigned count) {
    return value >> count | value << (32 - count);
}

/* The bytes of a word in the other order; compilers know this form. */
static inline uint32_t load_big_endian(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

static inline void store_big_endian(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 24);
    at[1] = (uint8_t)(value >> 16);
    at[2] = (uint8_t)(value >> 8);
    at[3] = (uint8_t)value;
}

/* FIPS 180-4, 6.2.2, step 1. */
static void schedule_fill(uint32_t schedule[64], const uint8_t *block) {
    for (size_t t = 0; t < 16; t++) {
        schedule[t] = load_big_endian(block + 4 * t);
    }
    for (size_t t = 16; t < 64; t++) {
        const uint32_t w2 = schedule[t - 2];
        const uint32_t w15 = schedule[t - 15];
        const uint32_t sigma0 = rotate_right(w15, 7) ^ rotate_right(w15, 18) ^ w15 >> 3;
        const uint32_t sigma1 = rotate_right(w2, 17) ^ rotate_right(w2, 19) ^ w2 >> 10;
        schedule[t] = sigma1 + schedule[t - 7] + sigma0 + schedule[t - 16];
    }
}

/* FIPS 180-4, 6.2.2, steps 2 to 4. */
static void block_add_portable(uint32_t state[8], const uint8_t *block) {
    uint32_t schedule[64];
    schedule_fill(schedule, block);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (size_t t = 0; t < 64; t++) {
        const uint32_t sum1 = rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25);
        const uint32_t choice = (e & f) ^ (~e & g);
        const uint32_t t1 = h + sum1 + choice + sha256_constants[t] + schedule[t];
        const uint32_t sum0 = rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22);
        const uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + sum0 + majority;
    }
    const uint32_t result[8] = {a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < 8; i++) {
        state[i] += result[i];
    }
}

static void blocks_add(struct sha256 *hash, const uint8_t *blocks, size_t count) {
    if (hash->way == SHA256_UNDECIDED && hash->length_bytes >= PROBE_BYTES) {
        hash->way = sha256_block_is_accelerated() ? SHA256_ACCELERATED : SHA256_PORTABLE;
    }
    if (hash->way == SHA256_ACCELERATED) {
        sha256_block_add(hash->state, blocks, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        block_add_portable(hash->state, blocks + i * SHA256_BLOCK_SIZE);
    }
}

void sha256_init(struct sha256 *hash) {
    *hash = (struct sha256){.way = SHA256_UNDECIDED};
    memcpy(hash->state, initial_state, sizeof hash->state);
}

void sha256_add(struct sha256 *hash, struct bytes data) {
    if (data.size == 0) {
        return;
    }
    const size_t waiting = hash->length_bytes % SHA256_BLOCK_SIZE;
    hash->length_bytes += data.size;
    if (waiting > 0) {
        const size_t room = SHA256_BLOCK_SIZE - waiting;
        const size_t taken = data.size < room ? data.size : room;
        memcpy(hash->block + waiting, data.data, taken);
        if (taken < room) {
            return;
        }
        blocks_add(hash, hash->block, 1);
        data.data += taken;
        data.size -= taken;
    }
    const size_t count = data.size / SHA256_BLOCK_SIZE;
    blocks_add(hash, data.data, count);
    memcpy(hash->block, data.data + count * SHA256_BLOCK_SIZE, data.size % SHA256_BLOCK_SIZE);
}

/* FIPS 180-4, 5.1.1: a one bit, zeros up to 8 bytes before a block's end, the length in bits. */
void sha256_end(struct sha256 *hash, uint8_t digest[SHA256_SIZE]) {
    const uint64_t length_bits = hash->length_bytes * 8;
    const size_t waiting = hash->length_bytes % SHA256_BLOCK_SIZE;
    const size_t zeros = (SHA256_BLOCK_SIZE + 55 - waiting) % SHA256_BLOCK_SIZE;
    uint8_t padding[SHA256_BLOCK_SIZE + 8] = {0x80};
    store_big_endian(padding + 1 + zeros, (uint32_t)(length_bits >> 32));
    store_big_endian(padding + 1 + zeros + 4, (uint32_t)length_bits);
    sha256_add(hash, (struct bytes){.data = padding, .size = 1 + zeros + 8});
    ASSERT(hash->length_bytes % SHA256_BLOCK_SIZE == 0);
    for (size_t i = 0; i < 8; i++) {
        store_big_endian(digest + 4 * i, hash->state[i]);
    }
}

void sha256(struct bytes data, uint8_t digest[SHA256_SIZE]) {
    struct sha256 hash;
    sha256_init(&hash);
    sha256_add(&hash, data);
    sha256_end(&hash, digest);
}
