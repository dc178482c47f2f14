/* Each instruction with operands of the fixed kinds, compiled and interpreted: the same results to the bit, the same traps at the same place,
   the same memory. Modules are made here: a function for each instruction and each way in which its operands come (parameters, memory, constants)
   and its result goes (returned, stored, as a condition), since selection looks at both. */
#include "platform/linux/host.h"
#include "tests/support/support.h"
#include "wasm/compile/x86_64/isa.h"
#include "wasm/opcode.h"
#include "wasm/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS           6
#define CALLS            12
#define FUNCTIONS_MAX    4096
#define BODY_BYTES_MAX   256
#define MEMORY_BYTES     65536u
#define RESULT_ADDRESS   1024u
#define OPERANDS_ADDRESS 2048u

/* ---- Bytes of a module ---- */

static uint8_t module_bytes[4u << 20];
static size_t module_size;

static void put(uint32_t byte) {
    assert_true(module_size < sizeof module_bytes);
    module_bytes[module_size++] = (uint8_t)byte;
}

static void put_unsigned(uint64_t value) {
    for (; value >= 0x80; value >>= 7)
        put((uint32_t)value | 0x80);
    put((uint32_t)value);
}

static void put_signed(int64_t value) {
    while (value < -64 || value > 63) {
        put(((uint32_t)value & 0x7F) | 0x80);
        value >>= 7;
    }
    put((uint32_t)value & 0x7F);
}

/* A size that is filled in later, always in five bytes. */
static size_t size_begin(void) {
    module_size += 5;
    return module_size;
}

static void size_end(size_t start) {
    uint32_t size = (uint32_t)(module_size - start);
    for (int index = 0; index < 5; index++)
        module_bytes[start - 5 + (size_t)index] = (uint8_t)((size >> 7 * index & 0x7F) | (index < 4 ? 0x80 : 0));
}

static void put_opcode(uint32_t opcode) {
    if (opcode < OPCODE_PAGE_FC) {
        put(opcode);
        return;
    }
    put(0xFB + (opcode >> 8));
    put_unsigned(opcode & 0xFF);
}

/* ---- What is tested ---- */

enum way_in { IN_PARAMETERS, IN_MEMORY, IN_LAST_MEMORY, IN_FIRST_CONSTANT, IN_LAST_CONSTANT, IN_SAME, WAYS_IN };
enum way_out { OUT_RETURN, OUT_STORE, OUT_BRANCH, OUT_CHOOSE, OUT_EQZ, OUT_AGAIN, WAYS_OUT };

struct function {
    uint32_t opcode;
    uint8_t way_in, way_out;
    uint8_t parameters[3], parameter_count, result;
};

static struct function functions[FUNCTIONS_MAX];
static uint32_t function_count;
static uint64_t random_state;

static uint64_t random_bits(void) {
    uint64_t value = support_random(&random_state), low = value & 0xFF, high = value >> 56;
    switch (support_random(&random_state) % 9) {
    case 0: return value >> (low & 63);
    case 1: return ~0ull << (low & 63);
    case 2: return (1ull << (low & 63)) - high % 3;
    case 3: return value & 0x8080808080808080u;
    case 4: return (value & 0x8000000080000000u) | 0x7F8000007F800000u | (high < 128 ? 0 : value & 0x007FFFFF007FFFFFu);
    case 5: return (value & 0x8000000000000000u) | (0x3FE + low % 70) << 52 | (value >> 8 & 0xFF) << 44;
    case 6: return (value & 0x8000000080000000u) | (0x7E + low % 70) << 23 | (0x7E + high % 30) << 55 | (value & 0x0078000000780000u);
    case 7: return low % 5 == 0 ? 0 : low % 40;
    default: return value;
    }
}

static bool is_tested(const struct opcode_info *info, uint32_t opcode) {
    if (info->pop_count == OPCODE_SPECIAL || info->pop_count == 0 || info->push == 0)
        return false;
    return (info->immediate == IMMEDIATE_NONE || info->immediate == IMMEDIATE_LANE || info->immediate == IMMEDIATE_SHUFFLE ||
            info->immediate == IMMEDIATE_ACCESS || info->immediate == IMMEDIATE_ACCESS_LANE) &&
           opcode != OP_MEMORY_GROW;
}

static void put_load(uint8_t type, uint32_t offset) {
    switch (type) {
    case WASM_I32: put(OP_I32_LOAD); break;
    case WASM_I64: put(OP_I64_LOAD); break;
    case WASM_F32: put(OP_F32_LOAD); break;
    case WASM_F64: put(OP_F64_LOAD); break;
    default: put_opcode(OP_V128_LOAD); break;
    }
    put(0);
    put_unsigned(offset);
}

static void put_constant(uint8_t type) {
    uint64_t bits = random_bits(), more = random_bits();
    switch (type) {
    case WASM_I32:
        put(OP_I32_CONST);
        put_signed((int32_t)bits);
        return;
    case WASM_I64:
        put(OP_I64_CONST);
        put_signed((int64_t)bits);
        return;
    case WASM_F32: put(OP_F32_CONST); break;
    case WASM_F64: put(OP_F64_CONST); break;
    default: put_opcode(OP_V128_CONST); break;
    }
    int count = type == WASM_F32 ? 4 : type == WASM_F64 ? 8 : 16;
    for (int index = 0; index < count; index++)
        put((uint32_t)((index < 8 ? bits : more) >> 8 * (index & 7)) & 0xFF);
}

static void put_operand(const struct function *function, uint32_t number) {
    uint8_t type = function->parameters[number];
    bool is_last = number + 1u == function->parameter_count;
    if (function->way_in == IN_MEMORY || (function->way_in == IN_LAST_MEMORY && is_last)) {
        put(OP_I32_CONST);
        put_signed(support_random(&random_state) % 2 == 0 ? 0 : OPERANDS_ADDRESS);
        put_load(type, OPERANDS_ADDRESS + 16 * number);
    } else if ((function->way_in == IN_FIRST_CONSTANT && number == 0) || (function->way_in == IN_LAST_CONSTANT && is_last)) {
        put_constant(type);
    } else {
        put(OP_LOCAL_GET);
        put_unsigned(function->way_in == IN_SAME && number == 1 && type == function->parameters[0] ? 0 : number);
    }
}

static void put_immediate(const struct opcode_info *info) {
    static const uint32_t offsets[] = {0, 0, 1, 4, 65530, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    switch (info->immediate) {
    case IMMEDIATE_LANE: put((uint32_t)(support_random(&random_state) % info->alignment)); break;
    case IMMEDIATE_SHUFFLE: {
        uint64_t kind = support_random(&random_state) % 3, word = support_random(&random_state);
        for (uint32_t lane = 0; lane < 16; lane++)
            put(kind == 0   ? (uint32_t)(support_random(&random_state) % 32)
                : kind == 1 ? (uint32_t)(word >> lane / 4 * 2 & 3) * 4 + lane % 4
                            : (uint32_t)(support_random(&random_state) % 16) + 16);
        break;
    }
    case IMMEDIATE_ACCESS:
    case IMMEDIATE_ACCESS_LANE:
        put(info->alignment);
        put_unsigned(offsets[support_random(&random_state) % 8] & ~((1u << info->alignment) - 1u));
        if (info->immediate == IMMEDIATE_ACCESS_LANE)
            put((uint32_t)(support_random(&random_state) % (16u >> info->alignment)));
        break;
    default: break;
    }
}

static void put_store(uint8_t type) {
    switch (type) {
    case WASM_I32: put(OP_I32_STORE); break;
    case WASM_I64: put(OP_I64_STORE); break;
    case WASM_F32: put(OP_F32_STORE); break;
    case WASM_F64: put(OP_F64_STORE); break;
    default: put_opcode(OP_V128_STORE); break;
    }
    put(0);
    put_unsigned(RESULT_ADDRESS);
}

/* The instruction with its operands, and for OUT_AGAIN a second one on top of the result, of an own kind that sees other bits. */
static void put_body(const struct function *function) {
    const struct opcode_info *info = &opcode_table[function->opcode];
    if (function->way_out == OUT_STORE) {
        put(OP_I32_CONST);
        put_signed(0);
    }
    for (uint32_t number = 0; number < function->parameter_count; number++)
        put_operand(function, number);
    put_opcode(function->opcode);
    put_immediate(info);
    switch (function->way_out) {
    case OUT_STORE: put_store(function->result); break;
    case OUT_EQZ: put(OP_I32_EQZ); break;
    case OUT_BRANCH:
        put(OP_IF);
        put(WASM_I32);
        put(OP_I32_CONST);
        put_signed(7);
        put(OP_ELSE);
        put(OP_I32_CONST);
        put_signed(-9);
        put(OP_END);
        break;
    default: break;
    }
}

/* select between two parameters of type i32, or of floats, on the result. */
static void put_choice(const struct function *function, uint8_t type) {
    put_constant(type);
    put_constant(type);
    put_body(function);
    put(OP_SELECT);
}

static void put_function(const struct function *function) {
    size_t start = size_begin();
    put(0);
    if (function->way_out == OUT_CHOOSE) {
        put_choice(function, WASM_F64);
        put(OP_I64_REINTERPRET_F64);
        put(OP_I32_WRAP_I64);
        put_choice(function, WASM_I32);
        put(OP_I32_XOR);
    } else if (function->way_out == OUT_AGAIN) {
        put_body(function);
        put_body(function);
        put(function->result == WASM_I32   ? OP_I32_ADD
            : function->result == WASM_I64 ? OP_I64_SUB
            : function->result == WASM_F32 ? OP_F32_MUL
            : function->result == WASM_F64 ? OP_F64_DIV
                                           : 0xFD);
        if (function->result == WASM_V128)
            put_unsigned(OP_F32X4_ADD - OPCODE_PAGE_FD);
    } else {
        put_body(function);
    }
    put(OP_END);
    size_end(start);
}

static uint8_t function_result(const struct function *function) {
    switch (function->way_out) {
    case OUT_STORE: return 0;
    case OUT_RETURN:
    case OUT_AGAIN: return function->result;
    default: return WASM_I32;
    }
}

static void functions_make(void) {
    function_count = 0;
    for (uint32_t opcode = 0; opcode < OPCODE_COUNT; opcode++) {
        const struct opcode_info *info = &opcode_table[opcode];
        if (info->immediate == IMMEDIATE_INVALID || !is_tested(info, opcode))
            continue;
        for (uint32_t way = 0; way < WAYS_IN + WAYS_OUT - 1; way++) {
            uint32_t in = way < WAYS_IN ? way : (uint32_t)(support_random(&random_state) % WAYS_IN), out = way < WAYS_IN ? 0 : way - WAYS_IN + 1;
            if ((out == OUT_BRANCH || out == OUT_CHOOSE || out == OUT_EQZ) && info->push != WASM_I32)
                continue;
            assert_true(function_count < FUNCTIONS_MAX);
            struct function *function = &functions[function_count++];
            *function = (struct function){.opcode = opcode, .way_in = (uint8_t)in, .way_out = (uint8_t)out};
            function->parameter_count = info->pop_count;
            memcpy(function->parameters, info->pops, sizeof function->parameters);
            function->result = info->push;
        }
    }
}

static void section_begin(uint32_t id, size_t *start) {
    put(id);
    *start = size_begin();
}

static void module_make(void) {
    static const uint8_t magic[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    size_t start;
    memcpy(module_bytes, magic, sizeof magic);
    module_size = sizeof magic;
    section_begin(1, &start);
    put_unsigned(function_count);
    for (uint32_t index = 0; index < function_count; index++) {
        uint8_t result = function_result(&functions[index]);
        put(0x60);
        put(functions[index].parameter_count);
        for (uint32_t number = 0; number < functions[index].parameter_count; number++)
            put(functions[index].parameters[number]);
        put(result != 0);
        if (result != 0)
            put(result);
    }
    size_end(start);
    section_begin(3, &start);
    put_unsigned(function_count);
    for (uint32_t index = 0; index < function_count; index++)
        put_unsigned(index);
    size_end(start);
    section_begin(5, &start);
    put(1);
    put(0);
    put(1);
    size_end(start);
    section_begin(7, &start);
    put_unsigned(function_count);
    for (uint32_t index = 0; index < function_count; index++) {
        char name[16];
        int length = snprintf(name, sizeof name, "%u", index);
        put_unsigned((uint64_t)length);
        for (int at = 0; at < length; at++)
            put((uint8_t)name[at]);
        put(0);
        put_unsigned(index);
    }
    size_end(start);
    section_begin(10, &start);
    put_unsigned(function_count);
    for (uint32_t index = 0; index < function_count; index++)
        put_function(&functions[index]);
    size_end(start);
}

/* ---- Running ---- */

struct world {
    struct wasm_engine *engine;
    struct wasm_module *module;
    struct wasm_store *store;
    struct wasm_instance *instance;
    uint8_t *memory;
};

static enum error resolve_nothing(void *context, const struct wasm_import *import, struct wasm_extern *out) {
    (void)context, (void)import, (void)out;
    return ERROR_NOT_FOUND;
}

static void world_begin(struct world *world, const struct wasm_host *host, struct budget *budget, bool compile, const struct compile_options *made) {
    struct wasm_store_options options = {.compile = compile};
    struct report report;
    report_init(&report);
    assert_int_equal(wasm_engine_create(host, budget, &world->engine), ERROR_NONE);
    world->engine->compile_options = *made;
    if (wasm_module_create(world->engine, budget, (struct bytes){module_bytes, module_size}, &report, &world->module) != ERROR_NONE)
        fail_msg("%s at %llu", report.text, (unsigned long long)report.offset);
    assert_int_equal(wasm_store_create(world->engine, budget, &options, &world->store), ERROR_NONE);
    assert_int_equal(wasm_instance_create(world->store, world->module, resolve_nothing, NULL, NULL, &world->instance), ERROR_NONE);
    world->memory = wasm_memory_range(wasm_instance_memory(world->instance, 0), 0, MEMORY_BYTES, WASM_ACCESS_READ_WRITE);
    assert_non_null(world->memory);
}

static void world_end(struct world *world) {
    wasm_store_destroy(world->store);
    wasm_module_destroy(world->module);
    wasm_engine_destroy(world->engine);
}

struct outcome {
    enum error error;
    enum wasm_trap_kind kind;
    uint64_t offset;
    union wasm_value result;
};

static void function_run(struct world *world, uint32_t index, const union wasm_value *arguments, struct outcome *out) {
    char name[16];
    struct wasm_extern found;
    snprintf(name, sizeof name, "%u", index);
    assert_true(wasm_instance_find_export(world->instance, bytes_from_text(name), &found));
    memset(out, 0, sizeof *out);
    out->error = wasm_call(found.function, arguments, &out->result);
    if (out->error == ERROR_TRAP) {
        const struct wasm_trap *trap = wasm_store_trap(world->store);
        memset(&out->result, 0, sizeof out->result);
        out->kind = trap->kind;
        out->offset = trap->frames[0].offset;
    }
}

static void function_compare(struct world *worlds, uint32_t index) {
    union wasm_value arguments[3];
    const struct function *function = &functions[index];
    for (uint32_t number = 0; number < 3; number++) {
        uint64_t halves[2] = {random_bits(), random_bits()};
        memcpy(&arguments[number], halves, sizeof halves);
        for (int side = 0; side < 2; side++)
            for (uint32_t copy = 0; copy < 2; copy++)
                memcpy(worlds[side].memory + (1 + copy) * OPERANDS_ADDRESS + 16 * number, halves, sizeof halves);
    }
    if (opcode_table[function->opcode].immediate == IMMEDIATE_ACCESS || opcode_table[function->opcode].immediate == IMMEDIATE_ACCESS_LANE)
        if (support_random(&random_state) % 4 != 0)
            arguments[0].i32 = (uint32_t)(support_random(&random_state) % (MEMORY_BYTES + 16)) & ~(support_random(&random_state) % 2 == 0 ? 15u : 0u);
    struct outcome outcomes[2];
    for (int side = 0; side < 2; side++)
        function_run(&worlds[side], index, arguments, &outcomes[side]);
    bool is_same = memcmp(&outcomes[0], &outcomes[1], sizeof outcomes[0]) == 0;
    is_same = is_same && memcmp(worlds[0].memory, worlds[1].memory, OPERANDS_ADDRESS) == 0;
    if (!is_same)
        fail_msg("%s (in %u, out %u) of %llx %llx %llx: error %d trap %d at %llx, result %llx %llx; compiled: %d %d %llx, %llx %llx",
                 opcode_name(function->opcode), function->way_in, function->way_out, (unsigned long long)arguments[0].i64,
                 (unsigned long long)arguments[1].i64, (unsigned long long)arguments[2].i64, outcomes[0].error, outcomes[0].kind,
                 (unsigned long long)outcomes[0].offset, (unsigned long long)bytes_load_u64(outcomes[0].result.v128),
                 (unsigned long long)bytes_load_u64(outcomes[0].result.v128 + 8), outcomes[1].error, outcomes[1].kind,
                 (unsigned long long)outcomes[1].offset, (unsigned long long)bytes_load_u64(outcomes[1].result.v128),
                 (unsigned long long)bytes_load_u64(outcomes[1].result.v128 + 8));
}

static void instructions_agree(void **state) {
    (void)state;
    struct wasm_host host;
    struct budget budget;
    random_state = support_seed();
    assert_int_equal(host_create(&host), ERROR_NONE);
    budget_init_root(&budget, support_memory(), BUDGET_UNLIMITED);
    for (int round = 0; round < ROUNDS; round++) {
        struct world worlds[2];
        functions_make();
        module_make();
        struct compile_options made = {.isa_features = round % 2 == 0 ? 0 : isa_features(), .check_bounds = round / 2 % 2 != 0};
        for (int side = 0; side < 2; side++)
            world_begin(&worlds[side], &host, &budget, side == 1, &made);
        for (uint32_t index = 0; index < function_count; index++)
            for (int call = 0; call < CALLS; call++)
                function_compare(worlds, index);
        for (int side = 0; side < 2; side++)
            world_end(&worlds[side]);
    }
    assert_int_equal(budget.used_bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
