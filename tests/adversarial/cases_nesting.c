/* Depth and width inside one function, and modules whose checking could cost far more than their size. */
#include "tests/adversarial/cases.h"
#include "tests/adversarial/module.h"

/* Blocks in blocks; the parameter is how many thousands. */
static void blocks(struct buffer *out, uint32_t thousands) {
    struct buffer code = {0};
    buffer_repeat(&code, (const uint8_t[]){OP_BLOCK, TYPE_NONE}, 2, thousands * 1000u);
    buffer_repeat_byte(&code, OP_END, thousands * 1000u);
    module_of(out, &code);
}

static void loops(struct buffer *out, uint32_t thousands) {
    struct buffer code = {0};
    buffer_repeat(&code, (const uint8_t[]){OP_LOOP, TYPE_NONE}, 2, thousands * 1000u);
    buffer_byte(&code, OP_BR);
    buffer_u32(&code, thousands * 1000u);
    buffer_repeat_byte(&code, OP_END, thousands * 1000u);
    module_of(out, &code);
}

static void conditions(struct buffer *out, uint32_t thousands) {
    struct buffer code = {0};
    buffer_repeat(&code, (const uint8_t[]){OP_I32_CONST, 1, OP_IF, TYPE_NONE}, 4, thousands * 1000u);
    buffer_repeat(&code, (const uint8_t[]){OP_ELSE, OP_NOP, OP_END}, 3, thousands * 1000u);
    module_of(out, &code);
}

/* As many ends as blocks, and one more; and one fewer. */
static void ends(struct buffer *out, uint32_t extra) {
    struct buffer code = {0};
    buffer_repeat(&code, (const uint8_t[]){OP_BLOCK, TYPE_NONE}, 2, 1000);
    buffer_repeat_byte(&code, OP_END, 999 + 2 * extra);
    module_of(out, &code);
}

/* Groups of locals: each of a count, so many of them. */
static void locals(struct buffer *out, uint32_t which) {
    static const struct {
        uint32_t groups, each;
    } shapes[] = {
        {1, 0xFFFFFFFF}, /* 2^32 - 1 in one group */
        {2, 0x80000000}, /* the sum is 2^32, or 0 in 32 bits */
        {65536, 65536},  /* the same by many */
        {3, 0x55555556}, /* a little beyond */
        {1000000, 1},    /* many small ones */
        {1, 50001},      /* one more than the limit */
        {0xFFFFFFFF, 0}, /* groups that are not there */
    };
    struct buffer body = {0}, group = {0};
    struct module module = {0};
    buffer_u32(&group, shapes[which].each);
    buffer_byte(&group, TYPE_I64);
    buffer_u32(&body, shapes[which].groups);
    buffer_repeat(&body, group.data, group.size, shapes[which].groups > 1000000 ? 10 : shapes[which].groups);
    buffer_byte(&body, OP_END);
    module_raw_function(&module, module_type(&module, 0, 0), &body);
    buffer_end(&body);
    buffer_end(&group);
    module_end_run(&module, out);
}

/* A million groups of no locals at all. */
static void locals_empty(struct buffer *out, uint32_t unused) {
    struct buffer body = {0};
    struct module module = {0};
    (void)unused;
    buffer_u32(&body, 1000000);
    buffer_repeat(&body, (const uint8_t[]){0, TYPE_I32}, 2, 1000000);
    buffer_byte(&body, OP_END);
    module_raw_function(&module, module_type(&module, 0, 0), &body);
    buffer_end(&body);
    module_end_run(&module, out);
}

/* 50,000 locals and a call of itself: frames of 400 KB and more. */
static void locals_recursive(struct buffer *out, uint32_t unused) {
    struct buffer body = {0};
    struct module module = {0};
    (void)unused;
    buffer_u32(&body, 1);
    buffer_u32(&body, 50000);
    BUFFER_ADD(&body, TYPE_I64, OP_CALL, 0, OP_END);
    module_raw_function(&module, module_type(&module, 0, 0), &body);
    buffer_end(&body);
    module_end_run(&module, out);
}

/* Operands on the stack of one function, in thousands; then it calls itself, if asked to, or drops them. */
static void operands(struct buffer *out, uint32_t thousands) {
    struct buffer code = {0};
    buffer_repeat(&code, (const uint8_t[]){OP_I32_CONST, 0}, 2, thousands * 1000u);
    buffer_repeat_byte(&code, OP_DROP, thousands * 1000u);
    module_of(out, &code);
}

static void operands_recursive(struct buffer *out, uint32_t thousands) {
    struct buffer code = {0};
    buffer_repeat(&code, (const uint8_t[]){OP_I32_CONST, 0}, 2, thousands * 1000u);
    BUFFER_ADD(&code, OP_CALL, 0);
    buffer_repeat_byte(&code, OP_DROP, thousands * 1000u);
    module_of(out, &code);
}

/* A constant expression that is a million deep. */
static void constant_deep(struct buffer *out, uint32_t thousands) {
    struct module module = {0};
    struct buffer *globals = &module.sections[SECTION_GLOBAL], code = {0};
    BUFFER_ADD(globals, TYPE_I32, 0);
    buffer_repeat(globals, (const uint8_t[]){OP_I32_CONST, 1}, 2, thousands * 1000u);
    buffer_repeat_byte(globals, OP_I32_ADD, thousands * 1000u - 1);
    buffer_byte(globals, OP_END);
    module.counts[SECTION_GLOBAL] = 1;
    module_function(&module, module_type(&module, 0, 0), &code);
    module_end_run(&module, out);
}

/* The same length without the depth. */
static void constant_long(struct buffer *out, uint32_t thousands) {
    struct module module = {0};
    struct buffer *globals = &module.sections[SECTION_GLOBAL], code = {0};
    BUFFER_ADD(globals, TYPE_I32, 0, OP_I32_CONST, 1);
    buffer_repeat(globals, (const uint8_t[]){OP_I32_CONST, 1, OP_I32_ADD}, 3, thousands * 1000u);
    buffer_byte(globals, OP_END);
    module.counts[SECTION_GLOBAL] = 1;
    module_function(&module, module_type(&module, 0, 0), &code);
    module_end_run(&module, out);
}

/* br_table with so many thousands of targets. */
static void targets(struct buffer *out, uint32_t thousands) {
    struct buffer code = {0};
    BUFFER_ADD(&code, OP_I32_CONST, 5, OP_BR_TABLE);
    buffer_u32(&code, thousands * 1000u);
    buffer_repeat_byte(&code, 0, thousands * 1000u + 1);
    module_of(out, &code);
}

/* Type 1 is [i32 x 1000] -> [i32 x 1000]. In a block of it, an instruction of few bytes moves or checks 1000 values;
   there are so many thousands of them. */
static void wide_begin(struct module *module, struct buffer *code) {
    module_type(module, 0, 0);
    module_type(module, 1000, 1000);
    buffer_repeat(code, (const uint8_t[]){OP_I32_CONST, 0}, 2, 1000);
}

static void wide_end(struct module *module, struct buffer *code, struct buffer *out) {
    struct buffer empty = {0};
    buffer_repeat_byte(code, OP_DROP, 1000);
    module_function(module, 0, code);
    buffer_end(code);
    buffer_byte(&empty, OP_UNREACHABLE);
    module_function(module, 1, &empty);
    buffer_end(&empty);
    module_end_run(module, out);
}

static void wide_branches(struct buffer *out, uint32_t thousands) {
    struct module module = {0};
    struct buffer code = {0};
    wide_begin(&module, &code);
    BUFFER_ADD(&code, OP_BLOCK, 1);
    buffer_repeat(&code, (const uint8_t[]){OP_I32_CONST, 0, OP_BR_IF, 0}, 4, thousands * 1000u);
    BUFFER_ADD(&code, OP_END);
    wide_end(&module, &code, out);
}

static void wide_table(struct buffer *out, uint32_t thousands) {
    struct module module = {0};
    struct buffer code = {0};
    wide_begin(&module, &code);
    BUFFER_ADD(&code, OP_BLOCK, 1, OP_I32_CONST, 0, OP_BR_TABLE);
    buffer_u32(&code, thousands * 1000u);
    buffer_repeat_byte(&code, 0, thousands * 1000u + 1);
    BUFFER_ADD(&code, OP_END);
    wide_end(&module, &code, out);
}

static void wide_calls(struct buffer *out, uint32_t thousands) {
    struct module module = {0};
    struct buffer code = {0};
    wide_begin(&module, &code);
    buffer_repeat(&code, (const uint8_t[]){OP_CALL, 1}, 2, thousands * 1000u);
    wide_end(&module, &code, out);
}

static void wide_blocks(struct buffer *out, uint32_t thousands) {
    struct module module = {0};
    struct buffer code = {0};
    wide_begin(&module, &code);
    buffer_repeat(&code, (const uint8_t[]){OP_BLOCK, 1, OP_END}, 3, thousands * 1000u);
    wide_end(&module, &code, out);
}

static void wide_nest(struct buffer *out, uint32_t thousands) {
    struct module module = {0};
    struct buffer code = {0};
    wide_begin(&module, &code);
    buffer_repeat(&code, (const uint8_t[]){OP_BLOCK, 1}, 2, thousands * 1000u);
    buffer_repeat_byte(&code, OP_END, thousands * 1000u);
    wide_end(&module, &code, out);
}

/* Branches that nobody reaches, each with its 1000 values. */
static void wide_dead(struct buffer *out, uint32_t thousands) {
    struct module module = {0};
    struct buffer code = {0};
    wide_begin(&module, &code);
    BUFFER_ADD(&code, OP_BLOCK, 1, OP_UNREACHABLE);
    buffer_repeat(&code, (const uint8_t[]){OP_CALL, 1, OP_BR, 0}, 4, thousands * 1000u);
    BUFFER_ADD(&code, OP_END);
    wide_end(&module, &code, out);
}

/* One body of many millions of bytes, run once: what the executor makes of it counts as memory of the program. */
static void body_long(struct buffer *out, uint32_t thousands) {
    struct buffer code = {0};
    buffer_repeat(&code, (const uint8_t[]){OP_I32_CONST, 0, OP_DROP}, 3, thousands * 1000u);
    module_of(out, &code);
}

const struct hostile cases_nesting[] = {
    {"blocks-thousands", blocks, 99, 100, VERDICT_ANY, OUTCOME_ANY},
    {"blocks-thousands", blocks, 10, 10, VERDICT_VALID, OUTCOME_ENDS},
    {"blocks-thousands", blocks, 10000, 10000, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"blocks-thousands", blocks, 1000, 1000, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"loops-thousands", loops, 90, 90, VERDICT_VALID, OUTCOME_ENDS},
    {"conditions-thousands", conditions, 90, 90, VERDICT_VALID, OUTCOME_ENDS},
    {"conditions-thousands", conditions, 2000, 2000, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"ends", ends, 0, 1, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"locals", locals, 0, 6, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"locals-empty", locals_empty, 0, 0, VERDICT_ANY, OUTCOME_ANY},
    {"locals-recursive", locals_recursive, 0, 0, VERDICT_VALID, OUTCOME_TRAPS},
    {"operands-thousands", operands, 900, 900, VERDICT_VALID, OUTCOME_ENDS},
    {"operands-thousands", operands, 1001, 1001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"operands-thousands", operands, 5000, 5000, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"operands-recursive-thousands", operands_recursive, 900, 900, VERDICT_VALID, OUTCOME_TRAPS},
    {"constant-deep-thousands", constant_deep, 2000, 2000, VERDICT_ANY, OUTCOME_ANY},
    {"constant-deep-thousands", constant_deep, 100, 100, VERDICT_ANY, OUTCOME_ANY},
    {"constant-long-thousands", constant_long, 5000, 5000, VERDICT_ANY, OUTCOME_ANY},
    {"targets-thousands", targets, 999, 999, VERDICT_VALID, OUTCOME_ENDS},
    {"targets-thousands", targets, 1001, 1001, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"targets-thousands", targets, 16000, 16000, VERDICT_REFUSED, OUTCOME_REFUSED},
    {"wide-branches-thousands", wide_branches, 4000, 4000, VERDICT_ANY, OUTCOME_ANY},
    {"wide-table-thousands", wide_table, 990, 990, VERDICT_ANY, OUTCOME_ANY},
    {"wide-calls-thousands", wide_calls, 8000, 8000, VERDICT_ANY, OUTCOME_ANY},
    {"wide-blocks-thousands", wide_blocks, 5000, 5000, VERDICT_ANY, OUTCOME_ANY},
    {"wide-nest-thousands", wide_nest, 90, 90, VERDICT_ANY, OUTCOME_ANY},
    {"wide-dead-thousands", wide_dead, 4000, 4000, VERDICT_ANY, OUTCOME_ANY},
    {"body-long-thousands", body_long, 5500, 5500, VERDICT_ANY, OUTCOME_ANY},
    {0},
};
