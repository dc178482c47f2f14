/* Handlers of loads and stores of linear memory, vectors included; atomic ones are in atomic.c.
   Which there are is in accesses.def; here are the shapes that make functions of them. Each accesses memory once
   (memory_access.h), with all operands read before and the result written after. Reached through handlers.c. */
#include "wasm/interpret/handlers.h"
#include "wasm/interpret/slot.h"
#include "wasm/interpret/vector.h"

/* Integer conversions of C extend a signed type by its sign, an unsigned one by zeroes. */
#define LOAD(name, type, result)                                                                                                                     \
    HANDLER(name) {                                                                                                                                  \
        slot_set_##result(&frame[op->a], memory_load_##type(memory_access_begin(op, frame, execution)));                                             \
        return op + 1;                                                                                                                               \
    }

#define STORE(name, type)                                                                                                                            \
    HANDLER(name) {                                                                                                                                  \
        memory_store_##type(memory_access_begin(op, frame, execution), frame[op->a].u64);                                                            \
        return op + 1;                                                                                                                               \
    }

#define LOAD_VECTOR(name, type)                                                                                                                      \
    HANDLER(name) {                                                                                                                                  \
        union vector out = {.bytes = memory_load_##type(memory_access_begin(op, frame, execution))};                                                 \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define STORE_VECTOR(name, type)                                                                                                                     \
    HANDLER(name) {                                                                                                                                  \
        memory_store_##type(memory_access_begin(op, frame, execution), vector_get(&frame[op->a]).bytes);                                             \
        return op + 1;                                                                                                                               \
    }

#define LOAD_EXTEND(name, lane, wide_lane)                                                                                                           \
    HANDLER(name) {                                                                                                                                  \
        union vector in = {.u64 = {memory_load_u64(memory_access_begin(op, frame, execution))}};                                                     \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(wide_lane); i++) {                                                                                       \
            out.wide_lane[i] = in.lane[i];                                                                                                           \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define LOAD_SPLAT(name, lane)                                                                                                                       \
    HANDLER(name) {                                                                                                                                  \
        const __auto_type value = memory_load_##lane(memory_access_begin(op, frame, execution));                                                     \
        union vector out;                                                                                                                            \
        for (size_t i = 0; i < VECTOR_LANES(lane); i++) {                                                                                            \
            out.lane[i] = value;                                                                                                                     \
        }                                                                                                                                            \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 1;                                                                                                                               \
    }

#define LOAD_ZERO(name, lane)                                                                                                                        \
    HANDLER(name) {                                                                                                                                  \
        uint64_t value = memory_load_##lane(memory_access_begin(op, frame, execution));                                                              \
        vector_set(&frame[op->a], (union vector){.u64 = {value, 0}});                                                                                \
        return op + 1;                                                                                                                               \
    }

#define LOAD_LANE(name, lane)                                                                                                                        \
    HANDLER(name) {                                                                                                                                  \
        union vector out = vector_get(&frame[op[1].c]);                                                                                              \
        out.lane[op[1].b] = memory_load_##lane(memory_access_begin(op, frame, execution));                                                           \
        vector_set(&frame[op->a], out);                                                                                                              \
        return op + 2;                                                                                                                               \
    }

#define STORE_LANE(name, lane)                                                                                                                       \
    HANDLER(name) {                                                                                                                                  \
        union vector value = vector_get(&frame[op[1].c]);                                                                                            \
        memory_store_##lane(memory_access_begin(op, frame, execution), value.lane[op[1].b]);                                                         \
        return op + 2;                                                                                                                               \
    }

#define INSTRUCTION(shape, name, ...) shape(name, __VA_ARGS__)
#include "wasm/interpret/accesses.def"
