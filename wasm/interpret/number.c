/* Handlers of numeric instructions: comparisons, arithmetic and conversions of i32, i64, f32 and f64.
   Meanings are in numbers.def; here are the shapes that make functions of them. A handler reads its operands before it
   writes its result, because they may share a slot. Reached through the tables of handlers.c. */
#include "base/bits.h"
#include "wasm/interpret/handlers.h"
#include "wasm/interpret/slot.h"

#include "base/assert.h"

/* An immediate operand is read through the same member of the union as one that lies in a slot; 32-bit types have theirs
   in the low half, which comes first. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half of a slot comes first");
#define OPERAND_SLOT      frame[op->c]
#define OPERAND_IMMEDIATE ((union slot){.u64 = op->immediate})

#define UNARY(name, operand, result, meaning)                                                                                                        \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const __auto_type value = frame[op->b].operand;                                                                                              \
        slot_set_##result(&frame[op->a], meaning);                                                                                                   \
        return op + 1;                                                                                                                               \
    }

#define BINARY(name, operand, result, meaning)                                                                                                       \
    BINARY_FORM(name, OPERAND_SLOT, operand, result, meaning)                                                                                        \
    BINARY_FORM(immediate_##name, OPERAND_IMMEDIATE, operand, result, meaning)

#define BINARY_FORM(name, right_operand, operand, result, meaning)                                                                                   \
    HANDLER(name) {                                                                                                                                  \
        (void)execution;                                                                                                                             \
        const __auto_type left = frame[op->b].operand;                                                                                               \
        const __auto_type right = right_operand.operand;                                                                                             \
        slot_set_##result(&frame[op->a], meaning);                                                                                                   \
        return op + 1;                                                                                                                               \
    }

#define DIVIDE(name, operand, result, overflows, meaning)                                                                                            \
    DIVIDE_FORM(name, OPERAND_SLOT, operand, result, overflows, meaning)                                                                             \
    DIVIDE_FORM(immediate_##name, OPERAND_IMMEDIATE, operand, result, overflows, meaning)

#define DIVIDE_FORM(name, right_operand, operand, result, overflows, meaning)                                                                        \
    HANDLER(name) {                                                                                                                                  \
        const __auto_type left = frame[op->b].operand;                                                                                               \
        const __auto_type right = right_operand.operand;                                                                                             \
        if (UNLIKELY(right == 0))                                                                                                                    \
            return operation_trap(op, execution, WASM_TRAP_DIVIDE_BY_ZERO);                                                                          \
        if (UNLIKELY(overflows))                                                                                                                     \
            return operation_trap(op, execution, WASM_TRAP_INTEGER_OVERFLOW);                                                                        \
        slot_set_##result(&frame[op->a], meaning);                                                                                                   \
        return op + 1;                                                                                                                               \
    }

#define TRUNCATE(name, operand, result, fits, type)                                                                                                  \
    HANDLER(name) {                                                                                                                                  \
        const __auto_type value = frame[op->b].operand;                                                                                              \
        if (UNLIKELY(!fits(value))) {                                                                                                                \
            bool is_nan = value != value;                                                                                                            \
            return operation_trap(op, execution, is_nan ? WASM_TRAP_INVALID_CONVERSION : WASM_TRAP_INTEGER_OVERFLOW);                                \
        }                                                                                                                                            \
        slot_set_##result(&frame[op->a], (type)value);                                                                                               \
        return op + 1;                                                                                                                               \
    }

#define INSTRUCTION(shape, name, ...) shape(name, __VA_ARGS__)
#include "wasm/interpret/numbers.def"
