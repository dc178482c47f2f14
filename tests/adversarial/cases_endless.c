/* Programs that do not end by themselves, and programs that want everything. All of them can be stopped from outside,
   and none gets more memory than it was given. */
#include "tests/adversarial/cases.h"
#include "tests/adversarial/module.h"

enum { PREFIX_BULK = 0xFC, BULK_MEMORY_COPY = 10, BULK_MEMORY_FILL = 11, BULK_TABLE_COPY = 14, BULK_TABLE_GROW = 15, BULK_TABLE_FILL = 17 };

/* Loops without calls; the parameter chooses the shape. */
static void loop(struct buffer *out, uint32_t which) {
    static const struct {
        uint8_t size;
        uint8_t bytes[24];
    } shapes[] = {
        {5, {OP_LOOP, TYPE_NONE, OP_BR, 0, OP_END}},
        {7, {OP_LOOP, TYPE_NONE, OP_I32_CONST, 1, OP_BR_IF, 0, OP_END}},
        {8, {OP_LOOP, TYPE_NONE, OP_I32_CONST, 7, OP_BR_TABLE, 0, 0, OP_END}},
        {10, {OP_LOOP, TYPE_NONE, OP_I32_CONST, 0, OP_BR_TABLE, 2, 0, 0, 0, OP_END}},
        {13, {OP_LOOP, TYPE_NONE, OP_BLOCK, TYPE_NONE, OP_I32_CONST, 1, OP_IF, TYPE_NONE, OP_BR, 2, OP_END, OP_END, OP_END}},
        /* A loop whose parameter goes round: (loop (param i32) (drop) (i32.const 1) (br 0)). */
        {10, {OP_I32_CONST, 0, OP_LOOP, 1, OP_DROP, OP_I32_CONST, 1, OP_BR, 0, OP_END}},
    };
    struct module module = {0};
    struct buffer code = {0};
    buffer_bytes(&code, shapes[which].bytes, shapes[which].size);
    module_type(&module, 0, 0);
    module_type(&module, 1, 0);
    module_function(&module, 0, &code);
    buffer_end(&code);
    module_end_run(&module, out);
}

/* A branch out of many blocks to the loop around them. */
static void loop_deep(struct buffer *out, uint32_t depth) {
    struct buffer code = {0};
    BUFFER_ADD(&code, OP_LOOP, TYPE_NONE);
    buffer_repeat(&code, (const uint8_t[]){OP_BLOCK, TYPE_NONE}, 2, depth);
    BUFFER_ADD(&code, OP_I32_CONST, 1, OP_BR_IF);
    buffer_u32(&code, depth);
    buffer_repeat_byte(&code, OP_END, depth + 1);
    module_of(out, &code);
}

/* Calls: direct, of each other, by table, in tail position. Function 0 is in the table. */
static void recursion(struct buffer *out, uint32_t which) {
    static const struct {
        uint8_t sizes[2];
        uint8_t bodies[2][8];
    } shapes[] = {
        {{2, 0}, {{OP_CALL, 0}, {0}}},
        {{2, 2}, {{OP_CALL, 1}, {OP_CALL, 0}}},
        {{5, 0}, {{OP_I32_CONST, 0, OP_CALL_INDIRECT, 0, 0}, {0}}},
        {{2, 5}, {{OP_CALL, 1}, {OP_I32_CONST, 0, OP_CALL_INDIRECT, 0, 0}}},
        {{2, 0}, {{OP_RETURN_CALL, 0}, {0}}},
        {{2, 2}, {{OP_RETURN_CALL, 1}, {OP_RETURN_CALL, 0}}},
        {{5, 0}, {{OP_I32_CONST, 0, OP_RETURN_CALL_INDIRECT, 0, 0}, {0}}},
    };
    struct module module = {0};
    module_type(&module, 0, 0);
    module_table(&module, TYPE_FUNCREF, 1);
    for (int i = 0; i < 2; i++) {
        struct buffer code = {0};
        buffer_bytes(&code, shapes[which].bodies[i], shapes[which].sizes[i]);
        module_function(&module, 0, &code);
        buffer_end(&code);
    }
    BUFFER_ADD(&module.sections[SECTION_ELEMENT], 0, OP_I32_CONST, 0, OP_END, 1, 0);
    module.counts[SECTION_ELEMENT] = 1;
    module_end_run(&module, out);
}

/* The start function does it, before anything is called. */
static void start(struct buffer *out, uint32_t which) {
    static const uint8_t bodies[][5] = {
        {OP_CALL, 0, OP_NOP, OP_NOP, OP_NOP},
        {OP_UNREACHABLE, OP_NOP, OP_NOP, OP_NOP, OP_NOP},
        {OP_LOOP, TYPE_NONE, OP_BR, 0, OP_END},
    };
    struct module module = {0};
    struct buffer code = {0};
    buffer_bytes(&code, bodies[which], sizeof(bodies[which]));
    module_function(&module, module_type(&module, 0, 0), &code);
    buffer_end(&code);
    buffer_byte(&module.sections[SECTION_START], 0);
    module_end_run(&module, out);
}

/* (loop (drop (memory.grow (i32.const n))) (br 0)), with as many pages at a time as the parameter says. */
static void grow_memory(struct buffer *out, uint32_t pages) {
    struct buffer code = {0};
    BUFFER_ADD(&code, OP_LOOP, TYPE_NONE, OP_I32_CONST);
    buffer_s32(&code, (int32_t)pages);
    BUFFER_ADD(&code, OP_MEMORY_GROW, 0, OP_DROP, OP_BR, 0, OP_END);
    module_of(out, &code);
}

/* Grow until it is refused, and touch every page. */
static void grow_and_touch(struct buffer *out, uint32_t unused) {
    struct buffer code = {0};
    (void)unused;
    BUFFER_ADD(&code, OP_LOOP, TYPE_NONE, OP_I32_CONST, 1, OP_MEMORY_GROW, 0, OP_I32_CONST, 0x7F, 0x47, OP_BR_IF, 0, OP_END);
    BUFFER_ADD(&code, OP_I32_CONST, 0, OP_I32_CONST, 1, 0x3F, 0, OP_I32_CONST, 16, 0x74, PREFIX_BULK, BULK_MEMORY_FILL, 0);
    module_of(out, &code);
}

static void grow_table(struct buffer *out, uint32_t count) {
    struct buffer code = {0};
    BUFFER_ADD(&code, OP_LOOP, TYPE_NONE, 0xD0, TYPE_FUNCREF, OP_I32_CONST);
    buffer_s32(&code, (int32_t)count);
    BUFFER_ADD(&code, PREFIX_BULK, BULK_TABLE_GROW, 0, OP_DROP, OP_BR, 0, OP_END);
    module_of(out, &code);
}

/* Bulk operations on as much as there is, again and again. The parameter chooses which. */
static void bulk(struct buffer *out, uint32_t which) {
    struct module module = {0};
    struct buffer code = {0};
    BUFFER_ADD(&code, OP_LOOP, TYPE_NONE);
    switch (which) {
    case 0: BUFFER_ADD(&code, OP_I32_CONST, 0, OP_I32_CONST, 7, 0x3F, 0, OP_I32_CONST, 16, 0x74, PREFIX_BULK, BULK_MEMORY_FILL, 0); break;
    case 1: /* one byte less than all, one byte up */
        BUFFER_ADD(&code, OP_I32_CONST, 1, OP_I32_CONST, 0, 0x3F, 0, OP_I32_CONST, 16, 0x74, OP_I32_CONST, 1, 0x6B);
        BUFFER_ADD(&code, PREFIX_BULK, BULK_MEMORY_COPY, 0, 0);
        break;
    case 2: BUFFER_ADD(&code, OP_I32_CONST, 0, 0xD0, TYPE_FUNCREF, 0xFC, 16, 0, PREFIX_BULK, BULK_TABLE_FILL, 0); break;
    default: BUFFER_ADD(&code, OP_I32_CONST, 1, OP_I32_CONST, 0, 0xFC, 16, 0, OP_I32_CONST, 1, 0x6B, PREFIX_BULK, BULK_TABLE_COPY, 0, 0); break;
    }
    BUFFER_ADD(&code, OP_BR, 0, OP_END);
    module_memory(&module, 1600);
    module_table(&module, TYPE_FUNCREF, 10000000);
    module_function(&module, module_type(&module, 0, 0), &code);
    buffer_end(&code);
    module_end_run(&module, out);
}

/* memory.fill of 4 GiB in a memory of a page: a trap, and nothing is filled. */
static void fill_too_much(struct buffer *out, uint32_t unused) {
    struct buffer code = {0};
    (void)unused;
    BUFFER_ADD(&code, OP_I32_CONST, 0, OP_I32_CONST, 7, OP_I32_CONST, 0x7F, PREFIX_BULK, BULK_MEMORY_FILL, 0);
    module_of(out, &code);
}

/* Sixty-four memories that all grow to the limit. */
static void grow_all(struct buffer *out, uint32_t memory_count) {
    struct module module = {0};
    struct buffer code = {0};
    for (uint32_t i = 0; i < memory_count; i++) {
        module_memory(&module, 1);
        BUFFER_ADD(&code, OP_LOOP, TYPE_NONE, OP_I32_CONST, 1, OP_MEMORY_GROW, (uint8_t)i, OP_I32_CONST, 0x7F, 0x47, OP_BR_IF, 0, OP_END);
    }
    module_function(&module, module_type(&module, 0, 0), &code);
    buffer_end(&code);
    module_end_run(&module, out);
}

const struct hostile cases_endless[] = {
    {"loop", loop, 0, 5, VERDICT_VALID, OUTCOME_STOPPED},
    {"loop-deep", loop_deep, 1000, 1000, VERDICT_VALID, OUTCOME_STOPPED},
    {"loop-deep", loop_deep, 90000, 90000, VERDICT_VALID, OUTCOME_STOPPED},
    {"recursion", recursion, 0, 3, VERDICT_VALID, OUTCOME_TRAPS},
    {"tail-recursion", recursion, 4, 6, VERDICT_VALID, OUTCOME_STOPPED},
    {"start", start, 0, 1, VERDICT_VALID, OUTCOME_TRAPS},
    {"start", start, 2, 2, VERDICT_VALID, OUTCOME_STOPPED},
    {"grow-memory", grow_memory, 0, 1, VERDICT_VALID, OUTCOME_STOPPED},
    {"grow-memory", grow_memory, 65535, 65535, VERDICT_VALID, OUTCOME_STOPPED},
    {"grow-memory", grow_memory, 0xFFFFFFFF, 0xFFFFFFFF, VERDICT_VALID, OUTCOME_STOPPED},
    {"grow-and-touch", grow_and_touch, 0, 0, VERDICT_VALID, OUTCOME_ENDS},
    {"grow-all", grow_all, 64, 64, VERDICT_VALID, OUTCOME_ENDS},
    {"grow-table", grow_table, 1, 1, VERDICT_VALID, OUTCOME_STOPPED},
    {"grow-table", grow_table, 1000000, 1000000, VERDICT_VALID, OUTCOME_STOPPED},
    {"grow-table", grow_table, 0xFFFFFFFF, 0xFFFFFFFF, VERDICT_VALID, OUTCOME_STOPPED},
    {"bulk", bulk, 0, 3, VERDICT_VALID, OUTCOME_STOPPED},
    {"fill-too-much", fill_too_much, 0, 0, VERDICT_VALID, OUTCOME_TRAPS},
    {0},
};
