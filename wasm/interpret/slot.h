/* How handlers write results into slots, so that equal values always have equal bits.

   A 32-bit value fills its slot: the upper half is zero. A NaN that arithmetic produced is canonical (positive, quiet,
   no payload); a float that is only moved goes as an integer of its width and so keeps every bit.
   Private to the interpreter's handlers. */
#ifndef WASM_INTERPRET_SLOT_H
#define WASM_INTERPRET_SLOT_H

#include "wasm/interpret/float.h"
#include "wasm/interpret/operation.h"

static inline void slot_set_i32(union slot *slot, uint32_t value) {
    slot->u64 = value;
}

static inline void slot_set_i64(union slot *slot, uint64_t value) {
    slot->u64 = value;
}

static inline void slot_set_f32(union slot *slot, float value) {
    slot->u64 = f32_canonical_bits(value);
}

static inline void slot_set_f64(union slot *slot, double value) {
    slot->u64 = f64_canonical_bits(value);
}

#endif
