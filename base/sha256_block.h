/* The part of SHA-256 that a CPU may have instructions for. For sha256.c only; each folder of an instruction set has a
   sha256_block.c, and base/portable/ the one for those without. */
#ifndef BASE_SHA256_BLOCK_H
#define BASE_SHA256_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK_SIZE 64

/* FIPS 180-4, 4.2.2; aligned to 16 bytes. */
extern const uint32_t sha256_constants[64];

/* Whether this CPU has the instructions. May be slow. */
bool sha256_block_is_accelerated(void);
/* Adds count whole blocks to the state (FIPS 180-4, 6.2.2). Asserts where there are no instructions for it. */
void sha256_block_add(uint32_t state[8], const uint8_t *blocks, size_t count);

#endif
