/* Constant folding. The meaning of each instruction is the interpreter's own (numbers.def), so that both executors agree on every
   bit, the canonical NaN included. What traps is not folded: it stays and traps when it is reached. */
#include "wasm/compile/optimize/simplify.h"

#include "base/bits.h"
#include "wasm/interpret/slot.h"

#define UNARY(name, operand, result, meaning)                                                                                                        \
    case OP_##name: {                                                                                                                                \
        const __auto_type value = first.operand;                                                                                                     \
        slot_set_##result(slot, meaning);                                                                                                            \
        return true;                                                                                                                                 \
    }

#define BINARY(name, operand, result, meaning)                                                                                                       \
    case OP_##name: {                                                                                                                                \
        const __auto_type left = first.operand;                                                                                                      \
        const __auto_type right = second.operand;                                                                                                    \
        slot_set_##result(slot, meaning);                                                                                                            \
        return true;                                                                                                                                 \
    }

#define DIVIDE(name, operand, result, overflows, meaning)                                                                                            \
    case OP_##name: {                                                                                                                                \
        const __auto_type left = first.operand;                                                                                                      \
        const __auto_type right = second.operand;                                                                                                    \
        if (right == 0 || (overflows))                                                                                                               \
            return false;                                                                                                                            \
        slot_set_##result(slot, meaning);                                                                                                            \
        return true;                                                                                                                                 \
    }

#define TRUNCATE(name, operand, result, fits, type)                                                                                                  \
    case OP_##name: {                                                                                                                                \
        const __auto_type value = first.operand;                                                                                                     \
        if (!fits(value))                                                                                                                            \
            return false;                                                                                                                            \
        slot_set_##result(slot, (type)value);                                                                                                        \
        return true;                                                                                                                                 \
    }

static bool fold(uint32_t op, union slot first, union slot second, union slot *slot) {
    switch (op) {
#define INSTRUCTION(shape, ...) shape(__VA_ARGS__)
#include "wasm/interpret/numbers.def"
#undef INSTRUCTION
    default: return false;
    }
}

bool simplify_fold(uint32_t op, uint64_t first, uint64_t second, uint64_t *out) {
    union slot result = {.u64 = 0};
    if (!fold(op, (union slot){.u64 = first}, (union slot){.u64 = second}, &result))
        return false;
    *out = result.u64;
    return true;
}
