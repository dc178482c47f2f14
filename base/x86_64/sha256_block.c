/* SHA-256 blocks with the SHA extensions of x86 (Intel SDM volume 2, SHA256RNDS2, SHA256MSG1, SHA256MSG2). */
#include "base/sha256_block.h"

#include "base/assert.h"

#include <cpuid.h>
#include <immintrin.h>

bool sha256_block_is_accelerated(void) {
    uint32_t eax, ebx, ecx, edx;
    if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0 || (ebx & bit_SHA) == 0) {
        return false;
    }
    const uint32_t needed = bit_SSSE3 | bit_SSE4_1;
    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & needed) == needed;
}

/* The instructions want the state as the words a b e f and c d g h, first word highest. */
struct halves {
    __m128i abef;
    __m128i cdgh;
};

__attribute__((target("sha,sse4.1"))) static inline struct halves halves_load(const uint32_t state[8]) {
    const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
    const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
    return (struct halves){.abef = _mm_alignr_epi8(cdab, efgh, 8), .cdgh = _mm_blend_epi16(efgh, cdab, 0xf0)};
}

__attribute__((target("sha,sse4.1"))) static inline void halves_store(struct halves halves, uint32_t state[8]) {
    const __m128i feba = _mm_shuffle_epi32(halves.abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(halves.cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* The next four words of the message schedule after the sixteen in w. */
__attribute__((target("sha,sse4.1"))) static inline __m128i schedule_next(__m128i w0, __m128i w4, __m128i w8, __m128i w12) {
    const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4));
    return _mm_sha256msg2_epu32(sum, w12);
}

__attribute__((target("sha,sse4.1"))) static inline struct halves block_add(struct halves halves, const uint8_t *block) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const struct halves start = halves;
    __m128i w[4];
    for (int i = 0; i < 4; i++) {
        w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block + 16 * i)), big_endian);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        const __m128i constants = _mm_load_si128((const __m128i *)(sha256_constants + 4 * i));
        const __m128i words = _mm_add_epi32(w[i % 4], constants);
        halves.cdgh = _mm_sha256rnds2_epu32(halves.cdgh, halves.abef, words);
        halves.abef = _mm_sha256rnds2_epu32(halves.abef, halves.cdgh, _mm_shuffle_epi32(words, 0x0e));
        if (i < 12) {
            w[i % 4] = schedule_next(w[i % 4], w[(i + 1) % 4], w[(i + 2) % 4], w[(i + 3) % 4]);
        }
    }
    halves.abef = _mm_add_epi32(halves.abef, start.abef);
    halves.cdgh = _mm_add_epi32(halves.cdgh, start.cdgh);
    return halves;
}

__attribute__((target("sha,sse4.1"))) void sha256_block_add(uint32_t state[8], const uint8_t *blocks, size_t count) {
    ASSERT((uintptr_t)sha256_constants % 16 == 0);
    struct halves halves = halves_load(state);
    for (size_t i = 0; i < count; i++) {
        halves = block_add(halves, blocks + i * SHA256_BLOCK_SIZE);
    }
    halves_store(halves, state);
}
