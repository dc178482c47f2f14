/* Floating-point operations that C leaves to a library, or leaves open: rounding to integers, minimum and maximum,
   truncation to integer types, and the canonical NaN. Written here because the engine has no libm, and so that results are
   the same bits everywhere. They rely on IEEE 754 arithmetic in the type's own precision, rounding to nearest, ties to
   even, and on -ffp-contract=off. Private to the interpreter.

   Many single-precision operations go by way of double: that is exact wherever the operation only rounds to an integer or
   compares, as every float is a double and so is every result. */
#ifndef WASM_INTERPRET_FLOAT_H
#define WASM_INTERPRET_FLOAT_H

#include "base/bytes.h"

_Static_assert(__FLT_EVAL_METHOD__ == 0, "operations round to the precision of their type");
_Static_assert(sizeof(float) == 4 && __FLT_MANT_DIG__ == 24, "float is IEEE 754 single precision");
_Static_assert(sizeof(double) == 8 && __DBL_MANT_DIG__ == 53, "double is IEEE 754 double precision");

#define F32_SIGN          0x80000000u
#define F64_SIGN          0x8000000000000000u
#define F32_CANONICAL_NAN 0x7FC00000u
#define F64_CANONICAL_NAN 0x7FF8000000000000u

static inline uint32_t f32_bits(float value) {
    union {
        float value;
        uint32_t bits;
    } view = {.value = value};
    return view.bits;
}

static inline uint64_t f64_bits(double value) {
    union {
        double value;
        uint64_t bits;
    } view = {.value = value};
    return view.bits;
}

static inline float f32_from_bits(uint32_t bits) {
    union {
        uint32_t bits;
        float value;
    } view = {.bits = bits};
    return view.value;
}

static inline double f64_from_bits(uint64_t bits) {
    union {
        uint64_t bits;
        double value;
    } view = {.bits = bits};
    return view.value;
}

/* Core spec 4.3.3, NaN propagation: the one outcome that we choose among those it allows. */
static inline uint32_t f32_canonical_bits(float value) {
    return value != value ? F32_CANONICAL_NAN : f32_bits(value);
}

static inline uint64_t f64_canonical_bits(double value) {
    return value != value ? F64_CANONICAL_NAN : f64_bits(value);
}

/* The magnitude of one and the sign of the other: what keeps -0 and gives -0.5 the right zero. */
static inline double f64_copysign(double magnitude, double sign) {
    return f64_from_bits((f64_bits(magnitude) & ~F64_SIGN) | (f64_bits(sign) & F64_SIGN));
}

/* From this magnitude on every double is an integer. */
#define F64_ALL_INTEGERS 0x1p52

/* False for NaN and infinities, which rounding leaves alone. */
static inline bool f64_may_have_fraction(double value) {
    return value > -F64_ALL_INTEGERS && value < F64_ALL_INTEGERS;
}

static inline double f64_trunc(double value) {
    return f64_may_have_fraction(value) ? f64_copysign((double)(int64_t)value, value) : value;
}

static inline double f64_ceil(double value) {
    double truncated = f64_trunc(value);
    return truncated < value ? truncated + 1.0 : truncated;
}

static inline double f64_floor(double value) {
    double truncated = f64_trunc(value);
    return truncated > value ? truncated - 1.0 : truncated;
}

/* Adding 2^52 leaves no room for a fraction, so the addition itself rounds, to nearest and ties to even. */
static inline double f64_nearest(double value) {
    double magnitude = value < 0 ? -value : value;
    return f64_may_have_fraction(value) ? f64_copysign((magnitude + F64_ALL_INTEGERS) - F64_ALL_INTEGERS, value) : value;
}

/* Equal operands differ at most in the sign of zero: minimum prefers the set sign bit, maximum the clear one. A NaN operand
   makes the sum a NaN. */
static inline double f64_min(double left, double right) {
    if (left < right) {
        return left;
    }
    if (left > right) {
        return right;
    }
    return left == right ? f64_from_bits(f64_bits(left) | f64_bits(right)) : left + right;
}

static inline double f64_max(double left, double right) {
    if (left > right) {
        return left;
    }
    if (left < right) {
        return right;
    }
    return left == right ? f64_from_bits(f64_bits(left) & f64_bits(right)) : left + right;
}

/* Whether the value, its fraction dropped, is one of the type's. False for NaN. The limits are exact doubles, except below
   INT64_MIN, where the next double is already far outside. */
static inline bool f64_fits_s32(double value) {
    return value > -2147483649.0 && value < 2147483648.0;
}

static inline bool f64_fits_u32(double value) {
    return value > -1.0 && value < 4294967296.0;
}

static inline bool f64_fits_s64(double value) {
    return value >= -0x1p63 && value < 0x1p63;
}

static inline bool f64_fits_u64(double value) {
    return value > -1.0 && value < 0x1p64;
}

/* Core spec 4.3.3, trunc_sat: NaN becomes 0, what is outside becomes the nearest limit. */
static inline int32_t f64_saturate_s32(double value) {
    if (f64_fits_s32(value)) {
        return (int32_t)value;
    }
    return value < 0 ? INT32_MIN : value > 0 ? INT32_MAX : 0;
}

static inline uint32_t f64_saturate_u32(double value) {
    if (f64_fits_u32(value)) {
        return (uint32_t)value;
    }
    return value > 0 ? UINT32_MAX : 0;
}

static inline int64_t f64_saturate_s64(double value) {
    if (f64_fits_s64(value)) {
        return (int64_t)value;
    }
    return value < 0 ? INT64_MIN : value > 0 ? INT64_MAX : 0;
}

static inline uint64_t f64_saturate_u64(double value) {
    if (f64_fits_u64(value)) {
        return (uint64_t)value;
    }
    return value > 0 ? UINT64_MAX : 0;
}

#endif
