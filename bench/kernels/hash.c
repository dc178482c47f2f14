/* Hashing: SHA-256 (FIPS 180-4), CRC-32 by table, and FNV-1a, over one buffer that each round changes. */
#include "bench/kernel.h"

enum { BUFFER_SIZE = 1 << 16 };

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint8_t buffer[BUFFER_SIZE];
static uint32_t crc_table[256];

static uint32_t rotate_right(uint32_t value, uint32_t count) {
    return (value >> count) | (value << (32 - count));
}

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void schedule_make(uint32_t *schedule, const uint8_t *block) {
    for (int i = 0; i < 16; i++) {
        schedule[i] = big_endian(block + i * 4);
    }
    for (int i = 16; i < 64; i++) {
        uint32_t old = schedule[i - 15];
        uint32_t recent = schedule[i - 2];
        uint32_t low = rotate_right(old, 7) ^ rotate_right(old, 18) ^ (old >> 3);
        uint32_t high = rotate_right(recent, 17) ^ rotate_right(recent, 19) ^ (recent >> 10);
        schedule[i] = schedule[i - 16] + low + schedule[i - 7] + high;
    }
}

static void sha256_block(uint32_t *state, const uint8_t *block) {
    uint32_t schedule[64];
    uint32_t work[8];
    schedule_make(schedule, block);
    memcpy(work, state, sizeof work);
    for (int i = 0; i < 64; i++) {
        uint32_t choice = (work[4] & work[5]) ^ (~work[4] & work[6]);
        uint32_t majority = (work[0] & work[1]) ^ (work[0] & work[2]) ^ (work[1] & work[2]);
        uint32_t first =
            work[7] + (rotate_right(work[4], 6) ^ rotate_right(work[4], 11) ^ rotate_right(work[4], 25)) + choice + round_constants[i] + schedule[i];
        uint32_t second = (rotate_right(work[0], 2) ^ rotate_right(work[0], 13) ^ rotate_right(work[0], 22)) + majority;
        work[7] = work[6];
        work[6] = work[5];
        work[5] = work[4];
        work[4] = work[3] + first;
        work[3] = work[2];
        work[2] = work[1];
        work[1] = work[0];
        work[0] = first + second;
    }
    for (int i = 0; i < 8; i++) {
        state[i] += work[i];
    }
}

static uint64_t sha256_buffer(void) {
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint8_t last[64] = {0x80};
    for (size_t i = 0; i < BUFFER_SIZE; i += 64) {
        sha256_block(state, buffer + i);
    }
    for (int i = 0; i < 8; i++) {
        last[63 - i] = (uint8_t)((uint64_t)BUFFER_SIZE * 8 >> (i * 8));
    }
    sha256_block(state, last);
    return (uint64_t)state[0] << 32 | state[7];
}

static void crc_prepare(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) {
            value = (value >> 1) ^ (value & 1 ? 0xEDB88320u : 0);
        }
        crc_table[i] = value;
    }
}

static uint32_t crc_buffer(void) {
    uint32_t value = 0xFFFFFFFFu;
    for (size_t i = 0; i < BUFFER_SIZE; i++) {
        value = (value >> 8) ^ crc_table[(value ^ buffer[i]) & 255];
    }
    return ~value;
}

static uint32_t fnv_buffer(void) {
    uint32_t value = 0x811C9DC5u;
    for (size_t i = 0; i < BUFFER_SIZE; i++) {
        value = (value ^ buffer[i]) * 0x01000193u;
    }
    return value;
}

int main(int argc, char **argv) {
    uint32_t rounds = kernel_work(argc, argv, 320);
    uint64_t seed = 4711;
    uint64_t checksum = 0;
    crc_prepare();
    for (size_t i = 0; i < BUFFER_SIZE; i++) {
        buffer[i] = (uint8_t)kernel_random(&seed);
    }
    for (uint32_t round = 0; round < rounds; round++) {
        checksum = kernel_mix(checksum, sha256_buffer());
        checksum = kernel_mix(checksum, crc_buffer());
        checksum = kernel_mix(checksum, fnv_buffer());
        buffer[round % BUFFER_SIZE] ^= (uint8_t)checksum;
    }
    return kernel_finish("hash", checksum);
}
