/* Handlers of vector instructions, but for loads and stores (access.c).
   Meanings are in vectors.def; here are the shapes that make functions of them: loops over lanes, which compilers turn
   into vector code. A handler reads its operands whole before it writes its result, because their slots may overlap.
   Reached through the tables of handlers.c. */
#include "base/bits.h"
#include "wasm/interpret/handlers.h"
#include "wasm/interpret/slot.h"
#include "wasm/interpret/vector.h"

static inline int8_t saturate_s8(int value) {
    return value < INT8_MIN ? INT8_MIN : value > INT8_MAX ? INT8_MAX : value;
}

static inline uint8_t saturate_u8(int value) {
    return value < 0 ? 0 : value > (int)UINT8_MAX ? UINT8_MAX : value;
}

static inline int16_t saturate_s16(int value) {
    return value < INT16_MIN ? INT16_MIN : value > INT16_MAX ? INT16_MAX : value;
}

static inline uint16_t saturate_u16(int value) {
    return value < 0 ? 0 : value > (int)UINT16_MAX ? UINT16_MAX : value;
}

#define VECTOR_CONSTANT(name, lane)                                                                                                                  \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        __builtin_memcpy(&frame[op->a], operation_bytes(op), sizeof(union vector));                                                                  \
        return op + 2;                                                                                                                               \
    }

#define VECTOR_SHUFFLE(name, lane)                                                                                                                   \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector left = vector_get(&frame[op->b]);                                                                                         \
        const union vector right = vector_get(&frame[op->c]);                                                                                        \
        const uint8_t *selected = operation_bytes(op);                                                                                               \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(lane); i++) {                                                                                            \
            out.lane[i] = selected[i] < 16 ? left.lane[selected[i]] : right.lane[selected[i] - 16];                                                  \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 2;                                                                                                                               \
    }

#define VECTOR_SWIZZLE(name, lane)                                                                                                                   \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector in = vector_get(&frame[op->b]);                                                                                           \
        const union vector selected = vector_get(&frame[op->c]);                                                                                     \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(lane); i++) {                                                                                            \
            out.lane[i] = selected.lane[i] < 16 ? in.lane[selected.lane[i]] : 0;                                                                     \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_SPLAT(name, lane)                                                                                                                     \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const uint64_t value = frame[op->b].u64;                                                                                                     \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(lane); i++) {                                                                                            \
            out.lane[i] = value;                                                                                                                     \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define LANE_EXTRACT(name, lane, result)                                                                                                             \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector in = vector_get(&frame[op->b]);                                                                                           \
        slot_set_##result(&frame[op->a], in.lane[op->d]);                                                                                            \
        return op + 1;                                                                                                                               \
    }

#define LANE_REPLACE(name, lane)                                                                                                                     \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        union vector out = vector_get(&frame[op->b]);                                                                                                \
        out.lane[op->d] = frame[op->c].u64;                                                                                                          \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_UNARY(name, lane, result, meaning)                                                                                                    \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector in = vector_get(&frame[op->b]);                                                                                           \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(result); i++) {                                                                                          \
            const __auto_type value = in.lane[i];                                                                                                    \
            out.result[i] = (meaning);                                                                                                               \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_BINARY(name, lane, result, meaning)                                                                                                   \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector first = vector_get(&frame[op->b]);                                                                                        \
        const union vector second = vector_get(&frame[op->c]);                                                                                       \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(result); i++) {                                                                                          \
            const __auto_type left = first.lane[i];                                                                                                  \
            const __auto_type right = second.lane[i];                                                                                                \
            out.result[i] = (meaning);                                                                                                               \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_TERNARY(name, lane, meaning)                                                                                                          \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector first = vector_get(&frame[op->b]);                                                                                        \
        const union vector second = vector_get(&frame[op->c]);                                                                                       \
        const union vector third = vector_get(&frame[op->d]);                                                                                        \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(lane); i++) {                                                                                            \
            const __auto_type left = first.lane[i];                                                                                                  \
            const __auto_type right = second.lane[i];                                                                                                \
            const __auto_type mask = third.lane[i];                                                                                                  \
            out.lane[i] = (meaning);                                                                                                                 \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_SHIFT(name, lane, meaning)                                                                                                            \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector in = vector_get(&frame[op->b]);                                                                                           \
        const uint32_t count = frame[op->c].u32 % (8 * sizeof in.lane[0]);                                                                           \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(lane); i++) {                                                                                            \
            const __auto_type value = in.lane[i];                                                                                                    \
            out.lane[i] = (meaning);                                                                                                                 \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_NARROW(name, lane, result, meaning)                                                                                                   \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector in[2] = {vector_get(&frame[op->b]), vector_get(&frame[op->c])};                                                           \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(result); i++) {                                                                                          \
            const __auto_type value = in[i / VECTOR_LANES(lane)].lane[i % VECTOR_LANES(lane)];                                                       \
            out.result[i] = (meaning);                                                                                                               \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_ZERO(name, lane, result, meaning)                                                                                                     \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector in = vector_get(&frame[op->b]);                                                                                           \
        union vector out = {.u64 = {0, 0}};                                                                                                          \
        for (size_t i = 0; i < VECTOR_LANES(lane); i++) {                                                                                            \
            const __auto_type value = in.lane[i];                                                                                                    \
            out.result[i] = (meaning);                                                                                                               \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_WIDEN(name, lane, result, first, meaning)                                                                                             \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector in = vector_get(&frame[op->b]);                                                                                           \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(result); i++) {                                                                                          \
            const __auto_type value = in.lane[first + i];                                                                                            \
            out.result[i] = (meaning);                                                                                                               \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

/* A product of two lanes fits the wider lane; an unsigned one of 16 bits does not fit int, but its type is wide then. */
#define VECTOR_MULTIPLY(name, lane, result, first)                                                                                                   \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector left = vector_get(&frame[op->b]);                                                                                         \
        const union vector right = vector_get(&frame[op->c]);                                                                                        \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(result); i++) {                                                                                          \
            const __typeof__(out.result[0]) wide_left = left.lane[first + i], wide_right = right.lane[first + i];                                    \
            out.result[i] = wide_left * wide_right;                                                                                                  \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_PAIRWISE(name, lane, result)                                                                                                          \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector in = vector_get(&frame[op->b]);                                                                                           \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(result); i++) {                                                                                          \
            out.result[i] = in.lane[2 * i] + in.lane[2 * i + 1];                                                                                     \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

/* Each product fits int, their sum only just fails to, where all four lanes are the minimum: it wraps. */
#define VECTOR_DOT(name, lane, result)                                                                                                               \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector left = vector_get(&frame[op->b]);                                                                                         \
        const union vector right = vector_get(&frame[op->c]);                                                                                        \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(result); i++) {                                                                                          \
            const uint32_t even = left.lane[2 * i] * right.lane[2 * i];                                                                              \
            const uint32_t odd = left.lane[2 * i + 1] * right.lane[2 * i + 1];                                                                       \
            out.result[i] = even + odd;                                                                                                              \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_ANY_TRUE(name, lane)                                                                                                                  \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector in = vector_get(&frame[op->b]);                                                                                           \
        bool any = false;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(lane); i++) {                                                                                            \
            any |= in.lane[i] != 0;                                                                                                                  \
        }                                                                                                                                            \
        slot_set_i32(&frame[op->a], any);                                                                                                            \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_ALL_TRUE(name, lane)                                                                                                                  \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector in = vector_get(&frame[op->b]);                                                                                           \
        bool all = true;                                                                                                                             \
        for (size_t i = 0; i < VECTOR_LANES(lane); i++) {                                                                                            \
            all &= in.lane[i] != 0;                                                                                                                  \
        }                                                                                                                                            \
        slot_set_i32(&frame[op->a], all);                                                                                                            \
        return op + 1;                                                                                                                               \
    }

#define VECTOR_BITMASK(name, lane)                                                                                                                   \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const union vector in = vector_get(&frame[op->b]);                                                                                           \
        uint32_t mask = 0;                                                                                                                           \
        for (size_t i = 0; i < VECTOR_LANES(lane); i++) {                                                                                            \
            mask |= (uint32_t)(in.lane[i] >> (8 * sizeof in.lane[0] - 1)) << i;                                                                      \
        }                                                                                                                                            \
        slot_set_i32(&frame[op->a], mask);                                                                                                           \
        return op + 1;                                                                                                                               \
    }

#define INSTRUCTION(shape, name, ...) shape(name, __VA_ARGS__)
#include "wasm/interpret/vectors.def"
