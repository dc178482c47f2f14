/* The tables: each instruction with a fixed signature has a handler, each binary one on numbers has an immediate form. */
#include "wasm/interpret/handlers_test.h"

/* Instructions that translate.c makes by itself although their signature is fixed. */
static bool is_made_elsewhere(uint32_t opcode) {
    const struct opcode_info *info = &opcode_table[opcode];
    switch (info->immediate) {
    case IMMEDIATE_NONE: return opcode == OP_NOP;
    case IMMEDIATE_ACCESS:
    case IMMEDIATE_ACCESS_LANE:
    case IMMEDIATE_V128:
    case IMMEDIATE_SHUFFLE:
    case IMMEDIATE_LANE:
    case IMMEDIATE_FENCE: return false;
    default: return true;
    }
}

static bool is_number(uint8_t type) {
    return type == WASM_I32 || type == WASM_I64 || type == WASM_F32 || type == WASM_F64;
}

static void test_every_fixed_signature_has_a_handler(void **state) {
    (void)state;
    uint32_t count = 0;
    for (uint32_t opcode = 0; opcode < OPCODE_COUNT; opcode++) {
        const struct opcode_info *info = &opcode_table[opcode];
        bool wanted = info->immediate != IMMEDIATE_INVALID && info->pop_count != OPCODE_SPECIAL && !is_made_elsewhere(opcode);
        if (wanted != (operation_handlers[opcode] != NULL)) {
            fail_msg("%s: handler %s", opcode_name(opcode), wanted ? "missing" : "not expected");
        }
        count += wanted;
    }
    /* Numeric instructions without constants: 128 and 8 saturating ones; loads and stores; vectors; atomics. */
    assert_int_equal(count, 128 + 8 + 23 + 236 + 67);
}

static void test_binary_numbers_have_immediate_forms(void **state) {
    (void)state;
    for (uint32_t opcode = 0; opcode < OPCODE_COUNT; opcode++) {
        const struct opcode_info *info = &opcode_table[opcode];
        bool wanted = info->immediate == IMMEDIATE_NONE && info->pop_count == 2 && is_number(info->pops[0]) && is_number(info->pops[1]);
        if (wanted != (operation_immediate_handlers[opcode] != NULL)) {
            fail_msg("%s: immediate handler %s", opcode_name(opcode), wanted ? "missing" : "not expected");
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_fixed_signature_has_a_handler),
        cmocka_unit_test(test_binary_numbers_have_immediate_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
