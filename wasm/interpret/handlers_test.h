/* What the tests of the interpreter's handlers share: a frame, and a way to run one handler on it.
   A test calls handlers directly, without translation or a store, so operation_trap() is here instead of execution.c:
   it notes the kind. Included once by each program, which links wasm.a only for the handlers and the opcode table. */
#ifndef WASM_INTERPRET_HANDLERS_TEST_H
#define WASM_INTERPRET_HANDLERS_TEST_H

#include "tests/support/support.h"
#include "wasm/interpret/operation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRAP_NONE WASM_TRAP_COUNT

/* Slots that the tests use; others hold a pattern and must keep it. */
enum place { PLACE_RESULT = 2, PLACE_FIRST = 5, PLACE_SECOND = 8, PLACE_THIRD = 11, PLACE_COUNT = 14 };

static enum wasm_trap_kind trap_seen;

const struct operation *operation_trap(const struct operation *op, struct execution *execution, enum wasm_trap_kind kind) {
    (void)op;
    (void)execution;
    trap_seen = kind;
    return NULL;
}

/* A 16-byte value in slot order; scalars use the first half. */
struct value {
    uint64_t low, high;
};

static inline struct value value_of(uint64_t low) {
    return (struct value){.low = low};
}

static inline void value_put(union slot *slot, uint8_t type, struct value value) {
    bool is_narrow = type == WASM_I32 || type == WASM_F32;
    slot[0].u64 = is_narrow ? (value.low & UINT32_MAX) | 0xDEADBEEF00000000u : value.low;
    if (type == WASM_V128) {
        slot[1].u64 = value.high;
    }
}

/* Runs a simple handler (operands in slots, result in a slot) with its result in slot `result`. */
static enum wasm_trap_kind handler_run_at(uint32_t opcode, const struct value *operands, uint32_t lane, uint32_t result, struct value *out) {
    const struct opcode_info *info = &opcode_table[opcode];
    static const uint32_t places[3] = {PLACE_FIRST, PLACE_SECOND, PLACE_THIRD};
    union slot frame[PLACE_COUNT];
    memset(frame, 0x5A, sizeof frame);
    for (uint32_t index = 0; index < info->pop_count; index++) {
        value_put(&frame[places[index]], info->pops[index], operands[index]);
    }
    struct execution execution = {0};
    struct operation operations[3] = {{.a = result, .b = places[0], .c = places[1], .d = info->immediate == IMMEDIATE_LANE ? lane : places[2]}};
    trap_seen = TRAP_NONE;
    const struct operation *next = operation_handlers[opcode](operations, frame, &execution);
    if (trap_seen != TRAP_NONE) {
        assert_null(next);
        return trap_seen;
    }
    assert_ptr_equal(next, &operations[1]);
    out->low = frame[result].u64;
    out->high = info->push == WASM_V128 ? frame[result + 1].u64 : 0;
    return TRAP_NONE;
}

/* As above, wherever the result lies: apart, or in the slot of an operand, or half over it. All must agree. */
static inline enum wasm_trap_kind handler_run(uint32_t opcode, const struct value *operands, uint32_t lane, struct value *out) {
    enum wasm_trap_kind kind = handler_run_at(opcode, operands, lane, PLACE_RESULT, out);
    for (uint32_t place = PLACE_FIRST - 1; place < PLACE_COUNT - 1; place++) {
        struct value other = {0};
        assert_int_equal(handler_run_at(opcode, operands, lane, place, &other), kind);
        if (kind == TRAP_NONE) {
            assert_memory_equal(&other, out, sizeof other);
        }
    }
    return kind;
}

/* Runs a numeric instruction from slots, and as its immediate form where there is one. */
static inline enum wasm_trap_kind number_run(uint32_t opcode, uint64_t left, uint64_t right, uint64_t *result) {
    struct value out = {0};
    enum wasm_trap_kind kind = handler_run(opcode, (struct value[]){{left, 0}, {right, 0}}, 0, &out);
    *result = out.low;
    if (operation_immediate_handlers[opcode] == NULL) {
        return kind;
    }

    union slot frame[2];
    value_put(&frame[0], opcode_table[opcode].pops[0], value_of(left));
    struct operation operation = {.a = 1, .b = 0};
    union slot immediate;
    value_put(&immediate, opcode_table[opcode].pops[1], value_of(right));
    operation.immediate = immediate.u64;
    struct execution execution = {0};
    trap_seen = TRAP_NONE;
    const struct operation *next = operation_immediate_handlers[opcode](&operation, frame, &execution);
    assert_int_equal(trap_seen, kind);
    assert_ptr_equal(next, kind == TRAP_NONE ? &operation + 1 : NULL);
    if (kind == TRAP_NONE) {
        assert_true(frame[1].u64 == *result);
    }
    return kind;
}

static inline void expect(uint32_t opcode, uint64_t left, uint64_t right, enum wasm_trap_kind kind, uint64_t expected) {
    uint64_t result = 0;
    enum wasm_trap_kind seen = number_run(opcode, left, right, &result);
    if (seen != kind || (kind == TRAP_NONE && result != expected))
        fail_msg("%s of 0x%llx, 0x%llx: 0x%llx (trap %d), not 0x%llx (trap %d)", opcode_name(opcode), (unsigned long long)left,
                 (unsigned long long)right, (unsigned long long)result, seen, (unsigned long long)expected, kind);
}

/* Numbers that are more often at an edge than chance has it: of integers, of lanes, and of floats. */
static inline uint64_t random_bits(uint64_t *state) {
    uint64_t value = support_random(state), low = value & 0xFF, high = value >> 56;
    switch (support_random(state) % 8) {
    case 0: return value >> (low & 63);
    case 1: return ~0ull << (low & 63);
    case 2: return (1ull << (low & 63)) - high % 3;
    case 3: return value & 0x8080808080808080u;
    case 4: return (value & 0x8000000080000000u) | 0x7F8000007F800000u | (high < 128 ? 0 : value & 0x007FFFFF007FFFFFu);
    case 5: return (value & 0x8000000000000000u) | (0x3FE + low % 70) << 52 | (value >> 8 & 0xFF) << 44;
    case 6: return (value & 0x8000000080000000u) | (0x7E + low % 70) << 23 | (0x7E + high % 30) << 55 | (value & 0x0078000000780000u);
    default: return value;
    }
}

#endif
