/* What the processor that this runs on has (Intel SDM volume 2, CPUID). */
#include "wasm/compile/x86_64/isa.h"

#include <cpuid.h>

#define LEAF_1_SSSE3   (1u << 9)
#define LEAF_1_SSE41   (1u << 19)
#define LEAF_1_POPCNT  (1u << 23)
#define LEAF_1_OSXSAVE (1u << 27)
#define LEAF_1_AVX     (1u << 28)
#define LEAF_7_BMI1    (1u << 3)
#define LEAF_7_BMI2    (1u << 8)
#define EXTENDED       0x80000001u
#define EXTENDED_LZCNT (1u << 5)
#define STATE_AVX      6u /* of XCR0: the system keeps xmm and ymm registers */

bool isa_is_supported(void) {
    unsigned a, b, c, d, wanted = LEAF_1_SSSE3 | LEAF_1_SSE41;
    return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & wanted) == wanted;
}

/* The processor has AVX, and the system lets programs use it. */
static bool avx_is_usable(unsigned leaf_1_c) {
    unsigned wanted = LEAF_1_OSXSAVE | LEAF_1_AVX, low, high;
    if ((leaf_1_c & wanted) != wanted)
        return false;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & STATE_AVX) == STATE_AVX;
}

uint32_t isa_features(void) {
    unsigned a, b, c, d;
    uint32_t features = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) != 0) {
        features |= (c & LEAF_1_POPCNT) != 0 ? X86_HAS_POPCNT : 0;
        features |= avx_is_usable(c) ? X86_HAS_AVX : 0;
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) {
        features |= (b & LEAF_7_BMI1) != 0 ? X86_HAS_BMI1 : 0;
        features |= (b & LEAF_7_BMI2) != 0 ? X86_HAS_BMI2 : 0;
    }
    if (__get_cpuid(EXTENDED, &a, &b, &c, &d) != 0 && (c & EXTENDED_LZCNT) != 0)
        features |= X86_HAS_LZCNT;
    return features;
}
