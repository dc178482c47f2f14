/* Loads and stores of linear memory, and the address they go to.

   An access happens exactly once, at its width, in program order, because memory may be a window that changes under the
   program (DESIGN.md): hence volatile. One that is aligned is a single instruction. None is checked: a 32-bit index plus
   a 32-bit offset stays in the memory's slot, whose unmapped part faults, and the fault becomes a trap. A store that
   reaches into unmapped memory writes nothing, as long as it is a single instruction.
   Private to the interpreter's handlers. */
#ifndef WASM_INTERPRET_MEMORY_ACCESS_H
#define WASM_INTERPRET_MEMORY_ACCESS_H

#include "wasm/interpret/operation.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "linear memory is little-endian, and is accessed as the host does");

/* A vector of 16 bytes, which machines load and store as one. */
typedef uint8_t vector_bytes __attribute__((vector_size(16)));

/* Where one instruction accesses any address, as on x86-64, compilers make one path of the two. */
#define MEMORY_ACCESS(kind, type)                                                                                                                    \
    typedef type memory_##kind __attribute__((may_alias));                                                                                           \
    typedef type memory_unaligned_##kind __attribute__((aligned(1), may_alias));                                                                     \
    static inline type memory_load_##kind(const uint8_t *at) {                                                                                       \
        if ((uintptr_t)at % sizeof(type) != 0) {                                                                                                     \
            return *(const volatile memory_unaligned_##kind *)at;                                                                                    \
        }                                                                                                                                            \
        return *(const volatile memory_##kind *)at;                                                                                                  \
    }                                                                                                                                                \
    static inline void memory_store_##kind(uint8_t *at, type value) {                                                                                \
        if ((uintptr_t)at % sizeof(type) != 0) {                                                                                                     \
            *(volatile memory_unaligned_##kind *)at = value;                                                                                         \
        } else {                                                                                                                                     \
            *(volatile memory_##kind *)at = value;                                                                                                   \
        }                                                                                                                                            \
    }

MEMORY_ACCESS(u8, uint8_t)
MEMORY_ACCESS(s8, int8_t)
MEMORY_ACCESS(u16, uint16_t)
MEMORY_ACCESS(s16, int16_t)
MEMORY_ACCESS(u32, uint32_t)
MEMORY_ACCESS(s32, int32_t)
MEMORY_ACCESS(u64, uint64_t)
MEMORY_ACCESS(v128, vector_bytes)
#undef MEMORY_ACCESS

/* The address within the linear memory: at most 33 bits. */
static inline uint64_t memory_effective_address(const struct operation *op, const union slot *frame) {
    return (uint64_t)frame[op->b].u32 + op->c;
}

/* The address that the operation accesses. From here on a fault is the operation's. */
static inline uint8_t *memory_access_begin(const struct operation *op, const union slot *frame, struct execution *execution) {
    execution->at = op;
    return execution->memory_bases[op->d] + memory_effective_address(op, frame);
}

#endif
